//! The search itself: every trial by cross-validation inside the training side, the best mean wins.
//!
//! The test side is never seen (nested cross-validation; G. Cawley and N. Talbot, JMLR 11, 2010). Where the outer
//! split keeps groups apart, so do the inner folds. Preparation is learned on each inner training side. Of equally
//! good trials the first wins; a trial that its model refuses is recorded with the reason and cannot win.

use ndarray::{Array2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::clock::{Stopwatch, seconds_or_nan};
use super::search::{Method, SearchSpec, VALIDATION_SIDE, overlaid};
use super::training_side::{Prepared, TrainingSide, build};
use super::{ExperimentError, Row};
use crate::guarded::guarded;
use crate::metrics::{Metric, Predictions, mean_sd};
use crate::models::{Aside, Fitted, TrainingSet};
use crate::random::Draws;
use crate::table::{KFold, Split, SplitSpec};

/// Every trial of a search, and which won.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchRecord {
    pub method: Method,
    pub metric: String,
    pub folds: usize,
    /// Whether no group stood on both sides of an inner fold.
    pub grouped: bool,
    /// Index of the winner.
    pub chosen: usize,
    pub trials: Vec<Trial>,
    pub wall_seconds: f64,
    #[serde(deserialize_with = "seconds_or_nan")]
    pub cpu_seconds: f64,
    /// What choosing by the test side would have shown, where the row asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimistic: Option<Optimistic>,
}

/// One set of parameters that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Mean over the inner folds; none where the model refused.
    pub score: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Scores on the test side, of the metric that the search goes by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Optimistic {
    /// Of the trial that the training side chose.
    pub nested: f64,
    /// The best of all trials, and which it is.
    pub best: f64,
    pub trial: usize,
    /// Trials that were scored.
    pub looks: usize,
}

impl SearchRecord {
    /// The best of these trials wins.
    pub fn of(
        row: &str,
        spec: &SearchSpec,
        grouped: bool,
        trials: Vec<Trial>,
        watch: &Stopwatch,
    ) -> Result<Self, ExperimentError> {
        Ok(Self {
            method: spec.method,
            metric: spec.metric.clone(),
            folds: if spec.method == Method::Halving { 0 } else { spec.folds },
            grouped,
            chosen: best_of(row, &trials, spec.higher_is_better())?,
            trials,
            wall_seconds: watch.wall_seconds(),
            cpu_seconds: watch.cpu_seconds(),
            optimistic: None,
        })
    }

    /// What a reader of the scores should know, in a line.
    pub fn note(&self) -> String {
        let Some(winner) = self.trials.get(self.chosen) else { return String::new() };
        let parameters: Vec<String> =
            winner.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let score = winner.score.map_or_else(String::new, |score| match self.method {
            Method::Halving => format!(" ({} {score:.4})", self.metric),
            _ if self.folds == VALIDATION_SIDE => {
                format!(" ({} {score:.4} on the validation side)", self.metric)
            }
            _ => format!(" ({} {score:.4} over {} inner folds)", self.metric, self.folds),
        });
        format!("search: {} won of {} trials{score}", parameters.join(", "), self.trials.len())
    }
}

/// An inner fold, prepared once for all trials.
struct Inner<'a> {
    train: Array2<f64>,
    y: Vec<usize>,
    aside: Aside<'a>,
    test: Array2<f64>,
    truth: Vec<usize>,
    seed: u64,
}

/// The winning parameters and the record of the search.
pub fn search(
    row: &Row,
    spec: &SearchSpec,
    side: &TrainingSide<'_>,
    seed: u64,
) -> Result<(toml::Table, SearchRecord), ExperimentError> {
    let watch = Stopwatch::start();
    let metric = spec
        .metric()
        .ok_or_else(|| ExperimentError::Choice { message: format!("no metric `{}`", spec.metric) })?;
    let splits = inner_splits(row, spec, side, seed)?;
    let folds = inner_folds(row, side, &splits, seed)?;
    let classes = side.table.class_names();
    let candidates = spec.candidates(seed);
    let jobs: Vec<(usize, usize)> =
        (0..candidates.len()).flat_map(|trial| (0..folds.len()).map(move |fold| (trial, fold))).collect();
    let scores: Vec<Result<f64, String>> = jobs
        .into_par_iter()
        .with_max_len(1)
        .map(|(trial, fold)| {
            let parameters = overlaid(&row.parameters, &candidates[trial]);
            guarded(|| one_fold(row, &parameters, &folds[fold], &classes, metric))
                .unwrap_or_else(|panic| Err(format!("the model broke off: {panic}")))
        })
        .collect();
    let trials: Vec<Trial> = candidates
        .iter()
        .zip(scores.chunks(folds.len()))
        .map(|(table, scores)| Trial::of(table, scores))
        .collect();
    let record = SearchRecord::of(&row.name, spec, side.grouped, trials, &watch)?;
    Ok((candidates[record.chosen].clone(), record))
}

/// The best trial, the first of equals.
fn best_of(row: &str, trials: &[Trial], higher_is_better: bool) -> Result<usize, ExperimentError> {
    let sign = if higher_is_better { 1.0 } else { -1.0 };
    let best = trials.iter().enumerate().fold(None, |best: Option<(f64, usize)>, (place, trial)| {
        match (trial.score.map(|score| sign * score), best) {
            (Some(score), Some((reached, _))) if score <= reached => best,
            (Some(score), _) => Some((score, place)),
            (None, _) => best,
        }
    });
    best.map(|(_, place)| place).ok_or_else(|| {
        let first = trials.first().and_then(|trial| trial.failure.clone()).unwrap_or_default();
        let message = format!("row `{row}`: every trial of the search failed; the first: {first}");
        ExperimentError::Choice { message }
    })
}

fn inner_folds<'a>(
    row: &Row,
    side: &TrainingSide<'a>,
    splits: &'a [Split],
    seed: u64,
) -> Result<Vec<Inner<'a>>, ExperimentError> {
    let indices = side.table.class_indices();
    splits
        .par_iter()
        .map(|split| {
            let inner = TrainingSide { rows: &split.train, watched: &split.watched, ..*side };
            let Prepared { prepare, x, y, aside } = inner.prepared(row)?;
            Ok(Inner {
                train: x,
                y,
                aside,
                test: prepare.apply(side.table.values.select(Axis(0), &split.test).view()),
                truth: split.test.iter().map(|&row| indices[row]).collect(),
                seed: Draws::new(seed, &format!("search/fold/{}", split.fold)).seed(),
            })
        })
        .collect()
}

/// The inner folds of a training side, or the one division that its data set's validation side makes of it.
pub fn inner_splits(
    row: &Row,
    spec: &SearchSpec,
    side: &TrainingSide<'_>,
    seed: u64,
) -> Result<Vec<Split>, ExperimentError> {
    let refuse =
        |message: String| ExperimentError::Choice { message: format!("row `{}`: {message}", row.name) };
    if spec.by_validation_side() {
        check_validation_side(row, side.watched)?;
        return by_validation_side(side).map(|split| vec![split]).map_err(refuse);
    }
    let inner = side.table.rows(side.rows);
    let k_fold = KFold { folds: spec.folds, repeats: 1, seed: Draws::new(seed, "search/folds").seed() };
    let split = if side.grouped { SplitSpec::GroupKfold(k_fold) } else { SplitSpec::StratifiedKfold(k_fold) };
    let mut splits = split
        .splits(inner.clip_rows())
        .map_err(|error| refuse(format!("the search's {} inner folds: {error}", spec.folds)))?;
    splits.iter_mut().for_each(|fold| fold.become_part_of(side.rows, side.watched));
    Ok(splits)
}

/// Whether there is what a search by the validation side asks for.
pub fn check_validation_side(row: &Row, watched: &[usize]) -> Result<(), ExperimentError> {
    let goes_by_it = row.search.as_ref().is_some_and(SearchSpec::by_validation_side);
    if !goes_by_it || !watched.is_empty() {
        return Ok(());
    }
    let message = format!(
        "row `{}`: search: folds = \"validation\" scores trials on the data set's own validation side, and the split has \
         none; say folds = 3, or split with kind official or list, validation = \"train\" or \"watch\"",
        row.name
    );
    Err(ExperimentError::Choice { message })
}

/// Learned from is what is not set aside for validation; that is what trials are scored on, and what a network watches.
fn by_validation_side(side: &TrainingSide<'_>) -> Result<Split, String> {
    let watched = side.watched.to_vec();
    let train: Vec<usize> =
        side.rows.iter().copied().filter(|row| watched.binary_search(row).is_err()).collect();
    if train.is_empty() {
        return Err(
            "the search goes by the validation side, and no other clip is left to learn from".to_string()
        );
    }
    let test = watched.clone();
    Ok(Split { repeat: 0, fold: 0, train, test, watched, shared_groups: 0, unused: 0, unknown_ids: 0 })
}

fn one_fold(
    row: &Row,
    parameters: &toml::Table,
    fold: &Inner<'_>,
    classes: &[String],
    metric: &Metric,
) -> Result<f64, String> {
    let model = build(row, parameters).map_err(|error| error.to_string())?;
    let training = TrainingSet { x: fold.train.view(), y: &fold.y, classes: classes.len() };
    let fitted = model.fit_aside(training, &fold.aside, fold.seed).map_err(|error| error.to_string())?;
    score(&*fitted, &fold.test, &fold.truth, classes, metric)
}

/// The metric of what `fitted` says of prepared rows.
pub fn score(
    fitted: &dyn Fitted,
    x: &Array2<f64>,
    truth: &[usize],
    classes: &[String],
    metric: &Metric,
) -> Result<f64, String> {
    let predicted = fitted.predict(x.view()).map_err(|error| error.to_string())?;
    let probabilities = match metric.needs_probabilities() {
        true => fitted.probabilities(x.view()).map_err(|error| error.to_string())?,
        false => None,
    };
    let predictions = Predictions {
        clip_ids: vec![String::new(); truth.len()],
        classes: classes.to_vec(),
        truth: truth.to_vec(),
        predicted,
        probabilities: probabilities.map(|table| table.outer_iter().map(|row| row.to_vec()).collect()),
    };
    metric.compute(&predictions).ok_or_else(|| {
        format!(
            "`{}` has no value here (the model gives no probabilities, or a class has no clip)",
            metric.name
        )
    })
}

impl Trial {
    /// Of its scores, one a fold or rung.
    pub fn of(parameters: &toml::Table, scores: &[Result<f64, String>]) -> Self {
        let json = |value| serde_json::to_value(value).unwrap_or_default();
        let parameters = parameters.iter().map(|(name, value)| (name.clone(), json(value))).collect();
        match scores.iter().cloned().collect::<Result<Vec<f64>, String>>() {
            Ok(folds) => {
                Self { parameters, score: mean_sd(&folds).map(|found| found.mean), folds, failure: None }
            }
            Err(reason) => Self { parameters, score: None, folds: Vec::new(), failure: Some(reason) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_trial_wins_and_the_first_of_equals() {
        let trials = |scores: &[Option<f64>]| -> Vec<Trial> {
            let failure = |score: &Option<f64>| score.is_none().then(|| "refused".to_string());
            let trial = |score: &Option<f64>| Trial {
                parameters: serde_json::Map::new(),
                score: *score,
                folds: Vec::new(),
                failure: failure(score),
            };
            scores.iter().map(trial).collect()
        };
        let scored = trials(&[None, Some(0.4), Some(0.9), Some(0.9), Some(0.1)]);
        assert_eq!(best_of("r", &scored, true).unwrap(), 2);
        assert_eq!(best_of("r", &scored, false).unwrap(), 4);
        let error = best_of("r", &trials(&[None, None]), true).unwrap_err().to_string();
        assert!(error.contains("every trial of the search failed; the first: refused"), "{error}");
    }
}
