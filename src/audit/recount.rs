//! Check 3: every figure of a system against its printed confusion matrix, and what explains a mismatch.

use super::averaged::Recovered;
use super::claimed_score::{Score, is_linear};
use super::claims::{Average, Claim, Metric, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict};
use super::mismatch::explanation;
use super::power::Power;
use super::printed::{Rounding, show};
use super::tally::{ExactScore, Tally};
use super::two_classes::as_of_classes;

/// The matrix of a system with the runs that it sums.
pub struct Counted<'a> {
    recovered: Recovered,
    pub runs: u64,
    set: &'a TestSet,
    /// Of two rows the one that scores of two classes are about.
    positive: usize,
}

impl<'a> Counted<'a> {
    /// Where positives and negatives are as many, either row may be the positives: the one that more of the claims fit,
    /// and the second, as scikit-learn has it, where that decides nothing.
    pub fn of(recovered: Recovered, runs: u64, set: &'a TestSet, claims: &[&Claim]) -> Self {
        let sums: Vec<u64> = recovered.counts.iter().map(|row| row.iter().sum()).collect();
        let positive = match (sums.as_slice(), set.binary) {
            ([first, second], Some((p, _))) if first != second => usize::from(*first != p * runs),
            ([_, _], _) => {
                let fitting = |positive: usize| {
                    let two = |claim: &&&Claim| {
                        matches!(claim.metric, Metric::Binary(_))
                            && claim.class.is_none()
                            && claim.runs == runs
                    };
                    let fits = |claim: &&&Claim| {
                        let read = read(claim, positive);
                        let score = Score::of(&read, &recovered.counts, positive);
                        score.is_some_and(|score| score.fits(&read.value, read.rounding))
                    };
                    claims.iter().filter(two).filter(fits).count()
                };
                usize::from(fitting(1) >= fitting(0))
            }
            _ => 1,
        };
        Self { recovered, runs, set, positive }
    }
}

/// Under the name of the matrix's own figures, whose counts a reason can name; but what may be 0 / 0 of two classes is
/// printed as 0 or as 1.
fn read(claim: &Claim, positive: usize) -> Claim {
    let of_classes = as_of_classes(claim, positive)
        .filter(|read| matches!(read.metric, Metric::Accuracy | Metric::BalancedAccuracy | Metric::Recall));
    of_classes.unwrap_or_else(|| claim.clone())
}

/// The finding for one claim; `None` where the matrix says nothing of the metric.
pub fn check(claim: &Claim, counted: &Counted) -> Option<Finding> {
    let counts = &counted.recovered.counts;
    if matches!(claim.metric, Metric::Auc | Metric::LogLoss | Metric::Share) {
        return None;
    }
    let of_two = matches!(claim.metric, Metric::Binary(_)) && claim.class.is_none();
    if of_two && counts.len() != 2 {
        let reason = "a score of two classes beside a matrix of more: say class = \"…\"";
        return Some(Finding::not_checkable("recount", reason).about(claim, counted.set));
    }
    let read = read(claim, counted.positive);
    let mut finding = judge(&read, counted);
    let symmetric = matches!(read.metric, Metric::Accuracy | Metric::BalancedAccuracy);
    if of_two && !symmetric && finding.verdict != Verdict::NotCheckable {
        finding.reason += &format!("; row {} has the positives", counted.positive + 1);
    }
    Some(finding.about(claim, counted.set))
}

fn judge(claim: &Claim, counted: &Counted) -> Finding {
    let recovered = &counted.recovered;
    let counts = &recovered.counts;
    let tally = Tally::of(counts);
    let Some(score) = Score::of(claim, counts, counted.positive) else {
        return Finding::not_checkable("recount", "the matrix gives 0 / 0");
    };
    let value = shown(claim, score.to_f64());
    // A class without clips is counted in the runs in which it is predicted.
    let counted_at_times = claim.average == Some(Average::Macro) && tally.support.contains(&0);
    if counted.runs > 1 && (counted_at_times || !is_linear(claim)) {
        // The mean over runs of a precision is not the precision of the summed matrix.
        let reason = format!(
            "the matrix sums {} runs: the summed matrix has {value}, the mean over runs may differ",
            counted.runs
        );
        return Finding::not_checkable("recount", reason);
    }
    let basis = basis(claim, &tally);
    let gives = if recovered.unique { "the matrix gives" } else { "one of the matrix's solutions gives" };
    if score.fits(&claim.value, claim.rounding) {
        let words = format!("{gives} {basis}{value}");
        let mut finding = Finding::consistent("recount", words, None);
        let modes = claim.rounding.allowed().into_iter();
        finding.roundings = modes.filter(|&mode| score.fits(&claim.value, mode)).collect();
        power(claim, counted, &tally).of(&mut finding);
        return finding;
    }
    if recovered.unique {
        let off = clips_off(claim, &tally).map(|off| format!("; {off}")).unwrap_or_default();
        let reason = format!("{gives} {basis}{value}{off}");
        let repair = explanation(claim, counts, counted.positive, counted.set);
        return Finding::new("recount", Verdict::Inconsistent, reason).with_repair(repair);
    }
    let several = || {
        Finding::not_checkable(
            "recount",
            format!("the averaged matrix has several solutions; the first gives {value}"),
        )
    };
    let Some(ranges) = ranges(claim, recovered, &tally) else { return several() };
    let interval = claim.interval();
    for (range, hits) in ranges.iter().zip(&recovered.hits) {
        let given = match range.hits {
            Some((least, most, n)) => {
                let found = interval.counts(n, n);
                let first = *found.start().max(&least);
                let fits = !found.is_empty() && first <= *found.end().min(&most);
                fits.then(|| format!("{first} of {n} = {}", shown(claim, first as f64 / n as f64)))
            }
            None => reached(claim, hits, &tally).map(|score| shown(claim, score.to_f64())),
        };
        if let Some(given) = given {
            let words = format!("{gives} {given}");
            let mut finding = Finding::consistent("recount", words, None);
            power(claim, counted, &tally).of(&mut finding);
            return finding;
        }
    }
    let outside =
        |range: &Range| range.hits.is_some() || interval.high() < range.low || interval.low() > range.high;
    if !ranges.iter().all(outside) {
        return several();
    }
    let between = ranges.iter().map(|range| {
        format!("between {} and {}", shown(claim, range.low.to_f64()), shown(claim, range.high.to_f64()))
    });
    let reason =
        format!("all solutions of the averaged matrix lie {}", between.collect::<Vec<_>>().join(", or "));
    let repair = "the matrix and the figure are of different predictions, or one is misprinted";
    Finding::new("recount", Verdict::Inconsistent, reason).with_repair(Some(repair.into()))
}

/// Where a score lies over all solutions of an averaged matrix under one rounding.
struct Range {
    low: Exact,
    high: Exact,
    /// The least and the most hits of so many clips, all between them possible, where it is a proportion.
    hits: Option<(u64, u64, u64)>,
}

fn ranges(claim: &Claim, recovered: &Recovered, tally: &Tally) -> Option<Vec<Range>> {
    if !recovered.rows_known || !is_linear(claim) {
        return None;
    }
    let of_clips = |least: u64, most: u64, n: u64| Range {
        low: Exact::part(least, n),
        high: Exact::part(most, n),
        hits: Some((least, most, n)),
    };
    let range = |hits: &Vec<(u64, u64)>| match (claim.metric, claim.average, claim.class) {
        (Metric::Binary(_), ..) => None,
        (Metric::Recall, None, Some(class)) => {
            Some(of_clips(hits[class].0, hits[class].1, tally.support[class]))
        }
        (Metric::BalancedAccuracy, ..) | (Metric::Recall, Some(Average::Macro), _) => Some(Range {
            low: mean_recall(hits.iter().map(|own| own.0).collect(), tally)?,
            high: mean_recall(hits.iter().map(|own| own.1).collect(), tally)?,
            hits: None,
        }),
        _ => {
            let sum = |end: fn(&(u64, u64)) -> u64| hits.iter().map(end).sum::<u64>();
            Some(of_clips(sum(|own| own.0), sum(|own| own.1), tally.clips()))
        }
    };
    recovered.hits.iter().map(range).collect()
}

fn mean_recall(hits: Vec<u64>, tally: &Tally) -> Option<Exact> {
    match (Tally { hits, ..tally.clone() }).score(Metric::BalancedAccuracy, None, None) {
        Some(ExactScore::Plain(score)) => Some(score),
        _ => None,
    }
}

/// A mean recall that fits, from hits as low as they can be, raised class by class as far as the figure allows: the
/// classes whose hits count most first. Finding none proves nothing.
fn reached(claim: &Claim, hits: &[(u64, u64)], tally: &Tally) -> Option<Exact> {
    let interval = claim.interval();
    let mut own: Vec<u64> = hits.iter().map(|range| range.0).collect();
    let mut order: Vec<usize> = (0..hits.len()).collect();
    order.sort_by_key(|&class| tally.support[class]);
    for class in order {
        let (mut low, mut high) = (own[class], hits[class].1);
        while low < high {
            own[class] = low + (high - low).div_ceil(2);
            let above = mean_recall(own.clone(), tally)?.cmp(&interval.high());
            if above.is_gt() || above.is_eq() && !interval.high_closed {
                high = own[class] - 1;
            } else {
                low = own[class];
            }
        }
        own[class] = low;
    }
    mean_recall(own, tally).filter(|score| interval.holds_exact(score))
}

/// The values that the matrix prints as, under one rounding one and under any two, and those between the ends of what
/// several solutions give.
fn power(claim: &Claim, counted: &Counted, tally: &Tally) -> Power {
    let (least, Some(largest)) = claim.metric.range() else {
        return Power::none("the score has no largest value, so no share of its values is defined");
    };
    let scale = claim.value.scale() as f64;
    let mut passing = if claim.rounding == Rounding::Any { 2.0 } else { 1.0 };
    if !counted.recovered.unique {
        let Some(ranges) = ranges(claim, &counted.recovered, tally) else {
            return Power::uncounted("the averaged matrix has several solutions");
        };
        let low = ranges.iter().map(|range| range.low.to_f64()).fold(f64::INFINITY, f64::min);
        let high = ranges.iter().map(|range| range.high.to_f64()).fold(0.0, f64::max);
        passing += (high - low) * scale;
    }
    Power::counted(passing / ((largest - least) as f64 * scale + 1.0))
}

fn shown(claim: &Claim, value: f64) -> String {
    if value.is_nan() {
        return "0 / 0".into();
    }
    show(value, claim.value.unit, claim.value.decimals + 1)
}

/// "432 of 800 = ", where the score is a proportion.
fn basis(claim: &Claim, tally: &Tally) -> String {
    match (claim.metric, claim.class) {
        (Metric::Accuracy, _) => format!("{} of {} = ", tally.total_hits(), tally.clips()),
        (Metric::Recall, Some(class)) => format!("{} of {} = ", tally.hits[class], tally.support[class]),
        (Metric::Precision, Some(class)) => format!("{} of {} = ", tally.hits[class], tally.taken[class]),
        _ => String::new(),
    }
}

/// "54.25 % is 434 of 800, 2 clips more".
fn clips_off(claim: &Claim, tally: &Tally) -> Option<String> {
    let (hits, n) = match (claim.metric, claim.class) {
        (Metric::Accuracy, _) => (tally.total_hits(), tally.clips()),
        (Metric::Recall, Some(class)) => (tally.hits[class], tally.support[class]),
        _ => return None,
    };
    let counts = claim.interval().counts(n, n);
    if counts.is_empty() {
        return Some(format!("no k of {n} is printed as {}", claim.value.shown()));
    }
    let nearest = if *counts.start() > hits { *counts.start() } else { *counts.end() };
    let (by, side) = (nearest.abs_diff(hits), if nearest > hits { "more" } else { "fewer" });
    let clips = if by == 1 { "clip" } else { "clips" };
    Some(format!("{} is {nearest} of {n}, {by} {clips} {side}", claim.value.shown()))
}
