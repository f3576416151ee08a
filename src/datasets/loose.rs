//! Audio files named one by one, or by the folder they lie in, for work that needs no data set.

use std::path::{Path, PathBuf};

use super::{Catalog, Clip, ClipSource, DatasetError, Finding, files, is_audio};

/// Every file named, and every sound file below every folder named, in the order of their ids.
///
/// A clip's id is its path below the folder where one folder is named, else its path as given. Its label is the
/// first folder below the folder named, or nothing. What is named twice is one clip.
pub fn loose_files(paths: &[PathBuf]) -> Result<Catalog, DatasetError> {
    let mut clips = Vec::new();
    let mut notes = Vec::new();
    for path in paths {
        if path.is_dir() && !is_audio(path) {
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
    clips.sort_by(|a, b| (&a.id, &a.source).cmp(&(&b.id, &b.source)));
    let mut namesakes = Vec::new();
    clips.dedup_by(|later, earlier| {
        let same_id = later.id == earlier.id;
        if same_id && later.source != earlier.source {
            namesakes.push(later.source_name());
        }
        same_id
    });
    if !namesakes.is_empty() {
        notes.push(Finding::new("left out, for another file has the same clip id", namesakes));
    }
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
    let (unread, other) = files::unread_sound(found.other);
    notes.extend(unread);
    notes.extend(files::hidden_sound(found.hidden));
    if !other.is_empty() {
        let message = format!("{} files without a known sound file's ending left out", other.len());
        notes.push(Finding::new(message, other));
    }
    Ok(())
}

/// With `/`, and a byte that is not UTF-8 as `%E8`: names that differ in such bytes alone are still two.
fn path_text(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text += &chunk.valid().replace('\\', "/");
        chunk.invalid().iter().for_each(|byte| text += &format!("%{byte:02X}"));
    }
    text
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn names_that_are_not_utf_8_stay_two_and_namesakes_are_told() {
        let of = |names: &[&[u8]]| {
            let paths: Vec<PathBuf> = names.iter().map(|name| OsStr::from_bytes(name).into()).collect();
            loose_files(&paths).unwrap()
        };
        let two = of(&[&b"q\xe9.wav"[..], b"q\xe8.wav", b"q\xe9.wav"]);
        let ids: Vec<&str> = two.clips.iter().map(|clip| clip.id.as_str()).collect();
        assert_eq!(ids, ["q%E8.wav", "q%E9.wav"]);
        assert!(two.notes.is_empty(), "named twice, it is the same file");

        let namesakes = of(&[&b"a/b.wav"[..], b"a\\b.wav"]);
        assert_eq!(namesakes.clips.len(), 1);
        let told = namesakes.notes[0].to_string();
        assert!(told.contains("the same clip id: a\\b.wav"), "{told}");
    }
}
