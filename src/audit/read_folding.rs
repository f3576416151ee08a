//! Reads how a claim was cross-validated: its folds, and what is said of the clips in them.

use super::claims::{Aggregate, Folding, TestSet};
use super::error::AuditError;
use super::file::{FoldSizes, Located, MOST_CLIPS, RawClaim};

const MOST_FOLDS: u64 = 1000;

pub fn read_folding(at: &Located, raw: &RawClaim, set: &TestSet) -> Result<Option<Folding>, AuditError> {
    let said = raw.fold_sizes.as_ref().map(|sizes| (sizes.get_ref(), sizes.span().start));
    let equal = matches!(said, Some((FoldSizes::Word(_), _)));
    let sizes = match said {
        Some((FoldSizes::Said(sizes), start)) => Some(at.counts_at(sizes, start, "a fold's size", 1)?),
        _ => None,
    };
    let positives =
        raw.fold_positives.as_ref().map(|counts| at.counts(counts, "a fold's positives", 0)).transpose()?;
    let support = read_fold_support(at, raw, set)?;
    // Of several labels a clip the classes' clips are more than the fold's.
    let of_support = support
        .as_ref()
        .filter(|_| set.single_label)
        .map(|folds| folds.iter().map(|fold| fold.iter().sum()).collect::<Vec<u64>>());
    if let (Some(sizes), Some(of_support), Some(said)) = (&sizes, &of_support, &raw.fold_sizes)
        && sizes != of_support
    {
        return Err(at.wrong(said.span().start, "fold_sizes are not what fold_support sums to"));
    }
    let sizes = sizes.or(of_support);
    let folds = raw.folds.as_ref().map(|folds| at.count(folds, "folds", 1, MOST_FOLDS)).transpose()?;
    let (Some(folds), span) = (folds.or(sizes.as_ref().map(|sizes| sizes.len() as u64)), raw.metric.span())
    else {
        return no_folds(at, raw);
    };
    if folds == 1 && (raw.fold_min.is_some() || raw.fold_max.is_some()) {
        return Err(at.wrong(span.start, "one fold has neither a lowest nor a highest: say folds = …"));
    }
    let of_sizes = raw.fold_sizes.as_ref().map(|list| list.span().start);
    let of_sizes = of_sizes.or(raw.fold_support.as_ref().map(|list| list.span().start));
    if folds > MOST_FOLDS {
        return Err(at.wrong(of_sizes.unwrap_or(span.start), format!("more than {MOST_FOLDS} folds")));
    }
    let of_positives = raw.fold_positives.as_ref().map(|list| list.span().start);
    for (what, list, start, total) in [
        ("fold_sizes", &sizes, of_sizes, set.n),
        ("fold_positives", &positives, of_positives, set.binary.map(|(p, _)| p)),
    ] {
        let Some(list) = list else { continue };
        let start = start.unwrap_or(span.start);
        if list.len() as u64 != folds {
            return Err(at.wrong(start, format!("{what} has {} entries for {folds} folds", list.len())));
        }
        let sum: u64 = list.iter().sum();
        if total.is_some_and(|total| total != sum) {
            return Err(
                at.wrong(start, format!("{what} sums to {sum}, not to {}", total.unwrap_or_default()))
            );
        }
    }
    if set.n.is_some_and(|n| n < folds) {
        return Err(at.wrong(span.start, format!("{folds} folds of {} clips", set.n.unwrap_or_default())));
    }
    let dealt = |n: u64| (0..folds).map(|fold| n / folds + u64::from(fold < n % folds)).collect();
    let of_equal = || set.n.filter(|_| equal).map(dealt);
    if let (Some(sizes), Some(positives)) = (sizes.clone().or_else(of_equal), &positives)
        && let Some(fold) = (0..sizes.len()).find(|&fold| positives[fold] > sizes[fold])
    {
        let message =
            format!("fold {} has {} clips and {} positives", fold + 1, sizes[fold], positives[fold]);
        return Err(at.wrong(span.start, message));
    }
    Ok(Some(Folding {
        folds,
        sizes,
        positives,
        support,
        stratified: raw.stratified,
        equal,
        aggregate: raw.aggregate,
    }))
}

/// What is said of folds is no good without how many they are: the figure would be held against the whole set.
fn no_folds(at: &Located, raw: &RawClaim) -> Result<Option<Folding>, AuditError> {
    let said = [
        // Of pooled counts the folds do not matter.
        ("aggregate", raw.aggregate == Some(Aggregate::MeanOfScores)),
        ("stratified", raw.stratified),
        ("fold_sizes", raw.fold_sizes.is_some()),
        ("fold_positives", raw.fold_positives.is_some()),
        ("fold_support", raw.fold_support.is_some()),
        ("fold_min", raw.fold_min.is_some()),
        ("fold_max", raw.fold_max.is_some()),
    ];
    match said.iter().find(|(_, is_said)| *is_said) {
        Some((key, _)) => {
            let message = format!("{key} is of the folds of a cross-validation: say how many, folds = …");
            Err(at.wrong(raw.metric.span().start, message))
        }
        None => Ok(None),
    }
}

/// Clips of each class in each fold, which sum to those of the set.
fn read_fold_support(
    at: &Located,
    raw: &RawClaim,
    set: &TestSet,
) -> Result<Option<Vec<Vec<u64>>>, AuditError> {
    let Some(said) = &raw.fold_support else { return Ok(None) };
    let start = said.span().start;
    let Some(support) = &set.support else {
        return Err(at.wrong(start, "fold_support needs the set's support"));
    };
    let mut sums = vec![0u64; support.len()];
    let mut folds = Vec::with_capacity(said.get_ref().len());
    for (number, fold) in said.get_ref().iter().enumerate() {
        if fold.len() != support.len() {
            let message = format!("fold {} has {} classes of {}", number + 1, fold.len(), support.len());
            return Err(at.wrong(start, message));
        }
        let counts: Vec<u64> = fold
            .iter()
            .map(|&clips| at.count_at(clips, start, "a fold's clips of a class", 0, MOST_CLIPS))
            .collect::<Result<_, _>>()?;
        sums.iter_mut().zip(&counts).for_each(|(sum, clips)| *sum += clips);
        folds.push(counts);
    }
    if sums != *support {
        return Err(at.wrong(start, format!("fold_support sums to {sums:?} by class, not to {support:?}")));
    }
    Ok(Some(folds))
}
