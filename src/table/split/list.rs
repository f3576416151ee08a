//! A division that files give: one id a line for each side, or one CSV of id and side.
//!
//! An entry names a clip by its id or, where that is unmistakable, by the end of its path without extension. Empty
//! lines and lines that begin with # are passed over, and so are clips that cannot be used. Clips in no list stand on
//! no side.

use std::collections::BTreeMap;
use std::path::Path;

use super::clips::{Clips, Split, new_split, refuse};
use super::side::{Side, side};
use super::spec::{ListFiles, Unknown};
use crate::datasets::{ClipNames, Records};
use crate::disk::read_regular_text;
use crate::table::error::{Place, TableError, first_few};

pub(super) fn splits(clips: &Clips<'_>, spec: &ListFiles) -> Result<Vec<Split>, TableError> {
    let rows = clips.rows;
    let names =
        ClipNames::new(rows.ids.iter().chain(rows.left_out.iter().map(|(id, _)| id)).map(String::as_str));
    let mut sides = Sides { names, usable: rows.ids.len(), sides: BTreeMap::new(), unknown: Vec::new() };
    match &spec.file {
        Some(path) => sides.read_table(path)?,
        None => {
            let lists =
                [(&spec.train, Side::Train), (&spec.validation, Side::Validation), (&spec.test, Side::Test)];
            for (path, side) in lists {
                if let Some(path) = path {
                    sides.read_list(path, side)?;
                }
            }
        }
    }
    if spec.unknown == Unknown::Error && !sides.unknown.is_empty() {
        return Err(refuse(format!(
            "{} listed ids are no clip of the table: {}; correct the list, or skip them with unknown = \"skip\"",
            sides.unknown.len(),
            first_few(&sides.unknown)
        )));
    }
    let (mut train, mut test, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    for (row, side) in sides.sides {
        match side {
            Side::Train => train.push(row),
            Side::Validation => {
                train.push(row);
                watched.push(row);
            }
            Side::Test => test.push(row),
        }
    }
    Ok(vec![Split { watched, unknown_ids: sides.unknown.len(), ..new_split(0, 0, train, test) }])
}

struct Sides<'a> {
    names: ClipNames<'a>,
    /// What comes behind so many clips cannot be used.
    usable: usize,
    sides: BTreeMap<usize, Side>,
    unknown: Vec<String>,
}

impl Sides<'_> {
    fn read_list(&mut self, path: &Path, side: Side) -> Result<(), TableError> {
        let text = read_regular_text(path)
            .map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (line, entry) in (1..).zip(text.lines()) {
            self.enter(path, line, entry, side)?;
        }
        Ok(())
    }

    fn read_table(&mut self, path: &Path) -> Result<(), TableError> {
        let records =
            Records::open(path).map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
        for record in records {
            let record =
                record.map_err(|source| TableError::Delimited { path: path.to_path_buf(), source })?;
            let row = |message: String| {
                Err(TableError::Row { path: path.to_path_buf(), place: Place::Line(record.line), message })
            };
            let [entry, name] = record.fields.as_slice() else {
                return row(format!("{} fields where id,side is expected", record.fields.len()));
            };
            match side(name) {
                Some(side) => self.enter(path, record.line, entry, side)?,
                // The columns' names.
                None if record.line == 1 && self.names.find(entry.trim()).is_none() => {}
                None => return row(format!("'{name}' is no side; train, validation or test is expected")),
            }
        }
        Ok(())
    }

    fn enter(&mut self, path: &Path, line: u64, entry: &str, side: Side) -> Result<(), TableError> {
        let entry = entry.trim();
        if entry.is_empty() || entry.starts_with('#') {
            return Ok(());
        }
        match self.names.find(entry) {
            None => self.unknown.push(entry.to_string()),
            Some(row) if row >= self.usable => {}
            Some(row) => {
                if let Some(before) = self.sides.insert(row, side).filter(|before| *before != side) {
                    let message = format!("'{entry}' stands on the {} side already", before.name());
                    return Err(TableError::Row {
                        path: path.to_path_buf(),
                        place: Place::Line(line),
                        message,
                    });
                }
            }
        }
        Ok(())
    }
}
