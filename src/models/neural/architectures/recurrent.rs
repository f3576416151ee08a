//! Stacked LSTM or GRU layers over the frames, dropout between them, the last step, dropout, one value a class.
//!
//! mipt-2020's LSTM: hidden 64, layers 2, dropout 0.1, dropout_out 0.15, over 31 VGGish embeddings of 128 values.

use serde::{Deserialize, Serialize};

use super::layers::{dropout, linear};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Cell, Node, Op, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::parameters;

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "hidden", default: "64", meaning: "values of a layer's state" },
    ParameterHelp { name: "layers", default: "2", meaning: "layers, one upon the other" },
    ParameterHelp { name: "bidirectional", default: "false", meaning: "each layer reads both ways" },
    ParameterHelp { name: "dropout", default: "0.0", meaning: "share dropped between layers" },
    ParameterHelp {
        name: "dropout_out",
        default: "0.0",
        meaning: "share dropped before the last, linear layer",
    },
    INPUT,
    TRAIN,
];

pub const LSTM: ModelEntry = ModelEntry {
    name: "lstm",
    summary: "long short-term memory over the frames, one way or both",
    parameters: PARAMETERS,
    parse: |table| parse::<Lstm>("lstm", PARAMETERS, table),
    load: |state| load("lstm", state),
};

pub const GRU: ModelEntry = ModelEntry {
    name: "gru",
    summary: "gated recurrent units over the frames, one way or both",
    parameters: PARAMETERS,
    parse: |table| parse::<Gru>("gru", PARAMETERS, table),
    load: |state| load("gru", state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Layers {
    #[serde(deserialize_with = "parameters::count")]
    hidden: usize,
    #[serde(deserialize_with = "parameters::from_to::<_, 1, 32>")]
    layers: usize,
    bidirectional: bool,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout_out: f32,
}

impl Default for Layers {
    fn default() -> Self {
        Self { hidden: 64, layers: 2, bidirectional: false, dropout: 0.0, dropout_out: 0.0 }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Lstm(Layers);

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Gru(Layers);

impl Layers {
    fn parts(&self, name: &str, cell: Cell, classes: usize) -> Parts {
        let recurrent = Op::Recurrent {
            cell,
            hidden: self.hidden,
            layers: self.layers,
            both_ways: self.bidirectional,
            dropout: self.dropout,
        };
        let mut main = vec![Node::new(name, recurrent), Node::new("last", Op::LastStep)];
        main.extend(dropout("dropout_out", self.dropout_out));
        main.push(linear("fc", classes));
        Parts { main, ..Parts::default() }
    }
}

macro_rules! architecture {
    ($type:ty, $name:literal, $cell:expr) => {
        impl Architecture for $type {
            fn name(&self) -> &'static str {
                $name
            }

            fn parts(&self, _input: Shape, _columns: usize, classes: usize) -> Parts {
                self.0.parts($name, $cell, classes)
            }

            fn as_json(&self) -> serde_json::Value {
                json_of(self)
            }
        }
    };
}

architecture!(Lstm, "lstm", Cell::Lstm);
architecture!(Gru, "gru", Cell::Gru);
