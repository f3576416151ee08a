//! The features of a clip's segments: each clip is decoded once and cut into pieces of equal length, one row a piece.
//!
//! A rest that is shorter than a piece is left away. A piece's row is named `CLIP#3`, counted from 1.

use ndarray::Array2;

use super::cache::FeatureCache;
use super::clip_sound::Source;
use super::every_clip::{check_disk, nothing_usable, of_every_clip};
use super::frame_plan::FramePlan;
use super::frame_sets::FrameSet;
use super::{ClipReport, ExperimentError, ExtractionPlan, Observer};
use crate::audio::Waveform;
use crate::datasets::{Catalog, Clip};
use crate::table::{FeatureTable, GrowingTable, TableRow};

/// How clips are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segments {
    pub seconds: f64,
    /// Pieces beyond so many of a clip are left away.
    pub most: usize,
}

/// The segments' rows, and the clip (by its place in the catalog) that each is cut from.
pub struct SegmentTable {
    pub table: FeatureTable,
    /// Of rows that are fed with matrices: one a piece.
    pub frames: Option<FrameSet>,
    pub clip_of_row: Vec<usize>,
    /// Clip id and reason.
    pub unusable: Vec<(String, String)>,
}

/// Extracts `plan` from every piece of every clip.
pub fn extract_segments(
    catalog: &Catalog,
    plan: &ExtractionPlan,
    segments: Segments,
    cache: Option<&FeatureCache>,
    observer: &dyn Observer,
) -> Result<SegmentTable, ExperimentError> {
    let cut_one = |clip: &Clip| rows_of(catalog, clip, plan, segments, cache);
    let (cut, unusable) = of_every_clip("extracting segments", catalog, observer, cut_one);
    check_disk(catalog, &unusable)?;
    if cut.is_empty() {
        return Err(nothing_usable(catalog, &unusable));
    }
    let mut growing = GrowingTable::new(plan.features.columns())?;
    let mut clip_of_row = Vec::new();
    for (place, rows) in cut {
        let clip = &catalog.clips[place];
        for (piece, values) in rows.into_iter().enumerate() {
            growing.push(TableRow {
                clip_id: format!("{}#{}", clip.id, piece + 1),
                label: clip.label.clone(),
                group: clip.group.clone(),
                fold: None,
                values,
            })?;
            clip_of_row.push(place);
        }
    }
    Ok(SegmentTable { table: growing.finish()?, frames: None, clip_of_row, unusable })
}

/// A piece's matrix, and its row where there are columns beside.
type Framed = (Array2<f32>, Vec<f64>);

/// The same with matrices; copies for training are not made.
pub fn extract_framed_segments(
    catalog: &Catalog,
    (frames, columns): (&FramePlan, Option<&ExtractionPlan>),
    segments: Segments,
    observer: &dyn Observer,
) -> Result<SegmentTable, ExperimentError> {
    let pieces_of = |clip: &Clip| -> Result<Vec<Framed>, String> {
        let source = Source::open(catalog, clip)?;
        let matrices = pieces(&source.load(&frames.load)?.0, segments)?;
        let matrices = matrices.iter().map(|piece| frames.matrix(piece)).collect::<Result<Vec<_>, _>>()?;
        let rows = match columns {
            Some(plan) => {
                let pieces = pieces(&source.load(&plan.load)?.0, segments)?;
                pieces.iter().map(|piece| plan.features.extract(piece)).collect::<Result<Vec<_>, _>>()?
            }
            None => vec![Vec::new(); matrices.len()],
        };
        Ok(matrices.into_iter().zip(rows).collect())
    };
    let (cut, unusable) = of_every_clip("extracting segments", catalog, observer, pieces_of);
    check_disk(catalog, &unusable)?;
    if cut.is_empty() {
        return Err(nothing_usable(catalog, &unusable));
    }
    let names = columns.map(|plan| plan.features.columns()).unwrap_or_default();
    let (mut set, mut values) = (FrameSet::default(), Vec::new());
    let (mut ids, mut clip_of_row) = (Vec::new(), Vec::new());
    for (place, framed) in cut {
        for (piece, (matrix, row)) in framed.into_iter().enumerate() {
            ids.push(format!("{}#{}", catalog.clips[place].id, piece + 1));
            clip_of_row.push(place);
            set.matrices.push(matrix);
            set.copies.push(Vec::new());
            values.extend(row);
        }
    }
    let clips = || clip_of_row.iter().map(|&clip| &catalog.clips[clip]);
    let values = Array2::from_shape_vec((clip_of_row.len(), names.len()), values).unwrap_or_default();
    let labels = clips().map(|clip| clip.label.clone()).collect();
    let groups = clips().map(|clip| clip.group.clone()).collect();
    let table = FeatureTable::new(ids, labels, groups, vec![None; clip_of_row.len()], names, values)?;
    Ok(SegmentTable { table, frames: Some(set), clip_of_row, unusable })
}

/// Pieces of equal length of a clip's sound.
fn pieces(wave: &Waveform, segments: Segments) -> Result<Vec<Waveform>, String> {
    let length = (segments.seconds * f64::from(wave.rate_hz)).round().max(1.0) as usize;
    let piece = |samples: &[f32]| Waveform { samples: samples.to_vec(), rate_hz: wave.rate_hz };
    let pieces: Vec<Waveform> = wave.samples.chunks_exact(length).take(segments.most).map(piece).collect();
    match pieces.is_empty() {
        true => Err(format!("{:.2} s are less than one segment of {} s", wave.seconds(), segments.seconds)),
        false => Ok(pieces),
    }
}

fn rows_of(
    catalog: &Catalog,
    clip: &Clip,
    plan: &ExtractionPlan,
    segments: Segments,
    cache: Option<&FeatureCache>,
) -> Result<Vec<Vec<f64>>, String> {
    let source = Source::open(catalog, clip)?;
    let audio = source.digest();
    let width = plan.features.columns().len();
    let Segments { seconds, most } = segments;
    // One entry a clip: its rows one after the other, however many there are.
    let definition = format!("{}\nin at most {most} segments of {seconds} s", plan.definition());
    if let Some(rows) = cache.and_then(|cache| cache.get_rows(&audio, &definition, width)) {
        return Ok(rows);
    }
    let (wave, mut report) = source.load(&plan.load)?;
    report.audio.clone_from(&audio);
    let pieces = pieces(&wave, segments)?;
    let rows = pieces.iter().map(|piece| plan.features.extract(piece)).collect::<Result<Vec<_>, _>>()?;
    if let Some(cache) = cache {
        // A cache that cannot be written only costs the next run its time.
        let _ = cache.put(
            &audio,
            &definition,
            &ClipReport { clip_id: clip.id.clone(), ..report },
            &rows.concat(),
        );
    }
    Ok(rows)
}
