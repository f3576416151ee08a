//! The last steps: low-pass, hiss, saturation, loudness, and the 16-bit grid.

use super::filters::StateVariable;
use super::noise::Noise;
use super::portable::{exp2, gain};
use super::style::Production;

/// Peaks above this are pressed down rather than cut.
const CEILING: f32 = 0.97;

/// Brings the mix to the production's sound, in place.
pub fn master(mix: &mut [f32], production: &Production, noise: &mut Noise, rate_hz: f64) {
    let cutoff = 1000.0 * exp2(production.lowpass_octave);
    let (mut first, mut second) =
        (StateVariable::new(cutoff, 0.6, rate_hz), StateVariable::new(cutoff, 1.0, rate_hz));
    // The mix reaches the saturation at one level, whatever was in it.
    let target = gain(-14.0 + 12.0 * production.drive) as f32;
    let scale = target / level(mix).max(1e-6);
    for sample in mix.iter_mut() {
        let driven = *sample * scale;
        let saturated = driven / (1.0 + driven * driven).sqrt();
        *sample = second.outputs(first.outputs(saturated).0).0;
    }
    let scale = gain(production.loudness) as f32 / level(mix).max(1e-6);
    // Uniform noise has a level of 1/√3.
    let hiss = (gain(production.hiss_level) * 3f64.sqrt()) as f32;
    for sample in mix.iter_mut() {
        let loud = *sample * scale + hiss * noise.sample();
        *sample = on_grid(limited(loud));
    }
}

fn level(samples: &[f32]) -> f32 {
    let energy: f64 = samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    (energy / samples.len().max(1) as f64).sqrt() as f32
}

/// Straight up to 0.6, then bending towards the ceiling.
fn limited(x: f32) -> f32 {
    let over = x.abs() - 0.6;
    if over <= 0.0 {
        return x;
    }
    let room = CEILING - 0.6;
    (0.6 + room * over / (over + room)).copysign(x)
}

/// The nearest 16-bit value, so that the clip in memory and the clip in a wav file are the same numbers.
fn on_grid(x: f32) -> f32 {
    (x * 32768.0).round().clamp(-32768.0, 32767.0) / 32768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_bends_and_never_passes_the_ceiling() {
        assert_eq!(limited(0.5), 0.5);
        assert!(limited(0.9) < 0.9 && limited(0.9) > 0.6);
        assert!(limited(50.0) < CEILING && limited(-50.0) > -CEILING);
    }

    #[test]
    fn every_sample_is_a_sixteen_bit_value() {
        for step in -70..70 {
            let value = on_grid(step as f32 * 0.017);
            assert_eq!(value, f32::from((value * 32768.0) as i16) / 32768.0);
        }
    }
}
