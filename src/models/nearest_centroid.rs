//! Nearest (shrunken) centroid: the class whose centre is nearest.
//!
//! The centre is the mean (`euclidean`) or the median (`manhattan`) of the class's rows. With
//! `shrink_threshold` Δ the deviations d = (centre − overall mean) / (mₖ (s + median s)) lose Δ towards 0,
//! where s is the pooled within-class deviation and mₖ² = 1/nₖ − 1/n: Tibshirani et al., "Diagnosis of
//! multiple cancer types by shrunken centroids of gene expression", PNAS 99 (2002), as scikit-learn's
//! `NearestCentroid` with uniform priors has it. It gives no probabilities: those of scikit-learn rest on
//! another distance than its predictions do, and can disagree with them.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::argmax;
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;

const NAME: &str = "nearest_centroid";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp {
        name: "metric",
        default: "\"euclidean\"",
        meaning: "\"euclidean\" (centres are means) or \"manhattan\" (centres are medians)",
    },
    ParameterHelp {
        name: "shrink_threshold",
        default: "none",
        meaning: "how far centres move towards the overall mean, in standard errors",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "the class whose centre is nearest, with optional shrinking of the centres",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<NearestCentroid>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedNearestCentroid>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Metric {
    #[default]
    Euclidean,
    Manhattan,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct NearestCentroid {
    metric: Metric,
    #[serde(deserialize_with = "parameters::positive_or_none")]
    shrink_threshold: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct FittedNearestCentroid {
    present: PresentClasses,
    metric: Metric,
    /// Present classes × columns.
    centres: Array2<f64>,
}

impl Model for NearestCentroid {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let first = train.x.row(0);
        if train.x.rows().into_iter().all(|row| row == first) {
            return Err(ModelError::AllConstant { model: NAME });
        }
        let mut centres = centres(train.x, &present, self.metric);
        if let Some(threshold) = self.shrink_threshold {
            if train.x.nrows() == present.classes.len() {
                let needed = "more rows than classes to shrink".to_string();
                return Err(ModelError::TooFewRows { model: NAME, needed, rows: train.x.nrows() });
            }
            shrink(&mut centres, train.x, &present, threshold);
        }
        if centres.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::Overflow { model: NAME });
        }
        Ok(Box::new(FittedNearestCentroid { present, metric: self.metric, centres }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

fn centres(x: ArrayView2<'_, f64>, present: &PresentClasses, metric: Metric) -> Array2<f64> {
    match metric {
        Metric::Euclidean => present.means(x),
        Metric::Manhattan => Array2::from_shape_fn((present.classes.len(), x.ncols()), |(class, column)| {
            let members = x.column(column).into_iter().zip(&present.dense);
            let members = members.filter(|(_, dense)| **dense == class).map(|(value, _)| *value);
            median(members.collect())
        }),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { 0.5 * (values[half - 1] + values[half]) }
}

fn shrink(centres: &mut Array2<f64>, x: ArrayView2<'_, f64>, present: &PresentClasses, threshold: f64) {
    let (rows, columns) = x.dim();
    let classes = present.classes.len();
    let overall: Array1<f64> = x.sum_axis(Axis(0)) / rows as f64;
    let mut within = Array1::<f64>::zeros(columns);
    for (row, class) in x.rows().into_iter().zip(&present.dense) {
        for ((sum, value), centre) in within.iter_mut().zip(row).zip(centres.row(*class)) {
            *sum += (value - centre) * (value - centre);
        }
    }
    within.mapv_inplace(|sum| (sum / (rows - classes) as f64).sqrt());
    let offset = median(within.to_vec());
    for (mut centre, count) in centres.rows_mut().into_iter().zip(&present.counts) {
        let standard = (1.0 / *count as f64 - 1.0 / rows as f64).sqrt();
        for ((value, overall), within) in centre.iter_mut().zip(&overall).zip(&within) {
            let unit = standard * (within + offset);
            let gap = *value - overall;
            // No spread within any class (unit 0) leaves nothing to measure the deviation with.
            let kept = (gap.abs() - threshold * unit).max(0.0);
            *value = overall + gap.signum() * kept;
        }
    }
}

impl Fitted for FittedNearestCentroid {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        check_rows(x, self.centres.ncols())?;
        let mut scores = vec![0.0; self.centres.nrows()];
        Ok(x.rows()
            .into_iter()
            .map(|row| {
                for (score, centre) in scores.iter_mut().zip(self.centres.rows()) {
                    let gaps = row.iter().zip(centre).map(|(a, b)| a - b);
                    *score = match self.metric {
                        Metric::Euclidean => -gaps.map(|gap| gap * gap).sum::<f64>(),
                        Metric::Manhattan => -gaps.map(f64::abs).sum::<f64>(),
                    };
                }
                self.present.classes[argmax(&scores)]
            })
            .collect())
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_manhattan_centre_is_the_median_and_ties_go_to_the_lowest_class() {
        let x = array![[0.0], [1.0], [50.0], [3.0], [4.0]];
        let train = TrainingSet { x: x.view(), y: &[0, 0, 0, 1, 1], classes: 2 };
        let model = NearestCentroid { metric: Metric::Manhattan, shrink_threshold: None };
        let fitted = model.fit(train, 0).unwrap();
        // Centres 1 and 3.5: 2.25 is as far from both.
        assert_eq!(fitted.predict(array![[2.25], [2.26], [-9.0]].view()).unwrap(), [0, 1, 0]);
    }
}
