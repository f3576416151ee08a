//! The checks of claims about one set of predictions: each by itself, against a printed matrix, and all together.

use super::binary_finding;
use super::by_class;
use super::claims::{Claim, Metric, TestSet};
use super::finding::Finding;
use super::grid::{self, Grid, grid};
use super::identities::{harmonic, one_number};
use super::joint;
use super::printed::{Unit, show};
use super::recount::{self, Counted};
use super::spread;
use super::two_classes::{as_of_classes, sides};

/// The findings on claims without folds; `counted` is the matrix of the same predictions.
pub fn check(claims: &[&Claim], set: &TestSet, counted: Option<&Counted>) -> Vec<Finding> {
    let mut findings = one_number(claims, set);
    findings.extend(harmonic(claims, set));
    let mut single = Vec::new();
    for &claim in claims {
        let recounted = counted.filter(|counted| counted.runs == claim.runs);
        let against = recounted.and_then(|counted| recount::check(claim, counted));
        if against.is_none() && claim.runs == 1 {
            single.push(claim);
        }
        let mut own = alone(claim, set, against);
        if let (Some(counted), None) = (counted, recounted) {
            let runs = |runs: u64| if runs == 1 { "one run".into() } else { format!("{runs} runs") };
            own.iter_mut().for_each(|finding| {
                finding.notes.push(format!(
                    "not held against the printed matrix: that is of {}, the figure of {}",
                    runs(counted.runs),
                    runs(claim.runs)
                ));
            });
        }
        findings.extend(own);
    }
    findings.extend(together(&single, set));
    findings
}

/// The checks of one claim by itself: against the matrix or on the grid, and its spread.
fn alone(claim: &Claim, set: &TestSet, recounted: Option<Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = recounted.into_iter().collect();
    let on_grid = grid(claim, set);
    if findings.is_empty() {
        match on_grid {
            Grid::Of(n) => findings.push(grid::check(claim, set, n)),
            Grid::Missing(why) => findings.push(Finding::not_checkable("grid", why).about(claim, set)),
            Grid::None => {}
        }
    }
    let clips = match on_grid {
        Grid::Of(n) if claim.metric != Metric::Kappa => Some(n / claim.runs),
        _ => None,
    };
    if let Some(mut finding) = spread::check(claim, set, clips.ok_or(spread::NO_PROPORTION), true) {
        finding.notes.extend(sampling_note(claim, set));
        findings.push(finding);
    }
    findings
}

/// The checks of several claims about one set of predictions.
fn together(claims: &[&Claim], set: &TestSet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut binary, mut plain): (Vec<&Claim>, Vec<&Claim>) = claims
        .iter()
        .copied()
        .filter(|claim| !matches!(claim.metric, Metric::Share | Metric::Auc | Metric::LogLoss))
        .partition(|claim| matches!(claim.metric, Metric::Binary(_)));
    // Averages over two classes are held together with what the scores of the two say of both or, where it is known which
    // is which, of each.
    let of_whole = |claim: &&&Claim| claim.class.is_none();
    let of_classes: Vec<Claim> = match set.binary.is_some() && !plain.is_empty() {
        true => binary
            .iter()
            .filter(of_whole)
            .filter_map(|claim| as_of_classes(claim, 1))
            .filter(|claim| set.order_open || claim.class.is_none())
            .collect(),
        false => Vec::new(),
    };
    plain.extend(&of_classes);
    while let Some(first) = binary.first().copied() {
        let (alike, rest): (Vec<&Claim>, Vec<&Claim>) =
            binary.into_iter().partition(|claim| claim.class == first.class);
        findings.extend(one_matrix(&alike, set));
        binary = rest;
    }
    let (by_class, overall): (Vec<&Claim>, Vec<&Claim>) =
        plain.into_iter().partition(|claim| claim.class.is_some());
    if by_class.is_empty() {
        findings.extend(joint::check(&overall, set));
    } else {
        findings.push(by_class::check(&by_class, &overall, set));
    }
    findings
}

/// Scores of two classes, or of one class against the rest.
fn one_matrix(claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    let first = claims.first()?;
    let only_accuracy = claims.len() == 1 && grid::is_accuracy(first, set);
    if only_accuracy {
        return None;
    }
    let figures: Vec<_> = claims.iter().filter_map(|claim| binary_finding::figure(claim)).collect();
    let finding = match sides(first, set) {
        Some((0, _) | (_, 0)) => Finding::not_checkable("binary", "one of the two classes has no clips"),
        Some((p, n)) => binary_finding::pooled_pairs(p, n, &figures),
        None => Finding::not_checkable("binary", "positives and negatives are not said"),
    };
    Some(finding.about_all(claims, set))
}

/// A spread over runs far below the sampling error of the clips is no measure of certainty: a note, not a verdict.
fn sampling_note(claim: &Claim, set: &TestSet) -> Option<String> {
    let (sd, n) = (claim.sd.as_ref()?, set.n?);
    let p = claim.value.value();
    if !matches!(
        claim.metric,
        Metric::Accuracy | Metric::F1 | Metric::Recall | Metric::Precision | Metric::BalancedAccuracy
    ) || !(0.0..=1.0).contains(&p)
    {
        return None;
    }
    let sampling = (p * (1.0 - p) / n as f64).sqrt();
    (sd.value() < sampling / 2.0).then(|| {
        let unit = claim.value.unit;
        let decimals = if unit == Unit::Percent { 2 } else { 4 };
        let times = match sd.digits {
            0 => String::new(),
            _ => format!(", {:.0} times as much", sampling / sd.value()),
        };
        format!(
            "± {} is the spread over runs; {n} clips alone leave a sampling error of about {} (√(p(1−p)/n)){times}",
            sd.text,
            show(sampling, unit, decimals),
        )
    })
}
