//! The half-fetched file: its blocks, which of them have come, and a small record that outlives a kill.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::DownloadError;
use crate::disk::write_atomically;

/// Blocks are this long in large files; small files have 16 blocks or so.
const BLOCK_BYTES: u64 = 8 << 20;
const SMALLEST_BLOCK_BYTES: u64 = 64 << 10;

/// Which blocks of which version of the file are on the disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Parts {
    url: String,
    total: u64,
    version: Option<String>,
    block_bytes: u64,
    done: Vec<bool>,
}

/// The data and the record of a file that is not whole yet.
pub(super) struct PartFiles {
    pub data: PathBuf,
    record: PathBuf,
}

impl PartFiles {
    pub fn of(folder: &Path, file_name: &str) -> Self {
        Self {
            data: folder.join(format!(".{file_name}.part")),
            record: folder.join(format!(".{file_name}.part.json")),
        }
    }

    /// What is left of an earlier try at the same version of the file, or an empty file of the right length. `checked`
    /// says that the whole will be held to a checksum: without one, and without a version, nothing tells whether the bytes
    /// that are here belong to the file that is there now, and they are fetched again.
    pub fn open(
        &self,
        url: &str,
        total: u64,
        version: Option<&str>,
        checked: bool,
    ) -> Result<Parts, DownloadError> {
        let known = version.is_some() || checked;
        if let Some(parts) = self.load().filter(|parts| known && parts.same_file(url, total, version)) {
            return Ok(parts);
        }
        self.remove();
        let create = || File::create(&self.data)?.set_len(total);
        create().map_err(|source| DownloadError::write(&self.data, source))?;
        let block_bytes = (total / 16).clamp(SMALLEST_BLOCK_BYTES, BLOCK_BYTES);
        let blocks = total.div_ceil(block_bytes) as usize;
        let version = version.map(str::to_string);
        Ok(Parts { url: url.to_string(), total, version, block_bytes, done: vec![false; blocks] })
    }

    fn load(&self) -> Option<Parts> {
        let parts: Parts = serde_json::from_slice(&std::fs::read(&self.record).ok()?).ok()?;
        let length = std::fs::metadata(&self.data).ok()?.len();
        let block_bytes = Some(parts.block_bytes).filter(|&bytes| bytes > 0)?;
        let plausible = parts.done.len() as u64 == parts.total.div_ceil(block_bytes);
        (length == parts.total && plausible).then_some(parts)
    }

    pub fn save(&self, parts: &Parts) -> Result<(), DownloadError> {
        write_atomically(&self.record, |out| serde_json::to_writer(out, parts).map_err(Into::into))?;
        Ok(())
    }

    pub fn remove(&self) {
        for path in [&self.record, &self.data] {
            // What is not there need not be removed.
            let _ = std::fs::remove_file(path);
        }
    }

    pub fn remove_record(&self) {
        let _ = std::fs::remove_file(&self.record);
    }
}

impl Parts {
    fn same_file(&self, url: &str, total: u64, version: Option<&str>) -> bool {
        self.url == url && self.total == total && self.version.as_deref() == version
    }

    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// First byte and length of a block.
    pub fn place(&self, block: usize) -> (u64, u64) {
        let first = block as u64 * self.block_bytes;
        (first, self.block_bytes.min(self.total - first))
    }

    pub fn missing(&self) -> Vec<usize> {
        (0..self.done.len()).filter(|&block| !self.done[block]).collect()
    }

    pub fn came(&mut self, block: usize) {
        self.done[block] = true;
    }

    pub fn bytes_there(&self) -> u64 {
        (0..self.done.len()).filter(|&block| self.done[block]).map(|block| self.place(block).1).sum()
    }
}
