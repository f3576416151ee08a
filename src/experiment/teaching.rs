//! A network taught with some rows of a table and their matrices, and asked about others.

use ndarray::{Array2, Axis};

use super::answers::predictions_of;
use super::frame_sets::FrameSet;
use super::training_side::{places_of, with_watched};
use super::{ExperimentError, Row};
use crate::metrics::Predictions;
use crate::models::{Answer, Clips, Lesson, Network, Trained, Workshop, argmax_of_rows};
use crate::table::{FeatureTable, FittedPrepare};

/// The clips of a row that is a network.
#[derive(Clone, Copy)]
pub struct Classroom<'a> {
    pub row: &'a Row,
    pub table: &'a FeatureTable,
    pub frames: Option<&'a FrameSet>,
}

/// A trained network, with the preparation of the table beside its matrices.
pub struct Taught {
    /// None where there are no columns.
    pub prepare: Option<FittedPrepare>,
    pub trained: Box<dyn Trained>,
}

impl Classroom<'_> {
    /// Teaches it with these rows. `watched` are those that the data set sets aside for validation; nothing is learned
    /// from such as are none of the rows.
    pub fn teach(
        &self,
        network: &dyn Network,
        rows: &[usize],
        watched: &[usize],
        workshop: &Workshop<'_>,
    ) -> Result<Taught, ExperimentError> {
        let Self { row, table, frames } = *self;
        table.check_finite(row.prepare.imputes())?;
        let indices = table.class_indices();
        let classes = |rows: &[usize]| -> Vec<usize> { rows.iter().map(|&row| indices[row]).collect() };
        let prepare = match table.columns.is_empty() {
            true => None,
            false => Some(row.prepare.fit(table.values.select(Axis(0), rows).view(), &classes(rows))?),
        };
        let given = with_watched(rows, watched);
        let watched_only = given.len() > rows.len();
        let (rows, y) = (given.as_slice(), classes(&given));
        let values = table.values.select(Axis(0), rows);
        let values = match &prepare {
            Some(prepare) => prepare.apply(values.view()),
            None => values,
        };
        let copies = rows.iter().enumerate().flat_map(|(place, &row)| {
            let of = move |set: &'_ FrameSet| set.copies[row].len();
            (0..frames.map_or(0, of)).map(move |copy| (place, row, copy))
        });
        let copies = copies.filter_map(|(place, row, copy)| Some((place, frames?.copies[row][copy].view())));
        let lesson = Lesson {
            clips: self.clips(rows, &values),
            y: &y,
            classes: table.class_names().len(),
            groups: rows.iter().map(|&row| table.groups[row].as_deref()).collect(),
            copies: copies.collect(),
            watched: places_of(watched, rows),
            watched_only,
        };
        let of_row = |source| ExperimentError::Model { row: row.name.clone(), source };
        let trained = network.train(&lesson, workshop).map_err(of_row)?;
        Ok(Taught { prepare, trained })
    }

    pub fn answer(&self, taught: &Taught, rows: &[usize]) -> Result<Answer, ExperimentError> {
        let values = self.table.values.select(Axis(0), rows);
        let values = match &taught.prepare {
            Some(prepare) => prepare.apply(values.view()),
            None => values,
        };
        let of_row = |source| ExperimentError::Model { row: self.row.name.clone(), source };
        taught.trained.answer(&self.clips(rows, &values)).map_err(of_row)
    }

    /// What was answered about these rows.
    pub fn predictions(&self, answer: &Answer, rows: &[usize]) -> Predictions {
        let predicted = argmax_of_rows(&answer.probabilities);
        predictions_of(self.table, rows, predicted, Some(answer.probabilities.clone()))
    }

    fn clips<'b>(&'b self, rows: &[usize], values: &'b Array2<f64>) -> Clips<'b> {
        let matrix = |set: &'b FrameSet, row: usize| set.matrices[row].view();
        let frames = self.frames.map_or(Vec::new(), |set| rows.iter().map(|&row| matrix(set, row)).collect());
        Clips { table: (values.ncols() > 0 || frames.is_empty()).then_some(values.view()), frames }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::experiment::bench::Bench;
    use crate::experiment::{Experiment, Silent};
    use crate::models::neural::{History, LoneNetwork, Sizes};
    use crate::models::{ModelError, Wants};

    /// What a lesson was made of.
    #[derive(Debug, Clone, Default, PartialEq)]
    struct Heard {
        clips: Vec<f32>,
        copies: Vec<(usize, f32)>,
        watched: Vec<usize>,
        watched_only: bool,
    }

    /// Learns nothing and remembers the lesson.
    #[derive(Default)]
    struct Listener(Mutex<Heard>);

    fn nothing<T>() -> Result<T, ModelError> {
        Err(ModelError::Network { model: "listener".to_string(), reason: "it learns nothing".to_string() })
    }

    impl Network for Listener {
        fn wants(&self) -> Wants {
            Wants::Frames
        }

        fn train(&self, lesson: &Lesson<'_>, _: &Workshop<'_>) -> Result<Box<dyn Trained>, ModelError> {
            *self.0.lock().unwrap() = Heard {
                clips: lesson.clips.frames.iter().map(|clip| clip[[0, 0]]).collect(),
                copies: lesson.copies.iter().map(|(place, copy)| (*place, copy[[0, 0]])).collect(),
                watched: lesson.watched.clone(),
                watched_only: lesson.watched_only,
            };
            Ok(Box::new(Untaught))
        }

        fn alone(&self, _: Sizes, _: u64) -> Result<LoneNetwork, ModelError> {
            nothing()
        }
    }

    struct Untaught;

    impl Trained for Untaught {
        fn answer(&self, _: &Clips<'_>) -> Result<Answer, ModelError> {
            nothing()
        }

        fn save(&self) -> Result<Vec<u8>, ModelError> {
            nothing()
        }

        fn histories(&self) -> Vec<History> {
            Vec::new()
        }
    }

    #[test]
    fn every_copy_goes_with_its_clip_and_what_is_only_watched_comes_along() {
        let text = "title = \"t\"\ndataset = { name = \"synth\" }\nfeatures = { frames = \"log_mel\" }\n\
                    split = { kind = \"stratified_kfold\", folds = 2 }\n[[row]]\nname = \"r\"\nmodel = \"conv1d\"\n";
        let row = Experiment::parse(Path::new("x.toml"), text).unwrap().rows.remove(0);
        let names = |names: [&str; 6]| names.map(str::to_string).to_vec();
        let table = FeatureTable::new(
            names(["0", "1", "2", "3", "4", "5"]),
            names(["x", "y", "x", "y", "x", "y"]),
            vec![None; 6],
            vec![None; 6],
            Vec::new(),
            Array2::zeros((6, 0)),
        )
        .unwrap();
        let filled = |value: usize| Array2::from_elem((2, 3), value as f32);
        // Clip r has r % 3 copies: 10 r, 10 r + 1, …
        let frames = FrameSet {
            matrices: (0..6).map(filled).collect(),
            copies: (0..6).map(|row| (0..row % 3).map(|copy| filled(10 * row + copy)).collect()).collect(),
        };
        let classroom = Classroom { row: &row, table: &table, frames: Some(&frames) };
        let heard = |rows: &[usize], watched: &[usize]| {
            let listener = Listener::default();
            let bench = Bench::without_checkpoints(&Silent);
            bench
                .workshop(1, "t", &|_| {}, |workshop| classroom.teach(&listener, rows, watched, workshop))
                .map(drop)
                .unwrap();
            listener.0.into_inner().unwrap()
        };
        let copies = vec![(0, 10.0), (1, 20.0), (1, 21.0), (2, 40.0), (3, 50.0), (3, 51.0)];
        let clips = vec![1.0, 2.0, 4.0, 5.0];
        let within =
            Heard { clips: clips.clone(), copies: copies.clone(), watched: vec![1, 3], watched_only: false };
        assert_eq!(heard(&[1, 2, 4, 5], &[2, 5]), within);
        let beside = Heard { clips, copies, watched: vec![1, 3], watched_only: true };
        assert_eq!(heard(&[1, 4], &[2, 5]), beside);
    }
}
