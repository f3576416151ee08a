//! Where tests find what is not in the repository: other programs' answers, lists and weights, in `$GENREBENCH_SHARED`
//! or in `shared` beside the project. The tests of the binary use the same file.

use std::path::{Path, PathBuf};

/// The shared file or folder `name`; where it is not there, stderr is told so and the test that asks is skipped.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("GENREBENCH_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}
