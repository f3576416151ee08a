//! Clips become frame matrices on disk: work that leaves no feature table.
//!
//! Matrices are computed in batches of a few clips a core and written in the clips' order, so that memory does not
//! grow with their number and the file is the same for any number of threads.

use std::io;
use std::path::Path;

use ndarray::Array2;

use super::clip_sound::Source;
use super::every_clip::{nothing_usable, of_each};
use super::extraction::WrittenRows;
use super::{ClipReport, ExperimentError, Observer};
use crate::audio::LoadOptions;
use crate::datasets::{Catalog, Clip};
use crate::embeddings::Embedder;
use crate::features::frames;
use crate::table::write_frames;

type Matrix = (Array2<f32>, ClipReport);

const CLIPS_A_THREAD: usize = 4;

/// Writes the matrix of `feature` of every clip to `out`.
pub fn extract_frames(
    catalog: &Catalog,
    load: &LoadOptions,
    feature: &str,
    rows: usize,
    out: &Path,
    observer: &dyn Observer,
) -> Result<WrittenRows, ExperimentError> {
    let names: Vec<String> = (0..rows).map(|row| format!("{feature}.{row:02}")).collect();
    write_matrices(catalog, &names, out, observer, &|clip| {
        let (wave, report) = Source::open(catalog, clip)?.load(load)?;
        Ok((frames(&wave, feature).map_err(|error| error.to_string())?, report))
    })
}

/// The same with an embedding's patches as frames; `load` has the embedding's rate.
pub fn extract_patches(
    catalog: &Catalog,
    load: &LoadOptions,
    embedder: &Embedder,
    out: &Path,
    observer: &dyn Observer,
) -> Result<WrittenRows, ExperimentError> {
    write_matrices(catalog, &embedder.patch_columns(), out, observer, &|clip| {
        let (wave, report) = Source::open(catalog, clip)?.load(load)?;
        Ok((embedder.patches(&wave).map_err(|error| error.to_string())?, report))
    })
}

fn write_matrices(
    catalog: &Catalog,
    names: &[String],
    out: &Path,
    observer: &dyn Observer,
    matrix: &(dyn Fn(&Clip) -> Result<Matrix, String> + Sync),
) -> Result<WrittenRows, ExperimentError> {
    let mut written = WrittenRows::default();
    observer.begin("extracting frames", catalog.clips.len());
    let outcome = write_frames(out, names, |sink| {
        for batch in catalog.clips.chunks(CLIPS_A_THREAD * rayon::current_num_threads()) {
            for (clip, matrix) in batch.iter().zip(of_each(batch, observer, matrix)) {
                match matrix {
                    Ok((matrix, report)) => {
                        sink.push(&clip.id, &clip.label, matrix.view())?;
                        written.rows += 1;
                        let report = ClipReport { clip_id: clip.id.clone(), ..report };
                        written.faulty.extend((!report.faults.is_empty()).then_some(report));
                    }
                    Err(reason) => written.unusable.push((clip.id.clone(), reason)),
                }
            }
        }
        if written.rows == 0 {
            // Nothing is better than a file without a clip.
            return Err(io::Error::other("no clip could be used"));
        }
        Ok(())
    });
    observer.end();
    // A file that could not be written is no clip's fault.
    if written.rows == 0 && written.unusable.len() == catalog.clips.len() {
        return Err(nothing_usable(catalog, &written.unusable));
    }
    outcome?;
    Ok(written)
}
