//! One line of the comparison table: a model, what it is fed, and what the paper printed of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FeatureSpec;
use super::ensemble_spec::EnsembleSpec;
use super::explain_spec::ExplainSpec;
use super::search::{SearchSpec, overlaid};
use crate::audio::Perturbation;
use crate::metrics::{self, METRICS, Unit};
use crate::models::{self, Model, ModelError};
use crate::spelling::hint;
use crate::table::Prepare;

const PUBLISHED_TIMES: [&str; 2] = ["fit_seconds", "predict_seconds"];

/// One line of the comparison table: a model, what it is fed, and what the paper says of it.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: String,
    pub model: String,
    pub parameters: toml::Table,
    pub features: Option<FeatureSpec>,
    pub prepare: Prepare,
    pub published: BTreeMap<String, Published>,
    pub reference: Option<Reference>,
    pub note: Option<String>,
    /// Where it puts the answers of other rows together.
    pub ensemble: Option<EnsembleSpec>,
    /// Draws otherwise than rows without one, or with another.
    pub seed: Option<u64>,
    /// Parameters found on the training side.
    pub search: Option<SearchSpec>,
    /// On which altered test clips the fitted model is tried too.
    pub perturb: Vec<Perturbation>,
    /// Whether and how the test side is asked which columns mattered.
    pub explain: Option<ExplainSpec>,
}

impl Row {
    /// The same row with the parameters that its search found.
    pub fn found(&self, winner: &toml::Table) -> Self {
        Self { parameters: overlaid(&self.parameters, winner), search: None, ..self.clone() }
    }

    /// Its model before anything is found: with its own parameters or, where one of them goes only with one that is
    /// searched, beside the first searched values that it goes with.
    pub fn unsearched_model(&self) -> Result<Box<dyn Model>, ModelError> {
        let build = |parameters| models::build(&self.model, parameters);
        build(self.parameters.clone()).or_else(|error| {
            let searched = self.search.iter().flat_map(SearchSpec::some_of_all);
            let beside = |others: toml::Table| build(overlaid(&self.parameters, &others)).ok();
            searched.into_iter().find_map(beside).ok_or(error)
        })
    }

    /// Whether it is fed with a matrix a clip.
    pub fn has_frames(&self) -> bool {
        self.features.as_ref().is_some_and(FeatureSpec::has_frames)
    }

    /// The same row where nothing is wanted of it but what it predicts.
    pub fn predicting_only(&self) -> Self {
        let mut row = Self { explain: None, perturb: Vec::new(), ..self.clone() };
        row.search.iter_mut().for_each(|search| search.optimistic = false);
        row
    }
}

/// Somebody else's figures for the same row on the same folds, such as another library's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Who, and of which version.
    pub name: String,
    pub figures: BTreeMap<String, Published>,
}

/// A published figure, as printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Published(pub String);

impl Published {
    /// The number that is printed, a percentage as it stands; none where it is no number.
    pub fn value(&self) -> Option<f64> {
        self.0.trim().trim_end_matches('%').trim().parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// Whether it is printed with the sign of a percentage.
    pub fn is_in_percent(&self) -> bool {
        self.0.trim().ends_with('%')
    }

    /// A score as a fraction: what is printed with a % or above 1 is a percentage.
    pub fn fraction(&self) -> Option<f64> {
        let in_percent = |value: f64| self.is_in_percent() || value > 1.0;
        self.value().map(|value| if in_percent(value) { value / 100.0 } else { value })
    }
}

/// A row's `reference = { name = "…", … }`.
pub fn parse_reference(mut table: toml::Table) -> Result<Reference, String> {
    let name = match table.remove("name") {
        Some(toml::Value::String(name)) if !name.trim().is_empty() => name,
        _ => return Err("`reference` needs a `name`, such as \"scikit-learn 1.9.1\"".to_string()),
    };
    Ok(Reference { name, figures: parse_figures("reference", table)? })
}

/// The figures of a row's `published = { … }`.
pub fn parse_published(table: toml::Table) -> Result<BTreeMap<String, Published>, String> {
    parse_figures("published", table)
}

fn parse_figures(what: &str, table: toml::Table) -> Result<BTreeMap<String, Published>, String> {
    let known = || METRICS.iter().map(|metric| metric.name).chain(PUBLISHED_TIMES);
    table
        .into_iter()
        .map(|(key, value)| {
            if !known().any(|name| name == key) {
                let hint = hint(&key, known());
                return Err(format!("unknown {what} figure `{key}`{hint}"));
            }
            let text = match &value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                _ => return Err(format!("{what} `{key}` must be a figure as printed, such as \"59.92\"")),
            };
            let figure = Published(text);
            match figure.value() {
                Some(value) if value > 100.0 && !PUBLISHED_TIMES.contains(&key.as_str()) && key != "log_loss" => {
                    Err(format!("{what} `{key}` = \"{}\" is more than 100 %", figure.0))
                }
                Some(value) if value >= least(&key) => Ok((key, figure)),
                Some(_) => Err(format!("{what} `{key}` = \"{}\" is less than {}", figure.0, least(&key))),
                _ => Err(format!("{what} `{key}` = \"{}\" is not a number; write it as printed with a point, such as \"59.92\"", figure.0)),
            }
        })
        .collect()
}

/// The least that a figure of this name can be: coefficients can be negative.
fn least(name: &str) -> f64 {
    match metrics::find(name).map(|metric| metric.unit) {
        Some(Unit::Coefficient) => -1.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_sign_of_a_percentage_is_one() {
        let fraction = |text: &str| Published(text.to_string()).fraction();
        assert_eq!(fraction("60"), Some(0.6));
        assert_eq!(fraction("60 %"), Some(0.6));
        assert_eq!(fraction("0.8"), Some(0.8));
        assert_eq!(fraction("0.5%"), Some(0.005));
        assert_eq!(fraction("1 %"), Some(0.01));
        assert_eq!(fraction("about 60%"), None);
    }
}
