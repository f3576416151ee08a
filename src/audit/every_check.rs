//! All checks of one paper: claims of one system on one set are held against each other, and every claim gets a verdict.

use super::averaged::{Recovered, recover};
use super::binary_finding;
use super::by_class;
use super::claims::{Claim, Metric, Paper, TestSet};
use super::comparison;
use super::finding::{Audit, Finding};
use super::folds;
use super::grid::{self, Grid, grid};
use super::identities::{harmonic, one_number};
use super::joint;
use super::printed::{Unit, show};
use super::recount::{self, Counted};
use super::sizes;
use super::splits;
use super::spread;

/// Runs every check.
pub fn audit(paper: &Paper) -> Audit {
    let mut findings = Vec::new();
    let mut systems: Vec<(&str, usize)> = Vec::new();
    let named = paper.claims.iter().map(|claim| (claim.of.as_str(), claim.set));
    for system in named.chain(paper.matrices.iter().map(|matrix| (matrix.of.as_str(), matrix.set))) {
        if !systems.contains(&system) {
            systems.push(system);
        }
    }
    for (of, set) in systems {
        findings.extend(system(paper, of, set));
    }
    for (index, set) in paper.sets.iter().enumerate() {
        let proportions: Vec<&Claim> = paper
            .claims
            .iter()
            .filter(|claim| claim.set == index && sizes::is_proportion(claim, set))
            .collect();
        findings.extend(sizes::check(&proportions, set));
    }
    findings.extend(splits::check(paper));
    findings.extend(comparison::check(paper));
    Audit::new(paper, findings)
}

fn system(paper: &Paper, of: &str, set_index: usize) -> Vec<Finding> {
    let set = &paper.sets[set_index];
    let claims: Vec<&Claim> =
        paper.claims.iter().filter(|claim| claim.of == of && claim.set == set_index).collect();
    let mut findings = Vec::new();
    let matrix = paper.matrices.iter().find(|matrix| matrix.of == of && matrix.set == set_index);
    let mut recovered: Option<(Recovered, u64)> = None;
    if let Some(matrix) = matrix {
        let (counts, finding) = recover(matrix, set);
        findings.push(finding);
        recovered = counts.map(|counts| (counts, matrix.runs));
    }
    let folded = |claim: &&&Claim| claim.folding.as_ref().is_some_and(|folding| folding.folds > 1);
    let mut foldings: Vec<&Claim> = claims.iter().filter(folded).copied().collect();
    while let Some(first) = foldings.first().copied() {
        let (alike, rest): (Vec<&Claim>, Vec<&Claim>) = foldings
            .into_iter()
            .partition(|claim| claim.folding == first.folding && claim.runs == first.runs);
        findings.extend(folds::check(&alike, set));
        foldings = rest;
    }
    let whole: Vec<&Claim> = claims.iter().filter(|claim| !folded(claim)).copied().collect();
    findings.extend(one_number(&whole, set));
    findings.extend(harmonic(&whole, set));
    for claim in &whole {
        findings.extend(alone(claim, set, recovered.as_ref()));
    }
    if recovered.is_none() {
        let single: Vec<&Claim> = whole.iter().filter(|claim| claim.runs == 1).copied().collect();
        findings.extend(together(&single, set));
    }
    // Every claim has a finding: what no check reached is said to be so.
    for claim in &whole {
        let reached = findings.iter().any(|finding| {
            finding.line == claim.line
                || finding.figure.contains(&claim.figure(set))
                || finding.check == "by class" && claim.class.is_some()
                || finding.check == "joint" && claim.class.is_none()
        });
        if !reached {
            findings.push(Finding::not_checkable("none", missing(claim, set)).about(claim, set));
        }
    }
    findings
}

/// The checks of one claim by itself: against the matrix, on the grid, its spread.
fn alone(claim: &Claim, set: &TestSet, recovered: Option<&(Recovered, u64)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some((recovered, runs)) = recovered {
        findings.extend(recount::check(claim, &Counted { recovered, runs: *runs, set }));
    }
    let on_grid = grid(claim, set);
    if findings.is_empty() {
        match on_grid {
            Grid::Of(n) => findings.push(grid::check(claim, set, n)),
            Grid::Missing(what) => {
                findings
                    .push(Finding::not_checkable("grid", format!("{what}, is not said")).about(claim, set));
            }
            Grid::None => {}
        }
    }
    let clips = match on_grid {
        Grid::Of(n) if claim.metric != Metric::Kappa => Some(n / claim.runs),
        _ => None,
    };
    if let Some(mut finding) = spread::check(claim, set, clips) {
        finding.notes.extend(sampling_note(claim, set));
        findings.push(finding);
    }
    findings
}

/// The checks of several claims about one set of predictions.
fn together(claims: &[&Claim], set: &TestSet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut binary: Vec<&Claim> =
        claims.iter().copied().filter(|claim| matches!(claim.metric, Metric::Binary(_))).collect();
    while let Some(first) = binary.first().copied() {
        let (alike, rest): (Vec<&Claim>, Vec<&Claim>) =
            binary.into_iter().partition(|claim| claim.class == first.class);
        findings.extend(one_matrix(&alike, set));
        binary = rest;
    }
    let (by_class, overall): (Vec<&Claim>, Vec<&Claim>) = claims
        .iter()
        .copied()
        .filter(|claim| {
            !matches!(claim.metric, Metric::Binary(_) | Metric::Share | Metric::Auc | Metric::LogLoss)
        })
        .partition(|claim| claim.class.is_some());
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
    let counts = match (set.binary, first.class, &set.support) {
        (_, Some(class), Some(support)) => {
            let p = support[class];
            Some((p, support.iter().sum::<u64>() - p))
        }
        (Some(counts), None, _) => Some(counts),
        _ => None,
    };
    let figures: Vec<_> = claims.iter().filter_map(|claim| binary_finding::figure(claim)).collect();
    let finding = match counts {
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
        format!(
            "± {} is the spread over runs; {n} clips alone leave a sampling error of about {} (√(p(1−p)/n)), {:.0} times as much",
            sd.text,
            show(sampling, unit, decimals),
            sampling / sd.value().max(f64::MIN_POSITIVE)
        )
    })
}

fn missing(claim: &Claim, set: &TestSet) -> String {
    match claim.metric {
        Metric::Auc | Metric::LogLoss => "it needs the predicted probabilities, which no paper prints".into(),
        _ if claim.runs > 1 => {
            format!("a mean over {} runs of a score that is no proportion: the runs are missing", claim.runs)
        }
        _ if set.support.is_none() => "the clips of each class, support, are not said".into(),
        _ => "no check applies".into(),
    }
}
