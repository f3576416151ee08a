//! The corpus as wav files: `DIR/<genre>/<genre>.00003.wav`, `groups.csv` (clip_id,group) and a README.txt.
//!
//! Files that are there already and are the same stay untouched, so that a killed write goes on where it was.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::recipes::RECIPES;
use super::spec::{SynthError, SynthSpec};
use super::{clips, render};
use crate::audio::wav_write;
use crate::disk::write_atomically;

/// What `write_wavs` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub written: usize,
    /// Clips that were there already, byte for byte.
    pub kept: usize,
}

/// Writes the whole corpus under `dir`; `progress` hears how many clips are done.
pub fn write_wavs(spec: &SynthSpec, dir: &Path, progress: &dyn Fn(usize)) -> Result<Written, SynthError> {
    spec.validate()?;
    refuse_another_corpus(spec, dir)?;
    refuse_stray_files(spec, dir)?;
    // The README goes first: from then on the folder says whose it is.
    write_if_new(&dir.join("README.txt"), readme(spec).as_bytes())?;
    let clips = clips(spec);
    let mut groups = String::from("clip_id,group\n");
    for clip in &clips {
        groups.push_str(&format!("{},{}\n", clip.id, clip.group.as_deref().unwrap_or_default()));
    }
    let mut done = Written { written: 0, kept: 0 };
    // As many clips in memory as there are threads.
    let batch = rayon::current_num_threads().max(1);
    for start in (0..clips.len()).step_by(batch) {
        let indices = start..(start + batch).min(clips.len());
        let rendered: Vec<Result<bool, SynthError>> = indices
            .into_par_iter()
            .map(|index| {
                let path = dir.join(format!("{}.wav", clips[index].id));
                write_if_new(&path, &wav_write::pcm16(&render(spec, index)))
            })
            .collect();
        for written in rendered {
            if written? {
                done.written += 1;
            } else {
                done.kept += 1;
            }
            progress(done.written + done.kept);
        }
    }
    write_if_new(&dir.join("groups.csv"), groups.as_bytes())?;
    Ok(done)
}

/// False if the file was there already with these bytes.
fn write_if_new(path: &Path, bytes: &[u8]) -> Result<bool, SynthError> {
    let same_length = fs::metadata(path).is_ok_and(|facts| facts.len() == bytes.len() as u64);
    if same_length && fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    write_atomically(path, |out| out.write_all(bytes))?;
    Ok(true)
}

const DEFINITION_MARK: &str = "Definition: ";

fn refuse_another_corpus(spec: &SynthSpec, dir: &Path) -> Result<(), SynthError> {
    let path = dir.join("README.txt");
    let wanted = spec.definition();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(SynthError::Read { path, source }),
    };
    let found = text.lines().find_map(|line| line.strip_prefix(DEFINITION_MARK)).unwrap_or("a README of its own");
    if found == wanted {
        return Ok(());
    }
    Err(SynthError::AnotherCorpus { path: dir.to_path_buf(), found: found.to_string(), wanted })
}

/// A sound file of a larger corpus, or of the user's, would be read as a clip of this one.
fn refuse_stray_files(spec: &SynthSpec, dir: &Path) -> Result<(), SynthError> {
    for (genre, recipe) in RECIPES.iter().enumerate() {
        let folder = dir.join(recipe.name);
        for path in listing(&folder)? {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let number = stem.strip_prefix(recipe.name).and_then(|rest| rest.strip_prefix('.')?.parse().ok());
            let wanted = genre < spec.genres && number.is_some_and(|n: usize| n < spec.clips_per_genre);
            if !wanted && !hidden {
                return Err(SynthError::StrayFile { path });
            }
        }
    }
    Ok(())
}

fn listing(folder: &Path) -> Result<Vec<PathBuf>, SynthError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(SynthError::Read { path: folder.to_path_buf(), source }),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| SynthError::Read { path: folder.to_path_buf(), source })?;
        paths.push(entry.path());
    }
    paths.sort();
    Ok(paths)
}

fn readme(spec: &SynthSpec) -> String {
    let mut text = format!(
        "This is not recorded music. genrebench made every clip here by synthesis, from a seed; the genres and\n\
         the artists are invented. Use it to try the suite and to compare methods with each other; a score on it\n\
         says nothing about any real genre.\n\n\
         {DEFINITION_MARK}{}\n\
         Clips: {} genres x {} clips, mono, 16-bit.\n\
         groups.csv names the artist of each clip: keep an artist on one side of a split.\n\n",
        spec.definition(),
        spec.genres,
        spec.clips_per_genre
    );
    for recipe in &RECIPES[..spec.genres] {
        text.push_str(&format!("{}: {}\n", recipe.name, recipe.summary));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> SynthSpec {
        SynthSpec { clips_per_genre: 2, seconds: 0.5, rate_hz: 8000, genres: 2, ..SynthSpec::default() }
    }

    #[test]
    fn a_second_write_keeps_everything_and_a_larger_one_adds() {
        let folder = tempfile::tempdir().unwrap();
        let first = write_wavs(&small(), folder.path(), &|_| ()).unwrap();
        assert_eq!(first, Written { written: 4, kept: 0 });
        let wav = fs::read(folder.path().join("dustfolk/dustfolk.00001.wav")).unwrap();
        assert_eq!(wav, wav_write::pcm16(&render(&small(), 3)));
        assert_eq!(write_wavs(&small(), folder.path(), &|_| ()).unwrap(), Written { written: 0, kept: 4 });
        let larger = SynthSpec { clips_per_genre: 3, ..small() };
        assert_eq!(write_wavs(&larger, folder.path(), &|_| ()).unwrap(), Written { written: 2, kept: 4 });
        let groups = fs::read_to_string(folder.path().join("groups.csv")).unwrap();
        assert!(groups.starts_with("clip_id,group\nglassbell/glassbell.00000,glassbell-artist-00\n"));
        assert_eq!(groups.lines().count(), 7);
    }

    #[test]
    fn clips_of_another_corpus_are_neither_mixed_in_nor_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        write_wavs(&small(), folder.path(), &|_| ()).unwrap();
        let other = SynthSpec { seed: 2, ..small() };
        let refused = write_wavs(&other, folder.path(), &|_| ()).unwrap_err();
        assert!(matches!(refused, SynthError::AnotherCorpus { .. }), "{refused}");
        let fewer = SynthSpec { clips_per_genre: 1, ..small() };
        let refused = write_wavs(&fewer, folder.path(), &|_| ()).unwrap_err();
        assert!(refused.to_string().contains("glassbell.00001.wav"), "{refused}");
    }
}
