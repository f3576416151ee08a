//! A run's inputs as they lie there now, against what the run recorded of them; and its cells computed again, to the bit.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use super::bench::Bench;
use super::cell::{CellRecord, Outcome};
use super::checked::{Check, VerifyRequest, is_there, place};
use super::devices::cards_of;
use super::finding_kinds::kinds_that_stop;
use super::gather::Data;
use super::recipe_check::{another_build, recorded_experiment};
use super::run::{ClipRecord, DatasetRecord, RowRecord, Run};
use super::runner::{Place, notes_on_split, row_record};
use super::{Experiment, ExperimentError, FeatureCache, Machine, Observer, Row, RunRequest};
use crate::random::Draws;
use crate::table::Split;

/// The data set and its features as they are now.
pub struct Inputs {
    experiment: Experiment,
    data: Data,
    spoiled: Vec<PathBuf>,
}

/// Whether a network among the parameters begins with weights of a file.
fn starts_from_weights(parameters: &serde_json::Value) -> bool {
    match parameters {
        serde_json::Value::Object(named) => {
            named.get("pretrained").is_some_and(|file| file.is_string())
                || named.values().any(starts_from_weights)
        }
        serde_json::Value::Array(values) => values.iter().any(starts_from_weights),
        _ => false,
    }
}

impl Inputs {
    pub fn gather(
        request: &VerifyRequest,
        run: &Run,
        observer: &dyn Observer,
    ) -> Result<Self, ExperimentError> {
        let run_request = RunRequest {
            data: request.data.clone().or_else(|| run.experiment.data.clone()),
            cache: request.cache.clone(),
            ..RunRequest::new(recorded_experiment(run)?, &request.folder)
        };
        let data = Data::gather(&run_request, observer)?;
        let spoiled = request.cache.as_ref().map(FeatureCache::spoiled).unwrap_or_default();
        Ok(Self { experiment: run_request.experiment, data, spoiled })
    }

    /// The clips with their labels and groups, by which they are scored and redrawn, and what is told of the whole.
    pub fn clips(&self, run: &Run) -> Check {
        let records = self.data.clip_records();
        let now: HashMap<&str, &ClipRecord> =
            records.iter().map(|clip| (clip.report.clip_id.as_str(), clip)).collect();
        let wrong = run.clips.iter().filter_map(|was| {
            let (id, recorded) = (&was.report.clip_id, &was.report.audio);
            match now.get(id.as_str()) {
                None => Some(format!("clip {id} is no longer there, or no longer usable")),
                Some(is) if is.report.audio != *recorded => {
                    Some(format!("clip {id} is another file now (hash {}, was {recorded})", is.report.audio))
                }
                Some(is) => otherwise_listed(was, is),
            }
        });
        let mut wrong: Vec<String> = wrong.collect();
        wrong.extend(self.told(run));
        let surplus = now.len().saturating_sub(run.clips.len());
        if surplus > 0 {
            wrong.push(format!("{surplus} clips that the run did not have"));
        }
        let hashed = run.clips.iter().filter(|clip| !clip.report.audio.is_empty()).count();
        let right = match run.clips.len() - hashed {
            0 => format!("{hashed} clips have the hashes that were recorded"),
            bare => format!(
                "{hashed} clips have the hashes that were recorded; {bare} came as numbers, without sound"
            ),
        };
        Check::of("inputs", wrong, right)
    }

    /// What the record tells of the data set otherwise than they are.
    fn told(&self, run: &Run) -> Vec<String> {
        let (was, is) = (&run.dataset, self.data.dataset_record());
        let sentence =
            |what: &str, was: String, is: String| format!("{what} in run.json is {was}, here {is}");
        let mut wrong = Vec::new();
        let mut differ = |what: &str, was: serde_json::Value, is: serde_json::Value| {
            if was != is {
                wrong.push(sentence(what, was.to_string(), is.to_string()));
            }
        };
        differ("dataset.synthetic", was.synthetic.into(), is.synthetic.into());
        differ("dataset.clips_found", was.clips_found.into(), is.clips_found.into());
        differ("dataset.clips_used", was.clips_used.into(), is.clips_used.into());
        differ("dataset.classes", serde_json::json!(was.classes), serde_json::json!(is.classes));
        differ("dataset.groups", was.groups.into(), is.groups.into());
        let left_out = |record: &DatasetRecord| -> Vec<String> {
            record.unusable.iter().map(|(clip, _)| clip.clone()).collect()
        };
        differ("dataset.unusable", left_out(was).into(), left_out(&is).into());
        // What stood on both sides had been allowed by name, or there were no run.
        let allowed: Vec<String> = kinds_that_stop().map(str::to_string).collect();
        let splits = self.experiment.split.splits(self.data.clip_rows());
        let notes = splits
            .ok()
            .and_then(|splits| notes_on_split(&self.experiment, &self.data, &splits, &allowed).ok());
        let missing = notes.into_iter().flatten().filter(|note| !was.notes.contains(note));
        wrong.extend(missing.map(|note| format!("run.json does not tell: {note}")));
        wrong
    }

    pub fn tables(&self, run: &Run) -> Check {
        let now: Vec<&str> = self.data.tables.iter().map(|keyed| keyed.record.hash.as_str()).collect();
        let elsewhere = made_elsewhere(&run.machine.processor, &Machine::this().processor);
        let wrong = run.tables.iter().enumerate().filter_map(|(index, recorded)| {
            let found = now.get(index).copied().unwrap_or("nothing");
            (found != recorded.hash).then(|| {
                format!(
                    "features \"{}\" are not the same numbers (hash {found}, was {}){elsewhere}",
                    recorded.definition, recorded.hash
                )
            })
        });
        Check::of(
            "features",
            wrong.collect(),
            format!("{} feature tables are the same to the bit", run.tables.len()),
        )
    }

    pub fn cache(&self) -> Check {
        let wrong = self.spoiled.iter().map(|path| {
            format!("{} did not hold its checksum; it was computed and written anew", path.display())
        });
        Check::of("cache", wrong.collect(), "no cache entry that was used is spoiled".to_string())
    }

    /// Computes one cell, or all, again.
    pub fn cells(&self, request: &VerifyRequest, run: &Run, observer: &dyn Observer) -> Check {
        let name = "cells";
        let splits = match self.experiment.split.splits(self.data.clip_rows()) {
            Ok(splits) => splits,
            Err(error) => {
                return Check {
                    name,
                    holds: false,
                    found: vec![format!("the split cannot be drawn again: {error}")],
                };
            }
        };
        let not_run = |(row, split): &(usize, usize)| {
            let key = run.rows.get(*row).and_then(|row| row.cells.get(*split));
            key.is_some_and(|key| run.experiment.not_asked.contains(&key.row) && !is_there(run, key))
        };
        let grid: Vec<(usize, usize)> = (0..self.experiment.rows.len())
            .flat_map(|row| (0..splits.len()).map(move |split| (row, split)))
            .filter(|cell| !not_run(cell))
            .collect();
        let chosen: Vec<(usize, usize)> = match request.all || grid.is_empty() {
            true => grid,
            false => vec![grid[Draws::new(request.seed, "verify").below(grid.len())]],
        };
        observer.begin("computing again", chosen.len());
        let mut wrong = self.misnamed(run, &splits);
        let mut right = Vec::new();
        for (row, split) in chosen {
            match self.cell(run, row, &splits[split], split, observer) {
                Ok(place) => right.push(place),
                Err(what) => wrong.push(what),
            }
            observer.step();
        }
        observer.end();
        let places = if right.len() > 3 { format!("{} cells", right.len()) } else { right.join(", ") };
        Check::of(name, wrong, format!("computed again to the bit: {places}"))
    }

    /// Rows whose cells are not named by what they are computed of. Of other features, or of files of weights, which may
    /// lie elsewhere or have been fetched since, names say nothing: the cell that is computed again does.
    fn misnamed(&self, run: &Run, splits: &[Split]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut open: BTreeSet<&str> = BTreeSet::new();
        let mut above: Vec<RowRecord> = Vec::new();
        let rows = self.experiment.rows.iter().zip(&run.rows).zip(&self.data.table_of_row);
        for (place, ((row, recorded), &table)) in rows.enumerate() {
            let (row, worse) = (as_asked(row, recorded), self.data.perturbed.of_row(place));
            let keyed = (table, &self.data.tables[table]);
            match row_record(&row, keyed, &worse, &above, splits, self.experiment.seed) {
                Ok(named) => {
                    let of = |table: usize| run.tables.get(table).map(|table| table.hash.as_str());
                    let same_table = of(recorded.table) == Some(keyed.1.record.hash.as_str());
                    let mut members = row.ensemble.iter().flat_map(|spec| &spec.of);
                    let is_open = !same_table
                        || starts_from_weights(&recorded.parameters)
                        || members.any(|name| open.contains(name.as_str()));
                    if is_open {
                        open.insert(&recorded.name);
                    } else if named.cells != recorded.cells || named.table != recorded.table {
                        wrong.push(format!(
                            "{}: its cells in run.json are not named as its parameters, features and split name them",
                            row.name
                        ));
                    }
                    above.push(named);
                }
                Err(error) => wrong.push(format!("{}: {error}", row.name)),
            }
        }
        if !wrong.is_empty() && run.source != crate::SOURCE {
            wrong.push(another_build(run));
        }
        wrong
    }

    fn cell(
        &self,
        run: &Run,
        row: usize,
        split: &Split,
        index: usize,
        observer: &dyn Observer,
    ) -> Result<String, String> {
        let row_of_run = run.rows.get(row).ok_or("the run has fewer rows than its experiment")?;
        let key = row_of_run
            .cells
            .get(index)
            .ok_or_else(|| format!("{}: fewer cells than the split has", row_of_run.name))?;
        let recorded = run
            .cells
            .iter()
            .find(|cell| cell.key == *key)
            .ok_or_else(|| format!("{} was never computed", place(key)))?;
        let row = as_asked(&self.experiment.rows[row], row_of_run);
        let bench = Bench::without_checkpoints(observer);
        let surroundings = Place { experiment: &self.experiment, data: &self.data, split, bench };
        let again = surroundings
            .compute(key, &row, &run.cells)
            .ok_or_else(|| format!("{}: its members were never computed", place(key)))?;
        let elsewhere = || made_elsewhere(&run.machine.processor, &Machine::this().processor);
        let other = |what: &str| Err(format!("{} {what}{}", place(key), elsewhere()));
        match (&recorded.outcome, &again.outcome) {
            (Outcome::Predicted(was), Outcome::Predicted(is)) if was == is => {
                let trials = |cell: &CellRecord| {
                    cell.search.as_ref().map(|search| (search.chosen, search.trials.clone()))
                };
                if trials(recorded) != trials(&again) {
                    return other("gives other trials of its search");
                }
                if recorded.explanation != again.explanation {
                    return other("gives other importances");
                }
                if recorded.perturbed != again.perturbed {
                    return other("predicts altered clips otherwise");
                }
                Ok(place(key))
            }
            (Outcome::Failed { .. }, Outcome::Failed { .. }) => Ok(format!("{} (failed again)", place(key))),
            (Outcome::Predicted(was), Outcome::Predicted(is)) => {
                let card = cards_of(&row).first().map(|card| {
                    format!("; it was trained on {card}, and a card need not repeat itself to the bit")
                });
                let card = card.unwrap_or_else(elsewhere);
                let clips = was.clip_ids.iter().zip(was.predicted.iter().zip(&is.predicted));
                let others: Vec<&str> =
                    clips.filter(|(_, (was, is))| was != is).map(|(clip, _)| clip.as_str()).collect();
                Err(match others.first() {
                    Some(first) => {
                        let count = others.len();
                        format!("{} gives other labels for {count} clips, first {first}{card}", place(key))
                    }
                    None => format!("{} gives the same labels but other probabilities{card}", place(key)),
                })
            }
            (_, Outcome::Failed { reason }) => Err(format!("{} fails now: {reason}", place(key))),
            (Outcome::Failed { .. }, _) => Err(format!("{} failed and is computed now", place(key))),
        }
    }
}

/// Where numbers differ that were made on another machine: what may be to blame.
fn made_elsewhere(made_on: &str, here: &str) -> String {
    match made_on == here {
        true => String::new(),
        false => {
            format!("; made on {made_on}, and this is {here}: another processor may round otherwise")
        }
    }
}

/// A clip that is listed otherwise than the run recorded it.
fn otherwise_listed(was: &ClipRecord, is: &ClipRecord) -> Option<String> {
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_string());
    let differences = [
        ("label", Some(was.label.clone()), Some(is.label.clone())),
        ("group", was.group.clone(), is.group.clone()),
        ("fold", was.fold.clone(), is.fold.clone()),
    ];
    let (what, was_so, is_so) = differences.into_iter().find(|(_, was, is)| was != is)?;
    let id = &was.report.clip_id;
    Some(format!("clip {id}: its {what} is {} now, was {}", named(&is_so), named(&was_so)))
}

/// The command line may have asked for more than the file did.
fn as_asked(row: &Row, recorded: &RowRecord) -> Row {
    Row { explain: recorded.explain.clone(), ..row.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_named_where_numbers_differ() {
        assert_eq!(made_elsewhere("one", "one"), "");
        let said = made_elsewhere("one", "two");
        assert!(said.starts_with("; made on one, and this is two: another processor"), "{said}");
    }
}
