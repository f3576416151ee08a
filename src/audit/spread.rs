//! Check 9: a mean ± a standard deviation over runs, for a proportion of n clips.
//!
//! With R runs of k₁ … k_R hits the mean is Σk / (n R) and the standard deviation squared is
//! (R Σk² − (Σk)²) / (R (R − ddof) n²). Both are integers over known denominators, so whole numbers that give both
//! printed figures either exist or do not: for each possible sum a bounded search looks for deviations from its mean.

use super::claims::{Claim, Ddof, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, listed};
use super::power::{Power, redrawn_between};
use super::printed::{Interval, Printed};

pub const NO_PROPORTION: &str = "the metric is no proportion of a known number of clips";

/// Steps before the search says that it was cut short.
const MOST_STEPS: u64 = 3_000_000;
/// The search goes a step deeper for each.
const MOST_RUNS: u64 = 1000;
/// The part of the steps left that one sum of hits may use.
const SHARE: u64 = 8;

/// `n` is the clips of one run, or why they are not known; `mean_known` whether the figure is the mean that ± is about.
pub fn check(claim: &Claim, set: &TestSet, n: Result<u64, &str>, mean_known: bool) -> Option<Finding> {
    let sd = claim.sd.as_ref()?;
    let figure = format!("{} ± {}", claim.figure(set), sd.text);
    let mut finding = judge(claim, n, sd.interval(claim.rounding), mean_known);
    if let (Verdict::Consistent, Ok(n)) = (finding.verdict, n) {
        power(claim, sd, n).of(&mut finding);
    }
    let mut finding = finding.about(claim, set);
    finding.figure = figure;
    Some(finding)
}

/// The share of deviations, up to the largest that numbers between 0 and 1 can have, that some runs with this mean give.
fn power(claim: &Claim, sd: &Printed, n: u64) -> Power {
    let ddofs: &[u64] = match claim.ddof {
        Ddof::Of(0) => &[0],
        Ddof::Of(_) => &[1],
        Ddof::Any => &[0, 1],
    };
    let largest = (0.25 * claim.runs as f64 / (claim.runs - ddofs[ddofs.len() - 1]) as f64).sqrt();
    let mut budget = MOST_STEPS;
    redrawn_between(sd, 0, (largest * sd.scale() as f64).floor() as i128, &mut |value| {
        let mut steps = budget.min(MOST_STEPS / 50);
        let before = steps;
        let interval = value.interval(claim.rounding);
        let found = ddofs
            .iter()
            .any(|&ddof| find(n, claim.runs, ddof, &claim.interval(), &interval, &mut steps).is_some());
        budget -= before - steps;
        (found || steps > 0).then_some(found)
    })
}

fn judge(claim: &Claim, n: Result<u64, &str>, sd: Interval, mean_known: bool) -> Finding {
    let runs = claim.runs;
    if runs < 2 {
        return Finding::not_checkable(
            "spread",
            "what ± is over is not said: runs, so many trainings tested on the same clips, or folds of a cross-validation",
        );
    }
    let ddofs: Vec<u64> = match claim.ddof {
        Ddof::Of(ddof) => vec![ddof],
        Ddof::Any => vec![0, 1],
    };
    let mean = claim.interval();
    if let Some(finding) = too_large(claim, &ddofs, sd, mean_known.then_some(&mean)) {
        return finding;
    }
    let n = match n {
        Ok(n) => n,
        Err(why) => return Finding::not_checkable("spread", why),
    };
    if runs > MOST_RUNS {
        return Finding::not_checkable("spread", format!("the hits of {runs} runs are not searched for"));
    }
    let mut steps = MOST_STEPS;
    for &ddof in &ddofs {
        if let Some(hits) = find(n, runs, ddof, &mean, &sd, &mut steps) {
            let words = format!("runs of {} of {n} (ddof = {ddof})", listed(hits.iter().map(u64::to_string)));
            return Finding::consistent("spread", words, None);
        }
    }
    if steps == 0 {
        return Finding::not_checkable("spread", "the search for runs was cut short");
    }
    let ddof = listed(ddofs.iter().map(u64::to_string));
    let reason = format!(
        "no {runs} whole numbers of hits of {n} have this mean and this deviation (ddof = {ddof}): \
         every sum of hits that gives the mean was tried"
    );
    let mut steps = MOST_STEPS;
    let other = (2..=10u64)
        .filter(|&other| other != runs)
        .find(|&other| [0, 1].iter().any(|&ddof| find(n, other, ddof, &mean, &sd, &mut steps).is_some()));
    Finding::new("spread", Verdict::Inconsistent, reason)
        .with_repair(other.map(|other| format!("{other} runs")))
}

/// A deviation larger than numbers of the score's range can have; what has no largest value has no such bound.
fn too_large(claim: &Claim, ddofs: &[u64], sd: Interval, mean: Option<&Interval>) -> Option<Finding> {
    let (a, Some(b)) = claim.metric.range() else { return None };
    // (m − a)(b − m) is largest in the middle, and where the mean is not known it may lie there.
    let middle = Exact::new(i128::from(a) + i128::from(b), 2);
    let nearest = match mean {
        Some(mean) if mean.low() > middle => mean.low(),
        Some(mean) if mean.high() < middle => mean.high(),
        _ => middle,
    };
    let above = nearest.minus(&Exact::new(a.into(), 1));
    let room = above.times(&Exact::new(b.into(), 1).minus(&nearest));
    let runs = claim.runs;
    let largest = |ddof: u64| room.times(&Exact::new(runs.into(), (runs - ddof).into()));
    if sd.low <= 0 || ddofs.iter().any(|&ddof| sd.low().signed_square() <= largest(ddof)) {
        return None;
    }
    let most = largest(*ddofs.last().unwrap_or(&0)).to_f64().sqrt();
    let parts = if a == 0 { "m(1−m)" } else { "(1+m)(1−m)" };
    let reason = format!(
        "numbers between {a} and {b} with this mean deviate by √({parts}·R/(R−ddof)) = {} at the most",
        claim.value.show(most, claim.value.decimals + 1)
    );
    let repair = Some("± is no standard deviation over runs".into());
    Some(Finding::new("spread", Verdict::Inconsistent, reason).with_repair(repair))
}

/// Hits of each run with the mean and the deviation, in ascending order.
fn find(n: u64, runs: u64, ddof: u64, mean: &Interval, sd: &Interval, steps: &mut u64) -> Option<Vec<u64>> {
    let r = i128::from(runs);
    let clips = i128::from(n);
    // sd² in [low², high²] ⇔ R Σk² − (Σk)² in [low², high²] · R (R − ddof) n².
    let unit = r * (r - i128::from(ddof)) * clips * clips;
    let all = r * r * clips * clips;
    let at_least = |edge: Exact, closed: bool| {
        first_of(0, all + 1, |spread| {
            let order = Exact::new(spread, unit).cmp(&edge);
            order.is_gt() || closed && order.is_eq()
        })
    };
    let low = if sd.low < 0 { 0 } else { at_least(sd.low().signed_square(), sd.low_closed) };
    let high = at_least(sd.high().signed_square(), !sd.high_closed) - 1;
    let mut cut_short = false;
    for sum in mean.counts(n * runs, n * runs) {
        *steps = steps.saturating_sub(1);
        if *steps == 0 {
            return None;
        }
        let sum = i128::from(sum);
        // Σk² is a whole number, odd where Σk is.
        let squares = -(-(low + sum * sum)).div_euclid(r);
        if r * (squares + (squares - sum).rem_euclid(2)) - sum * sum > high {
            continue;
        }
        // A sum without a solution must not use up what the others need.
        let mut own = *steps / SHARE + 1;
        let given = own;
        let mut search = Search { n: clips, runs: r, sum, low, high, hits: Vec::new(), steps: &mut own };
        if search.descend(r, sum, 0) {
            return Some(search.hits.iter().map(|&k| k as u64).collect());
        }
        cut_short |= own == 0;
        *steps -= given - own;
    }
    if cut_short {
        *steps = 0;
    }
    None
}

/// The first of `low .. high` from which on `holds`; `high` if none.
fn first_of(mut low: i128, mut high: i128, holds: impl Fn(i128) -> bool) -> i128 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

/// Runs chosen in ascending order; R Σk² − (Σk)² of the whole must end between `low` and `high`.
struct Search<'s> {
    n: i128,
    runs: i128,
    sum: i128,
    low: i128,
    high: i128,
    hits: Vec<i128>,
    steps: &'s mut u64,
}

impl Search<'_> {
    fn spread(&self, squares: i128) -> i128 {
        self.runs * squares - self.sum * self.sum
    }

    /// The least and the most squares of `rest` runs of `least` hits or more that sum to `sum`: all alike but for one
    /// hit, or as many as can be full.
    fn ends(&self, rest: i128, sum: i128, least: i128) -> (i128, i128) {
        if rest == 0 {
            return (0, 0);
        }
        let (each, more) = (sum / rest, sum % rest);
        let even = (rest - more) * each * each + more * (each + 1) * (each + 1);
        let (over, room) = (sum - rest * least, self.n - least);
        if room == 0 {
            return (even, even);
        }
        let (full, part) = (over / room, least + over % room);
        let (one, alike) = if full < rest { (part * part, rest - full - 1) } else { (0, 0) };
        (even, full * self.n * self.n + one + alike * least * least)
    }

    /// Chooses `left` runs that sum to `sum`, with the squares of those before.
    fn descend(&mut self, left: i128, sum: i128, squares: i128) -> bool {
        if left == 0 {
            let spread = self.spread(squares);
            return sum == 0 && spread >= self.low && spread <= self.high;
        }
        if *self.steps == 0 {
            return false;
        }
        *self.steps -= 1;
        // What is left is at least this one, and at most n, each.
        let least = self.hits.last().copied().unwrap_or(0).max(sum - (left - 1) * self.n);
        let most = sum.div_euclid(left).min(self.n);
        let ends = |k: i128| {
            let (fewest, largest) = self.ends(left - 1, sum - k, k);
            (self.spread(squares + k * k + fewest), self.spread(squares + k * k + largest))
        };
        // The farther below the mean, the more the least and the most that can come of it.
        let first = first_of(least, most + 1, |k| ends(k).0 <= self.high);
        let last = first_of(least, most + 1, |k| ends(k).1 < self.low) - 1;
        // The nearest to the mean first: small deviations are what papers print.
        for k in (first..=last).rev() {
            self.hits.push(k);
            if self.descend(left - 1, sum - k, squares + k * k) {
                return true;
            }
            self.hits.pop();
            if *self.steps == 0 {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::printed::{Printed, Rounding, Unit};

    fn exists(n: u64, runs: u64, ddof: u64, mean: &str, sd: &str) -> bool {
        let interval = |text| Printed::parse(text, Unit::Percent).unwrap().interval(Rounding::HalfUp);
        find(n, runs, ddof, &interval(mean), &interval(sd), &mut 1_000_000).is_some()
    }

    #[test]
    fn what_trying_all_runs_finds_is_found() {
        // All means and deviations of three runs of 0 … 12 of 12.
        let mut printed = std::collections::BTreeSet::new();
        for a in 0..=12u64 {
            for b in a..=12 {
                for c in b..=12 {
                    let mean = (a + b + c) as f64 / 36.0;
                    let spread = [a, b, c].iter().map(|&k| (k as f64 / 12.0 - mean).powi(2)).sum::<f64>();
                    let round = |value: f64| format!("{:.1}", (value * 1000.0 + 1e-9).round() / 10.0);
                    printed.insert((round(mean), round((spread / 2.0).sqrt())));
                }
            }
        }
        for (mean, sd) in &printed {
            assert!(exists(12, 3, 1, mean, sd), "{mean} ± {sd}");
        }
        // No runs but equal ones print a deviation of 0.
        assert!(exists(12, 3, 1, "50.0", "0.0") && !exists(12, 3, 1, "50.0", "0.1"));
        let mut wrong = 0;
        for tenth in 0..600 {
            let sd = format!("{:.1}", f64::from(tenth) / 10.0);
            let known = printed.contains(&("50.0".to_string(), sd.clone()));
            assert_eq!(exists(12, 3, 1, "50.0", &sd), known, "{sd}");
            wrong += u32::from(!known);
        }
        assert!(wrong > 500);
    }

    #[test]
    fn large_runs_with_many_decimals_are_found_quickly() {
        // 81188 … of 100000 in ten runs print so; products of these numbers pass 128 bits.
        let interval = |text| Printed::parse(text, Unit::Percent).unwrap().interval(Rounding::HalfUp);
        let mut steps = MOST_STEPS;
        let found = find(100_000, 10, 0, &interval("81.47"), &interval("0.7951072191849"), &mut steps);
        assert!(found.is_some() && steps > MOST_STEPS / 4, "{steps} steps left");
    }
}
