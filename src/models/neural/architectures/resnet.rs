//! ResNet (He et al. 2015), torchvision's layers and names: a 7×7 stem, four stages of basic blocks (18, 34) or
//! bottlenecks (50, 101; stride in the 3×3 layer), global average, one value a class. A grey image goes in three times.

use serde::{Deserialize, Serialize};

use super::layers::{BATCH_NORM, linear, pool, relu};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Blueprint, Node, Op, Pair, Pooling, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::neural::pretrained::{self, PRETRAINED};
use crate::models::neural::weights::Weights;
use crate::models::parameters;

const NAME: &str = "resnet";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "depth", default: "18", meaning: "18, 34, 50 or 101" },
    ParameterHelp {
        name: "width",
        default: "64",
        meaning: "channels of the first stage; torchvision's weights need 64",
    },
    PRETRAINED,
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "ResNet18, 34, 50 or 101, from scratch or from torchvision's weights",
    parameters: PARAMETERS,
    parse: |table| parse::<ResNet>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResNet {
    depth: usize,
    #[serde(deserialize_with = "parameters::count")]
    width: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pretrained: Option<std::path::PathBuf>,
}

impl Default for ResNet {
    fn default() -> Self {
        Self { depth: 18, width: 64, pretrained: None }
    }
}

/// Blocks of each stage, and whether they are bottlenecks.
fn stages(depth: usize) -> Option<([usize; 4], bool)> {
    match depth {
        18 => Some(([2, 2, 2, 2], false)),
        34 => Some(([3, 4, 6, 3], false)),
        50 => Some(([3, 4, 6, 3], true)),
        101 => Some(([3, 4, 23, 3], true)),
        _ => None,
    }
}

fn conv(name: String, outputs: usize, side: usize, stride: usize) -> Node {
    let (kernel, padding): (Pair, Pair) = ([side; 2], [side / 2; 2]);
    Node::new(name, Op::Convolution { outputs, kernel, stride: [stride; 2], padding, bias: false })
}

/// One block; `inputs` are the channels that come in.
fn block(name: &str, inputs: usize, planes: usize, stride: usize, bottleneck: bool) -> Node {
    let outputs = if bottleneck { 4 * planes } else { planes };
    let norm = |place: usize| Node::new(format!("{name}.bn{place}"), BATCH_NORM);
    let conv_of =
        |place: usize, outputs, side, stride| conv(format!("{name}.conv{place}"), outputs, side, stride);
    let body = match bottleneck {
        false => vec![conv_of(1, planes, 3, stride), norm(1), relu(), conv_of(2, planes, 3, 1), norm(2)],
        true => vec![
            conv_of(1, planes, 1, 1),
            norm(1),
            relu(),
            conv_of(2, planes, 3, stride),
            norm(2),
            relu(),
            conv_of(3, outputs, 1, 1),
            norm(3),
        ],
    };
    let shortcut = match stride == 1 && inputs == outputs {
        true => Vec::new(),
        false => vec![
            conv(format!("{name}.downsample.0"), outputs, 1, stride),
            Node::new(format!("{name}.downsample.1"), BATCH_NORM),
        ],
    };
    Node::new(name, Op::Residual { body, shortcut })
}

impl Architecture for ResNet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parts(&self, _input: Shape, _columns: usize, classes: usize) -> Parts {
        let (counts, bottleneck) = stages(self.depth).unwrap_or_default();
        let mut main = vec![Node::new("image", Op::AsImage), Node::new("colour", Op::Colour)];
        main.push(conv("conv1".to_string(), self.width, 7, 2));
        main.extend([Node::new("bn1", BATCH_NORM), relu()]);
        main.push(pool("maxpool", Pooling::Max, [3, 3], [2, 2], [1, 1]));
        let mut inputs = self.width;
        for (stage, count) in counts.into_iter().enumerate() {
            let planes = self.width << stage;
            for place in 0..count {
                let stride = if stage > 0 && place == 0 { 2 } else { 1 };
                main.push(block(&format!("layer{}.{place}", stage + 1), inputs, planes, stride, bottleneck));
                inputs = if bottleneck { 4 * planes } else { planes };
            }
        }
        main.push(Node::new("avgpool", Op::AdaptiveAverage { to: [1, 1] }));
        main.push(linear("fc", classes));
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        match stages(self.depth) {
            Some(_) => Ok(()),
            None => Err(format!("`depth` = {} is none of 18, 34, 50 and 101", self.depth)),
        }
    }

    fn start_from(
        &self,
        plan: &Blueprint,
        weights: &mut Weights,
        branch: &str,
    ) -> Result<Option<String>, String> {
        pretrained::start(self.pretrained.as_deref(), plan, weights, branch, &["fc."])
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
