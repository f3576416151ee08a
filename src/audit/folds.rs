//! Check 12: figures of a cross-validation, averaged over folds (mean of scores) or from the pooled counts (score of
//! means), with known folds or any that could have been.

use super::binary::BinaryFigure;
use super::binary_finding::{figure, pooled_pairs};
use super::claims::{Aggregate, Claim, Folding, Metric, TestSet};
use super::finding::{Finding, Verdict, Witness, listed};
use super::fold_layouts::{Layouts, class_layout, every_layout, layouts};
use super::fold_sums::{Fold, Means, Outcome, kinds, solve, solve_classes};
use super::grid::{Grid, grid, is_accuracy, is_balanced};
use super::joint;
use super::power::{Power, redrawn};
use super::printed::Interval;

/// Layouts of unknown folds that are tried.
const MOST_LAYOUTS: usize = 20_000;
/// What one search for hits may cost, all layouts together.
const MOST_STEPS: u64 = 4_000_000;
/// What each value put in a figure's place may cost.
const POWER_STEPS: u64 = 12_000;

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

/// Which mean of a cross-validation a claim prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mean {
    Accuracy,
    Sensitivity,
    Specificity,
    Balanced,
    /// The mean over the folds of the mean recall over the classes.
    ClassRecall,
}

fn mean_of(claim: &Claim, set: &TestSet) -> Option<Mean> {
    match binary_name(claim) {
        Some("acc") => Some(Mean::Accuracy),
        Some("sens") => Some(Mean::Sensitivity),
        Some("spec") => Some(Mean::Specificity),
        Some("bacc") => Some(Mean::Balanced),
        // As many clips in every class do not make as many in every class of a fold.
        None if is_balanced(claim) => Some(Mean::ClassRecall),
        None if is_accuracy(claim, set) => Some(Mean::Accuracy),
        _ => None,
    }
}

/// A search for the hits of every fold, whatever the printed means are.
enum Question {
    Folds(Vec<Fold>),
    /// Clips of each class in each fold.
    Classes(Vec<Vec<u64>>, u64),
    /// Folds in any of the ways that (p, n, folds) allow.
    Unknown(u64, u64, u64),
}

/// An answer, and how many layouts were tried for it.
struct Answered {
    outcome: Outcome,
    layouts: usize,
}

fn mean_of_scores(claims: &[&Claim], set: &TestSet, folding: &Folding) -> Finding {
    let runs = claims[0].runs;
    let mut figures: Vec<(Mean, &Claim)> = Vec::new();
    let mut left_out = Vec::new();
    for claim in claims {
        match mean_of(claim, set) {
            Some(mean) if figures.iter().all(|(known, _)| *known != mean) => figures.push((mean, claim)),
            _ => left_out.push(claim.measure(set)),
        }
    }
    if figures.is_empty() {
        return Finding::not_checkable(
            "folds",
            format!("a mean over folds of {} has no common number of clips", listed(left_out)),
        );
    }
    let printed = |mean: Mean| figures.iter().any(|(known, _)| *known == mean);
    let recalls = [Mean::Sensitivity, Mean::Specificity, Mean::Balanced].into_iter().any(printed);
    let question = if printed(Mean::ClassRecall) {
        match class_layout(set, folding) {
            Some(layout) if layout.iter().flatten().all(|&clips| clips > 0) => {
                Ok(Question::Classes(layout, runs))
            }
            Some(_) => {
                Err("a class has no clips in some fold, and averages differ in whether they count it".into())
            }
            None => Err("the clips of each class in each fold, fold_support, are not said".into()),
        }
    } else {
        match layouts(set, folding, recalls) {
            Layouts::Missing(what) => Err(format!("{what} is not said")),
            Layouts::Known(folds) => Ok(Question::Folds(kinds(&folds, runs))),
            Layouts::Unknown { .. } if runs > 1 => Err("the folds of each repeat are not said".into()),
            Layouts::Unknown { p, n, folds } => Ok(Question::Unknown(p, n, folds)),
        }
    };
    let mut finding = match question {
        Err(missing) => Finding::not_checkable("folds", missing),
        Ok(question) => {
            let answered = answer(&question, &means(&figures, None), MOST_STEPS);
            let mut finding = conclude(&answered, &question);
            if finding.verdict == Verdict::Consistent {
                power(&question, &figures).of(&mut finding);
            }
            finding
        }
    };
    if !left_out.is_empty() {
        finding
            .notes
            .push(format!("left out, for a mean over folds of it is not linear: {}", listed(left_out)));
    }
    finding
}

/// The printed means, one of them replaced.
fn means(figures: &[(Mean, &Claim)], other: Option<(Mean, Interval)>) -> Means {
    let mut means = Means::default();
    for (mean, claim) in figures {
        let interval =
            other.filter(|(known, _)| known == mean).map_or(claim.interval(), |(_, interval)| interval);
        let place = match mean {
            Mean::Accuracy => &mut means.accuracy,
            Mean::Sensitivity | Mean::ClassRecall => &mut means.sensitivity,
            Mean::Specificity => &mut means.specificity,
            Mean::Balanced => &mut means.balanced,
        };
        *place = Some(interval);
    }
    means
}

fn answer(question: &Question, means: &Means, mut steps: u64) -> Answered {
    match question {
        Question::Folds(kinds) => Answered { outcome: solve(kinds, means, &mut steps), layouts: 1 },
        Question::Classes(layout, runs) => {
            Answered { outcome: solve_classes(layout, *runs, means, &mut steps).0, layouts: 1 }
        }
        Question::Unknown(p, n, folds) => try_layouts((*p, *n, *folds), means, &mut steps),
    }
}

/// Every layout that scikit-learn's KFold sizes allow, as far as the classes can fall.
fn try_layouts((p, n, folds): (u64, u64, u64), means: &Means, steps: &mut u64) -> Answered {
    let positives = means.sensitivity.is_some() || means.balanced.is_some();
    let negatives = means.specificity.is_some() || means.balanced.is_some();
    let mut tried = 0usize;
    let mut cut_short = false;
    let mut even_in_fractions = true;
    let mut found = None;
    let whole = every_layout(p, n, folds, positives, negatives, &mut |layout| {
        tried += 1;
        let kinds = kinds(layout, 1);
        match solve(&kinds, means, steps) {
            Outcome::Impossible { even_in_fractions: even } => even_in_fractions &= even,
            Outcome::CutShort => cut_short = true,
            outcome => found = Some(outcome),
        }
        found.is_none() && tried < MOST_LAYOUTS && *steps > 0
    });
    let outcome = match found {
        Some(found) => found,
        None if cut_short || !whole => Outcome::CutShort,
        None => Outcome::Impossible { even_in_fractions },
    };
    Answered { outcome, layouts: tried }
}

/// For each figure the share of values that pass with the others as they are; the mean over them.
fn power(question: &Question, figures: &[(Mean, &Claim)]) -> Power {
    let mut budget = MOST_STEPS;
    let parts: Vec<Power> = figures
        .iter()
        .map(|(mean, claim)| {
            redrawn(&claim.value, (0, Some(1)), |value| {
                let replaced = means(figures, Some((*mean, value.interval(claim.rounding))));
                let steps = POWER_STEPS.min(budget);
                let answered = answer(question, &replaced, steps);
                budget = budget.saturating_sub(50 * answered.layouts as u64);
                match answered.outcome {
                    Outcome::Fits(_) => Some(true),
                    Outcome::Impossible { .. } => Some(false),
                    Outcome::CutShort => None,
                }
            })
        })
        .collect();
    Power::mean(&parts)
}

fn in_words(kind: &Fold) -> String {
    match kind.n {
        0 => format!("{} × {}", kind.count, kind.p),
        n => format!("{} × ({} + {n})", kind.count, kind.p),
    }
}

fn conclude(answered: &Answered, question: &Question) -> Finding {
    let classes = matches!(question, Question::Classes(..));
    match &answered.outcome {
        Outcome::CutShort if answered.layouts > 1 => Finding::not_checkable(
            "folds",
            format!("the search was cut short after {} layouts of folds", answered.layouts),
        ),
        Outcome::CutShort => {
            Finding::not_checkable("folds", "the search over hits of each fold was cut short")
        }
        Outcome::Impossible { even_in_fractions } => {
            let of = match question {
                Question::Unknown(..) => format!(
                    "in any of the {} ways the classes can fall into folds of equal size",
                    answered.layouts
                ),
                Question::Folds(kinds) => format!("in folds of {}", listed(kinds.iter().map(in_words))),
                Question::Classes(layout, _) => format!(
                    "in folds whose classes have {}",
                    listed(
                        layout.iter().map(|fold| fold
                            .iter()
                            .map(u64::to_string)
                            .collect::<Vec<_>>()
                            .join(" + "))
                    )
                ),
            };
            let reason = if *even_in_fractions {
                format!("no hits {of} have these means, not even fractions of a clip")
            } else {
                format!("no whole numbers of hits {of} have these means; every one was tried or excluded")
            };
            Finding::new("folds", Verdict::Inconsistent, reason)
        }
        Outcome::Fits(hits) => {
            let words = listed(hits.iter().map(|(tp, tn, kind)| match (kind.n, classes) {
                (_, true) => {
                    format!(
                        "{tp} hits of {} × {} clips of a class in folds of {}",
                        kind.count,
                        kind.p,
                        kind.p + kind.n
                    )
                }
                (0, _) => format!("{tp} hits of {} folds of {}", kind.count, kind.p),
                _ => format!(
                    "{tp} true positives and {tn} true negatives in {} folds of {} + {}",
                    kind.count, kind.p, kind.n
                ),
            }));
            let mut finding = Finding::new("folds", Verdict::Consistent, words.clone());
            finding.witness = Some(Witness { words, matrix: None });
            finding
        }
    }
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
    let pooled: Vec<Claim> = claims.iter().map(|claim| Claim { folding: None, ..(*claim).clone() }).collect();
    let together: Vec<&Claim> = pooled.iter().collect();
    if runs == 1
        && let Some(finding) = joint::check(&together, set)
    {
        return Some(finding);
    }
    let first = claims.iter().find(|claim| is_accuracy(claim, set))?;
    let pooled = Claim { folding: None, ..(*first).clone() };
    match grid(&pooled, set) {
        Grid::Of(n) => Some(super::grid::check(&pooled, set, n)),
        _ => Some(Finding::not_checkable("folds", "n is not said")),
    }
}
