//! What a Run says of its experiment, data and machine before the first cell is computed.

use std::collections::BTreeSet;

use super::gather::Data;
use super::run::{ClipRecord, DatasetRecord, ExperimentRecord, RECORD_FORMAT, Run};
use super::split_words::split_in_words;
use super::{Looks, Machine, RunRequest};
use crate::disk::digest;

impl Data {
    pub fn record(&self, request: &RunRequest, started_utc: String) -> Run {
        let experiment = &request.experiment;
        Run {
            format: RECORD_FORMAT,
            genrebench_version: env!("CARGO_PKG_VERSION").to_string(),
            source: crate::SOURCE.to_string(),
            dependencies: digest(include_bytes!("../../Cargo.lock")),
            experiment: ExperimentRecord {
                name: experiment.name.clone(),
                title: experiment.title.clone(),
                paper: experiment.paper.clone(),
                question: experiment.question.clone(),
                note: experiment.note.clone(),
                seed: experiment.seed,
                split: split_in_words(&experiment.split),
                command: request.command.clone(),
                not_asked: Vec::new(),
                path: experiment.path.clone(),
                data: request.data.clone(),
                text: experiment.text.clone(),
                hash: digest(experiment.text.as_bytes()),
                watermarks: experiment.watermarks.clone(),
                otherwise: experiment.otherwise,
            },
            dataset: self.dataset_record(),
            machine: Machine::this(),
            started_utc,
            finished_utc: None,
            tables: self.tables.iter().map(|keyed| keyed.record.clone()).collect(),
            rows: Vec::new(),
            peak_memory_mib: None,
            looks: Looks::default(),
            cells: Vec::new(),
            overviews: Vec::new(),
            clips: self.clip_records(),
        }
    }

    pub fn dataset_record(&self) -> DatasetRecord {
        let table = &self.tables[0].table;
        let classes = table.class_names();
        let counts = classes.iter().map(|name| {
            let count = table.labels.iter().filter(|label| *label == name).count();
            (name.clone(), count)
        });
        let groups: BTreeSet<&String> = table.groups.iter().flatten().collect();
        DatasetRecord {
            name: self.name.clone(),
            synthetic: self.synthetic,
            clips_found: self.clips_found,
            clips_used: table.clip_ids.len(),
            classes: counts.collect(),
            groups: groups.len(),
            notes: self.notes.clone(),
            unusable: self.unusable.clone(),
        }
    }

    pub fn clip_records(&self) -> Vec<ClipRecord> {
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
