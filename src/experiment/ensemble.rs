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
    row: &Row,
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
    let attempt = guarded(|| attempt(&key, row, spec, members, split, bench));
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
    CellRecord { times, notes, perturbed, ..CellRecord::bare(key, outcome) }
}

/// How answers become one, once what has to be learned for it is learned.
enum Combiner {
    Mean,
    Vote,
    Stacking(Box<dyn Fitted>),
}

fn attempt(
    key: &CellKey,
    row: &Row,
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
        Combine::Stacking => Combiner::Stacking(learned(key, members, said[0].classes.len(), split, bench)?),
    };
    // Its members may have been asked about more.
    let worse = row.perturb.iter().filter_map(|&condition| {
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
    key: &CellKey,
    members: &[Member<'_>],
    classes: usize,
    split: &Split,
    bench: &Bench<'_>,
) -> Result<Box<dyn Fitted>, String> {
    let seed = key.seed;
    let table = &members[0].data.table;
    let indices = table.class_indices();
    let wide = members.len() * classes;
    let mut x = Array2::zeros((split.train.len(), wide));
    for inner in inner_splits(seed, members[0].data, split).map_err(|error| error.to_string())? {
        for (place, member) in members.iter().enumerate() {
            // By place: another name makes no other answer.
            let name = format!("stacking/{place}/{}", inner.fold);
            let seed = Draws::new(seed, &name).seed();
            let id = format!("{}-{place}-{}", key.id, inner.fold);
            let key = CellKey { seed, id, training: None, ..member.cell.key.clone() };
            let inside = said_inside(key, member, &inner, bench)?;
            for (at, clip) in inner.test.iter().enumerate() {
                let row = split.train.binary_search(clip).unwrap_or_default();
                write(
                    &inside,
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

/// What a member says of an inner fold; kept until the ensemble's cell is done, since networks take hours for it.
fn said_inside(
    key: CellKey,
    member: &Member<'_>,
    inner: &Split,
    bench: &Bench<'_>,
) -> Result<Predictions, String> {
    let KeyedTable { table, frames, .. } = member.data;
    let is_of = |known: &Predictions| {
        let ids = inner.test.iter().map(|&clip| &table.clip_ids[clip]);
        known.check().is_ok() && known.classes == table.class_names() && known.clip_ids.iter().eq(ids)
    };
    if let Some(known) = bench.kept(&key.id).filter(is_of) {
        return Ok(known);
    }
    let row = member.row.predicting_only();
    let cell = cell::compute(key, &row, table, frames.as_deref(), &[], inner, bench);
    let said = said_by(member.row, &cell)?;
    bench.keep(&cell.key.id, said);
    bench.forget_parts(&cell.key.id);
    bench.forget(&cell.key.id);
    Ok(said.clone())
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
    use crate::experiment::Silent;
    use crate::experiment::rows_for_tests::rows;
    use crate::table::FeatureTable;

    /// Nine ninths of 1 come out above it where each is rounded.
    #[test]
    fn members_that_are_sure_are_not_surer_together() {
        let sure = vec![vec![1.0, 0.0], vec![0.25, 0.75]];
        for members in 1..30 {
            assert_eq!(mean_of(&vec![&sure; members]), sure, "{members}");
        }
    }

    /// What members say of four clips of three classes.
    fn said(predicted: [usize; 4]) -> Predictions {
        Predictions {
            clip_ids: ["a", "b", "c", "d"].map(str::to_string).to_vec(),
            classes: ["x", "y", "z"].map(str::to_string).to_vec(),
            truth: vec![0; 4],
            predicted: predicted.to_vec(),
            probabilities: None,
        }
    }

    #[test]
    fn three_votes_are_counted_and_ties_go_to_the_first_class() {
        let three = [said([2, 1, 1, 2]), said([2, 2, 1, 0]), said([1, 0, 0, 1])];
        let together = Combiner::Vote.combine(&[], &three.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((together.predicted, together.probabilities), (vec![2, 0, 1, 0], None));
        let others = Predictions { clip_ids: vec![String::new(); 4], ..said([0; 4]) };
        assert!(Combiner::Vote.combine(&[], &[&three[0], &others]).unwrap_err().contains("other clips"));
    }

    /// Three classes in no order; the first two columns tell them apart but for noise, the others nothing.
    fn data() -> KeyedTable {
        let mut draws = Draws::new(6, "ensemble");
        let clips = 150;
        let mut class: Vec<usize> = (0..clips).map(|clip| clip % 3).collect();
        draws.shuffle(&mut class);
        let values = Array2::from_shape_fn((clips, 6), |(row, column)| {
            draws.normal() + if column == class[row] { 3.0 } else { 0.0 }
        });
        let values = values.select(ndarray::Axis(1), &[0, 1, 3, 4, 5]);
        let columns = (0..5).map(|column| format!("c.{column}")).collect();
        let ids = (0..clips).map(|clip| format!("{clip:03}")).collect();
        let labels = class.iter().map(|class| format!("class {class}")).collect();
        let none = vec![None; clips];
        let table = FeatureTable::new(ids, labels, none.clone(), none, columns, values).unwrap();
        KeyedTable::new(table, None, String::new())
    }

    /// A third is tested.
    fn split() -> Split {
        let (test, train) = (0..150).partition(|row| row % 3 == 1);
        Split {
            repeat: 0,
            fold: 0,
            train,
            test,
            watched: Vec::new(),
            shared_groups: 0,
            unused: 0,
            unknown_ids: 0,
        }
    }

    fn cell_of(row: &Row, data: &KeyedTable) -> CellRecord {
        let parameters = row.unsearched_model().unwrap().parameters();
        let key = CellKey::new(row, &parameters, "h", &[], &split(), 1);
        cell::compute(key, row, &data.table, None, &[], &split(), &Bench::without_checkpoints(&Silent))
    }

    fn accuracy(cell: &CellRecord) -> f64 {
        let said = cell.predictions().unwrap_or_else(|| panic!("{:?}", cell.outcome));
        let right = said.truth.iter().zip(&said.predicted).filter(|(truth, predicted)| truth == predicted);
        right.count() as f64 / said.truth.len() as f64
    }

    /// One member is good, the other guesses: what is learned over both is about as good as the good one.
    #[test]
    fn stacking_is_about_as_good_as_its_better_member() {
        let rows = rows(
            "[[row]]\nname = \"good\"\nmodel = \"gaussian_nb\"\n\
             [[row]]\nname = \"poor\"\nmodel = \"majority\"\n\
             [[row]]\nname = \"both\"\nmodel = \"ensemble\"\nof = [\"poor\", \"good\"]\ncombine = \"stacking\"\n",
        ).unwrap();
        let data = data();
        let (good, poor) = (cell_of(&rows[0], &data), cell_of(&rows[1], &data));
        let members = [
            Member { row: &rows[1], data: &data, cell: &poor },
            Member { row: &rows[0], data: &data, cell: &good },
        ];
        let spec = rows[2].ensemble.as_ref().unwrap();
        let key = CellKey::of_ensemble(&rows[2], spec, &[&poor.key, &good.key], &split(), 1);
        let both = compute(key, &rows[2], spec, &members, &split(), &Bench::without_checkpoints(&Silent));
        let (better, together) = (accuracy(&good), accuracy(&both));
        assert!(better > 0.7 && accuracy(&poor) < 0.6, "{better}");
        assert!(together >= better - 0.1, "{together} where the better member has {better}");
    }

    #[test]
    fn members_of_seeds_draw_otherwise() {
        let rows = rows(
            "[[row]]\nname = \"f\"\nmodel = \"random_forest\"\nn_estimators = 3\nensemble = { seeds = 3 }\n",
        )
        .unwrap();
        let data = data();
        let cells: Vec<CellRecord> = rows[..3].iter().map(|row| cell_of(row, &data)).collect();
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            assert_ne!(cells[one].key.id, cells[other].key.id);
            assert_ne!(cells[one].key.seed, cells[other].key.seed);
            let said = |cell: &CellRecord| cell.predictions().unwrap().probabilities.clone();
            assert_ne!(said(&cells[one]), said(&cells[other]));
        }
    }
}
