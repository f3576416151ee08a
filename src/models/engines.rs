//! `engine = "linfa" | "smartcore"` on a row: the same model from another crate, beside `native`, ours.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::engine_settings::{
    C, GAMMA, KERNEL, MAX_DEPTH, MAX_ITER, MIN_SAMPLES_LEAF, MIN_SAMPLES_SPLIT, N_ESTIMATORS, N_NEIGHBORS,
    Settings,
};
use super::engine_worker::{self, Lesson, Name, Serve};
use super::error::ModelError;
use super::model::{Fitted, Model, ParameterHelp, TrainingSet};
use super::parameters;
use super::{linfa_engine, smartcore_engine};

/// A model of another crate.
pub struct EngineEntry {
    pub engine: &'static str,
    /// As the native one is called.
    pub model: &'static str,
    pub parameters: &'static [ParameterHelp],
    /// What a reader of its scores should know.
    pub notes: &'static [&'static str],
    work: fn(&Settings, &Lesson, Serve<'_>) -> Result<(), String>,
}

const TREE: &[ParameterHelp] = &[MAX_DEPTH, MIN_SAMPLES_SPLIT, MIN_SAMPLES_LEAF];
const FOREST: &[ParameterHelp] = &[N_ESTIMATORS, MAX_DEPTH, MIN_SAMPLES_SPLIT, MIN_SAMPLES_LEAF];
const SVC: &[ParameterHelp] = &[C, KERNEL, GAMMA];

/// Every engine and model there is beside the native ones.
pub const ENGINES: &[EngineEntry] = &[
    EngineEntry {
        engine: "linfa",
        model: "gaussian_nb",
        parameters: &[],
        notes: &[],
        work: linfa_engine::gaussian_nb,
    },
    EngineEntry {
        engine: "linfa",
        model: "logistic_regression",
        parameters: &[C, MAX_ITER],
        notes: &[],
        work: linfa_engine::logistic_regression,
    },
    EngineEntry {
        engine: "linfa",
        model: "decision_tree",
        parameters: TREE,
        notes: &["linfa's tree chooses among equal cuts differently from run to run"],
        work: linfa_engine::decision_tree,
    },
    EngineEntry {
        engine: "linfa",
        model: "random_forest",
        parameters: FOREST,
        notes: &[
            "linfa's forest chooses among equal cuts and breaks ties of votes differently from run to run",
        ],
        work: linfa_engine::random_forest,
    },
    EngineEntry {
        engine: "linfa",
        model: "svc",
        parameters: SVC,
        notes: &["linfa fits each pair of classes; the votes are counted here"],
        work: linfa_engine::svc,
    },
    EngineEntry {
        engine: "smartcore",
        model: "knn",
        parameters: &[N_NEIGHBORS],
        notes: &[],
        work: smartcore_engine::knn,
    },
    EngineEntry {
        engine: "smartcore",
        model: "gaussian_nb",
        parameters: &[],
        notes: &[],
        work: smartcore_engine::gaussian_nb,
    },
    EngineEntry {
        engine: "smartcore",
        model: "logistic_regression",
        parameters: &[C],
        notes: &[],
        work: smartcore_engine::logistic_regression,
    },
    EngineEntry {
        engine: "smartcore",
        model: "decision_tree",
        parameters: TREE,
        notes: &[],
        work: smartcore_engine::decision_tree,
    },
    EngineEntry {
        engine: "smartcore",
        model: "random_forest",
        parameters: FOREST,
        notes: &[],
        work: smartcore_engine::random_forest,
    },
    EngineEntry {
        engine: "smartcore",
        model: "svc",
        parameters: SVC,
        notes: &[
            "smartcore's SVC makes two passes (its default), not a fit to a tolerance",
            "smartcore's SVC breaks ties of votes differently from call to call",
        ],
        work: smartcore_engine::svc,
    },
];

/// The row's own two keys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Keys {
    engine: String,
    #[serde(deserialize_with = "parameters::positive")]
    engine_seconds: f64,
}

impl Default for Keys {
    fn default() -> Self {
        Self { engine: "native".to_string(), engine_seconds: 600.0 }
    }
}

const KEYS: &[ParameterHelp] = &[
    ParameterHelp {
        name: "engine",
        default: "\"native\"",
        meaning: "\"native\", \"linfa\" or \"smartcore\"",
    },
    ParameterHelp {
        name: "engine_seconds",
        default: "600.0",
        meaning: "how long another engine may fit, or answer",
    },
];

/// Takes the engine's keys out of `table`; none where the native model is meant.
pub fn build(model: &str, table: &mut toml::Table) -> Result<Option<Box<dyn Model>>, ModelError> {
    let mut own = toml::Table::new();
    for key in KEYS {
        own.extend(table.remove(key.name).map(|value| (key.name.to_string(), value)));
    }
    let keys: Keys = parameters::parse(model, KEYS, own)?;
    let bad = |key: &str, reason: String| {
        Err(ModelError::BadParameter { model: model.to_string(), key: key.to_string(), reason })
    };
    if keys.engine == "native" {
        return Ok(None);
    }
    if keys.engine_seconds > 1e6 {
        return bad("engine_seconds", "more than a million seconds".to_string());
    }
    let Some(entry) = ENGINES.iter().find(|entry| entry.engine == keys.engine && entry.model == model) else {
        let of_model = ENGINES.iter().filter(|entry| entry.model == model).map(|entry| entry.engine);
        let known: Vec<&str> = std::iter::once("native").chain(of_model).collect();
        return bad(
            "engine",
            format!("no engine \"{}\" has this model; it is in {}", keys.engine, known.join(", ")),
        );
    };
    let settings = parameters::parse(model, entry.parameters, std::mem::take(table))?;
    Ok(Some(Box::new(Elsewhere { entry, keys, settings })))
}

struct Elsewhere {
    entry: &'static EngineEntry,
    keys: Keys,
    settings: Settings,
}

impl Model for Elsewhere {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let EngineEntry { engine, model, notes, work, .. } = self.entry;
        let limit = Duration::from_secs_f64(self.keys.engine_seconds);
        let (settings, work) = (self.settings.clone(), *work);
        let name = Name { engine, model, limit, notes };
        engine_worker::fit(name, Box::new(move |lesson, serve| work(&settings, lesson, serve)), train, seed)
    }

    fn parameters(&self) -> serde_json::Value {
        let mut all = parameters::as_json(&self.settings);
        if let serde_json::Value::Object(all) = &mut all {
            all.retain(|name, _| self.entry.parameters.iter().any(|parameter| parameter.name == name));
            all.insert("engine".to_string(), self.keys.engine.clone().into());
            all.insert("engine_seconds".to_string(), self.keys.engine_seconds.into());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::registry;
    use super::*;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn every_engine_tells_well_parted_classes_apart() {
        // Class c around 6·c in column c, with a pattern that no two rows share.
        let y: Vec<usize> = (0..90).map(|row| row % 3).collect();
        let x = Array2::from_shape_fn((90, 4), |(row, column)| {
            f64::from(u8::from(row % 3 == column)) * 6.0 + ((row * 7 + column * 13) as f64).sin()
        });
        for entry in ENGINES {
            let text = format!("engine = \"{}\"", entry.engine);
            let model = registry::build(entry.model, table(&text)).unwrap();
            assert_eq!(model.parameters()["engine"], entry.engine);
            let fitted = model.fit(TrainingSet { x: x.view(), y: &y, classes: 4 }, 1).unwrap();
            let predicted = fitted.predict(x.view()).unwrap();
            let right = predicted.iter().zip(&y).filter(|(a, b)| a == b).count();
            assert!(right >= 87, "{} {}: {right} of 90", entry.engine, entry.model);
            assert!(fitted.save().is_err());
        }
    }

    #[test]
    fn wrong_engines_are_named_with_those_there_are() {
        let refusal = |model, text| registry::build(model, table(text)).map(|_| ()).unwrap_err().to_string();
        let said = refusal("svc", "engine = \"libsvm\"");
        assert!(said.contains("native, linfa, smartcore"), "{said}");
        assert!(refusal("catboost", "engine = \"linfa\"").ends_with("it is in native"));
        assert!(refusal("svc", "engine = \"linfa\"\nC = 0").contains("`C`"));
        assert!(refusal("svc", "engine = \"linfa\"\nshrinking = true").contains("`shrinking`"));
        assert!(registry::build("svc", table("engine = \"native\"\nC = 2")).is_ok());
    }
}
