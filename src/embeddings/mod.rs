//! Floor 1: a Waveform becomes the numbers a trained network sees in it, a row a patch. `EMBEDDINGS` is the registry.
//!
//! Front end, weights, network, patches; [`Embedder`] pools the patches of a clip. Weights are the user's: a missing
//! file is named with the address it can be fetched from.

mod band_filters;
mod choice;
mod embedder;
mod embedding;
mod error;
mod front_end;
mod lane_blocks;
mod lane_fft;
mod mel_triangles;
mod musicnn;
mod musicnn_tags;
mod musicnn_weights;
mod onnx;
mod onnx_depth;
mod random_conv;
#[cfg(test)]
mod reference_tests;
mod registry;
mod row_products;
#[cfg(test)]
mod tests;
mod time_filters;
mod vggish;
mod vggish_weights;
mod weights_source;

pub use choice::{Activation, Choice, Pool, Postprocess, Short};
pub use embedder::{Embedder, check, find, pooled, pooled_columns};
pub use error::EmbeddingError;
pub use registry::{EMBEDDINGS, EmbeddingEntry, Overlap};
pub use weights_source::{PUBLICATIONS, WeightsSource};
