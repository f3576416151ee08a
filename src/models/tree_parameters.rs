//! Parameters that all models of trees share, with scikit-learn's names and ranges.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::model::ParameterHelp;
use super::parameters;

pub const CRITERION: ParameterHelp = ParameterHelp {
    name: "criterion",
    default: "\"gini\"",
    meaning: "how impurity is measured: \"gini\" or \"entropy\"",
};
pub const MAX_DEPTH: ParameterHelp =
    ParameterHelp { name: "max_depth", default: "none", meaning: "the most splits on one way down" };
pub const MIN_SAMPLES_SPLIT: ParameterHelp = ParameterHelp {
    name: "min_samples_split",
    default: "2",
    meaning: "nodes of fewer rows are not split; 2 or more",
};
pub const MIN_SAMPLES_LEAF: ParameterHelp = ParameterHelp {
    name: "min_samples_leaf",
    default: "1",
    meaning: "both sides of a split keep this many rows",
};
pub const MIN_IMPURITY_DECREASE: ParameterHelp = ParameterHelp {
    name: "min_impurity_decrease",
    default: "0.0",
    meaning: "a split removes at least this much impurity, weighed by the node's part of all rows",
};

pub const fn max_features(default: &'static str) -> ParameterHelp {
    ParameterHelp {
        name: "max_features",
        default,
        meaning: "columns drawn at each split: \"sqrt\", \"log2\", \"all\", a count (13) or a part (0.5)",
    }
}

/// How many columns are drawn at each split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxFeatures {
    Sqrt,
    Log2,
    All,
    Count(usize),
    Part(f64),
}

impl MaxFeatures {
    /// Of `columns`; at least 1, and no more than there are.
    pub fn of(self, columns: usize) -> usize {
        let count = match self {
            Self::Sqrt => columns.isqrt(),
            Self::Log2 => columns.checked_ilog2().unwrap_or(0) as usize,
            Self::All => columns,
            Self::Count(count) => count,
            Self::Part(part) => (part * columns as f64) as usize,
        };
        count.min(columns).max(1)
    }
}

impl Serialize for MaxFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sqrt => serializer.serialize_str("sqrt"),
            Self::Log2 => serializer.serialize_str("log2"),
            Self::All => serializer.serialize_str("all"),
            Self::Count(count) => serializer.serialize_u64(*count as u64),
            Self::Part(part) => serializer.serialize_f64(*part),
        }
    }
}

impl<'de> Deserialize<'de> for MaxFeatures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = MaxFeatures;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(
                    "\"sqrt\", \"log2\", \"all\", a count of 1 or more, or a part above 0.0 and up to 1.0",
                )
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<MaxFeatures, E> {
                match text {
                    "sqrt" => Ok(MaxFeatures::Sqrt),
                    "log2" => Ok(MaxFeatures::Log2),
                    "all" => Ok(MaxFeatures::All),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }

            fn visit_i64<E: Error>(self, count: i64) -> Result<MaxFeatures, E> {
                match usize::try_from(count) {
                    Ok(count) if count > 0 => Ok(MaxFeatures::Count(count)),
                    _ => Err(E::invalid_value(Unexpected::Signed(count), &self)),
                }
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<MaxFeatures, E> {
                self.visit_i64(i64::try_from(count).unwrap_or(i64::MAX))
            }

            fn visit_f64<E: Error>(self, part: f64) -> Result<MaxFeatures, E> {
                if part > 0.0 && part <= 1.0 {
                    Ok(MaxFeatures::Part(part))
                } else {
                    Err(E::invalid_value(Unexpected::Float(part), &self))
                }
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// A count of at least 2.
pub fn two_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match parameters::count(deserializer)? {
        1 => Err(D::Error::invalid_value(Unexpected::Unsigned(1), &"a whole number of 2 or more")),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_features_counts_columns_as_scikit_learn_does() {
        let of = |value: toml::Value, columns| MaxFeatures::deserialize(value).unwrap().of(columns);
        assert_eq!(of("sqrt".into(), 190), 13);
        assert_eq!(of("log2".into(), 190), 7);
        assert_eq!(of("all".into(), 190), 190);
        assert_eq!(of(5.into(), 190), 5);
        assert_eq!(of(500.into(), 190), 190);
        assert_eq!(of(0.5.into(), 191), 95);
        assert_eq!(of(1.0.into(), 191), 191);
        assert_eq!([of(0.001.into(), 5), of("log2".into(), 1), of("sqrt".into(), 0)], [1, 1, 1]);
    }

    #[test]
    fn other_max_features_are_refused() {
        for wrong in
            [toml::Value::from(0), (-3).into(), 1.5.into(), f64::NAN.into(), 0.0.into(), "auto".into()]
        {
            assert!(MaxFeatures::deserialize(wrong).is_err());
        }
    }
}
