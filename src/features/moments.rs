//! Seven moments of every row of a frame matrix, as numpy 2 and scipy 1.17 define them.
//!
//! mean; std with divisor n; skew `m3/m2^1.5` and kurtosis `m4/m2² − 3`, both biased (scipy.stats.skew, kurtosis);
//! median, the mean of the two middles; min; max. `m_k` is the k-th central moment. Sums are f64.
//!
//! A constant row, one with `m2 ≤ (1e-6·mean)²` (scipy's own test at the f32 resolution in which frames are held),
//! has skew 0 and kurtosis −3. Recent scipy answers NaN there, which no model can use; 0 and −3 are what scipy gave
//! when FMA's published feature table was made.

use std::str::FromStr;

use ndarray::Array2;

use super::error::FeatureError;
use crate::audio::vectorised::vectorised;
use crate::spelling::nearest;

/// A number that sums up one row over all frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    Mean,
    Std,
    Skew,
    Kurtosis,
    Median,
    Min,
    Max,
}

impl Statistic {
    /// In the order in which the named sets lay them out.
    pub const ALL: &'static [Statistic] =
        &[Self::Mean, Self::Std, Self::Skew, Self::Kurtosis, Self::Median, Self::Min, Self::Max];

    /// As columns and experiments call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Std => "std",
            Self::Skew => "skew",
            Self::Kurtosis => "kurtosis",
            Self::Median => "median",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// What it is, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Mean => "arithmetic mean over the frames",
            Self::Std => "standard deviation, divisor n",
            Self::Skew => "third standardised moment, biased; 0 where the row is constant",
            Self::Kurtosis => "fourth standardised moment less 3, biased; -3 where the row is constant",
            Self::Median => "median; of an even number of frames the mean of the two middles",
            Self::Min => "least value",
            Self::Max => "greatest value",
        }
    }
}

impl FromStr for Statistic {
    type Err = FeatureError;

    fn from_str(name: &str) -> Result<Self, FeatureError> {
        Self::ALL.iter().copied().find(|statistic| statistic.name() == name).ok_or_else(|| {
            FeatureError::UnknownStatistic {
                name: name.to_owned(),
                suggestion: nearest(name, Self::ALL.iter().map(|statistic| statistic.name())),
            }
        })
    }
}

/// The statistics of each column of `frames` (frames, rows), one statistic after the other: all means, all stds, ….
pub fn moments(frames: &Array2<f32>, statistics: &[Statistic]) -> Vec<f64> {
    let (count, rows) = frames.dim();
    let mut answers = vec![0.0; rows * statistics.len()];
    let mut values = vec![0.0f32; count];
    for row in 0..rows {
        values.iter_mut().zip(frames.column(row)).for_each(|(slot, value)| *slot = *value);
        for (index, answer) in of_row(&mut values, statistics).into_iter().enumerate() {
            answers[index * rows + row] = answer;
        }
    }
    answers
}

/// The statistics of one row; reorders it. An empty row has zeros.
fn of_row(values: &mut [f32], statistics: &[Statistic]) -> Vec<f64> {
    if values.is_empty() {
        return vec![0.0; statistics.len()];
    }
    let mean = mean(values);
    let [m2, m3, m4] = central_moments(values, mean);
    let is_constant = m2 <= (1e-6 * mean).powi(2);
    let extreme = |of: fn(f32, f32) -> f32| values.iter().copied().reduce(of).map_or(0.0, f64::from);
    let (min, max) = (extreme(f32::min), extreme(f32::max));
    let mut answer = |statistic: &Statistic| match statistic {
        Statistic::Mean => mean,
        Statistic::Std => m2.sqrt(),
        Statistic::Skew if is_constant => 0.0,
        Statistic::Skew => m3 / m2.powf(1.5),
        Statistic::Kurtosis if is_constant => -3.0,
        Statistic::Kurtosis => m4 / (m2 * m2) - 3.0,
        Statistic::Median => median(values),
        Statistic::Min => min,
        Statistic::Max => max,
    };
    statistics.iter().map(&mut answer).collect()
}

// Sums in eight interleaved parts: the same on every machine, and free of one long chain of additions.
const PARTS: usize = 8;

vectorised! {
    fn mean<'a>(values: &'a [f32]) -> f64 {
        let mut sums = [0.0f64; PARTS];
        let chunks = values.chunks_exact(PARTS);
        let rest: f64 = chunks.remainder().iter().map(|value| f64::from(*value)).sum();
        for chunk in chunks {
            for part in 0..PARTS {
                sums[part] += f64::from(chunk[part]);
            }
        }
        (sums.iter().sum::<f64>() + rest) / values.len() as f64
    }
}

vectorised! {
    /// The second, third and fourth.
    fn central_moments<'a>(values: &'a [f32], mean: f64) -> [f64; 3] {
        let mut sums = [[0.0f64; PARTS]; 3];
        for chunk in values.chunks(PARTS) {
            let mut away = [0.0f64; PARTS]; // what a short last chunk lacks adds nothing
            for (slot, value) in away.iter_mut().zip(chunk) {
                *slot = f64::from(*value) - mean;
            }
            for part in 0..PARTS {
                let square = away[part] * away[part];
                sums[0][part] += square;
                sums[1][part] += square * away[part];
                sums[2][part] += square * square;
            }
        }
        sums.map(|parts| parts.iter().sum::<f64>() / values.len() as f64)
    }
}

fn median(values: &mut [f32]) -> f64 {
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    let upper = f64::from(*upper);
    if odd {
        return upper;
    }
    let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (f64::from(lower) + upper) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    #[test]
    fn agrees_with_scipy() {
        // numpy 2.4.6 / scipy 1.17.1 on [1, 2, 4, 8.5] and [3, -1, 0, 7.25].
        let frames = arr2(&[[1.0f32, 3.0], [2.0, -1.0], [4.0, 0.0], [8.5, 7.25]]);
        let got = moments(&frames, Statistic::ALL);
        let expected = [
            [3.875, 2.3125],
            [2.880_429_655, 3.208_265_692],
            [0.717_387_483, 0.544_948_526],
            [-1.045_272_218, -1.245_434_794],
            [3.0, 1.5],
            [1.0, -1.0],
            [8.5, 7.25],
        ];
        for (got, expected) in got.iter().zip(expected.as_flattened()) {
            assert!((got - expected).abs() < 1e-6, "{got} is not {expected}");
        }
    }

    #[test]
    fn a_constant_row_has_finite_moments() {
        for value in [0.0f32, -500.1, 1e-30] {
            let frames = Array2::from_elem((5, 1), value);
            let value = f64::from(value);
            assert_eq!(moments(&frames, Statistic::ALL), [value, 0.0, 0.0, -3.0, value, value, value]);
        }
        let one = moments(&Array2::from_elem((1, 1), 2.0), Statistic::ALL);
        assert_eq!(one, [2.0, 0.0, 0.0, -3.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn names_are_parsed_and_misspellings_are_met() {
        for statistic in Statistic::ALL {
            assert_eq!(statistic.name().parse::<Statistic>().as_ref(), Ok(statistic));
        }
        let error = "kurtosi".parse::<Statistic>();
        assert!(error.is_err_and(|error| error.to_string().contains("did you mean `kurtosis`")));
    }
}
