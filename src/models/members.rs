//! The models that a `voting` or a `stacking` is made of.
//!
//! A row writes them as `members = ["knn", { model = "svc", C = 3 }]`: a name, or a table whose other keys are that
//! model's parameters, checked as they would be in a row of its own. A member may itself be made of members.

use std::cell::Cell;

use ndarray::{ArrayView2, s};
use rayon::prelude::*;
use serde_json::Value;

use super::error::ModelError;
use super::model::{Aside, Fitted, Model, TrainingSet};
use crate::random::Draws;

/// Makes a model from its name and parameters: the registry's `build`.
pub type Build = fn(&str, toml::Table) -> Result<Box<dyn Model>, ModelError>;

/// A fitted model from its name and bytes: the registry's `load`.
pub type Load = fn(&str, &[u8]) -> Result<Box<dyn Fitted>, ModelError>;

/// What stands for `members` where a row leaves it out.
pub const USUAL: &str = "[\"logistic_regression\", \"random_forest\", \"knn\"]";

pub struct Member {
    pub name: String,
    pub recipe: Box<dyn Model>,
}

pub struct FittedMember {
    pub name: String,
    pub fitted: Box<dyn Fitted>,
}

/// A fitted member as it is kept.
pub type SavedMember = (String, Vec<u8>);

impl Member {
    /// A name or a table, as `key` of a row of `model` has it.
    pub fn read(
        model: &'static str,
        key: &str,
        written: toml::Value,
        build: Build,
    ) -> Result<Self, ModelError> {
        let refuse = |reason: String| {
            Err(ModelError::BadParameter { model: model.to_string(), key: key.to_string(), reason })
        };
        let (name, parameters) = match written {
            toml::Value::String(name) => (name, toml::Table::new()),
            toml::Value::Table(mut table) => match table.remove("model") {
                Some(toml::Value::String(name)) => (name, table),
                _ => return refuse(format!("`model = \"…\"` is missing from {{ {} }}", one_line(&table))),
            },
            other => {
                return refuse(format!(
                    "expected a model's name or a table like {{ model = \"knn\", n_neighbors = 3 }}, and found {}",
                    other.type_str()
                ));
            }
        };
        let recipe = build(&name, parameters)?;
        Ok(Self { name, recipe })
    }

    /// The key `members` of a row of `model`, taken out of its table.
    pub fn read_all(
        model: &'static str,
        table: &mut toml::Table,
        build: Build,
    ) -> Result<Vec<Self>, ModelError> {
        let refuse = |reason: &str| {
            Err(ModelError::BadParameter {
                model: model.to_string(),
                key: "members".to_string(),
                reason: reason.to_string(),
            })
        };
        let usual = || format!("members = {USUAL}").parse::<toml::Table>().ok()?.remove("members");
        match table.remove("members").or_else(usual) {
            Some(toml::Value::Array(written)) if !written.is_empty() => {
                let member = |(place, written)| {
                    Self::read(model, "members", written, build).map_err(within(model, place))
                };
                written.into_iter().enumerate().map(member).collect()
            }
            Some(toml::Value::Array(_)) => refuse("there must be one member or more"),
            _ => refuse("expected a list of models, like [\"knn\", { model = \"svc\", C = 3 }]"),
        }
    }

    /// The name and every parameter in effect.
    pub fn parameters(&self) -> Value {
        let mut all = serde_json::Map::from_iter([("model".to_string(), Value::from(self.name.as_str()))]);
        if let Value::Object(own) = self.recipe.parameters() {
            all.extend(own);
        }
        Value::Object(all)
    }
}

fn one_line(table: &toml::Table) -> String {
    let parts: Vec<String> = table.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    parts.join(", ")
}

/// An error of the member at `place`, members being counted from 1. One of `model`'s own needs no telling whose it is.
fn within(model: &'static str, place: usize) -> impl Fn(ModelError) -> ModelError {
    move |source| match source {
        ModelError::BadParameter { model: of, key, reason } if of == model && key == "members" => {
            ModelError::BadParameter { model: of, key, reason: format!("member {}: {reason}", place + 1) }
        }
        source => ModelError::Member { model, place: place + 1, source: Box::new(source) },
    }
}

/// A seed for each member, and for each fold of it.
pub fn seed_of(seed: u64, place: usize, fold: Option<usize>) -> u64 {
    let fold = fold.map(|fold| format!("/fold/{fold}")).unwrap_or_default();
    Draws::new(seed, &format!("member/{place}{fold}")).seed()
}

/// Every member on the same rows.
pub fn fit_all(
    model: &'static str,
    members: &[Member],
    train: TrainingSet<'_>,
    aside: &Aside<'_>,
    seed: u64,
) -> Result<Vec<FittedMember>, ModelError> {
    let fit = |(place, member): (usize, &Member)| {
        let seed = seed_of(seed, place, None);
        let fitted = member.recipe.fit_aside(train, aside, seed).map_err(within(model, place))?;
        Ok(FittedMember { name: member.name.clone(), fitted })
    };
    members.par_iter().enumerate().map(fit).collect()
}

/// One member, on the rows of one fold.
pub fn fit_one(
    model: &'static str,
    member: &Member,
    place: usize,
    train: TrainingSet<'_>,
    aside: &Aside<'_>,
    seed: u64,
) -> Result<Box<dyn Fitted>, ModelError> {
    member.recipe.fit_aside(train, aside, seed).map_err(within(model, place))
}

/// The place of the first member that has no probabilities, asked about one row of `x`.
pub fn without_probabilities(
    members: &[FittedMember],
    x: ArrayView2<'_, f64>,
) -> Result<Option<usize>, ModelError> {
    for (place, member) in members.iter().enumerate() {
        if member.fitted.probabilities(x.slice(s![..1, ..]))?.is_none() {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

pub fn notes(members: &[FittedMember]) -> Vec<String> {
    let of = |(place, member): (usize, &FittedMember)| {
        let name = member.name.clone();
        let tell = move |note: String| format!("member {} ({name}): {note}", place + 1);
        member.fitted.notes().into_iter().map(tell).collect::<Vec<_>>()
    };
    members.iter().enumerate().flat_map(of).collect()
}

/// How deep members may be made of members in a file: a forged one could go on until the stack ends.
const DEEPEST: usize = 8;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One member being loaded within another.
struct Level;

impl Level {
    fn enter(name: &str) -> Result<Self, ModelError> {
        if DEPTH.get() >= DEEPEST {
            let reason = format!("members are made of members more than {DEEPEST} deep");
            return Err(ModelError::BrokenState { model: name.to_string(), reason });
        }
        DEPTH.set(DEPTH.get() + 1);
        Ok(Self)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

impl FittedMember {
    pub fn save(&self) -> Result<SavedMember, ModelError> {
        Ok((self.name.clone(), self.fitted.save()?))
    }

    pub fn load((name, state): &SavedMember, load: Load) -> Result<Self, ModelError> {
        let _level = Level::enter(name)?;
        Ok(Self { name: name.clone(), fitted: load(name, state)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{build, load};

    #[test]
    fn members_of_members_end_somewhere() {
        let (x, y) = (ndarray::array![[0.0], [1.0], [0.0], [1.0]], [0, 1, 0, 1]);
        let train = TrainingSet { x: x.view(), y: &y, classes: 2 };
        let nested = |depth: usize| {
            let inner = "{ model = \"voting\", members = [".repeat(depth - 1);
            let text = format!("members = [{inner}\"majority\"{}]", "] }".repeat(depth - 1));
            let fitted = build("voting", toml::from_str(&text).unwrap()).unwrap().fit(train, 1).unwrap();
            load("voting", &fitted.save().unwrap()).map(drop)
        };
        nested(DEEPEST).unwrap();
        assert!(nested(DEEPEST + 1).unwrap_err().to_string().contains("more than 8 deep"));
        nested(1).unwrap();
    }
}
