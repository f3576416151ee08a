//! Where networks are trained, beside what their cells depend on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Whether it was told that checkpoints cannot be written: once is enough.
    pub warned: &'a AtomicBool,
}

impl<'a> Bench<'a> {
    /// Of work that begins anew when it is cut off.
    pub fn without_checkpoints(observer: &'a dyn Observer) -> Self {
        static NOTHING_TO_WARN_OF: AtomicBool = AtomicBool::new(false);
        let (between_checkpoints, warned) = (Duration::MAX, &NOTHING_TO_WARN_OF);
        Self { out: None, between_checkpoints, observer, warned }
    }

    /// Has `work` done in a workshop that keeps what is not finished under `name`.
    pub fn workshop<T>(
        &self,
        seed: u64,
        name: &str,
        tell: &(dyn Fn(&str) + Sync),
        work: impl FnOnce(&Workshop<'_>) -> T,
    ) -> T {
        let folder = self.out.map(|out| out.join("training"));
        let folder = folder.filter(|folder| match std::fs::create_dir_all(folder) {
            Ok(()) => true,
            Err(error) => {
                self.warn(&format!("{}: {error}", folder.display()));
                false
            }
        });
        let checkpoints = folder.as_deref().map(|folder| (folder, name));
        let between_checkpoints = self.between_checkpoints;
        let warn = |trouble: &str| self.warn(trouble);
        let done = work(&Workshop { seed, checkpoints, between_checkpoints, tell, warn: &warn });
        if let Some(folder) = &folder {
            clear(folder, name);
        }
        done
    }

    /// Removes the checkpoint of the training of this name, once what it learned is kept elsewhere.
    pub fn forget(&self, name: &str) {
        let Some(folder) = self.out.map(|out| out.join("training")) else { return };
        let _ = std::fs::remove_file(folder.join(format!("{name}.training")));
        clear(&folder, name);
    }

    /// Without checkpoints a training ends all the same.
    fn warn(&self, trouble: &str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.observer.note(&format!("a training that is cut off cannot be taken up again: {trouble}"));
        }
    }
}
