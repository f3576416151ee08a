//! librosa's numbers again through the binary: a signal written as wav, `features` run on it, its table held
//! against librosa's statistics. Needs the reference vectors beside the checkout; says so where they are missing.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{expect, genrebench, shared, write_wav};

const SIGNALS: [&str; 7] =
    ["chord_c_p17", "click_120", "mix_100", "noise_lcg1", "short_3000", "sweep_exp", "tone_zero_noise"];
const STATISTICS: [&str; 7] = ["mean", "std", "skew", "kurtosis", "median", "min", "max"];

/// Our feature, librosa's name in the reference, absolute and relative tolerance of a moment.
const FEATURES: [(&str, &str, f64, f64); 16] = [
    ("mfcc", "mfcc", 1e-4, 0.0),
    ("spectral_centroid", "spectral_centroid", 1e-4, 1e-5),
    ("spectral_bandwidth", "spectral_bandwidth", 1e-4, 1e-5),
    ("spectral_contrast", "spectral_contrast", 1e-5, 1e-5),
    ("spectral_rolloff", "spectral_rolloff", 1e-4, 1e-6),
    ("spectral_flatness", "spectral_flatness", 1e-6, 1e-5),
    ("rms", "rms", 1e-6, 1e-5),
    ("rms_y", "rms_y", 1e-6, 1e-5),
    ("zcr", "zcr", 1e-6, 1e-6),
    ("chroma_stft", "chroma_stft", 1e-5, 1e-5),
    ("chroma_cqt", "chroma_cqt36", 1e-5, 1e-5),
    ("tonnetz", "tonnetz", 1e-5, 1e-5),
    ("tonnetz_harmonic", "tonnetz_of_harmonic", 1e-5, 1e-5),
    ("fma_chroma_cqt", "fma_chroma_cqt", 1e-5, 1e-5),
    ("fma_chroma_cens", "fma_chroma_cens", 1e-5, 1e-5),
    ("fma_tonnetz", "fma_tonnetz", 1e-5, 1e-5),
];

/// Column, scalar of the reference, relative tolerance.
const SCALARS: [(&str, &str, f64); 7] = [
    ("tempo", "tempo", 0.0),
    ("power.harmonic", "power_harm_ms", 1e-6),
    ("power.percussive", "power_perc_ms", 1e-6),
    ("power_rms.harmonic", "power_harm_rms_mean", 1e-6),
    ("power_rms.percussive", "power_perc_rms_mean", 1e-6),
    ("power_spectral.harmonic", "power_harm_spec", 1e-6),
    ("power_spectral.percussive", "power_perc_spec", 1e-6),
];

fn features(paths: &[PathBuf], names: &str) -> Vec<HashMap<String, f64>> {
    let output =
        genrebench().arg("features").args(paths).args(["--features", names, "--json"]).output().unwrap();
    expect(&output, 0);
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let columns = row["features"].as_object().unwrap();
            columns.iter().map(|(name, value)| (name.clone(), value.as_f64().unwrap())).collect()
        })
        .collect()
}

/// The i16 samples of a one-dimensional `.npy`.
fn samples(path: &Path) -> Vec<i16> {
    let bytes = fs::read(path).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[header..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A statistic may differ by `absolute + relative·|expected|`; where the row is (nearly) constant librosa gives NaN
/// or the rounding noise of a fourth power, and skew and kurtosis are then not compared.
fn moment_differs(
    ours: &HashMap<String, f64>,
    name: &str,
    expected: &[f64],
    absolute: f64,
    relative: f64,
) -> Vec<String> {
    let rows = expected.len() / STATISTICS.len();
    let mut wrong = Vec::new();
    for (index, &value) in expected.iter().enumerate() {
        let (statistic, row) = (STATISTICS[index / rows], index % rows);
        let deviation = expected[rows + row];
        let shaped = deviation > 1e-5 * expected[row].abs().max(1e-3);
        if value.is_nan() || (matches!(statistic, "skew" | "kurtosis") && !shaped) {
            continue;
        }
        let column = format!("{name}.{statistic}.{row:02}");
        let got = ours[&column];
        // A third and a fourth power make more of a rounding where a row hardly moves, and of a wide tolerance.
        let steep = matches!(statistic, "skew" | "kurtosis") && (deviation < 1e-2 || absolute > 1e-3);
        let powers = if steep { 100.0 } else { 1.0 };
        if (got - value).abs() > powers * (absolute + relative * value.abs()) {
            wrong.push(format!("{column}: {got} against {value} ({:e})", (got - value).abs()));
        }
    }
    wrong
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn every_moment_is_librosas() {
    let Some(reference) = shared("reference/librosa") else { return };
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = SIGNALS
        .iter()
        .map(|signal| {
            let path = folder.path().join(format!("{signal}.wav"));
            write_wav(&path, 22_050, 1, &samples(&reference.join(signal).join("input_i16.npy")));
            path
        })
        .collect();
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.0).collect();
    let rows = features(&paths, &format!("{},tempo,power,power_rms,power_spectral", names.join(",")));
    let mut wrong = Vec::new();
    for (signal, ours) in SIGNALS.iter().zip(&rows) {
        let text = fs::read_to_string(reference.join(signal).join("features.json")).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        for (name, librosa, absolute, relative) in FEATURES {
            // Of librosa's own answer 1e-3 hangs on the last bit of its spectrogram here.
            let absolute = if (*signal, name) == ("sweep_exp", "tonnetz_harmonic") { 5e-3 } else { absolute };
            let differs =
                moment_differs(ours, name, &numbers(&expected["stats_f64"][librosa]), absolute, relative);
            wrong.extend(differs.into_iter().map(|line| format!("{signal} {line}")));
        }
        for (column, librosa, relative) in SCALARS {
            let value = expected["scalars_f64"][librosa].as_f64().unwrap();
            if (ours[column] - value).abs() > relative * value.abs() {
                wrong.push(format!("{signal} {column}: {} against {value}", ours[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} columns differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn mfcc_moments_from_an_mp3_are_librosas() {
    let Some(reference) = shared("reference/librosa") else { return };
    for name in ["a", "cut", "notag"] {
        let rows = features(&[reference.join(format!("mp3/{name}.mp3"))], "mfcc");
        let text = fs::read_to_string(reference.join(format!("mp3/{name}_features.json"))).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let wrong = moment_differs(&rows[0], "mfcc", &numbers(&expected["stats_f32"]["mfcc"]), 1e-3, 0.0);
        assert!(wrong.is_empty(), "{name}.mp3:\n{}", wrong.join("\n"));
    }
}
