//! Check 1: a proportion of n clips, averaged over runs, is k / (n · runs) for an integer k.

use super::claims::{Aggregate, Average, Claim, Metric, SUPPORT_UNSAID, TestSet};
use super::finding::{Finding, Verdict};
use super::power::{Power, Printable};
use super::printed::{Interval, Printed, Rounding, Unit, show};
use super::two_classes::sides;
use crate::metrics::wilson;

/// What a claim is a proportion of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grid {
    /// k of this many, over all runs.
    Of(u64),
    /// No proportion of a fixed number.
    None,
    /// It would be, but for this.
    Missing(&'static str),
}

/// Kappa of equal classes is (K · accuracy − 1) / (K − 1): the interval of the accuracy behind it.
pub fn accuracy_behind_kappa(interval: Interval, classes: u64) -> Interval {
    let (k, d) = (i128::from(classes), interval.denominator);
    Interval {
        low: interval.low * (k - 1) + d,
        high: interval.high * (k - 1) + d,
        denominator: d * k,
        ..interval
    }
}

/// Whether the claim is the accuracy under another name, for one label a clip.
pub fn is_accuracy(claim: &Claim, set: &TestSet) -> bool {
    match (claim.metric, claim.average) {
        (Metric::Accuracy, _) => true,
        (Metric::Binary(score), _) => score.name == "acc" && claim.class.is_none(),
        (Metric::Precision | Metric::Recall | Metric::F1, Some(Average::Micro)) => set.single_label,
        (Metric::Recall, Some(Average::Weighted)) => set.single_label,
        _ => is_balanced(claim) && set.single_label && set.equal_support().is_some(),
    }
}

pub fn is_balanced(claim: &Claim) -> bool {
    claim.metric == Metric::BalancedAccuracy
        || claim.metric == Metric::Recall && claim.average == Some(Average::Macro)
}

/// The same as a score of positives and negatives.
pub fn is_balanced_of_two(claim: &Claim) -> bool {
    claim.class.is_none() && matches!(claim.metric, Metric::Binary(score) if score.name == "bacc")
}

/// The clips that a claim is a proportion of.
pub fn grid(claim: &Claim, set: &TestSet) -> Grid {
    let of = |clips: Option<u64>, what| match clips {
        Some(0) => Grid::Missing("the class has no clips"),
        Some(clips) => Grid::Of(clips * claim.runs),
        None => Grid::Missing(what),
    };
    let n = "the number of clips, n, is not said";
    if claim.folding.as_ref().is_some_and(|f| f.folds > 1 && f.aggregate != Some(Aggregate::ScoreOfMeans)) {
        return Grid::None;
    }
    if is_accuracy(claim, set) {
        return of(set.n, n);
    }
    match (claim.metric, claim.average, claim.class) {
        (Metric::Share, ..) => of(set.n, n),
        (Metric::Recall, None, Some(class)) => {
            of(set.support.as_ref().map(|support| support[class]), SUPPORT_UNSAID)
        }
        (Metric::Precision | Metric::F1, Some(Average::Micro), _) => {
            Grid::Missing("micro averages of several labels a clip have no common number of clips")
        }
        // Of one run `binary.rs` knows more.
        (Metric::Binary(score), ..) if claim.runs > 1 => match (score.name, sides(claim, set)) {
            ("sens" | "fnr", Some((p, _))) => of(Some(p), n),
            ("spec" | "fpr", Some((_, negatives))) => of(Some(negatives), n),
            ("acc" | "err", Some((p, negatives))) => of(Some(p + negatives), n),
            ("sens" | "fnr" | "spec" | "fpr" | "acc" | "err", None) => {
                Grid::Missing("positives and negatives are not said")
            }
            _ => Grid::None,
        },
        (Metric::Kappa, ..) if set.equal_support().is_some() && set.single_label => of(set.n, n),
        _ => Grid::None,
    }
}

/// The interval of the proportion that a claim on a grid stands for.
pub fn proportion(claim: &Claim, set: &TestSet, rounding: Rounding) -> Interval {
    let interval = claim.value.interval(rounding);
    match (claim.metric, set.classes()) {
        (Metric::Kappa, Some(classes)) if classes > 1 => accuracy_behind_kappa(interval, classes as u64),
        _ => interval,
    }
}

/// The share of all values with the same number of decimals that are some k / n under one of the allowed roundings.
///
/// `None` where counting them would take too long.
pub fn share_on_grid(figure: &Printed, rounding: Rounding, n: u64) -> Option<f64> {
    let (scale, n) = (figure.scale() as u128, u128::from(n));
    if n >= 2 * scale {
        return Some(1.0);
    }
    if n > 2_000_000 {
        return None;
    }
    let mut passing = 0u64;
    let mut last = None;
    for k in 0..=n {
        let (floor, rest) = (k * scale / n, k * scale % n);
        let lower = rest == 0
            || match rounding {
                Rounding::Any | Rounding::Truncate => true,
                Rounding::Ceil => false,
                Rounding::HalfUp => 2 * rest < n,
                Rounding::HalfEven => 2 * rest < n || 2 * rest == n && floor.is_multiple_of(2),
                Rounding::Nearest => 2 * rest <= n,
            };
        let upper = rest > 0
            && match rounding {
                Rounding::Any | Rounding::Ceil => true,
                Rounding::Truncate => false,
                Rounding::HalfUp | Rounding::Nearest => 2 * rest >= n,
                Rounding::HalfEven => 2 * rest > n || 2 * rest == n && !floor.is_multiple_of(2),
            };
        for value in [lower.then_some(floor), upper.then_some(floor + 1)].into_iter().flatten() {
            if last.is_none_or(|last| value > last) {
                passing += 1;
                last = Some(value);
            }
        }
    }
    Some(passing as f64 / (scale + 1) as f64)
}

/// The figure that k of n hits give, with a decimal more than printed.
fn shown(claim: &Claim, set: &TestSet, k: u64, n: u64) -> String {
    let part = k as f64 / n as f64;
    match set.classes().filter(|_| claim.metric == Metric::Kappa) {
        Some(classes) => {
            let kappa = (classes as f64 * part - 1.0) / (classes as f64 - 1.0);
            format!("kappa {}", show(kappa, claim.value.unit, claim.value.decimals + 1))
        }
        None => show(part, claim.value.unit, claim.value.decimals + 1),
    }
}

fn power(claim: &Claim, set: &TestSet, n: u64) -> Power {
    let Some(classes) = set.classes().filter(|_| claim.metric == Metric::Kappa) else {
        return share_on_grid(&claim.value, claim.rounding, n)
            .map_or_else(|| Power::uncounted("too many clips"), Power::counted);
    };
    let kappa = |k: u64| (classes as f64 * k as f64 / n as f64 - 1.0) / (classes as f64 - 1.0);
    let marked = Printable::new(&claim.value, claim.rounding, (-1, Some(1))).and_then(|mut printable| {
        printable.mark_run(0, n, &kappa, &mut 2_000_000).then(|| Power::counted(printable.share()))
    });
    marked.unwrap_or_else(|| Power::uncounted("too many values"))
}

/// "434 of 800", or "365 of 450 over 3 runs".
pub fn of_clips(k: u64, n: u64, runs: u64) -> String {
    if runs == 1 { format!("{k} of {n}") } else { format!("{k} of {n} over {runs} runs") }
}

/// The finding for a claim on the grid of `n` (all runs together).
pub fn check(claim: &Claim, set: &TestSet, n: u64) -> Finding {
    let interval = proportion(claim, set, claim.rounding);
    let counts = interval.counts(n, n);
    let shown = |k: u64| shown(claim, set, k, n);
    let finding = if counts.is_empty() {
        Finding::new("grid", Verdict::Inconsistent, neighbours(claim, set, &interval, n))
            .with_repair(repair(claim, set, n))
    } else {
        let (first, last) = (*counts.start(), *counts.end());
        let middle = first + (last - first) / 2;
        let words = if first == last {
            format!("{} = {}", of_clips(first, n, claim.runs), shown(first))
        } else {
            let range = format!("{first}…{last} of {n}");
            let over = if claim.runs > 1 { format!(" over {} runs", claim.runs) } else { String::new() };
            format!("{range}{over}, such as {middle} = {}", shown(middle))
        };
        let mut finding = Finding::consistent("grid", words, None);
        finding.roundings = claim
            .rounding
            .allowed()
            .into_iter()
            .filter(|&mode| !proportion(claim, set, mode).counts(n, n).is_empty())
            .collect();
        power(claim, set, n).of(&mut finding);
        if let (Some((low, high)), 1, false) = (wilson(middle, n), claim.runs, claim.metric == Metric::Kappa)
        {
            let unit = claim.value.unit;
            let ends = [low, high].map(|end| show(end, unit, if unit == Unit::Percent { 1 } else { 3 }));
            finding.notes.push(format!(
                "{n} clips: 95 % interval {} … {} (Wilson)",
                ends[0].trim_end_matches(" %"),
                ends[1]
            ));
        }
        finding
    };
    finding.about(claim, set)
}

fn neighbours(claim: &Claim, set: &TestSet, interval: &Interval, n: u64) -> String {
    let (first, _) = interval.integers(n.into());
    let above = first.clamp(0, n.into()) as u64;
    let shown = |k: u64| format!("{} is {}", of_clips(k, n, claim.runs), shown(claim, set, k, n));
    let around = if above == 0 { shown(0) } else { format!("{} and {}", shown(above - 1), shown(above)) };
    let rounding = match claim.rounding {
        Rounding::Any => "no rounding of either".into(),
        one => format!("{} of neither", one.name()),
    };
    format!("{around}; {rounding} gives {}", claim.value.shown())
}

/// The smallest change that makes the figure possible: a padded zero, twice (or more) the clips, another n, more runs.
fn repair(claim: &Claim, set: &TestSet, n: u64) -> Option<String> {
    let fits = |figure: &Printed, n: u64| {
        let interval = proportion(&Claim { value: figure.clone(), ..claim.clone() }, set, claim.rounding);
        let counts = interval.counts(n, n);
        let nearest = ((interval.low_f64() + interval.high_f64()) / 2.0 * n as f64).round() as u64;
        (!counts.is_empty()).then(|| nearest.clamp(*counts.start(), *counts.end()))
    };
    let shown = |k: u64, n: u64| shown(claim, set, k, n);
    let mut found = Vec::new();
    // No system is said to reach so little.
    let fraction = Printed { unit: Unit::Fraction, ..claim.value.clone() };
    if claim.value.unit == Unit::Percent
        && claim.value.value() <= 0.01
        && let Some(k) = fits(&fraction, n)
    {
        found.push(format!(
            "it is a fraction, not percent: {} = {}",
            of_clips(k, n, claim.runs),
            shown(k, n)
        ));
    }
    let mut shorter = claim.value.without_trailing_zero();
    while let Some(figure) = shorter {
        if let Some(k) = fits(&figure, n) {
            found.push(format!(
                "{} is {} rounded to {} and padded with a zero",
                claim.value.shown(),
                shown(k, n),
                figure.shown()
            ));
            break;
        }
        shorter = figure.without_trailing_zero();
    }
    let clips = n / claim.runs;
    if let Some((times, k)) = (2..=4).find_map(|times| Some((times, fits(&claim.value, times * n)?))) {
        let more = times * clips;
        found.push(format!(
            "n = {more} ({times} × {clips}): {} = {}",
            of_clips(k, times * n, claim.runs),
            shown(k, times * n)
        ));
    }
    if found.is_empty() {
        let near = (1..=clips.min(2000)).flat_map(|by| [clips - by, clips + by]).filter(|&near| near > 0);
        if let Some((near, k)) =
            near.filter_map(|near| Some((near, fits(&claim.value, near * claim.runs)?))).next()
        {
            let near_n = near * claim.runs;
            found.push(format!(
                "n = {near} in place of {clips}: {} = {}",
                of_clips(k, near_n, claim.runs),
                shown(k, near_n)
            ));
        }
        if let Some((runs, k)) = (2..=10u64)
            .filter(|&runs| runs != claim.runs)
            .find_map(|runs| Some((runs, fits(&claim.value, clips * runs)?)))
        {
            let all = clips * runs;
            found.push(format!("a mean of {runs} runs: {} = {}", of_clips(k, all, runs), shown(k, all)));
        }
    }
    (!found.is_empty()).then(|| found.join("; or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_what_counting_every_value_gives() {
        for (n, decimals, unit) in [
            (7u64, 1usize, Unit::Percent),
            (150, 1, Unit::Percent),
            (40, 2, Unit::Fraction),
            (800, 2, Unit::Fraction),
        ] {
            for rounding in [
                Rounding::Any,
                Rounding::HalfUp,
                Rounding::HalfEven,
                Rounding::Truncate,
                Rounding::Ceil,
                Rounding::Nearest,
            ] {
                let scale = 10u64.pow(decimals as u32) * if unit == Unit::Percent { 100 } else { 1 };
                let per = 10u64.pow(decimals as u32);
                let texts: Vec<String> =
                    (0..=scale).map(|value| format!("{}.{:0decimals$}", value / per, value % per)).collect();
                let passing = texts
                    .iter()
                    .filter(|text| {
                        let figure = Printed::parse(text, unit).unwrap();
                        !figure.interval(rounding).counts(n, n).is_empty()
                    })
                    .count();
                let figure = Printed::parse(&texts[0], unit).unwrap();
                let share = share_on_grid(&figure, rounding, n).unwrap();
                assert!(
                    (share - passing as f64 / texts.len() as f64).abs() < 1e-12,
                    "{n} {rounding:?} {share}"
                );
            }
        }
    }
}
