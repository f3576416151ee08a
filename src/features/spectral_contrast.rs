//! Spectral contrast (Jiang et al. 2002; librosa/feature/spectral.py:352): in each of seven bands, the mean of the
//! 2 % strongest `|S|` against that of the 2 % weakest, each put in decibels as if it were a power and floored 80 dB
//! below its own largest value over the clip, subtracted; (frames, 7).
//!
//! Edges 0, 200, 400 … 12800 Hz. A band holds the bins within its edges, and from the second on the bin below its
//! first; the last has every bin above too; all others give up their highest bin, after 2 % of their size was taken.
//! Where bins lie wider apart than the lowest band, that one has none left and librosa no number.
//!
//! Each frame's weakest and strongest few are kept in order by insertion, sixteen frames side by side: minima and
//! maxima only, so it vectorises and is the same on every machine.

use std::ops::Range;

use ndarray::Array2;

use super::analysis::{Analysis, BINS, FFT_SAMPLES};
use super::decibel::power_to_db_f64;
use super::error::FeatureError;
use super::transpose::transpose;
use crate::audio::vectorised::vectorised;

const BANDS: usize = 7;
const LOWEST_EDGE_HZ: f64 = 200.0;
const SHARE: f64 = 0.02;
const LANES: usize = 16;

type Lanes = [f32; LANES];

pub(super) fn spectral_contrast(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let bands = bands(analysis)?;
    let magnitude = analysis.magnitude();
    let magnitude_values = magnitude.as_slice().unwrap_or_default();
    let frames = magnitude.nrows();
    let mut peaks = vec![0.0f64; frames * BANDS];
    let mut valleys = peaks.clone();
    let mut columns = vec![[0.0f32; LANES]; BINS];
    for first in (0..frames).step_by(LANES) {
        let block = LANES.min(frames - first);
        turn(&magnitude_values[first * BINS..][..block * BINS], columns.as_flattened_mut());
        for (index, (bins, count)) in bands.iter().enumerate() {
            let (low, high) = extremes(&columns[bins.clone()], *count);
            for lane in 0..block {
                valleys[(first + lane) * BANDS + index] = low[lane];
                peaks[(first + lane) * BANDS + index] = high[lane];
            }
        }
    }
    power_to_db_f64(&mut peaks);
    power_to_db_f64(&mut valleys);
    let contrast = peaks.iter().zip(&valleys).map(|(peak, valley)| (peak - valley) as f32).collect();
    Ok(Array2::from_shape_vec((frames, BANDS), contrast).unwrap_or_default())
}

/// The bins of each band and how many of them make a peak or a valley.
fn bands(analysis: &Analysis) -> Result<Vec<(Range<usize>, usize)>, FeatureError> {
    let edge = |band: usize| if band == 0 { 0.0 } else { LOWEST_EDGE_HZ * f64::from(1u32 << (band - 1)) };
    let needed_hz = 2.0 * edge(BANDS - 1);
    if f64::from(analysis.rate_hz()) <= needed_hz {
        return Err(FeatureError::RateTooLow {
            feature: "spectral_contrast",
            rate_hz: analysis.rate_hz(),
            needed_hz: needed_hz as u32,
        });
    }
    let highest_hz = LOWEST_EDGE_HZ * FFT_SAMPLES as f64;
    if f64::from(analysis.rate_hz()) > highest_hz {
        return Err(FeatureError::RateTooHigh {
            feature: "spectral_contrast",
            rate_hz: analysis.rate_hz(),
            highest_hz: highest_hz as u32,
        });
    }
    let bands = (0..BANDS).map(|band| {
        let inside = |bin: &usize| (edge(band)..=edge(band + 1)).contains(&analysis.bin_hz(*bin));
        let first = (0..BINS).find(inside).unwrap_or(0);
        let last = (0..BINS).rev().find(inside).unwrap_or(0);
        let first = if band > 0 { first - first.min(1) } else { first };
        let end = if band + 1 == BANDS { BINS } else { last + 1 };
        let count = (SHARE * (end - first) as f64).round_ties_even().max(1.0) as usize;
        let end = if band + 1 == BANDS { end } else { end - 1 };
        (first..end, count)
    });
    Ok(bands.collect())
}

vectorised! {
    fn turn<'a>(frames: &'a [f32], columns: &'a mut [f32]) -> () {
        transpose(frames, BINS, columns, LANES);
    }
}

vectorised! {
    /// The means of the `count` smallest and of the `count` largest values of each lane.
    fn extremes<'a>(columns: &'a [Lanes], count: usize) -> ([f64; LANES], [f64; LANES]) {
        let kept = count.min(columns.len()).max(1);
        let mut smallest = vec![[f32::INFINITY; LANES]; kept];
        let mut largest = vec![[f32::NEG_INFINITY; LANES]; kept];
        for column in columns {
            let mut value = *column;
            for slot in &mut smallest {
                for lane in 0..LANES {
                    let (low, high) = (slot[lane].min(value[lane]), slot[lane].max(value[lane]));
                    (slot[lane], value[lane]) = (low, high);
                }
            }
            let mut value = *column;
            for slot in &mut largest {
                for lane in 0..LANES {
                    let (low, high) = (slot[lane].min(value[lane]), slot[lane].max(value[lane]));
                    (slot[lane], value[lane]) = (high, low);
                }
            }
        }
        (mean(&smallest), mean(&largest))
    }
}

fn mean(values: &[Lanes]) -> [f64; LANES] {
    std::array::from_fn(|lane| values.iter().map(|v| f64::from(v[lane])).sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::analysis::Spectrum;
    use super::*;
    use crate::audio::Waveform;
    use crate::features::frames;

    #[test]
    fn every_band_has_a_bin_at_every_rate_that_is_taken() {
        for rate_hz in [12_801, 22_050, 48_000, 192_000, 204_800, 400_000, 409_599, 409_600] {
            let wave = Waveform { samples: vec![0.1; 10], rate_hz };
            let bands = bands(&Analysis::new(&wave, Spectrum::Magnitude).unwrap()).unwrap();
            let fits = |(bins, count): &(Range<usize>, usize)| (1..=bins.len()).contains(count);
            assert!(bands.iter().all(fits), "{rate_hz}: {bands:?}");
        }
        let wave = Waveform { samples: vec![0.1; 10], rate_hz: 409_601 };
        let refused = frames(&wave, "spectral_contrast").unwrap_err();
        let highest_hz = 409_600;
        assert_eq!(
            refused,
            FeatureError::RateTooHigh { feature: "spectral_contrast", rate_hz: 409_601, highest_hz }
        );
    }
}
