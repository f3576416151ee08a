//! What the scalers learn of a column: scikit-learn's StandardScaler (ddof 0), MinMaxScaler to [0, 1] and
//! RobustScaler (median, quartiles by linear interpolation). Missing values (NaN) are left aside, and a column
//! without spread is shifted and not scaled.

use ndarray::{ArrayView2, Axis};

/// `learn` of each column's present values, in the order of the rows.
pub fn by_column<T>(x: ArrayView2<'_, f64>, learn: impl Fn(&mut Vec<f64>) -> T) -> Vec<T> {
    let mut values = Vec::with_capacity(x.nrows());
    let columns = x.axis_iter(Axis(1)).map(|column| {
        values.clear();
        values.extend(column.iter().copied().filter(|value| !value.is_nan()));
        learn(&mut values)
    });
    columns.collect()
}

/// (shift, scale) of each column, `learn` seeing its present values sorted; a column without any is left as it is.
pub fn affine(x: ArrayView2<'_, f64>, learn: impl Fn(&[f64]) -> (f64, f64)) -> Vec<(f64, f64)> {
    by_column(x, |values| {
        values.sort_unstable_by(f64::total_cmp);
        match values.is_empty() {
            true => (0.0, 1.0),
            false => learn(values),
        }
    })
}

pub fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    (!values.is_empty()).then(|| quantile(values, 0.5))
}

/// Least value and range.
pub fn range(sorted: &[f64]) -> (f64, f64) {
    (sorted[0], unless_flat(sorted[sorted.len() - 1] - sorted[0]))
}

/// Median and interquartile range.
pub fn median_and_quartiles(sorted: &[f64]) -> (f64, f64) {
    (quantile(sorted, 0.5), unless_flat(quantile(sorted, 0.75) - quantile(sorted, 0.25)))
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
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
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
