//! Harmonic-percussive separation by median filtering (Fitzgerald 2010; librosa/decompose.py:211, effects.py:66).
//!
//! h and p are the medians of `|S|` over 31 frames and over 31 bins; with Z = max(h, p) the soft masks are
//! `(h/Z)²/((h/Z)² + (p/Z)²)` and its complement, both ½ where Z is below the smallest normal f32. The parts of the
//! signal are the inverse transforms of S times each mask, at the signal's length.
//!
//! The masks sum to 1 and the inverse is linear, so the percussive part is the signal less the harmonic one. Only
//! where that difference would be a small remainder of large numbers is it inverted on its own.

use std::ops::Range;
use std::rc::Rc;

use ndarray::Array2;
use pulp::{Scalar256b, Simd, WithSimd};
use realfft::num_complex::Complex;

use super::analysis::{Analysis, FFT_SAMPLES, HOP_SAMPLES};
use super::error::FeatureError;
use super::running_median::{ALIGNED, medians, mirrored};
use super::transpose::transpose;
use crate::audio::recycled;
use crate::audio::stft::Stft;
use crate::audio::vectorised::{arch, vectorised};

/// The share of the power below which the percussive part is inverted on its own.
const SMALL_SHARE: f64 = 1e-4;
/// Frames whose masks are made at once: few enough to stay in the cache.
const CHUNK_FRAMES: usize = 4 * ALIGNED;

/// The masks of a clip, made as its frames are read in order.
///
/// Both masks of a cell are one number: the smaller of the two, negative where it is the percussive one. Either mask
/// is thus known to f32's relative precision, however small it is.
pub(super) struct Masks<'a> {
    magnitude: &'a [f32],
    frames: usize,
    bins: usize,
    ready: Range<usize>,
    chunk: Vec<f32>,
    columns: Vec<f32>,
    percussive: Vec<f32>,
    over_time: Vec<usize>,
    over_frequency: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Part {
    Harmonic,
    Percussive,
}

/// The harmonic part of a clip's signal.
pub(super) struct Harmonic(pub(super) Vec<f32>);

/// The percussive part.
pub(super) struct Percussive(pub(super) Vec<f32>);

impl Drop for Harmonic {
    fn drop(&mut self) {
        recycled::give(std::mem::take(&mut self.0));
    }
}

impl Drop for Percussive {
    fn drop(&mut self) {
        recycled::give(std::mem::take(&mut self.0));
    }
}

impl Drop for Masks<'_> {
    fn drop(&mut self) {
        recycled::give(std::mem::take(&mut self.chunk));
    }
}

#[inline(always)]
pub(super) fn harmonic_share(mask: f32) -> f32 {
    if mask.is_sign_negative() { 1.0 + mask } else { mask }
}

#[inline(always)]
pub(super) fn percussive_share(mask: f32) -> f32 {
    if mask.is_sign_negative() { -mask } else { 1.0 - mask }
}

impl<'a> Masks<'a> {
    pub(super) fn new(magnitude: &'a Array2<f32>) -> Self {
        let (frames, bins) = magnitude.dim();
        Self {
            magnitude: magnitude.as_slice().unwrap_or_default(),
            frames,
            bins,
            ready: 0..0,
            chunk: recycled::stale(CHUNK_FRAMES.min(frames) * bins),
            columns: Vec::new(),
            percussive: Vec::new(),
            over_time: mirrored(frames),
            over_frequency: mirrored(bins),
        }
    }

    /// The masks of one frame.
    pub(super) fn row(&mut self, frame: usize) -> &[f32] {
        if !self.ready.contains(&frame) {
            let start = frame - frame % CHUNK_FRAMES;
            self.ready = start..(start + CHUNK_FRAMES).min(self.frames);
            arch().dispatch(NextChunk(self));
        }
        &self.chunk[(frame - self.ready.start) * self.bins..][..self.bins]
    }
}

pub(super) fn harmonic(analysis: &Analysis) -> Result<Rc<Harmonic>, FeatureError> {
    analysis.shared(|| Ok(Harmonic(invert(analysis, Part::Harmonic))))
}

/// The percussive part of a clip's signal.
pub(super) fn percussive(analysis: &Analysis) -> Result<Rc<Percussive>, FeatureError> {
    analysis.shared(|| {
        let harmonic = harmonic(analysis)?;
        let samples = analysis.samples();
        let mut rest: Vec<f32> = recycled::stale(samples.len());
        subtract(samples, &harmonic.0, &mut rest);
        if mean_square(&rest) < SMALL_SHARE * mean_square(samples) {
            recycled::give(std::mem::replace(&mut rest, invert(analysis, Part::Percussive)));
        }
        Ok(Percussive(rest))
    })
}

vectorised! {
    fn subtract<'a>(all: &'a [f32], part: &'a [f32], rest: &'a mut [f32]) -> () {
        for ((slot, all), part) in rest.iter_mut().zip(all).zip(part) {
            *slot = all - part;
        }
    }
}

fn invert(analysis: &Analysis, part: Part) -> Vec<f32> {
    let stft = analysis.stft();
    let mut masks = Masks::new(analysis.magnitude());
    Stft::new(FFT_SAMPLES, HOP_SAMPLES).inverse(stft.nrows(), analysis.samples().len(), |frame, spectrum| {
        let bins = stft.row(frame).to_slice().unwrap_or_default();
        match part {
            Part::Harmonic => harmonic_row(bins, masks.row(frame), spectrum),
            Part::Percussive => percussive_row(bins, masks.row(frame), spectrum),
        }
    })
}

vectorised! {
    fn harmonic_row<'a>(bins: &'a [Complex<f32>], masks: &'a [f32], row: &'a mut [Complex<f64>]) -> () {
        for ((slot, bin), mask) in row.iter_mut().zip(bins).zip(masks) {
            let share = harmonic_share(*mask);
            *slot = Complex::new(f64::from(bin.re * share), f64::from(bin.im * share));
        }
    }
}

vectorised! {
    fn percussive_row<'a>(bins: &'a [Complex<f32>], masks: &'a [f32], row: &'a mut [Complex<f64>]) -> () {
        for ((slot, bin), mask) in row.iter_mut().zip(bins).zip(masks) {
            let share = percussive_share(*mask);
            *slot = Complex::new(f64::from(bin.re * share), f64::from(bin.im * share));
        }
    }
}

vectorised! {
    /// `Σx²/n`.
    pub(super) fn mean_square<'a>(samples: &'a [f32]) -> f64 {
        let mut parts = [0.0f64; 16];
        let chunks = samples.chunks_exact(16);
        let rest: f64 = chunks.remainder().iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        for chunk in chunks {
            for part in 0..16 {
                parts[part] += f64::from(chunk[part]) * f64::from(chunk[part]);
            }
        }
        (parts.iter().sum::<f64>() + rest) / samples.len().max(1) as f64
    }
}

/// Makes the masks of the frames `ready` of a clip.
struct NextChunk<'a, 'b>(&'a mut Masks<'b>);

impl WithSimd for NextChunk<'_, '_> {
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

impl NextChunk<'_, '_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Masks { magnitude, bins, ready, chunk, columns, percussive, over_time, over_frequency, .. } =
            self.0;
        let (bins, lanes) = (*bins, S::F32_LANES);
        for left in (0..bins).step_by(lanes) {
            let left = left.min(bins - lanes); // the last columns are done twice rather than one by one
            medians(
                simd,
                ready.clone(),
                over_time,
                |frame| S::as_simd_f32s(&magnitude[frame * bins + left..][..lanes]).0[0],
                |frame, h| {
                    S::as_mut_simd_f32s(&mut chunk[(frame - ready.start) * bins + left..][..lanes]).0[0] = h
                },
            );
        }
        columns.resize(bins * lanes, 0.0);
        percussive.resize(bins * lanes, 0.0);
        for first in ready.clone().step_by(lanes) {
            let block = lanes.min(ready.end - first);
            transpose(&magnitude[first * bins..][..block * bins], bins, columns, lanes);
            medians(
                simd,
                0..bins,
                over_frequency,
                |bin| S::as_simd_f32s(&columns[bin * lanes..][..lanes]).0[0],
                |bin, p| S::as_mut_simd_f32s(&mut percussive[bin * lanes..][..lanes]).0[0] = p,
            );
            transpose(percussive, lanes, columns, bins);
            for (cell, p) in
                chunk[(first - ready.start) * bins..][..block * bins].iter_mut().zip(columns.iter())
            {
                *cell = signed_mask(*cell, *p);
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
        for (h, p) in
            [(0.0f32, 0.0f32), (1.0, 0.0), (0.0, 1.0), (2.0, 2.0), (3.0, 1e-6), (1e-6, 3.0), (1e-39, 0.0)]
        {
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
        let (frames, bins) = (100, 1025);
        let magnitude = Array2::from_shape_simple_fn((frames, bins), || draws.unit() as f32);
        let mut dispatched = Masks::new(&magnitude);
        let mut twin = Masks::new(&magnitude);
        for frame in 0..frames {
            if !twin.ready.contains(&frame) {
                twin.ready = frame..(frame + CHUNK_FRAMES).min(frames);
                NextChunk(&mut twin).with_simd(pulp::Scalar);
            }
            let ready = frame - twin.ready.start;
            assert_eq!(dispatched.row(frame), &twin.chunk[ready * bins..][..bins]);
        }
    }
}
