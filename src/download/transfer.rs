//! Fetching one file: its blocks in parallel where the server gives ranges, one stream where it does not; broken
//! connections are taken up again, and the whole is held to its published size and checksum before it gets its name.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::error::{DownloadError, size};
use super::http::{Answer, Publisher, Trouble};
use super::parts::{PartFiles, Parts};
use super::publication::RemoteFile;

/// Hears how it goes.
pub trait Watch: Sync {
    /// How large the file is, where that is known.
    fn total(&self, bytes: Option<u64>);
    /// So many bytes of the file are here now, relative to before.
    fn came(&self, bytes: i64);
    /// Something worth telling, such as that the transfer begins anew.
    fn says(&self, text: &str);
}

/// How patiently a file is fetched.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Connections at a time.
    pub connections: usize,
    /// How often in a row a connection may bring nothing before the fetch gives up.
    pub tries: usize,
    /// The first pause after a failure; it doubles.
    pub pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 4, tries: 5, pause: Duration::from_millis(500) }
    }
}

/// A file that is here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub path: PathBuf,
    pub bytes: u64,
    /// The file was there already, and is the published one.
    pub was_there: bool,
}

/// The file in `folder`, fetched if it is not there; `_hold` keeps others from the same work.
pub fn fetch(
    _hold: &Hold,
    file: &RemoteFile,
    folder: &Path,
    options: Options,
    watch: &dyn Watch,
) -> Result<Fetched, DownloadError> {
    let path = folder.join(file.file_name.as_ref());
    if path.is_file() {
        return already_there(file, path, watch);
    }
    if path.exists() {
        return Err(DownloadError::Stranger { path, why: "it is no file".to_string() });
    }
    let fetch = Fetch {
        file,
        options,
        watch,
        publisher: Publisher::new(&file.url),
        files: PartFiles::of(folder, &file.file_name),
    };
    let bytes = fetch.whole()?;
    if let Some(expected) = &file.checksum {
        watch.says("verifying");
        let found = expected
            .of_file(&fetch.files.data, &|_| ())
            .map_err(|source| DownloadError::Read { path: fetch.files.data.clone(), source })?;
        if found != *expected {
            fetch.files.remove();
            let file_name = file.file_name.to_string();
            return Err(DownloadError::WrongChecksum { file_name, expected: expected.clone(), found });
        }
    }
    let write = |source| DownloadError::write(&path, source);
    File::options().append(true).open(&fetch.files.data).and_then(|data| data.sync_all()).map_err(write)?;
    std::fs::rename(&fetch.files.data, &path).map_err(write)?;
    fetch.files.remove_record();
    Ok(Fetched { path, bytes, was_there: false })
}

fn already_there(file: &RemoteFile, path: PathBuf, watch: &dyn Watch) -> Result<Fetched, DownloadError> {
    let read = |source| DownloadError::Read { path: path.clone(), source };
    let bytes = std::fs::metadata(&path).map_err(read)?.len();
    if let Some(expected) = file.bytes.filter(|&expected| expected != bytes) {
        return Err(DownloadError::Stranger { path, why: format!("{bytes} bytes instead of {expected}") });
    }
    if let Some(expected) = &file.checksum {
        watch.says("verifying the file that is there");
        let found = expected.of_file(&path, &|_| ()).map_err(read)?;
        if found != *expected {
            return Err(DownloadError::Stranger { path, why: format!("{found} instead of {expected}") });
        }
    }
    if file.bytes.is_none() && file.checksum.is_none() {
        watch.says(
            "a file of this name was there already; whether it is the one at this address is not known",
        );
    }
    Ok(Fetched { path, bytes, was_there: true })
}

/// Held while a file is fetched and unpacked; the system lets go of it when the process ends, however it ends.
pub struct Hold(#[allow(dead_code, reason = "dropped, it lets go")] File);

/// Keeps other processes from fetching and unpacking the same file into the same folder.
pub fn hold(file: &RemoteFile, folder: &Path) -> Result<Hold, DownloadError> {
    std::fs::create_dir_all(folder).map_err(|source| DownloadError::write(folder, source))?;
    let path = folder.join(format!(".{}.lock", file.file_name));
    let lock = File::create(&path).map_err(|source| DownloadError::write(&path, source))?;
    match lock.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(DownloadError::Busy { file_name: file.file_name.to_string(), folder: folder.to_path_buf() })
        }
        // A file system without locks is no reason not to fetch.
        _ => Ok(Hold(lock)),
    }
}

struct Fetch<'a> {
    file: &'a RemoteFile,
    options: Options,
    watch: &'a dyn Watch,
    publisher: Publisher,
    files: PartFiles,
}

/// Why a worker stopped early.
enum Stop {
    /// The server has another version now, or no ranges any more.
    Changed,
    Failed(DownloadError),
}

impl Fetch<'_> {
    /// Brings the data file to its full length; gives its size.
    fn whole(&self) -> Result<u64, DownloadError> {
        // A file that changes while it is fetched is begun again, but not for ever.
        for _ in 0..3 {
            let answer = self.first_answer()?;
            self.watch.total(answer.total);
            let outcome = match (answer.partial, answer.total) {
                (true, Some(total)) => self.in_blocks(total, answer.version.as_deref()),
                _ => self.as_stream(answer),
            };
            match outcome {
                Ok(bytes) => return Ok(bytes),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Changed) => {
                    self.watch.says("the file changed at its publisher's; beginning again");
                    self.files.remove();
                }
            }
        }
        Err(self.refused("with another version of the file every time".to_string()))
    }

    fn refused(&self, why: String) -> DownloadError {
        DownloadError::Refused { url: self.file.url.to_string(), why }
    }

    /// Asks for the first byte: tells the length, the version, and whether there are ranges.
    fn first_answer(&self) -> Result<Answer, DownloadError> {
        let mut failures = 0;
        let answer = loop {
            match self.publisher.get(&self.file.url, Some((0, 0)), None) {
                Ok(answer) => break answer,
                Err(Trouble::Unreachable { why }) => {
                    let rest = self.file.url.split("://").nth(1).unwrap_or(&self.file.url);
                    let host = rest.split('/').next().unwrap_or(rest).to_string();
                    return Err(DownloadError::NoNetwork { host, why });
                }
                Err(trouble) => self.pause_or_give_up(&mut failures, &trouble)?,
            }
        };
        if let (Some(expected), Some(found)) = (self.file.bytes, answer.total)
            && expected != found
        {
            return Err(DownloadError::WrongSize { url: self.file.url.to_string(), expected, found });
        }
        if answer.web_page && self.file.bytes.is_none() && self.file.checksum.is_none() {
            return Err(self.refused("with a web page instead of a file".to_string()));
        }
        Ok(answer)
    }

    fn pause_or_give_up(&self, failures: &mut usize, trouble: &Trouble) -> Result<(), DownloadError> {
        let wait = match trouble {
            Trouble::Final { why } => return Err(self.refused(why.clone())),
            Trouble::Passing { wait, .. } => *wait,
            Trouble::Unreachable { .. } => None,
        };
        *failures += 1;
        if *failures >= self.options.tries {
            let (url, why) = (self.file.url.to_string(), trouble.why().to_string());
            return Err(DownloadError::BrokeOff { url, tries: *failures, why });
        }
        let doubled = self.options.pause * (1 << (*failures - 1).min(6));
        std::thread::sleep(wait.unwrap_or(doubled));
        Ok(())
    }

    fn in_blocks(&self, total: u64, version: Option<&str>) -> Result<u64, Stop> {
        let checked = self.file.checksum.is_some();
        let parts = self.files.open(&self.file.url, total, version, checked).map_err(Stop::Failed)?;
        self.check_space(total - parts.bytes_there()).map_err(Stop::Failed)?;
        self.watch.came(parts.bytes_there() as i64);
        let missing = Mutex::new(parts.missing().into_iter());
        let connections = self.options.connections.clamp(1, 16);
        let (parts, over) = (Mutex::new(parts), AtomicBool::new(false));
        let outcomes: Vec<Result<(), Stop>> = std::thread::scope(|scope| {
            let work = || self.worker(&missing, &parts, total, &over);
            let workers: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
            let broken = || Stop::Failed(self.refused("in a way that broke the fetch".to_string()));
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(broken()))).collect()
        });
        outcomes.into_iter().collect::<Result<(), Stop>>()?;
        Ok(total)
    }

    /// Takes missing blocks one after the other until none is left or any worker failed.
    fn worker(
        &self,
        missing: &Mutex<std::vec::IntoIter<usize>>,
        parts: &Mutex<Parts>,
        total: u64,
        over: &AtomicBool,
    ) -> Result<(), Stop> {
        let held = |_| DownloadError::write(&self.files.data, io::Error::other("another connection broke"));
        let mut data = File::options()
            .write(true)
            .open(&self.files.data)
            .map_err(|source| Stop::Failed(DownloadError::write(&self.files.data, source)))?;
        while !over.load(Ordering::Relaxed) {
            let Some(block) = missing.lock().map_err(|_| Stop::Failed(held(())))?.next() else { break };
            let (place, version) = {
                let parts = parts.lock().map_err(|_| Stop::Failed(held(())))?;
                (parts.place(block), parts.version().map(str::to_string))
            };
            match self.block(&mut data, place, (total, version.as_deref()), over) {
                Ok(true) => {}
                // Another worker failed, and this block is not whole.
                Ok(false) => break,
                Err(stop) => {
                    over.store(true, Ordering::Relaxed);
                    return Err(stop);
                }
            }
            // What the record calls done has to outlast a power cut.
            data.sync_data()
                .map_err(|source| Stop::Failed(DownloadError::write(&self.files.data, source)))?;
            let mut parts = parts.lock().map_err(|_| Stop::Failed(held(())))?;
            parts.came(block);
            self.files.save(&parts).map_err(Stop::Failed)?;
        }
        Ok(())
    }

    /// One block, taken up again where its connection broke; `false` where it was left off because all is `over`.
    fn block(
        &self,
        data: &mut File,
        (first, length): (u64, u64),
        (total, version): (u64, Option<&str>),
        over: &AtomicBool,
    ) -> Result<bool, Stop> {
        let write = |source| Stop::Failed(DownloadError::write(&self.files.data, source));
        let (mut here, mut failures) = (0, 0);
        while here < length && !over.load(Ordering::Relaxed) {
            let range = (first + here, first + length - 1);
            let mut answer = match self.publisher.get(&self.file.url, Some(range), version) {
                Ok(answer) if !answer.partial => return Err(Stop::Changed),
                // Some servers send a part of whatever they have now.
                Ok(answer) if is_of_another(&answer, total, version) => return Err(Stop::Changed),
                Ok(answer) => answer,
                Err(trouble) => {
                    self.pause_or_give_up(&mut failures, &trouble).map_err(Stop::Failed)?;
                    continue;
                }
            };
            data.seek(SeekFrom::Start(range.0)).map_err(write)?;
            let before = here;
            let broke = copy(&mut answer.body.by_ref().take(length - here), data, |bytes| {
                here += bytes;
                self.watch.came(bytes as i64);
            })
            .map_err(write)?;
            if here > before {
                failures = 0;
            }
            if here < length && (here == before || broke.is_some()) {
                let why = broke.unwrap_or_else(|| "the connection closed early".to_string());
                let trouble = Trouble::Passing { why, wait: None };
                self.pause_or_give_up(&mut failures, &trouble).map_err(Stop::Failed)?;
            }
        }
        Ok(here == length)
    }

    /// A server without ranges: one stream, begun again from the start when it breaks.
    fn as_stream(&self, first: Answer) -> Result<u64, Stop> {
        let write = |source| Stop::Failed(DownloadError::write(&self.files.data, source));
        self.files.remove_record();
        if let Some(total) = first.total {
            self.check_space(total).map_err(Stop::Failed)?;
        }
        let (mut answer, mut failures) = (Some(first), 0);
        loop {
            let asked = match answer.take() {
                // The first answer may be the one byte that was asked for, of a file of unknown length.
                Some(answer) if !answer.partial => Ok(answer),
                _ => self.publisher.get(&self.file.url, None, None),
            };
            let trouble = match asked {
                Err(trouble) => trouble,
                Ok(mut answer) => {
                    let mut data = File::create(&self.files.data).map_err(write)?;
                    let mut here = 0;
                    let broke = copy(&mut answer.body, &mut data, |bytes| {
                        here += bytes;
                        self.watch.came(bytes as i64);
                    })
                    .map_err(write)?;
                    let expected = answer.total.or(self.file.bytes).unwrap_or(here);
                    match broke {
                        None if here == expected => return Ok(here),
                        broke => {
                            self.watch.came(-(here as i64));
                            let short = format!(
                                "the stream ended after {here} of {expected} bytes, and the server cannot continue it"
                            );
                            Trouble::Passing { why: broke.unwrap_or(short), wait: None }
                        }
                    }
                }
            };
            self.pause_or_give_up(&mut failures, &trouble).map_err(Stop::Failed)?;
        }
    }

    fn check_space(&self, needed: u64) -> Result<(), DownloadError> {
        let folder = self.files.data.parent().unwrap_or(Path::new("."));
        match free_bytes(folder) {
            Some(free) if free < needed => Err(DownloadError::NoSpace {
                folder: folder.to_path_buf(),
                needed: size(needed),
                free: size(free),
            }),
            _ => Ok(()),
        }
    }
}

/// Whether a part is of another file than the one of this length and version, as far as it says.
fn is_of_another(answer: &Answer, total: u64, version: Option<&str>) -> bool {
    // A tag is quoted, a date is not: another server of the same file may send the one in place of the other.
    let differs =
        |(known, said): (&str, &str)| known != said && known.starts_with('"') == said.starts_with('"');
    answer.total.is_some_and(|said| said != total)
        || version.zip(answer.version.as_deref()).is_some_and(differs)
}

/// Copies until the source ends or breaks (`Some(why)`); only the writer's errors are errors.
fn copy(from: &mut dyn Read, to: &mut File, mut came: impl FnMut(u64)) -> io::Result<Option<String>> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(length) => {
                to.write_all(&buffer[..length])?;
                came(length as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Some(error.to_string())),
        }
    }
}

/// Waits until everything written to the folder's disk is on it, where the system can be asked for that: what was unpacked
/// has to be there before a record says so.
pub fn settle(folder: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(folder) = File::open(folder) {
        // One that cannot leaves it to the system, as before.
        let _ = rustix::fs::syncfs(folder);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
