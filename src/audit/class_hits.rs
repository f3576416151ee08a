//! Accuracy and macro recall, and nothing else: are there hits of each class that give both? Unlike other figures of a
//! whole matrix these are sums of hits, so `fold_sums.rs` decides it.

use super::claims::{Claim, TestSet};
use super::finding::{Finding, Verdict, listed};
use super::fold_sums::{Fold, Means, Outcome, solve_classes};
use super::grid::is_accuracy;
use super::power::{Power, redrawn};
use super::printed::Interval;
use super::tally::Tally;

/// What a search for hits may cost.
const MOST_STEPS: u64 = 2_000_000;

/// Accuracy and balanced accuracy alone: hits of each class that give both, exactly.
pub fn recalls(claims: &[&Claim], set: &TestSet, support: &[u64]) -> Finding {
    let n: u64 = support.iter().sum();
    let means = |other: Option<(usize, Interval)>| {
        let mut means = Means::default();
        let mut meets = true;
        for (place, claim) in claims.iter().enumerate() {
            let own = other.filter(|(of, _)| *of == place).map_or(claim.interval(), |(_, interval)| interval);
            let mean = if is_accuracy(claim, set) { &mut means.accuracy } else { &mut means.sensitivity };
            match mean {
                None => *mean = Some(own),
                Some(known) => match known.common(&own) {
                    Some(common) => *known = common,
                    None => meets = false,
                },
            }
        }
        (means, meets)
    };
    let layout = [support.to_vec()];
    let answer = |means: &Means, mut steps: u64| solve_classes(&layout, 1, means, &mut steps);
    let (printed, meets) = means(None);
    if !meets {
        // Check 5 has said so of them alone.
        let reason = "the mean recalls are no one number, so nothing can be held against them";
        return Finding::not_checkable("joint", reason);
    }
    let (outcome, kinds) = answer(&printed, MOST_STEPS);
    match outcome {
        Outcome::CutShort => {
            Finding::not_checkable("joint", "the search over hits of each class was cut short")
        }
        Outcome::Impossible { even_in_fractions } => {
            let how = if even_in_fractions {
                "not even fractions of a clip"
            } else {
                "every one was tried or excluded"
            };
            let reason = format!(
                "no hits of classes of {} give this; {how}",
                listed(support.iter().map(u64::to_string))
            );
            let repair = "the figures are of different predictions, or one is another average";
            Finding::new("joint", Verdict::Inconsistent, reason).with_repair(Some(repair.into()))
        }
        Outcome::Fits(found) => {
            let tally = with_hits(support, &kinds, &found);
            let words = format!("a matrix with {} hits of {n} gives all of them", tally.total_hits());
            let mut finding = Finding::consistent("joint", words, Some(tally.matrix()));
            let parts: Vec<Power> = claims
                .iter()
                .enumerate()
                .filter(|(_, claim)| !is_accuracy(claim, set) || claims.len() > 1)
                .map(|(place, claim)| {
                    redrawn(&claim.value, (0, Some(1)), |value| {
                        let (means, meets) = means(Some((place, value.interval(claim.rounding))));
                        match answer(&means, MOST_STEPS / 40).0 {
                            Outcome::Fits(_) => Some(meets),
                            Outcome::Impossible { .. } => Some(false),
                            Outcome::CutShort => None,
                        }
                    })
                })
                .collect();
            Power::mean(&parts).of(&mut finding);
            finding
        }
    }
}

/// Hits of pooled classes dealt out to the classes, each error to the next class.
fn with_hits(support: &[u64], kinds: &[Fold], found: &[(u64, u64, Fold)]) -> Tally {
    let mut left: Vec<u64> = found.iter().map(|(hits, ..)| *hits).collect();
    let hits: Vec<u64> = support
        .iter()
        .map(|&clips| {
            let Some(kind) = kinds.iter().position(|kind| kind.p == clips) else { return 0 };
            let own = left[kind].min(clips);
            left[kind] -= own;
            own
        })
        .collect();
    let mut taken = hits.clone();
    for class in 0..support.len() {
        taken[(class + 1) % support.len()] += support[class] - hits[class];
    }
    Tally { support: support.to_vec(), hits, taken }
}
