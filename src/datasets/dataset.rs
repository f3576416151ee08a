//! Dataset: a data set's line in the registry, and what every data set's file needs to read its options.

use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::catalog::Catalog;
use super::error::DatasetError;
use super::table_source::TableSource;

/// A data set's line in the registry.
#[derive(Debug, Clone, Copy)]
pub struct Dataset {
    pub name: &'static str,
    pub summary: &'static str,
    pub options: &'static [DatasetOption],
    /// Whether the options are of the right type and range; looks at no file.
    pub check: fn(toml::Table) -> Result<(), DatasetError>,
    pub open: fn(toml::Table) -> Result<Opened, DatasetError>,
}

#[derive(Debug, Clone, Copy)]
pub struct DatasetOption {
    pub name: &'static str,
    pub help: &'static str,
    /// A path, which an experiment may give relative to somewhere.
    pub is_path: bool,
    /// A path that is looked for in the data set's own folder first.
    pub is_within: bool,
}

impl DatasetOption {
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, is_path: false, is_within: false }
    }

    pub const fn path(name: &'static str, help: &'static str) -> Self {
        Self { name, help, is_path: true, is_within: false }
    }

    pub const fn within(name: &'static str, help: &'static str) -> Self {
        Self { name, help, is_path: true, is_within: true }
    }
}

/// What opening a data set gives: clips to listen to, or a table to read.
#[derive(Debug, Clone, PartialEq)]
pub enum Opened {
    Clips(Catalog),
    Table(TableSource),
}

/// A data set's options as its own struct.
pub(super) fn parse<T: DeserializeOwned>(dataset: &str, options: toml::Table) -> Result<T, DatasetError> {
    options.try_into().map_err(|error: toml::de::Error| DatasetError::BadOption {
        dataset: dataset.to_string(),
        message: error.message().trim().to_string(),
    })
}

pub(super) fn required_path(dataset: &str, path: Option<PathBuf>) -> Result<PathBuf, DatasetError> {
    path.ok_or_else(|| DatasetError::NoPath { dataset: dataset.to_string() })
}
