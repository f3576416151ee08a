//! A Run: the record of an experiment on disk, complete enough to lead every number back to its origin.
//!
//! ```text
//! OUT/run.json          config, versions, machine, data, rows and their cells
//! OUT/clips.json        every clip used: label, group, hash of its audio, faults
//! OUT/overview.json     the features' moments by class, and a map of the clips (may be missing)
//! OUT/cells/ID.json     one finished cell: predictions, seed, times
//! OUT/ledger.jsonl      every look at the test side, never rewritten
//! OUT/predictions.csv   every prediction, one line a clip and cell (the same bytes for the same run)
//! OUT/scores.csv        every score of every cell, derived from the predictions
//! OUT/trials.csv        every trial of every search, where rows search their parameters
//! OUT/importances.csv   what columns and features gave, where rows are explained
//! OUT/perturbations.csv every score on altered test clips, where rows ask for them
//! ```

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ClipReport;
use super::cell::{CellRecord, Outcome};
use super::cell_key::CellKey;
use super::clock::seconds_or_nan;
use super::evidence_tables::{csv_field, importances_csv, perturbations_csv, trials_csv};
use super::overview::{Overview, load_overviews};
use super::{ExperimentError, ExplainSpec, Looks, Machine, Otherwise, Published, Reference};
use crate::audio::Perturbation;
use crate::disk::{WriteError, is_one_name, read_regular, write_atomically};
use crate::metrics::{METRICS, Predictions, compute_all};

/// Bumped when the layout of the record changes.
pub const RECORD_FORMAT: u32 = 1;

/// Of searches, explanations and altered clips.
const OPTIONAL_RESULTS: [&str; 3] = ["trials.csv", "importances.csv", "perturbations.csv"];

/// A run as `run.json` holds it, with its cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Of the record's layout.
    pub format: u32,
    pub genrebench_version: String,
    /// Git's name of the folder `src` this binary was built from; older records have none.
    #[serde(default)]
    pub source: String,
    /// Hash of the list of every dependency's exact version this binary was built from.
    pub dependencies: String,
    pub experiment: ExperimentRecord,
    pub dataset: DatasetRecord,
    pub machine: Machine,
    pub started_utc: String,
    /// `None` while cells are missing.
    pub finished_utc: Option<String>,
    pub tables: Vec<TableRecord>,
    pub rows: Vec<RowRecord>,
    /// The most that the process held.
    pub peak_memory_mib: Option<f64>,
    /// How often the test side was looked at, in this run and before.
    #[serde(default)]
    pub looks: Looks,
    /// Those that are finished, in the order of the grid.
    #[serde(skip)]
    pub cells: Vec<CellRecord>,
    #[serde(skip)]
    pub clips: Vec<ClipRecord>,
    /// Of the first tables; none in a record that has none.
    #[serde(skip)]
    pub overviews: Vec<Overview>,
}

/// The experiment as it was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentRecord {
    pub name: String,
    pub title: String,
    /// The paper that it follows, by the name of its claims.
    pub paper: Option<String>,
    pub question: Option<String>,
    pub note: Option<String>,
    pub seed: u64,
    /// The split in words.
    pub split: String,
    /// The command that was given.
    pub command: String,
    /// Rows that nobody asked for (`--only`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<String>,
    /// Where the file and the data set lay, for whoever verifies the run.
    #[serde(default)]
    pub path: PathBuf,
    #[serde(default)]
    pub data: Option<PathBuf>,
    /// The file as it was read, and its hash.
    pub text: String,
    pub hash: String,
    /// Why this is no run of the experiment as written: a stand-in for its data, a quick rehearsal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watermarks: Vec<String>,
    /// What whoever verifies the run must do to the experiment again.
    #[serde(default, skip_serializing_if = "Otherwise::is_as_written")]
    pub otherwise: Otherwise,
}

/// The data set as it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    pub name: String,
    /// Whether the music is invented.
    pub synthetic: bool,
    pub clips_found: usize,
    pub clips_used: usize,
    /// Class and number of clips.
    pub classes: Vec<(String, usize)>,
    /// Artists or sources; 0 where none is known.
    pub groups: usize,
    pub notes: Vec<String>,
    /// Clip and reason.
    pub unusable: Vec<(String, String)>,
}

/// A feature table that rows of the run share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableRecord {
    pub hash: String,
    /// All that decides its numbers apart from the audio.
    pub definition: String,
    pub columns: usize,
    pub rows: usize,
    /// Rows that were not computed anew.
    pub from_cache: usize,
    pub wall_seconds: f64,
    #[serde(deserialize_with = "seconds_or_nan")]
    pub cpu_seconds: f64,
}

/// A row as it was run: its model, and the names of its cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowRecord {
    pub name: String,
    pub model: String,
    /// All parameters in force, defaults included.
    pub parameters: serde_json::Value,
    /// Where parameters are searched: how, and among which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<serde_json::Value>,
    /// Where it draws otherwise than rows without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How the test side is asked which columns mattered, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explain: Option<ExplainSpec>,
    /// Altered test clips that the fitted model was tried on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perturb: Vec<Perturbation>,
    /// Figures of the paper, by the names of their metrics.
    pub published: std::collections::BTreeMap<String, Published>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    pub note: Option<String>,
    /// The steps between the table and the model.
    pub prepare: Vec<String>,
    /// Index into `tables`.
    pub table: usize,
    /// One a split, in the order of repeats and folds.
    pub cells: Vec<CellKey>,
}

/// One clip that was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipRecord {
    pub label: String,
    /// Its artist or source, where that is known.
    pub group: Option<String>,
    /// The data set's own fold or side, where it has such.
    pub fold: Option<String>,
    #[serde(flatten)]
    pub report: ClipReport,
}

impl Run {
    /// Reads a run folder; cells that are not there yet are simply missing.
    pub fn load(folder: &Path) -> Result<Self, ExperimentError> {
        let not_a_run = |reason: String| ExperimentError::NotARun { path: folder.to_path_buf(), reason };
        let path = folder.join("run.json");
        let bytes = read_regular(&path)
            .map_err(|error| not_a_run(format!("cannot read {}: {error}", path.display())))?;
        let mut run: Self =
            serde_json::from_slice(&bytes).map_err(|error| not_a_run(format!("run.json: {error}")))?;
        if run.format != RECORD_FORMAT {
            return Err(not_a_run(format!(
                "its record has format {}, this genrebench reads {RECORD_FORMAT}",
                run.format
            )));
        }
        run.check_names().map_err(|reason| not_a_run(format!("run.json: {reason}")))?;
        let clips = read_regular(&folder.join("clips.json"))
            .map_err(|error| not_a_run(format!("clips.json: {error}")))?;
        run.clips =
            serde_json::from_slice(&clips).map_err(|error| not_a_run(format!("clips.json: {error}")))?;
        run.overviews = load_overviews(folder);
        let keys = run.rows.iter().flat_map(|row| &row.cells);
        run.cells = keys.filter_map(|key| run.sound_cell(folder, key)).collect();
        Ok(run)
    }

    /// Names become those of files, and every cell is read: of a stranger's record neither is taken on trust.
    fn check_names(&self) -> Result<(), String> {
        if !is_one_name(&self.experiment.name) {
            return Err(format!("{:?} cannot be the name of an experiment", self.experiment.name));
        }
        for row in &self.rows {
            let mut places = BTreeSet::new();
            for key in &row.cells {
                if !is_cell_id(&key.id) {
                    return Err(format!("{:?} cannot be the name of a cell", key.id));
                }
                if !places.insert((key.repeat, key.fold)) {
                    return Err(format!(
                        "row \"{}\" has repeat {}, fold {} twice",
                        row.name, key.repeat, key.fold
                    ));
                }
            }
        }
        Ok(())
    }

    /// The record of `key`, if a whole one is there that is of this run's classes.
    pub fn sound_cell(&self, folder: &Path, key: &CellKey) -> Option<CellRecord> {
        let of_run = |predictions: &Predictions| {
            predictions.classes.iter().eq(self.dataset.classes.iter().map(|(class, _)| class))
        };
        load_cell(folder, key).filter(|cell| match &cell.outcome {
            Outcome::Predicted(predictions) => {
                of_run(predictions) && cell.perturbed.iter().all(|worse| of_run(&worse.predictions))
            }
            Outcome::Failed { .. } => true,
        })
    }

    /// Writes `clips.json` and `run.json`; cells have been written one by one.
    pub fn save(&self, folder: &Path) -> Result<(), WriteError> {
        write_json(&folder.join("clips.json"), &self.clips)?;
        write_json(&folder.join("run.json"), self)
    }

    /// The finished cells of a row, in the order of the grid.
    pub fn cells_of<'a>(&'a self, row: &'a str) -> impl Iterator<Item = &'a CellRecord> {
        self.cells.iter().filter(move |cell| cell.key.row == row)
    }

    /// Why its figures say nothing of the experiment as written, or of real music.
    pub fn marks(&self) -> impl Iterator<Item = String> + '_ {
        let synthetic = self.dataset.synthetic.then(|| "SYNTHETIC DATA: invented music".to_string());
        self.experiment.watermarks.iter().cloned().chain(synthetic)
    }

    /// Cells that failed, each with its reason.
    pub fn failures(&self) -> impl Iterator<Item = (&CellKey, &str)> {
        self.cells.iter().filter_map(|cell| Some((&cell.key, cell.failure()?)))
    }

    /// What [`Self::results`] gives: nothing in it depends on the clock or the machine.
    pub fn save_results(&self, folder: &Path) -> Result<(), WriteError> {
        let results = self.results();
        for (name, content) in &results {
            write_atomically(&folder.join(name), |out| out.write_all(content))?;
        }
        for name in surplus(&results, folder) {
            // An earlier version of the experiment had it; one that cannot be removed is found by `verify`.
            let _ = std::fs::remove_file(folder.join(name));
        }
        Ok(())
    }

    /// The tables' names and contents, derived from the cells; those of searches, explanations and altered clips where there are
    /// such.
    pub fn results(&self) -> Vec<(&'static str, Vec<u8>)> {
        let (mut predictions, mut scores) = (Vec::new(), Vec::new());
        // A Vec takes whatever is written to it.
        let _ = self.write_predictions(&mut predictions);
        let _ = self.write_scores(&mut scores);
        let mut files = vec![("predictions.csv", predictions), ("scores.csv", scores)];
        files.extend(trials_csv(&self.cells).map(|content| ("trials.csv", content)));
        files.extend(importances_csv(&self.cells).map(|content| ("importances.csv", content)));
        files.extend(perturbations_csv(&self.cells).map(|content| ("perturbations.csv", content)));
        files
    }

    fn write_predictions(&self, out: &mut impl Write) -> std::io::Result<()> {
        let classes: Vec<&str> = self.dataset.classes.iter().map(|(name, _)| name.as_str()).collect();
        write!(out, "row,repeat,fold,clip_id,truth,predicted")?;
        for class in &classes {
            write!(out, ",{}", csv_field(&format!("probability.{class}")))?;
        }
        writeln!(out)?;
        for cell in &self.cells {
            let Outcome::Predicted(predictions) = &cell.outcome else { continue };
            let (row, repeat, fold) = (csv_field(&cell.key.row), cell.key.repeat, cell.key.fold);
            for (index, clip) in predictions.clip_ids.iter().enumerate() {
                let truth = csv_field(&predictions.classes[predictions.truth[index]]);
                let predicted = csv_field(&predictions.classes[predictions.predicted[index]]);
                write!(out, "{row},{repeat},{fold},{},{truth},{predicted}", csv_field(clip))?;
                match &predictions.probabilities {
                    Some(table) => table[index].iter().try_for_each(|value| write!(out, ",{value}"))?,
                    None => classes.iter().try_for_each(|_| write!(out, ","))?,
                }
                writeln!(out)?;
            }
        }
        Ok(())
    }

    fn write_scores(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "row,repeat,fold,cell,metric,value")?;
        for cell in &self.cells {
            let Outcome::Predicted(predictions) = &cell.outcome else { continue };
            let CellKey { row, repeat, fold, id, .. } = &cell.key;
            for (metric, value) in compute_all(METRICS, predictions) {
                writeln!(out, "{},{repeat},{fold},{id},{},{value}", csv_field(row), metric.name)?;
            }
        }
        Ok(())
    }
}

/// Results that lie in the folder and do not follow from the cells.
pub fn surplus<'a>(
    results: &'a [(&'static str, Vec<u8>)],
    folder: &'a Path,
) -> impl Iterator<Item = &'static str> + 'a {
    let missing = |name: &&str| !results.iter().any(|(known, _)| known == name);
    OPTIONAL_RESULTS.into_iter().filter(missing).filter(|name| folder.join(name).exists())
}

/// Whether it is a digest, as every cell is named.
pub fn is_cell_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub fn cell_path(folder: &Path, key: &CellKey) -> PathBuf {
    folder.join("cells").join(format!("{}.json", key.id))
}

/// The record of `key`, if a whole one is there, of these very inputs.
pub fn load_cell(folder: &Path, key: &CellKey) -> Option<CellRecord> {
    let bytes = read_regular(&cell_path(folder, key)).ok()?;
    let record: CellRecord = serde_json::from_slice(&bytes).ok()?;
    // One that was copied over another tells of other inputs than its file's name says.
    if record.key.id != key.id {
        return None;
    }
    // Rows with equal inputs share a record, whatever they are called.
    let record = CellRecord { key: key.clone(), ..record };
    match &record.outcome {
        Outcome::Predicted(predictions) => {
            let worse = record.perturbed.iter().map(|worse| &worse.predictions);
            let sound = std::iter::once(predictions).chain(worse).all(|found| found.check().is_ok());
            sound.then_some(record)
        }
        Outcome::Failed { .. } => Some(record),
    }
}

pub fn save_cell(folder: &Path, record: &CellRecord) -> Result<(), WriteError> {
    write_json(&cell_path(folder, &record.key), record)
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), WriteError> {
    write_atomically(path, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        writeln!(out)
    })
}
