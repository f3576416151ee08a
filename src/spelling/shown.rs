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

/// Without what would move the cursor, change colours, rename the window or turn the writing round: a file's name may
/// hold anything.
pub fn plain(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// `coloured` in the same way, but for the colours that `text`, the same without ours, has not: a stranger's are in both.
pub fn plain_in_colours(coloured: &str, text: &str) -> String {
    let mut shown = String::with_capacity(coloured.len());
    let (mut coloured, mut text) = (coloured, text);
    while let Some(character) = coloured.chars().next() {
        let ours = is_colour(coloured).filter(|length| !text.starts_with(&coloured[..*length]));
        if let Some(length) = ours {
            shown.push_str(&coloured[..length]);
            coloured = &coloured[length..];
            continue;
        }
        let Some(rest) = text.strip_prefix(character) else { return shown + &plain(coloured) };
        text = rest;
        coloured = &coloured[character.len_utf8()..];
        shown.push(harmless(character));
    }
    shown
}

fn harmless(character: char) -> char {
    let turns = matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let moves = character.is_control() && !matches!(character, '\n' | '\t');
    if turns || moves { char::REPLACEMENT_CHARACTER } else { character }
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
        let names = |bold: &str, end: &str| {
            format!("{bold}title{end} a\u{1b}]0;title\u{7} \u{1b}[31mred\u{1b}[0m b\u{202e}c\n")
        };
        let (coloured, text) = (names("\u{1b}[1m", "\u{1b}[0m"), names("", ""));
        let shown = "a\u{fffd}]0;title\u{fffd} \u{fffd}[31mred\u{fffd}[0m b\u{fffd}c\n";
        assert_eq!(plain(&text), format!("title {shown}"));
        assert_eq!(plain_in_colours(&coloured, &text), format!("\u{1b}[1mtitle\u{1b}[0m {shown}"));
        assert_eq!(plain_in_colours(&text, &text), plain(&text));
        // What is not the same text has no colours of ours from where it differs.
        assert_eq!(plain_in_colours("a\u{1b}[1mb", "c"), "a\u{fffd}[1mb");
    }
}
