//! Unpacking zip and tar.gz into a folder: first into a hidden one, then moved into place whole, so that an archive
//! that is cut off, unsafe or too large leaves nothing behind.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::entry_path::{entry_path, shown};
use super::error::{DownloadError, size};
use super::publication::Packing;
use super::tar::{TarReader, TarTrouble};

/// Audio hardly shrinks and text shrinks tenfold; what grows more than this is a bomb.
const GROWTH: u64 = 20;
const ALWAYS_ALLOWED_BYTES: u64 = 64 << 20;
/// Files and folders.
const MOST_ENTRIES: usize = 500_000;

/// What stands in the folder now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// The archive's topmost files and folders, in place.
    pub top: Vec<PathBuf>,
    pub files: usize,
    pub bytes: u64,
}

/// Unpacks `archive` below `folder`; `came` hears how many bytes were written.
pub fn unpack(
    archive: &Path,
    packing: Packing,
    folder: &Path,
    came: &dyn Fn(u64),
) -> Result<Unpacked, DownloadError> {
    let name = archive.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hidden = folder.join(format!(".{name}.unpacking"));
    let write = |source| DownloadError::write(&hidden, source);
    if hidden.exists() {
        fs::remove_dir_all(&hidden).map_err(write)?;
    }
    fs::create_dir_all(&hidden).map_err(write)?;
    let outcome = Unpacking::begin(archive, &hidden, came).and_then(|mut unpacking| {
        match packing {
            Packing::Zip => unpacking.zip()?,
            Packing::TarGz => unpacking.tar_gz()?,
            Packing::Plain => return Err(unpacking.bad("it is neither .zip nor .tar.gz".to_string())),
        }
        let top = move_into_place(&hidden, folder)?;
        Ok(Unpacked { top, files: unpacking.files, bytes: unpacking.bytes })
    });
    // Best effort: what is left of a failure is hidden and goes with the next try.
    let _ = fs::remove_dir_all(&hidden);
    outcome
}

fn move_into_place(hidden: &Path, folder: &Path) -> Result<Vec<PathBuf>, DownloadError> {
    let read = |source| DownloadError::Read { path: hidden.to_path_buf(), source };
    let entries: BTreeSet<_> = fs::read_dir(hidden)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>())
        .map_err(read)?;
    if let Some(taken) = entries.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        return Err(DownloadError::InTheWay { path: taken });
    }
    entries
        .iter()
        .map(|name| {
            let path = folder.join(name);
            fs::rename(hidden.join(name), &path).map_err(|source| DownloadError::write(&path, source))?;
            Ok(path)
        })
        .collect()
}

struct Unpacking<'a> {
    archive: &'a Path,
    into: &'a Path,
    limit: u64,
    most_entries: usize,
    files: usize,
    entries: usize,
    bytes: u64,
    came: &'a dyn Fn(u64),
}

impl<'a> Unpacking<'a> {
    fn begin(archive: &'a Path, into: &'a Path, came: &'a dyn Fn(u64)) -> Result<Self, DownloadError> {
        let read = |source| DownloadError::Read { path: archive.to_path_buf(), source };
        let packed = fs::metadata(archive).map_err(read)?.len();
        let limit = ALWAYS_ALLOWED_BYTES + GROWTH.saturating_mul(packed);
        Ok(Self { archive, into, limit, most_entries: MOST_ENTRIES, files: 0, entries: 0, bytes: 0, came })
    }

    fn open(&self) -> Result<BufReader<File>, DownloadError> {
        let read = |source| DownloadError::Read { path: self.archive.to_path_buf(), source };
        Ok(BufReader::with_capacity(1 << 18, File::open(self.archive).map_err(read)?))
    }

    fn bad(&self, why: String) -> DownloadError {
        DownloadError::BadArchive { path: self.archive.to_path_buf(), why }
    }

    /// Names, kinds and sizes are looked at before the first byte is written.
    fn zip(&mut self) -> Result<(), DownloadError> {
        let mut zip = zip::ZipArchive::new(self.open()?).map_err(|error| self.bad(error.to_string()))?;
        self.counted(zip.len())?;
        let mut promised = 0u64;
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| self.bad(error.to_string()))?;
            let name = entry.name().map_err(|error| self.bad(error.to_string()))?;
            let kind = entry.unix_mode().map_or(0, |mode| mode & 0o170_000);
            if !matches!(kind, 0 | 0o100_000 | 0o040_000) {
                let why = if kind == 0o120_000 { "is a link" } else { "is neither a file nor a folder" };
                return Err(DownloadError::UnsafeEntry { entry: shown(&name), why });
            }
            entry_path(&name)?;
            promised = promised.saturating_add(entry.size());
        }
        self.bounded(promised)?;
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).map_err(|error| self.bad(error.to_string()))?;
            let name = entry.name().map_err(|error| self.bad(error.to_string()))?.into_owned();
            let is_folder = entry.is_dir();
            self.entry(&name, is_folder, &mut entry)?;
        }
        Ok(())
    }

    fn tar_gz(&mut self) -> Result<(), DownloadError> {
        let mut tar = TarReader::new(flate2::read::MultiGzDecoder::new(self.open()?));
        let trouble = |this: &Self, trouble| match trouble {
            TarTrouble::Bad(why) => this.bad(why),
            TarTrouble::Unsafe(error) => error,
        };
        while let Some(entry) = tar.next_entry().map_err(|error| trouble(self, error))? {
            self.bounded(self.bytes.saturating_add(entry.bytes))?;
            let before = self.bytes;
            self.entry(&entry.name, entry.is_folder, &mut tar.contents(entry.bytes))?;
            if !entry.is_folder && self.bytes - before < entry.bytes {
                return Err(self.bad("it is cut off".to_string()));
            }
            let skipped = if entry.is_folder { 0 } else { entry.bytes };
            tar.skip_padding(skipped).map_err(|error| trouble(self, error))?;
        }
        // One byte more than is allowed tells that there are too many.
        let most = (self.limit - self.bytes).saturating_add(1);
        let behind = tar.drain(most).map_err(|error| trouble(self, error))?;
        self.bounded(self.bytes.saturating_add(behind))
    }

    fn bounded(&self, bytes: u64) -> Result<(), DownloadError> {
        match bytes > self.limit {
            true => Err(DownloadError::Bomb { limit: size(self.limit) }),
            false => Ok(()),
        }
    }

    fn counted(&self, entries: usize) -> Result<(), DownloadError> {
        match entries > self.most_entries {
            true => Err(DownloadError::Bomb { limit: format!("{} files and folders", self.most_entries) }),
            false => Ok(()),
        }
    }

    fn entry(&mut self, name: &str, is_folder: bool, contents: &mut dyn Read) -> Result<(), DownloadError> {
        self.entries += 1;
        self.counted(self.entries)?;
        let Some(inside) = entry_path(name)? else { return Ok(()) };
        let path = self.into.join(inside);
        let write = |source| DownloadError::write(&path, source);
        if is_folder {
            return fs::create_dir_all(&path).map_err(write);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(write)?;
        }
        // A second entry of the same name would be a trick, not a data set.
        let mut file =
            File::options().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    DownloadError::UnsafeEntry { entry: shown(name), why: "is there twice" }
                }
                _ => write(error),
            })?;
        let mut buffer = vec![0; 1 << 17];
        loop {
            let length = match contents.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) => return Err(self.bad(format!("{}: {error}", shown(name)))),
            };
            self.bytes += length as u64;
            self.bounded(self.bytes)?;
            file.write_all(&buffer[..length]).map_err(write)?;
            (self.came)(length as u64);
        }
        self.files += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folders and empty files have no bytes by which they could be bounded.
    #[test]
    fn there_are_only_so_many_folders_and_empty_files() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.zip");
        fs::write(&archive, b"any").unwrap();
        let came = |_: u64| ();
        let begun = Unpacking::begin(&archive, folder.path(), &came).unwrap();
        let mut unpacking = Unpacking { most_entries: 2, ..begun };
        unpacking.entry("a/", true, &mut io::empty()).unwrap();
        unpacking.entry("a/b.txt", false, &mut io::empty()).unwrap();
        for is_folder in [true, false] {
            let refused = unpacking.entry("c", is_folder, &mut io::empty()).unwrap_err();
            assert!(refused.to_string().contains("more than 2 files and folders"), "{refused}");
        }
        assert!(folder.path().join("a/b.txt").exists() && !folder.path().join("c").exists());
    }
}
