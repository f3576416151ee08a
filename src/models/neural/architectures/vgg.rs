//! VGG (Simonyan & Zisserman 2014), configurations A, B, D and E, torchvision's layers and names, with and without
//! batch norm: a grey image three times, 3×3 convolutions, average to 7×7, three dense layers.

use serde::{Deserialize, Serialize};

use super::layers::{BATCH_NORM, convolution, dropout, linear, pool, relu};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Blueprint, Node, Op, Pooling, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::neural::pretrained::{self, PRETRAINED};
use crate::models::neural::weights::Weights;
use crate::models::parameters;

const NAME: &str = "vgg";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "depth", default: "16", meaning: "11, 13, 16 or 19 layers with weights" },
    ParameterHelp {
        name: "batch_norm",
        default: "false",
        meaning: "normalise each convolution over the batch",
    },
    ParameterHelp {
        name: "width",
        default: "64",
        meaning: "channels of the first block; torchvision's weights need 64",
    },
    ParameterHelp {
        name: "dense",
        default: "4096",
        meaning: "size of the two dense layers; torchvision's weights need 4096",
    },
    ParameterHelp { name: "dropout", default: "0.5", meaning: "share dropped after each dense layer" },
    PRETRAINED,
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "VGG11, 13, 16 or 19, with or without batch norm, from scratch or from torchvision's weights",
    parameters: PARAMETERS,
    parse: |table| parse::<Vgg>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vgg {
    depth: usize,
    batch_norm: bool,
    #[serde(deserialize_with = "parameters::count")]
    width: usize,
    #[serde(deserialize_with = "parameters::count")]
    dense: usize,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pretrained: Option<std::path::PathBuf>,
}

impl Default for Vgg {
    fn default() -> Self {
        Self { depth: 16, batch_norm: false, width: 64, dense: 4096, dropout: 0.5, pretrained: None }
    }
}

/// Convolutions of each of the five blocks.
fn blocks(depth: usize) -> Option<[usize; 5]> {
    match depth {
        11 => Some([1, 1, 2, 2, 2]),
        13 => Some([2, 2, 2, 2, 2]),
        16 => Some([2, 2, 3, 3, 3]),
        19 => Some([2, 2, 4, 4, 4]),
        _ => None,
    }
}

impl Architecture for Vgg {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parts(&self, _input: Shape, _columns: usize, classes: usize) -> Parts {
        let mut main = vec![Node::new("image", Op::AsImage), Node::new("colour", Op::Colour)];
        let mut number = 0;
        let mut next = || {
            number += 1;
            format!("features.{}", number - 1)
        };
        for (block, convolutions) in blocks(self.depth).unwrap_or_default().into_iter().enumerate() {
            let channels = self.width * [1, 2, 4, 8, 8][block];
            for _ in 0..convolutions {
                main.push(convolution(next(), channels, [3, 3], [1, 1], true));
                if self.batch_norm {
                    main.push(Node::new(next(), BATCH_NORM));
                }
                main.push(relu());
                next();
            }
            main.push(pool(next(), Pooling::Max, [2, 2], [2, 2], [0, 0]));
        }
        main.push(Node::new("avgpool", Op::AdaptiveAverage { to: [7, 7] }));
        for place in [0, 3] {
            main.extend([linear(format!("classifier.{place}"), self.dense), relu()]);
            main.extend(dropout(format!("classifier.{}", place + 2), self.dropout));
        }
        main.push(linear("classifier.6", classes));
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        match blocks(self.depth) {
            Some(_) => Ok(()),
            None => Err(format!("`depth` = {} is none of 11, 13, 16 and 19", self.depth)),
        }
    }

    fn start_from(
        &self,
        plan: &Blueprint,
        weights: &mut Weights,
        branch: &str,
    ) -> Result<Option<String>, String> {
        pretrained::start(self.pretrained.as_deref(), plan, weights, branch, &["classifier.6."])
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
