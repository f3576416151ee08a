//! Multilayer perceptron: Linear – (BatchNorm) – ReLU – (dropout) for each hidden layer, then one value a class.
//!
//! On rows of a table, or on frame matrices laid flat (mipt-2020's FCNN on 31 × 128 embeddings). gtzan8-2020's
//! `MTT Embed` and `MSD Embed` are hidden = \[32\] with batch norm.

use serde::{Deserialize, Serialize};

use super::layers::{BATCH_NORM, check_sizes, dropout, linear, relu};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::network::Wants;
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Node, Op, Pooling, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::parameters;

const NAME: &str = "mlp";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "hidden", default: "[64]", meaning: "sizes of the hidden layers" },
    ParameterHelp {
        name: "batch_norm",
        default: "false",
        meaning: "normalise each hidden layer over the batch",
    },
    ParameterHelp {
        name: "dropout",
        default: "0.0",
        meaning: "share of each hidden layer dropped in training",
    },
    ParameterHelp {
        name: "average",
        default: "false",
        meaning: "frames are averaged first instead of laid flat",
    },
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "multilayer perceptron, on a table's rows or on frames laid flat",
    parameters: PARAMETERS,
    parse: |table| parse::<Mlp>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mlp {
    hidden: Vec<usize>,
    batch_norm: bool,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
    average: bool,
}

impl Default for Mlp {
    fn default() -> Self {
        Self { hidden: vec![64], batch_norm: false, dropout: 0.0, average: false }
    }
}

impl Architecture for Mlp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn wants(&self) -> Wants {
        Wants::Either
    }

    fn parts(&self, input: Shape, _columns: usize, classes: usize) -> Parts {
        let mut main = Vec::new();
        if self.average && input.len() > 0 {
            main.push(Node::new("average", Op::GlobalPool { pooling: Pooling::Average }));
        }
        for (place, outputs) in self.hidden.iter().enumerate() {
            main.push(linear(format!("fc{}", place + 1), *outputs));
            if self.batch_norm {
                main.push(Node::new(format!("bn{}", place + 1), BATCH_NORM));
            }
            main.push(relu());
            main.extend(dropout(format!("dropout{}", place + 1), self.dropout));
        }
        main.push(linear(format!("fc{}", self.hidden.len() + 1), classes));
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        check_sizes("hidden", &self.hidden, true)
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
