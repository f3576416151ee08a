//! Bad tables and bad parameters through the binary, every registered model as a row: an answer or a clear error, no
//! panic, no hang.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use genrebench::models::MODELS;

use crate::support::{expect, genrebench, says, text};

/// A row for every model, each with little work in it.
fn all_rows() -> String {
    let row = |name: &str| {
        let short = match name {
            "catboost" => "iterations = 20\n",
            "gradient_boosting" | "random_forest" | "extra_trees" | "adaboost" => "n_estimators = 10\n",
            "voting" | "stacking" => "members = [\"gaussian_nb\", \"knn\"]\n",
            _ => "",
        };
        format!("[[row]]\nname = \"{name}\"\nmodel = \"{name}\"\n{short}")
    };
    MODELS.iter().map(|entry| row(entry.name)).collect()
}

/// A run on a table of `rows` (label, side and values); the list of sides is made from them.
fn run(folder: &Path, rows: &[(&str, &str, Vec<String>)], body: &str) -> Output {
    let columns = rows.first().map_or(0, |(_, _, values)| values.len());
    let names: Vec<String> = (0..columns).map(|column| format!("f{column}")).collect();
    let mut table = format!("id,genre,{}\n", names.join(","));
    let mut sides = "id,side\n".to_string();
    for (place, (label, side, values)) in rows.iter().enumerate() {
        table += &format!("r{place:03},{label},{}\n", values.join(","));
        sides += &format!("r{place:03},{side}\n");
    }
    fs::write(folder.join("table.csv"), table).unwrap();
    fs::write(folder.join("sides.csv"), sides).unwrap();
    let experiment = folder.join("experiment.toml");
    let head = "title = \"t\"\ndataset = { name = \"table\", path = \"table.csv\", id = \"id\", label = \"genre\" }\n\
                split = { kind = \"list\", file = \"sides.csv\" }\n";
    fs::write(&experiment, format!("{head}{body}")).unwrap();
    let out = folder.join("out");
    let _ = fs::remove_dir_all(&out);
    genrebench().arg("run").arg(&experiment).args(["--no-cache", "--out"]).arg(&out).output().unwrap()
}

/// What each row of the run predicted for the tested clips; rows that failed are not there.
fn predictions(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let written = fs::read_to_string(folder.join("out/predictions.csv")).unwrap();
    let mut lines = written.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| head.iter().position(|column| *column == name).unwrap();
    let (row, predicted) = (place("row"), place("predicted"));
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        found.entry(cells[row].to_string()).or_default().push(cells[predicted].to_string());
    }
    found
}

/// Row `place` of three classes that five columns tell apart, more or less.
fn usual(place: usize, label: usize) -> Vec<String> {
    let value = |column: usize| {
        let noise = (place * place * (2 * column + 3) + place * (31 * column + 7)) % 97;
        noise as f64 / 97.0 + if column % 3 == label { 2.0 } else { 0.0 }
    };
    (0..5).map(|column| value(column).to_string()).collect()
}

const LABELS: [&str; 3] = ["a", "b", "c"];

fn usual_rows() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let side = |place: usize| if place < 36 { "train" } else { "test" };
    (0..48).map(|place| (LABELS[place % 3], side(place), usual(place, place % 3))).collect()
}

/// Every model's row is in the predictions, or its failure is told with the row's name.
#[track_caller]
fn answered_or_told(output: &Output, folder: &Path) -> BTreeMap<String, Vec<String>> {
    let found = predictions(folder);
    let told = text(&output.stderr);
    for entry in MODELS {
        assert!(found.contains_key(entry.name) || told.contains(entry.name), "{}: {told}", entry.name);
    }
    expect(output, i32::from(found.len() < MODELS.len()));
    found
}

#[test]
fn constant_columns_twins_of_other_classes_and_more_columns_than_rows_are_answered_by_every_model() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = usual_rows();
    for (_, _, values) in &mut rows {
        values.push("7".to_string());
    }
    // Twins: rows 30 to 35 say what rows 0 to 5 say, under other labels.
    for twin in 0..6 {
        rows[30 + twin].2 = rows[twin].2.clone();
        rows[30 + twin].0 = LABELS[(twin + 1) % 3];
    }
    let found = answered_or_told(&run(folder.path(), &rows, &all_rows()), folder.path());
    assert_eq!(found.len(), MODELS.len(), "{:?}", found.keys());
    let truth: Vec<&str> = rows[36..].iter().map(|row| row.0).collect();
    for (name, predicted) in found.iter().filter(|(name, _)| name.as_str() != "majority") {
        let right = predicted.iter().zip(&truth).filter(|(predicted, truth)| predicted == truth).count();
        assert!(right >= 8, "{name}: {predicted:?}");
    }
    for (place, (_, _, values)) in rows.iter_mut().enumerate() {
        values.extend((0..60).map(|column| ((place * (column + 5) * 13) % 29).to_string()));
    }
    let found = answered_or_told(&run(folder.path(), &rows, &all_rows()), folder.path());
    assert!(found.len() + 1 >= MODELS.len(), "{:?}", found.keys());
}

#[test]
fn numbers_that_are_none_are_named_by_row_and_column_whatever_the_model() {
    for bad in ["nan", "inf", "-inf", ""] {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = usual_rows();
        rows[4].2[2] = bad.to_string();
        let output = run(folder.path(), &rows, &all_rows());
        expect(&output, 1);
        says(&output, &["'r004'", "column f2"]);
        let told = text(&output.stderr);
        assert!(MODELS.iter().all(|entry| told.contains(&format!("{} (repeat", entry.name))), "{told}");
    }
}

#[test]
fn one_class_alone_is_refused_whatever_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = usual_rows();
    rows.iter_mut().for_each(|row| row.0 = "a");
    let output = run(folder.path(), &rows, &all_rows());
    expect(&output, 1);
    says(&output, &["one class"]);
}

#[test]
fn classes_that_the_training_side_lacks_are_named_before_anything_is_fitted() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = usual_rows();
    rows.iter_mut().filter(|row| row.0 == "c").for_each(|row| row.1 = "test");
    let output = run(folder.path(), &rows, &all_rows());
    expect(&output, 1);
    says(&output, &["no training clip has: c"]);
    rows.iter_mut().filter(|row| row.0 == "b").for_each(|row| row.1 = "test");
    let output = run(folder.path(), &rows, &all_rows());
    expect(&output, 1);
    says(&output, &["one class only, 'a'"]);
}

#[test]
fn parameters_that_cannot_be_are_refused_by_name_before_anything_runs() {
    for (model, key, value) in [
        ("svc", "C", "0"),
        ("svc", "C", "-1"),
        ("linear_svc", "C", "0.0"),
        ("logistic_regression", "C", "-0.5"),
        ("logistic_regression", "C", "[1, 0]"),
        ("random_forest", "n_estimators", "0"),
        ("extra_trees", "n_estimators", "0"),
        ("adaboost", "n_estimators", "0"),
        ("gradient_boosting", "n_estimators", "0"),
        ("gradient_boosting", "gain", "\"gini\""),
        ("catboost", "iterations", "0"),
        ("knn", "n_neighbors", "0"),
        ("svc", "gamma", "nan"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let body = format!("[[row]]\nname = \"row\"\nmodel = \"{model}\"\n{key} = {value}\n");
        let output = run(folder.path(), &usual_rows(), &body);
        expect(&output, 2);
        says(&output, &[model, key]);
        assert!(!folder.path().join("out").exists());
    }
}
