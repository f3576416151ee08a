//! Where networks are trained, beside what their cells depend on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Observer;
use super::cell_key::{CellKey, trains_to_the_end};
use crate::disk::write_atomically;
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
        let folder = self.training_folder();
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
        let Some(folder) = self.training_folder() else { return };
        let _ = std::fs::remove_file(folder.join(format!("{name}.training")));
        clear(&folder, name);
    }

    /// What a part of a cell found, such as a trial of its search; none where it has not come so far.
    pub fn kept<T: DeserializeOwned>(&self, part: &str) -> Option<T> {
        let bytes = std::fs::read(self.found_file(part)?).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Keeps what a part of a cell found until the cell is done. Without it the part is done again after a break, and
    /// that is all.
    pub fn keep<T: Serialize>(&self, part: &str, found: &T) {
        let Some(path) = self.found_file(part) else { return };
        if let Some(folder) = path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = write_atomically(&path, |out| Ok(serde_json::to_writer(out, found)?));
    }

    /// Removes what only a cell that has not predicted needs, once its record is on disk.
    pub fn forget_what_led_to(&self, key: &CellKey, parameters: &Value) {
        self.forget_parts(&key.id);
        // Others may go on from where it ended.
        if trains_to_the_end(parameters) {
            self.forget(key.training_name());
        }
    }

    /// Removes what the parts of a cell have kept, which are called `id-…`.
    pub fn forget_parts(&self, id: &str) {
        let Some(folder) = self.training_folder() else { return };
        let own = format!("{id}-");
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // One that was being written when the program was killed begins with a dot.
            if name.strip_prefix('.').unwrap_or(&name).starts_with(&own) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        let _ = std::fs::remove_dir(folder);
    }

    fn training_folder(&self) -> Option<PathBuf> {
        Some(self.out?.join("training"))
    }

    fn found_file(&self, part: &str) -> Option<PathBuf> {
        Some(self.training_folder()?.join(format!("{part}.found")))
    }

    /// Without checkpoints a training ends all the same.
    fn warn(&self, trouble: &str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.observer.note(&format!("a training that is cut off cannot be taken up again: {trouble}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Silent;

    #[test]
    fn what_the_parts_of_a_cell_found_is_kept_until_the_cell_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench { out: Some(folder.path()), ..Bench::without_checkpoints(&Silent) };
        let training = folder.path().join("training");
        for part in ["a-trial-0001-0002", "a-0-1", "ab-0-1"] {
            bench.keep(part, &0.1);
        }
        std::fs::write(training.join(".a-0-1.found.7.part"), "half").unwrap();
        std::fs::write(training.join("a.training"), "weights").unwrap();
        assert_eq!(bench.kept::<f64>("a-0-1"), Some(0.1));
        assert_eq!((bench.kept::<f64>("a-0-2"), bench.kept::<String>("a-0-1")), (None, None));
        let key = CellKey { row: "r".into(), repeat: 0, fold: 0, seed: 1, id: "a".into(), training: None };
        bench.forget_what_led_to(&key, &Value::Null);
        let left = std::fs::read_dir(&training).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["ab-0-1.found"], "another cell's");
        assert_eq!(Bench::without_checkpoints(&Silent).kept::<f64>("ab-0-1"), None);
    }
}
