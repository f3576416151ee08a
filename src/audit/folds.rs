//! Check 12: figures of a cross-validation, averaged over folds (mean of scores) or from the pooled counts (score of
//! means), with known folds or any that could have been.

use super::binary::{BinaryFigure, pairs};
use super::claims::{Aggregate, Claim, Folding, Metric, TestSet};
use super::finding::{Finding, Verdict, Witness, listed};
use super::fold_sums::{Fold, Means, Outcome, kinds, solve};
use super::grid::{Grid, grid, is_accuracy};

/// Layouts of unknown folds that are tried.
const MOST_LAYOUTS: usize = 20_000;

/// The folds of a claim: what is known of them.
enum Layouts {
    Known(Vec<(u64, u64)>),
    Unknown { p: u64, n: u64, folds: u64 },
    Missing(&'static str),
}

/// The finding for claims of one system that share a folding into two or more folds.
pub fn check(claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    let first = claims.first()?;
    let folding = first.folding.as_ref()?;
    let finding = match folding.aggregate {
        Some(Aggregate::MeanOfScores) => mean_of_scores(claims, set, folding),
        Some(Aggregate::ScoreOfMeans) => score_of_means(claims, set)?,
        None => {
            let mean = mean_of_scores(claims, set, folding);
            match (mean.verdict, score_of_means(claims, set)) {
                (Verdict::Consistent, _) | (_, None) => mean,
                (Verdict::NotCheckable, Some(pooled)) if pooled.verdict == Verdict::Inconsistent => mean,
                (Verdict::Inconsistent, Some(pooled)) if pooled.verdict == Verdict::NotCheckable => pooled,
                (Verdict::Inconsistent, Some(pooled)) if pooled.verdict == Verdict::Inconsistent => {
                    let reason =
                        format!("as a mean over folds: {}; of pooled counts: {}", mean.reason, pooled.reason);
                    Finding { reason, ..mean }
                }
                (_, Some(pooled)) => pooled,
            }
        }
    };
    Some(finding.about_all(claims, set))
}

fn binary_name(claim: &Claim) -> Option<&'static str> {
    match claim.metric {
        Metric::Binary(score) if claim.class.is_none() => Some(score.name),
        _ => None,
    }
}

fn mean_of_scores(claims: &[&Claim], set: &TestSet, folding: &Folding) -> Finding {
    let runs = claims[0].runs;
    let mut means = Means::default();
    let mut left_out = Vec::new();
    for claim in claims {
        let place = match binary_name(claim) {
            Some("acc") => &mut means.accuracy,
            Some("sens") => &mut means.sensitivity,
            Some("spec") => &mut means.specificity,
            Some("bacc") => &mut means.balanced,
            None if is_accuracy(claim, set) => &mut means.accuracy,
            _ => {
                left_out.push(claim.measure(set));
                continue;
            }
        };
        match place {
            None => *place = Some(claim.interval()),
            Some(_) => left_out.push(claim.measure(set)),
        }
    }
    if left_out.len() == claims.len() {
        return Finding::not_checkable(
            "folds",
            format!("a mean over folds of {} has no common number of clips", listed(left_out)),
        );
    }
    let recalls = means.sensitivity.is_some() || means.specificity.is_some() || means.balanced.is_some();
    let mut finding = match layouts(set, folding, recalls) {
        Layouts::Missing(what) => Finding::not_checkable("folds", format!("{what} is not said")),
        Layouts::Known(folds) => {
            let kinds = kinds(&folds, runs);
            conclude(solve(&kinds, &means), &kinds, 1)
        }
        Layouts::Unknown { .. } if runs > 1 => {
            Finding::not_checkable("folds", "the folds of each repeat are not said")
        }
        Layouts::Unknown { p, n, folds } => try_layouts(p, n, folds, &means),
    };
    if !left_out.is_empty() {
        finding
            .notes
            .push(format!("left out, for a mean over folds of it is not linear: {}", listed(left_out)));
    }
    finding
}

/// Every layout that scikit-learn's KFold sizes allow, as far as the classes can fall.
fn try_layouts(p: u64, n: u64, folds: u64, means: &Means) -> Finding {
    let positives = means.sensitivity.is_some() || means.balanced.is_some();
    let negatives = means.specificity.is_some() || means.balanced.is_some();
    let mut tried = 0usize;
    let mut cut_short = false;
    let mut found = None;
    let whole = every_layout(p, n, folds, positives, negatives, &mut |layout| {
        tried += 1;
        let kinds = kinds(layout, 1);
        match solve(&kinds, means) {
            Outcome::Impossible => {}
            Outcome::CutShort => cut_short = true,
            outcome => found = Some((outcome, kinds)),
        }
        found.is_none() && tried < MOST_LAYOUTS
    });
    match found {
        Some((outcome, kinds)) => conclude(outcome, &kinds, tried),
        None if cut_short || !whole => Finding::not_checkable(
            "folds",
            format!("the search was cut short after {tried} layouts of folds"),
        ),
        None => conclude(Outcome::Impossible, &[], tried),
    }
}

fn conclude(outcome: Outcome, kinds: &[Fold], layouts: usize) -> Finding {
    match outcome {
        Outcome::CutShort => {
            Finding::not_checkable("folds", "the search over hits of each fold was cut short")
        }
        Outcome::Impossible => {
            let of = if kinds.is_empty() {
                format!("in any of the {layouts} ways the classes can fall into folds of equal size")
            } else {
                format!(
                    "in folds of {}",
                    listed(kinds.iter().map(|kind| {
                        if kind.n == 0 {
                            format!("{} × {}", kind.count, kind.p)
                        } else {
                            format!("{} × ({} + {})", kind.count, kind.p, kind.n)
                        }
                    }))
                )
            };
            Finding::new(
                "folds",
                Verdict::Inconsistent,
                format!("no whole numbers of hits {of} have these means; every one was tried"),
            )
        }
        Outcome::Fits(hits) => {
            let words = listed(hits.iter().map(|(tp, tn, kind)| {
                if kind.n == 0 {
                    format!("{tp} hits of {} folds of {}", kind.count, kind.p)
                } else {
                    format!(
                        "{tp} true positives and {tn} true negatives in {} folds of {} + {}",
                        kind.count, kind.p, kind.n
                    )
                }
            }));
            let mut finding = Finding::new("folds", Verdict::Consistent, words.clone());
            finding.witness = Some(Witness { words, matrix: None });
            finding
        }
    }
}

fn layouts(set: &TestSet, folding: &Folding, recalls: bool) -> Layouts {
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
type Visitor<'v> = dyn FnMut(&[(u64, u64)]) -> bool + 'v;

/// Calls `each` with every way to spread p positives and n negatives over folds of (nearly) equal size, folds of one
/// size in ascending order of positives, until it says stop; false if it did.
fn every_layout(p: u64, n: u64, folds: u64, positives: bool, negatives: bool, each: &mut Visitor) -> bool {
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

/// Pooled counts: the same as one test set, repeated.
fn score_of_means(claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    let runs = claims[0].runs;
    if let Some((p, n)) = set.binary {
        let figures: Vec<BinaryFigure> = claims.iter().filter_map(|claim| figure(claim)).collect();
        if figures.len() == claims.len() {
            return Some(pooled_pairs(p * runs, n * runs, &figures));
        }
    }
    let first = claims.iter().find(|claim| is_accuracy(claim, set))?;
    let pooled = Claim { folding: None, ..(*first).clone() };
    match grid(&pooled, set) {
        Grid::Of(n) => Some(super::grid::check(&pooled, set, n)),
        _ => Some(Finding::not_checkable("folds", "n is not said")),
    }
}

/// A claim as a figure of a two-class matrix.
pub fn figure(claim: &Claim) -> Option<BinaryFigure> {
    let Metric::Binary(score) = claim.metric else { return None };
    let beta = claim.beta.as_ref().map_or((1, 1), |beta| (beta.digits, beta.scale()));
    Some(BinaryFigure { score, interval: claim.interval(), beta })
}

/// The finding for figures of one two-class matrix of p positives and n negatives.
pub fn pooled_pairs(p: u64, n: u64, figures: &[BinaryFigure]) -> Finding {
    let found = pairs(p, n, figures, |_, _, _| true);
    match found.witness {
        Some(counts) => {
            let words = format!(
                "tp = {} of {p}, tn = {} of {n}: one of {} pairs that give all of them",
                counts.tp, counts.tn, found.fitting
            );
            let mut finding = Finding::new("binary", Verdict::Consistent, words.clone());
            finding.witness = Some(Witness {
                words,
                matrix: Some(vec![vec![counts.tp, p - counts.tp], vec![n - counts.tn, counts.tn]]),
            });
            finding
        }
        None if found.cut_short => {
            Finding::not_checkable("binary", "the search over true positives was cut short")
        }
        None => {
            let reason = format!(
                "none of the {} × {} pairs of true positives and true negatives gives all of them; every one was tried",
                p + 1,
                n + 1
            );
            let mut finding = Finding::new("binary", Verdict::Inconsistent, reason);
            finding.repair = without_one(p, n, figures);
            finding
        }
    }
}

/// A single figure without which the rest fit.
fn without_one(p: u64, n: u64, figures: &[BinaryFigure]) -> Option<String> {
    if figures.len() < 2 || p > 20_000 {
        return None;
    }
    let alone = (0..figures.len()).filter(|&left_out| {
        let rest: Vec<BinaryFigure> = figures
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != left_out)
            .map(|(_, figure)| figure.clone())
            .collect();
        pairs(p, n, &rest, |_, _, _| false).witness.is_some()
    });
    let names: Vec<String> = alone.map(|place| figures[place].score.title.to_string()).collect();
    (!names.is_empty())
        .then(|| format!("without the {} the others fit", listed(names).replace(" and ", " or without the ")))
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
