//! Every score against scikit-learn 1.9.1's to 1e-12, every test against scipy's and statsmodels', stored by
//! tests/golden/make_metrics.py, and what theory says of scores whatever the predictions.

use genrebench::metrics::{
    Confusion, METRICS, Metric, Predictions, Unit, calibration_curve, corrected_t_test, find, friedman, holm,
    mcnemar, of_class, wilson,
};
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

fn golden(file: &str) -> Value {
    let path = format!("{}/tests/golden/metrics/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

#[track_caller]
fn close(ours: f64, known: &Value, tolerance: f64) {
    let known = known.as_f64().unwrap();
    assert!((ours - known).abs() <= tolerance * (1.0 + known.abs()), "{ours} {known}");
}

#[test]
fn tests_and_intervals_are_those_of_scipy_and_statsmodels() {
    let golden = golden("uncertainty.json");
    let list = |key: &str| golden[key].as_array().unwrap().clone();
    for case in list("t_tests") {
        let ratio = case["test_over_train"].as_f64().unwrap();
        let ours = corrected_t_test(&numbers(&case["differences"]), ratio).unwrap();
        for (ours, key) in [(ours.mean, "mean"), (ours.low, "low"), (ours.high, "high"), (ours.p, "p")] {
            close(ours, &case[key], 1e-12);
        }
    }
    for case in list("mcnemar") {
        close(mcnemar(case[0].as_u64().unwrap(), case[1].as_u64().unwrap()), &case[2], 1e-11);
    }
    let adjusted = holm(&numbers(&golden["holm"]["p"]));
    adjusted
        .iter()
        .zip(golden["holm"]["adjusted"].as_array().unwrap())
        .for_each(|(a, b)| close(*a, b, 1e-15));
    for case in list("wilson") {
        let (low, high) = wilson(case[0].as_u64().unwrap(), case[1].as_u64().unwrap()).unwrap();
        close(low, &case[2], 1e-12);
        close(high, &case[3], 1e-12);
    }
    for case in list("friedman") {
        let scores: Vec<Vec<f64>> = case["scores"].as_array().unwrap().iter().map(numbers).collect();
        let ours = friedman(&scores, true).unwrap();
        assert_eq!(ours.mean_ranks, numbers(&case["mean_ranks"]));
        close(ours.chi_square, &case["chi_square"], 1e-11);
        close(ours.p, &case["p"], 1e-11);
        close(ours.p_f, &case["p_f"], 1e-11);
        // scipy's own integral is good to about 1e-9.
        close(ours.critical_difference, &case["critical_difference"], 1e-8);
    }
    assert_eq!(friedman(&[vec![0.5, 0.6], vec![0.5, 0.6]], true), None, "two data sets say nothing");
}

#[test]
fn scores_are_those_of_scikit_learn() {
    let golden = golden("scores.json");
    for case in golden.as_array().unwrap() {
        let read = |key: &str| -> Vec<usize> { serde_json::from_value(case[key].clone()).unwrap() };
        let classes = case["classes"].as_u64().unwrap() as usize;
        let mut predictions = predictions(classes, read("truth"), read("predicted"));
        predictions.probabilities = serde_json::from_value(case["probabilities"].clone()).unwrap();
        predictions.check().unwrap();
        for metric in METRICS {
            let context = format!("{}: {}", case["name"], metric.name);
            let ours = metric.compute(&predictions);
            match case["scores"].get(metric.name).and_then(Value::as_f64) {
                Some(known) => {
                    let ours = ours.unwrap_or(f64::NAN);
                    assert!((ours - known).abs() <= 1e-12, "{context}: {ours} {known}");
                }
                None => assert_eq!(ours, None, "{context}"),
            }
        }
        let confusion = Confusion::of(&predictions);
        for (class, known) in case["by_class"].as_array().unwrap().iter().enumerate() {
            let known: Vec<f64> = serde_json::from_value(known.clone()).unwrap();
            let (precision, recall, f1) = of_class(&confusion, class);
            let ours = [precision, recall, f1, confusion.support(class) as f64];
            assert!(ours.iter().zip(&known).all(|(ours, known)| (ours - known).abs() <= 1e-12));
        }
        if let Some(known) = case["calibration"].as_array() {
            let bins = calibration_curve(&predictions, 10).unwrap();
            assert_eq!(bins.len(), known.len());
            for (bin, known) in bins.iter().zip(known) {
                close(bin.confidence, &known[0], 1e-12);
                close(bin.accuracy, &known[1], 1e-12);
            }
        }
        assert_eq!(serde_json::to_value(&confusion).unwrap(), case["confusion"]);
    }
}

proptest! {
    #[test]
    fn renaming_classes_moves_no_score_and_all_lie_between_0_and_1(
        pairs in prop::collection::vec((0usize..5, 0usize..5), 1..60),
    ) {
        let (truth, predicted): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
        let renamed = |side: &[usize]| side.iter().map(|class| (class * 3 + 1) % 5).collect::<Vec<_>>();
        let here = predictions(5, truth.clone(), predicted.clone());
        let there = predictions(5, renamed(&truth), renamed(&predicted));
        for metric in METRICS {
            let (a, b) = (metric.compute(&here), metric.compute(&there));
            prop_assert_eq!(a.is_some(), b.is_some(), "{}", metric.name);
            if let (Some(a), Some(b)) = (a, b) {
                prop_assert!((a - b).abs() < 1e-12);
                let least = if metric.unit == Unit::Coefficient { -1.0 } else { 0.0 };
                prop_assert!((least - 1e-12..=1.0 + 1e-12).contains(&a));
            }
        }
        let of_here = |name: &str| find(name).unwrap().compute(&here).unwrap();
        prop_assert!((of_here("f1_micro") - of_here("accuracy")).abs() < 1e-15);
        prop_assert!((of_here("recall_weighted") - of_here("accuracy")).abs() < 1e-12);
        prop_assert_eq!(Confusion::of(&here).clips() as usize, truth.len());
    }
}

#[test]
fn nothing_has_no_score() {
    let mut nothing = predictions(2, vec![], vec![]);
    nothing.probabilities = Some(vec![]);
    let scored: Vec<&Metric> = METRICS.iter().filter(|metric| metric.compute(&nothing).is_some()).collect();
    assert!(scored.is_empty(), "{scored:?}");
}
