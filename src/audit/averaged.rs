//! Check 4: a printed matrix that averages runs, back to whole counts.
//!
//! A cell "13.3" of three runs is 40 thirds: 40/3 = 13.33…. For each cell the integers that print so over the runs are
//! known; where rows must sum to the clips of their class (times the runs), they are narrowed down to it.

use super::claims::{Matrix, TestSet};
use super::finding::{Finding, Verdict, Witness, listed};
use super::power::{Power, redrawn_between};
use super::printed::{Printed, Rounding};

/// Ways to complete a row before the search says that it was cut short.
const MOST_STEPS: u64 = 200_000;

/// Cells whose values are redrawn for the power of the check, and fewer of a matrix so large that this is too many.
const MOST_CELLS: usize = 9;
const MOST_LOOKED_AT: usize = 20_000;

/// Whole counts behind a printed matrix, summed over its runs.
#[derive(Debug, Clone)]
pub struct Recovered {
    pub counts: Vec<Vec<u64>>,
    /// No other whole counts print so.
    pub unique: bool,
    /// The rounding under which the cells were read.
    pub rounding: Rounding,
}

/// The counts of a matrix with its finding.
pub fn recover(matrix: &Matrix, set: &TestSet) -> (Option<Recovered>, Finding) {
    let (recovered, finding) = judge(matrix, set);
    let mut finding = finding.in_set(set);
    if finding.verdict == Verdict::Consistent {
        power(matrix, set).of(&mut finding);
    }
    finding.of = matrix.of.clone();
    finding.figure = "confusion matrix".into();
    finding.line = matrix.line;
    finding.source = matrix.source.clone();
    (recovered, finding)
}

fn judge(matrix: &Matrix, set: &TestSet) -> (Option<Recovered>, Finding) {
    let whole = matrix.cells.iter().flatten().all(|cell| cell.decimals == 0);
    if whole && matrix.runs == 1 {
        let counts: Vec<Vec<u64>> =
            matrix.cells.iter().map(|row| row.iter().map(|cell| cell.digits as u64).collect()).collect();
        let finding = against_support(&counts, 1, set).unwrap_or_else(|| sums(&counts, 1, set));
        return (Some(Recovered { counts, unique: true, rounding: Rounding::Any }), finding);
    }
    let mut tried = Vec::new();
    let mut best: Option<Recovered> = None;
    for rounding in [Rounding::Nearest, Rounding::Truncate, Rounding::Ceil] {
        match counts_under(matrix, set, rounding) {
            Ok(recovered) => {
                if best.as_ref().is_none_or(|known| recovered.unique && !known.unique) {
                    best = Some(recovered);
                }
            }
            Err(row) => tried.push(format!("{}: {row}", in_words(rounding))),
        }
    }
    match best {
        None => {
            let reason = format!("no whole counts over {} runs print so ({})", matrix.runs, listed(tried));
            (None, Finding::new("averaged matrix", Verdict::Inconsistent, reason))
        }
        Some(recovered) => {
            let mut finding = sums(&recovered.counts, matrix.runs, set);
            let how = in_words(recovered.rounding);
            let others = if tried.is_empty() { String::new() } else { format!(" (not {})", listed(tried)) };
            let only = if recovered.unique { "" } else { ", one of several solutions" };
            finding.reason =
                format!("cells are {how} parts of {} runs{only}{others}; {}", matrix.runs, finding.reason);
            finding.roundings = vec![recovered.rounding];
            (Some(recovered), finding)
        }
    }
}

fn in_words(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Truncate => "truncated",
        Rounding::Ceil => "rounded up",
        _ => "rounded to nearest",
    }
}

/// The clips of each class where the matrix disagrees with them.
fn against_support(counts: &[Vec<u64>], runs: u64, set: &TestSet) -> Option<Finding> {
    let rows: Vec<u64> = counts.iter().map(|row| row.iter().sum()).collect();
    let support = set.support.as_ref()?;
    let wrong = (0..rows.len()).find(|&row| rows[row] != support[row] * runs)?;
    let reason = format!(
        "row {} ({}) sums to {}, the class has {} clips",
        wrong + 1,
        set.class_name(wrong),
        rows[wrong],
        support[wrong] * runs
    );
    let mut finding = Finding::new("matrix", Verdict::Inconsistent, reason);
    let columns: Vec<u64> =
        (0..rows.len()).map(|column| counts.iter().map(|row| row[column]).sum()).collect();
    if columns.iter().zip(support).all(|(column, clips)| *column == clips * runs) {
        finding.repair = Some("its columns sum to the classes: rows = \"predicted\"".into());
    }
    Some(finding)
}

fn sums(counts: &[Vec<u64>], runs: u64, set: &TestSet) -> Finding {
    let rows: Vec<u64> = counts.iter().map(|row| row.iter().sum()).collect();
    let hits: u64 = (0..rows.len()).map(|class| counts[class][class]).sum();
    let n: u64 = rows.iter().sum();
    let each = if rows.iter().all(|row| row.is_multiple_of(runs)) {
        listed(rows.iter().map(|row| (row / runs).to_string()))
    } else {
        format!("{} over {runs} runs", listed(rows.iter().map(u64::to_string)))
    };
    let over = if runs > 1 {
        let mean = if hits.is_multiple_of(runs) && n.is_multiple_of(runs) {
            format!("{} of {} a run, ", hits / runs, n / runs)
        } else {
            String::new()
        };
        format!(" ({mean}{runs} runs)")
    } else {
        String::new()
    };
    let words = format!(
        "rows sum to {each}; {hits} hits of {n}{over} = {:.2} %",
        100.0 * hits as f64 / n.max(1) as f64
    );
    let name = if runs > 1 { "averaged matrix" } else { "matrix" };
    if n == 0 {
        return Finding::new(name, Verdict::Inconsistent, "the matrix holds no clip");
    }
    if let Some(declared) = set.n.filter(|declared| declared * runs != n) {
        let reason = format!("{words}; the set has {declared} clips");
        return Finding::new(name, Verdict::Inconsistent, reason);
    }
    let mut finding = Finding::new(name, Verdict::Consistent, words.clone());
    finding.witness = Some(Witness { words, matrix: Some(counts.to_vec()) });
    finding
}

/// The share of values of a cell, of 0 to all the clips that its row has room for, that pass while the others stay as
/// they are; the mean over the cells.
fn power(matrix: &Matrix, set: &TestSet) -> Power {
    let rows: Vec<f64> = matrix.cells.iter().map(|row| row.iter().map(Printed::value).sum::<f64>()).collect();
    let cells = matrix.cells.len() * matrix.cells.len();
    let chosen = (MOST_LOOKED_AT / cells).clamp(1, MOST_CELLS.min(cells));
    let mut other = matrix.clone();
    let parts: Vec<Power> = (0..chosen)
        .map(|cell| {
            let place = cell * (cells - 1) / chosen.max(2).saturating_sub(1);
            let (row, column) = (place / matrix.cells.len(), place % matrix.cells.len());
            let cell = &matrix.cells[row][column];
            let most = (rows[row].ceil() as i128).max(1) * cell.scale();
            let power = redrawn_between(cell, 0, most, &mut |value| {
                other.cells[row][column] = value.clone();
                Some(judge(&other, set).1.verdict == Verdict::Consistent)
            });
            other.cells[row][column] = cell.clone();
            power
        })
        .collect();
    let mut power = Power::mean(&parts);
    let held = set.support.is_some() || set.n.is_some() || power.share.is_some_and(|share| share < 1.0);
    if !held {
        power.words = Some("nothing else is said that the matrix could contradict".into());
    }
    power
}

/// Whole counts under one rounding, or the row that has none.
fn counts_under(matrix: &Matrix, set: &TestSet, rounding: Rounding) -> Result<Recovered, String> {
    let runs = matrix.runs;
    let mut counts = Vec::new();
    let mut unique = true;
    for (row, cells) in matrix.cells.iter().enumerate() {
        let ranges: Vec<(u64, u64)> = cells.iter().map(|cell| range(cell, rounding, runs)).collect();
        if let Some(column) = ranges.iter().position(|(first, last)| first > last) {
            return Err(format!("{} of row {} is no count over {runs}", cells[column].text, row + 1));
        }
        let (low, high): (u64, u64) =
            ranges.iter().fold((0, 0), |sum, range| (sum.0 + range.0, sum.1 + range.1));
        // Without the clips of the class, a row is a whole number of clips in every run.
        let totals: Vec<u64> = match &set.support {
            Some(support) => vec![support[row] * runs],
            None => (low.div_ceil(runs)..=high / runs).map(|clips| clips * runs).collect(),
        };
        let possible: Vec<u64> = totals.into_iter().filter(|total| (low..=high).contains(total)).collect();
        let Some(&total) = possible.first() else {
            let what = match &set.support {
                Some(support) => format!("{} clips", support[row]),
                None => "a whole number of clips".into(),
            };
            return Err(format!(
                "row {} cannot sum to {what} a run (it sums to {low}…{high} over {runs})",
                row + 1
            ));
        };
        let mut steps = MOST_STEPS;
        let mut ways = 0u32;
        let mut first = Vec::new();
        complete(&ranges, total, &mut Vec::new(), &mut ways, &mut first, &mut steps);
        unique &= possible.len() == 1 && ways == 1;
        counts.push(first);
    }
    Ok(Recovered { counts, unique, rounding })
}

fn range(cell: &Printed, rounding: Rounding, runs: u64) -> (u64, u64) {
    // A cell without decimals beside cells with some is exact only if the paper prints so; its interval says what it may be.
    let exact = cell.decimals == 0;
    if exact {
        let count = cell.digits as u64 * runs;
        return (count, count);
    }
    let counts = cell.interval(rounding).counts(runs, u64::MAX / 4);
    if counts.is_empty() { (1, 0) } else { (*counts.start(), *counts.end()) }
}

/// Ways (up to two are told apart) to choose one count in each range so that they sum to `left`.
fn complete(
    ranges: &[(u64, u64)],
    left: u64,
    chosen: &mut Vec<u64>,
    ways: &mut u32,
    first: &mut Vec<u64>,
    steps: &mut u64,
) {
    if *ways > 1 || *steps == 0 {
        return;
    }
    *steps -= 1;
    let Some(((low, high), rest)) = ranges.split_first() else {
        if left == 0 {
            *ways += 1;
            if first.is_empty() {
                first.clone_from(chosen);
            }
        }
        return;
    };
    let (rest_low, rest_high): (u64, u64) =
        rest.iter().fold((0, 0), |sum, range| (sum.0 + range.0, sum.1 + range.1));
    let from = (*low).max(left.saturating_sub(rest_high));
    for count in from..=(*high).min(left.saturating_sub(rest_low)) {
        chosen.push(count);
        complete(rest, left - count, chosen, ways, first, steps);
        chosen.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::printed::Unit;

    fn matrix(cells: &[&[&str]], runs: u64) -> Matrix {
        let read = |text: &&str| Printed::parse(text, Unit::Fraction).unwrap();
        let cells = cells.iter().map(|row| row.iter().map(read).collect()).collect();
        Matrix { line: 1, of: "x".into(), set: 0, cells, runs, source: None }
    }

    #[test]
    fn truncated_thirds_are_recovered() {
        let (recovered, finding) =
            recover(&matrix(&[&["13.3", "0.6"], &["0.3", "4.6"]], 3), &TestSet::default());
        let recovered = recovered.unwrap();
        assert_eq!(recovered.counts, [[40, 2], [1, 14]]);
        assert_eq!((recovered.rounding, recovered.unique), (Rounding::Truncate, true));
        assert!(finding.reason.contains("rows sum to 14 and 5"), "{}", finding.reason);
    }

    #[test]
    fn a_row_that_cannot_be_whole_is_named() {
        let (recovered, finding) = recover(&matrix(&[&["13.5", "0.5"], &["0", "5"]], 3), &TestSet::default());
        assert!(recovered.is_none() && finding.verdict == Verdict::Inconsistent);
        assert!(finding.reason.contains("13.5 of row 1"), "{}", finding.reason);
    }
}
