//! The features' numbers are librosa 0.11.0's (float64 flavour, the tighter one).
//!
//! Two sources: a small committed golden file of formula signals (tests/golden/make_features.py), and, where they lie
//! beside the checkout, the reference vectors with their whole matrices. Tolerances: MFCC matrix 2e-4, MFCC moments
//! 1e-4, HPSS power 1e-6 relative, contrast 1e-5 relative, tempo, roll-off and ZCR equal but for the sums' rounding.

use std::collections::BTreeMap;
use std::path::Path;

use genrebench::audio::Waveform;
use genrebench::features::{FeaturePlan, Statistic, extract, frames};
use serde_json::Value;

use crate::support::shared;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const RATE_HZ: u32 = 22_050;
/// Feature, name in the vectors, tolerance of a moment: absolute + relative·|expected|.
const FRAME_FEATURES: &[(&str, &str, f64, f64)] = &[
    ("mfcc", "mfcc", 1e-4, 0.0),
    ("spectral_centroid", "spectral_centroid", 1e-6, 2e-6),
    ("spectral_bandwidth", "spectral_bandwidth", 1e-6, 2e-6),
    ("spectral_contrast", "spectral_contrast", 1e-5, 1e-5),
    ("spectral_rolloff", "spectral_rolloff", 1e-9, 1e-12),
    ("spectral_flatness", "spectral_flatness", 1e-6, 1e-6),
    ("rms", "rms", 1e-6, 1e-6),
    ("rms_y", "rms_y", 1e-6, 1e-6),
    ("zcr", "zcr", 1e-12, 1e-12),
    ("onset_strength", "onset_strength", 5e-6, 5e-6),
];

/// Of the formula signals those of one frame, within which librosa takes no difference.
const IN_ONE_FRAME: [&str; 2] = ["short", "one"];
/// What it therefore does not know of them.
const OF_SEVERAL_FRAMES: [&str; 2] = ["onset_strength", "tempo"];
/// The reference vectors have its matrix only.
const WITHOUT_REFERENCE_MOMENTS: [&str; 1] = ["onset_strength"];

fn moments_of(waveform: &Waveform, feature: &str) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    Ok(extract(waveform, &FeaturePlan::from_list(&[feature], Statistic::ALL)?)?)
}

/// Skew and kurtosis amplify rounding without bound as a row nears a constant; there they are only to be finite.
fn compare_moments(what: &str, got: &[f64], expected: &[Value], absolute: f64, relative: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let rows = got.len() / Statistic::ALL.len();
    for (index, (got, expected_value)) in got.iter().zip(expected).enumerate() {
        let (statistic, row) = (Statistic::ALL[index / rows], index % rows);
        assert!(got.is_finite(), "{what} {} {row}", statistic.name());
        let spread = expected[rows + row].as_f64().unwrap_or(0.0);
        let level = expected[row].as_f64().unwrap_or(0.0).abs().max(1e-3);
        let shaped = matches!(statistic, Statistic::Skew | Statistic::Kurtosis);
        let Some(wanted) = expected_value.as_f64().filter(|_| !shaped || spread > 1e-5 * level) else {
            continue;
        };
        let error = (got - wanted).abs();
        let absolute = if shaped { f64::max(absolute, 1e-5) } else { absolute };
        assert!(
            error <= absolute + relative * wanted.abs(),
            "{what} {} {row}: {got} is not {wanted}",
            statistic.name()
        );
    }
}

fn compare_scalars(what: &str, got: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, wanted) in got.iter().zip(expected) {
        assert!((got - wanted).abs() <= relative * wanted.abs(), "{what}: {got} is not {wanted}");
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn quantised(samples: impl Iterator<Item = f64>) -> Waveform {
    let samples = samples.map(|x| ((x * 32767.0 + 0.5).floor() / 32768.0) as f32).collect();
    Waveform { samples, rate_hz: RATE_HZ }
}

fn noise(seed: u32) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0
    })
}

fn golden_signals() -> BTreeMap<&'static str, Waveform> {
    let tones = (0..20_000).zip(noise(9)).map(|(i, noise)| {
        let t = f64::from(i) / f64::from(RATE_HZ);
        let tone = |hz: f64| (2.0 * std::f64::consts::PI * hz * t).sin();
        (-2.0 * t).exp() * (0.4 * tone(440.0) + 0.2 * tone(1234.5)) + 1e-3 * noise
    });
    let sounds = |i: &usize| (5000..6000).contains(i) || (14_000..14_500).contains(i);
    let bursts = (0..20_001).zip(noise(3)).map(|(i, noise)| if sounds(&i) { 0.8 * noise } else { 0.0 });
    BTreeMap::from([
        ("noise", quantised(noise(7).take(9001).map(|x| 0.3 * x))),
        ("tones", quantised(tones)),
        ("bursts", quantised(bursts)),
        ("short", quantised(noise(5).take(300).map(|x| 0.5 * x))),
        ("one", quantised(std::iter::once(0.5))),
        ("constant", quantised(std::iter::repeat_n(0.25, 4000))),
        ("silence", quantised(std::iter::repeat_n(0.0, 3000))),
    ])
}

#[test]
fn formula_signals_have_librosas_moments() -> Outcome {
    let golden: BTreeMap<String, Value> = serde_json::from_str(include_str!("golden/features/moments.json"))?;
    let signals = golden_signals();
    assert_eq!(golden.len(), signals.len());
    for (name, waveform) in &signals {
        let expected = &golden[*name];
        let unknown_to_librosa =
            |feature: &str| IN_ONE_FRAME.contains(name) && OF_SEVERAL_FRAMES.contains(&feature);
        for (feature, _, absolute, relative) in FRAME_FEATURES {
            let what = format!("{name} {feature}");
            let expected = &expected["moments"][*feature];
            if unknown_to_librosa(feature) {
                assert!(expected.is_null(), "{what} has moments to be compared");
                continue;
            }
            let expected = expected.as_array().ok_or_else(|| format!("{what}: no such moments"))?;
            compare_moments(&what, &moments_of(waveform, feature)?, expected, *absolute, *relative);
        }
        for (feature, relative) in
            [("tempo", 1e-14), ("power", 1e-6), ("power_rms", 1e-6), ("power_spectral", 1e-6)]
        {
            let what = format!("{name} {feature}");
            let expected = numbers(&expected["scalars"][feature]);
            if unknown_to_librosa(feature) {
                assert!(expected.is_empty(), "{what} is there to be compared");
                continue;
            }
            compare_scalars(&what, &moments_of(waveform, feature)?, &expected, relative);
        }
    }
    Ok(())
}

/// The bytes of an `.npy` after its header, and its first axis.
fn npy(path: &Path) -> std::io::Result<(Vec<u8>, usize)> {
    let bytes = std::fs::read(path)?;
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = String::from_utf8_lossy(&bytes[10..header]).into_owned();
    let shape = text.split("'shape': (").nth(1).unwrap_or_default();
    let rows = shape.split([',', ')']).next().and_then(|rows| rows.trim().parse().ok()).unwrap_or(1);
    Ok((bytes[header..].to_vec(), rows))
}

fn npy_f64(path: &Path) -> std::io::Result<(Vec<f64>, usize)> {
    let (bytes, rows) = npy(path)?;
    let number = |eight: &[u8]| eight.try_into().map_or(f64::NAN, f64::from_le_bytes);
    Ok((bytes.chunks_exact(8).map(number).collect(), rows))
}

fn signal(folder: &Path) -> std::io::Result<Waveform> {
    let (bytes, _) = npy(&folder.join("input_i16.npy"))?;
    let samples = bytes.chunks_exact(2).map(|two| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32768.0);
    Ok(Waveform { samples: samples.collect(), rate_hz: RATE_HZ })
}

/// Ours (frames, rows) against librosa's (rows, some of the frames).
fn compare_matrix(
    waveform: &Waveform,
    feature: &str,
    path: &Path,
    at: &[usize],
    absolute: f64,
    relative: f64,
) -> Outcome {
    let ours = frames(waveform, feature)?;
    let (expected, rows) = npy_f64(path)?;
    let rows = if feature == "onset_strength" { 1 } else { rows };
    let columns = expected.len() / rows;
    let at: Vec<usize> = if at.is_empty() { (0..columns).collect() } else { at.to_vec() };
    assert_eq!((ours.ncols(), at.len()), (rows, columns), "{}", path.display());
    for (index, wanted) in expected.iter().enumerate() {
        let (row, frame) = (index / columns, at[index % columns]);
        let got = f64::from(ours[[frame, row]]);
        assert!(
            (got - wanted).abs() <= absolute + relative * wanted.abs(),
            "{} row {row} frame {frame}: {got} is not {wanted}",
            path.display()
        );
    }
    Ok(())
}

#[test]
fn reference_vectors_are_met() -> Outcome {
    let Some(reference) = shared("reference/librosa") else { return Ok(()) };
    let manifest: Value = serde_json::from_slice(&std::fs::read(reference.join("manifest.json"))?)?;
    let signals = manifest["signals"].as_object().ok_or("the manifest names no signals")?;
    assert_eq!(signals.len(), 7);
    for (name, about) in signals {
        let folder = reference.join(name);
        let waveform = signal(&folder)?;
        let features: Value = serde_json::from_slice(&std::fs::read(folder.join("features.json"))?)?;
        for (feature, theirs, absolute, relative) in FRAME_FEATURES {
            let what = format!("{name} {feature}");
            let expected = &features["stats_f64"][*theirs];
            if WITHOUT_REFERENCE_MOMENTS.contains(feature) {
                assert!(expected.is_null(), "{what} has moments to be compared");
                continue;
            }
            let expected = expected.as_array().ok_or_else(|| format!("{what}: no such moments"))?;
            compare_moments(&what, &moments_of(&waveform, feature)?, expected, *absolute, *relative);
        }
        let scalars = &about["scalars_f64"];
        let both =
            |a: &str, b: &str| [&scalars[a], &scalars[b]].into_iter().filter_map(Value::as_f64).collect();
        let expected: [(&str, Vec<f64>, f64); 4] = [
            ("tempo", scalars["tempo"].as_f64().into_iter().collect(), 1e-14),
            ("power", both("power_harm_ms", "power_perc_ms"), 1e-6),
            ("power_rms", both("power_harm_rms_mean", "power_perc_rms_mean"), 1e-6),
            ("power_spectral", both("power_harm_spec", "power_perc_spec"), 1e-6),
        ];
        for (feature, expected, relative) in expected {
            compare_scalars(
                &format!("{name} {feature}"),
                &moments_of(&waveform, feature)?,
                &expected,
                relative,
            );
        }
        compare_matrix(&waveform, "mfcc", &folder.join("mfcc.npy"), &[], 2e-4, 0.0)?;
        compare_matrix(&waveform, "onset_strength", &folder.join("onset_strength.npy"), &[], 1e-5, 1e-5)?;
        let every_fourth: Vec<usize> = (0..frames(&waveform, "zcr")?.nrows()).step_by(4).collect();
        compare_matrix(
            &waveform,
            "spectral_contrast",
            &folder.join("spectral_contrast.npy"),
            &every_fourth,
            2e-5,
            1e-5,
        )?;
        let what = about["arrays"]["mel"]["what"].as_str().unwrap_or_default();
        let list = what.split(['[', ']']).nth(1).unwrap_or_default();
        let some: Vec<usize> = list.split(',').filter_map(|frame| frame.trim().parse().ok()).collect();
        compare_matrix(&waveform, "mel", &folder.join("mel.npy"), &some, 1e-12, 2e-6)?;
        compare_matrix(&waveform, "log_mel", &folder.join("logmel.npy"), &some, 1e-5, 0.0)?;
    }
    Ok(())
}
