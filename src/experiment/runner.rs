//! The runner: data set → features (cached) → splits → cells (each saved) → Run.

use std::path::Path;

use super::cell::{self, Outcome};
use super::cell_key::CellKey;
use super::clock::{peak_memory_mib, utc_now};
use super::gate;
use super::gather::{Data, KeyedTable};
use super::ledger;
use super::network_cell::Bench;
use super::overview::{load_overviews, save_overviews};
use super::perturbed::PerturbedTable;
use super::run::{RowRecord, Run, load_cell, save_cell};
use super::seal::seal;
use super::training_side::build;
use super::{Experiment, ExperimentError, Observer, Row, RunRequest};
use crate::spelling;
use crate::table::{Split, split_notes};

/// Runs every cell that has no record yet, and leaves the record.
pub fn run(request: &RunRequest, observer: &dyn Observer) -> Result<Run, ExperimentError> {
    let experiment = &request.experiment;
    check_only(experiment, &request.only)?;
    prepare_folder(&request.out)?;
    check_free(&request.out, &experiment.name)?;
    let started_utc = utc_now();
    experiment.watermarks.iter().for_each(|watermark| observer.note(watermark));

    let data = Data::gather(request, observer)?;
    let splits = experiment.split.splits(data.tables[0].table.clip_rows())?;
    let crossings =
        gate::crossings(&data.inspection, &experiment.split, data.tables[0].table.clip_rows(), &splits);
    let mut split_notes = split_notes(&splits);
    split_notes.extend(gate::pass(&data.inspection, &crossings, &experiment.allow)?);
    split_notes.iter().for_each(|note| observer.note(note));

    let mut run = data.record(request, started_utc);
    run.dataset.notes.extend(split_notes);
    run.rows = experiment
        .rows
        .iter()
        .zip(&data.table_of_row)
        .enumerate()
        .map(|(place, (row, &table))| {
            let worse = data.perturbed.of_row(place);
            row_record(row, table, &data.tables[table], &worse, &splits, experiment.seed)
        })
        .collect::<Result<_, _>>()?;
    run.save(&request.out)?;
    let tables = data.tables.iter().map(|keyed| (keyed.record.hash.as_str(), &keyed.table));
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
    let wanted = |row: &RowRecord| request.only.is_empty() || request.only.contains(&row.name);
    let total = run.rows.iter().filter(|row| wanted(row)).count() * splits.len();
    let bench = Bench { out: Some(&request.out), observer };
    observer.begin("fitting models", total);
    for (place, (row, record)) in request.experiment.rows.iter().zip(&run.rows).enumerate() {
        let worse = data.perturbed.of_row(place);
        for (key, split) in record.cells.iter().zip(splits) {
            let known =
                load_cell(&request.out, key).filter(|cell| matches!(cell.outcome, Outcome::Predicted(_)));
            let done = match known {
                Some(cell) => cell,
                None if !wanted(record) => continue,
                None => {
                    let KeyedTable { table, frames, .. } = &data.tables[record.table];
                    let cell =
                        cell::compute(key.clone(), row, table, frames.as_deref(), &worse, split, &bench);
                    if matches!(cell.outcome, Outcome::Predicted(_)) {
                        let tuned = cell.search.as_ref().and_then(|search| search.optimistic.as_ref());
                        for _ in 0..=tuned.map_or(0, |optimistic| optimistic.looks) {
                            ledger::append(&request.out, key, &run.experiment.hash)?;
                        }
                    }
                    save_cell(&request.out, &cell)?;
                    cell
                }
            };
            if wanted(record) {
                observer.step();
            }
            run.cells.push(done);
        }
    }
    observer.end();
    Ok(())
}

fn row_record(
    row: &Row,
    table: usize,
    data: &KeyedTable,
    worse: &[&PerturbedTable],
    splits: &[Split],
    seed: u64,
) -> Result<RowRecord, ExperimentError> {
    let parameters = build(row, &row.parameters)?.parameters();
    let perturbed: Vec<String> = worse.iter().map(|worse| worse.hash.clone()).collect();
    let key = |split| CellKey::new(row, &parameters, &data.record.hash, &perturbed, split, seed);
    let cells = splits.iter().map(key).collect();
    Ok(RowRecord {
        name: row.name.clone(),
        model: row.model.clone(),
        parameters,
        published: row.published.clone(),
        reference: row.reference.clone(),
        note: row.note.clone(),
        search: row.search.as_ref().map(|search| serde_json::json!(search)),
        explain: row.explain.clone(),
        perturb: row.perturb.clone(),
        prepare: row.prepare.names(),
        table,
        cells,
    })
}

pub fn check_only(experiment: &Experiment, only: &[String]) -> Result<(), ExperimentError> {
    let names = || experiment.rows.iter().map(|row| row.name.as_str());
    let Some(unknown) = only.iter().find(|name| !names().any(|known| known == name.as_str())) else {
        return Ok(());
    };
    let hint = spelling::hint(unknown, names());
    let rows = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    Err(ExperimentError::UnknownRow { name: unknown.clone(), rows: rows + &hint })
}

/// Refuses to mix two experiments in one folder.
fn check_free(folder: &Path, experiment: &str) -> Result<(), ExperimentError> {
    let Ok(bytes) = std::fs::read(folder.join("run.json")) else { return Ok(()) };
    let record: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let holds = match record.as_ref().and_then(|record| record["experiment"]["name"].as_str()) {
        Some(name) if name == experiment => return Ok(()),
        Some(other) => format!("a run of `{other}`"),
        None => "a run.json that is no run".to_string(),
    };
    Err(ExperimentError::Occupied { path: folder.to_path_buf(), holds })
}

/// Tells at once, not after an hour, when nothing can be saved.
fn prepare_folder(folder: &Path) -> Result<(), ExperimentError> {
    let of = |source| ExperimentError::Output { path: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder.join("cells")).map_err(of)?;
    let probe = folder.join(format!(".probe.{}", std::process::id()));
    std::fs::write(&probe, b"").map_err(of)?;
    std::fs::remove_file(&probe).map_err(of)
}
