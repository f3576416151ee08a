//! Networks that are small enough to be trained in tests, every layer and every architecture among them.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use super::architecture::{Architecture, blueprint};
use super::architectures::{conv1d, conv2d, crnn, mlp, recurrent, resnet, swapped_conv1d, two_branch, vgg};
use super::blueprint::{Blueprint, Shape};

const CLIP: Shape = Shape::new(20, 1, 33);
/// Networks that halve their image five times need more of it.
const LARGER_CLIP: Shape = Shape::new(32, 1, 40);
const NO_FRAMES: Shape = Shape::flat(0);

pub struct SmallNetwork {
    /// The architecture's own parameters, as an experiment's row writes them.
    pub options: &'static str,
    /// Columns of the table, for those that take one.
    pub columns: usize,
    shape: Shape,
    architecture: Box<dyn Architecture>,
}

impl SmallNetwork {
    /// Of clips of that shape, or of `columns` of a table alone where the shape is empty.
    pub fn new<A: Architecture + DeserializeOwned + 'static>(
        shape: Shape,
        columns: usize,
        options: &'static str,
    ) -> Self {
        let architecture = Box::new(toml::from_str::<A>(options).unwrap());
        Self { options, columns, shape, architecture }
    }

    pub fn name(&self) -> &'static str {
        self.architecture.name()
    }

    /// For three classes.
    pub fn plan(&self) -> Blueprint {
        blueprint(self.architecture.as_ref(), self.shape, self.columns, 3).unwrap()
    }

    /// A clip it can be fed with, bands × 1 × frames: what takes a table alone takes frames as well.
    pub fn clip(&self) -> Shape {
        if self.shape == NO_FRAMES { CLIP } else { self.shape }
    }
}

/// Every layer there is.
pub fn networks() -> Vec<SmallNetwork> {
    vec![
        SmallNetwork::new::<mlp::Mlp>(NO_FRAMES, 9, "hidden = [7, 5]\nbatch_norm = true\ndropout = 0.3"),
        SmallNetwork::new::<conv1d::Conv1d>(
            CLIP,
            0,
            "channels = [6, 5]\nkernel = [5, 3]\npool = 3\nending = \"max_and_average\"\ndense = [7]",
        ),
        SmallNetwork::new::<conv1d::Conv1d>(
            CLIP,
            0,
            "channels = [6, 5]\nkernel = 3\npool = 2\npooling = \"average\"\nlast_pool = false\nsame = false\nrelu_first = true",
        ),
        SmallNetwork::new::<conv2d::Conv2d>(
            CLIP,
            0,
            "channels = [4, 6]\nkernel = 3\npool = 3\npool_stride = 2\npool_margin = 1\nlast_pool = false\nconv_bias = false\nending = \"flatten\"\ndense = [5]\ndense_activation = \"linear\"\ndropout = 0.5",
        ),
        SmallNetwork::new::<conv2d::Conv2d>(
            CLIP,
            0,
            "channels = [3, 4]\nkernel = [7, 5]\npool = 2\nconvolutions = 2\nbatch_norm = false",
        ),
        SmallNetwork::new::<swapped_conv1d::SwappedConv1d>(CLIP, 0, ""),
        SmallNetwork::new::<vgg::Vgg>(LARGER_CLIP, 0, "depth = 11\nwidth = 2\ndense = 9\nbatch_norm = true"),
        SmallNetwork::new::<resnet::ResNet>(LARGER_CLIP, 0, "depth = 18\nwidth = 3"),
        SmallNetwork::new::<resnet::ResNet>(LARGER_CLIP, 0, "depth = 50\nwidth = 2"),
        SmallNetwork::new::<recurrent::Lstm>(
            CLIP,
            0,
            "hidden = 6\nlayers = 2\nbidirectional = true\ndropout = 0.25\ndropout_out = 0.2",
        ),
        SmallNetwork::new::<recurrent::Gru>(CLIP, 0, "hidden = 5\nlayers = 2\nbidirectional = true"),
        SmallNetwork::new::<crnn::Crnn>(
            CLIP,
            0,
            "channels = [4, 5]\npool = [[4, 2], [2, 2]]\nhidden = 6\ncell = \"lstm\"",
        ),
        SmallNetwork::new::<two_branch::TwoBranch>(
            CLIP,
            6,
            "hidden = 4\n[network]\nmodel = \"conv1d\"\nchannels = [4]\npool = 3",
        ),
    ]
}

/// The first of each architecture.
pub fn one_of_each() -> Vec<SmallNetwork> {
    let mut seen = BTreeSet::new();
    networks().into_iter().filter(|network| seen.insert(network.name())).collect()
}

#[test]
fn every_network_of_the_registry_is_among_them() {
    let small: Vec<&str> = one_of_each().iter().map(SmallNetwork::name).collect();
    for entry in crate::models::NETWORKS {
        assert!(small.contains(&entry.name), "{}", entry.name);
    }
}
