//! The harmonic part of a signal, in double precision throughout (librosa/decompose.py:211, effects.py:66), as
//! hpss.rs has it for the powers in single.
//!
//! What the masks leave of a tone in the silence after it is some 1e-8 of the tone, as loud as the rounding noise of
//! singles; a constant-Q chroma scales either up to 1, so the tonal centroids of the harmonic part want the real thing.

use ndarray::Array2;
use realfft::num_complex::Complex;

use super::analysis::{FFT_SAMPLES, HOP_SAMPLES};
use crate::audio::stft::Stft;

/// Neighbours in a median.
const WINDOW: usize = 31;
const HALF: usize = WINDOW / 2;

/// The inverse transform of the spectrogram times `h²/(h² + p²)`, h and p the medians over time and frequency.
pub(super) fn harmonic_signal(samples: &[f32]) -> Vec<f32> {
    let stft = Stft::new(FFT_SAMPLES, HOP_SAMPLES);
    let (frames, bins) = (stft.frames(samples.len()), stft.bins());
    let mut spectra = Array2::<Complex<f64>>::zeros((frames, bins));
    stft.for_each_frame(samples, |frame, spectrum| {
        spectra.row_mut(frame).iter_mut().zip(spectrum).for_each(|(slot, bin)| *slot = *bin);
    });
    let mut over_time = Array2::<f64>::zeros((frames, bins));
    let mut medians = Medians::default();
    for (spectrum, mut column) in spectra.columns().into_iter().zip(over_time.columns_mut()) {
        let found = medians.of(spectrum.iter().map(|bin| bin.norm()));
        column.iter_mut().zip(found).for_each(|(slot, median)| *slot = *median);
    }
    stft.inverse(frames, samples.len(), |frame, spectrum| {
        let over_frequency = medians.of(spectra.row(frame).iter().map(|bin| bin.norm()));
        let both = over_time.row(frame).into_iter().zip(over_frequency);
        for ((slot, bin), (harmonic, percussive)) in spectrum.iter_mut().zip(spectra.row(frame)).zip(both) {
            *slot = bin * mask(*harmonic, *percussive);
        }
    })
}

fn mask(harmonic: f64, percussive: f64) -> f64 {
    let larger = harmonic.max(percussive);
    if larger < f64::MIN_POSITIVE {
        return 0.5;
    }
    let (harmonic, percussive) = ((harmonic / larger).powi(2), (percussive / larger).powi(2));
    harmonic / (harmonic + percussive)
}

/// Running medians of one line of values after another, edges mirrored (…b a | a b … z | z y…).
#[derive(Default)]
struct Medians {
    line: Vec<f64>,
    sorted: Vec<f64>,
    found: Vec<f64>,
}

impl Medians {
    /// The median of the 31 neighbours of each value; values are not NaN.
    fn of(&mut self, values: impl Iterator<Item = f64>) -> &[f64] {
        let Self { line, sorted, found } = self;
        line.clear();
        line.extend(values);
        found.clear();
        let period = 2 * line.len();
        if period == 0 {
            return found;
        }
        // element 0 is 15 before the first value; whole periods keep the difference positive
        let at = |element: usize| {
            let place = (element + period * (HALF / period + 1) - HALF) % period;
            line[place.min(period - 1 - place)]
        };
        sorted.clear();
        sorted.extend((0..WINDOW).map(at));
        sorted.sort_unstable_by(f64::total_cmp);
        for first in 0..line.len() {
            found.push(sorted[HALF]);
            exchange(sorted, at(first), at(first + WINDOW));
        }
        found
    }
}

/// Takes `old`, which is there, out of a sorted slice and puts `new` in.
fn exchange(sorted: &mut [f64], old: f64, new: f64) {
    let from = sorted.partition_point(|value| *value < old);
    if new < old {
        let to = sorted.partition_point(|value| *value < new);
        sorted.copy_within(to..from, to + 1);
        sorted[to] = new;
    } else {
        // `old` itself lies before, so there is one
        let to = sorted.partition_point(|value| *value < new).max(from + 1) - 1;
        sorted.copy_within(from + 1..to + 1, from);
        sorted[to] = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Waveform;
    use crate::features::analysis::{Analysis, Spectrum};
    use crate::features::hpss;

    #[test]
    fn running_medians_are_those_of_sorted_neighbours() {
        let mut draws = crate::random::Draws::new(3, "double median test");
        for length in (1..40).chain([200]) {
            for kinds in [3, 1000] {
                let values: Vec<f64> = (0..length).map(|_| draws.below(kinds) as f64).collect();
                let found = Medians::default().of(values.iter().copied()).to_vec();
                for (place, median) in found.iter().enumerate() {
                    let mut near: Vec<f64> = (place as i64 - 15..=place as i64 + 15)
                        .map(|at| {
                            let at = at.rem_euclid(2 * length as i64) as usize;
                            values[at.min(2 * length as usize - 1 - at)]
                        })
                        .collect();
                    near.sort_by(f64::total_cmp);
                    assert_eq!(*median, near[15], "{length} {kinds} {place}");
                }
            }
        }
    }

    #[test]
    fn it_is_the_harmonic_part_of_single_precision_but_for_rounding() {
        let mut draws = crate::random::Draws::new(5, "harmonic test");
        let samples: Vec<f32> = (0..30_000)
            .map(|k| {
                let click = if k % 5000 < 20 { 0.5 } else { 0.0 };
                ((f64::from(k) * 0.11).sin() * 0.3 + click * draws.between(-1.0, 1.0)) as f32
            })
            .collect();
        let exact = harmonic_signal(&samples);
        let waveform = Waveform { samples, rate_hz: 22_050 };
        let analysis = Analysis::new(&waveform, Spectrum::Complex).unwrap();
        let single = hpss::harmonic(&analysis).unwrap();
        assert_eq!(exact.len(), single.0.len());
        assert!(exact.iter().zip(&single.0).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(exact.iter().any(|sample| sample.abs() > 0.2));
    }
}
