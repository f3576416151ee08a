//! Check 13: is a published figure inside the interval of our own run of the same system?
//!
//! A row of the run stands for the system of the same name or of that which the claim gives as `row`, and its test side for
//! the paper's `[test]` and sets that are said to be tested. The score is the
//! mean over repeats, each of whose folds are scored together; of a figure that is said to be a mean of the folds' scores
//! it is the mean over the folds of all repeats. The interval is the 95 % percentile bootstrap that redraws whole artists
//! or sources, or clips where those are unknown. An interval is a note, never a verdict. Figures of other sets, and
//! figures over folds where the run has not as many, have no counterpart in it; a note says how many they are.

use std::collections::BTreeMap;

use super::claims::{Aggregate, Average, Claim, Metric, Note, Paper, TestSet};
use super::error::AuditError;
use super::printed::show;
use super::two_classes::as_of_classes;
use crate::experiment::{CellRecord, RowRecord, Run, groups_of, pool};
use crate::metrics::{self, DRAWS, Predictions};

/// A note for each published figure of the test side whose system is a row of the run.
pub fn against_run(paper: &Paper, run: &Run) -> Result<Vec<Note>, AuditError> {
    let groups = groups_of(run);
    let source = || format!("run {}", run.experiment.name);
    let mark = |text| Note { about: run.experiment.name.clone(), text, source: source() };
    let mut notes: Vec<Note> = run.marks().map(mark).collect();
    let mut matched = false;
    let mut not_held: BTreeMap<NotHeld, usize> = BTreeMap::new();
    for claim in &paper.claims {
        let name = claim.row.as_ref().unwrap_or(&claim.of).to_lowercase();
        let Some(row) = run.rows.iter().find(|row| row.name.to_lowercase() == name) else {
            continue;
        };
        matched = true;
        let ours = ours(claim, paper, run, row, &groups);
        match ours.map(|ours| ours.beside(claim, &paper.sets[claim.set])) {
            Ok(text) => notes.push(Note { about: claim.of.clone(), text, source: source() }),
            Err(other) => *not_held.entry(other).or_default() += 1,
        }
    }
    if !matched {
        let list = |names: Vec<String>| names.join(", ");
        let called = |claim: &Claim| claim.row.clone().unwrap_or_else(|| claim.of.clone());
        let mut systems: Vec<String> = paper.claims.iter().map(called).collect();
        systems.dedup();
        return Err(AuditError::NothingInCommon {
            paper: paper.id.clone(),
            systems: list(systems),
            rows: list(run.rows.iter().map(|row| row.name.clone()).collect()),
        });
    }
    notes.extend(not_held.into_iter().map(|(NotHeld { kind, run_has }, count)| {
        let figures = if count == 1 { "1 figure is".to_string() } else { format!("{count} figures are") };
        mark(format!("{figures} {kind}, and not held against the run, which has {run_has}"))
    }));
    Ok(notes)
}

/// What a claim is of, where the run has nothing of the kind: "of the set train", "over 5 folds".
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct NotHeld {
    kind: String,
    run_has: String,
}

fn none_of_that_kind(kind: String) -> NotHeld {
    NotHeld { kind, run_has: "none of that kind".into() }
}

/// Our own score of a claim's system.
struct Ours {
    score: f64,
    interval: (f64, f64),
    /// What the interval redraws.
    unit: &'static str,
    /// How the folds came to one score; empty where there are none.
    folded: String,
    /// Of how many cells it is, where some are missing.
    only: String,
}

/// A mean of the folds' own scores is held against such a mean, every other figure against the score of all folds of a
/// repeat pooled.
fn ours(
    claim: &Claim,
    paper: &Paper,
    run: &Run,
    row: &RowRecord,
    groups: &BTreeMap<String, String>,
) -> Result<Ours, NotHeld> {
    let Some(metric) = metric_of(claim).and_then(metrics::find) else {
        return Err(none_of_that_kind("of a score that a run does not give".into()));
    };
    let of_run = 1 + row.cells.iter().map(|key| key.fold).max().unwrap_or(0);
    if let Some(other) = other_than_the_test_side(claim, paper, of_run) {
        return Err(other);
    }
    let done: Vec<&CellRecord> =
        run.cells_of(&row.name).filter(|cell| cell.predictions().is_some()).collect();
    let (predicted, cells) = (done.len(), row.cells.len());
    if predicted == 0 {
        return Err(none_of_that_kind(format!("of {}, of whose {cells} cells none is there", row.name)));
    }
    let by_fold = claim
        .folding
        .as_ref()
        .is_some_and(|folding| folding.folds > 1 && folding.aggregate == Some(Aggregate::MeanOfScores));
    let repeats = pool(&done);
    let sides: Vec<&Predictions> = match by_fold {
        true => done.iter().filter_map(|cell| cell.predictions()).collect(),
        false => repeats.iter().collect(),
    };
    let scores: Vec<f64> = sides.iter().filter_map(|side| metric.compute(side)).collect();
    let interval = metrics::bootstrap(&sides, Some(groups), metric, DRAWS, run.experiment.seed);
    let (Some(mean), Ok(interval)) = (metrics::mean_sd(&scores), interval) else {
        return Err(none_of_that_kind(format!("of {}, which has no value here", metric.name)));
    };
    Ok(Ours {
        score: mean.mean,
        interval,
        unit: metrics::units_redrawn(&sides, Some(groups)).words(),
        folded: match (of_run, by_fold) {
            (1, _) => String::new(),
            (folds, true) => format!(", the mean of the scores of {folds} folds,"),
            (folds, false) => format!(", pooled over {folds} folds,"),
        },
        only: match predicted < cells {
            true => format!(", of {predicted} of {cells} cells only"),
            false => String::new(),
        },
    })
}

impl Ours {
    fn beside(&self, claim: &Claim, set: &TestSet) -> String {
        let published = claim.value.value();
        let (low, high) = self.interval;
        let place = if published < low {
            "below our interval"
        } else if published > high {
            "above our interval"
        } else {
            "inside our interval"
        };
        let decimals = claim.value.decimals.max(2);
        let shown = |value: f64| show(value, claim.value.unit, decimals);
        let over = match (claim.runs, folds_of(claim)) {
            (1, 1) => String::new(),
            (1, folds) => format!(", over {folds} folds,"),
            (runs, _) => format!(", a mean of {runs} runs,"),
        };
        format!(
            "{}{over} is {place}: ours{} is {}, 95 % interval {} … {} (bootstrap over {}){}",
            claim.figure(set),
            self.folded,
            shown(self.score),
            shown(low),
            shown(high),
            self.unit,
            self.only
        )
    }
}

fn other_than_the_test_side(claim: &Claim, paper: &Paper, of_run: usize) -> Option<NotHeld> {
    if claim.set > 0 && !paper.sets[claim.set].tested {
        return Some(none_of_that_kind(format!("of the set {}", paper.sets[claim.set].name)));
    }
    let folds = folds_of(claim);
    let run_has = if of_run > 1 { of_run.to_string() } else { "no folds".into() };
    (folds > 1 && folds != of_run as u64).then(|| NotHeld { kind: format!("over {folds} folds"), run_has })
}

fn folds_of(claim: &Claim) -> u64 {
    claim.folding.as_ref().map_or(1, |folding| folding.folds)
}

/// The name of the claim's metric among `metrics/`; figures of one class, and most of two classes, have none.
fn metric_of(claim: &Claim) -> Option<&'static str> {
    let of_classes = as_of_classes(claim, 1);
    let claim = of_classes.as_ref().unwrap_or(claim);
    Some(match (claim.metric, claim.average, claim.class) {
        (_, _, Some(_)) => return None,
        (Metric::Accuracy, ..) => "accuracy",
        (Metric::BalancedAccuracy, ..) => "balanced_accuracy",
        (Metric::Precision, Some(Average::Macro), _) => "precision_macro",
        (Metric::Precision, Some(Average::Weighted), _) => "precision_weighted",
        (Metric::Recall, Some(Average::Macro), _) => "recall_macro",
        (Metric::Recall, Some(Average::Weighted), _) => "recall_weighted",
        (Metric::F1, Some(Average::Macro), _) => "f1_macro",
        (Metric::F1, Some(Average::Weighted), _) => "f1_weighted",
        (Metric::Precision | Metric::Recall | Metric::F1, Some(Average::Micro), _) => "accuracy",
        (Metric::Kappa, ..) => "kappa",
        (Metric::Mcc, ..) => "mcc",
        (Metric::LogLoss, ..) => "log_loss",
        _ => return None,
    })
}
