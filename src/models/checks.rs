//! What every model asks of its input before it computes, and what it then knows of the classes.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::error::ModelError;
use super::model::TrainingSet;
use super::parameters::ClassWeight;
use super::stored;

/// The classes that the training rows hold: methods work on 0..present and answer in the table's classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresentClasses {
    /// Class index in the table, ascending.
    pub classes: Vec<usize>,
    /// One a training row: its place in `classes`.
    pub dense: Vec<usize>,
    /// One a present class: its training rows.
    pub counts: Vec<usize>,
    /// How many classes the table has.
    #[serde(deserialize_with = "stored::classes")]
    pub of: usize,
}

impl PresentClasses {
    /// One a present class: what one of its rows weighs.
    pub fn weights(&self, class_weight: Option<ClassWeight>) -> Vec<f64> {
        match class_weight {
            Some(ClassWeight::Balanced) => balanced_weights(&self.counts),
            None => vec![1.0; self.counts.len()],
        }
    }

    /// The mean of each present class's rows: present classes × columns.
    pub fn means(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut means = Array2::<f64>::zeros((self.classes.len(), x.ncols()));
        for (row, class) in x.rows().into_iter().zip(&self.dense) {
            let mut mean = means.row_mut(*class);
            mean += &row;
        }
        for (mut mean, count) in means.rows_mut().into_iter().zip(&self.counts) {
            mean /= *count as f64;
        }
        means
    }
}

/// rows / (classes that have rows · rows of the class); a class without rows has nothing to weigh.
pub fn balanced_weights(counts: &[usize]) -> Vec<f64> {
    let rows = counts.iter().sum::<usize>() as f64;
    let classes = counts.iter().filter(|count| **count > 0).count() as f64;
    counts.iter().map(|count| if *count > 0 { rows / (classes * *count as f64) } else { 0.0 }).collect()
}

/// Refuses a training side that no method can learn from.
pub fn check_training(train: TrainingSet<'_>) -> Result<PresentClasses, ModelError> {
    let TrainingSet { x, y, classes } = train;
    if x.nrows() != y.len() {
        return Err(ModelError::RowsAndLabels { rows: x.nrows(), labels: y.len() });
    }
    if x.nrows() == 0 {
        return Err(ModelError::NoRows);
    }
    if x.ncols() == 0 {
        return Err(ModelError::NoColumns);
    }
    if let Some(row) = y.iter().position(|label| *label >= classes) {
        return Err(ModelError::LabelOutOfRange { row, label: y[row], classes });
    }
    check_finite(x)?;
    let mut counts = vec![0; classes];
    for label in y {
        counts[*label] += 1;
    }
    let present: Vec<usize> = (0..classes).filter(|class| counts[*class] > 0).collect();
    let mut place = vec![0; classes];
    for (dense, class) in present.iter().enumerate() {
        place[*class] = dense;
    }
    Ok(PresentClasses {
        dense: y.iter().map(|label| place[*label]).collect(),
        counts: present.iter().map(|class| counts[*class]).collect(),
        classes: present,
        of: classes,
    })
}

/// As `check_training`, for a method that tells classes apart.
pub fn check_two_classes(train: TrainingSet<'_>, model: &'static str) -> Result<PresentClasses, ModelError> {
    let present = check_training(train)?;
    match present.classes.as_slice() {
        [class] => Err(ModelError::OneClass { model, class: *class }),
        _ => Ok(present),
    }
}

/// Refuses rows that a model fitted on `columns` columns cannot be asked about.
pub fn check_rows(x: ArrayView2<'_, f64>, columns: usize) -> Result<(), ModelError> {
    if x.ncols() != columns {
        return Err(ModelError::WrongColumns { expected: columns, found: x.ncols() });
    }
    check_finite(x)
}

/// Refuses values that are not finite, naming the first.
pub fn check_finite(x: ArrayView2<'_, f64>) -> Result<(), ModelError> {
    for (row, values) in x.rows().into_iter().enumerate() {
        if let Some(column) = values.iter().position(|value| !value.is_finite()) {
            return Err(ModelError::NotFinite { row, column, value: values[column] });
        }
    }
    Ok(())
}

/// What is told of a search for a minimum that ended before it was there.
pub fn unfinished(max_iter: usize) -> String {
    format!(
        "stopped before it had converged, at max_iter = {max_iter} or where no step went lower; raise it, or standardize \
         the columns"
    )
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_forged_number_of_classes_is_refused() {
        let of =
            |of: usize| PresentClasses { classes: vec![0, 2], dense: vec![0, 1], counts: vec![1, 1], of };
        let back = |of| stored::unpack_as::<PresentClasses>("knn", &stored::pack(&of).unwrap());
        assert_eq!(back(of(3)).unwrap(), of(3));
        assert!(back(of(1 << 40)).unwrap_err().to_string().contains("a number of classes"));
    }

    #[test]
    fn present_classes_are_numbered_without_gaps() {
        let x = array![[0.0], [1.0], [2.0]];
        let present = check_training(TrainingSet { x: x.view(), y: &[4, 1, 4], classes: 6 }).unwrap();
        assert_eq!(present.classes, [1, 4]);
        assert_eq!(present.dense, [1, 0, 1]);
        assert_eq!(present.counts, [1, 2]);
        assert_eq!(present.means(x.view()), array![[1.0], [1.0]]);
        assert_eq!(present.weights(None), [1.0, 1.0]);
        assert_eq!(present.weights(Some(ClassWeight::Balanced)), [1.5, 0.75]);
        assert_eq!(balanced_weights(&[1, 0, 2]), [1.5, 0.0, 0.75]);
    }

    #[test]
    fn a_value_that_is_not_finite_is_named_by_row_and_column() {
        let x = array![[0.0, 1.0], [2.0, f64::INFINITY]];
        let error = check_training(TrainingSet { x: x.view(), y: &[0, 1], classes: 2 }).unwrap_err();
        assert_eq!(error, ModelError::NotFinite { row: 1, column: 1, value: f64::INFINITY });
    }
}
