<<<<<<< HEAD
//! The one integration binary.

/// A room uses lower floors only, and no neighbour on its own floor.
mod architecture;
/// Wrong commands and files: a clear message, exit 2.
mod cli;
/// Bad sound, bad folders, bad tables through the binary.
mod faults;
/// librosa's numbers through the binary.
mod parity_binary;
/// A run killed at any point ends as one left alone, for any number of threads.
mod resume;
/// What the tests of the binary share.
mod support;
=======
//! The one integration binary: each module says what it holds the house to.

mod metric_golden;
mod model_contract;
mod model_golden;
>>>>>>> models
