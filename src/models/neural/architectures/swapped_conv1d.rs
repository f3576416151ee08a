//! mipt-2020's CNN, which takes the time steps as channels and slides along the values of a step: Conv 3 – ReLU –
//! BatchNorm – dropout, Conv 3 – ReLU, laid flat, dropout, BatchNorm, one value a class. On 31 × 128 embeddings with
//! channels [16, 4] the flat vector has 512 values. (Its average pool of 1 does nothing and is left out.)

use serde::{Deserialize, Serialize};

use super::layers::{BATCH_NORM, convolution, dropout, linear, relu};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Node, Op, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::parameters;

const NAME: &str = "swapped_conv1d";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "channels", default: "[16, 4]", meaning: "channels of the two convolutions" },
    ParameterHelp {
        name: "dropout",
        default: "0.5",
        meaning: "share dropped after the first convolution and before the last layer",
    },
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "two convolutions along the bands with the time steps as channels (mipt-2020's CNN)",
    parameters: PARAMETERS,
    parse: |table| parse::<SwappedConv1d>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SwappedConv1d {
    channels: [usize; 2],
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
}

impl Default for SwappedConv1d {
    fn default() -> Self {
        Self { channels: [16, 4], dropout: 0.5 }
    }
}

impl Architecture for SwappedConv1d {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parts(&self, _input: Shape, _columns: usize, classes: usize) -> Parts {
        let [first, second] = self.channels;
        let mut main = vec![Node::new("swap", Op::Swap)];
        main.push(convolution("conv1", first, [1, 3], [0, 1], true));
        main.extend([relu(), Node::new("bn1", BATCH_NORM)]);
        main.extend(dropout("dropout1", self.dropout));
        main.push(convolution("conv2", second, [1, 3], [0, 1], true));
        main.extend([relu(), Node::new("flatten", Op::Flatten)]);
        main.extend(dropout("dropout2", self.dropout));
        main.extend([Node::new("bn2", BATCH_NORM), linear("fc", classes)]);
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        super::layers::check_sizes("channels", &self.channels, false)
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
