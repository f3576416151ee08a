//! Means of scores over folds: is there a whole number of hits in every fold that gives the printed means?
//!
//! Folds alike in positives and negatives are pooled: their hits may be any number from 0 to all. The accuracy is
//! then a linear form of the true positives and true negatives, sensitivity of the one and specificity of the other
//! alone. Sums of true positives that fit the sensitivity and sums of true negatives that fit the specificity are
//! listed, and matched by accuracy and balanced accuracy. All in integers over a common denominator.

use super::printed::Interval;

/// Sums listed for one side before the search says that it was cut short.
const MOST_SUMS: usize = 400_000;
/// Pairs of sums compared before it does.
const MOST_PAIRS: u64 = 30_000_000;

/// Means over folds, each where printed. No figure, no condition.
#[derive(Debug, Clone, Copy, Default)]
pub struct Means {
    pub accuracy: Option<Interval>,
    pub sensitivity: Option<Interval>,
    pub specificity: Option<Interval>,
    pub balanced: Option<Interval>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// (true positives, true negatives, folds of that kind) for each kind of fold.
    Fits(Vec<(u64, u64, Fold)>),
    Impossible,
    CutShort,
}

/// Positives, negatives and how many folds are so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    pub p: u64,
    pub n: u64,
    pub count: u64,
}

/// Folds alike together.
pub fn kinds(folds: &[(u64, u64)], runs: u64) -> Vec<Fold> {
    let mut kinds: Vec<Fold> = Vec::new();
    for &(p, n) in folds {
        match kinds.iter_mut().find(|kind| kind.p == p && kind.n == n) {
            Some(kind) => kind.count += runs,
            None => kinds.push(Fold { p, n, count: runs }),
        }
    }
    kinds
}

/// One way to choose the hits of one side: the recall it gives, its part of the accuracy, the hits of each kind.
struct Sum {
    recall: i128,
    part: i128,
    hits: Vec<u64>,
}

/// `low ≤ Σ ≤ high` in integers over the common denominator.
type Range = (i128, i128);

fn range(interval: Option<Interval>, denominator: i128) -> Option<Range> {
    interval.map(|interval| interval.integers(denominator))
}

/// Searches for hits that give all means.
pub fn solve(kinds: &[Fold], means: &Means) -> Outcome {
    solve_exactly(kinds, means).unwrap_or(Outcome::CutShort)
}

/// `None` where numbers grow too large.
fn solve_exactly(kinds: &[Fold], means: &Means) -> Option<Outcome> {
    let folds: u64 = kinds.iter().map(|kind| kind.count).sum();
    let with = |has: fn(&Fold) -> u64| -> i128 {
        kinds.iter().filter(|kind| has(kind) > 0).map(|kind| i128::from(kind.count)).sum()
    };
    let (with_p, with_n) = (with(|kind| kind.p), with(|kind| kind.n));
    let all = |of: fn(&Fold) -> u64| {
        let mut values = kinds.iter().map(of).filter(|&value| value > 0);
        values.try_fold(1i128, |common, value| lcm(common, value.into()))
    };
    let (of_p, of_n, of_all) = (all(|kind| kind.p)?, all(|kind| kind.n)?, all(|kind| kind.p + kind.n)?);
    // Balanced accuracy needs both recalls over one denominator.
    let both = lcm(of_p, of_n)?;
    if both.checked_mul(4 * i128::from(folds))? > 1 << 90 || of_all.checked_mul(i128::from(folds))? > 1 << 90
    {
        return None;
    }
    let accuracy = range(means.accuracy, of_all * i128::from(folds));
    let sensitivity = range(means.sensitivity, both * with_p.max(1));
    let specificity = range(means.specificity, both * with_n.max(1));
    let balanced = range(means.balanced, 2 * both * i128::from(folds));
    if means.sensitivity.is_none() && means.specificity.is_none() && means.balanced.is_none() {
        return Some(by_size(kinds, of_all, accuracy));
    }
    let side = |hits: fn(&Fold) -> u64, recall: Option<Range>, needed: bool| {
        let steps: Vec<(u64, i128, i128)> = kinds
            .iter()
            .map(|kind| {
                let most = if needed { hits(kind) * kind.count } else { 0 };
                let whole = i128::from(kind.p + kind.n);
                let own = i128::from(hits(kind).max(1));
                (most, both / own, if accuracy.is_some() { of_all / whole } else { 0 })
            })
            .collect();
        let most_part = accuracy.map_or(0, |range| range.1);
        let mut sums = Vec::new();
        list(
            &steps,
            recall,
            most_part,
            accuracy.is_some(),
            Sum { recall: 0, part: 0, hits: Vec::new() },
            &mut sums,
        )
        .then_some(sums)
    };
    let linked = accuracy.is_some() || balanced.is_some();
    let positives = side(|kind| kind.p, sensitivity, linked || sensitivity.is_some())?;
    let mut negatives = side(|kind| kind.n, specificity, linked || specificity.is_some())?;
    negatives.sort_by_key(|sum| if accuracy.is_some() { sum.part } else { sum.recall });
    let mut pairs = 0u64;
    for positive in &positives {
        let (start, end) = match (accuracy, balanced) {
            (Some((low, high)), _) => (
                negatives.partition_point(|negative| positive.part + negative.part < low),
                negatives.partition_point(|negative| positive.part + negative.part <= high),
            ),
            (None, Some((low, high))) => (
                negatives.partition_point(|negative| positive.recall + negative.recall < low),
                negatives.partition_point(|negative| positive.recall + negative.recall <= high),
            ),
            (None, None) => (0, negatives.len()),
        };
        for negative in &negatives[start.min(end)..end] {
            pairs += 1;
            let fits = balanced.is_none_or(|(low, high)| {
                let sum = positive.recall + negative.recall;
                sum >= low && sum <= high
            });
            if fits {
                let hits = kinds.iter().zip(positive.hits.iter().zip(&negative.hits));
                return Some(Outcome::Fits(hits.map(|(kind, (&tp, &tn))| (tp, tn, *kind)).collect()));
            }
            if pairs > MOST_PAIRS {
                return Some(Outcome::CutShort);
            }
        }
    }
    Some(Outcome::Impossible)
}

/// Lists the sums of one side; false if there are too many.
fn list(
    steps: &[(u64, i128, i128)],
    recall: Option<Range>,
    most_part: i128,
    with_part: bool,
    chosen: Sum,
    sums: &mut Vec<Sum>,
) -> bool {
    let Some(&(most, recall_step, part_step)) = steps.get(chosen.hits.len()) else {
        if recall.is_none_or(|(low, high)| chosen.recall >= low && chosen.recall <= high) {
            sums.push(chosen);
        }
        return sums.len() <= MOST_SUMS;
    };
    // What the kinds after this one can add to the recall at the most.
    let later: i128 = steps[chosen.hits.len() + 1..].iter().map(|step| i128::from(step.0) * step.1).sum();
    let (mut first, mut last) = (0i128, i128::from(most));
    if let Some((low, high)) = recall {
        first = first.max((low - later - chosen.recall + recall_step - 1).div_euclid(recall_step));
        last = last.min((high - chosen.recall).div_euclid(recall_step));
    }
    if with_part && part_step > 0 {
        last = last.min((most_part - chosen.part).div_euclid(part_step));
    }
    for hits in first..=last {
        let mut more = chosen.hits.clone();
        more.push(hits as u64);
        let sum = Sum {
            recall: chosen.recall + hits * recall_step,
            part: chosen.part + hits * part_step,
            hits: more,
        };
        if !list(steps, recall, most_part, with_part, sum, sums) {
            return false;
        }
    }
    true
}

/// Only the accuracy is printed: hits of either class count alike, so only the sizes of folds matter.
fn by_size(kinds: &[Fold], of_all: i128, accuracy: Option<Range>) -> Outcome {
    let mut sizes: Vec<(u64, u64)> = Vec::new();
    for kind in kinds {
        match sizes.iter_mut().find(|(size, _)| *size == kind.p + kind.n) {
            Some((_, count)) => *count += kind.count,
            None => sizes.push((kind.p + kind.n, kind.count)),
        }
    }
    let steps: Vec<(u64, i128, i128)> =
        sizes.iter().map(|&(size, count)| (size * count, of_all / i128::from(size), 0)).collect();
    let (first, last) = accuracy.unwrap_or((0, i128::MAX >> 20));
    let mut left = MOST_SUMS;
    match one_sum(&steps, first, last, &mut left) {
        Some(mut hits) => {
            let mut found = Vec::new();
            for kind in kinds {
                let place = sizes.iter().position(|(size, _)| *size == kind.p + kind.n).unwrap_or(0);
                let own = hits[place].min((kind.p + kind.n) * kind.count);
                hits[place] -= own;
                let tp = own.min(kind.p * kind.count);
                found.push((tp, own - tp, *kind));
            }
            Outcome::Fits(found)
        }
        None if left == 0 => Outcome::CutShort,
        None => Outcome::Impossible,
    }
}

/// Counts whose weighted sum lies between `low` and `high`.
fn one_sum(steps: &[(u64, i128, i128)], low: i128, high: i128, left: &mut usize) -> Option<Vec<u64>> {
    let Some((&(most, step, _), rest)) = steps.split_first() else {
        return (low <= 0 && high >= 0).then(Vec::new);
    };
    let later: i128 = rest.iter().map(|step| i128::from(step.0) * step.1).sum();
    let first = (low - later + step - 1).div_euclid(step).max(0);
    let last = high.div_euclid(step).min(most.into());
    for hits in first..=last {
        *left = left.checked_sub(1)?;
        if let Some(mut found) = one_sum(rest, low - hits * step, high - hits * step, left) {
            found.insert(0, hits as u64);
            return Some(found);
        }
    }
    None
}

fn lcm(a: i128, b: i128) -> Option<i128> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).checked_mul(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::printed::{Printed, Rounding, Unit};
    use proptest::prelude::*;

    fn interval(value: f64) -> Interval {
        Printed::parse(&format!("{value:.2}"), Unit::Fraction).unwrap().interval(Rounding::Nearest)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn verdicts_are_those_of_trying_everything(
            folds in prop::collection::vec((1u64..4, 1u64..4), 2..4),
            which in 1usize..16,
            values in prop::array::uniform4(0u32..=100),
        ) {
            let value = |place: usize| (which >> place & 1 == 1).then(|| interval(f64::from(values[place]) / 100.0));
            let means =
                Means { accuracy: value(0), sensitivity: value(1), specificity: value(2), balanced: value(3) };
            let holds = |interval: Option<Interval>, sum: f64| {
                let mean = sum / folds.len() as f64;
                interval.is_none_or(|i| mean >= i.low_f64() - 1e-12 && mean <= i.high_f64() + 1e-12)
            };
            let all: Vec<(u64, u64)> = folds.iter().flat_map(|&(p, n)| [(p, n)]).collect();
            let choices: u64 = all.iter().map(|&(p, n)| (p + 1) * (n + 1)).product();
            let mut possible = false;
            for mut choice in 0..choices {
                let (mut acc, mut sens, mut spec) = (0.0, 0.0, 0.0);
                for &(p, n) in &all {
                    let tp = choice % (p + 1);
                    choice /= p + 1;
                    let tn = choice % (n + 1);
                    choice /= n + 1;
                    acc += (tp + tn) as f64 / (p + n) as f64;
                    sens += tp as f64 / p as f64;
                    spec += tn as f64 / n as f64;
                }
                possible |= holds(means.accuracy, acc)
                    && holds(means.sensitivity, sens)
                    && holds(means.specificity, spec)
                    && holds(means.balanced, (sens + spec) / 2.0);
            }
            let found = solve(&kinds(&folds, 1), &means);
            prop_assert_eq!(matches!(found, Outcome::Fits(_)), possible, "{:?}", found);
            prop_assert!(found != Outcome::CutShort);
        }
    }
}
