//! Support vector classification, one machine a pair of classes, with libsvm's votes.
//!
//! For each pair: min ½ ‖w‖² + Σ Cᵢ max(0, 1 − yᵢ (w·φ(xᵢ) + b)), solved to `tol` in the dual (`smo`). A row's
//! class is the one most pairs vote for; a decision of exactly 0 votes for the higher class of its pair, and a
//! tie of votes goes to the lowest class, as in libsvm and scikit-learn's `SVC`. `gamma = "scale"` is
//! 1 / (columns · variance of all values), `"auto"` is 1 / columns.
//!
//! With `probability = true`, Platt's sigmoid is calibrated for each pair on the decision values of five
//! stratified folds drawn from the seed, and pairs are coupled (`platt`), as in libsvm, whose folds are drawn
//! otherwise. Where the split keeps artists or sources apart, so do the folds. The class of the highest probability need
//! not be the one with the most votes, there as here.

use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::de::{Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{argmax, spread, spread_decisions};
use super::error::ModelError;
use super::inner_folds::grouped_folds;
use super::kernel::Kernel;
use super::model::{Aside, ClassesAndProbabilities, Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::one_vs_one::{FOLDS, OneVsOne, Settings, pairs};
use super::parameters::{self, ClassWeight};
use super::platt::{Sigmoid, couple};
use super::smo::Limits;
use super::stored;

const NAME: &str = "svc";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "C", default: "1.0", meaning: "inverse strength of the penalty, above 0" },
    ParameterHelp {
        name: "kernel",
        default: "\"rbf\"",
        meaning: "\"rbf\", \"linear\", \"poly\" or \"sigmoid\"",
    },
    ParameterHelp {
        name: "gamma",
        default: "\"scale\"",
        meaning: "of rbf, poly and sigmoid: \"scale\", \"auto\" or a number above 0",
    },
    ParameterHelp { name: "degree", default: "3", meaning: "of poly" },
    ParameterHelp { name: "coef0", default: "0.0", meaning: "constant of poly and sigmoid" },
    ParameterHelp {
        name: "class_weight",
        default: "none",
        meaning: "\"balanced\": C of a class in inverse proportion to its size",
    },
    ParameterHelp {
        name: "probability",
        default: "false",
        meaning: "calibrate probabilities on five folds, at five times the cost",
    },
    ParameterHelp { name: "tol", default: "1e-3", meaning: "largest violation of optimality to stop at" },
    ParameterHelp {
        name: "shrinking",
        default: "true",
        meaning: "leave out rows that have settled at a bound until the end",
    },
    ParameterHelp { name: "cache_mb", default: "200.0", meaning: "memory for kernel entries, in megabytes" },
    ParameterHelp { name: "max_iter", default: "none", meaning: "limit of iterations a pair of classes" },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "support vector machine with a kernel, one versus one",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<Svc>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedSvc>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum KernelName {
    Rbf,
    Linear,
    Poly,
    Sigmoid,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
enum Gamma {
    Rule(GammaRule),
    Value(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum GammaRule {
    Scale,
    Auto,
}

impl<'de> Deserialize<'de> for Gamma {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const WANTED: &str = "\"scale\", \"auto\" or a number above 0";
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(rule) if rule == "scale" => Ok(Self::Rule(GammaRule::Scale)),
            toml::Value::String(rule) if rule == "auto" => Ok(Self::Rule(GammaRule::Auto)),
            toml::Value::String(other) => Err(D::Error::invalid_value(Unexpected::Str(&other), &WANTED)),
            toml::Value::Integer(value) if value > 0 => Ok(Self::Value(value as f64)),
            toml::Value::Integer(value) => Err(D::Error::invalid_value(Unexpected::Signed(value), &WANTED)),
            toml::Value::Float(value) if value > 0.0 && value.is_finite() => Ok(Self::Value(value)),
            toml::Value::Float(value) => Err(D::Error::invalid_value(Unexpected::Float(value), &WANTED)),
            other => Err(D::Error::invalid_type(Unexpected::Other(other.type_str()), &WANTED)),
        }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Svc {
    #[serde(rename = "C", deserialize_with = "parameters::positive")]
    c: f64,
    kernel: KernelName,
    gamma: Gamma,
    #[serde(deserialize_with = "degree")]
    degree: i32,
    #[serde(deserialize_with = "finite")]
    coef0: f64,
    class_weight: Option<ClassWeight>,
    probability: bool,
    #[serde(deserialize_with = "parameters::positive")]
    tol: f64,
    shrinking: bool,
    #[serde(deserialize_with = "parameters::positive")]
    cache_mb: f64,
    #[serde(deserialize_with = "parameters::count_or_none")]
    max_iter: Option<usize>,
}

fn degree<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let value = i64::deserialize(deserializer)?;
    let allowed = i32::try_from(value).ok().filter(|degree| (0..=100).contains(degree));
    allowed.ok_or_else(|| D::Error::invalid_value(Unexpected::Signed(value), &"a whole number from 0 to 100"))
}

fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err(D::Error::invalid_value(Unexpected::Float(value), &"a finite number"))
    }
}

impl Default for Svc {
    fn default() -> Self {
        Self {
            c: 1.0,
            kernel: KernelName::Rbf,
            gamma: Gamma::Rule(GammaRule::Scale),
            degree: 3,
            coef0: 0.0,
            class_weight: None,
            probability: false,
            tol: 1e-3,
            shrinking: true,
            cache_mb: 200.0,
            max_iter: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedSvc {
    present: PresentClasses,
    columns: usize,
    machines: OneVsOne,
    notes: Vec<String>,
}

impl Svc {
    fn gamma(&self, x: ArrayView2<'_, f64>) -> f64 {
        let columns = x.ncols() as f64;
        match self.gamma {
            Gamma::Value(value) => value,
            Gamma::Rule(GammaRule::Auto) => 1.0 / columns,
            Gamma::Rule(GammaRule::Scale) => match variance(x) {
                0.0 => 1.0,
                variance => 1.0 / (columns * variance),
            },
        }
    }

    fn kernel(&self, x: ArrayView2<'_, f64>) -> Kernel {
        let (gamma, coef0) = (self.gamma(x), self.coef0);
        match self.kernel {
            KernelName::Linear => Kernel::Linear,
            KernelName::Rbf => Kernel::Rbf { gamma },
            KernelName::Poly => Kernel::Poly { gamma, coef0, degree: self.degree },
            KernelName::Sigmoid => Kernel::Sigmoid { gamma, coef0 },
        }
    }
}

/// Of all values together.
fn variance(x: ArrayView2<'_, f64>) -> f64 {
    let mean = x.sum() / x.len() as f64;
    x.fold(0.0, |sum, value| sum + (value - mean).powi(2)) / x.len() as f64
}

impl Svc {
    fn train(&self, train: TrainingSet<'_>, aside: &Aside<'_>, seed: u64) -> Result<FittedSvc, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let (folds, torn) = match self.probability {
            true => grouped_folds(train.y, FOLDS, aside, seed),
            false => (None, None),
        };
        let settings = Settings {
            c: present.weights(self.class_weight).iter().map(|weight| self.c * weight).collect(),
            limits: Limits {
                tol: self.tol,
                // libsvm's own limit where none is given.
                max_iter: self.max_iter.unwrap_or_else(|| (100 * train.x.nrows()).max(10_000_000)),
                shrinking: self.shrinking,
            },
            cache_bytes: (self.cache_mb * 1024.0 * 1024.0) as usize,
            calibration: self.probability.then_some(seed),
            folds,
        };
        let machines = OneVsOne::fit(self.kernel(train.x), train.x, &present, &settings)
            .ok_or(ModelError::Overflow { model: NAME })?;
        let mut notes: Vec<String> = torn.into_iter().collect();
        if machines.unfinished > 0 {
            notes.push(format!(
                "{} of {} pairs of classes stopped at max_iter = {} before they had converged; raise it",
                machines.unfinished,
                pairs(present.classes.len()).count(),
                settings.limits.max_iter
            ));
        }
        Ok(FittedSvc { present, columns: train.x.ncols(), machines, notes })
    }
}

impl Model for Svc {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        self.fit_aside(train, &Aside::default(), seed)
    }

    fn fit_aside(
        &self,
        train: TrainingSet<'_>,
        aside: &Aside<'_>,
        seed: u64,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        Ok(Box::new(self.train(train, aside, seed)?))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl FittedSvc {
    /// The class of a row for which most of its pairs decide.
    fn voted(&self, decisions: ArrayView1<'_, f64>) -> usize {
        let classes = self.present.classes.len();
        let mut votes = vec![0.0; classes];
        for ((a, b), decision) in pairs(classes).zip(decisions) {
            votes[if *decision > 0.0 { a } else { b }] += 1.0;
        }
        self.present.classes[argmax(&votes)]
    }

    /// The probabilities of the present classes from the decisions of a row.
    fn coupled(&self, decisions: ArrayView1<'_, f64>, sigmoids: &[Sigmoid]) -> Vec<f64> {
        let classes = self.present.classes.len();
        let mut between = Array2::zeros((classes, classes));
        for (((a, b), decision), sigmoid) in pairs(classes).zip(decisions).zip(sigmoids) {
            let first = sigmoid.of(*decision);
            (between[[a, b]], between[[b, a]]) = (first, 1.0 - first);
        }
        couple(&between)
    }

    /// scikit-learn's `decision_function(shape="ovr")`: votes, and within equal votes the sum of the pairs' decisions,
    /// squeezed into ±⅓; of two classes the one pair's decision, negated for the first.
    fn one_vs_rest(&self, decisions: ArrayView1<'_, f64>) -> Vec<f64> {
        let classes = self.present.classes.len();
        if classes == 2 {
            return vec![decisions[0], -decisions[0]];
        }
        let (mut votes, mut sums) = (vec![0.0; classes], vec![0.0; classes]);
        for ((a, b), decision) in pairs(classes).zip(decisions) {
            votes[if *decision > 0.0 { a } else { b }] += 1.0;
            sums[a] += decision;
            sums[b] -= decision;
        }
        votes.iter().zip(&sums).map(|(vote, sum)| vote + sum / (3.0 * (sum.abs() + 1.0))).collect()
    }

    /// Rows × present classes.
    fn table(&self, rows: &[Vec<f64>]) -> Array2<f64> {
        Array2::from_shape_fn((rows.len(), self.present.classes.len()), |(row, class)| rows[row][class])
    }
}

impl Fitted for FittedSvc {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        check_rows(x, self.columns)?;
        Ok(self.machines.each_row(x, |decisions| self.voted(decisions)))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        check_rows(x, self.columns)?;
        let Some(sigmoids) = &self.machines.sigmoids else { return Ok(None) };
        let rows = self.machines.each_row(x, |decisions| self.coupled(decisions, sigmoids));
        Ok(Some(spread(&self.table(&rows), &self.present)))
    }

    fn answer(&self, x: ArrayView2<'_, f64>) -> Result<Option<ClassesAndProbabilities>, ModelError> {
        let Some(sigmoids) = &self.machines.sigmoids else { return Ok(Some((self.predict(x)?, None))) };
        check_rows(x, self.columns)?;
        let both =
            |decisions: ArrayView1<'_, f64>| (self.voted(decisions), self.coupled(decisions, sigmoids));
        let (predicted, rows): (Vec<usize>, Vec<Vec<f64>>) =
            self.machines.each_row(x, both).into_iter().unzip();
        Ok(Some((predicted, Some(spread(&self.table(&rows), &self.present)))))
    }

    fn decisions(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        check_rows(x, self.columns)?;
        let rows = self.machines.each_row(x, |decisions| self.one_vs_rest(decisions));
        Ok(Some(spread_decisions(&self.table(&rows), &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}

#[cfg(test)]
mod tests;
