//! One matrix a clip (log-mel, MFCC, …), for models that look at time.
//!
//! In memory a clip is frames × rows, in files rows × frames as librosa has it. NPZ holds one array a clip,
//! named by its id, and `__ids__`, `__labels__`, `__rows__`; Parquet holds one line a frame: clip_id, label,
//! frame, rows. Both are written a clip at a time, so that memory does not grow with their number.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use ndarray::{Array2, ArrayView1, ArrayView2};
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    DataFrame, DataType, Field, Float32Chunked, IntoColumn, NewChunkedArray, Schema, StringChunked,
    UInt32Chunked,
};
use zip::ZipWriter;

use super::error::TableError;
use super::npy;
use super::npz::{Archive, begin_array};
use super::parquet::{each_column, numbers_of, text_of, writer};
use crate::disk::write_atomically;

const IDS: &str = "__ids__";
const LABELS: &str = "__labels__";
const ROWS: &str = "__rows__";
const OWN_COLUMNS: [&str; 3] = ["clip_id", "label", "frame"];
/// Parquet row groups of at least this many frames.
const GROUP_FRAMES: usize = 16_384;

/// A clip's matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipFrames {
    pub clip_id: String,
    pub label: String,
    /// Frames × rows.
    pub frames: Array2<f32>,
}

/// One matrix a clip, all with the same rows (mel bands, coefficients).
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTable {
    pub rows: Vec<String>,
    pub clips: Vec<ClipFrames>,
}

impl FrameTable {
    /// Reads what [`write_frames`] wrote, `.npz` or `.parquet`.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        match kind(path)? {
            Kind::Npz => read_npz(path),
            Kind::Parquet => read_parquet(path),
        }
    }
}

/// Whether frames can be written under that name.
pub fn check_frames_path(path: &Path) -> Result<(), TableError> {
    kind(path).map(drop)
}

#[derive(Clone, Copy)]
enum Kind {
    Npz,
    Parquet,
}

fn kind(path: &Path) -> Result<Kind, TableError> {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase().as_str() {
        "npz" => Ok(Kind::Npz),
        "parquet" => Ok(Kind::Parquet),
        other => {
            let message = format!("frames are kept as .npz or .parquet, not '.{other}'");
            Err(TableError::File { path: path.to_path_buf(), message })
        }
    }
}

/// Writes `path` whole or not at all; `fill` hands the sink one clip after another. An error of the sink
/// is the writing's own, and `fill` should return it as it is.
pub fn write_frames(
    path: &Path,
    rows: &[String],
    fill: impl FnOnce(&mut FrameSink<'_>) -> io::Result<()>,
) -> Result<(), TableError> {
    let kind = kind(path)?;
    write_atomically(path, |out| {
        let into = match kind {
            Kind::Npz => Format::Npz(Box::new(ZipWriter::new(out))),
            Kind::Parquet => parquet_sink(out, rows)?,
        };
        let (ids, labels) = (Vec::new(), Vec::new());
        let mut sink = FrameSink { rows, ids, labels, seen: HashSet::new(), into };
        fill(&mut sink)?;
        sink.finish()
    })?;
    Ok(())
}

/// Where [`write_frames`] puts the clips.
pub struct FrameSink<'a> {
    rows: &'a [String],
    ids: Vec<String>,
    labels: Vec<String>,
    seen: HashSet<String>,
    into: Format<'a>,
}

enum Format<'a> {
    Npz(Box<ZipWriter<&'a mut BufWriter<File>>>),
    Parquet { writer: Box<BatchedWriter<&'a mut BufWriter<File>>>, waiting: Vec<ClipFrames>, frames: usize },
}

fn parquet_sink<'a>(out: &'a mut BufWriter<File>, rows: &[String]) -> io::Result<Format<'a>> {
    let own = OWN_COLUMNS.into_iter().zip([DataType::String, DataType::String, DataType::UInt32]);
    let fields = own.chain(rows.iter().map(|row| (row.as_str(), DataType::Float32)));
    let schema = Schema::from_iter(fields.map(|(name, kind)| Field::new(name.into(), kind)));
    let writer = Box::new(writer(out).batched(&schema).map_err(io::Error::other)?);
    Ok(Format::Parquet { writer, waiting: Vec::new(), frames: 0 })
}

impl FrameSink<'_> {
    /// `frames` is frames × rows.
    pub fn push(&mut self, clip_id: &str, label: &str, frames: ArrayView2<'_, f32>) -> io::Result<()> {
        let refuse = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        if [IDS, LABELS, ROWS].contains(&clip_id) {
            return refuse(format!("a clip cannot be called '{clip_id}', which names the file's own array"));
        }
        if frames.ncols() != self.rows.len() {
            let (found, wanted) = (frames.ncols(), self.rows.len());
            return refuse(format!("clip '{clip_id}' has {found} rows where the others have {wanted}"));
        }
        if !self.seen.insert(clip_id.to_string()) {
            return refuse(format!("clip id '{clip_id}' stands twice; ids must be unique"));
        }
        self.ids.push(clip_id.to_string());
        self.labels.push(label.to_string());
        match &mut self.into {
            Format::Npz(zip) => {
                begin_array(zip, clip_id, frames.len().saturating_mul(4))?;
                npy::write_f32(zip, &[frames.ncols(), frames.nrows()], frames.t().iter().copied())
            }
            Format::Parquet { writer, waiting, frames: count } => {
                *count += frames.nrows();
                let (clip_id, label) = (clip_id.to_string(), label.to_string());
                waiting.push(ClipFrames { clip_id, label, frames: frames.to_owned() });
                match *count >= GROUP_FRAMES {
                    true => flush(writer, self.rows, waiting, count),
                    false => Ok(()),
                }
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self.into {
            Format::Npz(mut zip) => {
                for (name, texts) in [(IDS, &self.ids), (LABELS, &self.labels), (ROWS, &self.rows.to_vec())] {
                    begin_array(&mut zip, name, 0)?;
                    npy::write_texts(&mut zip, texts)?;
                }
                zip.finish().map(drop).map_err(io::Error::other)
            }
            Format::Parquet { mut writer, mut waiting, mut frames } => {
                flush(&mut writer, self.rows, &mut waiting, &mut frames)?;
                writer.finish().map(drop).map_err(io::Error::other)
            }
        }
    }
}

fn flush<W: io::Write>(
    writer: &mut BatchedWriter<W>,
    rows: &[String],
    waiting: &mut Vec<ClipFrames>,
    count: &mut usize,
) -> io::Result<()> {
    let height = std::mem::take(count);
    let clips = std::mem::take(waiting);
    let repeated = |text: fn(&ClipFrames) -> &str| {
        clips.iter().flat_map(move |clip| std::iter::repeat_n(text(clip), clip.frames.nrows()))
    };
    let numbers = clips.iter().flat_map(|clip| 0..clip.frames.nrows() as u32);
    let mut columns = vec![
        StringChunked::from_iter_values(OWN_COLUMNS[0].into(), repeated(|clip| &clip.clip_id)).into_column(),
        StringChunked::from_iter_values(OWN_COLUMNS[1].into(), repeated(|clip| &clip.label)).into_column(),
        UInt32Chunked::from_iter_values(OWN_COLUMNS[2].into(), numbers).into_column(),
    ];
    for (row, name) in rows.iter().enumerate() {
        let values = clips.iter().flat_map(|clip| clip.frames.column(row).into_iter().copied());
        columns.push(Float32Chunked::from_iter_values(name.as_str().into(), values).into_column());
    }
    let frame = DataFrame::new(height, columns).map_err(io::Error::other)?;
    writer.write_batch(&frame).map_err(io::Error::other)
}

fn read_npz(path: &Path) -> Result<FrameTable, TableError> {
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let mut archive = Archive::open(path)?;
    let mut texts = |name| Ok::<_, TableError>(archive.read(name)?.texts());
    let (ids, labels, rows) = (texts(IDS)?, texts(LABELS)?, texts(ROWS)?);
    if ids.len() != labels.len() {
        return Err(file(format!("{} labels for {} clips", labels.len(), ids.len())));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = ids.iter().find(|id| !seen.insert(id.as_str())) {
        return Err(file(format!("clip '{twice}' is named twice")));
    }
    let mut clips = Vec::new();
    for (clip_id, label) in ids.into_iter().zip(labels) {
        let array = archive.read(&clip_id)?;
        let shape = array.shape.clone();
        let wrong = || {
            file(format!(
                "clip '{clip_id}' has the shape {shape:?} where {} rows × frames are expected",
                rows.len()
            ))
        };
        let &[height, width] = array.shape.as_slice() else { return Err(wrong()) };
        let values = array.numbers().ok_or_else(wrong)?.into_iter().map(|value| value as f32).collect();
        let matrix = Array2::from_shape_vec((height, width), values).map_err(|_| wrong())?;
        if height != rows.len() {
            return Err(wrong());
        }
        let frames = matrix.t().as_standard_layout().into_owned();
        clips.push(ClipFrames { clip_id, label, frames });
    }
    Ok(FrameTable { rows, clips })
}

/// Clips without a frame have no line in this format and so do not come back.
fn read_parquet(path: &Path) -> Result<FrameTable, TableError> {
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let (mut rows, mut own, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    let choose = |names: &[String]| {
        if names.len() < OWN_COLUMNS.len() || names.iter().zip(OWN_COLUMNS).any(|(name, own)| name != own) {
            return Err(file(
                "is no table of frames: its first columns are not clip_id, label, frame".to_string(),
            ));
        }
        rows = names[OWN_COLUMNS.len()..].to_vec();
        Ok((0..names.len()).collect())
    };
    let mut frames_at = None;
    let height = each_column(path, choose, |name, values| {
        if own.len() < 2 {
            own.push(text_of(&values));
            return Ok(());
        }
        let numbers = numbers_of(&values).ok_or_else(|| file(format!("column {name} is text")))?;
        if frames_at.is_none() {
            frames_at = Some(numbers);
        } else {
            columns.push(numbers.into_iter().map(|number| number as f32).collect::<Vec<f32>>());
        }
        Ok(())
    })?;
    let [ids, labels] = <[Vec<_>; 2]>::try_from(own).map_err(|_| file("has no columns".to_string()))?;
    let frames_at = frames_at.unwrap_or_default();
    let mut values = Array2::<f32>::zeros((height, rows.len()));
    for (column, mut into) in columns.iter().zip(values.columns_mut()) {
        into.assign(&ArrayView1::from(column));
    }
    let mut clips: Vec<ClipFrames> = Vec::new();
    let mut seen = HashSet::new();
    let mut start = 0;
    while start < ids.len() {
        let end = (start..ids.len()).find(|&at| ids[at] != ids[start]).unwrap_or(ids.len());
        let Some(clip_id) = ids[start].clone() else {
            return Err(file(format!("row {}: no clip id", start + 1)));
        };
        if !seen.insert(clip_id.clone()) {
            return Err(file(format!(
                "clip '{clip_id}' stands in two places; its frames must follow each other"
            )));
        }
        let follows = |at: usize| frames_at[at - 1].total_cmp(&frames_at[at]).is_lt();
        if let Some(at) = (start + 1..end).find(|&at| !follows(at)) {
            return Err(file(format!(
                "row {}: frame {} of clip '{clip_id}' stands behind frame {}; sort the table by clip and frame",
                at + 1,
                frames_at[at],
                frames_at[at - 1]
            )));
        }
        let label = labels[start].clone().unwrap_or_default();
        let frames = values.slice(ndarray::s![start..end, ..]).to_owned();
        clips.push(ClipFrames { clip_id, label, frames });
        start = end;
    }
    Ok(FrameTable { rows, clips })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn clips() -> FrameTable {
        let mut draws = Draws::new(1, "frames");
        let mut clip = |id: &str, label: &str, frames| ClipFrames {
            clip_id: id.into(),
            label: label.into(),
            frames: Array2::from_shape_simple_fn((frames, 2), || draws.normal() as f32),
        };
        let clips = vec![clip("b/1.wav", "b", 3), clip("a/é.wav", "a", 20_000), clip("c", "a", 1)];
        FrameTable { rows: vec!["mel.000".into(), "mel.001".into()], clips }
    }

    fn written(table: &FrameTable, path: &Path) -> Result<(), TableError> {
        write_frames(path, &table.rows, |sink| {
            table.clips.iter().try_for_each(|clip| sink.push(&clip.clip_id, &clip.label, clip.frames.view()))
        })
    }

    #[test]
    fn frames_come_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["frames.npz", "frames.parquet"] {
            let path = folder.path().join(name);
            written(&clips(), &path).unwrap();
            assert_eq!(FrameTable::read(&path).unwrap(), clips(), "{name}");
        }
    }

    /// As after a join: the frames of a clip together, in no order.
    #[test]
    fn frames_out_of_order_are_refused() {
        use polars::prelude::*;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let mut frame = df!(
            "clip_id" => ["a", "a", "b", "b"], "label" => ["x", "x", "y", "y"], "frame" => [0i64, 1, 1, 0],
            "m.0" => [1.0f32, 2.0, 3.0, 4.0],
        )
        .unwrap();
        ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
        let error = FrameTable::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("row 4: frame 0 of clip 'b' stands behind frame 1; sort the table"),
            "{error}"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.npz");
        let mut twice = clips();
        twice.clips[2].clip_id = "b/1.wav".into();
        assert!(written(&twice, &path).unwrap_err().to_string().contains("'b/1.wav' stands twice"));
        let mut narrow = clips();
        narrow.rows.pop();
        assert!(
            written(&narrow, &path).unwrap_err().to_string().contains("has 2 rows where the others have 1")
        );
        assert!(written(&clips(), &folder.path().join("frames.csv")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
