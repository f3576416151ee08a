//! From the keys of an experiment's row to a model's parameter struct, with errors that name the key.

use serde::de::{DeserializeOwned, Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};

use super::error::ModelError;
use super::model::ParameterHelp;
use crate::spelling::{nearest, with_suggestion};

/// Of a parameter that may be left out: as if it were, which is how scikit-learn's None is written.
const NONE: &str = "none";

/// `table` as the parameter struct of `model`.
pub fn parse<T: DeserializeOwned>(
    model: &str,
    help: &[ParameterHelp],
    mut table: toml::Table,
) -> Result<T, ModelError> {
    let names = || help.iter().map(|parameter| parameter.name);
    if let Some(key) = table.keys().find(|key| !names().any(|name| name == key.as_str())) {
        let known = match names().collect::<Vec<_>>() {
            none if none.is_empty() => "it has none".to_string(),
            some => format!("its parameters are {}", some.join(", ")),
        };
        return Err(ModelError::UnknownParameter {
            model: model.to_string(),
            key: key.clone(),
            suggestion: nearest(key, names()).map(str::to_string),
            known,
        });
    }
    let may_be_none = |key: &str| help.iter().any(|known| known.name == key && known.default == NONE);
    table.retain(|key, value| value.as_str() != Some(NONE) || !may_be_none(key));
    // One key at a time first, so that the error is about that key and no other.
    for (key, value) in &table {
        let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
        if let Err(error) = T::deserialize(toml::Value::Table(alone)) {
            return Err(ModelError::BadParameter {
                model: model.to_string(),
                key: key.clone(),
                // Of a table within the row, such as `train`.
                reason: with_suggestion(error.message().trim()),
            });
        }
    }
    T::deserialize(toml::Value::Table(table)).map_err(|error| ModelError::BadParameters {
        model: model.to_string(),
        reason: error.message().to_string(),
    })
}

/// The parameter struct as the run record keeps it.
pub fn as_json<T: Serialize>(parameters: &T) -> serde_json::Value {
    serde_json::to_value(parameters).unwrap_or(serde_json::Value::Null)
}

fn number_where<'de, D: Deserializer<'de>>(
    deserializer: D,
    holds: impl Fn(f64) -> bool,
    wanted: &'static str,
) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if holds(value) { Ok(value) } else { Err(D::Error::invalid_value(Unexpected::Float(value), &wanted)) }
}

/// A finite number above 0.
pub fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number_where(deserializer, |value| value > 0.0 && value.is_finite(), "a number above 0")
}

/// A finite number, 0 or above.
pub fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number_where(deserializer, |value| value >= 0.0 && value.is_finite(), "a number of 0 or more")
}

/// What `read` makes of a value, where the parameter may be left out or said to be "none".
fn or_none<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(toml::Value) -> Result<T, toml::de::Error>,
) -> Result<Option<T>, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    match value.as_str() {
        Some(NONE) => Ok(None),
        _ => read(value).map(Some).map_err(|error| D::Error::custom(error.message())),
    }
}

/// A finite number above 0, where the parameter may be left out.
pub fn positive_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    or_none(deserializer, positive)
}

/// A finite number, 0 or above, where the parameter may be left out.
pub fn not_negative_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    or_none(deserializer, not_negative)
}

/// A finite number of at least 1, where the parameter may be left out.
pub fn at_least_one_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let holds = |value: f64| value >= 1.0 && value.is_finite();
    or_none(deserializer, |value| number_where(value, holds, "a number of 1 or more"))
}

/// A number from 0 to 1.
pub fn up_to_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number_where(deserializer, |value| (0.0..=1.0).contains(&value), "a number from 0 to 1")
}

/// A number from 0 to 1, where the parameter may be left out.
pub fn up_to_one_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    or_none(deserializer, up_to_one)
}

/// One number, or several to choose from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OneOrMore {
    One(f64),
    More(Vec<f64>),
}

/// A finite number above 0, or a list of some.
pub fn one_or_more_positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OneOrMore, D::Error> {
    let refuse = || D::Error::custom("expected a number above 0, or a list of such numbers");
    let number = |value: &toml::Value| match value {
        toml::Value::Integer(value) if *value > 0 => Ok(*value as f64),
        toml::Value::Float(value) if *value > 0.0 && value.is_finite() => Ok(*value),
        _ => Err(refuse()),
    };
    match toml::Value::deserialize(deserializer)? {
        toml::Value::Array(values) if values.is_empty() => Err(refuse()),
        toml::Value::Array(values) => {
            Ok(OneOrMore::More(values.iter().map(number).collect::<Result<_, _>>()?))
        }
        value => Ok(OneOrMore::One(number(&value)?)),
    }
}

/// A count of at least 1; what is beyond any use would only overflow somewhere.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let value = i64::deserialize(deserializer)?;
    usize::try_from(value).ok().filter(|count| (1..=1_000_000_000).contains(count)).ok_or_else(|| {
        D::Error::invalid_value(Unexpected::Signed(value), &"a whole number from 1 to a thousand million")
    })
}

/// A count of at least 1, where the parameter may be left out.
pub fn count_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    or_none(deserializer, count)
}

/// A whole number from `LOW` to `HIGH`.
pub fn from_to<'de, D: Deserializer<'de>, const LOW: usize, const HIGH: usize>(
    deserializer: D,
) -> Result<usize, D::Error> {
    let value = i64::deserialize(deserializer)?;
    usize::try_from(value).ok().filter(|value| (LOW..=HIGH).contains(value)).ok_or_else(|| {
        D::Error::invalid_value(
            Unexpected::Signed(value),
            &format!("a whole number from {LOW} to {HIGH}").as_str(),
        )
    })
}

/// The same, where the parameter may be left out.
pub fn from_to_or_none<'de, D: Deserializer<'de>, const LOW: usize, const HIGH: usize>(
    deserializer: D,
) -> Result<Option<usize>, D::Error> {
    or_none(deserializer, from_to::<_, LOW, HIGH>)
}

/// A number above 0 and at most 1.
pub fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number_where(deserializer, |value| value > 0.0 && value <= 1.0, "a number above 0 and at most 1")
}

/// A number above 0 and below 1.
pub fn part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    number_where(deserializer, |value| value > 0.0 && value < 1.0, "a number above 0 and below 1")
}

/// A share that dropout takes: 0 or above, below 1.
pub fn dropout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    number_where(deserializer, |value| (0.0..1.0).contains(&value), "a number of 0 or more and below 1")
        .map(|share| share as f32)
}

/// A number above 0 and below 1, in single precision.
pub fn part32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    part(deserializer).map(|value| value as f32)
}

/// How the rows of each class are weighed, where they may weigh alike.
pub fn class_weight_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ClassWeight>, D::Error> {
    or_none(deserializer, ClassWeight::deserialize)
}

/// How the rows of each class are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeight {
    /// Rows of class c weigh rows / (classes present · rows of class c).
    Balanced,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_slips_and_nothing_else() {
        let known = ["n_neighbors", "weights", "metric"];
        assert_eq!(nearest("n_neighbours", known.into_iter()), Some("n_neighbors"));
        assert_eq!(nearest("wieghts", known.into_iter()), Some("weights"));
        assert_eq!(nearest("C", known.into_iter()), None);
    }

    /// Every parameter that `list models` shows as `none` takes "none" for what it does when left out.
    #[test]
    fn none_is_said_as_it_is_listed() {
        for entry in crate::models::MODELS.iter().chain(crate::models::NETWORKS) {
            let usual = crate::models::build(entry.name, toml::Table::new()).unwrap().parameters();
            for known in entry.parameters.iter().filter(|known| known.default == NONE) {
                let said = toml::Table::from_iter([(known.name.to_string(), NONE.into())]);
                let model = crate::models::build(entry.name, said).map(|model| model.parameters());
                assert_eq!(model.as_ref(), Ok(&usual), "{} {}", entry.name, known.name);
            }
        }
    }

    #[test]
    fn none_within_a_table_leaves_the_key_out_and_other_words_are_refused() {
        let trained = |keys: &str| {
            let table = format!("train = {{ {keys} }}").parse().unwrap();
            crate::models::build("mlp", table).map(|model| model.parameters()["train"].clone())
        };
        let none = "patience = \"none\", clip_norm = \"none\", class_weight = \"none\"";
        assert_eq!(trained(none), trained(""));
        assert!(trained("patience = 3").unwrap() != trained("").unwrap());
        for (keys, said) in [("patience = \"nine\"", "nine"), ("clip_norm = -1", "a number above 0")] {
            let error = trained(keys).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let deep = "max_depth = \"deep\"".parse().unwrap();
        let error = crate::models::build("decision_tree", deep).map(drop).unwrap_err().to_string();
        assert!(error.contains("max_depth") && error.contains("deep"), "{error}");
    }
}
