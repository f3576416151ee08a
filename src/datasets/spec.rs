//! DatasetSpec: the `dataset = { name = "…", … }` of an experiment, checked while it is deserialised.
//!
//! Each data set keeps its own struct of options in its own file; the registry's line says what they are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::DATASETS;
use super::dataset::{Dataset, Opened};
use super::error::DatasetError;
use crate::disk::starting_at;
use crate::spelling::{IN_TOML, nearest};

/// A data set's name and options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Table", into = "toml::Table")]
pub struct DatasetSpec {
    name: String,
    options: toml::Table,
    /// Where a path starts that is not found in the data set's own folder.
    base: Option<PathBuf>,
}

impl DatasetSpec {
    pub fn new(name: &str, options: toml::Table) -> Result<Self, DatasetError> {
        let dataset = find(name)?;
        if let Some(unknown) = options.keys().find(|key| !dataset.options.iter().any(|o| o.name == *key)) {
            let names = || dataset.options.iter().map(|option| option.name);
            return Err(DatasetError::UnknownOption {
                dataset: name.to_string(),
                option: unknown.clone(),
                suggestion: nearest(unknown, names()).map(str::to_string),
                known: names().collect::<Vec<_>>().join(", "),
            });
        }
        for option in dataset.options.iter().filter(|option| option.is_path) {
            let path = options.get(option.name).and_then(toml::Value::as_str);
            if let Some(path) = path.filter(|path| path.chars().any(char::is_control)) {
                let key = option.name;
                let message = format!("{key} = {path:?} holds a character that no name has; {IN_TOML}");
                return Err(DatasetError::BadOption { dataset: name.to_string(), message });
            }
        }
        (dataset.check)(options.clone())?;
        Ok(Self { name: name.to_string(), options, base: None })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn options(&self) -> &toml::Table {
        &self.options
    }

    pub fn path(&self) -> Option<&Path> {
        self.options.get("path").and_then(toml::Value::as_str).map(Path::new)
    }

    /// What `--data DIR` does; false where the data set has no files, and so no place.
    pub fn set_path(&mut self, path: &Path) -> Result<bool, DatasetError> {
        let named = path.to_str().ok_or_else(|| DatasetError::NotUtf8 { path: path.to_path_buf() })?;
        let has = find(&self.name)?.options.iter().any(|option| option.name == "path");
        if has {
            self.options.insert("path".into(), named.into());
        }
        Ok(has)
    }

    /// Reads the relative paths among the options as starting at `base`.
    pub fn resolve_paths(&mut self, base: &Path) {
        let Ok(dataset) = find(&self.name) else { return };
        for option in dataset.options.iter().filter(|option| option.is_path) {
            match self.options.get_mut(option.name) {
                // Which folder is the data set's own may still change.
                Some(_) if option.is_within => self.base = Some(base.to_path_buf()),
                Some(toml::Value::String(path)) => *path = starting_at(base, &*path).display().to_string(),
                _ => {}
            }
        }
    }

    /// The options with every path found.
    fn found_options(&self, dataset: &Dataset) -> toml::Table {
        let mut options = self.options.clone();
        let folder = self.path().unwrap_or(Path::new(""));
        for option in dataset.options.iter().filter(|option| option.is_within) {
            if let Some(toml::Value::String(path)) = options.get_mut(option.name) {
                let inside = starting_at(folder, &*path);
                let beside = self.base.as_ref().map(|base| starting_at(base, &*path));
                let found = beside.filter(|beside| !inside.is_file() && beside.is_file()).unwrap_or(inside);
                *path = found.display().to_string();
            }
        }
        options
    }

    /// Finds the clips (or the table) on disk.
    pub fn open(&self) -> Result<Opened, DatasetError> {
        let dataset = find(&self.name)?;
        (dataset.open)(self.found_options(dataset))
    }
}

impl TryFrom<toml::Table> for DatasetSpec {
    type Error = DatasetError;

    fn try_from(mut options: toml::Table) -> Result<Self, DatasetError> {
        match options.remove("name") {
            Some(toml::Value::String(name)) => Self::new(&name, options),
            _ => Err(DatasetError::NoName { known: known() }),
        }
    }
}

impl From<DatasetSpec> for toml::Table {
    fn from(spec: DatasetSpec) -> Self {
        let mut table = spec.options;
        table.insert("name".into(), spec.name.into());
        table
    }
}

fn find(name: &str) -> Result<&'static Dataset, DatasetError> {
    let unknown = || DatasetError::UnknownDataset {
        name: name.to_string(),
        suggestion: nearest(name, DATASETS.iter().map(|dataset| dataset.name)).map(str::to_string),
        known: known(),
    };
    DATASETS.iter().find(|dataset| dataset.name == name).ok_or_else(unknown)
}

fn known() -> String {
    DATASETS.iter().map(|dataset| dataset.name).collect::<Vec<_>>().join(", ")
}
