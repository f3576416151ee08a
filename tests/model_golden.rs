//! Every model's answers against scikit-learn 1.9.1's, stored by tests/golden/make_models.py.
//!
//! Tolerances on probabilities: 1e-9 where the answer has a closed form, 1e-6 for logistic regression, alone or in an
//! ensemble, which both sides reach by iteration.

use genrebench::models::{TrainingSet, build};
use serde_json::Value;

use crate::golden_rows::{Data, rows};
use crate::support::furthest;

fn holds(name: &str, data: &Data) {
    let path = format!("{}/tests/golden/models/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let checksum = golden["checksum"].as_f64().unwrap();
    assert!((data.train.sum() - checksum).abs() < 1e-9 * checksum.abs(), "the data differ");
    for case in golden["cases"].as_array().unwrap() {
        let (model, parameters) = (case["model"].as_str().unwrap(), case["parameters"].as_str().unwrap());
        let context = format!("{name}: {model} {parameters}");
        let recipe = build(model, parameters.parse().unwrap()).unwrap();
        let train = TrainingSet { x: data.train.view(), y: &data.labels, classes: data.classes };
        let fitted = recipe.fit(train, 1).unwrap();
        let predicted: Vec<usize> = serde_json::from_value(case["predicted"].clone()).unwrap();
        assert_eq!(fitted.predict(data.test.view()).unwrap(), predicted, "{context}");
        match case.get("chosen") {
            None => assert_eq!(fitted.notes(), Vec::<String>::new(), "{context}"),
            Some(chosen) => {
                let chosen = format!("C = {} by", chosen.as_f64().unwrap());
                assert!(fitted.notes()[0].starts_with(&chosen), "{context}: {:?}", fitted.notes());
            }
        }
        let probabilities = fitted.probabilities(data.test.view()).unwrap();
        assert_eq!(probabilities.is_some(), case.get("probabilities").is_some(), "{context}");
        let tolerance = match model {
            "logistic_regression" | "voting" | "stacking" => 1e-6,
            _ => 1e-9,
        };
        if let Some(probabilities) = probabilities {
            let known: Vec<Vec<f64>> = serde_json::from_value(case["probabilities"].clone()).unwrap();
            let ours: Vec<f64> = probabilities.iter().copied().collect();
            let far = furthest(&ours, &known.concat());
            assert!(far <= tolerance, "{context}: probabilities differ by {far}");
        }
    }
}

#[test]
fn three_plain_classes() {
    holds("plain", &rows(1, 120, 6, &[0, 1, 2], 0.0, 0.0));
}

#[test]
fn four_unbalanced_classes_in_correlated_columns() {
    holds("correlated", &rows(2, 200, 20, &[0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.8, 0.25));
}

#[test]
fn two_classes() {
    holds("binary", &rows(3, 120, 5, &[0, 0, 1], 0.3, 0.0));
}

/// Forests draw, so what they expect is compared: 4000 trees of ours with 5000 of scikit-learn's. A class's part is
/// then known to about 0.01 on each side.
#[test]
fn forests_expect_what_those_of_scikit_learn_expect() {
    let data = rows(4, 400, 20, &[0, 0, 0, 0, 1, 1, 1, 2, 2, 3], 0.8, 0.25);
    let path = format!("{}/tests/golden/models/forests.json", env!("CARGO_MANIFEST_DIR"));
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let (model, parameters) = (case["model"].as_str().unwrap(), case["parameters"].as_str().unwrap());
        let recipe = build(model, format!("n_estimators = 4000\n{parameters}").parse().unwrap()).unwrap();
        let train = TrainingSet { x: data.train.view(), y: &data.labels, classes: data.classes };
        let fitted = recipe.fit(train, 1).unwrap();
        let probabilities = fitted.probabilities(data.test.view()).unwrap().unwrap();
        let known: Vec<Vec<f64>> = serde_json::from_value(case["probabilities"].clone()).unwrap();
        let apart = |ours: &[f64], known: &[f64]| {
            let apart: Vec<f64> = ours.iter().zip(known).map(|(ours, known)| (ours - known).abs()).collect();
            (apart.iter().sum::<f64>() / apart.len() as f64, furthest(ours, known))
        };
        let ours: Vec<f64> = probabilities.iter().copied().collect();
        let (mean, most) = apart(&ours, &known.concat());
        assert!(mean < 0.008 && most < 0.04, "{model} {parameters}: parts differ by {mean}, at most {most}");
        let known: Vec<f64> = serde_json::from_value(case["importances"].clone()).unwrap();
        let (mean, most) = apart(&fitted.importances().unwrap(), &known);
        assert!(
            mean < 0.002 && most < 0.008,
            "{model} {parameters}: importances differ by {mean}, at most {most}"
        );
    }
}
