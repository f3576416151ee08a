//! Rows that put the answers of other rows together.
//!
//! ```toml
//! [[row]]                       # of unlike rows, each with a line of its own in the table
//! name = "all three"
//! model = "ensemble"
//! of = ["SVC", "random forest", "small CNN"]     # rows above it
//! combine = "mean"              # of probabilities; "vote"; "stacking": a logistic regression on inner folds
//!
//! [[row]]                       # of one network: five seeds, or checkpoints of one training
//! name = "CNN"
//! model = "conv2d"
//! ensemble = { seeds = 5 }      # or { checkpoints = [20, 25, 30], combine = "vote", members_published = [{ … }, …] }
//! ```

use serde::{Deserialize, Serialize};

use super::toml_hint::with_suggestion;

/// The model's name that such a row has.
pub const MODEL: &str = "ensemble";
pub const MOST_MEMBERS: usize = 100;

/// How answers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// The mean of the probabilities.
    #[default]
    Mean,
    /// One vote a member; ties go to the lowest class.
    Vote,
    /// A logistic regression over the members' probabilities, learned on inner folds of the training side.
    Stacking,
}

/// What an ensemble is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnsembleSpec {
    /// Names of rows above it.
    pub of: Vec<String>,
    #[serde(default)]
    pub combine: Combine,
}

/// A table as what it says, with a hint where a word is misspelt.
pub fn read<T: serde::de::DeserializeOwned>(value: toml::Value) -> Result<T, String> {
    value.try_into().map_err(|error: toml::de::Error| with_suggestion(error.message().trim()))
}

impl EnsembleSpec {
    /// The keys of a row whose model is `ensemble`.
    pub fn read(table: toml::Table) -> Result<Self, String> {
        let spec: Self = read(table.into())?;
        if let Some((place, name)) =
            spec.of.iter().enumerate().find(|(place, name)| spec.of[..*place].contains(name))
        {
            return Err(format!("`of` names \"{name}\" twice (the second time as number {})", place + 1));
        }
        match spec.of.len() {
            2..=MOST_MEMBERS => Ok(spec),
            _ => Err(format!("`of` names 2 to {MOST_MEMBERS} rows that stand above it")),
        }
    }
}
