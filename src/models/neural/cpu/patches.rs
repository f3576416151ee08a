//! Windows of an image as the columns of a matrix (im2col), and the way back (col2im, which adds).
//!
//! Row (c, i, j) of the matrix holds what kernel element (i, j) sees of channel c; column p is output position p.
//! Only a stretch of positions is laid out at a time, so that the matrix stays in the cache.

use std::ops::Range;

use crate::models::neural::blueprint::{Pair, Shape};

/// A convolution's sizes.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    pub input: Shape,
    pub output: Shape,
    pub kernel: Pair,
    pub stride: Pair,
    pub padding: Pair,
}

impl Windows {
    /// Rows of the matrix.
    pub fn depth(&self) -> usize {
        self.input.channels * self.kernel[0] * self.kernel[1]
    }

    /// Positions along a row whose window's element `j` lies inside the image.
    fn inside(&self, j: usize) -> Range<usize> {
        let (stride, padding) = (self.stride[1], self.padding[1]);
        let first = padding.saturating_sub(j).div_ceil(stride);
        let end = (self.input.columns + padding).saturating_sub(j).div_ceil(stride);
        first..end.min(self.output.columns).max(first)
    }

    /// Calls `visit(matrix row, stretch start in the matrix, inside part, first image index)` for each piece of one
    /// output row; `None` where the whole piece lies outside.
    fn pieces(
        &self,
        channels: Range<usize>,
        positions: &Range<usize>,
        mut visit: impl FnMut(usize, Range<usize>, Option<(Range<usize>, usize)>),
    ) {
        let width = self.output.columns;
        let (rows, columns) = (self.input.rows, self.input.columns);
        for channel in channels.clone() {
            for i in 0..self.kernel[0] {
                for j in 0..self.kernel[1] {
                    let row = ((channel - channels.start) * self.kernel[0] + i) * self.kernel[1] + j;
                    let inside = self.inside(j);
                    let mut at = positions.start;
                    while at < positions.end {
                        let (y, x) = (at / width, at % width);
                        let end = (at - x + width).min(positions.end);
                        let xs = x..x + (end - at);
                        let stretch = at - positions.start..end - positions.start;
                        let image_y =
                            (y * self.stride[0] + i).checked_sub(self.padding[0]).filter(|y| *y < rows);
                        let part = image_y.and_then(|image_y| {
                            let part = inside.start.max(xs.start)..inside.end.min(xs.end);
                            if part.start >= part.end {
                                return None;
                            }
                            let image_x = part.start * self.stride[1] + j - self.padding[1];
                            let first = (channel * rows + image_y) * columns + image_x;
                            Some((part.start - xs.start..part.end - xs.start, first))
                        });
                        visit(row, stretch, part);
                        at = end;
                    }
                }
            }
        }
    }

    /// Lays out `channels` and `positions` of `image` at column `offset` of `matrix`, whose rows are `row_step` apart.
    pub fn lay_out(
        &self,
        image: &[f32],
        channels: Range<usize>,
        positions: Range<usize>,
        matrix: &mut [f32],
        row_step: usize,
        offset: usize,
    ) {
        let stride = self.stride[1];
        self.pieces(channels, &positions, |row, stretch, part| {
            let out = &mut matrix[row * row_step + offset..][stretch];
            let Some((part, first)) = part else { return out.fill(0.0) };
            out[..part.start].fill(0.0);
            out[part.end..].fill(0.0);
            let out = &mut out[part];
            if stride == 1 {
                out.copy_from_slice(&image[first..first + out.len()]);
            } else {
                let seen = &image[first..first + (out.len() - 1) * stride + 1];
                out.iter_mut().zip(seen.iter().step_by(stride)).for_each(|(slot, value)| *slot = *value);
            }
        });
    }

    /// Adds the matrix back onto the image.
    pub fn fold(
        &self,
        image: &mut [f32],
        channels: Range<usize>,
        positions: Range<usize>,
        matrix: &[f32],
        row_step: usize,
        offset: usize,
    ) {
        let stride = self.stride[1];
        self.pieces(channels, &positions, |row, stretch, part| {
            let Some((part, first)) = part else { return };
            let values = &matrix[row * row_step + offset..][stretch][part];
            if stride == 1 {
                let image = &mut image[first..first + values.len()];
                image.iter_mut().zip(values).for_each(|(slot, value)| *slot += value);
            } else {
                let image = &mut image[first..first + (values.len() - 1) * stride + 1];
                image.iter_mut().step_by(stride).zip(values).for_each(|(slot, value)| *slot += value);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_is_laid_out_as_the_definition_says() {
        for (stride, padding) in [([1, 1], [1, 1]), ([2, 3], [0, 2]), ([1, 1], [0, 0]), ([3, 2], [2, 1])] {
            let (input, kernel) = (Shape::new(2, 7, 9), [3, 4]);
            let size = |n: usize, a: usize| (n + 2 * padding[a] - kernel[a]) / stride[a] + 1;
            let output = Shape::new(1, size(7, 0), size(9, 1));
            let windows = Windows { input, output, kernel, stride, padding };
            let image: Vec<f32> = (0..input.len()).map(|i| i as f32 + 1.0).collect();
            let (positions, step) = (3..output.plane() - 2, output.plane());
            let mut matrix = vec![-1.0; windows.depth() * step];
            windows.lay_out(&image, 0..2, positions.clone(), &mut matrix, step, 1);
            let mut sums = vec![0.0; input.len()];
            windows.fold(&mut sums, 0..2, positions.clone(), &matrix, step, 1);
            let mut wanted_sums = vec![0.0; input.len()];
            for c in 0..2 {
                for i in 0..kernel[0] {
                    for j in 0..kernel[1] {
                        for p in positions.clone() {
                            let y = (p / output.columns * stride[0] + i) as i64 - padding[0] as i64;
                            let x = (p % output.columns * stride[1] + j) as i64 - padding[1] as i64;
                            let inside = (0..7).contains(&y) && (0..9).contains(&x);
                            let place = (c as i64 * 7 + y) * 9 + x;
                            let wanted = if inside { image[place as usize] } else { 0.0 };
                            let row = (c * kernel[0] + i) * kernel[1] + j;
                            assert_eq!(matrix[row * step + 1 + p - positions.start], wanted);
                            if inside {
                                wanted_sums[place as usize] += wanted;
                            }
                        }
                    }
                }
            }
            assert_eq!(sums, wanted_sums);
        }
    }
}
