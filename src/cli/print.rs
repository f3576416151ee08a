//! Writing results to stdout and notes to stderr without panicking when the reader has gone.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::spelling::{self, padded, plain};

/// Writes text to stdout, with a newline at its end.
pub fn text(text: &str) -> io::Result<()> {
    let text = plain(text, colour());
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// A line on stderr. Nobody may be listening, which is no reason to stop the work.
pub fn to_stderr(line: &str) {
    let _ = writeln!(io::stderr(), "{}", plain(line, false));
}

/// `tell!("kept in {}", …)`: a line on stderr.
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::print::to_stderr(&format!($($text)*)) };
}
pub(super) use tell;

/// Writes a value as indented JSON to stdout.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    Ok(text(&serde_json::to_string_pretty(value)?)?)
}

/// Lines in columns, each as wide as its widest entry, two spaces apart.
pub fn columns(rows: &[[String; 2]]) -> String {
    let widest = rows.iter().map(|row| spelling::width(&row[0])).max().unwrap_or(0);
    rows.iter().map(|[name, summary]| format!("{}  {summary}\n", padded(name, widest))).collect()
}

/// Whether stdout is a terminal that wants colour (https://no-color.org).
pub fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The columns of the terminal that stdout is; `COLUMNS` says otherwise; none where it is a file or a pipe.
pub fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
    let found = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(found).filter(|&width| width > 0)
}
