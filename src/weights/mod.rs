//! Floor 0: files of network weights become named tensors. Safetensors, PyTorch's `.pth` (both of its layouts), Keras's
//! HDF5 and NPZ are told apart by their content and read here; no code in them is ever run.
//!
//! A file is opened once, its tensors are found and checked, and each is decoded to f32 in C order when it is taken.
//! Whatever a file promises, no more memory is used than its own size and that of the tensors asked for.

mod bytes;
mod error;
mod folder;
mod hdf5;
mod hdf5_chunks;
mod hdf5_messages;
mod npz;
mod pickle;
mod safetensors;
mod stored;
mod torch;
mod weight_file;

#[cfg(test)]
mod tests;

pub use error::WeightsError;
pub use folder::{FOLDER_VARIABLE, in_weights_folder, weights_file};
pub use weight_file::{Tensor, WeightFile};
