//! Check 4: a printed matrix that averages runs, back to whole counts.
//!
//! A cell "13.3" of three runs is 40 thirds: 40/3 = 13.33…. For each cell the integers that print so over the runs are
//! known; where rows must sum to the clips of their class (times the runs), they are narrowed down to it. What is left
//! of a row is a run of integers in every cell with a known sum, so the least and the most of each cell are known too.
//!
//! A matrix whose rows, or whose cells, sum to 1 or to 100 holds shares: times the clips of the class, or all clips, they
//! are counts.

use super::claims::{Matrix, TestSet};
use super::finding::{Finding, Verdict, listed};
use super::normalised::{Of, shares};
use super::power::{Power, redrawn_between};
use super::printed::{Printed, Rounding, Unit};
use super::rows::{Row, solve};

/// Cells whose values are redrawn for the power of the check, and fewer of a matrix so large that this is too many.
const MOST_CELLS: usize = 9;
const MOST_LOOKED_AT: usize = 20_000;

/// Whole counts behind a printed matrix, summed over its runs.
#[derive(Debug, Clone)]
pub struct Recovered {
    pub counts: Vec<Vec<u64>>,
    /// No other whole counts print so, under any rounding.
    pub unique: bool,
    /// The rounding under which the cells were read.
    pub rounding: Rounding,
    /// For each rounding that has a solution the least and the most hits of every class.
    pub hits: Vec<Vec<(u64, u64)>>,
    /// The clips of each row are the same in all solutions, under every rounding that has one.
    pub rows_known: bool,
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

/// In the order of the set's classes; where that is open, in either.
fn judge(matrix: &Matrix, set: &TestSet) -> (Option<Recovered>, Finding) {
    let Some((p, n)) = set.binary.filter(|_| set.order_open || set.support.is_none()) else {
        return in_order(matrix, set);
    };
    let order = |support: Vec<u64>| TestSet { support: Some(support), ..set.clone() };
    let first = in_order(matrix, &order(vec![n, p]));
    if first.1.verdict != Verdict::Inconsistent || p == n {
        return first;
    }
    let second = in_order(matrix, &order(vec![p, n]));
    if second.1.verdict == Verdict::Inconsistent { first } else { second }
}

fn in_order(matrix: &Matrix, set: &TestSet) -> (Option<Recovered>, Finding) {
    let (recovered, mut finding) = as_counts(matrix, set);
    let inconsistent = finding.verdict == Verdict::Inconsistent;
    let read = |of: Of, unit: Unit, clips: Vec<u64>| as_shares(matrix, set, of, unit, &clips);
    match (shares(matrix, set.support.as_deref()), &set.support, set.n) {
        (Some((Of::Class, unit)), Some(support), _) if inconsistent => read(Of::Class, unit, support.clone()),
        (Some((Of::All, unit)), _, Some(n)) if inconsistent => {
            read(Of::All, unit, vec![n; matrix.cells.len()])
        }
        (Some((of, unit)), ..) if inconsistent => {
            let missing = match of {
                Of::Class => "say the clips of each class, support, and they are checked",
                Of::All => "say the number of clips, n, and they are checked",
                Of::Prediction => "how often each class is predicted is not printed",
            };
            let reason = format!("{}; {missing}", of.in_words(unit));
            (None, Finding::not_checkable("matrix", reason))
        }
        // As many clips of every class, say, or percent of each class's clips: what follows from the one is wrong of the
        // other, unless it is the same.
        (Some((of, unit)), None, n)
            if of != Of::All
                || n.is_none_or(|n| {
                    are_others(&recovered, &read(of, unit, vec![n; matrix.cells.len()]).0)
                }) =>
        {
            let words = of.in_words(unit);
            let reason = format!("{words}, if they are not clips; say support, and they are checked");
            (None, Finding::not_checkable("matrix", reason))
        }
        _ => {
            if inconsistent && recovered.is_none() && matrix.runs == 1 {
                finding.repair = Some("an average of several runs: say runs".into());
            }
            (recovered, finding)
        }
    }
}

/// Whether there are counts if they are shares, and other ones.
fn are_others(own: &Option<Recovered>, of_shares: &Option<Recovered>) -> bool {
    let counts = |of: &Option<Recovered>| of.as_ref().map(|recovered| recovered.counts.clone());
    of_shares.is_some() && counts(own) != counts(of_shares)
}

/// `clips` are those that the cells of each row are shares of.
fn as_shares(
    matrix: &Matrix,
    set: &TestSet,
    of: Of,
    unit: Unit,
    clips: &[u64],
) -> (Option<Recovered>, Finding) {
    let cells = |rounding: Rounding| {
        let row = |(place, row): (usize, &Vec<Printed>)| {
            let all = clips[place] * matrix.runs;
            let cells = row.iter().map(|cell| Printed { unit, ..cell.clone() });
            // What is a share of no clips is no clip, however it is rounded.
            let counts = |cell: &Printed| match all {
                0 => 0..=0,
                all => cell.interval(rounding).counts(all, all),
            };
            Row::of(cells.map(|cell| (counts(&cell), cell.value() * all as f64)))
                .ok_or_else(|| format!("row {} is no shares of {} clips", place + 1, clips[place]))
        };
        matrix.cells.iter().enumerate().map(row).collect::<Result<Vec<_>, _>>()
    };
    let what = if unit == Unit::Percent { "percent" } else { "parts" };
    let whole = if of == Of::Class { "each class's clips" } else { "all clips" };
    found(matrix, set, &cells, &format!("{what} of {whole}"))
}

fn as_counts(matrix: &Matrix, set: &TestSet) -> (Option<Recovered>, Finding) {
    let whole = matrix.cells.iter().flatten().all(|cell| cell.decimals == 0);
    if whole && matrix.runs == 1 {
        let counts: Vec<Vec<u64>> =
            matrix.cells.iter().map(|row| row.iter().map(|cell| cell.digits as u64).collect()).collect();
        let finding = against_support(&counts, 1, set).unwrap_or_else(|| sums(&counts, 1, set));
        let hits =
            vec![(0..counts.len()).map(|class| (counts[class][class], counts[class][class])).collect()];
        let rounding = Rounding::Any;
        return (Some(Recovered { counts, unique: true, rounding, hits, rows_known: true }), finding);
    }
    let runs = matrix.runs;
    let decimals = dropped_decimals(matrix);
    let cells = |rounding: Rounding| {
        let row =
            |(place, row): (usize, &Vec<Printed>)| {
                let read = row.iter().map(|cell| as_printed(cell, decimals));
                Row::of(read.map(|cell| {
                    (cell.interval(rounding).counts(runs, u64::MAX / 4), cell.value() * runs as f64)
                }))
                .ok_or_else(|| {
                    let none = |cell: &&Printed| {
                        as_printed(cell, decimals).interval(rounding).counts(runs, u64::MAX / 4).is_empty()
                    };
                    let cell = row.iter().find(none).map_or("a cell", |cell| cell.text.as_str());
                    format!("{cell} of row {} is no count over {runs}", place + 1)
                })
            };
        matrix.cells.iter().enumerate().map(row).collect::<Result<Vec<_>, _>>()
    };
    found(matrix, set, &cells, &format!("parts of {runs} runs"))
}

/// The decimals of cells printed without, beside cells with some, and of how many digits those may be.
fn dropped_decimals(matrix: &Matrix) -> Option<(u32, u32)> {
    let cells = || matrix.cells.iter().flatten();
    let decimals = cells().map(|cell| cell.decimals).filter(|&decimals| decimals > 0).min()?;
    let digits = |cell: &Printed| cell.digits.checked_ilog10().map_or(0, |log| log + 1);
    Some((decimals, cells().map(digits).max().unwrap_or(0)))
}

/// Where the zeros after the point were dropped, "5" is 5.0; where so many digits were kept, "13" can be 13.3.
fn as_printed(cell: &Printed, dropped: Option<(u32, u32)>) -> Printed {
    let digits = cell.digits.checked_ilog10().map_or(0, |log| log + 1);
    match dropped {
        Some((decimals, most)) if cell.decimals == 0 && digits < most => {
            Printed { digits: cell.digits * 10i128.pow(decimals), decimals, ..cell.clone() }
        }
        _ => cell.clone(),
    }
}

/// The rows under each rounding: what they may be, or the row that has no counts.
type Rows<'a> = dyn Fn(Rounding) -> Result<Vec<Row>, String> + 'a;

fn found(matrix: &Matrix, set: &TestSet, rows: &Rows, parts: &str) -> (Option<Recovered>, Finding) {
    let clips = |counts: &[Vec<u64>]| counts.iter().map(|row| row.iter().sum()).collect::<Vec<u64>>();
    let mut tried = Vec::new();
    let mut best: Option<Recovered> = None;
    for rounding in [Rounding::Nearest, Rounding::Truncate, Rounding::Ceil] {
        match rows(rounding).and_then(|rows| solve(&rows, matrix.runs, set)) {
            Ok(solved) => match &mut best {
                None => {
                    best = Some(Recovered {
                        counts: solved.counts,
                        unique: solved.unique,
                        rounding,
                        hits: vec![solved.hits],
                        rows_known: solved.rows_known,
                    });
                }
                Some(known) => {
                    known.unique &= solved.unique && solved.counts == known.counts;
                    // Hits under one rounding are no part of the clips under another.
                    known.rows_known &= solved.rows_known && clips(&solved.counts) == clips(&known.counts);
                    known.hits.push(solved.hits);
                }
            },
            Err(row) => tried.push(format!("{}: {row}", in_words(rounding))),
        }
    }
    let Some(recovered) = best else {
        let reason = format!("no whole counts over {} runs print so ({})", matrix.runs, listed(tried));
        return (None, Finding::new("averaged matrix", Verdict::Inconsistent, reason));
    };
    let mut finding = sums(&recovered.counts, matrix.runs, set);
    let how = in_words(recovered.rounding);
    let others = if tried.is_empty() { String::new() } else { format!(" (not {})", listed(tried)) };
    let only = if recovered.unique { "" } else { ", one of several solutions" };
    finding.reason = format!("cells are {how} {parts}{only}{others}; {}", finding.reason);
    finding.roundings = vec![recovered.rounding];
    (Some(recovered), finding)
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
    Finding::consistent(name, words, Some(counts.to_vec()))
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
    fn whole_numbers_of_an_average_are_rounded_too() {
        // 40/3 and 5/3, truncated.
        let set = TestSet { support: Some(vec![15, 15]), ..TestSet::default() };
        let (recovered, finding) = recover(&matrix(&[&["13", "1"], &["1", "13"]], 3), &set);
        assert_eq!(finding.verdict, Verdict::Consistent, "{}", finding.reason);
        let recovered = recovered.unwrap();
        assert!(!recovered.unique && recovered.hits[0][0].0 <= 40 && recovered.hits[0][0].1 >= 40);
        // Two digits are kept: "13" beside them may be 13.3.
        let (recovered, _) = recover(&matrix(&[&["13", "0.67"], &["0.33", "4.7"]], 3), &TestSet::default());
        assert_eq!(recovered.unwrap().counts, [[40, 2], [1, 14]]);
    }

    #[test]
    fn counts_are_unique_only_if_every_rounding_gives_the_same() {
        // 36, 4, 13 and 47 twentieths, ties to even.
        let set = TestSet { support: Some(vec![2, 3]), ..TestSet::default() };
        let (recovered, _) = recover(&matrix(&[&["1.8", "0.2"], &["0.6", "2.4"]], 20), &set);
        let recovered = recovered.unwrap();
        assert!(!recovered.unique && recovered.hits.iter().any(|hits| (hits[1].0..=hits[1].1).contains(&47)));
    }

    #[test]
    fn shares_of_the_classes_become_counts() {
        let of_20 = TestSet { support: Some(vec![20, 20]), n: Some(40), ..TestSet::default() };
        for cells in [[["0.85", "0.15"], ["0.25", "0.75"]], [["85", "15"], ["25", "75"]]] {
            let printed = matrix(&[&cells[0], &cells[1]], 1);
            let (recovered, finding) = recover(&printed, &of_20);
            assert_eq!(recovered.unwrap().counts, [[17, 3], [5, 15]]);
            assert_eq!(finding.verdict, Verdict::Consistent);
            let of_30 = TestSet { support: Some(vec![20, 30]), ..TestSet::default() };
            assert_eq!(recover(&printed, &of_30).1.verdict, Verdict::Inconsistent, "a quarter of 30 clips");
        }
        // A class without clips has no shares.
        let empty = TestSet { support: Some(vec![20, 0]), n: Some(20), ..TestSet::default() };
        let (recovered, finding) = recover(&matrix(&[&["0.85", "0.15"], &["0.00", "0.00"]], 1), &empty);
        assert_eq!(recovered.unwrap().counts, [[17, 3], [0, 0]]);
        assert_eq!(finding.verdict, Verdict::Consistent);
        // Of all 40 clips, and of what is predicted.
        let all = matrix(&[&["0.425", "0.075"], &["0.125", "0.375"]], 1);
        assert_eq!(recover(&all, &of_20).0.unwrap().counts, [[17, 3], [5, 15]]);
        let predicted = recover(&matrix(&[&["0.77", "0.17"], &["0.23", "0.83"]], 1), &of_20).1;
        assert_eq!(predicted.verdict, Verdict::NotCheckable);
        let (recovered, finding) =
            recover(&matrix(&[&["0.85", "0.15"], &["0.25", "0.75"]], 1), &TestSet::default());
        assert!(recovered.is_none() && finding.verdict == Verdict::NotCheckable);
        assert!(finding.reason.contains("say the clips of each class"), "{}", finding.reason);
    }

    #[test]
    fn either_of_two_classes_may_be_printed_first() {
        let set = TestSet {
            binary: Some((40, 60)),
            n: Some(100),
            support: Some(vec![60, 40]),
            order_open: true,
            ..TestSet::default()
        };
        for (cells, verdict) in [
            ([["50", "10"], ["5", "35"]], Verdict::Consistent),
            ([["35", "5"], ["10", "50"]], Verdict::Consistent),
            ([["45", "5"], ["10", "40"]], Verdict::Inconsistent),
        ] {
            assert_eq!(recover(&matrix(&[&cells[0], &cells[1]], 1), &set).1.verdict, verdict, "{cells:?}");
        }
    }

    #[test]
    fn a_row_that_cannot_be_whole_is_named() {
        let (recovered, finding) = recover(&matrix(&[&["13.5", "0.5"], &["0", "5"]], 3), &TestSet::default());
        assert!(recovered.is_none() && finding.verdict == Verdict::Inconsistent);
        assert!(finding.reason.contains("13.5 of row 1"), "{}", finding.reason);
    }
}
