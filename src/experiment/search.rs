//! A row's `[row.search]`: which parameters are tried, and in which order.
//!
//! ```toml
//! [row.search]
//! method = "grid"              # every combination; or "random", `trials` draws
//! folds  = 3                   # inner cross-validation, on the training side only; or "validation", its validation side
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
use crate::models::{self, ModelError};
use crate::random::Draws;
use crate::spelling::hint;

/// More combinations than this are a mistake rather than a plan.
const MOST_TRIALS: usize = 100_000;
const MOST_SEARCHED: usize = 32;
/// Combinations of other parameters that a value is tried with.
const MOST_COMPANY: usize = 1000;
/// Times that a model is built to see whether a value can be one of its.
const MOST_BUILT: usize = 100_000;

/// So many folds has a search that goes by the data set's own validation side.
pub const VALIDATION_SIDE: usize = 1;

/// Of a rehearsal.
pub const REHEARSED_TRIALS: usize = 3;

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
    /// Of halving: epochs before the first are dropped, and of how many one goes on.
    #[serde(skip_serializing_if = "is_zero")]
    pub grace: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub reduction: usize,
    pub space: BTreeMap<String, Choice>,
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

/// How combinations of parameters are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    #[default]
    Grid,
    Random,
    /// Draws that train side by side, the better ones longer: networks alone.
    Halving,
}

/// What halving may go by: a network's own validation clips.
const OF_VALIDATION: [&str; 2] = ["validation_accuracy", "validation_loss"];

/// What a parameter may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Choice {
    List(Vec<toml::Value>),
    Range(Range),
}

impl Choice {
    /// The values of a list, the ends of a range.
    fn values(&self) -> Vec<toml::Value> {
        match self {
            Self::List(values) => values.clone(),
            Self::Range(Range::Integer(ends)) => ends.map(toml::Value::from).to_vec(),
            Self::Range(Range::Uniform(ends) | Range::LogUniform(ends)) => {
                ends.map(toml::Value::from).to_vec()
            }
        }
    }
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
    folds: Option<toml::Value>,
    metric: Option<String>,
    grace: Option<usize>,
    reduction: Option<usize>,
    #[serde(default)]
    optimistic: bool,
    space: toml::Table,
}

impl SearchSpec {
    /// Reads and checks a search over the parameters of `model`, whose row sets `fixed`.
    pub fn read(value: toml::Value, model: &str, fixed: &toml::Table) -> Result<Self, String> {
        let raw: Raw =
            value.try_into().map_err(|error: toml::de::Error| with_suggestion(error.message().trim()))?;
        let space = raw.space.into_iter().map(|(name, value)| Ok((name.clone(), choice(&name, value)?)));
        let space: BTreeMap<String, Choice> = space.collect::<Result<_, String>>()?;
        match space.len() {
            0 => return Err("`space` names no parameter; say e.g. space = { C = [0.1, 1, 10] }".to_string()),
            1..=MOST_SEARCHED => {}
            many => return Err(format!("`space` names {many} parameters; it may name {MOST_SEARCHED}")),
        }
        let halving = raw.method == Method::Halving;
        let folds = raw.folds.as_ref().map_or(Ok(3), folds)?;
        let metric =
            raw.metric.unwrap_or_else(|| if halving { OF_VALIDATION[0] } else { "f1_macro" }.to_string());
        match halving {
            true if !OF_VALIDATION.contains(&metric.as_str()) => {
                return Err(format!("halving goes by {}, not by `{metric}`", OF_VALIDATION.join(" or ")));
            }
            false if find(&metric).is_none() => {
                let hint = hint(&metric, METRICS.iter().map(|metric| metric.name));
                return Err(format!("no metric `{metric}`{hint}; `genrebench list metrics` shows them"));
            }
            _ => {}
        }
        let (grace, reduction) = match halving {
            true if raw.folds.is_some() => {
                return Err(
                    "halving has no inner folds; it goes by the network's validation clips".to_string()
                );
            }
            true => (raw.grace.unwrap_or(1), raw.reduction.unwrap_or(2)),
            false if raw.grace.is_some() || raw.reduction.is_some() => {
                return Err("`grace` and `reduction` go with method = \"halving\"".to_string());
            }
            false => (0, 0),
        };
        let whole = space.get("train").map(Choice::values).unwrap_or_default();
        let within = |key: &str| whole.iter().any(|train| train.get(key).is_some());
        let says = |key: &&str| space.contains_key(&format!("train.{key}")) || within(key);
        if let Some(key) = ["epochs", "until"].into_iter().find(says).filter(|_| halving) {
            return Err(format!(
                "halving itself decides how long a trial is trained; leave `train.{key}` out of its space"
            ));
        }
        if halving && (grace == 0 || reduction < 2) {
            return Err("`grace` is 1 epoch or more, `reduction` 2 or more".to_string());
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
            (Method::Random | Method::Halving, trials) => trials.unwrap_or(20),
        };
        if !(1..=MOST_TRIALS).contains(&trials) {
            return Err(format!("{trials} trials; a search has 1 to {MOST_TRIALS}"));
        }
        let (method, optimistic) = (raw.method, raw.optimistic);
        if halving && optimistic {
            return Err("`optimistic` goes with a grid or a random search".to_string());
        }
        let search = Self { method, trials, folds, metric, optimistic, grace, reduction, space };
        search.check(model, fixed)?;
        Ok(search)
    }

    /// Each value must be one that the model takes, beside the row's own and, if not alone, beside some of what else is
    /// searched.
    fn check(&self, model: &str, fixed: &toml::Table) -> Result<(), String> {
        let mut left = MOST_BUILT;
        for (name, choice) in &self.space {
            // Within a table, such as `train`, what is searched goes before what the row, or one that it is like, says.
            if fixed.contains_key(name) {
                return Err(format!("`{name}` is set by the row and searched at once; leave one out"));
            }
            let mut company = None;
            for value in choice.values() {
                let alone = toml::Table::from_iter([(name.clone(), value)]);
                let taken = |others: &toml::Table| {
                    models::build(model, overlaid(&overlaid(fixed, others), &alone)).map(drop)
                };
                if let Err(error) = taken(&toml::Table::new()) {
                    let company = company.get_or_insert_with(|| self.company_of(name));
                    // Of very many combinations not all are tried: a trial that its model refuses fails by itself.
                    let all = company.len() < MOST_COMPANY.min(left);
                    left = left.saturating_sub(company.len());
                    if all && !company.iter().any(|others| taken(others).is_ok()) {
                        return Err(refused(name, &error));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether trials are scored on the data set's own validation side instead of inner folds.
    pub fn by_validation_side(&self) -> bool {
        self.method != Method::Halving && self.folds == VALIDATION_SIDE
    }

    /// What all parameters may be together, up to a number.
    pub fn some_of_all(&self) -> Vec<toml::Table> {
        self.company_of("")
    }

    /// A table for every value that is listed, and for the ends of ranges, each by itself.
    pub fn each_alone(&self) -> impl Iterator<Item = toml::Table> {
        let of = |(name, choice): (&String, &Choice)| {
            let name = name.clone();
            choice.values().into_iter().map(move |value| toml::Table::from_iter([(name.clone(), value)]))
        };
        self.space.iter().flat_map(of)
    }

    /// What the other parameters may be beside `name`: every combination of their values and ends, up to a number.
    fn company_of(&self, name: &str) -> Vec<toml::Table> {
        let mut company = vec![toml::Table::new()];
        for (other, choice) in self.space.iter().filter(|(other, _)| *other != name) {
            let values = choice.values();
            let with = |known: &toml::Table| {
                values
                    .iter()
                    .map(|value| {
                        let mut known = known.clone();
                        known.insert(other.clone(), value.clone());
                        known
                    })
                    .collect::<Vec<_>>()
            };
            company = company.iter().flat_map(with).take(MOST_COMPANY).collect();
        }
        company
    }

    /// Whether the metric it goes by is better the higher it is.
    pub fn higher_is_better(&self) -> bool {
        self.metric().map_or(self.metric == OF_VALIDATION[0], |metric| metric.higher_is_better)
    }

    /// The metric it goes by; none where that is a network's own validation figure.
    pub fn metric(&self) -> Option<&'static Metric> {
        find(&self.metric)
    }

    /// The same search with a few trials on two folds, each of them with as little work as `lower` leaves of a row's
    /// `parameters`. What it leaves out is searched no longer.
    pub fn rehearsed(&self, parameters: &toml::Table, lower: impl Fn(&mut toml::Table)) -> Self {
        let lowered = |name: &String, value: toml::Value| {
            let mut table = overlaid(parameters, &toml::Table::from_iter([(name.clone(), value)]));
            lower(&mut table);
            value_of(&table, name)
        };
        let few = |(name, choice): (&String, &Choice)| {
            let values: Vec<toml::Value> = match choice {
                Choice::List(values) => values.clone(),
                Choice::Range(Range::Integer(ends)) => ends.map(toml::Value::from).to_vec(),
                Choice::Range(_) => return (name.clone(), choice.clone()),
            };
            let mut kept: Vec<toml::Value> = Vec::new();
            for value in values.into_iter().filter_map(|value| lowered(name, value)) {
                if !kept.contains(&value) {
                    kept.push(value);
                }
            }
            match (choice, kept.as_slice()) {
                (
                    Choice::Range(Range::Integer(_)),
                    [toml::Value::Integer(low), toml::Value::Integer(high)],
                ) => (name.clone(), Choice::Range(Range::Integer([*low, *high]))),
                _ => (name.clone(), Choice::List(kept)),
            }
        };
        let nothing_left = |choice: &Choice| matches!(choice, Choice::List(values) if values.is_empty());
        let space = self.space.iter().map(few).filter(|(_, choice)| !nothing_left(choice));
        let space: BTreeMap<String, Choice> = space.collect();
        let combinations = space.values().fold(1usize, |product, choice| match choice {
            Choice::List(values) => product.saturating_mul(values.len()),
            Choice::Range(_) => product,
        });
        let whole = if self.method == Method::Grid { combinations } else { self.trials };
        Self { trials: whole.min(REHEARSED_TRIALS), folds: self.folds.min(2), space, ..self.clone() }
    }

    /// The same search with `change` in every table that `name` may be.
    pub fn with_tables(&self, name: &str, change: impl Fn(&mut toml::Table)) -> Self {
        let mut all = self.clone();
        if let Some(Choice::List(values)) = all.space.get_mut(name) {
            values.iter_mut().filter_map(toml::Value::as_table_mut).for_each(change);
        }
        all
    }

    /// The parameters of every trial, in order.
    pub fn candidates(&self, seed: u64) -> Vec<toml::Table> {
        (0..self.trials)
            .map(|trial| match self.method {
                Method::Grid => self.combination(trial),
                Method::Random | Method::Halving => {
                    self.draw(&mut Draws::new(seed, &format!("search/{trial}")))
                }
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

/// `parameters` with a trial's in their place; `train.batch` is the key `batch` of `train`.
pub fn overlaid(parameters: &toml::Table, trial: &toml::Table) -> toml::Table {
    let mut all = parameters.clone();
    for (name, value) in trial {
        match name.split_once('.') {
            None => drop(all.insert(name.clone(), value.clone())),
            Some((outer, inner)) => {
                let table = all.get(outer).and_then(toml::Value::as_table).cloned().unwrap_or_default();
                let alone = toml::Table::from_iter([(inner.to_string(), value.clone())]);
                all.insert(outer.to_string(), overlaid(&table, &alone).into());
            }
        }
    }
    all
}

/// The value that `overlaid` puts there under this name.
fn value_of(parameters: &toml::Table, name: &str) -> Option<toml::Value> {
    match name.split_once('.') {
        None => parameters.get(name).cloned(),
        Some((outer, inner)) => value_of(parameters.get(outer)?.as_table()?, inner),
    }
}

/// Why a parameter cannot be searched.
fn refused(name: &str, error: &ModelError) -> String {
    match error {
        ModelError::UnknownParameter { .. } => {
            format!("`{name}` cannot be searched, only parameters of the row's model can: {error}")
        }
        _ => error.to_string(),
    }
}

fn folds(value: &toml::Value) -> Result<usize, String> {
    match value {
        toml::Value::String(word) if word == "validation" => Ok(VALIDATION_SIDE),
        toml::Value::Integer(folds) => usize::try_from(*folds)
            .ok()
            .filter(|folds| *folds >= 2)
            .ok_or_else(|| format!("folds = {folds}: inner cross-validation needs 2 folds or more")),
        other => Err(format!(
            "folds = {other}: a number of 2 or more, or \"validation\" for the data set's own validation side"
        )),
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
        let many: String = (0..33).map(|name| format!("a{name} = [1], ")).collect();
        for (text, said) in [
            (format!("space = {{ {many} }}").as_str(), "names 33 parameters; it may name 32"),
            ("space = {}", "names no parameter"),
            ("space = { C = 3 }", "list its values"),
            ("space = { C = [] }", "no value"),
            ("space = { C = [0] }", "`C`"),
            ("space = { c = [1] }", "`c`"),
            (
                "space = { \"prepare.pca.components\" = [2, 4] }",
                "`prepare.pca.components` cannot be searched, only parameters of the row's model can: ",
            ),
            ("space = { \"prepare.pca.components\" = [2, 4] }", "its parameters are C, "),
            ("space = { cache_mb = [1] }", "set by the row"),
            ("folds = \"validaton\"\nspace = { C = [1] }", "\"validation\" for the data set's own"),
            ("space = { C = { uniform = [0.1, 1] } }", "only method = \"random\""),
            ("method = \"random\"\nspace = { C = { uniform = [1, 1] } }", "lower to a higher"),
            ("method = \"random\"\nspace = { C = { log_uniform = [0, 1] } }", "lower to a higher"),
            ("method = \"random\"\nspace = { C = { normal = [0, 1] } }", "normal"),
            ("method = \"grit\"\nspace = { C = [1] }", "did you mean `grid`?"),
            ("trials = 3\nspace = { C = [1] }", "every combination"),
            ("folds = 1\nspace = { C = [1] }", "2 folds"),
            ("method = \"halving\"\nspace = { \"train.epochs\" = [1, 2] }", "leave `train.epochs` out"),
            ("metric = \"f1_marco\"\nspace = { C = [1] }", "did you mean `f1_macro`?"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
