//! A cell whose model is a neural network: clips instead of rows, segments inside, learning curves in the record.

use std::path::Path;
use std::time::Duration;

use ndarray::{Array2, Axis};

use super::cell_key::{CellKey, Times};
use super::clock::Stopwatch;
use super::frame_sets::FrameSet;
use super::{ExperimentError, Observer, Row};
use crate::metrics::Predictions;
use crate::models::{Clips, Lesson, Network, Trained, Workshop};
use crate::table::{FeatureTable, Split};

const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(10);

/// Where a network is trained, beside what its cell depends on.
pub struct Bench<'a> {
    /// The run's folder, for a training that is cut off; none where nothing is to be written.
    pub out: Option<&'a Path>,
    pub observer: &'a dyn Observer,
}

/// What a trained cell leaves.
pub struct Taught {
    pub predictions: Predictions,
    pub trained: Box<dyn Trained>,
}

/// Trains on the training side and answers for the test side.
#[allow(clippy::too_many_arguments)]
pub fn attempt(
    key: &CellKey,
    row: &Row,
    network: &dyn Network,
    table: &FeatureTable,
    frames: Option<&FrameSet>,
    split: &Split,
    bench: &Bench<'_>,
    times: &mut Times,
    notes: &mut Vec<String>,
) -> Result<Taught, ExperimentError> {
    let of_row = |source| ExperimentError::Model { row: row.name.clone(), source };
    table.check_finite(row.prepare.imputes())?;
    let classes = table.class_names();
    let indices = table.class_indices();
    let sides = [&split.train, &split.test].map(|rows| table.values.select(Axis(0), rows));
    let y: Vec<usize> = split.train.iter().map(|&row| indices[row]).collect();
    let [train, test] = match table.columns.is_empty() {
        true => sides,
        false => {
            let prepare = row.prepare.fit(sides[0].view(), &y)?;
            notes.extend(prepare.notes(&table.columns));
            sides.map(|side| prepare.apply(side.view()))
        }
    };

    let mut copies = Vec::new();
    for (place, &row) in split.train.iter().enumerate() {
        copies.extend(
            frames.into_iter().flat_map(|set| set.copies[row].iter().map(move |c| (place, c.view()))),
        );
    }
    let lesson = Lesson {
        clips: clips(frames, &split.train, &train),
        y: &y,
        classes: classes.len(),
        groups: split.train.iter().map(|&row| table.groups[row].as_deref()).collect(),
        copies,
    };
    let folder = bench.out.map(|out| out.join("training"));
    // Whether or not it can be made: without it a training cannot be taken up again, and that is all.
    let folder = folder.filter(|folder| std::fs::create_dir_all(folder).is_ok());
    let checkpoints = folder.as_deref().map(|folder| (folder, key.id.as_str()));
    let tell = |text: &str| bench.observer.detail(&format!("{}: {text}", row.name));
    let workshop =
        Workshop { seed: key.seed, checkpoints, between_checkpoints: BETWEEN_CHECKPOINTS, tell: &tell };

    let watch = Stopwatch::start();
    let trained = network.train(&lesson, &workshop).map_err(of_row)?;
    (times.fit_wall_seconds, times.fit_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
    // Left only where weights were kept in it.
    folder.map(std::fs::remove_dir);

    let watch = Stopwatch::start();
    let answer = trained.answer(&clips(frames, &split.test, &test)).map_err(of_row)?;
    (times.predict_wall_seconds, times.predict_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
    notes.extend(trained.notes());
    let probabilities: Vec<Vec<f64>> = answer.probabilities.outer_iter().map(|row| row.to_vec()).collect();
    let best =
        |row: &Vec<f64>| (0..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best });
    let predictions = Predictions {
        classes,
        clip_ids: split.test.iter().map(|&row| table.clip_ids[row].clone()).collect(),
        truth: split.test.iter().map(|&row| indices[row]).collect(),
        predicted: probabilities.iter().map(best).collect(),
        probabilities: Some(probabilities),
    };
    Ok(Taught { predictions, trained })
}

fn clips<'a>(frames: Option<&'a FrameSet>, rows: &[usize], table: &'a Array2<f64>) -> Clips<'a> {
    let frames = frames.map_or(Vec::new(), |set| rows.iter().map(|&row| set.matrices[row].view()).collect());
    Clips { table: (table.ncols() > 0 || frames.is_empty()).then_some(table.view()), frames }
}
