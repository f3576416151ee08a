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
const CELL_VERSION: u32 = 5;

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
    use crate::experiment::rows_for_tests::row;

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

    /// Cells that would predict otherwise, each for one reason alone.
    #[test]
    fn whatever_decides_a_prediction_is_in_the_name() {
        let row = |keys: &str| row(&format!("model = \"knn\"\n{keys}"));
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("w.pth");
        let parameters = serde_json::json!({ "n": 1, "pretrained": weights });
        let split = Split {
            repeat: 0,
            fold: 0,
            train: vec![0, 1, 2],
            test: vec![3, 4],
            watched: Vec::new(),
            shared_groups: 0,
            unused: 0,
            unknown_ids: 0,
        };
        let id = |row: &Row, digest: &str, split: &Split, seed: u64| {
            CellKey::new(row, &parameters, digest, &[], split, seed).id
        };
        let plain = row("");
        let usual = id(&plain, "d", &split, 1);
        assert_eq!(usual, id(&row("note = \"another\""), "d", &split, 1), "what decides nothing");
        assert_eq!(usual, id(&plain, "d", &Split { unused: 5, ..split.clone() }, 1));
        std::fs::write(&weights, b"one").unwrap();
        let started = id(&plain, "d", &split, 1);
        std::fs::write(&weights, b"two").unwrap();
        let started_otherwise = id(&plain, "d", &split, 1);
        std::fs::remove_file(&weights).unwrap();
        let of_row = |keys: &str| id(&row(keys), "d", &split, 1);
        let of_split = |split: Split| id(&plain, "d", &split, 1);
        let worse = CellKey::new(&plain, &parameters, "d", &["worse".to_string()], &split, 1).id;
        let other = serde_json::json!({ "n": 2, "pretrained": weights });
        let ids = [
            usual,
            started,
            started_otherwise,
            worse,
            CellKey::new(&plain, &other, "d", &[], &split, 1).id,
            of_row("prepare = [\"standardize\"]"),
            of_row("search = { space = { n_neighbors = [1, 3] } }"),
            of_row("search = { folds = \"validation\", space = { n_neighbors = [1, 3] } }"),
            of_row("explain = true"),
            of_row("seed = 2"),
            id(&plain, "e", &split, 1),
            id(&plain, "d", &split, 2),
            of_split(Split { train: vec![0, 1], ..split.clone() }),
            of_split(Split { test: vec![3, 5], ..split.clone() }),
            of_split(Split { watched: vec![2], ..split.clone() }),
            of_split(Split { fold: 1, ..split.clone() }),
        ];
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{ids:#?}");
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
