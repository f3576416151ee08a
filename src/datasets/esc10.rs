//! `esc10` and `esc50`: ten or fifty classes of 40 environmental sounds of 5 s in five folds (Piczak, ACM MM 2015).
//!
//! Two layouts: ESC-10's own, `001 - Dog bark/1-100032-A.ogg` (fold, Freesound id, take), and ESC-50's
//! `meta/esc50.csv` with `audio/`, of which `esc10` takes the rows marked so and `esc50` all. The id is the file stem, the
//! group is the Freesound recording that a clip was cut from.

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
use crate::download::{Packing, Publication, RemoteFile};
use crate::spelling::counted;

/// The archives are made anew for every request, so they have no fixed size or checksum.
pub const ESC10_SOUNDS: Publication = Publication {
    name: "esc10",
    summary: "ESC-10: 400 clips of 5 s in ten classes and five folds",
    licence: "CC BY (each clip's author is named in the archive)",
    files: &[RemoteFile::new(
        "https://github.com/karolpiczak/ESC-10/archive/master.zip",
        "ESC-10-master.zip",
        Packing::Zip,
    )],
    use_as: "dataset = { name = \"esc10\", path = \"{}/ESC-10-master\" }",
};

pub const ESC50_SOUNDS: Publication = Publication {
    name: "esc50",
    summary: "ESC-50: 2000 clips of 5 s in fifty classes and five folds; holds ESC-10",
    licence: "CC BY-NC 3.0",
    files: &[RemoteFile::new(
        "https://github.com/karolpiczak/ESC-50/archive/master.zip",
        "ESC-50-master.zip",
        Packing::Zip,
    )],
    use_as: "dataset = { name = \"esc50\", path = \"{}/ESC-50-master\" }   (or esc10, its ten-class part)",
};

pub const DATASET: Dataset = Dataset {
    name: "esc10",
    summary: "ESC-10: ten environmental sounds, 400 clips of 5 s in five official folds, grouped by recording",
    options: &[DatasetOption::path(
        "path",
        "the folder that holds '001 - Dog bark', … (ESC-10) or meta/esc50.csv and audio/ (ESC-50)",
    )],
    check: |options| parse::<Esc>("esc10", options).map(drop),
    open: |options| open(parse("esc10", options)?).map(Opened::Clips),
};

pub const ESC50: Dataset = Dataset {
    name: "esc50",
    summary: "ESC-50: fifty environmental sounds, 2000 clips of 5 s in five official folds, grouped by recording",
    options: &[DatasetOption::path("path", "the folder that holds meta/esc50.csv and audio/")],
    check: |options| parse::<Esc>("esc50", options).map(drop),
    open: |options| open_all(parse("esc50", options)?).map(Opened::Clips),
};

const CLIPS: usize = 400;
const CLIPS_OF_ALL: usize = 2000;
const EXPECTED: &str =
    "expected ESC-10's class folders such as '001 - Dog bark', or ESC-50's meta/esc50.csv and audio/";

const EXPECTED_OF_ALL: &str = "expected ESC-50's meta/esc50.csv and audio/";
const ROOTS_OF_ALL: [&str; 3] = [".", "ESC-50", "ESC-50-master"];

/// Which rows of `esc50.csv` are wanted, by what stands under `esc10`.
type Wanted = fn(&str) -> bool;
const TEN_CLASSES: Wanted = |esc10| esc10.eq_ignore_ascii_case("true");
const FIFTY_CLASSES: Wanted = |_| true;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Esc {
    path: Option<PathBuf>,
}

fn open(spec: Esc) -> Result<Catalog, DatasetError> {
    let path = required_path(DATASET.name, spec.path)?;
    existing_folder(&path, EXPECTED)?;
    let holds_classes = |folder: &Path| {
        entries(folder)
            .is_ok_and(|entries| entries.folders.iter().any(|(name, _)| class_name(name).is_some()))
    };
    let (clips, notes) = if let Some(root) = first_that(&path, &ROOTS_OF_ALL, holds_meta) {
        from_meta(&root, TEN_CLASSES)?
    } else if let Some(root) = first_that(&path, &[".", "ESC-10", "ESC-10-master"], holds_classes) {
        from_folders(&root)?
    } else {
        return Err(DatasetError::Layout { path, message: EXPECTED.to_string() });
    };
    counted_catalog(DATASET.name, "ESC-10", CLIPS, clips, notes)
}

fn open_all(spec: Esc) -> Result<Catalog, DatasetError> {
    let path = required_path(ESC50.name, spec.path)?;
    existing_folder(&path, EXPECTED_OF_ALL)?;
    let Some(root) = first_that(&path, &ROOTS_OF_ALL, holds_meta) else {
        return Err(DatasetError::Layout { path, message: EXPECTED_OF_ALL.to_string() });
    };
    let (clips, notes) = from_meta(&root, FIFTY_CLASSES)?;
    counted_catalog(ESC50.name, "ESC-50", CLIPS_OF_ALL, clips, notes)
}

fn holds_meta(folder: &Path) -> bool {
    folder.join("meta/esc50.csv").is_file()
}

/// The catalog, with a note where the count is not the published one.
fn counted_catalog(
    name: &str,
    title: &str,
    published: usize,
    clips: Vec<Clip>,
    mut notes: Vec<Finding>,
) -> Result<Catalog, DatasetError> {
    if clips.len() != published {
        let message = format!("{} where {title} has {published}", counted(clips.len(), "clip"));
        notes.push(Finding::count(message, Vec::new()));
    }
    Catalog::new(name, clips, notes)
}

/// `001 - Dog bark` → `Dog bark`.
fn class_name(folder: &str) -> Option<&str> {
    let (number, name) = folder.split_once(" - ")?;
    (number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// `1-100032-A` → fold `1`, recording `100032`.
fn fold_and_recording(stem: &str) -> Option<(&str, &str)> {
    let mut parts = stem.split('-');
    let (fold, recording) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (fold.len() == 1 && digits(fold) && digits(recording)).then_some((fold, recording))
}

fn from_folders(root: &Path) -> Result<(Vec<Clip>, Vec<Finding>), DatasetError> {
    let (mut clips, mut strangers) = (Vec::new(), Vec::new());
    for (folder, path) in entries(root)?.folders {
        let Some(class) = class_name(&folder) else { continue };
        for (name, path) in entries(&path)?.files.into_iter().filter(|(_, path)| is_audio(path)) {
            let stem = file_stem(&name);
            match fold_and_recording(stem) {
                Some((fold, recording)) => clips.push(Clip {
                    id: stem.to_string(),
                    label: class.to_string(),
                    group: Some(recording.to_string()),
                    fold: Some(fold.to_string()),
                    source: ClipSource::File(path),
                }),
                None => strangers.push(format!("{folder}/{name}")),
            }
        }
    }
    let mut notes = Vec::new();
    if !strangers.is_empty() {
        let message = format!("{} files are not named fold-recording-take and are left out", strangers.len());
        notes.push(Finding::new(message, strangers));
    }
    Ok((clips, notes))
}

fn from_meta(root: &Path, wanted: Wanted) -> Result<(Vec<Clip>, Vec<Finding>), DatasetError> {
    let mut file = Headed::open(&root.join("meta/esc50.csv"))?;
    let column = |name: &str| file.column(&[name], "filename, fold, category, esc10 and src_file");
    let columns =
        [column("filename")?, column("fold")?, column("category")?, column("esc10")?, column("src_file")?];
    let (mut clips, mut missing) = (Vec::new(), Vec::new());
    let mut record = Record::default();
    while file.read(&mut record)? {
        let fields = columns.map(|column| record.fields.get(column).map_or("", String::as_str));
        let [filename, fold, category, esc10, recording] = fields;
        if !wanted(esc10) {
            continue;
        }
        let stem = file_stem(filename);
        let sounds = ["wav", "ogg"].map(|extension| root.join("audio").join(format!("{stem}.{extension}")));
        match sounds.into_iter().find(|sound| sound.is_file()) {
            Some(sound) => clips.push(Clip {
                id: stem.to_string(),
                label: category.to_string(),
                group: Some(recording.to_string()),
                fold: Some(fold.to_string()),
                source: ClipSource::File(sound),
            }),
            None => missing.push(filename.to_string()),
        }
    }
    let mut notes = Vec::new();
    if !missing.is_empty() {
        notes.push(Finding::count(
            format!("{} of esc50.csv without a file in audio/", counted(missing.len(), "clip")),
            missing,
        ));
    }
    Ok((clips, notes))
}
