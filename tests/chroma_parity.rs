//! Chroma, tonnetz and resampling are librosa 0.11.0's.
//!
//! A small committed golden file of formula signals (tests/golden/make_chroma.py), and, where they lie beside the
//! checkout, the reference vectors with their moments. Chroma and tonnetz within 1e-5, resampling within 1e-6 of the
//! peak.

use std::collections::BTreeMap;
use std::path::Path;

use genrebench::audio::Waveform;
use genrebench::audio::resample::resample;
use genrebench::features::{FeatureError, FeaturePlan, Statistic, extract, frames};
use serde_json::Value;

use crate::support::{furthest, shared};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn noise(seed: u32, count: usize) -> Vec<f64> {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0
    })
    .take(count)
    .collect()
}

fn chord(notes: &[i32], cents: f64, count: usize, rate_hz: u32) -> Vec<f64> {
    let mut samples: Vec<f64> = noise(5, count).iter().map(|value| 0.001 * value).collect();
    for note in notes {
        for harmonic in 1..=4 {
            let hz = 440.0 * 2f64.powf((f64::from(note - 69) + cents / 100.0) / 12.0) * f64::from(harmonic);
            for (k, sample) in samples.iter_mut().enumerate() {
                let turns = hz * k as f64 / f64::from(rate_hz);
                *sample += 0.1 / f64::from(harmonic) * (2.0 * std::f64::consts::PI * turns).sin();
            }
        }
    }
    samples
}

fn quieter(samples: Vec<f64>) -> Vec<f64> {
    samples.into_iter().map(|value| 0.3 * value).collect()
}

fn signal(name: &str) -> Option<Waveform> {
    let (samples, rate_hz) = match name {
        "chord" => (chord(&[48, 55, 64, 71], 23.0, 30_001, 22_050), 22_050),
        "noise" => (quieter(noise(77, 20_000)), 22_050),
        "chord_44k" => (chord(&[45, 52, 61], -11.0, 44_100, 44_100), 44_100),
        "noise_16k" => (quieter(noise(78, 15_000)), 16_000),
        "noise_96k" => (quieter(noise(79, 30_000)), 96_000),
        "short" => (chord(&[69], 0.0, 700, 22_050), 22_050),
        _ => return None,
    };
    Some(Waveform { samples: samples.iter().map(|&value| value as f32).collect(), rate_hz })
}

#[derive(serde::Deserialize)]
struct Matrix {
    frames: usize,
    every: usize,
    values: Vec<f64>,
}

#[test]
fn formula_signals_have_librosas_chroma() -> Outcome {
    let golden: BTreeMap<String, BTreeMap<String, Matrix>> =
        serde_json::from_str(include_str!("golden/chroma/chroma.json"))?;
    assert_eq!(golden.len(), 6);
    for (name, features) in &golden {
        let waveform = signal(name).ok_or("no such signal")?;
        assert!(features.len() >= 7);
        for (feature, wanted) in features {
            let matrix = frames(&waveform, feature)?;
            assert_eq!(matrix.nrows(), wanted.frames, "{name} {feature}");
            let kept = matrix.rows().into_iter().step_by(wanted.every);
            let got: Vec<f64> = kept.flat_map(|row| row.to_vec()).map(f64::from).collect();
            let worst = furthest(&got, &wanted.values);
            assert!(worst < 1e-5, "{name} {feature}: {worst:e}");
        }
    }
    Ok(())
}

#[test]
fn resampling_is_soxrs() -> Outcome {
    let golden: BTreeMap<String, Vec<f64>> =
        serde_json::from_str(include_str!("golden/chroma/resample.json"))?;
    assert_eq!(golden.len(), 15);
    let samples: Vec<f32> = noise(99, 300).iter().map(|&value| value as f32).collect();
    for (rates, wanted) in &golden {
        let (from, to) = rates.split_once(' ').ok_or("two rates")?;
        let got = resample(&samples, from.parse()?, to.parse()?);
        let worst = furthest(&got, wanted);
        assert!(worst < 1e-6, "{rates}: {worst:e}");
    }
    Ok(())
}

#[test]
fn a_rate_too_low_is_an_error_that_names_a_rate_that_works() {
    let waveform = |rate_hz| Waveform { samples: vec![0.0; 4000], rate_hz };
    for feature in ["chroma_cqt", "chroma_cens", "tonnetz", "fma_tonnetz"] {
        let Err(FeatureError::RateTooLow { needed_hz, .. }) = frames(&waveform(8000), feature) else {
            panic!("{feature} at 8 kHz")
        };
        assert!(frames(&waveform(needed_hz + 1), feature).is_ok(), "{feature} at {needed_hz} Hz");
    }
    assert!(frames(&waveform(8000), "chroma_stft").is_ok());
}

/// The values of a C-ordered .npy file of i16, f32 or f64, and its shape.
fn npy(path: &Path) -> Result<(Vec<f64>, Vec<usize>), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let header_len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + header_len])?;
    let shape = header.split(['(', ')']).nth(1).ok_or("shape")?;
    let shape: Vec<usize> = shape.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    let data = &bytes[10 + header_len..];
    assert!(header.contains("'fortran_order': False"), "{}", path.display());
    let values: Vec<f64> = if header.contains("<i2") {
        data.as_chunks::<2>().0.iter().map(|x| f64::from(i16::from_le_bytes(*x))).collect()
    } else if header.contains("<f4") {
        data.as_chunks::<4>().0.iter().map(|x| f64::from(f32::from_le_bytes(*x))).collect()
    } else {
        data.as_chunks::<8>().0.iter().map(|x| f64::from_le_bytes(*x)).collect()
    };
    Ok((values, shape))
}

const SIGNALS: [&str; 7] =
    ["sweep_exp", "chord_c_p17", "click_120", "noise_lcg1", "mix_100", "tone_zero_noise", "short_3000"];

/// Of chroma and tonnetz, absolute.
const TOLERANCE: f64 = 1e-5;

/// Of the harmonic part's tonnetz on a pure sweep: of librosa's own answer 1e-3 hangs on the last bit of its spectrogram.
const SWEPT_HARMONIC_TOLERANCE: f64 = 5e-3;

fn reference_signal(folder: &Path) -> Result<Waveform, Box<dyn std::error::Error>> {
    let (values, _) = npy(&folder.join("input_i16.npy"))?;
    Ok(Waveform { samples: values.iter().map(|value| (value / 32768.0) as f32).collect(), rate_hz: 22_050 })
}

#[test]
fn reference_matrices_agree() -> Outcome {
    let Some(folder) = shared("reference/librosa") else { return Ok(()) };
    for name in SIGNALS {
        let waveform = reference_signal(&folder.join(name))?;
        for (feature, file) in [
            ("chroma_stft", "chroma_stft"),
            ("chroma_cqt", "chroma_cqt36"),
            ("tonnetz", "tonnetz"),
            ("fma_chroma_cqt", "fma_chroma_cqt"),
            ("fma_chroma_cens", "fma_chroma_cens"),
        ] {
            let (wanted, shape) = npy(&folder.join(name).join(format!("{file}.npy")))?;
            let matrix = frames(&waveform, feature)?;
            assert_eq!(matrix.ncols(), shape[0]);
            // stored whole or every fourth frame
            let every = if matrix.nrows() == shape[1] { 1 } else { 4 };
            for (column, row) in matrix.rows().into_iter().step_by(every).enumerate() {
                let reference: Vec<f64> = (0..row.len()).map(|k| wanted[k * shape[1] + column]).collect();
                let worst = furthest(&row.to_vec(), &reference);
                assert!(worst < TOLERANCE, "{name} {feature} {column}: {worst:e}");
            }
        }
    }
    Ok(())
}

#[test]
fn reference_moments_agree() -> Outcome {
    let Some(folder) = shared("reference/librosa") else { return Ok(()) };
    for name in SIGNALS {
        let waveform = reference_signal(&folder.join(name))?;
        let stored: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join(name).join("features.json"))?)?;
        for (feature, key) in [
            ("chroma_stft", "chroma_stft"),
            ("chroma_cqt", "chroma_cqt36"),
            ("chroma_cens", "chroma_cens36"),
            ("tonnetz", "tonnetz"),
            ("tonnetz_harmonic", "tonnetz_of_harmonic"),
            ("fma_chroma_cqt", "fma_chroma_cqt"),
            ("fma_chroma_cens", "fma_chroma_cens"),
            ("fma_tonnetz", "fma_tonnetz"),
        ] {
            let plan = FeaturePlan::from_list(&[feature], Statistic::ALL)?;
            let got = extract(&waveform, &plan)?;
            let wanted = stored["stats_f64"][key].as_array().ok_or("moments")?;
            assert_eq!(got.len(), wanted.len(), "{name} {feature}");
            let rows = got.len() / Statistic::ALL.len();
            let swept = (name, feature) == ("sweep_exp", "tonnetz_harmonic");
            let tolerance = if swept { SWEPT_HARMONIC_TOLERANCE } else { TOLERANCE };
            for (at, (got, wanted)) in got.iter().zip(wanted).enumerate() {
                // null is the NaN of a constant row
                let Some(wanted) = wanted.as_f64() else { continue };
                let statistic = Statistic::ALL[at / rows];
                // a third and a fourth power make more of a rounding where a row hardly moves, and of a wide tolerance
                let deviation = stored["stats_f64"][key][rows + at % rows].as_f64().unwrap_or(0.0);
                let steep = if swept || deviation < 1e-2 { 100.0 } else { 1.0 };
                let scale = match statistic {
                    Statistic::Skew | Statistic::Kurtosis => steep * wanted.abs().max(1.0),
                    _ => 1.0,
                };
                let error = (got - wanted).abs() / scale;
                assert!(error < tolerance, "{name} {feature} {} {}: {error:e}", statistic.name(), at % rows);
            }
        }
    }
    Ok(())
}

#[test]
fn reference_resampling_agrees() -> Outcome {
    let Some(folder) = shared("reference/librosa") else { return Ok(()) };
    let folder = folder.join("resample_44100_stereo");
    let (values, shape) = npy(&folder.join("input_i16.npy"))?;
    let mono: Vec<f32> = (0..shape[1])
        .map(|k| {
            let (left, right) = ((values[k] / 32768.0) as f32, (values[shape[1] + k] / 32768.0) as f32);
            (left + right) / 2.0
        })
        .collect();
    for rate_hz in [11_025, 16_000, 32_000, 44_100, 48_000] {
        let (wanted, _) = npy(&folder.join(format!("y22050_from_{rate_hz}_f32.npy")))?;
        let got = resample(&mono, rate_hz, 22_050);
        // The reference is of the first samples.
        assert!(wanted.len() >= 8192 && got.len() >= wanted.len(), "{rate_hz}");
        let worst = furthest(&got[..wanted.len()], &wanted);
        assert!(worst < 1e-6, "{rate_hz}: {worst:e}");
    }
    Ok(())
}
