//! Text in Markdown as it is: nothing that somebody wrote, or called a file, becomes markup (CommonMark 0.31, and GitHub's
//! tables, strikethrough and mathematics).

/// Text on one line, in which nothing is markup wherever it stands: in a heading, a paragraph of its own, a list, a cell.
pub fn escape(text: &str) -> String {
    // Four spaces would begin a block of code.
    let text = text.trim_start();
    let mut escaped = String::with_capacity(text.len());
    let marker = list_marker(text);
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let markup = match character {
            '\n' | '\r' => {
                escaped.push(' ');
                continue;
            }
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '#' | '~' | '$' => true,
            // An entity, such as `&lt;`.
            '&' => next.is_some_and(|next| next.is_ascii_alphabetic()),
            '>' | '=' => place == 0,
            _ => marker == Some(place),
        };
        if markup {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Where the character stands that makes the beginning of a text a list item or a rule: the dash of "- a" and "---", the
/// point of "1. a". A negative number is none.
fn list_marker(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let mut rest = text[digits..].chars();
    let (marker, behind) = (rest.next()?, rest.next());
    let ends = behind.is_none_or(char::is_whitespace);
    let is_marker = match marker {
        '.' | ')' => digits > 0 && ends,
        '-' => digits == 0 && (ends || behind == Some('-')),
        '+' => digits == 0 && ends,
        _ => false,
    };
    is_marker.then_some(digits)
}

/// A path in a link, where a blank, a bracket, # or ? would end it.
pub fn linked(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded = |byte: u8| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    path.bytes().map(encoded).collect()
}

/// As code, whatever backticks it holds.
pub fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    match longest_run_of_backticks(&text) {
        0 => format!("`{text}`"),
        run => {
            let fence = "`".repeat(run + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

/// Lines as they are, behind a fence that none of them ends.
pub fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run_of_backticks(text) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_user_writes_becomes_markup() {
        assert_eq!(escape("a|b <img> *x*\n# y"), "a\\|b \\<img> \\*x\\* \\# y");
        assert_eq!(escape("C# ~~x~~ &lt; R&B, A & B"), "C\\# \\~\\~x\\~\\~ \\&lt; R\\&B, A & B");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a``b"), "``` a``b ```");
    }

    #[test]
    fn no_beginning_is_a_heading_a_list_a_quote_a_rule_or_code() {
        for (written, escaped) in [
            ("# x", "\\# x"),
            ("> x", "\\> x"),
            ("- x", "\\- x"),
            ("---", "\\---"),
            ("-", "\\-"),
            ("+ x", "\\+ x"),
            ("1. x", "1\\. x"),
            ("12) x", "12\\) x"),
            ("~~~", "\\~\\~\\~"),
            ("===", "\\==="),
            ("1.", "1\\."),
            ("    x", "x"),
            ("", ""),
        ] {
            assert_eq!(escape(written), escaped, "{written}");
        }
        for plain in ["-1.2", "+0.3 equal", "59.9 ± 1.2", "a - b > c", "5 folds", "–"] {
            assert_eq!(escape(plain), plain);
        }
    }

    #[test]
    fn a_fence_is_longer_than_any_in_it() {
        assert_eq!(fenced("sh", "ls\n"), "```sh\nls\n```\n");
        assert_eq!(fenced("text", "a\n````\nb"), "`````text\na\n````\nb\n`````\n");
    }
}
