//! Gaussian naive Bayes: class c scores log πc − ½ Σⱼ [log 2πσ²cj + (xⱼ − μcj)² / σ²cj].
//!
//! σ² is the variance within the class (divided by n) plus `var_smoothing` times the largest variance of
//! any column over all training rows, as in scikit-learn's `GaussianNB`. Where that leaves no variance at
//! all (every column constant), the columns say nothing and the class frequencies decide.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_training};
use super::class_scores::{classes_of, softmax_spread};
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;

const NAME: &str = "gaussian_nb";

const PARAMETERS: &[ParameterHelp] = &[ParameterHelp {
    name: "var_smoothing",
    default: "1e-9",
    meaning: "part of the largest column variance that is added to every variance",
}];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "Gaussian naive Bayes: one independent normal distribution a class and column",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<GaussianNb>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedGaussianNb>(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct GaussianNb {
    #[serde(deserialize_with = "parameters::not_negative")]
    var_smoothing: f64,
}

impl Default for GaussianNb {
    fn default() -> Self {
        Self { var_smoothing: 1e-9 }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedGaussianNb {
    present: PresentClasses,
    /// Present classes × columns.
    means: Array2<f64>,
    /// 1 / σ², present classes × columns.
    precisions: Array2<f64>,
    /// log π − ½ Σ log 2πσ², one a present class.
    constants: Vec<f64>,
}

impl Model for GaussianNb {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_training(train)?;
        let (rows, columns) = train.x.dim();
        let means = present.means(train.x);
        let mut variances = Array2::<f64>::zeros((present.classes.len(), columns));
        for (row, class) in train.x.rows().into_iter().zip(&present.dense) {
            let mean = means.row(*class);
            for ((variance, value), mean) in variances.row_mut(*class).iter_mut().zip(row).zip(mean) {
                *variance += (value - mean) * (value - mean);
            }
        }
        for (mut variance, count) in variances.rows_mut().into_iter().zip(&present.counts) {
            variance /= *count as f64;
        }
        let added = self.var_smoothing * largest_variance(train.x);
        if !added.is_finite() || variances.iter().any(|variance| !variance.is_finite()) {
            return Err(ModelError::Overflow { model: NAME });
        }
        // A column without any variance, or with that of its mean's rounding, must neither divide by 0 nor outvote the
        // others.
        ndarray::Zip::from(&mut variances).and(&means).for_each(|variance, mean| {
            let rounding = (4.0 * f64::EPSILON * mean).powi(2).max(1e-300);
            let varies = added > 0.0 || *variance > rounding;
            *variance = if varies { *variance + added } else { f64::EPSILON };
        });
        let constants = variances
            .rows()
            .into_iter()
            .zip(&present.counts)
            .map(|(variance, count)| {
                let spread: f64 = variance.iter().map(|v| (std::f64::consts::TAU * v).ln()).sum();
                (*count as f64 / rows as f64).ln() - 0.5 * spread
            })
            .collect();
        Ok(Box::new(FittedGaussianNb { present, means, precisions: variances.recip(), constants }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

fn largest_variance(x: ArrayView2<'_, f64>) -> f64 {
    let rows = x.nrows() as f64;
    let mean: Array1<f64> = x.sum_axis(Axis(0)) / rows;
    let mut variance = Array1::<f64>::zeros(x.ncols());
    for row in x.rows() {
        for ((variance, value), mean) in variance.iter_mut().zip(row).zip(&mean) {
            *variance += (value - mean) * (value - mean);
        }
    }
    variance.fold(0.0, |largest: f64, next| if next / rows > largest { next / rows } else { largest })
}

impl FittedGaussianNb {
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.means.ncols())?;
        let mut scores = Array2::zeros((x.nrows(), self.means.nrows()));
        for (row, mut scores) in x.rows().into_iter().zip(scores.rows_mut()) {
            let row = row.to_vec();
            for (class, score) in scores.iter_mut().enumerate() {
                let (means, precisions) = (self.means.row(class), self.precisions.row(class));
                let squares: f64 = row
                    .iter()
                    .zip(means)
                    .zip(precisions)
                    .map(|((value, mean), precision)| (value - mean) * (value - mean) * precision)
                    .sum();
                *score = self.constants[class] - 0.5 * squares;
            }
        }
        Ok(scores)
    }
}

impl Fitted for FittedGaussianNb {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    /// The mean of a column that is always 0.1 is off by a rounding for some numbers of rows.
    #[test]
    fn a_constant_column_outvotes_nobody_without_smoothing() {
        let mut draws = Draws::new(2, "bayes");
        let y: Vec<usize> = (0..34).map(|row| usize::from(row >= 4)).collect();
        let x = Array2::from_shape_fn((34, 2), |(row, column)| match column {
            0 => 0.1,
            _ => draws.unit() + 1.2 * y[row] as f64,
        });
        let model =
            crate::models::build("gaussian_nb", toml::from_str("var_smoothing = 0.0").unwrap()).unwrap();
        let fitted = model.fit(TrainingSet { x: x.view(), y: &y, classes: 2 }, 0).unwrap();
        assert_eq!(fitted.predict(x.view()).unwrap(), y);
    }
}
