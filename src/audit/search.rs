//! A witness for several figures of one confusion matrix at once: counts near the figures, then random small changes
//! that come nearer, until every figure fits exactly. Finding none proves nothing.

use super::claims::{Average, Claim, Metric};
use super::tally::Tally;
use crate::random::Draws;

/// Tallies that are tried one by one.
const MOST_TALLIES: f64 = 400_000.0;
/// More than a score in floats is ever off, of a hundred million clips nearly all of one class too.
const ROUNDING: f64 = 1e-6;
/// Changes tried from each start.
const CHANGES: usize = 30_000;

/// A tally that gives every claim exactly, with hits in `hits`, from one of `starts` (which exist).
pub fn witness(claims: &[&Claim], starts: &[Tally], hits: (u64, u64)) -> Option<Tally> {
    let mut draws = Draws::new(1, "audit witness");
    starts.iter().find_map(|start| improve(claims, start.clone(), hits, &mut draws))
}

/// As many hits in every class as `hits` of all clips, and as many predictions as clips.
pub fn proportional(support: &[u64], hits: u64) -> Tally {
    let n: u64 = support.iter().sum();
    let mut own: Vec<u64> =
        support.iter().map(|s| (u128::from(*s) * u128::from(hits) / u128::from(n.max(1))) as u64).collect();
    let mut left = hits - own.iter().sum::<u64>();
    for (class, own) in own.iter_mut().enumerate() {
        let more = left.min(support[class] - *own).min(1);
        *own += more;
        left -= more;
    }
    let mut tally = Tally { support: support.to_vec(), hits: own, taken: support.to_vec() };
    // A class whose errors would all be its own gives some to the others.
    let errors = n - hits;
    for class in 0..support.len() {
        let misses = tally.support[class] - tally.hits[class];
        let room = errors.saturating_sub(misses);
        let over = (tally.taken[class] - tally.hits[class]).saturating_sub(room);
        if over > 0 && support.len() > 1 {
            tally.taken[class] -= over;
            tally.taken[(class + 1) % support.len()] += over;
        }
    }
    tally
}

/// Every tally with hits in `hits`, one after the other: one that gives all claims, or that there is none. `None` where
/// there are too many to try.
pub fn try_every(claims: &[&Claim], support: &[u64], hits: (u64, u64)) -> Option<Option<Tally>> {
    if ways(support, hits) > MOST_TALLIES {
        return None;
    }
    let mut found = None;
    every(support, hits, &mut |tally| {
        if gives(claims, tally) {
            found = Some(tally.clone());
        }
        found.is_none()
    });
    Some(found)
}

/// How many tallies have hits in `hits`, or more.
pub fn ways(support: &[u64], hits: (u64, u64)) -> f64 {
    let n: u64 = support.iter().sum();
    let dealt =
        |errors: u64| (1..support.len() as u64).fold(1.0, |ways, k| ways * (errors + k) as f64 / k as f64);
    // Errors are dealt out to the classes that they leave, and to those that they enter: of two classes, the other.
    let entering = |errors: u64| if support.len() == 2 { 1.0 } else { dealt(errors) };
    (hits.0..=hits.1).take(2000).map(|hits| dealt(n - hits) * entering(n - hits)).sum::<f64>()
        * ((hits.1 - hits.0) as f64 / 2000.0).max(1.0)
}

/// Calls `each` with every tally with hits in `hits`, until it says stop.
pub fn every(support: &[u64], hits: (u64, u64), each: &mut dyn FnMut(&Tally) -> bool) {
    let n: u64 = support.iter().sum();
    let mut tally = Tally { support: support.to_vec(), hits: support.to_vec(), taken: support.to_vec() };
    for hits in hits.0..=hits.1 {
        let errors = n - hits;
        let go_on = deal(errors, support, &mut Vec::new(), &mut |missed| {
            let most: Vec<u64> = missed.iter().map(|missed| errors - missed).collect();
            deal(errors, &most, &mut Vec::new(), &mut |entering| {
                for class in 0..support.len() {
                    tally.hits[class] = support[class] - missed[class];
                    tally.taken[class] = tally.hits[class] + entering[class];
                }
                each(&tally)
            })
        });
        if !go_on {
            return;
        }
    }
}

/// Calls `each` with every way to deal `left` out, at most so many to each, until it says stop; false if it did.
fn deal(left: u64, most: &[u64], chosen: &mut Vec<u64>, each: &mut dyn FnMut(&[u64]) -> bool) -> bool {
    let Some(&own) = most.get(chosen.len()) else { return left > 0 || each(chosen) };
    let later: u64 = most[chosen.len() + 1..].iter().sum();
    (left.saturating_sub(later)..=own.min(left)).all(|count| {
        chosen.push(count);
        let go_on = deal(left - count, most, chosen, each);
        chosen.pop();
        go_on
    })
}

fn improve(claims: &[&Claim], mut tally: Tally, hits: (u64, u64), draws: &mut Draws) -> Option<Tally> {
    if !tally.exists() || tally.total_hits() < hits.0 || tally.total_hits() > hits.1 {
        return None;
    }
    let classes = tally.classes();
    let mut distance = misfit(claims, &tally);
    let largest = tally.support.iter().copied().max().unwrap_or(1);
    for change in 0..CHANGES {
        if distance == 0.0 && fits(claims, &tally) {
            return Some(tally);
        }
        let (i, j) = (draws.below(classes), draws.below(classes));
        let far = if distance > 5.0 { (largest / 8).max(1) } else { 3 };
        let by = 1 + draws.below(far as usize) as u64;
        let mut next = tally.clone();
        let done = match draws.below(5) {
            0 => shift(&mut next.taken, i, j, by),
            1 => shift(&mut next.hits, i, j, by),
            2 => shift(&mut next.hits, i, j, by) && shift(&mut next.taken, i, j, by),
            3 => {
                next.hits[i] += by;
                true
            }
            _ => {
                let enough = next.hits[i] >= by;
                next.hits[i] = next.hits[i].saturating_sub(by);
                enough
            }
        };
        if !done || next.total_hits() < hits.0 || next.total_hits() > hits.1 || !next.exists() {
            continue;
        }
        let far = misfit(claims, &next);
        // A little worse is taken now and then, less often later.
        let patience = 0.5 * (1.0 - change as f64 / CHANGES as f64);
        if far <= distance || far.is_finite() && draws.unit() < patience * (-(far - distance)).exp() * 0.2 {
            (tally, distance) = (next, far);
        }
    }
    None
}

fn shift(counts: &mut [u64], from: usize, to: usize, by: u64) -> bool {
    if from == to || counts[from] < by {
        return false;
    }
    counts[from] -= by;
    counts[to] += by;
    true
}

/// The same, where floats that are off by more than their rounding spare the exact look.
pub fn gives(claims: &[&Claim], tally: &Tally) -> bool {
    let near = |claim: &&Claim| {
        let (interval, value) = (claim.interval(), nearly(claim, tally));
        value >= interval.low_f64() - ROUNDING && value <= interval.high_f64() + ROUNDING
    };
    claims.iter().all(near) && fits(claims, tally)
}

/// Whether every claim fits exactly.
pub fn fits(claims: &[&Claim], tally: &Tally) -> bool {
    claims.iter().all(|claim| {
        let score = tally.score(claim.metric, claim.average, claim.class);
        score.is_some_and(|score| score.fits(&claim.interval()))
    })
}

/// How far the figures are from their intervals, in units of the intervals' widths: only steers the search.
fn misfit(claims: &[&Claim], tally: &Tally) -> f64 {
    let of = |claim: &&Claim| {
        let interval = claim.interval();
        let (low, high) = (interval.low_f64(), interval.high_f64());
        let value = nearly(claim, tally);
        ((low - value).max(value - high).max(0.0)) / (high - low)
    };
    claims.iter().map(of).sum()
}

/// The score in floats.
pub fn nearly(claim: &Claim, tally: &Tally) -> f64 {
    let n = tally.clips() as f64;
    let part = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    let of_class = |class: usize| {
        let (s, t, c) = (tally.support[class], tally.hits[class], tally.taken[class]);
        match claim.metric {
            Metric::Precision => part(t, c),
            Metric::Recall | Metric::BalancedAccuracy => part(t, s),
            Metric::Specificity => part((tally.clips() - s).saturating_sub(c - t), tally.clips() - s),
            _ => part(2 * t, c + s),
        }
    };
    let classes = 0..tally.classes();
    match (claim.metric, claim.average, claim.class) {
        (Metric::Specificity, Some(Average::Micro), _) => {
            let exact = tally.score(claim.metric, claim.average, None);
            exact.map_or(f64::INFINITY, |score| score.to_f64())
        }
        (Metric::Accuracy, ..) | (_, Some(Average::Micro), _) => part(tally.total_hits(), tally.clips()),
        (Metric::Kappa | Metric::Mcc, ..) => {
            let sum = |a: &[u64], b: &[u64]| a.iter().zip(b).map(|(&a, &b)| a as f64 * b as f64).sum::<f64>();
            let chance = sum(&tally.support, &tally.taken);
            let top = tally.total_hits() as f64 * n - chance;
            let below = if claim.metric == Metric::Kappa {
                n * n - chance
            } else {
                let left = |counts: &[u64]| n * n - sum(counts, counts);
                (left(&tally.support) * left(&tally.taken)).sqrt()
            };
            match claim.metric {
                _ if below != 0.0 => top / below,
                Metric::Mcc => 0.0,
                _ => f64::INFINITY,
            }
        }
        (_, _, Some(class)) => of_class(class),
        (_, Some(Average::Weighted), _) => {
            classes.map(|class| tally.support[class] as f64 * of_class(class)).sum::<f64>() / n
        }
        _ => {
            let occurring =
                classes.clone().filter(|&class| tally.support[class] + tally.taken[class] > 0).count();
            classes.map(of_class).sum::<f64>() / occurring.max(1) as f64
        }
    }
}
