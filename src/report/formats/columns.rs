//! The columns of the comparison table, the same for the terminal, Markdown and LaTeX.

use super::super::comparison::{Comparison, ComparisonRow};
use super::super::words::{difference_text, metric_heading, score_text, small};

/// Column titles; `wide` has those that a terminal has no room for.
pub fn header(comparison: &Comparison, wide: bool) -> Vec<String> {
    let mut cells = vec!["row".to_string()];
    for metric in &comparison.metrics {
        cells.push(metric_heading(metric));
        cells.push("95 % interval".to_string());
        if comparison.has_published(metric) {
            cells.push("published".to_string());
            cells.push("difference".to_string());
        }
        if let Some(name) = comparison.reference(metric) {
            cells.push(name.to_string());
            cells.push("difference".to_string());
        }
    }
    if has_ties(comparison) {
        cells.push("tie group".to_string());
    }
    cells.push("fit CPU s".to_string());
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        cells.push("published fit s".to_string());
    }
    cells.push("predict ms/clip".to_string());
    if wide {
        cells.push("peak MiB".to_string());
    }
    cells
}

pub fn has_ties(comparison: &Comparison) -> bool {
    comparison.rows.iter().filter(|row| row.tie_group.is_some()).count() > 1
}

/// One row's cells under [`header`].
pub fn cells(comparison: &Comparison, row: &ComparisonRow, wide: bool) -> Vec<String> {
    let none = || "–".to_string();
    let mut cells = vec![row.name.clone()];
    for metric in &comparison.metrics {
        let score = row.score(metric);
        match score {
            Some(score) => {
                let text = |value| score_text(metric, value);
                let sd = score.sd.map(|sd| format!(" ± {}", text(sd))).unwrap_or_default();
                cells.push(format!("{}{sd}", text(score.mean)));
                cells.push(format!("{} … {}", text(score.low), text(score.high)));
            }
            None => {
                cells.push(absent(row).to_string());
                cells.push(none());
            }
        }
        if comparison.has_published(metric) {
            cells.push(score.and_then(|score| score.published.clone()).unwrap_or_else(none));
            cells.push(score.and_then(|score| difference(metric, score)).unwrap_or_else(none));
        }
        if comparison.reference(metric).is_some() {
            cells.push(score.and_then(|score| score.reference.clone()).unwrap_or_else(none));
            let difference = score.and_then(|score| score.reference_difference);
            cells.push(difference.map_or_else(none, |difference| difference_text(metric, difference)));
        }
    }
    if has_ties(comparison) {
        cells.push(row.tie_group.clone().unwrap_or_else(none));
    }
    cells.push(row.fit_cpu_seconds.map_or_else(none, small));
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        cells.push(row.published_fit_seconds.clone().unwrap_or_else(none));
    }
    cells.push(row.predict_milliseconds_per_clip.map_or_else(none, small));
    if wide {
        cells.push(row.peak_memory_mib.map_or_else(none, |mib| format!("{mib:.0}")));
    }
    cells
}

/// Why a row has no score.
pub fn absent(row: &ComparisonRow) -> &'static str {
    match (&row.failure, row.cells_done) {
        (Some(_), _) => "failed",
        (None, 0) => "not run",
        // Only the metric is missing: it needs probabilities, or a class has no clip.
        (None, _) => "no value",
    }
}

/// "+1.2 equal": the difference and what it means.
fn difference(metric: &str, score: &super::super::comparison::MetricSummary) -> Option<String> {
    let verdict = score.judgement.map(|judged| format!(" {}", judged.verdict.word())).unwrap_or_default();
    Some(format!("{}{verdict}", difference_text(metric, score.difference?)))
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
        "{} clips, {} classes; split: {}. A repeat's folds are scored together (± sd over single folds or repeats, \
         ddof 1); intervals redraw {} of the test side.",
        comparison.clips_used, comparison.classes, comparison.split, comparison.interval_of
    ));
    if !comparison.looks.is_empty() {
        remarks.push(comparison.looks.clone());
    }
    if has_ties(comparison) {
        remarks.push(format!(
            "Rows that share a letter are not told apart on {} at 5 % ({}, Holm-corrected over {} pairs).",
            super::super::words::metric_title(&comparison.chief),
            comparison.ties.words(),
            comparison.pairs.len()
        ));
    }
    if comparison.watermarks.is_empty()
        && comparison.metrics.iter().any(|metric| comparison.has_published(metric))
    {
        remarks.push(format!(
            "A difference to the paper is equal within ±{} points, better or worse beyond, each with 95 % of the \
             redraws; else undecided. The paper's own sampling error is not in it.",
            100.0 * comparison.region
        ));
    }
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
        } else if row.cells_done < row.cells_wanted {
            let missing = row.cells_wanted - row.cells_done;
            remarks.push(format!(
                "{}: {missing} of {} cells are missing or unreadable; the same run command computes them.",
                row.name, row.cells_wanted
            ));
        }
    }
    remarks
}
