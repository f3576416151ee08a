//! Runs the binary, makes the small files it is tried on, and finds the large ones that are shared.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use tempfile::TempDir;

#[path = "../src/disk/furthest_for_tests.rs"]
mod furthest_for_tests;
#[path = "../src/disk/shared_for_tests.rs"]
mod shared_for_tests;
pub use furthest_for_tests::furthest;
pub use shared_for_tests::shared;

/// The binary, away from the user's own cache.
pub fn genrebench() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_genrebench"));
    command.env("GENREBENCH_CACHE", cache()).env("NO_COLOR", "1");
    command
}

/// The cache of the tests of this process: any other may hold rows that another version of the program computed.
fn cache() -> PathBuf {
    // The lock tells the next process that this one lives; the system frees it when it ends, however it ends.
    static OWN: LazyLock<(TempDir, File)> = LazyLock::new(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("feature-caches");
        fs::create_dir_all(&all).unwrap();
        remove_those_left_behind(&all);
        let own = tempfile::tempdir_in(&all).unwrap();
        let lock = File::create(own.path().join("lock")).unwrap();
        // Where files cannot be locked nothing is removed either.
        let _ = lock.lock();
        (own, lock)
    });
    OWN.0.path().join("features")
}

/// Nothing runs at the end of a test process, so each clears up behind those before it.
fn remove_those_left_behind(all: &Path) {
    for folder in fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let free = |lock: File| lock.try_lock().is_ok();
        if File::open(folder.join("lock")).is_ok_and(free) {
            // What cannot be removed is left to the next.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Asserts the exit code, and that nothing panicked.
#[track_caller]
pub fn expect(output: &Output, code: i32) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "stdout:\n{}\nstderr:\n{stderr}", text(&output.stdout));
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// Asserts that stderr holds every one of `parts`.
#[track_caller]
pub fn says(output: &Output, parts: &[&str]) {
    let stderr = text(&output.stderr);
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in:\n{stderr}");
    }
}

/// A 16-bit mono wav of a tone with some noise in it, `seconds` long.
pub fn write_tone(path: &Path, seconds: f64, frequency: f64) {
    let rate = 22_050u32;
    let mut state = (frequency * 1000.0) as u32 | 1;
    let samples: Vec<i16> = (0..(seconds * f64::from(rate)) as usize)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0;
            let tone = (std::f64::consts::TAU * frequency * n as f64 / f64::from(rate)).sin();
            (12_000.0 * tone + 1500.0 * noise) as i16
        })
        .collect();
    write_wav(path, rate, 1, &samples);
}

/// A 16-bit wav of interleaved samples.
pub fn write_wav(path: &Path, rate: u32, channels: u16, samples: &[i16]) {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    write_wav_bytes(path, rate, channels, 1, 16, &data);
}

/// A wav of any sample format: `tag` 1 is integer, 3 is float.
pub fn write_wav_bytes(path: &Path, rate: u32, channels: u16, tag: u16, bits: u16, data: &[u8]) {
    let frame = channels * bits / 8;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16u32.to_le_bytes());
    bytes.extend_from_slice(&tag.to_le_bytes());
    bytes.extend_from_slice(&channels.to_le_bytes());
    bytes.extend_from_slice(&rate.to_le_bytes());
    bytes.extend_from_slice(&(rate * u32::from(frame)).to_le_bytes());
    bytes.extend_from_slice(&frame.to_le_bytes());
    bytes.extend_from_slice(&bits.to_le_bytes());
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
    bytes.extend_from_slice(data);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A folder of `classes` × `clips` short tones, one folder a class.
pub fn write_corpus(root: &Path, classes: usize, clips: usize) {
    for class in 0..classes {
        for clip in 0..clips {
            let path = root.join(format!("class{class}/clip{clip}.wav"));
            write_tone(&path, 0.6, 200.0 * (class + 1) as f64 + 11.0 * clip as f64);
        }
    }
}

/// An experiment on a folder, with cheap features; `more` is appended.
pub fn write_experiment(root: &Path, split: &str, more: &str) -> PathBuf {
    let path = root.join("experiment.toml");
    let text = format!(
        "title = \"test\"\ndataset = {{ name = \"folder\" }}\nfeatures = {{ list = [\"mfcc\"], statistics = [\"mean\", \"std\"] }}\n\
         prepare = [\"impute\", \"standardize\"]\nsplit = {split}\n{more}"
    );
    std::fs::write(&path, text).unwrap();
    path
}

pub const TWO_ROWS: &str = "[[row]]\nname = \"one\"\nmodel = \"nearest_centroid\"\n[[row]]\nname = \"two\"\nmodel = \"knn\"\nn_neighbors = 1\n";
