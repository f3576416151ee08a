//! Every model of the registry through linfa's `Dataset`, `Fit` and `Predict`, so that a linfa user can swap it in.
//!
//! linfa 0.8 is on ndarray 0.16, which this crate carries as `linfa_ndarray`; rows are copied across.
//!
//! ```
//! use genrebench::models::Estimator;
//! use linfa::prelude::{Dataset, Fit, Predict};
//! use linfa_ndarray::array; // ndarray 0.16
//!
//! let records = array![[0.0, 0.1], [0.2, 0.0], [5.0, 5.2], [5.1, 4.9]];
//! let train = Dataset::new(records, array!["jazz", "jazz", "metal", "metal"]);
//! let parameters = toml::toml! { C = 3.0 };
//! let svc = Estimator::new("svc", parameters)?.with_seed(7);
//! let fitted = svc.fit(&train)?;
//! assert_eq!(fitted.predict(&array![[4.8, 5.0], [0.1, 0.3]]), array!["metal", "jazz"]);
//! # Ok::<(), genrebench::models::EstimatorError>(())
//! ```

use linfa::dataset::{AsSingleTargets, DatasetBase, Label};
use linfa::traits::{Fit, PredictInplace};
use linfa_ndarray::{Array1, Array2 as Matrix, ArrayBase, Data, Ix2};
use ndarray::Array2;

use super::error::ModelError;
use super::model::{Fitted, Model, TrainingSet};
use super::registry::build;

/// A model of the registry as linfa fits one.
pub struct Estimator {
    model: Box<dyn Model>,
    seed: u64,
}

/// What fitting through linfa's traits can say.
#[derive(Debug, thiserror::Error)]
pub enum EstimatorError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

impl Estimator {
    /// `parameters` as an experiment's row would hold them.
    pub fn new(model: &str, parameters: toml::Table) -> Result<Self, EstimatorError> {
        Ok(Self { model: build(model, parameters)?, seed: 1 })
    }

    /// The same with another seed than 1.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}

/// A fitted model with the labels it was fitted on.
pub struct FittedEstimator<L> {
    model: Box<dyn Fitted>,
    labels: Vec<L>,
}

fn across<D: Data<Elem = f64>>(x: &ArrayBase<D, Ix2>) -> Array2<f64> {
    Array2::from_shape_fn(x.dim(), |place| x[place])
}

impl<D: Data<Elem = f64>, L: Label + Ord, T: AsSingleTargets<Elem = L>>
    Fit<ArrayBase<D, Ix2>, T, EstimatorError> for Estimator
{
    type Object = FittedEstimator<L>;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Self::Object, EstimatorError> {
        let targets = dataset.as_single_targets();
        let mut labels: Vec<L> = targets.iter().cloned().collect();
        labels.sort();
        labels.dedup();
        let y: Vec<usize> = targets.iter().filter_map(|label| labels.binary_search(label).ok()).collect();
        let x = across(dataset.records());
        let train = TrainingSet { x: x.view(), y: &y, classes: labels.len() };
        Ok(FittedEstimator { model: self.model.fit(train, self.seed)?, labels })
    }
}

impl<L: Label> FittedEstimator<L> {
    /// A label a row.
    pub fn classify<D: Data<Elem = f64>>(&self, x: &ArrayBase<D, Ix2>) -> Result<Vec<L>, EstimatorError> {
        let classes = self.model.predict(across(x).view())?;
        Ok(classes.into_iter().map(|class| self.labels[class].clone()).collect())
    }

    /// Rows × `labels`; none where the model has none.
    pub fn probabilities<D: Data<Elem = f64>>(
        &self,
        x: &ArrayBase<D, Ix2>,
    ) -> Result<Option<Matrix<f64>>, EstimatorError> {
        let parts = self.model.probabilities(across(x).view())?;
        Ok(parts.map(|parts| Matrix::from_shape_fn(parts.dim(), |place| parts[place])))
    }

    /// In the order of the classes.
    pub fn labels(&self) -> &[L] {
        &self.labels
    }
}

/// # Panics
/// As linfa's own models do, where `x` has other columns than it was fitted on; `classify` gives an error.
impl<D: Data<Elem = f64>, L: Label + Default> PredictInplace<ArrayBase<D, Ix2>, Array1<L>>
    for FittedEstimator<L>
{
    fn predict_inplace<'a>(&'a self, x: &'a ArrayBase<D, Ix2>, y: &mut Array1<L>) {
        match self.classify(x) {
            Ok(labels) => *y = Array1::from(labels),
            Err(error) => panic!("{error}"),
        }
    }

    fn default_target(&self, x: &ArrayBase<D, Ix2>) -> Array1<L> {
        Array1::default(x.nrows())
    }
}
