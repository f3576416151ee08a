//! A CSV file whose first line names its columns, as data sets bring one beside their sounds.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::delimited::{Record, Records};
use super::error::DatasetError;
use crate::spelling::{counted, nearest};

/// Headings that a message names; FMA's metadata has 53.
const NAMED: usize = 8;

pub(super) struct Headed {
    path: PathBuf,
    records: Records<BufReader<File>>,
    /// The fields of the first line.
    pub header: Vec<String>,
}

impl Headed {
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let records =
            Records::open(path).map_err(|source| DatasetError::Read { path: path.to_path_buf(), source })?;
        let mut headed = Self { path: path.to_path_buf(), records, header: Vec::new() };
        let mut first = Record::default();
        headed.advance(&mut first)?;
        headed.header = first.fields;
        Ok(headed)
    }

    /// Reads the next row into `record`, one field a column; false at the end of the file.
    pub fn read(&mut self, record: &mut Record) -> Result<bool, DatasetError> {
        if !self.advance(record)? {
            return Ok(false);
        }
        let (found, wanted) = (record.fields.len(), self.header.len());
        match found == wanted {
            true => Ok(true),
            false => {
                let message = format!("{} where the first line has {wanted}", counted(found, "field"));
                Err(self.wrong(record.line, message))
            }
        }
    }

    fn advance(&mut self, record: &mut Record) -> Result<bool, DatasetError> {
        let of = |source| DatasetError::Delimited { path: self.path.clone(), source };
        self.records.read(record).map_err(of)
    }

    /// The column that is called by the first of these names that there is.
    pub fn place(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.header.iter().position(|heading| heading.trim() == *name))
    }

    /// The same of a column that has to be there; `expected` says what the first line should be.
    pub fn column(&self, names: &[&str], expected: &str) -> Result<usize, DatasetError> {
        self.place(names).ok_or_else(|| self.missing(names, expected))
    }

    /// No column has any of these names, of which the first is the usual one.
    pub fn missing(&self, names: &[&str], expected: &str) -> DatasetError {
        let headings = || self.header.iter().map(String::as_str);
        let more = match self.header.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        DatasetError::MissingColumn {
            path: self.path.clone(),
            column: names.first().copied().unwrap_or_default().to_string(),
            suggestion: names.iter().find_map(|name| nearest(name, headings())).map(str::to_string),
            expected: expected.to_string(),
            found: headings().take(NAMED).collect::<Vec<_>>().join(", ") + &more,
        }
    }

    /// Something is wrong with the row that starts at this line.
    pub fn wrong(&self, line: u64, message: String) -> DatasetError {
        DatasetError::Row { path: self.path.clone(), line, message }
    }
}
