//! All checks of one paper: claims of one system on one set are held against each other, and every claim gets a verdict.

use super::any_average::{self, without_open};
use super::averaged::recover;
use super::claims::{Claim, Metric, Paper, SUPPORT_UNSAID, TestSet};
use super::comparison;
use super::finding::{Audit, Finding, Verdict};
use super::folds;
use super::predictions;
use super::recount::Counted;
use super::sizes;
use super::splits;

/// Runs every check.
pub fn audit(paper: &Paper) -> Audit {
    let closed = without_open(paper);
    let mut findings = closed_checks(&closed);
    findings.extend(any_average::check(paper, &closed, system));
    Audit::new(paper, findings)
}

fn closed_checks(paper: &Paper) -> Vec<Finding> {
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
    findings
}

fn system(paper: &Paper, of: &str, set_index: usize) -> Vec<Finding> {
    let set = &paper.sets[set_index];
    let claims: Vec<&Claim> =
        paper.claims.iter().filter(|claim| claim.of == of && claim.set == set_index).collect();
    let mut findings = Vec::new();
    let mut counted: Option<Counted> = None;
    if let Some(matrix) = paper.matrices.iter().find(|matrix| matrix.of == of && matrix.set == set_index) {
        let (recovered, finding) = recover(matrix, set);
        // Figures are not held against a matrix that cannot be.
        let stands = finding.verdict != Verdict::Inconsistent;
        findings.push(finding);
        counted =
            recovered.filter(|_| stands).map(|recovered| Counted::of(recovered, matrix.runs, set, &claims));
    }
    let folded = |claim: &&&Claim| claim.folding.as_ref().is_some_and(|folding| folding.folds > 1);
    let mut foldings: Vec<&Claim> = claims.iter().filter(folded).copied().collect();
    while let Some(first) = foldings.first().copied() {
        let (alike, rest): (Vec<&Claim>, Vec<&Claim>) = foldings
            .into_iter()
            .partition(|claim| claim.folding == first.folding && claim.runs == first.runs);
        findings.extend(folds::check(&alike, set, counted.as_ref()));
        foldings = rest;
    }
    let whole: Vec<&Claim> = claims.iter().filter(|claim| !folded(claim)).copied().collect();
    findings.extend(predictions::check(&whole, set, counted.as_ref()));
    // Every claim has a finding: what no check reached is said to be so.
    for claim in claims {
        if !findings.iter().any(|finding| finding.claims.contains(&claim.place)) {
            findings.push(Finding::not_checkable("none", missing(claim, set)).about(claim, set));
        }
    }
    findings
}

fn missing(claim: &Claim, set: &TestSet) -> String {
    match claim.metric {
        Metric::Auc | Metric::LogLoss => "it needs the predicted probabilities, which no paper prints".into(),
        _ if claim.runs > 1 => {
            format!("a mean over {} runs of a score that is no proportion: the runs are missing", claim.runs)
        }
        _ if set.support.is_none() => SUPPORT_UNSAID.into(),
        _ => "no check applies".into(),
    }
}
