//! A precision, recall or F1 of which the paper does not say how it was averaged over the classes.
//!
//! Each average is tried in turn beside the system's other figures of all classes. The figure is inconsistent only if it is
//! so as every one of them, and consistent if it is so as one. Nothing is said where the others alone do not go together.

use super::averaged::recover;
use super::claims::{Average, Claim, Matrix, Metric, Paper, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, listed};
use super::grid::is_accuracy;
use super::joint::{f1_of_averages_at_most, highest_mean_recall};
use super::printed::counts_in_all;
use super::tally::Tally;

/// Such figures of one system on one set that are tried: precision, recall and F1. Each takes four audits or more.
const MOST: usize = 3;
/// Of the other figures.
const MOST_BESIDE: usize = 6;
const AVERAGES: [Average; 3] = [Average::Macro, Average::Micro, Average::Weighted];

/// The paper without such claims.
pub fn without_open(paper: &Paper) -> Paper {
    let claims = paper.claims.iter().filter(|claim| !claim.open_average).cloned().collect();
    Paper { claims, ..paper.clone() }
}

/// One finding for each such claim; `system` gives those on the claims of one system on one set.
pub fn check(
    paper: &Paper,
    closed: &Paper,
    system: impl Fn(&Paper, &str, usize) -> Vec<Finding>,
) -> Vec<Finding> {
    let open = || paper.claims.iter().filter(|claim| claim.open_average);
    let of = |claim: &Claim| {
        let set = &paper.sets[claim.set];
        let is_of_system = |other: &&Claim| other.of == claim.of && other.set == claim.set;
        if open().filter(is_of_system).take_while(|other| other.place < claim.place).count() >= MOST {
            let reason = format!("of one system no more than {MOST} figures without an average are tried");
            return Finding::not_checkable("average", reason).about(claim, set);
        }
        let alone = alone(paper, closed, claim);
        let others = system(&alone, &claim.of, claim.set);
        if others.iter().any(|finding| finding.verdict == Verdict::Inconsistent) {
            let reason = "the system's other figures do not go together, so nothing follows from them";
            return Finding::not_checkable("average", reason).about(claim, set);
        }
        let readings: Vec<(String, Finding)> = readings_of(claim, set)
            .into_iter()
            .map(|(name, read)| {
                let mut with = alone.clone();
                with.claims.push(read);
                let findings = system(&with, &claim.of, claim.set);
                let about = findings.into_iter().filter(|finding| finding.claims.contains(&claim.place));
                (name, worst(about.collect()))
            })
            .collect();
        of_averages_too(judge(&readings), claim, &alone, set).about(claim, set)
    };
    open().map(of).collect()
}

/// The claim's system with its matrix and the figures of all classes that the claim is held against.
fn alone(paper: &Paper, closed: &Paper, claim: &Claim) -> Paper {
    let beside = closed.claims.iter().filter(|other| {
        let same_system = other.of == claim.of && other.set == claim.set;
        same_system && other.class.is_none() && other.runs == claim.runs && other.folding == claim.folding
    });
    let is_its = |matrix: &&Matrix| matrix.of == claim.of && matrix.set == claim.set;
    Paper {
        path: paper.path.clone(),
        hash: paper.hash.clone(),
        id: paper.id.clone(),
        title: paper.title.clone(),
        sets: paper.sets.clone(),
        claims: beside.take(MOST_BESIDE).map(alone_of_its_folds).collect(),
        matrices: paper.matrices.iter().filter(is_its).cloned().collect(),
        comparisons: Vec::new(),
        splits: Vec::new(),
        notes: Vec::new(),
    }
}

/// A deviation, and the range of the folds, say nothing of the average.
fn alone_of_its_folds(claim: &Claim) -> Claim {
    Claim { sd: None, fold_min: None, fold_max: None, ..claim.clone() }
}

/// What it may be, in words. Of two classes a figure without an average is often that of the positive one.
fn readings_of(claim: &Claim, set: &TestSet) -> Vec<(String, Claim)> {
    let plain = Claim { open_average: false, ..alone_of_its_folds(claim) };
    let averaged = AVERAGES.map(|average| {
        let read = Claim { average: Some(average), ..plain.clone() };
        (average.word().to_string(), read)
    });
    let classes = if set.classes() == Some(2) { 0..2 } else { 0..0 };
    let of_class = classes.map(|class| {
        let read = match claim.metric {
            // Of two classes that of one is the recall of the other.
            Metric::Specificity => Claim { metric: Metric::Recall, class: Some(1 - class), ..plain.clone() },
            _ => Claim { class: Some(class), ..plain.clone() },
        };
        (format!("that of {}", set.class_name(class)), read)
    });
    averaged.into_iter().chain(of_class).collect()
}

/// An F1 may also be that of the averaged precision and recall, 2PR/(P+R), which no reading above is (Opitz and Burst 2019).
/// It is what the system's matrix gives, or at most what a precision of 1 leaves.
fn of_averages_too(finding: Finding, claim: &Claim, beside: &Paper, set: &TestSet) -> Finding {
    if claim.metric != Metric::F1 || finding.verdict != Verdict::Inconsistent {
        return finding;
    }
    let one = Exact::new(1, 1);
    let given = of_the_matrix(claim, beside, set);
    if let Some([by_macro, by_weighted]) = &given
        && ![by_macro, by_weighted].iter().any(|score| claim.interval().holds_exact(score))
    {
        let shown = |score: &Exact| claim.value.show(score.to_f64(), claim.value.decimals + 1);
        let (by_macro, by_weighted) = (shown(by_macro), shown(by_weighted));
        let reason =
            format!("{}; the F1 of averages is {by_macro}, of weighted ones {by_weighted}", finding.reason);
        return Finding { reason, ..finding };
    }
    let recall = mean_recall_at_most(beside, set).unwrap_or_else(|| one.clone());
    let most = f1_of_averages_at_most(&recall, &one);
    if given.is_none() && claim.interval().low() > most {
        let shown = claim.value.show(most.to_f64(), claim.value.decimals + 1);
        let reason = format!("{}; the F1 of averages is at most {shown}", finding.reason);
        return Finding { reason, ..finding };
    }
    let reason = format!(
        "{}; but the F1 of the averaged precision and recall, 2·P·R/(P+R), is not excluded",
        finding.reason
    );
    Finding { verdict: Verdict::NotCheckable, reason, witness: None, repair: None, ..finding }
}

/// What the system's matrix gives, of macro and of weighted averages, where its counts are known and no class is empty.
fn of_the_matrix(claim: &Claim, beside: &Paper, set: &TestSet) -> Option<[Exact; 2]> {
    let matrix = beside.matrices.first().filter(|matrix| matrix.runs == 1)?;
    let recovered = recover(matrix, set).0.filter(|recovered| recovered.unique)?;
    let tally = Tally::of(&recovered.counts);
    let is_whole = claim.runs == 1 && claim.folding.is_none();
    (is_whole && !tally.support.contains(&0) && !tally.taken.contains(&0)).then_some(())?;
    Some([tally.f1_of_averages(Average::Macro)?, tally.f1_of_averages(Average::Weighted)?])
}

/// The largest mean recall that the printed accuracies leave.
fn mean_recall_at_most(beside: &Paper, set: &TestSet) -> Option<Exact> {
    let support = set.support.as_ref().filter(|support| set.single_label && !support.contains(&0))?;
    let pooled = |claim: &&Claim| claim.runs == 1 && claim.folding.is_none() && is_accuracy(claim, set);
    let mut accuracies = beside.claims.iter().filter(pooled).peekable();
    accuracies.peek()?;
    let (_, most) = counts_in_all(accuracies.map(Claim::interval), support.iter().sum());
    highest_mean_recall(support, most)
}

/// What is certain weighs most, then what could be checked.
fn worst(findings: Vec<Finding>) -> Finding {
    let rank = |finding: &Finding| match finding.verdict {
        Verdict::Inconsistent => 0,
        Verdict::Consistent => 1,
        Verdict::NotCheckable => 2,
    };
    let none = || Finding::not_checkable("none", "no check applies");
    findings.into_iter().min_by_key(rank).unwrap_or_else(none)
}

fn judge(readings: &[(String, Finding)]) -> Finding {
    let is = |wanted: Verdict| readings.iter().filter(move |(_, finding)| finding.verdict == wanted);
    let reasons =
        |wanted: Verdict| listed(is(wanted).map(|(name, finding)| format!("as {name}: {}", finding.reason)));
    let excluded = is(Verdict::Inconsistent).count();
    let verdict = match is(Verdict::Consistent).count() {
        _ if excluded == readings.len() => Verdict::Inconsistent,
        0 => Verdict::NotCheckable,
        _ => Verdict::Consistent,
    };
    let mut finding = Finding::new("average", verdict, reasons(verdict));
    if verdict == Verdict::Consistent {
        finding.witness = is(verdict).find_map(|(_, found)| found.witness.clone());
        finding.power = Some("its average being open, no power is defined".into());
    }
    if verdict != Verdict::Inconsistent && excluded > 0 {
        finding.notes.push(format!("excluded {}", reasons(Verdict::Inconsistent)));
    }
    finding
}
