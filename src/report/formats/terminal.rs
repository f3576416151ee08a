//! The comparison as aligned text for a terminal: as many columns as there is room for, the rest named below it.

use super::super::comparison::Comparison;
use super::columns::{Column, columns, remarks};
use crate::spelling;

/// On a terminal a name is cut here even where there is room.
const LONGEST_NAME: usize = 40;
/// Names are not cut shorter than this.
const SHORTEST_NAME: usize = 16;

/// A table of cells and the remarks below it, in `width` columns where that is known.
pub fn terminal(comparison: &Comparison, colour: bool, width: Option<usize>) -> String {
    let mut shown = columns(comparison, false);
    let mut left_out: Vec<String> = Vec::new();
    let room = width.unwrap_or(usize::MAX);
    let longest = if width.is_some() { LONGEST_NAME } else { usize::MAX };
    while width_of(&lines(comparison, &shown, longest)) > room {
        let most = shown.iter().map(|column| column.goes).max().unwrap_or(0);
        let place = shown.iter().rposition(|column| column.goes == most);
        let Some(place) = place.filter(|_| most > 0) else { break };
        left_out.insert(0, shown.remove(place).title);
    }
    let mut name = longest;
    while name > SHORTEST_NAME && width_of(&lines(comparison, &shown, name)) > room {
        name -= 1;
    }
    let mut text = format!("{}\n\n", emphasise(&comparison.title, colour));
    for watermark in &comparison.watermarks {
        text += &format!("{}\n\n", emphasise(&wrapped(watermark, room), colour));
    }
    text += &format!("{}\n", aligned(&lines(comparison, &shown, name), colour));
    if !left_out.is_empty() {
        let said = format!("Left out for want of room: {}. --wide prints every column.", counted(&left_out));
        text += &format!("{}\n", wrapped(&said, room));
    }
    for remark in remarks(comparison).iter().skip(comparison.watermarks.len()) {
        text += &wrapped(remark, room);
        text.push('\n');
    }
    text
}

/// Titles and cells, names no longer than `name`.
fn lines(comparison: &Comparison, shown: &[Column], name: usize) -> Vec<Vec<String>> {
    let titles: Vec<String> = shown.iter().map(|column| column.title.clone()).collect();
    let rows = comparison.rows.iter().map(|row| {
        let mut cells: Vec<String> = shown.iter().map(|column| column.cell(row)).collect();
        cells[0] = short(&cells[0], name);
        cells
    });
    std::iter::once(titles).chain(rows).collect()
}

/// The lines with names so short that they fit, as far as names can give way.
pub fn fitted(lines: &[Vec<String>], width: Option<usize>) -> Vec<Vec<String>> {
    let named = |most: usize| -> Vec<Vec<String>> {
        let shortened = |line: &Vec<String>| [vec![short(&line[0], most)], line[1..].to_vec()].concat();
        lines.iter().map(shortened).collect()
    };
    let Some(room) = width.filter(|room| width_of(lines) > *room) else { return lines.to_vec() };
    let longest = lines.iter().map(|line| spelling::width(&line[0])).max().unwrap_or(0);
    let spare = width_of(lines) - longest;
    named(room.saturating_sub(spare).max(SHORTEST_NAME))
}

/// "2 × 95 % interval, fit CPU s".
fn counted(titles: &[String]) -> String {
    let mut found: Vec<(&str, usize)> = Vec::new();
    for title in titles {
        match found.iter_mut().find(|(known, _)| known == title) {
            Some((_, count)) => *count += 1,
            None => found.push((title, 1)),
        }
    }
    let said: Vec<String> = found
        .iter()
        .map(|(title, count)| if *count == 1 { title.to_string() } else { format!("{count} × {title}") })
        .collect();
    said.join(", ")
}

/// Lines broken between words.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| spelling::width(line));
        if used > 0 && used + 1 + spelling::width(word) > width {
            lines.push(word.to_string());
        } else if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// A name that leaves room for its figures.
fn short(name: &str, most: usize) -> String {
    if spelling::width(name) <= most {
        return name.to_string();
    }
    let mut kept = String::new();
    for character in name.chars() {
        kept.push(character);
        if spelling::width(&kept) > most - 1 {
            kept.pop();
            break;
        }
    }
    kept.trim_end().to_string() + "…"
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let columns = lines.first().map_or(0, Vec::len);
    (0..columns).map(|c| lines.iter().map(|line| spelling::width(&line[c])).max().unwrap_or(0)).collect()
}

pub fn width_of(lines: &[Vec<String>]) -> usize {
    let widths = widths(lines);
    widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)
}

/// Lines in columns under the first, the first column to the left and the others to the right.
pub fn aligned(lines: &[Vec<String>], colour: bool) -> String {
    let widths = widths(lines);
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, &width))| match column {
                0 => spelling::padded(cell, width),
                _ => " ".repeat(width.saturating_sub(spelling::width(cell))) + cell,
            })
            .collect();
        let joined = padded.join("  ");
        let joined = joined.trim_end();
        text += &if index == 0 { emphasise(joined, colour) } else { joined.to_string() };
        text.push('\n');
        if index == 0 {
            text += &"─".repeat(width_of(lines));
            text.push('\n');
        }
    }
    text
}

fn emphasise(text: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_string() }
}
