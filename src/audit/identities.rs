//! Checks 5 and 6: figures that are one number under several names, and macro F1 against macro precision and recall.

use super::claims::{Average, Claim, Metric, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, Witness};
use super::grid::{Grid, grid, is_accuracy, is_balanced, is_balanced_of_two, of_clips};
use super::power::{Power, Printable};
use super::printed::counts_in_all;

/// Check 5. With one label a clip, micro precision = recall = F1 = accuracy and weighted recall = accuracy; balanced
/// accuracy = macro recall where every class is known to have clips (and, with as many in every class, accuracy): a class
/// without clips that is predicted is in the one mean and not in the other. In each fold of a cross-validation the same
/// holds, but that classes need not have clips, or as many, in a fold.
pub fn one_number(claims: &[&Claim], set: &TestSet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut left: Vec<&Claim> = claims.to_vec();
    while let Some(first) = left.first().copied() {
        let (alike, rest): (Vec<&Claim>, Vec<&Claim>) =
            left.into_iter().partition(|claim| claim.runs == first.runs && claim.folding == first.folding);
        findings.extend(of_one_protocol(&alike, set));
        left = rest;
    }
    findings
}

fn of_one_protocol(claims: &[&Claim], set: &TestSet) -> Vec<Finding> {
    let folded = claims[0].folding.as_ref().is_some_and(|folding| folding.folds > 1);
    let is_mean_recall = |claim: &Claim| !folded && (is_balanced(claim) || is_balanced_of_two(claim));
    let counted = |claim: &&Claim| {
        is_accuracy(claim, set) && !(folded && is_balanced(claim))
            || is_mean_recall(claim) && set.single_label && set.equal_support().is_some()
    };
    let accuracy: Vec<&Claim> = claims.iter().copied().filter(counted).collect();
    let every_class = set.support.as_ref().is_some_and(|support| !support.contains(&0));
    let balanced: Vec<&Claim> = match every_class && set.single_label && !folded {
        true if set.equal_support().is_none() => {
            claims.iter().copied().filter(|claim| is_mean_recall(claim)).collect()
        }
        _ => Vec::new(),
    };
    [("accuracy", accuracy), ("balanced accuracy", balanced)]
        .into_iter()
        .filter(|(_, group)| group.len() > 1)
        .map(|(name, group)| equal(name, &group, set))
        .collect()
}

fn equal(name: &str, group: &[&Claim], set: &TestSet) -> Finding {
    for (place, a) in group.iter().enumerate() {
        if let Some(b) = group[..place].iter().find(|b| !a.interval().meets(&b.interval())) {
            let reason = format!(
                "{} and {} are one number, {name}, for one label a clip, but no number is printed as both",
                b.figure(set),
                a.figure(set)
            );
            let finding = Finding::new("identity", Verdict::Inconsistent, reason);
            return finding.with_repair(Some(repair(a, b))).about_all(&[b, a], set);
        }
    }
    // A balanced accuracy has no grid of its own, but that of the accuracy beside it.
    let on_grid = group.iter().map(|claim| grid(claim, set)).find(|on_grid| matches!(on_grid, Grid::Of(_)));
    let finding = match on_grid.unwrap_or_else(|| grid(group[0], set)) {
        Grid::Of(n) => {
            let (first, last) = counts_in_all(group.iter().map(|claim| claim.interval()), n);
            let runs = group[0].runs;
            if first <= last {
                let words = format!("{} fits all of them", of_clips(first, n, runs));
                let mut finding =
                    Finding::new("identity", Verdict::Consistent, format!("one number, {name}: {words}"));
                finding.witness = Some(Witness { words, matrix: None });
                power(group, n).of(&mut finding);
                finding
            } else {
                let reason = format!("one number, {name}, but no k of {n} is printed as all of them");
                Finding::new("identity", Verdict::Inconsistent, reason)
            }
        }
        Grid::Missing(_) => Finding::not_checkable(
            "identity",
            format!("one number, {name}, and one value fits all of them; n is not known"),
        ),
        Grid::None => Finding::not_checkable(
            "identity",
            format!("one number, {name}, and one value fits all of them; it is no proportion of all clips"),
        ),
    };
    finding.about_all(group, set)
}

/// For each figure the share of its values that the counts behind the others print as; the mean over them.
fn power(group: &[&Claim], n: u64) -> Power {
    let parts: Vec<Power> = group
        .iter()
        .enumerate()
        .map(|(place, claim)| {
            let others = group.iter().enumerate().filter(|(other, _)| *other != place);
            let (first, last) = counts_in_all(others.map(|(_, other)| other.interval()), n);
            let Some(mut printable) = Printable::new(&claim.value, claim.rounding, (0, Some(1))) else {
                return Power::uncounted("too many decimals");
            };
            let whole =
                first > last || printable.mark_run(first, last, &|k| k as f64 / n as f64, &mut 1_000_000);
            match whole {
                true => Power::counted(printable.share()),
                false => Power::uncounted("too many outcomes"),
            }
        })
        .collect();
    Power::mean(&parts)
}

fn repair(a: &Claim, b: &Claim) -> String {
    let average = a.average.or(b.average);
    match average {
        Some(Average::Micro) => {
            "one of them is another average (macro or weighted), or clips have several labels".into()
        }
        Some(Average::Weighted) => {
            "the weighted recall is another average, or the figures are of different runs".into()
        }
        _ => "the figures are of different runs or sets".into(),
    }
}

/// Check 6. The harmonic mean is concave, so the mean of the classes' F1 is at most the harmonic mean of their mean
/// precision and mean recall; over runs and folds too.
pub fn harmonic(claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    let f1 = claims.iter().copied().filter(|claim| is_macro(claim, Metric::F1));
    f1.into_iter().find_map(|f1| above_harmonic(f1, claims, set))
}

fn is_macro(claim: &Claim, metric: Metric) -> bool {
    claim.metric == metric && claim.average == Some(Average::Macro) && claim.class.is_none()
}

/// Against the sharpest of the precisions and recalls beside it.
fn above_harmonic(f1: &Claim, claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    let alike = |claim: &&&Claim| claim.runs == f1.runs && claim.folding == f1.folding;
    let least = |fits: &dyn Fn(&Claim) -> bool| {
        let beside = claims.iter().filter(alike).copied().filter(|claim| fits(claim));
        beside.min_by(|a, b| a.interval().high().cmp(&b.interval().high()))
    };
    let recall = least(&|claim| is_macro(claim, Metric::Recall)).or_else(|| least(&is_balanced))?;
    let precision = least(&|claim| is_macro(claim, Metric::Precision))?;
    let two = Exact::new(2, 1);
    let (p, r) = (precision.interval().high(), recall.interval().high());
    let highest = two.times(&p).times(&r).over(&p.plus(&r)).unwrap_or_else(Exact::zero);
    let low = f1.interval().low();
    let too_high = low > highest || low == highest && !f1.interval().low_closed;
    if !too_high {
        return None;
    }
    let decimals = f1.value.decimals + 1;
    let reason = format!(
        "macro F1 is at most the harmonic mean of macro precision and recall, 2·P·R/(P+R) = {} at the most, rounding included",
        f1.value.show(highest.to_f64(), decimals)
    );
    let repair = Some("one of the three is another average, or of other predictions".into());
    let finding = Finding::new("harmonic mean", Verdict::Inconsistent, reason).with_repair(repair);
    Some(finding.about_all(&[precision, recall, f1], set))
}
