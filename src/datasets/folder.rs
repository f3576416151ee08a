//! `folder`: one folder a class, anyone's own music. The clip id is the path below the folder, with `/`.
//!
//! Folders called train, validation and test are sides, and the classes lie in them; with `labels` a CSV names the classes
//! and folders mean nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::catalog::{Catalog, Clip, ClipSource, Finding};
use super::dataset::{Dataset, DatasetOption, Opened, parse, required_path};
use super::delimited::Record;
use super::error::DatasetError;
use super::extensions::is_audio;
use super::files::{Walk, entries, existing_folder, hidden_sound, locked, unread_sound, walk};
use super::group_rule::{GroupRule, found_groups};
use super::headed::Headed;
use super::label_list::{ClipLabel, LabelList};
use super::missing::given;
use super::names::ClipNames;
use super::sides::{called_as_sides, sides};
use crate::spelling::{agreeing, counted, hint};

pub const DATASET: Dataset = Dataset {
    name: "folder",
    summary: "your own music: one folder a class, sound files in it (and in folders below it), also as train/CLASS and test/CLASS, or labels in a CSV",
    options: &[
        DatasetOption::path("path", "the folder that holds the class folders"),
        DatasetOption::path(
            "groups",
            "CSV with the columns clip_id and group (artist): the file's path or name, and its group",
        ),
        DatasetOption::new(
            "group",
            "\"top\" (the first folder within the class folder), \"parent\" (the folder a file lies in), \"before: - \" (the \
             file name up to the first - between spaces) or \"before_last:_\" (the path up to the last _ of the file name)",
        ),
        DatasetOption::new("classes", "list of the classes to use; unless told all of them"),
        DatasetOption::within(
            "labels",
            "CSV of labels, in place of class folders: the columns filename (or id, file, path, clip_id) and label (or genre, \
             class), and where they are known group (or artist) and fold (or split); looked for in the folder, then beside \
             the experiment",
        ),
    ],
    check: |options| parse::<Folder>("folder", options).map(drop),
    open: |options| open(parse("folder", options)?).map(Opened::Clips),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    path: Option<PathBuf>,
    groups: Option<PathBuf>,
    group: Option<GroupRule>,
    classes: Option<Vec<String>>,
    labels: Option<PathBuf>,
}

const EXPECTED: &str = "expected a folder with one folder a class in it, such as music/rock/song.mp3";

fn open(spec: Folder) -> Result<Catalog, DatasetError> {
    let root = required_path(DATASET.name, spec.path)?;
    existing_folder(&root, EXPECTED)?;
    let Scan { mut clips, layout, mut notes } = match &spec.labels {
        Some(labels) => listed(&root, labels, spec.classes.as_deref())?,
        None => scan(&root, spec.classes.as_deref())?,
    };
    if let Some(rule) = &spec.group {
        notes.push(grouped(rule, layout, &mut clips)?);
    }
    if let Some(path) = &spec.groups {
        notes.extend(read_groups(path, &mut clips)?);
    }
    Catalog::new(DATASET.name, clips, notes)
}

fn refuse(message: String) -> DatasetError {
    DatasetError::BadOption { dataset: DATASET.name.to_string(), message }
}

/// What the folders mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `rock/song.mp3`
    Classes,
    /// `train/rock/song.mp3`
    Sides,
    /// Nothing: a list names the classes.
    Listed,
}

struct Scan {
    clips: Vec<Clip>,
    layout: Layout,
    notes: Vec<Finding>,
}

/// Gives every clip its group; an artist of two sides is one artist.
fn grouped(rule: &GroupRule, layout: Layout, clips: &mut [Clip]) -> Result<Finding, DatasetError> {
    for clip in clips.iter_mut() {
        let (class, path) = match layout {
            Layout::Classes => (clip.label.as_str(), clip.id.as_str()),
            Layout::Sides => {
                (clip.label.as_str(), clip.id.split_once('/').map_or(clip.id.as_str(), |(_, path)| path))
            }
            Layout::Listed => ("", clip.id.as_str()),
        };
        clip.group = Some(rule.group(class, path).unwrap_or_else(|| clip.id.clone()));
    }
    found_groups(clips.iter().filter_map(|clip| clip.group.as_deref())).ok_or_else(|| {
        refuse(format!(
            "`group` finds no two of the {} clips to be of one artist or source, so it keeps nothing apart; \
             name the groups in a file (groups = \"groups.csv\"), or leave `group` out",
            clips.len()
        ))
    })
}

/// Refuses a class that is asked for and not there.
fn check_classes<'a>(
    classes: &[String],
    there: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> Result<(), DatasetError> {
    match classes.iter().find(|class| !there.clone().any(|name| name == class.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            let message = format!("classes: there is no {what} '{unknown}'{}", hint(unknown, there));
            Err(refuse(message))
        }
    }
}

/// The sound files of all folders with the labels of a list.
fn listed(root: &Path, labels: &Path, classes: Option<&[String]>) -> Result<Scan, DatasetError> {
    if !labels.is_file() {
        let expected =
            "labels = expects a CSV with the columns filename and label, in the folder of the sound or \
                        beside the experiment"
                .to_string();
        return Err(DatasetError::NotFound { path: labels.to_path_buf(), expected });
    }
    let list = LabelList::read(labels)?;
    let Walk { audio, other, unusable, hidden, .. } = walk(root)?;
    if audio.is_empty() {
        return Err(DatasetError::NoSound { searched: root.display().to_string() });
    }
    let labelled = list.labels_of(audio.iter().map(|(id, _)| id.as_str()))?;
    let mut clips = Vec::new();
    for ((id, path), says) in audio.into_iter().zip(labelled.of_clips) {
        if let Some(ClipLabel { label, group, fold }) = says {
            clips.push(Clip { id, label, group, fold, source: ClipSource::File(path) });
        }
    }
    if let Some(classes) = classes {
        check_classes(classes, clips.iter().map(|clip| clip.label.as_str()), "label")?;
        clips.retain(|clip| classes.contains(&clip.label));
    }
    let other = other.into_iter().filter(|name| root.join(name) != labels).collect();
    let mut notes = labelled.notes;
    notes.extend(Notes { other, unusable, hidden, ..Notes::default() }.into_findings());
    Ok(Scan { clips, layout: Layout::Listed, notes })
}

/// A folder of the sounds of one class.
struct ClassFolder {
    /// Its path below the data set's folder.
    below: String,
    class: String,
    side: Option<String>,
    path: PathBuf,
}

/// The class folders: those at the top, or those within the sides that all of these are.
fn class_folders(top: Vec<(String, PathBuf)>, notes: &mut Notes) -> (Vec<ClassFolder>, Layout) {
    let Some(sides) = sides(&top) else {
        notes.called_as_sides = called_as_sides(&top);
        let class = |(name, path): (String, PathBuf)| ClassFolder {
            below: name.clone(),
            class: name,
            side: None,
            path,
        };
        return (top.into_iter().map(class).collect(), Layout::Classes);
    };
    let is_side = |name: &String| sides.iter().any(|(side, _)| side == name);
    for (name, path) in top.iter().filter(|(name, _)| !is_side(name)) {
        match walk(path) {
            Ok(found) => notes.beside(name, found),
            Err(error) => notes.unusable.extend(locked(&error, path)),
        }
    }
    let mut folders = Vec::new();
    for (side, inside) in sides {
        let below = |name: &String| format!("{side}/{name}");
        notes.other.extend(inside.files.iter().map(|(name, _)| below(name)));
        notes.hidden.extend(inside.hidden.iter().map(below));
        notes.unusable.extend(inside.unusable);
        folders.extend(inside.folders.into_iter().map(|(class, path)| ClassFolder {
            below: below(&class),
            class,
            side: Some(side.clone()),
            path,
        }));
        notes.sides.push(side);
    }
    (folders, Layout::Sides)
}

#[derive(Default)]
struct Notes {
    sides: Vec<String>,
    called_as_sides: Vec<String>,
    called_missing: Vec<String>,
    empty_classes: Vec<String>,
    outside: Vec<String>,
    other: Vec<String>,
    unusable: Vec<String>,
    hidden: Vec<String>,
}

impl Notes {
    /// What lies in the folder `below` beside sound.
    fn beside(&mut self, below: &str, found: Walk) {
        self.other.extend(found.other.into_iter().map(|name| format!("{below}/{name}")));
        self.hidden.extend(found.hidden.into_iter().map(|name| format!("{below}/{name}")));
        self.unusable.extend(found.unusable);
    }
}

fn scan(root: &Path, classes: Option<&[String]>) -> Result<Scan, DatasetError> {
    let top = entries(root)?;
    let mut notes = Notes { unusable: top.unusable, hidden: top.hidden, ..Notes::default() };
    for (name, path) in top.files {
        if is_audio(&path) {
            notes.outside.push(name);
        } else {
            notes.other.push(name);
        }
    }
    if top.folders.is_empty() {
        return Err(without_folders(root, &notes));
    }
    let (mut folders, layout) = class_folders(top.folders, &mut notes);
    if let Some(classes) = classes {
        check_classes(classes, folders.iter().map(|folder| folder.class.as_str()), "folder")?;
        folders.retain(|folder| classes.contains(&folder.class));
    }
    let called_missing = folders.iter().filter(|folder| given(&folder.class).is_none());
    notes.called_missing = called_missing.map(|folder| folder.below.clone()).collect();
    let mut clips = Vec::new();
    for ClassFolder { below, class, side, path } in folders {
        let mut found = match walk(&path) {
            Ok(found) => found,
            Err(error) => {
                notes.unusable.push(locked(&error, &path).ok_or(error)?);
                continue;
            }
        };
        let audio = std::mem::take(&mut found.audio);
        if audio.is_empty() {
            notes.empty_classes.push(below.clone());
        }
        notes.beside(&below, found);
        clips.extend(audio.into_iter().map(|(relative, path)| Clip {
            id: format!("{below}/{relative}"),
            label: class.clone(),
            group: None,
            fold: side.clone(),
            source: ClipSource::File(path),
        }));
    }
    if clips.is_empty() {
        let unread = unread_sound(notes.other).0.map(|found| format!("; {found}")).unwrap_or_default();
        let message = format!(
            "no sound file (mp3, flac, ogg, wav, aiff, au, m4a) in any of its folders{unread}; {EXPECTED}"
        );
        return Err(DatasetError::Layout { path: root.to_path_buf(), message });
    }
    Ok(Scan { clips, layout, notes: notes.into_findings() })
}

fn without_folders(root: &Path, notes: &Notes) -> DatasetError {
    let message = match notes.outside.len() {
        0 => format!("there is no folder in it; {EXPECTED}"),
        count => format!(
            "its {count} sound files lie in no class folder; {EXPECTED}, or labels = \"labels.csv\" in the experiment, a \
             CSV with the columns filename and label"
        ),
    };
    DatasetError::Layout { path: root.to_path_buf(), message }
}

impl Notes {
    fn into_findings(self) -> Vec<Finding> {
        let counted = |names: &[String], one: &str, many: &str| match names.len() {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let (unread, other) = unread_sound(self.other);
        let mut findings = Vec::from_iter(unread);
        findings.extend(hidden_sound(self.hidden));
        if !self.sides.is_empty() {
            let message = "its folders are taken for the sides of a split, which split = { kind = \"official\" } uses, and the \
                           folders in them for classes";
            findings.push(Finding::new(message, self.sides));
        }
        if !self.called_as_sides.is_empty() {
            let message = "folders are called as the sides of a split are, and taken for classes, since sound lies in one of \
                           them itself or in a folder beside them, or one cannot be read";
            findings.push(Finding::new(message, self.called_as_sides));
        }
        if !self.called_missing.is_empty() {
            let message =
                "class folders are called as missing labels are; a table of their clips is not read";
            findings.push(Finding::new(message, self.called_missing));
        }
        let mut note = |names: Vec<String>, one: &str, many: &str, why: &str| {
            if !names.is_empty() {
                findings.push(Finding::new(format!("{} {why}", counted(&names, one, many)), names));
            }
        };
        note(self.empty_classes, "class folder", "class folders", "without a sound file, left out");
        note(self.outside, "sound file", "sound files", "outside any class folder, left out");
        note(other, "file", "files", "not of sound, passed over");
        note(self.unusable, "name", "names", "not readable or not UTF-8, left out");
        findings
    }
}

/// Gives the clips that the file names their group.
fn read_groups(path: &Path, clips: &mut [Clip]) -> Result<Vec<Finding>, DatasetError> {
    let mut file = Headed::open(path)?;
    let column = |names: &[&str]| file.column(names, "a first line such as clip_id,group");
    let (id, group) =
        (column(&["clip_id", "filename", "file", "id"])?, column(&["group", "artist", "source"])?);
    let mut groups: BTreeMap<usize, String> = BTreeMap::new();
    let (mut strangers, mut ambiguous) = (Vec::new(), Vec::new());
    {
        let names = ClipNames::new(clips.iter().map(|clip| clip.id.as_str()));
        let mut record = Record::default();
        while file.read(&mut record)? {
            let field = |column: usize| record.fields.get(column).map_or("", |field| field.trim());
            let (id, group) = (field(id), field(group));
            match names.meant(id)[..] {
                [] => strangers.push(id.to_string()),
                [row] => {
                    let before = groups.insert(row, group.to_string()).filter(|before| before != group);
                    if let Some(before) = before {
                        let message = format!("clip '{id}' is given the group '{group}' after '{before}'");
                        return Err(file.wrong(record.line, message));
                    }
                }
                _ => ambiguous.push(id.to_string()),
            }
        }
    }
    for (row, group) in groups {
        clips[row].group = given(&group);
    }
    let mut notes = Vec::new();
    let mut note = |entries: Vec<String>, one: &str, several: &str| {
        if !entries.is_empty() {
            let count = entries.len();
            let (noun, says) = (agreeing(&count, "entry", "entries"), agreeing(&count, one, several));
            notes.push(Finding::new(format!("{count} {noun} of {} {says}", path.display()), entries));
        }
    };
    note(strangers, "names no clip of the folder", "name no clip of the folder");
    note(
        ambiguous,
        "fits several clips and gives none a group; write more of its path",
        "fit several clips each and give none a group; write more of their paths",
    );
    let without: Vec<_> =
        clips.iter().filter(|clip| clip.group.is_none()).map(|clip| clip.id.clone()).collect();
    if !without.is_empty() {
        let message = format!(
            "{} {} no group in {}",
            counted(without.len(), "clip"),
            agreeing(&without.len(), "has", "have"),
            path.display()
        );
        notes.push(Finding::new(message, without));
    }
    Ok(notes)
}
