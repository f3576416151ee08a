//! Small networks of every architecture with weights by a formula: PyTorch's logits before and after some steps of
//! SGD, and its losses. `tests/golden/make_neural.py` made the numbers.

use std::path::Path;

use genrebench::models::build;
use genrebench::models::neural::{Rows, Sizes};
use genrebench::weights::WeightFile;
use serde::Deserialize;

use crate::support::furthest;

#[derive(Deserialize)]
struct Golden {
    networks: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    row: String,
    shape: Vec<usize>,
    classes: usize,
    batch: usize,
    learning_rate: f64,
    momentum: f64,
    before: Vec<f32>,
    losses: Vec<f64>,
    after: Vec<f32>,
}

/// Numbers in [−1, 1) that depend on the name and the place only.
fn noise(name: &str, count: usize) -> Vec<f32> {
    let start =
        name.bytes().fold(2_166_136_261u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let one = |place: usize| {
        let mut x = start.wrapping_add((place as u32).wrapping_mul(2_654_435_761));
        x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
        x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
        x ^= x >> 16;
        (f64::from(x >> 8) / f64::from(1 << 23) - 1.0) as f32
    };
    (0..count).map(one).collect()
}

fn weights(name: &str, shape: &[usize]) -> Vec<f32> {
    let mut values = noise(name, shape.iter().product());
    let fan_in: usize = shape[1..].iter().product();
    let bound = (3.0 / fan_in as f64).sqrt() as f32;
    let scale = name.ends_with("running_var") || (shape.len() == 1 && name.ends_with("weight"));
    for value in &mut values {
        *value = match shape.len() {
            _ if scale => 1.0 + 0.2 * *value,
            1 => 0.1 * *value,
            _ => *value * bound,
        };
    }
    values
}

/// A safetensors file of every tensor a network asks for.
fn safetensors(names: &[(String, Vec<usize>)]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in names {
        let start = data.len();
        data.extend(weights(name, shape).iter().flat_map(|value| value.to_le_bytes()));
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert(name.clone(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.into_bytes());
    file.extend(data);
    file
}

#[test]
fn every_architecture_computes_and_learns_as_in_pytorch() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/neural/networks.json"));
    let golden: Golden = serde_json::from_str(&text.unwrap()).unwrap();
    assert_eq!(golden.networks.len(), 9);
    for case in golden.networks {
        let (name, Case { learning_rate, momentum, batch, classes, .. }) = (&case.name, &case);
        let train = format!(
            "train = {{ optimizer = \"sgd\", learning_rate = {learning_rate}, momentum = {momentum}, batch = {batch} }}"
        );
        let mut row: toml::Table = format!("{}\n{train}", case.row).parse().unwrap();
        let model = row.remove("model").unwrap();
        let recipe = build(model.as_str().unwrap(), row).unwrap();
        let sizes = match case.shape[..] {
            [columns] => Sizes { bands: 0, frames: 0, columns, classes: *classes },
            [bands, frames] => Sizes { bands, frames, columns: 0, classes: *classes },
            _ => panic!("{name}: a shape of another kind"),
        };
        let mut network = recipe.network().unwrap().alone(sizes, 1).unwrap();
        let file = WeightFile::from_bytes(Path::new("formula"), safetensors(network.names())).unwrap();
        assert_eq!(network.load(&file).unwrap(), network.names().len(), "{name}");

        let input = noise("input", batch * case.shape.iter().product::<usize>());
        let rows = match sizes.columns {
            0 => Rows { frames: &input, table: &[] },
            _ => Rows { frames: &[], table: &input },
        };
        let truth: Vec<usize> = (0..*batch).map(|row| row * 2 % 3).collect();
        let far = furthest(&network.logits(rows).unwrap(), &case.before);
        assert!(far < 1e-4, "{name}: logits are {far} away");
        for (step, wanted) in case.losses.iter().enumerate() {
            let loss = network.step(rows, &truth).unwrap();
            assert!((loss / wanted - 1.0).abs() < 0.01, "{name}: loss {loss} for {wanted} at step {step}");
        }
        let spread = case.after.iter().fold(1.0f32, |most, value| most.max(value.abs()));
        let far = furthest(&network.logits(rows).unwrap(), &case.after) / f64::from(spread);
        assert!(far < 1e-2, "{name}: logits after training are {far} of the largest away");
    }
}

#[test]
fn a_file_that_lacks_a_tensor_is_refused_by_its_name() {
    let recipe = build("mlp", "hidden = [4]".parse().unwrap()).unwrap();
    let sizes = Sizes { bands: 0, frames: 0, columns: 3, classes: 2 };
    let mut network = recipe.network().unwrap().alone(sizes, 1).unwrap();
    let names = &network.names().to_vec()[1..];
    let file = WeightFile::from_bytes(Path::new("short"), safetensors(names)).unwrap();
    let error = network.load(&file).unwrap_err().to_string();
    assert!(error.contains("fc1.weight"), "{error}");
    let rows = Rows { frames: &[], table: &[0.0; 4] };
    assert!(network.logits(rows).unwrap_err().to_string().contains("3 columns"));
}
