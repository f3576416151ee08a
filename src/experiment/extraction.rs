//! Clips become a FeatureTable: decode, cut, resample, extract; every core, one clip in memory a core.
//!
//! A clip that cannot be used is listed with its reason and left out of the table, never silently dropped.

use rayon::prelude::*;

use super::cache::FeatureCache;
use super::clip_sound::{ClipSound, Source, cached_sound, keep_sound};
use super::clock::Stopwatch;
use super::{ClipReport, ExperimentError, ExtractionPlan, Observer};
use crate::datasets::{Catalog, Clip};
use crate::inspection::Sound;
use crate::table::{FeatureTable, GrowingTable, TableRow};

/// Clips whose rows wait to be put into the table, in the catalog's order.
const BATCH_CLIPS: usize = 256;

/// The table, and what became of every clip.
#[derive(Debug, Clone)]
pub struct Extraction {
    pub table: FeatureTable,
    pub reports: Vec<ClipReport>,
    /// Of the clips of `reports`, where they were asked for.
    pub sounds: Vec<ClipSound>,
    /// Clip id and reason.
    pub unusable: Vec<(String, String)>,
    pub from_cache: usize,
    pub wall_seconds: f64,
    pub cpu_seconds: f64,
    /// Why the cache could not be written, if so (the run goes on without it).
    pub cache_trouble: Option<String>,
}

/// Whether what clips sound like is gathered beside their features, of the same decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspecting {
    Yes,
    No,
}

/// Extracts `plan` from every clip of `catalog`, in the catalog's order.
pub fn extract_clips(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    cache: Option<&FeatureCache>,
    inspecting: Inspecting,
    observer: &dyn Observer,
) -> Result<Extraction, ExperimentError> {
    let watch = Stopwatch::start();
    let definition = plan.definition();
    let columns = plan.features.columns();
    let width = columns.len();
    let mut table = GrowingTable::new(columns)?;
    table.reserve(catalog.clips.len());
    let mut result = Extraction {
        table: FeatureTable::default(),
        reports: Vec::new(),
        sounds: Vec::new(),
        unusable: Vec::new(),
        from_cache: 0,
        wall_seconds: 0.0,
        cpu_seconds: 0.0,
        cache_trouble: None,
    };
    observer.begin("extracting features", catalog.clips.len());
    for batch in catalog.clips.chunks(BATCH_CLIPS) {
        let outcomes: Vec<Result<OneClip, String>> = batch
            .par_iter()
            .map(|clip| {
                let outcome = one_clip(catalog, clip, plan, &definition, width, cache, inspecting);
                observer.step();
                outcome
            })
            .collect();
        for (clip, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(done) => {
                    table.push(TableRow {
                        clip_id: clip.id.clone(),
                        label: clip.label.clone(),
                        group: clip.group.clone(),
                        fold: clip.fold.clone(),
                        values: done.values,
                    })?;
                    result
                        .sounds
                        .extend(done.sound.map(|sound| ClipSound { report: done.report.clone(), sound }));
                    result.reports.push(done.report);
                    result.from_cache += usize::from(done.from_cache);
                    result.cache_trouble = result.cache_trouble.or(done.cache_trouble);
                }
                Err(reason) => result.unusable.push((clip.id.clone(), reason)),
            }
        }
    }
    observer.end();
    if result.reports.is_empty() {
        let first = result.unusable.first().map(|(_, reason)| reason.clone()).unwrap_or_default();
        return Err(ExperimentError::NothingUsable { clips: catalog.clips.len(), first });
    }
    result.table = table.finish()?;
    result.wall_seconds = watch.wall_seconds();
    result.cpu_seconds = watch.cpu_seconds();
    Ok(result)
}

struct OneClip {
    report: ClipReport,
    values: Vec<f64>,
    sound: Option<Sound>,
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
    inspecting: Inspecting,
) -> Result<OneClip, String> {
    let source = Source::open(catalog, clip)?;
    let audio = source.digest();
    let known = cache.and_then(|cache| cache.get(&audio, definition, columns));
    let known_sound = match inspecting {
        Inspecting::Yes => cache.and_then(|cache| cached_sound(cache, &audio, &plan.load)),
        Inspecting::No => None,
    };
    let listen = inspecting == Inspecting::Yes && known_sound.is_none();
    if let (Some((report, values)), false) = (&known, listen) {
        let report = ClipReport { clip_id: clip.id.clone(), ..report.clone() };
        let (values, sound) = (values.clone(), known_sound.map(|known| known.sound));
        return Ok(OneClip { report, values, sound, from_cache: true, cache_trouble: None });
    }
    let mut heard = source.listen(&plan.load)?;
    heard.wave = plan.perturbed(heard.wave, &audio)?;
    let report = ClipReport { clip_id: clip.id.clone(), audio, ..heard.report.clone() };
    let from_cache = known.is_some();
    let (values, sound) = match known {
        Some((_, values)) => (values, Some(heard.sound(None))),
        None if listen => plan.features.extract_and_inspect(&heard).map(|(row, sound)| (row, Some(sound)))?,
        None => (plan.features.extract(&heard.wave)?, known_sound.map(|known| known.sound)),
    };
    let mut cache_trouble = None;
    if let Some(cache) = cache {
        let kept = match from_cache {
            true => Ok(()),
            false => cache.put(&report.audio, definition, &report, &values),
        };
        let sound_kept = match &sound {
            Some(sound) if listen => keep_sound(cache, &report, &plan.load, sound),
            _ => Ok(()),
        };
        cache_trouble = kept.and(sound_kept).err().map(|error| error.to_string());
    }
    Ok(OneClip { report, values, sound, from_cache, cache_trouble })
}
