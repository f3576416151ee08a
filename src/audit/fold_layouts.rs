//! How the clips of a cross-validation may have fallen into its folds: as the paper says, as scikit-learn's stratified
//! folds do, or in every way that folds of (nearly) equal size allow.
//!
//! scikit-learn's StratifiedKFold made other folds before version 0.22 (December 2019). Since then folds are of equal
//! size, and what a class leaves over goes on where the class before it stopped; before, every class was dealt out by
//! itself, so that what each left over went to the first folds. A paper says "stratified" of either.

use super::claims::{Folding, TestSet};

/// The folds of a claim: what is known of them.
pub enum Layouts {
    /// Positives and negatives of each, in every way that what is said allows; where classes count alike, all clips are
    /// positives.
    Known(Vec<Vec<(u64, u64)>>),
    Unknown {
        p: u64,
        n: u64,
        folds: u64,
    },
    Missing(&'static str),
}

pub fn layouts(set: &TestSet, folding: &Folding, recalls: bool) -> Layouts {
    let sizes = fold_sizes(set, folding);
    if !recalls {
        let alike =
            |sizes: Vec<u64>| -> Vec<(u64, u64)> { sizes.into_iter().map(|size| (size, 0)).collect() };
        return match sizes.is_empty() {
            true => Layouts::Missing("n, or the size of each fold,"),
            false => Layouts::Known(sizes.into_iter().map(alike).collect()),
        };
    }
    let Some((p, n)) = set.binary else { return Layouts::Missing("positives and negatives") };
    let ways: Vec<Vec<(u64, u64)>> = match &folding.positives {
        Some(positives) => {
            let of = |sizes: Vec<u64>| -> Option<Vec<(u64, u64)>> {
                sizes.into_iter().zip(positives).map(|(size, &p)| Some((p, size.checked_sub(p)?))).collect()
            };
            let ways: Vec<_> = sizes.into_iter().filter_map(of).collect();
            if ways.is_empty() {
                return Layouts::Missing("the size of each fold, fold_sizes,");
            }
            ways
        }
        None if folding.stratified => every_stratified(p, n, folding),
        None if folding.sizes.is_some() => Vec::new(),
        None => return Layouts::Unknown { p, n, folds: folding.folds },
    };
    if ways.is_empty() { Layouts::Missing("fold_positives") } else { Layouts::Known(ways) }
}

/// The sizes of the folds, in every way that what is said allows; none where n is not said. Of folds of which nothing is
/// said those of equal size.
pub fn fold_sizes(set: &TestSet, folding: &Folding) -> Vec<Vec<u64>> {
    if let Some(sizes) = &folding.sizes {
        return vec![sizes.clone()];
    }
    let Some(n) = set.n else { return Vec::new() };
    let mut ways = vec![dealt(n, folding.folds)];
    if let (true, false, Some(classes)) = (folding.stratified, folding.equal, set.clips_by_class()) {
        let by_class: Vec<Vec<u64>> = classes.iter().map(|&clips| dealt(clips, folding.folds)).collect();
        let before: Vec<u64> =
            (0..by_class[0].len()).map(|fold| by_class.iter().map(|own| own[fold]).sum()).collect();
        // Where no class reaches into the last fold scikit-learn refuses to split.
        if before != ways[0] && !before.contains(&0) {
            ways.push(before);
        }
    }
    ways
}

/// So many clips in folds as equal as they can be, the larger ones first.
fn dealt(clips: u64, folds: u64) -> Vec<u64> {
    (0..folds).map(|fold| clips / folds + u64::from(fold < clips % folds)).collect()
}

/// The folds of scikit-learn's StratifiedKFold, since version 0.22 and before, as far as the sizes of folds that are said
/// allow.
fn every_stratified(p: u64, n: u64, folding: &Folding) -> Vec<Vec<(u64, u64)>> {
    let sorted = |mut folds: Vec<(u64, u64)>| {
        folds.sort_unstable();
        folds
    };
    let mut ways = vec![sorted(stratified(p, n, folding.folds))];
    let before = sorted(stratified_before(p, n, folding.folds));
    if before != ways[0] && !before.contains(&(0, 0)) {
        ways.push(before);
    }
    let said = match (&folding.sizes, folding.equal) {
        (Some(sizes), _) => Some(sizes.clone()),
        (None, true) => Some(dealt(p + n, folding.folds)),
        (None, false) => None,
    };
    if let Some(mut said) = said {
        said.sort_unstable();
        ways.retain(|folds| {
            let mut sizes: Vec<u64> = folds.iter().map(|(p, n)| p + n).collect();
            sizes.sort_unstable();
            sizes == said
        });
    }
    ways
}

/// The folds of scikit-learn's StratifiedKFold since 0.22: remainders of the negatives go to the first folds, those of the
/// positives to the folds after them. (With the classes the other way round as many folds are alike.)
fn stratified(p: u64, n: u64, folds: u64) -> Vec<(u64, u64)> {
    let extra = |fold: u64, skipped: u64, remainder: u64| {
        u64::from((fold + folds - skipped % folds) % folds < remainder)
    };
    (0..folds)
        .map(|fold| (p / folds + extra(fold, n % folds, p % folds), n / folds + extra(fold, 0, n % folds)))
        .collect()
}

/// Those before 0.22: remainders of either class go to the first folds.
fn stratified_before(p: u64, n: u64, folds: u64) -> Vec<(u64, u64)> {
    dealt(p, folds).into_iter().zip(dealt(n, folds)).collect()
}

/// Whether two folds or more have clips of either class, so that none is trained on one class alone.
pub fn in_two_folds(layout: &[(u64, u64)]) -> bool {
    let two = |of: fn(&(u64, u64)) -> u64| layout.iter().filter(|fold| of(fold) > 0).count() >= 2;
    layout.len() == 1 || two(|fold| fold.0) && two(|fold| fold.1)
}

/// Sees the positives and negatives of every fold; false stops the search.
pub type Visitor<'v> = dyn FnMut(&[(u64, u64)]) -> bool + 'v;

/// Calls `each` with every way to spread p positives and n negatives over folds of (nearly) equal size, folds of one
/// size in ascending order of positives, until it says stop; false if it did. Every fold has so many positives and
/// negatives at `least`.
pub fn every_layout(p: u64, n: u64, folds: u64, least: (u64, u64), each: &mut Visitor) -> bool {
    descend(&dealt(p + n, folds), p, least.0, least.1, &mut Vec::new(), each)
}

fn descend(
    sizes: &[u64],
    left: u64,
    least: u64,
    spare: u64,
    chosen: &mut Vec<(u64, u64)>,
    each: &mut Visitor,
) -> bool {
    let place = chosen.len();
    if place == sizes.len() {
        return left > 0 || each(chosen);
    }
    let same = place > 0 && sizes[place] == sizes[place - 1];
    let first = if same { chosen[place - 1].0 } else { 0 }.max(least);
    let most = sizes[place].saturating_sub(spare);
    // The folds after this one must be able to take what is left.
    let room: u64 = sizes[place + 1..].iter().map(|size| size.saturating_sub(spare)).sum();
    let needed: u64 = (sizes.len() - place - 1) as u64 * least;
    for p in first.max(left.saturating_sub(room))..=most.min(left.saturating_sub(needed)) {
        chosen.push((p, sizes[place] - p));
        let go_on = descend(sizes, left - p, least, spare, chosen, each);
        chosen.pop();
        if !go_on {
            return false;
        }
    }
    true
}

/// The clips of each class in each fold: as said, or where stratified folds leave no choice.
pub fn class_layout(set: &TestSet, folding: &Folding) -> Option<Vec<Vec<u64>>> {
    folding.support.clone().or_else(|| {
        let support = set.support.as_ref()?;
        let even = folding.stratified && support.iter().all(|clips| clips.is_multiple_of(folding.folds));
        let fold: Vec<u64> = support.iter().map(|clips| clips / folding.folds).collect();
        even.then(|| vec![fold; folding.folds as usize])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stratified_folds_are_scikit_learns() {
        // mlscorecheck.aggregated.stratified_configurations_sklearn(7, 13, 4) gives (n, p): (4,1), (3,2), (3,2), (3,2).
        assert_eq!(stratified(7, 13, 4), [(1, 4), (2, 3), (2, 3), (2, 3)]);
        assert_eq!(stratified(6, 10, 4), [(1, 3), (1, 3), (2, 2), (2, 2)]);
        // Before 0.22 every class by itself: KFold's sizes of 7 and of 13.
        assert_eq!(stratified_before(7, 13, 4), [(2, 4), (2, 3), (2, 3), (1, 3)]);
    }

    #[test]
    fn stratified_folds_are_those_of_any_version() {
        let folding = |equal: bool, sizes: Option<Vec<u64>>| Folding {
            folds: 3,
            sizes,
            positives: None,
            support: None,
            stratified: true,
            equal,
            aggregate: None,
        };
        let set = TestSet { n: Some(100), support: Some(vec![10; 10]), ..TestSet::default() };
        assert_eq!(fold_sizes(&set, &folding(false, None)), [[34, 33, 33], [40, 30, 30]]);
        assert_eq!(fold_sizes(&set, &folding(true, None)), [[34, 33, 33]]);
        assert_eq!(fold_sizes(&set, &folding(false, Some(vec![40, 30, 30]))), [[40, 30, 30]]);
        // Which sizes there were before follows from the classes alone.
        let unsaid = TestSet { n: Some(100), ..TestSet::default() };
        assert_eq!(fold_sizes(&unsaid, &folding(false, None)), [[34, 33, 33]]);
        assert!(folding(false, None).sizes_said(&set) && !folding(false, None).sizes_said(&unsaid));
        let now = vec![(1, 2), (1, 2), (2, 1)];
        assert_eq!(
            every_stratified(4, 5, &folding(false, None)),
            [now.clone(), vec![(1, 1), (1, 2), (2, 2)]]
        );
        assert_eq!(every_stratified(4, 5, &folding(true, None)), [now]);
        assert_eq!(every_stratified(4, 5, &folding(false, Some(vec![4, 3, 2]))), [[(1, 1), (1, 2), (2, 2)]]);
        assert!(every_stratified(4, 5, &folding(false, Some(vec![5, 2, 2]))).is_empty());
    }

    #[test]
    fn every_layout_is_there_once() {
        let mut layouts = Vec::new();
        every_layout(3, 4, 3, (1, 1), &mut |layout| {
            layouts.push(layout.to_vec());
            true
        });
        assert_eq!(layouts, [[(1, 2), (1, 1), (1, 1)]]);
        let mut all = Vec::new();
        every_layout(3, 6, 3, (0, 0), &mut |layout| {
            all.push((layout[0].0, layout[1].0, layout[2].0, in_two_folds(layout)));
            true
        });
        assert_eq!(all, [(0, 0, 3, false), (0, 1, 2, true), (1, 1, 1, true)]);
    }
}
