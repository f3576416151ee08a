//! The cellar: files are written under a temporary name and renamed, and content is named by its BLAKE3 hash,
//! so that a run killed at any point leaves whole files or none.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Content's name: the first 32 hex digits (128 bits) of its BLAKE3 hash.
pub fn digest(bytes: &[u8]) -> String {
    let mut digester = Digester::default();
    digester.add(bytes);
    digester.digest()
}

/// The same of content that comes in pieces.
#[derive(Default)]
pub struct Digester(blake3::Hasher);

impl Digester {
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn digest(&self) -> String {
        self.0.finalize().to_hex()[..32].to_string()
    }
}

/// Opens a regular file. A device or a pipe that a stranger's record or experiment names would never end.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let about = fs::metadata(path)?;
    match about.is_file() {
        true => File::open(path),
        false if about.is_dir() => {
            Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file"))
        }
        false => Err(io::Error::other("it is not a regular file")),
    }
}

/// The content of a regular file.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open_regular(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The digest of a regular file, which need not find room in memory.
pub fn digest_file(path: &Path) -> io::Result<String> {
    let mut file = open_regular(path)?;
    let (mut digester, mut part) = (Digester::default(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut part) {
            Ok(0) => return Ok(digester.digest()),
            Ok(length) => digester.add(&part[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The text of a regular file.
pub fn read_regular_text(path: &Path) -> io::Result<String> {
    let not_text = || io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text");
    String::from_utf8(read_regular(path)?).map_err(|_| not_text())
}

/// Whether it names something that lies in a folder itself: no path, and no way up.
pub fn is_one_name(name: &str) -> bool {
    use std::path::Component;
    let mut components = Path::new(name).components();
    let whole = matches!(components.next(), Some(Component::Normal(part)) if part == name);
    whole && components.next().is_none() && !name.contains(['/', '\\'])
}

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}{}", path.display(), hint(source))]
pub struct WriteError {
    pub path: PathBuf,
    pub source: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull => "; free some space and run the same command again",
        io::ErrorKind::FileTooLarge => {
            "; it would be larger than is allowed here (`ulimit -f`, a quota or the file system): raise the limit \
             and run the same command again"
        }
        io::ErrorKind::PermissionDenied => {
            "; you may not write there, or another program has it open: close that or choose another place"
        }
        io::ErrorKind::ReadOnlyFilesystem => "; nothing can be written on that disk: choose another place",
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "; a file stands where a folder is needed"
        }
        _ => "",
    }
}

/// Writes `path` whole or not at all: `fill` writes a temporary neighbour, which is synced and renamed.
pub fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), WriteError> {
    let of = |source| WriteError { path: path.to_path_buf(), source };
    let (temporary, file) = temporary_neighbour(path).map_err(of)?;
    let mut outcome = write_and_rename(path, (&temporary, file), fill);
    if let Err(error) = &mut outcome {
        if let Some(full) = disk_full(&temporary) {
            *error = full;
        }
        // The first error is the one to report; a leftover neighbour does no harm.
        let _ = fs::remove_file(&temporary);
    }
    outcome.map_err(of)
}

fn write_and_rename(
    path: &Path,
    (temporary, file): (&Path, File),
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    fill(&mut writer)?;
    writer.flush()?;
    writer.get_ref().sync_data()?;
    drop(writer);
    fs::rename(temporary, path)
}

/// Writers made by others wrap a full disk in words of their own: asks the disk itself.
fn disk_full(written: &Path) -> Option<io::Error> {
    let mut file = File::options().append(true).open(written).ok()?;
    let error = file.write_all(&[0; 1 << 17]).and_then(|()| file.sync_data()).err()?;
    (error.kind() == io::ErrorKind::StorageFull).then_some(error)
}

/// A new file beside `path`. Another process, in a container of its own, may have the same number on the same disk.
fn temporary_neighbour(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    loop {
        let turn = COUNTER.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_file_name(format!(".{name}.{}-{turn}.part", std::process::id()));
        match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((temporary, created?)),
        }
    }
}

/// A path that a file names: it starts at `base`, the file's folder, or at the user's own where it begins with `~/`.
pub fn starting_at(base: &Path, path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    let at_home = path.strip_prefix("~").ok().and_then(|rest| Some(std::env::home_dir()?.join(rest)));
    at_home.unwrap_or_else(|| base.join(path))
}

#[cfg(test)]
pub(crate) mod furthest_for_tests;
#[cfg(test)]
pub(crate) mod shared_for_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["demo", "my run", "...", "ä.b", ".hidden"] {
            assert!(is_one_name(name), "{name:?}");
        }
        for path in ["", ".", "..", "a/b", "a/", "/a", "./a", "a\\b"] {
            assert!(!is_one_name(path), "{path:?}");
        }
    }

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |path: &Path| read_regular(path).unwrap_err().kind();
        assert_eq!(kind(folder.path()), io::ErrorKind::IsADirectory);
        assert_eq!(kind(&folder.path().join("none")), io::ErrorKind::NotFound);
        #[cfg(unix)]
        assert_eq!(kind(Path::new("/dev/zero")), io::ErrorKind::Other);
        fs::write(folder.path().join("text"), b"\xff").unwrap();
        assert_eq!(read_regular(&folder.path().join("text")).unwrap(), b"\xff");
        assert_eq!(digest_file(&folder.path().join("text")).unwrap(), digest(b"\xff"));
        assert!(digest_file(folder.path()).is_err());
        let not_text = read_regular_text(&folder.path().join("text")).unwrap_err();
        assert_eq!(not_text.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/record.json");
        write_atomically(&path, |out| out.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(failed.unwrap_err().to_string().contains("free some space"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_to_do_names_no_option_that_the_command_may_not_have() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            let error = WriteError { path: "x/y.csv".into(), source: kind.into() }.to_string();
            assert!(error.contains("choose another place") && !error.contains("--out"), "{error}");
        }
    }

    #[test]
    fn a_path_of_a_file_starts_at_its_folder_or_at_home() {
        let base = Path::new("/experiments");
        assert_eq!(starting_at(base, "music"), Path::new("/experiments/music"));
        assert_eq!(starting_at(base, "/music"), Path::new("/music"));
        assert_eq!(starting_at(base, "~x/music"), Path::new("/experiments/~x/music"));
        if let Some(home) = std::env::home_dir() {
            assert_eq!(starting_at(base, "~/music"), home.join("music"));
        }
    }

    #[test]
    fn digest_is_that_of_blake3() {
        assert_eq!(digest(b""), "af1349b9f5f9a1a6a0404dea36dcc949");
    }
}
