//! The spectra that the constant-Q transform reads: rectangular windows, a narrow band of bins, double precision.
//!
//! `X[t, k] = Σ_{m < N} x[t·H + m − N/2]·e^(−2πikm/N)` for the bins `k` of the band, x zero outside, rounded to f32
//! at the end (librosa/core/constantq.py:1107, core/spectrum.py:241). Where frames overlap little, two frames go
//! through one complex transform. Where they overlap much (H ≤ N/8), blocks of H samples are transformed directly,
//! only at the band's bins, and sums over 1, 2, 4 … N/H blocks are merged from each other, as a decimation-in-time
//! transform shared by all frames: `S_2L[b] = S_L[b] + e^(−iθ_k·L)·S_L[b + L/H]`, `θ_k = 2πk/N`.

use std::f64::consts::PI;

use pulp::Arch;
use rustfft::Fft;
use rustfft::num_complex::Complex;

/// Frames to a tile of the result.
pub(super) const LANES: usize = 16;

/// Bins that the merging form takes at once.
const GROUP: usize = 8;

/// Blocks transformed at once.
const BLOCKS: usize = 4;

/// Spectra of all frames at the band's bins: tile after tile of [`LANES`] frames, in each bin after bin.
pub(super) struct Spectra {
    pub(super) frames: usize,
    pub(super) bins: usize,
    pub(super) re: Vec<f32>,
    pub(super) im: Vec<f32>,
}

/// Window length, hop and band.
#[derive(Clone, Copy)]
pub(super) struct Framing {
    pub(super) fft_samples: usize,
    pub(super) hop_samples: usize,
    pub(super) first_bin: usize,
    pub(super) bins: usize,
}

impl Spectra {
    /// The spectra of `samples`, by the cheaper way.
    pub(super) fn of(samples: &[f32], framing: Framing, forward: &dyn Fft<f64>) -> Self {
        let overlap = framing.fft_samples / framing.hop_samples;
        let whole_blocks = framing.hop_samples.is_multiple_of(2) && overlap.is_power_of_two();
        if overlap >= 8 && whole_blocks && overlap * framing.hop_samples == framing.fft_samples {
            Self::merged(samples, framing)
        } else {
            Self::transformed(samples, framing, forward)
        }
    }

    fn zeros(samples: usize, framing: Framing) -> Self {
        let frames = 1 + samples / framing.hop_samples;
        let cells = frames.div_ceil(LANES) * framing.bins * LANES;
        Self { frames, bins: framing.bins, re: vec![0.0; cells], im: vec![0.0; cells] }
    }

    fn cell(&self, frame: usize, bin: usize) -> usize {
        (frame / LANES * self.bins + bin) * LANES + frame % LANES
    }

    /// Two frames to a complex transform: `Z = A + iB`, `A[k] = (Z[k] + Z*[N−k])/2`, `B[k] = (Z[k] − Z*[N−k])/2i`.
    fn transformed(samples: &[f32], framing: Framing, forward: &dyn Fft<f64>) -> Self {
        let Framing { fft_samples, hop_samples, first_bin, .. } = framing;
        let mut spectra = Self::zeros(samples.len(), framing);
        let mut padded = vec![0.0f32; fft_samples / 2];
        padded.extend_from_slice(samples);
        padded.resize((spectra.frames + 1) * hop_samples + 2 * fft_samples, 0.0);
        let mut buffer = vec![Complex::default(); fft_samples];
        let mut scratch = vec![Complex::default(); forward.get_inplace_scratch_len()];
        for frame in (0..spectra.frames).step_by(2) {
            let first = &padded[frame * hop_samples..][..fft_samples];
            let second = &padded[(frame + 1) * hop_samples..][..fft_samples];
            for ((slot, &a), &b) in buffer.iter_mut().zip(first).zip(second) {
                *slot = Complex::new(f64::from(a), f64::from(b));
            }
            forward.process_with_scratch(&mut buffer, &mut scratch);
            // frame is even, so both frames lie in one tile
            let at = spectra.cell(frame, 0);
            for bin in 0..framing.bins {
                let k = first_bin + bin;
                let (up, down) = (buffer[k], buffer[(fft_samples - k) % fft_samples]);
                let cell = at + bin * LANES;
                spectra.re[cell] = (0.5 * (up.re + down.re)) as f32;
                spectra.im[cell] = (0.5 * (up.im - down.im)) as f32;
                spectra.re[cell + 1] = (0.5 * (up.im + down.im)) as f32;
                spectra.im[cell + 1] = (0.5 * (down.re - up.re)) as f32;
            }
        }
        spectra
    }

    fn merged(samples: &[f32], framing: Framing) -> Self {
        let Framing { fft_samples, hop_samples: hop, first_bin, bins } = framing;
        let mut spectra = Self::zeros(samples.len(), framing);
        let overlap = fft_samples / hop;
        let blocks = (spectra.frames + overlap).next_multiple_of(BLOCKS);
        let halves = fold(samples, hop, overlap / 2, blocks);
        let circle: Vec<Complex<f64>> =
            (0..2 * fft_samples).map(|k| Complex::from_polar(1.0, -PI * k as f64 / fft_samples as f64)).collect();
        // e^(−iθ_k·h/2), h in half samples
        let turn = |k: usize, half_samples: usize| circle[k * half_samples % (2 * fft_samples)];
        let arch = Arch::new();
        let mut sums = vec![[0.0f64; GROUP]; 2 * blocks];
        let mut table = vec![[0.0f64; GROUP]; hop];
        for group in (0..bins).step_by(GROUP) {
            let bin = |lane: usize| first_bin + group + lane;
            for m in 0..hop / 2 {
                for lane in 0..GROUP {
                    let weight = turn(bin(lane), 2 * m + 1);
                    (table[2 * m][lane], table[2 * m + 1][lane]) = (weight.re, weight.im);
                }
            }
            arch.dispatch(|| transform_blocks(&halves, &table, &mut sums));
            let mut length = 1;
            while length < overlap {
                let mut turns = [[0.0f64; GROUP]; 2];
                for lane in 0..GROUP {
                    let weight = turn(bin(lane), 2 * length * hop);
                    (turns[0][lane], turns[1][lane]) = (weight.re, weight.im);
                }
                arch.dispatch(|| merge(&mut sums, length, turns));
                length *= 2;
            }
            // blocks were transformed about their middles: (hop − 1)/2 samples
            let phase: [Complex<f64>; GROUP] = std::array::from_fn(|lane| turn(bin(lane), hop - 1));
            let used = GROUP.min(bins - group);
            for frame in 0..spectra.frames {
                let at = spectra.cell(frame, group);
                let (re, im) = (&sums[2 * frame], &sums[2 * frame + 1]);
                for lane in 0..used {
                    let value = Complex::new(re[lane], im[lane]) * phase[lane];
                    spectra.re[at + lane * LANES] = value.re as f32;
                    spectra.im[at + lane * LANES] = value.im as f32;
                }
            }
        }
        spectra
    }
}

/// Each block of `hop` samples as sums and differences of the samples equally far from its middle, nearest first;
/// block 0 begins `lead` blocks before the signal. Blocks come in fours, sample by sample.
fn fold(samples: &[f32], hop: usize, lead: usize, blocks: usize) -> Vec<[f64; 2 * BLOCKS]> {
    let mut padded = vec![0.0f32; lead * hop];
    padded.extend_from_slice(samples);
    padded.resize(padded.len().max(blocks * hop), 0.0);
    let half = hop / 2;
    let mut halves = Vec::with_capacity(blocks / BLOCKS * half);
    for four in (0..blocks).step_by(BLOCKS) {
        for m in 0..half {
            let mut entry = [0.0; 2 * BLOCKS];
            for block in 0..BLOCKS {
                let middle = (four + block) * hop + half;
                let (after, before) = (f64::from(padded[middle + m]), f64::from(padded[middle - 1 - m]));
                entry[block] = after + before;
                entry[BLOCKS + block] = after - before;
            }
            halves.push(entry);
        }
    }
    halves
}

/// `Σ_m (x₊ + x₋)·cos θ(m + ½) − i·(x₊ − x₋)·sin θ(m + ½)` for every block and the group's bins.
#[inline(always)]
fn transform_blocks(halves: &[[f64; 2 * BLOCKS]], table: &[[f64; GROUP]], sums: &mut [[f64; GROUP]]) {
    let half = table.len() / 2;
    for (four, sums) in halves.chunks_exact(half).zip(sums.chunks_exact_mut(2 * BLOCKS)) {
        let mut totals = [[0.0f64; GROUP]; 2 * BLOCKS];
        for (entry, weights) in four.iter().zip(table.chunks_exact(2)) {
            for block in 0..BLOCKS {
                for lane in 0..GROUP {
                    totals[2 * block][lane] += entry[block] * weights[0][lane];
                    totals[2 * block + 1][lane] += entry[BLOCKS + block] * weights[1][lane];
                }
            }
        }
        sums.copy_from_slice(&totals);
    }
}

/// Sums over `length` blocks become sums over twice as many.
#[inline(always)]
fn merge(sums: &mut [[f64; GROUP]], length: usize, turns: [[f64; GROUP]; 2]) {
    let [re, im] = turns;
    for at in (0..sums.len().saturating_sub(2 * length)).step_by(2) {
        let (far_re, far_im) = (sums[at + 2 * length], sums[at + 2 * length + 1]);
        for lane in 0..GROUP {
            sums[at][lane] += re[lane] * far_re[lane] - im[lane] * far_im[lane];
            sums[at + 1][lane] += re[lane] * far_im[lane] + im[lane] * far_re[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustfft::FftPlanner;

    #[test]
    fn both_ways_give_the_same_spectra() {
        for (count, hop) in [(1, 8), (700, 8), (4000, 16), (5001, 32)] {
            let samples: Vec<f32> = (0..count).map(|k| ((k * 7919) % 1013) as f32 / 506.5 - 1.0).collect();
            let framing = Framing { fft_samples: 256, hop_samples: hop, first_bin: 21, bins: 35 };
            let forward = FftPlanner::new().plan_fft_forward(256);
            let (a, b) =
                (Spectra::transformed(&samples, framing, &*forward), Spectra::merged(&samples, framing));
            assert_eq!(a.frames, b.frames);
            for frame in 0..a.frames {
                for bin in 0..framing.bins {
                    let cell = a.cell(frame, bin);
                    assert!((a.re[cell] - b.re[cell]).abs() < 1e-5, "{count} {hop} {frame} {bin}");
                    assert!((a.im[cell] - b.im[cell]).abs() < 1e-5, "{count} {hop} {frame} {bin}");
                }
            }
        }
    }

    #[test]
    fn silence_after_a_tone_is_exactly_silent() {
        let mut samples = vec![0.5f32; 512];
        samples.resize(4096, 0.0);
        let framing = Framing { fft_samples: 256, hop_samples: 16, first_bin: 21, bins: 35 };
        let spectra = Spectra::merged(&samples, framing);
        for frame in (512 + 128) / 16 + 1..spectra.frames {
            let cell = spectra.cell(frame, 3);
            assert_eq!((spectra.re[cell], spectra.im[cell]), (0.0, 0.0));
        }
    }
}
