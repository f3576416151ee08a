//! Convolutions along time, of every band by itself, followed by bias, ReLU, batch norm and the largest value over the
//! bands: musicnn's temporal filters.
//!
//! `y[t, f, c] = Σ_k x[t + k − before, f]·w[k, c]` with before = ⌊(K − 1)/2⌋, zeros outside, through the Fourier domain:
//! all filters share one spectrum a band, and two bands are transformed as one complex signal. The transform is long
//! enough that nothing wraps around.

use pulp::{Simd, WithSimd};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::lane_blocks::{BLOCK, Norm};
use super::lane_fft::{LaneFft, Lanes};

#[derive(Debug, Clone)]
pub(super) struct TimeFilters {
    frames: usize,
    norm: Norm,
    fft: LaneFft,
    /// Block, bin, part, channel: conj(W)/length.
    spectra: Vec<f32>,
}

impl TimeFilters {
    /// Filters of several lengths; each weight is time × channels. For patches of `frames` frames.
    pub fn new(filters: &[(&[f32], usize)], frames: usize, norm: Norm) -> Self {
        let longest = filters.iter().map(|(_, taps)| *taps).max().unwrap_or(1);
        let length = good_length(frames + longest - 1);
        let channels = norm.bias.len();
        let forward = FftPlanner::<f64>::new().plan_fft_forward(length);
        let mut spectra = vec![0.0; channels.div_ceil(BLOCK) * length * 2 * BLOCK];
        let mut channel = 0;
        for (weight, taps) in filters {
            let before = (taps - 1) / 2;
            let own = weight.len() / taps;
            for c in 0..own {
                let mut column = vec![Complex::new(0.0, 0.0); length];
                for k in 0..*taps {
                    column[(k + length - before) % length].re =
                        f64::from(weight[k * own + c]) / length as f64;
                }
                forward.process(&mut column);
                for (bin, value) in column.iter().enumerate() {
                    let at = (channel / BLOCK * length + bin) * 2 * BLOCK + channel % BLOCK;
                    spectra[at] = value.re as f32;
                    spectra[at + BLOCK] = -value.im as f32;
                }
                channel += 1;
            }
        }
        debug_assert_eq!(channel, channels);
        Self { frames, norm, fft: LaneFft::new(length), spectra }
    }

    pub fn channels(&self) -> usize {
        self.norm.bias.len()
    }

    /// The largest over the bands of every frame and channel, into rows of `width` numbers from `column` on.
    pub fn apply(&self, patch: &[f32], bands: usize, out: &mut [f32], width: usize, column: usize) {
        let length = self.fft.length();
        let pairs = bands.div_ceil(2);
        let mut spectra = vec![Complex::new(0.0, 0.0); pairs * length];
        for (pair, signal) in spectra.chunks_exact_mut(length).enumerate() {
            for (slot, frame) in signal.iter_mut().zip(patch.chunks_exact(bands)) {
                slot.re = frame[2 * pair];
                // The last band of an odd number of them is its own partner.
                slot.im = frame[(2 * pair + 1).min(bands - 1)];
            }
        }
        FftPlanner::new().plan_fft_forward(length).process(&mut spectra);
        crate::audio::vectorised::arch().dispatch(Apply {
            filters: self,
            spectra: &spectra,
            out,
            width,
            column,
        });
    }
}

/// The next length of factors 4 and one 2, 3 or 5.
fn good_length(least: usize) -> usize {
    (least..)
        .find(|&length| {
            let mut left = length;
            for factor in [4, 5, 3, 2] {
                while left % factor == 0 {
                    left /= factor;
                }
            }
            left == 1 && length % 4 == 0
        })
        .unwrap_or(least)
}

struct Apply<'a> {
    filters: &'a TimeFilters,
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
        let TimeFilters { frames, norm, fft, spectra: weights } = filters;
        let length = fft.length();
        let parts = BLOCK / S::F32_LANES;
        let zero = simd.splat_f32s(0.0);
        let mut values: Vec<Lanes<S>> = vec![[zero; 2]; length];
        let mut spare = values.clone();
        let mut range: Vec<[S::f32s; 2]> = vec![[zero; 2]; *frames];
        for (block, weights) in weights.chunks_exact(length * 2 * BLOCK).enumerate() {
            let weights = S::as_simd_f32s(weights).0;
            for part in 0..parts {
                for (pair, spectrum) in spectra.chunks_exact(length).enumerate() {
                    let weights = weights.chunks_exact(2 * parts);
                    for ((value, x), weights) in values.iter_mut().zip(spectrum).zip(weights) {
                        let (re, im) = (weights[part], weights[parts + part]);
                        let (xr, xi) = (simd.splat_f32s(x.re), simd.splat_f32s(x.im));
                        *value = [
                            simd.negate_mul_add_f32s(xi, im, simd.mul_f32s(xr, re)),
                            simd.mul_add_f32s(xi, re, simd.mul_f32s(xr, im)),
                        ];
                    }
                    let places = fft.inverse(simd, &mut values, &mut spare);
                    for ([largest, smallest], [a, b]) in range.iter_mut().zip(places) {
                        let (high, low) = (simd.max_f32s(*a, *b), simd.min_f32s(*a, *b));
                        let first = pair == 0;
                        *largest = if first { high } else { simd.max_f32s(*largest, high) };
                        *smallest = if first { low } else { simd.min_f32s(*smallest, low) };
                    }
                }
                let first = block * BLOCK + part * S::F32_LANES;
                for (t, [largest, smallest]) in range.iter().enumerate() {
                    let (mut high, mut low) = ([0.0f32; BLOCK], [0.0f32; BLOCK]);
                    S::as_mut_simd_f32s(&mut high).0[0] = *largest;
                    S::as_mut_simd_f32s(&mut low).0[0] = *smallest;
                    let channels = first..norm.bias.len().min(first + S::F32_LANES);
                    for (lane, channel) in channels.enumerate() {
                        out[t * width + column + channel] = norm.largest(channel, high[lane], low[lane]);
                    }
                }
            }
        }
    }
}
