//! Hold-out and k-fold with every group whole on one side, classes as equal as the groups allow.
//!
//! K-fold is scikit-learn's StratifiedGroupKFold: groups in the order of how unevenly they hold the classes,
//! each to the fold where the class shares of the folds then differ least. Hold-out goes through the groups
//! in drawn order and tests one if that brings the class shares of the test side, Σ (tested/all − test)²,
//! nearer to the wanted share; then each class that has clips on one side only is given a group of its own
//! on the other, the smallest.

use std::collections::BTreeMap;

use super::clips::{Clips, Split, refuse, split_off};
use super::spec::{HoldOut, KFold};
use crate::random::Draws;
use crate::spelling::counted;
use crate::table::error::{TableError, first_few};

/// A group's rows and how many there are of each class.
struct Group {
    rows: Vec<usize>,
    counts: Vec<usize>,
}

fn groups(clips: &Clips<'_>) -> Result<Vec<Group>, TableError> {
    let mut by_name: BTreeMap<&str, Group> = BTreeMap::new();
    let mut without = Vec::new();
    for &row in &clips.order {
        let Some(name) = clips.rows.groups[row].as_deref() else {
            without.push(clips.rows.ids[row].as_str());
            continue;
        };
        let empty = || Group { rows: Vec::new(), counts: vec![0; clips.classes.len()] };
        let group = by_name.entry(name).or_insert_with(empty);
        group.rows.push(row);
        group.counts[clips.class_of[row]] += 1;
    }
    if by_name.is_empty() {
        return Err(refuse(
            "no clip has a group (artist or source); name a group column or a groups file (of a folder also group = \"top\", \
             \"parent\" or \"before: - \", of pieces of songs group = \"before_last:.\"), or use kind stratified or \
             stratified_kfold, which keep nothing apart",
        ));
    }
    if !without.is_empty() {
        return Err(refuse(format!(
            "{} without a group: {}",
            counted(without.len(), "clip"),
            first_few(&without)
        )));
    }
    let groups: Vec<Group> = by_name.into_values().collect();
    for (class, name) in clips.classes.iter().enumerate() {
        if groups.iter().filter(|group| group.counts[class] > 0).count() < 2 {
            return Err(refuse(format!(
                "all clips of class '{name}' are of one group, which cannot stand on both sides; add clips of others or leave the class out (of a folder: classes = [\"…\"], those to use)"
            )));
        }
    }
    Ok(groups)
}

fn class_totals(groups: &[Group]) -> Vec<usize> {
    let mut totals = vec![0; groups.first().map_or(0, |group| group.counts.len())];
    for group in groups {
        totals.iter_mut().zip(&group.counts).for_each(|(total, count)| *total += count);
    }
    totals
}

pub(super) fn hold_out(clips: &Clips<'_>, spec: &HoldOut) -> Result<Vec<Split>, TableError> {
    let groups = groups(clips)?;
    let totals = class_totals(&groups);
    let split = |repeat: usize| {
        let mut draws = Draws::new(spec.seed, &format!("split/group/{repeat}"));
        let mut order: Vec<usize> = (0..groups.len()).collect();
        draws.shuffle(&mut order);
        let mut sides = Sides {
            groups: &groups,
            totals: &totals,
            tested: vec![false; groups.len()],
            counts: vec![0; totals.len()],
        };
        for group in order {
            if sides.distance_with(group, spec.test) < sides.distance(spec.test) {
                sides.move_over(group);
            }
        }
        sides.give_every_class_both_sides();
        let rows = groups.iter().zip(&sides.tested).filter(|(_, tested)| **tested);
        split_off(clips, repeat, 0, rows.flat_map(|(group, _)| group.rows.iter().copied()).collect())
    };
    Ok((0..spec.repeats).map(split).collect())
}

struct Sides<'a> {
    groups: &'a [Group],
    totals: &'a [usize],
    tested: Vec<bool>,
    /// Tested clips of each class.
    counts: Vec<usize>,
}

impl Sides<'_> {
    fn distance(&self, share: f64) -> f64 {
        distance(self.counts.iter().copied(), self.totals, share)
    }

    fn distance_with(&self, group: usize, share: f64) -> f64 {
        let counts = self.counts.iter().zip(&self.groups[group].counts).map(|(tested, more)| tested + more);
        distance(counts, self.totals, share)
    }

    fn move_over(&mut self, group: usize) {
        self.tested[group] = !self.tested[group];
        for (tested, &count) in self.counts.iter_mut().zip(&self.groups[group].counts) {
            if self.tested[group] { *tested += count } else { *tested -= count }
        }
    }

    /// Two rounds: what a move for one class takes from another is mended in the second, where it can be.
    fn give_every_class_both_sides(&mut self) {
        for class in (0..self.totals.len()).chain(0..self.totals.len()) {
            let untested = self.counts[class] == 0;
            if !untested && self.counts[class] < self.totals[class] {
                continue;
            }
            let harm = |group: &Group| {
                let lost = (0..self.totals.len()).filter(|&other| {
                    let left =
                        if untested { self.totals[other] - self.counts[other] } else { self.counts[other] };
                    group.counts[other] > 0 && group.counts[other] == left
                });
                (lost.count(), group.rows.len())
            };
            let movable = (0..self.groups.len())
                .filter(|&group| self.tested[group] != untested && self.groups[group].counts[class] > 0);
            if let Some(group) = movable.min_by_key(|&group| harm(&self.groups[group])) {
                self.move_over(group);
            }
        }
    }
}

fn distance(tested: impl Iterator<Item = usize>, totals: &[usize], share: f64) -> f64 {
    tested.zip(totals).map(|(tested, &all)| (tested as f64 / all.max(1) as f64 - share).powi(2)).sum()
}

pub(super) fn k_fold(clips: &Clips<'_>, spec: &KFold) -> Result<Vec<Split>, TableError> {
    let groups = groups(clips)?;
    if groups.len() < spec.folds {
        return Err(refuse(format!(
            "folds = {} is more than there are groups ({})",
            spec.folds,
            groups.len()
        )));
    }
    let totals = class_totals(&groups);
    if let Some((class, count)) = clips.classes.iter().zip(&totals).find(|(_, count)| **count < spec.folds) {
        return Err(refuse(format!(
            "folds = {} is more than class '{class}' has clips ({count}); use fewer folds, add clips or leave the class out \
             (of a folder: classes = [\"…\"], those to use)",
            spec.folds
        )));
    }
    let mut splits = Vec::with_capacity(spec.repeats * spec.folds);
    for repeat in 0..spec.repeats {
        let mut draws = Draws::new(spec.seed, &format!("split/group_kfold/{repeat}"));
        let mut order: Vec<usize> = (0..groups.len()).collect();
        draws.shuffle(&mut order);
        // Stable, so that equally uneven groups keep their drawn order.
        order.sort_by(|&a, &b| {
            deviation(as_f64(&groups[b].counts)).total_cmp(&deviation(as_f64(&groups[a].counts)))
        });
        let mut tests = vec![Vec::new(); spec.folds];
        let mut counts = vec![vec![0usize; totals.len()]; spec.folds];
        for (dealt, &group) in order.iter().enumerate() {
            let group = &groups[group];
            let unfilled = tests.iter().filter(|test| test.is_empty()).count();
            let fold = best_fold(&counts, group, &totals, order.len() - dealt <= unfilled);
            counts[fold].iter_mut().zip(&group.counts).for_each(|(count, more)| *count += more);
            tests[fold].extend_from_slice(&group.rows);
        }
        splits.extend(tests.into_iter().enumerate().map(|(fold, test)| split_off(clips, repeat, fold, test)));
    }
    Ok(splits)
}

/// The fold where `group` leaves the folds' class shares most alike; then the smallest; then the first.
/// With no more groups than empty folds, an empty one.
fn best_fold(counts: &[Vec<usize>], group: &Group, totals: &[usize], only_empty: bool) -> usize {
    let size = |fold: usize| counts[fold].iter().sum::<usize>();
    let unevenness = |fold: usize| {
        let of_class = |class: usize| {
            let shares = counts.iter().enumerate().map(move |(at, held)| {
                let more = if at == fold { group.counts[class] } else { 0 };
                (held[class] + more) as f64 / totals[class].max(1) as f64
            });
            deviation(shares)
        };
        (0..totals.len()).map(of_class).sum::<f64>() / totals.len() as f64
    };
    let candidates = (0..counts.len()).filter(|&fold| !only_empty || size(fold) == 0);
    let best = candidates.map(|fold| (unevenness(fold), size(fold), fold)).min_by(|a, b| {
        // Sums of the same shares in another order differ by rounding, which must not decide.
        let near = (a.0 - b.0).abs() <= 1e-12;
        if near { (a.1, a.2).cmp(&(b.1, b.2)) } else { a.0.total_cmp(&b.0) }
    });
    best.map_or(0, |(_, _, fold)| fold)
}

fn as_f64(counts: &[usize]) -> impl Iterator<Item = f64> + Clone {
    counts.iter().map(|&count| count as f64)
}

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / n;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}
