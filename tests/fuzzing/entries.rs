//! What is fuzzed: one function a reader, bytes in, nothing out. An error is fine; a panic, a hang or a huge
//! allocation is a finding. The cargo-fuzz targets, the test in `tests/fuzzing.rs` and long runs by hand share these.

use std::path::{Path, PathBuf};

use genrebench::audio::{self, LoadOptions};
use genrebench::audit::Paper;
use genrebench::datasets::{Record, Records};
use genrebench::disk::digest;
use genrebench::experiment::{Experiment, SavedModel};
use genrebench::table::{FrameTable, TableColumns, read_table};
use genrebench::weights::WeightFile;

/// One reader, and the files that its inputs are mutations of, relative to the repository.
pub struct Entry {
    pub name: &'static str,
    pub seeds: &'static [&'static str],
    pub run: fn(&[u8]),
}

pub const ENTRIES: &[Entry] = &[
    Entry {
        name: "mp3",
        seeds: &[
            "tests/golden/audio/cut.mp3",
            "tests/golden/audio/tagged.mp3",
            "tests/golden/audio/untagged_vbr.mp3",
        ],
        run: sound,
    },
    Entry { name: "wav", seeds: &["tests/golden/audio/s24.wav"], run: sound },
    Entry { name: "aiff", seeds: &["tests/golden/audio/s16.aiff"], run: sound },
    Entry { name: "au", seeds: &["tests/golden/audio/s16.au", "tests/golden/audio/ulaw.au"], run: sound },
    Entry { name: "flac", seeds: &["tests/golden/audio/s16.flac"], run: sound },
    Entry { name: "ogg", seeds: &["tests/golden/audio/q1.ogg"], run: sound },
    Entry { name: "m4a", seeds: &["tests/fuzzing/corpus/m4a", "tests/fuzzing/corpus/alac"], run: sound },
    Entry { name: "aac", seeds: &["tests/fuzzing/corpus/aac"], run: sound },
    Entry {
        name: "experiment",
        seeds: &["experiments/demo.toml", "experiments/networks.toml", "experiments/esc10-musicnn.toml"],
        run: |bytes| {
            if let Ok(text) = std::str::from_utf8(bytes) {
                drop(Experiment::parse(Path::new("fuzzed.toml"), text));
            }
        },
    },
    Entry {
        name: "claims",
        seeds: &["data/papers/iaml-2018.toml", "data/papers/mipt-2020.toml"],
        run: |bytes| {
            if let Ok(text) = std::str::from_utf8(bytes) {
                drop(Paper::parse(Path::new("fuzzed.toml"), text));
            }
        },
    },
    Entry {
        name: "csv",
        seeds: &["tests/fuzzing/corpus/csv", "tests/golden/table/labels.txt"],
        run: |bytes| table(bytes, "csv"),
    },
    Entry {
        name: "delimited",
        seeds: &["tests/fuzzing/corpus/csv"],
        run: |bytes| {
            let mut records = Records::new(bytes);
            let mut record = Record::default();
            while matches!(records.read(&mut record), Ok(true)) {}
        },
    },
    Entry {
        name: "parquet",
        seeds: &[
            "tests/golden/table/plain.parquet",
            "tests/golden/table/snappy.parquet",
            "tests/golden/table/zstd.parquet",
        ],
        run: |bytes| table(bytes, "parquet"),
    },
    Entry {
        name: "npy",
        seeds: &[
            "tests/golden/table/matrix.npy",
            "tests/golden/table/half.npy",
            "tests/golden/table/big_endian.npy",
        ],
        run: |bytes| table(bytes, "npy"),
    },
    Entry {
        name: "npz",
        seeds: &["tests/golden/table/plain.npz", "tests/golden/table/compressed.npz"],
        run: |bytes| {
            table(bytes, "npz");
            in_a_file(bytes, "npz", |path| drop(FrameTable::read(path)));
        },
    },
    Entry {
        name: "model",
        seeds: &["tests/fuzzing/corpus/model"],
        run: |bytes| in_a_file(&resealed(bytes), "genrebench", |path| drop(SavedModel::load(path))),
    },
    Entry { name: "hdf5", seeds: &["tests/golden/weights/keras.h5"], run: weights },
    Entry { name: "safetensors", seeds: &["tests/golden/weights/plain.safetensors"], run: weights },
    Entry {
        name: "pth",
        seeds: &[
            "tests/golden/weights/checkpoint.pth",
            "tests/golden/weights/legacy.pth",
            "tests/golden/weights/whole_model.pth",
            "tests/golden/weights/zip.pth",
        ],
        run: weights,
    },
    Entry { name: "weights_npz", seeds: &["tests/golden/weights/compressed.npz"], run: weights },
];

/// The entry of that name, for a fuzzer that has one target an entry.
#[allow(dead_code)]
pub fn run(name: &str, bytes: &[u8]) {
    if let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) {
        (entry.run)(bytes);
    }
}

fn sound(bytes: &[u8]) {
    let whole = LoadOptions { max_seconds: Some(60.0), ..LoadOptions::default() };
    let part = LoadOptions {
        rate_hz: Some(22_050),
        offset_seconds: 0.05,
        max_seconds: Some(0.1),
        cut: audio::Cut::Middle,
    };
    for options in [whole, part] {
        if let Ok(loaded) = audio::load_bytes(bytes, Path::new("fuzzed"), &options) {
            assert!(loaded.wave.samples.iter().all(|sample| sample.is_finite()));
        }
    }
}

fn table(bytes: &[u8], extension: &str) {
    in_a_file(bytes, extension, |path| drop(read_table(path, &TableColumns::default())));
}

fn weights(bytes: &[u8]) {
    let Ok(file) = WeightFile::from_bytes(Path::new("fuzzed"), bytes.to_vec()) else { return };
    let names: Vec<String> = file.names().map(String::from).collect();
    for name in names {
        drop(file.tensor(&name));
    }
}

/// With the checksum that its content has, so that a mutation comes past it.
fn resealed(bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    match (lines.next(), lines.next(), lines.next()) {
        (Some(magic), Some(_), Some(rest)) => [magic, b"\n", digest(rest).as_bytes(), b"\n", rest].concat(),
        _ => bytes.to_vec(),
    }
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
