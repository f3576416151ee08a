//! Rows of numbers times a matrix of weights: `out[r, n] += Σ_k input[start(r) + k]·w[k, n]`.
//!
//! Rows may overlap, so a convolution is read from its padded input where it lies, without a copy (im2col). Weights are
//! packed once in panels of 32 outputs; a block of rows times a panel stays in registers. Every output is one chain of
//! fused multiply-adds in the order of k within blocks of 128, at any vector width.

use pulp::{Simd, WithSimd};

const PANEL: usize = 32;
/// Depth of a block: 16 KiB of a panel, which stays in the first cache.
const DEPTH: usize = 128;

/// Weights ready to be multiplied by.
#[derive(Debug, Clone)]
pub(super) struct PackedWeights {
    inner: usize,
    outputs: usize,
    /// Panel after panel, each inner × 32.
    panels: Vec<f32>,
}

impl PackedWeights {
    /// `weights` is inner × outputs.
    pub fn new(weights: &[f32], inner: usize, outputs: usize) -> Self {
        let count = outputs.div_ceil(PANEL);
        let mut panels = vec![0.0; count * inner * PANEL];
        for (k, row) in weights.chunks_exact(outputs).enumerate().take(inner) {
            for (n, &weight) in row.iter().enumerate() {
                panels[(n / PANEL * inner + k) * PANEL + n % PANEL] = weight;
            }
        }
        Self { inner, outputs, panels }
    }

    /// `weights` is outputs × inner, as PyTorch has them.
    pub fn transposed(weights: &[f32], inner: usize, outputs: usize) -> Self {
        let count = outputs.div_ceil(PANEL);
        let mut panels = vec![0.0; count * inner * PANEL];
        for (n, row) in weights.chunks_exact(inner).enumerate().take(outputs) {
            for (k, &weight) in row.iter().enumerate() {
                panels[(n / PANEL * inner + k) * PANEL + n % PANEL] = weight;
            }
        }
        Self { inner, outputs, panels }
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `bias + rows × weights`, rows × outputs.
    pub fn multiply(&self, input: &[f32], starts: &[usize], bias: &[f32]) -> Vec<f32> {
        let mut sums = self.sums(starts.len());
        self.add(input, starts, &mut sums);
        let width = self.width();
        let biased = |row: &[f32]| row.iter().zip(bias).map(|(sum, bias)| sum + bias).collect::<Vec<_>>();
        sums.chunks_exact(width).flat_map(|row| biased(&row[..self.outputs])).collect()
    }

    fn width(&self) -> usize {
        self.outputs.div_ceil(PANEL) * PANEL
    }

    /// Room for the sums of so many rows; each has the outputs, rounded up to whole panels.
    pub fn sums(&self, rows: usize) -> Vec<f32> {
        vec![0.0; rows * self.width()]
    }

    /// Adds the products to `sums`.
    pub fn add(&self, input: &[f32], starts: &[usize], sums: &mut [f32]) {
        let reaches = starts.iter().all(|start| start + self.inner <= input.len());
        debug_assert!(reaches && sums.len() == starts.len() * self.width());
        crate::audio::vectorised::arch().dispatch(Add { weights: self, input, starts, sums });
    }
}

struct Add<'a> {
    weights: &'a PackedWeights,
    input: &'a [f32],
    starts: &'a [usize],
    sums: &'a mut [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many accumulators as the registers hold beside a row of weights.
        match S::F32_LANES {
            16 => self.blocks::<S, 12, 6, 2>(simd),
            8 => self.blocks::<S, 3, 2, 4>(simd),
            4 => self.blocks::<S, 2, 1, 8>(simd),
            _ => self.blocks::<S, 1, 1, 32>(simd),
        }
    }
}

impl Add<'_> {
    #[inline(always)]
    fn blocks<S: Simd, const ROWS: usize, const FEWER: usize, const VECTORS: usize>(self, simd: S) {
        let Self { weights, input, starts, sums } = self;
        let width = weights.width();
        for from in (0..weights.inner).step_by(DEPTH) {
            let depth = DEPTH.min(weights.inner - from);
            for (panel, place) in weights.panels.chunks_exact(weights.inner * PANEL).zip((0..).step_by(PANEL))
            {
                let panel = S::as_simd_f32s(&panel[from * PANEL..][..depth * PANEL]).0;
                let mut row = 0;
                while row < starts.len() {
                    let left = starts.len() - row;
                    let at = row * width + place;
                    let sums = &mut sums[at..];
                    let starts = &starts[row..];
                    row += if left >= ROWS {
                        block::<S, ROWS, VECTORS>(simd, panel, input, starts, from, depth, sums, width)
                    } else if left >= FEWER {
                        block::<S, FEWER, VECTORS>(simd, panel, input, starts, from, depth, sums, width)
                    } else {
                        block::<S, 1, VECTORS>(simd, panel, input, starts, from, depth, sums, width)
                    };
                }
            }
        }
    }
}

/// `ROWS` rows times one panel; gives `ROWS`.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the inner loop's own variables")]
fn block<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    panel: &[S::f32s],
    input: &[f32],
    starts: &[usize],
    from: usize,
    depth: usize,
    sums: &mut [f32],
    width: usize,
) -> usize {
    let rows: [&[f32]; ROWS] = std::array::from_fn(|r| &input[starts[r] + from..][..depth]);
    let mut totals = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for (k, weights) in panel.chunks_exact(VECTORS).enumerate().take(depth) {
        for r in 0..ROWS {
            let value = simd.splat_f32s(rows[r][k]);
            for v in 0..VECTORS {
                totals[r][v] = simd.mul_add_f32s(value, weights[v], totals[r][v]);
            }
        }
    }
    for (r, totals) in totals.iter().enumerate() {
        let into = S::as_mut_simd_f32s(&mut sums[r * width..][..PANEL]).0;
        for (slot, total) in into.iter_mut().zip(totals) {
            *slot = simd.add_f32s(*slot, *total);
        }
    }
    ROWS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_rows_are_multiplied_alike_at_every_width() {
        let (inner, outputs) = (300, 51);
        let value = |k: usize| ((k * 37 % 101) as f32 - 50.0) / 64.0;
        let weights: Vec<f32> = (0..inner * outputs).map(value).collect();
        let input: Vec<f32> = (0..2000).map(|k| value(k + 7)).collect();
        let starts: Vec<usize> = (0..31).map(|row| row * 5).collect();
        let packed = PackedWeights::new(&weights, inner, outputs);
        let bias = vec![0.5; outputs];
        let products = packed.multiply(&input, &starts, &bias);
        for (row, &start) in starts.iter().enumerate() {
            for n in 0..outputs {
                let wanted: f64 = (0..inner)
                    .map(|k| f64::from(input[start + k]) * f64::from(weights[k * outputs + n]))
                    .sum();
                let found = f64::from(products[row * outputs + n]);
                assert!((found - wanted - 0.5).abs() < 1e-4, "{row} {n}: {found} {wanted}");
            }
        }
        let turned: Vec<f32> =
            (0..outputs).flat_map(|n| (0..inner).map(move |k| value(k * outputs + n))).collect();
        assert_eq!(PackedWeights::transposed(&turned, inner, outputs).panels, packed.panels);
        let (mut wide, mut plain) = (packed.sums(31), packed.sums(31));
        packed.add(&input, &starts, &mut wide);
        Add { weights: &packed, input: &input, starts: &starts, sums: &mut plain }.with_simd(pulp::Scalar);
        assert_eq!(wide, plain);
    }
}
