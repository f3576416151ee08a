//! Harmonic-percussive separation by median filtering (Fitzgerald 2010; librosa/decompose.py:211, effects.py:66).
//!
//! h and p are the medians of `|S|` over 31 frames and over 31 bins; with Z = max(h, p) the soft masks are
//! `(h/Z)²/((h/Z)² + (p/Z)²)` and its complement, both ½ where Z is below the smallest normal f32. The parts of the
//! signal are the inverse transforms of S times each mask, at the signal's length.
//!
//! The masks sum to 1 and the inverse is linear, so the percussive part is the signal less the harmonic one. Only
//! where that difference would be a small remainder of large numbers is it inverted on its own.

use std::rc::Rc;

use ndarray::{Array2, ArrayView1};
use pulp::{Arch, Scalar256b, Simd, WithSimd};
use realfft::num_complex::Complex;

use super::analysis::{Analysis, FFT_SAMPLES, HOP_SAMPLES};
use super::error::FeatureError;
use super::running_median::{medians, mirrored};
use crate::audio::stft::Stft;

/// The share of the power below which the percussive part is inverted on its own.
const SMALL_SHARE: f64 = 1e-4;

/// Both masks in one number a cell, (frames, bins): the smaller of the two, negative where it is the percussive one.
/// Either mask is thus known to f32's relative precision, however small it is.
pub(super) struct Masks(Array2<f32>);

/// The two parts of a signal; they sum to it.
pub(super) struct Parts {
    pub(super) harmonic: Vec<f32>,
    pub(super) percussive: Vec<f32>,
}

#[inline(always)]
pub(super) fn harmonic_share(mask: f32) -> f32 {
    if mask.is_sign_negative() { 1.0 + mask } else { mask }
}

#[inline(always)]
pub(super) fn percussive_share(mask: f32) -> f32 {
    if mask.is_sign_negative() { -mask } else { 1.0 - mask }
}

impl Masks {
    pub(super) fn rows(&self) -> impl Iterator<Item = ArrayView1<'_, f32>> {
        self.0.rows().into_iter()
    }
}

pub(super) fn masks(analysis: &Analysis) -> Result<Rc<Masks>, FeatureError> {
    analysis.shared(|| Ok(Masks(masks_of(analysis.magnitude()))))
}

fn masks_of(magnitude: &Array2<f32>) -> Array2<f32> {
    let mut masks = Array2::zeros(magnitude.dim());
    if let (Some(input), Some(output)) = (magnitude.as_slice(), masks.as_slice_mut()) {
        Arch::new().dispatch(MasksOf { magnitude: input, masks: output, bins: magnitude.ncols() });
    }
    masks
}

pub(super) fn parts(analysis: &Analysis) -> Result<Rc<Parts>, FeatureError> {
    analysis.shared(|| {
        let masks = masks(analysis)?;
        let samples = analysis.samples();
        let harmonic = part(analysis, &masks, harmonic_share);
        let mut percussive: Vec<f32> = samples.iter().zip(&harmonic).map(|(all, part)| all - part).collect();
        if mean_square(&percussive) < SMALL_SHARE * mean_square(samples) {
            percussive = part(analysis, &masks, percussive_share);
        }
        Ok(Parts { harmonic, percussive })
    })
}

fn part(analysis: &Analysis, masks: &Masks, share: impl Fn(f32) -> f32) -> Vec<f32> {
    let stft = analysis.stft();
    let arch = Arch::new();
    Stft::new(FFT_SAMPLES, HOP_SAMPLES).inverse(stft.nrows(), analysis.samples().len(), |frame, spectrum| {
        let (bins, weights) = (stft.row(frame), masks.0.row(frame));
        if let (Some(bins), Some(weights)) = (bins.as_slice(), weights.as_slice()) {
            arch.dispatch(|| {
                for ((slot, bin), mask) in spectrum.iter_mut().zip(bins).zip(weights) {
                    let share = share(*mask);
                    *slot = Complex::new(f64::from(bin.re * share), f64::from(bin.im * share));
                }
            });
        }
    })
}

/// `Σx²/n`.
pub(super) fn mean_square(samples: &[f32]) -> f64 {
    let mut parts = [0.0f64; 8];
    let chunks = samples.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|x| f64::from(*x).powi(2)).sum();
    for chunk in chunks {
        for (part, x) in parts.iter_mut().zip(chunk) {
            *part += f64::from(*x) * f64::from(*x);
        }
    }
    (parts.iter().sum::<f64>() + rest) / samples.len().max(1) as f64
}

struct MasksOf<'a> {
    magnitude: &'a [f32],
    masks: &'a mut [f32],
    bins: usize,
}

impl WithSimd for MasksOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F32_LANES == 1 {
            self.run(Scalar256b) // arrays of eight, for the compiler to vectorise as it can
        } else {
            self.run(simd)
        }
    }
}

impl MasksOf<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (bins, lanes) = (self.bins, S::F32_LANES);
        let frames = self.magnitude.len() / bins;
        let over_time = mirrored(frames);
        for first in (0..bins).step_by(lanes) {
            let first = first.min(bins - lanes); // the last columns are done twice rather than one by one
            medians(
                simd,
                frames,
                &over_time,
                |frame| S::as_simd_f32s(&self.magnitude[frame * bins + first..][..lanes]).0[0],
                |frame, h| S::as_mut_simd_f32s(&mut self.masks[frame * bins + first..][..lanes]).0[0] = h,
            );
        }
        let over_frequency = mirrored(bins);
        let mut columns = vec![0.0f32; bins * lanes];
        let mut percussive = vec![0.0f32; bins * lanes];
        for first in (0..frames).step_by(lanes) {
            let block = lanes.min(frames - first);
            transpose(&self.magnitude[first * bins..][..block * bins], bins, &mut columns, lanes);
            medians(
                simd,
                bins,
                &over_frequency,
                |bin| S::as_simd_f32s(&columns[bin * lanes..][..lanes]).0[0],
                |bin, p| S::as_mut_simd_f32s(&mut percussive[bin * lanes..][..lanes]).0[0] = p,
            );
            transpose(&percussive, lanes, &mut columns, bins);
            for (cell, p) in self.masks[first * bins..][..block * bins].iter_mut().zip(&columns) {
                *cell = signed_mask(*cell, *p);
            }
        }
    }
}

/// `to[column·to_stride + row] = from[row·columns + column]` in square tiles.
#[inline(always)]
fn transpose(from: &[f32], columns: usize, to: &mut [f32], to_stride: usize) {
    const TILE: usize = 8;
    let rows = from.len() / columns;
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for row in top..(top + TILE).min(rows) {
                for column in left..(left + TILE).min(columns) {
                    to[column * to_stride + row] = from[row * columns + column];
                }
            }
        }
    }
}

#[inline(always)]
fn signed_mask(h: f32, p: f32) -> f32 {
    let larger = h.max(p);
    let ratio = h.min(p) / larger;
    let smaller = ratio * ratio / (1.0 + ratio * ratio);
    let signed = if h < p { smaller } else { -smaller };
    if larger < f32::MIN_POSITIVE { 0.5 } else { signed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_masks_are_librosas() {
        for (h, p) in [(0.0f32, 0.0f32), (1.0, 0.0), (0.0, 1.0), (2.0, 2.0), (3.0, 1e-6), (1e-6, 3.0), (1e-39, 0.0)] {
            let mask = signed_mask(h, p);
            let z = f64::from(h.max(p));
            let (a, b) = ((f64::from(h) / z).powi(2), (f64::from(p) / z).powi(2));
            let (harmonic, percussive) =
                if z < f64::from(f32::MIN_POSITIVE) { (0.5, 0.5) } else { (a / (a + b), b / (a + b)) };
            assert!((f64::from(harmonic_share(mask)) - harmonic).abs() <= 1e-7 * harmonic, "{h} {p}");
            assert!((f64::from(percussive_share(mask)) - percussive).abs() <= 1e-7 * percussive, "{h} {p}");
        }
    }

    #[test]
    fn the_portable_twin_gives_the_same_bits() {
        let mut draws = crate::random::Draws::new(2, "hpss test");
        let (frames, bins) = (45, 1025);
        let magnitude = Array2::from_shape_simple_fn((frames, bins), || draws.unit() as f32);
        let mut twin = vec![0.0; frames * bins];
        let input = magnitude.as_slice().unwrap_or_default();
        MasksOf { magnitude: input, masks: &mut twin, bins }.with_simd(pulp::Scalar);
        assert_eq!(masks_of(&magnitude).into_raw_vec_and_offset().0, twin);
    }
}
