//! Convolutions as matrix products: y = W · patches(x) + b; dW = Σ dy · patches(x)ᵀ, dx = fold(Wᵀ · dy), db = Σ dy.
//! With stride 1, dx is itself a convolution of dy, by the kernels turned round.
//!
//! Patches are laid out a stretch of positions and a few channels at a time, so that they stay in the cache, and anew
//! on the way back: cheaper than keeping nine copies of every image. Where the kernel slides along one row, its
//! positions are places in that row and nothing is copied. Clips are worked on in groups of a fixed size, and the sums
//! over clips in a fixed number of parts that are added in order, so that the bits are the same for any number of
//! threads.

use rayon::prelude::*;

use super::patch_layout::{Laid, Layout};
use super::patches::Windows;
use super::pointwise::rectified;
use super::products::{Product, places, row_step, transpose};
use super::scratch::Scratch;
use super::winograd::Winograd;

/// Rows of patches that are multiplied at once.
const DEEPEST: usize = 384;
/// Parts of the sum over clips: fewer where the sum itself is large.
const PARTS: usize = 8;
const PARTS_OF_LARGE: usize = 4;
const LARGE: usize = 1 << 18;

pub struct Convolution<'a> {
    pub windows: Windows,
    pub scratch: &'a Scratch,
}

impl Convolution<'_> {
    /// With `relu` negative values become 0.
    pub fn forward(&self, x: &[f32], weight: &[f32], bias: Option<&[f32]>, y: &mut [f32], relu: bool) {
        let finish = |channel: usize, values: &mut [f32]| {
            let bias = bias.map_or(0.0, |bias| bias[channel]);
            match relu {
                true => values.iter_mut().for_each(|value| *value = rectified(*value + bias)),
                false if bias != 0.0 => values.iter_mut().for_each(|value| *value += bias),
                false => {}
            }
        };
        match Winograd::of(self.windows, self.scratch) {
            Some(winograd) => winograd.forward(x, weight, y, finish),
            None => self.correlate(x, weight, y, finish),
        }
    }

    fn correlate(&self, x: &[f32], weight: &[f32], y: &mut [f32], finish: impl Fn(usize, &mut [f32]) + Sync) {
        let (windows, kernel) = (self.windows, self.windows.kernel);
        let (depth, plane, outputs) = (windows.depth(), windows.output.plane(), windows.output.channels);
        let area = kernel[0] * kernel[1];
        let layout = Layout::new(windows, DEEPEST);
        let group = layout.group;
        let images = x.par_chunks(group * windows.input.len());
        y.par_chunks_mut(group * outputs * plane).zip(images).for_each(|(y, images)| {
            let clips = images.len() / windows.input.len();
            let mut patches = self.scratch.stale(layout.room(kernel));
            let mut beside = self.scratch.stale(if group > 1 { outputs * layout.step(kernel) } else { 0 });
            for positions in layout.stretches(plane) {
                let Laid { pitch, columns } = layout.laid(&positions, clips, kernel);
                for channels in layout.blocks() {
                    let rows = layout.lay_out(images, &channels, &positions, kernel, &mut patches);
                    let (c, c_step) = match group {
                        1 => (&mut y[positions.start..], plane),
                        _ => (beside.as_mut_slice(), columns),
                    };
                    Product {
                        a: weight,
                        rows: &places(channels.start * area, depth, outputs),
                        b: &patches,
                        depth: &rows,
                        columns,
                        c,
                        c_step,
                        add: channels.start > 0,
                    }
                    .run();
                }
                if group > 1 {
                    for (clip, y) in y.chunks_mut(outputs * plane).enumerate() {
                        for (channel, row) in y.chunks_mut(plane).enumerate() {
                            row.copy_from_slice(&beside[channel * columns + clip * pitch..][..plane]);
                        }
                    }
                }
            }
            self.scratch.give(patches);
            self.scratch.give(beside);
            y.chunks_mut(plane).enumerate().for_each(|(place, y)| finish(place % outputs, y));
        });
    }

    /// Gives dW and db, and dx where `dx` is there.
    pub fn backward(
        &self,
        x: &[f32],
        weight: &[f32],
        dy: &[f32],
        dx: Option<&mut [f32]>,
        d_weight: &mut [f32],
        d_bias: Option<&mut [f32]>,
    ) {
        let (plane, outputs) = (self.windows.output.plane(), self.windows.output.channels);
        if let Some(winograd) = Winograd::of(self.windows, self.scratch) {
            winograd.backward(x, weight, dy, dx, d_weight);
        } else {
            self.weight_gradient(x, dy, d_weight);
            match (dx, self.windows.turned_round()) {
                (Some(dx), Some(windows)) => {
                    let turned = self.turned_round(weight);
                    Convolution { windows, scratch: self.scratch }.correlate(dy, &turned, dx, |_, _| {});
                }
                (Some(dx), None) => self.fold_input_gradient(weight, dy, dx),
                (None, _) => {}
            }
        }
        if let Some(d_bias) = d_bias {
            d_bias.par_iter_mut().enumerate().for_each(|(channel, total)| {
                let clips = dy.chunks(outputs * plane);
                *total = clips.map(|dy| lanes_sum(&dy[channel * plane..][..plane])).sum();
            });
        }
    }

    /// Kernels that take dy to dx: channels for outputs, and both axes the other way round.
    fn turned_round(&self, weight: &[f32]) -> Vec<f32> {
        let area = self.windows.kernel[0] * self.windows.kernel[1];
        let (inputs, outputs) = (self.windows.input.channels, self.windows.output.channels);
        let mut turned = vec![0.0; weight.len()];
        for (output, kernels) in weight.chunks(inputs * area).enumerate() {
            for (input, kernel) in kernels.chunks(area).enumerate() {
                let to = &mut turned[(input * outputs + output) * area..][..area];
                to.iter_mut().zip(kernel.iter().rev()).for_each(|(to, from)| *to = *from);
            }
        }
        turned
    }

    fn weight_gradient(&self, x: &[f32], dy: &[f32], d_weight: &mut [f32]) {
        let (plane, size) = (self.windows.output.plane(), self.windows.input.len());
        let (depth, outputs) = (self.windows.depth(), self.windows.output.channels);
        let layout = Layout::new(self.windows, DEEPEST / 2);
        let group = layout.group;
        let clips = x.len() / size.max(1);
        let parts = if d_weight.len() < LARGE { PARTS } else { PARTS_OF_LARGE };
        let of_part = clips.div_ceil(group).div_ceil(parts) * group;
        let xs = x.par_chunks(of_part * size);
        let sums: Vec<Vec<f32>> = xs
            .zip(dy.par_chunks(of_part * outputs * plane))
            .map(|(x, dy)| {
                let mut sum = self.scratch.zeros(d_weight.len());
                self.weight_gradient_of_part(&layout, x, dy, &mut sum);
                sum
            })
            .collect();
        let mut total: Option<Vec<f32>> = None;
        for sum in sums {
            match &mut total {
                Some(total) => {
                    total.iter_mut().zip(&sum).for_each(|(total, part)| *total += part);
                    self.scratch.give(sum);
                }
                None => total = Some(sum),
            }
        }
        if let Some(total) = total {
            transpose(&total, &places(0, outputs, depth), outputs, d_weight, depth);
            self.scratch.give(total);
        }
    }

    /// Adds to the transpose of dW: depth × outputs.
    fn weight_gradient_of_part(&self, layout: &Layout, x: &[f32], dy: &[f32], sum: &mut [f32]) {
        let (plane, size, kernel) =
            (self.windows.output.plane(), self.windows.input.len(), self.windows.kernel);
        let (area, outputs) = (kernel[0] * kernel[1], self.windows.output.channels);
        let wide = row_step(outputs);
        let mut patches = self.scratch.stale(layout.room(kernel));
        let mut turned = self.scratch.stale(layout.step(kernel) * wide);
        let dys = dy.chunks(layout.group * outputs * plane);
        for (images, dy) in x.chunks(layout.group * size).zip(dys) {
            for positions in layout.stretches(plane) {
                let Laid { pitch, columns } = layout.laid(&positions, images.len() / size, kernel);
                for (clip, dy) in dy.chunks(outputs * plane).enumerate() {
                    let rows = places(positions.start, plane, outputs);
                    let (first, end) = (clip * pitch, (clip * pitch + pitch).min(columns));
                    transpose(dy, &rows, positions.len(), &mut turned[first * wide..], wide);
                    // Between two clips lie positions that are none.
                    turned[(first + positions.len()) * wide..end * wide].fill(0.0);
                }
                for channels in layout.blocks() {
                    let rows = layout.lay_out(images, &channels, &positions, kernel, &mut patches);
                    Product {
                        a: &patches,
                        rows: &rows,
                        b: &turned,
                        depth: &places(0, wide, columns),
                        columns: outputs,
                        c: &mut sum[channels.start * area * outputs..channels.end * area * outputs],
                        c_step: outputs,
                        add: true,
                    }
                    .run();
                }
            }
        }
        self.scratch.give(patches);
        self.scratch.give(turned);
    }

    /// dx where the stride is not 1.
    fn fold_input_gradient(&self, weight: &[f32], dy: &[f32], dx: &mut [f32]) {
        let windows = self.windows;
        let (plane, size, depth) = (windows.output.plane(), windows.input.len(), windows.depth());
        let (area, outputs) = (windows.kernel[0] * windows.kernel[1], windows.output.channels);
        let mut turned = self.scratch.stale(weight.len());
        transpose(weight, &places(0, depth, outputs), depth, &mut turned, outputs);
        let layout = Layout { sliding: false, laid_out: windows, ..Layout::new(windows, DEEPEST) };
        let group = layout.group;
        let dys = dy.par_chunks(group * outputs * plane);
        dx.par_chunks_mut(group * size).zip(dys).for_each(|(dx, dy)| {
            dx.fill(0.0);
            let step = row_step(group * layout.stretch);
            let mut patches = self.scratch.stale(layout.channels * area * step);
            let mut beside = self.scratch.stale(if group > 1 { outputs * step } else { 0 });
            for positions in layout.stretches(plane) {
                let clips = dx.len() / size;
                let columns = clips * positions.len();
                let (b, rows) = if group == 1 {
                    (dy, places(positions.start, plane, outputs))
                } else {
                    for (clip, dy) in dy.chunks(outputs * plane).enumerate() {
                        for (channel, row) in dy.chunks(plane).enumerate() {
                            beside[channel * step + clip * plane..][..plane].copy_from_slice(row);
                        }
                    }
                    (beside.as_slice(), places(0, step, outputs))
                };
                for channels in layout.blocks() {
                    Product {
                        a: &turned,
                        rows: &places(channels.start * area * outputs, outputs, channels.len() * area),
                        b,
                        depth: &rows,
                        columns,
                        c: &mut patches,
                        c_step: step,
                        add: false,
                    }
                    .run();
                    for (clip, image) in dx.chunks_mut(size).enumerate() {
                        let offset = clip * positions.len();
                        windows.fold(image, channels.clone(), positions.clone(), &patches, step, offset);
                    }
                }
            }
            self.scratch.give(patches);
            self.scratch.give(beside);
        });
        self.scratch.give(turned);
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

impl Windows {
    /// The convolution from dy to dx.
    fn turned_round(&self) -> Option<Windows> {
        let padding = [0, 1].map(|axis| (self.kernel[axis] - 1).checked_sub(self.padding[axis]));
        match (self.stride, padding) {
            ([1, 1], [Some(rows), Some(columns)]) => {
                Some(Windows { input: self.output, output: self.input, padding: [rows, columns], ..*self })
            }
            _ => None,
        }
    }
}
