//! A row's `[row.search]`: which parameters are tried, and in which order.
//!
//! ```toml
//! [row.search]
//! method = "grid"              # every combination; or "random", `trials` draws
//! folds  = 3                   # inner cross-validation, on the training side only
//! metric = "f1_macro"
//! [row.search.space]
//! C      = [0.1, 1, 10]
//! gamma  = { log_uniform = [1e-4, 1] }   # also uniform = [0, 1], integer = [2, 8]; random search only
//! ```
//! Parameters are taken in the order of their names, the last one varying fastest; draws of trial n come from a
//! stream of their own, so more trials never change the earlier ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::toml_hint::with_suggestion;
use crate::metrics::{METRICS, Metric, find};
use crate::models;
use crate::random::Draws;
use crate::spelling::hint;

/// More combinations than this are a mistake rather than a plan.
const MOST_TRIALS: usize = 100_000;

/// A checked search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchSpec {
    pub method: Method,
    /// Draws of a random search; the combinations of a grid.
    pub trials: usize,
    pub folds: usize,
    pub metric: String,
    /// Whether the report also says what choosing by the test side would have shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optimistic: bool,
    pub space: BTreeMap<String, Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    #[default]
    Grid,
    Random,
}

/// What a parameter may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Choice {
    List(Vec<toml::Value>),
    Range(Range),
}

/// Where a random search draws from; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    Uniform([f64; 2]),
    LogUniform([f64; 2]),
    Integer([i64; 2]),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    method: Method,
    trials: Option<usize>,
    #[serde(default = "three")]
    folds: usize,
    #[serde(default = "f1_macro")]
    metric: String,
    #[serde(default)]
    optimistic: bool,
    space: toml::Table,
}

fn three() -> usize {
    3
}

fn f1_macro() -> String {
    "f1_macro".to_string()
}

impl SearchSpec {
    /// Reads and checks a search over the parameters of `model`, whose row sets `fixed`.
    pub fn read(value: toml::Value, model: &str, fixed: &toml::Table) -> Result<Self, String> {
        let raw: Raw =
            value.try_into().map_err(|error: toml::de::Error| with_suggestion(error.message().trim()))?;
        let space = raw.space.into_iter().map(|(name, value)| Ok((name.clone(), choice(&name, value)?)));
        let space: BTreeMap<String, Choice> = space.collect::<Result<_, String>>()?;
        if space.is_empty() {
            return Err("`space` names no parameter; say e.g. space = { C = [0.1, 1, 10] }".to_string());
        }
        if raw.folds < 2 {
            return Err(format!("folds = {}: inner cross-validation needs 2 folds or more", raw.folds));
        }
        if find(&raw.metric).is_none() {
            let hint = hint(&raw.metric, METRICS.iter().map(|metric| metric.name));
            return Err(format!("no metric `{}`{hint}; `genrebench list metrics` shows them", raw.metric));
        }
        let combinations = space.values().try_fold(1usize, |product, choice| match choice {
            Choice::List(values) => product.checked_mul(values.len()),
            Choice::Range(_) => Some(product),
        });
        let trials = match (raw.method, raw.trials) {
            (Method::Grid, Some(_)) => {
                return Err(
                    "a grid tries every combination; `trials` goes with method = \"random\"".to_string()
                );
            }
            (Method::Grid, None) => {
                if let Some((name, _)) = space.iter().find(|(_, choice)| matches!(choice, Choice::Range(_))) {
                    return Err(format!(
                        "`{name}` is a range, which only method = \"random\" can draw from; list its values"
                    ));
                }
                combinations.unwrap_or(usize::MAX)
            }
            (Method::Random, trials) => trials.unwrap_or(20),
        };
        if !(1..=MOST_TRIALS).contains(&trials) {
            return Err(format!("{trials} trials; a search has 1 to {MOST_TRIALS}"));
        }
        let (method, folds, metric, optimistic) = (raw.method, raw.folds, raw.metric, raw.optimistic);
        let search = Self { method, trials, folds, metric, optimistic, space };
        search.check(model, fixed)?;
        Ok(search)
    }

    /// Each value on its own must be one that the model takes.
    fn check(&self, model: &str, fixed: &toml::Table) -> Result<(), String> {
        for (name, choice) in &self.space {
            if fixed.contains_key(name) {
                return Err(format!("`{name}` is set by the row and searched at once; leave one out"));
            }
            let ends = match choice {
                Choice::List(values) => values.clone(),
                Choice::Range(Range::Integer(ends)) => ends.map(toml::Value::from).to_vec(),
                Choice::Range(Range::Uniform(ends) | Range::LogUniform(ends)) => {
                    ends.map(toml::Value::from).to_vec()
                }
            };
            for value in ends {
                let mut parameters = toml::Table::new();
                parameters.insert(name.clone(), value);
                models::build(model, parameters).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    pub fn metric(&self) -> Option<&'static Metric> {
        find(&self.metric)
    }

    /// The parameters of every trial, in order.
    pub fn candidates(&self, seed: u64) -> Vec<toml::Table> {
        (0..self.trials)
            .map(|trial| match self.method {
                Method::Grid => self.combination(trial),
                Method::Random => self.draw(&mut Draws::new(seed, &format!("search/{trial}"))),
            })
            .collect()
    }

    fn combination(&self, mut trial: usize) -> toml::Table {
        let mut table = toml::Table::new();
        for (name, choice) in self.space.iter().rev() {
            if let Choice::List(values) = choice {
                table.insert(name.clone(), values[trial % values.len()].clone());
                trial /= values.len();
            }
        }
        table
    }

    fn draw(&self, draws: &mut Draws) -> toml::Table {
        let value = |choice: &Choice, draws: &mut Draws| match choice {
            Choice::List(values) => values[draws.below(values.len())].clone(),
            Choice::Range(Range::Uniform([low, high])) => draws.between(*low, *high).into(),
            Choice::Range(Range::LogUniform([low, high])) => {
                draws.between(low.ln(), high.ln()).exp().clamp(*low, *high).into()
            }
            Choice::Range(Range::Integer([low, high])) => {
                (low + draws.below((high - low + 1) as usize) as i64).into()
            }
        };
        self.space.iter().map(|(name, choice)| (name.clone(), value(choice, draws))).collect()
    }
}

fn choice(name: &str, value: toml::Value) -> Result<Choice, String> {
    match value {
        toml::Value::Array(values) if values.is_empty() => Err(format!("`{name}` has no value to try")),
        toml::Value::Array(values) => Ok(Choice::List(values)),
        toml::Value::Table(_) => {
            let range: Range = value.try_into().map_err(|error: toml::de::Error| {
                format!("`{name}`: {}", with_suggestion(error.message().trim()))
            })?;
            let sound = match range {
                Range::Uniform([low, high]) => low.is_finite() && high.is_finite() && low < high,
                Range::LogUniform([low, high]) => low > 0.0 && high.is_finite() && low < high,
                Range::Integer([low, high]) => {
                    low < high && high.checked_sub(low).is_some_and(|span| span < i64::MAX)
                }
            };
            if !sound {
                return Err(format!(
                    "`{name}`: a range goes from a lower to a higher number, above 0 where it is log_uniform"
                ));
            }
            Ok(Choice::Range(range))
        }
        _ => Err(format!(
            "`{name}`: list its values, [0.1, 1, 10], or give a range, {{ log_uniform = [1e-3, 10] }}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SearchSpec, String> {
        SearchSpec::read(toml::Value::Table(text.parse().unwrap()), "svc", &"cache_mb = 10".parse().unwrap())
    }

    #[test]
    fn a_grid_tries_every_combination_once_and_a_random_search_stays_inside() {
        let grid = read("space = { C = [0.1, 1], kernel = [\"rbf\", \"linear\", \"poly\"] }").unwrap();
        let tried = grid.candidates(1);
        assert_eq!(tried.len(), 6);
        let distinct: std::collections::BTreeSet<String> = tried.iter().map(ToString::to_string).collect();
        assert_eq!(distinct.len(), 6);
        assert_eq!(tried[1]["kernel"].as_str(), Some("linear"), "the last parameter varies fastest");
        let text = "method = \"random\"\ntrials = 40\nspace = { C = { log_uniform = [1e-3, 10] }, degree = { integer = [2, 4] } }";
        let random = read(text).unwrap();
        let tried = random.candidates(1);
        assert_eq!(tried, random.candidates(1));
        assert_ne!(tried, random.candidates(2));
        let c: Vec<f64> = tried.iter().map(|trial| trial["C"].as_float().unwrap()).collect();
        assert!(c.iter().all(|c| (1e-3..=10.0).contains(c)) && c.iter().filter(|c| **c < 0.1).count() > 10);
        assert!((2..=4).all(|degree| tried.iter().any(|trial| trial["degree"].as_integer() == Some(degree))));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, said) in [
            ("space = {}", "names no parameter"),
            ("space = { C = 3 }", "list its values"),
            ("space = { C = [] }", "no value"),
            ("space = { C = [0] }", "`C`"),
            ("space = { c = [1] }", "`c`"),
            ("space = { cache_mb = [1] }", "set by the row"),
            ("space = { C = { uniform = [0.1, 1] } }", "only method = \"random\""),
            ("method = \"random\"\nspace = { C = { uniform = [1, 1] } }", "lower to a higher"),
            ("method = \"random\"\nspace = { C = { log_uniform = [0, 1] } }", "lower to a higher"),
            ("method = \"random\"\nspace = { C = { normal = [0, 1] } }", "normal"),
            ("method = \"grit\"\nspace = { C = [1] }", "did you mean `grid`?"),
            ("trials = 3\nspace = { C = [1] }", "every combination"),
            ("folds = 1\nspace = { C = [1] }", "2 folds"),
            ("metric = \"f1_marco\"\nspace = { C = [1] }", "did you mean `f1_macro`?"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
