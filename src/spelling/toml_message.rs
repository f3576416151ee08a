//! TOML mistakes in words a user can act on: the line, and the nearest known name.

use super::nearest;

/// The 1-based line that holds byte `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

/// How a path with backslashes is written.
pub const IN_TOML: &str = "in TOML write 'C:\\Users\\…' in single quotes, or C:/Users/…";

/// The line of a mistake, and what it is: with the nearest known name, and with what to do about the backslashes that
/// stand in the line (TOML reads them as escapes).
pub fn mistake(text: &str, error: &toml::de::Error) -> (Option<usize>, String) {
    let line = error.span().map(|span| line_of(text, span.start));
    let message = with_suggestion(error.message().trim());
    let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
    let may_be_why = written.contains('\\') && !message.starts_with("unknown ") && !message.contains(IN_TOML);
    match may_be_why {
        true => (line, format!("{message}; {IN_TOML}")),
        false => (line, message),
    }
}

/// Appends "did you mean …?" to serde's "unknown field `x`, expected one of `a`, `b`".
pub fn with_suggestion(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (Some((unknown, known)), true) = (names.split_first(), message.starts_with("unknown ")) else {
        return message.to_string();
    };
    match nearest(unknown, known.iter().copied()) {
        Some(name) => format!("{message}; did you mean `{name}`?"),
        None => message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_named_and_a_stranger_is_not() {
        let message = "unknown field `spllit`, expected one of `title`, `split`, `row`";
        assert!(with_suggestion(message).ends_with("did you mean `split`?"));
        let message = "unknown field `quality`, expected one of `title`, `split`, `row`";
        assert_eq!(with_suggestion(message), message);
        assert_eq!(with_suggestion("invalid type: integer"), "invalid type: integer");
    }

    #[test]
    fn a_path_of_windows_is_told_how_it_is_written() {
        let said = |text: &str| mistake(text, &toml::from_str::<toml::Table>(text).unwrap_err());
        let (line, message) = said("title = \"t\"\npath = \"C:\\Users\\me\"\n");
        assert_eq!(line, Some(2));
        assert!(message.ends_with(IN_TOML), "{message}");
        assert!(!said("title = \n").1.contains("C:"));
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
