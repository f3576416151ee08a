//! The runner: data set → features (cached) → splits → cells (each saved) → Run.

use std::sync::atomic::AtomicBool;

use super::bench::Bench;
use super::cell::{self, CellRecord, Outcome};
use super::cell_key::CellKey;
use super::clock::{peak_memory_mib, utc_now};
use super::devices::check_devices;
use super::ensemble::{self, Member};
use super::ensemble_spec::{Combine, EnsembleSpec};
use super::gate;
use super::gather::Data;
use super::inner_search::check_validation_side;
use super::keyed_table::KeyedTable;
use super::ledger;
use super::only::{check_only, is_named};
use super::output::{check_free, check_writable, edited, other_clips};
use super::overview::{load_overviews, save_overviews};
use super::perturbed::PerturbedTable;
use super::run::{RowRecord, Run, save_cell};
use super::seal::seal;
use super::training_side::{build, unsearched};
use super::{Experiment, ExperimentError, Observer, Row, RunRequest};
use crate::table::{ClipRows, Split, SplitSpec, split_notes};

/// Runs every cell that has no record yet, and leaves the record.
pub fn run(request: &RunRequest, observer: &dyn Observer) -> Result<Run, ExperimentError> {
    let experiment = &request.experiment;
    check_only(experiment, &request.only)?;
    let asked = |name: &String| is_wanted(experiment, &request.only, name);
    let cards = check_devices(experiment, experiment.rows.iter().filter(|row| asked(&row.name)), observer)?;
    check_free(&request.out, experiment)?;
    check_writable(&request.out)?;
    edited(&request.out, experiment).iter().for_each(|note| observer.note(note));
    let started_utc = utc_now();
    experiment.watermarks.iter().for_each(|watermark| observer.note(watermark));

    let data = Data::gather_if(request, observer, &|clips| can_be_split(experiment, clips))?;
    let splits = experiment.split.splits(data.clip_rows())?;
    can_be_searched(experiment, &splits)?;
    let split_notes = notes_on_split(experiment, &data, &splits, &experiment.allow)?;
    split_notes.iter().for_each(|note| observer.note(note));

    let mut run = data.record(request, started_utc);
    let names = experiment.rows.iter().map(|row| &row.name);
    run.experiment.not_asked = names.filter(|name| !asked(name)).cloned().collect();
    run.dataset.notes.extend(split_notes);
    run.dataset.notes.extend(cards.iter().map(|card| format!("networks were trained on {card}")));
    for (place, (row, &table)) in experiment.rows.iter().zip(&data.table_of_row).enumerate() {
        let worse = data.perturbed.of_row(place);
        let keyed = &data.tables[table];
        let record = row_record(row, (table, keyed), &worse, &run.rows, &splits, experiment.seed)?;
        run.rows.push(record);
    }
    other_clips(&request.out, &run).iter().for_each(|note| observer.note(note));
    run.save(&request.out)?;
    let tables = data
        .tables
        .iter()
        .filter(|keyed| keyed.failure.is_none())
        .map(|keyed| (keyed.record.hash.as_str(), &keyed.table));
    save_overviews(&request.out, tables)?;
    run.overviews = load_overviews(&request.out);

    compute_cells(&mut run, request, &data, &splits, observer)?;
    let complete = run.cells.len() == run.rows.iter().map(|row| row.cells.len()).sum::<usize>();
    run.finished_utc = complete.then(utc_now);
    run.peak_memory_mib = peak_memory_mib();
    run.looks = ledger::looks(&request.out);
    run.save(&request.out)?;
    run.save_results(&request.out)?;
    seal(&request.out, &run)?;
    Ok(run)
}

fn compute_cells(
    run: &mut Run,
    request: &RunRequest,
    data: &Data,
    splits: &[Split],
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let wanted = |row: &RowRecord| is_wanted(&request.experiment, &request.only, &row.name);
    let total = run.rows.iter().filter(|row| wanted(row)).count() * splits.len();
    let (between_checkpoints, warned) = (request.between_checkpoints, &AtomicBool::new(false));
    let bench = Bench { out: Some(&request.out), between_checkpoints, observer, warned };
    observer.begin("fitting models", total);
    for (row, record) in request.experiment.rows.iter().zip(&run.rows) {
        for (key, split) in record.cells.iter().zip(splits) {
            // What an ensemble says of a member that failed is over once all of them answer; to put answers together
            // costs nothing.
            let is_over = || {
                let spec = row.ensemble.as_ref().filter(|spec| spec.combine != Combine::Stacking);
                spec.is_some_and(|spec| members_answer(spec, key, &run.cells))
            };
            let done = match run.sound_cell(&request.out, key) {
                Some(cell) if cell.predictions().is_some() || !wanted(record) && !is_over() => cell,
                None if !wanted(record) => continue,
                _ => {
                    let place = Place { experiment: &request.experiment, data, split, bench };
                    let Some(cell) = place.compute(key, row, &run.cells) else { continue };
                    for _ in 0..looks_of(&cell) {
                        ledger::append(&request.out, key, &run.experiment.hash)?;
                    }
                    save_cell(&request.out, &cell)?;
                    cell
                }
            };
            // Not before its cell is on disk: a training that took a day is not lost to a full one.
            if done.predictions().is_some() {
                bench.forget_what_led_to(key, &record.parameters);
            }
            if wanted(record) {
                observer.step();
            }
            run.cells.push(done);
        }
    }
    observer.end();
    Ok(())
}

fn members_answer(spec: &EnsembleSpec, key: &CellKey, cells: &[CellRecord]) -> bool {
    let of_member = |name: &String, cell: &&CellRecord| {
        cell.key.row == *name && (cell.key.repeat, cell.key.fold) == (key.repeat, key.fold)
    };
    let answers =
        |name| cells.iter().find(|cell| of_member(name, cell)).is_some_and(|c| c.predictions().is_some());
    spec.of.iter().all(answers)
}

/// How often the test side was looked at for this cell: by its model, by every trial that was scored there too, by the
/// model on each kind of altered clips, and by it once more to explain it.
fn looks_of(cell: &CellRecord) -> usize {
    if matches!(cell.outcome, Outcome::Failed { .. }) {
        return 0;
    }
    let tuned = cell.search.as_ref().and_then(|search| search.optimistic.as_ref());
    let tuned = tuned.map_or(0, |optimistic| optimistic.looks);
    1 + tuned + cell.perturbed.len() + usize::from(cell.explanation.is_some())
}

/// What a reader of any figure must know of the clips on both sides; an error where something stands on both that is not
/// allowed to.
pub fn notes_on_split(
    experiment: &Experiment,
    data: &Data,
    splits: &[Split],
    allowed: &[String],
) -> Result<Vec<String>, ExperimentError> {
    let crossings = gate::crossings(&data.inspection, &experiment.split, data.clip_rows(), splits);
    let mut notes = split_notes(splits);
    notes.extend(gate::pass(&data.inspection, &crossings, allowed)?);
    notes.extend(one_group(data.clip_rows().groups, splits));
    Ok(notes)
}

/// Refuses a split that cannot be drawn, before hours go into features.
fn can_be_split(experiment: &Experiment, clips: ClipRows<'_>) -> Result<(), ExperimentError> {
    let split = &experiment.split;
    let some_lack = |of: &[Option<String>]| of.iter().any(Option::is_some) && of.iter().any(Option::is_none);
    // Those without a group or a fold may be the very ones that turn out to be unusable.
    let is_open = match split {
        SplitSpec::Group(_) | SplitSpec::GroupKfold(_) => some_lack(clips.groups),
        SplitSpec::Official(_) => some_lack(clips.folds),
        _ => false,
    };
    match is_open {
        true => Ok(()),
        false => can_be_searched(experiment, &split.splits(clips)?),
    }
}

/// Refuses searches by a validation side that a split does not have.
fn can_be_searched(experiment: &Experiment, splits: &[Split]) -> Result<(), ExperimentError> {
    experiment
        .rows
        .iter()
        .try_for_each(|row| splits.iter().try_for_each(|split| check_validation_side(row, &split.watched)))
}

/// Said where all test clips are of one artist or source.
fn one_group(groups: &[Option<String>], splits: &[Split]) -> Option<String> {
    let tested = || splits.iter().flat_map(|split| &split.test).map(|&row| groups[row].as_ref());
    let first = tested().next()??;
    tested().all(|group| group == Some(first)).then(|| {
        format!(
            "all test clips are of one artist or source ({first}): intervals redraw its clips, and say nothing of others"
        )
    })
}

/// Whether a row is asked for, or belongs to an ensemble that is.
fn is_wanted(experiment: &Experiment, only: &[String], name: &String) -> bool {
    let asked = |name: &String| only.is_empty() || is_named(only, name, &experiment.rows);
    let has = |row: &Row| row.ensemble.as_ref().is_some_and(|spec| spec.of.contains(name));
    asked(name) || experiment.rows.iter().any(|row| asked(&row.name) && has(row))
}

/// A cell's surroundings.
pub struct Place<'a> {
    pub experiment: &'a Experiment,
    pub data: &'a Data,
    pub split: &'a Split,
    pub bench: Bench<'a>,
}

impl Place<'_> {
    /// The cell of `key`; none for an ensemble whose members are not among `known`.
    pub fn compute(&self, key: &CellKey, row: &Row, known: &[CellRecord]) -> Option<CellRecord> {
        let Self { experiment, data, split, bench } = self;
        let table_of = |name: &str| {
            let place = experiment.rows.iter().position(|row| row.name == name)?;
            Some((&experiment.rows[place], &data.tables[*data.table_of_row.get(place)?]))
        };
        if let Some(spec) = &row.ensemble {
            let members = spec.of.iter().map(|name| {
                let (row, data) = table_of(name)?;
                let of = |cell: &&CellRecord| {
                    cell.key.row == *name && (cell.key.repeat, cell.key.fold) == (key.repeat, key.fold)
                };
                Some(Member { row, data, cell: known.iter().find(of)? })
            });
            let members = members.collect::<Option<Vec<_>>>()?;
            return Some(ensemble::compute(key.clone(), row, spec, &members, split, bench));
        }
        let (_, KeyedTable { table, frames, failure, .. }) = table_of(&row.name)?;
        let place = experiment.rows.iter().position(|known| known.name == row.name)?;
        let worse = data.perturbed.of_row(place);
        Some(match failure {
            Some(reason) => cell::refused(key.clone(), reason),
            None => cell::compute(key.clone(), row, table, frames.as_deref(), &worse, split, bench),
        })
    }
}

/// A row's parameters before its search, without those that only the search supplies.
fn parameters_of(row: &Row) -> Result<serde_json::Value, ExperimentError> {
    let mut parameters = unsearched(row)?.parameters();
    let of_search = row.search.as_ref().filter(|_| build(row, &row.parameters).is_err());
    if let (Some(search), Some(known)) = (of_search, parameters.as_object_mut()) {
        known.retain(|key, _| !search.space.contains_key(key));
    }
    Ok(parameters)
}

/// What the record tells of a row by its recipe alone, before its cells have names.
pub fn recipe_record(row: &Row, table: usize) -> Result<RowRecord, ExperimentError> {
    let parameters = match &row.ensemble {
        Some(spec) => serde_json::json!(spec),
        None => parameters_of(row)?,
    };
    Ok(RowRecord {
        name: row.name.clone(),
        model: row.model.clone(),
        parameters,
        published: row.published.clone(),
        reference: row.reference.clone(),
        note: row.note.clone(),
        search: row.search.as_ref().map(|search| serde_json::json!(search)),
        seed: row.seed,
        explain: row.explain.clone(),
        perturb: row.perturb.clone(),
        prepare: row.prepare.names(),
        table,
        cells: Vec::new(),
    })
}

/// The same with its cells, whose names follow from the data too; `above` are the records of the rows above it.
pub fn row_record(
    row: &Row,
    (table, data): (usize, &KeyedTable),
    worse: &[&PerturbedTable],
    above: &[RowRecord],
    splits: &[Split],
    seed: u64,
) -> Result<RowRecord, ExperimentError> {
    let record = recipe_record(row, table)?;
    let cells: Vec<CellKey> = match &row.ensemble {
        Some(spec) => {
            // In the order in which they are put together.
            let record = |name: &String| above.iter().find(|record| record.name == *name);
            let members: Vec<&RowRecord> = spec.of.iter().filter_map(record).collect();
            let cells = splits.iter().enumerate().map(|(at, split)| {
                let of: Vec<&CellKey> = members.iter().map(|record| &record.cells[at]).collect();
                CellKey::of_ensemble(row, spec, &of, split, seed)
            });
            cells.collect()
        }
        None => {
            let perturbed: Vec<String> = worse.iter().map(|worse| worse.identity()).collect();
            let key =
                |split| CellKey::new(row, &record.parameters, &data.record.hash, &perturbed, split, seed);
            splits.iter().map(key).collect()
        }
    };
    Ok(RowRecord { cells, ..record })
}
