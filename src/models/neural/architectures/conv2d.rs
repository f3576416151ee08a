//! Convolutions over bands and time: blocks of Conv – BatchNorm – ReLU, each block with a pool, then a global pool or
//! the whole plane, dense layers, and one value a class.
//!
//! gtzan8-2020's Base2DCNN: channels [16, 32, 64, 128], kernel [7, 5, 3, 3], pool [5, 3, 3, 2] (the report says as in
//! Q1: [7, 5, 3, 3]). cntk-2020: channels [64, 128, 256], kernel 3 without bias, pools of 3 by 2 with a margin of 1 but
//! after the last layer, flatten, dense [512, 512] without activation, dropout 0.5. iaml-2018: two convolutions a
//! block, channels [64, 160, 128], no batch norm, dense \[64\]; its layers are conv1_1, conv1_2, conv2_1, …

use serde::{Deserialize, Serialize};

use super::layers::{
    Activation, BN_EPSILON, BN_MOMENTUM, Ending, PerLayer, check_sizes, convolution, dense, pool, relu,
};
use crate::models::model::{ModelEntry, ParameterHelp};
use crate::models::neural::architecture::{Architecture, Parts, json_of};
use crate::models::neural::blueprint::{Node, Op, Pooling, Shape};
use crate::models::neural::help::{INPUT, TRAIN};
use crate::models::neural::model::{load, parse};
use crate::models::parameters;

const NAME: &str = "conv2d";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "channels", default: "[16, 32, 64, 128]", meaning: "channels of each block" },
    ParameterHelp {
        name: "kernel",
        default: "[7, 5, 3, 3]",
        meaning: "side of each block's kernels, or one for all",
    },
    ParameterHelp {
        name: "pool",
        default: "[5, 3, 3, 2]",
        meaning: "side of the pool after each block; 1 is none",
    },
    ParameterHelp {
        name: "pool_stride",
        default: "none",
        meaning: "stride of the pools; left out, it is as pool",
    },
    ParameterHelp { name: "pool_margin", default: "0", meaning: "margin of the pools" },
    ParameterHelp { name: "last_pool", default: "true", meaning: "whether the last block has a pool" },
    ParameterHelp {
        name: "shrink_pools",
        default: "false",
        meaning: "a pool larger than what is left takes what is left",
    },
    ParameterHelp { name: "convolutions", default: "1", meaning: "convolutions of each block" },
    ParameterHelp { name: "conv_bias", default: "true", meaning: "whether convolutions have a bias" },
    ParameterHelp {
        name: "batch_norm",
        default: "true",
        meaning: "normalise each convolution over the batch",
    },
    BN_MOMENTUM,
    BN_EPSILON,
    ParameterHelp {
        name: "ending",
        default: "\"average\"",
        meaning: "\"average\", \"max\", \"max_and_average\" or \"flatten\"",
    },
    ParameterHelp { name: "dense", default: "[]", meaning: "sizes of dense layers before the last" },
    ParameterHelp { name: "dense_activation", default: "\"relu\"", meaning: "\"relu\" or \"linear\"" },
    ParameterHelp { name: "dropout", default: "0.0", meaning: "share dropped after each dense layer" },
    INPUT,
    TRAIN,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "convolutions over bands and time, with the frames as an image",
    parameters: PARAMETERS,
    parse: |table| parse::<Conv2d>(NAME, PARAMETERS, table),
    load: |state| load(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conv2d {
    channels: Vec<usize>,
    kernel: PerLayer,
    pool: PerLayer,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool_stride: Option<PerLayer>,
    pool_margin: usize,
    last_pool: bool,
    shrink_pools: bool,
    #[serde(deserialize_with = "parameters::from_to::<_, 1, 32>")]
    convolutions: usize,
    conv_bias: bool,
    batch_norm: bool,
    #[serde(deserialize_with = "parameters::part32")]
    bn_momentum: f32,
    #[serde(deserialize_with = "parameters::part32")]
    bn_epsilon: f32,
    ending: Ending,
    dense: Vec<usize>,
    dense_activation: Activation,
    #[serde(deserialize_with = "parameters::dropout")]
    dropout: f32,
}

impl Default for Conv2d {
    fn default() -> Self {
        Self {
            channels: vec![16, 32, 64, 128],
            kernel: PerLayer::Each(vec![7, 5, 3, 3]),
            pool: PerLayer::Each(vec![5, 3, 3, 2]),
            pool_stride: None,
            pool_margin: 0,
            last_pool: true,
            shrink_pools: false,
            convolutions: 1,
            conv_bias: true,
            batch_norm: true,
            bn_momentum: 0.1,
            bn_epsilon: 1e-5,
            ending: Ending::Average,
            dense: Vec::new(),
            dense_activation: Activation::Relu,
            dropout: 0.0,
        }
    }
}

impl Architecture for Conv2d {
    fn name(&self) -> &'static str {
        NAME
    }

    fn parts(&self, input: Shape, _columns: usize, classes: usize) -> Parts {
        let mut main = vec![Node::new("image", Op::AsImage)];
        // Followed only for `shrink_pools`.
        let mut size = [input.channels, input.columns];
        for (block, channels) in self.channels.iter().enumerate() {
            let number = block + 1;
            let kernel = self.kernel.of(block);
            for convolution_number in 1..=self.convolutions {
                let name = match self.convolutions {
                    1 => format!("{number}"),
                    _ => format!("{number}_{convolution_number}"),
                };
                let margin = [kernel / 2; 2];
                main.push(convolution(format!("conv{name}"), *channels, [kernel; 2], margin, self.conv_bias));
                if self.batch_norm {
                    let (momentum, epsilon) = (self.bn_momentum, self.bn_epsilon);
                    main.push(Node::new(format!("bn{name}"), Op::BatchNorm { momentum, epsilon }));
                }
                main.push(relu());
            }
            let side = self.pool.of(block);
            if side > 1 && (self.last_pool || number < self.channels.len()) {
                let stride = self.pool_stride.as_ref().map_or(side, |stride| stride.of(block));
                let fit = |left: usize| if self.shrink_pools { side.min(left.max(1)) } else { side };
                let kernel = size.map(fit);
                // A pool that shrank has no more margin than half of itself, or some would see nothing else.
                let margin = kernel.map(|side| self.pool_margin.min(side / 2));
                main.push(pool(format!("pool{number}"), Pooling::Max, kernel, [stride; 2], margin));
                for (axis, left) in size.iter_mut().enumerate() {
                    *left = (*left + 2 * margin[axis]).saturating_sub(kernel[axis]) / stride + 1;
                }
            }
        }
        main.push(self.ending.node());
        main.extend(dense(&self.dense, self.dense_activation, self.dropout, classes));
        Parts { main, ..Parts::default() }
    }

    fn check(&self) -> Result<(), String> {
        check_sizes("channels", &self.channels, false)?;
        check_sizes("dense", &self.dense, true)?;
        self.kernel.check("kernel")?;
        self.pool.check("pool")?;
        self.pool_stride.as_ref().map_or(Ok(()), |stride| stride.check("pool_stride"))?;
        match self.pool_margin {
            0 => Ok(()),
            margin if (0..self.channels.len()).all(|block| 2 * margin <= self.pool.of(block)) => Ok(()),
            _ => Err("`pool_margin` may be half a pool at most".to_string()),
        }
    }

    fn as_json(&self) -> serde_json::Value {
        json_of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::neural::architecture::blueprint;

    #[test]
    fn a_pool_that_shrinks_has_half_of_itself_as_margin_at_most() {
        let options = "channels = [4, 4]\nkernel = 3\npool = 4\npool_margin = 2\nshrink_pools = true";
        let network: Conv2d = toml::from_str(options).unwrap();
        network.check().unwrap();
        let plan = blueprint(&network, Shape::new(6, 1, 3), 0, 2).unwrap();
        let pools: Vec<_> = plan
            .main
            .iter()
            .filter_map(|node| match node.op {
                Op::Pool { kernel, padding, .. } => Some((kernel, padding)),
                _ => None,
            })
            .collect();
        assert_eq!(pools, [([4, 3], [2, 1]), ([2, 1], [1, 0])]);
    }
}
