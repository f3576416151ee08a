//! The folder of weights that need not be named in every experiment.

use std::path::{Path, PathBuf};

/// The environment variable that names the folder.
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

/// The file that a path names: itself, or the one of that name in the weights' folder.
pub fn weights_file(named: &Path) -> Option<PathBuf> {
    if named.is_file() { Some(named.to_path_buf()) } else { in_weights_folder(named) }
}
