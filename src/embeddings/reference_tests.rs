//! musicnn and VGGish held to their references: vectors of the published networks, made in double precision with NumPy
//! and confirmed by TensorFlow. They and the weights lie outside the repository (`shared_for_tests`); where they are
//! missing these tests say so and pass.

use std::path::Path;

use serde_json::Value;

use super::choice::Postprocess;
use super::embedding::Embedding;
use super::musicnn::{FRAMES, Musicnn, front_end};
use super::musicnn_tags::{MSD, MTT};
use super::vggish::{CONVOLUTIONS, DENSE, Vggish, quantised};
use super::vggish_weights::Pca;
use crate::audio::Waveform;
use crate::disk::furthest_for_tests::furthest;
use crate::disk::shared_for_tests::shared;
use crate::weights::WeightFile;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn worst(found: &[f32], wanted: &Value) -> f64 {
    furthest(found, &numbers(wanted))
}

const RATE: f64 = 16_000.0;

fn chords(n: usize) -> f64 {
    const CHORDS: [[f64; 3]; 4] =
        [[261.63, 329.63, 392.0], [220.0, 261.63, 329.63], [174.61, 220.0, 261.63], [196.0, 246.94, 293.66]];
    let t = (n % 32_000) as f64 / RATE;
    let tone = |f: f64| {
        let phase = std::f64::consts::TAU * f * t;
        phase.sin() + 0.5 * (2.0 * phase).sin() + 0.25 * (3.0 * phase).sin()
    };
    0.18 * (-1.5 * t).exp() * CHORDS[n / 32_000 % 4].iter().map(|&f| tone(f)).sum::<f64>()
}

fn sweep(n: usize) -> f64 {
    let t = n as f64 / RATE;
    0.5 * (std::f64::consts::TAU * (50.0 * t + 7450.0 / 12.0 * t * t)).sin()
}

fn bursts(count: usize) -> Vec<f64> {
    let mut state = 12_345u32;
    let value = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let gain = [1.0, 0.3, 0.5, 0.3][n / 8000 % 4];
        let noise = f64::from(state >> 8) / 8_388_608.0 - 1.0;
        0.9 * gain * (-18.0 * (n % 8000) as f64 / RATE).exp() * noise
    };
    (0..count).map(value).collect()
}

fn signal(name: &str) -> Waveform {
    let values: Vec<f64> = match name {
        "chords" => (0..128_000).map(chords).collect(),
        "sweep" => (0..96_000).map(sweep).collect(),
        "bursts" => bursts(112_000),
        _ => {
            let tone = |n: usize| {
                let t = (n % 8000) as f64 / RATE;
                0.25 * (-4.0 * t).exp() * (std::f64::consts::TAU * 55.0 * t).sin()
            };
            bursts(144_000).iter().enumerate().map(|(n, b)| 0.5 * chords(n) + 0.4 * b + tone(n)).collect()
        }
    };
    let samples = values.iter().map(|x| ((32_767.0 * x + 0.5).floor() / 32_768.0) as f32).collect();
    Waveform { samples, rate_hz: 16_000 }
}

#[test]
fn the_mel_patch_is_the_reference() {
    let Some(path) = shared("reference/musicnn/musicnn_reference.json") else { return };
    let reference = json(&path);
    for name in ["chords", "sweep", "bursts", "mix"] {
        for (key, half, allowed) in
            [("logmel_rows_patch0_no_f16", false, 1e-4), ("logmel_rows_patch0", true, 4.4e-4)]
        {
            let front = super::front_end::FrontEnd { half_precision: half, ..front_end() };
            let log_mel = front.log_mel(&signal(name).samples);
            let mut far = 0;
            for (row, wanted) in reference["signals"][name][key].as_object().unwrap() {
                let row: usize = row.parse().unwrap();
                let found = &log_mel[row * 96..][..96];
                assert!(worst(found, wanted) <= allowed, "{name} {key} {row}: {}", worst(found, wanted));
                let wanted = numbers(wanted);
                far += found.iter().zip(wanted).filter(|(a, b)| (f64::from(**a) - b).abs() > 1e-5).count();
            }
            // One step of binary16 where the sum of a frame falls on either side of it.
            assert!(!half || far <= 2, "{name}: {far} cells");
        }
    }
}

#[test]
fn musicnn_is_the_published_network() {
    let Some(path) = shared("reference/musicnn/musicnn_reference.json") else { return };
    let reference = json(&path);
    let files = [
        ("MSD_musicnn", MSD, "data/musicnn/MSD_musicnn.h5"),
        ("MTT_musicnn", MTT, "reference/musicnn/MTT_musicnn.safetensors"),
    ];
    let mut seen = [0.0f64; 4];
    for (model, tags, file) in files {
        let Some(file) = shared(file) else { return };
        let file = WeightFile::open(&file).unwrap();
        let network = Musicnn::new(&file, "penultimate", false, false, tags).unwrap();
        let legacy = Musicnn::new(&file, "penultimate", true, false, tags).unwrap();
        for name in ["chords", "sweep", "bursts", "mix"] {
            let wave = signal(name);
            let wanted = &reference["signals"][name]["models"][model];
            let patches = front_end().patches("musicnn", &wave, false).unwrap();
            let first = network.forward(patches.iter().next().unwrap());
            for (slot, (found, key)) in seen.iter_mut().zip([
                (&first.penultimate, "penultimate"),
                (&first.tags, "tags"),
                (&first.mean_pool, "mean_pool"),
                (&first.max_pool, "max_pool"),
            ]) {
                *slot = slot.max(worst(found, &wanted["patch0"][key]));
            }
            let rows = network.patches("musicnn", &wave).unwrap();
            for (row, wanted) in
                rows.rows().into_iter().zip(wanted["patches_penultimate"].as_array().unwrap())
            {
                assert!(worst(&row.to_vec(), wanted) < 1e-3, "{model} {name}");
            }
            let repeated = legacy.patches("musicnn", &wave).unwrap();
            assert!(
                repeated.rows().into_iter().all(|row| row == rows.row(0)),
                "legacy repeats the first patch"
            );
            let pools: Vec<Vec<f32>> = patches.iter().map(|patch| network.forward(patch).max_pool).collect();
            let mean: Vec<f32> = (0..753)
                .map(|n| pools.iter().map(|pool| pool[n]).sum::<f32>() / pools.len() as f32)
                .collect();
            assert!(worst(&mean, &wanted["clip_mean_max_pool"]) < 2e-3, "{model} {name}");
        }
        assert_eq!(network.columns().len(), 200);
    }
    eprintln!("penultimate, tags, mean_pool, max_pool differ by at most {seen:?}");
    let allowed = [2e-4, 5e-5, 3e-4, 1e-3];
    assert!(seen.iter().zip(allowed).all(|(seen, allowed)| *seen <= allowed), "{seen:?}");
}

/// Number i of tensor k, in [−1, 1): the formula of the reference.
fn formula(tensor: u64, count: usize, scale: f64) -> Vec<f32> {
    let value = |i: u64| {
        let mut h = i.wrapping_mul(2_654_435_761).wrapping_add(tensor * 40_503 + 12_345) & 0xffff_ffff;
        h ^= h >> 16;
        h = h.wrapping_mul(0x45d_9f3b) & 0xffff_ffff;
        h ^= h >> 16;
        ((h as f64 / 2_147_483_648.0 - 1.0) * scale) as f32
    };
    (0..count as u64).map(value).collect()
}

/// A safetensors file of TensorFlow's names with the formula's weights.
fn formula_file() -> WeightFile {
    let scopes = ["conv1", "conv2", "conv3/conv3_1", "conv3/conv3_2", "conv4/conv4_1", "conv4/conv4_2"];
    let convolutions =
        scopes.iter().zip(CONVOLUTIONS).map(|(scope, (_, from, to, _))| (*scope, vec![3, 3, from, to]));
    let dense =
        ["fc1/fc1_1", "fc1/fc1_2", "fc2"].iter().zip(DENSE).map(|(s, (_, from, to))| (*s, vec![from, to]));
    let mut tensors: Vec<(String, Vec<usize>, Vec<f32>)> = Vec::new();
    for (layer, (scope, shape)) in convolutions.chain(dense).enumerate() {
        let fan_in: usize = shape[..shape.len() - 1].iter().product();
        let (count, outputs) = (fan_in * shape[shape.len() - 1], shape[shape.len() - 1]);
        let weights = formula(2 * layer as u64, count, (6.0 / fan_in as f64).sqrt());
        tensors.push((format!("vggish/{scope}/weights"), shape, weights));
        let biases = formula(2 * layer as u64 + 1, outputs, 0.05);
        tensors.push((format!("vggish/{scope}/biases"), vec![outputs], biases));
    }
    tensors.push(("pca_eigen_vectors".into(), vec![128, 128], formula(100, 128 * 128, 0.1)));
    tensors.push(("pca_means".into(), vec![128], formula(101, 128, 0.1)));
    safetensors(tensors)
}

fn safetensors(tensors: Vec<(String, Vec<usize>, Vec<f32>)>) -> WeightFile {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape, values) in tensors {
        let begin = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert(name, entry);
    }
    let header = Value::Object(header).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat();
    WeightFile::from_bytes(Path::new("formula.safetensors"), bytes).unwrap()
}

/// 72 million weights: a few seconds, only where the reference is.
#[test]
fn vggish_is_the_published_front_end_and_network() {
    let Some(path) = shared("reference/musicnn/vggish_reference.json") else { return };
    let reference = json(&path);
    for name in ["chords", "mix"] {
        let log_mel = super::vggish::front_end().log_mel(&signal(name).samples);
        for (row, wanted) in reference["signals"][name]["logmel_rows_example0"].as_object().unwrap() {
            let row: usize = row.parse().unwrap();
            assert!(worst(&log_mel[row * 64..][..64], wanted) < 1e-4, "{name} {row}");
        }
    }
    let file = formula_file();
    let network = Vggish::new(&file, false, None, false).unwrap();
    let pca = Pca::new(&file).unwrap();
    for name in ["chords", "mix"] {
        let wave = signal(name);
        let wave = Waveform { samples: wave.samples[..15_600].to_vec(), ..wave };
        let found = network.patches("vggish", &wave).unwrap();
        let wanted = &reference["signals"][name]["formula_weights_embedding_preact"];
        let difference = worst(&found.row(0).to_vec(), wanted);
        eprintln!("{name}: {difference:e}");
        assert!(difference < 1e-4, "{name}: {difference}");
        let projected = pca.project(&found.row(0).to_vec());
        for (kind, key) in
            [(Postprocess::PcaU8, "formula_pca_u8_truncate"), (Postprocess::PcaRound, "formula_pca_round")]
        {
            let codes: Vec<f32> = projected.iter().map(|value| quantised(*value, kind)).collect();
            let far = worst(&codes, &reference["signals"][name][key]);
            assert!(far <= 1.0, "{name} {key}: {far}");
        }
    }
}

/// The whole network, 72 million weights by the same formula under torchvggish's names, held to PyTorch's answer
/// (tests/golden/make_embeddings.py).
#[test]
fn vggish_is_pytorchs() {
    let golden = json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/embeddings/embeddings.json"));
    let convolutions = [0, 3, 6, 8, 11, 13].iter().zip(CONVOLUTIONS);
    let convolutions =
        convolutions.map(|(n, (_, from, to, _))| (format!("features.{n}"), vec![to, from, 3, 3]));
    let dense =
        [0, 2, 4].iter().zip(DENSE).map(|(n, (_, from, to))| (format!("embeddings.{n}"), vec![to, from]));
    let mut tensors = Vec::new();
    for (layer, (name, shape)) in convolutions.chain(dense).enumerate() {
        let (outputs, fan_in) = (shape[0], shape[1..].iter().product::<usize>());
        let weights = formula(2 * layer as u64, outputs * fan_in, (6.0 / fan_in as f64).sqrt());
        tensors.push((format!("{name}.weight"), shape, weights));
        tensors.push((format!("{name}.bias"), vec![outputs], formula(2 * layer as u64 + 1, outputs, 0.05)));
    }
    let network = Vggish::new(&safetensors(tensors), false, None, false).unwrap();
    let wave = signal("sweep");
    let found =
        network.patches("vggish", &Waveform { samples: wave.samples[..35_200].to_vec(), ..wave }).unwrap();
    assert_eq!(found.nrows(), 2);
    for (row, wanted) in found.rows().into_iter().zip(golden["vggish"].as_array().unwrap()) {
        let difference = worst(&row.to_vec(), wanted);
        eprintln!("differs by at most {difference:e}");
        assert!(difference < 1e-4, "{difference}");
    }
}

#[test]
fn a_patch_is_as_long_as_three_seconds() {
    assert_eq!(front_end().needed_samples(), Some(47_616));
    assert_eq!(FRAMES, 187);
}
