//! What `genrebench report` leaves: every format, the mark of a run that is no reproduction, two runs held against
//! each other, pictures of a clip.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{expect, genrebench, says, text, write_tone};

fn run(folder: &Path, name: &str, neighbours: usize) -> PathBuf {
    let experiment = folder.join(format!("{name}.toml"));
    fs::write(
        &experiment,
        format!(
            "title = \"50 % of a_b & more\"\ndataset = {{ name = \"synth\", clips_per_genre = 5, seconds = 2 }}\n\
             features = {{ list = [\"mfcc\"], statistics = [\"mean\"] }}\nprepare = [\"standardize\"]\n\
             split = {{ kind = \"stratified_kfold\", folds = 2 }}\n\
             [[row]]\nname = \"same\"\nmodel = \"gaussian_nb\"\npublished = {{ f1_macro = \"50.0\" }}\n\
             [[row]]\nname = \"other\"\nmodel = \"knn\"\nn_neighbors = {neighbours}\n"
        ),
    )
    .unwrap();
    let out = folder.join(name);
    let output = genrebench().arg("run").arg(experiment).arg("--out").arg(&out).arg("-q").output().unwrap();
    expect(&output, 0);
    out
}

#[test]
fn every_format_is_written_and_a_stand_in_is_marked_in_each() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), "a", 1);
    let files =
        ["report.html", "table.md", "table.tex", "table.csv", "table.json", "table.txt", "comparison.svg"];
    let read = |folder: &Path, name: &str| fs::read_to_string(folder.join(name)).unwrap();
    for file in files {
        let content = read(&out, file);
        assert!(
            content.contains("same") && content.to_lowercase().contains("synthetic"),
            "{file}:\n{content}"
        );
        assert!(!content.contains("NO REPRODUCTION"), "{file}");
    }
    let tex = read(&out, "table.tex");
    assert!(tex.contains("\\toprule") && tex.contains("50 \\% of a\\_b \\& more"), "{tex}");
    assert!(read(&out, "table.csv").lines().all(|line| line.split(',').count() == 23));
    assert!(fs::read(out.join("plots/comparison.png")).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));

    let record = out.join("run.json");
    let mut run: serde_json::Value = serde_json::from_str(&read(&out, "run.json")).unwrap();
    run["experiment"]["watermarks"] = serde_json::json!(["NO REPRODUCTION: invented music."]);
    fs::write(record, run.to_string()).unwrap();
    let marked = folder.path().join("marked");
    let output = genrebench().arg("report").arg(&out).arg("--out").arg(&marked).output().unwrap();
    expect(&output, 0);
    assert!(text(&output.stdout).contains("NO REPRODUCTION") && !text(&output.stdout).contains("better"));
    for file in files.iter().copied().chain(["plots/f1-by-class.svg", "plots/map-01.svg"]) {
        assert!(read(&marked, file).contains("NO REPRODUCTION"), "{file}");
    }

    let only = folder.path().join("only");
    let output =
        genrebench().arg("report").arg(&out).arg("--out").arg(&only).args(["--format", "tex,csv"]).output();
    expect(&output.unwrap(), 0);
    assert!(
        only.join("table.tex").exists() && !only.join("report.html").exists() && !only.join("plots").exists()
    );
}

#[test]
fn two_runs_are_held_against_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (run(folder.path(), "a", 1), run(folder.path(), "b", 4));
    let compare = |more: &[&str]| {
        genrebench().args(["report", "--compare"]).arg(&a).arg(&b).args(more).output().unwrap()
    };
    let output = compare(&[]);
    expect(&output, 0);
    let said = text(&output.stdout);
    let line = |name: &str| said.lines().find(|line| line.starts_with(name)).unwrap().to_string();
    assert!(line("same").contains("identical") && !line("other").contains("identical"), "{said}");
    assert!(said.contains("other: n_neighbors 1 → 4") && said.contains("experiment file differs"), "{said}");
    let value: serde_json::Value = serde_json::from_slice(&compare(&["--json"]).stdout).unwrap();
    let (row, none) = (&value["rows"][1], serde_json::json!(null));
    let difference = row["score_b"].as_f64().unwrap() - row["score_a"].as_f64().unwrap();
    assert!(
        (row["pair"]["difference"].as_f64().unwrap() - difference).abs() < 1e-12 && row["paired"] == true
    );
    assert!(row["pair"]["mcnemar"] != none && row["pair"]["t_test"] != none, "{row}");
}

#[test]
fn a_clip_is_drawn_and_wrong_orders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("tone.wav");
    write_tone(&clip, 2.0, 440.0);
    let show = |more: &[&str]| {
        genrebench().arg("show").arg(&clip).args(more).current_dir(folder.path()).output().unwrap()
    };
    let output = show(&["--json"]);
    expect(&output, 0);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["pictures"].as_array().unwrap().len(), 8);
    assert!(folder.path().join("pictures/tone/spectrogram.png").exists());
    let output = show(&["--seconds", "-1"]);
    expect(&output, 2);
    says(&output, &["--seconds is -1", "above 0"]);

    let report = |arguments: &[&str]| {
        genrebench().arg("report").args(arguments).current_dir(folder.path()).output().unwrap()
    };
    for (arguments, code, parts) in [
        (&["nowhere"][..], 1, &["nowhere", "run.json"][..]),
        (&["a", "--format", "htlm"], 2, &["htlm", "did you mean `html`"]),
        (&["a", "--compare"], 2, &["two runs", "not 1"]),
        (&["a", "--region", "-2"], 2, &["--region is -2"]),
    ] {
        let output = report(arguments);
        expect(&output, code);
        says(&output, parts);
    }
}
