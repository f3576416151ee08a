//! What stands in for weights that somebody trained: random filters for an embedding, a start from chance for a network.

use super::{FeatureSpec, Row};
use crate::embeddings::{Short, find};

const FLOOR: &str = "random-conv";

/// Makes the row one that needs no file of weights, and has its note say so.
pub fn weightless(row: &mut Row) {
    let mut said = Vec::new();
    if let Some(features) = &mut row.features {
        replace(features, &mut said);
    }
    start_from_chance(&mut row.parameters, &mut said);
    if said.is_empty() {
        return;
    }
    let said = format!("Here without its weights: {}.", said.join("; "));
    row.note = Some(row.note.take().map_or(said.clone(), |note| format!("{note} {said}")));
}

fn replace(features: &mut FeatureSpec, said: &mut Vec<String>) {
    if let Some(beside) = &mut features.beside {
        replace(beside, said);
    }
    let Some(name) = &features.embedding else { return };
    let brings_weights = find(name).is_ok_and(|entry| entry.weights.is_some()) || name == "onnx";
    if !brings_weights {
        return;
    }
    said.push(format!("random filters ({FLOOR}) instead of {name}"));
    let silent = FeatureSpec::default();
    *features = FeatureSpec {
        embedding: Some(FLOOR.to_string()),
        weights: None,
        layer: None,
        // Its patches may be longer than those they stand for.
        short: Short::Repeat,
        legacy: silent.legacy,
        activation: silent.activation,
        postprocess: silent.postprocess,
        pca: None,
        front_end: None,
        ..features.clone()
    };
}

fn start_from_chance(parameters: &mut toml::Table, said: &mut Vec<String>) {
    if let Some(file) = parameters.remove("pretrained") {
        said.push(format!("from scratch instead of {}", file.as_str().unwrap_or("given weights")));
    }
    for value in parameters.iter_mut().map(|(_, value)| value) {
        if let toml::Value::Table(inner) = value {
            start_from_chance(inner, said);
        }
    }
}
