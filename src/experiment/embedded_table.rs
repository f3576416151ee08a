//! `embedding = "table"`: numbers that somebody else computed for the clips of a data set.
//!
//! One row a clip (CSV, Parquet, NPZ as every table here), or one matrix a clip (NPZ or Parquet of frames, as
//! `genrebench features --per patch` writes them), pooled. A row's name means a clip as an entry of a list does: its id,
//! or the end of its path where only one clip's ends so.

use std::path::{Path, PathBuf};

use super::every_clip::nothing_usable;
use super::{ClipReport, ExperimentError, FeatureSpec};
use crate::datasets::{Catalog, TableColumns, entries_of_clips};
use crate::embeddings::{pooled, pooled_columns};
use crate::table::{
    FeatureTable, FrameTable, GrowingTable, ReadTable, TableRow, check_frames_path, read_table,
};

/// The rows of a catalog's clips, and the clips that have none.
pub struct Embedded {
    pub table: FeatureTable,
    pub reports: Vec<ClipReport>,
    pub unusable: Vec<(String, String)>,
    /// How the file was read.
    pub notes: Vec<String>,
}

/// The file of the embedding `table`.
pub fn path_of(spec: &FeatureSpec) -> Result<&PathBuf, ExperimentError> {
    spec.weights.as_ref().ok_or_else(|| ExperimentError::Choice {
        message: "the embedding `table` needs its file: weights = \"embeddings.npz\"".to_string(),
    })
}

pub fn read(catalog: &Catalog, spec: &FeatureSpec) -> Result<Embedded, ExperimentError> {
    let path = path_of(spec)?;
    let Rows { columns, notes, rows } = rows_of(path, spec)?;
    let ids = catalog.clips.iter().map(|clip| clip.id.as_str());
    let rows_of_clips = entries_of_clips(ids, rows.iter().map(|(id, _)| id.as_str()));
    let mut table = GrowingTable::new(columns)?;
    let (mut reports, mut unusable) = (Vec::new(), Vec::new());
    for (clip, found) in catalog.clips.iter().zip(rows_of_clips) {
        let [place] = found[..] else {
            let count = if found.is_empty() { "no row" } else { "several rows" };
            unusable.push((clip.id.clone(), format!("{} has {count} for it", path.display())));
            continue;
        };
        table.push(TableRow {
            clip_id: clip.id.clone(),
            label: clip.label.clone(),
            group: clip.group.clone(),
            fold: clip.fold.clone(),
            values: rows[place].1.clone(),
        })?;
        reports.push(ClipReport { clip_id: clip.id.clone(), ..ClipReport::default() });
    }
    if table.is_empty() {
        return Err(nothing_usable(catalog, &unusable));
    }
    Ok(Embedded { table: table.finish()?, reports, unusable, notes })
}

struct Rows {
    columns: Vec<String>,
    notes: Vec<String>,
    rows: Vec<(String, Vec<f64>)>,
}

fn rows_of(path: &Path, spec: &FeatureSpec) -> Result<Rows, ExperimentError> {
    // Only a file of matrices can be read as one.
    if check_frames_path(path).is_ok()
        && let Ok(frames) = FrameTable::read(path)
    {
        let rows = frames.clips.iter().filter(|clip| clip.frames.nrows() > 0);
        let rows = rows.map(|clip| (clip.clip_id.clone(), pooled(&clip.frames, spec.pool))).collect();
        return Ok(Rows { columns: pooled_columns(&frames.rows, spec.pool), notes: Vec::new(), rows });
    }
    let columns = TableColumns { unlabelled: true, ..TableColumns::default() };
    let ReadTable { table: read, notes } = read_table(path, &columns)?;
    let rows = read.clip_ids.iter().cloned().zip(read.values.outer_iter().map(|row| row.to_vec())).collect();
    Ok(Rows { columns: read.columns, notes, rows })
}
