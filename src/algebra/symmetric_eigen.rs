//! Eigenvalues and eigenvectors of a real symmetric matrix: A = Vᵀ diag(λ) V with eigenvectors as rows of V.
//!
//! Householder reflections to tridiagonal form, then implicit QL (Bowdler, Martin, Reinsch, Wilkinson,
//! "The QR and QL algorithms for symmetric matrices", Numerische Mathematik 11, 1968). Vectors are kept as
//! rows throughout, so that every inner loop runs along memory.

use ndarray::{Array2, ArrayView2};

use super::dot::dot;

/// Largest eigenvalue first; row i of `vectors` belongs to `values[i]`.
#[derive(Debug, Clone)]
pub struct SymmetricEigen {
    pub values: Vec<f64>,
    pub vectors: Array2<f64>,
}

/// `None` where the matrix holds values that are not finite, or where QL does not settle.
pub fn symmetric_eigen(matrix: ArrayView2<'_, f64>) -> Option<SymmetricEigen> {
    if matrix.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let size = matrix.nrows();
    // Scaled to 1, so that squares neither overflow nor vanish.
    let largest = matrix.fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let scale = if largest > 0.0 { largest } else { 1.0 };
    let mut rows: Vec<Vec<f64>> =
        matrix.rows().into_iter().map(|row| row.iter().map(|value| value / scale).collect()).collect();
    let (mut diagonal, mut beside, mut basis) = tridiagonal(&mut rows);
    implicit_ql(&mut diagonal, &mut beside, &mut basis)?;
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|a, b| diagonal[*b].total_cmp(&diagonal[*a]));
    let mut vectors = Array2::zeros((size, size));
    for (place, source) in order.iter().enumerate() {
        vectors.row_mut(place).iter_mut().zip(&basis[*source]).for_each(|(to, from)| *to = *from);
    }
    let values = order.iter().map(|source| diagonal[*source] * scale).collect();
    Some(SymmetricEigen { values, vectors })
}

/// Diagonal, subdiagonal (padded by a 0) and Qᵀ of T = Qᵀ A Q.
fn tridiagonal(a: &mut [Vec<f64>]) -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
    let size = a.len();
    let mut beside = vec![0.0; size];
    let mut basis: Vec<Vec<f64>> =
        (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    for step in 0..size.saturating_sub(1) {
        let mut mirror = a[step][step + 1..].to_vec();
        let length = dot(&mirror, &mirror).sqrt();
        beside[step] = if mirror[0] > 0.0 { -length } else { length };
        if mirror.len() == 1 || length == 0.0 {
            beside[step] = mirror[0];
            continue;
        }
        mirror[0] -= beside[step];
        let factor = 2.0 / dot(&mirror, &mirror);
        if !factor.is_finite() {
            // The whole column is below the square root of the smallest number: zero to every purpose.
            beside[step] = 0.0;
            continue;
        }
        let mut update: Vec<f64> =
            a[step + 1..].iter().map(|row| factor * dot(&row[step + 1..], &mirror)).collect();
        let part = 0.5 * factor * dot(&update, &mirror);
        update.iter_mut().zip(&mirror).for_each(|(update, mirror)| *update -= part * mirror);
        for (row, (this_mirror, this_update)) in a[step + 1..].iter_mut().zip(mirror.iter().zip(&update)) {
            for (value, (mirror, update)) in row[step + 1..].iter_mut().zip(mirror.iter().zip(&update)) {
                *value -= this_mirror * update + this_update * mirror;
            }
        }
        reflect(&mut basis[step + 1..], &mirror, factor);
    }
    ((0..size).map(|row| a[row][row]).collect(), beside, basis)
}

/// rows ← (I − factor · mirror mirrorᵀ) rows
fn reflect(rows: &mut [Vec<f64>], mirror: &[f64], factor: f64) {
    let mut sum = vec![0.0; rows[0].len()];
    for (row, part) in rows.iter().zip(mirror) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += part * value);
    }
    for (row, part) in rows.iter_mut().zip(mirror) {
        let part = factor * part;
        row.iter_mut().zip(&sum).for_each(|(value, sum)| *value -= part * sum);
    }
}

fn implicit_ql(d: &mut [f64], e: &mut [f64], basis: &mut [Vec<f64>]) -> Option<()> {
    let size = d.len();
    let (mut shift, mut scale) = (0.0f64, 0.0f64);
    for low in 0..size {
        scale = scale.max(d[low].abs() + e[low].abs());
        let small = f64::EPSILON * scale;
        let high = (low..size).find(|place| e[*place].abs() <= small)?;
        let mut rounds = 0;
        while high > low && e[low].abs() > small {
            rounds += 1;
            if rounds > 100 {
                return None;
            }
            let g = d[low];
            let mut p = (d[low + 1] - g) / (2.0 * e[low]);
            let r = if p < 0.0 { -p.hypot(1.0) } else { p.hypot(1.0) };
            d[low] = e[low] / (p + r);
            d[low + 1] = e[low] * (p + r);
            let (next, next_beside) = (d[low + 1], e[low + 1]);
            let h = g - d[low];
            d[low + 2..].iter_mut().for_each(|value| *value -= h);
            shift += h;
            p = d[high];
            let (mut c, mut c2, mut c3, mut s, mut s2) = (1.0, 1.0, 1.0, 0.0, 0.0);
            for place in (low..high).rev() {
                (c3, c2, s2) = (c2, c, s);
                let g = c * e[place];
                let h = c * p;
                let r = p.hypot(e[place]);
                e[place + 1] = s * r;
                (s, c) = (e[place] / r, p / r);
                p = c * d[place] - s * g;
                d[place + 1] = h + s * (c * g + s * d[place]);
                let (left, right) = basis.split_at_mut(place + 1);
                for (a, b) in left[place].iter_mut().zip(&mut right[0]) {
                    let old = *b;
                    *b = s * *a + c * old;
                    *a = c * *a - s * old;
                }
            }
            p = -s * s2 * c3 * next_beside * e[low] / next;
            e[low] = s * p;
            d[low] = c * p;
        }
        d[low] += shift;
        e[low] = 0.0;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn holds(matrix: &Array2<f64>) {
        let eigen = symmetric_eigen(matrix.view()).unwrap();
        let size = matrix.nrows();
        let scale = matrix.fold(1e-300, |largest: f64, value| largest.max(value.abs())) * size as f64;
        let mut scaled = eigen.vectors.clone();
        scaled.rows_mut().into_iter().zip(&eigen.values).for_each(|(mut row, value)| row *= *value);
        let again = eigen.vectors.t().dot(&scaled);
        assert!((&again - matrix).iter().all(|gap| gap.abs() <= 1e-14 * scale));
        let identity = eigen.vectors.dot(&eigen.vectors.t()) - Array2::<f64>::eye(size);
        assert!(identity.iter().all(|gap| gap.abs() < 1e-13));
        assert!(eigen.values.windows(2).all(|pair| pair[0] >= pair[1]));
    }

    #[test]
    fn the_matrix_comes_back_from_its_parts() {
        let mut draws = Draws::new(2, "matrix");
        for size in [1, 2, 3, 10, 57] {
            let x = Array2::from_shape_fn((size + 3, size), |_| draws.normal());
            holds(&x.t().dot(&x));
            let thin = Array2::from_shape_fn((1 + size / 3, size), |_| draws.normal());
            holds(&thin.t().dot(&thin));
            holds(&Array2::zeros((size, size)));
            holds(&Array2::eye(size));
            holds(&(Array2::<f64>::ones((size, size)) * 1e-200));
        }
    }

    #[test]
    fn a_known_spectrum() {
        // The second difference on n points has eigenvalues 2 − 2 cos(πk / (n + 1)).
        let size = 20;
        let matrix = Array2::from_shape_fn((size, size), |(row, column)| match row.abs_diff(column) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        let values = symmetric_eigen(matrix.view()).unwrap().values;
        for (place, value) in values.iter().enumerate() {
            let k = (size - place) as f64;
            let known = 2.0 - 2.0 * (std::f64::consts::PI * k / (size + 1) as f64).cos();
            assert!((value - known).abs() < 1e-13);
        }
    }
}
