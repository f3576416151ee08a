//! TOML mistakes in words a user can act on: the line, and the nearest known name.

use super::nearest;

/// The 1-based line that holds byte `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

/// How a path with backslashes is written.
pub const IN_TOML: &str = "in TOML write 'C:\\Users\\…' in single quotes, or C:/Users/…";

/// The line of a mistake, and what it is: with the nearest known name, and with what to do about backslashes in the line
/// (TOML reads them as escapes), a decimal comma, or one bracket for two.
pub fn mistake(text: &str, error: &toml::de::Error) -> (Option<usize>, String) {
    let line = error.span().map(|span| line_of(text, span.start));
    let message = with_suggestion(error.message().trim());
    let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
    let backslash = written.contains('\\') && !message.starts_with("unknown ") && !message.contains(IN_TOML);
    let advice = if backslash {
        IN_TOML
    } else if has_decimal_comma(written) {
        "decimals have a point in TOML; a printed figure stands in quotes, \"54.25\""
    } else if message.contains("expected a sequence") && written.trim_start().starts_with('[') {
        "one table of several of its kind has two brackets, as in [[row]] or [[claim]]"
    } else {
        return (line, message);
    };
    (line, format!("{message}; {advice}"))
}

/// `value = 54,25`
fn has_decimal_comma(line: &str) -> bool {
    let value = line.split_once('=').map_or("", |(_, value)| value.trim_start());
    let rest = value.trim_start_matches(|character: char| character.is_ascii_digit());
    rest.len() < value.len()
        && rest.strip_prefix(',').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
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
    fn a_decimal_comma_and_a_missing_bracket_are_told() {
        #[derive(Debug, serde::Deserialize)]
        struct File {
            #[expect(dead_code)]
            claim: Vec<toml::Table>,
        }
        let said = |text: &str| mistake(text, &toml::from_str::<File>(text).unwrap_err());
        let (line, message) = said("[[claim]]\nvalue = 54,25\n");
        assert!(line == Some(2) && message.contains("decimals have a point"), "{line:?} {message}");
        assert!(!said("[[claim]]\nvalue = [54 25]\n").1.contains("decimals"));
        let (line, message) = said("title = 1\n[claim]\nvalue = 3\n");
        assert!(line == Some(2) && message.contains("two brackets"), "{line:?} {message}");
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
