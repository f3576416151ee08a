//! Convolutions that are tall in frequency and short in time, each followed by bias, ReLU, batch norm and the largest
//! value over frequency: musicnn's timbral filters.
//!
//! `y[t, f, c] = Σ_k Σ_j x[t + k − before, f + j]·w[k, j, c]` is computed in the frequency axis's Fourier domain,
//! `Y = Σ_k X[t + k]·conj(W[k])`, an eighth of the multiplications; both are 96 bins, enough for the valid outputs.
//! Two frames are transformed as one complex signal; sixteen channels lie side by side and one block's spectra,
//! transform and maximum never leave the nearest cache.

use pulp::{Simd, WithSimd};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::lane_blocks::{BLOCK, Norm};
use super::lane_fft::{LaneFft, Lanes};

#[derive(Debug, Clone)]
pub(super) struct BandFilters {
    taps: usize,
    bands: usize,
    /// Valid places of the filter along frequency.
    places: usize,
    norm: Norm,
    fft: LaneFft,
    /// Block, bin (0 to half), tap, part, channel: conj(W)/bands.
    spectra: Vec<f32>,
}

impl BandFilters {
    /// `weight` is time × frequency × channels.
    pub fn new(weight: &[f32], [taps, height]: [usize; 2], bands: usize, norm: Norm) -> Self {
        let channels = norm.bias.len();
        let (blocks, bins) = (channels.div_ceil(BLOCK), bands / 2 + 1);
        let forward = FftPlanner::<f64>::new().plan_fft_forward(bands);
        let mut spectra = vec![0.0; blocks * bins * taps * 2 * BLOCK];
        for channel in 0..channels {
            for tap in 0..taps {
                let mut column = vec![Complex::new(0.0, 0.0); bands];
                for (j, slot) in column.iter_mut().enumerate().take(height) {
                    slot.re = f64::from(weight[(tap * height + j) * channels + channel]) / bands as f64;
                }
                forward.process(&mut column);
                for (bin, value) in column.iter().enumerate().take(bins) {
                    let at = ((channel / BLOCK * bins + bin) * taps + tap) * 2 * BLOCK + channel % BLOCK;
                    spectra[at] = value.re as f32;
                    spectra[at + BLOCK] = -value.im as f32;
                }
            }
        }
        Self { taps, bands, places: bands - height + 1, norm, fft: LaneFft::new(bands), spectra }
    }

    pub fn channels(&self) -> usize {
        self.norm.bias.len()
    }

    /// Spectra of every frame and its successor as one complex signal, with zeros before and after the patch.
    pub fn paired_spectra(patch: &[f32], bands: usize, taps: usize) -> Vec<Complex<f32>> {
        let frames = patch.len() / bands;
        let before = (taps - 1) / 2;
        let frame = |t: usize| {
            let t = t.checked_sub(before).filter(|&t| t < frames)?;
            Some(&patch[t * bands..][..bands])
        };
        let rows = frames + taps;
        let mut spectra = vec![Complex::new(0.0, 0.0); rows * bands];
        for (t, row) in spectra.chunks_exact_mut(bands).enumerate() {
            for (slot, &value) in row.iter_mut().zip(frame(t).unwrap_or_default()) {
                slot.re = value;
            }
            for (slot, &value) in row.iter_mut().zip(frame(t + 1).unwrap_or_default()) {
                slot.im = value;
            }
        }
        FftPlanner::new().plan_fft_forward(bands).process(&mut spectra);
        spectra
    }

    /// The largest over frequency of every frame and channel, into rows of `width` numbers from `column` on.
    pub fn apply(&self, spectra: &[Complex<f32>], out: &mut [f32], width: usize, column: usize) {
        crate::audio::vectorised::arch().dispatch(Apply { filters: self, spectra, out, width, column });
    }
}

struct Apply<'a> {
    filters: &'a BandFilters,
    spectra: &'a [Complex<f32>],
    out: &'a mut [f32],
    width: usize,
    column: usize,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { filters, spectra, out, width, column } = self;
        let BandFilters { taps, bands, places, norm, fft, spectra: weights } = filters;
        let (taps, bands, places) = (*taps, *bands, *places);
        let frames = out.len() / width;
        let bins = bands / 2 + 1;
        let parts = BLOCK / S::F32_LANES;
        let zero = simd.splat_f32s(0.0);
        let mut values: Vec<Lanes<S>> = vec![[zero; 2]; bands];
        let mut spare = values.clone();
        let block_size = bins * taps * 2 * BLOCK;
        for (block, weights) in weights.chunks_exact(block_size).enumerate() {
            let weights = S::as_simd_f32s(weights).0;
            for part in 0..parts {
                for t in (0..frames).step_by(2) {
                    let rows = &spectra[t * bands..][..taps * bands];
                    for bin in 0..bins {
                        let mirror = (bands - bin) % bands;
                        let mut here = [zero; 2];
                        let mut there = [zero; 2];
                        let weights = &weights[bin * taps * 2 * parts..][..taps * 2 * parts];
                        for tap in 0..taps {
                            let re = weights[2 * tap * parts + part];
                            let im = weights[(2 * tap + 1) * parts + part];
                            let x = rows[tap * bands + bin];
                            let (xr, xi) = (simd.splat_f32s(x.re), simd.splat_f32s(x.im));
                            here[0] = simd.negate_mul_add_f32s(xi, im, simd.mul_add_f32s(xr, re, here[0]));
                            here[1] = simd.mul_add_f32s(xi, re, simd.mul_add_f32s(xr, im, here[1]));
                            let z = rows[tap * bands + mirror];
                            let (zr, zi) = (simd.splat_f32s(z.re), simd.splat_f32s(z.im));
                            there[0] = simd.mul_add_f32s(zi, im, simd.mul_add_f32s(zr, re, there[0]));
                            there[1] = simd.mul_add_f32s(zi, re, simd.negate_mul_add_f32s(zr, im, there[1]));
                        }
                        values[mirror] = there;
                        values[bin] = here;
                    }
                    let places = &fft.inverse(simd, &mut values, &mut spare)[..places];
                    let mut largest = places[0];
                    let mut smallest = places[0];
                    for place in places {
                        for frame in 0..2 {
                            largest[frame] = simd.max_f32s(largest[frame], place[frame]);
                            smallest[frame] = simd.min_f32s(smallest[frame], place[frame]);
                        }
                    }
                    let first = block * BLOCK + part * S::F32_LANES;
                    for frame in 0..2.min(frames - t) {
                        let (mut high, mut low) = ([0.0f32; BLOCK], [0.0f32; BLOCK]);
                        S::as_mut_simd_f32s(&mut high).0[0] = largest[frame];
                        S::as_mut_simd_f32s(&mut low).0[0] = smallest[frame];
                        let channels = first..norm.bias.len().min(first + S::F32_LANES);
                        for (lane, channel) in channels.enumerate() {
                            out[(t + frame) * width + column + channel] =
                                norm.largest(channel, high[lane], low[lane]);
                        }
                    }
                }
            }
        }
    }
}
