//! What can go wrong between a publisher and the disk.

use std::io;
use std::path::PathBuf;

use super::checksum::Checksum;
use crate::disk::WriteError;

/// Why something could not be fetched or unpacked, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("cannot reach {host}: {why}; check the network (or HTTPS_PROXY) and run the same command again")]
    NoNetwork { host: String, why: String },

    #[error(
        "{url} broke off {tries} times without progress, last: {why}; run the same command again: it continues, unless neither a checksum nor the publisher says which file this is"
    )]
    BrokeOff { url: String, tries: usize, why: String },

    #[error("{url} answers {why}")]
    Refused { url: String, why: String },

    #[error(
        "{url} has {found} bytes where {expected} were expected; the publisher changed the file, or something else answers at this address"
    )]
    WrongSize { url: String, expected: u64, found: u64 },

    #[error(
        "{file_name} came whole but is not the file that was published: {found}, expected {expected}; it was removed, run the same command again"
    )]
    WrongChecksum { file_name: String, expected: Checksum, found: Checksum },

    #[error("{} is there but is not the file that was published ({why}); move it away and run the same command again", path.display())]
    Stranger { path: PathBuf, why: String },

    #[error("another genrebench is fetching {file_name} into {}; wait for it", folder.display())]
    Busy { file_name: String, folder: PathBuf },

    #[error("{} needs {needed} and has {free} free; free some space or choose another --out", folder.display())]
    NoSpace { folder: PathBuf, needed: String, free: String },

    #[error("{} stands already; move it away or choose another --out", path.display())]
    InTheWay { path: PathBuf },

    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error(transparent)]
    Write(#[from] WriteError),

    #[error("{} is no archive that can be unpacked: {why}; nothing was unpacked", path.display())]
    BadArchive { path: PathBuf, why: String },

    #[error("the archive's entry \"{entry}\" {why}; nothing was unpacked")]
    UnsafeEntry { entry: String, why: &'static str },

    #[error(
        "the archive would unpack to more than {limit}; that is no data set but a bomb, nothing was unpacked"
    )]
    Bomb { limit: String },
}

impl DownloadError {
    pub(super) fn write(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Write(WriteError { path: path.into(), source })
    }
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
