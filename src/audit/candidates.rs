//! What the figures of one class leave of its hits and predictions: a few hits, and for each of them one run of
//! predictions.

use super::claims::{Claim, Metric};
use super::exact::Exact;
use super::power::{Power, Printable};
use super::printed::counts_in_all;

/// What looking for values of one figure may cost.
const MOST_STEPS: u64 = 1_000_000;

/// Possible hits of a class with the predictions that they leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub hits: u64,
    pub least: u64,
    pub most: u64,
}

/// The fewest and the most hits that a class's recall leaves; that of no clips says nothing.
fn hits_left(own: &[&Claim], clips: u64) -> (u64, u64) {
    let recalls = own.iter().filter(|claim| claim.metric == Metric::Recall && clips > 0);
    counts_in_all(recalls.map(|claim| claim.interval()), clips)
}

/// How many hits `possible` tries.
pub fn tried(own: &[&Claim], clips: u64) -> u64 {
    let (first, last) = hits_left(own, clips);
    (last + 1).saturating_sub(first)
}

/// What a class's own figures leave.
pub fn possible(own: &[&Claim], clips: u64, n: u64) -> Vec<Candidate> {
    let (first, last) = hits_left(own, clips);
    (first..=last)
        .filter_map(|hits| {
            let (mut least, mut most) = (hits, n - (clips - hits));
            for claim in own {
                let interval = claim.interval();
                let (top, add) = match claim.metric {
                    Metric::Precision => (hits, 0),
                    Metric::F1 => (2 * hits, clips),
                    _ => continue,
                };
                if top == 0 {
                    // 0 whatever is predicted; 0 / 0, with nothing predicted, contradicts nothing.
                    if !interval.holds(0, 1) {
                        if claim.metric == Metric::F1 && clips > 0 {
                            return None;
                        }
                        most = 0;
                    }
                    continue;
                }
                // top / (c + add) falls with c.
                let at = |c: u64| Exact::new(top.into(), i128::from(c + add));
                let too_high = |c: u64| {
                    let order = at(c).cmp(&interval.high());
                    order.is_gt() || order.is_eq() && !interval.high_closed
                };
                let too_low = |c: u64| {
                    let order = at(c).cmp(&interval.low());
                    order.is_lt() || order.is_eq() && !interval.low_closed
                };
                let first_where = |holds: &dyn Fn(u64) -> bool| {
                    let (mut low, mut high) = (least.max(1), most + 1);
                    while low < high {
                        let middle = low + (high - low) / 2;
                        if holds(middle) { high = middle } else { low = middle + 1 }
                    }
                    low
                };
                let (first, end) = (first_where(&|c| !too_high(c)), first_where(&too_low));
                if first >= end {
                    return None;
                }
                (least, most) = (least.max(first), most.min(end - 1));
            }
            (least <= most).then_some(Candidate { hits, least, most })
        })
        .collect()
}

/// The share of values of each figure that its class's other figures leave possible, the mean over them.
pub fn power(by_class: &[&Claim], support: &[u64]) -> Power {
    let n = support.iter().sum();
    let share = |claim: &&Claim| {
        let (class, printable) =
            (claim.class.unwrap_or_default(), Printable::new(&claim.value, claim.rounding, (0, Some(1))));
        let clips = support[class];
        let others: Vec<&Claim> = by_class
            .iter()
            .copied()
            .filter(|other| other.class == Some(class) && other.place != claim.place)
            .collect();
        let Some(mut printable) = printable else {
            return Power::uncounted("too many decimals");
        };
        let mut steps = MOST_STEPS;
        for candidate in possible(&others, clips, n) {
            let part = |top: u64, below: u64| if below == 0 { 0.0 } else { top as f64 / below as f64 };
            let whole = match claim.metric {
                Metric::Recall => {
                    printable.mark(part(candidate.hits, clips));
                    true
                }
                metric => {
                    let value = |taken: u64| match metric {
                        Metric::Precision => part(candidate.hits, taken),
                        _ => part(2 * candidate.hits, taken + clips),
                    };
                    printable.mark_run(candidate.least, candidate.most, &value, &mut steps)
                }
            };
            if !whole {
                return Power::uncounted("too many outcomes");
            }
        }
        Power::counted(printable.share())
    };
    let mut power = Power::mean(&by_class.iter().map(share).collect::<Vec<_>>());
    power.words.get_or_insert("given only the other figures of its class".into());
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::claims::Ddof;
    use crate::audit::printed::{Printed, Rounding, Unit};

    fn claim(place: usize, metric: Metric, value: &str) -> Claim {
        Claim {
            open_average: false,
            place,
            line: place,
            of: "x".into(),
            row: None,
            set: 0,
            metric,
            average: None,
            class: Some(0),
            value: Printed::parse(value, Unit::Fraction).unwrap(),
            sd: None,
            ddof: Ddof::Any,
            runs: 1,
            folding: None,
            fold_min: None,
            fold_max: None,
            beta: None,
            rounding: Rounding::HalfUp,
            source: None,
        }
    }

    /// Every value of two decimals in the figure's place.
    fn passing(figures: &[Claim], place: usize, clips: u64, n: u64) -> usize {
        (0..=100)
            .filter(|digits| {
                let mut other = figures.to_vec();
                other[place].value = other[place].value.with_digits(*digits);
                !possible(&other.iter().collect::<Vec<_>>(), clips, n).is_empty()
            })
            .count()
    }

    #[test]
    fn the_power_is_what_every_value_gives_however_large_the_class() {
        let of = |metric, value: &str, place| claim(place, metric, value);
        for clips in [100, 4000] {
            for figures in [
                vec![
                    of(Metric::Precision, "0.87", 0),
                    of(Metric::Recall, "0.81", 1),
                    of(Metric::F1, "0.84", 2),
                ],
                vec![of(Metric::Recall, "0.81", 0)],
            ] {
                let all: Vec<&Claim> = figures.iter().collect();
                let power = power(&all, &[clips, 2 * clips]).share.unwrap();
                let counted: usize =
                    (0..figures.len()).map(|place| passing(&figures, place, clips, 3 * clips)).sum();
                let share = counted as f64 / (101 * figures.len()) as f64;
                assert!((power - share).abs() < 1e-9, "{clips}: {power} {share}");
            }
        }
    }
}
