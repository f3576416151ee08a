//! A cell whose model is a neural network: clips instead of rows, segments inside, learning curves in the record.

use super::bench::Bench;
use super::cell_key::{CellKey, Times};
use super::clock::Stopwatch;
use super::inner_search::SearchRecord;
use super::network_search::NetworkSearch;
use super::teaching::{Classroom, Taught};
use super::{ExperimentError, Row};
use crate::metrics::Predictions;
use crate::models::Network;
use crate::table::Split;

/// The row with the parameters that its search finds, and the record of the search; nothing where it has none.
pub fn searched(
    key: &CellKey,
    classroom: &Classroom<'_>,
    split: &Split,
    bench: &Bench<'_>,
) -> Result<Option<(Row, SearchRecord)>, ExperimentError> {
    let row = classroom.row;
    let Some(spec) = &row.search else { return Ok(None) };
    let (rows, watched) = (&split.train, &split.watched);
    let grouped = split.keeps_apart(&classroom.table.groups);
    let search = NetworkSearch { classroom: *classroom, spec, rows, watched, grouped, key, bench: *bench };
    let (winner, record) = search.run()?;
    Ok(Some((row.found(&winner), record)))
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
    let taught = bench.workshop(key.seed, key.training_name(), &tell, |workshop| {
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
