//! The leak meter: one model under splits that leak more and more, and what each leak adds to its score.
//!
//! Every view tests the same segments, once a repeat, with the same number of folds; only what may stand on the other
//! side differs: other segments of the same clip, other clips of the same artist or source, other copies of the same
//! recording, none of them. In the last view what is a copy of a test clip is taken out of the training side.
//! The inflation is the view's score less that of the strictest view, in points, over draws of whole artists (or
//! sources, or clips) that are the same for both, so that the difference has its own interval.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::bench::Bench;
use super::cell::{self, Outcome};
use super::cell_key::CellKey;
use super::clip_sound::{WHOLE_CLIPS, listen_to_all, median_heard_seconds};
use super::column_choice::choose;
use super::data_findings::Inspection;
use super::devices::check_devices;
use super::every_clip::check_disk;
use super::gather::catalog_of;
use super::hearing_plan::HearingPlan;
use super::keyed_table::keyed_digest;
use super::only::{check_only, is_named};
use super::output::check_writable;
use super::run::{load_cell, save_cell};
use super::segment_table::{SegmentTable, Segments, extract_framed_segments, extract_segments};
use super::training_side::unsearched;
use super::{ExperimentError, FeatureSpec, Observer, Row, RunRequest};
use crate::audio::LoadOptions;
use crate::datasets::Catalog;
use crate::metrics::{self, DRAWS, Metric, Predictions};
use crate::spelling::counted;
use crate::table::{FeatureTable, KFold, Split, SplitSpec};

const METRICS: [&str; 2] = ["accuracy", "f1_macro"];
const NEEDS_AUDIO: ExperimentError = ExperimentError::NeedsAudio { what: "the leak meter" };

/// What to measure.
#[derive(Debug, Clone)]
pub struct LeakRequest {
    /// The experiment, and where cells are kept.
    pub run: RunRequest,
    /// `None`: 3 s, or a fifth of a clip where clips are short.
    pub segment_seconds: Option<f64>,
    /// Segments of a clip, at most.
    pub most_segments: usize,
    /// Of every view.
    pub folds: usize,
    /// How often the folds are drawn.
    pub repeats: usize,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct LeakReport {
    pub experiment: String,
    pub title: String,
    pub dataset: String,
    /// Whether the music is invented.
    pub synthetic: bool,
    /// Those that could be cut.
    pub clips: usize,
    /// All that were cut from them.
    pub segments: usize,
    pub segment_seconds: f64,
    /// Artists or sources; 0 where the data set names none.
    pub groups: usize,
    pub folds: usize,
    pub repeats: usize,
    pub seed: u64,
    pub rows: Vec<LeakRow>,
    /// Clip and reason.
    pub unusable: Vec<(String, String)>,
    pub notes: Vec<String>,
}

impl LeakReport {
    /// Of no row yet.
    fn of(request: &LeakRequest, catalog: &Catalog, segments: Segments) -> Self {
        let experiment = &request.run.experiment;
        Self {
            experiment: experiment.name.clone(),
            title: experiment.title.clone(),
            dataset: catalog.name.clone(),
            synthetic: catalog.is_synthetic(),
            clips: 0,
            segments: 0,
            segment_seconds: segments.seconds,
            groups: catalog
                .clips
                .iter()
                .filter_map(|clip| clip.group.as_ref())
                .collect::<BTreeSet<_>>()
                .len(),
            folds: request.folds,
            repeats: request.repeats,
            seed: experiment.seed,
            rows: Vec::new(),
            unusable: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Tells of clips that nothing could be cut from, each once, whatever the number of rows.
    fn leave_out(&mut self, unusable: &[(String, String)], observer: &dyn Observer) {
        let known: HashSet<String> = self.unusable.iter().map(|(clip, _)| clip.clone()).collect();
        for (clip, reason) in unusable.iter().filter(|(clip, _)| !known.contains(clip)) {
            observer.note(&format!("clip {clip} left out: {reason}"));
            self.unusable.push((clip.clone(), reason.clone()));
        }
    }

    /// Rows that one view at least could not score.
    pub fn failed(&self) -> impl Iterator<Item = &LeakRow> {
        self.rows.iter().filter(|row| row.views.iter().any(|view| view.failed.is_some()))
    }
}

/// One model under every view.
#[derive(Debug, Clone, Serialize)]
pub struct LeakRow {
    pub name: String,
    pub model: String,
    /// From the one that leaks most to the strictest.
    pub views: Vec<ViewScore>,
}

impl LeakRow {
    /// A row that fails before any view is tried.
    fn unseen(row: &Row, reason: String) -> Self {
        let view = ViewScore { view: "every view", scores: BTreeMap::new(), failed: Some(reason) };
        Self { name: row.name.clone(), model: row.model.clone(), views: vec![view] }
    }
}

/// One model under one view.
#[derive(Debug, Clone, Serialize)]
pub struct ViewScore {
    pub view: &'static str,
    /// Metric → its score.
    pub scores: BTreeMap<&'static str, Inflated>,
    /// Why it has no score.
    pub failed: Option<String>,
}

/// A score as a share, and what it has over the strictest view's, in points; each with its 95 % interval.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Inflated {
    pub score: f64,
    pub interval: Option<(f64, f64)>,
    /// None for the strictest view itself.
    pub inflation_points: Option<f64>,
    pub inflation_interval: Option<(f64, f64)>,
}

/// A way to split, and the name under which rows must stay on one side.
struct View {
    name: &'static str,
    /// Of each row; `None` leaves the row free.
    units: Option<Vec<String>>,
    /// The recording of each row, where copies of it are taken out of the training side.
    recordings: Option<Vec<usize>>,
}

/// Scores every row of the experiment under every view. Cells are kept in `out`, and a killed meter goes on.
pub fn measure_leaks(request: &LeakRequest, observer: &dyn Observer) -> Result<LeakReport, ExperimentError> {
    let run = &request.run;
    let experiment = &run.experiment;
    check_only(experiment, &run.only)?;
    let wanted = |row: &&Row| run.only.is_empty() || is_named(&run.only, &row.name, &experiment.rows);
    let cards = check_devices(experiment, experiment.rows.iter().filter(wanted), observer)?;
    check_writable(&run.out)?;
    let catalog = catalog_of(run)?;
    let (sounds, unreadable) = listen_to_all(&catalog, &WHOLE_CLIPS, run.cache.as_ref(), observer);
    check_disk(&catalog, &unreadable)?;
    let inspection = Inspection::of(&catalog, &sounds, &unreadable);
    let lengths = sounds.iter().map(|clip| clip.report.seconds).collect();
    drop(sounds);
    let segments = segments_of(request, lengths)?;
    let mut report = LeakReport::of(request, &catalog, segments);
    report.notes = opening_notes(&inspection, report.groups, &cards);
    let mut tables: Vec<(FeatureSpec, SegmentTable)> = Vec::new();
    for row in experiment.rows.iter().filter(wanted) {
        if row.ensemble.is_some() {
            report.notes.push(format!("{} is left out: it puts other rows together.", row.name));
            continue;
        }
        let spec = row.features.as_ref().ok_or(NEEDS_AUDIO)?;
        let known = match tables.iter().position(|(known, _)| known == spec) {
            Some(known) => known,
            None => {
                let plan = match HearingPlan::new(&spec.whole()) {
                    // As in a run, a row without its weights fails by itself.
                    Err(error @ ExperimentError::Embedding(_)) => {
                        let reason = error.to_string();
                        observer.note(&format!("{}: {reason}", row.name));
                        report.rows.push(LeakRow::unseen(row, reason));
                        continue;
                    }
                    plan => plan?,
                };
                let cut = cut_segments(&catalog, spec, &plan, segments, run, observer)?;
                report.leave_out(&cut.unusable, observer);
                tables.push((spec.clone(), cut));
                tables.len() - 1
            }
        };
        let cut = &tables[known].1;
        (report.clips, report.segments) = (catalog.clips.len() - cut.unusable.len(), cut.table.len());
        report.rows.push(measure_row(request, row, &views(&catalog, cut, &inspection), cut, observer)?);
    }
    if let Some((clip, reason)) = report.unusable.first() {
        let count = report.unusable.len();
        report.notes.push(format!("{} could not be used, first {clip}: {reason}", counted(count, "clip")));
    }
    Ok(report)
}

/// How clips are cut: as was asked, or as suits what the first row hears of clips of these lengths.
fn segments_of(request: &LeakRequest, lengths: Vec<f64>) -> Result<Segments, ExperimentError> {
    let seconds = match request.segment_seconds {
        Some(seconds) => seconds,
        None => {
            let first = request.run.experiment.rows.iter().find_map(|row| row.features.as_ref());
            usual_segment(&first.map_or(Ok(WHOLE_CLIPS), FeatureSpec::load_options)?, lengths)
        }
    };
    Ok(Segments { seconds, most: request.most_segments })
}

/// What is told of the data before any row is measured, and of the cards that networks are trained on.
fn opening_notes(inspection: &Inspection, groups: usize, cards: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if groups == 0 {
        notes.push("The data set names no artist or source: only clips can be kept apart.".to_string());
    }
    let copied = inspection.recordings().map(|found| found.clips.len()).sum::<usize>();
    notes.push(match copied {
        0 => "No clip is a copy of another (exact or near).".to_string(),
        _ => format!(
            "{copied} clips are copies of others (exact or near); genrebench data inspect lists them."
        ),
    });
    notes.extend(cards.iter().map(|card| format!("Networks were trained on {card}.")));
    notes
}

/// What a row hears of the segments of every clip.
fn cut_segments(
    catalog: &Catalog,
    spec: &FeatureSpec,
    plan: &HearingPlan,
    segments: Segments,
    run: &RunRequest,
    observer: &dyn Observer,
) -> Result<SegmentTable, ExperimentError> {
    let mut cut = match (&plan.frames, &plan.columns) {
        (Some(frames), columns) => {
            extract_framed_segments(catalog, (frames, columns.as_ref()), segments, observer)?
        }
        (None, Some(plan)) => extract_segments(catalog, plan, segments, run.cache.as_ref(), observer)?,
        (None, None) => return Err(NEEDS_AUDIO),
    };
    // As in a run: `beside` chooses first, and the row among what that leaves.
    for choosing in spec.beside.as_deref().into_iter().chain([spec]) {
        if let Some(columns) = choose(choosing, &cut.table.columns)? {
            cut.table = cut.table.select_columns(&columns)?;
        }
    }
    Ok(cut)
}

/// 3 s, as the papers cut; a fifth of what is heard of a clip of median length where that is shorter.
fn usual_segment(load: &LoadOptions, lengths: Vec<f64>) -> f64 {
    let Some(heard) = median_heard_seconds(load, lengths) else { return 3.0 };
    // Hundredths, so that the number can be read and given again.
    ((20.0 * heard).floor() / 100.0).clamp(0.05, 3.0)
}

fn views(catalog: &Catalog, cut: &SegmentTable, inspection: &Inspection) -> Vec<View> {
    let clips = &catalog.clips;
    let name = |of: &dyn Fn(usize) -> String| Some(cut.clip_of_row.iter().map(|&clip| of(clip)).collect());
    let mut views = vec![
        View { name: "segments at random", units: None, recordings: None },
        View { name: "clips at random", units: name(&|clip| clips[clip].id.clone()), recordings: None },
    ];
    if clips.iter().any(|clip| clip.group.is_some()) {
        let unit =
            |clip: usize| clips[clip].group.clone().unwrap_or_else(|| format!("clip {}", clips[clip].id));
        views.push(View { name: "artists or sources apart", units: name(&unit), recordings: None });
    }
    if inspection.recordings().next().is_some() {
        let recording: BTreeMap<&str, usize> = inspection
            .recordings()
            .enumerate()
            .flat_map(|(number, found)| found.clips.iter().map(move |clip| (clip.as_str(), number)))
            .collect();
        let alone = |clip: usize| inspection.findings.len() + clip;
        let of = |clip: &usize| recording.get(clips[*clip].id.as_str()).copied().unwrap_or(alone(*clip));
        let units = views.last().and_then(|view| view.units.clone());
        let recordings = Some(cut.clip_of_row.iter().map(of).collect());
        views.push(View { name: "the same, copies removed", units, recordings });
    }
    views
}

fn measure_row(
    request: &LeakRequest,
    row: &Row,
    views: &[View],
    cut: &SegmentTable,
    observer: &dyn Observer,
) -> Result<LeakRow, ExperimentError> {
    observer.begin(&row.name, views.len() * request.folds * request.repeats);
    let mut tested: Vec<(&View, Result<Vec<Predictions>, String>)> = Vec::new();
    for view in views {
        tested.push((view, tested_sides(request, row, cut, view, observer)?));
    }
    observer.end();
    // What is drawn anew is the unit of the strictest view: the artist, or the clip.
    let groups: BTreeMap<String, String> = views
        .last()
        .and_then(|view| view.units.as_ref())
        .map(|units| cut.table.clip_ids.iter().cloned().zip(units.iter().cloned()).collect())
        .unwrap_or_default();
    let seed = request.run.experiment.seed;
    let measured = tested.iter().rev().find_map(|(view, sides)| Some((view.name, sides.as_ref().ok()?)));
    let (strictest_name, strictest) = measured.unzip();
    let scored = tested.iter().map(|(view, sides)| match sides {
        Err(reason) => ViewScore { view: view.name, scores: BTreeMap::new(), failed: Some(reason.clone()) },
        Ok(sides) => {
            let known = METRICS.iter().filter_map(|name| metrics::find(name));
            let scores = known.filter_map(|metric| {
                Some((
                    metric.name,
                    inflated(
                        metric,
                        sides,
                        strictest.filter(|_| Some(view.name) != strictest_name),
                        &groups,
                        seed,
                    )?,
                ))
            });
            ViewScore { view: view.name, scores: scores.collect(), failed: None }
        }
    });
    Ok(LeakRow { name: row.name.clone(), model: row.model.clone(), views: scored.collect() })
}

/// The folds of a view, and the table with what they keep apart in place of its groups; or why none can be drawn.
fn drawn(table: &FeatureTable, view: &View, folds: KFold) -> Result<(FeatureTable, Vec<Split>), String> {
    let (table, spec) = match &view.units {
        None => (table.clone(), SplitSpec::StratifiedKfold(folds)),
        Some(units) => {
            let groups = units.iter().cloned().map(Some).collect();
            (FeatureTable { groups, ..table.clone() }, SplitSpec::GroupKfold(folds))
        }
    };
    // Such as a class by a single artist: the other views can still be measured.
    let mut splits = spec.splits(table.clip_rows()).map_err(|error| error.to_string())?;
    if let Some(recordings) = &view.recordings {
        splits.iter_mut().try_for_each(|split| remove_copies(split, recordings, &table.labels))?;
    }
    Ok((table, splits))
}

/// Takes out of the training side what is of a recording that is tested.
fn remove_copies(split: &mut Split, recordings: &[usize], labels: &[String]) -> Result<(), String> {
    let tested: BTreeSet<usize> = split.test.iter().map(|&row| recordings[row]).collect();
    split.train.retain(|&row| !tested.contains(&recordings[row]));
    let classes = |side: &[usize]| side.iter().map(|&row| &labels[row]).collect::<BTreeSet<_>>();
    let (trained, asked) = (classes(&split.train), classes(&split.test));
    match asked.difference(&trained).next() {
        Some(class) => Err(format!("without its copies class '{class}' has nothing left to learn from")),
        None => Ok(()),
    }
}

/// The test sides of a view, one a repeat; or why it cannot be scored.
fn tested_sides(
    request: &LeakRequest,
    row: &Row,
    cut: &SegmentTable,
    view: &View,
    observer: &dyn Observer,
) -> Result<Result<Vec<Predictions>, String>, ExperimentError> {
    let run = &request.run;
    let folds = KFold { folds: request.folds, repeats: request.repeats, seed: run.experiment.seed };
    let (table, splits) = match drawn(&cut.table, view, folds) {
        Ok(drawn) => drawn,
        Err(reason) => return Ok(Err(reason)),
    };
    // Inner folds and validation clips keep apart what the view does.
    let (table, frames, row) = (&table, cut.frames.as_ref(), &row.predicting_only());
    let (parameters, digest) = (unsearched(row)?.parameters(), keyed_digest(table, frames));
    let mut sides: Vec<Predictions> = Vec::new();
    let mut repeat = None;
    let (between_checkpoints, warned) = (run.between_checkpoints, &AtomicBool::new(false));
    let bench = Bench { out: Some(&run.out), between_checkpoints, observer, warned };
    for split in &splits {
        let key = CellKey::new(row, &parameters, &digest, &[], split, run.experiment.seed);
        let known = load_cell(&run.out, &key).filter(|cell| matches!(cell.outcome, Outcome::Predicted(_)));
        let done = match known {
            Some(cell) => cell,
            None => {
                let cell = cell::compute(key, row, table, frames, &[], split, &bench);
                save_cell(&run.out, &cell)?;
                cell
            }
        };
        observer.step();
        if done.predictions().is_some() {
            bench.forget_what_led_to(&done.key, &parameters);
        }
        match done.outcome {
            Outcome::Failed { reason } => return Ok(Err(reason)),
            Outcome::Predicted(predictions) if repeat == Some(split.repeat) => {
                if let Some(side) = sides.last_mut() {
                    side.append(&predictions);
                }
            }
            Outcome::Predicted(predictions) => sides.push(predictions),
        }
        repeat = Some(split.repeat);
    }
    Ok(Ok(sides))
}

fn inflated(
    metric: &Metric,
    sides: &[Predictions],
    strictest: Option<&Vec<Predictions>>,
    groups: &BTreeMap<String, String>,
    seed: u64,
) -> Option<Inflated> {
    let mean = |sides: &[Predictions]| {
        let scores: Option<Vec<f64>> = sides.iter().map(|side| metric.compute(side)).collect();
        scores.map(|scores| scores.iter().sum::<f64>() / scores.len() as f64)
    };
    let drawn = |sides: &[Predictions]| {
        let sides: Vec<&Predictions> = sides.iter().collect();
        metrics::resampled(&sides, Some(groups), metric, DRAWS, seed).ok()
    };
    let (score, draws) = (mean(sides)?, drawn(sides));
    let base = strictest.and_then(|sides| Some((mean(sides)?, drawn(sides))));
    let differences = base.as_ref().and_then(|(_, base)| {
        let pairs = draws.as_ref()?.iter().zip(base.as_ref()?);
        let differences: Vec<f64> = pairs.map(|(score, base)| 100.0 * (score - base)).collect();
        metrics::central_95(&differences)
    });
    Some(Inflated {
        score,
        interval: draws.as_deref().and_then(metrics::central_95),
        inflation_points: base.map(|(base, _)| 100.0 * (score - base)),
        inflation_interval: differences,
    })
}

/// Where `genrebench leak` keeps what it measured, when nobody says.
pub fn usual_folder(experiment: &str) -> PathBuf {
    PathBuf::from("runs").join(format!("{experiment}-leak"))
}
