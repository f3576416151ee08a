//! The search for a network's parameters: by inner folds of the training side as every other row's, or by successive
//! halving on the network's own validation clips.
//!
//! Halving (L. Li and others, "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020): all trials train for
//! `grace` epochs, the better half (or third, …) for twice (thrice, …) as many, and so on up to the row's `epochs`. Here
//! a rung is closed before any trial goes on, so that the outcome is the same for any number of threads. What a trial
//! scored is kept in a file of its own, and where its training stands in another, until the cell is done: a search that is
//! cut off goes on, and so does the training of its winner.

use rayon::prelude::*;

use super::ExperimentError;
use super::bench::Bench;
use super::cell_key::CellKey;
use super::clock::Stopwatch;
use super::devices::cards_of;
use super::inner_search::{SearchRecord, Trial, inner_splits};
use super::search::{Method, SearchSpec, overlaid};
use super::teaching::Classroom;
use super::training_side::{TrainingSide, build};
use crate::guarded::guarded;
use crate::models::neural::History;
use crate::table::Split;

/// A search and whose it is.
pub struct NetworkSearch<'a> {
    pub classroom: Classroom<'a>,
    pub spec: &'a SearchSpec,
    /// The training rows, and those of them or beside them that the data set sets aside for validation.
    pub rows: &'a [usize],
    pub watched: &'a [usize],
    pub grouped: bool,
    pub key: &'a CellKey,
    pub bench: Bench<'a>,
}

/// One training of a search.
struct Job {
    trial: usize,
    /// Which inner fold, or after how many epochs.
    part: usize,
}

impl NetworkSearch<'_> {
    /// The winning parameters and the record of the search.
    pub fn run(&self) -> Result<(toml::Table, SearchRecord), ExperimentError> {
        let watch = Stopwatch::start();
        let candidates = self.spec.candidates(self.key.seed);
        let trials = match self.spec.method {
            Method::Halving => self.halving(&candidates),
            Method::Grid | Method::Random => self.by_folds(&candidates)?,
        };
        let record = SearchRecord::of(&self.classroom.row.name, self.spec, self.grouped, trials, &watch)?;
        Ok((candidates[record.chosen].clone(), record))
    }

    fn by_folds(&self, candidates: &[toml::Table]) -> Result<Vec<Trial>, ExperimentError> {
        let Self { classroom, spec, rows, watched, grouped, key, .. } = *self;
        let side = TrainingSide { table: classroom.table, rows, grouped, watched };
        let folds = inner_splits(classroom.row, spec, &side, key.seed)?;
        let jobs =
            (0..candidates.len()).flat_map(|trial| (0..folds.len()).map(move |part| Job { trial, part }));
        let scores =
            self.all(jobs.collect(), &|job| self.on_fold(job, &candidates[job.trial], &folds[job.part]));
        Ok(candidates
            .iter()
            .zip(scores.chunks(folds.len()))
            .map(|(table, scores)| Trial::of(table, scores))
            .collect())
    }

    fn on_fold(&self, job: &Job, candidate: &toml::Table, fold: &Split) -> Result<f64, String> {
        let Self { classroom, spec, key, bench, .. } = self;
        let metric = spec.metric().ok_or("no such metric")?;
        let model = self.model(candidate, None)?;
        let network = model.network().ok_or("it is no network")?;
        let taught = bench.workshop(key.seed, &self.name(job), &|_| {}, |workshop| {
            classroom.teach(network, &fold.train, &fold.watched, workshop)
        });
        let answer = taught.and_then(|taught| classroom.answer(&taught, &fold.test));
        let answer = answer.map_err(|error| error.to_string())?;
        let predictions = classroom.predictions(&answer, &fold.test);
        metric.compute(&predictions).ok_or_else(|| format!("`{}` has no value here", metric.name))
    }

    fn halving(&self, candidates: &[toml::Table]) -> Vec<Trial> {
        let (reduction, most) = (self.spec.reduction, self.epochs());
        let mut scores: Vec<Vec<Result<f64, String>>> = vec![Vec::new(); candidates.len()];
        let mut running: Vec<usize> = (0..candidates.len()).collect();
        let mut rung = self.spec.grace.min(most);
        loop {
            let jobs = running.iter().map(|&trial| Job { trial, part: rung });
            let found = self.all(jobs.collect(), &|job| self.until(job, &candidates[job.trial]));
            for (trial, score) in running.iter().zip(found) {
                scores[*trial].push(score);
            }
            if rung >= most {
                break;
            }
            let value = |trial: &usize| match scores[*trial].last() {
                Some(Ok(score)) if self.spec.higher_is_better() => -score,
                Some(Ok(score)) => *score,
                _ => f64::INFINITY,
            };
            let mut order = running.clone();
            // Of equals the first stays.
            order.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
            let dropped = order.split_off(order.len().div_ceil(reduction));
            dropped.iter().for_each(|trial| self.bench.forget(&self.training_name(*trial)));
            order.sort_unstable();
            running = order;
            rung = (rung * reduction).min(most);
        }
        // A trial that was dropped early is not held against those that went on.
        let all_rungs = scores.iter().map(Vec::len).max().unwrap_or(0);
        candidates
            .iter()
            .zip(scores)
            .map(|(table, scores)| match scores.len() == all_rungs || scores.iter().any(Result::is_err) {
                true => Trial {
                    score: scores.last().and_then(|last| last.clone().ok()),
                    ..Trial::of(table, &scores)
                },
                false => Trial { score: None, ..Trial::of(table, &scores) },
            })
            .collect()
    }

    /// Trains on to the rung; the score of its last epoch, or of the best one where that is what predicts.
    fn until(&self, job: &Job, candidate: &toml::Table) -> Result<f64, String> {
        let Self { classroom, rows, watched, key, bench, .. } = self;
        let model = self.model(candidate, Some(job.part))?;
        let network = model.network().ok_or("it is no network")?;
        let taught = bench.workshop(key.seed, &self.training_name(job.trial), &|_| {}, |workshop| {
            classroom.teach(network, rows, watched, workshop)
        });
        let taught = taught.map_err(|error| error.to_string())?;
        let history = taught.trained.histories().into_iter().next().unwrap_or_default();
        self.score_of(&history).ok_or_else(|| "it has no validation clips; set train.validation".to_string())
    }

    fn score_of(&self, history: &History) -> Option<f64> {
        let epoch = history.epochs.iter().find(|epoch| epoch.epoch == history.kept_epoch)?;
        match self.spec.higher_is_better() {
            true => epoch.validation_accuracy,
            false => epoch.validation_loss,
        }
    }

    fn model(
        &self,
        candidate: &toml::Table,
        until: Option<usize>,
    ) -> Result<Box<dyn crate::models::Model>, String> {
        let mut parameters = overlaid(&self.classroom.row.parameters, candidate);
        if let Some(until) = until {
            let epoch = toml::Table::from_iter([("train.until".to_string(), (until as i64).into())]);
            parameters = overlaid(&parameters, &epoch);
        }
        build(self.classroom.row, &parameters).map_err(|error| error.to_string())
    }

    /// The row's own number of epochs.
    fn epochs(&self) -> usize {
        let parameters = self.classroom.row.unsearched_model().map(|model| model.parameters());
        let epochs = parameters.ok().and_then(|all| all["train"]["epochs"].as_u64());
        epochs.map_or(1, |epochs| epochs as usize)
    }

    /// Every job that has no score on disk yet, on all cores. A card has memory for one network at a time.
    fn all(
        &self,
        jobs: Vec<Job>,
        work: &(dyn Fn(&Job) -> Result<f64, String> + Sync),
    ) -> Vec<Result<f64, String>> {
        match cards_of(self.classroom.row).is_empty() {
            true => jobs.par_iter().with_max_len(1).map(|job| self.one(job, work)).collect(),
            false => jobs.iter().map(|job| self.one(job, work)).collect(),
        }
    }

    fn one(&self, job: &Job, work: &(dyn Fn(&Job) -> Result<f64, String> + Sync)) -> Result<f64, String> {
        if let Some(known) = self.bench.kept(&self.name(job)) {
            return Ok(known);
        }
        let score =
            guarded(|| work(job)).unwrap_or_else(|panic| Err(format!("the model broke off: {panic}")));
        // What failed may have failed for want of memory, and is tried again after a break.
        if let Ok(score) = &score {
            self.bench.keep(&self.name(job), score);
            // That of halving has another name, for the next rung.
            self.bench.forget(&self.name(job));
        }
        let row = &self.classroom.row.name;
        let said = score.as_ref().map_or_else(|reason| reason.clone(), |score| format!("{score:.4}"));
        self.bench.observer.detail(&format!("{row}: trial {} ({}): {said}", job.trial, job.part));
        score
    }

    fn name(&self, job: &Job) -> String {
        format!("{}-trial-{:04}-{:04}", self.key.id, job.trial, job.part)
    }

    fn training_name(&self, trial: usize) -> String {
        format!("{}-trial-{trial:04}", self.key.id)
    }
}
