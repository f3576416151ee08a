//! A mono signal: f32 samples in [-1, 1] (nominally) at a stated rate.

/// A mono signal at a stated rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Waveform {
    pub samples: Vec<f32>,
    pub rate_hz: u32,
}

impl Waveform {
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate_hz)
    }
}
