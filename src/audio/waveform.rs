//! A mono signal: f32 samples in [-1, 1] (nominally) at a stated rate.

/// A mono signal at a stated rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Waveform {
    pub samples: Vec<f32>,
    pub rate_hz: u32,
}

impl Waveform {
    /// Full scale is 1. The square of a window's sum of such samples is still an f32, and so is what resampling makes
    /// of them.
    pub const LOUDEST: f32 = 1e15;

    /// How long it is.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate_hz)
    }
}
