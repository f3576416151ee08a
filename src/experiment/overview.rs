//! What a run keeps of its features, so that a report can picture them without extracting anything: each column's
//! mean and deviation, overall and by class, and a map of the clips on their first two principal components.
//!
//! The map is of standardised columns, missing values at their column's mean. The components are those of a block of
//! eight directions under orthogonal iteration, rotated by Rayleigh and Ritz (G. Golub, C. Van Loan, Matrix
//! Computations, 8.2): a picture's precision at a cost that many columns do not raise much.

use std::path::Path;

use ndarray::{Array2, Axis, s};
use serde::{Deserialize, Serialize};

use crate::algebra::{gram, symmetric_eigen};
use crate::disk::{WriteError, write_atomically};
use crate::random::Draws;
use crate::table::FeatureTable;

/// Of a table with more columns no map is drawn.
const MOST_COLUMNS: usize = 20_000;
const BLOCK: usize = 8;
const ROUNDS: usize = 40;
/// More tables than this are not pictured.
const MOST_TABLES: usize = 6;

/// One table of features in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Overview {
    /// Hash of the table.
    pub table: String,
    pub columns: Vec<String>,
    pub classes: Vec<String>,
    /// Of each column over all clips.
    pub mean: Vec<f32>,
    pub sd: Vec<f32>,
    /// Classes × columns.
    pub class_mean: Vec<Vec<f32>>,
    pub class_sd: Vec<Vec<f32>>,
    pub clip_ids: Vec<String>,
    /// Each clip's class.
    pub class_of_clip: Vec<usize>,
    /// Each clip on the first two components; empty where there are too few or too many columns.
    pub map: Vec<[f32; 2]>,
    /// Part of the variance on each of the two.
    pub explained: [f64; 2],
}

impl Overview {
    /// Of the table that has this hash.
    pub fn of(hash: &str, table: &FeatureTable) -> Self {
        let classes = table.class_names();
        let class_of_clip = table.class_indices();
        let over = |wanted: Option<usize>| -> Vec<(f64, f64)> {
            let columns = table.values.axis_iter(Axis(1));
            columns
                .map(|column| {
                    let of_class = column.iter().zip(&class_of_clip);
                    let kept = of_class.filter(|(_, class)| wanted.is_none_or(|wanted| wanted == **class));
                    mean_and_sd(kept.map(|(value, _)| *value))
                })
                .collect()
        };
        let all = over(None);
        let by_class: Vec<Vec<(f64, f64)>> = (0..classes.len()).map(|class| over(Some(class))).collect();
        let (map, explained) = map(table, &all).unwrap_or_default();
        let firsts = |pairs: &[(f64, f64)]| pairs.iter().map(|pair| pair.0 as f32).collect::<Vec<_>>();
        let seconds = |pairs: &[(f64, f64)]| pairs.iter().map(|pair| pair.1 as f32).collect::<Vec<_>>();
        Self {
            table: hash.to_string(),
            columns: table.columns.clone(),
            mean: firsts(&all),
            sd: seconds(&all),
            class_mean: by_class.iter().map(|pairs| firsts(pairs)).collect(),
            class_sd: by_class.iter().map(|pairs| seconds(pairs)).collect(),
            classes,
            clip_ids: table.clip_ids.clone(),
            class_of_clip,
            map,
            explained,
        }
    }

    /// Whether its lengths agree and its classes are there: a file may have been changed by hand.
    fn is_whole(&self) -> bool {
        let (columns, classes, clips) = (self.columns.len(), self.classes.len(), self.clip_ids.len());
        let wide = |rows: &[Vec<f32>]| rows.len() == classes && rows.iter().all(|row| row.len() == columns);
        self.mean.len() == columns
            && self.sd.len() == columns
            && wide(&self.class_mean)
            && wide(&self.class_sd)
            && self.class_of_clip.len() == clips
            && self.class_of_clip.iter().all(|class| *class < classes)
            && (self.map.is_empty() || self.map.len() == clips)
    }
}

/// Writes `overview.json` beside the run.
pub fn save_overviews<'a>(
    folder: &Path,
    tables: impl Iterator<Item = (&'a str, &'a FeatureTable)>,
) -> Result<(), WriteError> {
    let overviews: Vec<Overview> =
        tables.take(MOST_TABLES).map(|(hash, table)| Overview::of(hash, table)).collect();
    write_atomically(&folder.join("overview.json"), |out| Ok(serde_json::to_writer(out, &overviews)?))
}

/// None where the run has none, or none that can be read.
pub fn load_overviews(folder: &Path) -> Vec<Overview> {
    let bytes = std::fs::read(folder.join("overview.json")).unwrap_or_default();
    let found: Vec<Overview> = serde_json::from_slice(&bytes).unwrap_or_default();
    found.into_iter().filter(Overview::is_whole).collect()
}

/// Of the finite values; 0 where there are none.
fn mean_and_sd(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in values.filter(|value| value.is_finite()) {
        count += 1.0;
        let step = value - mean;
        mean += step / count;
        squares += step * (value - mean);
    }
    (mean, if count > 0.0 { (squares / count).sqrt() } else { 0.0 })
}

fn map(table: &FeatureTable, of_columns: &[(f64, f64)]) -> Option<(Vec<[f32; 2]>, [f64; 2])> {
    let (rows, columns) = table.values.dim();
    if rows < 3 || !(2..=MOST_COLUMNS).contains(&columns) {
        return None;
    }
    let mut x = table.values.clone();
    for (mut column, (mean, sd)) in x.axis_iter_mut(Axis(1)).zip(of_columns) {
        column.mapv_inplace(|value| if value.is_finite() && *sd > 0.0 { (value - mean) / sd } else { 0.0 });
    }
    let total: f64 = x.iter().map(|value| value * value).sum();
    let block = BLOCK.min(columns).min(rows);
    let mut draws = Draws::new(1, "experiment/overview");
    let mut directions = Array2::from_shape_simple_fn((columns, block), || draws.normal());
    for _ in 0..ROUNDS {
        orthonormalise(&mut directions);
        directions = x.t().dot(&x.dot(&directions));
    }
    orthonormalise(&mut directions);
    let seen = x.dot(&directions);
    let ritz = symmetric_eigen(gram(seen.view()).view())?;
    let rotated = seen.dot(&ritz.vectors.slice(s![..2, ..]).t());
    if total <= 0.0 || rotated.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let places = rotated.outer_iter().map(|at| [at[0] as f32, at[1] as f32]).collect();
    Some((places, [ritz.values[0].max(0.0) / total, ritz.values[1].max(0.0) / total]))
}

/// Gram–Schmidt, twice for safety; a direction that vanishes becomes 0.
fn orthonormalise(directions: &mut Array2<f64>) {
    for column in 0..directions.ncols() {
        for _ in 0..2 {
            let (before, mut rest) = directions.view_mut().split_at(Axis(1), column);
            let mut own = rest.column_mut(0);
            for other in before.axis_iter(Axis(1)) {
                let along = own.dot(&other);
                own.scaled_add(-along, &other);
            }
            let length = own.dot(&own).sqrt();
            if length > 1e-200 {
                own /= length;
            } else {
                own.fill(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_table_is_summed_up_and_mapped() {
        let text = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let table = FeatureTable::new(
            text(&["p", "q", "r", "s"]),
            text(&["rock", "jazz", "rock", "jazz"]),
            vec![None; 4],
            vec![None; 4],
            text(&["a", "b", "still"]),
            array![[0.0, 0.0, 5.0], [1.0, 1.0, 5.0], [2.0, 2.0, 5.0], [3.0, f64::NAN, 5.0]],
        )
        .unwrap();
        let overview = Overview::of("h", &table);
        assert_eq!(overview.mean, [1.5, 1.0, 5.0]);
        assert_eq!(overview.class_mean[0], [2.0, 1.0, 5.0]);
        assert_eq!(overview.class_sd[1], [1.0, 1.0, 0.0]);
        assert_eq!(overview.map.len(), 4);
        assert!(
            (overview.explained[0] + overview.explained[1] - 1.0).abs() < 1e-9,
            "{:?}",
            overview.explained
        );
        assert!(overview.explained[0] > overview.explained[1]);
    }
}
