//! Where networks are trained, beside what their cells depend on.

use std::path::Path;
use std::time::Duration;

use super::Observer;
use crate::models::Workshop;

/// Removes what a killed writer of `name`'s files left half written, and the folder where nothing else is kept in it.
fn clear(folder: &Path, name: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let file = file.to_string_lossy();
        if file.starts_with(&format!(".{name}.")) && file.ends_with(".part") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let _ = std::fs::remove_dir(folder);
}

/// A run's folder and whoever hears of it.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// The run's folder, for a training that is cut off; none where nothing is to be written.
    pub out: Option<&'a Path>,
    pub between_checkpoints: Duration,
    pub observer: &'a dyn Observer,
}

impl Bench<'_> {
    /// Has `work` done in a workshop that keeps what is not finished under `name`.
    pub fn workshop<T>(
        &self,
        seed: u64,
        name: &str,
        tell: &(dyn Fn(&str) + Sync),
        work: impl FnOnce(&Workshop<'_>) -> T,
    ) -> T {
        let folder = self.out.map(|out| out.join("training"));
        // Whether or not it can be made: without it a training cannot be taken up again, and that is all.
        let folder = folder.filter(|folder| std::fs::create_dir_all(folder).is_ok());
        let checkpoints = folder.as_deref().map(|folder| (folder, name));
        let between_checkpoints = self.between_checkpoints;
        let done = work(&Workshop { seed, checkpoints, between_checkpoints, tell });
        if let Some(folder) = &folder {
            clear(folder, name);
        }
        done
    }
}
