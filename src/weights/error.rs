//! What can be wrong with a file of weights: always the file, and the tensor where there is one.

use std::io;
use std::path::PathBuf;

use crate::spelling::did_you_mean;

/// What is wrong with a file of weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("cannot read the weights {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error(
        "{} holds no weights that are known here; give a .safetensors, a PyTorch .pth, a Keras .h5 or an .npz file",
        path.display()
    )]
    Unknown { path: PathBuf },

    #[error("{} is not {format} that can be read: {message}", path.display())]
    Damaged { path: PathBuf, format: &'static str, message: String },

    #[error(
        "{} has no tensor `{name}`{}; it holds {holds}",
        path.display(),
        did_you_mean(suggestion)
    )]
    Missing { path: PathBuf, name: String, suggestion: Option<String>, holds: String },

    #[error("{}: tensor `{name}` has the shape {found:?} where {wanted:?} is expected", path.display())]
    Shape { path: PathBuf, name: String, found: Vec<usize>, wanted: Vec<usize> },

    #[error("{}: tensor `{name}`: {message}", path.display())]
    Tensor { path: PathBuf, name: String, message: String },
}
