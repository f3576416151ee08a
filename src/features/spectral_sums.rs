//! The sums that centroid and bandwidth share: `Σ|S|`, `Σk·|S|`, `Σk²·|S|` over the bins k of every frame, in f64.

use std::rc::Rc;

use super::analysis::Analysis;
use super::error::FeatureError;
use crate::audio::vectorised::vectorised;

/// One frame's sums of `kⁿ·|S|` for n = 0, 1, 2.
pub(super) struct BinSums([f64; 3]);

/// Of every frame of a clip.
pub(super) struct SpectralSums(pub(super) Vec<BinSums>);

impl BinSums {
    /// What the sums are divided by: librosa leaves a frame unscaled whose norm is not a normal f32.
    fn norm(&self) -> f64 {
        if self.0[0] < f64::from(f32::MIN_POSITIVE) { 1.0 } else { self.0[0] }
    }

    pub(super) fn mean_bin(&self) -> f64 {
        self.0[1] / self.norm()
    }

    /// Not below 0, whatever the rounding.
    pub(super) fn bin_variance(&self) -> f64 {
        let mean = self.mean_bin();
        let share = self.0[0] / self.norm();
        (self.0[2] / self.norm() - 2.0 * mean * mean + share * mean * mean).max(0.0)
    }
}

pub(super) fn spectral_sums(analysis: &Analysis) -> Result<Rc<SpectralSums>, FeatureError> {
    analysis.shared(|| {
        let rows = analysis.magnitude().rows();
        Ok(SpectralSums(
            rows.into_iter().map(|row| BinSums(sums(row.to_slice().unwrap_or_default()))).collect(),
        ))
    })
}

vectorised! {
    fn sums<'a>(row: &'a [f32]) -> [f64; 3] {
        const LANES: usize = 16;
        let mut parts = [[0.0f64; LANES]; 3];
        let mut bins: [f64; LANES] = std::array::from_fn(|lane| lane as f64);
        let chunks = row.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..LANES {
                let value = f64::from(chunk[lane]);
                let once = bins[lane] * value;
                parts[0][lane] += value;
                parts[1][lane] += once;
                parts[2][lane] += bins[lane] * once;
                bins[lane] += LANES as f64;
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            let value = f64::from(*value);
            parts[0][lane] += value;
            parts[1][lane] += bins[lane] * value;
            parts[2][lane] += bins[lane] * bins[lane] * value;
        }
        parts.map(|part| part.iter().sum())
    }
}
