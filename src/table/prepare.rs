//! Steps learned on the training rows only and then applied to any rows, in the order given.
//!
//! Columns are learned one by one, missing values (NaN) left aside. The scalers are scikit-learn's:
//! StandardScaler (ddof 0), MinMaxScaler to [0, 1], RobustScaler (median, quartiles by linear
//! interpolation) and Normalizer (L2); a column without spread is shifted and not scaled.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::error::{TableError, first_few};
use crate::spelling::nearest;

/// A step of preparation.
#[derive(Debug, Clone, Copy)]
pub struct PrepareStep {
    pub name: &'static str,
    pub summary: &'static str,
    learn: fn(ArrayView2<'_, f64>) -> Learned,
}

/// Every step, in the order in which they are listed.
pub const PREPARE_STEPS: &[PrepareStep] = &[
    PrepareStep {
        name: "impute",
        summary: "a missing value becomes the column's median of the training rows",
        learn: |x| Learned::Fill(by_column(x, |values| median(values).unwrap_or(0.0))),
    },
    PrepareStep {
        name: "standardize",
        summary: "each column to mean 0 and standard deviation 1 (population), as scikit-learn's StandardScaler",
        learn: |x| affine(x, mean_and_deviation),
    },
    PrepareStep {
        name: "minmax",
        summary: "each column's range to [0, 1], as scikit-learn's MinMaxScaler",
        learn: |x| affine(x, |values| (values[0], unless_flat(values[values.len() - 1] - values[0]))),
    },
    PrepareStep {
        name: "robust",
        summary: "each column by its median and interquartile range, as scikit-learn's RobustScaler",
        learn: |x| {
            affine(x, |values| {
                (quantile(values, 0.5), unless_flat(quantile(values, 0.75) - quantile(values, 0.25)))
            })
        },
    },
    PrepareStep {
        name: "normalize",
        summary: "each clip's row to length 1 (L2), as scikit-learn's Normalizer; learns nothing",
        learn: |_| Learned::UnitRows,
    },
];

/// The steps of an experiment by name: `prepare = ["impute", "standardize"]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Prepare {
    names: Vec<String>,
}

impl Prepare {
    pub fn new(names: Vec<String>) -> Result<Self, TableError> {
        let known = || PREPARE_STEPS.iter().map(|step| step.name);
        match names.iter().find(|name| known().all(|known| known != name.as_str())) {
            None => Ok(Self { names }),
            Some(unknown) => Err(TableError::UnknownStep {
                step: unknown.clone(),
                suggestion: nearest(unknown, known()).map(str::to_string),
                known: known().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether missing values are filled, so that a table may hold some.
    pub fn imputes(&self) -> bool {
        self.names.iter().any(|name| name == "impute")
    }

    /// Learns each step on the training rows as the steps before it leave them.
    pub fn fit(&self, train: ArrayView2<'_, f64>) -> FittedPrepare {
        let empty = |column: ArrayView1<'_, f64>| column.iter().all(|value| value.is_nan());
        let empty_columns =
            (0..train.ncols()).filter(|&column| train.nrows() > 0 && empty(train.column(column))).collect();
        let mut prepared = train.to_owned();
        let mut learned = Vec::new();
        for step in self.names.iter().filter_map(|name| PREPARE_STEPS.iter().find(|step| step.name == name)) {
            let one = (step.learn)(prepared.view());
            one.apply(&mut prepared);
            learned.push(one);
        }
        FittedPrepare { learned, empty_columns }
    }
}

impl TryFrom<Vec<String>> for Prepare {
    type Error = TableError;

    fn try_from(names: Vec<String>) -> Result<Self, TableError> {
        Self::new(names)
    }
}

impl From<Prepare> for Vec<String> {
    fn from(prepare: Prepare) -> Self {
        prepare.names
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
        let mut x = x.as_standard_layout().into_owned();
        for step in &self.learned {
            step.apply(&mut x);
        }
        x
    }

    /// What the user should know, given the columns' names.
    pub fn notes(&self, columns: &[String]) -> Vec<String> {
        let names: Vec<_> = self.empty_columns.iter().filter_map(|&column| columns.get(column)).collect();
        match names.is_empty() {
            true => Vec::new(),
            false => vec![format!("no value among the training rows, imputed as 0: {}", first_few(&names))],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Learned {
    Fill(Vec<f64>),
    /// (x − shift) / scale.
    Affine(Vec<(f64, f64)>),
    UnitRows,
}

impl Learned {
    fn apply(&self, x: &mut Array2<f64>) {
        match self {
            Self::Fill(values) => {
                for mut row in x.rows_mut() {
                    for (value, fill) in row.iter_mut().zip(values).filter(|(value, _)| value.is_nan()) {
                        *value = *fill;
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
        }
    }
}

/// `learn` of each column's present values, in the order of the rows.
fn by_column<T>(x: ArrayView2<'_, f64>, learn: impl Fn(&mut Vec<f64>) -> T) -> Vec<T> {
    let mut values = Vec::with_capacity(x.nrows());
    let columns = x.axis_iter(Axis(1)).map(|column| {
        values.clear();
        values.extend(column.iter().copied().filter(|value| !value.is_nan()));
        learn(&mut values)
    });
    columns.collect()
}

/// `learn` of each column's present values, sorted; a column without any is left as it is.
fn affine(x: ArrayView2<'_, f64>, learn: impl Fn(&[f64]) -> (f64, f64)) -> Learned {
    Learned::Affine(by_column(x, |values| {
        values.sort_unstable_by(f64::total_cmp);
        match values.is_empty() {
            true => (0.0, 1.0),
            false => learn(values),
        }
    }))
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    (!values.is_empty()).then(|| quantile(values, 0.5))
}

/// Of sorted values, by linear interpolation between the two nearest, as NumPy's percentile.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// MinMaxScaler and RobustScaler leave a column alone whose spread is under ten roundings.
fn unless_flat(scale: f64) -> f64 {
    if scale < 10.0 * f64::EPSILON { 1.0 } else { scale }
}

/// StandardScaler takes a column as constant when its variance is within what rounding makes of a constant.
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let (sum, squares) = values.iter().fold((0.0, 0.0), |(sum, squares), value| {
        let distance = value - mean;
        (sum + distance, squares + distance * distance)
    });
    let variance = (squares - sum * sum / n) / n;
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    (mean, if variance <= rounding { 1.0 } else { variance.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn prepare(names: &[&str]) -> Prepare {
        Prepare::new(names.iter().map(|name| name.to_string()).collect()).unwrap()
    }

    fn close(a: &Array2<f64>, b: &Array2<f64>) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12), "{a} {b}");
    }

    /// Expected values from scikit-learn 1.9.1: `StandardScaler().fit(train).transform(test)` and so on.
    #[test]
    fn the_scalers_are_those_of_scikit_learn() {
        let train =
            array![[1.0, 5.0, 0.1], [2.0, 5.0, 0.1], [4.0, 5.0, 0.1], [9.0, 5.0, 0.1], [3.5, 5.0, 0.1]];
        let test = array![[3.0, 7.0, 0.3]];
        let of = |name| prepare(&[name]).fit(train.view()).apply(test.view());
        close(&of("standardize"), &array![[-0.32560857238158974, 2.0, 0.19999999999999998]]);
        close(&of("minmax"), &array![[0.25, 2.0, 0.19999999999999998]]);
        close(&of("robust"), &array![[-0.25, 2.0, 0.19999999999999998]]);
        close(&of("normalize"), &array![[0.39361402676449425, 0.9184327291171533, 0.03936140267644943]]);
    }

    /// Expected values from scikit-learn 1.9.1: `SimpleImputer(strategy="median")` and StandardScaler.
    #[test]
    fn missing_values_are_left_aside_and_filled_with_the_median() {
        let nan = f64::NAN;
        let x = array![[1.0, nan, nan], [nan, 5.0, nan], [4.0, 2.0, nan], [2.0, 7.0, nan]];
        let fitted = prepare(&["impute"]).fit(x.view());
        let filled = fitted.apply(array![[nan, nan, nan]].view());
        close(&filled, &array![[2.0, 5.0, 0.0]]);
        let names: Vec<String> = ["a", "b", "c"].map(str::to_string).to_vec();
        assert_eq!(fitted.notes(&names), ["no value among the training rows, imputed as 0: c"]);
        let scaled = prepare(&["standardize"]).fit(x.view()).apply(x.view());
        assert!((scaled[[0, 0]] + 1.0690449676496978).abs() < 1e-12 && scaled[[1, 0]].is_nan());
        assert!((scaled[[1, 1]] - 0.16222142113076238).abs() < 1e-12);
    }

    #[test]
    fn later_steps_learn_from_what_earlier_ones_leave_and_from_training_rows_only() {
        let train = array![[1.0], [f64::NAN], [3.0]];
        let fitted = prepare(&["impute", "standardize"]).fit(train.view());
        let prepared = fitted.apply(train.view());
        assert_eq!(prepared[[1, 0]], 0.0);
        assert!((prepared[[2, 0]] - 1.5f64.sqrt()).abs() < 1e-12);
        assert!(fitted.apply(array![[1e9]].view())[[0, 0]] > 1e8);
    }

    #[test]
    fn an_unknown_step_is_named_with_the_nearest() {
        let error = toml::from_str::<toml::Table>("prepare = [\"standardise\"]")
            .map(|table| table["prepare"].clone().try_into::<Prepare>().unwrap_err().to_string())
            .unwrap();
        assert!(error.contains("no step is called 'standardise' (did you mean 'standardize'?)"), "{error}");
    }
}
