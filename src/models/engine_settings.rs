//! The parameters that engines share, under the names of the native models; each engine's model takes some of them.

use serde::{Deserialize, Serialize};

use super::model::ParameterHelp;
use super::parameters;

/// Every parameter an engine may take.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(non_snake_case)] // scikit-learn's name
pub struct Settings {
    #[serde(deserialize_with = "parameters::count")]
    pub n_neighbors: usize,
    #[serde(deserialize_with = "parameters::positive")]
    pub C: f64,
    pub kernel: Kernel,
    /// None: 1 / (columns · variance of all values), scikit-learn's "scale".
    #[serde(deserialize_with = "parameters::positive_or_none")]
    pub gamma: Option<f64>,
    #[serde(deserialize_with = "parameters::count")]
    pub n_estimators: usize,
    #[serde(deserialize_with = "parameters::count_or_none")]
    pub max_depth: Option<usize>,
    #[serde(deserialize_with = "parameters::count")]
    pub min_samples_split: usize,
    #[serde(deserialize_with = "parameters::count")]
    pub min_samples_leaf: usize,
    #[serde(deserialize_with = "parameters::count")]
    pub max_iter: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kernel {
    Rbf,
    Linear,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            n_neighbors: 5,
            C: 1.0,
            kernel: Kernel::Rbf,
            gamma: None,
            n_estimators: 100,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_iter: 100,
        }
    }
}

impl Settings {
    /// γ in effect for these rows.
    pub fn gamma(&self, x: &ndarray::Array2<f64>) -> f64 {
        self.gamma.unwrap_or_else(|| {
            let mean = x.mean().unwrap_or(0.0);
            let variance = x.mapv(|value| (value - mean).powi(2)).mean().unwrap_or(0.0);
            if variance > 0.0 { 1.0 / (x.ncols() as f64 * variance) } else { 1.0 }
        })
    }
}

const fn help(name: &'static str, default: &'static str, meaning: &'static str) -> ParameterHelp {
    ParameterHelp { name, default, meaning }
}

pub const N_NEIGHBORS: ParameterHelp = help("n_neighbors", "5", "how many neighbours vote");
pub const C: ParameterHelp = help("C", "1.0", "inverse strength of the penalty");
pub const KERNEL: ParameterHelp = help("kernel", "\"rbf\"", "\"rbf\" or \"linear\"");
pub const GAMMA: ParameterHelp =
    help("gamma", "none", "a number above 0; left out: scikit-learn's \"scale\"");
pub const N_ESTIMATORS: ParameterHelp = help("n_estimators", "100", "how many trees");
pub const MAX_DEPTH: ParameterHelp = help("max_depth", "none", "levels of a tree");
pub const MIN_SAMPLES_SPLIT: ParameterHelp =
    help("min_samples_split", "2", "a node of fewer rows is not split");
pub const MIN_SAMPLES_LEAF: ParameterHelp = help("min_samples_leaf", "1", "a leaf has no fewer rows");
pub const MAX_ITER: ParameterHelp = help("max_iter", "100", "steps of the solver");
