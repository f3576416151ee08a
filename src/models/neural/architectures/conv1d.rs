//! Convolutions over time with the bands as channels: Conv – BatchNorm – ReLU – pool for each layer, then a global
//! pool, dense layers, and one value a class.
//!
//! gtzan8-2020's Baseline: channels [32, 32, 32], kernel 7, pool 7; its Base1DCNN (Q1): channels [16, 32, 64, 128],
//! kernel and pool [7, 5, 3, 3]. tuiasi-2018: channels [32, 64, 128], kernel 3 without margin, ReLU before BatchNorm,
//! average pools of 2 but after the last layer, global maximum and average side by side, dense [512, 512].

use serde::{Deserialize, Serialize};

use super::layers::{
    Activation, BN_EPSILON, BN_MOMENTUM, Ending, PerLayer, check_sizes, convolution, dense, dropout, pool,
    relu,
};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Node, Op, Pooling, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::parameters;

const NAME: &str = "conv1d";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "channels", default: "[16, 32, 64, 128]", meaning: "channels of each layer" },
    ParameterHelp {
        name: "kernel",
        default: "[7, 5, 3, 3]",
        meaning: "width of each layer's kernel, or one for all",
    },
    ParameterHelp {
        name: "pool",
        default: "[7, 5, 3, 3]",
        meaning: "width and stride of the pool after each layer; 1 is none",
    },
    ParameterHelp { name: "pooling", default: "\"max\"", meaning: "\"max\" or \"average\"" },
    ParameterHelp { name: "last_pool", default: "true", meaning: "whether the last layer has a pool" },
    ParameterHelp {
        name: "same",
        default: "true",
        meaning: "margins of half a kernel, so that a layer keeps the length (an even kernel adds one)",
    },
    ParameterHelp { name: "batch_norm", default: "true", meaning: "normalise each layer over the batch" },
    ParameterHelp {
        name: "relu_first",
        default: "false",
        meaning: "ReLU before the batch norm instead of after it",
    },
    BN_MOMENTUM,
    BN_EPSILON,
    ParameterHelp { name: "conv_dropout", default: "0.0", meaning: "share dropped after each layer" },
    ParameterHelp {
        name: "ending",
        default: "\"average\"",
        meaning: "\"average\", \"max\", \"max_and_average\" or \"flatten\"",
    },
    ParameterHelp { name: "dense", default: "[]", meaning: "sizes of dense layers before the last" },
    ParameterHelp { name: "dropout", default: "0.0", meaning: "share dropped after each dense layer" },
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "convolutions over time with the bands as channels",
    parameters: PARAMETERS,
    parse: |table| parse::<Conv1d>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Pools {
    Max,
    Average,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conv1d {
    channels: Vec<usize>,
    kernel: PerLayer,
    pool: PerLayer,
    pooling: Pools,
    last_pool: bool,
    same: bool,
    batch_norm: bool,
    relu_first: bool,
    #[serde(deserialize_with = "parameters::part32")]
    bn_momentum: f32,
    #[serde(deserialize_with = "parameters::part32")]
    bn_epsilon: f32,
    #[serde(deserialize_with = "parameters::dropout")]
    conv_dropout: f32,
    ending: Ending,
    dense: Vec<usize>,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
}

impl Default for Conv1d {
    fn default() -> Self {
        Self {
            channels: vec![16, 32, 64, 128],
            kernel: PerLayer::Each(vec![7, 5, 3, 3]),
            pool: PerLayer::Each(vec![7, 5, 3, 3]),
            pooling: Pools::Max,
            last_pool: true,
            same: true,
            batch_norm: true,
            relu_first: false,
            bn_momentum: 0.1,
            bn_epsilon: 1e-5,
            conv_dropout: 0.0,
            ending: Ending::Average,
            dense: Vec::new(),
            dropout: 0.0,
        }
    }
}

impl Architecture for Conv1d {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parts(&self, _input: Shape, _columns: usize, classes: usize) -> Parts {
        let mut main = Vec::new();
        let norm = Op::BatchNorm { momentum: self.bn_momentum, epsilon: self.bn_epsilon };
        for (layer, channels) in self.channels.iter().enumerate() {
            let number = layer + 1;
            let kernel = self.kernel.of(layer);
            let margin = if self.same { kernel / 2 } else { 0 };
            main.push(convolution(format!("conv{number}"), *channels, [1, kernel], [0, margin], true));
            let bn = self.batch_norm.then(|| Node::new(format!("bn{number}"), norm.clone()));
            if self.relu_first {
                main.push(relu());
                main.extend(bn);
            } else {
                main.extend(bn);
                main.push(relu());
            }
            let width = self.pool.of(layer);
            if width > 1 && (self.last_pool || number < self.channels.len()) {
                let pooling = if self.pooling == Pools::Max { Pooling::Max } else { Pooling::Average };
                main.push(pool(format!("pool{number}"), pooling, [1, width], [1, width], [0, 0]));
            }
            main.extend(dropout(format!("conv_dropout{number}"), self.conv_dropout));
        }
        main.push(self.ending.node());
        main.extend(dense(&self.dense, Activation::Relu, self.dropout, classes));
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        check_sizes("channels", &self.channels, false)?;
        check_sizes("dense", &self.dense, true)?;
        self.kernel.check("kernel")?;
        self.pool.check("pool")
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
