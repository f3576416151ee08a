//! Check 11: can two systems scored on the same clips differ significantly, given only their scores?
//!
//! McNemar's exact test looks at the clips on which exactly one of the two is right: b and c, with b − c fixed by the
//! two accuracies. The fewer such clips, the more significant: at best c = 0; at worst as many disagree as the
//! accuracies allow. Where the printed scores are no accuracies their difference stands in for one, and it is said; then
//! nothing is inconsistent. Nor is what another form of the test (χ² with or without correction, mid-p) makes true.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use super::claims::{Average, Claim, Compared, Metric, Paper, TestSet};
use super::finding::{Finding, Verdict, Witness};
use super::fold_layouts::{class_layout, fold_sizes};
use super::grid::{Grid, grid, is_accuracy, is_balanced};
use super::power::{Power, redrawn};
use super::printed::Printed;
use crate::metrics::{chi_square_above, mcnemar};

pub fn check(paper: &Paper) -> Vec<Finding> {
    paper.comparisons.iter().map(|compared| one(paper, compared)).collect()
}

/// The most clips of disagreement at which a difference of `d` clips is significant; 0 if never.
fn most_disagreeing(d: u64, largest: u64, level: f64) -> u64 {
    // p grows with c, so bisection finds the last c below the level.
    if mcnemar(d, 0) >= level {
        return 0;
    }
    let (mut low, mut high) = (0, (largest.saturating_sub(d)) / 2 + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if mcnemar(d + middle, middle) < level { low = middle } else { high = middle }
    }
    d + 2 * low
}

/// The p of McNemar's χ², which is (|b − c| − correction)² / (b + c): with Yates' correction 1 is taken off, else 0.
fn chi_square(difference: u64, disagreeing: u64, correction: u64) -> f64 {
    let off = difference.saturating_sub(correction) as f64;
    chi_square_above(off * off / disagreeing.max(1) as f64, 1.0)
}

fn one(paper: &Paper, compared: &Compared) -> Finding {
    let set = &paper.sets[compared.set];
    let mut finding = judge(paper, compared, set).in_set(set);
    finding.of = format!("{} against {}", compared.a, compared.b);
    finding.figure = compared.asserted.as_ref().map_or("difference".into(), |asserted| asserted.text.clone());
    finding.line = compared.line;
    finding.source = compared.source.clone();
    finding
}

/// How the right clips of a system follow from its claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Exactly,
    /// A mean over folds, of any sizes.
    ForFolds,
    /// The same, and the sizes are not said.
    ForUnsaidFolds,
    /// Another score.
    ForAnother,
}

impl Stands {
    /// Why nothing follows for certain from the clips that are taken for right; goes behind a reason.
    fn doubt(self) -> Option<&'static str> {
        match self {
            Self::Exactly | Self::ForFolds => None,
            Self::ForUnsaidFolds => Some(", of folds of equal size; the sizes, fold_sizes, are not said"),
            Self::ForAnother => Some("; the accuracies themselves are not said"),
        }
    }
}

/// The claims to compare by: accuracies, or the same other score.
fn pair<'p>(paper: &'p Paper, compared: &Compared, set: &TestSet) -> Option<(&'p Claim, &'p Claim, Stands)> {
    let of = |name: &str, fits: &dyn Fn(&Claim) -> bool| {
        paper
            .claims
            .iter()
            .find(|claim| claim.of == name && claim.set == compared.set && claim.runs == 1 && fits(claim))
    };
    // Over folds the mean recall of classes that are of one size in all is another score, unless they are so in each.
    let alike = |claim: &Claim| {
        let layout = claim.folding.as_ref().and_then(|folding| class_layout(set, folding));
        layout.is_some_and(|layout| layout.iter().all(|fold| fold.iter().all(|c| *c > 0 && *c == fold[0])))
    };
    let another =
        |claim: &Claim| is_balanced(claim) && matches!(grid(claim, set), Grid::None) && !alike(claim);
    let accuracy = |claim: &Claim| is_accuracy(claim, set) && !another(claim);
    if let (Some(a), Some(b)) = (of(&compared.a, &accuracy), of(&compared.b, &accuracy)) {
        let counted = |claim: &Claim| matches!(grid(claim, set), Grid::Of(_) | Grid::Missing(_));
        let unsaid = |claim: &Claim| {
            claim.folding.as_ref().is_some_and(|folding| folding.folds > 1 && !folding.sizes_said(set))
        };
        let stands = if counted(a) && counted(b) {
            Stands::Exactly
        } else if unsaid(a) || unsaid(b) {
            Stands::ForUnsaidFolds
        } else {
            Stands::ForFolds
        };
        return Some((a, b, stands));
    }
    let f1 = |claim: &Claim| claim.metric == Metric::F1 && claim.average == Some(Average::Macro);
    Some((of(&compared.a, &f1)?, of(&compared.b, &f1)?, Stands::ForAnother))
}

/// The right clips of n that a claim allows.
fn right(claim: &Claim, set: &TestSet, stands: Stands, n: u64) -> RangeInclusive<u64> {
    let interval = claim.interval();
    if stands == Stands::Exactly {
        return interval.counts(n, n);
    }
    let scaled = |end: i128| end * i128::from(n);
    let (low, high) = (
        scaled(interval.low).div_euclid(interval.denominator),
        -(-scaled(interval.high)).div_euclid(interval.denominator),
    );
    // Folds of unlike sizes weigh unlike in the mean over them.
    let folds = claim.folding.as_ref().filter(|_| matches!(grid(claim, set), Grid::None));
    let off = folds.map_or(0, |folding| {
        let folds = u128::from(folding.folds);
        let over = |sizes: &Vec<u64>| -> u128 {
            sizes.iter().map(|&size| (u128::from(size) * folds).saturating_sub(n.into())).sum()
        };
        let most = fold_sizes(set, folding).iter().map(over).max().unwrap_or(0);
        most.div_ceil(folds) as i128
    });
    let least = (low - off).max(0) as u64;
    least..=((high + off).max(0) as u64).min(n)
}

fn judge(paper: &Paper, compared: &Compared, set: &TestSet) -> Finding {
    let Some((a, b, stands)) = pair(paper, compared, set) else {
        return Finding::not_checkable("comparison", "the two have no score in common on this set");
    };
    let Some(n) = set.n else {
        return Finding::not_checkable("comparison", "the number of clips, n, is not said");
    };
    if !compared.paired {
        return Finding::not_checkable("comparison", "the two were not scored on the same clips");
    }
    let mut finding = decide((a, b, stands), compared, set, n);
    if let (Verdict::Inconsistent, Some(doubt)) = (finding.verdict, stands.doubt()) {
        return Finding::not_checkable("comparison", format!("{}{doubt}", finding.reason));
    }
    if finding.verdict == Verdict::Consistent {
        let power = match compared.asserted {
            Some(_) => {
                let passes = |a: &Claim, b: &Claim| {
                    Some(decide((a, b, stands), compared, set, n).verdict == Verdict::Consistent)
                };
                let with = |claim: &Claim, value: &Printed| Claim { value: value.clone(), ..claim.clone() };
                Power::mean(&[
                    redrawn(&a.value, (0, Some(1)), |value| passes(&with(a, value), b)),
                    redrawn(&b.value, (0, Some(1)), |value| passes(a, &with(b, value))),
                ])
            }
            None => Power::none("no power is defined: the paper asserts nothing that could fail"),
        };
        power.of(&mut finding);
    }
    finding
}

fn decide((a, b, stands): (&Claim, &Claim, Stands), compared: &Compared, set: &TestSet, n: u64) -> Finding {
    let level = compared.asserted.as_ref().map_or(0.05, |asserted| asserted.level.value());
    let (of_a, of_b) = (right(a, set, stands, n), right(b, set, stands, n));
    if of_a.is_empty() || of_b.is_empty() {
        return Finding::not_checkable("comparison", "one of the accuracies is impossible by itself");
    }
    // At best the two are as far apart as they can be and the lesser is right on no clip alone. At worst they are as
    // near as they can be and the lesser is right on as many clips alone as there is room for: nearer leaves more room.
    let most = of_a.end().abs_diff(*of_b.start()).max(of_b.end().abs_diff(*of_a.start()));
    let (lesser, better) = match (of_a.end().cmp(of_b.start()), of_b.end().cmp(of_a.start())) {
        (Ordering::Less, _) => (*of_a.end(), *of_b.start()),
        (_, Ordering::Less) => (*of_b.end(), *of_a.start()),
        _ => (*of_a.start().max(of_b.start()), *of_a.start().max(of_b.start())),
    };
    let (least, c) = (better - lesser, lesser.min(n - better));
    let best = mcnemar(most, 0);
    let worst = mcnemar(least + c, c);
    // Of all clips at most so many are right for one alone.
    let (fewest, both) = (of_a.start() + of_b.start(), of_a.end() + of_b.end());
    let largest = if fewest > n { 2 * n - fewest } else { both.min(n) };
    let stand_in = match stands {
        Stands::Exactly => "",
        Stands::ForFolds | Stands::ForUnsaidFolds => ", taking means over folds for accuracies",
        Stands::ForAnother => ", taking macro F1 for accuracies",
    };
    let clips = if least == most { most.to_string() } else { format!("{least} to {most}") };
    let difference =
        format!("{} and {} differ by {clips} of {n} clips{stand_in}", a.figure(set), b.value.shown());
    let limit = most_disagreeing(most, largest, level);
    let share = 100.0 * limit as f64 / n as f64;
    let boundary = if limit == 0 {
        format!("even if the two disagreed on those clips alone, p = {best:.3}")
    } else {
        format!(
            "p < {level} only if the two disagree on {limit} clips ({share:.1} %) or fewer; at most {largest} could"
        )
    };
    let certain = stands.doubt().is_none();
    match &compared.asserted {
        Some(asserted) if asserted.significant && best >= level => {
            let reason = format!("{difference}; {boundary}");
            // With c = 0 the mid-p is half the exact p: its tail is a single term.
            if chi_square(most, most, 0).min(best / 2.0) < level {
                let other = "only McNemar's χ² without correction, or the mid-p, can be below";
                return Finding::not_checkable("comparison", format!("{reason}; {other} {level}"));
            }
            let repair = "another test than McNemar's on these clips, or more clips";
            Finding::new("comparison", Verdict::Inconsistent, reason).with_repair(Some(repair.into()))
        }
        Some(asserted) if !asserted.significant && worst < level => {
            let reason =
                format!("{difference}; even if they disagreed on as many as possible, p = {worst:.2e}");
            if chi_square(least, least + 2 * c, 1) >= level {
                let other = "only McNemar's χ² with correction can be above";
                return Finding::not_checkable("comparison", format!("{reason}; {other} {level}"));
            }
            Finding::new("comparison", Verdict::Inconsistent, reason)
        }
        Some(asserted) => {
            let words = if asserted.significant {
                format!("{most} clips right for the better alone and none for the other: p = {best:.2e}")
            } else {
                format!("{} and {c} clips right for one alone: p = {worst:.2}", least + c)
            };
            let mut finding =
                Finding::new("comparison", Verdict::Consistent, format!("{difference}; {boundary}"));
            finding.witness = Some(Witness { words, matrix: None });
            finding
        }
        // Nothing is asserted, but the scores alone decide.
        None if best >= level && certain => Finding::new(
            "comparison",
            Verdict::Consistent,
            format!("not significant, whatever the predictions: {difference}; {boundary}"),
        ),
        None if worst < level && certain => Finding::new(
            "comparison",
            Verdict::Consistent,
            format!("significant, whatever the predictions: {difference}; p ≤ {worst:.2e}"),
        ),
        None => Finding::not_checkable(
            "comparison",
            format!(
                "undecidable from the scores alone, the predictions are missing: {difference}; {boundary}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_disagreeing_clips_are_the_last_below_the_level() {
        // scipy.stats.binomtest(9, 30, 0.5).pvalue is 0.0428, that of 10 of 32 is 0.0501.
        assert_eq!(most_disagreeing(12, 2000, 0.05), 30);
        assert_eq!(most_disagreeing(1, 2000, 0.05), 0);
    }
}
