//! The interpolating stage of the resampling cascade: a table of taps, one row a phase.
//!
//! `y[j] = Σ_i h(j·step − i)·x[i]`: where the step is a fraction of at most 2048 phases, each has its row; else 4096 rows
//! are interpolated linearly and the position counts in 32.32 fixed point as soxr's clock does.

use super::resample_design::{interpolator, interpolator_taps};

/// Most phases that an exact rational interpolator may have.
const MOST_PHASES: u64 = 2048;

/// Rows of the interpolated table: 2 to this power.
const ROW_BITS: u32 = 12;

/// Rows are padded with zeros to a multiple of this.
const LANES: usize = 8;

/// The taps by phase.
pub struct PhaseTable {
    /// `(rows, width)`; row `r`, tap `t` weighs sample `base + first + t` for the position `base + r/rows`.
    taps: Vec<f32>,
    /// The differences to the next row, where rows are interpolated.
    slopes: Vec<f32>,
    width: usize,
    first: isize,
    rows: usize,
    clock: Clock,
    ratio: f64,
}

enum Clock {
    /// Rows to advance for each output.
    Rows(usize),
    /// Input samples to advance for each output, times 2^32.
    Fixed(u64),
}

impl PhaseTable {
    /// Advances `step/phases` input samples each output; the band edges are in units where `nyquist` is the input's.
    pub fn new(pass: f64, stop: f64, nyquist: f64, step: u64, phases: u64, even: bool) -> Self {
        let exact = phases <= MOST_PHASES;
        let ratio = step as f64 / phases as f64;
        let rows = if exact { phases as usize } else { 1 << ROW_BITS };
        let taps_per_phase = interpolator_taps(pass, stop, nyquist, rows, even);
        // with odd numbers of taps and rows the centre would fall between two rows
        let doubling = if taps_per_phase % 2 == 1 && rows % 2 == 1 { 2 } else { 1 };
        let rows = rows * doubling;
        let kernel = interpolator(pass, stop, nyquist, rows, taps_per_phase);
        let centre = (kernel.len() / 2) as isize;
        let first = -(taps_per_phase as isize / 2);
        let width = (taps_per_phase + 1).next_multiple_of(LANES);
        let value = |row: usize, tap: usize| {
            let at = centre + row as isize - (first + tap as isize) * rows as isize;
            usize::try_from(at).ok().and_then(|at| kernel.get(at)).copied().unwrap_or(0.0)
        };
        let places = || (0..rows).flat_map(|row| (0..width).map(move |tap| (row, tap)));
        Self {
            taps: places().map(|(row, tap)| value(row, tap) as f32).collect(),
            slopes: if exact {
                Vec::new()
            } else {
                places().map(|(row, tap)| (value(row + 1, tap) - value(row, tap)) as f32).collect()
            },
            width,
            first,
            rows,
            clock: if exact {
                Clock::Rows(step as usize * doubling)
            } else {
                Clock::Fixed((ratio * 4_294_967_296.0).round() as u64)
            },
            ratio,
        }
    }

    /// Length of the output until its ringing has ended.
    pub fn full_len(&self, count: usize) -> usize {
        ((count + self.width) as f64 / self.ratio) as usize + 1
    }

    /// The first `outputs` values.
    pub fn run(&self, samples: &[f32], outputs: usize) -> Vec<f32> {
        let width = self.width;
        let mut padded = vec![0.0f32; width];
        padded.extend_from_slice(samples);
        let furthest = (outputs as f64 * self.ratio) as usize;
        padded.resize((furthest + 3 * width).max(padded.len()), 0.0);
        let from = (width as isize + self.first) as usize;
        let row_of = |table: &[f32], base: usize, row: usize| {
            dot(&padded[base + from..][..width], &table[row * width..][..width])
        };
        match self.clock {
            Clock::Rows(step) => {
                let (mut base, mut row) = (0, 0);
                let advance = |base: &mut usize, row: &mut usize| {
                    let next = *row + step;
                    (*base, *row) = (*base + next / self.rows, next % self.rows);
                };
                (0..outputs)
                    .map(|_| {
                        let value = row_of(&self.taps, base, row);
                        advance(&mut base, &mut row);
                        value
                    })
                    .collect()
            }
            Clock::Fixed(step) => (0..outputs as u64)
                .map(|k| {
                    let position = k * step;
                    let (base, part) = ((position >> 32) as usize, position as u32);
                    let row = (part >> (32 - ROW_BITS)) as usize;
                    let between = (part << ROW_BITS) as f32 / 4_294_967_296.0;
                    row_of(&self.taps, base, row) + between * row_of(&self.slopes, base, row)
                })
                .collect(),
        }
    }
}

/// Partial sums side by side, for the compiler to keep in vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}
