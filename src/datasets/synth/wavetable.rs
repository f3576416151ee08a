//! One period of a harmonic sum in a table, read by a 32-bit phase that wraps by itself.
//!
//! table[i] = Σ_k a_k · sin(2π·k·i / 2048), scaled to a mean square of 1/2 (that of a sine).

use std::sync::OnceLock;

use super::portable::sine;

const LENGTH: usize = 2048;
const FRACTION_BITS: u32 = 32 - LENGTH.ilog2();

pub struct Wavetable(Vec<f32>);

impl Wavetable {
    /// Amplitudes of harmonics 1, 2, 3…
    pub fn new(amplitudes: &[f64]) -> Self {
        let sines = sines();
        let energy: f64 = amplitudes.iter().map(|a| a * a).sum();
        let scale = 1.0 / energy.max(1e-12).sqrt();
        let mut period = vec![0.0f32; LENGTH + 1];
        for (k, &amplitude) in amplitudes.iter().enumerate() {
            let amplitude = (amplitude * scale) as f32;
            if amplitude.abs() < 1e-4 {
                continue;
            }
            let mut at = 0;
            for sample in &mut period {
                *sample += amplitude * sines.0[at];
                at = (at + k + 1) % LENGTH;
            }
        }
        Self(period)
    }

    /// Linear interpolation; a phase of 2³² is a whole period.
    pub fn at(&self, phase: u32) -> f32 {
        let index = (phase >> FRACTION_BITS) as usize;
        let fraction = (phase & ((1 << FRACTION_BITS) - 1)) as f32 / (1u32 << FRACTION_BITS) as f32;
        let pair = &self.0[index..index + 2];
        pair[0] + fraction * (pair[1] - pair[0])
    }
}

/// The table of the pure sine.
pub fn sines() -> &'static Wavetable {
    static SINES: OnceLock<Wavetable> = OnceLock::new();
    SINES.get_or_init(|| Wavetable((0..=LENGTH).map(|i| sine(i as f64 / LENGTH as f64) as f32).collect()))
}

/// The phase step of a frequency (below the rate).
pub fn phase_step(hertz: f64, rate_hz: f64) -> u32 {
    (hertz / rate_hz * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_the_energy_and_the_shape_of_its_harmonics() {
        let table = Wavetable::new(&[1.0, 0.0, 0.5]);
        let energy: f32 = table.0[..LENGTH].iter().map(|x| x * x).sum::<f32>() / LENGTH as f32;
        assert!((energy - 0.5).abs() < 1e-4);
        let quarter = table.at(1 << 30);
        let expected = (1.0 - 0.5) / 1.25f32.sqrt();
        assert!((quarter - expected).abs() < 1e-4, "{quarter}");
    }
}
