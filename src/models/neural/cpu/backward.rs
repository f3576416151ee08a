//! The way back: from dloss/dy of the last node to every parameter's gradient.

use std::sync::Arc;

use super::batch_norm::Layout;
use super::convolution::Convolution;
use super::forward::swap;
use super::patches::Windows;
use super::recurrent::{Way, from_time_major, to_time_major};
use super::scratch::Scratch;
use super::tape::{Entry, Extra, SequenceLayer};
use super::{dense, pointwise, pooling};
use crate::models::neural::blueprint::{Cell, Node, Op, Pooling, Shape};

pub struct Backward<'a> {
    pub parameters: &'a [Vec<f32>],
    pub gradients: &'a mut [Vec<f32>],
    pub scratch: &'a Scratch,
    pub clips: usize,
}

impl Backward<'_> {
    /// Gives dx where `wanted`; layers before the first parameter are not walked otherwise.
    pub fn run(
        &mut self,
        nodes: &[Node],
        mut tape: Vec<Entry>,
        mut dy: Vec<f32>,
        wanted: bool,
    ) -> Option<Vec<f32>> {
        let first = nodes.iter().position(|node| learns(&node.op)).unwrap_or(nodes.len());
        while let Some(entry) = tape.pop() {
            let node = &nodes[entry.node];
            if !wanted && entry.node < first {
                return None;
            }
            let wants_dx = wanted || entry.node > first;
            let Entry { x, rectified, kept, .. } = entry;
            let own_relu = matches!(node.op, Op::BatchNorm { .. });
            if let Some(y) = rectified.as_ref().filter(|_| !own_relu) {
                pointwise::relu_back(y, &mut dy);
            }
            let dx = self.one(
                node,
                &x,
                rectified.as_deref().map(Vec::as_slice).filter(|_| own_relu),
                kept,
                dy,
                wants_dx,
            );
            self.scratch.give_shared(x);
            if let Some(y) = rectified {
                self.scratch.give_shared(y);
            }
            dy = dx?;
        }
        Some(dy)
    }

    fn one(
        &mut self,
        node: &Node,
        x: &Arc<Vec<f32>>,
        y: Option<&[f32]>,
        kept: Extra,
        mut dy: Vec<f32>,
        wants_dx: bool,
    ) -> Option<Vec<f32>> {
        let (input, output, clips, scratch) = (node.input, node.output, self.clips, self.scratch);
        let first = node.first_parameter;
        let room = || scratch.stale(clips * input.len());
        let dx = match (&node.op, kept) {
            (Op::Linear { outputs, bias }, _) => {
                let (d_weight, d_bias) = pair(&mut self.gradients[first..], *bias);
                dense::backward_weight(x, &dy, d_weight, d_bias, clips);
                wants_dx.then(|| {
                    let mut dx = room();
                    dense::backward_input(&dy, &self.parameters[first], &mut dx, clips, *outputs);
                    dx
                })
            }
            (Op::Convolution { kernel, stride, padding, bias, .. }, _) => {
                let windows = Windows { input, output, kernel: *kernel, stride: *stride, padding: *padding };
                let convolution = Convolution { windows, scratch };
                let mut dx = wants_dx.then(room);
                let (d_weight, d_bias) = pair(&mut self.gradients[first..], *bias);
                convolution.backward(x, &self.parameters[first], &dy, dx.as_deref_mut(), d_weight, d_bias);
                dx
            }
            (Op::BatchNorm { .. }, Extra::Moments(moments)) => {
                let layout = Layout { channels: input.channels, plane: input.plane() };
                let (d_gamma, rest) = self.gradients[first..].split_at_mut(1);
                let gradients = [d_gamma[0].as_mut_slice(), rest[0].as_mut_slice()];
                let mut dx = room();
                layout.backward(x, y, &dy, &mut dx, &self.parameters[first], gradients, &moments);
                Some(dx)
            }
            (Op::Pool { pooling, kernel, stride, padding }, kept) => {
                let windows = Windows { input, output, kernel: *kernel, stride: *stride, padding: *padding };
                let mut dx = room();
                self.pool(&windows, *pooling, kept, &dy, &mut dx);
                Some(dx)
            }
            (Op::GlobalPool { pooling }, kept) => {
                let kernel = [input.rows, input.columns];
                let windows = Windows { input, output, kernel, stride: [1, 1], padding: [0, 0] };
                let mut dx = room();
                self.pool(&windows, *pooling, kept, &dy, &mut dx);
                Some(dx)
            }
            (Op::AdaptiveAverage { .. }, _) => {
                let mut dx = room();
                pooling::adaptive_backward(input, output, &dy, &mut dx);
                Some(dx)
            }
            (Op::Dropout { .. }, Extra::Mask(mask)) => {
                dy.iter_mut().zip(&mask).for_each(|(d, factor)| *d *= factor);
                return Some(dy);
            }
            (Op::Recurrent { cell, hidden, both_ways, .. }, Extra::Recurrent(layers)) => {
                self.recurrent(node, (*cell, *hidden, *both_ways), layers, &dy, wants_dx)
            }
            (Op::LastStep, _) => {
                let mut dx = scratch.zeros(clips * input.len());
                dx.chunks_mut(input.columns).zip(&dy).for_each(|(row, d)| row[input.columns - 1] = *d);
                Some(dx)
            }
            (Op::Swap, _) => {
                let mut dx = room();
                swap(&dy, output, &mut dx);
                Some(dx)
            }
            (Op::Colour, _) => {
                let mut dx = scratch.zeros(clips * input.len());
                for (dx, dy) in dx.chunks_mut(input.len()).zip(dy.chunks(output.len())) {
                    for plane in dy.chunks(input.len()) {
                        dx.iter_mut().zip(plane).for_each(|(dx, d)| *dx += d);
                    }
                }
                Some(dx)
            }
            (
                Op::Residual { body, shortcut },
                Extra::Residual { body: body_tape, shortcut: shortcut_tape },
            ) => {
                let mut copy = scratch.stale(dy.len());
                copy.copy_from_slice(&dy);
                let mut dx = self.run(body, body_tape, copy, true)?;
                let past = self.run(shortcut, shortcut_tape, dy, true)?;
                pointwise::add(&mut dx, &past);
                scratch.give(past);
                return Some(dx);
            }
            _ => return Some(dy),
        };
        scratch.give(dy);
        dx
    }

    fn pool(&self, windows: &Windows, pooling: Pooling, kept: Extra, dy: &[f32], dx: &mut [f32]) {
        let one =
            Windows { output: Shape { channels: windows.input.channels, ..windows.output }, ..*windows };
        let size = one.output.len();
        match (pooling, kept) {
            (Pooling::Average, _) => pooling::average_backward(windows, dy, dx),
            (Pooling::Max, Extra::Places(places)) => {
                pooling::max_backward(windows.input, windows.output, dy, &places, dx);
            }
            (Pooling::MaxAndAverage, Extra::Places(places)) => {
                let half = |second: usize| -> Vec<f32> {
                    dy.chunks(2 * size).flat_map(|dy| dy[second * size..][..size].iter().copied()).collect()
                };
                pooling::max_backward(one.input, one.output, &half(0), &places, dx);
                let mut of_mean = self.scratch.stale(dx.len());
                pooling::average_backward(&one, &half(1), &mut of_mean);
                pointwise::add(dx, &of_mean);
                self.scratch.give(of_mean);
            }
            _ => dx.fill(0.0),
        }
    }

    fn recurrent(
        &mut self,
        node: &Node,
        (cell, hidden, both_ways): (Cell, usize, bool),
        mut layers: Vec<SequenceLayer>,
        dy: &[f32],
        wants_dx: bool,
    ) -> Option<Vec<f32>> {
        let steps = node.input.columns;
        let ways = if both_ways { 2 } else { 1 };
        let wide = hidden * ways;
        let mut dh = to_time_major(dy, wide, steps, self.scratch);
        while let Some(SequenceLayer { x, h, ways: kept, mask }) = layers.pop() {
            let layer = layers.len();
            let inputs = if layer == 0 { node.input.channels } else { wide };
            let mut dx = (layer > 0 || wants_dx).then(|| self.scratch.zeros(x.len()));
            for (way, kept) in kept.into_iter().enumerate() {
                let first = node.first_parameter + (layer * ways + way) * 4;
                let four = [0, 1, 2, 3].map(|place| self.parameters[first + place].as_slice());
                let [a, b, c, d] = &mut self.gradients[first..first + 4] else { return None };
                let (scratch, clips) = (self.scratch, self.clips);
                let one = Way { scratch, cell, inputs, hidden, steps, clips, reverse: way == 1 };
                let place = (wide, way * hidden);
                one.backward(kept, &x, &h, &dh, place, four, [a, b, c, d], dx.as_deref_mut());
            }
            self.scratch.give(x);
            self.scratch.give(h);
            if layer == 0 {
                self.scratch.give(dh);
                let turned = dx?;
                let mut dx = self.scratch.stale(self.clips * node.input.len());
                from_time_major(&turned, inputs, steps, &mut dx);
                self.scratch.give(turned);
                return Some(dx);
            }
            self.scratch.give(std::mem::replace(&mut dh, dx?));
            if let Some(mask) = mask {
                dh.iter_mut().zip(&mask).for_each(|(value, factor)| *value *= factor);
            }
        }
        None
    }
}

fn learns(op: &Op) -> bool {
    matches!(
        op,
        Op::Linear { .. }
            | Op::Convolution { .. }
            | Op::BatchNorm { .. }
            | Op::Recurrent { .. }
            | Op::Residual { .. }
    )
}

fn pair(gradients: &mut [Vec<f32>], bias: bool) -> (&mut [f32], Option<&mut [f32]>) {
    let (weight, rest) = gradients.split_at_mut(1);
    (&mut weight[0], rest.first_mut().filter(|_| bias).map(Vec::as_mut_slice))
}
