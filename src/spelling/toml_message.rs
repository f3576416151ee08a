//! TOML mistakes in words a user can act on: the line, and the nearest known name.

use super::nearest;

/// The 1-based line that holds byte `offset`.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
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
    fn lines_count_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
