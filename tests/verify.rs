//! `verify` finds a flipped bit wherever it is: in predictions, scores, cells, configuration, cache and sound.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{TWO_ROWS, expect, genrebench, text, write_corpus, write_experiment};

struct Scene {
    root: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { root: tempfile::tempdir().unwrap() };
        write_corpus(&scene.path("music"), 2, 6);
        let split = "{ kind = \"stratified_kfold\", folds = 2 }";
        let experiment = write_experiment(scene.root.path(), split, TWO_ROWS);
        let mut command = genrebench();
        command.arg("run").arg(experiment).args(["--quiet", "--data"]).arg(scene.path("music"));
        command.arg("--out").arg(scene.path("run")).arg("--cache").arg(scene.path("cache"));
        expect(&command.output().unwrap(), 0);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn verify(&self, more: &[&str]) -> Output {
        let mut command = genrebench();
        command.arg("verify").arg(self.path("run")).arg("--cache").arg(self.path("cache"));
        command.args(["--quiet", "--seed", "1"]).args(more).output().unwrap()
    }

    /// Changes one bit near the end of a file, verifies, and puts the file back.
    #[track_caller]
    fn flip(&self, file: &Path, more: &[&str], words: &[&str]) {
        let whole = std::fs::read(file).unwrap();
        let mut spoiled = whole.clone();
        let place = spoiled.len() - 3;
        spoiled[place] ^= 1;
        std::fs::write(file, spoiled).unwrap();
        let output = self.verify(more);
        expect(&output, 1);
        let found = text(&output.stdout);
        words.iter().for_each(|word| assert!(found.contains(word), "no {word:?} in:\n{found}"));
        std::fs::write(file, whole).unwrap();
    }

    fn first_file(&self, folder: &str) -> PathBuf {
        let mut folder = self.path(folder);
        loop {
            let mut entries: Vec<PathBuf> =
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            entries.sort();
            folder = entries.into_iter().next().unwrap();
            if folder.is_file() {
                return folder;
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    let scene = Scene::new();
    expect(&scene.verify(&["--all"]), 0);
    scene.flip(
        &scene.path("run/predictions.csv"),
        &[],
        &["predictions.csv does not follow from the cells", "results   DOES NOT HOLD"],
    );
    scene.flip(&scene.path("run/scores.csv"), &[], &["scores.csv does not follow from the cells"]);
    scene.flip(&scene.first_file("run/cells"), &[], &["files     DOES NOT HOLD"]);
    scene.flip(
        &scene.path("music/class0/clip3.wav"),
        &[],
        &["clip class0/clip3", "is another file now", "features  DOES NOT HOLD"],
    );
    scene.flip(&scene.first_file("cache"), &[], &["did not hold its checksum", "cache     DOES NOT HOLD"]);
    scene.flip(&scene.path("run/ledger.jsonl"), &[], &["ledger    DOES NOT HOLD"]);
    // The spoiled entry was replaced by a sound one.
    expect(&scene.verify(&[]), 0);
}

#[test]
fn a_changed_configuration_or_outcome_is_found() {
    let scene = Scene::new();
    let edit = |file: &str, from: &str, to: &str| {
        let path = scene.path(file);
        let whole = std::fs::read_to_string(&path).unwrap();
        assert!(whole.contains(from), "{whole}");
        std::fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        let output = scene.verify(&["--all"]);
        std::fs::write(&path, whole).unwrap();
        expect(&output, 1);
        text(&output.stdout)
    };
    let found = edit("run/run.json", "title = \\\"test\\\"", "title = \\\"best\\\"");
    assert!(found.contains("not the one that was hashed"), "{found}");
    // A cell whose prediction was changed is computed again and differs, whatever its seal says.
    let cell = scene.first_file("run/cells");
    let name = format!("run/cells/{}", cell.file_name().unwrap().to_string_lossy());
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(&cell).unwrap()).unwrap();
    let predicted = record["outcome"]["predicted"]["predicted"][0].as_u64().unwrap();
    let list = |first: u64| format!("\"predicted\": [\n        {first},");
    let found = edit(&name, &list(predicted), &list(1 - predicted));
    assert!(found.contains("gives other labels for 1 clips"), "{found}");
}

/// A second configuration in the same folder is a second look, told by the run and in its ledger.
#[test]
fn every_look_at_the_test_side_is_counted() {
    let scene = Scene::new();
    let again = |from: &str, to: &str| {
        let path = scene.path("experiment.toml");
        let text = std::fs::read_to_string(&path).unwrap().replacen(from, to, 1);
        std::fs::write(&path, text).unwrap();
        let mut command = genrebench();
        command.arg("run").arg(path).args(["--quiet", "--data"]).arg(scene.path("music"));
        command.arg("--out").arg(scene.path("run")).arg("--cache").arg(scene.path("cache"));
        expect(&command.output().unwrap(), 0);
        let record = std::fs::read(scene.path("run/run.json")).unwrap();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        let looks = &record["looks"];
        ["looks", "configurations", "cells"].map(|name| looks[name].as_u64().unwrap())
    };
    assert_eq!(again("title", "title"), [4, 1, 4], "what is known is not looked at again");
    assert_eq!(again("n_neighbors = 1", "n_neighbors = 3"), [6, 2, 6]);
    expect(&scene.verify(&["--all"]), 0);
}

#[test]
fn a_run_without_its_data_says_what_to_do() {
    let scene = Scene::new();
    std::fs::rename(scene.path("music"), scene.path("moved")).unwrap();
    let output = scene.verify(&[]);
    expect(&output, 1);
    assert!(text(&output.stdout).contains("say where it lies with --data"), "{}", text(&output.stdout));
    let moved = scene.path("moved");
    expect(&scene.verify(&["--data", moved.to_str().unwrap()]), 0);
    std::fs::remove_file(scene.first_file("run/cells")).unwrap();
    let output = scene.verify(&["--data", moved.to_str().unwrap(), "--json"]);
    expect(&output, 1);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["holds"], false);
}

fn run(scene: &Scene, rows: &str, out: &str, more: &[&str]) {
    let split = "{ kind = \"stratified_kfold\", folds = 2 }";
    let experiment = write_experiment(scene.root.path(), split, rows);
    let mut command = genrebench();
    command.arg("run").arg(experiment).args(["--quiet", "--data"]).arg(scene.path("music")).args(more);
    command.arg("--out").arg(scene.path(out)).arg("--cache").arg(scene.path("cache"));
    expect(&command.output().unwrap(), 0);
}

#[test]
fn a_row_that_nobody_asked_for_is_no_fault() {
    let scene = Scene::new();
    std::fs::remove_dir_all(scene.path("run")).unwrap();
    run(&scene, TWO_ROWS, "run", &["--only", "one"]);
    let output = scene.verify(&["--all"]);
    expect(&output, 0);
    assert!(text(&output.stdout).contains("not asked for and not run: two"), "{}", text(&output.stdout));
    std::fs::remove_file(scene.first_file("run/cells")).unwrap();
    expect(&scene.verify(&[]), 1);
}

#[test]
fn nothing_of_an_earlier_version_passes_as_this_ones() {
    let scene = Scene::new();
    run(&scene, &TWO_ROWS.replacen("model", "explain = true\nmodel", 1), "run", &[]);
    let pictures = |out: &str| {
        let names = std::fs::read_dir(scene.path(out).join("plots")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("importance")).count()
    };
    assert!(scene.path("run/importances.csv").exists() && pictures("run") > 0);
    run(&scene, TWO_ROWS, "run", &[]);
    assert!(!scene.path("run/importances.csv").exists());
    assert_eq!(pictures("run"), 0);
    expect(&scene.verify(&[]), 0);
    std::fs::write(scene.path("run/importances.csv"), "row\n").unwrap();
    let output = scene.verify(&[]);
    expect(&output, 1);
    assert!(text(&output.stdout).contains("importances.csv does not follow from the cells"));
}

#[test]
fn an_overview_changed_by_hand_is_left_out() {
    let scene = Scene::new();
    let path = scene.path("run/overview.json");
    let mut overview: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    overview[0]["mean"] = serde_json::json!([]);
    std::fs::write(&path, overview.to_string()).unwrap();
    let output = genrebench().arg("report").arg(scene.path("run")).output().unwrap();
    expect(&output, 0);
}
