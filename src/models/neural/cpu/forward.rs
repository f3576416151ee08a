//! The forward pass: node after node, a ReLU done along with the layer before it where there is one.

use std::sync::Arc;

use super::batch_norm::Layout;
use super::convolution::Convolution;
use super::patches::Windows;
use super::recurrent::{Way, from_time_major, to_time_major};
use super::scratch::Scratch;
use super::tape::{BufferUpdate, Entry, Extra, SequenceLayer, Values};
use super::{dense, pointwise, pooling};
use crate::models::neural::blueprint::{Cell, Node, Op, Pooling, Shape};
use crate::random::Draws;

/// Whether to learn from the pass, and where its dropout draws come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    Evaluate,
    Train { seed: u64 },
}

pub struct Forward<'a> {
    pub parameters: &'a [Vec<f32>],
    pub buffers: &'a [Vec<f32>],
    pub scratch: &'a Scratch,
    pub clips: usize,
    pub mode: Mode,
    pub updates: Vec<BufferUpdate>,
}

impl Forward<'_> {
    pub fn run(&mut self, nodes: &[Node], mut x: Values, tape: &mut Vec<Entry>) -> Values {
        let mut at = 0;
        while at < nodes.len() {
            let node = &nodes[at];
            let relu = takes_relu(&node.op) && nodes.get(at + 1).is_some_and(|next| next.op == Op::Relu);
            let (y, kept) = self.one(node, &x, relu);
            if matches!(self.mode, Mode::Train { .. }) {
                let rectified =
                    (relu || matches!(node.op, Op::Relu | Op::Residual { .. })).then(|| Arc::clone(&y));
                tape.push(Entry { node: at, x, rectified, kept });
            } else {
                self.scratch.give_shared(x);
            }
            x = y;
            at += if relu { 2 } else { 1 };
        }
        x
    }

    /// The mask of a layer's dropout; none where nothing is dropped.
    fn mask(&self, node: &Node, layer: usize, share: f32, len: usize) -> Option<Vec<f32>> {
        match self.mode {
            Mode::Train { seed } if share > 0.0 => Some(dropout_mask(seed, &node.name, layer, share, len)),
            _ => None,
        }
    }

    fn one(&mut self, node: &Node, x: &Values, relu: bool) -> (Values, Extra) {
        let (input, output) = (node.input, node.output);
        let parameter = |place: usize| self.parameters[node.first_parameter + place].as_slice();
        let room = || self.scratch.stale(self.clips * output.len());
        match &node.op {
            Op::Linear { outputs, bias } => {
                let mut y = room();
                let bias = bias.then(|| parameter(1));
                dense::forward(x, parameter(0), bias, &mut y, self.clips, *outputs, relu);
                (Arc::new(y), Extra::Nothing)
            }
            Op::Convolution { kernel, stride, padding, bias, .. } => {
                let windows = Windows { input, output, kernel: *kernel, stride: *stride, padding: *padding };
                let mut y = room();
                let convolution = Convolution { windows, scratch: self.scratch };
                convolution.forward(x, parameter(0), bias.then(|| parameter(1)), &mut y, relu);
                (Arc::new(y), Extra::Nothing)
            }
            Op::BatchNorm { momentum, epsilon } => {
                let layout = Layout { channels: input.channels, plane: input.plane() };
                let affine = [parameter(0), parameter(1)];
                let [mean, variance] = [0, 1].map(|place| &self.buffers[node.first_buffer + place]);
                let mut y = room();
                if self.mode == Mode::Evaluate {
                    layout.evaluate(x, &mut y, affine, [mean, variance], *epsilon, relu);
                    return (Arc::new(y), Extra::Nothing);
                }
                let (mut mean, mut variance) = (mean.clone(), variance.clone());
                let running = [mean.as_mut_slice(), variance.as_mut_slice()];
                let moments = layout.train(x, &mut y, affine, running, *momentum, *epsilon, relu);
                for (place, values) in [mean, variance].into_iter().enumerate() {
                    self.updates.push(BufferUpdate { buffer: node.first_buffer + place, values });
                }
                (Arc::new(y), Extra::Moments(moments))
            }
            Op::Relu => {
                let mut y = room();
                pointwise::relu(x, &mut y);
                (Arc::new(y), Extra::Nothing)
            }
            Op::Pool { pooling, kernel, stride, padding } => {
                let windows = Windows { input, output, kernel: *kernel, stride: *stride, padding: *padding };
                let mut y = room();
                let kept = self.pool(&windows, *pooling, x, &mut y);
                (Arc::new(y), kept)
            }
            Op::GlobalPool { pooling } => {
                let kernel = [input.rows, input.columns];
                let windows = Windows { input, output, kernel, stride: [1, 1], padding: [0, 0] };
                let mut y = room();
                let kept = self.pool(&windows, *pooling, x, &mut y);
                (Arc::new(y), kept)
            }
            Op::AdaptiveAverage { .. } => {
                let mut y = room();
                pooling::adaptive_forward(input, output, x, &mut y);
                (Arc::new(y), Extra::Nothing)
            }
            Op::Dropout { share } => match self.mask(node, 0, *share, x.len()) {
                Some(mask) => {
                    let mut y = room();
                    y.iter_mut().zip(x.iter().zip(&mask)).for_each(|(y, (x, m))| *y = x * m);
                    (Arc::new(y), Extra::Mask(mask))
                }
                None => (Arc::clone(x), Extra::Nothing),
            },
            Op::Flatten | Op::RowsIntoChannels | Op::AsImage => (Arc::clone(x), Extra::Nothing),
            Op::Recurrent { cell, hidden, layers, both_ways, dropout } => {
                let sizes = (*cell, *hidden, *layers, *both_ways);
                let (y, kept) = self.recurrent(node, sizes, *dropout, x);
                (Arc::new(y), Extra::Recurrent(kept))
            }
            Op::LastStep => {
                let mut y = room();
                y.iter_mut().zip(x.chunks(input.columns)).for_each(|(y, row)| *y = row[input.columns - 1]);
                (Arc::new(y), Extra::Nothing)
            }
            Op::Swap => {
                let mut y = room();
                swap(x, input, &mut y);
                (Arc::new(y), Extra::Nothing)
            }
            Op::Colour => {
                let mut y = room();
                for (y, x) in y.chunks_mut(output.len()).zip(x.chunks(input.len())) {
                    y.chunks_mut(input.len()).for_each(|plane| plane.copy_from_slice(x));
                }
                (Arc::new(y), Extra::Nothing)
            }
            Op::Residual { body, shortcut } => {
                let (mut body_tape, mut shortcut_tape) = (Vec::new(), Vec::new());
                let through = self.run(body, Arc::clone(x), &mut body_tape);
                let past = self.run(shortcut, Arc::clone(x), &mut shortcut_tape);
                let mut y = self.scratch.stale(self.clips * output.len());
                pointwise::add_relu(&through, &past, &mut y);
                self.scratch.give_shared(through);
                self.scratch.give_shared(past);
                (Arc::new(y), Extra::Residual { body: body_tape, shortcut: shortcut_tape })
            }
        }
    }

    fn pool(&self, windows: &Windows, pooling: Pooling, x: &[f32], y: &mut [f32]) -> Extra {
        let one =
            Windows { output: Shape { channels: windows.input.channels, ..windows.output }, ..*windows };
        let size = one.output.len();
        match pooling {
            Pooling::Average => {
                pooling::average_forward(windows, x, y);
                Extra::Nothing
            }
            Pooling::Max => {
                let mut places = vec![0; y.len()];
                pooling::max_forward(windows, x, y, &mut places);
                Extra::Places(places)
            }
            Pooling::MaxAndAverage => {
                let (mut largest, mut mean) = (vec![0.0; self.clips * size], vec![0.0; self.clips * size]);
                let mut places = vec![0; self.clips * size];
                pooling::max_forward(&one, x, &mut largest, &mut places);
                pooling::average_forward(&one, x, &mut mean);
                for (y, (a, b)) in y.chunks_mut(2 * size).zip(largest.chunks(size).zip(mean.chunks(size))) {
                    y[..size].copy_from_slice(a);
                    y[size..].copy_from_slice(b);
                }
                Extra::Places(places)
            }
        }
    }

    fn recurrent(
        &self,
        node: &Node,
        (cell, hidden, layers, both_ways): (Cell, usize, usize, bool),
        dropout: f32,
        x: &[f32],
    ) -> (Vec<f32>, Vec<SequenceLayer>) {
        let steps = node.input.columns;
        let ways: usize = if both_ways { 2 } else { 1 };
        let wide = hidden * ways;
        let mut kept: Vec<SequenceLayer> = Vec::new();
        let mut values = to_time_major(x, node.input.channels, steps, self.scratch);
        let mut mask_of_input = None;
        for layer in 0..layers {
            let inputs = if layer == 0 { node.input.channels } else { wide };
            let mut h = self.scratch.stale(steps * self.clips * wide);
            let ways = (0..ways).map(|way| {
                let first = node.first_parameter + (layer * ways + way) * 4;
                let four = [0, 1, 2, 3].map(|place| self.parameters[first + place].as_slice());
                let (scratch, clips) = (self.scratch, self.clips);
                let one = Way { scratch, cell, inputs, hidden, steps, clips, reverse: way == 1 };
                one.forward(&values, four, &mut h, wide, way * hidden)
            });
            let ways = ways.collect();
            let mut next = self.scratch.stale(h.len());
            next.copy_from_slice(&h);
            let share = if layer + 1 < layers { dropout } else { 0.0 };
            let next_mask = self.mask(node, layer, share, next.len());
            if let Some(mask) = &next_mask {
                next.iter_mut().zip(mask).for_each(|(value, factor)| *value *= factor);
            }
            kept.push(SequenceLayer { x: values, h, ways, mask: mask_of_input });
            (values, mask_of_input) = (next, next_mask);
        }
        let mut y = self.scratch.stale(self.clips * node.output.len());
        from_time_major(&values, wide, steps, &mut y);
        self.scratch.give(values);
        (y, kept)
    }
}

fn takes_relu(op: &Op) -> bool {
    matches!(op, Op::Linear { .. } | Op::Convolution { .. } | Op::BatchNorm { .. })
}

/// channels × 1 × columns to columns × 1 × channels, clip by clip.
pub fn swap(x: &[f32], input: Shape, y: &mut [f32]) {
    let (channels, columns) = (input.channels, input.columns);
    for (y, x) in y.chunks_mut(input.len()).zip(x.chunks(input.len())) {
        for channel in 0..channels {
            for column in 0..columns {
                y[column * channels + channel] = x[channel * columns + column];
            }
        }
    }
}

/// 0 with probability `share` (in steps of 1/65536), else 1/(1 − share).
pub fn dropout_mask(seed: u64, name: &str, layer: usize, share: f32, len: usize) -> Vec<f32> {
    let mut draws = Draws::new(seed, &format!("dropout/{name}/{layer}"));
    let kept = 1.0 / (1.0 - share);
    let limit = (share * 65_536.0) as u16;
    let mut mask = Vec::with_capacity(len + 3);
    while mask.len() < len {
        let four = draws.seed().to_le_bytes();
        mask.extend(
            four.as_chunks::<2>()
                .0
                .iter()
                .map(|pair| if u16::from_le_bytes(*pair) < limit { 0.0 } else { kept }),
        );
    }
    mask.truncate(len);
    mask
}
