//! Means of scores over folds: is there a whole number of hits in every fold that gives the printed means?
//!
//! Folds alike in positives and negatives are pooled: their hits may be any number from 0 to all. Each printed mean is
//! then a row, a sum of true positives and true negatives over a common denominator that must lie in a range of whole
//! numbers, and `whole_point.rs` looks for a point that fits all of them.

use super::fold_counting::{Counting, OfBalanced, OfRecall};
use super::printed::Interval;
use super::region::Row;
use super::whole_point::{Answer, whole_point};

/// Means over folds, each where printed. No figure, no condition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    Impossible {
        /// Not even fractions of hits give the means.
        even_in_fractions: bool,
    },
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

/// Hits of one side, or of a whole fold where either side counts alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Positives,
    Negatives,
    Both,
}

/// A variable: the hits of one side of one kind of fold.
struct Variable {
    side: Side,
    /// Clips of the side in one fold, and of the whole fold.
    own: u64,
    whole: u64,
    count: u64,
}

/// Whether every fold has clips of the classes that the means ask for.
pub fn is_complete(kinds: &[Fold], means: &Means) -> bool {
    ways_to_count(kinds, means) == [Counting::default()]
}

/// The ways in which folds without clips of a class may count in the means.
pub fn ways_to_count(kinds: &[Fold], means: &Means) -> Vec<Counting> {
    let (no_positives, no_negatives) =
        (kinds.iter().any(|kind| kind.p == 0), kinds.iter().any(|kind| kind.n == 0));
    let recall = means.sensitivity.is_some() && no_positives || means.specificity.is_some() && no_negatives;
    Counting::every(recall, means.balanced.is_some() && (no_positives || no_negatives))
}

/// Searches for hits that give all means; `steps` is what the search may cost.
pub fn solve(kinds: &[Fold], means: &Means, counting: Counting, steps: &mut u64) -> Outcome {
    let variables = variables(kinds, means);
    let Some(rows) = rows(&variables, kinds, means, counting) else { return Outcome::CutShort };
    let most: Vec<u64> = variables.iter().map(|variable| variable.own * variable.count).collect();
    let positives = variables.iter().filter(|variable| variable.side == Side::Positives).count();
    let half = if positives == 0 || positives == variables.len() { variables.len() / 2 } else { positives };
    match whole_point(&most, &rows, half, steps) {
        Answer::CutShort => Outcome::CutShort,
        Answer::Impossible { even_in_fractions } => Outcome::Impossible { even_in_fractions },
        Answer::Point(hits) => Outcome::Fits(spread(kinds, &variables, hits)),
    }
}

/// Searches for hits of every class in every fold that give the mean over folds and classes of the recall (in
/// `sensitivity`) and the mean over folds of the accuracy. Cells alike in clips and fold size are pooled, as `Fold`s of
/// so many clips of the class and of the others.
pub fn solve_classes(layout: &[Vec<u64>], runs: u64, means: &Means, steps: &mut u64) -> (Outcome, Vec<Fold>) {
    let cells: Vec<(u64, u64)> = layout
        .iter()
        .flat_map(|fold| {
            let size: u64 = fold.iter().sum();
            fold.iter().map(move |&clips| (clips, size - clips))
        })
        .collect();
    let kinds = kinds(&cells, runs);
    let variables: Vec<Variable> = kinds
        .iter()
        .map(|kind| Variable {
            side: Side::Positives,
            own: kind.p,
            whole: kind.p + kind.n,
            count: kind.count,
        })
        .collect();
    let mut rows = Vec::new();
    let (cells, folds) = (cells.len() as i128 * i128::from(runs), layout.len() as i128 * i128::from(runs));
    let (own, of_whole) =
        (|variable: &Variable| (1i128, variable.own), |variable: &Variable| (1i128, variable.whole));
    let whole = row(&variables, means.sensitivity, (cells, 0), &own, &mut rows)
        .and_then(|()| row(&variables, means.accuracy, (folds, 0), &of_whole, &mut rows));
    if whole.is_none() {
        return (Outcome::CutShort, kinds);
    }
    let most: Vec<u64> = variables.iter().map(|variable| variable.own * variable.count).collect();
    let outcome = match whole_point(&most, &rows, variables.len() / 2, steps) {
        Answer::CutShort => Outcome::CutShort,
        Answer::Impossible { even_in_fractions } => Outcome::Impossible { even_in_fractions },
        Answer::Point(hits) => {
            Outcome::Fits(hits.into_iter().zip(&kinds).map(|(t, kind)| (t, 0, *kind)).collect())
        }
    };
    (outcome, kinds)
}

/// Only the accuracy printed: hits of either class count alike, so only the sizes of folds matter.
fn variables(kinds: &[Fold], means: &Means) -> Vec<Variable> {
    if means.sensitivity.is_none() && means.specificity.is_none() && means.balanced.is_none() {
        let mut sizes: Vec<Variable> = Vec::new();
        for kind in kinds {
            let whole = kind.p + kind.n;
            match sizes.iter_mut().find(|known| known.whole == whole) {
                Some(known) => known.count += kind.count,
                None => sizes.push(Variable { side: Side::Both, own: whole, whole, count: kind.count }),
            }
        }
        return sizes;
    }
    let linked = means.accuracy.is_some() || means.balanced.is_some();
    let of = |side: Side, wanted: bool| {
        let own = move |kind: &Fold| if side == Side::Positives { kind.p } else { kind.n };
        let kinds = kinds.iter().filter(move |kind| wanted && own(kind) > 0);
        kinds.map(move |kind| Variable { side, own: own(kind), whole: kind.p + kind.n, count: kind.count })
    };
    let positives = of(Side::Positives, linked || means.sensitivity.is_some());
    positives.chain(of(Side::Negatives, linked || means.specificity.is_some())).collect()
}

/// `None` where numbers grow too large.
fn rows(variables: &[Variable], kinds: &[Fold], means: &Means, counting: Counting) -> Option<Vec<Row>> {
    let folds = |has: fn(&Fold) -> bool| -> i128 {
        kinds.iter().filter(|kind| has(kind)).map(|kind| i128::from(kind.count)).sum()
    };
    let all = folds(|_| true).max(1);
    let (with_p, with_n) = (folds(|kind| kind.p > 0), folds(|kind| kind.n > 0));
    let mut rows = Vec::new();
    let recall =
        |wanted: Side| move |variable: &Variable| (i128::from(variable.side == wanted), variable.own);
    let over = |having: i128| match counting.recall {
        None | Some(OfRecall::LeftOut) => (having.max(1), 0),
        Some(OfRecall::Zero) => (all, 0),
        Some(OfRecall::One) => (all, all - having),
    };
    row(variables, means.sensitivity, over(with_p), &recall(Side::Positives), &mut rows)?;
    row(variables, means.specificity, over(with_n), &recall(Side::Negatives), &mut rows)?;
    row(variables, means.accuracy, (all, 0), &|variable| (1i128, variable.whole), &mut rows)?;
    let alone = |variable: &Variable| variable.own == variable.whole;
    let both = folds(|kind| kind.p > 0 && kind.n > 0).max(1);
    let weight = |variable: &Variable| match (counting.balanced, variable.side) {
        (Some(OfBalanced::OtherClass), _) if alone(variable) => 2,
        (Some(OfBalanced::LeftOut), _) if alone(variable) => 0,
        (Some(OfBalanced::MeanOfMeans), Side::Positives) => with_n.max(1),
        (Some(OfBalanced::MeanOfMeans), _) => with_p.max(1),
        _ => 1,
    };
    let over = match counting.balanced {
        None | Some(OfBalanced::OtherClass | OfBalanced::Zero) => (2 * all, 0),
        Some(OfBalanced::One) => (2 * all, 2 * all - with_p - with_n),
        Some(OfBalanced::LeftOut) => (2 * both, 0),
        Some(OfBalanced::MeanOfMeans) => (2 * with_p.max(1) * with_n.max(1), 0),
    };
    row(variables, means.balanced, over, &|variable| (weight(variable), variable.own), &mut rows)?;
    Some(rows)
}

/// Adds the row of a printed mean: with (weight, divisor) of each variable and (times, fixed) of the row, the sum of
/// weight · hits / divisor, and fixed, divided by times.
fn row(
    variables: &[Variable],
    interval: Option<Interval>,
    (times, fixed): (i128, i128),
    of: &dyn Fn(&Variable) -> (i128, u64),
    rows: &mut Vec<Row>,
) -> Option<()> {
    let Some(interval) = interval else { return Some(()) };
    let part = |variable: &Variable| match of(variable) {
        (0, _) | (_, 0) => (0, 1),
        (weight, divisor) => (weight, i128::from(divisor)),
    };
    let parts: Vec<(i128, i128)> = variables.iter().map(part).collect();
    let common = parts.iter().try_fold(1i128, |common, (_, divisor)| lcm(common, *divisor))?;
    let whole = common.checked_mul(times)?;
    whole.checked_mul(4 * interval.high.abs().max(interval.denominator))?;
    let coefficients = parts.iter().map(|(weight, divisor)| common / divisor * weight).collect();
    let (low, high) = interval.integers(whole);
    rows.push(Row { coefficients, low: low - fixed * common, high: high - fixed * common });
    Some(())
}

/// The hits of each kind of fold.
fn spread(kinds: &[Fold], variables: &[Variable], mut hits: Vec<u64>) -> Vec<(u64, u64, Fold)> {
    let mut take = |side: Side, kind: &Fold| {
        let place = variables.iter().position(|variable| match side {
            Side::Both => variable.side == Side::Both && variable.whole == kind.p + kind.n,
            Side::Positives => {
                variable.side == side && variable.own == kind.p && variable.whole == kind.p + kind.n
            }
            Side::Negatives => {
                variable.side == side && variable.own == kind.n && variable.whole == kind.p + kind.n
            }
        });
        let Some(place) = place else { return 0 };
        let most = if side == Side::Both { (kind.p + kind.n) * kind.count } else { u64::MAX };
        let taken = hits[place].min(most);
        hits[place] -= taken;
        taken
    };
    kinds
        .iter()
        .map(|kind| {
            let either = take(Side::Both, kind);
            let positives = either.min(kind.p * kind.count);
            let tp = take(Side::Positives, kind) + positives;
            (tp, take(Side::Negatives, kind) + either - positives, *kind)
        })
        .collect()
}

/// The least common multiple; `None` where it is too large.
pub fn lcm(a: i128, b: i128) -> Option<i128> {
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

    /// Sensitivity, specificity and balanced accuracy as means over folds, each fold's clips and hits of either class.
    fn counted(folds: &[(u64, u64)], hits: &[(u64, u64)], counting: Counting) -> [f64; 3] {
        let part = |hits: u64, clips: u64| (clips > 0).then_some(hits as f64 / clips as f64);
        let each: Vec<[Option<f64>; 2]> =
            folds.iter().zip(hits).map(|(fold, hits)| [part(hits.0, fold.0), part(hits.1, fold.1)]).collect();
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let of_side = |side: usize, counting: OfRecall| {
            let value = |fold: &[Option<f64>; 2]| match counting {
                OfRecall::LeftOut => fold[side],
                OfRecall::Zero => Some(fold[side].unwrap_or(0.0)),
                OfRecall::One => Some(fold[side].unwrap_or(1.0)),
            };
            mean(each.iter().filter_map(value).collect())
        };
        let with = |empty: f64| mean(each.iter().flatten().map(|side| side.unwrap_or(empty)).collect());
        let there = |fold: &[Option<f64>; 2]| mean(fold.iter().flatten().copied().collect());
        let balanced = match counting.balanced.unwrap() {
            OfBalanced::OtherClass => mean(each.iter().map(there).collect()),
            OfBalanced::Zero => with(0.0),
            OfBalanced::One => with(1.0),
            OfBalanced::LeftOut => {
                mean(each.iter().filter_map(|fold| Some((fold[0]? + fold[1]?) / 2.0)).collect())
            }
            OfBalanced::MeanOfMeans => (of_side(0, OfRecall::LeftOut) + of_side(1, OfRecall::LeftOut)) / 2.0,
        };
        let recall = counting.recall.unwrap();
        [of_side(0, recall), of_side(1, recall), balanced]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn folds_without_a_class_are_counted_in_every_way(
            folds in prop::collection::vec((0u64..3, 0u64..3), 2..4),
            which in 1usize..8,
            values in prop::array::uniform3(0u32..=20),
        ) {
            let folds: Vec<(u64, u64)> =
                folds.into_iter().map(|fold| if fold == (0, 0) { (0, 1) } else { fold }).collect();
            let value =
                |place: usize| (which >> place & 1 == 1).then(|| interval(f64::from(values[place]) / 20.0));
            let means =
                Means { accuracy: None, sensitivity: value(0), specificity: value(1), balanced: value(2) };
            let choices: u64 = folds.iter().map(|&(p, n)| (p + 1) * (n + 1)).product();
            for counting in Counting::every(true, true) {
                let possible = (0..choices).any(|mut choice| {
                    let mut take = |most: u64| {
                        let taken = choice % (most + 1);
                        choice /= most + 1;
                        taken
                    };
                    let hits: Vec<(u64, u64)> = folds.iter().map(|&(p, n)| (take(p), take(n))).collect();
                    let scores = counted(&folds, &hits, counting);
                    scores.iter().zip([means.sensitivity, means.specificity, means.balanced]).all(
                        |(score, interval)| {
                            interval.is_none_or(|i| {
                                *score >= i.low_f64() - 1e-12 && *score <= i.high_f64() + 1e-12
                            })
                        },
                    )
                });
                let found = solve(&kinds(&folds, 1), &means, counting, &mut 10_000_000);
                prop_assert_eq!(matches!(found, Outcome::Fits(_)), possible, "{:?} {:?}", counting, found);
                prop_assert!(found != Outcome::CutShort);
            }
        }

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
            let found = solve(&kinds(&folds, 1), &means, Counting::default(), &mut 10_000_000);
            prop_assert_eq!(matches!(found, Outcome::Fits(_)), possible, "{:?}", found);
            prop_assert!(found != Outcome::CutShort);
        }
    }
}
