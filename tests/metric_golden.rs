//! Every score against scikit-learn 1.9.1's to 1e-12, stored by tests/golden/make_metrics.py, and what
//! theory says of scores whatever the predictions.

use genrebench::metrics::{METRICS, Predictions, Scores};
use proptest::prelude::*;
use serde_json::Value;

fn predictions(classes: usize, truth: Vec<usize>, predicted: Vec<usize>) -> Predictions {
    Predictions {
        clip_ids: (0..truth.len()).map(|clip| format!("clip-{clip}")).collect(),
        classes: (0..classes).map(|class| format!("class-{class}")).collect(),
        truth,
        predicted,
        probabilities: None,
    }
}

#[test]
fn scores_are_those_of_scikit_learn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metrics/scores.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in golden.as_array().unwrap() {
        let read = |key: &str| -> Vec<usize> { serde_json::from_value(case[key].clone()).unwrap() };
        let classes = case["classes"].as_u64().unwrap() as usize;
        let mut predictions = predictions(classes, read("truth"), read("predicted"));
        predictions.probabilities = serde_json::from_value(case["probabilities"].clone()).unwrap();
        let scores = Scores::of(&predictions).unwrap();
        for metric in METRICS {
            let context = format!("{}: {}", case["name"], metric.name);
            match case["scores"].get(metric.name).and_then(Value::as_f64) {
                Some(known) => {
                    let ours = scores.get(metric.name).unwrap_or(f64::NAN);
                    assert!((ours - known).abs() <= 1e-12, "{context}: {ours} {known}");
                }
                None => assert!(metric.name == "log_loss" && scores.get(metric.name).is_none(), "{context}"),
            }
        }
        for (ours, known) in scores.by_class.iter().zip(case["by_class"].as_array().unwrap()) {
            let known: Vec<f64> = serde_json::from_value(known.clone()).unwrap();
            let ours = [ours.precision, ours.recall, ours.f1, ours.support as f64];
            assert!(ours.iter().zip(&known).all(|(ours, known)| (ours - known).abs() <= 1e-12));
        }
        assert_eq!(serde_json::to_value(&scores.confusion).unwrap(), case["confusion"]);
    }
}

proptest! {
    #[test]
    fn renaming_classes_moves_no_score_and_all_lie_between_0_and_1(
        pairs in prop::collection::vec((0usize..5, 0usize..5), 1..60),
    ) {
        let (truth, predicted): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
        let renamed = |side: &[usize]| side.iter().map(|class| (class * 3 + 1) % 5).collect::<Vec<_>>();
        let here = Scores::of(&predictions(5, truth.clone(), predicted.clone())).unwrap();
        let there = Scores::of(&predictions(5, renamed(&truth), renamed(&predicted))).unwrap();
        for (a, b) in here.metrics.iter().zip(&there.metrics) {
            if let (Some(a), Some(b)) = (a.value, b.value) {
                prop_assert!((a - b).abs() < 1e-12);
                prop_assert!((0.0..=1.0 + 1e-12).contains(&a));
            }
        }
        prop_assert!((here.get("f1_micro").unwrap() - here.get("accuracy").unwrap()).abs() < 1e-15);
        prop_assert!((here.get("recall_weighted").unwrap() - here.get("accuracy").unwrap()).abs() < 1e-12);
        prop_assert_eq!(here.confusion.clips() as usize, truth.len());
    }
}

#[test]
fn nothing_to_score_is_an_error() {
    let error = Scores::of(&predictions(2, vec![], vec![])).unwrap_err().to_string();
    assert!(error.contains("no clips"), "{error}");
}
