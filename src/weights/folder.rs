//! The folder of weights that need not be named in every experiment.

use std::path::{Path, PathBuf};

pub const FOLDER_VARIABLE: &str = "GENREBENCH_WEIGHTS";

/// The file of that name in the folder that the variable names, or in `weights` here.
pub fn in_weights_folder(file_name: &Path) -> Option<PathBuf> {
    let named = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from);
    named
        .into_iter()
        .chain(["weights".into()])
        .map(|folder| folder.join(file_name))
        .find(|path| path.is_file())
}
