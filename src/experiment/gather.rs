//! Everything the cells are computed from: the data set opened, its features extracted (cached) or read.

use super::ClipReport;
use super::clip_sound::{ClipSound, WHOLE_CLIPS, listen_to_all, median_heard_seconds};
use super::clock::Stopwatch;
use super::contamination;
use super::data_findings::Inspection;
use super::embedded_table;
use super::every_clip::check_disk;
use super::extraction::{Extraction, Inspecting, extract_clips};
use super::frame_extraction::extract_matrices;
use super::frame_plan::FramePlan;
use super::frame_sets;
use super::keyed_table::{KeyedTable, keyed_digest, or_failure};
use super::perturbed::{PerturbedTables, places_of};
use super::pieces::pieces_note;
use super::quick::thinned;
use super::run::TableRecord;
use super::{ExperimentError, ExtractionPlan, FeatureCache, FeatureSpec, Observer, RunRequest};
use crate::audio::LoadOptions;
use crate::datasets::{Catalog, DatasetSpec, Opened};
use crate::disk::digest_file;
use crate::spelling::agreeing;
use crate::table::{ClipRows, ReadTable, TableSource, read_table};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Everything the cells are computed from.
pub struct Data {
    pub name: String,
    pub synthetic: bool,
    pub(super) clips_found: usize,
    pub(super) notes: Vec<String>,
    pub(super) unusable: Vec<(String, String)>,
    pub(super) reports: Vec<ClipReport>,
    pub tables: Vec<KeyedTable>,
    pub table_of_row: Vec<usize>,
    /// The part of a clip that the first row hears.
    heard: LoadOptions,
    sounds: Vec<ClipSound>,
    /// The features of altered clips, for rows that ask for them.
    pub perturbed: PerturbedTables,
    /// What is wrong with the clips; nothing is known of a table's.
    pub inspection: Inspection,
}

impl Data {
    pub fn gather(request: &RunRequest, observer: &dyn Observer) -> Result<Self, ExperimentError> {
        Self::gather_if(request, observer, &|_| Ok(()))
    }

    /// The same where `fits` has nothing against the clips, which is asked before the first of them is heard.
    pub fn gather_if(
        request: &RunRequest,
        observer: &dyn Observer,
        fits: &dyn Fn(ClipRows<'_>) -> Result<(), ExperimentError>,
    ) -> Result<Self, ExperimentError> {
        let dataset = &request.experiment.dataset;
        match open_dataset(dataset, request.data.as_deref())? {
            Opened::Clips(mut catalog) => {
                if let Some(most) = request.experiment.clips_a_class {
                    let labels: Vec<&str> = catalog.clips.iter().map(|clip| clip.label.as_str()).collect();
                    let kept = thinned(&labels, most);
                    catalog.clips = kept.into_iter().map(|place| catalog.clips[place].clone()).collect();
                }
                let all: Vec<usize> = (0..catalog.clips.len()).collect();
                fits(frame_sets::bare_table(&catalog, &all)?.clip_rows())?;
                Self::extract(request, catalog, observer)
            }
            Opened::Table(source) => Self::read(request, source, observer),
        }
    }

    /// Features from sound: one table for each different recipe among the rows.
    fn extract(
        request: &RunRequest,
        catalog: Catalog,
        observer: &dyn Observer,
    ) -> Result<Self, ExperimentError> {
        let experiment = &request.experiment;
        for note in &catalog.notes {
            observer.note(&note.to_string());
        }
        let first = experiment.rows.first().and_then(|row| row.features.as_ref());
        let mut data = Self {
            name: catalog.name.clone(),
            synthetic: catalog.is_synthetic(),
            clips_found: catalog.clips.len(),
            notes: catalog.notes.iter().map(ToString::to_string).collect(),
            unusable: Vec::new(),
            reports: Vec::new(),
            tables: Vec::new(),
            table_of_row: Vec::new(),
            heard: first.map_or(Ok(WHOLE_CLIPS), FeatureSpec::load_options)?,
            sounds: Vec::new(),
            perturbed: PerturbedTables::default(),
            inspection: Inspection::default(),
        };
        let mut known: Vec<&FeatureSpec> = Vec::new();
        let mut whole: Vec<(FeatureSpec, KeyedTable)> = Vec::new();
        for row in &experiment.rows {
            let spec = row.features.as_ref().ok_or(ExperimentError::NeedsAudio { what: "extraction" })?;
            let index = match known.iter().position(|other| *other == spec) {
                Some(index) => index,
                None => {
                    let extracted = whole.iter().position(|(extracted, _)| *extracted == spec.whole());
                    let extracted = match extracted {
                        Some(index) => index,
                        None => {
                            let (whole_spec, cache) = (spec.whole(), request.cache.as_ref());
                            let outcome = match whole_spec.frames {
                                Some(_) => data.extract_frames(
                                    &catalog,
                                    &whole_spec,
                                    cache,
                                    experiment.seed,
                                    observer,
                                ),
                                None => data.extract_one(&catalog, &whole_spec, cache, observer),
                            };
                            let table = or_failure(outcome, &catalog)?;
                            data.note_embeddings(spec, experiment.dataset.name(), observer);
                            whole.push((spec.whole(), table));
                            whole.len() - 1
                        }
                    };
                    data.tables.push(whole[extracted].1.chosen(spec)?);
                    known.push(spec);
                    known.len() - 1
                }
            };
            data.table_of_row.push(index);
        }
        if let Some(failure) =
            data.tables.iter().map(|keyed| keyed.failure.clone()).collect::<Option<Vec<_>>>()
        {
            return Err(ExperimentError::NoFeatures { reason: failure.join("; ") });
        }
        let cache = request.cache.as_ref();
        let (sounds, unreadable) = match data.sounds.is_empty() {
            true => listen_to_all(&catalog, &WHOLE_CLIPS, cache, observer),
            false => (std::mem::take(&mut data.sounds), data.unusable.clone()),
        };
        check_disk(&catalog, &unreadable)?;
        data.complete_reports(&sounds, observer);
        data.inspection = Inspection::of(&catalog, &sounds, &unreadable);
        let (perturbed, unusable) =
            PerturbedTables::extract(&experiment.rows, &catalog, experiment.seed, cache, observer)?;
        data.perturbed = perturbed;
        data.leave_out(&unusable, observer);
        data.keep_common_clips();
        Ok(data)
    }

    fn extract_one(
        &mut self,
        catalog: &Catalog,
        spec: &FeatureSpec,
        cache: Option<&FeatureCache>,
        observer: &dyn Observer,
    ) -> Result<KeyedTable, ExperimentError> {
        if spec.embedding.as_deref() == Some("table") {
            return self.read_embeddings(catalog, spec, observer);
        }
        let plan = ExtractionPlan::from_spec(spec)?;
        let inspecting = self.inspecting();
        let extraction = extract_clips(catalog, &plan, cache, inspecting, observer)?;
        if let Some(trouble) = &extraction.cache_trouble {
            observer.note(&format!("features are not kept for the next run: {trouble}"));
        }
        check_disk(catalog, &extraction.unusable)?;
        self.leave_out(&extraction.unusable, observer);
        self.keep_reports(extraction.reports, observer);
        if inspecting == Inspecting::Yes {
            self.sounds = extraction.sounds;
        }
        let Extraction { table, from_cache, wall_seconds, cpu_seconds, .. } = extraction;
        let mut keyed = KeyedTable::new(table, None, plan.definition());
        keyed.record = TableRecord { from_cache, wall_seconds, cpu_seconds, ..keyed.record };
        Ok(keyed)
    }

    /// A matrix a clip, and the table beside it, which has no columns where none is asked for.
    fn extract_frames(
        &mut self,
        catalog: &Catalog,
        spec: &FeatureSpec,
        cache: Option<&FeatureCache>,
        seed: u64,
        observer: &dyn Observer,
    ) -> Result<KeyedTable, ExperimentError> {
        let watch = Stopwatch::start();
        let plan = FramePlan::new(spec)?;
        let beside = match spec.beside.as_deref() {
            Some(beside) => {
                Some(self.extract_one(catalog, &beside.whole(), cache, observer)?.chosen(beside)?)
            }
            None => None,
        };
        let inspecting = self.inspecting();
        let found = extract_matrices(catalog, &plan, seed, inspecting, observer)?;
        if inspecting == Inspecting::Yes {
            self.sounds = found.sounds;
        }
        self.leave_out(&found.unusable, observer);
        self.note_lost_copies(&found.lost_copies, observer);
        let (table, of_table) = match beside {
            Some(beside) => (beside.table, beside.record.definition),
            None => (frame_sets::bare_table(catalog, &found.clips)?, String::new()),
        };
        let places = places_of(&table.clip_ids);
        let ids = found.clips.iter().map(|&clip| catalog.clips[clip].id.as_str());
        let (kept, rows): (Vec<usize>, Vec<usize>) =
            ids.enumerate().filter_map(|(at, id)| Some((at, *places.get(id)?))).unzip();
        let table = table.rows(&rows);
        let set = if kept.len() < found.clips.len() { found.set.rows(&kept) } else { found.set };
        self.keep_reports(kept.iter().map(|&at| found.reports[at].clone()).collect(), observer);
        let definition = format!("{}\n{of_table}", plan.definition());
        let mut keyed = KeyedTable::new(table, Some(Arc::new(set)), definition);
        let (wall_seconds, cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
        keyed.record = TableRecord { wall_seconds, cpu_seconds, ..keyed.record };
        Ok(keyed)
    }

    /// Embeddings of these clips that somebody else computed.
    fn read_embeddings(
        &mut self,
        catalog: &Catalog,
        spec: &FeatureSpec,
        observer: &dyn Observer,
    ) -> Result<KeyedTable, ExperimentError> {
        let path = embedded_table::path_of(spec)?;
        let file =
            digest_file(path).map_err(|source| ExperimentError::Read { path: path.clone(), source })?;
        let embedded = embedded_table::read(catalog, spec)?;
        for note in &embedded.notes {
            observer.note(note);
        }
        self.notes.extend(embedded.notes);
        self.leave_out(&embedded.unusable, observer);
        self.keep_reports(embedded.reports, observer);
        let definition = format!("embeddings of a file with hash {} pool={:?}", file, spec.pool);
        Ok(KeyedTable::new(embedded.table, None, definition))
    }

    /// Tells, and keeps for the record, what an embedding was trained on.
    fn note_embeddings(&mut self, spec: &FeatureSpec, dataset: &str, observer: &dyn Observer) {
        if let Some(beside) = &spec.beside {
            self.note_embeddings(beside, dataset, observer);
        }
        let Some(embedding) = &spec.embedding else { return };
        for note in contamination::notes(embedding, dataset) {
            if !self.notes.contains(&note) {
                observer.note(&note);
                self.notes.push(note);
            }
        }
    }

    /// Tells, and keeps for the record, that networks learn from fewer altered copies than were asked for.
    fn note_lost_copies(&mut self, lost: &[(String, String)], observer: &dyn Observer) {
        let Some((clip, reason)) = lost.first() else { return };
        let count = lost.len();
        let note = format!(
            "{count} altered {} could not be made and {} not learned from; the first, of clip {clip}, {reason}",
            agreeing(&count, "copy", "copies"),
            agreeing(&count, "is", "are")
        );
        observer.note(&note);
        self.notes.push(note);
    }

    /// The first recipe's reports are the record's, and the damage in them is told.
    fn keep_reports(&mut self, reports: Vec<ClipReport>, observer: &dyn Observer) {
        if self.reports.is_empty() {
            reports.iter().for_each(|report| tell_faults(report, observer));
            self.reports = reports;
        }
    }

    /// Numbers that somebody else computed came without the sound's hash, and without word of its damage.
    fn complete_reports(&mut self, sounds: &[ClipSound], observer: &dyn Observer) {
        let heard: HashMap<&str, &ClipReport> =
            sounds.iter().map(|clip| (clip.report.clip_id.as_str(), &clip.report)).collect();
        for report in self.reports.iter_mut().filter(|report| report.audio.is_empty()) {
            if let Some(heard) = heard.get(report.clip_id.as_str()) {
                tell_faults(heard, observer);
                *report = (*heard).clone();
            }
        }
    }

    /// The first recipe that decodes the clips listens to them as well.
    fn inspecting(&self) -> Inspecting {
        if self.sounds.is_empty() { Inspecting::Yes } else { Inspecting::No }
    }

    fn leave_out(&mut self, unusable: &[(String, String)], observer: &dyn Observer) {
        let known: HashSet<String> = self.unusable.iter().map(|(clip, _)| clip.clone()).collect();
        for (clip, reason) in unusable.iter().filter(|(clip, _)| !known.contains(clip)) {
            observer.note(&format!("clip {clip} left out: {reason}"));
            self.unusable.push((clip.clone(), reason.clone()));
        }
    }

    /// Rows are compared on the same clips: one that failed under any recipe is left out of all.
    fn keep_common_clips(&mut self) {
        let unusable = names_of(&self.unusable);
        for keyed in &mut self.tables {
            let keep: Vec<usize> = (0..keyed.table.clip_ids.len())
                .filter(|&row| !unusable.contains(keyed.table.clip_ids[row].as_str()))
                .collect();
            if keep.len() < keyed.table.clip_ids.len() {
                keyed.table = keyed.table.rows(&keep);
                keyed.frames = keyed.frames.as_deref().map(|set| Arc::new(set.rows(&keep)));
                if keyed.failure.is_none() {
                    keyed.record.rows = keep.len();
                    keyed.record.hash = keyed_digest(&keyed.table, keyed.frames.as_deref());
                }
            }
        }
        self.perturbed.keep(&self.tables[0].table.clip_ids);
        self.reports.retain(|report| !unusable.contains(report.clip_id.as_str()));
    }

    /// Features that somebody else computed.
    fn read(
        request: &RunRequest,
        source: TableSource,
        observer: &dyn Observer,
    ) -> Result<Self, ExperimentError> {
        let experiment = &request.experiment;
        let TableSource { path, columns } = source;
        let ReadTable { table: mut whole, mut notes } = read_table(&path, &columns)?;
        notes.extend(pieces_note(&whole));
        for note in &notes {
            observer.note(note);
        }
        if let Some(most) = experiment.clips_a_class {
            let labels: Vec<&str> = whole.labels.iter().map(String::as_str).collect();
            whole = whole.rows(&thinned(&labels, most));
        }
        let file =
            digest_file(&path).map_err(|source| ExperimentError::Read { path: path.clone(), source })?;
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
            heard: WHOLE_CLIPS,
            sounds: Vec::new(),
            perturbed: PerturbedTables::default(),
            inspection: Inspection::default(),
        };
        let whole = KeyedTable::new(whole, None, format!("columns of a file with hash {file}"));
        let mut known: Vec<FeatureSpec> = Vec::new();
        for row in &experiment.rows {
            let choice = row.features.clone().unwrap_or_default();
            let index = match known.iter().position(|other| *other == choice) {
                Some(index) => index,
                None => {
                    data.tables.push(whole.chosen(&choice)?);
                    known.push(choice);
                    known.len() - 1
                }
            };
            data.table_of_row.push(index);
        }
        Ok(data)
    }

    /// The median length of the clips as they were heard; none where no sound was read.
    pub fn median_seconds(&self) -> Option<f64> {
        let lengths = self.reports.iter().map(|report| report.seconds).filter(|seconds| *seconds > 0.0);
        median_heard_seconds(&self.heard, lengths.collect())
    }

    /// The clips that every row is compared on.
    pub fn clip_rows(&self) -> ClipRows<'_> {
        ClipRows { left_out: &self.unusable, ..self.tables[0].table.clip_rows() }
    }
}

fn tell_faults(report: &ClipReport, observer: &dyn Observer) {
    for fault in &report.faults {
        observer.note(&format!("clip {}: {fault}", report.clip_id));
    }
}

/// The clips that were left out.
pub(super) fn names_of(left_out: &[(String, String)]) -> HashSet<&str> {
    left_out.iter().map(|(clip, _)| clip.as_str()).collect()
}

/// The clips of the request's data set; features that are already numbers have none.
pub(super) fn catalog_of(request: &RunRequest) -> Result<Catalog, ExperimentError> {
    match open_dataset(&request.experiment.dataset, request.data.as_deref())? {
        Opened::Clips(catalog) => Ok(catalog),
        Opened::Table(_) => Err(ExperimentError::NeedsAudio { what: "the leak meter" }),
    }
}

/// Opens the data set, at `data` where that is given.
pub fn open_dataset(dataset: &DatasetSpec, data: Option<&Path>) -> Result<Opened, ExperimentError> {
    let mut dataset = dataset.clone();
    if let Some(data) = data
        && !dataset.set_path(data)?
    {
        let message = format!(
            "the data set {} has no files, so it does not lie in {}; leave --data out, or name an experiment on \
                 your own clips",
            dataset.name(),
            data.display()
        );
        return Err(ExperimentError::Choice { message });
    }
    Ok(dataset.open()?)
}
