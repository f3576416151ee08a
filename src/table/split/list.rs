//! A division that files give: one id a line for each side, or one CSV of id and side or fold.
//!
//! An entry names a clip by its id or, where that is unmistakable, by the end of its path without extension. Empty
//! lines and lines that begin with # are passed over (unless that begins the name of a clip), and so are clips that
//! cannot be used. Clips in no list stand on no side.

use std::collections::BTreeMap;
use std::path::Path;

use super::clips::{Clips, Split, refuse};
use super::list_table::{Entry, entries};
use super::parts::{Parts, in_turn, sides_of};
use super::side::{Side, side};
use super::spec::{ListFiles, Unknown};
use crate::datasets::ClipNames;
use crate::disk::read_regular_text;
use crate::table::error::{Place, TableError, first_few};

pub(super) fn splits(clips: &Clips<'_>, spec: &ListFiles) -> Result<Vec<Split>, TableError> {
    let rows = clips.rows;
    let ids: Vec<&str> =
        rows.ids.iter().chain(rows.left_out.iter().map(|(id, _)| id)).map(String::as_str).collect();
    let names = ClipNames::new(ids.iter().copied());
    let usable = rows.ids.len();
    let mut listed = Listed { ids, names, usable, parts: BTreeMap::new(), unknown: Vec::new() };
    match &spec.file {
        Some(path) => listed.read_table(path)?,
        None => {
            let lists = [
                (&spec.train, Side::Train),
                (&spec.validation, Side::Validation),
                (&spec.watch, Side::Validation),
                (&spec.test, Side::Test),
            ];
            for (path, side) in lists {
                if let Some(path) = path {
                    listed.read_list(path, side)?;
                }
            }
        }
    }
    if spec.unknown == Unknown::Error && !listed.unknown.is_empty() {
        return Err(refuse(format!(
            "{} listed ids are no clip of the table: {}; correct the list, or skip them with unknown = \"skip\"",
            listed.unknown.len(),
            first_few(&listed.unknown)
        )));
    }
    let mut splits = listed.divided(spec)?;
    splits.iter_mut().for_each(|split| split.unknown_ids = listed.unknown.len());
    Ok(splits)
}

struct Listed<'a> {
    ids: Vec<&'a str>,
    names: ClipNames<'a>,
    /// What comes behind so many clips cannot be used.
    usable: usize,
    /// The side or fold of each listed row.
    parts: BTreeMap<usize, String>,
    unknown: Vec<String>,
}

impl Listed<'_> {
    fn read_list(&mut self, path: &Path, side: Side) -> Result<(), TableError> {
        let text = read_regular_text(path)
            .map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        for (line, clip) in (1..).zip(text.lines()) {
            self.enter(path, Entry { line, clip: clip.to_string(), part: side.name().to_string() })?;
        }
        Ok(())
    }

    fn read_table(&mut self, path: &Path) -> Result<(), TableError> {
        let is_clip = |name: &str| !self.names.meant(name).is_empty() && !self.is_comment(name);
        for entry in entries(path, &is_clip)? {
            self.enter(path, entry)?;
        }
        Ok(())
    }

    /// An entry that begins with # is a comment, unless a clip or its folder is called so: a clip that somebody took out
    /// of the list stays out.
    fn is_comment(&self, entry: &str) -> bool {
        let is_called_so = |clip: usize| self.ids[clip].split('/').any(|part| part.starts_with('#'));
        entry.starts_with('#') && !self.names.meant(entry).into_iter().any(is_called_so)
    }

    fn enter(&mut self, path: &Path, Entry { line, clip, part }: Entry) -> Result<(), TableError> {
        let clip = clip.trim();
        if clip.is_empty() || self.is_comment(clip) {
            return Ok(());
        }
        match self.names.find(clip) {
            None => self.unknown.push(clip.to_string()),
            Some(row) if row >= self.usable => {}
            Some(row) => {
                if let Some(before) = self.parts.insert(row, part.clone()).filter(|before| *before != part) {
                    let message = match side(&before) {
                        Some(_) => format!("'{clip}' stands on the {before} side already"),
                        None => format!("'{clip}' is in fold {before} already"),
                    };
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

    fn divided(&self, spec: &ListFiles) -> Result<Vec<Split>, TableError> {
        let mut parts = Parts::new();
        for (row, part) in &self.parts {
            parts.entry(part.as_str()).or_default().push(*row);
        }
        if let Some(sides) = sides_of(&parts) {
            return Ok(vec![sides.split(spec.validation_side())?]);
        }
        if spec.validation.is_some() {
            return Err(refuse(
                "`validation` goes with a file of sides; this one has folds, each tested in turn",
            ));
        }
        if let [one] = parts.keys().collect::<Vec<_>>().as_slice() {
            return Err(refuse(format!("all listed clips stand in one fold, '{one}'")));
        }
        in_turn(&parts)
    }
}
