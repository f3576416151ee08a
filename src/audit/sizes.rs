//! Check 2: which number of clips explains many proportions at once, and which figures stand out.
//!
//! Every n of 20 … 500 is tried, and the declared one. A figure that n explains counts −ln(share of values that n
//! explains), so that a large n, which explains nearly everything, earns little; a figure that it does not explain
//! costs as much as the least likely of a thousand. The n with the most is named, with what it leaves out.

use super::claims::{Aggregate, Claim, Metric, TestSet};
use super::finding::{Finding, Verdict, listed};
use super::grid::is_accuracy;
use super::printed::{Interval, Rounding};

const FIRST: u64 = 20;
const LAST: u64 = 500;
/// Fewer figures say too little.
const FEWEST: usize = 4;
/// The cost of a figure that is not explained, and what an n must earn to be worth naming: ln 1000.
const THOUSAND: f64 = 6.9;

/// How well an n explains the figures.
#[derive(Debug, Clone, Copy)]
struct Explained {
    n: u64,
    fitting: usize,
    by_luck: f64,
    earned: f64,
}

struct Figure {
    interval: Interval,
    runs: u64,
    /// Values per unit of n that one count explains, as a share of all values.
    density: f64,
}

fn explained(figures: &[Figure], n: u64) -> Explained {
    let mut found = Explained { n, fitting: 0, by_luck: 0.0, earned: 0.0 };
    for figure in figures {
        let clips = n * figure.runs;
        let luck = (figure.density * clips as f64).min(1.0);
        let (first, last) = figure.interval.integers(clips.into());
        found.by_luck += luck;
        if first <= last {
            found.fitting += 1;
            found.earned -= luck.ln();
        } else {
            found.earned -= THOUSAND;
        }
    }
    found
}

/// The n that explains the figures best.
fn scan(figures: &[Figure], declared: Option<u64>) -> Explained {
    let mut best = explained(figures, FIRST);
    for n in (FIRST + 1..=LAST).chain(declared) {
        let found = explained(figures, n);
        if found.earned > best.earned + 1e-9 {
            best = found;
        }
    }
    best
}

fn figures(claims: &[&Claim]) -> Vec<Figure> {
    let of = |claim: &&Claim| {
        let values = if claim.rounding == Rounding::Any { 2.0 } else { 1.0 };
        Figure { interval: claim.interval(), runs: claim.runs, density: values / claim.value.scale() as f64 }
    };
    claims.iter().map(of).collect()
}

/// Proportions of a whole set.
pub fn is_proportion(claim: &Claim, set: &TestSet) -> bool {
    let pooled = claim
        .folding
        .as_ref()
        .is_none_or(|folding| folding.folds == 1 || folding.aggregate == Some(Aggregate::ScoreOfMeans));
    pooled && (is_accuracy(claim, set) || claim.metric == Metric::Share)
}

/// The finding for all proportions of one set, where they tell anything.
pub fn check(claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    if claims.len() < FEWEST {
        return None;
    }
    let figures = figures(claims);
    let best = scan(&figures, set.n);
    if best.earned < THOUSAND {
        return set.n.is_none().then(|| {
            let reason = "n is not said, and no n of 20…500 explains the figures better than luck";
            finish(Finding::not_checkable("sizes", reason), claims, set)
        });
    }
    let misfits = |n: u64| -> Vec<String> {
        let wrong = |claim: &&&Claim| claim.interval().counts(n * claim.runs, u64::MAX / 2).is_empty();
        claims.iter().filter(wrong).map(|claim| format!("{} ({})", claim.value.shown(), claim.of)).collect()
    };
    let runs = claims.iter().map(|claim| claim.runs).max().unwrap_or(1);
    let over = if runs > 1 { format!(", means of {runs} runs") } else { String::new() };
    let words = format!(
        "n = {}{over} explains {} of {} ({:.0} by luck)",
        best.n,
        best.fitting,
        claims.len(),
        best.by_luck
    );
    let outliers = misfits(best.n);
    let stands = if outliers.len() == 1 { "stands" } else { "stand" };
    let but = if outliers.is_empty() {
        String::new()
    } else {
        format!("; {} {stands} out", listed(outliers.clone()))
    };
    let finding = match set.n {
        None => {
            Finding::not_checkable("sizes", format!("n is not said; of n = {FIRST}…{LAST}, {words}{but}"))
        }
        Some(declared) if declared != best.n => {
            let ours = explained(&figures, declared);
            let reason =
                format!("n = {declared} explains {} of {}, {words}{but}", ours.fitting, claims.len());
            if ours.fitting == claims.len() {
                return None;
            }
            Finding::new("sizes", Verdict::Inconsistent, reason)
                .with_repair(Some(format!("n = {} in place of {declared}", best.n)))
        }
        Some(_) if outliers.is_empty() => {
            let mut finding = Finding::consistent("sizes", words, None);
            // A figure by luck, the mean over them.
            finding.would_pass = Some((best.by_luck / claims.len() as f64).min(1.0));
            finding
        }
        Some(_) => Finding::not_checkable(
            "sizes",
            format!("{words}{but}, with a verdict of its own; no other n explains more"),
        ),
    };
    Some(finish(finding, claims, set))
}

fn finish(finding: Finding, claims: &[&Claim], set: &TestSet) -> Finding {
    let mut finding = finding.in_set(set);
    finding.of = "all systems".into();
    finding.figure = format!("{} proportions together", claims.len());
    finding.line = claims[0].line;
    finding
}
