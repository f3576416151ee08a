//! NPZ (a zip of NPY arrays, as numpy.savez and savez_compressed write it) and single NPY matrices as tables.
//!
//! Written arrays: `X` rows × columns, `y`, `ids`, `columns`, and `groups`, `folds` where any clip has one.
//! Read: the same, or the usual other names (`features`, `labels`, …); where no labels are wanted also an array a clip.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use ndarray::Array2;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::columns::{ReadTable, numbered_columns, row_id};
use super::error::{TableError, listed};
use super::feature_table::FeatureTable;
use super::npy::{self, NpyArray};
use crate::datasets::{ClipLabel, LabelList, TableColumns, given, no_label};
use crate::disk::{open_regular, read_regular, read_regular_text};
use crate::spelling::nearest;

/// No deflated byte unpacks to more.
const MOST_DEFLATED: u64 = 1032;

/// More than this in one array is taken for a zip bomb.
const LARGEST_ARRAY_BYTES: u64 = 16 << 30;

const MATRIX: [&str; 5] = ["X", "x", "features", "data", "values"];
const LABELS: [&str; 6] = ["y", "labels", "label", "Y", "genre", "target"];
const IDS: [&str; 5] = ["ids", "clip_ids", "id", "filenames", "names"];
const GROUPS: [&str; 3] = ["groups", "group", "artists"];
const FOLDS: [&str; 3] = ["folds", "fold", "split"];
const COLUMNS: [&str; 3] = ["columns", "feature_names", "names_of_columns"];

/// A zip of arrays, open for reading.
pub(super) struct Archive<'a> {
    path: &'a Path,
    zip: ZipArchive<BufReader<File>>,
    pub names: Vec<String>,
    /// Bytes that its arrays may still unpack to: several names may mean the same ones.
    left: u64,
}

impl<'a> Archive<'a> {
    pub fn open(path: &'a Path) -> Result<Self, TableError> {
        let file =
            open_regular(path).map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
        let damaged = |error: zip::result::ZipError| TableError::File {
            path: path.to_path_buf(),
            message: format!("is not an NPZ file that can be read: {error}"),
        };
        let bytes = file.metadata().map_or(0, |about| about.len());
        let zip = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
        let names =
            zip.file_names().filter_map(|name| name.ok()?.strip_suffix(".npy").map(str::to_string)).collect();
        Ok(Self { path, zip, names, left: bytes.saturating_mul(MOST_DEFLATED) })
    }

    pub fn read(&mut self, name: &str) -> Result<NpyArray, TableError> {
        let wrong = |message: String| TableError::File {
            path: self.path.to_path_buf(),
            message: format!("array '{name}': {message}"),
        };
        let mut entry = self.zip.by_name(&format!("{name}.npy")).map_err(|error| wrong(error.to_string()))?;
        // What an entry says of its size is believed as far as its bytes can be unpacked to.
        let at_most = entry.compressed_size().saturating_mul(MOST_DEFLATED).saturating_add(1 << 10);
        let available = entry.size().min(at_most).min(LARGEST_ARRAY_BYTES);
        self.left = self
            .left
            .checked_sub(available)
            .ok_or_else(|| wrong("with it the arrays are larger than the file can hold".to_string()))?;
        npy::read(&mut (&mut entry).take(available), available).map_err(wrong)
    }

    /// The first of the usual names that is there, or the one that was asked for.
    fn find(
        &self,
        role: &'static str,
        asked: Option<&String>,
        usual: &[&str],
    ) -> Result<Option<String>, TableError> {
        let known = || self.names.iter().map(String::as_str);
        match asked {
            None => {
                Ok(usual.iter().find(|usual| known().any(|known| known == **usual)).map(|n| n.to_string()))
            }
            Some(name) if known().any(|known| known == name) => Ok(Some(name.clone())),
            Some(name) => Err(TableError::MissingColumn {
                path: self.path.to_path_buf(),
                role,
                column: name.clone(),
                suggestion: nearest(name, known()).map(str::to_string),
                known: listed(&self.names),
            }),
        }
    }
}

pub(super) fn read(path: &Path, wanted: &TableColumns) -> Result<ReadTable, TableError> {
    let mut archive = Archive::open(path)?;
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let Some(matrix) = archive.find("matrix", None, &MATRIX)? else {
        let missing = format!("has no array X (or features); its arrays are: {}", listed(&archive.names));
        return if wanted.unlabelled { read_vectors(archive, &missing, wanted) } else { Err(file(missing)) };
    };
    let labels = archive.find("label", wanted.label.as_ref(), &LABELS)?;
    if labels.is_none() && !wanted.unlabelled {
        return Err(TableError::NoLabelColumn { path: path.to_path_buf(), known: listed(&archive.names) });
    }
    let others = [
        archive.find("id", wanted.id.as_ref(), &IDS)?,
        archive.find("group", wanted.group.as_ref(), &GROUPS)?,
        archive.find("fold", wanted.fold.as_ref(), &FOLDS)?,
        archive.find("columns", None, &COLUMNS)?,
    ];
    let values = matrix_of(path, archive.read(&matrix)?)?;
    let labels = match labels {
        Some(name) => labels_of(path, &name, archive.read(&name)?, values.nrows())?,
        None => vec![String::new(); values.nrows()],
    };
    let [ids, groups, folds, columns] = others;
    let mut texts = |name: Option<String>, wanted: usize, of: &str| {
        name.map(|name| names_of(path, &name, archive.read(&name)?, wanted, of)).transpose()
    };
    let (rows, width) = values.dim();
    let columns = texts(columns, width, "columns of X")?;
    let (ids, groups, folds) =
        (texts(ids, rows, "rows")?, texts(groups, rows, "rows")?, texts(folds, rows, "rows")?);
    assemble(path, Parts { values, labels, ids, groups, folds, columns }, wanted)
}

/// What `numpy.savez(file, **{clip: vector})` writes: one vector a clip, named by it, all of one length.
fn read_vectors(
    mut archive: Archive<'_>,
    missing: &str,
    wanted: &TableColumns,
) -> Result<ReadTable, TableError> {
    let path = archive.path;
    let wrong = |message: String| TableError::File {
        path: path.to_path_buf(),
        message: format!(
            "{missing}. Expected are X (a row a clip) and ids, or one vector a clip, named by it, all of one length; {message}"
        ),
    };
    let ids = archive.names.clone();
    let (mut values, mut width) = (Vec::new(), None);
    for name in &ids {
        let array = archive.read(name)?;
        let shape = array.shape.clone();
        let vector = shape.len() == 1;
        let numbers = array.numbers().filter(|_| vector).ok_or_else(|| {
            wrong(format!("'{name}' is no vector of numbers, its shape is {shape:?} (of frames take a mean)"))
        })?;
        let first = *width.get_or_insert(numbers.len());
        if numbers.len() != first {
            return Err(wrong(format!("'{name}' has {} numbers, '{}' has {first}", numbers.len(), ids[0])));
        }
        values.extend(numbers);
    }
    let values = Array2::from_shape_vec((ids.len(), width.unwrap_or_default()), values)
        .map_err(|error| wrong(error.to_string()))?;
    let labels = vec![String::new(); ids.len()];
    assemble(path, Parts { values, labels, ids: Some(ids), groups: None, folds: None, columns: None }, wanted)
}

/// A single NPY matrix, whose labels stand in a file of their own.
pub(super) fn read_matrix(path: &Path, wanted: &TableColumns) -> Result<ReadTable, TableError> {
    let labels = wanted.labels.as_ref().ok_or_else(|| TableError::File {
        path: path.to_path_buf(),
        message: match wanted.unlabelled {
            true => "a bare matrix names no clips; keep it with their names, one a row: np.savez(\"embeddings.npz\", X=X, ids=ids)",
            false => "a matrix without labels; name the file of the labels with labels = \"y.npy\" (.npy, or text with one a line)",
        }
        .to_string(),
    })?;
    let values = matrix_of(path, read_npy_file(path)?)?;
    let rows = values.nrows();
    let parts = |labels| Parts { values, labels, ids: None, groups: None, folds: None, columns: None };
    let text = !read_regular(labels)
        .map_err(|source| TableError::Read { path: labels.clone(), source })?
        .starts_with(b"\x93NUMPY");
    let parts = match text {
        false => parts(labels_of(labels, "labels", read_npy_file(labels)?, rows)?),
        true => {
            let text = read_regular_text(labels)
                .map_err(|source| TableError::Read { path: labels.clone(), source })?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_string()).collect();
            if lines.len() == rows + 1 && LabelList::is_heading(&lines[0]) {
                lines.remove(0);
            }
            match lines.len() == rows {
                true => parts(lines),
                false => of_list(parts(Vec::new()), labels, lines.len())?,
            }
        }
    };
    assemble(path, parts, wanted)
}

/// The matrix with the labels of a CSV that names its columns, in the order of the rows.
fn of_list(matrix: Parts, labels: &Path, lines: usize) -> Result<Parts, TableError> {
    let rows = matrix.values.nrows();
    let list = LabelList::in_order(labels).map_err(Box::new)?.filter(|list| list.len() == rows);
    let Some(list) = list else {
        same_count(labels, "labels", lines, rows, "rows")?;
        return Ok(matrix);
    };
    let (ids, says): (Vec<Option<String>>, Vec<ClipLabel>) = list.into_lines().unzip();
    let texts = |of: fn(&ClipLabel) -> &Option<String>| {
        Some(says.iter().map(|says| of(says).clone().unwrap_or_default()).collect())
    };
    let (groups, folds) = (texts(|says| &says.group), texts(|says| &says.fold));
    let labels = says.into_iter().map(|says| says.label).collect();
    Ok(Parts { labels, ids: ids.into_iter().collect(), groups, folds, ..matrix })
}

fn read_npy_file(path: &Path) -> Result<NpyArray, TableError> {
    let read = |source| TableError::Read { path: path.to_path_buf(), source };
    let file = open_regular(path).map_err(read)?;
    let available = file.metadata().map_err(read)?.len();
    npy::read(&mut BufReader::new(file), available)
        .map_err(|message| TableError::File { path: path.to_path_buf(), message })
}

struct Parts {
    values: Array2<f64>,
    labels: Vec<String>,
    ids: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    folds: Option<Vec<String>>,
    columns: Option<Vec<String>>,
}

fn assemble(path: &Path, parts: Parts, wanted: &TableColumns) -> Result<ReadTable, TableError> {
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let (rows, width) = parts.values.dim();
    if rows == 0 || width == 0 {
        return Err(file(format!("the matrix is {rows} × {width}: there is nothing in it")));
    }
    let missing = parts.labels.iter().position(|label| given(label).is_none());
    if let Some(row) = missing.filter(|_| !wanted.unlabelled) {
        return Err(file(format!("row {}: {}", row + 1, no_label(&parts.labels[row]))));
    }
    let mut notes = Vec::new();
    if parts.ids.is_none() {
        notes.push("no ids: clips are named by their row, row.1 onwards".to_string());
    }
    if parts.columns.is_none() {
        notes.push("no column names: columns are x.00, x.01, …".to_string());
    }
    let ids = parts.ids.unwrap_or_else(|| (0..rows).map(row_id).collect());
    let optional = |texts: Option<Vec<String>>| {
        texts.map_or_else(|| vec![None; rows], |texts| texts.iter().map(|text| given(text)).collect())
    };
    let columns = parts.columns.unwrap_or_else(|| numbered_columns(width));
    let (groups, folds) = (optional(parts.groups), optional(parts.folds));
    let labels = parts.labels.iter().map(|label| given(label).unwrap_or_default()).collect();
    let table = FeatureTable::new(ids, labels, groups, folds, columns, parts.values)
        .map_err(|error| file(error.to_string()))?;
    let table = match wanted.drop.is_empty() {
        true => table,
        false => {
            let kept: Vec<_> =
                table.columns.iter().filter(|name| !wanted.drop.contains(name)).cloned().collect();
            // Only to refuse the name of a column that is not there.
            table.select_columns(&wanted.drop).map_err(|error| file(error.to_string()))?;
            table.select_columns(&kept)?
        }
    };
    Ok(ReadTable { table, notes })
}

fn matrix_of(path: &Path, array: NpyArray) -> Result<Array2<f64>, TableError> {
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let &[rows, columns] = array.shape.as_slice() else {
        return Err(file(format!("the matrix has the shape {:?}; rows × columns are expected", array.shape)));
    };
    let numbers =
        array.numbers().ok_or_else(|| file("the matrix is of texts, not of numbers".to_string()))?;
    Array2::from_shape_vec((rows, columns), numbers).map_err(|error| file(error.to_string()))
}

/// One label a clip.
fn labels_of(path: &Path, name: &str, array: NpyArray, rows: usize) -> Result<Vec<String>, TableError> {
    if long_sides(&array) > 1 {
        let message = format!(
            "array '{name}' has the shape {:?}; one entry a row is expected, for a clip has one label: of one-hot columns \
             take argmax(axis=1)",
            array.shape
        );
        return Err(TableError::File { path: path.to_path_buf(), message });
    }
    names_of(path, name, array, rows, "rows")
}

fn long_sides(array: &NpyArray) -> usize {
    array.shape.iter().filter(|&&side| side != 1).count()
}

fn names_of(
    path: &Path,
    name: &str,
    array: NpyArray,
    wanted: usize,
    of: &str,
) -> Result<Vec<String>, TableError> {
    if long_sides(&array) > 1 {
        let message = format!("array '{name}' has the shape {:?}; one entry a row is expected", array.shape);
        return Err(TableError::File { path: path.to_path_buf(), message });
    }
    let texts = array.texts();
    same_count(path, name, texts.len(), wanted, of)?;
    Ok(texts)
}

fn same_count(path: &Path, name: &str, found: usize, wanted: usize, of: &str) -> Result<(), TableError> {
    let message = || format!("'{name}' has {found} entries for {wanted} {of}");
    match found == wanted {
        true => Ok(()),
        false => Err(TableError::File { path: path.to_path_buf(), message: message() }),
    }
}

/// Begins an array of a zip; what is written next is its bytes.
pub(super) fn begin_array<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    bytes: usize,
) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(bytes > u32::MAX as usize / 2);
    zip.start_file(format!("{name}.npy"), options).map_err(io::Error::other)
}

pub(super) fn write(table: &FeatureTable, out: &mut (impl Write + Seek)) -> io::Result<()> {
    let mut zip = ZipWriter::new(out);
    begin_array(&mut zip, "X", table.values.len().saturating_mul(8))?;
    npy::write_f64(&mut zip, table.values.shape(), table.values.iter().copied())?;
    let mut texts = |name: &str, texts: Vec<&str>| {
        begin_array(&mut zip, name, 0)?;
        npy::write_texts(&mut zip, &texts)
    };
    texts("y", table.labels.iter().map(String::as_str).collect())?;
    texts("ids", table.clip_ids.iter().map(String::as_str).collect())?;
    texts("columns", table.columns.iter().map(String::as_str).collect())?;
    for (name, values) in [("groups", &table.groups), ("folds", &table.folds)] {
        if values.iter().any(Option::is_some) {
            texts(name, values.iter().map(|value| value.as_deref().unwrap_or_default()).collect())?;
        }
    }
    zip.finish().map(drop).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::read_table;

    /// A matrix of three rows, and this file of its labels.
    fn labelled(labels: &[u8]) -> Result<ReadTable, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (matrix, list) = (folder.path().join("X.npy"), folder.path().join("y.csv"));
        let mut bytes = Vec::new();
        npy::write_f64(&mut bytes, &[3, 2], (0..6).map(f64::from)).unwrap();
        std::fs::write(&matrix, bytes).unwrap();
        std::fs::write(&list, labels).unwrap();
        let wanted = TableColumns { labels: Some(list), ..TableColumns::default() };
        read_table(&matrix, &wanted).map_err(|error| error.to_string())
    }

    #[test]
    fn a_heading_above_the_labels_is_no_label() {
        for text in ["rock\npop, jazz\nrock\n", "label\nrock\npop, jazz\nrock\n"] {
            assert_eq!(labelled(text.as_bytes()).unwrap().table.labels, ["rock", "pop, jazz", "rock"]);
        }
        assert_eq!(labelled(b"label\nrock\npop\n").unwrap().table.labels[0], "label");
        let said = labelled(b"what\nrock\npop\nrock\n").unwrap_err();
        assert!(said.ends_with("'labels' has 4 entries for 3 rows"), "{said}");
        let said = labelled(b"label,id\nrock,a\npop,b\n\n\n\n").unwrap_err();
        assert!(said.ends_with("entries for 3 rows"), "{said}");
    }

    #[test]
    fn a_list_of_labels_brings_ids_groups_and_folds() {
        let table =
            labelled(b",genre,clip_id,artist,fold\n0,rock,a,X,1\n1,pop,b,,2\n2,rock,c,X,1\n").unwrap().table;
        assert_eq!((table.labels[1].as_str(), table.clip_ids[2].as_str()), ("pop", "c"));
        assert_eq!((table.groups[0].as_deref(), table.groups[1].as_deref()), (Some("X"), None));
        assert_eq!(table.folds[1].as_deref(), Some("2"));
        let without_ids = labelled(b"genre,artist\nrock,X\npop,Y\nrock,X\n").unwrap().table;
        assert_eq!(
            (without_ids.clip_ids[0].as_str(), without_ids.groups[1].as_deref()),
            ("row.1", Some("Y"))
        );
        let said = labelled(b"genre,artist\nrock,X\npop\nrock,X\n").unwrap_err();
        assert!(said.contains("y.csv, line 3: 1 field where"), "{said}");
    }

    #[test]
    fn one_hot_columns_are_told_to_become_labels() {
        let mut bytes = Vec::new();
        npy::write_f64(&mut bytes, &[3, 2], [1.0, 0.0, 0.0, 1.0, 1.0, 0.0].into_iter()).unwrap();
        let said = labelled(&bytes).unwrap_err();
        assert!(said.contains("one entry a row is expected") && said.contains("argmax(axis=1)"), "{said}");
    }
}
