//! 3×3 convolutions of stride 1 by Winograd's F(4×4, 3×3): a quarter of the products of the definition, both ways.
//!
//! Tiles are worked on in blocks that stay in the cache, and each block in three phases: channels are transformed,
//! each of the 36 points is one matrix product over the channels, and the products are transformed back. Threads
//! share the channels or points of a phase, so that no sum ever depends on how many there are. On the way back
//! dM = A dy Aᵀ, dV = Uᵀ dM, dU = dM Vᵀ and dx = Σ B dV Bᵀ: the gradient of just what was computed.

use std::ops::Range;

use rayon::prelude::*;

use super::patches::Windows;
use super::products::{Product, places, row_step, transpose};
use super::scratch::Scratch;
use super::winograd_lanes::{
    InputToPoints, OutputToPoints, POINTS, Phases, PointsToInput, PointsToOutput, Run, SIDE,
    kernel_to_points, points_to_kernel,
};
use crate::audio::vectorised::arch;

/// Values of the points of a block, about.
const BLOCK: usize = 3 << 19;
const MOST_TILES: usize = 256;
const FEWEST_TILES: usize = 64;
/// Fewer channels than that, and the transforms cost more than they save.
const FEWEST_CHANNELS: usize = 8;

pub struct Winograd<'a> {
    windows: Windows,
    scratch: &'a Scratch,
    /// Tile rows, and tiles of each.
    grid: [usize; 2],
}

/// Tile rows of one clip in a block.
struct Part {
    clip: usize,
    tile_rows: Range<usize>,
    /// Place of its first tile in the block.
    first: usize,
}

struct Block {
    parts: Vec<Part>,
    tiles: usize,
}

impl Block {
    fn clips(&self) -> Range<usize> {
        self.parts[0].clip..self.parts[self.parts.len() - 1].clip + 1
    }
}

/// Values of one channel's points, an odd number of cache lines away from the next's.
fn pitch(step: usize) -> usize {
    POINTS * step + 16
}

impl<'a> Winograd<'a> {
    /// Where it is possible and worth the while.
    pub fn of(windows: Windows, scratch: &'a Scratch) -> Option<Self> {
        let (input, output) = (windows.input, windows.output);
        let grid = [output.rows.div_ceil(SIDE), output.columns.div_ceil(SIDE)];
        let small =
            windows.kernel == [3, 3] && windows.stride == [1, 1] && windows.padding.iter().all(|p| *p < 3);
        let wide = input.channels.min(output.channels) >= FEWEST_CHANNELS;
        let fewer = POINTS * grid[0] * grid[1] < 6 * output.plane();
        (small && wide && fewer).then_some(Self { windows, scratch, grid })
    }

    fn blocks(&self, clips: usize) -> Vec<Block> {
        let [tile_rows, tiles] = self.grid;
        let channels = self.windows.input.channels + self.windows.output.channels;
        let most = (BLOCK / (POINTS * channels)).clamp(FEWEST_TILES, MOST_TILES);
        let rows_of_block = (most / tiles).max(1);
        let all = clips * tile_rows;
        let mut blocks = Vec::new();
        for start in (0..all).step_by(rows_of_block) {
            let end = (start + rows_of_block).min(all);
            let (mut parts, mut at) = (Vec::new(), start);
            while at < end {
                let (clip, row) = (at / tile_rows, at % tile_rows);
                let count = (tile_rows - row).min(end - at);
                parts.push(Part { clip, tile_rows: row..row + count, first: (at - start) * tiles });
                at += count;
            }
            blocks.push(Block { parts, tiles: (end - start) * tiles });
        }
        blocks
    }

    /// Points of every channel of `x`: channels × points × tiles.
    fn transform_input(&self, x: &[f32], block: &Block, step: usize, points: &mut [f32]) {
        let (input, [margin, beside]) = (self.windows.input, self.windows.padding);
        points.par_chunks_mut(pitch(step)).enumerate().for_each_init(
            Phases::default,
            |phases, (channel, points)| {
                for part in &block.parts {
                    let rows = SIDE * part.tile_rows.len() + 2;
                    phases.clear(rows, self.grid[1]);
                    let image = &x[(part.clip * input.channels + channel) * input.plane()..][..input.plane()];
                    for row in 0..rows {
                        let image_row = (SIDE * part.tile_rows.start + row).checked_sub(margin);
                        if let Some(image_row) = image_row.filter(|row| *row < input.rows) {
                            phases.put(row, beside, &image[image_row * input.columns..][..input.columns]);
                        }
                    }
                    arch().dispatch(InputToPoints(self.run(phases, part, step), points));
                }
            },
        );
    }

    /// Points of every channel of dy.
    fn transform_output(&self, dy: &[f32], block: &Block, step: usize, points: &mut [f32]) {
        let output = self.windows.output;
        points.par_chunks_mut(pitch(step)).enumerate().for_each_init(
            Phases::default,
            |phases, (channel, points)| {
                for part in &block.parts {
                    let rows = SIDE * part.tile_rows.len();
                    phases.clear(rows, self.grid[1]);
                    let image =
                        &dy[(part.clip * output.channels + channel) * output.plane()..][..output.plane()];
                    let first = SIDE * part.tile_rows.start;
                    for row in 0..rows.min(output.rows - first) {
                        phases.put(row, 0, &image[(first + row) * output.columns..][..output.columns]);
                    }
                    arch().dispatch(OutputToPoints(self.run(phases, part, step), points));
                }
            },
        );
    }

    fn run<'b>(&self, phases: &'b mut Phases, part: &Part, step: usize) -> Run<'b> {
        Run { phases, tile_rows: 0..part.tile_rows.len(), tiles: self.grid[1], first: part.first, step }
    }

    /// U by output channel, or its transpose by input channel: points × the other channels each.
    fn transform_kernels(&self, weight: &[f32], by_input: bool) -> Vec<f32> {
        let (inputs, outputs) = (self.windows.input.channels, self.windows.output.channels);
        let others = if by_input { outputs } else { inputs };
        let mut points = self.scratch.stale(inputs * outputs * POINTS);
        points.par_chunks_mut(POINTS * others).enumerate().for_each(|(channel, points)| {
            for other in 0..others {
                let place = if by_input { other * inputs + channel } else { channel * inputs + other };
                let mut kernel = [0.0; 9];
                kernel.copy_from_slice(&weight[9 * place..][..9]);
                for (point, value) in kernel_to_points(&kernel).into_iter().enumerate() {
                    points[point * others + other] = value;
                }
            }
        });
        points
    }

    /// Products of each point: `points` × rows × tiles = kernels × what was transformed.
    fn multiply(
        &self,
        kernels: &[f32],
        transformed: &[f32],
        block: &Block,
        rows: usize,
        depth: usize,
        out: &mut [f32],
    ) {
        let step = row_step(block.tiles);
        out.par_chunks_mut(rows * step).enumerate().for_each(|(point, c)| {
            Product {
                a: kernels,
                rows: &places(point * depth, POINTS * depth, rows),
                b: transformed,
                depth: &places(point * step, pitch(step), depth),
                columns: block.tiles,
                c,
                c_step: step,
                add: false,
            }
            .run();
        });
    }

    /// `finish` gets each plane once its last row is there: its channel, and the values that are new.
    pub fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let (input, output) = (self.windows.input, self.windows.output);
        let (inputs, outputs, plane) = (input.channels, output.channels, output.plane());
        let kernels = self.transform_kernels(weight, false);
        for block in self.blocks(x.len() / input.len()) {
            let step = row_step(block.tiles);
            let mut seen = self.scratch.stale(inputs * pitch(step));
            self.transform_input(x, &block, step, &mut seen);
            let mut products = self.scratch.stale(POINTS * outputs * step);
            self.multiply(&kernels, &seen, &block, outputs, inputs, &mut products);
            let clips = block.clips();
            let y = &mut y[clips.start * outputs * plane..clips.end * outputs * plane];
            y.par_chunks_mut(plane).enumerate().for_each_init(Phases::default, |phases, (place, y)| {
                let part = &block.parts[place / outputs];
                let channel = place % outputs;
                let first = SIDE * part.tile_rows.start;
                let rows = SIDE * part.tile_rows.len();
                phases.clear(rows, self.grid[1]);
                arch().dispatch(PointsToOutput(
                    self.run(phases, part, outputs * step),
                    &products[channel * step..],
                ));
                let rows = rows.min(output.rows - first);
                let y = &mut y[first * output.columns..][..rows * output.columns];
                for (row, y) in y.chunks_mut(output.columns).enumerate() {
                    y.copy_from_slice(phases.row(row, 0, output.columns));
                }
                finish(channel, y);
            });
            self.scratch.give(seen);
            self.scratch.give(products);
        }
        self.scratch.give(kernels);
    }

    /// Gives dW, and dx where `dx` is there.
    pub fn backward(
        &self,
        x: &[f32],
        weight: &[f32],
        dy: &[f32],
        mut dx: Option<&mut [f32]>,
        d_weight: &mut [f32],
    ) {
        let (input, output) = (self.windows.input, self.windows.output);
        let (inputs, outputs) = (input.channels, output.channels);
        let kernels = dx.is_some().then(|| self.transform_kernels(weight, true));
        if let Some(dx) = &mut dx {
            dx.fill(0.0);
        }
        let mut d_kernels = self.scratch.stale(POINTS * inputs * outputs);
        for (number, block) in self.blocks(x.len() / input.len()).into_iter().enumerate() {
            let step = row_step(block.tiles);
            let mut seen = self.scratch.stale(inputs * pitch(step));
            self.transform_input(x, &block, step, &mut seen);
            let mut wanted = self.scratch.stale(outputs * pitch(step));
            self.transform_output(dy, &block, step, &mut wanted);
            self.kernel_gradient(&seen, &wanted, &block, &mut d_kernels, number > 0);
            self.scratch.give(seen);
            if let (Some(dx), Some(kernels)) = (&mut dx, &kernels) {
                let mut products = self.scratch.stale(POINTS * inputs * step);
                self.multiply(kernels, &wanted, &block, inputs, outputs, &mut products);
                self.add_input_gradient(&products, &block, dx);
                self.scratch.give(products);
            }
            self.scratch.give(wanted);
        }
        self.gather_kernel_gradient(&d_kernels, d_weight);
        self.scratch.give(d_kernels);
        kernels.into_iter().for_each(|kernels| self.scratch.give(kernels));
    }

    /// dUᵀ by point: inputs × outputs.
    fn kernel_gradient(&self, seen: &[f32], wanted: &[f32], block: &Block, d_kernels: &mut [f32], add: bool) {
        let (inputs, outputs) = (self.windows.input.channels, self.windows.output.channels);
        let (step, wide) = (row_step(block.tiles), row_step(outputs));
        d_kernels.par_chunks_mut(inputs * outputs).enumerate().for_each(|(point, c)| {
            let mut turned = self.scratch.stale(block.tiles * wide);
            let channels = places(point * step, pitch(step), outputs);
            transpose(wanted, &channels, block.tiles, &mut turned, wide);
            Product {
                a: seen,
                rows: &places(point * step, pitch(step), inputs),
                b: &turned,
                depth: &places(0, wide, block.tiles),
                columns: outputs,
                c,
                c_step: outputs,
                add,
            }
            .run();
            self.scratch.give(turned);
        });
    }

    fn add_input_gradient(&self, products: &[f32], block: &Block, dx: &mut [f32]) {
        let (input, [margin, beside]) = (self.windows.input, self.windows.padding);
        let (inputs, plane) = (input.channels, input.plane());
        let (step, clips) = (row_step(block.tiles), block.clips());
        let dx = &mut dx[clips.start * inputs * plane..clips.end * inputs * plane];
        dx.par_chunks_mut(plane).enumerate().for_each_init(Phases::default, |phases, (place, dx)| {
            let part = &block.parts[place / inputs];
            let rows = SIDE * part.tile_rows.len() + 2;
            phases.clear(rows, self.grid[1]);
            let points = &products[place % inputs * step..];
            arch().dispatch(PointsToInput(self.run(phases, part, inputs * step), points));
            let within = (SIDE * (self.grid[1]) + 2 - beside).min(input.columns);
            for row in 0..rows {
                let image_row = (SIDE * part.tile_rows.start + row).checked_sub(margin);
                if let Some(image_row) = image_row.filter(|row| *row < input.rows) {
                    let slots = &mut dx[image_row * input.columns..][..within];
                    let values = phases.row(row, beside, within);
                    slots.iter_mut().zip(values).for_each(|(slot, value)| *slot += value);
                }
            }
        });
    }

    fn gather_kernel_gradient(&self, d_kernels: &[f32], d_weight: &mut [f32]) {
        const TOGETHER: usize = 16;
        let (inputs, outputs) = (self.windows.input.channels, self.windows.output.channels);
        d_weight.par_chunks_mut(TOGETHER * 9 * inputs).enumerate().for_each(|(group, d_weight)| {
            let count = d_weight.len() / (9 * inputs);
            let mut points = [[0.0f32; POINTS]; TOGETHER];
            for channel in 0..inputs {
                for point in 0..POINTS {
                    let start = (point * inputs + channel) * outputs + group * TOGETHER;
                    for (points, value) in points.iter_mut().zip(&d_kernels[start..start + count]) {
                        points[point] = *value;
                    }
                }
                for (points, d_weight) in points.iter().zip(d_weight.chunks_mut(9 * inputs)) {
                    d_weight[9 * channel..][..9].copy_from_slice(&points_to_kernel(points));
                }
            }
        });
    }
}
