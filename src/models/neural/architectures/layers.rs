//! Shorthand for the layers that architectures are made of.

use serde::{Deserialize, Serialize};

use crate::models::model::ParameterHelp;
use crate::models::neural::blueprint::{Node, Op, Pair, Pooling};

/// How a plane or sequence becomes a vector before the dense layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    #[default]
    Average,
    Max,
    MaxAndAverage,
    Flatten,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    #[default]
    Relu,
    Linear,
}

pub const BN_MOMENTUM: ParameterHelp = ParameterHelp {
    name: "bn_momentum",
    default: "0.1",
    meaning: "share of the new batch in the running statistics (Keras's 0.99 is 0.01)",
};

pub const BN_EPSILON: ParameterHelp =
    ParameterHelp { name: "bn_epsilon", default: "1e-5", meaning: "added to the variance" };

pub const BATCH_NORM: Op = Op::BatchNorm { momentum: 0.1, epsilon: 1e-5 };

pub fn linear(name: impl Into<String>, outputs: usize) -> Node {
    Node::new(name, Op::Linear { outputs, bias: true })
}

pub fn relu() -> Node {
    Node::new("relu", Op::Relu)
}

pub fn dropout(name: impl Into<String>, share: f32) -> Option<Node> {
    (share > 0.0).then(|| Node::new(name, Op::Dropout { share }))
}

pub fn convolution(name: impl Into<String>, outputs: usize, kernel: Pair, padding: Pair, bias: bool) -> Node {
    Node::new(name, Op::Convolution { outputs, kernel, stride: [1, 1], padding, bias })
}

pub fn pool(name: impl Into<String>, pooling: Pooling, kernel: Pair, stride: Pair, padding: Pair) -> Node {
    Node::new(name, Op::Pool { pooling, kernel, stride, padding })
}

impl Ending {
    pub fn node(self) -> Node {
        let global = |pooling| Node::new("global", Op::GlobalPool { pooling });
        match self {
            Self::Average => global(Pooling::Average),
            Self::Max => global(Pooling::Max),
            Self::MaxAndAverage => global(Pooling::MaxAndAverage),
            Self::Flatten => Node::new("flatten", Op::Flatten),
        }
    }
}

/// Hidden dense layers, each with its activation and dropout, then one value a class.
pub fn dense(hidden: &[usize], activation: Activation, share: f32, classes: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (place, outputs) in hidden.iter().enumerate() {
        nodes.push(linear(format!("fc{}", place + 1), *outputs));
        if activation == Activation::Relu {
            nodes.push(relu());
        }
        nodes.extend(dropout(format!("dropout{}", place + 1), share));
    }
    nodes.push(linear(format!("fc{}", hidden.len() + 1), classes));
    nodes
}

/// One number for all layers, or one a layer (the last one repeats).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum PerLayer {
    One(usize),
    Each(Vec<usize>),
}

impl PerLayer {
    pub fn of(&self, layer: usize) -> usize {
        match self {
            Self::One(value) => *value,
            Self::Each(values) => values.get(layer).or(values.last()).copied().unwrap_or(1),
        }
    }

    pub fn check(&self, key: &str) -> Result<(), String> {
        let fine = match self {
            Self::One(value) => *value > 0,
            Self::Each(values) => !values.is_empty() && values.iter().all(|value| *value > 0),
        };
        if fine { Ok(()) } else { Err(format!("`{key}` must be a number above 0, or a list of such")) }
    }
}

/// Refuses lists of layers with none or an empty one.
pub fn check_sizes(key: &str, sizes: &[usize], may_be_empty: bool) -> Result<(), String> {
    if sizes.contains(&0) || (sizes.is_empty() && !may_be_empty) {
        return Err(format!("`{key}` must list sizes above 0, such as [16, 32]"));
    }
    Ok(())
}
