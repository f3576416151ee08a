//! Quadratic discriminant analysis: normal classes, each with a covariance of its own, decided by the larger posterior.
//!
//! Class c scores log πc − ½ Σ log λi − ½ ‖Λ^-½ Vᵀ (x − μc)‖², V Λ Vᵀ being its covariance divided by its rows:
//! scikit-learn 1.9's `QuadraticDiscriminantAnalysis`, with `reg_param` r as there, λ ← (1 − r) λ + r, or with the
//! covariance shrunk (`shrunk_covariance`). Where a class has too few rows, or collinear columns, for a covariance that
//! can be inverted, scikit-learn breaks off; here that class's covariance is shrunk by Ledoit and Wolf's amount, and a
//! note says so. Columns that are constant over the training rows are left out.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{classes_of, softmax_spread};
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::shrunk_covariance::{Shrink, Shrinkage, covariance, written_shrinkage};
use super::stored;
use crate::algebra::{SymmetricEigen, symmetric_eigen};

const NAME: &str = "qda";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp {
        name: "reg_param",
        default: "0.0",
        meaning: "0 to 1: how far each covariance is moved towards I",
    },
    ParameterHelp {
        name: "shrinkage",
        default: "none",
        meaning: "0 to 1, or \"auto\" (Ledoit–Wolf): how far each covariance is moved towards a multiple of I",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "quadratic discriminant analysis: a normal distribution with its own covariance a class",
    parameters: PARAMETERS,
    parse: |table| {
        let qda: Qda = parameters::parse(NAME, PARAMETERS, table)?;
        if qda.reg_param > 0.0 && qda.shrinkage.is_some() {
            return Err(ModelError::BadParameter {
                model: NAME.to_string(),
                key: "shrinkage".to_string(),
                reason: "give reg_param or shrinkage, not both".to_string(),
            });
        }
        Ok(Box::new(qda))
    },
    load: |state| stored::unpack::<FittedQda>(NAME, state),
};

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Qda {
    #[serde(deserialize_with = "parameters::up_to_one")]
    reg_param: f64,
    #[serde(deserialize_with = "written_shrinkage")]
    shrinkage: Option<Shrinkage>,
}

/// The columns that vary, moved and scaled.
#[derive(Serialize, Deserialize)]
struct Scaled {
    kept: Vec<usize>,
    centres: Array1<f64>,
    scales: Array1<f64>,
}

#[derive(Serialize, Deserialize)]
struct FittedQda {
    present: PresentClasses,
    columns: usize,
    scaled: Scaled,
    /// Kept columns of each present class.
    means: Array2<f64>,
    /// Λ^-½ Vᵀ of each present class.
    whiteners: Vec<Array2<f64>>,
    /// log π − ½ Σ log λ.
    constants: Vec<f64>,
    notes: Vec<String>,
}

/// Eigenvalues below this part of the table's own variance are no spread that rows could have told.
const LEAST: f64 = 1e-9;

impl Scaled {
    /// `None` where no column varies. `units` keeps the columns' own.
    fn new(x: ArrayView2<'_, f64>, units: bool) -> Option<Self> {
        let ends = |column: usize| {
            let column = x.column(column);
            let low = column.fold(f64::INFINITY, |low, value| low.min(*value));
            (low, column.fold(f64::NEG_INFINITY, |high, value| high.max(*value)))
        };
        let ends: Vec<(f64, f64)> = (0..x.ncols()).map(ends).collect();
        let kept: Vec<usize> = (0..x.ncols()).filter(|column| ends[*column].0 < ends[*column].1).collect();
        let centres = kept.iter().map(|column| ends[*column].0 / 2.0 + ends[*column].1 / 2.0).collect();
        let half = |column: &usize| ends[*column].1 / 2.0 - ends[*column].0 / 2.0;
        let scale = |column: &usize| if units { 1.0 } else { half(column).max(f64::MIN_POSITIVE) };
        let scales = kept.iter().map(scale).collect();
        (!kept.is_empty()).then_some(Self { kept, centres, scales })
    }

    fn of(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        (x.select(Axis(1), &self.kept) - &self.centres) / &self.scales
    }
}

/// Whether the smallest eigenvalue is more than what rounding leaves.
fn invertible(eigen: &SymmetricEigen) -> bool {
    let most = eigen.values.first().copied().unwrap_or(0.0);
    let least = eigen.values.last().copied().unwrap_or(0.0);
    least > most * 16.0 * f64::EPSILON * eigen.values.len() as f64
}

impl Model for Qda {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        if present.counts.iter().any(|count| *count < 2) {
            let needed = "two rows or more of each class".to_string();
            return Err(ModelError::TooFewRows { model: NAME, needed, rows: train.x.nrows() });
        }
        // A part of I means something in the columns' own units only.
        let units = self.reg_param > 0.0 || matches!(self.shrinkage, Some(Shrinkage::Amount(_)));
        let scaled = Scaled::new(train.x, units).ok_or(ModelError::AllConstant { model: NAME })?;
        let x = scaled.of(train.x);
        let total = x.var_axis(Axis(0), 0.0).sum() / x.ncols() as f64;
        let shrink = self.shrinkage.map_or(Shrink::Not, Shrink::from);
        let overflow = || ModelError::Overflow { model: NAME };
        let mut means = Array2::zeros((present.classes.len(), x.ncols()));
        let (mut whiteners, mut constants, mut shrunk) = (Vec::new(), Vec::new(), 0);
        for (class, count) in present.counts.iter().enumerate() {
            let members: Vec<usize> = (0..x.nrows()).filter(|row| present.dense[*row] == class).collect();
            let own = x.select(Axis(0), &members);
            means.row_mut(class).assign(&(own.sum_axis(Axis(0)) / *count as f64));
            let mut eigen = symmetric_eigen(covariance(own.clone(), shrink).view()).ok_or_else(overflow)?;
            // No covariance has an eigenvalue below 0; rounding beside a large one has.
            let regular = |value: f64| (1.0 - self.reg_param) * value.max(0.0) + self.reg_param;
            eigen.values.iter_mut().for_each(|value| *value = regular(*value));
            if self.reg_param == 0.0 && !invertible(&eigen) {
                let again = covariance(own, Shrink::LedoitWolf);
                eigen = symmetric_eigen(again.view()).ok_or_else(overflow)?;
                let least = (LEAST * total).max(f64::MIN_POSITIVE);
                eigen.values.iter_mut().for_each(|value| *value = value.max(least));
                shrunk += 1;
            }
            let spread: f64 = eigen.values.iter().map(|value| value.ln()).sum();
            constants.push((*count as f64 / x.nrows() as f64).ln() - 0.5 * spread);
            let mut whitener = eigen.vectors;
            for (mut vector, value) in whitener.rows_mut().into_iter().zip(&eigen.values) {
                vector /= value.sqrt();
            }
            whiteners.push(whitener);
        }
        if !means.iter().chain(&constants).chain(whiteners.iter().flatten()).all(|value| value.is_finite()) {
            return Err(overflow());
        }
        let notes = match shrunk {
            0 => Vec::new(),
            _ => vec![format!(
                "{shrunk} of {} classes had too few rows, or collinear columns, for a covariance of their own: it was \
                 shrunk (Ledoit–Wolf); shrinkage or reg_param says how",
                present.classes.len()
            )],
        };
        let columns = train.x.ncols();
        Ok(Box::new(FittedQda { present, columns, scaled, means, whiteners, constants, notes }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl FittedQda {
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.columns)?;
        let x = self.scaled.of(x);
        let mut scores = Array2::zeros((x.nrows(), self.constants.len()));
        for (class, (whitener, constant)) in self.whiteners.iter().zip(&self.constants).enumerate() {
            let white = (&x - &self.means.row(class)).dot(&whitener.t());
            let distances = white.map_axis(Axis(1), |row| row.dot(&row));
            scores.column_mut(class).assign(&distances.mapv(|distance| constant - 0.5 * distance));
        }
        Ok(scores)
    }
}

impl Fitted for FittedQda {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.scores(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(softmax_spread(self.scores(x)?, &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}
