//! One row of an experiment fitted for use: on all rows, or on the training side of the first split.

use super::bench::Bench;
use super::cell::halves;
use super::cell_key::{CellKey, seed_of};
use super::devices::check_devices;
use super::fitting::{FittedRow, ready};
use super::gather::Data;
use super::hearing_plan::HearingPlan;
use super::model_file::{LearnedFrom, ModelHeader, SavedFit, SavedModel};
use super::network_search::NetworkSearch;
use super::only::{check_only, is_named};
use super::output::check_writable_file;
use super::search::SearchSpec;
use super::teaching::Classroom;
use super::training_side::{TrainingSide, build};
use super::{ExperimentError, Observer, Row, RunRequest};
use crate::guarded::guarded;
use crate::table::FittedPrepare;

/// Which rows it learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitOn {
    /// A model for use: its score is what `run` estimates with less.
    All,
    /// The training side of the first split, so that the test side can still judge it.
    Train,
}

/// Fits the one row that `request.only` names, for the file `request.out`.
pub fn fit(request: &RunRequest, on: FitOn, observer: &dyn Observer) -> Result<SavedModel, ExperimentError> {
    check_only(&request.experiment, &request.only)?;
    let mut request = request.clone();
    let asked = |row: &&Row| is_named(&request.only, &row.name, &request.experiment.rows);
    let rows: Vec<Row> = request.experiment.rows.iter().filter(asked).map(Row::predicting_only).collect();
    request.experiment.rows = rows;
    let experiment = &request.experiment;
    check_devices(experiment, experiment.rows.iter(), observer)?;
    check_engines(&experiment.rows)?;
    let row = one_row(&experiment.rows)?;
    check_writable_file(&request.out)?;
    let data = Data::gather(&request, observer)?;
    let keyed = &data.tables[data.table_of_row[0]];
    if let Some(reason) = &keyed.failure {
        return Err(ExperimentError::NoFeatures { reason: reason.clone() });
    }
    let table = &keyed.table;
    let all: Vec<usize> = (0..table.len()).collect();
    let splits = match experiment.split.splits(data.clip_rows()) {
        // Nothing else goes by them.
        Err(error) if on == FitOn::Train || row.search.is_some() => return Err(error.into()),
        splits => splits.unwrap_or_default(),
    };
    let (rows, side) = match on {
        FitOn::All => (all, "all rows".to_string()),
        FitOn::Train => (splits[0].train.clone(), "the training side of the first split".to_string()),
    };
    // As in the run: where the experiment's splits keep groups apart, so does the search.
    let grouped =
        table.groups.iter().all(Option::is_some) && splits.iter().all(|split| split.shared_groups == 0);
    let seed = seed_of(row, &format!("fit/{}", row.model), experiment.seed);
    observer.begin("fitting the model", 1);
    let frames = keyed.frames.as_deref();
    // All rows are learned from, so what the data set sets aside is watched in either case.
    let watched = splits.first().map(|split| split.watched.clone()).unwrap_or_default();
    let learns = Side { rows: &rows, watched: &watched, grouped, seed };
    let classroom = Classroom { row, table, frames };
    let fitted = guarded(|| match frames {
        Some(_) => fit_network(&classroom, &learns, observer),
        None => fit_rows(&classroom, &learns, observer),
    });
    observer.end();
    let Done { parameters, prepare, model, notes } = fitted.map_err(|panic| ExperimentError::Choice {
        message: format!("row `{}`: the model broke off: {panic}", row.name),
    })??;
    notes.iter().for_each(|note| observer.note(note));
    let features = row.features.clone().unwrap_or_default();
    let definition = HearingPlan::new(&features).ok().map(|plan| plan.definition());
    let header = ModelHeader {
        genrebench_version: env!("CARGO_PKG_VERSION").to_string(),
        experiment: experiment.name.clone(),
        row: row.name.clone(),
        model: row.model.clone(),
        parameters: build(row, &parameters)?.parameters(),
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
    Ok(SavedModel { header, prepare, model })
}

/// The one row that was named, where it can be fitted by itself.
fn one_row(rows: &[Row]) -> Result<&Row, ExperimentError> {
    let [row] = rows else {
        let names = rows.iter().map(|row| format!("\"{}\"", row.name)).collect::<Vec<_>>();
        let message = format!("name one row to fit, such as one of {}", names.join(", "));
        return Err(ExperimentError::Choice { message });
    };
    if row.ensemble.is_some() {
        let message = format!("row `{}` puts other rows together; fit one of those", row.name);
        return Err(ExperimentError::Choice { message });
    }
    Ok(row)
}

/// Refuses rows whose model, or one that their search may find, could not be kept.
fn check_engines(rows: &[Row]) -> Result<(), ExperimentError> {
    for row in rows {
        let searched: Vec<toml::Table> = row.search.iter().flat_map(SearchSpec::each_alone).collect();
        if let Some(engine) = std::iter::once(&row.parameters).chain(&searched).find_map(other_engine) {
            let message = format!(
                "row `{}`: a model of engine \"{engine}\" stays in its memory and cannot be kept in a file; fit the \
                 native one",
                row.name
            );
            return Err(ExperimentError::Choice { message });
        }
    }
    Ok(())
}

/// The engine that a row names, itself or for a model within its model, where it is not ours.
fn other_engine(parameters: &toml::Table) -> Option<&str> {
    fn within(value: &toml::Value) -> Option<&str> {
        match value {
            toml::Value::Table(table) => other_engine(table),
            toml::Value::Array(values) => values.iter().find_map(within),
            _ => None,
        }
    }
    let own = parameters.get("engine").and_then(toml::Value::as_str).filter(|engine| *engine != "native");
    own.or_else(|| parameters.values().find_map(within))
}

/// A row fitted.
struct Done {
    parameters: toml::Table,
    prepare: Option<FittedPrepare>,
    model: SavedFit,
    notes: Vec<String>,
}

fn fit_rows(
    classroom: &Classroom<'_>,
    side: &Side<'_>,
    observer: &dyn Observer,
) -> Result<Done, ExperimentError> {
    let &Side { rows, watched, grouped, seed } = side;
    let bench = Bench::without_checkpoints(observer);
    let halved = if halves(classroom.row) { searched(classroom, side, &bench)? } else { None };
    let (found, note) = halved.unzip();
    let row = found.as_ref().unwrap_or(classroom.row);
    let training = TrainingSide { table: classroom.table, rows, grouped, watched };
    let ready = ready(row, &training, seed)?;
    let mut notes: Vec<String> = note.into_iter().collect();
    notes.extend(ready.prepare.notes(&training.table.columns));
    let fitted = ready.fit(row, seed)?;
    notes.extend(fitted.search.iter().map(|search| search.note()));
    notes.extend(fitted.model.notes());
    let FittedRow { parameters, prepare, model, .. } = fitted;
    Ok(Done { parameters, prepare: Some(prepare), model: SavedFit::Rows(model), notes })
}

/// What a model learns from.
struct Side<'a> {
    rows: &'a [usize],
    /// Those of them that the data set sets aside for validation.
    watched: &'a [usize],
    /// Whether whatever divides the rows must keep their groups together.
    grouped: bool,
    seed: u64,
}

/// The row with the parameters that its search finds, and what to tell of it; nothing where it has none.
fn searched(
    classroom: &Classroom<'_>,
    &Side { rows, watched, grouped, seed }: &Side<'_>,
    bench: &Bench<'_>,
) -> Result<Option<(Row, String)>, ExperimentError> {
    let row = classroom.row;
    let Some(spec) = &row.search else { return Ok(None) };
    let (row_name, id) = (row.name.clone(), "fit".to_string());
    let key = &CellKey { row: row_name, repeat: 0, fold: 0, seed, id, training: None };
    let search = NetworkSearch { classroom: *classroom, spec, rows, watched, grouped, key, bench: *bench };
    let (winner, record) = search.run()?;
    Ok(Some((row.found(&winner), record.note())))
}

fn fit_network(
    classroom: &Classroom<'_>,
    side: &Side<'_>,
    observer: &dyn Observer,
) -> Result<Done, ExperimentError> {
    let row = classroom.row;
    let &Side { rows, watched, seed, .. } = side;
    let bench = Bench::without_checkpoints(observer);
    let (found, note) = searched(classroom, side, &bench)?.unzip();
    let mut notes: Vec<String> = note.into_iter().collect();
    let parameters = found.as_ref().unwrap_or(row).parameters.clone();
    let model = build(row, &parameters)?;
    let network = model.network().ok_or_else(|| ExperimentError::Choice {
        message: format!("row `{}`: `{}` takes no frames", row.name, row.model),
    })?;
    let tell = |text: &str| observer.detail(text);
    let taught =
        bench.workshop(seed, "fit", &tell, |workshop| classroom.teach(network, rows, watched, workshop))?;
    notes.extend(taught.prepare.iter().flat_map(|prepare| prepare.notes(&classroom.table.columns)));
    notes.extend(taught.trained.notes());
    Ok(Done { parameters, prepare: taught.prepare, model: SavedFit::Clips(taught.trained), notes })
}
