//! The comparison as aligned text for a terminal.

use super::super::comparison::Comparison;
use super::columns::{cells, header, remarks};

/// A table of cells and the remarks below it.
pub fn terminal(comparison: &Comparison, colour: bool) -> String {
    let mut lines = vec![header(comparison, false)];
    lines.extend(comparison.rows.iter().map(|row| {
        let mut cells = cells(comparison, row, false);
        cells[0] = short(&cells[0]);
        cells
    }));
    let mut text = format!("{}\n\n", emphasise(&comparison.title, colour));
    for watermark in &comparison.watermarks {
        text += &format!("{}\n\n", emphasise(watermark, colour));
    }
    text += &format!("{}\n", aligned(&lines, colour));
    for remark in remarks(comparison).iter().skip(comparison.watermarks.len()) {
        text += remark;
        text.push('\n');
    }
    text
}

/// A name that leaves room for its figures; whole in every other format.
fn short(name: &str) -> String {
    const MOST: usize = 40;
    if name.chars().count() <= MOST {
        return name.to_string();
    }
    name.chars().take(MOST - 1).collect::<String>().trim_end().to_string() + "…"
}

/// Lines in columns under the first, the first column to the left and the others to the right.
pub fn aligned(lines: &[Vec<String>], colour: bool) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|c| lines.iter().map(|line| line[c].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| match column {
                0 => format!("{cell:width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        let joined = padded.join("  ");
        let joined = joined.trim_end();
        text += &if index == 0 { emphasise(joined, colour) } else { joined.to_string() };
        text.push('\n');
        if index == 0 {
            text += &"─".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1));
            text.push('\n');
        }
    }
    text
}

fn emphasise(text: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_string() }
}
