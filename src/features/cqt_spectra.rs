//! The spectra that the constant-Q transform reads: rectangular windows, a narrow band of bins, double precision.
//!
//! `X[t, k] = Σ_{m < N} x[t·H + m − N/2]·e^(−2πikm/N)` for the bins `k` of the band, x zero outside
//! (librosa/core/constantq.py:1107, core/spectrum.py:241). Where frames overlap little, two frames go
//! through one complex transform. Where they overlap much (H ≤ N/32), blocks of H samples are transformed directly,
//! only at the band's bins, and sums over 1, 2, 4 … N/H blocks are merged from each other, as a decimation-in-time
//! transform shared by all frames: `S_2L[b] = S_L[b] + e^(−iθ_k·L)·S_L[b + L/H]`, `θ_k = 2πk/N`.

use std::f64::consts::PI;
use std::sync::Arc;

use pulp::{Simd, WithSimd};

use crate::audio::vectorised::{Arch, arch};
use rustfft::Fft;
use rustfft::num_complex::Complex;

/// Frames to a tile of the result.
pub(super) const LANES: usize = 16;

/// Bins that the merging form takes at once.
const GROUP: usize = 8;

/// Blocks transformed at once.
const BLOCKS: usize = 4;

/// Frames to a window from which merging is the cheaper way.
const MUCH_OVERLAP: usize = 32;

/// Window length, hop and band.
#[derive(Clone, Copy)]
pub(super) struct Framing {
    pub(super) fft_samples: usize,
    pub(super) hop_samples: usize,
    pub(super) first_bin: usize,
    pub(super) bins: usize,
}

impl Framing {
    pub(super) fn frames(&self, samples: usize) -> usize {
        1 + samples / self.hop_samples
    }
}

/// The spectra of [`LANES`] frames at the band's bins: bin after bin, in each frame after frame.
pub(super) struct Tile {
    pub(super) re: Vec<[f64; LANES]>,
    pub(super) im: Vec<[f64; LANES]>,
}

/// What the transforms of one signal after another work in.
pub(super) struct BandSpectra {
    forward: Arc<dyn Fft<f64>>,
    arch: Arch,
    tile: Tile,
    padded: Vec<f32>,
    buffer: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    halves: Vec<[f64; 2 * BLOCKS]>,
    sums: Vec<[f64; GROUP]>,
}

impl BandSpectra {
    pub(super) fn new(forward: Arc<dyn Fft<f64>>) -> Self {
        Self {
            buffer: vec![Complex::default(); forward.len()],
            scratch: vec![Complex::default(); forward.get_inplace_scratch_len()],
            forward,
            arch: arch(),
            tile: Tile { re: Vec::new(), im: Vec::new() },
            padded: Vec::new(),
            halves: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Calls `visit(tile)` for the tiles of all frames in order; the last may have idle frames at its end.
    pub(super) fn for_each_tile(&mut self, samples: &[f32], framing: Framing, visit: impl FnMut(&Tile)) {
        let overlap = framing.fft_samples / framing.hop_samples;
        let whole = overlap.is_power_of_two() && overlap * framing.hop_samples == framing.fft_samples;
        if overlap >= MUCH_OVERLAP && whole && framing.hop_samples.is_multiple_of(2) {
            self.merged(samples, framing, visit);
        } else {
            self.transformed(samples, framing, visit);
        }
    }

    fn clear_tile(&mut self, bins: usize) {
        self.tile.re.clear();
        self.tile.re.resize(bins, [0.0; LANES]);
        self.tile.im.clear();
        self.tile.im.resize(bins, [0.0; LANES]);
    }

    /// The signal after `lead` zeros and before as many as make `length`.
    fn pad(&mut self, samples: &[f32], lead: usize, length: usize) {
        self.padded.clear();
        self.padded.resize(lead, 0.0);
        self.padded.extend_from_slice(samples);
        self.padded.resize(length.max(self.padded.len()), 0.0);
    }

    /// Two frames to a complex transform, `Z = A + iB`.
    fn transformed(&mut self, samples: &[f32], framing: Framing, mut visit: impl FnMut(&Tile)) {
        let Framing { fft_samples, hop_samples, first_bin, bins } = framing;
        let tiles = framing.frames(samples.len()).div_ceil(LANES);
        self.pad(samples, fft_samples / 2, tiles * LANES * hop_samples + fft_samples);
        self.clear_tile(bins);
        for tile in 0..tiles {
            for lane in (0..LANES).step_by(2) {
                let at = (tile * LANES + lane) * hop_samples;
                let first = &self.padded[at..][..fft_samples];
                let second = &self.padded[at + hop_samples..][..fft_samples];
                for ((slot, &a), &b) in self.buffer.iter_mut().zip(first).zip(second) {
                    *slot = Complex::new(f64::from(a), f64::from(b));
                }
                self.forward.process_with_scratch(&mut self.buffer, &mut self.scratch);
                let part = Part { buffer: &self.buffer, first_bin, lane, tile: &mut self.tile };
                self.arch.dispatch(part);
            }
            visit(&self.tile);
        }
    }

    fn merged(&mut self, samples: &[f32], framing: Framing, mut visit: impl FnMut(&Tile)) {
        let Framing { fft_samples, hop_samples: hop, first_bin, bins } = framing;
        let overlap = fft_samples / hop;
        let tiles = framing.frames(samples.len()).div_ceil(LANES);
        let blocks = (tiles * LANES + overlap).next_multiple_of(BLOCKS);
        self.pad(samples, overlap / 2 * hop, blocks * hop);
        fold(&self.padded, hop, blocks, &mut self.halves);
        let circle: Vec<Complex<f64>> = (0..2 * fft_samples)
            .map(|k| Complex::from_polar(1.0, -PI * k as f64 / fft_samples as f64))
            .collect();
        // e^(−iθ_k·h/2), h in half samples, for the bins of a group
        let turns = |group: usize, half_samples: usize| -> [[f64; GROUP]; 2] {
            let turn = |lane: usize| circle[(first_bin + group * GROUP + lane) * half_samples % circle.len()];
            [std::array::from_fn(|lane| turn(lane).re), std::array::from_fn(|lane| turn(lane).im)]
        };
        let groups = bins.div_ceil(GROUP);
        self.sums.clear();
        self.sums.resize(groups * 2 * blocks, [0.0; GROUP]);
        for (group, sums) in self.sums.chunks_exact_mut(2 * blocks).enumerate() {
            let table: Vec<[f64; GROUP]> = (0..hop / 2).flat_map(|m| turns(group, 2 * m + 1)).collect();
            self.arch.dispatch(TransformBlocks { halves: &self.halves, table: &table, sums });
            let mut length = 1;
            while length < overlap {
                self.arch.dispatch(Merge { sums, length, turns: turns(group, 2 * length * hop) });
                length *= 2;
            }
        }
        // blocks were transformed about their middles: (hop − 1)/2 samples
        let phases: Vec<[[f64; GROUP]; 2]> = (0..groups).map(|group| turns(group, hop - 1)).collect();
        self.clear_tile(groups * GROUP);
        for tile in 0..tiles {
            for (group, (sums, phase)) in self.sums.chunks_exact(2 * blocks).zip(&phases).enumerate() {
                let frames = &sums[2 * tile * LANES..][..2 * LANES];
                let (re, im) = (&mut self.tile.re[group * GROUP..], &mut self.tile.im[group * GROUP..]);
                let (re, im) = (&mut re[..GROUP], &mut im[..GROUP]);
                self.arch.dispatch(TurnTile { frames, phase: *phase, re, im });
            }
            visit(&self.tile);
        }
    }
}

/// Each block of `hop` samples as sums and differences of the samples equally far from its middle, nearest first.
/// Blocks come in fours, sample by sample.
fn fold(padded: &[f32], hop: usize, blocks: usize, halves: &mut Vec<[f64; 2 * BLOCKS]>) {
    let half = hop / 2;
    halves.clear();
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
}

/// `Σ_m (x₊ + x₋)·cos θ(m + ½) − i·(x₊ − x₋)·sin θ(m + ½)` for every block and the group's bins.
struct TransformBlocks<'a> {
    halves: &'a [[f64; 2 * BLOCKS]],
    table: &'a [[f64; GROUP]],
    sums: &'a mut [[f64; GROUP]],
}

impl WithSimd for TransformBlocks<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let half = self.table.len() / 2;
        let registers = GROUP / S::F64_LANES;
        for (four, sums) in self.halves.chunks_exact(half).zip(self.sums.chunks_exact_mut(2 * BLOCKS)) {
            for register in 0..registers {
                let mut totals = [simd.splat_f64s(0.0); 2 * BLOCKS];
                for (entry, weights) in four.iter().zip(self.table.chunks_exact(2)) {
                    let re = S::as_simd_f64s(&weights[0]).0[register];
                    let im = S::as_simd_f64s(&weights[1]).0[register];
                    for block in 0..BLOCKS {
                        // not fused, so that every machine gives the same bits
                        let plus = simd.mul_f64s(simd.splat_f64s(entry[block]), re);
                        let minus = simd.mul_f64s(simd.splat_f64s(entry[BLOCKS + block]), im);
                        totals[2 * block] = simd.add_f64s(totals[2 * block], plus);
                        totals[2 * block + 1] = simd.add_f64s(totals[2 * block + 1], minus);
                    }
                }
                for (sum, total) in sums.iter_mut().zip(totals) {
                    S::as_mut_simd_f64s(sum).0[register] = total;
                }
            }
        }
    }
}

/// Sums over `length` blocks become sums over twice as many.
struct Merge<'a> {
    sums: &'a mut [[f64; GROUP]],
    length: usize,
    turns: [[f64; GROUP]; 2],
}

impl WithSimd for Merge<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [re, im] = self.turns;
        for at in (0..self.sums.len().saturating_sub(2 * self.length)).step_by(2) {
            let (far_re, far_im) = (self.sums[at + 2 * self.length], self.sums[at + 2 * self.length + 1]);
            let (mut near_re, mut near_im) = (self.sums[at], self.sums[at + 1]);
            for lane in 0..GROUP {
                near_re[lane] += re[lane] * far_re[lane] - im[lane] * far_im[lane];
                near_im[lane] += re[lane] * far_im[lane] + im[lane] * far_re[lane];
            }
            (self.sums[at], self.sums[at + 1]) = (near_re, near_im);
        }
    }
}

/// Sixteen frames of a group of bins, each bin turned by its phase, from frame-major to bin-major order.
struct TurnTile<'a> {
    frames: &'a [[f64; GROUP]],
    phase: [[f64; GROUP]; 2],
    re: &'a mut [[f64; LANES]],
    im: &'a mut [[f64; LANES]],
}

impl WithSimd for TurnTile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [turn_re, turn_im] = self.phase;
        for (frame, cell) in self.frames.chunks_exact(2).take(LANES).enumerate() {
            let (mut re, mut im) = ([0.0; GROUP], [0.0; GROUP]);
            for lane in 0..GROUP {
                re[lane] = cell[0][lane] * turn_re[lane] - cell[1][lane] * turn_im[lane];
                im[lane] = cell[0][lane] * turn_im[lane] + cell[1][lane] * turn_re[lane];
            }
            for lane in 0..GROUP {
                self.re[lane][frame] = re[lane];
                self.im[lane][frame] = im[lane];
            }
        }
    }
}

/// One lane of two transformed frames: `A[k] = (Z[k] + Z*[N−k])/2`, `B[k] = (Z[k] − Z*[N−k])/2i`.
struct Part<'a> {
    buffer: &'a [Complex<f64>],
    first_bin: usize,
    lane: usize,
    tile: &'a mut Tile,
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let lane = self.lane;
        let mirrored = self.buffer[1..].iter().rev().skip(self.first_bin.saturating_sub(1));
        let cells = self.tile.re.iter_mut().zip(&mut self.tile.im);
        for ((up, down), (re, im)) in self.buffer[self.first_bin..].iter().zip(mirrored).zip(cells) {
            re[lane] = 0.5 * (up.re + down.re);
            im[lane] = 0.5 * (up.im - down.im);
            re[lane + 1] = 0.5 * (up.im + down.im);
            im[lane + 1] = 0.5 * (down.re - up.re);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustfft::FftPlanner;

    /// One row of (re, im) a frame, bins side by side.
    fn rows(samples: &[f32], framing: Framing, merge: bool) -> Vec<Vec<(f64, f64)>> {
        let mut spectra = BandSpectra::new(FftPlanner::new().plan_fft_forward(framing.fft_samples));
        let mut rows = Vec::new();
        let visit = |tile: &Tile| {
            for lane in 0..LANES {
                rows.push((0..framing.bins).map(|bin| (tile.re[bin][lane], tile.im[bin][lane])).collect());
            }
        };
        if merge {
            spectra.merged(samples, framing, visit);
        } else {
            spectra.transformed(samples, framing, visit);
        }
        rows.truncate(framing.frames(samples.len()));
        rows
    }

    fn direct(samples: &[f32], framing: Framing, frame: usize, bin: usize) -> Complex<f64> {
        let start = (frame * framing.hop_samples) as isize - (framing.fft_samples / 2) as isize;
        (0..framing.fft_samples)
            .filter_map(|m| {
                let sample = samples.get(usize::try_from(start + m as isize).ok()?)?;
                let turn = ((framing.first_bin + bin) * m % framing.fft_samples) as f64;
                Some(Complex::from_polar(f64::from(*sample), -2.0 * PI * turn / framing.fft_samples as f64))
            })
            .sum()
    }

    #[test]
    fn both_ways_give_the_plain_sum() {
        for (count, hop) in [(1, 8), (700, 8), (1500, 16), (2001, 32)] {
            let samples: Vec<f32> = (0..count).map(|k| ((k * 7919) % 1013) as f32 / 506.5 - 1.0).collect();
            let framing = Framing { fft_samples: 256, hop_samples: hop, first_bin: 21, bins: 35 };
            for merge in [false, true] {
                let rows = rows(&samples, framing, merge);
                assert_eq!(rows.len(), 1 + count / hop);
                for (frame, row) in rows.iter().enumerate() {
                    for (bin, &(re, im)) in row.iter().enumerate() {
                        let exact = direct(&samples, framing, frame, bin);
                        let error = (re - exact.re).abs() + (im - exact.im).abs();
                        assert!(error < 1e-12, "{count} {hop} {merge} {frame} {bin}: {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn silence_after_a_tone_is_exactly_silent() {
        let mut samples = vec![0.5f32; 512];
        samples.resize(4096, 0.0);
        let framing = Framing { fft_samples: 256, hop_samples: 16, first_bin: 21, bins: 35 };
        for merge in [false, true] {
            for row in &rows(&samples, framing, merge)[(512 + 128) / 16 + 1..] {
                assert!(row.iter().all(|&cell| cell == (0.0, 0.0)), "{merge}");
            }
        }
    }
}
