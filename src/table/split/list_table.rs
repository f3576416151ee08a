//! A CSV that says of each clip on which side or in which fold it stands.
//!
//! Without a header it has two columns, the clip and its side. A header line names them among any others, and may speak of
//! folds.

use std::path::Path;

use super::side::side;
use crate::datasets::{Record, Records};
use crate::table::error::{Place, TableError};

/// Names of the columns of clips, the first found counts; and of those of sides or folds, of which there is one.
const CLIPS: [&str; 4] = ["clip_id", "filename", "file", "id"];
const PARTS: [&str; 4] = ["split", "side", "set", "fold"];

/// What a line says.
pub(super) struct Entry {
    pub line: u64,
    pub clip: String,
    /// The side's name as [`Side::name`](super::side::Side::name) has it, or a fold's.
    pub part: String,
}

/// Where a header says that clip and part stand.
struct Header {
    clip: usize,
    part: usize,
    columns: usize,
}

/// All lines of the file; `is_clip` tells a first clip from a header of other words.
pub(super) fn entries(path: &Path, is_clip: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>, TableError> {
    let is_comment = |text: &str| text.trim().starts_with('#') && !is_clip(text.trim());
    let begins_so = |record: &Record| record.fields.first().is_some_and(|field| is_comment(field));
    let mut records = records(path)?.into_iter().skip_while(begins_so).peekable();
    let header = match records.peek() {
        Some(first) => header(path, first)?,
        None => None,
    };
    match header {
        Some(header) => {
            let mut entries = Vec::new();
            for record in records.skip(1) {
                let of_all_columns = record.fields.len() == header.columns;
                if of_all_columns && begins_so(&record) && is_clip(record.fields[header.clip].trim()) {
                    return Err(mistake(path, record.line, header.in_doubt(&record)));
                }
                if !begins_so(&record) {
                    entries.push(header.entry(path, record)?);
                }
            }
            sides_or_folds(path, entries)
        }
        None => {
            let mut records = records.filter(|record| !begins_so(record)).peekable();
            let other_words = |record: &Record| match record.fields.as_slice() {
                [clip, name] => side(name).is_none() && !is_clip(clip.trim()),
                _ => false,
            };
            records.next_if(|first| first.line == 1 && other_words(first));
            records.map(|record| of_two_columns(path, record)).collect()
        }
    }
}

fn records(path: &Path) -> Result<Vec<Record>, TableError> {
    let records =
        Records::open(path).map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
    records
        .map(|record| record.map_err(|source| TableError::Delimited { path: path.to_path_buf(), source }))
        .collect()
}

fn header(path: &Path, first: &Record) -> Result<Option<Header>, TableError> {
    let names: Vec<String> = first.fields.iter().map(|name| name.trim().to_lowercase()).collect();
    let clip = CLIPS.iter().find_map(|known| names.iter().position(|name| name == known));
    let parts: Vec<usize> = (0..names.len()).filter(|&at| PARTS.contains(&names[at].as_str())).collect();
    match (clip, parts.as_slice()) {
        (Some(clip), [part]) => Ok(Some(Header { clip, part: *part, columns: names.len() })),
        (Some(_), [one, other, ..]) => {
            let message = format!(
                "columns '{}' and '{}' could both say where a clip stands; leave one out",
                names[*one], names[*other]
            );
            Err(mistake(path, first.line, message))
        }
        _ => Ok(None),
    }
}

impl Header {
    /// An artist may be called #1, and a line may have been taken out with a #: only its author knows.
    fn in_doubt(&self, record: &Record) -> String {
        let clip = record.fields[self.clip].trim();
        format!(
            "begins with # and names '{clip}': take the line out where it is a comment, or put the clips' column first"
        )
    }

    fn entry(&self, path: &Path, record: Record) -> Result<Entry, TableError> {
        let Record { fields, line } = record;
        if fields.len() != self.columns {
            let message = format!("{} fields where the header has {}", fields.len(), self.columns);
            return Err(mistake(path, line, message));
        }
        let (clip, part) = (fields[self.clip].clone(), fields[self.part].trim().to_string());
        match part.is_empty() && !clip.trim().is_empty() {
            true => Err(mistake(path, line, format!("'{}' has neither side nor fold", clip.trim()))),
            false => Ok(Entry { line, clip, part }),
        }
    }
}

/// Where one name is a side's, all have to be.
fn sides_or_folds(path: &Path, mut entries: Vec<Entry>) -> Result<Vec<Entry>, TableError> {
    entries.retain(|entry| !entry.clip.trim().is_empty());
    if entries.iter().all(|entry| side(&entry.part).is_none()) {
        return Ok(entries);
    }
    for entry in &mut entries {
        match side(&entry.part) {
            Some(side) => entry.part = side.name().to_string(),
            None => return Err(mistake(path, entry.line, no_side(&entry.part))),
        }
    }
    Ok(entries)
}

fn of_two_columns(path: &Path, record: Record) -> Result<Entry, TableError> {
    let Record { fields, line } = record;
    let [clip, name] = fields.as_slice() else {
        let message = format!(
            "{} fields where id,side is expected; of more columns a header line has to name those of the clips ({}) and of \
             their sides or folds ({})",
            fields.len(),
            CLIPS.join(", "),
            PARTS.join(", ")
        );
        return Err(mistake(path, line, message));
    };
    match side(name) {
        Some(side) => Ok(Entry { line, clip: clip.clone(), part: side.name().to_string() }),
        None => {
            let advice = "; folds need a header line such as id,fold";
            Err(mistake(path, line, format!("{}{advice}", no_side(name))))
        }
    }
}

fn no_side(name: &str) -> String {
    format!("'{name}' is no side; train, validation or test is expected")
}

fn mistake(path: &Path, line: u64, message: String) -> TableError {
    TableError::Row { path: path.to_path_buf(), place: Place::Line(line), message }
}
