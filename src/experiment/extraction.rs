//! Clips become a FeatureTable: decode, cut, resample, extract; every core, one clip in memory a core.
//!
//! A clip that cannot be used is listed with its reason and left out of the table, never silently dropped.

use std::io;
use std::path::Path;

use super::cache::FeatureCache;
use super::clip_sound::{ClipSound, Source, cached_sound, hears_enough, keep_sound};
use super::clock::Stopwatch;
use super::every_clip::{nothing_usable, of_each};
use super::machine::free_memory_bytes;
use super::memory_room::turn;
use super::{ClipReport, ExperimentError, ExtractionPlan, Observer};
use crate::datasets::{Catalog, Clip};
use crate::inspection::Sound;
use crate::table::{FeatureTable, GrowingTable, TableRow, write_rows};

/// Clips whose rows wait to be put into the table, in the catalog's order.
/// Many, since all cores wait for the longest clip of a batch.
const BATCH_CLIPS: usize = 1024;

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
    let mut table = GrowingTable::new(plan.features.columns())?;
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
    extract_in_order(catalog, plan, cache, inspecting, observer, |clip, outcome| {
        match outcome {
            Ok(done) => {
                table.push(clip_row(clip, done.values))?;
                result
                    .sounds
                    .extend(done.sound.map(|sound| ClipSound { report: done.report.clone(), sound }));
                result.reports.push(done.report);
                result.from_cache += usize::from(done.from_cache);
                result.cache_trouble = result.cache_trouble.take().or(done.cache_trouble);
            }
            Err(NoRow::Unusable(reason)) => result.unusable.push((clip.id.clone(), reason)),
            // Without it the others would be another data set, and elsewhere there may be room.
            Err(NoRow::NoRoom(reason)) => {
                return Err(ExperimentError::Choice { message: format!("clip {}: {reason}", clip.id) });
            }
        }
        Ok::<(), ExperimentError>(())
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
    /// Why the cache could not be written, if so.
    pub cache_trouble: Option<String>,
}

/// Extracts `plan` from every clip of `catalog` into the table `out`, row by row in the catalog's order; leaves no
/// file where no clip can be used. What is in the cache is not computed again.
pub fn extract_to_file(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    out: &Path,
    cache: Option<&FeatureCache>,
    observer: &dyn Observer,
) -> Result<WrittenRows, ExperimentError> {
    let mut written = WrittenRows::default();
    let outcome = write_rows(out, &plan.features.columns(), catalog.clips.len(), |sink| {
        extract_in_order(catalog, plan, cache, Inspecting::No, observer, |clip, outcome| {
            match outcome {
                Ok(done) => {
                    sink.push(clip_row(clip, done.values))?;
                    written.rows += 1;
                    written.faulty.extend((!done.report.faults.is_empty()).then_some(done.report));
                    written.cache_trouble = written.cache_trouble.take().or(done.cache_trouble);
                }
                Err(NoRow::Unusable(reason) | NoRow::NoRoom(reason)) => {
                    written.unusable.push((clip.id.clone(), reason));
                }
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

/// Hands `take` every clip and its row, or the reason why there is none, in the catalog's order.
fn extract_in_order<E>(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    cache: Option<&FeatureCache>,
    inspecting: Inspecting,
    observer: &dyn Observer,
    mut take: impl FnMut(&Clip, Result<OneClip, NoRow>) -> Result<(), E>,
) -> Result<(), E> {
    let definition = plan.definition();
    let width = plan.features.columns().len();
    observer.begin("extracting features", catalog.clips.len());
    for batch in catalog.clips.chunks(BATCH_CLIPS) {
        let outcomes = of_each(batch, observer, |clip| {
            one_clip(catalog, clip, plan, &definition, width, cache, inspecting)
        });
        let taken = batch.iter().zip(outcomes).try_for_each(|(clip, outcome)| take(clip, outcome));
        if taken.is_err() {
            observer.end();
            return taken;
        }
    }
    observer.end();
    Ok(())
}

/// Why a clip has no row.
enum NoRow {
    Unusable(String),
    NoRoom(String),
}

impl From<String> for NoRow {
    fn from(reason: String) -> Self {
        Self::Unusable(reason)
    }
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
) -> Result<OneClip, NoRow> {
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
    let bytes = match known {
        Some(_) => 0,
        None => plan.features.spectrogram_bytes(heard.wave.samples.len()),
    };
    let _turn = turn(bytes, free_memory_bytes).map_err(NoRow::NoRoom)?;
    heard.wave = plan.perturbed(heard.wave, &audio)?;
    let report = ClipReport { clip_id: clip.id.clone(), audio, ..heard.report.clone() };
    let from_cache = known.is_some();
    let (values, sound) = match known {
        Some((_, values)) => (values, Some(source.sound(&plan.load, &heard))),
        None if listen && !hears_enough(&plan.load, heard.report.seconds) => {
            (plan.features.extract(&heard.wave)?, Some(source.sound(&plan.load, &heard)))
        }
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
        let advice = "--cache names another folder to keep them in";
        cache_trouble = kept.and(sound_kept).err().map(|error| format!("{error}; {advice}"));
    }
    Ok(OneClip { report, values, sound, from_cache, cache_trouble })
}
