//! From one score a class to a class and to probabilities.

use ndarray::{Array2, ArrayView1};

use super::checks::PresentClasses;

/// The place of the largest score; a tie goes to the lowest, and NaN counts as −∞.
pub fn argmax<T: PartialOrd>(scores: &[T]) -> usize {
    let known = |place: usize| scores[place].partial_cmp(&scores[place]).is_some();
    let larger = |best: usize, place: usize| match scores[place] > scores[best] {
        false if known(best) || !known(place) => best,
        _ => place,
    };
    (1..scores.len()).fold(0, larger)
}

/// The place of the largest score of each row.
pub fn argmax_of_rows(scores: &Array2<f64>) -> Vec<usize> {
    let place = |row: ArrayView1<'_, f64>| match row.as_slice() {
        Some(scores) => argmax(scores),
        None => argmax(&row.to_vec()),
    };
    scores.rows().into_iter().map(place).collect()
}

/// One class of the table a row of `scores` (rows × present classes).
pub fn classes_of(scores: &Array2<f64>, present: &PresentClasses) -> Vec<usize> {
    argmax_of_rows(scores).into_iter().map(|place| present.classes[place]).collect()
}

/// exp(sᵢ − max) / Σ exp(sⱼ − max) by row, in place; scores that cannot be compared give equal parts.
pub fn softmax(scores: &mut Array2<f64>) {
    for mut row in scores.rows_mut() {
        let largest = row.fold(f64::NEG_INFINITY, |largest, score| largest.max(*score));
        if largest.is_infinite() {
            let fair = 1.0 / row.len() as f64;
            row.fill(fair);
            continue;
        }
        row.mapv_inplace(|score| if score.is_nan() { 0.0 } else { (score - largest).exp() });
        let total = row.sum();
        row.mapv_inplace(|part| part / total);
    }
}

/// Scores (rows × present classes) as probabilities of all classes of the table.
pub fn softmax_spread(mut scores: Array2<f64>, present: &PresentClasses) -> Array2<f64> {
    softmax(&mut scores);
    spread(&scores, present)
}

/// Rows × present classes spread to rows × classes of the table; a class never seen gets 0.
pub fn spread(probabilities: &Array2<f64>, present: &PresentClasses) -> Array2<f64> {
    let mut wide = Array2::zeros((probabilities.nrows(), present.of));
    for (place, class) in present.classes.iter().enumerate() {
        wide.column_mut(*class).assign(&probabilities.column(place));
    }
    wide
}

/// As `spread`, a class never seen getting −∞.
pub fn spread_decisions(decisions: &Array2<f64>, present: &PresentClasses) -> Array2<f64> {
    let mut wide = Array2::from_elem((decisions.nrows(), present.of), f64::NEG_INFINITY);
    for (place, class) in present.classes.iter().enumerate() {
        wide.column_mut(*class).assign(&decisions.column(place));
    }
    wide
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn ties_go_to_the_lowest_and_nan_to_nobody() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[f64::NAN, -7.0]), 1);
    }

    #[test]
    fn rows_are_read_alike_however_they_lie() {
        let scores = array![[1.0, 3.0, 3.0], [f64::NAN, -7.0, -8.0], [0.0, 0.0, 0.0]];
        assert_eq!(argmax_of_rows(&scores), [1, 1, 0]);
        let by_column = scores.t().as_standard_layout().into_owned().reversed_axes();
        assert!(by_column.row(0).as_slice().is_none());
        assert_eq!(argmax_of_rows(&by_column), [1, 1, 0]);
        let present = PresentClasses { classes: vec![0, 2, 3], dense: vec![], counts: vec![], of: 5 };
        assert_eq!(classes_of(&scores, &present), [2, 2, 0]);
        let wide = softmax_spread(array![[0.0, 0.0, f64::NEG_INFINITY]], &present);
        assert_eq!(wide, array![[0.5, 0.0, 0.5, 0.0, 0.0]]);
    }

    #[test]
    fn softmax_survives_scores_of_any_size() {
        let mut scores = array![[1e6, 1e6 - 1.0], [f64::NEG_INFINITY, f64::NEG_INFINITY]];
        softmax(&mut scores);
        assert!((scores[[0, 0]] - 1.0 / (1.0 + (-1f64).exp())).abs() < 1e-12);
        assert_eq!(scores.row(1).to_vec(), [0.5, 0.5]);
    }
}
