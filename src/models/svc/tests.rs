//! Against scikit-learn's answers (tests/golden/make_svc.py), and against itself with less memory.

use ndarray::Array2;
use serde_json::Value;

use super::super::kernel_store::{KernelStore, Source};
use super::super::smo::solve;
use super::*;
use crate::random::Draws;

fn table(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

fn parse(toml: &str) -> Svc {
    parameters::parse(NAME, PARAMETERS, toml.parse().unwrap()).unwrap()
}

/// Row after row, one a pair.
fn every_decision(fitted: &FittedSvc, x: &Array2<f64>) -> Vec<f64> {
    fitted.machines.each_row(x.view(), |decisions| decisions.to_vec()).concat()
}

/// Rows of `classes` overlapping clouds.
fn clouds(rows: usize, columns: usize, classes: usize, label: &str) -> (Array2<f64>, Vec<usize>) {
    let mut draws = Draws::new(5, label);
    let y: Vec<usize> = (0..rows).map(|row| row * row % 7 % classes).collect();
    let x = Array2::from_shape_fn((rows, columns), |(row, column)| {
        draws.normal() + if column % classes == y[row] { 1.0 } else { 0.0 }
    });
    (x, y)
}

#[test]
fn decisions_and_support_vectors_are_those_of_scikit_learn() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models/svc.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for set in golden.as_array().unwrap() {
        let (x, test) = (table(&set["x"]), table(&set["test"]));
        let y: Vec<usize> = serde_json::from_value(set["y"].clone()).unwrap();
        for case in set["cases"].as_array().unwrap() {
            let toml = case["parameters"].as_str().unwrap();
            let context = format!("{} {toml}", set["name"]);
            for memory in ["cache_mb = 200", "cache_mb = 0.01"] {
                let model = parse(&format!("{toml}\n{memory}"));
                let train = TrainingSet { x: x.view(), y: &y, classes: 4 };
                let fitted = model.train(train, &Aside::default(), 0).unwrap();
                let decisions = every_decision(&fitted, &test);
                for (ours, known) in decisions.iter().zip(&table(&case["decisions"])) {
                    assert!((ours - known).abs() < 1e-4 * (1.0 + known.abs()), "{context}: {ours} {known}");
                }
                let predicted: Vec<usize> = serde_json::from_value(case["predicted"].clone()).unwrap();
                assert_eq!(fitted.predict(test.view()).unwrap(), predicted, "{context}");
                assert_eq!(case["support_vectors"], fitted.machines.support_vectors(), "{context}");
                assert_eq!(fitted.notes(), Vec::<String>::new(), "{context}");
            }
        }
    }
}

#[test]
fn memory_and_threads_leave_every_bit_and_shrinking_the_answer() {
    let ((x, y), (test, _)) = (clouds(1500, 6, 3, "train"), clouds(200, 6, 3, "test"));
    let decide = |toml: &str, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let train = TrainingSet { x: x.view(), y: &y, classes: 3 };
            every_decision(&parse(toml).train(train, &Aside::default(), 0).unwrap(), &test)
        })
    };
    let plain = decide("C = 10\nshrinking = false", 1);
    for memory in ["2", "0.5", "1e-6"] {
        assert_eq!(plain, decide(&format!("C = 10\nshrinking = false\ncache_mb = {memory}"), 1), "{memory}");
    }
    for memory in ["200", "1"] {
        let toml = format!("C = 10\ncache_mb = {memory}");
        let shrunk = decide(&toml, 1);
        assert_eq!(shrunk, decide(&toml, 3));
        for (ours, known) in shrunk.iter().zip(&plain) {
            assert!((ours - known).abs() < 1e-2, "{ours} {known}");
        }
    }
}

#[test]
fn every_condition_of_optimality_holds() {
    let (x, y) = clouds(600, 5, 2, "optimal");
    let rows = y.len();
    let far = |a: usize, b: usize| (&x.row(a) - &x.row(b)).mapv(|gap| gap * gap).sum();
    let matrix = Array2::from_shape_fn((rows, rows), |(a, b)| (-0.1 * far(a, b)).exp() as f32);
    let first: Vec<bool> = y.iter().map(|class| *class == 0).collect();
    for (c, shrinking) in
        [((50.0, 50.0), true), ((50.0, 50.0), false), ((0.1, 0.4), true), ((2.0, 1.0), true)]
    {
        let limits = Limits { tol: 1e-4, max_iter: 1_000_000, shrinking };
        let store = KernelStore::new(Source::Matrix(matrix.view()), (0..rows).collect(), 1 << 20);
        let machine = solve(store, &first, c, limits);
        assert!(machine.converged);
        let values = &machine.coefficients;
        assert!(values.iter().sum::<f64>().abs() < 1e-9);
        let (mut highest, mut lowest) = (f64::NEG_INFINITY, f64::INFINITY);
        for (row, value) in values.iter().enumerate() {
            let (floor, ceiling) = if first[row] { (0.0, c.0) } else { (-c.1, 0.0) };
            assert!((floor..=ceiling).contains(value), "{value}");
            let sum: f64 = values.iter().zip(matrix.row(row)).map(|(v, k)| v * f64::from(*k)).sum();
            let slack = if first[row] { 1.0 } else { -1.0 } - sum;
            highest = if *value < ceiling { slack.max(highest) } else { highest };
            lowest = if *value > floor { slack.min(lowest) } else { lowest };
        }
        assert!(highest - lowest < 1.001e-4, "{c:?} {shrinking} {highest} {lowest}");
        assert!((lowest - 1e-4..=highest + 1e-4).contains(&machine.bias));
    }
}

#[test]
fn probabilities_are_calibrated_and_repeat() {
    let ((x, y), (test, truth)) = (clouds(900, 6, 3, "train"), clouds(600, 6, 3, "test"));
    let train = TrainingSet { x: x.view(), y: &y, classes: 3 };
    for memory in ["200", "0.2"] {
        let model = parse(&format!("probability = true\ncache_mb = {memory}"));
        let fitted = model.fit(train, 3).unwrap();
        let probabilities = fitted.probabilities(test.view()).unwrap().unwrap();
        assert_eq!(
            Some(probabilities.clone()),
            model.fit(train, 3).unwrap().probabilities(test.view()).unwrap()
        );
        let at_once = fitted.answer(test.view()).unwrap().unwrap();
        assert_eq!(at_once, (fitted.predict(test.view()).unwrap(), Some(probabilities.clone())));
        assert!(probabilities.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
        // What the highest probability promises is what it keeps.
        let (mut promised, mut kept) = (0.0, 0.0);
        for (row, truth) in probabilities.rows().into_iter().zip(&truth) {
            let best = super::super::class_scores::argmax(&row.to_vec());
            promised += row[best];
            kept += f64::from(u8::from(best == *truth));
        }
        assert!((promised - kept).abs() < 0.06 * 600.0, "{promised} {kept}");
    }
    assert!(parse("").fit(train, 0).unwrap().probabilities(test.view()).unwrap().is_none());
}

#[test]
fn a_limit_of_iterations_is_noted_and_wrong_values_are_named() {
    let (x, y) = clouds(200, 4, 3, "limit");
    let fitted = parse("max_iter = 5").fit(TrainingSet { x: x.view(), y: &y, classes: 3 }, 0).unwrap();
    assert!(fitted.notes()[0].contains("3 of 3 pairs") && fitted.notes()[0].contains("max_iter = 5"));
    for (toml, key) in [
        ("C = 0", "C"),
        ("gamma = -1", "gamma"),
        ("gamma = \"wide\"", "gamma"),
        ("kernel = \"cosine\"", "kernel"),
        ("degree = -1", "degree"),
        ("coef0 = inf", "coef0"),
        ("tol = 0", "tol"),
        ("cache_mb = 0", "cache_mb"),
        ("max_iter = 0", "max_iter"),
    ] {
        let error =
            parameters::parse::<Svc>(NAME, PARAMETERS, toml.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn rows_are_answered_alike_alone_and_in_tiles() {
    // 260 classes are 33 670 pairs, so that a tile holds 124 rows.
    let (classes, mut draws) = (260, Draws::new(9, "many"));
    let y: Vec<usize> = (0..classes).collect();
    let x = Array2::from_shape_fn((classes, 3), |_| draws.normal());
    let fitted = parse("C = 10").train(TrainingSet { x: x.view(), y: &y, classes }, &Aside::default(), 0);
    let (fitted, test) = (fitted.unwrap(), x.slice(ndarray::s![..200, ..]));
    let together = fitted.decisions(test).unwrap().unwrap();
    let predicted = fitted.predict(test).unwrap();
    for row in [0, 123, 124, 199] {
        let alone = test.slice(ndarray::s![row..=row, ..]);
        assert_eq!(fitted.decisions(alone).unwrap().unwrap().row(0), together.row(row));
        assert_eq!(fitted.predict(alone).unwrap(), predicted[row..=row]);
    }
}
