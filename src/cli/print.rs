//! Writing results to stdout and notes to stderr without panicking when the reader has gone.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::spelling::{self, padded, plain, plain_in_colours};

/// Writes text to stdout, with a newline at its end; nothing in it is a command to a terminal.
pub fn text(text: &str) -> io::Result<()> {
    to_stdout(&plain(text))
}

/// The same of a text that `written` makes with colours or without: no colours but those stay.
pub fn coloured(written: impl Fn(bool) -> String) -> io::Result<()> {
    match colour() {
        true => to_stdout(&plain_in_colours(&written(true), &written(false))),
        false => text(&written(false)),
    }
}

/// A reader that closed the pipe has had enough: no error, and no reason to keep the verdict back.
fn to_stdout(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let ending: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
    let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(ending));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A line on stderr. Nobody may be listening, which is no reason to stop the work.
pub fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr(), "{}", plain(line));
}

/// `tell!("kept in {}", …)`: a line on stderr.
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::print::to_stderr(&format!($($text)*)) };
}
pub(super) use tell;

/// Writes a value as indented JSON to stdout.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    Ok(to_stdout(&escaped(&serde_json::to_string_pretty(value)?))?)
}

/// What a terminal would obey, as JSON's `\uXXXX`: whoever reads the JSON gets the very character, where [`plain`] would
/// have put another in its place. It can stand in strings only, and serde has escaped what is below the space.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match is_obeyed(character) {
            true => escaped += &format!("\\u{:04x}", u32::from(character)),
            false => escaped.push(character),
        }
    }
    escaped
}

fn is_obeyed(character: char) -> bool {
    let printable = character.is_ascii() && character != '\u{7f}';
    let mut bytes = [0; 4];
    let alone: &str = character.encode_utf8(&mut bytes);
    !printable && plain(alone) != *alone
}

/// Lines in columns, each as wide as its widest entry, two spaces apart.
pub fn columns(rows: &[[String; 2]]) -> String {
    let widest = rows.iter().map(|row| spelling::width(&row[0])).max().unwrap_or(0);
    rows.iter().map(|[name, summary]| format!("{}  {summary}\n", padded(name, widest))).collect()
}

/// Whether stdout is a terminal that wants colour (<https://no-color.org>).
fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The columns of the terminal that stdout is; `COLUMNS` says otherwise; none where it is a file or a pipe.
pub fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
    let found = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(found).filter(|&width| width > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_character_and_none_that_a_terminal_obeys() {
        let odd = "a\u{1b}[1m\u{200f}\u{202e}\u{2066}\u{7f}\u{9b}é–日\u{fffd}\n";
        let text = escaped(&serde_json::to_string_pretty(&[odd]).unwrap());
        let inside = "\"a\\u001b[1m\\u200f\\u202e\\u2066\\u007f\\u009bé–日\u{fffd}\\n\"";
        assert_eq!(text, format!("[\n  {inside}\n]"));
        assert_eq!(plain(&text), text);
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [odd]);
    }
}
