//! k nearest neighbours: the classes of the k nearest training rows vote.
//!
//! As scikit-learn's `KNeighborsClassifier`, with its open ends tied down: among rows equally far the
//! lowest row index is nearer, and a tie of votes goes to the lowest class. With `weights = "distance"` a
//! vote counts 1 / distance, and where some neighbours lie at distance 0 only they vote.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_training};
use super::class_scores::{classes_of, spread};
use super::error::ModelError;
use super::model::{ClassesAndProbabilities, Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::neighbour_search::{Distance, Neighbour, NeighbourSearch};
use super::parameters;
use super::stored;

const NAME: &str = "knn";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "n_neighbors", default: "5", meaning: "how many neighbours vote" },
    ParameterHelp {
        name: "weights",
        default: "\"uniform\"",
        meaning: "\"uniform\" (one vote each) or \"distance\" (1 / distance)",
    },
    ParameterHelp {
        name: "metric",
        default: "\"minkowski\"",
        meaning: "\"euclidean\", \"manhattan\", \"chebyshev\", \"cosine\" or \"minkowski\" (with p)",
    },
    ParameterHelp {
        name: "p",
        default: "2.0",
        meaning: "the power of the minkowski metric, 1 or more; no other metric takes it",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "k nearest neighbours: the nearest training rows vote",
    parameters: PARAMETERS,
    parse: |table| {
        let mut knn: Knn = parameters::parse(NAME, PARAMETERS, table)?;
        match (knn.metric, knn.p) {
            (Metric::Minkowski, None) => knn.p = Some(2.0),
            (Metric::Minkowski, Some(_)) | (_, None) => {}
            (_, Some(_)) => {
                return Err(ModelError::BadParameter {
                    model: NAME.to_string(),
                    key: "p".to_string(),
                    reason: "only metric = \"minkowski\" has a power".to_string(),
                });
            }
        }
        Ok(Box::new(knn))
    },
    load: |state| stored::unpack::<FittedKnn>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Weights {
    Uniform,
    Distance,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Metric {
    Euclidean,
    Manhattan,
    Chebyshev,
    Cosine,
    Minkowski,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Knn {
    #[serde(deserialize_with = "parameters::count")]
    n_neighbors: usize,
    weights: Weights,
    metric: Metric,
    #[serde(deserialize_with = "parameters::at_least_one_or_none")]
    p: Option<f64>,
}

impl Default for Knn {
    fn default() -> Self {
        Self { n_neighbors: 5, weights: Weights::Uniform, metric: Metric::Minkowski, p: None }
    }
}

impl Knn {
    fn distance(&self) -> Distance {
        match (self.metric, self.p.unwrap_or(2.0)) {
            (Metric::Manhattan, _) => Distance::Manhattan,
            (Metric::Chebyshev, _) => Distance::Chebyshev,
            (Metric::Cosine, _) => Distance::Cosine,
            (Metric::Minkowski, 1.0) => Distance::Manhattan,
            (Metric::Euclidean, _) | (Metric::Minkowski, 2.0) => Distance::Euclidean,
            (Metric::Minkowski, power) => Distance::Minkowski(power),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedKnn {
    present: PresentClasses,
    search: NeighbourSearch,
    neighbours: usize,
    weights: Weights,
}

impl Model for Knn {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_training(train)?;
        let rows = train.x.nrows();
        if rows < self.n_neighbors {
            let needed = format!("n_neighbors = {} rows or more", self.n_neighbors);
            return Err(ModelError::TooFewRows { model: NAME, needed, rows });
        }
        let search = NeighbourSearch::new(train.x, self.distance());
        Ok(Box::new(FittedKnn { present, search, neighbours: self.n_neighbors, weights: self.weights }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl FittedKnn {
    /// Rows × present classes, each row summing to 1.
    fn votes(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.search.columns())?;
        let mut votes = Array2::zeros((x.nrows(), self.present.classes.len()));
        let found = self.search.nearest(x, self.neighbours);
        for (mut votes, neighbours) in votes.rows_mut().into_iter().zip(found) {
            for (neighbour, weight) in neighbours.iter().zip(self.weights_of(&neighbours)) {
                votes[self.present.dense[neighbour.row]] += weight;
            }
            let total = votes.sum();
            votes /= total;
        }
        Ok(votes)
    }

    fn weights_of(&self, neighbours: &[Neighbour]) -> Vec<f64> {
        if self.weights == Weights::Uniform {
            return vec![1.0; neighbours.len()];
        }
        // The nearest is scaled to 1, so that no reciprocal can overflow.
        let nearest = neighbours.first().map_or(0.0, |neighbour| neighbour.distance);
        let weigh = |distance: f64| match nearest {
            0.0 => f64::from(u8::from(distance == 0.0)),
            _ if nearest.is_finite() => nearest / distance,
            _ => 1.0,
        };
        neighbours.iter().map(|neighbour| weigh(neighbour.distance)).collect()
    }
}

impl Fitted for FittedKnn {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.votes(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(spread(&self.votes(x)?, &self.present)))
    }

    fn answer(&self, x: ArrayView2<'_, f64>) -> Result<Option<ClassesAndProbabilities>, ModelError> {
        let votes = self.votes(x)?;
        Ok(Some((classes_of(&votes, &self.present), Some(spread(&votes, &self.present)))))
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}
