//! Check 12, two classes: the finding for figures of one two-class matrix, and its power.

use super::binary::{BinaryFigure, pairs};
use super::binary_score::Counts;
use super::claims::{Claim, Metric};
use super::finding::{Finding, Verdict, listed};
use super::power::{Power, Printable};

/// Outcomes looked at for the power of one finding.
const MOST_OUTCOMES: u64 = 1_000_000;

/// A claim as a figure of a two-class matrix.
pub fn figure(claim: &Claim) -> Option<BinaryFigure> {
    let Metric::Binary(score) = claim.metric else { return None };
    let beta = claim.beta.as_ref().map_or((1, 1), |beta| (beta.digits, beta.scale()));
    Some(BinaryFigure {
        score,
        interval: claim.interval(),
        beta,
        printed: claim.value.clone(),
        rounding: claim.rounding,
    })
}

/// The finding for figures of one two-class matrix of p positives and n negatives.
pub fn pooled_pairs(p: u64, n: u64, figures: &[BinaryFigure]) -> Finding {
    let found = pairs(p, n, figures, |_, _, _| true);
    match found.witness {
        Some(counts) => {
            let words = format!(
                "tp = {} of {p}, tn = {} of {n}: one of {} pairs that give all of them",
                counts.tp, counts.tn, found.fitting
            );
            // The positives second, as `--matrix` and scikit-learn have them.
            let matrix = vec![vec![counts.tn, n - counts.tn], vec![p - counts.tp, counts.tp]];
            let mut finding = Finding::consistent("binary", words, Some(matrix));
            power(p, n, figures).of(&mut finding);
            finding
        }
        None if found.cut_short => {
            Finding::not_checkable("binary", "the search over true positives was cut short")
        }
        None => {
            let reason = format!(
                "none of the {} × {} pairs of true positives and true negatives gives all of them; every one was tried",
                p + 1,
                n + 1
            );
            Finding::new("binary", Verdict::Inconsistent, reason).with_repair(without_one(p, n, figures))
        }
    }
}

/// A single figure without which the rest fit.
fn without_one(p: u64, n: u64, figures: &[BinaryFigure]) -> Option<String> {
    if figures.len() < 2 || p > 20_000 {
        return None;
    }
    let alone = (0..figures.len()).filter(|&left_out| {
        let rest: Vec<BinaryFigure> = figures
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != left_out)
            .map(|(_, figure)| figure.clone())
            .collect();
        pairs(p, n, &rest, |_, _, _| false).witness.is_some()
    });
    let names: Vec<String> = alone.map(|place| figures[place].score.title.to_string()).collect();
    (!names.is_empty())
        .then(|| format!("without the {} the others fit", listed(names).replace(" and ", " or without the ")))
}

/// For each figure the share of its values that the others leave possible; the mean over them.
fn power(p: u64, n: u64, figures: &[BinaryFigure]) -> Power {
    let mut steps = MOST_OUTCOMES;
    let parts: Vec<Power> = (0..figures.len())
        .map(|place| {
            let others: Vec<BinaryFigure> = figures
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, figure)| figure.clone())
                .collect();
            one_power(p, n, &figures[place], &others, &mut steps)
        })
        .collect();
    Power::mean(&parts)
}

fn one_power(p: u64, n: u64, figure: &BinaryFigure, others: &[BinaryFigure], steps: &mut u64) -> Power {
    let Some(mut printable) = Printable::new(&figure.printed, figure.rounding, figure.score.range) else {
        return Power::none(format!(
            "the {} has no largest value, so no share of its values is defined",
            figure.score.title
        ));
    };
    let mut whole = true;
    pairs(p, n, others, |tp, first, last| {
        let value = |tn: u64| figure.score.value(Counts { tp, tn, p, n }, figure.beta);
        // What is 0 / 0 may be printed as 0 or as 1; only the ends of a run can be.
        for end in [first, last] {
            if value(end).is_nan() {
                printable.mark(0.0);
                printable.mark(1.0);
            }
        }
        whole = printable.mark_run(first, last, &value, steps);
        // Two more for the row: rows without a pair cost something too.
        *steps = steps.saturating_sub(2);
        whole && !printable.is_full()
    });
    if whole { Power::counted(printable.share()) } else { Power::uncounted("too many outcomes") }
}
