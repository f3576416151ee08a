//! `gtzan`: Tzanetakis and Cook's ten genres of 100 clips of 30 s (IEEE TSAP 10(5), 2002), as .au or .wav.
//!
//! Ids are `blues.00000`, whatever the file format. The eight-genre subset leaves out blues and rock.
//! The fault-filtered split (Kereliuk, Sturm and Larsen 2015) is read from the user's own lists
//! `train_filtered.txt`, `valid_filtered.txt` and `test_filtered.txt`; clips in none of them are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::catalog::{Catalog, Clip, ClipSource, Finding};
use super::dataset::{Dataset, DatasetOption, Opened, parse, required_path};
use super::error::DatasetError;
use super::extensions::is_audio;
use super::files::{entries, existing_folder, first_that};
use super::names::{ClipNames, file_stem};
use crate::disk::read_regular_text;
use crate::download::{Checksum, Packing, Publication, RemoteFile};
use crate::spelling::counted;

/// The publisher's own address (opihi.cs.uvic.ca) no longer answers; the authors' organisation keeps the same file,
/// whose checksum torchaudio recorded while the first address lived.
pub const SOUNDS: Publication = Publication {
    name: "gtzan",
    summary: "GTZAN: 1000 clips of 30 s in ten genres as wav",
    licence: "none stated; for research (Tzanetakis and Cook 2002), its clips are of commercial recordings",
    files: &[RemoteFile::published(
        "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
        "genres.tar.gz",
        Packing::TarGz,
        None,
        Checksum::sha256("24347e0223d2ba798e0a558c4c172d9d4a19c00bb7963fe055d183dadb4ef2c6"),
    )],
    use_as: "dataset = { name = \"gtzan\", path = \"{}/genres\" }",
};

pub const DATASET: Dataset = Dataset {
    name: "gtzan",
    summary: "GTZAN: ten (or eight) genres, 100 clips of 30 s each; no artists, so beware of repeated ones",
    options: &[
        DatasetOption::path(
            "path",
            "the folder that holds blues/, classical/, … (or genres/ or genres_original/)",
        ),
        DatasetOption::new("genres", "10 (default), or 8: without blues and rock"),
        DatasetOption::path(
            "lists",
            "\"filtered\" (lists beside the genres) or the folder of {train,valid,test}_filtered.txt",
        ),
    ],
    check: |options| parse::<Gtzan>("gtzan", options).map(drop),
    open: |options| open(parse("gtzan", options)?).map(Opened::Clips),
};

const GENRES: [&str; 10] =
    ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"];
const LEFT_OUT_OF_EIGHT: [&str; 2] = ["blues", "rock"];
const CLIPS_A_GENRE: usize = 100;
/// Its file in the common .wav distribution holds no sound that decodes.
const KNOWN_BROKEN: &str = "jazz.00054";
const LISTS: [(&str, &str); 3] =
    [("train_filtered.txt", "train"), ("valid_filtered.txt", "validation"), ("test_filtered.txt", "test")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gtzan {
    path: Option<PathBuf>,
    #[serde(default)]
    genres: Genres,
    lists: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
enum Genres {
    #[default]
    Ten,
    Eight,
}

impl TryFrom<i64> for Genres {
    type Error = String;

    fn try_from(count: i64) -> Result<Self, String> {
        match count {
            10 => Ok(Self::Ten),
            8 => Ok(Self::Eight),
            _ => Err(format!("genres = {count} is not offered; 10 or 8 (without blues and rock)")),
        }
    }
}

const EXPECTED: &str = "expected one folder a genre (blues, classical, …) of .au or .wav files";

fn open(spec: Gtzan) -> Result<Catalog, DatasetError> {
    let path = required_path(DATASET.name, spec.path)?;
    existing_folder(&path, EXPECTED)?;
    let holds_genres = |folder: &Path| GENRES.iter().any(|genre| folder.join(genre).is_dir());
    let candidates = [".", "genres", "genres_original", "Data/genres_original", "gtzan", "gtzan/genres"];
    let root = first_that(&path, &candidates, holds_genres)
        .ok_or_else(|| DatasetError::Layout { path: path.clone(), message: EXPECTED.to_string() })?;

    let (mut clips, mut notes) = (Vec::new(), Vec::new());
    for genre in GENRES {
        if spec.genres == Genres::Eight && LEFT_OUT_OF_EIGHT.contains(&genre) {
            continue;
        }
        let found = genre_clips(&root, genre)?;
        if found.len() != CLIPS_A_GENRE {
            let message =
                format!("{genre} has {} where GTZAN has {CLIPS_A_GENRE}", counted(found.len(), "clip"));
            notes.push(Finding::count(message, Vec::new()));
        }
        clips.extend(found);
    }
    if let Some(lists) = &spec.lists {
        notes.extend(apply_lists(lists, &path, &root, spec.genres, &mut clips)?);
    }
    if clips.iter().any(|clip| clip.id == KNOWN_BROKEN) {
        let message =
            "known to be broken in the common .wav distribution; it is kept, and listed if it fails";
        notes.push(Finding::known_faults(message, vec![KNOWN_BROKEN.to_string()]));
    }
    Catalog::new(DATASET.name, clips, notes)
}

fn genre_clips(root: &Path, genre: &str) -> Result<Vec<Clip>, DatasetError> {
    let folder = root.join(genre);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let audio = entries(&folder)?.files.into_iter().filter(|(_, path)| is_audio(path));
    let clip = |(name, path): (String, PathBuf)| Clip {
        id: file_stem(&name).to_string(),
        label: genre.to_string(),
        group: None,
        fold: None,
        source: ClipSource::File(path),
    };
    Ok(audio.map(clip).collect())
}

/// Marks each clip with its side and keeps those that stand in a list.
fn apply_lists(
    lists: &Path,
    path: &Path,
    root: &Path,
    genres: Genres,
    clips: &mut Vec<Clip>,
) -> Result<Vec<Finding>, DatasetError> {
    let holds_lists = |folder: &Path| LISTS.iter().all(|(file, _)| folder.join(file).is_file());
    let beside = lists.file_name().is_some_and(|name| name == "filtered") && !lists.is_dir();
    let folder = match beside {
        true => [path, root, &path.join("..")].into_iter().find(|f| holds_lists(f)).map(Path::to_path_buf),
        false => Some(lists.to_path_buf()).filter(|folder| holds_lists(folder)),
    };
    let missing_list = || {
        let expected_in = if beside { path } else { lists };
        let mut files = LISTS.iter().map(|(file, _)| expected_in.join(file));
        files.find(|file| !file.is_file()).unwrap_or_else(|| expected_in.to_path_buf())
    };
    let folder = folder.ok_or_else(|| DatasetError::NotFound {
        path: missing_list(),
        expected: "lists = expects train_filtered.txt, valid_filtered.txt and test_filtered.txt, one blues/blues.00029.wav a line".to_string(),
    })?;
    let (mut sides, mut missing) = (BTreeMap::new(), Vec::new());
    {
        let names = ClipNames::new(clips.iter().map(|clip| clip.id.as_str()));
        for (file, side) in LISTS {
            let list = folder.join(file);
            let text = read_regular_text(&list)
                .map_err(|source| DatasetError::Read { path: list.clone(), source })?;
            for (line, entry) in (1u64..).zip(text.lines()).filter(|(_, entry)| !entry.trim().is_empty()) {
                let entry = entry.trim();
                let left_out = LEFT_OUT_OF_EIGHT.iter().any(|genre| file_stem(entry).starts_with(genre));
                match names.find(entry) {
                    Some(row) => {
                        if let Some(before) = sides.insert(row, side).filter(|before| *before != side) {
                            let message =
                                format!("'{entry}' stands in the {before} list too; take it out of one");
                            return Err(DatasetError::Row { path: list, line, message });
                        }
                    }
                    None if genres == Genres::Eight && left_out => {}
                    None => missing.push(entry.to_string()),
                }
            }
        }
    }
    let all = clips.len();
    *clips = std::mem::take(clips)
        .into_iter()
        .enumerate()
        .filter_map(|(row, clip)| sides.get(&row).map(|side| Clip { fold: Some(side.to_string()), ..clip }))
        .collect();
    let mut notes = Vec::new();
    if clips.len() < all {
        let without = all - clips.len();
        let message = format!("{} in none of the filtered lists and left out", counted(without, "clip"));
        notes.push(Finding::new(message, Vec::new()));
    }
    if !missing.is_empty() {
        notes.push(Finding::new(
            format!("{} of the filtered lists without a file", counted(missing.len(), "clip")),
            missing,
        ));
    }
    Ok(notes)
}
