//! gtzan8-2020's two branches: a spectrogram network's class scores – BatchNorm – ReLU beside those of an embedding
//! MLP (Linear – BatchNorm – ReLU – Linear) – ReLU, joined, one linear layer.
//!
//! The matrix of a clip goes into `network`, its row of the table (an embedding, or statistics) into the MLP.

use serde::{Deserialize, Serialize};

use super::layers::{BATCH_NORM, linear, relu};
use super::{conv1d, conv2d, resnet, vgg};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::network::Wants;
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Blueprint, Node, Op, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::neural::weights::Weights;
use crate::models::parameters;

const NAME: &str = "two_branch";
const BRANCH: &str = "spectrogram.";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp {
        name: "network",
        default: "{ model = \"conv2d\" }",
        meaning: "the spectrogram's network: model = \"conv1d\", \"conv2d\", \"vgg\" or \"resnet\" with its parameters",
    },
    ParameterHelp { name: "hidden", default: "32", meaning: "size of the embedding MLP's hidden layer" },
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "a spectrogram network and an embedding MLP, joined (gtzan8-2020's X+MSD)",
    parameters: PARAMETERS,
    parse: |table| parse::<TwoBranch>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(tag = "model", rename_all = "lowercase")]
enum Inner {
    Conv1d(conv1d::Conv1d),
    Conv2d(conv2d::Conv2d),
    Vgg(vgg::Vgg),
    ResNet(resnet::ResNet),
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoBranch {
    network: Inner,
    #[serde(deserialize_with = "parameters::count")]
    hidden: usize,
}

impl Default for TwoBranch {
    fn default() -> Self {
        let network = Inner::Conv2d(conv2d::Conv2d::default());
        Self { network, hidden: 32 }
    }
}

impl TwoBranch {
    fn inner(&self) -> &dyn Architecture {
        match &self.network {
            Inner::Conv1d(network) => network,
            Inner::Conv2d(network) => network,
            Inner::Vgg(network) => network,
            Inner::ResNet(network) => network,
        }
    }
}

fn rename(nodes: &mut [Node]) {
    for node in nodes {
        node.name.insert_str(0, BRANCH);
        if let Op::Residual { body, shortcut } = &mut node.op {
            rename(body);
            rename(shortcut);
        }
    }
}

impl Architecture for TwoBranch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn wants(&self) -> Wants {
        Wants::Both
    }

    fn parts(&self, input: Shape, columns: usize, classes: usize) -> Parts {
        let mut main = self.inner().parts(input, columns, classes).main;
        rename(&mut main);
        main.extend([Node::new("bn", BATCH_NORM), relu()]);
        let hidden = [linear("embedding.fc1", self.hidden), Node::new("embedding.bn", BATCH_NORM), relu()];
        let side = hidden.into_iter().chain([linear("embedding.fc2", classes), relu()]).collect();
        Parts { main, side, head: vec![linear("fc", classes)] }
    }

    fn check(&self) -> Result<(), String> {
        self.inner().check().map_err(|reason| format!("network: {reason}"))
    }

    fn start_from(
        &self,
        plan: &Blueprint,
        weights: &mut Weights,
        _branch: &str,
    ) -> Result<Option<String>, String> {
        self.inner().start_from(plan, weights, BRANCH)
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}
