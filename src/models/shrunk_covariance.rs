//! The covariance within classes, Σ πc Σc, each Σc divided by nc and shrunk towards a multiple of I.
//!
//! Shrinking by α: (1 − α) Σ + α (trace Σ / p) I. The automatic α is that of Ledoit and Wolf, "A
//! well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate Analysis 88
//! (2004), on columns scaled to variance 1 within the class, as scikit-learn's LDA has it.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::checks::PresentClasses;
use crate::algebra::gram;

/// How far a covariance is moved towards a multiple of I.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shrink {
    Not,
    By(f64),
    LedoitWolf,
}

impl From<Shrinkage> for Shrink {
    fn from(written: Shrinkage) -> Self {
        match written {
            Shrinkage::Amount(amount) => Self::By(amount),
            Shrinkage::Named(Automatic::Auto) => Self::LedoitWolf,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Automatic {
    Auto,
}

/// As an experiment's row writes it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Shrinkage {
    Amount(f64),
    Named(Automatic),
}

/// A number from 0 to 1 or "auto", where the parameter may be left out.
pub fn written_shrinkage<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Shrinkage>, D::Error> {
    let wanted = || serde::de::Error::custom("expected a number from 0 to 1, or \"auto\"");
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(word) if word == "auto" => Ok(Shrinkage::Named(Automatic::Auto)),
        toml::Value::Integer(amount @ (0 | 1)) => Ok(Shrinkage::Amount(amount as f64)),
        toml::Value::Float(amount) if (0.0..=1.0).contains(&amount) => Ok(Shrinkage::Amount(amount)),
        _ => Err(wanted()),
    }
    .map(Some)
}

/// Columns × columns.
pub fn within_class_covariance(
    x: ArrayView2<'_, f64>,
    present: &PresentClasses,
    shrink: Shrink,
) -> Array2<f64> {
    let mut within = Array2::zeros((x.ncols(), x.ncols()));
    for (class, count) in present.counts.iter().enumerate() {
        let members: Vec<usize> = (0..x.nrows()).filter(|row| present.dense[*row] == class).collect();
        let prior = *count as f64 / x.nrows() as f64;
        within.scaled_add(prior, &covariance(x.select(Axis(0), &members), shrink));
    }
    within
}

/// Of the rows of one class, divided by their number.
pub fn covariance(mut x: Array2<f64>, shrink: Shrink) -> Array2<f64> {
    let rows = x.nrows() as f64;
    let means: Array1<f64> = x.sum_axis(Axis(0)) / rows;
    x -= &means;
    match shrink {
        Shrink::Not => gram(x.view()) / rows,
        Shrink::By(amount) => towards_identity(gram(x.view()) / rows, amount),
        Shrink::LedoitWolf => {
            let mut scales: Array1<f64> = x.map_axis(Axis(0), |column| (column.dot(&column) / rows).sqrt());
            for (scale, mean) in scales.iter_mut().zip(&means) {
                // A constant column whose mean was rounded has a spread of rounding errors only.
                if *scale <= rows * f64::EPSILON * mean.abs() {
                    *scale = 1.0;
                }
            }
            x /= &scales;
            let empirical = gram(x.view()) / rows;
            let amount = ledoit_wolf(x.view(), &empirical);
            let mut shrunk = towards_identity(empirical, amount);
            for ((row, column), value) in shrunk.indexed_iter_mut() {
                *value *= scales[row] * scales[column];
            }
            shrunk
        }
    }
}

fn towards_identity(mut covariance: Array2<f64>, amount: f64) -> Array2<f64> {
    let level = covariance.diag().sum() / covariance.nrows() as f64;
    covariance *= 1.0 - amount;
    covariance.diag_mut().iter_mut().for_each(|value| *value += amount * level);
    covariance
}

/// α of Ledoit and Wolf for centred `x` with covariance `empirical`.
fn ledoit_wolf(x: ArrayView2<'_, f64>, empirical: &Array2<f64>) -> f64 {
    let (rows, columns) = (x.nrows() as f64, x.ncols() as f64);
    if x.ncols() == 1 {
        return 0.0;
    }
    let trace = empirical.diag().sum();
    let level = trace / columns;
    let squares = empirical.iter().map(|value| value * value).sum::<f64>();
    let fourth: f64 = x.rows().into_iter().map(|row| row.dot(&row).powi(2)).sum();
    let beta = (fourth / rows - squares) / (columns * rows);
    let delta = (squares - 2.0 * level * trace + columns * level * level) / columns;
    let beta = beta.min(delta);
    if beta == 0.0 { 0.0 } else { beta / delta }
}
