//! The options of `genrebench features` that go with an embedding; the same as in an experiment's `features = { … }`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::embeddings::{Activation, Pool, Postprocess, Short};
use crate::experiment::FeatureSpec;

#[derive(Debug, Args)]
#[command(next_help_heading = "Embeddings")]
pub struct EmbeddingArguments {
    /// An embedding by name (genrebench list embeddings -v)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["set", "features", "statistics", "frames"])]
    embedding: Option<String>,
    /// Its weights: .h5, .pth, .safetensors, .npz or .onnx
    #[arg(long, value_name = "FILE", requires = "embedding")]
    weights: Option<PathBuf>,
    /// Which layer of it [default: the first one listed]
    #[arg(long, value_name = "NAME", requires = "embedding")]
    layer: Option<String>,
    /// One row a clip, or its patches one by one (OUT is .npz or .parquet)
    #[arg(long, value_enum, default_value = "clip", value_name = "WHAT", requires = "embedding")]
    per: Per,
    /// How the patches of a clip become one row [default: mean]
    #[arg(long, value_enum, requires = "embedding")]
    pool: Option<PoolArgument>,
    /// What becomes of a clip that is too short for one patch
    #[arg(long, value_enum, default_value = "refuse", requires = "embedding")]
    short: ShortArgument,
    /// musicnn: repeat the published package's fault (every patch gets the first one's penultimate vector)
    #[arg(long, requires = "embedding")]
    legacy: bool,
    /// VGGish: what follows its last layer
    #[arg(long, value_enum, default_value = "none", requires = "embedding")]
    activation: ActivationArgument,
    /// VGGish: PCA and 8-bit codes, cut off as TensorFlow or rounded as torchvggish
    #[arg(long, value_enum, default_value = "none", requires = "embedding")]
    postprocess: PostprocessArgument,
    /// VGGish: the file of the PCA, where it is not part of the weights
    #[arg(long, value_name = "FILE", requires = "embedding")]
    pca: Option<PathBuf>,
    /// ONNX: the TOML that says what the network's input is made of
    #[arg(long, value_name = "FILE", requires = "embedding")]
    front_end: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Per {
    Clip,
    Patch,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PoolArgument {
    Mean,
    Max,
    /// Means, then standard deviations
    MeanStd,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShortArgument {
    /// The clip is left out
    Refuse,
    /// Its sound is repeated until it fills one
    Repeat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ActivationArgument {
    None,
    Relu,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PostprocessArgument {
    None,
    PcaU8,
    PcaRound,
}

impl EmbeddingArguments {
    pub fn per_patch(&self) -> bool {
        self.per == Per::Patch
    }

    pub fn pools(&self) -> bool {
        self.pool.is_some()
    }

    /// A spec that says nothing but this.
    pub fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            embedding: self.embedding.clone(),
            weights: self.weights.clone(),
            layer: self.layer.clone(),
            pool: match self.pool {
                None | Some(PoolArgument::Mean) => Pool::Mean,
                Some(PoolArgument::Max) => Pool::Max,
                Some(PoolArgument::MeanStd) => Pool::MeanStd,
            },
            short: match self.short {
                ShortArgument::Refuse => Short::Refuse,
                ShortArgument::Repeat => Short::Repeat,
            },
            legacy: self.legacy,
            activation: match self.activation {
                ActivationArgument::None => Activation::None,
                ActivationArgument::Relu => Activation::Relu,
            },
            postprocess: match self.postprocess {
                PostprocessArgument::None => Postprocess::None,
                PostprocessArgument::PcaU8 => Postprocess::PcaU8,
                PostprocessArgument::PcaRound => Postprocess::PcaRound,
            },
            pca: self.pca.clone(),
            front_end: self.front_end.clone(),
            ..FeatureSpec::default()
        }
    }
}
