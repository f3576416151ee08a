//! Text as a terminal shows it: how wide it is, and nothing in it that would be a command.

use unicode_width::UnicodeWidthStr;

/// Columns of a terminal: two for an ideograph, none for an accent that joins the letter before it.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// With spaces behind it up to so many columns.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Without what would move the cursor, rename the window or turn the writing round: a file's name may hold anything.
/// Colours of our own stay where there are such.
pub fn plain(text: &str, colour: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(length) = is_colour(rest).filter(|_| colour) {
            shown.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        rest = &rest[character.len_utf8()..];
        let turns = matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let moves = character.is_control() && !matches!(character, '\n' | '\t');
        shown.push(if turns || moves { char::REPLACEMENT_CHARACTER } else { character });
    }
    shown
}

/// The length of `ESC [ 1 m` and the like at the beginning.
fn is_colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|character: char| !(character.is_ascii_digit() || character == ';'))?;
    numbers[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ideograph_is_two_wide_and_a_joined_accent_nothing() {
        assert_eq!((width("abc"), width("日本"), width("e\u{301}")), (3, 4, 1));
        assert_eq!(padded("日", 4), "日  ");
    }

    #[test]
    fn commands_are_shown_as_marks_and_our_own_colours_stay() {
        let text = "\u{1b}[1mbold\u{1b}[0m a\u{1b}]0;title\u{7} b\u{202e}c\n";
        assert_eq!(plain(text, true), "\u{1b}[1mbold\u{1b}[0m a\u{fffd}]0;title\u{fffd} b\u{fffd}c\n");
        assert!(!plain(text, false).contains('\u{1b}'));
    }
}
