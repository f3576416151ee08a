//! The columns of the comparison table, the same for the terminal, Markdown and LaTeX.

use super::super::comparison::{Comparison, ComparisonRow};
use super::super::reading::Over;
use super::super::words::{
    SYNTHETIC, difference_text, metric_heading, metric_title, region_text, score_text, small,
};
use crate::metrics::DRAWS;
use crate::spelling::{agreeing, counted};

/// Fewer artists or clips than this are too few to redraw without saying so.
const FEW_UNITS: usize = 10;

/// A column: its title, its cell of a row, and how soon it goes where there is no room for all.
pub struct Column<'c> {
    pub title: String,
    /// 0 stays; of the others the largest goes first.
    pub goes: u8,
    cell: Box<dyn Fn(&ComparisonRow) -> String + 'c>,
}

impl Column<'_> {
    pub fn cell(&self, row: &ComparisonRow) -> String {
        (self.cell)(row)
    }
}

fn none() -> String {
    "–".to_string()
}

fn column<'c>(
    title: impl Into<String>,
    goes: u8,
    cell: impl Fn(&ComparisonRow) -> String + 'c,
) -> Column<'c> {
    Column { title: title.into(), goes, cell: Box::new(cell) }
}

/// All columns; `wide` has those that a terminal has no room for.
pub fn columns(comparison: &Comparison, wide: bool) -> Vec<Column<'_>> {
    let mut columns = vec![column("row", 0, |row| row.name.clone())];
    for metric in &comparison.metrics {
        columns.extend(metric_columns(comparison, metric));
    }
    if has_ties(comparison) {
        columns.push(column("tie group", 1, |row| row.tie_group.clone().unwrap_or_else(none)));
    }
    columns.push(column("fit CPU s", 5, |row| row.fit_cpu_seconds.map_or_else(none, small)));
    if comparison.rows.iter().any(|row| row.published_fit_seconds.is_some()) {
        let cell = |row: &ComparisonRow| row.published_fit_seconds.clone().unwrap_or_else(none);
        columns.push(column("published fit s", 7, cell));
    }
    let per_clip = |row: &ComparisonRow| row.predict_milliseconds_per_clip.map_or_else(none, small);
    columns.push(column("predict ms/clip", 8, per_clip));
    if wide {
        let peak = |row: &ComparisonRow| row.peak_memory_mib.map_or_else(none, |mib| format!("{mib:.0}"));
        columns.push(column("peak MiB", 9, peak));
    }
    columns
}

/// The columns of one metric; those of the metric that rows are compared by go last.
fn metric_columns<'c>(comparison: &'c Comparison, metric: &'c str) -> Vec<Column<'c>> {
    let chief = metric == comparison.chief;
    let goes = |of_chief: u8, of_others: u8| if chief { of_chief } else { of_others };
    let text = move |value| score_text(metric, value);
    let score = column(metric_heading(metric), goes(0, 3), move |row| match row.score(metric) {
        Some(score) => {
            let sd = score.sd.map(|sd| format!(" ± {}", text(sd))).unwrap_or_default();
            format!("{}{sd}", text(score.mean))
        }
        None => row.absence().to_string(),
    });
    let interval = column("95 % interval", goes(2, 6), move |row| {
        row.score(metric).map_or_else(none, |score| format!("{} … {}", text(score.low), text(score.high)))
    });
    let mut columns = vec![score, interval];
    if comparison.has_published(metric) {
        columns.push(column(published_title(comparison, metric), goes(1, 4), move |row| {
            row.score(metric).and_then(|score| score.published.clone()).unwrap_or_else(none)
        }));
        columns.push(column(difference_title(comparison, metric), goes(1, 4), move |row| {
            row.score(metric).and_then(|score| difference(metric, score)).unwrap_or_else(none)
        }));
    }
    if let Some(name) = comparison.reference(metric) {
        columns.push(column(name, goes(2, 5), move |row| {
            row.score(metric).and_then(|score| score.reference.clone()).unwrap_or_else(none)
        }));
        columns.push(column(difference_title(comparison, metric), goes(3, 6), move |row| {
            let found = row.score(metric).and_then(|score| score.reference_difference);
            found.map_or_else(none, |difference| difference_text(metric, difference))
        }));
    }
    columns
}

/// Of several metrics with figures of others each column says which it is of.
fn of_several(comparison: &Comparison) -> bool {
    let beside =
        |metric: &&String| comparison.has_published(metric) || comparison.reference(metric).is_some();
    comparison.metrics.iter().filter(beside).count() > 1
}

fn published_title(comparison: &Comparison, metric: &str) -> String {
    match of_several(comparison) {
        true => format!("published {}", metric_heading(metric)),
        false => "published".to_string(),
    }
}

/// The difference to what is published, or to the reference.
pub fn difference_title(comparison: &Comparison, metric: &str) -> String {
    match of_several(comparison) {
        true => format!("difference, {}", metric_title(metric)),
        false => "difference".to_string(),
    }
}

/// Column titles.
pub fn header(comparison: &Comparison, wide: bool) -> Vec<String> {
    columns(comparison, wide).into_iter().map(|column| column.title).collect()
}

pub fn has_ties(comparison: &Comparison) -> bool {
    comparison.rows.iter().filter(|row| row.tie_group.is_some()).count() > 1
}

/// One row's cells under [`header`].
pub fn cells(comparison: &Comparison, row: &ComparisonRow, wide: bool) -> Vec<String> {
    columns(comparison, wide).iter().map(|column| column.cell(row)).collect()
}

/// "+1.2 equal": the difference and what it means.
fn difference(metric: &str, score: &super::super::comparison::MetricSummary) -> Option<String> {
    let verdict = score.judgement.map(|judged| format!(" {}", judged.verdict.word())).unwrap_or_default();
    Some(format!("{}{verdict}", difference_text(metric, score.difference?)))
}

/// What a reader must know beside the figures: watermarks first, which some formats show above the table.
pub fn remarks(comparison: &Comparison) -> Vec<String> {
    let mut remarks = comparison.watermarks.clone();
    if comparison.synthetic {
        remarks.push(SYNTHETIC.to_string());
    }
    remarks.extend(remarks_on_the_table(comparison));
    remarks
}

/// The same without watermarks and without that the data are invented, where those are said otherwise.
pub fn remarks_on_the_table(comparison: &Comparison) -> Vec<String> {
    let mut remarks = comparison.allowed.clone();
    remarks.push(format!(
        "{} clips, {} classes; split: {}. A repeat's folds are scored together (± sd over single folds or repeats, \
         ddof 1); intervals redraw {} of the test side.",
        comparison.clips_used, comparison.classes, comparison.split, comparison.interval_of
    ));
    remarks.extend(remarks_on_areas(comparison));
    if (1..FEW_UNITS).contains(&comparison.interval_units) {
        let (units, of) = (comparison.interval_units, comparison.interval_of);
        remarks.push(format!(
            "Intervals over so few {of} ({units}) are too narrow as a rule, and leave p bootstrap {} of freedom.",
            counted(units - 1, "degree")
        ));
    }
    if !comparison.looks.is_empty() {
        remarks.push(comparison.looks.clone());
    }
    if has_ties(comparison) {
        remarks.push(format!(
            "Rows that share a letter are not told apart on {} at 5 % ({}, {}).",
            metric_title(&comparison.chief),
            comparison.ties.words(),
            match comparison.tested_pairs() {
                1 => "one pair, so nothing to correct".to_string(),
                pairs => format!("Holm-corrected over {pairs} pairs"),
            }
        ));
    }
    if let Some(region) = region_of_the_published(comparison) {
        remarks.push(format!(
            "A difference to the paper is equal within {region}, better or worse beyond, each with 95 % of the \
             redraws; else undecided. The paper's own sampling error is not in it.",
        ));
    }
    if comparison.clips_left_out > 0 {
        remarks.push(format!(
            "{} could not be used and {} left out (listed in table.md).",
            counted(comparison.clips_left_out, "clip"),
            agreeing(&comparison.clips_left_out, "is", "are")
        ));
    }
    if comparison.clips_with_faults > 0 {
        remarks.push(format!(
            "{} {} (listed in table.md).",
            counted(comparison.clips_with_faults, "clip"),
            agreeing(&comparison.clips_with_faults, "is damaged but was used", "are damaged but were used")
        ));
    }
    for row in &comparison.rows {
        if let Some(failure) = &row.failure {
            remarks.push(format!("{} failed: {failure}", row.name));
        } else if row.cells_done > 0 && row.cells_done < row.cells_wanted {
            let missing = row.cells_wanted - row.cells_done;
            remarks.push(format!(
                "{}: {missing} of {} cells are missing or unreadable; the same run command computes them.",
                row.name, row.cells_wanted
            ));
        }
    }
    remarks.extend(rows_not_run(comparison));
    remarks
}

/// The region of practical equivalence where figures are held against published ones.
pub fn region_of_the_published(comparison: &Comparison) -> Option<String> {
    let published = comparison.metrics.iter().map(String::as_str);
    let mut published = published.filter(|metric| comparison.has_published(metric)).peekable();
    let held = comparison.watermarks.is_empty() && published.peek().is_some();
    held.then(|| region_text(published, comparison.region))
}

/// What areas under ROC curves are the mean over, and how many redraws had one.
fn remarks_on_areas(comparison: &Comparison) -> Vec<String> {
    let named = |wanted: Over| {
        let over = |metric: &str| {
            comparison.rows.iter().filter_map(|row| row.score(metric)).any(|score| score.over == wanted)
        };
        let found = comparison.metrics.iter().filter(|metric| over(metric));
        let titles: Vec<String> = found.map(|metric| metric_title(metric)).collect();
        (!titles.is_empty()).then(|| titles.join("; "))
    };
    let mut remarks = Vec::new();
    if let Some(titles) = named(Over::Folds) {
        remarks.push(format!(
            "{titles}: the mean over single folds, as clips that different models scored are not ranked together."
        ));
    }
    if let Some(titles) = named(Over::RepeatsForWant) {
        remarks.push(format!(
            "{titles}: a fold lacks a class, so that a repeat's folds are ranked together although a model each scored \
             them."
        ));
    }
    for metric in &comparison.metrics {
        let draws = comparison.rows.iter().filter_map(|row| Some(row.score(metric)?.draws));
        if let Some(fewest) = draws.min().filter(|fewest| *fewest < DRAWS) {
            remarks.push(format!(
                "{}: {fewest} of {DRAWS} redraws have a value and make the interval (in the row with fewest); the others \
                 lack a class.",
                metric_title(metric)
            ));
        }
    }
    remarks
}

/// One line for them all: `--only` leaves most rows of a large table out.
fn rows_not_run(comparison: &Comparison) -> Option<String> {
    let rows = comparison.rows.iter();
    let names: Vec<&str> = rows
        .filter(|row| row.failure.is_none() && row.cells_done == 0 && row.cells_wanted > 0)
        .map(|row| row.name.as_str())
        .collect();
    let told = match names.as_slice() {
        [] => return None,
        [_, _, _, _, ..] => format!("{} of {} rows were not run", names.len(), comparison.rows.len()),
        few => format!("Not run: {}", few.join(", ")),
    };
    Some(format!("{told}; the same run command computes them, without --only if that left them out."))
}
