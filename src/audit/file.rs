//! Reads a claims file: strict, every mistake with its line and the nearest right name.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::claims::{Aggregate, Average, Note};
use super::error::AuditError;
use super::printed::{Rounding, Unit};
use crate::spelling::{line_of, mistake};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFile {
    pub paper: Spanned<RawPaper>,
    pub test: Option<Spanned<RawSet>>,
    #[serde(default)]
    pub set: BTreeMap<String, Spanned<RawSet>>,
    #[serde(default)]
    pub claim: Vec<Spanned<RawClaim>>,
    #[serde(default)]
    pub matrix: Vec<Spanned<RawMatrix>>,
    #[serde(default)]
    pub compare: Vec<Spanned<RawCompare>>,
    #[serde(default)]
    pub split: Vec<Spanned<RawSplit>>,
    #[serde(default)]
    pub note: Vec<Note>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPaper {
    pub id: Spanned<String>,
    pub title: String,
    #[serde(default, rename = "authors")]
    _authors: Option<String>,
    #[serde(default, rename = "url")]
    _url: Option<String>,
    #[serde(default, rename = "data")]
    _data: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSet {
    pub n: Option<Spanned<i64>>,
    pub support: Option<Spanned<Vec<i64>>>,
    pub labels: Option<Spanned<Vec<String>>>,
    #[serde(default = "yes")]
    pub single_label: bool,
    pub positives: Option<Spanned<i64>>,
    pub negatives: Option<Spanned<i64>>,
    #[serde(default)]
    pub tested: bool,
    #[serde(default, rename = "source")]
    _source: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClaim {
    pub id: Option<Spanned<String>>,
    pub of: Spanned<String>,
    pub row: Option<String>,
    pub set: Option<Spanned<String>>,
    pub metric: Spanned<String>,
    pub average: Option<Spanned<SaidAverage>>,
    pub class: Option<Spanned<String>>,
    pub value: Spanned<toml::Value>,
    pub sd: Option<Spanned<toml::Value>>,
    pub ddof: Option<Spanned<toml::Value>>,
    pub unit: Option<Unit>,
    pub runs: Option<Spanned<i64>>,
    pub folds: Option<Spanned<i64>>,
    pub fold_sizes: Option<Spanned<FoldSizes>>,
    pub fold_positives: Option<Spanned<Vec<i64>>>,
    pub fold_support: Option<Spanned<Vec<Vec<i64>>>>,
    pub fold_min: Option<Spanned<toml::Value>>,
    pub fold_max: Option<Spanned<toml::Value>>,
    #[serde(default)]
    pub stratified: bool,
    pub aggregate: Option<Aggregate>,
    pub beta: Option<Spanned<toml::Value>>,
    pub rounding: Option<Rounding>,
    pub source: Option<String>,
}

/// One of them, or none in particular.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum SaidAverage {
    Macro,
    Micro,
    Weighted,
    Any,
}

impl SaidAverage {
    pub fn one(self) -> Option<Average> {
        match self {
            Self::Macro => Some(Average::Macro),
            Self::Micro => Some(Average::Micro),
            Self::Weighted => Some(Average::Weighted),
            Self::Any => None,
        }
    }
}

/// "equal", or a list of clips.
#[derive(Deserialize)]
#[serde(untagged, expecting = "fold_sizes is a list of clips, or \"equal\"")]
pub enum FoldSizes {
    Said(Vec<i64>),
    Word(Equal),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Equal {
    Equal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMatrix {
    pub of: Spanned<String>,
    pub set: Option<Spanned<String>>,
    pub rows: Option<Rows>,
    pub cells: Spanned<Vec<Spanned<Vec<Spanned<toml::Value>>>>>,
    pub runs: Option<Spanned<i64>>,
    pub source: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    True,
    Predicted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCompare {
    pub a: Spanned<String>,
    pub b: Spanned<String>,
    pub set: Option<Spanned<String>>,
    #[serde(default = "yes")]
    pub paired: bool,
    pub asserted: Option<Spanned<String>>,
    pub source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSplit {
    pub name: Option<String>,
    pub total: Spanned<i64>,
    pub ratio: Spanned<Vec<String>>,
    pub sizes: Option<Spanned<Vec<i64>>>,
    pub rounding: Option<Rounding>,
    pub source: Option<String>,
}

/// The text of a file with its path, for errors that name the line.
pub struct Located<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Located<'_> {
    /// An error at the byte where a thing begins.
    pub fn wrong(&self, start: usize, message: impl Into<String>) -> AuditError {
        AuditError::Mistake {
            path: self.path.to_path_buf(),
            line: Some(self.line(start)),
            message: message.into(),
        }
    }

    pub fn line(&self, start: usize) -> usize {
        line_of(self.text, start)
    }

    pub fn parse(&self) -> Result<RawFile, AuditError> {
        toml::from_str(self.text).map_err(|error| {
            let (line, message) = mistake(self.text, &error);
            AuditError::Mistake { path: self.path.to_path_buf(), line, message }
        })
    }

    /// A count between `least` and `most`.
    pub fn count(&self, value: &Spanned<i64>, what: &str, least: u64, most: u64) -> Result<u64, AuditError> {
        self.count_at(*value.get_ref(), value.span().start, what, least, most)
    }

    pub fn count_at(
        &self,
        value: i64,
        start: usize,
        what: &str,
        least: u64,
        most: u64,
    ) -> Result<u64, AuditError> {
        match u64::try_from(value) {
            Ok(value) if value >= least && value <= most => Ok(value),
            _ => Err(self.wrong(start, format!("{what} is {value}; it lies between {least} and {most}"))),
        }
    }

    pub fn counts(&self, values: &Spanned<Vec<i64>>, what: &str, least: u64) -> Result<Vec<u64>, AuditError> {
        self.counts_at(values.get_ref(), values.span().start, what, least)
    }

    pub fn counts_at(
        &self,
        values: &[i64],
        start: usize,
        what: &str,
        least: u64,
    ) -> Result<Vec<u64>, AuditError> {
        values.iter().map(|value| self.count_at(*value, start, what, least, MOST_CLIPS)).collect()
    }

    /// A figure as text; a bare TOML number has lost its printed decimals.
    pub fn figure<'v>(&self, value: &'v Spanned<toml::Value>, key: &str) -> Result<&'v str, AuditError> {
        match value.get_ref() {
            toml::Value::String(text) => Ok(text),
            other => {
                // As it stands in the file, since 48.80 says more than 48.8.
                let read = other.to_string();
                let other = self.text.get(value.span()).unwrap_or(&read);
                Err(self.wrong(
                    value.span().start,
                    format!("{key} = {other}: write {key} = \"{other}\" in quotes, as printed: the decimals are evidence"),
                ))
            }
        }
    }
}

/// More than any test set of audio; all arithmetic fits 128 bits below it.
pub const MOST_CLIPS: u64 = 100_000_000;
/// A claims file with more classes is a mistake.
pub const MOST_CLASSES: usize = 1000;
