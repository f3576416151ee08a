//! A cell whose model is a neural network: clips instead of rows, segments inside, learning curves in the record.

use super::ExperimentError;
use super::bench::Bench;
use super::cell_key::{CellKey, Times};
use super::clock::Stopwatch;
use super::inner_search::SearchRecord;
use super::network_search::NetworkSearch;
use super::search::overlaid;
use super::teaching::{Classroom, Taught};
use super::training_side::build;
use crate::metrics::Predictions;
use crate::models::{Model, Network};
use crate::table::Split;

/// What a search found: the model with the winning parameters, and the record of its trials.
pub type Found = (Box<dyn Model>, SearchRecord);

/// The model with the parameters that the row's search finds, where it has one.
pub fn searched(
    key: &CellKey,
    classroom: &Classroom<'_>,
    split: &Split,
    grouped: bool,
    bench: &Bench<'_>,
) -> Result<Option<Found>, ExperimentError> {
    let row = classroom.row;
    let Some(spec) = &row.search else { return Ok(None) };
    let (rows, watched) = (&split.train, &split.watched);
    let search = NetworkSearch { classroom: *classroom, spec, rows, watched, grouped, key, bench: *bench };
    let (winner, record) = search.run()?;
    Ok(Some((build(row, &overlaid(&row.parameters, &winner))?, record)))
}

/// Trains on the training side and answers for the test side.
pub fn attempt(
    key: &CellKey,
    network: &dyn Network,
    classroom: &Classroom<'_>,
    split: &Split,
    bench: &Bench<'_>,
    times: &mut Times,
    notes: &mut Vec<String>,
) -> Result<(Predictions, Taught), ExperimentError> {
    let row = classroom.row;
    let tell = |text: &str| bench.observer.detail(&format!("{}: {text}", row.name));
    let watch = Stopwatch::start();
    let name = key.training.as_deref().unwrap_or(&key.id);
    let taught = bench.workshop(key.seed, name, &tell, |workshop| {
        classroom.teach(network, &split.train, &split.watched, workshop)
    })?;
    (times.fit_wall_seconds, times.fit_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());

    let watch = Stopwatch::start();
    let answer = classroom.answer(&taught, &split.test)?;
    (times.predict_wall_seconds, times.predict_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
    notes.extend(taught.prepare.iter().flat_map(|prepare| prepare.notes(&classroom.table.columns)));
    notes.extend(taught.trained.notes());
    Ok((classroom.predictions(&answer, &split.test), taught))
}
