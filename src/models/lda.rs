//! Linear discriminant analysis: normal classes with one covariance, decided by the larger posterior.
//!
//! Class c scores (x − x̄)ᵀ Σ⁻¹ (μc − x̄) − ½ (μc − x̄)ᵀ Σ⁻¹ (μc − x̄) + log πc. `svd` whitens by the singular
//! vectors of the centred, scaled rows and leaves out directions with a singular value below `tol`, so that
//! constant and collinear columns and more columns than rows do no harm; `lsqr` solves with the pooled
//! covariance and can shrink it. Both as scikit-learn 1.9's `LinearDiscriminantAnalysis` (Σ divided by n),
//! with singular vectors taken from the smaller Gram matrix. A column with no variance within any class is
//! left out by `svd`, as it is there, even where it differs between classes.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{classes_of, softmax_spread};
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::shrunk_covariance::{Shrink, Shrinkage, within_class_covariance, written_shrinkage};
use super::stored;
use crate::algebra::{gram, symmetric_eigen};

const NAME: &str = "lda";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp {
        name: "solver",
        default: "\"svd\"",
        meaning: "\"svd\" (no covariance, no shrinkage) or \"lsqr\" (pooled covariance)",
    },
    ParameterHelp {
        name: "shrinkage",
        default: "none",
        meaning: "0 to 1, or \"auto\" (Ledoit–Wolf); needs solver = \"lsqr\"",
    },
    ParameterHelp {
        name: "tol",
        default: "1e-4",
        meaning: "singular values below this are left out by solver = \"svd\"",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "linear discriminant analysis, with optional shrinkage of the covariance",
    parameters: PARAMETERS,
    parse: |table| {
        let lda: Lda = parameters::parse(NAME, PARAMETERS, table)?;
        if lda.solver == Solver::Svd && lda.shrinkage.is_some() {
            return Err(ModelError::BadParameter {
                model: NAME.to_string(),
                key: "shrinkage".to_string(),
                reason: "solver = \"svd\" has no covariance to shrink; add solver = \"lsqr\"".to_string(),
            });
        }
        Ok(Box::new(lda))
    },
    load: |state| stored::unpack::<FittedLda>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Solver {
    Svd,
    Lsqr,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Lda {
    solver: Solver,
    #[serde(deserialize_with = "written_shrinkage")]
    shrinkage: Option<Shrinkage>,
    #[serde(deserialize_with = "parameters::not_negative")]
    tol: f64,
}

impl Default for Lda {
    fn default() -> Self {
        Self { solver: Solver::Svd, shrinkage: None, tol: 1e-4 }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedLda {
    present: PresentClasses,
    /// Columns × present classes.
    weights: Array2<f64>,
    intercepts: Array1<f64>,
}

impl Model for Lda {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        if train.x.nrows() <= present.classes.len() {
            let needed = "more rows than classes".to_string();
            return Err(ModelError::TooFewRows { model: NAME, needed, rows: train.x.nrows() });
        }
        let rows = train.x.nrows() as f64;
        let priors: Array1<f64> = present.counts.iter().map(|count| *count as f64 / rows).collect();
        let means = present.means(train.x);
        let (weights, intercepts) = match self.solver {
            Solver::Svd => by_svd(train.x, &present, &means, &priors, self.tol),
            Solver::Lsqr => {
                let shrink = self.shrinkage.map_or(Shrink::Not, Shrink::from);
                by_covariance(&within_class_covariance(train.x, &present, shrink), &means, &priors)
            }
        }
        .filter(|(weights, intercepts)| weights.iter().chain(intercepts).all(|value| value.is_finite()))
        .ok_or(ModelError::Overflow { model: NAME })?;
        Ok(Box::new(FittedLda { present, weights, intercepts }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

type Discriminant = (Array2<f64>, Array1<f64>);

fn by_svd(
    x: ArrayView2<'_, f64>,
    present: &PresentClasses,
    means: &Array2<f64>,
    priors: &Array1<f64>,
    tolerance: f64,
) -> Option<Discriminant> {
    let rows = x.nrows() as f64;
    let overall = priors.dot(means);
    let mut centred = x.to_owned();
    for (mut row, class) in centred.rows_mut().into_iter().zip(&present.dense) {
        row -= &means.row(*class);
    }
    let deviations = centred.map_axis(Axis(0), |column| (column.dot(&column) / rows).sqrt());
    let largest = x.fold_axis(Axis(0), 0.0, |largest: &f64, value| largest.max(value.abs()));
    // A column constant within classes has a spread of rounding errors only: it must not be scaled up.
    let noise = |column: usize| rows.sqrt() * f64::EPSILON * largest[column];
    let scale: Array1<f64> = deviations
        .iter()
        .enumerate()
        .map(|(column, deviation)| if *deviation > noise(column) { 1.0 / deviation } else { 0.0 })
        .collect();
    centred *= &(&scale / rows.sqrt());
    // Directions × columns, each divided by its singular value: they whiten the scaled columns.
    let mut whiten = right_singular_vectors(&centred, tolerance)?;
    whiten *= &scale;

    let classes = means.nrows();
    let between = means - &overall;
    let mut weighted = between.dot(&whiten.t());
    for (mut row, prior) in weighted.rows_mut().into_iter().zip(priors) {
        row *= (rows * prior / (classes - 1) as f64).sqrt();
    }
    let directions = discriminant_directions(&weighted, tolerance)?;
    let projection = directions.dot(&whiten);
    let coordinates = between.dot(&projection.t());
    let weights = coordinates.dot(&projection);
    let mut intercepts = Array1::zeros(classes);
    for class in 0..classes {
        let coordinates = coordinates.row(class);
        intercepts[class] =
            priors[class].ln() - 0.5 * coordinates.dot(&coordinates) - overall.dot(&weights.row(class));
    }
    Some((weights.reversed_axes(), intercepts))
}

/// Right singular vectors vᵢ / sᵢ as rows, for sᵢ above `tolerance`.
fn right_singular_vectors(x: &Array2<f64>, tolerance: f64) -> Option<Array2<f64>> {
    let wide = x.nrows() < x.ncols();
    let eigen = symmetric_eigen(if wide { x.dot(&x.t()) } else { gram(x.view()) }.view())?;
    // Squares cost half of the digits: what lies below the rounding of the largest is no direction.
    let noise = eigen.values.first().copied().unwrap_or(0.0) * f64::EPSILON * x.ncols() as f64;
    let square = (tolerance * tolerance).max(noise);
    let rank = eigen.values.iter().take_while(|value| **value > square).count();
    let mut vectors = eigen.vectors.slice(s![..rank, ..]).to_owned();
    let power = if wide { 1.0 } else { 0.5 };
    for (mut vector, value) in vectors.rows_mut().into_iter().zip(&eigen.values) {
        vector /= value.powf(power);
    }
    Some(if wide { vectors.dot(x) } else { vectors })
}

/// Right singular vectors as rows, for sᵢ above `tolerance` times the largest.
fn discriminant_directions(between: &Array2<f64>, tolerance: f64) -> Option<Array2<f64>> {
    let eigen = symmetric_eigen(between.dot(&between.t()).view())?;
    let largest = eigen.values.first().copied().unwrap_or(0.0);
    let square = largest * (tolerance * tolerance).max(f64::EPSILON * between.nrows() as f64);
    let rank = eigen.values.iter().take_while(|value| **value > square).count();
    let mut vectors = eigen.vectors.slice(s![..rank, ..]).dot(between);
    for (mut vector, value) in vectors.rows_mut().into_iter().zip(&eigen.values) {
        vector /= value.sqrt();
    }
    Some(vectors)
}

fn by_covariance(
    covariance: &Array2<f64>,
    means: &Array2<f64>,
    priors: &Array1<f64>,
) -> Option<Discriminant> {
    let eigen = symmetric_eigen(covariance.view())?;
    let largest = eigen.values.first().copied().unwrap_or(0.0);
    let least = largest * f64::EPSILON * covariance.nrows() as f64;
    let rank = eigen.values.iter().take_while(|value| **value > least).count();
    let vectors = eigen.vectors.slice(s![..rank, ..]);
    let mut coordinates = means.dot(&vectors.t());
    for (mut column, value) in coordinates.columns_mut().into_iter().zip(&eigen.values) {
        column /= *value;
    }
    let weights = coordinates.dot(&vectors);
    let intercepts = means
        .rows()
        .into_iter()
        .zip(weights.rows())
        .zip(priors)
        .map(|((mean, weights), prior)| prior.ln() - 0.5 * mean.dot(&weights))
        .collect();
    Some((weights.reversed_axes(), intercepts))
}

impl FittedLda {
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.weights.nrows())?;
        Ok(x.dot(&self.weights) + &self.intercepts)
    }
}

impl Fitted for FittedLda {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.scores(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(softmax_spread(self.scores(x)?, &self.present)))
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}
