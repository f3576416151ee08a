//! Decimation by two with the bits of libsoxr's "HQ" quality, rounding noise and all.
//!
//! `y[m] = Σ h[k]·x[2m − k]`, 389 taps, by overlap-save: windows of 2048 samples, 1660 apart, each through a forward
//! transform of 2048, a product with the filter's spectrum and a backward transform of the lower half, 1024, of whose
//! values 830 are kept. The filter lets nothing through from half the Nyquist frequency up, so the upper half needs
//! no folding. All of it in single precision, in the order of libsoxr 0.1.3 (cr.c, dft_stage_fn with step −1, and its
//! copy of PFFFT): where the signal is exactly silent but the window is not, what comes out is the rounding noise of
//! these operations, and a constant-Q filter that sees nothing else makes features of it.
//!
//! A transform is four interleaved ones of a quarter of the length, joined by a last radix-4 step. Here that step, the
//! product and the backward transform's first step are one: bins `t`, `N/4 − t`, `N/4 + t` and `N/2 − t` of the lower
//! half come from columns `t` and `N/8 − t` (N = 2048), and make column `t` of the backward transform.

use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};
use std::f64::consts::TAU;
use std::sync::LazyLock;

use super::halving_lanes::{LANES, Lanes, Pair, Row, Turn, turned, turned_back};
use super::halving_passes::{Pass, passes};
use super::resample_design::{PASS_BAND_END, REJECTION_DB, sharp_low_pass};
use super::single_trig::turn_of;
use super::vectorised::vectorised;

/// Samples a window holds.
const WINDOW: usize = 2048;

/// Values a window gives: `(WINDOW − 388)/2`.
const KEPT: usize = 830;

/// Samples before a block's first kept one that its window begins at.
const LEAD: usize = 194;

/// Rows of the four interleaved transforms, forward and backward.
const ROWS: usize = WINDOW / 4;
const HALF_ROWS: usize = ROWS / 2;

/// Columns of the forward transform's last step, N/8.
const COLUMNS: usize = WINDOW / 8;

static HALVER: LazyLock<Halver> = LazyLock::new(Halver::new);

/// Every second sample of the signal low-passed below half its Nyquist frequency; `ceil(n/2)` values.
pub(super) fn halve(samples: &[f32]) -> Vec<f32> {
    let mut halved = vec![0.0; samples.len().div_ceil(2)];
    HALVER.run(samples, &mut halved);
    halved
}

struct Halver {
    forward: Vec<Pass>,
    backward: Vec<Pass>,
    /// Turns of branches 1 to 3 at the forward columns 0 to 255 and the backward columns 0 to 127.
    forward_turns: Vec<[Turn; 3]>,
    backward_turns: Vec<[Turn; 3]>,
    /// The filter's bins 0 to 512 over the transform length.
    spectrum: Vec<Turn>,
}

/// Turns of branches 1 to 3 at the columns of a transform's radix-4 step across its four parts.
fn column_turns(length: usize) -> Vec<[Turn; 3]> {
    let turn = |branch: usize, t: usize| turn_of((-TAU * branch as f64 * t as f64 / length as f64) as f32);
    (0..length / 8).map(|t| [turn(1, t), turn(2, t), turn(3, t)]).collect()
}

/// A window's rows, before and after a pass.
struct Buffers {
    near: Vec<Row>,
    far: Vec<Row>,
}

impl Halver {
    fn new() -> Self {
        let mut halver = Self {
            forward: passes(ROWS),
            backward: passes(HALF_ROWS),
            forward_turns: column_turns(WINDOW),
            backward_turns: column_turns(WINDOW / 2),
            spectrum: Vec::new(),
        };
        let mut wrapped = [0.0f32; WINDOW];
        let taps = sharp_low_pass(PASS_BAND_END / 2.0, 0.5, REJECTION_DB, 4);
        for (k, tap) in taps.iter().enumerate() {
            wrapped[(k + 1 + WINDOW - taps.len()) % WINDOW] = (tap * (1.0 / WINDOW as f64)) as f32;
        }
        let mut buffers = Buffers::new();
        buffers.gather(&[&wrapped; LANES]);
        forward(&halver.forward, &mut buffers);
        let column = |t| halver.column(&buffers.near, t);
        let real = |lanes: Lanes| lanes.0[0];
        let pair = |(re, im): Pair| (real(re), real(im));
        let ends = lower_ends(&buffers.near);
        halver.spectrum = (0..=2 * COLUMNS)
            .map(|bin| match bin {
                0 => (real(ends.zero), 0.0),
                COLUMNS => pair(ends.quarter),
                bin if bin == 2 * COLUMNS => pair(ends.half),
                bin if bin < COLUMNS => pair(column(bin)[0]),
                bin => pair(column(2 * COLUMNS - bin)[1]),
            })
            .collect();
        halver
    }

    fn run(&self, samples: &[f32], halved: &mut [f32]) {
        let mut buffers = Buffers::new();
        let mut edges = vec![[0.0f32; WINDOW]; LANES];
        for (eight, outputs) in halved.chunks_mut(LANES * KEPT).enumerate() {
            let mut windows: [Option<usize>; LANES] = [None; LANES];
            for (lane, edge) in edges.iter_mut().enumerate() {
                let start = ((eight * LANES + lane) * 2 * KEPT) as isize - LEAD as isize;
                match usize::try_from(start) {
                    Ok(start) if start + WINDOW <= samples.len() => windows[lane] = Some(start),
                    _ => cut(samples, start, edge),
                }
            }
            let windows: [&[f32; WINDOW]; LANES] = std::array::from_fn(|lane| {
                let inside = windows[lane].and_then(|start| samples[start..].first_chunk());
                inside.unwrap_or(&edges[lane])
            });
            if windows.iter().all(|window| window.iter().all(|&sample| sample == 0.0)) {
                continue;
            }
            buffers.gather(&windows);
            filtered(self, &mut buffers);
            for (lane, output) in outputs.chunks_mut(KEPT).enumerate() {
                let values = buffers.near.iter().flatten().map(|place| place.0[lane]);
                output.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
            }
        }
    }

    /// Windows in, filtered and decimated windows out.
    #[inline(always)]
    fn filter(&self, buffers: &mut Buffers) {
        forward(&self.forward, buffers);
        let Buffers { near, far } = buffers;
        self.middle(near, far);
        std::mem::swap(near, far);
        for pass in &self.backward {
            pass.join_four(&near[..HALF_ROWS], &mut far[..HALF_ROWS]);
            std::mem::swap(near, far);
        }
    }

    /// Bins `t` and `N/4 − t` of the forward transform, `t` from 1 to 255.
    #[inline(always)]
    fn column(&self, rows: &[Row], t: usize) -> [Pair; 2] {
        let (re, im) = (&rows[2 * t - 1], &rows[2 * t]);
        let turns = &self.forward_turns[t];
        let (re0, im0) = (re[0], im[0]);
        let (re1, im1) = turned((re[1], im[1]), turns[0]);
        let (re2, im2) = turned((re[2], im[2]), turns[1]);
        let (re3, im3) = turned((re[3], im[3]), turns[2]);
        let (sum_re, sum_im) = (re1 + re3, im1 + im3);
        let (less_re, less_im) = (re3 - re1, im3 - im1);
        [((re0 + re2) + sum_re, (im0 + im2) + sum_im), ((re0 - re2) + less_im, less_re - (im0 - im2))]
    }

    /// The forward transform's last step, the filter, the backward transform's first.
    #[inline(always)]
    fn middle(&self, from: &[Row], to: &mut [Row]) {
        let quarter = COLUMNS / 2;
        let filtered = |pair: Pair, bin: usize| turned(pair, self.spectrum[bin]);
        for t in 1..quarter {
            let [low, high] = self.column(from, t);
            let [other_low, other_high] = self.column(from, COLUMNS - t);
            let (re0, im0) = filtered(low, t);
            let (re1, im1) = filtered(other_low, COLUMNS - t);
            let (re2, im2) = filtered(other_high, COLUMNS + t);
            let (re3, im3) = filtered(high, 2 * COLUMNS - t);
            let (outer_re, outer_im) = (re0 + re3, im0 + im3);
            let (inner_re, inner_im) = (re1 + re2, im1 + im2);
            let (less_re, less_im) = (re0 - re3, im0 - im3);
            let (step_re, step_im) = (re1 - re2, im1 - im2);
            let turns = &self.backward_turns[t];
            let first = turned_back((less_re - inner_im, outer_im - step_re), turns[0]);
            let second = turned_back((outer_re - inner_re, less_im + step_im), turns[1]);
            let third = turned_back((less_re + inner_im, outer_im + step_re), turns[2]);
            to[2 * t - 1] = [outer_re + inner_re, first.0, second.0, third.0];
            to[2 * t] = [less_im - step_im, first.1, second.1, third.1];
        }

        let ends = lower_ends(from);
        let [low, high] = self.column(from, quarter);
        let zero = ends.zero * self.spectrum[0].0;
        let (half_re, half_im) = ends.half;
        let last = half_re * self.spectrum[2 * COLUMNS].0 - half_im * self.spectrum[2 * COLUMNS].1;
        let (re1, im1) = filtered(low, quarter);
        let (re2, im2) = filtered(ends.quarter, COLUMNS);
        let (re3, im3) = filtered(high, 2 * COLUMNS - quarter);
        let (sum, difference) = (zero + last, zero - last);
        to[0] = [sum + re2 * 2.0, difference - im2 * 2.0, sum - re2 * 2.0, difference + im2 * 2.0];
        let (re, im) = ((re1 - re3) * SQRT_2, (im1 + im3) * SQRT_2);
        to[HALF_ROWS - 1] = [(re1 + re3) * 2.0, re - im, (im3 - im1) * 2.0, -re - im];
    }
}

/// The forward transform's bins 0 (real), N/8 and N/4.
struct LowerEnds {
    zero: Lanes,
    quarter: Pair,
    half: Pair,
}

#[inline(always)]
fn lower_ends(rows: &[Row]) -> LowerEnds {
    let [a, b, c, d] = rows[0];
    let [e, f, g, h] = rows[ROWS - 1];
    LowerEnds {
        zero: (a + c) + (b + d),
        quarter: (e + (f - h) * FRAC_1_SQRT_2, -g - (f + h) * FRAC_1_SQRT_2),
        half: (a - c, d - b),
    }
}

/// The passes of the forward transform; the answer is in `near`.
#[inline(always)]
fn forward(passes: &[Pass], buffers: &mut Buffers) {
    let Buffers { near, far } = buffers;
    let mut pairs = passes.iter().rev();
    if let Some(last) = passes.first() {
        for pass in pairs.by_ref().take(passes.len() - 1) {
            pass.split_four(near, far);
            std::mem::swap(near, far);
        }
        last.split_two(near, far);
        std::mem::swap(near, far);
    }
}

vectorised! {
    /// Windows in, filtered and decimated windows out.
    fn filtered<'a>(halver: &'a Halver, buffers: &'a mut Buffers) -> () {
        halver.filter(buffers);
    }
}

vectorised! {
    fn interleaved<'a>(windows: &'a [&'a [f32; WINDOW]; LANES], rows: &'a mut [Row]) -> () {
        let windows: [_; LANES] = std::array::from_fn(|lane| windows[lane].as_chunks::<4>().0);
        // side by side first, so that the turning over is of neighbours in memory
        for (m, row) in rows.iter_mut().enumerate() {
            for (lane, window) in windows.iter().enumerate() {
                row[lane / 2].0[4 * (lane % 2)..][..4].copy_from_slice(&window[m]);
            }
        }
        for row in rows {
            let fours = *row;
            for (q, place) in row.iter_mut().enumerate() {
                place.0 = std::array::from_fn(|lane| fours[(4 * lane + q) / LANES].0[(4 * lane + q) % LANES]);
            }
        }
    }
}

impl Buffers {
    fn new() -> Self {
        let rows = || vec![Row::default(); ROWS];
        Self { near: rows(), far: rows() }
    }

    fn gather(&mut self, windows: &[&[f32; WINDOW]; LANES]) {
        interleaved(windows, &mut self.near);
    }
}

/// A window that reaches beyond the signal, into zeros.
fn cut(samples: &[f32], start: isize, window: &mut [f32; WINDOW]) {
    for (k, slot) in window.iter_mut().enumerate() {
        let at = usize::try_from(start + k as isize).ok();
        *slot = at.and_then(|at| samples.get(at)).copied().unwrap_or(0.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The signals of tests/golden/make_halving.py.
    fn signal(name: &str, count: usize) -> Vec<f32> {
        let triangle = |k: usize| (((k % 100) as f64 - 50.0).abs() - 25.0) / 50.0;
        let mut state = 7u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0
        };
        let value = |k: usize| match name {
            "noise" => noise(),
            "tone" => triangle(k),
            "clicks" if k % 9000 == 777 => 0.75,
            "burst" if (3000..5000).contains(&k) => triangle(k),
            _ => 0.0,
        };
        (0..count).map(value).map(|value| value as f32).collect()
    }

    fn fnv(values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| (value + 0.0).to_le_bytes());
        let hash = bytes.fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        });
        format!("{hash:016x}")
    }

    #[test]
    fn every_bit_is_soxrs() {
        let golden: BTreeMap<String, String> =
            serde_json::from_str(include_str!("../../tests/golden/audio/halving.json")).unwrap();
        assert_eq!(golden.len(), 40);
        for (case, expected) in &golden {
            let (name, count) = case.split_once(' ').unwrap();
            let samples = signal(name, count.parse().unwrap());
            assert_eq!(&fnv(&halve(&samples)), expected, "{case}");
        }
    }

    #[test]
    fn a_window_is_soxrs_answer_on_any_vector_unit() {
        let halver = Halver::new();
        let samples = signal("noise", 5000);
        let windows: [&[f32; WINDOW]; LANES] =
            std::array::from_fn(|lane| samples[lane * 400..].first_chunk().unwrap());
        let mut fast = Buffers::new();
        fast.gather(&windows);
        filtered(&halver, &mut fast);
        let mut plain = Buffers::new();
        for (place, row) in plain.near.iter_mut().enumerate() {
            for (q, slot) in row.iter_mut().enumerate() {
                slot.0 = std::array::from_fn(|lane| windows[lane][4 * place + q]);
            }
        }
        halver.filter(&mut plain);
        for (a, b) in fast.near[..HALF_ROWS].iter().flatten().zip(plain.near.iter().flatten()) {
            assert_eq!(a.0, b.0);
        }
    }
}
