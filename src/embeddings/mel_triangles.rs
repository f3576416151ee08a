//! Triangular mel bands of a power or magnitude spectrum, straight in Hz (Slaney's, librosa) or in mel (HTK, VGGish).
//!
//! Band i rises from edge i to edge i + 1 and falls to edge i + 2, the edges equally spaced on the mel scale.

use serde::Deserialize;

/// Hz to mel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MelScale {
    /// `1127·ln(1 + f/700)`
    #[default]
    Htk,
    /// `3f/200` below 1000 Hz, above `15 + 27·ln(f/1000)/ln 6.4`
    Slaney,
}

impl MelScale {
    fn of_hz(self, hz: f64) -> f64 {
        match self {
            Self::Htk => 1127.0 * (hz / 700.0).ln_1p(),
            Self::Slaney if hz < 1000.0 => hz * 3.0 / 200.0,
            Self::Slaney => 15.0 + 27.0 * (hz / 1000.0).ln() / 6.4f64.ln(),
        }
    }

    fn to_hz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (mel / 1127.0).exp_m1(),
            Self::Slaney if mel < 15.0 => mel * 200.0 / 3.0,
            Self::Slaney => 1000.0 * ((mel - 15.0) * 6.4f64.ln() / 27.0).exp(),
        }
    }
}

/// What the bands are made from.
pub(super) struct Bands {
    pub rate_hz: u32,
    pub fft: usize,
    pub count: usize,
    pub scale: MelScale,
    pub low_hz: f64,
    pub high_hz: f64,
    pub straight_in_mel: bool,
    pub slaney_norm: bool,
}

/// The bands, each its first bin and its weights.
pub(super) struct Triangles(Vec<(usize, Vec<f64>)>);

impl Triangles {
    pub fn new(bands: &Bands) -> Self {
        let scale = bands.scale;
        let (low, high) = (scale.of_hz(bands.low_hz), scale.of_hz(bands.high_hz));
        let edge = |i: usize| low + (high - low) * i as f64 / (bands.count + 1) as f64;
        let place = |mel: f64| if bands.straight_in_mel { mel } else { scale.to_hz(mel) };
        let bin_place = |bin: usize| {
            let hz = bin as f64 * f64::from(bands.rate_hz) / bands.fft as f64;
            if bands.straight_in_mel { scale.of_hz(hz) } else { hz }
        };
        let band = |i: usize| {
            let [low, middle, high] = [i, i + 1, i + 2].map(|i| place(edge(i)));
            let width_hz = scale.to_hz(edge(i + 2)) - scale.to_hz(edge(i));
            let norm = if bands.slaney_norm { 2.0 / width_hz } else { 1.0 };
            let weight = |bin: usize| {
                let at = bin_place(bin);
                norm * ((at - low) / (middle - low)).min((high - at) / (high - middle)).max(0.0)
            };
            // The bin of no frequency carries the mean, not a tone.
            let bins = 1..=bands.fft / 2;
            let first = bins.clone().find(|&bin| weight(bin) > 0.0).unwrap_or(1);
            let weights = (first..=bands.fft / 2).map(weight).take_while(|&weight| weight > 0.0).collect();
            (first, weights)
        };
        Self((0..bands.count).map(band).collect())
    }

    /// Hands over every band's sum of `strength(bin)`.
    pub fn apply(&self, strength: impl Fn(usize) -> f64, mut give: impl FnMut(f64)) {
        let top = self.0.iter().map(|(first, weights)| first + weights.len()).max().unwrap_or(0);
        let strengths: Vec<f64> = (0..top).map(strength).collect();
        for (first, weights) in &self.0 {
            give(weights.iter().zip(&strengths[*first..]).map(|(weight, strength)| weight * strength).sum());
        }
    }
}
