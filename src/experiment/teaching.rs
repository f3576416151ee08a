//! A network taught with some rows of a table and their matrices, and asked about others.

use ndarray::{Array2, Axis};

use super::answers::predictions_of;
use super::frame_sets::FrameSet;
use super::training_side::{places_of, with_watched};
use super::{ExperimentError, Row};
use crate::metrics::Predictions;
use crate::models::{Answer, Clips, Lesson, Network, Trained, Workshop, argmax};
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
        let predicted = answer.probabilities.outer_iter().map(|row| argmax(&row.to_vec())).collect();
        predictions_of(self.table, rows, predicted, Some(answer.probabilities.clone()))
    }

    fn clips<'b>(&'b self, rows: &[usize], values: &'b Array2<f64>) -> Clips<'b> {
        let matrix = |set: &'b FrameSet, row: usize| set.matrices[row].view();
        let frames = self.frames.map_or(Vec::new(), |set| rows.iter().map(|&row| matrix(set, row)).collect());
        Clips { table: (values.ncols() > 0 || frames.is_empty()).then_some(values.view()), frames }
    }
}
