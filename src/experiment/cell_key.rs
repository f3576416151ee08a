//! What a cell is called: the hash of all that decides its predictions; and what it cost.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Row;
use super::clock::seconds_or_nan;
use super::ensemble_spec::EnsembleSpec;
use crate::disk::digest;
use crate::random::Draws;
use crate::table::Split;
use crate::weights::weights_file;

/// Bumped when the same inputs would give other predictions.
const CELL_VERSION: u32 = 3;

/// What a cell is, and the hash of all that decides its predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellKey {
    pub row: String,
    pub repeat: usize,
    pub fold: usize,
    pub seed: u64,
    pub id: String,
    /// Of a network that ends at a checkpoint: what its training is called, which others go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<String>,
}

/// Seconds, rows and memory of one cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Times {
    pub fit_wall_seconds: f64,
    #[serde(deserialize_with = "seconds_or_nan")]
    pub fit_cpu_seconds: f64,
    pub predict_wall_seconds: f64,
    #[serde(deserialize_with = "seconds_or_nan")]
    pub predict_cpu_seconds: f64,
    pub train_rows: usize,
    pub test_rows: usize,
    pub columns: usize,
    /// The process's peak when the cell ended.
    pub peak_memory_mib: Option<f64>,
}

impl CellKey {
    /// What the checkpoint of its training is called.
    pub fn training_name(&self) -> &str {
        self.training.as_deref().unwrap_or(&self.id)
    }

    /// Of a row that puts the cells of other rows together.
    pub fn of_ensemble(row: &Row, spec: &EnsembleSpec, members: &[&Self], split: &Split, seed: u64) -> Self {
        let seed = Draws::new(seed, &format!("{}/{}/{}", row.model, split.repeat, split.fold)).seed();
        let mut inputs = serde_json::json!({
            "cell_version": CELL_VERSION,
            "combine": spec.combine,
            "members": members.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(),
            "seed": seed,
        });
        if !row.perturb.is_empty() {
            inputs["perturbed"] = serde_json::json!(row.perturb);
        }
        let id = digest(inputs.to_string().as_bytes());
        Self { row: row.name.clone(), repeat: split.repeat, fold: split.fold, seed, id, training: None }
    }

    /// Two cells with the same id predict the same, wherever they are computed.
    pub fn new(
        row: &Row,
        parameters: &Value,
        table_digest: &str,
        perturbed: &[String],
        split: &Split,
        seed: u64,
    ) -> Self {
        let seed = seed_of(row, &format!("{}/{}/{}", row.model, split.repeat, split.fold), seed);
        let mut inputs = serde_json::json!({
            "cell_version": CELL_VERSION,
            "model": row.model,
            "parameters": parameters,
            "prepare": row.prepare,
            "table": table_digest,
            "train": split.train,
            "test": split.test,
            "seed": seed,
        });
        // Only where there is one, so that other cells keep their names.
        if let Some(search) = &row.search {
            inputs["search"] = serde_json::json!(search);
        }
        if let Some(explain) = &row.explain {
            inputs["explain"] = serde_json::json!(explain);
        }
        let started_from = weights_digests(parameters);
        if !started_from.is_empty() {
            inputs["pretrained"] = serde_json::json!(started_from);
        }
        if !perturbed.is_empty() {
            inputs["perturbed"] = serde_json::json!(perturbed);
        }
        // A network may stand anywhere among the parameters.
        if !split.watched.is_empty() {
            inputs["watched"] = serde_json::json!(split.watched);
        }
        let training = parameters["train"].get("until").map(|_| {
            let mut whole = inputs.clone();
            if let Some(train) = whole["parameters"]["train"].as_object_mut() {
                train.remove("until");
            }
            digest(whole.to_string().as_bytes())
        });
        Self {
            training,
            row: row.name.clone(),
            repeat: split.repeat,
            fold: split.fold,
            seed,
            id: digest(inputs.to_string().as_bytes()),
        }
    }
}

/// Whether nobody trains on where a network with these parameters ends.
pub fn trains_to_the_end(parameters: &Value) -> bool {
    let train = &parameters["train"];
    train["until"].as_u64().is_none_or(|until| Some(until) >= train["epochs"].as_u64())
}

/// The seed of what a row does under this name; one of its own draws otherwise.
pub fn seed_of(row: &Row, what: &str, seed: u64) -> u64 {
    let seed = Draws::new(seed, what).seed();
    row.seed.map_or(seed, |own| Draws::new(seed, &format!("seed {own}")).seed())
}

/// Hashes of the files of weights that networks in `parameters` start from; another file under the same name is another
/// cell. One that is not there fails its row when it is fitted.
fn weights_digests(parameters: &Value) -> Vec<String> {
    match parameters {
        Value::Object(named) => {
            let own = named.get("pretrained").and_then(Value::as_str);
            let own = own.and_then(|path| std::fs::read(weights_file(Path::new(path))?).ok());
            own.map(|bytes| digest(&bytes))
                .into_iter()
                .chain(named.values().flat_map(weights_digests))
                .collect()
        }
        Value::Array(values) => values.iter().flat_map(weights_digests).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As on a system that does not tell how long its processor worked.
    #[test]
    fn seconds_that_nobody_counted_come_back_as_no_number() {
        let times = Times { fit_cpu_seconds: f64::NAN, test_rows: 4, ..Times::default() };
        let written = serde_json::to_string(&times).unwrap();
        assert!(written.contains("\"fit_cpu_seconds\":null"), "{written}");
        let read: Times = serde_json::from_str(&written).unwrap();
        assert!(read.fit_cpu_seconds.is_nan());
        assert_eq!(Times { fit_cpu_seconds: 0.0, ..read }, Times { fit_cpu_seconds: 0.0, ..times });
        serde_json::from_str::<Times>(&written.replace("null", "\"long\"")).unwrap_err();
    }

    #[test]
    fn only_a_checkpoint_on_the_way_is_trained_on_from() {
        let ends = |train: serde_json::Value| trains_to_the_end(&serde_json::json!({ "train": train }));
        assert!(ends(serde_json::json!({ "epochs": 4 })) && trains_to_the_end(&Value::Null));
        assert!(ends(serde_json::json!({ "epochs": 4, "until": 4 })));
        assert!(!ends(serde_json::json!({ "epochs": 4, "until": 2 })));
    }

    #[test]
    fn weights_are_known_by_what_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vgg.pth");
        let parameters =
            serde_json::json!({ "network": { "model": "vgg", "pretrained": path }, "hidden": [4] });
        assert!(weights_digests(&parameters).is_empty());
        std::fs::write(&path, b"one").unwrap();
        let first = weights_digests(&parameters);
        assert_eq!(first.len(), 1);
        std::fs::write(&path, b"two").unwrap();
        assert_ne!(weights_digests(&parameters), first);
    }
}
