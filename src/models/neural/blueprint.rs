//! A network as data: its layers in order, the shape of what flows between them, and the name and shape of every
//! parameter. The architectures write blueprints; the executors (`cpu`, and burn's on a graphics card) carry them out.
//!
//! What flows is one block of `channels × rows × columns` a clip or segment (PyTorch's C × H × W): an image is
//! 1 × bands × frames, a sequence is features × 1 × time, and a flat vector is values × 1 × 1.
//! Parameters carry PyTorch's names and layouts, so that state dicts of torchvision fit without a map.

use serde::{Deserialize, Serialize};

/// Channels, rows, columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    pub channels: usize,
    pub rows: usize,
    pub columns: usize,
}

impl Shape {
    pub const fn new(channels: usize, rows: usize, columns: usize) -> Self {
        Self { channels, rows, columns }
    }

    pub const fn flat(values: usize) -> Self {
        Self::new(values, 1, 1)
    }

    pub const fn len(self) -> usize {
        self.channels * self.rows * self.columns
    }

    pub const fn plane(self) -> usize {
        self.rows * self.columns
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}×{}×{}", self.channels, self.rows, self.columns)
    }
}

/// Rows and columns of a kernel, a stride or a margin.
pub type Pair = [usize; 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pooling {
    Max,
    Average,
    /// Maximum and average, one after the other along the channels.
    MaxAndAverage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    Lstm,
    Gru,
}

impl Cell {
    /// Blocks of `hidden` rows in its matrices.
    pub fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }
}

/// One layer. `first_parameter` of its node is the place of its first parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// y = W x + b over the flattened input; W is outputs × inputs.
    Linear {
        outputs: usize,
        bias: bool,
    },
    /// Cross-correlation, zeros outside; W is outputs × channels × kernel.
    Convolution {
        outputs: usize,
        kernel: Pair,
        stride: Pair,
        padding: Pair,
        bias: bool,
    },
    /// By channel, over clips and positions; variance of the batch is biased, the running one is not.
    BatchNorm {
        momentum: f32,
        epsilon: f32,
    },
    Relu,
    Pool {
        pooling: Pooling,
        kernel: Pair,
        stride: Pair,
        padding: Pair,
    },
    /// To channels × 1 × 1 (twice the channels for `MaxAndAverage`).
    GlobalPool {
        pooling: Pooling,
    },
    /// Averages over nearly equal parts, as PyTorch's AdaptiveAvgPool2d.
    AdaptiveAverage {
        to: Pair,
    },
    Dropout {
        share: f32,
    },
    Flatten,
    /// Over the columns of features × 1 × time; gives hidden × 1 × time (twice the hidden where both ways).
    Recurrent {
        cell: Cell,
        hidden: usize,
        layers: usize,
        both_ways: bool,
        dropout: f32,
    },
    /// The last column only.
    LastStep,
    /// channels × rows × columns to (channels · rows) × 1 × columns.
    RowsIntoChannels,
    /// features × 1 × time to 1 × features × time.
    AsImage,
    /// features × 1 × time to time × 1 × features.
    Swap,
    /// One channel three times, for networks made for colour pictures.
    Colour,
    /// relu(body(x) + shortcut(x)); an empty shortcut is x itself.
    Residual {
        body: Vec<Node>,
        shortcut: Vec<Node>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its parameters are called `name.weight` and so on.
    pub name: String,
    pub op: Op,
    /// Set by [`Blueprint::new`].
    pub input: Shape,
    pub output: Shape,
    pub first_parameter: usize,
    pub first_buffer: usize,
}

impl Node {
    pub fn new(name: impl Into<String>, op: Op) -> Self {
        let nothing = Shape::flat(0);
        Self { name: name.into(), op, input: nothing, output: nothing, first_parameter: 0, first_buffer: 0 }
    }
}

/// What a parameter is, which decides how it starts and whether it decays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    Weight,
    RecurrentWeight,
    Bias,
    RecurrentBias,
    Scale,
    Shift,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParameterSpec {
    pub name: String,
    /// As PyTorch has it (but for a Conv1d's kernel, which has no rows of its own there).
    pub shape: Vec<usize>,
    pub role: Role,
    /// Inputs of the layer, whose root bounds PyTorch's own biases; of a recurrent layer its hidden size.
    pub fan_in: usize,
    pub fan_out: usize,
    pub of_convolution: bool,
}

impl ParameterSpec {
    pub fn len(&self) -> usize {
        // A size that overflows is told as too large.
        self.shape.iter().copied().fold(1, usize::saturating_mul)
    }
}

/// Running statistics: not learned, but part of the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BufferSpec {
    pub name: String,
    pub len: usize,
    pub start: f32,
}

/// Why a network cannot be built as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BlueprintError {
    #[error(
        "layer `{layer}` takes {kernel:?} of an input of {shape}, which is too small; use fewer or smaller layers, or longer segments"
    )]
    TooSmall { layer: String, kernel: Pair, shape: Shape },
    #[error("layer `{layer}` works on sequences (features × 1 × time) and gets {shape}")]
    NoSequence { layer: String, shape: Shape },
    #[error("the shortcut of `{layer}` gives {shortcut} where its body gives {body}")]
    Shortcut { layer: String, body: Shape, shortcut: Shape },
    #[error("the network holds {count} parameters, more than this program takes (2 thousand million)")]
    TooLarge { count: usize },
}

/// A whole network: frames through `main`, a row of a table through `side`, both one after the other into `head`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blueprint {
    pub main: Vec<Node>,
    pub side: Vec<Node>,
    pub head: Vec<Node>,
    pub input: Shape,
    /// Columns of the table for `side`; 0 where there is none.
    pub side_columns: usize,
    pub classes: usize,
    pub parameters: Vec<ParameterSpec>,
    pub buffers: Vec<BufferSpec>,
}

const MOST_PARAMETERS: usize = 2_000_000_000;

impl Blueprint {
    /// Works out every shape and numbers the parameters, in the order of the layers.
    pub fn new(
        mut main: Vec<Node>,
        mut side: Vec<Node>,
        mut head: Vec<Node>,
        input: Shape,
        side_columns: usize,
    ) -> Result<Self, BlueprintError> {
        let mut count = Counted { parameters: Vec::new(), buffers: Vec::new() };
        let main_shape = count.number(&mut main, input)?;
        let side_shape = count.number(&mut side, Shape::flat(side_columns))?;
        let joined = if side_columns > 0 { main_shape.len() + side_shape.len() } else { main_shape.len() };
        let into_head = if side_columns > 0 { Shape::flat(joined) } else { main_shape };
        let classes = count.number(&mut head, into_head)?.len();
        let Counted { parameters, buffers } = count;
        let total = parameters.iter().map(ParameterSpec::len).fold(0usize, usize::saturating_add);
        if total > MOST_PARAMETERS {
            return Err(BlueprintError::TooLarge { count: total });
        }
        Ok(Self { main, side, head, input, side_columns, classes, parameters, buffers })
    }

    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(ParameterSpec::len).sum()
    }

    /// Whether a batch norm works on flat vectors: over one clip alone these have no spread.
    pub fn normalises_vectors(&self) -> bool {
        fn within(nodes: &[Node]) -> bool {
            nodes.iter().any(|node| match &node.op {
                Op::BatchNorm { .. } => node.input.plane() == 1,
                Op::Residual { body, shortcut } => within(body) || within(shortcut),
                _ => false,
            })
        }
        [&self.main, &self.side, &self.head].into_iter().any(|nodes| within(nodes))
    }
}

struct Counted {
    parameters: Vec<ParameterSpec>,
    buffers: Vec<BufferSpec>,
}

impl Counted {
    fn number(&mut self, nodes: &mut [Node], mut shape: Shape) -> Result<Shape, BlueprintError> {
        for node in nodes {
            node.input = shape;
            node.first_parameter = self.parameters.len();
            node.first_buffer = self.buffers.len();
            shape = self.one(&node.name, &mut node.op, shape)?;
            node.output = shape;
        }
        Ok(shape)
    }

    fn add(&mut self, name: String, shape: Vec<usize>, role: Role, fans: (usize, usize), conv: bool) {
        let (fan_in, fan_out) = fans;
        self.parameters.push(ParameterSpec { name, shape, role, fan_in, fan_out, of_convolution: conv });
    }

    fn one(&mut self, name: &str, op: &mut Op, input: Shape) -> Result<Shape, BlueprintError> {
        Ok(match op {
            Op::Linear { outputs, bias } => {
                let (inputs, outputs) = (input.len(), *outputs);
                let fans = (inputs, outputs);
                self.add(format!("{name}.weight"), vec![outputs, inputs], Role::Weight, fans, false);
                if *bias {
                    self.add(format!("{name}.bias"), vec![outputs], Role::Bias, fans, false);
                }
                Shape::flat(outputs)
            }
            Op::Convolution { outputs, kernel, stride, padding, bias } => {
                let size = windows(name, input, *kernel, *stride, *padding)?;
                let area = kernel[0].saturating_mul(kernel[1]);
                let fans = (input.channels.saturating_mul(area), outputs.saturating_mul(area));
                let shape = vec![*outputs, input.channels, kernel[0], kernel[1]];
                self.add(format!("{name}.weight"), shape, Role::Weight, fans, true);
                if *bias {
                    self.add(format!("{name}.bias"), vec![*outputs], Role::Bias, fans, true);
                }
                Shape::new(*outputs, size[0], size[1])
            }
            Op::BatchNorm { .. } => {
                let channels = input.channels;
                let fans = (channels, channels);
                self.add(format!("{name}.weight"), vec![channels], Role::Scale, fans, false);
                self.add(format!("{name}.bias"), vec![channels], Role::Shift, fans, false);
                for (what, start) in [("running_mean", 0.0), ("running_var", 1.0)] {
                    self.buffers.push(BufferSpec { name: format!("{name}.{what}"), len: channels, start });
                }
                input
            }
            Op::Pool { pooling, kernel, stride, padding } => {
                let size = windows(name, input, *kernel, *stride, *padding)?;
                let times = if *pooling == Pooling::MaxAndAverage { 2 } else { 1 };
                Shape::new(input.channels * times, size[0], size[1])
            }
            Op::GlobalPool { pooling } => {
                Shape::flat(input.channels * if *pooling == Pooling::MaxAndAverage { 2 } else { 1 })
            }
            Op::AdaptiveAverage { to } => Shape::new(input.channels, to[0], to[1]),
            Op::Relu | Op::Dropout { .. } => input,
            Op::Flatten => Shape::flat(input.len()),
            Op::Recurrent { cell, hidden, layers, both_ways, .. } => {
                if input.rows != 1 {
                    return Err(BlueprintError::NoSequence { layer: name.to_string(), shape: input });
                }
                self.recurrent(name, input.channels, *cell, *hidden, *layers, *both_ways);
                Shape::new(*hidden * if *both_ways { 2 } else { 1 }, 1, input.columns)
            }
            Op::LastStep => Shape::new(input.channels, input.rows, 1),
            Op::RowsIntoChannels => Shape::new(input.channels * input.rows, 1, input.columns),
            Op::AsImage | Op::Swap if input.rows != 1 => {
                return Err(BlueprintError::NoSequence { layer: name.to_string(), shape: input });
            }
            Op::AsImage => Shape::new(1, input.channels, input.columns),
            Op::Swap => Shape::new(input.columns, 1, input.channels),
            Op::Colour => Shape::new(3 * input.channels, input.rows, input.columns),
            Op::Residual { body, shortcut } => {
                let through = self.number(body, input)?;
                let past = self.number(shortcut, input)?;
                if through != past {
                    let layer = name.to_string();
                    return Err(BlueprintError::Shortcut { layer, body: through, shortcut: past });
                }
                through
            }
        })
    }

    fn recurrent(&mut self, name: &str, inputs: usize, cell: Cell, hidden: usize, layers: usize, both: bool) {
        let ways: &[&str] = if both { &["", "_reverse"] } else { &[""] };
        let tall = cell.gates() * hidden;
        for layer in 0..layers {
            let from = if layer == 0 { inputs } else { hidden * ways.len() };
            for way in ways {
                let fans = (from, hidden);
                self.add(
                    format!("{name}.weight_ih_l{layer}{way}"),
                    vec![tall, from],
                    Role::RecurrentWeight,
                    fans,
                    false,
                );
                let fans = (hidden, hidden);
                self.add(
                    format!("{name}.weight_hh_l{layer}{way}"),
                    vec![tall, hidden],
                    Role::RecurrentWeight,
                    fans,
                    false,
                );
                for bias in ["bias_ih", "bias_hh"] {
                    self.add(
                        format!("{name}.{bias}_l{layer}{way}"),
                        vec![tall],
                        Role::RecurrentBias,
                        fans,
                        false,
                    );
                }
            }
        }
    }
}

/// How many windows fit, along rows and columns.
fn windows(
    name: &str,
    input: Shape,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
) -> Result<Pair, BlueprintError> {
    let along = |size: usize, axis: usize| {
        (size + 2 * padding[axis]).checked_sub(kernel[axis]).map(|room| room / stride[axis].max(1) + 1)
    };
    match (along(input.rows, 0), along(input.columns, 1)) {
        (Some(rows), Some(columns)) if input.len() > 0 => Ok([rows, columns]),
        _ => Err(BlueprintError::TooSmall { layer: name.to_string(), kernel, shape: input }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_parameters_follow_from_the_layers() {
        let conv =
            Op::Convolution { outputs: 16, kernel: [3, 3], stride: [2, 2], padding: [1, 1], bias: true };
        let pool = Op::Pool { pooling: Pooling::Max, kernel: [5, 5], stride: [5, 5], padding: [0, 0] };
        let nodes = vec![
            Node::new("conv", conv),
            Node::new("bn", Op::BatchNorm { momentum: 0.1, epsilon: 1e-5 }),
            Node::new("pool", pool),
            Node::new("fc", Op::Linear { outputs: 8, bias: true }),
        ];
        let plan = Blueprint::new(nodes, vec![], vec![], Shape::new(1, 96, 125), 0).unwrap();
        assert_eq!(plan.main[0].output, Shape::new(16, 48, 63));
        assert_eq!(plan.main[2].output, Shape::new(16, 9, 12));
        assert_eq!(plan.classes, 8);
        assert_eq!(plan.parameter_count(), 16 * 9 + 16 + 32 + 16 * 9 * 12 * 8 + 8);
        let small = Blueprint::new(plan.main, vec![], vec![], Shape::new(1, 4, 4), 0);
        assert!(small.unwrap_err().to_string().contains("`pool`"));
        let side = 1_000_000_000;
        let vast = Op::Convolution {
            outputs: 16,
            kernel: [side, side],
            stride: [1, 1],
            padding: [side, side],
            bias: true,
        };
        let vast = Blueprint::new(vec![Node::new("c", vast)], vec![], vec![], Shape::new(1, 8, 8), 0);
        assert!(matches!(vast, Err(BlueprintError::TooLarge { .. })));
    }
}
