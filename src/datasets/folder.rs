//! `folder`: one folder a class, anyone's own music. The clip id is the path below the folder, with `/`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::catalog::{Catalog, Clip, ClipSource, Finding};
use super::dataset::{Dataset, DatasetOption, Opened, parse, required_path};
use super::delimited::Record;
use super::error::DatasetError;
use super::extensions::is_audio;
use super::files::{Walk, entries, existing_folder, hidden_sound, locked, unread_sound, walk};
use super::headed::Headed;
use super::names::{ClipNames, file_stem};
use crate::spelling::{agreeing, counted, hint};

pub const DATASET: Dataset = Dataset {
    name: "folder",
    summary: "your own music: one folder a class, sound files in it (and in folders below it)",
    options: &[
        DatasetOption::path("path", "the folder that holds the class folders"),
        DatasetOption::path(
            "groups",
            "CSV with the columns clip_id and group (artist): the file's path or name, and its group",
        ),
        DatasetOption::new(
            "group",
            "\"top\" (the first folder within the class folder), \"parent\" (the folder a file lies in) or \"before: - \" (the \
             file name up to the first - between spaces)",
        ),
        DatasetOption::new("classes", "list of the class folders to use; unless told all of them"),
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
}

/// How the path of a clip tells its group.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
enum GroupRule {
    Top,
    Parent,
    Before(String),
}

impl TryFrom<String> for GroupRule {
    type Error = String;

    fn try_from(rule: String) -> Result<Self, String> {
        match rule.split_once(':') {
            None if rule == "top" => Ok(Self::Top),
            None if rule == "parent" => Ok(Self::Parent),
            Some(("before", separator)) if !separator.is_empty() => Ok(Self::Before(separator.to_string())),
            _ => Err(format!(
                "group = \"{rule}\" is not understood; write \"top\", \"parent\", or \"before:-\" for the file name up to the \
                 first -"
            )),
        }
    }
}

impl GroupRule {
    /// A clip that lies in its class folder itself has no folder of its own: it is a group of one. An artist's folder of
    /// the same name in two classes is one artist; an album's is not one album.
    fn group(&self, class: &str, id: &str) -> String {
        match self {
            Self::Top => {
                let inside = id.strip_prefix(class).and_then(|rest| rest.strip_prefix('/'));
                let top = inside.and_then(|inside| inside.split_once('/'));
                top.map_or(id, |(top, _)| top).to_string()
            }
            Self::Parent => match id.rsplit_once('/') {
                Some((parent, _)) if parent != class => parent.to_string(),
                _ => id.to_string(),
            },
            Self::Before(separator) => {
                let stem = file_stem(id);
                stem.split_once(separator.as_str()).map_or(stem, |(group, _)| group).trim().to_string()
            }
        }
    }
}

/// What a rule has found, the largest first: nothing else shows whether the folders are as it takes them to be.
fn found(clips: &[Clip]) -> Finding {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for group in clips.iter().filter_map(|clip| clip.group.as_deref()) {
        *sizes.entry(group).or_default() += 1;
    }
    let mut sizes: Vec<(&str, usize)> = sizes.into_iter().collect();
    sizes.sort_by_key(|(name, clips)| (std::cmp::Reverse(*clips), *name));
    let numbers = sizes.iter().filter(|(name, _)| name.chars().all(|c| c.is_ascii_digit())).count();
    let doubt = match 2 * numbers > sizes.len() {
        true => ", most of them numbers: are these artists? ",
        false => ", ",
    };
    let count = sizes.len();
    let noun = agreeing(&count, "artist or source", "artists or sources");
    let message = format!("{count} {noun} found by `group`{doubt}the largest first");
    Finding::new(message, sizes.iter().map(|(name, clips)| format!("{name} ({clips})")).collect())
}

const EXPECTED: &str = "expected a folder with one folder a class in it, such as music/rock/song.mp3";

fn open(spec: Folder) -> Result<Catalog, DatasetError> {
    let root = required_path(DATASET.name, spec.path)?;
    existing_folder(&root, EXPECTED)?;
    let (mut clips, notes) = scan(&root, spec.classes.as_deref())?;
    let mut notes = notes.into_findings();
    if let Some(rule) = &spec.group {
        for clip in &mut clips {
            clip.group = Some(rule.group(&clip.label, &clip.id));
        }
        let groups: BTreeSet<_> = clips.iter().map(|clip| &clip.group).collect();
        if groups.len() == clips.len() && clips.len() > 1 {
            let message = format!(
                "`group` finds no two of the {} clips to be of one artist or source, so it keeps nothing apart; \
                 name the groups in a file (groups = \"groups.csv\"), or leave `group` out",
                clips.len()
            );
            return Err(refuse(message));
        }
        notes.push(found(&clips));
    }
    if let Some(path) = &spec.groups {
        notes.extend(read_groups(path, &mut clips)?);
    }
    Catalog::new(DATASET.name, clips, notes)
}

fn refuse(message: String) -> DatasetError {
    DatasetError::BadOption { dataset: DATASET.name.to_string(), message }
}

/// The class folders that are asked for.
fn chosen(folders: &mut Vec<(String, PathBuf)>, classes: &[String]) -> Result<(), DatasetError> {
    let names = || folders.iter().map(|(name, _)| name.as_str());
    if let Some(unknown) = classes.iter().find(|class| !names().any(|name| name == class.as_str())) {
        let message = format!("classes: there is no folder '{unknown}'{}", hint(unknown, names()));
        return Err(refuse(message));
    }
    folders.retain(|(name, _)| classes.contains(name));
    Ok(())
}

#[derive(Default)]
struct Notes {
    empty_classes: Vec<String>,
    outside: Vec<String>,
    other: Vec<String>,
    unusable: Vec<String>,
    hidden: Vec<String>,
}

fn scan(root: &Path, classes: Option<&[String]>) -> Result<(Vec<Clip>, Notes), DatasetError> {
    let mut top = entries(root)?;
    let mut notes = Notes { unusable: top.unusable, hidden: top.hidden, ..Notes::default() };
    for (name, path) in top.files {
        if is_audio(&path) {
            notes.outside.push(name);
        } else {
            notes.other.push(name);
        }
    }
    if top.folders.is_empty() {
        let found = match notes.outside.len() {
            0 => "there is no folder in it".to_string(),
            count => format!("its {count} sound files lie in no class folder"),
        };
        return Err(DatasetError::Layout {
            path: root.to_path_buf(),
            message: format!("{found}; {EXPECTED}"),
        });
    }
    if let Some(classes) = classes {
        chosen(&mut top.folders, classes)?;
    }
    let mut clips = Vec::new();
    for (class, path) in top.folders {
        let found = match walk(&path) {
            Ok(found) => found,
            Err(error) => {
                notes.unusable.push(locked(&error, &path).ok_or(error)?);
                continue;
            }
        };
        let Walk { audio, other, unusable, hidden, .. } = found;
        if audio.is_empty() {
            notes.empty_classes.push(class.clone());
        }
        notes.other.extend(other.into_iter().map(|name| format!("{class}/{name}")));
        notes.hidden.extend(hidden.into_iter().map(|name| format!("{class}/{name}")));
        notes.unusable.extend(unusable);
        clips.extend(audio.into_iter().map(|(relative, path)| Clip {
            id: format!("{class}/{relative}"),
            label: class.clone(),
            group: None,
            fold: None,
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
    Ok((clips, notes))
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
        (column(&["clip_id", "id", "filename", "file"])?, column(&["group", "artist", "source"])?);
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
        clips[row].group = Some(group).filter(|group| !group.is_empty());
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
