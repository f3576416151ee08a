//! Labels that stand in a CSV of their own, beside sound files or numbers without any.
//!
//! The first line names the columns: the clip's name, its label, and where there are such its group and fold. A name means
//! a clip as an entry of a list does: its path, with or without its ending, or the end of it where only one clip is meant.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::catalog::Finding;
use super::delimited::Record;
use super::error::DatasetError;
use super::headed::Headed;
use super::missing::{given, no_label};
use super::names::ClipNames;
use crate::spelling::{agreeing, counted};

/// Of several the one counts that names most clips; a bare `id` is often a counter, so it goes last.
const IDS: [&str; 6] = ["clip_id", "filename", "file", "path", "track_id", "id"];
const LABELS: [&str; 6] = ["label", "genre", "class", "labels", "target", "y"];
const GROUPS: [&str; 2] = ["group", "artist"];
const FOLDS: [&str; 2] = ["fold", "split"];
const EXPECTED: &str =
    "a first line such as filename,label (and group or artist, fold or split, where they are known)";

/// What a line says of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipLabel {
    pub label: String,
    pub group: Option<String>,
    pub fold: Option<String>,
}

#[derive(Debug)]
struct Entry {
    line: u64,
    /// One a column that may be of the clips' names.
    ids: Vec<String>,
    says: ClipLabel,
}

impl Entry {
    /// What that column calls the clip; empty where the list has no column of names.
    fn name(&self, column: usize) -> &str {
        self.ids.get(column).map_or("", String::as_str)
    }
}

/// A CSV of labels.
#[derive(Debug)]
pub struct LabelList {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// What a list says of each clip, and what does not fit together.
#[derive(Debug)]
pub struct Labelled {
    pub of_clips: Vec<Option<ClipLabel>>,
    pub notes: Vec<Finding>,
}

impl LabelList {
    /// A list that names its clips.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let file = Headed::open(path)?;
        file.column(&IDS, EXPECTED)?;
        let label = file.column(&LABELS, EXPECTED)?;
        Self::read_entries(path, file, label)
    }

    /// A list in the order of somebody's rows, which may name them; none where its first line names no label.
    pub fn in_order(path: &Path) -> Result<Option<Self>, DatasetError> {
        let file = Headed::open(path)?;
        let Some(label) = file.place(&LABELS) else { return Ok(None) };
        Self::read_entries(path, file, label).map(Some)
    }

    /// Whether this is what the first line of a list of labels says of them.
    pub fn is_heading(line: &str) -> bool {
        LABELS.contains(&line)
    }

    fn read_entries(path: &Path, mut file: Headed, label: usize) -> Result<Self, DatasetError> {
        let (group, fold) = (file.place(&GROUPS), file.place(&FOLDS));
        let places: Vec<usize> = IDS.iter().filter_map(|name| file.place(&[name])).collect();
        let mut entries = Vec::new();
        let mut record = Record::default();
        while file.read(&mut record)? {
            let field =
                |column: usize| record.fields.get(column).map_or("", |field| field.trim()).to_string();
            let optional = |column: Option<usize>| given(&field(column?));
            let ids: Vec<String> = places.iter().map(|&place| field(place)).collect();
            if !ids.is_empty() && ids.iter().all(String::is_empty) {
                return Err(file.wrong(record.line, "the clip's name is empty".to_string()));
            }
            let Some(label) = given(&field(label)) else {
                return Err(
                    file.wrong(record.line, format!("{}; take the line out", no_label(&field(label))))
                );
            };
            let says = ClipLabel { label, group: optional(group), fold: optional(fold) };
            entries.push(Entry { line: record.line, ids, says });
        }
        Ok(Self { path: path.to_path_buf(), entries })
    }

    /// The clips' names, where the list has them, and what it says, line by line.
    pub fn into_lines(self) -> impl Iterator<Item = (Option<String>, ClipLabel)> {
        // Tracks of albums have names alike, and paths of their own.
        let unlike =
            |column: usize| self.entries.iter().map(|entry| entry.name(column)).collect::<HashSet<_>>().len();
        let column = self.best_column(unlike);
        let name = move |ids: Vec<String>| ids.into_iter().nth(column).filter(|id| !id.is_empty());
        self.entries.into_iter().map(move |entry| (name(entry.ids), entry.says))
    }

    /// The column of names that is worth most; of equal ones the first.
    fn best_column(&self, worth: impl Fn(usize) -> usize) -> usize {
        let columns = self.entries.first().map_or(0, |entry| entry.ids.len());
        (0..columns).rev().max_by_key(|&column| worth(column)).unwrap_or(0)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What the list says of these clips; refuses lines that contradict each other, and a list that names none of them.
    pub fn labels_of<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<Labelled, DatasetError> {
        let ids: Vec<&str> = ids.into_iter().collect();
        let names = ClipNames::new(ids.iter().copied());
        let mut said: Vec<Option<&Entry>> = vec![None; ids.len()];
        let (mut strangers, mut ambiguous) = (Vec::new(), Vec::new());
        let means_one = |column: usize| {
            self.entries.iter().filter(|entry| names.meant(entry.name(column)).len() == 1).count()
        };
        let column = self.best_column(means_one);
        for entry in &self.entries {
            let name = entry.name(column);
            match names.meant(name)[..] {
                [] => strangers.push(name.to_string()),
                [clip] => match said[clip].replace(entry) {
                    Some(before) if before.says != entry.says => {
                        return Err(self.contradiction(name, before, entry));
                    }
                    _ => {}
                },
                _ => ambiguous.push(name.to_string()),
            }
        }
        let without: Vec<String> =
            ids.iter().zip(&said).filter(|(_, said)| said.is_none()).map(|(id, _)| id.to_string()).collect();
        if without.len() == ids.len() {
            return Err(self.names_none(&ids, column));
        }
        let notes = self.notes(strangers, ambiguous, without);
        let of_clips = said.into_iter().map(|entry| Some(entry?.says.clone())).collect();
        Ok(Labelled { of_clips, notes })
    }

    fn contradiction(&self, name: &str, before: &Entry, entry: &Entry) -> DatasetError {
        let told = |says: &ClipLabel| {
            let more = [("group", &says.group), ("fold", &says.fold)];
            let more =
                more.into_iter().filter_map(|(name, value)| Some(format!(", {name} '{}'", value.as_ref()?)));
            format!("label '{}'{}", says.label, more.collect::<String>())
        };
        let message = format!(
            "clip '{name}' has {}, and in line {} {}; take one of the lines out",
            told(&entry.says),
            before.line,
            told(&before.says)
        );
        DatasetError::Row { path: self.path.clone(), line: entry.line, message }
    }

    fn names_none(&self, ids: &[&str], column: usize) -> DatasetError {
        let named = self.entries.first().map_or("nothing", |entry| entry.name(column));
        let message = format!(
            "names no clip for certain in its {}: the first is of '{named}', and a clip is called '{}'",
            counted(self.entries.len(), "line"),
            ids.first().copied().unwrap_or_default()
        );
        DatasetError::Layout { path: self.path.clone(), message }
    }

    fn notes(&self, strangers: Vec<String>, ambiguous: Vec<String>, without: Vec<String>) -> Vec<Finding> {
        let list = self.path.display();
        let mut notes = Vec::new();
        if !strangers.is_empty() {
            let (lines, verb) =
                (counted(strangers.len(), "line"), agreeing(&strangers.len(), "names", "name"));
            notes.push(Finding::new(format!("{lines} of {list} {verb} no clip that is there"), strangers));
        }
        if !ambiguous.is_empty() {
            let (lines, verb) = (counted(ambiguous.len(), "line"), agreeing(&ambiguous.len(), "fits", "fit"));
            let message = format!("{lines} of {list} {verb} several clips; write more of the path");
            notes.push(Finding::new(message, ambiguous));
        }
        if !without.is_empty() {
            let count = without.len();
            let message = format!(
                "{} {} no line in {list} and {} left out",
                counted(count, "clip"),
                agreeing(&count, "has", "have"),
                agreeing(&count, "is", "are")
            );
            notes.push(Finding::new(message, without));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.csv");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    const IDS: [&str; 4] = ["a.wav", "deep/b.wav", "c/x.wav", "d/x.wav"];

    fn told(text: &str) -> Result<(Vec<Option<ClipLabel>>, String), String> {
        let (_folder, path) = list(text);
        let labelled = LabelList::read(&path).and_then(|list| list.labels_of(IDS));
        let labelled = labelled.map_err(|error| error.to_string())?;
        Ok((labelled.of_clips, labelled.notes.iter().map(|note| format!("{note}\n")).collect()))
    }

    #[test]
    fn a_line_means_a_clip_by_its_path_with_or_without_its_ending() {
        let (labels, notes) =
            told("filename,genre,artist,split\na,rock,X,train\ndeep/b.wav,pop,,test\nc/x,rock,Y,\nx,pop,Z,\nq.wav,pop,,\n")
                .unwrap();
        let says = |label: &str, group: Option<&str>, fold: Option<&str>| {
            let text = |text: Option<&str>| text.map(str::to_string);
            Some(ClipLabel { label: label.to_string(), group: text(group), fold: text(fold) })
        };
        let wanted = [
            says("rock", Some("X"), Some("train")),
            says("pop", None, Some("test")),
            says("rock", Some("Y"), None),
            None,
        ];
        assert_eq!(labels, wanted);
        assert!(
            notes.contains("1 line of") && notes.contains("names no clip that is there: q.wav\n"),
            "{notes}"
        );
        assert!(notes.contains("fits several clips; write more of the path: x\n"), "{notes}");
        assert!(
            notes.contains("1 clip has no line in") && notes.contains("is left out: d/x.wav\n"),
            "{notes}"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (text, said) in [
            (
                "filename,label\na,rock\nb,pop\na.wav,pop\n",
                "line 4: clip 'a.wav' has label 'pop', and in line 2 label 'rock'",
            ),
            ("filename,label\na,rock\nb,\n", "line 3: the label is empty"),
            (
                "filename,label\na,rock\nb,NA\n",
                "line 3: 'NA' says that the label is missing; take the line out",
            ),
            ("filename,label\n,rock\n", "line 2: the clip's name is empty"),
            ("filename,label\na,rock,1\n", "line 2: 3 fields where the first line has 2"),
            ("filename,lable\na,rock\n", "has no column 'label' (is `lable` meant to be it?)"),
            (
                "filename,label\nz,rock\n",
                "names no clip for certain in its 1 line: the first is of 'z', and a clip is called 'a.wav'",
            ),
        ] {
            let error = told(text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        // Of several columns of names that counts which names the clips.
        for header in ["path,filename,label", "filename,path,label"] {
            let line = |path: &str, name: &str| match header.starts_with("path") {
                true => format!("{path},{name},rock\n"),
                false => format!("{name},{path},rock\n"),
            };
            let text = format!("{header}\n{}{}", line("c/x.wav", "x.wav"), line("d/x.wav", "x.wav"));
            let (labels, _) = told(&text).unwrap();
            assert!(labels[2].is_some() && labels[3].is_some() && labels[0].is_none());
        }
        let (labels, _) = told("filename,path,label\na.wav,music,rock\nb.wav,music/deep,pop\n").unwrap();
        assert!(labels[0].is_some() && labels[1].is_some());
        // The same line twice contradicts nothing.
        assert!(told("filename,label\na,rock\na.wav,rock\nb,pop\n").is_ok());
    }
}
