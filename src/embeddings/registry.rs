//! The registry of embeddings: one ordered slice that the command line, the docs and the tests read. Each names what it
//! was trained on, and which data sets of the suite that overlaps.

use super::choice::{Activation, Choice, Postprocess, Short};
use super::embedding::Embedding;
use super::error::EmbeddingError;
use super::musicnn::{LAYERS, Musicnn};
use super::onnx::Onnx;
use super::random_conv::RandomConv;
use super::vggish::Vggish;
use super::vggish_weights::Pca;
use super::{musicnn_tags, weights_source};
use crate::weights::WeightFile;
use weights_source::{MSD_MUSICNN, MTT_MUSICNN, TORCHVGGISH, WeightsSource};

/// A data set whose clips may be among those that an embedding was trained on.
#[derive(Debug, Clone, Copy)]
pub struct Overlap {
    /// The data set's name in this suite.
    pub dataset: &'static str,
    pub why: &'static str,
}

/// One row of the registry.
#[derive(Debug)]
pub struct EmbeddingEntry {
    pub name: &'static str,
    pub summary: &'static str,
    /// What it was trained on; empty where that is nothing, or not known.
    pub trained_on: &'static str,
    pub overlaps: &'static [Overlap],
    /// The first is the default; empty where there is no choice.
    pub layers: &'static [&'static str],
    /// Further keys that mean something to it.
    pub options: &'static [&'static str],
    /// Where published weights are; `None` where there are none to fetch.
    pub weights: Option<&'static WeightsSource>,
    pub(super) build: Build,
}

type Built = Result<Box<dyn Embedding>, EmbeddingError>;

/// How an embedding is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Build {
    /// From an open file of weights.
    Weights(fn(&Choice, &WeightFile) -> Built),
    /// From whatever the choice names.
    Whole(fn(&Choice) -> Built),
    /// Rows that somebody else computed; read where tables are.
    Table,
}

const GTZAN_IN_MSD: Overlap = Overlap {
    dataset: "gtzan",
    why: "GTZAN's excerpts are of well-known commercial recordings, of which many are in the Million Song Dataset",
};

/// Every embedding, in the order they are listed.
pub const EMBEDDINGS: &[EmbeddingEntry] = &[
    EmbeddingEntry {
        name: "musicnn-msd",
        summary: "musicnn, 3-s patches at 16 kHz: 753 pooled features, 200 before the output, or 50 tags",
        trained_on: "about 200 000 songs of the Million Song Dataset with Last.fm tags, genres among them",
        overlaps: &[
            GTZAN_IN_MSD,
            Overlap {
                dataset: "fma-small",
                why: "some artists of the Free Music Archive are in the Million Song Dataset",
            },
        ],
        layers: LAYERS,
        options: &["layer", "legacy", "short"],
        weights: Some(&MSD_MUSICNN),
        build: Build::Weights(|choice, file| musicnn(choice, file, musicnn_tags::MSD)),
    },
    EmbeddingEntry {
        name: "musicnn-mtt",
        summary: "the same network trained on MagnaTagATune",
        trained_on: "about 19 000 clips of MagnaTagATune (the label Magnatune) with listeners' tags",
        overlaps: &[Overlap {
            dataset: "fma-small",
            why: "some artists of the label Magnatune are in the Free Music Archive too",
        }],
        layers: LAYERS,
        options: &["layer", "legacy", "short"],
        weights: Some(&MTT_MUSICNN),
        build: Build::Weights(|choice, file| musicnn(choice, file, musicnn_tags::MTT)),
    },
    EmbeddingEntry {
        name: "vggish",
        summary: "VGGish, 0.96-s examples at 16 kHz: 128 numbers, raw, after ReLU, or PCA and quantised",
        trained_on: "the sound of millions of YouTube videos (a first version of YouTube-8M), music among them",
        overlaps: &[
            Overlap { dataset: "gtzan", why: "well-known recordings are on YouTube" },
            Overlap {
                dataset: "fma-small",
                why: "recordings of the Free Music Archive are used in YouTube videos",
            },
        ],
        layers: &[],
        options: &["activation", "postprocess", "pca", "short"],
        weights: Some(&TORCHVGGISH),
        build: Build::Weights(vggish),
    },
    EmbeddingEntry {
        name: "onnx",
        summary: "any network of yours: an ONNX file, and a TOML that says what its input is made of",
        trained_on: "",
        overlaps: &[],
        layers: &[],
        options: &["front_end", "short"],
        weights: None,
        build: Build::Whole(|choice| Ok(Box::new(Onnx::open(choice)?))),
    },
    EmbeddingEntry {
        name: "table",
        summary: "embeddings that somebody else computed: NPZ, Parquet or CSV by clip, NPZ or Parquet by patch",
        trained_on: "",
        overlaps: &[],
        layers: &[],
        options: &[],
        weights: None,
        build: Build::Table,
    },
    EmbeddingEntry {
        name: "random-conv",
        summary: "288 features of random, untrained filters: a demonstration, and a floor for the trained ones",
        trained_on: "nothing: its filters are drawn at random",
        overlaps: &[],
        layers: &[],
        options: &["short"],
        weights: None,
        build: Build::Whole(|choice| Ok(Box::new(RandomConv::new(choice.short == Short::Repeat)))),
    },
];

fn musicnn(choice: &Choice, file: &WeightFile, tags: &'static [&'static str]) -> Built {
    let layer = choice.layer.as_deref().unwrap_or(LAYERS[0]);
    Ok(Box::new(Musicnn::new(file, layer, choice.legacy, choice.short == Short::Repeat, tags)?))
}

fn vggish(choice: &Choice, file: &WeightFile) -> Built {
    let pca = match (choice.postprocess, &choice.pca) {
        (Postprocess::None, _) => None,
        (_, Some(path)) => Some(Pca::new(&WeightFile::open(path)?)?),
        (_, None) => Some(Pca::new(file)?),
    };
    let pca = pca.map(|pca| (pca, choice.postprocess));
    let relu = choice.activation == Activation::Relu;
    Ok(Box::new(Vggish::new(file, relu, pca, choice.short == Short::Repeat)?))
}
