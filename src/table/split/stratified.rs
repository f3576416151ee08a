//! Stratified hold-out and k-fold.
//!
//! Hold-out takes ⌈test · n⌉ clips, as scikit-learn's StratifiedShuffleSplit, and shares them out to the
//! classes by largest remainder (its `_approximate_mode`; remainders that tie go to the class first by name,
//! where scikit-learn draws). A class that would have no clip on a side is given one, taken from the class
//! furthest above its share. K-fold deals the clips, sorted by class, round the folds, as StratifiedKFold.

use super::clips::{Clips, Split, refuse, split_off};
use super::spec::{HoldOut, KFold};
use crate::random::Draws;
use crate::table::error::TableError;

pub(super) fn hold_out(clips: &Clips<'_>, spec: &HoldOut) -> Result<Vec<Split>, TableError> {
    let members = clips.by_class();
    if let Some((class, _)) = clips.classes.iter().zip(&members).find(|(_, rows)| rows.len() < 2) {
        return Err(refuse(format!(
            "class '{class}' has a single clip, which cannot stand on both sides; add clips or leave the class out"
        )));
    }
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let tested = test_counts(&counts, spec.test)?;
    let split = |repeat: usize| {
        let mut draws = Draws::new(spec.seed, &format!("split/stratified/{repeat}"));
        let mut test = Vec::new();
        for (rows, &count) in members.iter().zip(&tested) {
            let mut rows = rows.clone();
            draws.shuffle(&mut rows);
            test.extend_from_slice(&rows[..count]);
        }
        split_off(clips, repeat, 0, test)
    };
    Ok((0..spec.repeats).map(split).collect())
}

/// How many clips of each class are tested.
pub(super) fn test_counts(counts: &[usize], share: f64) -> Result<Vec<usize>, TableError> {
    let all: usize = counts.iter().sum();
    // A product such as 0.1 · 30 must not be pushed over the next whole number by its rounding.
    let wanted = (share * all as f64 - 1e-9).ceil().max(1.0) as usize;
    let classes = counts.len();
    if wanted < classes || all.saturating_sub(wanted) < classes {
        let (side, size) =
            if wanted < classes { ("test", wanted) } else { ("training", all.saturating_sub(wanted)) };
        return Err(refuse(format!(
            "test = {share} of {all} clips leaves {size} on the {side} side, fewer than the {classes} classes"
        )));
    }
    let exact: Vec<f64> = counts.iter().map(|&count| wanted as f64 * count as f64 / all as f64).collect();
    let mut tested: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut by_remainder: Vec<usize> = (0..classes).collect();
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()).then(a.cmp(&b)));
    let left = wanted - tested.iter().sum::<usize>();
    for &class in by_remainder.iter().take(left) {
        tested[class] += 1;
    }
    // Every class has two clips at least, so that one can stand on each side.
    for class in 0..classes {
        let surplus = |other: usize, tested: &[usize]| tested[other] as f64 - exact[other];
        if tested[class] == 0 {
            let donors = (0..classes).filter(|&other| tested[other] > 1);
            if let Some(donor) =
                donors.reduce(|a, b| if surplus(b, &tested) > surplus(a, &tested) { b } else { a })
            {
                tested[donor] -= 1;
                tested[class] = 1;
            }
        } else if tested[class] == counts[class] {
            let takers = (0..classes).filter(|&other| counts[other] - tested[other] > 1);
            if let Some(taker) =
                takers.reduce(|a, b| if surplus(b, &tested) < surplus(a, &tested) { b } else { a })
            {
                tested[taker] += 1;
                tested[class] -= 1;
            }
        }
    }
    Ok(tested)
}

pub(super) fn k_fold(clips: &Clips<'_>, spec: &KFold) -> Result<Vec<Split>, TableError> {
    let members = clips.by_class();
    let smallest = clips.classes.iter().zip(&members).min_by_key(|(_, rows)| rows.len());
    if let Some((class, rows)) = smallest.filter(|(_, rows)| rows.len() < spec.folds) {
        return Err(refuse(format!(
            "folds = {} is more than class '{class}' has clips ({}); use fewer folds, add clips or leave the class out \
             (of a folder: classes = [\"…\"], those to use)",
            spec.folds,
            rows.len()
        )));
    }
    let mut splits = Vec::with_capacity(spec.repeats * spec.folds);
    for repeat in 0..spec.repeats {
        let mut draws = Draws::new(spec.seed, &format!("split/stratified_kfold/{repeat}"));
        let mut tests = vec![Vec::new(); spec.folds];
        let mut dealt = 0;
        for rows in &members {
            let mut rows = rows.clone();
            draws.shuffle(&mut rows);
            for row in rows {
                tests[dealt % spec.folds].push(row);
                dealt += 1;
            }
        }
        splits.extend(tests.into_iter().enumerate().map(|(fold, test)| split_off(clips, repeat, fold, test)));
    }
    Ok(splits)
}
