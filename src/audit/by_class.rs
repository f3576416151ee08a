//! Check 7: a table of precision, recall and F1 by class: is there one confusion matrix behind all of it?
//!
//! A class's recall leaves a few possible hits t, and for each of them its precision and F1 leave one run of possible
//! predictions c. The search chooses hits class by class and keeps what can still add up to n predictions and to a
//! matrix that exists (see `tally.rs`); with all classes chosen that is certain, and so is "none".

use super::candidates::{Candidate, possible, power, tried};
use super::claims::{Average, Claim, Metric, SUPPORT_UNSAID, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, listed, span};
use super::grid::is_accuracy;
use super::printed::{Interval, counts_in_all};
use super::search;
use super::tally::Tally;

/// Choices before the search says that it was cut short.
const MOST_CHOICES: u64 = 400_000;
/// Hits tried over all classes, each of which takes some microseconds; and all that are tried once more for a repair.
const MOST_HITS: u64 = 200_000;

/// The finding for all figures of classes of one system, with its figures of the whole.
pub fn check(by_class: &[&Claim], overall: &[&Claim], set: &TestSet) -> Finding {
    let all: Vec<&Claim> = by_class.iter().chain(overall).copied().collect();
    let finding = judge(by_class, overall, &all, set);
    let mut finding = finding.about_all(&all, set);
    if all.len() > 3 {
        finding.figure = format!("table by class ({} figures)", all.len());
    }
    finding
}

fn judge(by_class: &[&Claim], overall: &[&Claim], all: &[&Claim], set: &TestSet) -> Finding {
    let Some(support) = &set.support else {
        return Finding::not_checkable("by class", SUPPORT_UNSAID);
    };
    if !set.single_label {
        return Finding::not_checkable("by class", "clips have several labels");
    }
    let n: u64 = support.iter().sum();
    if let Some(finding) = against_averages(by_class, overall, set) {
        return finding;
    }
    let mut candidates = Vec::with_capacity(support.len());
    let mut steps = 0;
    for (class, &clips) in support.iter().enumerate() {
        let own: Vec<&Claim> = by_class.iter().copied().filter(|claim| claim.class == Some(class)).collect();
        steps += tried(&own, clips);
        if steps > MOST_HITS {
            return Finding::not_checkable("by class", "the search over hits was cut short");
        }
        let found = possible(&own, clips, n);
        if found.is_empty() {
            let reason = format!(
                "{}: no hits and predictions of a class of {clips} clips give {}",
                set.class_name(class),
                listed(own.iter().map(|claim| claim.figure(set)))
            );
            let repair = near_support(&own, clips, n)
                .map(|near| format!("{near} clips in that class in place of {clips}"));
            return Finding::new("by class", Verdict::Inconsistent, reason).with_repair(repair);
        }
        candidates.push(found);
    }
    let accuracies = overall.iter().filter(|claim| is_accuracy(claim, set));
    let hits = counts_in_all(accuracies.map(|claim| claim.interval()), n);
    if hits.0 > hits.1 {
        return Finding::not_checkable(
            "by class",
            "no number of hits gives all that is printed of the accuracy, so nothing can be held against it",
        );
    }
    let mut order: Vec<usize> = (0..support.len()).collect();
    order.sort_by_key(|&class| candidates[class].len());
    let mut search = Search {
        support,
        candidates: &candidates,
        order: &order,
        n,
        hits,
        all,
        left: MOST_CHOICES,
        unproven: false,
        limits: Vec::new(),
    };
    search.prepare();
    match search.descend(0, &mut vec![Candidate { hits: 0, least: 0, most: 0 }; support.len()], (0, 0, 0)) {
        Some(tally) => {
            let words = format!("a matrix with {} hits of {n} gives all of them", tally.total_hits());
            let mut finding = Finding::consistent("by class", words, Some(tally.matrix()));
            power(by_class, support).of(&mut finding);
            finding
        }
        None if search.left == 0 => Finding::not_checkable("by class", "the search over hits was cut short"),
        None if search.unproven => Finding::not_checkable(
            "by class",
            "matrices with these figures by class exist, but none that was tried gives the figures of the whole too",
        ),
        None => {
            let widths: u64 = candidates.iter().map(|found| found.len() as u64).sum();
            let ends = |end: fn(&Candidate) -> u64| candidates.iter().map(move |found| found.iter().map(end));
            let fewest: u64 = ends(|own| own.hits).filter_map(Iterator::min).sum();
            let most: u64 = ends(|own| own.hits).filter_map(Iterator::max).sum();
            let (reason, repair) = if most < hits.0 || fewest > hits.1 {
                let reason = format!(
                    "the figures by class leave {} hits of {n}, the accuracy {}",
                    span(fewest, most),
                    span(hits.0, hits.1)
                );
                (reason, Some("the accuracy is of other predictions than the table".into()))
            } else if hits != (0, n) && judge_quickly(by_class, by_class, set) {
                let reason = format!(
                    "there are matrices of {n} clips with the figures by class, but of them none has {} hits, as the accuracy says",
                    span(hits.0, hits.1)
                );
                (reason, Some("the accuracy is of other predictions than the table".into()))
            } else {
                let reason = format!(
                    "each class is possible by itself, but no choice of their hits ({widths} possible in all) leaves a matrix of {n} clips: \
                     the predictions must sum to {n}, and no class can lose and gain more errors than there are"
                );
                (reason, without_one(by_class, overall, set))
            };
            Finding::new("by class", Verdict::Inconsistent, reason).with_repair(repair)
        }
    }
}

/// A macro average is the mean of its classes' figures, a weighted one weighs them by their clips: intervals suffice.
fn against_averages(by_class: &[&Claim], overall: &[&Claim], set: &TestSet) -> Option<Finding> {
    let support = set.support.as_ref()?;
    // A class without clips has no hits, so its figures are 0; whether an average counts it depends on whether it is
    // predicted.
    let with_clips: Vec<usize> = (0..support.len()).filter(|&class| support[class] > 0).collect();
    for claim in overall {
        let (weights, least, most): (Vec<u64>, usize, usize) = match claim.average {
            Some(Average::Macro) => (vec![1; support.len()], with_clips.len(), support.len()),
            Some(Average::Weighted) => {
                let n = support.iter().sum::<u64>() as usize;
                (support.clone(), n, n)
            }
            _ => continue,
        };
        let figures: Option<Vec<(Interval, u64)>> = with_clips
            .iter()
            .map(|&class| {
                let own = by_class.iter().find(|own| own.metric == claim.metric && own.class == Some(class));
                own.map(|own| (own.interval(), weights[class]))
            })
            .collect();
        let Some(figures) = figures else { continue };
        let mean = |end: fn(&Interval) -> Exact, whole: usize| {
            let parts =
                figures.iter().map(|(figure, weight)| end(figure).times(&Exact::new(i128::from(*weight), 1)));
            Exact::sum(parts).over(&Exact::new(whole as i128, 1))
        };
        let (low, high) = (mean(Interval::low, most)?, mean(Interval::high, least)?);
        let interval = claim.interval();
        if interval.high() < low || interval.low() > high {
            let decimals = claim.value.decimals + 1;
            let reason = format!(
                "{} averages the classes' figures, which give {} … {}, rounding included",
                claim.figure(set),
                claim.value.show(low.to_f64(), decimals),
                claim.value.show(high.to_f64(), decimals)
            );
            let of_averages = claim.metric == Metric::F1 && interval.low() > high;
            let repair = match of_averages && claim.average == Some(Average::Macro) {
                true => {
                    "2·P·R/(P+R) of the macro precision and recall, another average, or a figure of another table"
                }
                false => "another average, or a figure of another table",
            };
            let finding = Finding::new("by class", Verdict::Inconsistent, reason);
            return Some(finding.with_repair(Some(repair.into())));
        }
    }
    None
}

/// Another size of the class, near by, that its figures fit.
fn near_support(own: &[&Claim], clips: u64, n: u64) -> Option<u64> {
    let most = 50.min(clips).min(MOST_HITS / (2 * tried(own, clips)).max(1));
    let near = (1..=most).flat_map(|by| [clips - by, clips + by]);
    near.filter(|&near| near > 0).find(|&near| !possible(own, near, n.max(near)).is_empty())
}

struct Search<'a> {
    support: &'a [u64],
    candidates: &'a [Vec<Candidate>],
    order: &'a [usize],
    n: u64,
    hits: (u64, u64),
    all: &'a [&'a Claim],
    left: u64,
    unproven: bool,
    /// From each place of the order on: least and most hits, least and most predictions.
    limits: Vec<(u64, u64, u64, u64)>,
}

impl Search<'_> {
    fn prepare(&mut self) {
        let mut limits = vec![(0, 0, 0, 0)];
        for &class in self.order.iter().rev() {
            let own = &self.candidates[class];
            let of = |value: fn(&Candidate) -> u64| {
                (own.iter().map(value).min().unwrap_or(0), own.iter().map(value).max().unwrap_or(0))
            };
            let (hits, least, most) = (of(|c| c.hits), of(|c| c.least), of(|c| c.most));
            let last = limits[limits.len() - 1];
            limits.push((last.0 + hits.0, last.1 + hits.1, last.2 + least.0, last.3 + most.1));
        }
        limits.reverse();
        self.limits = limits;
    }

    /// `sums`: hits, least and most predictions chosen so far.
    fn descend(&mut self, place: usize, chosen: &mut Vec<Candidate>, sums: (u64, u64, u64)) -> Option<Tally> {
        let (fewest, most_hits, least, most) = self.limits[place];
        let possible = sums.0 + fewest <= self.hits.1
            && sums.0 + most_hits >= self.hits.0
            && sums.1 + least <= self.n
            && sums.2 + most >= self.n;
        if !possible || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let Some(&class) = self.order.get(place) else { return self.complete(chosen) };
        let own = &self.candidates[class];
        // The middle first: with a free choice, ordinary outcomes are there.
        let middle = own.len() / 2;
        for step in 0..own.len() {
            let index = if step % 2 == 0 { middle + step / 2 } else { middle.wrapping_sub(step / 2 + 1) };
            let Some(&candidate) = own.get(index) else { continue };
            chosen[class] = candidate;
            let next = (sums.0 + candidate.hits, sums.1 + candidate.least, sums.2 + candidate.most);
            if let Some(tally) = self.descend(place + 1, chosen, next) {
                return Some(tally);
            }
        }
        None
    }

    /// All hits are chosen: are there predictions for them?
    fn complete(&mut self, chosen: &[Candidate]) -> Option<Tally> {
        let hits: u64 = chosen.iter().map(|candidate| candidate.hits).sum();
        let errors = self.n - hits;
        let most: Option<Vec<u64>> = chosen
            .iter()
            .zip(self.support)
            .map(|(candidate, clips)| {
                let room = (errors + 2 * candidate.hits).checked_sub(*clips)?;
                let most = candidate.most.min(room);
                (candidate.least <= most).then_some(most)
            })
            .collect();
        let most = most?;
        let mut taken: Vec<u64> = chosen.iter().map(|candidate| candidate.least).collect();
        let mut left = self.n.checked_sub(taken.iter().sum())?;
        if most.iter().sum::<u64>() < self.n {
            return None;
        }
        for (taken, most) in taken.iter_mut().zip(&most) {
            let more = left.min(most - *taken);
            *taken += more;
            left -= more;
        }
        let tally = Tally {
            support: self.support.to_vec(),
            hits: chosen.iter().map(|candidate| candidate.hits).collect(),
            taken,
        };
        if search::fits(self.all, &tally) {
            return Some(tally);
        }
        if !self.unproven {
            self.unproven = true;
            return search::witness(self.all, &[tally], self.hits);
        }
        None
    }
}

/// A single figure without which the rest fit.
fn without_one(by_class: &[&Claim], overall: &[&Claim], set: &TestSet) -> Option<String> {
    let support = set.support.iter().flatten();
    let of_class = |(class, &clips): (usize, &u64)| {
        let own: Vec<&Claim> = by_class.iter().copied().filter(|claim| claim.class == Some(class)).collect();
        // Without its recall all of a class's hits are tried.
        tried(&own, clips).saturating_mul(by_class.len() as u64).saturating_add(clips)
    };
    let steps = support.enumerate().map(of_class).fold(0, u64::saturating_add);
    if by_class.len() > 60 || steps > MOST_HITS {
        return None;
    }
    let fits = |left_out: usize| {
        let rest: Vec<&Claim> = by_class
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != left_out)
            .map(|(_, claim)| *claim)
            .collect();
        let all: Vec<&Claim> = rest.iter().chain(overall).copied().collect();
        judge_quickly(&rest, &all, set)
    };
    let alone: Vec<String> = (0..by_class.len())
        .filter(|&place| fits(place))
        .take(4)
        .map(|place| by_class[place].figure(set))
        .collect();
    (!alone.is_empty()).then(|| format!("the rest fit without {}", listed(alone).replace(" and ", " or ")))
}

fn judge_quickly(by_class: &[&Claim], all: &[&Claim], set: &TestSet) -> bool {
    let Some(support) = &set.support else { return false };
    let n: u64 = support.iter().sum();
    let candidates: Vec<Vec<Candidate>> = support
        .iter()
        .enumerate()
        .map(|(class, &clips)| {
            let own: Vec<&Claim> =
                by_class.iter().copied().filter(|claim| claim.class == Some(class)).collect();
            possible(&own, clips, n)
        })
        .collect();
    let mut order: Vec<usize> = (0..support.len()).collect();
    order.sort_by_key(|&class| candidates[class].len());
    let mut search = Search {
        support,
        candidates: &candidates,
        order: &order,
        n,
        hits: (0, n),
        all,
        left: 5_000,
        unproven: true,
        limits: Vec::new(),
    };
    search.prepare();
    search.descend(0, &mut vec![Candidate { hits: 0, least: 0, most: 0 }; support.len()], (0, 0, 0)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An odd number of hits, and two or none in each of fourteen classes: no bound says no before the last class.
    #[test]
    fn every_choice_is_looked_at_once() {
        const CLASSES: usize = 14;
        let n = 4 * CLASSES as u64;
        let own = [0, 2].map(|hits| Candidate { hits, least: hits, most: n });
        let candidates: Vec<Vec<Candidate>> = (0..CLASSES).map(|_| own.to_vec()).collect();
        let order: Vec<usize> = (0..CLASSES).collect();
        let mut search = Search {
            support: &[4; CLASSES],
            candidates: &candidates,
            order: &order,
            n,
            hits: (15, 15),
            all: &[],
            left: MOST_CHOICES,
            unproven: false,
            limits: Vec::new(),
        };
        search.prepare();
        let mut chosen = vec![Candidate { hits: 0, least: 0, most: 0 }; CLASSES];
        assert_eq!(search.descend(0, &mut chosen, (0, 0, 0)), None);
        assert!(MOST_CHOICES - search.left < 2u64.pow(CLASSES as u32 + 1), "{} left", search.left);
    }
}
