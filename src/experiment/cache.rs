//! Extracted features kept by content: one file a clip, named by the hash of its audio and of the definition.
//!
//! An entry is `checksum \n json report \n f64 values, little-endian`. An entry that does not hold its checksum is
//! worth nothing and is computed again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::ClipReport;
use crate::disk::{WriteError, digest, write_atomically};

/// A folder of feature rows, shared by every experiment and safe to delete.
#[derive(Debug, Clone)]
pub struct FeatureCache {
    folder: PathBuf,
    /// Entries that did not hold their checksum when they were asked for.
    spoiled: Arc<Mutex<Vec<PathBuf>>>,
}

impl FeatureCache {
    /// Kept in `folder`, which is made when it is first written to.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), spoiled: Arc::default() }
    }

    /// `$GENREBENCH_CACHE`, or the user's cache folder, or the temporary folder where there is none.
    pub fn default_folder() -> PathBuf {
        let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let of_windows = || from("LOCALAPPDATA").filter(|_| cfg!(windows));
        from("GENREBENCH_CACHE")
            .or_else(|| from("XDG_CACHE_HOME").or_else(of_windows).map(|folder| folder.join("genrebench")))
            .or_else(|| from("HOME").map(|folder| folder.join(".cache/genrebench")))
            .unwrap_or_else(|| std::env::temp_dir().join("genrebench-cache"))
    }

    /// Where the entries lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, audio: &str, definition: &str) -> PathBuf {
        let name = digest(format!("{audio}\n{definition}").as_bytes());
        self.folder.join(&name[..2]).join(format!("{name}.features"))
    }

    /// Entries that were found damaged since this cache was opened, and were computed again.
    pub fn spoiled(&self) -> Vec<PathBuf> {
        let mut paths = self.spoiled.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        paths.sort();
        paths
    }

    /// The stored row, if there is a sound one of `columns` values.
    pub fn get(&self, audio: &str, definition: &str, columns: usize) -> Option<(ClipReport, Vec<f64>)> {
        self.read(audio, definition).filter(|(_, values)| values.len() == columns)
    }

    /// The stored rows of `columns` values each, put there one after the other.
    pub fn get_rows(&self, audio: &str, definition: &str, columns: usize) -> Option<Vec<Vec<f64>>> {
        let (_, values) = self.read(audio, definition)?;
        (columns > 0 && !values.is_empty() && values.len().is_multiple_of(columns))
            .then(|| values.chunks(columns).map(<[f64]>::to_vec).collect())
    }

    /// The stored row, of however many values.
    pub fn read(&self, audio: &str, definition: &str) -> Option<(ClipReport, Vec<f64>)> {
        let path = self.path(audio, definition);
        let bytes = std::fs::read(&path).ok()?;
        let Some(content) = sound_content(&bytes) else {
            self.spoiled.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(path);
            return None;
        };
        let (report, values) = split_line(content)?;
        let report: ClipReport = serde_json::from_slice(report).ok()?;
        let values: Vec<f64> =
            values.as_chunks::<8>().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect();
        Some((report, values))
    }

    /// Keeps the row of a clip whose audio has this hash.
    pub fn put(
        &self,
        audio: &str,
        definition: &str,
        report: &ClipReport,
        values: &[f64],
    ) -> Result<(), WriteError> {
        let path = self.path(audio, definition);
        write_atomically(&path, |out| {
            let mut content = serde_json::to_vec(report)?;
            content.push(b'\n');
            content.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            writeln!(out, "{}", digest(&content))?;
            out.write_all(&content)
        })
    }
}

/// What follows the checksum, if it holds.
fn sound_content(bytes: &[u8]) -> Option<&[u8]> {
    let (checksum, content) = split_line(bytes)?;
    (checksum == digest(content).as_bytes()).then_some(content)
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_bit_for_bit_and_a_spoiled_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::new(folder.path());
        let report = ClipReport { clip_id: "a".into(), audio: "00".into(), ..ClipReport::default() };
        let values = [1.5, -0.0, f64::MIN_POSITIVE];
        cache.put("00", "mfcc 1", &report, &values).unwrap();
        let (back, stored) = cache.get("00", "mfcc 1", 3).unwrap();
        assert_eq!(back, report);
        assert!(stored.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(cache.get("00", "mfcc 2", 3).is_none(), "another definition is another entry");
        assert!(cache.get("00", "mfcc 1", 4).is_none(), "another number of columns is no hit");

        let path = cache.path("00", "mfcc 1");
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(cache.get("00", "mfcc 1", 3).is_none(), "a flipped bit is noticed");
    }
}
