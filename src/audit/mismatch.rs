//! What explains a figure that a printed confusion matrix does not give.

use super::claimed_score::Score;
use super::claims::{Average, Claim, Metric, TestSet};
use super::exact::Exact;
use super::tally::{ExactScore, Tally};

/// What else of this matrix is printed as the claim.
pub fn explanation(claim: &Claim, counts: &[Vec<u64>], positive: usize, set: &TestSet) -> Option<String> {
    let tally = Tally::of(counts);
    let interval = claim.interval();
    let fits = |score: Option<ExactScore>| score.is_some_and(|score| score.fits(&interval));
    let turned: Vec<Vec<u64>> =
        (0..counts.len()).map(|column| counts.iter().map(|row| row[column]).collect()).collect();
    let mut found = Vec::new();
    let averaged =
        matches!(claim.metric, Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity);
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
        && tally.f1_of_averages(Average::Macro).is_some_and(|score| harmonic(&score))
    {
        found.push(
            "it is the F1 of the averaged precision and recall, not the average of the classes' F1".into(),
        );
    }
    let of = |claim: &Claim, counts: &[Vec<u64>], positive: usize| {
        let score = Score::of(claim, counts, positive);
        score.is_some_and(|score| score.fits(&claim.value, claim.rounding))
    };
    if of(claim, &turned, positive) {
        found.push("it fits the transposed matrix: rows are the predicted classes".into());
    }
    let own = claim.class.or(matches!(claim.metric, Metric::Binary(_)).then_some(positive));
    if let Some(own) = own {
        let other = (0..counts.len())
            .filter(|&other| other != own)
            .find(|&other| of(&Claim { class: claim.class.map(|_| other), ..claim.clone() }, counts, other));
        if let Some(other) = other {
            let name = if counts.len() == 2 { "the other class".into() } else { set.class_name(other) };
            found.push(format!("it is the figure of {name}: another order of labels"));
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
