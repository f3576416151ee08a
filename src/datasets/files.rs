//! Finds sound files: by extension, in sorted order, hidden files and folders left out.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::DatasetError;

/// What counts as a sound file, whatever its case.
pub const AUDIO_EXTENSIONS: &[&str] =
    &["mp3", "flac", "ogg", "oga", "wav", "aiff", "aif", "aifc", "au", "snd", "m4a", "mp4", "aac"];

/// Deeper folders are taken for a loop of symbolic links.
const DEEPEST: usize = 32;

pub fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| AUDIO_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// A folder's visible entries in the order of their names.
pub(super) struct Entries {
    pub folders: Vec<(String, PathBuf)>,
    pub files: Vec<(String, PathBuf)>,
    /// Names that are not UTF-8 and so cannot name a clip, and links that lead nowhere.
    pub unusable: Vec<String>,
}

pub(super) fn entries(folder: &Path) -> Result<Entries, DatasetError> {
    let read = |source| DatasetError::Read { path: folder.to_path_buf(), source };
    let mut found = Entries { folders: Vec::new(), files: Vec::new(), unusable: Vec::new() };
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            found.unusable.push(path.display().to_string());
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let name = name.to_string();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => found.folders.push((name, path)),
            Ok(metadata) if metadata.is_file() => found.files.push((name, path)),
            _ => found.unusable.push(path.display().to_string()),
        }
    }
    found.folders.sort();
    found.files.sort();
    found.unusable.sort();
    Ok(found)
}

/// All files below a folder.
#[derive(Default)]
pub(super) struct Walk {
    /// Relative path with `/`, and the path.
    pub audio: Vec<(String, PathBuf)>,
    pub other: Vec<String>,
    pub unusable: Vec<String>,
    /// Folders already searched, by their true path.
    searched: HashSet<PathBuf>,
}

pub(super) fn walk(folder: &Path) -> Result<Walk, DatasetError> {
    let mut found = Walk::default();
    if let Ok(true_path) = folder.canonicalize() {
        // A link that leads up would bring in what belongs to other folders.
        found.searched.extend(true_path.ancestors().skip(1).map(Path::to_path_buf));
    }
    descend(folder, "", 0, &mut found)?;
    Ok(found)
}

fn descend(folder: &Path, prefix: &str, depth: usize, found: &mut Walk) -> Result<(), DatasetError> {
    if depth > DEEPEST {
        let message =
            format!("more than {DEEPEST} folders deep; is there a symbolic link that leads back up?");
        return Err(DatasetError::Layout { path: folder.to_path_buf(), message });
    }
    if let Ok(true_path) = folder.canonicalize()
        && !found.searched.insert(true_path)
    {
        found.unusable.push(format!("{} (a link to a folder searched already)", folder.display()));
        return Ok(());
    }
    let here = entries(folder)?;
    found.unusable.extend(here.unusable);
    for (name, path) in here.files {
        let relative = format!("{prefix}{name}");
        match is_audio(&path) {
            true => found.audio.push((relative, path)),
            false => found.other.push(relative),
        }
    }
    for (name, path) in here.folders {
        match descend(&path, &format!("{prefix}{name}/"), depth + 1, found) {
            // Such as lost+found, which is its system's.
            Err(DatasetError::Read { path: locked, source })
                if locked == path && source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                found.unusable.push(format!("{} ({source})", path.display()));
            }
            outcome => outcome?,
        }
    }
    Ok(())
}

/// The first of `candidates` (relative to `root`) that `fits`.
pub(super) fn first_that(root: &Path, candidates: &[&str], fits: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    candidates.iter().map(|relative| root.join(relative)).find(|path| fits(path))
}

pub(super) fn existing_folder(path: &Path, expected: &str) -> Result<(), DatasetError> {
    match path.is_dir() {
        true => Ok(()),
        false => Err(DatasetError::NotFound { path: path.to_path_buf(), expected: expected.to_string() }),
    }
}
