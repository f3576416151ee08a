//! The same blueprint through burn's tensors and its autodiff: on a graphics card where the binary was built with one,
//! and as the oracle that `cpu` is held to.
//!
//! Every parameter is a flat tensor that is given its shape where it is used, so that one optimizer serves all.
//! Masks of dropout are drawn as on the processor, so that both learn the same.

use burn::tensor::activation::{log_softmax, relu, sigmoid, tanh};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, conv2d, max_pool2d};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{FloatDType, Tensor, TensorData};

use super::blueprint::{Blueprint, Cell, Node, Op, Pair, Pooling};
use super::cpu::{Batch, Loss, cross_entropy_of, dropout_mask};
use super::precision::Precision;
use super::weights::Weights;

/// A blueprint with its weights on a device.
pub struct BurnNetwork<B: Backend> {
    pub plan: Blueprint,
    pub parameters: Vec<Tensor<B, 1>>,
    pub buffers: Vec<Vec<f32>>,
    pub precision: Precision,
    device: B::Device,
}

/// One pass; `seed` is there in training only.
struct Pass<'a, B: Backend> {
    parameters: &'a [Tensor<B, 1>],
    buffers: &'a [Vec<f32>],
    precision: Precision,
    device: &'a B::Device,
    seed: Option<u64>,
    updates: Vec<(usize, Tensor<B, 1>, Tensor<B, 1>, f32)>,
}

type Act<B> = Tensor<B, 4>;

fn on<B: Backend>(values: &[f32], device: &B::Device) -> Tensor<B, 1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

pub fn values_of<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().to_vec().unwrap_or_default()
}

impl<B: Backend> BurnNetwork<B> {
    pub fn new(plan: Blueprint, weights: &Weights, device: B::Device) -> Self {
        let parameters = weights.parameters.iter().map(|values| on(values, &device)).collect();
        Self { plan, parameters, buffers: weights.buffers.clone(), precision: Precision::Single, device }
    }

    pub fn weights(&self) -> Weights {
        let parameters = self.parameters.iter().map(|tensor| values_of(tensor.clone())).collect();
        Weights { parameters, buffers: self.buffers.clone() }
    }

    pub fn set_weights(&mut self, weights: &Weights) {
        self.parameters = weights.parameters.iter().map(|values| on(values, &self.device)).collect();
        self.buffers.clone_from(&weights.buffers);
    }

    pub fn logits(&self, batch: Batch<'_>) -> Vec<f32> {
        let mut pass = self.pass(&self.parameters, None);
        values_of(self.forward(&mut pass, batch))
    }

    fn pass<'a>(&'a self, parameters: &'a [Tensor<B, 1>], seed: Option<u64>) -> Pass<'a, B> {
        Pass {
            parameters,
            buffers: &self.buffers,
            precision: self.precision,
            device: &self.device,
            seed,
            updates: Vec::new(),
        }
    }

    fn forward(&self, pass: &mut Pass<'_, B>, batch: Batch<'_>) -> Tensor<B, 2> {
        let shape = self.plan.input;
        let x =
            on(batch.frames, &self.device).reshape([batch.clips, shape.channels, shape.rows, shape.columns]);
        let mut x: Act<B> = pass.run(&self.plan.main, x);
        if self.plan.side_columns > 0 {
            let beside = on(batch.table, &self.device).reshape([batch.clips, self.plan.side_columns, 1, 1]);
            let beside = pass.run(&self.plan.side, beside);
            let flat = |x: Act<B>| x.reshape([batch.clips as i32, -1, 1, 1]);
            x = Tensor::cat(vec![flat(x), flat(beside)], 1);
        }
        pass.run(&self.plan.head, x).reshape([batch.clips, self.plan.classes])
    }
}

/// Gradients by parameter, on the device.
pub type Gradients<B> = Vec<Tensor<B, 1>>;

impl<B: AutodiffBackend> BurnNetwork<B> {
    /// The loss, the gradients of `scale` times it, and what the running statistics become.
    pub fn learn(
        &mut self,
        batch: Batch<'_>,
        truth: &[usize],
        class_weights: Option<&[f32]>,
        seed: u64,
        scale: f32,
    ) -> (Loss, Option<Gradients<B::InnerBackend>>) {
        let parameters: Vec<Tensor<B, 1>> =
            self.parameters.iter().map(|tensor| tensor.clone().detach().require_grad()).collect();
        let mut pass = self.pass(&parameters, Some(seed));
        let logits = self.forward(&mut pass, batch);
        let updates = std::mem::take(&mut pass.updates);
        let loss = cross_entropy_of(&values_of(logits.clone()), truth, class_weights, self.plan.classes);
        if !loss.sum.is_finite() {
            return (loss, None);
        }
        // Σ −w/Σw · log p at the true class: one factor a clip and class.
        let classes = self.plan.classes;
        let mut factors = vec![0.0f32; truth.len() * classes];
        for (clip, class) in truth.iter().enumerate() {
            let weight = class_weights.map_or(1.0, |weights| f64::from(weights[*class]));
            factors[clip * classes + class] = (-weight / loss.weight) as f32 * scale;
        }
        let factors = on(&factors, &self.device).reshape([truth.len(), classes]);
        let mut gradients = (log_softmax(logits, 1) * factors).sum().backward();
        let zeros = |tensor: &Tensor<B, 1>| tensor.clone().inner().zeros_like();
        let gradients =
            parameters.iter().map(|p| p.grad_remove(&mut gradients).unwrap_or_else(|| zeros(p))).collect();
        for (buffer, mean, variance, momentum) in updates {
            for (place, new) in [mean, variance].into_iter().enumerate() {
                let new = values_of(new);
                let old = &mut self.buffers[buffer + place];
                old.iter_mut()
                    .zip(new)
                    .for_each(|(old, new)| *old = (1.0 - momentum) * *old + momentum * new);
            }
        }
        (loss, Some(gradients))
    }
}

impl<B: Backend> Pass<'_, B> {
    fn run(&mut self, nodes: &[Node], x: Act<B>) -> Act<B> {
        nodes.iter().fold(x, |x, node| self.one(node, x))
    }

    fn parameter<const D: usize>(&self, node: &Node, place: usize, shape: [usize; D]) -> Tensor<B, D> {
        self.parameters[node.first_parameter + place].clone().reshape(shape)
    }

    /// What goes into a product, as precise as it is to be there.
    fn factor<const D: usize>(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        if self.precision == Precision::Mixed { x.cast(FloatDType::F16) } else { x }
    }

    /// What comes out of a product: single precision again.
    fn product<const D: usize>(&self, x: Tensor<B, D>) -> Tensor<B, D> {
        if self.precision == Precision::Mixed { x.cast(FloatDType::F32) } else { x }
    }

    fn one(&mut self, node: &Node, x: Act<B>) -> Act<B> {
        let clips = x.dims()[0];
        let (input, output) = (node.input, node.output);
        let out = [clips, output.channels, output.rows, output.columns];
        match &node.op {
            Op::Linear { outputs, bias } => {
                let weight = self.parameter(node, 0, [*outputs, input.len()]);
                let x = self.factor(x.reshape([clips, input.len()]));
                let y = self.product(x.matmul(self.factor(weight).transpose()));
                let y = if *bias { y + self.parameter(node, 1, [1, *outputs]) } else { y };
                y.reshape(out)
            }
            Op::Convolution { outputs, kernel, stride, padding, bias } => {
                let weight = self.parameter(node, 0, [*outputs, input.channels, kernel[0], kernel[1]]);
                let bias = bias.then(|| self.factor(self.parameter(node, 1, [*outputs])));
                // burn 0.21's cards give back a wrong gradient of the input of such a convolution, so what it passes over
                // is taken out before.
                let passes_over = *kernel == [1, 1] && *stride != [1, 1] && *padding == [0, 0];
                let (x, stride) = match passes_over {
                    true => (avg_pool2d(x, [1, 1], *stride, [0, 0], true, false), [1, 1]),
                    false => (x, *stride),
                };
                let options = ConvOptions::new(stride, *padding, [1, 1], 1);
                self.product(conv2d(self.factor(x), self.factor(weight), bias, options))
            }
            Op::BatchNorm { momentum, epsilon } => self.batch_norm(node, x, *momentum, *epsilon),
            Op::Relu => relu(x),
            Op::Pool { pooling, kernel, stride, padding } => pool(x, *pooling, *kernel, *stride, *padding),
            Op::GlobalPool { pooling } => pool(x, *pooling, [input.rows, input.columns], [1, 1], [0, 0]),
            Op::AdaptiveAverage { to } => adaptive_avg_pool2d(x, *to),
            Op::Dropout { share } => match self.seed {
                Some(seed) if *share > 0.0 => {
                    let mask = dropout_mask(seed, &node.name, 0, *share, clips * input.len());
                    x * on(&mask, self.device).reshape(out)
                }
                _ => x,
            },
            Op::Flatten | Op::RowsIntoChannels | Op::AsImage => x.reshape(out),
            Op::Recurrent { .. } => self.recurrent(node, x),
            Op::LastStep => x.narrow(3, input.columns - 1, 1),
            Op::Swap => x.swap_dims(1, 3),
            Op::Colour => Tensor::cat(vec![x.clone(), x.clone(), x], 1),
            Op::Residual { body, shortcut } => {
                let through = self.run(body, x.clone());
                relu(through + self.run(shortcut, x))
            }
        }
    }

    fn batch_norm(&mut self, node: &Node, x: Act<B>, momentum: f32, epsilon: f32) -> Act<B> {
        let channels = node.input.channels;
        let count = (x.dims()[0] * node.input.plane()) as f32;
        let wide = [1, channels, 1, 1];
        let (mean, variance) = if self.seed.is_some() {
            let over = |x: Act<B>| x.mean_dim(0).mean_dim(2).mean_dim(3);
            let mean = over(x.clone());
            let variance = over((x.clone() - mean.clone()).powi_scalar(2));
            let unbiased = variance.clone() * if count > 1.0 { count / (count - 1.0) } else { 1.0 };
            let flat = |x: Act<B>| x.reshape([channels]);
            self.updates.push((node.first_buffer, flat(mean.clone()), flat(unbiased), momentum));
            (mean, variance)
        } else {
            let running =
                |place: usize| on(&self.buffers[node.first_buffer + place], self.device).reshape(wide);
            (running(0), running(1))
        };
        let normal = (x - mean) / (variance + epsilon).sqrt();
        normal * self.parameter(node, 0, wide) + self.parameter(node, 1, wide)
    }

    fn recurrent(&mut self, node: &Node, x: Act<B>) -> Act<B> {
        let Op::Recurrent { cell, hidden, layers, both_ways, dropout } = node.op else { return x };
        let [clips, _, _, steps] = x.dims();
        // clips × time × features.
        let mut x: Tensor<B, 3> = x.reshape([clips, node.input.channels, steps]).swap_dims(1, 2);
        let ways = if both_ways { 2 } else { 1 };
        for layer in 0..layers {
            let outputs = (0..ways).map(|way| {
                let first = (layer * ways + way) * 4;
                self.way(node, x.clone(), cell, hidden, first, way == 1)
            });
            x = Tensor::cat(outputs.collect(), 2);
            if let Some(seed) = self.seed.filter(|_| dropout > 0.0 && layer + 1 < layers) {
                let wide = hidden * ways;
                let mask = dropout_mask(seed, &node.name, layer, dropout, clips * steps * wide);
                // Drawn time-major.
                x = x * on(&mask, self.device).reshape([steps, clips, wide]).swap_dims(0, 1);
            }
        }
        x.swap_dims(1, 2).reshape([clips, hidden * ways, 1, steps])
    }

    fn way(
        &self,
        node: &Node,
        x: Tensor<B, 3>,
        cell: Cell,
        hidden: usize,
        first: usize,
        back: bool,
    ) -> Tensor<B, 3> {
        let [clips, steps, inputs] = x.dims();
        let tall = cell.gates() * hidden;
        let w_ih = self.factor(self.parameter(node, first, [tall, inputs])).transpose();
        let w_hh = self.factor(self.parameter(node, first + 1, [tall, hidden])).transpose();
        let b_ih = self.parameter(node, first + 2, [1, tall]);
        let b_hh = self.parameter(node, first + 3, [1, tall]);
        let mut h: Tensor<B, 2> = Tensor::zeros([clips, hidden], self.device);
        let mut c = h.clone();
        let mut outputs = Vec::with_capacity(steps);
        for at in 0..steps {
            let step = if back { steps - 1 - at } else { at };
            let now: Tensor<B, 2> = x.clone().narrow(1, step, 1).reshape([clips, inputs]);
            let times = |x: Tensor<B, 2>, w: &Tensor<B, 2>| self.product(self.factor(x).matmul(w.clone()));
            let of_x = times(now, &w_ih) + b_ih.clone();
            let of_h = times(h.clone(), &w_hh) + b_hh.clone();
            let part = |gates: &Tensor<B, 2>, place: usize| gates.clone().narrow(1, place * hidden, hidden);
            match cell {
                Cell::Lstm => {
                    let gates = of_x + of_h;
                    let [i, f, o] = [0, 1, 3].map(|place| sigmoid(part(&gates, place)));
                    c = f * c + i * tanh(part(&gates, 2));
                    h = o * tanh(c.clone());
                }
                Cell::Gru => {
                    let r = sigmoid(part(&of_x, 0) + part(&of_h, 0));
                    let z = sigmoid(part(&of_x, 1) + part(&of_h, 1));
                    let n = tanh(part(&of_x, 2) + r * part(&of_h, 2));
                    h = n.clone() + z * (h - n);
                }
            }
            outputs.push(h.clone().unsqueeze_dim::<3>(1));
        }
        if back {
            outputs.reverse();
        }
        Tensor::cat(outputs, 1)
    }
}

fn pool<B: Backend>(x: Act<B>, pooling: Pooling, kernel: Pair, stride: Pair, padding: Pair) -> Act<B> {
    let largest = |x| max_pool2d(x, kernel, stride, padding, [1, 1], false);
    let mean = |x| avg_pool2d(x, kernel, stride, padding, true, false);
    match pooling {
        Pooling::Max => largest(x),
        Pooling::Average => mean(x),
        Pooling::MaxAndAverage => Tensor::cat(vec![largest(x.clone()), mean(x)], 1),
    }
}
