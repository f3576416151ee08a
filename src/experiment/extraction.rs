//! Clips become a FeatureTable: decode, cut, resample, extract; every core, one clip in memory a core.
//!
//! A clip that cannot be used is listed with its reason and left out of the table, never silently dropped.

use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::cache::FeatureCache;
use super::clock::Stopwatch;
use super::{ClipReport, ExperimentError, ExtractionPlan, Observer};
use crate::audio::{self, LoadOptions, Waveform};
use crate::datasets::{Catalog, Clip, ClipSource, synth};
use crate::disk::digest;
use crate::table::{FeatureTable, GrowingTable, TableError, TableRow, write_rows};

/// Clips whose rows wait to be put into the table, in the catalog's order.
const BATCH_CLIPS: usize = 256;

/// The table, and what became of every clip.
#[derive(Debug, Clone)]
pub struct Extraction {
    pub table: FeatureTable,
    pub reports: Vec<ClipReport>,
    /// Clip id and reason.
    pub unusable: Vec<(String, String)>,
    pub from_cache: usize,
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    /// Why the cache could not be written, if so (the run goes on without it).
    pub cache_trouble: Option<String>,
}

/// Extracts `plan` from every clip of `catalog`, in the catalog's order.
pub fn extract_clips(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    cache: Option<&FeatureCache>,
    observer: &dyn Observer,
) -> Result<Extraction, ExperimentError> {
    let watch = Stopwatch::start();
    let mut table = GrowingTable::new(plan.features.columns())?;
    table.reserve(catalog.clips.len());
    let mut result = Extraction {
        table: FeatureTable::default(),
        reports: Vec::new(),
        unusable: Vec::new(),
        from_cache: 0,
        wall_seconds: 0.0,
        cpu_seconds: 0.0,
        cache_trouble: None,
    };
    extract_in_order(catalog, plan, cache, observer, |clip, outcome| {
        match outcome {
            Ok(done) => {
                table.push(clip_row(clip, done.values))?;
                result.reports.push(done.report);
                result.from_cache += usize::from(done.from_cache);
                result.cache_trouble = result.cache_trouble.take().or(done.cache_trouble);
            }
            Err(reason) => result.unusable.push((clip.id.clone(), reason)),
        }
        Ok::<(), TableError>(())
    })?;
    if result.reports.is_empty() {
        return Err(nothing_usable(catalog, &result.unusable));
    }
    result.table = table.finish()?;
    result.wall_seconds = watch.wall_seconds();
    result.cpu_seconds = watch.cpu_seconds();
    Ok(result)
}

/// What became of clips whose rows went straight into a file.
#[derive(Debug, Clone, Default)]
pub struct WrittenRows {
    pub rows: usize,
    /// Reports of the clips that were used and have faults.
    pub faulty: Vec<ClipReport>,
    /// Clip id and reason.
    pub unusable: Vec<(String, String)>,
}

/// Extracts `plan` from every clip of `catalog` into the table `out`, row by row in the catalog's order; leaves no
/// file where no clip can be used.
pub fn extract_to_file(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    out: &Path,
    observer: &dyn Observer,
) -> Result<WrittenRows, ExperimentError> {
    let mut written = WrittenRows::default();
    let outcome = write_rows(out, &plan.features.columns(), catalog.clips.len(), |sink| {
        extract_in_order(catalog, plan, None, observer, |clip, outcome| {
            match outcome {
                Ok(done) => {
                    sink.push(clip_row(clip, done.values))?;
                    written.rows += 1;
                    written.faulty.extend((!done.report.faults.is_empty()).then_some(done.report));
                }
                Err(reason) => written.unusable.push((clip.id.clone(), reason)),
            }
            Ok::<(), io::Error>(())
        })?;
        match written.rows {
            0 => Err(io::Error::other("no clip could be used")),
            _ => Ok(()),
        }
    });
    if written.rows == 0 && written.unusable.len() == catalog.clips.len() {
        return Err(nothing_usable(catalog, &written.unusable));
    }
    outcome?;
    Ok(written)
}

fn clip_row(clip: &Clip, values: Vec<f64>) -> TableRow {
    TableRow {
        clip_id: clip.id.clone(),
        label: clip.label.clone(),
        group: clip.group.clone(),
        fold: clip.fold.clone(),
        values,
    }
}

fn nothing_usable(catalog: &Catalog, unusable: &[(String, String)]) -> ExperimentError {
    let first = unusable.first().map(|(_, reason)| reason.clone()).unwrap_or_default();
    ExperimentError::NothingUsable { clips: catalog.clips.len(), first }
}

/// Hands `take` every clip and its row, or the reason why there is none, in the catalog's order.
fn extract_in_order<E>(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    cache: Option<&FeatureCache>,
    observer: &dyn Observer,
    mut take: impl FnMut(&Clip, Result<OneClip, String>) -> Result<(), E>,
) -> Result<(), E> {
    let definition = plan.definition();
    let width = plan.features.columns().len();
    observer.begin("extracting features", catalog.clips.len());
    for batch in catalog.clips.chunks(BATCH_CLIPS) {
        let outcomes: Vec<Result<OneClip, String>> = batch
            .par_iter()
            .map(|clip| {
                let outcome = one_clip(catalog, clip, plan, &definition, width, cache);
                observer.step();
                outcome
            })
            .collect();
        let taken = batch.iter().zip(outcomes).try_for_each(|(clip, outcome)| take(clip, outcome));
        if taken.is_err() {
            observer.end();
            return taken;
        }
    }
    observer.end();
    Ok(())
}

struct OneClip {
    report: ClipReport,
    values: Vec<f64>,
    from_cache: bool,
    cache_trouble: Option<String>,
}

fn one_clip(
    catalog: &Catalog,
    clip: &Clip,
    plan: &ExtractionPlan,
    definition: &str,
    columns: usize,
    cache: Option<&FeatureCache>,
) -> Result<OneClip, String> {
    let source = Source::open(catalog, clip)?;
    let audio_digest = source.digest();
    if let Some((report, values)) = cache.and_then(|cache| cache.get(&audio_digest, definition, columns)) {
        let report = ClipReport { clip_id: clip.id.clone(), ..report };
        return Ok(OneClip { report, values, from_cache: true, cache_trouble: None });
    }
    let (wave, mut report) = source.load(&plan.load)?;
    report.clip_id.clone_from(&clip.id);
    report.audio = audio_digest;
    let values = plan.features.extract(&wave)?;
    let cache_trouble = cache
        .and_then(|cache| cache.put(&report.audio, definition, &report, &values).err())
        .map(|e| e.to_string());
    Ok(OneClip { report, values, from_cache: false, cache_trouble })
}

/// A clip's sound before it is decoded, so that a cached one never is.
pub(super) enum Source<'a> {
    File { path: &'a Path, bytes: Vec<u8> },
    Synthetic { spec: &'a synth::SynthSpec, index: usize },
}

impl<'a> Source<'a> {
    pub(super) fn open(catalog: &'a Catalog, clip: &'a Clip) -> Result<Self, String> {
        match (&clip.source, &catalog.synth) {
            (ClipSource::File(path), _) => {
                let bytes = audio::read_file(path).map_err(|error| error.to_string())?;
                Ok(Self::File { path, bytes })
            }
            (ClipSource::Synthetic(index), Some(spec)) => Ok(Self::Synthetic { spec, index: *index }),
            (ClipSource::Synthetic(_), None) => Err("a synthetic clip without its recipe".to_string()),
        }
    }

    pub(super) fn digest(&self) -> String {
        match self {
            Self::File { bytes, .. } => digest(bytes),
            Self::Synthetic { spec, index } => digest(synth::clip_definition(spec, *index).as_bytes()),
        }
    }

    pub(super) fn load(&self, options: &LoadOptions) -> Result<(Waveform, ClipReport), String> {
        let loaded = match self {
            Self::File { path, bytes } => {
                audio::load_bytes(bytes, path, options).map_err(|error| error.to_string())?
            }
            Self::Synthetic { spec, index } => audio::from_waveform(synth::render(spec, *index), options),
        };
        let report = ClipReport {
            format: loaded.format.to_string(),
            rate_hz: loaded.native_rate_hz,
            channels: loaded.channels as usize,
            seconds: loaded.native_seconds,
            faults: loaded.faults.iter().map(ToString::to_string).collect(),
            ..ClipReport::default()
        };
        Ok((loaded.wave, report))
    }
}
