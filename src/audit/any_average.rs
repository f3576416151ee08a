//! A precision, recall or F1 of which the paper does not say how it was averaged over the classes.
//!
//! Each average is tried in turn beside the system's other figures. The figure is inconsistent only if it is so as every
//! one of them, and consistent if it is so as one.

use super::claims::{Average, Claim, Paper};
use super::finding::{Finding, Verdict, listed};

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
    let of = |claim: &Claim| {
        let readings = AVERAGES.map(|average| {
            let mut read = closed.clone();
            read.claims.push(Claim { average: Some(average), open_average: false, ..claim.clone() });
            let findings = system(&read, &claim.of, claim.set);
            let about = findings.into_iter().filter(|finding| finding.claims.contains(&claim.place));
            (average, worst(about.collect()))
        });
        judge(readings).about(claim, &paper.sets[claim.set])
    };
    paper.claims.iter().filter(|claim| claim.open_average).map(of).collect()
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

fn judge(readings: [(Average, Finding); 3]) -> Finding {
    let is = |wanted: Verdict| readings.iter().filter(move |(_, finding)| finding.verdict == wanted);
    let reasons = |wanted: Verdict| {
        listed(is(wanted).map(|(average, finding)| format!("as {}: {}", average.word(), finding.reason)))
    };
    let excluded = is(Verdict::Inconsistent).count();
    let verdict = match (excluded, is(Verdict::Consistent).count()) {
        (3, _) => Verdict::Inconsistent,
        (_, 0) => Verdict::NotCheckable,
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
