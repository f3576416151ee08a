//! Steps learned on the training rows only and then applied to any rows, in the order given.
//!
//! `scale` has the scalers, `pca` principal components, `select` the choice of columns; the numbers are
//! scikit-learn's. A step is a name, or a name with options:
//! `prepare = ["impute", "standardize", { pca = { components = 20 } }]`.

mod pca;
mod scale;
mod select;

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::pca::{FittedPca, Pca};
use self::scale::{affine, by_column, mean_and_deviation, median, median_and_quartiles, range};
use self::select::{FittedSelect, Select};
use super::error::{TableError, first_few};
use crate::spelling::{hint, nearest};

/// A step as it is listed.
#[derive(Debug, Clone, Copy)]
pub struct PrepareStep {
    pub name: &'static str,
    pub summary: &'static str,
    /// Name and meaning of each option.
    pub options: &'static [[&'static str; 2]],
}

/// Every step, in the order in which they are listed.
pub const PREPARE_STEPS: &[PrepareStep] = &[
    PrepareStep {
        name: "impute",
        summary: "a missing value becomes the column's median of the training rows",
        options: &[],
    },
    PrepareStep {
        name: "standardize",
        summary: "each column to mean 0 and standard deviation 1 (population), as scikit-learn's StandardScaler",
        options: &[],
    },
    PrepareStep {
        name: "minmax",
        summary: "each column's range to [0, 1], as scikit-learn's MinMaxScaler",
        options: &[],
    },
    PrepareStep {
        name: "robust",
        summary: "each column by its median and interquartile range, as scikit-learn's RobustScaler",
        options: &[],
    },
    PrepareStep {
        name: "normalize",
        summary: "each clip's row to length 1 (L2), as scikit-learn's Normalizer; learns nothing",
        options: &[],
    },
    PrepareStep {
        name: "pca",
        summary: "principal components, as scikit-learn's PCA: { pca = { components = 20, whiten = true } }",
        options: &[
            ["components", "how many (20), or the part of the variance they explain (0.95); left out, all"],
            ["whiten", "true: each component to standard deviation 1"],
        ],
    },
    PrepareStep {
        name: "select",
        summary: "keep the columns that tell the classes apart: { select = { best = 50 } }",
        options: &[
            ["best", "keep this many"],
            ["percentile", "keep this many per cent"],
            ["by", "\"f\" (ANOVA F statistic, the default) or \"mutual_information\""],
            ["variance_above", "instead: keep columns that vary more than this"],
        ],
    },
];

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    Impute,
    Standardize,
    Minmax,
    Robust,
    Normalize,
    Pca(Pca),
    Select(Select),
}

/// The steps of an experiment: `prepare = ["impute", "standardize"]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Written>", into = "Vec<Step>")]
pub struct Prepare {
    steps: Vec<Step>,
}

impl From<Prepare> for Vec<Step> {
    fn from(prepare: Prepare) -> Self {
        prepare.steps
    }
}

/// A step as it stands in a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    With(BTreeMap<String, toml::Value>),
}

impl TryFrom<Vec<Written>> for Prepare {
    type Error = TableError;

    fn try_from(written: Vec<Written>) -> Result<Self, TableError> {
        Ok(Self { steps: written.into_iter().map(step).collect::<Result<_, _>>()? })
    }
}

fn step(written: Written) -> Result<Step, TableError> {
    let (name, options) = match written {
        Written::Name(name) => (name, toml::Table::new()),
        Written::With(step) => {
            let names = step.keys().cloned().collect::<Vec<_>>().join(", ");
            match <[_; 1]>::try_from(Vec::from_iter(step)) {
                Ok([(name, toml::Value::Table(options))]) => (name, options),
                Ok([(name, _)]) => {
                    return Err(refused(&name, "its options stand in braces: { pca = { components = 20 } }"));
                }
                Err(_) => {
                    return Err(refused(
                        &names,
                        "each step stands in braces of its own, and options in those of their step",
                    ));
                }
            }
        }
    };
    let Some(known) = PREPARE_STEPS.iter().find(|step| step.name == name) else {
        let known = || PREPARE_STEPS.iter().map(|step| step.name);
        return Err(TableError::UnknownStep {
            suggestion: nearest(&name, known()).map(str::to_string),
            known: known().collect::<Vec<_>>().join(", "),
            step: name,
        });
    };
    if let Some(key) = options.keys().find(|key| known.options.iter().all(|option| option[0] != key.as_str()))
    {
        let names = || known.options.iter().map(|option| option[0]);
        let meant = hint(key, names());
        let has = match known.options {
            [] => "it has none".to_string(),
            _ => format!("its options are {}", names().collect::<Vec<_>>().join(", ")),
        };
        return Err(refused(&name, &format!("no option is called '{key}'{meant}; {has}")));
    }
    Ok(match known.name {
        "impute" => Step::Impute,
        "standardize" => Step::Standardize,
        "minmax" => Step::Minmax,
        "robust" => Step::Robust,
        "normalize" => Step::Normalize,
        "pca" => Step::Pca(read(&name, options)?),
        _ => {
            let select: Select = read(&name, options)?;
            select.check().map_err(|message| refused(&name, &message))?;
            Step::Select(select)
        }
    })
}

fn read<T: DeserializeOwned>(step: &str, options: toml::Table) -> Result<T, TableError> {
    T::deserialize(toml::Value::Table(options)).map_err(|error| refused(step, error.message().trim()))
}

fn refused(step: &str, message: &str) -> TableError {
    TableError::PrepareStep { step: step.to_string(), message: message.to_string() }
}

impl Prepare {
    /// Steps without options, by name.
    pub fn new(names: Vec<String>) -> Result<Self, TableError> {
        names.into_iter().map(Written::Name).collect::<Vec<_>>().try_into()
    }

    /// One line a step, its options after its name.
    pub fn names(&self) -> Vec<String> {
        self.steps.iter().map(Step::line).collect()
    }

    /// Whether missing values are filled, so that a table may hold some.
    pub fn imputes(&self) -> bool {
        self.steps.contains(&Step::Impute)
    }

    /// Learns each step on the training rows as the steps before it leave them; `labels` is one class a row.
    pub fn fit(&self, train: ArrayView2<'_, f64>, labels: &[usize]) -> Result<FittedPrepare, TableError> {
        let empty = |column: ArrayView1<'_, f64>| column.iter().all(|value| value.is_nan());
        let empty_columns =
            (0..train.ncols()).filter(|&column| train.nrows() > 0 && empty(train.column(column))).collect();
        let mut prepared = train.to_owned();
        let mut learned = Vec::new();
        for step in &self.steps {
            let one = step.learn(prepared.view(), labels)?;
            prepared = one.apply(prepared);
            learned.push(one);
        }
        Ok(FittedPrepare { learned, empty_columns })
    }
}

impl Step {
    fn name(&self) -> &'static str {
        match self {
            Self::Impute => "impute",
            Self::Standardize => "standardize",
            Self::Minmax => "minmax",
            Self::Robust => "robust",
            Self::Normalize => "normalize",
            Self::Pca(_) => "pca",
            Self::Select(_) => "select",
        }
    }

    fn line(&self) -> String {
        let options = match self {
            Self::Pca(pca) => serde_json::to_value(pca),
            Self::Select(select) => serde_json::to_value(select),
            _ => Ok(serde_json::Value::Null),
        };
        let mut line = self.name().to_string();
        for (name, value) in
            options.unwrap_or_default().as_object().into_iter().flatten().filter(|(_, v)| !v.is_null())
        {
            line += &format!(" {name}={}", value.to_string().trim_matches('"'));
        }
        line
    }

    fn learn(&self, x: ArrayView2<'_, f64>, labels: &[usize]) -> Result<Learned, TableError> {
        Ok(match self {
            Self::Impute => Learned::Fill(by_column(x, |values| median(values))),
            Self::Standardize => Learned::Affine(affine(x, mean_and_deviation)),
            Self::Minmax => Learned::Affine(affine(x, range)),
            Self::Robust => Learned::Affine(affine(x, median_and_quartiles)),
            Self::Normalize | Self::Pca(_) | Self::Select(_) if x.iter().any(|value| !value.is_finite()) => {
                return Err(refused(self.name(), "a value is missing or infinite; put \"impute\" before it"));
            }
            Self::Normalize => Learned::UnitRows,
            Self::Pca(pca) => Learned::Pca(pca.learn(x).map_err(|message| refused("pca", &message))?),
            Self::Select(select) => {
                Learned::Select(select.learn(x, labels).map_err(|message| refused("select", &message))?)
            }
        })
    }
}

/// What the training rows taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedPrepare {
    learned: Vec<Learned>,
    /// Columns without any value among the training rows; "impute" makes them 0.
    pub empty_columns: Vec<usize>,
}

impl FittedPrepare {
    pub fn apply(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        let x = x.as_standard_layout().into_owned();
        self.learned.iter().fold(x, |x, step| step.apply(x))
    }

    /// The columns' names after the steps, given those before them.
    pub fn columns(&self, names: &[String]) -> Vec<String> {
        self.learned.iter().fold(names.to_vec(), |names, step| match step {
            Learned::Pca(pca) => pca.names(),
            Learned::Select(select) => select.names(&names),
            _ => names,
        })
    }

    /// What the user should know, given the columns' names.
    pub fn notes(&self, columns: &[String]) -> Vec<String> {
        let names: Vec<_> = self.empty_columns.iter().filter_map(|&column| columns.get(column)).collect();
        let mut notes = Vec::new();
        if !names.is_empty() {
            notes.push(format!("no value among the training rows, imputed as 0: {}", first_few(&names)));
        }
        let nothing = self.learned.iter().map(|step| match step {
            Learned::Pca(pca) => pca.without_direction(),
            _ => 0,
        });
        let nothing: usize = nothing.sum();
        if nothing > 0 {
            notes.push(format!(
                "pca: {nothing} components are 0, for rounding hides what varies so little beside the widest column; \
                 put \"standardize\" before it"
            ));
        }
        notes
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Learned {
    /// The median of each column; `None` of one without any value, which is 0 in every row thereafter.
    Fill(Vec<Option<f64>>),
    /// (x − shift) / scale.
    Affine(Vec<(f64, f64)>),
    UnitRows,
    Pca(FittedPca),
    Select(FittedSelect),
}

impl Learned {
    fn apply(&self, mut x: Array2<f64>) -> Array2<f64> {
        match self {
            Self::Fill(values) => {
                for mut row in x.rows_mut() {
                    for (value, fill) in row.iter_mut().zip(values) {
                        match fill {
                            Some(fill) if value.is_nan() => *value = *fill,
                            Some(_) => {}
                            // What a row has here, nothing was learned of.
                            None => *value = 0.0,
                        }
                    }
                }
            }
            Self::Affine(columns) => {
                for mut row in x.rows_mut() {
                    for (value, (shift, scale)) in row.iter_mut().zip(columns) {
                        *value = (*value - shift) / scale;
                    }
                }
            }
            Self::UnitRows => {
                for mut row in x.rows_mut() {
                    let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
                    if length > 0.0 {
                        row.mapv_inplace(|value| value / length);
                    }
                }
            }
            Self::Pca(pca) => return pca.apply(x.view()),
            Self::Select(select) => return select.apply(x.view()),
        }
        x
    }
}

#[cfg(test)]
mod tests;
