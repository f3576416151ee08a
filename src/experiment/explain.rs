//! Permutation importance: how much a score falls when a column, or all columns of a feature, are shuffled.
//!
//! For each repeat the test rows' values of the columns are dealt to other rows (all columns of a group by one
//! permutation), before the preparation, and the fitted row is asked again; importance is the score as it was minus
//! the score then (for a loss, the other way round), mean and standard deviation over the repeats. L. Breiman, "Random
//! Forests" (2001); scikit-learn's `permutation_importance`. Columns that say the same as others look unimportant one
//! by one, which is why groups are shuffled too. Where the model has importances of its own (trees: impurity), they
//! stand beside.

use ndarray::Axis;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ExperimentError;
use super::explain_spec::ExplainSpec;
use super::fitting::FittedRow;
use super::inner_search::score;
use crate::metrics::{find, mean_sd};
use crate::random::Draws;
use crate::table::{FeatureTable, groups};

/// What the test side of a cell says of the columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub metric: String,
    /// With nothing shuffled.
    pub score: f64,
    pub repeats: usize,
    /// In the table's order.
    pub groups: Vec<Importance>,
    pub columns: Vec<Importance>,
    /// The model's own, by the columns it was given (after the preparation), summing to 1.
    pub model: Vec<Importance>,
}

/// What a column, or a group of them, gave: how much the score fell without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    pub name: String,
    pub mean: f64,
    /// Over repeats; none for a single one and for the model's own.
    pub sd: Option<f64>,
}

/// Shuffles every column and group of the test rows in turn.
pub fn explain(
    spec: &ExplainSpec,
    fitted: &FittedRow,
    table: &FeatureTable,
    rows: &[usize],
    seed: u64,
) -> Result<Explanation, ExperimentError> {
    let refuse = |message: String| ExperimentError::Choice { message };
    let metric = find(&spec.metric).ok_or_else(|| refuse(format!("no metric `{}`", spec.metric)))?;
    let classes = table.class_names();
    let indices = table.class_indices();
    let truth: Vec<usize> = rows.iter().map(|&row| indices[row]).collect();
    let test = table.values.select(Axis(0), rows);
    let prepared = fitted.prepare.apply(test.view());
    let base = score(&*fitted.model, &prepared, &truth, &classes, metric).map_err(refuse)?;
    let sign = if metric.higher_is_better { 1.0 } else { -1.0 };
    let fall = |kind: &str, name: &str, columns: &[usize]| -> Result<Importance, ExperimentError> {
        let falls: Vec<f64> = (0..spec.repeats)
            .map(|repeat| {
                let mut order: Vec<usize> = (0..rows.len()).collect();
                Draws::new(seed, &format!("explain/{kind}/{name}/{repeat}")).shuffle(&mut order);
                let mut shuffled = test.clone();
                for (to, from) in order.iter().enumerate() {
                    columns.iter().for_each(|&column| shuffled[[to, column]] = test[[*from, column]]);
                }
                let prepared = fitted.prepare.apply(shuffled.view());
                score(&*fitted.model, &prepared, &truth, &classes, metric).map(|score| sign * (base - score))
            })
            .collect::<Result<_, _>>()
            .map_err(refuse)?;
        let found = mean_sd(&falls);
        Ok(Importance {
            name: name.to_string(),
            mean: found.map_or(0.0, |found| found.mean),
            sd: found.and_then(|found| found.sd),
        })
    };
    let groups: Vec<(String, Vec<usize>)> = if spec.groups { groups(&table.columns) } else { Vec::new() };
    let by_group = groups.par_iter().with_max_len(1).map(|(name, columns)| fall("group", name, columns));
    let by_group: Vec<Importance> = by_group.collect::<Result<_, _>>()?;
    let singles: &[String] = if spec.columns { &table.columns } else { &[] };
    let by_column = singles.par_iter().enumerate().with_max_len(1);
    let by_column: Vec<Importance> =
        by_column.map(|(column, name)| fall("column", name, &[column])).collect::<Result<_, _>>()?;
    let own = fitted.model.importances().unwrap_or_default();
    let names = fitted.prepare.columns(&table.columns);
    let model = names.into_iter().zip(own).map(|(name, mean)| Importance { name, mean, sd: None }).collect();
    Ok(Explanation {
        metric: spec.metric.clone(),
        score: base,
        repeats: spec.repeats,
        groups: by_group,
        columns: by_column,
        model,
    })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::experiment::fitting::ready;
    use crate::experiment::rows_for_tests::row;
    use crate::experiment::training_side::TrainingSide;

    /// Class by the sign of column a.0; a.1 repeats it, b is noise.
    fn table() -> FeatureTable {
        let mut draws = Draws::new(1, "explain");
        let rows = 120;
        let labels: Vec<String> = (0..rows).map(|row| ["x", "y"][row % 2].to_string()).collect();
        let values = Array2::from_shape_fn((rows, 3), |(row, column)| match column {
            0 | 1 => (row % 2) as f64 * 4.0 + draws.normal() * 0.1,
            _ => draws.normal(),
        });
        let columns = ["a.0", "a.1", "b"].map(str::to_string).to_vec();
        let ids = (0..rows).map(|row| format!("{row:03}")).collect();
        FeatureTable::new(ids, labels, vec![None; rows], vec![None; rows], columns, values).unwrap()
    }

    #[test]
    fn what_tells_the_classes_apart_matters_and_twins_hide_each_other() {
        let table = table();
        let row = row("model = \"random_forest\"\nn_estimators = 20\nprepare = [\"standardize\"]");
        let rows: Vec<usize> = (0..120).collect();
        let side = TrainingSide { table: &table, rows: &rows, grouped: false, watched: &[] };
        let fitted = ready(&row, &side, 3).unwrap().fit(&row, 3).unwrap();
        let found = explain(&ExplainSpec::default(), &fitted, &table, &rows, 3).unwrap();
        assert_eq!(found.score, 1.0);
        let of = |list: &[Importance], name: &str| list.iter().find(|one| one.name == name).unwrap().mean;
        assert!(of(&found.groups, "a") > 0.3, "{found:?}");
        assert!(of(&found.groups, "b").abs() < 0.02, "{found:?}");
        // The trees that ask one twin hide the other.
        let twin = of(&found.columns, "a.0").min(of(&found.columns, "a.1"));
        assert!(twin < 0.5 * of(&found.groups, "a"), "{found:?}");
        assert!((found.model.iter().map(|one| one.mean).sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(found, explain(&ExplainSpec::default(), &fitted, &table, &rows, 3).unwrap());
        // A loss rises where a score falls.
        let loss = ExplainSpec { metric: "log_loss".to_string(), ..ExplainSpec::default() };
        assert!(of(&explain(&loss, &fitted, &table, &rows, 3).unwrap().groups, "a") > 0.3);
    }

    #[test]
    fn a_search_finds_the_parameter_that_generalises_and_records_every_trial() {
        let table = table();
        let row = row("model = \"knn\"\nsearch = { folds = 3, space = { n_neighbors = [1, 200, 3] } }");
        let rows: Vec<usize> = (0..90).collect();
        let side = TrainingSide { table: &table, rows: &rows, grouped: false, watched: &[] };
        let fitted = ready(&row, &side, 3).unwrap().fit(&row, 3).unwrap();
        let record = fitted.search.unwrap();
        assert_eq!(record.trials.len(), 3);
        assert!(record.trials[1].failure.as_ref().unwrap().contains("200"), "{record:?}");
        // 1 and 3 neighbours are equally good: the first wins.
        assert_eq!((record.chosen, fitted.parameters["n_neighbors"].as_integer()), (0, Some(1)));
        assert!(record.note().contains("n_neighbors = 1 won of 3 trials"), "{}", record.note());
    }
}
