//! What is fuzzed: one function a reader, bytes in, nothing out. An error is fine; a panic, a hang or a huge
//! allocation is a finding. The cargo-fuzz targets, the test in `tests/fuzzing/mod.rs` and long runs by hand share these.

use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

use genrebench::guarded::guarded;

#[path = "readers.rs"]
mod readers;

/// One reader, and the files that its inputs are mutations of.
pub struct Entry {
    pub name: &'static str,
    /// Relative to the repository, beside those in `tests/fuzzing/corpus/NAME`.
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
        run: readers::sound,
    },
    Entry {
        name: "wav",
        seeds: &["tests/golden/audio/s24.wav"],
        run: |bytes| readers::sound_with(&[(0, b"RIFF"), (0, b"RF64"), (0, b"RIFX")], bytes),
    },
    Entry {
        name: "aiff",
        seeds: &["tests/golden/audio/s16.aiff"],
        run: |bytes| readers::sound_with(&[(0, b"FORM")], bytes),
    },
    Entry {
        name: "au",
        seeds: &["tests/golden/audio/s16.au", "tests/golden/audio/ulaw.au"],
        run: |bytes| readers::sound_with(&[(0, b".snd"), (0, b"dns.")], bytes),
    },
    Entry {
        name: "flac",
        seeds: &["tests/golden/audio/s16.flac"],
        run: |bytes| readers::sound_with(&[(0, b"fLaC"), (0, b"OggS"), (0, b"ID3")], bytes),
    },
    Entry {
        name: "ogg",
        seeds: &["tests/golden/audio/q1.ogg"],
        run: |bytes| readers::sound_with(&[(0, b"OggS")], bytes),
    },
    Entry { name: "m4a", seeds: &[], run: |bytes| readers::sound_with(&[(4, b"ftyp")], bytes) },
    Entry { name: "aac", seeds: &[], run: |bytes| readers::sound_with(&[(0, &[0xff]), (0, b"ID3")], bytes) },
    Entry {
        name: "experiment",
        seeds: &[
            "experiments/demo.toml",
            "experiments/engines.toml",
            "experiments/esc10-musicnn.toml",
            "experiments/gtzan8-2020-table-1.toml",
            "experiments/iaml-2018.toml",
            "experiments/mipt-2020-ablation.toml",
            "experiments/networks.toml",
            "experiments/robustness.toml",
        ],
        run: readers::experiment,
    },
    Entry {
        name: "claims",
        seeds: &[
            "data/claims-template.toml",
            "data/papers/cntk-2020.toml",
            "data/papers/esc-2015.toml",
            "data/papers/gtzan8-2020.toml",
            "data/papers/iaml-2018.toml",
            "data/papers/mipt-2020.toml",
            "data/papers/tuiasi-2018.toml",
        ],
        run: readers::claims,
    },
    Entry {
        name: "audit",
        seeds: &[
            "data/claims-template.toml",
            "data/papers/esc-2015.toml",
            "data/papers/iaml-2018.toml",
            "data/papers/tuiasi-2018.toml",
        ],
        run: readers::audit,
    },
    Entry { name: "matrix", seeds: &[], run: readers::matrix },
    Entry { name: "csv", seeds: &["tests/golden/table/labels.txt"], run: readers::csv },
    Entry {
        name: "parquet",
        seeds: &[
            "tests/golden/table/plain.parquet",
            "tests/golden/table/snappy.parquet",
            "tests/golden/table/zstd.parquet",
        ],
        run: |bytes| readers::table(bytes, "parquet"),
    },
    Entry {
        name: "npy",
        seeds: &[
            "tests/golden/table/matrix.npy",
            "tests/golden/table/half.npy",
            "tests/golden/table/big_endian.npy",
        ],
        run: |bytes| readers::table(bytes, "npy"),
    },
    Entry {
        name: "npz",
        seeds: &[
            "tests/golden/table/plain.npz",
            "tests/golden/table/compressed.npz",
            "tests/golden/weights/compressed.npz",
        ],
        run: readers::npz,
    },
    Entry { name: "model", seeds: &[], run: readers::model },
    Entry { name: "hdf5", seeds: &["tests/golden/weights/keras.h5"], run: readers::weights },
    Entry { name: "safetensors", seeds: &["tests/golden/weights/plain.safetensors"], run: readers::weights },
    Entry {
        name: "pth",
        seeds: &[
            "tests/golden/weights/checkpoint.pth",
            "tests/golden/weights/legacy.pth",
            "tests/golden/weights/whole_model.pth",
            "tests/golden/weights/zip.pth",
        ],
        run: readers::weights,
    },
    Entry { name: "zip", seeds: &[], run: readers::zip },
    Entry { name: "tar", seeds: &[], run: readers::tar },
];

impl Entry {
    /// Seeds and regressions, in an order that is the same everywhere.
    pub fn files(&self) -> Vec<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        // The fuzzers' crate lies in a folder of the repository.
        let root = if root.ends_with("fuzz") { root.join("..") } else { root.to_path_buf() };
        let mut files: Vec<PathBuf> = self.seeds.iter().map(|seed| root.join(seed)).collect();
        for folder in ["tests/fuzzing/corpus", "tests/fuzzing/regressions"] {
            // Most entries have no regressions.
            let found = std::fs::read_dir(root.join(folder).join(self.name)).into_iter().flatten();
            files.extend(found.map(|file| file.expect("the corpus can be listed").path()));
        }
        files.sort();
        files
    }
}

/// A panic of our own code is a finding, contained or not; one of another crate's that is contained is none, nor is one
/// of a forged model that is asked.
pub fn is_finding(panic: &PanicHookInfo<'_>) -> bool {
    let file = panic.location().map_or("", |place| place.file());
    let others = file.contains("registry") || file.contains("/rustlib/") || file.starts_with("/rustc/");
    !others && !readers::asks_a_forged_model()
}

/// Has `guarded` set its hook, which keeps what it contains from every hook that is there before it.
pub fn let_guarded_set_its_hook() {
    assert!(guarded(|| ()).is_ok());
}

/// The entry of that name, for a fuzzer that has one target an entry.
///
/// A panic that comes out of it ends the fuzzer, and so does any other finding; libFuzzer's hook, which ends the process
/// at any panic, must give way.
#[allow(dead_code)]
pub fn run(name: &str, bytes: &[u8]) {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let_guarded_set_its_hook();
        std::panic::set_hook(Box::new(|panic| {
            if is_finding(panic) {
                eprintln!("{panic}");
                std::process::abort();
            }
        }));
    });
    if let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) {
        (entry.run)(bytes);
    }
}
