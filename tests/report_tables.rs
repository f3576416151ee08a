//! What the tables of a report are made from: a record whose cells are of other classes, ranks over several data sets.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::report_files::run;
use crate::support::{expect, genrebench};

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn cells_in(folder: &Path) -> Vec<PathBuf> {
    let mut cells: Vec<PathBuf> =
        fs::read_dir(folder.join("cells")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cells.sort();
    cells
}

/// The same figures in another folder, as if they were of another data set.
fn copied(from: &Path, to: &str, data_set: &str) -> PathBuf {
    let to = from.with_file_name(to);
    fs::create_dir_all(to.join("cells")).unwrap();
    for cell in cells_in(from) {
        fs::copy(&cell, to.join("cells").join(cell.file_name().unwrap())).unwrap();
    }
    fs::copy(from.join("clips.json"), to.join("clips.json")).unwrap();
    let mut record = read_json(&from.join("run.json"));
    record["dataset"]["name"] = data_set.into();
    fs::write(to.join("run.json"), record.to_string()).unwrap();
    to
}

/// Of a loss less is better; one data set says nothing, however often it is told.
#[test]
fn rows_are_ranked_over_data_sets_by_what_is_better() {
    let folder = tempfile::tempdir().unwrap();
    let a = run(folder.path(), "a", 1);
    let (b, c) = (copied(&a, "b", "second"), copied(&a, "c", "third"));
    let together = folder.path().join("together");
    let report = |runs: &[&Path]| -> Value {
        let mut command = genrebench();
        command
            .arg("report")
            .args(runs)
            .args(["--metric", "log_loss", "--format", "json", "--out"])
            .arg(&together);
        expect(&command.output().unwrap(), 0);
        read_json(&together.join("table.json"))
    };
    let table = report(&[&a, &b, &c]);
    let loss = |row: usize| {
        let scores = table["comparisons"][0]["rows"][row]["scores"].as_array().unwrap();
        let found = scores.iter().find(|score| score["metric"] == "log_loss").unwrap();
        found["mean"].as_f64().unwrap()
    };
    let (same, other) = (loss(0), loss(1));
    assert_ne!(same, other);
    let known = if same < other { [1.0, 2.0] } else { [2.0, 1.0] };
    assert_eq!(table["ranks"]["rows"], json!(["same", "other"]));
    assert_eq!(table["ranks"]["ranks"]["mean_ranks"], json!(known), "{same} {other}");
    for (runs, said) in
        [(&[&a, &a, &a][..], "here are 3 runs of 1"), (&[&a, &b, &c, &a], "here are 4 runs of 3")]
    {
        let runs: Vec<&Path> = runs.iter().map(|run| run.as_path()).collect();
        let none = report(&runs)["ranks"]["none"].clone();
        assert!(none.as_str().is_some_and(|none| none.contains(said)), "{none}");
    }
}

/// The cell is as good as missing, whatever its numbers are.
#[test]
fn a_cell_of_other_classes_than_its_run_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), "a", 1);
    let of_other = |cell: &PathBuf| read_json(cell)["key"]["row"] == "other";
    let cell = cells_in(&out).into_iter().find(of_other).unwrap();
    let mut record = read_json(&cell);
    let predictions = &mut record["outcome"]["predicted"];
    predictions["classes"].as_array_mut().unwrap().pop();
    let left = predictions["classes"].as_array().unwrap().len() as u64;
    let lost = predictions["truth"].as_array().unwrap().len();
    for side in ["truth", "predicted"] {
        for class in predictions[side].as_array_mut().unwrap() {
            *class = (class.as_u64().unwrap() % left).into();
        }
    }
    predictions.as_object_mut().unwrap().remove("probabilities");
    fs::write(&cell, record.to_string()).unwrap();
    expect(&genrebench().arg("report").arg(&out).output().unwrap(), 0);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert!(
        read("table.md").contains("other: 1 of 2 cells are missing or unreadable"),
        "{}",
        read("table.md")
    );
    // Forty clips, but for those of the fold.
    let counted = |row: &str, file: &str, column: usize| -> usize {
        let table = read(file);
        let lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        lines.filter(|cells| cells[1] == row).map(|cells| cells[column].parse::<usize>().unwrap()).sum()
    };
    for (row, clips) in [("same", 40), ("other", 40 - lost)] {
        assert_eq!(
            (counted(row, "by_class.csv", 3), counted(row, "confusion.csv", 4)),
            (clips, clips),
            "{row}"
        );
    }
    // A row that lacks cells is held against none.
    assert_eq!(read("pairs.csv").lines().count(), 1, "{}", read("pairs.csv"));
}
