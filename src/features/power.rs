//! Harmonic and percussive power: the mean square of each part of the signal, `Σy²/n` (two numbers a clip).

use super::analysis::Analysis;
use super::error::FeatureError;
use super::hpss::{mean_square, parts};

pub(super) fn power(analysis: &Analysis) -> Result<Vec<f64>, FeatureError> {
    let parts = parts(analysis)?;
    Ok(vec![mean_square(&parts.harmonic), mean_square(&parts.percussive)])
}
