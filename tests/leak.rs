//! The leak meter finds a leak that is there, and none where there is none.

use std::fs;

use crate::support::{expect, genrebench, says, text, write_corpus, write_experiment, write_tone};

fn measure(folder: &std::path::Path, more: &[&str]) -> serde_json::Value {
    let experiment = folder.join("leaky.toml");
    let content = "title = \"leaky\"\ndataset = { name = \"synth\", clips_per_genre = 10, seconds = 2 }\n\
                   features = { list = [\"mfcc\"], statistics = [\"mean\", \"std\"] }\nprepare = [\"standardize\"]\n\
                   split = { kind = \"group_kfold\", folds = 5 }\n\
                   [[row]]\nname = \"neighbour\"\nmodel = \"knn\"\nn_neighbors = 1\n\
                   [[row]]\nname = \"majority\"\nmodel = \"majority\"\n";
    fs::write(&experiment, content).unwrap();
    let mut command = genrebench();
    command.arg("leak").arg(experiment).arg("--out").arg(folder.join("leak")).arg("--no-cache");
    let output = command.args(["--json", "--quiet"]).args(more).output().unwrap();
    expect(&output, 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_nearest_neighbour_gains_by_pieces_of_its_own_song_and_a_constant_gains_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let found = measure(folder.path(), &["--segment", "0.4"]);
    assert_eq!(found["segments"], 400);
    let accuracy = |row: usize, view: usize| found["rows"][row]["views"][view]["scores"]["accuracy"].clone();
    assert_eq!(found["rows"][0]["views"][2]["view"], "artists or sources apart");
    let random = accuracy(0, 0);
    assert!(random["inflation_points"].as_f64().unwrap() > 5.0, "{random}");
    assert!(random["inflation_interval"][0].as_f64().unwrap() > 0.0, "{random}");
    assert!(accuracy(0, 2)["inflation_points"].is_null());
    for view in 0..2 {
        let constant = accuracy(1, view)["inflation_points"].as_f64().unwrap();
        assert!(constant.abs() < 5.0, "a constant answer gained {constant} points");
    }
    let files = ["leak.md", "leak.csv", "leak.json", "leak.svg", "leak.png"];
    files.iter().for_each(|file| assert!(folder.path().join("leak").join(file).exists(), "{file}"));
    // Its cells are kept: the same command answers the same, and at once.
    assert_eq!(measure(folder.path(), &["--segment", "0.4"]), found);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let mut command = genrebench();
    let output = command.args(["leak", "demo", "--segment", "long"]).output().unwrap();
    expect(&output, 2);
    says(&output, &["not a number of seconds"]);
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("t.csv");
    fs::write(&table, "clip_id,label,a\n1,x,1\n2,x,2\n3,y,3\n4,y,4\n").unwrap();
    let experiment = folder.path().join("t.toml");
    let content = format!(
        "title = \"t\"\ndataset = {{ name = \"table\", path = {:?} }}\nsplit = {{ kind = \"stratified_kfold\", folds = 2 }}\n\
         [[row]]\nname = \"m\"\nmodel = \"majority\"\n",
        table.display().to_string()
    );
    fs::write(&experiment, content).unwrap();
    let output =
        genrebench().arg("leak").arg(&experiment).arg("--out").arg(folder.path().join("o")).output().unwrap();
    expect(&output, 2);
    says(&output, &["the leak meter", "numbers"]);
    assert!(text(&output.stdout).is_empty());
}

#[test]
fn a_row_without_its_weights_fails_alone_and_clips_left_out_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 6);
    fs::write(root.join("music/class0/broken.wav"), b"RIFF").unwrap();
    // The first clip says nothing of the others' length.
    write_tone(&root.join("music/class0/a.wav"), 0.1, 300.0);
    let rows = "[[row]]\nname = \"neighbour\"\nmodel = \"knn\"\nn_neighbors = 1\n\
                [[row]]\nname = \"without\"\nmodel = \"knn\"\nfeatures = { embedding = \"vggish\" }\n";
    let experiment = write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", rows);
    let mut command = genrebench();
    command
        .arg("leak")
        .arg(experiment)
        .arg("--data")
        .arg(root.join("music"))
        .arg("--out")
        .arg(root.join("leak"));
    command
        .args(["--no-cache", "--json", "--quiet", "--folds", "2"])
        .env("GENREBENCH_WEIGHTS", root.join("none"));
    let output = command.output().unwrap();
    expect(&output, 1);
    says(&output, &["not every view could be scored for: without"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["segment_seconds"], 0.12);
    let unusable = found["unusable"].as_array().unwrap();
    assert!(unusable.iter().any(|clip| clip[0] == "class0/broken.wav"), "{found}");
    assert!(found["rows"][0]["views"][1]["scores"]["accuracy"]["score"].as_f64().unwrap() > 0.0);
    assert!(found["rows"][1]["views"][0]["failed"].as_str().unwrap().contains("vggish"), "{found}");
}
