//! Keeping some of the columns: those that tell the classes apart, or those that vary at all.
//!
//! - `best = k`, `percentile = q`: the k columns, or q per cent of them, with the largest score; scikit-learn's
//!   `SelectKBest` and `SelectPercentile`. `by = "f"` scores with the F statistic of a one-way analysis of
//!   variance (`f_classif`), `by = "mutual_information"` with the estimate of Ross ("Mutual Information between
//!   Discrete and Continuous Data Sets", PLoS ONE 9, 2014) from the three nearest neighbours
//!   (`mutual_info_classif`, without its random noise).
//! - `variance_above = v`: columns whose variance among the training rows is above v (`VarianceThreshold`).
//!
//! Among equal scores the lower column is kept; kept columns stay in their order.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::scale::by_column;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Select {
    #[serde(skip_serializing_if = "Option::is_none")]
    best: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentile: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variance_above: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Score>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Score {
    F,
    MutualInformation,
}

/// The columns that are kept, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedSelect {
    kept: Vec<usize>,
}

const NEIGHBOURS: usize = 3;

impl Select {
    /// What is wrong with the options, if anything.
    pub fn check(&self) -> Result<(), String> {
        match (self.best, self.percentile, self.variance_above) {
            (Some(0), None, None) => Err("best is a count of 1 or more".to_string()),
            (None, Some(percentile), None) if !(percentile > 0.0 && percentile <= 100.0) => {
                Err("percentile is a number above 0 and up to 100".to_string())
            }
            (None, None, Some(variance)) if !(variance >= 0.0 && variance.is_finite()) => {
                Err("variance_above is a number of 0 or more".to_string())
            }
            (None, None, Some(_)) if self.by.is_some() => {
                Err("variance_above scores by the variance; `by` goes with best or percentile".to_string())
            }
            (Some(_), None, None) | (None, Some(_), None) | (None, None, Some(_)) => Ok(()),
            _ => Err("give one of best = COUNT, percentile = 0 to 100, variance_above = NUMBER".to_string()),
        }
    }

    pub fn learn(&self, x: ArrayView2<'_, f64>, labels: &[usize]) -> Result<FittedSelect, String> {
        let columns = x.ncols();
        if let Some(least) = self.variance_above {
            let variances = by_column(x, |values| variance(values));
            let kept: Vec<usize> = (0..columns).filter(|column| variances[*column] > least).collect();
            return match kept.is_empty() {
                true => Err(format!("no column varies by more than variance_above = {least}")),
                false => Ok(FittedSelect { kept }),
            };
        }
        let keep = match (self.best, self.percentile) {
            (Some(best), _) if best > columns => {
                return Err(format!("best = {best}, but there are {columns} columns"));
            }
            (Some(best), _) => best,
            (None, percentile) => count_of(columns, percentile.unwrap_or(100.0)),
        };
        let classes = labels.iter().max().map_or(0, |most| most + 1);
        let counts = labels.iter().fold(vec![0; classes], |mut counts, class| {
            counts[*class] += 1;
            counts
        });
        if counts.iter().filter(|count| **count > 0).count() < 2 {
            return Err(
                "columns are chosen by how they tell classes apart, and the training rows have one class"
                    .to_string(),
            );
        }
        let score: fn(ArrayView1<'_, f64>, &[usize], &[usize]) -> f64 = match self.by.unwrap_or(Score::F) {
            Score::F => f_statistic,
            Score::MutualInformation => mutual_information,
        };
        let scores: Vec<f64> = x.axis_iter(Axis(1)).map(|column| score(column, labels, &counts)).collect();
        let mut order: Vec<usize> = (0..columns).collect();
        // NaN, of a constant column, is the least of all.
        let of = |column: usize| if scores[column].is_nan() { f64::NEG_INFINITY } else { scores[column] };
        order.sort_by(|a, b| of(*b).total_cmp(&of(*a)));
        let mut kept = order[..keep].to_vec();
        kept.sort_unstable();
        Ok(FittedSelect { kept })
    }
}

/// How many columns SelectPercentile keeps of scores that are all different.
fn count_of(columns: usize, percentile: f64) -> usize {
    let place = (columns - 1) as f64 * (100.0 - percentile) / 100.0;
    // A whole number that rounding has missed.
    let place = if (place - place.round()).abs() < 1e-9 { place.round() } else { place };
    let above = columns - 1 - place.floor() as usize;
    let share = (columns as f64 * percentile / 100.0) as usize;
    let kept = if place.fract() == 0.0 { above.max(share) } else { above };
    kept.clamp(1, columns)
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    // What rounding makes of a constant column is no variance.
    if values.iter().all(|value| *value == values[0]) { 0.0 } else { variance }
}

/// (between classes / (classes − 1)) / (within classes / (rows − classes)), sums of squares about the means.
fn f_statistic(column: ArrayView1<'_, f64>, labels: &[usize], counts: &[usize]) -> f64 {
    // What rounding makes of the mean of a constant column tells no classes apart.
    if column.iter().all(|value| *value == column[0]) {
        return f64::NAN;
    }
    let rows = labels.len() as f64;
    let mean = column.sum() / rows;
    let mut sums = vec![0.0; counts.len()];
    column.iter().zip(labels).for_each(|(value, class)| sums[*class] += value - mean);
    let present = counts.iter().filter(|count| **count > 0).count() as f64;
    let own = |class: usize| sums[class] / counts[class] as f64;
    let between: f64 =
        (0..counts.len()).filter(|class| counts[*class] > 0).map(|class| sums[class] * own(class)).sum();
    let within: f64 =
        column.iter().zip(labels).map(|(value, class)| (value - mean - own(*class)).powi(2)).sum();
    (between / (present - 1.0)) / (within / (rows - present))
}

/// ψ(n) + mean ψ(k) − mean ψ(rows of the class) − mean ψ(rows within the k-th neighbour of the class), at least 0;
/// rows that are alone in their class are left aside.
fn mutual_information(column: ArrayView1<'_, f64>, labels: &[usize], counts: &[usize]) -> f64 {
    // StandardScaler without centring, as there: only neighbourhoods count, so the scale itself does not.
    let mut all: Vec<(f64, usize)> = column.iter().copied().zip(labels.iter().copied()).collect();
    all.retain(|(_, class)| counts[*class] > 1);
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let digamma = digammas(all.len() + 1);
    let mut by_class: Vec<Vec<f64>> = vec![Vec::new(); counts.len()];
    all.iter().for_each(|(value, class)| by_class[*class].push(*value));
    let mut sum = 0.0;
    for values in by_class.iter().filter(|values| values.len() > 1) {
        let neighbours = NEIGHBOURS.min(values.len() - 1);
        let mut first = 0;
        for (place, value) in values.iter().enumerate() {
            // The window of `neighbours` + 1 sorted values that holds this one and is nearest to it.
            first = first.max(place.saturating_sub(neighbours));
            while first + neighbours + 1 < values.len()
                && first < place
                && values[first + neighbours + 1] - value < value - values[first]
            {
                first += 1;
            }
            let reach = (value - values[first]).max(values[first + neighbours] - value);
            let reach = if reach > 0.0 { reach.next_down() } else { 0.0 };
            let low = all.partition_point(|(other, _)| value - other > reach);
            let high = all.partition_point(|(other, _)| other - value <= reach);
            sum += digamma[neighbours] - digamma[values.len()] - digamma[high - low];
        }
    }
    (digamma[all.len()] + sum / all.len() as f64).max(0.0)
}

/// ψ(0) (unused) … ψ(most) of whole numbers: ψ(1) = −γ, ψ(n + 1) = ψ(n) + 1/n.
fn digammas(most: usize) -> Vec<f64> {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let mut values = vec![f64::NAN, -EULER];
    for n in 1..most {
        values.push(values[n] + 1.0 / n as f64);
    }
    values
}

impl FittedSelect {
    pub fn apply(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        x.select(Axis(1), &self.kept)
    }

    pub fn names(&self, columns: &[String]) -> Vec<String> {
        self.kept.iter().filter_map(|column| columns.get(*column).cloned()).collect()
    }
}
