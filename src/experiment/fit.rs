//! One row of an experiment fitted for use: on all rows, or on the training side of the first split.

use super::fitting::ready;
use super::gather::Data;
use super::model_file::{LearnedFrom, ModelHeader, SavedModel};
use super::runner::check_only;
use super::training_side::{TrainingSide, build};
use super::{ExperimentError, ExtractionPlan, Observer, RunRequest};
use crate::guarded::guarded;
use crate::random::Draws;

/// Which rows it learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitOn {
    /// A model for use: its score is what `run` estimates with less.
    All,
    /// The training side of the first split, so that the test side can still judge it.
    Train,
}

/// Fits the one row that `request.only` names.
pub fn fit(
    mut request: RunRequest,
    on: FitOn,
    observer: &dyn Observer,
) -> Result<SavedModel, ExperimentError> {
    check_only(&request.experiment, &request.only)?;
    request.experiment.rows.retain(|row| request.only.contains(&row.name));
    let data = Data::gather(&request, observer)?;
    let experiment = &request.experiment;
    let [row] = experiment.rows.as_slice() else {
        return Err(ExperimentError::Choice { message: "name one row to fit".to_string() });
    };
    let keyed = &data.tables[data.table_of_row[0]];
    let table = &keyed.table;
    let all: Vec<usize> = (0..table.len()).collect();
    let (rows, side) = match on {
        FitOn::All => (all, "all rows".to_string()),
        FitOn::Train => {
            let splits = experiment.split.splits(table.clip_rows())?;
            (splits[0].train.clone(), "the training side of the first split".to_string())
        }
    };
    // As in the run: where the experiment's splits keep groups apart, so does the search.
    let grouped = row.search.is_some()
        && table.groups.iter().all(Option::is_some)
        && experiment.split.splits(table.clip_rows())?.iter().all(|split| split.shared_groups == 0);
    let seed = Draws::new(experiment.seed, &format!("fit/{}", row.model)).seed();
    observer.begin("fitting the model", 1);
    let fitted = guarded(|| {
        let training = TrainingSide { table, rows: &rows, grouped };
        let ready = ready(row, &training, seed)?;
        let mut notes = ready.prepare.notes(&table.columns);
        let fitted = ready.fit(row, seed)?;
        notes.extend(fitted.search.iter().map(|search| search.note()));
        notes.extend(fitted.model.notes());
        Ok::<_, ExperimentError>((fitted, notes))
    });
    observer.end();
    let (fitted, notes) = fitted.map_err(|panic| ExperimentError::Choice {
        message: format!("row `{}`: the model broke off: {panic}", row.name),
    })??;
    notes.iter().for_each(|note| observer.note(note));
    let features = row.features.clone().unwrap_or_default();
    let definition = ExtractionPlan::from_spec(&features).ok().map(|plan| plan.definition());
    let header = ModelHeader {
        genrebench_version: env!("CARGO_PKG_VERSION").to_string(),
        experiment: experiment.name.clone(),
        row: row.name.clone(),
        model: row.model.clone(),
        parameters: build(row, &fitted.parameters)?.parameters(),
        features,
        definition,
        columns: table.columns.clone(),
        prepare: row.prepare.names(),
        classes: table.class_names(),
        seed,
        learned_from: LearnedFrom {
            dataset: data.name.clone(),
            synthetic: data.synthetic,
            side,
            clips: rows.len(),
            table: keyed.record.hash.clone(),
            seconds: data.median_seconds(),
        },
        notes,
    };
    Ok(SavedModel { header, prepare: fitted.prepare, model: fitted.model })
}
