//! Convolutions as matrix products: y = W · patches(x) + b; dW = Σ dy · patches(x)ᵀ, dx = fold(Wᵀ · dy), db = Σ dy.
//!
//! Patches are laid out anew on the way back, a stretch at a time: cheaper than keeping nine copies of every image.
//! Clips are worked on in groups of a fixed size, and the sums over clips in a fixed number of parts that are added
//! in order, so that the bits are the same for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::matmul::{Matrix, MatrixMut, multiply};
use super::patches::Windows;
use super::scratch::Scratch;

/// Values of a stretch of patches: about a megabyte.
const STRETCH: usize = 1 << 18;
/// Clips whose images are small are laid side by side until there are so many positions.
const SIDE_BY_SIDE: usize = 512;
/// Parts of the sum over clips: fewer where the sum itself is large.
const PARTS: usize = 8;
const PARTS_OF_LARGE: usize = 4;
const LARGE: usize = 1 << 18;

pub struct Convolution<'a> {
    pub windows: Windows,
    pub scratch: &'a Scratch,
}

impl Convolution<'_> {
    /// Clips worked on together, and positions of a stretch.
    fn plan(&self) -> (usize, usize) {
        let (plane, width) = (self.windows.output.plane(), self.windows.output.columns);
        if plane < SIDE_BY_SIDE / 2 {
            return (SIDE_BY_SIDE.div_ceil(plane.max(1)), plane);
        }
        let room = (STRETCH / self.windows.depth().max(1)).clamp(192, 2048);
        let whole_rows = if width <= room { room / width * width } else { room };
        (1, whole_rows.min(plane))
    }

    fn stretches(&self, stretch: usize) -> impl Iterator<Item = Range<usize>> {
        let plane = self.windows.output.plane();
        (0..plane).step_by(stretch.max(1)).map(move |start| start..(start + stretch).min(plane))
    }

    /// Patches of several clips side by side; gives the number of columns.
    fn lay_out(&self, images: &[f32], positions: &Range<usize>, matrix: &mut [f32]) -> usize {
        let size = self.windows.input.len();
        let (clips, stretch) = (images.len() / size, positions.len());
        for (clip, image) in images.chunks(size).enumerate() {
            self.windows.lay_out(image, positions.clone(), matrix, clips * stretch, clip * stretch);
        }
        clips * stretch
    }

    /// With `relu` negative values become 0.
    pub fn forward(&self, x: &[f32], weight: &[f32], bias: Option<&[f32]>, y: &mut [f32], relu: bool) {
        let (depth, plane) = (self.windows.depth(), self.windows.output.plane());
        let (size, outputs) = (self.windows.input.len(), self.windows.output.channels);
        let (group, stretch) = self.plan();
        let weight = Matrix::new(weight, outputs, depth);
        y.par_chunks_mut(group * outputs * plane).zip(x.par_chunks(group * size)).for_each(|(y, images)| {
            if self.windows.is_plain() && group == 1 {
                multiply(MatrixMut::new(y, outputs, plane), weight, Matrix::new(images, depth, plane), false);
                finish(y, bias, plane, relu);
                return;
            }
            let mut patches = self.scratch.stale(depth * group * stretch);
            for positions in self.stretches(stretch) {
                let columns = self.lay_out(images, &positions, &mut patches);
                let patches = Matrix::new(&patches, depth, columns);
                if group == 1 {
                    let out = MatrixMut::strided(&mut y[positions.start..], outputs, columns, plane);
                    multiply(out, weight, patches, false);
                } else {
                    let mut side_by_side = self.scratch.stale(outputs * columns);
                    multiply(MatrixMut::new(&mut side_by_side, outputs, columns), weight, patches, false);
                    for (clip, y) in y.chunks_mut(outputs * plane).enumerate() {
                        for (channel, row) in y.chunks_mut(plane).enumerate() {
                            row.copy_from_slice(&side_by_side[channel * columns + clip * plane..][..plane]);
                        }
                    }
                    self.scratch.give(side_by_side);
                }
            }
            self.scratch.give(patches);
            finish(y, bias, plane, relu);
        });
    }

    /// Adds to dW and db; gives dx where `dx` is there.
    pub fn backward(
        &self,
        x: &[f32],
        weight: &[f32],
        dy: &[f32],
        dx: Option<&mut [f32]>,
        d_weight: &mut [f32],
        d_bias: Option<&mut [f32]>,
    ) {
        let (plane, size) = (self.windows.output.plane(), self.windows.input.len());
        let outputs = self.windows.output.channels;
        let (group, _) = self.plan();
        let clips = x.len() / size.max(1);
        let parts = if d_weight.len() < LARGE { PARTS } else { PARTS_OF_LARGE };
        let of_part = clips.div_ceil(group).div_ceil(parts) * group;
        let mut dx_parts: Vec<Option<&mut [f32]>> = match dx {
            Some(dx) => dx.chunks_mut(of_part * size).map(Some).collect(),
            None => (0..clips.div_ceil(of_part)).map(|_| None).collect(),
        };
        let sums: Vec<Vec<f32>> = dx_parts
            .par_iter_mut()
            .zip(x.par_chunks(of_part * size).zip(dy.par_chunks(of_part * outputs * plane)))
            .map(|(dx, (x, dy))| {
                let mut sum = self.scratch.zeros(d_weight.len());
                self.backward_part(x, weight, dy, dx.as_deref_mut(), &mut sum);
                sum
            })
            .collect();
        for sum in sums {
            d_weight.iter_mut().zip(&sum).for_each(|(total, part)| *total += part);
            self.scratch.give(sum);
        }
        if let Some(d_bias) = d_bias {
            d_bias.par_iter_mut().enumerate().for_each(|(channel, total)| {
                for clip in 0..clips {
                    *total += lanes_sum(&dy[(clip * outputs + channel) * plane..][..plane]);
                }
            });
        }
    }

    fn backward_part(
        &self,
        x: &[f32],
        weight: &[f32],
        dy: &[f32],
        mut dx: Option<&mut [f32]>,
        sum: &mut [f32],
    ) {
        let (depth, plane) = (self.windows.depth(), self.windows.output.plane());
        let (size, outputs) = (self.windows.input.len(), self.windows.output.channels);
        let (group, stretch) = self.plan();
        let weight = Matrix::new(weight, outputs, depth);
        let plain = self.windows.is_plain() && group == 1;
        let mut patches = self.scratch.stale(if plain { 0 } else { depth * group * stretch });
        let mut gathered = self.scratch.stale(if group > 1 { outputs * group * plane } else { 0 });
        for (index, (images, dy)) in
            x.chunks(group * size).zip(dy.chunks(group * outputs * plane)).enumerate()
        {
            let dx = dx.as_deref_mut().map(|dx| {
                let start = index * group * size;
                &mut dx[start..start + images.len()]
            });
            if plain {
                let dy = Matrix::new(dy, outputs, plane);
                multiply(
                    MatrixMut::new(sum, outputs, depth),
                    dy,
                    Matrix::new(images, depth, plane).t(),
                    true,
                );
                if let Some(dx) = dx {
                    multiply(MatrixMut::new(dx, depth, plane), weight.t(), dy, false);
                }
                continue;
            }
            let mut dx = dx;
            if let Some(dx) = &mut dx {
                dx.fill(0.0);
            }
            for positions in self.stretches(stretch) {
                let columns = self.lay_out(images, &positions, &mut patches);
                let dy = if group == 1 {
                    Matrix::strided(&dy[positions.start..], outputs, columns, plane)
                } else {
                    for (clip, dy) in dy.chunks(outputs * plane).enumerate() {
                        for (channel, row) in dy.chunks(plane).enumerate() {
                            gathered[channel * columns + clip * plane..][..plane].copy_from_slice(row);
                        }
                    }
                    Matrix::new(&gathered, outputs, columns)
                };
                let seen = Matrix::new(&patches, depth, columns);
                multiply(MatrixMut::new(sum, outputs, depth), dy, seen.t(), true);
                if let Some(dx) = &mut dx {
                    multiply(MatrixMut::new(&mut patches, depth, columns), weight.t(), dy, false);
                    for (clip, image) in dx.chunks_mut(size).enumerate() {
                        let offset = clip * positions.len();
                        self.windows.fold(image, positions.clone(), &patches, columns, offset);
                    }
                }
            }
        }
        self.scratch.give(patches);
        self.scratch.give(gathered);
    }
}

fn finish(y: &mut [f32], bias: Option<&[f32]>, plane: usize, relu: bool) {
    let outputs = bias.map_or(1, <[f32]>::len);
    for (place, row) in y.chunks_mut(plane).enumerate() {
        let bias = bias.map_or(0.0, |bias| bias[place % outputs]);
        match relu {
            true => row.iter_mut().for_each(|value| *value = (*value + bias).max(0.0)),
            false if bias != 0.0 => row.iter_mut().for_each(|value| *value += bias),
            false => {}
        }
    }
}

/// Sixteen running sums, then those one after the other.
pub fn lanes_sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (blocks, rest) = values.as_chunks::<16>();
    for block in blocks {
        for lane in 0..16 {
            lanes[lane] += block[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}
