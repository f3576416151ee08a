//! Finds sound files: by extension, in sorted order, hidden files and folders left out.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::catalog::Finding;
use super::error::DatasetError;
use super::extensions::{is_audio, unread_kind};
use crate::spelling::counted;

/// Deeper folders are taken for a loop of symbolic links.
const DEEPEST: usize = 32;

/// Of files that are not read those that are of sound, as a finding, apart from the others.
pub(super) fn unread_sound(names: Vec<String>) -> (Option<Finding>, Vec<String>) {
    let (unread, other): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| unread_kind(name).is_some());
    let kinds: BTreeSet<&str> = unread.iter().filter_map(|name| unread_kind(name)).collect();
    let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
    let files = counted(unread.len(), "sound file");
    let message = format!("{files} of kinds that are not read ({kinds}); convert them");
    ((!unread.is_empty()).then(|| Finding::new(message, unread)), other)
}

/// Sound that is passed over for its name, which a reader may take for a song that is used.
pub(super) fn hidden_sound(names: Vec<String>) -> Option<Finding> {
    let hidden = counted(names.len(), "hidden name");
    let message =
        format!("{hidden} of sound passed over (what begins with a dot is hidden); rename what you want");
    (!names.is_empty()).then(|| Finding::new(message, names))
}

/// A folder's visible entries in the order of their names.
pub(super) struct Entries {
    pub folders: Vec<(String, PathBuf)>,
    pub files: Vec<(String, PathBuf)>,
    /// Names that are not UTF-8 and so cannot name a clip, and links that lead nowhere.
    pub unusable: Vec<String>,
    /// Sound files whose names begin with a dot, and folders so named in which one lies.
    pub hidden: Vec<String>,
}

pub(super) fn entries(folder: &Path) -> Result<Entries, DatasetError> {
    let read = |source| DatasetError::Read { path: folder.to_path_buf(), source };
    let mut found =
        Entries { folders: Vec::new(), files: Vec::new(), unusable: Vec::new(), hidden: Vec::new() };
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            found.unusable.push(path.display().to_string());
            continue;
        };
        if name.starts_with('.') {
            found.hidden.extend(holds_sound(&path).then(|| name.to_string()));
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
    found.hidden.sort();
    Ok(found)
}

/// Whether something hidden is a sound file or a folder with one in it. What macOS leaves beside each file of a foreign
/// disk (`._song.mp3`) is neither, and a link is not followed: it may lead anywhere.
fn holds_sound(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let sound = |path: &Path| is_audio(path) && name(path).is_some_and(|name| !name.starts_with("._"));
    match metadata.is_dir() {
        true => fs::read_dir(path).is_ok_and(|inside| inside.flatten().any(|entry| sound(&entry.path()))),
        false => metadata.is_file() && sound(path),
    }
}

/// All files below a folder.
#[derive(Default)]
pub(super) struct Walk {
    /// Relative path with `/`, and the path.
    pub audio: Vec<(String, PathBuf)>,
    pub other: Vec<String>,
    pub unusable: Vec<String>,
    /// Sound that is passed over for its name.
    pub hidden: Vec<String>,
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
    found.hidden.extend(here.hidden.into_iter().map(|name| format!("{prefix}{name}")));
    for (name, path) in here.files {
        let relative = format!("{prefix}{name}");
        match is_audio(&path) {
            true => found.audio.push((relative, path)),
            false => found.other.push(relative),
        }
    }
    for (name, path) in here.folders {
        if let Err(error) = descend(&path, &format!("{prefix}{name}/"), depth + 1, found) {
            found.unusable.push(locked(&error, &path).ok_or(error)?);
        }
    }
    Ok(())
}

/// A folder that only its system may open, such as lost+found or System Volume Information, in words: no reason to give
/// up the folders beside it.
pub(super) fn locked(error: &DatasetError, folder: &Path) -> Option<String> {
    match error {
        DatasetError::Read { path, source }
            if path == folder && source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            Some(format!("{} ({source})", folder.display()))
        }
        _ => None,
    }
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
