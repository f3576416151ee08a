//! What each entry does with the bytes.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use genrebench::audio::{self, LoadOptions};
use genrebench::audit::{MatrixScores, Paper};
use genrebench::datasets::{LabelList, Record, Records};
use genrebench::disk::digest;
use genrebench::download::{Packing, unpack};
use genrebench::experiment::{Experiment, SavedFit, SavedModel};
use genrebench::guarded::guarded;
use genrebench::models::Clips;
use genrebench::table::{FrameTable, TableColumns, read_table};
use genrebench::weights::WeightFile;
use ndarray::Array2;

/// Only what begins as its format does: anything else is looked through for mp3 frames, which is that entry's work.
pub fn sound_with(marks: &[(usize, &[u8])], bytes: &[u8]) {
    if marks.iter().any(|(at, mark)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(mark))) {
        sound(bytes);
    }
}

pub fn sound(bytes: &[u8]) {
    let whole = LoadOptions { max_seconds: Some(60.0), ..LoadOptions::default() };
    let part =
        LoadOptions { rate_hz: None, offset_seconds: 0.05, max_seconds: Some(0.1), cut: audio::Cut::Middle };
    for options in [whole, part] {
        let Ok(loaded) = audio::load_bytes(bytes, Path::new("fuzzed"), &options) else { continue };
        let mut waves = vec![loaded.wave];
        // At other rates a filter of its own would be made for every input, which is most of the work.
        if matches!(loaded.native_rate_hz, 8000 | 16_000 | 44_100) {
            let resampled = LoadOptions { rate_hz: Some(22_050), ..options };
            let resampled = audio::load_bytes(bytes, Path::new("fuzzed"), &resampled);
            waves.push(resampled.expect("what can be loaded can be resampled").wave);
        }
        assert!(waves.iter().flat_map(|wave| &wave.samples).all(|sample| sample.is_finite()));
    }
}

pub fn experiment(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Experiment::parse(Path::new("fuzzed.toml"), text));
    }
}

pub fn claims(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Paper::parse(Path::new("fuzzed.toml"), text));
    }
}

/// Claims that can be read get their verdicts, within the audit's own limits of time.
pub fn audit(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).ok();
    if let Some(Ok(paper)) = text.map(|text| Paper::parse(Path::new("fuzzed.toml"), text)) {
        drop(genrebench::audit::audit(&paper));
    }
}

/// As a confusion matrix, either way round, with what is printed of it.
pub fn matrix(bytes: &[u8]) {
    in_a_file(bytes, "csv", |path| {
        for transposed in [false, true] {
            drop(MatrixScores::read(path, transposed).map(|scores| scores.text()));
        }
    });
}

/// As a table of features, as a list of labels, and record by record as the data sets' own lists are read.
pub fn csv(bytes: &[u8]) {
    table(bytes, "csv");
    in_a_file(bytes, "csv", |path| {
        drop(LabelList::read(path).and_then(|list| list.labels_of(["a.wav", "b/a.wav"])));
        drop(LabelList::in_order(path));
    });
    let mut records = Records::new(bytes);
    let mut record = Record::default();
    while matches!(records.read(&mut record), Ok(true)) {}
}

/// As a table of features, as frames and as weights.
pub fn npz(bytes: &[u8]) {
    table(bytes, "npz");
    in_a_file(bytes, "npz", |path| drop(FrameTable::read(path)));
    weights(bytes);
}

/// As one with labels, and as one that needs none.
pub fn table(bytes: &[u8], extension: &str) {
    in_a_file(bytes, extension, |path| {
        for unlabelled in [false, true] {
            drop(read_table(path, &TableColumns { unlabelled, ..TableColumns::default() }));
        }
    });
}

pub fn weights(bytes: &[u8]) {
    let Ok(file) = WeightFile::from_bytes(Path::new("fuzzed"), bytes.to_vec()) else { return };
    let names: Vec<String> = file.names().map(String::from).collect();
    for name in names {
        drop(file.tensor(&name));
    }
}

/// Of all threads, for models answer on several.
static ASKS_A_FORGED_MODEL: AtomicBool = AtomicBool::new(false);

pub fn asks_a_forged_model() -> bool {
    ASKS_A_FORGED_MODEL.load(Relaxed)
}

/// Loaded, and asked about three rows: a forged model may panic then, for its caller is guarded, but must answer.
pub fn model(bytes: &[u8]) {
    in_a_file(&resealed(bytes), "genrebench", |path| {
        let Ok(saved) = SavedModel::load(path) else { return };
        ASKS_A_FORGED_MODEL.store(true, Relaxed);
        drop(guarded(|| {
            let columns = saved.header.columns.len();
            let rows = Array2::from_shape_fn((3, columns), |(row, column)| (row + column) as f64 - 1.0);
            let rows = saved.prepare.as_ref().map_or(rows.clone(), |prepare| prepare.apply(rows.view()));
            match &saved.model {
                SavedFit::Rows(fitted) => {
                    drop(fitted.predict(rows.view()));
                    drop(fitted.probabilities(rows.view()));
                }
                SavedFit::Clips(trained) => {
                    // As many bands as the corpus' networks have.
                    let frames = Array2::from_elem((40, 20), 0.5);
                    let table = (columns > 0).then_some(rows.view());
                    drop(trained.answer(&Clips { frames: vec![frames.view(); 3], table }));
                }
            }
        }));
        ASKS_A_FORGED_MODEL.store(false, Relaxed);
    });
}

/// With the checksum that its content has, so that a mutation comes past it.
fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    match (lines.next(), lines.next(), lines.next()) {
        (Some(magic), Some(_), Some(rest)) => [magic, b"\n", digest(rest).as_bytes(), b"\n", rest].concat(),
        _ => bytes.to_vec(),
    }
}

pub fn zip(bytes: &[u8]) {
    unpacked(bytes, Packing::Zip);
}

/// The bytes are the archive that is packed, with the checksums that its headers have.
pub fn tar(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(header) = bytes.get_mut(at..at + 512).filter(|header| header.iter().any(|byte| *byte != 0))
    {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let digits: String = header[124..136].iter().map(|digit| char::from(*digit)).collect();
        let length = usize::from_str_radix(digits.trim_matches(['\0', ' ']), 8).unwrap_or(0);
        at = at.saturating_add(512).saturating_add(length.saturating_add(511) / 512 * 512).min(bytes.len());
    }
    unpacked(&in_gzip(&bytes), Packing::TarGz);
}

/// RFC 1952, with blocks that are stored as they are (RFC 1951, 3.2.4).
fn in_gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for block in bytes.chunks(0xffff) {
        let length = block.len() as u16;
        packed.push(0);
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    packed.extend([1, 0, 0, 0xff, 0xff]);
    packed.extend(crc32fast::hash(bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

/// Nothing may come to lie outside the folder that was asked for.
fn unpacked(bytes: &[u8], packing: Packing) {
    let room = scratch().with_extension("room");
    let (archive, folder) = (room.join("archive"), room.join("in/the/folder"));
    if std::fs::create_dir_all(&folder).is_err() || std::fs::write(&archive, bytes).is_err() {
        return;
    }
    let outcome = unpack(&archive, packing, &folder, &|_| ());
    for (outside, inside) in [
        (room.clone(), ["archive", "in"].as_slice()),
        (room.join("in"), &["the"]),
        (room.join("in/the"), &["folder"]),
    ] {
        let mut names: Vec<String> = std::fs::read_dir(&outside)
            .into_iter()
            .flatten()
            .map(|file| file.map_or(String::new(), |file| file.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        assert_eq!(names, inside, "outside the folder, in {}", outside.display());
    }
    let left = std::fs::read_dir(&folder).map_or(0, Iterator::count);
    assert!(outcome.is_ok() || left == 0, "an archive that was refused leaves something");
    // The next input takes its place.
    let _ = std::fs::remove_dir_all(&room);
}

/// Readers that want a path get one, of this process and thread alone.
fn in_a_file(bytes: &[u8], extension: &str, read: impl FnOnce(&Path)) {
    let path = scratch().with_extension(extension);
    if std::fs::write(&path, bytes).is_ok() {
        read(&path);
    }
    // The next input takes its place.
    let _ = std::fs::remove_file(&path);
}

fn scratch() -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id()).replace(|c: char| !c.is_alphanumeric(), "");
    std::env::temp_dir().join(format!("genrebench-fuzz-{}-{thread}", std::process::id()))
}
