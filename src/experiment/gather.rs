//! Everything the cells are computed from: the data set opened, its features extracted (cached) or read.

use super::extraction::{ClipReport, extract_clips};
use super::run::{ClipRecord, DatasetRecord, ExperimentRecord, RECORD_FORMAT, Run, TableRecord};
use super::{Experiment, ExperimentError, ExtractionPlan, FeatureCache, FeatureSpec, Machine, Observer, RunRequest};
use crate::datasets::Catalog;
use crate::disk::digest;
use crate::table::{FeatureTable, read_table};

/// A table with its hash and where it came from.
pub struct KeyedTable {
    pub table: FeatureTable,
    pub record: TableRecord,
}

/// Everything the cells are computed from.
pub struct Data {
    name: String,
    synthetic: bool,
    clips_found: usize,
    notes: Vec<String>,
    unusable: Vec<(String, String)>,
    reports: Vec<ClipReport>,
    pub tables: Vec<KeyedTable>,
    pub table_of_row: Vec<usize>,
}

impl Data {
    pub fn gather(request: &RunRequest, observer: &dyn Observer) -> Result<Self, ExperimentError> {
        let dataset = &request.experiment.dataset;
        if dataset.is_table() { Self::read(request, observer) } else { Self::extract(request, observer) }
    }

    /// Features from sound: one table for each different recipe among the rows.
    fn extract(request: &RunRequest, observer: &dyn Observer) -> Result<Self, ExperimentError> {
        let experiment = &request.experiment;
        let catalog = experiment.dataset.open(request.data.as_deref())?;
        for note in &catalog.notes {
            observer.note(note);
        }
        let mut data = Self {
            name: catalog.name.clone(),
            synthetic: catalog.synth.is_some(),
            clips_found: catalog.clips.len(),
            notes: catalog.notes.clone(),
            unusable: Vec::new(),
            reports: Vec::new(),
            tables: Vec::new(),
            table_of_row: Vec::new(),
        };
        let mut known: Vec<&FeatureSpec> = Vec::new();
        for row in &experiment.rows {
            let spec = row.features.as_ref().ok_or(ExperimentError::NeedsAudio { what: "extraction" })?;
            let index = match known.iter().position(|other| *other == spec) {
                Some(index) => index,
                None => {
                    data.extract_one(&catalog, spec, request.cache.as_ref(), observer)?;
                    known.push(spec);
                    known.len() - 1
                }
            };
            data.table_of_row.push(index);
        }
        data.keep_common_clips();
        Ok(data)
    }

    fn extract_one(
        &mut self,
        catalog: &Catalog,
        spec: &FeatureSpec,
        cache: Option<&FeatureCache>,
        observer: &dyn Observer,
    ) -> Result<(), ExperimentError> {
        let plan = ExtractionPlan::from_spec(spec)?;
        let extraction = extract_clips(catalog, &plan, cache, observer)?;
        if let Some(trouble) = &extraction.cache_trouble {
            observer.note(&format!("features are not kept for the next run: {trouble}"));
        }
        for (clip, reason) in &extraction.unusable {
            if !self.unusable.iter().any(|(known, _)| known == clip) {
                observer.note(&format!("clip {clip} left out: {reason}"));
                self.unusable.push((clip.clone(), reason.clone()));
            }
        }
        for report in &extraction.reports {
            if self.tables.is_empty() {
                for fault in &report.faults {
                    observer.note(&format!("clip {}: {fault}", report.clip_id));
                }
            }
        }
        if self.tables.is_empty() {
            self.reports = extraction.reports;
        }
        self.tables.push(KeyedTable {
            record: TableRecord {
                hash: extraction.table.digest(),
                definition: plan.definition(),
                columns: extraction.table.columns.len(),
                rows: extraction.table.clip_ids.len(),
                from_cache: extraction.from_cache,
                wall_seconds: extraction.wall_seconds,
                cpu_seconds: extraction.cpu_seconds,
            },
            table: extraction.table,
        });
        Ok(())
    }

    /// Rows are compared on the same clips: one that failed under any recipe is left out of all.
    fn keep_common_clips(&mut self) {
        let unusable = &self.unusable;
        for keyed in &mut self.tables {
            let keep: Vec<usize> = (0..keyed.table.clip_ids.len())
                .filter(|&row| !unusable.iter().any(|(clip, _)| *clip == keyed.table.clip_ids[row]))
                .collect();
            if keep.len() < keyed.table.clip_ids.len() {
                keyed.table = keyed.table.rows(&keep);
                keyed.record.rows = keep.len();
                keyed.record.hash = keyed.table.digest();
            }
        }
        self.reports.retain(|report| !unusable.iter().any(|(clip, _)| *clip == report.clip_id));
    }

    /// Features that somebody else computed.
    fn read(request: &RunRequest, observer: &dyn Observer) -> Result<Self, ExperimentError> {
        let experiment = &request.experiment;
        let (path, columns) = experiment.dataset.table_source(request.data.as_deref())?;
        let (whole, notes) = read_table(&path, &columns)?;
        for note in &notes {
            observer.note(note);
        }
        let file = std::fs::read(&path).map_err(|source| ExperimentError::Read { path: path.clone(), source })?;
        let reports = whole
            .clip_ids
            .iter()
            .map(|id| ClipReport { clip_id: id.clone(), audio: String::new(), ..ClipReport::default() })
            .collect();
        let mut data = Self {
            name: format!("table {}", path.display()),
            synthetic: false,
            clips_found: whole.clip_ids.len(),
            notes,
            unusable: Vec::new(),
            reports,
            tables: Vec::new(),
            table_of_row: Vec::new(),
        };
        let mut known: Vec<Option<&Vec<String>>> = Vec::new();
        for row in &experiment.rows {
            let choice = row.features.as_ref().and_then(|spec| spec.columns.as_ref());
            let index = match known.iter().position(|other| *other == choice) {
                Some(index) => index,
                None => {
                    let table = match choice {
                        Some(patterns) => whole.select_columns(patterns)?,
                        None => whole.clone(),
                    };
                    let record = TableRecord {
                        hash: table.digest(),
                        definition: format!("columns of a file with hash {}", digest(&file)),
                        columns: table.columns.len(),
                        rows: table.clip_ids.len(),
                        from_cache: 0,
                        wall_seconds: 0.0,
                        cpu_seconds: 0.0,
                    };
                    data.tables.push(KeyedTable { table, record });
                    known.push(choice);
                    known.len() - 1
                }
            };
            data.table_of_row.push(index);
        }
        Ok(data)
    }

    pub fn record(&self, experiment: &Experiment, started_utc: String) -> Run {
        let table = &self.tables[0].table;
        let classes = table.class_names();
        let counts = classes.iter().map(|name| {
            let count = table.labels.iter().filter(|label| *label == name).count();
            (name.clone(), count)
        });
        let groups: std::collections::BTreeSet<&String> = table.groups.iter().flatten().collect();
        Run {
            format: RECORD_FORMAT,
            genrebench_version: env!("CARGO_PKG_VERSION").to_string(),
            dependencies: digest(include_bytes!("../../Cargo.lock")),
            experiment: ExperimentRecord {
                name: experiment.name.clone(),
                title: experiment.title.clone(),
                paper: experiment.paper.clone(),
                question: experiment.question.clone(),
                note: experiment.note.clone(),
                seed: experiment.seed,
                split: experiment.split.to_string(),
                text: experiment.text.clone(),
                hash: digest(experiment.text.as_bytes()),
            },
            dataset: DatasetRecord {
                name: self.name.clone(),
                synthetic: self.synthetic,
                clips_found: self.clips_found,
                clips_used: table.clip_ids.len(),
                classes: counts.collect(),
                groups: groups.len(),
                notes: self.notes.clone(),
                unusable: self.unusable.clone(),
            },
            machine: Machine::this(),
            started_utc,
            finished_utc: None,
            tables: self.tables.iter().map(|keyed| keyed.record.clone()).collect(),
            rows: Vec::new(),
            peak_memory_mib: None,
            cells: Vec::new(),
            clips: self.clip_records(),
        }
    }

    fn clip_records(&self) -> Vec<ClipRecord> {
        let table = &self.tables[0].table;
        self.reports
            .iter()
            .enumerate()
            .map(|(row, report)| ClipRecord {
                label: table.labels[row].clone(),
                group: table.groups[row].clone(),
                fold: table.folds[row].clone(),
                report: report.clone(),
            })
            .collect()
    }
}
