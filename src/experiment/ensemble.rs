//! A cell of an ensemble: the stored answers of its members put together.
//!
//! What they said of altered clips is put together in the same way. Mean and vote need nothing but those. Stacking
//! (D. Wolpert 1992) has every member answer for clips of the training side that it has not learned from, fold by fold,
//! and learns a logistic regression over what they said.

use ndarray::Array2;

use super::bench::Bench;
use super::cell::{self, CellRecord, Outcome};
use super::cell_key::{CellKey, Times};
use super::clock::Stopwatch;
use super::ensemble_spec::{Combine, EnsembleSpec};
use super::keyed_table::KeyedTable;
use super::perturbed::Perturbed;
use super::{ExperimentError, Row};
use crate::guarded::guarded;
use crate::metrics::Predictions;
use crate::models::{self, Fitted, TrainingSet, argmax};
use crate::random::Draws;
use crate::table::{KFold, Split, SplitSpec};

const INNER_FOLDS: usize = 5;

/// A row that belongs to an ensemble, what it is fed, and its cell.
pub struct Member<'a> {
    pub row: &'a Row,
    pub data: &'a KeyedTable,
    pub cell: &'a CellRecord,
}

/// The ensemble's cell; one of its members' failing is its own.
pub fn compute(
    key: CellKey,
    spec: &EnsembleSpec,
    members: &[Member<'_>],
    split: &Split,
    bench: &Bench<'_>,
) -> CellRecord {
    let mut times = Times { train_rows: split.train.len(), test_rows: split.test.len(), ..Times::default() };
    for Member { cell, .. } in members {
        times.fit_wall_seconds += cell.times.fit_wall_seconds;
        times.fit_cpu_seconds += cell.times.fit_cpu_seconds;
        times.predict_wall_seconds += cell.times.predict_wall_seconds;
        times.predict_cpu_seconds += cell.times.predict_cpu_seconds;
        times.columns += cell.times.columns;
    }
    let watch = Stopwatch::start();
    let attempt = guarded(|| attempt(key.seed, spec, members, split, bench));
    if spec.combine == Combine::Stacking {
        times.fit_wall_seconds += watch.wall_seconds();
        times.fit_cpu_seconds += watch.cpu_seconds();
    }
    let (outcome, perturbed) = match attempt {
        Ok(Ok((predictions, perturbed))) => (Outcome::Predicted(predictions), perturbed),
        Ok(Err(reason)) => (Outcome::Failed { reason }, Vec::new()),
        Err(panic) => (Outcome::Failed { reason: format!("the ensemble broke off: {panic}") }, Vec::new()),
    };
    let notes = vec![match spec.combine {
        Combine::Mean => format!("mean of the probabilities of {} rows", members.len()),
        Combine::Vote => format!("one vote each of {} rows", members.len()),
        Combine::Stacking => {
            format!("logistic regression over {} rows, learned on inner folds", members.len())
        }
    }];
    CellRecord { times, notes, outcome, perturbed, ..cell::refused(key, "") }
}

/// How answers become one, once what has to be learned for it is learned.
enum Combiner {
    Mean,
    Vote,
    Stacking(Box<dyn Fitted>),
}

fn attempt(
    seed: u64,
    spec: &EnsembleSpec,
    members: &[Member<'_>],
    split: &Split,
    bench: &Bench<'_>,
) -> Result<(Predictions, Vec<Perturbed>), String> {
    let said =
        members.iter().map(|member| said_by(member.row, member.cell)).collect::<Result<Vec<_>, _>>()?;
    let combiner = match spec.combine {
        Combine::Mean => Combiner::Mean,
        Combine::Vote => Combiner::Vote,
        Combine::Stacking => Combiner::Stacking(learned(seed, members, said[0].classes.len(), split, bench)?),
    };
    let conditions = members[0].cell.perturbed.iter().map(|worse| worse.condition);
    let worse = conditions.filter_map(|condition| {
        let of = |member: &'_ Member<'_>| {
            let found = member.cell.perturbed.iter().find(|worse| worse.condition == condition)?;
            Some(found.predictions.clone())
        };
        let said = members.iter().map(of).collect::<Option<Vec<_>>>()?;
        let together = combiner.combine(members, &said.iter().collect::<Vec<_>>());
        Some(together.map(|predictions| Perturbed { condition, predictions }))
    });
    Ok((combiner.combine(members, &said)?, worse.collect::<Result<_, _>>()?))
}

impl Combiner {
    fn combine(&self, members: &[Member<'_>], said: &[&Predictions]) -> Result<Predictions, String> {
        let first = said[0];
        if said.iter().any(|other| other.clip_ids != first.clip_ids || other.classes != first.classes) {
            return Err("its members were asked about other clips".to_string());
        }
        let (clips, classes) = (first.clip_ids.len(), first.classes.len());
        let probabilities = match self {
            Self::Mean => Some(mean(members, said)?),
            Self::Vote => None,
            Self::Stacking(learned) => Some(stacked(learned.as_ref(), said)?),
        };
        let predicted = match &probabilities {
            Some(rows) => rows.iter().map(|row| argmax(row)).collect(),
            None => (0..clips).map(|clip| argmax(&votes(said, clip, classes))).collect(),
        };
        Ok(Predictions { predicted, probabilities, ..first.clone() })
    }
}

fn said_by<'a>(row: &Row, cell: &'a CellRecord) -> Result<&'a Predictions, String> {
    match &cell.outcome {
        Outcome::Predicted(predictions) => Ok(predictions),
        Outcome::Failed { reason } => Err(format!("its member \"{}\" failed: {reason}", row.name)),
    }
}

fn mean(members: &[Member<'_>], said: &[&Predictions]) -> Result<Vec<Vec<f64>>, String> {
    let mut tables = Vec::with_capacity(said.len());
    for (member, predictions) in members.iter().zip(said) {
        let Some(own) = &predictions.probabilities else {
            return Err(format!(
                "its member \"{}\" gives no probabilities; take combine = \"vote\", or give it probability = true if it has that parameter",
                member.row.name
            ));
        };
        tables.push(own);
    }
    Ok(mean_of(&tables))
}

/// Added up first and divided once: parts that are each rounded can add up to more than 1.
fn mean_of(tables: &[&Vec<Vec<f64>>]) -> Vec<Vec<f64>> {
    let mut mean = tables[0].clone();
    for table in &tables[1..] {
        for (sum, row) in mean.iter_mut().zip(*table) {
            sum.iter_mut().zip(row).for_each(|(sum, p)| *sum += p);
        }
    }
    mean.iter_mut().flatten().for_each(|sum| *sum /= tables.len() as f64);
    mean
}

fn votes(said: &[&Predictions], clip: usize, classes: usize) -> Vec<f64> {
    let mut votes = vec![0.0; classes];
    said.iter().for_each(|predictions| votes[predictions.predicted[clip]] += 1.0);
    votes
}

/// The regression over what members say of clips that they have not learned from.
fn learned(
    seed: u64,
    members: &[Member<'_>],
    classes: usize,
    split: &Split,
    bench: &Bench<'_>,
) -> Result<Box<dyn Fitted>, String> {
    let table = &members[0].data.table;
    let indices = table.class_indices();
    let wide = members.len() * classes;
    let mut x = Array2::zeros((split.train.len(), wide));
    for inner in inner_splits(seed, members[0].data, split).map_err(|error| error.to_string())? {
        for (place, member) in members.iter().enumerate() {
            // By place: another name makes no other answer.
            let name = format!("stacking/{place}/{}", inner.fold);
            let seed = Draws::new(seed, &name).seed();
            let mut key = CellKey { seed, ..member.cell.key.clone() };
            key.id = format!("{}-{place}-{}", key.id, inner.fold);
            key.training = None;
            let KeyedTable { table, frames, .. } = member.data;
            let row = member.row.predicting_only();
            let cell = cell::compute(key, &row, table, frames.as_deref(), &[], &inner, bench);
            bench.forget(&cell.key.id);
            let inside = said_by(member.row, &cell)?;
            for (at, clip) in inner.test.iter().enumerate() {
                let row = split.train.binary_search(clip).unwrap_or_default();
                write(
                    inside,
                    at,
                    &mut x.row_mut(row).as_slice_mut().unwrap_or_default()[place * classes..][..classes],
                );
            }
        }
    }
    let y: Vec<usize> = split.train.iter().map(|&row| indices[row]).collect();
    let model =
        models::build("logistic_regression", toml::Table::new()).map_err(|error| error.to_string())?;
    model.fit(TrainingSet { x: x.view(), y: &y, classes }, seed).map_err(|error| error.to_string())
}

fn stacked(fitted: &dyn Fitted, said: &[&Predictions]) -> Result<Vec<Vec<f64>>, String> {
    let (clips, classes) = (said[0].clip_ids.len(), said[0].classes.len());
    let mut asked = Array2::zeros((clips, said.len() * classes));
    for (place, predictions) in said.iter().enumerate() {
        for clip in 0..clips {
            let mut row = asked.row_mut(clip);
            write(
                predictions,
                clip,
                &mut row.as_slice_mut().unwrap_or_default()[place * classes..][..classes],
            );
        }
    }
    let probabilities = fitted.probabilities(asked.view()).map_err(|error| error.to_string())?;
    Ok(probabilities.unwrap_or_default().outer_iter().map(|row| row.to_vec()).collect())
}

/// A clip's probabilities, or 1 for the class that was named where there are none.
fn write(said: &Predictions, clip: usize, out: &mut [f64]) {
    match &said.probabilities {
        Some(probabilities) => out.copy_from_slice(&probabilities[clip]),
        None => out[said.predicted[clip]] = 1.0,
    }
}

/// Folds of the training side; where the split keeps groups apart, so do they.
fn inner_splits(seed: u64, data: &KeyedTable, split: &Split) -> Result<Vec<Split>, ExperimentError> {
    let inner = data.table.rows(&split.train);
    let grouped = split.keeps_apart(&data.table.groups);
    let seed = Draws::new(seed, "stacking/folds").seed();
    let splits = |folds: usize| {
        let spec = KFold { folds, repeats: 1, seed };
        let spec = if grouped { SplitSpec::GroupKfold(spec) } else { SplitSpec::StratifiedKfold(spec) };
        spec.splits(inner.clip_rows())
    };
    // Fewer where a class has not so many clips or artists.
    let mut splits =
        (2..INNER_FOLDS).rev().fold(splits(INNER_FOLDS), |found, folds| found.or_else(|_| splits(folds)))?;
    splits.iter_mut().for_each(|fold| fold.become_part_of(&split.train, &split.watched));
    Ok(splits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine ninths of 1 come out above it where each is rounded.
    #[test]
    fn members_that_are_sure_are_not_surer_together() {
        let sure = vec![vec![1.0, 0.0], vec![0.25, 0.75]];
        for members in 1..30 {
            assert_eq!(mean_of(&vec![&sure; members]), sure, "{members}");
        }
    }
}
