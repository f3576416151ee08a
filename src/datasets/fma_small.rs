//! `fma-small`: 8000 clips of 30 s in eight balanced genres, or FMA-medium's 25 000 in sixteen, which hold them
//! (Defferrard et al., ISMIR 2017).
//!
//! Sounds lie at `000/000002.mp3`; the id is the six-digit track number. Labels come from fma_metadata's
//! `tracks.csv` (two lines of headings and one of the index name), which also gives artists as groups and
//! the official split, or from a plain CSV `filename,genre`.
//! Three clips are known to be almost without sound and three not to decode: they are named, kept, and fail
//! or come out short by themselves, so that no clip disappears unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::catalog::{Catalog, Clip, ClipSource, Finding};
use super::dataset::{Dataset, DatasetOption, Opened, parse, required_path};
use super::delimited::Record;
use super::error::DatasetError;
use super::extensions::is_audio;
use super::files::{entries, existing_folder, first_that};
use super::headed::Headed;
use super::names::file_stem;
use crate::download::{Checksum, Packing, Publication, RemoteFile};
use crate::spelling::{agreeing, counted};

/// Addresses and checksums: github.com/mdeff/fma, README, "Data".
pub const SOUNDS: Publication = Publication {
    name: "fma-small",
    summary: "FMA-small: 8000 clips of 30 s as mp3",
    licence: "each clip under its artist's Creative Commons licence (fma_metadata names it)",
    files: &[RemoteFile::published(
        "https://os.unil.cloud.switch.ch/fma/fma_small.zip",
        "fma_small.zip",
        Packing::Zip,
        Some(7_679_594_875),
        Checksum::sha1("ade154f733639d52e35e32f5593efe5be76c6d70"),
    )],
    use_as: "dataset = { name = \"fma-small\", path = \"{}/fma_small\" }   (fetch fma-metadata into the same folder for genres, artists and the official split)",
};

pub const METADATA: Publication = Publication {
    name: "fma-metadata",
    summary: "FMA's metadata: tracks.csv with genres, artists and the official splits",
    licence: "CC BY 4.0",
    files: &[RemoteFile::published(
        "https://os.unil.cloud.switch.ch/fma/fma_metadata.zip",
        "fma_metadata.zip",
        Packing::Zip,
        Some(358_412_441),
        Checksum::sha1("f0df49ffe5f2a6008d7dc83c6915b31835dfe733"),
    )],
    use_as: "dataset = { name = \"fma-small\", path = \"{}/fma_small\", tracks = \"{}/fma_metadata/tracks.csv\" }",
};

pub const DATASET: Dataset = Dataset {
    name: "fma-small",
    summary: "FMA-small: eight genres, 1000 clips of 30 s each, with artists and the official split",
    options: &[
        DatasetOption::path("path", "the folder that holds 000/000002.mp3, …"),
        DatasetOption::path(
            "tracks",
            "fma_metadata's tracks.csv, or a CSV with the columns filename and genre; looked for beside the sounds unless told",
        ),
        DatasetOption::new(
            "subset",
            "\"small\" (default), or \"medium\": FMA-medium, 25 000 clips in sixteen genres of unequal size, FMA-small's among them",
        ),
    ],
    check: |options| parse::<FmaSmall>("fma-small", options).map(drop),
    open: |options| open(parse("fma-small", options)?).map(Opened::Clips),
};

/// Of FMA-small the first three of either; the others are of FMA-medium (the issue tracker of mdeff/fma, no. 8).
const TOO_SHORT: [&str; 6] = ["098565", "098567", "098569", "098566", "098568", "108924"];
const UNDECODABLE: [&str; 15] = [
    "099134", "108925", "133297", "001486", "005574", "065753", "080391", "098558", "098559", "098560",
    "098571", "105247", "126981", "127336", "143992",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FmaSmall {
    path: Option<PathBuf>,
    tracks: Option<PathBuf>,
    #[serde(default)]
    subset: Subset,
}

/// FMA's subsets hold one another: a track's line names the smallest that it is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Subset {
    #[default]
    Small,
    Medium,
}

impl Subset {
    fn holds(self, smallest: &str) -> bool {
        smallest == "small" || self == Self::Medium && smallest == "medium"
    }

    /// Its catalog's name, its published name, its folder and its published number of clips.
    fn facts(self) -> (&'static str, &'static str, &'static str, usize) {
        match self {
            Self::Small => (DATASET.name, "FMA-small", "fma_small", 8000),
            Self::Medium => ("fma-medium", "FMA-medium", "fma_medium", 25_000),
        }
    }
}

/// A row of the metadata.
struct Track {
    id: String,
    genre: String,
    artist: Option<String>,
    side: Option<String>,
}

/// What the metadata says: of the wanted subset, and of tracks beside it.
#[derive(Default)]
struct Tracks {
    wanted: Vec<Track>,
    /// Ids of the wanted subset without a genre.
    without_genre: Vec<String>,
    /// The subset of every other track.
    others: BTreeMap<String, String>,
}

const EXPECTED: &str = "expected the sounds of fma_small at 000/000002.mp3, …";
const TRACKS_CANDIDATES: [&str; 6] = [
    "tracks.csv",
    "fma_metadata/tracks.csv",
    "../fma_metadata/tracks.csv",
    "../tracks.csv",
    "fma_small_genres.csv",
    "../fma_small_genres.csv",
];

fn open(spec: FmaSmall) -> Result<Catalog, DatasetError> {
    let path = required_path(DATASET.name, spec.path)?;
    existing_folder(&path, EXPECTED)?;
    let (name, _, folder, _) = spec.subset.facts();
    let root = first_that(&path, &[folder], Path::is_dir).unwrap_or_else(|| path.clone());
    let found = || first_that(&root, &TRACKS_CANDIDATES, Path::is_file);
    let tracks_path = spec.tracks.or_else(found).ok_or_else(|| DatasetError::NotFound {
        path: root.join("tracks.csv"),
        expected: "the genres are in FMA's metadata: `genrebench data fetch fma-metadata` into the folder that \
                   fma_small lies in, or lay a CSV with the columns filename and genre there as tracks.csv (elsewhere: \
                   tracks = \"…\" in an experiment of yours)"
            .to_string(),
    })?;
    let Tracks { wanted, without_genre, others } = read_tracks(&tracks_path, spec.subset)?;
    let (mut clips, mut missing) = (Vec::new(), Vec::new());
    for track in wanted {
        match sound_file(&root, &track.id) {
            Some(path) => clips.push(Clip {
                id: track.id,
                label: track.genre,
                group: track.artist,
                fold: track.side,
                source: ClipSource::File(path),
            }),
            None => missing.push(track.id),
        }
    }
    if clips.is_empty() && !missing.is_empty() {
        let message =
            format!("none of the {} clips of {} is there; {EXPECTED}", missing.len(), tracks_path.display());
        return Err(DatasetError::Layout { path: root, message });
    }
    let surplus = surplus(&root, &clips, &without_genre);
    let mut notes = notes(spec.subset, &clips, missing, without_genre, &tracks_path);
    notes.extend(of_surplus(surplus, &others, spec.subset, &tracks_path));
    Catalog::new(name, clips, notes)
}

fn notes(
    subset: Subset,
    clips: &[Clip],
    missing: Vec<String>,
    without_genre: Vec<String>,
    tracks: &Path,
) -> Vec<Finding> {
    let mut notes = Vec::new();
    let listed = clips.len() + missing.len() + without_genre.len();
    let (_, name, _, published) = subset.facts();
    if listed != published {
        let message = format!("{} lists {listed} clips where {name} has {published}", tracks.display());
        notes.push(Finding::count(message, Vec::new()));
    }
    if !missing.is_empty() {
        notes.push(Finding::count(
            format!("{} listed clips have no file and are left out", missing.len()),
            missing,
        ));
    }
    if !without_genre.is_empty() {
        let message = format!(
            "{} {} no genre (genre_top) and {} left out",
            counted(without_genre.len(), "listed clip"),
            agreeing(&without_genre.len(), "has", "have"),
            agreeing(&without_genre.len(), "is", "are")
        );
        notes.push(Finding::new(message, without_genre));
    }
    if clips.iter().all(|clip| clip.group.is_none()) {
        let message = "no artists known: clips of one artist may stand on both sides of a split; tracks.csv of fma_metadata names them";
        notes.push(Finding::new(message, Vec::new()));
    }
    for (known, message) in [
        (
            TOO_SHORT.as_slice(),
            "known to be shorter than the others, some with less than two seconds; kept as they are",
        ),
        (UNDECODABLE.as_slice(), "known not to decode; kept, and listed if they fail"),
    ] {
        let here: Vec<_> = known.iter().filter(|id| clips.iter().any(|clip| clip.id == **id)).collect();
        if !here.is_empty() {
            notes.push(Finding::known_faults(message, here.into_iter().map(|id| id.to_string()).collect()));
        }
    }
    notes
}

/// Files beside the wanted subset: those of FMA's other subsets, and those that the metadata does not know.
fn of_surplus(
    surplus: Vec<String>,
    others: &BTreeMap<String, String>,
    wanted: Subset,
    tracks: &Path,
) -> Vec<Finding> {
    let subset_of = |file: &String| others.get(file_stem(file));
    let (elsewhere, strangers): (Vec<String>, Vec<String>) =
        surplus.into_iter().partition(|file| subset_of(file).is_some());
    let names: BTreeSet<&String> = elsewhere.iter().filter_map(subset_of).collect();
    let medium = wanted == Subset::Small && names.iter().any(|name| *name == "medium");
    let names = names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut notes = Vec::new();
    if !elsewhere.is_empty() {
        let count = elsewhere.len();
        let message = format!(
            "{} {} of other subsets of FMA ({names}) and left out{}",
            counted(count, "sound file"),
            agreeing(&count, "is", "are"),
            if medium { "; subset = \"medium\" takes those of FMA-medium" } else { "" }
        );
        notes.push(Finding::new(message, elsewhere));
    }
    if !strangers.is_empty() {
        let message = format!("{} sound files stand in no line of {}", strangers.len(), tracks.display());
        notes.push(Finding::count(message, strangers));
    }
    notes
}

/// Sound files in the numbered folders that are no clips of the wanted subset.
fn surplus(root: &Path, clips: &[Clip], without_genre: &[String]) -> Vec<String> {
    let ids = clips.iter().map(|clip| &clip.id).chain(without_genre);
    let known: BTreeSet<&str> = ids.map(String::as_str).collect();
    let folders = entries(root).map(|entries| entries.folders).unwrap_or_default();
    let numbered = folders.into_iter().filter(|(name, _)| name.len() == 3 && name.parse::<u16>().is_ok());
    numbered
        .flat_map(|(folder, path)| {
            let files = entries(&path).map(|entries| entries.files).unwrap_or_default();
            files.into_iter().filter(|(_, path)| is_audio(path)).map(move |(name, _)| (folder.clone(), name))
        })
        .filter(|(_, name)| !known.contains(file_stem(name)))
        .map(|(folder, name)| format!("{folder}/{name}"))
        .collect()
}

fn sound_file(root: &Path, id: &str) -> Option<PathBuf> {
    let folder = root.join(id.get(..3)?);
    ["mp3", "wav", "flac", "ogg"]
        .into_iter()
        .map(|e| folder.join(format!("{id}.{e}")))
        .find(|path| path.is_file())
}

/// `2`, `000002.mp3` or `000/000002.mp3` → `000002`.
fn track_id(text: &str) -> Option<String> {
    file_stem(text.trim()).parse::<u32>().ok().map(|number| format!("{number:06}"))
}

fn read_tracks(path: &Path, wanted: Subset) -> Result<Tracks, DatasetError> {
    let mut file = Headed::open(path)?;
    let mut record = Record::default();
    let columns = match plain_columns(&file) {
        Some(columns) => columns,
        None => {
            // Its second line is a heading too.
            file.read(&mut record)?;
            metadata_columns(&file, &record)?
        }
    };
    let mut tracks = Tracks::default();
    while file.read(&mut record)? {
        let wrong = |message: String| file.wrong(record.line, message);
        let field = |column: usize| record.fields.get(column).map_or("", String::as_str);
        if field(columns.id) == "track_id" {
            continue;
        }
        let id = track_id(field(columns.id));
        if let Some(other) = columns.subset.map(field).filter(|smallest| !wanted.holds(smallest)) {
            tracks.others.extend(id.map(|id| (id, other.to_string())));
            continue;
        }
        let id = id.ok_or_else(|| wrong(format!("'{}' is not a track number", field(columns.id))))?;
        let genre = field(columns.genre).to_string();
        if genre.is_empty() && wanted == Subset::Medium {
            tracks.without_genre.push(id);
            continue;
        }
        if genre.is_empty() {
            return Err(wrong(format!("track {id} has no genre")));
        }
        let given = |column: Option<usize>| {
            column.map(|column| field(column).to_string()).filter(|value| !value.is_empty())
        };
        tracks.wanted.push(Track { id, genre, artist: given(columns.artist), side: given(columns.side) });
    }
    Ok(tracks)
}

/// Where the five things we need stand.
struct Columns {
    id: usize,
    genre: usize,
    artist: Option<usize>,
    side: Option<usize>,
    subset: Option<usize>,
}

fn plain_columns(file: &Headed) -> Option<Columns> {
    Some(Columns {
        id: file.place(&["filename", "track_id", "id"])?,
        genre: file.place(&["genre", "genre_top", "label"])?,
        artist: file.place(&["artist", "artist_id"]),
        side: file.place(&["split"]),
        subset: file.place(&["subset"]),
    })
}

fn metadata_columns(file: &Headed, below: &Record) -> Result<Columns, DatasetError> {
    let find = |group: &str, name: &str| {
        let mut pairs = file.header.iter().zip(&below.fields);
        pairs.position(|(above, below)| above == group && below == name).ok_or_else(|| {
            let expected = "fma_metadata's tracks.csv, or the columns filename and genre";
            let heading = format!("{group}/{name}");
            file.missing(&[heading.as_str()], expected)
        })
    };
    Ok(Columns {
        id: 0,
        genre: find("track", "genre_top")?,
        artist: Some(find("artist", "id")?),
        side: Some(find("set", "split")?),
        subset: Some(find("set", "subset")?),
    })
}
