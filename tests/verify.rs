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

    /// Changes the record, verifies, and puts it back.
    #[track_caller]
    fn with_record(&self, change: impl Fn(&mut serde_json::Value), words: &[&str]) {
        let path = self.path("run/run.json");
        let whole = std::fs::read(&path).unwrap();
        let mut record: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        change(&mut record);
        std::fs::write(&path, record.to_string()).unwrap();
        let output = self.verify(&["--all"]);
        std::fs::write(&path, whole).unwrap();
        expect(&output, 1);
        let found = text(&output.stdout);
        words.iter().for_each(|word| assert!(found.contains(word), "no {word:?} in:\n{found}"));
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

/// The lines of a version that was tried in between are the last ones, and no cell of the record misses them.
#[test]
fn a_ledger_whose_end_was_cut_off_is_missed() {
    let scene = Scene::new();
    run(&scene, &TWO_ROWS.replacen("n_neighbors = 1", "n_neighbors = 3", 1), "run", &[]);
    run(&scene, TWO_ROWS, "run", &[]);
    expect(&scene.verify(&[]), 0);
    let path = scene.path("run/ledger.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let first: String = whole.split_inclusive('\n').take(4).collect();
    assert!(first.len() < whole.len());
    std::fs::write(&path, first).unwrap();
    let output = scene.verify(&[]);
    expect(&output, 1);
    let found = text(&output.stdout);
    for words in ["ledger    DOES NOT HOLD", "the run counted 6 looks at 6 cells under 2 configurations"] {
        assert!(found.contains(words), "no {words:?} in:\n{found}");
    }
}

#[test]
fn a_record_that_its_text_does_not_give_is_found_whatever_its_seal_says() {
    let scene = Scene::new();
    let published =
        "published = { f1_macro = \"50.0\" }\nreference = { name = \"peer 1.0\", f1_macro = \"0.4\" }\n";
    run(
        &scene,
        &TWO_ROWS.replacen("[[row]]\nname = \"two\"", &format!("{published}[[row]]\nname = \"two\""), 1),
        "run",
        &[],
    );
    expect(&scene.verify(&["--all"]), 0);
    let seal = scene.path("run/checksums.json");
    std::fs::write(&seal, "{}").unwrap();
    let output = scene.verify(&[]);
    expect(&output, 1);
    let found = text(&output.stdout);
    assert!(found.contains("not in checksums.json: cells/"), "{found}");
    assert!(found.contains("config    holds") && found.contains("more; they came after the run"), "{found}");
    let config = "config    DOES NOT HOLD";
    scene.with_record(
        |run| run["rows"][0]["published"]["f1_macro"] = "70.0".into(),
        &[config, "row \"one\": published.f1_macro is \"70.0\", the experiment's text gives \"50.0\""],
    );
    scene.with_record(
        |run| run["rows"][0]["reference"]["figures"]["f1_macro"] = "0.1".into(),
        &[config, "reference.figures.f1_macro is \"0.1\", the experiment's text gives \"0.4\""],
    );
    scene.with_record(
        |run| run["rows"][1]["parameters"]["n_neighbors"] = 3.into(),
        &[config, "row \"two\": parameters.n_neighbors is 3, the experiment's text gives 1"],
    );
    scene.with_record(
        |run| run["rows"][1]["note"] = "better than it is".into(),
        &[config, "row \"two\": note is \"better than it is\", the experiment's text gives nothing"],
    );
    scene.with_record(
        |run| run["rows"][1]["search"] = serde_json::json!({ "folds": 3 }),
        &[config, "search is"],
    );
    scene.with_record(|run| run["experiment"]["title"] = "best".into(), &[config, "title is \"best\""]);
    let inputs = "inputs    DOES NOT HOLD";
    scene.with_record(
        |run| run["dataset"]["synthetic"] = true.into(),
        &[inputs, "dataset.synthetic in run.json is true, here false"],
    );
    scene.with_record(
        |run| run["dataset"]["clips_found"] = 2000.into(),
        &[inputs, "dataset.clips_found in run.json is 2000, here 12"],
    );
    // Two folds that change places.
    let swapped = |run: &mut serde_json::Value| {
        let cells = &mut run["rows"][1]["cells"];
        let first = cells[0]["id"].take();
        cells[0]["id"] = cells[1]["id"].take();
        cells[1]["id"] = first;
    };
    scene.with_record(swapped, &["two: its cells in run.json are not named as"]);
}

/// By its group a clip is redrawn for every interval.
#[test]
fn a_clip_that_is_listed_otherwise_is_found() {
    let scene = Scene::new();
    let path = scene.path("run/clips.json");
    let whole = std::fs::read(&path).unwrap();
    for key in ["label", "group", "fold"] {
        let mut clips: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        clips[0][key] = "another".into();
        std::fs::write(&path, clips.to_string()).unwrap();
        let output = scene.verify(&[]);
        expect(&output, 1);
        let found = text(&output.stdout);
        assert!(found.contains(&format!("its {key} is ")) && found.contains(", was another"), "{found}");
    }
}

/// Whoever let a clip stand on both sides has to tell.
#[test]
fn a_fault_that_was_allowed_stays_told() {
    let scene = Scene::new();
    let first = scene.first_file("music");
    for copy in ["copy1.wav", "copy2.wav", "copy3.wav"] {
        std::fs::copy(&first, first.with_file_name(copy)).unwrap();
    }
    std::fs::remove_dir_all(scene.path("run")).unwrap();
    run(&scene, TWO_ROWS, "run", &["--allow", "exact-duplicate"]);
    expect(&scene.verify(&[]), 0);
    scene.with_record(
        |run| run["dataset"]["notes"] = serde_json::json!([]),
        &["inputs    DOES NOT HOLD", "run.json does not tell: ALLOWED"],
    );
}

#[test]
fn a_record_copied_over_another_is_not_taken_for_it() {
    let scene = Scene::new();
    let cells = std::fs::read_dir(scene.path("run/cells")).unwrap();
    let mut cells: Vec<PathBuf> = cells.map(|entry| entry.unwrap().path()).collect();
    cells.sort();
    let (first, second) = (std::fs::read(&cells[0]).unwrap(), std::fs::read(&cells[1]).unwrap());
    assert_ne!(first, second);
    std::fs::write(&cells[1], first).unwrap();
    let output = scene.verify(&[]);
    expect(&output, 1);
    assert!(text(&output.stdout).contains("no sound record of"), "{}", text(&output.stdout));
    run(&scene, TWO_ROWS, "run", &[]);
    let record = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let again = std::fs::read(&cells[1]).unwrap();
    assert_eq!(record(&again)["outcome"], record(&second)["outcome"]);
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
    let drawn = || {
        let names = std::fs::read_dir(scene.path("run/plots")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let of_overview = |name: &String| name.starts_with("map-") || name.starts_with("feature-moments-");
        names.filter(of_overview).count()
    };
    assert_eq!(drawn(), 4, "a map and the moments, each as SVG and PNG");
    let path = scene.path("run/overview.json");
    let mut overview: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    overview[0]["mean"] = serde_json::json!([]);
    std::fs::write(&path, overview.to_string()).unwrap();
    let output = genrebench().arg("report").arg(scene.path("run")).output().unwrap();
    expect(&output, 0);
    assert_eq!(drawn(), 0);
    let page = std::fs::read_to_string(scene.path("run/report.html")).unwrap();
    assert!(!page.contains("plot-map-") && !page.contains("plot-feature-moments-"));
}

/// A stranger's record names files; what it names elsewhere is neither opened nor written.
#[test]
fn a_record_leads_to_no_file_but_its_own() {
    let scene = Scene::new();
    // Opened, it would never end.
    let seal = scene.path("run/checksums.json");
    std::fs::write(&seal, r#"{ "/dev/zero": "00", "../music/a.wav": "00" }"#).unwrap();
    let output = scene.verify(&[]);
    expect(&output, 1);
    let found = text(&output.stdout);
    assert!(found.contains("\"/dev/zero\" in checksums.json is no file of a run"), "{found}");
    let record = scene.path("run/run.json");
    let whole: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value), words: &str| {
        let mut changed = whole.clone();
        change(&mut changed);
        std::fs::write(&record, changed.to_string()).unwrap();
        let mut report = genrebench();
        let output = report.arg("report").arg(scene.path("run")).output().unwrap();
        expect(&output, 1);
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    };
    let site = scene.path("site").display().to_string();
    for name in [site.as_str(), "..", "a/../../b", ""] {
        refused(&|run| run["experiment"]["name"] = name.into(), "cannot be the name of an experiment");
    }
    refused(&|run| run["rows"][0]["cells"][0]["id"] = "../../clips".into(), "cannot be the name of a cell");
    let twice = |run: &mut serde_json::Value| {
        let first = run["rows"][0]["cells"][0].clone();
        run["rows"][0]["cells"].as_array_mut().unwrap().push(first);
    };
    refused(&twice, "has repeat 0, fold 0 twice");
}
