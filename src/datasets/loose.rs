//! Audio files named one by one, or by the folder they lie in, for work that needs no data set.

use std::path::{Path, PathBuf};

use super::{Catalog, Clip, ClipSource, DatasetError, Finding, files};

/// Every file named, and every sound file below every folder named, in the order of their ids.
///
/// A clip's id is its path below the folder where one folder is named, else its path as given. Its label is the
/// first folder below the folder named, or nothing.
pub fn loose_files(paths: &[PathBuf]) -> Result<Catalog, DatasetError> {
    let mut clips = Vec::new();
    let mut notes = Vec::new();
    for path in paths {
        if path.is_dir() && !files::is_audio(path) {
            from_folder(path, paths.len() > 1, &mut clips, &mut notes)?;
        } else {
            clips.push(Clip {
                id: path_text(path),
                label: String::new(),
                group: None,
                fold: None,
                source: ClipSource::File(path.clone()),
            });
        }
    }
    clips.sort_by(|a, b| a.id.cmp(&b.id));
    clips.dedup_by(|later, earlier| later.id == earlier.id);
    if clips.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(DatasetError::NoSound { searched: names.join(", ") });
    }
    Ok(Catalog { name: "files".to_string(), clips, notes, synth: None })
}

fn from_folder(
    folder: &Path,
    among_others: bool,
    clips: &mut Vec<Clip>,
    notes: &mut Vec<Finding>,
) -> Result<(), DatasetError> {
    let found = files::walk(folder)?;
    for (relative, path) in found.audio {
        let label = relative.split_once('/').map(|(first, _)| first.to_string()).unwrap_or_default();
        let id = if among_others { path_text(&folder.join(&relative)) } else { relative };
        clips.push(Clip { id, label, group: None, fold: None, source: ClipSource::File(path) });
    }
    if !found.unusable.is_empty() {
        notes.push(Finding::new(
            "left out, for they are no regular files, lead nowhere or have names that are not UTF-8",
            found.unusable,
        ));
    }
    if !found.other.is_empty() {
        notes.push(Finding::new(
            format!("{} files without a known sound file's ending left out", found.other.len()),
            found.other,
        ));
    }
    Ok(())
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
