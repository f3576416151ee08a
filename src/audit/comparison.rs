//! Check 11: can two systems scored on the same clips differ significantly, given only their scores?
//!
//! McNemar's exact test looks at the clips on which exactly one of the two is right: b and c, with b − c fixed by the
//! two accuracies. The fewer such clips, the more significant: at best c = 0; at worst as many disagree as the
//! accuracies allow. Where the printed scores are no accuracies their difference stands in for one, and it is said.

use super::claims::{Average, Claim, Compared, Metric, Paper, TestSet};
use super::finding::{Finding, Verdict, Witness};
use super::grid::{Grid, grid, is_accuracy};
use super::power::{Power, redrawn};

pub fn check(paper: &Paper) -> Vec<Finding> {
    paper.comparisons.iter().map(|compared| one(paper, compared)).collect()
}

/// The two-sided exact McNemar p: twice the binomial tail of min(b, c) of b + c at one half, at most 1.
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let (n, least) = (b + c, b.min(c));
    if n == 0 {
        return 1.0;
    }
    // In logarithms: ln C(n, k) grows by ln((n − k) / (k + 1)).
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = term.exp();
    for k in 0..least {
        term += ((n - k) as f64 / (k + 1) as f64).ln();
        tail += term.exp();
    }
    (2.0 * tail).min(1.0)
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

fn one(paper: &Paper, compared: &Compared) -> Finding {
    let set = &paper.sets[compared.set];
    let mut finding = judge(paper, compared, set).in_set(set);
    finding.of = format!("{} against {}", compared.a, compared.b);
    finding.figure = compared.asserted.as_ref().map_or("difference".into(), |asserted| asserted.text.clone());
    finding.line = compared.line;
    finding.source = compared.source.clone();
    finding
}

/// The claims to compare by: accuracies, or the same other score.
fn pair<'p>(paper: &'p Paper, compared: &Compared, set: &TestSet) -> Option<(&'p Claim, &'p Claim, bool)> {
    let of = |name: &str, fits: &dyn Fn(&Claim) -> bool| {
        paper
            .claims
            .iter()
            .find(|claim| claim.of == name && claim.set == compared.set && claim.runs == 1 && fits(claim))
    };
    let accuracy = |claim: &Claim| is_accuracy(claim, set);
    if let (Some(a), Some(b)) = (of(&compared.a, &accuracy), of(&compared.b, &accuracy)) {
        return Some((a, b, true));
    }
    let f1 = |claim: &Claim| claim.metric == Metric::F1 && claim.average == Some(Average::Macro);
    Some((of(&compared.a, &f1)?, of(&compared.b, &f1)?, false))
}

fn judge(paper: &Paper, compared: &Compared, set: &TestSet) -> Finding {
    let Some((a, b, exact)) = pair(paper, compared, set) else {
        return Finding::not_checkable("comparison", "the two have no score in common on this set");
    };
    let Some(n) = set.n else {
        return Finding::not_checkable("comparison", "the number of clips, n, is not said");
    };
    if !compared.paired {
        return Finding::not_checkable("comparison", "the two were not scored on the same clips");
    }
    let mut finding = decide((a, b, exact), compared, set, n);
    if finding.verdict == Verdict::Consistent {
        let power = match compared.asserted {
            // Another score of b in place of the printed one.
            Some(_) => redrawn(&b.value, (0, Some(1)), |value| {
                let other = Claim { value: value.clone(), ..b.clone() };
                Some(decide((a, &other, exact), compared, set, n).verdict == Verdict::Consistent)
            }),
            None => Power::none("no power is defined: the paper asserts nothing that could fail"),
        };
        power.of(&mut finding);
    }
    finding
}

fn decide((a, b, exact): (&Claim, &Claim, bool), compared: &Compared, set: &TestSet, n: u64) -> Finding {
    let level = compared.asserted.as_ref().map_or(0.05, |asserted| asserted.level.value());
    // Differences of right clips that the printed scores allow.
    let counts = |claim: &Claim| match (exact, grid(claim, set)) {
        (true, Grid::Of(n)) => claim.interval().counts(n, n),
        _ => {
            // As if the score were an accuracy: the nearest whole clips around it.
            let value = claim.value.value() * n as f64;
            (value.floor() as u64).min(n)..=(value.ceil() as u64).min(n)
        }
    };
    let (of_a, of_b) = (counts(a), counts(b));
    if of_a.is_empty() || of_b.is_empty() {
        return Finding::not_checkable("comparison", "one of the accuracies is impossible by itself");
    }
    let (most, least) = if exact {
        let spans = [of_a.end().abs_diff(*of_b.start()), of_a.start().abs_diff(*of_b.end())];
        let overlap = of_a.start() <= of_b.end() && of_b.start() <= of_a.end();
        (spans[0].max(spans[1]), if overlap { 0 } else { spans[0].min(spans[1]) })
    } else {
        let difference = (a.value.value() - b.value.value()).abs() * n as f64;
        (difference.ceil() as u64, difference.floor() as u64)
    };
    // Of `right_a` and `right_b` right clips at most this many are right for one alone.
    let (right_a, right_b) = (*of_a.end(), *of_b.start());
    let together = (right_a + right_b).saturating_sub(n);
    let largest = right_a + right_b - 2 * together;
    let best = mcnemar(most, 0);
    let c = largest.saturating_sub(least) / 2;
    let worst = mcnemar(least + c, c);
    let stand_in = if exact { String::new() } else { ", taking macro F1 for accuracies".into() };
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
    match &compared.asserted {
        Some(asserted) if asserted.significant && best >= level => {
            let mut finding =
                Finding::new("comparison", Verdict::Inconsistent, format!("{difference}; {boundary}"));
            finding.repair = Some("another test than McNemar's on these clips, or more clips".into());
            finding
        }
        Some(asserted) if !asserted.significant && worst < level => {
            let reason =
                format!("{difference}; even if they disagreed on as many as possible, p = {worst:.2e}");
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
        None if best >= level => Finding::new(
            "comparison",
            Verdict::Consistent,
            format!("not significant, whatever the predictions: {difference}; {boundary}"),
        ),
        None if worst < level => Finding::new(
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
    fn mcnemar_is_the_binomial_tail() {
        // scipy.stats.binomtest(min, n, 0.5).pvalue
        for (b, c, known) in [
            (10, 2, 0.03857421875),
            (21, 9, 0.04277394525706768),
            (22, 10, 0.050102459732443094),
            (5, 5, 1.0),
            (0, 0, 1.0),
            (1, 0, 1.0),
        ] {
            assert!((mcnemar(b, c) - known).abs() < 1e-10, "{b} {c}: {}", mcnemar(b, c));
        }
        assert!(mcnemar(400, 400) == 1.0 && mcnemar(900, 300) > 0.0);
        assert_eq!(most_disagreeing(12, 2000, 0.05), 30);
        assert_eq!(most_disagreeing(1, 2000, 0.05), 0);
    }
}
