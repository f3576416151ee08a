//! The floor every other row of a table is held against: always the most frequent training class.
//!
//! A tie goes to the lowest class index. The probabilities are the training side's class frequencies, as
//! scikit-learn's `DummyClassifier(strategy="prior")` gives them.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_training};
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, TrainingSet};
use super::parameters;
use super::stored;

pub const ENTRY: ModelEntry = ModelEntry {
    name: "majority",
    summary: "always the most frequent class of the training rows: the floor of every table",
    parameters: &[],
    parse: |table| Ok(Box::new(parameters::parse::<Majority>("majority", &[], table)?)),
    load: |state| stored::unpack::<FittedMajority>("majority", state),
};

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Majority {}

#[derive(Serialize, Deserialize)]
struct FittedMajority {
    present: PresentClasses,
    columns: usize,
}

impl Model for Majority {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_training(train)?;
        Ok(Box::new(FittedMajority { present, columns: train.x.ncols() }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl Fitted for FittedMajority {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        check_rows(x, self.columns)?;
        let most = self.present.counts.iter().max().copied().unwrap_or(0);
        let place = self.present.counts.iter().position(|count| *count == most).unwrap_or(0);
        Ok(vec![self.present.classes[place]; x.nrows()])
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        check_rows(x, self.columns)?;
        let rows = self.present.dense.len() as f64;
        let mut probabilities = Array2::zeros((x.nrows(), self.present.of));
        for (class, count) in self.present.classes.iter().zip(&self.present.counts) {
            probabilities.column_mut(*class).fill(*count as f64 / rows);
        }
        Ok(Some(probabilities))
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}
