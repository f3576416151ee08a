//! Check 9: a mean ± a standard deviation over runs, for a proportion of n clips.
//!
//! With R runs of k₁ … k_R hits the mean is Σk / (n R) and the standard deviation squared is
//! (R Σk² − (Σk)²) / (R (R − ddof) n²). Both are integers over known denominators, so whole numbers that give both
//! printed figures either exist or do not: for each possible sum a bounded search looks for deviations from its mean.

use super::claims::{Claim, Ddof, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, Witness, listed};
use super::power::{Power, redrawn_between};
use super::printed::{Interval, Printed};

/// Steps before the search says that it was cut short.
const MOST_STEPS: u64 = 3_000_000;

/// `n` is the clips of one run.
pub fn check(claim: &Claim, set: &TestSet, n: Option<u64>) -> Option<Finding> {
    let sd = claim.sd.as_ref()?;
    let figure = format!("{} ± {}", claim.figure(set), sd.text);
    let mut finding = judge(claim, n, sd.interval(claim.rounding));
    if let (Verdict::Consistent, Some(n)) = (finding.verdict, n) {
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

fn judge(claim: &Claim, n: Option<u64>, sd: Interval) -> Finding {
    let runs = claim.runs;
    if runs < 2 {
        return Finding::not_checkable("spread", "runs, the number of runs behind the ±, is not said");
    }
    let ddofs: Vec<u64> = match claim.ddof {
        Ddof::Of(ddof) => vec![ddof],
        Ddof::Any => vec![0, 1],
    };
    // The largest spread that numbers between 0 and 1 of this mean can have.
    let mean = claim.interval();
    let half = Exact::new(1, 2);
    let nearest_half = if mean.low() > half {
        mean.low()
    } else if mean.high() < half {
        mean.high()
    } else {
        half
    };
    let largest = |ddof: u64| {
        let one = Exact::new(1, 1);
        let room = nearest_half.times(&one.minus(&nearest_half));
        room.times(&Exact::new(runs.into(), (runs - ddof).into()))
    };
    if ddofs.iter().all(|&ddof| sd.low().signed_square() > largest(ddof)) && sd.low > 0 {
        let most = largest(*ddofs.last().unwrap_or(&0)).to_f64().sqrt();
        let reason = format!(
            "numbers between 0 and 1 with this mean deviate by √(m(1−m)·R/(R−ddof)) = {} at the most",
            claim.value.show(most, claim.value.decimals + 1)
        );
        let mut finding = Finding::new("spread", Verdict::Inconsistent, reason);
        finding.repair = Some("± is no standard deviation over runs".into());
        return finding;
    }
    let Some(n) = n else {
        return Finding::not_checkable("spread", "the metric is no proportion of a known number of clips");
    };
    let mut steps = MOST_STEPS;
    for &ddof in &ddofs {
        if let Some(hits) = find(n, runs, ddof, &mean, &sd, &mut steps) {
            let words = format!("runs of {} of {n} (ddof = {ddof})", listed(hits.iter().map(u64::to_string)));
            let mut finding = Finding::new("spread", Verdict::Consistent, words.clone());
            finding.witness = Some(Witness { words, matrix: None });
            return finding;
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
    let mut finding = Finding::new("spread", Verdict::Inconsistent, reason);
    let mut steps = MOST_STEPS;
    let other = (2..=10u64)
        .filter(|&other| other != runs)
        .find(|&other| [0, 1].iter().any(|&ddof| find(n, other, ddof, &mean, &sd, &mut steps).is_some()));
    finding.repair = other.map(|other| format!("{other} runs"));
    finding
}

/// Hits of each run with the mean and the deviation, in ascending order.
fn find(n: u64, runs: u64, ddof: u64, mean: &Interval, sd: &Interval, steps: &mut u64) -> Option<Vec<u64>> {
    let r = i128::from(runs);
    // sd² in [low², high²] ⇔ R Σk² − (Σk)² in [low², high²] · R (R − ddof) n².
    let unit = r * (r - i128::from(ddof)) * i128::from(n) * i128::from(n);
    let square = |edge: i128| (edge * edge).checked_mul(unit);
    let below = sd.denominator * sd.denominator;
    let low = if sd.low <= 0 {
        0
    } else {
        let scaled = square(sd.low)?;
        if sd.low_closed { (scaled + below - 1) / below } else { scaled / below + 1 }
    };
    let scaled = square(sd.high)?;
    let high = if sd.high_closed { scaled / below } else { (scaled + below - 1) / below - 1 };
    for sum in mean.counts(n * runs, n * runs) {
        let mut hits = Vec::new();
        if descend(n, runs, i128::from(sum), 0, low, high, &mut hits, steps) {
            return Some(hits);
        }
        if *steps == 0 {
            return None;
        }
    }
    None
}

/// Chooses runs in ascending order; `spread` = R Σk² − (Σk)² of the whole must end between `low` and `high`.
#[allow(clippy::too_many_arguments)]
fn descend(
    n: u64,
    left: u64,
    sum: i128,
    squares: i128,
    low: i128,
    high: i128,
    hits: &mut Vec<u64>,
    steps: &mut u64,
) -> bool {
    let chosen = hits.len() as i128;
    let runs = chosen + i128::from(left);
    let total = sum + hits.iter().map(|&k| i128::from(k)).sum::<i128>();
    if left == 0 {
        let spread = runs * squares - total * total;
        return sum == 0 && spread >= low && spread <= high;
    }
    if *steps == 0 {
        return false;
    }
    *steps -= 1;
    let least = hits.last().copied().unwrap_or(0);
    // Ascending: what is left is at least `least` each, so this one is at most the mean of what is left.
    let most = sum.div_euclid(i128::from(left)).min(n.into());
    // The nearest to the mean first: small deviations are what papers print.
    for k in (i128::from(least)..=most).rev() {
        let rest = i128::from(left) - 1;
        let rest_sum = sum - k;
        // The least and the most that the squares of the rest can add.
        let even = if rest > 0 { rest_sum * rest_sum / rest } else { 0 };
        let fewest = runs * (squares + k * k + even) - total * total;
        if fewest > high {
            break;
        }
        let at_end = if rest > 0 {
            let room = (i128::from(n) - k).max(1);
            let full = ((rest_sum - rest * k) / room).clamp(0, rest);
            let partial = rest_sum - rest * k - full * room;
            let partial = (k + partial.max(0)).min(n.into());
            full * i128::from(n) * i128::from(n) + partial * partial + (rest - full - 1).max(0) * k * k
        } else {
            0
        };
        if runs * (squares + k * k + at_end) - total * total < low {
            continue;
        }
        hits.push(k as u64);
        if descend(n, left - 1, rest_sum, squares + k * k, low, high, hits, steps) {
            return true;
        }
        hits.pop();
        if *steps == 0 {
            return false;
        }
    }
    false
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
        let mut wrong = 0;
        for tenth in 0..600 {
            let sd = format!("{:.1}", f64::from(tenth) / 10.0);
            let known = printed.contains(&("50.0".to_string(), sd.clone()));
            assert_eq!(exists(12, 3, 1, "50.0", &sd), known, "{sd}");
            wrong += u32::from(!known);
        }
        assert!(wrong > 500);
    }
}
