//! Check 3: every figure of a system against its printed confusion matrix, and what explains a mismatch.

use super::averaged::Recovered;
use super::claims::{Average, Claim, Metric, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, Witness};
use super::printed::{Rounding, show};
use super::tally::{ExactScore, Tally};

/// The matrix of a system with the runs that it sums.
pub struct Counted<'a> {
    pub recovered: &'a Recovered,
    pub runs: u64,
    pub set: &'a TestSet,
}

/// The finding for one claim; `None` where the matrix says nothing of the metric.
pub fn check(claim: &Claim, counted: &Counted) -> Option<Finding> {
    let counts = &counted.recovered.counts;
    let tally = Tally::of(counts);
    let score = score_of(claim, &tally)?;
    let linear = matches!(claim.metric, Metric::Accuracy | Metric::Recall | Metric::BalancedAccuracy);
    if counted.runs > 1 && !linear {
        // The mean over runs of a precision is not the precision of the summed matrix.
        let value = shown(claim, score.to_f64());
        let reason = format!(
            "the matrix sums {} runs: the summed matrix has {value}, the mean over runs may differ",
            counted.runs
        );
        return Some(Finding::not_checkable("recount", reason).about(claim, counted.set));
    }
    let value = shown(claim, score.to_f64());
    let basis = basis(claim, &tally);
    if score.fits(&claim.interval()) {
        let words = format!("the matrix gives {basis}{value}");
        let mut finding = Finding::new("recount", Verdict::Consistent, words.clone());
        if let ExactScore::Plain(exact) = &score {
            finding.roundings = claim.value.modes(claim.rounding, exact);
        } else {
            let modes = claim.rounding.allowed().into_iter();
            finding.roundings = modes.filter(|&mode| score.fits(&claim.value.interval(mode))).collect();
        }
        // One value of this precision under one rounding, two under any.
        let passing = if claim.rounding == Rounding::Any { 2.0 } else { 1.0 };
        finding.would_pass = Some((passing / (claim.value.scale() + 1) as f64).min(1.0));
        finding.witness = Some(Witness { words, matrix: None });
        return Some(finding.about(claim, counted.set));
    }
    if !counted.recovered.unique {
        let reason = format!("the averaged matrix has several solutions; the first gives {value}");
        return Some(Finding::not_checkable("recount", reason).about(claim, counted.set));
    }
    let off = clips_off(claim, &tally).map(|off| format!("; {off}")).unwrap_or_default();
    let mut finding =
        Finding::new("recount", Verdict::Inconsistent, format!("the matrix gives {basis}{value}{off}"));
    finding.repair = explanation(claim, counts, counted.set);
    Some(finding.about(claim, counted.set))
}

fn shown(claim: &Claim, value: f64) -> String {
    show(value, claim.value.unit, claim.value.decimals + 1)
}

fn score_of(claim: &Claim, tally: &Tally) -> Option<ExactScore> {
    tally.score(claim.metric, claim.average, claim.class)
}

/// "432 of 800 = ", where the score is a proportion.
fn basis(claim: &Claim, tally: &Tally) -> String {
    match (claim.metric, claim.class) {
        (Metric::Accuracy, _) => format!("{} of {} = ", tally.total_hits(), tally.clips()),
        (Metric::Recall, Some(class)) => format!("{} of {} = ", tally.hits[class], tally.support[class]),
        (Metric::Precision, Some(class)) => format!("{} of {} = ", tally.hits[class], tally.taken[class]),
        _ => String::new(),
    }
}

/// "54.25 % is 434 of 800, 2 clips more".
fn clips_off(claim: &Claim, tally: &Tally) -> Option<String> {
    let (hits, n) = match (claim.metric, claim.class) {
        (Metric::Accuracy, _) => (tally.total_hits(), tally.clips()),
        (Metric::Recall, Some(class)) => (tally.hits[class], tally.support[class]),
        _ => return None,
    };
    let counts = claim.interval().counts(n, n);
    if counts.is_empty() {
        return Some(format!("no k of {n} is printed as {}", claim.value.shown()));
    }
    let nearest = if *counts.start() > hits { *counts.start() } else { *counts.end() };
    let (by, side) = (nearest.abs_diff(hits), if nearest > hits { "more" } else { "fewer" });
    let clips = if by == 1 { "clip" } else { "clips" };
    Some(format!("{} is {nearest} of {n}, {by} {clips} {side}", claim.value.shown()))
}

/// What else of this matrix is printed as the claim.
fn explanation(claim: &Claim, counts: &[Vec<u64>], set: &TestSet) -> Option<String> {
    let tally = Tally::of(counts);
    let interval = claim.interval();
    let fits = |score: Option<ExactScore>| score.is_some_and(|score| score.fits(&interval));
    let turned: Vec<Vec<u64>> =
        (0..counts.len()).map(|column| counts.iter().map(|row| row[column]).collect()).collect();
    let mut found = Vec::new();
    let averaged = matches!(claim.metric, Metric::Precision | Metric::Recall | Metric::F1);
    if averaged && claim.class.is_none() {
        for (average, name) in
            [(Average::Macro, "macro"), (Average::Weighted, "weighted"), (Average::Micro, "micro")]
        {
            if claim.average != Some(average) && fits(tally.score(claim.metric, Some(average), None)) {
                found.push(format!("it is the {name} average of this matrix"));
            }
        }
    }
    let harmonic = |score: &Exact| interval.holds_exact(score);
    if claim.metric == Metric::F1
        && claim.average == Some(Average::Macro)
        && tally.f1_of_averages().is_some_and(|score| harmonic(&score))
    {
        found.push(
            "it is the F1 of the averaged precision and recall, not the average of the classes' F1".into(),
        );
    }
    if fits(score_of(claim, &Tally::of(&turned))) {
        found.push("it fits the transposed matrix: rows are the predicted classes".into());
    }
    if let Some(class) = claim.class {
        let other = (0..counts.len())
            .filter(|&other| other != class)
            .find(|&other| fits(tally.score(claim.metric, None, Some(other))));
        if let Some(other) = other {
            found.push(format!("it is the figure of {}: another order of labels", set.class_name(other)));
        }
    }
    for (metric, name) in [
        (Metric::Accuracy, "accuracy"),
        (Metric::BalancedAccuracy, "balanced accuracy"),
        (Metric::Kappa, "kappa"),
        (Metric::Mcc, "MCC"),
    ] {
        if metric != claim.metric && claim.class.is_none() && fits(tally.score(metric, None, None)) {
            found.push(format!("it is the {name} of this matrix"));
        }
    }
    if found.is_empty() {
        found.push("the matrix and the figure are of different predictions, or one is misprinted".into());
    }
    Some(found.join("; or "))
}
