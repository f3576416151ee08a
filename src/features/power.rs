//! Harmonic and percussive power: the mean square of each part of the signal, `Σy²/n` (two numbers a clip).

use super::analysis::Analysis;
use super::error::FeatureError;
use super::hpss::{harmonic, mean_square, percussive};

pub(super) fn power(analysis: &Analysis) -> Result<Vec<f64>, FeatureError> {
    Ok(vec![mean_square(&harmonic(analysis)?.0), mean_square(&percussive(analysis)?.0)])
}
