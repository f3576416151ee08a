//! Sampling-rate conversion with librosa's answers (`res_type="soxr_hq"`).
//!
//! Exactly 2:1 is one linear-phase filter of 389 taps, `y[m] = Σ h[k]·x[2m − k]`, zero outside the signal, no delay, to
//! the bit (halving.rs). Every other ratio, to 1e-6 of the peak, is a cascade of at most four kinds of stage, each of
//! which starts at time 0 and sees zeros before:
//!
//! 1. half-band decimators while the ratio is 4 or more,
//! 2. a sharp low-pass, on a grid doubled where the ratio is below 2 (alone for 3:1, 3:2, 1:2 …),
//! 3. an interpolator with one phase for each position the ratio meets (4096 interpolated phases where those are more
//!    than 2048),
//! 4. a sharp 2:1 decimator, for ratios between 1.5 and 2.
//!
//! Output length as librosa's: `ceil(n·to/from)`, of which the resampler fills `round(n·to/from)`.

use std::sync::{Arc, Mutex};

use super::halving;
use super::resample_design::{
    INTERPOLATOR_WIDENING, PASS_BAND_END, REJECTION_DB, SECOND_FILTER_DB, half_band, sharp_low_pass,
};
use super::resample_filter::SymmetricFilter;
use super::resample_phases::PhaseTable;

/// Cascades kept for the rates met last; a corpus has few rates.
const CASCADES_KEPT: usize = 8;

enum Stage {
    /// A short filter and every second value of it.
    HalfBand(SymmetricFilter),
    /// `up − 1` zeros between samples, filter, every `down`-th value.
    Sharp {
        filter: SymmetricFilter,
        up: usize,
        down: usize,
    },
    Interpolate(PhaseTable),
}

struct Cascade {
    ratio: (u64, u64),
    stages: Vec<Stage>,
}

static CASCADES: Mutex<Vec<Arc<Cascade>>> = Mutex::new(Vec::new());

/// Every second sample of the signal low-passed below half its Nyquist frequency; `ceil(n/2)` values.
pub fn halve(samples: &[f32]) -> Vec<f32> {
    halving::halve(samples)
}

/// What one sample in `factor` is to be divided by to keep the energy (librosa's `scale=True`).
pub fn quietness_of_one_in(factor: u32) -> f64 {
    (1.0 / f64::from(factor)).sqrt()
}

/// Length of `count` samples after [`resample`]: `ceil(count·to/from)`.
pub fn resampled_len(count: usize, from_hz: u32, to_hz: u32) -> usize {
    // in f64 and in this order as librosa does it, so that the rounding of the ratio counts alike
    let ratio = f64::from(to_hz) / f64::from(from_hz);
    (count as f64 * ratio).ceil() as usize
}

/// The signal at `to_hz`. A rate of 0 on either side gives no samples.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    if from_hz == to_hz {
        return samples.to_vec();
    }
    if from_hz == 0 || to_hz == 0 || samples.is_empty() {
        return Vec::new();
    }
    let divisor = greatest_common_divisor(from_hz.into(), to_hz.into());
    let ratio = (u64::from(from_hz) / divisor, u64::from(to_hz) / divisor);
    if ratio == (2, 1) {
        return halve(samples);
    }
    let filled = (samples.len() as f64 * f64::from(to_hz) / f64::from(from_hz) + 0.5) as usize;
    let mut resampled = cascade(ratio).run(samples, filled);
    resampled.resize(resampled_len(samples.len(), from_hz, to_hz), 0.0);
    resampled
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

fn cascade(ratio: (u64, u64)) -> Arc<Cascade> {
    let mut kept = CASCADES.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(at) = kept.iter().position(|cascade| cascade.ratio == ratio) {
        let found = kept.remove(at);
        kept.push(found.clone());
        return found;
    }
    let made = Arc::new(Cascade::design(ratio));
    if kept.len() == CASCADES_KEPT {
        kept.remove(0);
    }
    kept.push(made.clone());
    made
}

impl Cascade {
    /// `from : to` in lowest terms, not 1:1.
    fn design((from, to): (u64, u64)) -> Self {
        let whole = from / to / 2;
        let halvings = if whole == 0 { 0 } else { whole.ilog2() };
        let to_left = to << halvings;
        let reduced = |a: u64, b: u64| {
            let divisor = greatest_common_divisor(a, b);
            (a / divisor, b / divisor)
        };
        let upsample = from < to_left;
        let between = 2 * from > 3 * to_left && from < 2 * to_left;
        // input : output of what the halvings leave; 1.5 … 2 is done as interpolation then 2:1
        let doubled_first = upsample || from < 2 * to_left && !between;
        let post = if between { 2 } else { 1 };
        let (step, phases) = reduced(from * if doubled_first { 2 } else { 1 }, to_left * post);
        let sharp_up = if doubled_first { 2 } else { 1 };

        let (mut up, mut down) = (sharp_up * phases, step * post);
        if up % 2 == 0 && down % 2 == 0 {
            (up, down) = (up / 2, down / 2);
        }
        let single = up.max(down) < 5 || up * down < 6;
        let has_interpolator = !single;
        let has_sharp_first = single || !between;
        let has_post = !single && between;
        let mut filters = u64::from(halvings)
            + u64::from(has_sharp_first)
            + u64::from(has_interpolator)
            + u64::from(has_post);
        let mut rejection = REJECTION_DB;
        if filters > 1 {
            if has_interpolator {
                rejection += SECOND_FILTER_DB;
                filters -= 1;
            }
            rejection += 20.0 * (filters as f64).log10();
        }

        let mut stages: Vec<Stage> = Vec::new();
        for _ in 0..halvings {
            stages.push(Stage::HalfBand(SymmetricFilter::new(&half_band(rejection), 2)));
        }
        let (mut pass, mut stop) = (PASS_BAND_END, 1.0);
        if has_sharp_first {
            let (nyquist, up, down) = if single {
                (up.max(down) as f64, up, down)
            } else if upsample {
                (2.0, 2, 1)
            } else {
                (step as f64 / phases as f64, sharp_up, 1)
            };
            stages.push(Stage::sharp(pass / nyquist, stop / nyquist, rejection, up as usize, down as usize));
            (pass, stop) = (pass / nyquist, stop / nyquist);
        }
        if has_interpolator {
            let ratio = step as f64 / phases as f64;
            let (nyquist, last) = if between {
                (2.0 * ratio, 3.0 + (stop - 1.0f64).abs())
            } else {
                (1.0, 2.0 - (pass + (stop - pass) * 0.7))
            };
            let first = last - (last - pass) * INTERPOLATOR_WIDENING;
            let even = !between && !upsample;
            stages.push(Stage::Interpolate(PhaseTable::new(first, last, nyquist, step, phases, even)));
        }
        if has_post {
            stages.push(Stage::sharp(PASS_BAND_END / 2.0, 0.5, rejection, 1, 2));
        }
        Self { ratio: (from, to), stages }
    }

    /// The first `outputs` values. Every stage runs on past the end of its input, into the zeros there.
    fn run(&self, samples: &[f32], outputs: usize) -> Vec<f32> {
        let mut signal: Option<Vec<f32>> = None;
        for (k, stage) in self.stages.iter().enumerate() {
            let input = signal.as_deref().unwrap_or(samples);
            let wanted = if k + 1 == self.stages.len() { outputs } else { stage.full_len(input.len()) };
            signal = Some(stage.run(input, wanted));
        }
        signal.unwrap_or_else(|| samples.to_vec())
    }
}

impl Stage {
    fn sharp(pass: f64, stop: f64, rejection: f64, up: usize, down: usize) -> Self {
        let modulo = if up.is_power_of_two() && down <= up { (2 * up).max(4) } else { 4 };
        let mut taps = sharp_low_pass(pass, stop, rejection, modulo);
        taps.iter_mut().for_each(|tap| *tap *= up as f64);
        let filter = SymmetricFilter::new(&taps, if down == 2 { 2 } else { 1 });
        Stage::Sharp { filter, up, down }
    }

    /// Length of this stage's output until its ringing has ended.
    fn full_len(&self, count: usize) -> usize {
        match self {
            Stage::HalfBand(filter) => (count + filter.reach()).div_ceil(2),
            Stage::Sharp { filter, up, down } => (count * up + filter.reach()).div_ceil(*down),
            Stage::Interpolate(table) => table.full_len(count),
        }
    }

    fn run(&self, samples: &[f32], outputs: usize) -> Vec<f32> {
        match self {
            Stage::HalfBand(filter) => filter.apply(samples, outputs),
            Stage::Sharp { filter, up, down } => {
                let spread: Vec<f32>;
                let input = if *up == 1 {
                    samples
                } else {
                    let mut zeros = vec![0.0f32; samples.len() * up];
                    zeros.iter_mut().step_by(*up).zip(samples).for_each(|(slot, &sample)| *slot = sample);
                    spread = zeros;
                    &spread
                };
                if *down <= 2 {
                    filter.apply(input, outputs)
                } else {
                    filter.apply(input, outputs * down).into_iter().step_by(*down).collect()
                }
            }
            Stage::Interpolate(table) => table.run(samples, outputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::furthest_for_tests::furthest;

    fn tone(count: usize, rate_hz: f64, hz: f64) -> Vec<f32> {
        (0..count)
            .map(|k| (0.5 * (2.0 * std::f64::consts::PI * hz * k as f64 / rate_hz).sin()) as f32)
            .collect()
    }

    #[test]
    fn a_tone_stays_the_same_tone_at_any_rate() {
        for (from, to) in [
            (44_100, 22_050),
            (48_000, 22_050),
            (32_000, 22_050),
            (16_000, 22_050),
            (11_025, 22_050),
            (8_000, 22_050),
            (96_000, 22_050),
            (192_000, 22_050),
            (37_800, 22_050),
            (44_100, 16_000),
            (48_000, 16_000),
            (33_075, 22_050),
            (22_255, 22_050),
            (37_801, 22_050),
            (22_050, 44_100),
            (4_000, 22_050),
            (384_000, 22_050),
            (22_050, 21_999),
        ] {
            let resampled = resample(&tone(from as usize / 2, f64::from(from), 440.0), from, to);
            let wanted = tone(resampled.len(), f64::from(to), 440.0);
            let edge = to as usize / 40;
            let inside = edge..resampled.len() - edge;
            let worst = furthest(&resampled[inside.clone()], &wanted[inside]);
            assert!(worst < 2e-6, "{from} → {to}: {worst}");
        }
    }

    #[test]
    fn a_tone_above_the_new_nyquist_frequency_vanishes() {
        for (from, to) in
            [(44_100, 22_050), (48_000, 22_050), (32_000, 22_050), (96_000, 22_050), (37_800, 22_050)]
        {
            let resampled = resample(&tone(from as usize / 2, f64::from(from), 12_500.0), from, to);
            let inside = &resampled[600..resampled.len() - 600];
            assert!(inside.iter().all(|value| value.abs() < 2e-6), "{from} → {to}");
        }
    }

    #[test]
    fn lengths_follow_the_ratio() {
        assert_eq!(halve(&[1.0; 5]).len(), 3);
        assert_eq!(halve(&[]).len(), 0);
        assert_eq!(resample(&[0.5; 1000], 48_000, 22_050).len(), 460);
        assert_eq!(resample(&[0.5], 48_000, 22_050).len(), 1);
        assert_eq!(resample(&[0.5], 8_000, 22_050).len(), 3);
        assert_eq!(resample(&[], 8_000, 22_050).len(), 0);
        assert_eq!(resample(&[0.5; 7], 22_050, 22_050), vec![0.5; 7]);
        assert!(resample(&[0.5; 7], 0, 22_050).is_empty());
    }
}
