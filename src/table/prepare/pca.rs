//! Principal components: rows seen along the directions in which the training rows vary most.
//!
//! The components are the eigenvectors of the centred training rows' covariance, the largest variance first,
//! each with its largest part (by size) above 0; scikit-learn's `PCA` up to that sign. They come of the
//! smaller Gram matrix, columns × columns or rows × rows. `whiten` divides by the standard deviation along the
//! component (rows − 1 below the sum of squares, as there); a direction in which nothing varies but rounding
//! gives 0.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use serde::{Deserialize, Deserializer, Serialize};

use crate::algebra::{gram, symmetric_eigen};

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pca {
    components: Components,
    whiten: bool,
}

/// How many directions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(untagged)]
enum Components {
    /// As many as rows and columns allow.
    #[default]
    All,
    Count(usize),
    /// The fewest that explain this part of the variance.
    Part(f64),
}

impl<'de> Deserialize<'de> for Components {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Count(i64),
            Part(f64),
            Other(serde::de::IgnoredAny),
        }
        match Written::deserialize(deserializer)? {
            Written::Count(count) if count > 0 => Ok(Self::Count(count as usize)),
            Written::Part(part) if part > 0.0 && part < 1.0 => Ok(Self::Part(part)),
            _ => Err(serde::de::Error::custom(
                "components is a count of 1 or more (20), or a part of the variance above 0.0 and below 1.0 (0.95)",
            )),
        }
    }
}

/// What the training rows taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedPca {
    mean: Array1<f64>,
    /// Components × columns, whitened where that was asked.
    directions: Array2<f64>,
}

impl Pca {
    pub fn learn(&self, x: ArrayView2<'_, f64>) -> Result<FittedPca, String> {
        let (rows, columns) = x.dim();
        if rows < 2 {
            return Err(format!("{rows} training rows have no directions in which they vary"));
        }
        let most = rows.min(columns);
        if let Components::Count(count) = self.components
            && count > most
        {
            return Err(format!(
                "components = {count}, but {rows} training rows of {columns} columns have no more than {most}"
            ));
        }
        let mean = x.sum_axis(Axis(0)) / rows as f64;
        let centred = &x - &mean;
        let wide = rows < columns;
        let square = if wide { centred.dot(&centred.t()) } else { gram(centred.view()) };
        let eigen =
            symmetric_eigen(square.view()).ok_or("numbers overflowed; put \"standardize\" before pca")?;
        let squares: Vec<f64> = eigen.values.iter().take(most).map(|value| value.max(0.0)).collect();
        let kept = match self.components {
            Components::All => most,
            Components::Count(count) => count,
            Components::Part(part) => fewest(&squares, part),
        };
        let mut directions = eigen.vectors.slice(s![..kept, ..]).to_owned();
        if wide {
            directions = directions.dot(&centred);
        }
        let noise = squares[0] * f64::EPSILON * rows.max(columns) as f64;
        for (mut direction, square) in directions.rows_mut().into_iter().zip(&squares) {
            if *square <= noise {
                direction.fill(0.0);
                continue;
            }
            // From the rows' Gram matrix a direction comes √λ long.
            let length = if wide { square.sqrt() } else { 1.0 };
            let scale = if self.whiten { (square / (rows - 1) as f64).sqrt() } else { 1.0 };
            let largest = direction.fold(
                0.0,
                |largest: f64, part| {
                    if part.abs() > largest.abs() { *part } else { largest }
                },
            );
            direction /= length * scale * largest.signum();
        }
        Ok(FittedPca { mean, directions })
    }
}

/// How many of the variances, largest first, sum to more than `part` of all, as scikit-learn counts them.
fn fewest(variances: &[f64], part: f64) -> usize {
    let total: f64 = variances.iter().sum();
    let mut sum = 0.0;
    let within = variances.iter().take_while(|variance| {
        sum += *variance / total;
        sum <= part
    });
    (within.count() + 1).min(variances.len())
}

impl FittedPca {
    /// Components that are lost in the rounding of the others.
    pub fn without_direction(&self) -> usize {
        self.directions
            .rows()
            .into_iter()
            .filter(|direction| direction.iter().all(|part| *part == 0.0))
            .count()
    }

    pub fn apply(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        (&x - &self.mean).dot(&self.directions.t())
    }

    /// `pca.00`, `pca.01`, …
    pub fn names(&self) -> Vec<String> {
        (0..self.directions.nrows()).map(|component| format!("pca.{component:02}")).collect()
    }
}
