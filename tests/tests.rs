//! The one integration binary.

/// A room uses lower floors only, and no neighbour on its own floor.
mod architecture;
/// Chroma, tonnetz and resampling are librosa's.
mod chroma_parity;
/// Wrong commands and files: a clear message, exit 2.
mod cli;
/// Bad sound, bad folders, bad tables through the binary.
mod faults;
/// What every registered feature must do.
mod feature_contract;
/// The features' matrices are librosa's.
mod librosa_parity;
/// Scores are scikit-learn's.
mod metric_golden;
/// What every registered model must do.
mod model_contract;
/// Predictions and probabilities are scikit-learn's.
mod model_golden;
/// librosa's numbers through the binary.
mod parity_binary;
/// A run killed at any point ends as one left alone, for any number of threads.
mod resume;
/// Papers' experiments on a stand-in for their data, which every output names as such.
mod stand_in;
/// What the tests of the binary share.
mod support;
