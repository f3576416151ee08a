//! How the clips of a cross-validation may have fallen into its folds: as the paper says, as scikit-learn's stratified
//! folds do, or in every way that folds of (nearly) equal size allow.

use super::claims::{Folding, TestSet};

/// The folds of a claim: what is known of them.
pub enum Layouts {
    /// Positives and negatives of each; where classes count alike, all clips are positives.
    Known(Vec<(u64, u64)>),
    Unknown {
        p: u64,
        n: u64,
        folds: u64,
    },
    Missing(&'static str),
}

pub fn layouts(set: &TestSet, folding: &Folding, recalls: bool) -> Layouts {
    let folds = folding.folds;
    let equal_sizes = |total: u64| {
        (0..folds).map(|fold| total / folds + u64::from(fold < total % folds)).collect::<Vec<_>>()
    };
    let sizes = folding.sizes.clone().or_else(|| set.n.map(equal_sizes));
    if !recalls {
        return match sizes {
            Some(sizes) => Layouts::Known(sizes.into_iter().map(|size| (size, 0)).collect()),
            None => Layouts::Missing("n, or the size of each fold,"),
        };
    }
    let Some((p, n)) = set.binary else { return Layouts::Missing("positives and negatives") };
    match (&folding.positives, sizes) {
        (Some(positives), Some(sizes)) => Layouts::Known(
            sizes.into_iter().zip(positives).map(|(size, &p)| (p, size.saturating_sub(p))).collect(),
        ),
        _ if folding.stratified => Layouts::Known(stratified(p, n, folds)),
        (_, Some(_)) if folding.sizes.is_some() => Layouts::Missing("fold_positives"),
        _ => Layouts::Unknown { p, n, folds },
    }
}

/// The folds of scikit-learn's StratifiedKFold: remainders of the negatives go to the first folds, those of the
/// positives to the folds after them.
pub fn stratified(p: u64, n: u64, folds: u64) -> Vec<(u64, u64)> {
    let extra = |fold: u64, skipped: u64, remainder: u64| {
        u64::from((fold + folds - skipped % folds) % folds < remainder)
    };
    (0..folds)
        .map(|fold| (p / folds + extra(fold, n % folds, p % folds), n / folds + extra(fold, 0, n % folds)))
        .collect()
}

/// Sees the positives and negatives of every fold; false stops the search.
pub type Visitor<'v> = dyn FnMut(&[(u64, u64)]) -> bool + 'v;

/// Calls `each` with every way to spread p positives and n negatives over folds of (nearly) equal size, folds of one
/// size in ascending order of positives, until it says stop; false if it did.
pub fn every_layout(
    p: u64,
    n: u64,
    folds: u64,
    positives: bool,
    negatives: bool,
    each: &mut Visitor,
) -> bool {
    let (size, larger) = ((p + n) / folds, (p + n) % folds);
    let sizes: Vec<u64> = (0..folds).map(|fold| size + u64::from(fold < larger)).collect();
    let (least, spare) = (u64::from(positives), u64::from(negatives));
    descend(&sizes, p, least, spare, &mut Vec::new(), each)
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
        let diverse = |of: fn(&(u64, u64)) -> u64| chosen.iter().filter(|fold| of(fold) > 0).count() >= 2;
        let allowed = left == 0 && (sizes.len() == 1 || diverse(|fold| fold.0) && diverse(|fold| fold.1));
        return !allowed || each(chosen);
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
    }

    #[test]
    fn every_layout_is_there_once() {
        let mut layouts = Vec::new();
        every_layout(3, 4, 3, true, true, &mut |layout| {
            layouts.push(layout.to_vec());
            true
        });
        assert_eq!(layouts, [[(1, 2), (1, 1), (1, 1)]]);
        let mut count = 0;
        every_layout(3, 6, 3, false, false, &mut |_| {
            count += 1;
            true
        });
        // 0+0+3 has positives in one fold only; 0+1+2 and 1+1+1 stay.
        assert_eq!(count, 2);
    }
}
