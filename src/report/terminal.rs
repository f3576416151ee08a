//! The comparison as aligned text for a terminal.

use super::comparison::{Comparison, ComparisonRow};
use super::words::{metric_title, small};

/// A table of cells and the remarks below it.
pub fn terminal(comparison: &Comparison, colour: bool) -> String {
    let mut lines = vec![header(comparison)];
    lines.extend(comparison.rows.iter().map(|row| cells(comparison, row)));
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|c| lines.iter().map(|line| line[c].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = format!("{}\n\n", emphasise(&comparison.title, colour));
    for watermark in &comparison.watermarks {
        text += &format!("{}\n\n", emphasise(watermark, colour));
    }
    for (index, line) in lines.iter().enumerate() {
        let padded: Vec<String> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(column, (cell, &width))| {
                    if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        let joined = padded.join("  ");
        text +=
            &if index == 0 { emphasise(joined.trim_end(), colour) } else { joined.trim_end().to_string() };
        text.push('\n');
        if index == 0 {
            text += &"─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
            text.push('\n');
        }
    }
    text.push('\n');
    for remark in remarks(comparison) {
        text += &remark;
        text.push('\n');
    }
    text
}

/// Column titles, the same for the terminal and Markdown.
pub fn header(comparison: &Comparison) -> Vec<String> {
    let mut cells = vec!["row".to_string()];
    for metric in &comparison.metrics {
        cells.push(format!("{} %", metric_title(metric)));
        cells.push("95 % interval".to_string());
        if published(comparison, metric) {
            cells.push("published".to_string());
            cells.push("difference".to_string());
        }
        if let Some(name) = reference(comparison, metric) {
            cells.push(name.to_string());
            cells.push("difference".to_string());
        }
    }
    cells.push("fit CPU s".to_string());
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        cells.push("published fit s".to_string());
    }
    cells.push("predict ms/clip".to_string());
    cells
}

/// One row's cells under [`header`].
pub fn cells(comparison: &Comparison, row: &ComparisonRow) -> Vec<String> {
    let mut cells = vec![row.name.clone()];
    for metric in &comparison.metrics {
        match row.scores.iter().find(|score| score.metric == *metric) {
            Some(score) => {
                let sd = score.sd.map(|sd| format!(" ± {:.1}", 100.0 * sd)).unwrap_or_default();
                cells.push(format!("{:.1}{sd}", 100.0 * score.mean));
                cells.push(format!("{:.1} … {:.1}", 100.0 * score.low, 100.0 * score.high));
            }
            None => {
                cells.push(if row.failure.is_some() { "failed" } else { "not run" }.to_string());
                cells.push("–".to_string());
            }
        }
        if published(comparison, metric) {
            let score = row.scores.iter().find(|score| score.metric == *metric);
            cells.push(score.and_then(|score| score.published.clone()).unwrap_or_else(|| "–".to_string()));
            let difference = score.and_then(|score| score.difference);
            cells.push(points(difference));
        }
        if reference(comparison, metric).is_some() {
            let score = row.scores.iter().find(|score| score.metric == *metric);
            cells.push(score.and_then(|score| score.reference.clone()).unwrap_or_else(|| "–".to_string()));
            cells.push(points(score.and_then(|score| score.reference_difference)));
        }
    }
    cells.push(row.fit_cpu_seconds.map_or_else(|| "–".to_string(), small));
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        cells.push(row.published_fit_seconds.clone().unwrap_or_else(|| "–".to_string()));
    }
    cells.push(row.predict_milliseconds_per_clip.map_or_else(|| "–".to_string(), small));
    cells
}

/// What a reader must know beside the figures.
pub fn remarks(comparison: &Comparison) -> Vec<String> {
    let mut remarks = comparison.watermarks.clone();
    if comparison.synthetic {
        remarks.push(
            "SYNTHETIC DATA: invented music of invented genres; these figures say nothing about real music."
                .to_string(),
        );
    }
    remarks.push(format!(
        "{} clips, {} classes; split: {}. A repeat's folds are scored together (± sd over single folds or repeats); intervals redraw {} of the test side.",
        comparison.clips_used, comparison.classes, comparison.split, comparison.interval_of
    ));
    if comparison.clips_left_out > 0 {
        remarks.push(format!(
            "{} clips could not be used and are left out (listed in table.md).",
            comparison.clips_left_out
        ));
    }
    if comparison.clips_with_faults > 0 {
        remarks.push(format!(
            "{} clips are damaged but were used (listed in table.md).",
            comparison.clips_with_faults
        ));
    }
    for row in &comparison.rows {
        if let Some(failure) = &row.failure {
            remarks.push(format!("{} failed: {failure}", row.name));
        }
    }
    for row in comparison.rows.iter().filter(|row| row.cells_done < row.cells_wanted && row.failure.is_none())
    {
        let missing = row.cells_wanted - row.cells_done;
        remarks.push(format!(
            "{}: {missing} of {} cells are missing or unreadable; the same run command computes them.",
            row.name, row.cells_wanted
        ));
    }
    remarks
}

fn published(comparison: &Comparison, metric: &str) -> bool {
    comparison.rows.iter().any(|row| row.scores.iter().any(|s| s.metric == metric && s.published.is_some()))
}

/// Whose figures stand in the reference column of `metric`, if it has one.
fn reference<'a>(comparison: &'a Comparison, metric: &str) -> Option<&'a str> {
    let mut names = comparison.rows.iter().filter_map(|row| {
        let given = row.scores.iter().any(|score| score.metric == metric && score.reference.is_some());
        row.reference.as_deref().filter(|_| given)
    });
    let first = names.next()?;
    Some(if names.all(|name| name == first) { first } else { "reference" })
}

fn points(difference: Option<f64>) -> String {
    difference.map_or_else(|| "–".to_string(), |difference| format!("{:+.1}", 100.0 * difference))
}

fn emphasise(text: &str, colour: bool) -> String {
    if colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_string() }
}
