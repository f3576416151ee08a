//! Convolutional recurrent network (Choi et al. 2017): Conv – BatchNorm – ReLU – pool blocks over bands and time, then
//! what is left of the bands joins the channels and GRU or LSTM layers read along time; the last step, one value a class.

use serde::{Deserialize, Serialize};

use super::layers::{BATCH_NORM, check_sizes, convolution, dropout, linear, pool, relu};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Cell, Node, Op, Pooling, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::parameters;

const NAME: &str = "crnn";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "channels", default: "[32, 64, 64]", meaning: "channels of each convolution" },
    ParameterHelp {
        name: "pool",
        default: "[[4, 2], [4, 2], [2, 2]]",
        meaning: "bands and frames of each pool",
    },
    ParameterHelp { name: "cell", default: "\"gru\"", meaning: "\"gru\" or \"lstm\"" },
    ParameterHelp { name: "hidden", default: "64", meaning: "values of a recurrent layer's state" },
    ParameterHelp { name: "layers", default: "1", meaning: "recurrent layers" },
    ParameterHelp {
        name: "bidirectional",
        default: "false",
        meaning: "each recurrent layer reads both ways",
    },
    ParameterHelp {
        name: "dropout",
        default: "0.0",
        meaning: "share dropped between recurrent layers and before the last",
    },
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "convolutions, then recurrent layers along time",
    parameters: PARAMETERS,
    parse: |table| parse::<Crnn>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Gru,
    Lstm,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Crnn {
    channels: Vec<usize>,
    pool: Vec<[usize; 2]>,
    cell: Kind,
    #[serde(deserialize_with = "parameters::count")]
    hidden: usize,
    #[serde(deserialize_with = "parameters::from_to::<_, 1, 32>")]
    layers: usize,
    bidirectional: bool,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
}

impl Default for Crnn {
    fn default() -> Self {
        Self {
            channels: vec![32, 64, 64],
            pool: vec![[4, 2], [4, 2], [2, 2]],
            cell: Kind::Gru,
            hidden: 64,
            layers: 1,
            bidirectional: false,
            dropout: 0.0,
        }
    }
}

impl Architecture for Crnn {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parts(&self, _input: Shape, _columns: usize, classes: usize) -> Parts {
        let mut main = vec![Node::new("image", Op::AsImage)];
        for (layer, (channels, size)) in self.channels.iter().zip(&self.pool).enumerate() {
            let number = layer + 1;
            main.push(convolution(format!("conv{number}"), *channels, [3, 3], [1, 1], true));
            main.push(Node::new(format!("bn{number}"), BATCH_NORM));
            main.push(relu());
            main.push(pool(format!("pool{number}"), Pooling::Max, *size, *size, [0, 0]));
        }
        main.push(Node::new("sequence", Op::RowsIntoChannels));
        let cell = if self.cell == Kind::Gru { Cell::Gru } else { Cell::Lstm };
        let (hidden, layers, both_ways) = (self.hidden, self.layers, self.bidirectional);
        main.push(Node::new("rnn", Op::Recurrent { cell, hidden, layers, both_ways, dropout: self.dropout }));
        main.push(Node::new("last", Op::LastStep));
        main.extend(dropout("dropout_out", self.dropout));
        main.push(linear("fc", classes));
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        check_sizes("channels", &self.channels, false)?;
        if self.pool.len() != self.channels.len() || self.pool.iter().flatten().any(|size| *size == 0) {
            return Err("`pool` needs one [bands, frames] above 0 for each of `channels`".to_string());
        }
        Ok(())
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
