//! `explain = …` of an experiment or a row: whether and how the test side is asked which columns mattered.

use serde::{Deserialize, Serialize};

use super::toml_hint::with_suggestion;
use crate::metrics::{METRICS, find};
use crate::spelling::hint;

/// `explain = true`, or `explain = { repeats = 10, metric = "accuracy", columns = false }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExplainSpec {
    pub repeats: usize,
    pub metric: String,
    /// Each column by itself.
    pub columns: bool,
    /// All columns of a feature together.
    pub groups: bool,
}

impl Default for ExplainSpec {
    fn default() -> Self {
        Self { repeats: 5, metric: "f1_macro".to_string(), columns: true, groups: true }
    }
}

impl ExplainSpec {
    /// `None` where the file says `false`.
    pub fn read(value: toml::Value) -> Result<Option<Self>, String> {
        let spec: Self = match value {
            toml::Value::Boolean(false) => return Ok(None),
            toml::Value::Boolean(true) => Self::default(),
            toml::Value::Table(_) => {
                value.try_into().map_err(|error: toml::de::Error| with_suggestion(error.message().trim()))?
            }
            _ => return Err("say true, false, or { repeats = 5, metric = \"f1_macro\" }".to_string()),
        };
        if !(1..=1000).contains(&spec.repeats) {
            return Err(format!("repeats = {} is not between 1 and 1000", spec.repeats));
        }
        if find(&spec.metric).is_none() {
            let hint = hint(&spec.metric, METRICS.iter().map(|metric| metric.name));
            return Err(format!("no metric `{}`{hint}", spec.metric));
        }
        if !spec.columns && !spec.groups {
            return Err("neither columns nor groups are asked for".to_string());
        }
        Ok(Some(spec))
    }
}
