//! `fit` and `predict` through the binary: a song's label, its segments, and every file that is no model or no sound.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{expect, genrebench, says, text, write_corpus, write_experiment, write_tone};

const ROWS: &str = "[[row]]\nname = \"lr\"\nmodel = \"logistic_regression\"\n[[row]]\nname = \"searched\"\nmodel = \"knn\"\n\
                    search = { folds = 2, space = { n_neighbors = [1, 3] } }\n";

struct Scene {
    root: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { root: tempfile::tempdir().unwrap() };
        write_corpus(&scene.path("music"), 3, 6);
        write_experiment(scene.root.path(), "{ kind = \"stratified_kfold\", folds = 2 }", ROWS);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn fit(&self, row: &str, out: &str, more: &[&str]) -> Output {
        let mut command = genrebench();
        command.arg("fit").arg(self.path("experiment.toml")).args(["--row", row, "--quiet", "--data"]);
        command.arg(self.path("music")).arg("--out").arg(self.path(out)).args(more);
        command.arg("--cache").arg(self.path("cache")).output().unwrap()
    }

    fn predict(&self, model: &Path, more: &[&str]) -> Output {
        let mut command = genrebench();
        command.arg("predict").arg(model).arg("--quiet").args(more).output().unwrap()
    }
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_song_gets_its_label_and_broken_files_are_listed_beside_it() {
    let scene = Scene::new();
    expect(&scene.fit("lr", "a.model", &["--threads", "1"]), 0);
    expect(&scene.fit("lr", "b.model", &["--threads", "2"]), 0);
    let [a, b] = ["a.model", "b.model"].map(|name| std::fs::read(scene.path(name)).unwrap());
    assert!(a == b, "the same fit is the same bytes for any number of threads");

    let model = scene.path("a.model");
    let songs = scene.path("songs");
    write_tone(&songs.join("low.wav"), 0.6, 205.0);
    write_tone(&songs.join("high.wav"), 0.6, 605.0);
    std::fs::write(songs.join("broken.mp3"), b"no sound at all").unwrap();
    let csv = scene.path("labels/of.csv");
    let output = scene.predict(&model, &[songs.to_str().unwrap(), "--json", "--csv", csv.to_str().unwrap()]);
    expect(&output, 1);
    let lines = std::fs::read_to_string(&csv).unwrap();
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["file", "seconds", "label", "p(class0)", "p(class1)", "p(class2)"]);
    assert_eq!((lines.len(), lines[1][0], lines[1][2]), (3, "high.wav", "class2"));
    says(&output, &["left out: ", "broken", "1 of 3 files could not be classified"]);
    let found = json(&output);
    let labels: Vec<&str> =
        found["songs"].as_array().unwrap().iter().map(|song| song["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["class2", "class0"], "{found}");
    let left_out = &found["left_out"];
    assert_eq!(left_out.as_array().unwrap().len(), 1, "{found}");
    assert_eq!(left_out[0]["file"], "broken.mp3");
    assert!(!left_out[0]["reason"].as_str().unwrap().is_empty());
    let parts = found["songs"][0]["probabilities"].as_array().unwrap();
    assert!((parts.iter().map(|part| part.as_f64().unwrap()).sum::<f64>() - 1.0).abs() < 1e-9);

    // A song that begins as one class and ends as another is told apart over time.
    std::fs::remove_file(songs.join("broken.mp3")).unwrap();
    let both = [("low.wav", 205.0), ("high.wav", 605.0)].map(|(name, tone)| {
        write_tone(&songs.join(name), 1.8, tone);
        std::fs::read(songs.join(name)).unwrap()[44..].to_vec()
    });
    crate::support::write_wav_bytes(&scene.path("both.wav"), 22_050, 1, 1, 16, &both.concat());
    let both = scene.path("both.wav");
    let output = scene.predict(&model, &[both.to_str().unwrap(), "--segments", "0.6", "--json"]);
    expect(&output, 0);
    let found = json(&output);
    let classes: Vec<u64> = found["songs"][0]["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|segment| segment["class"].as_u64().unwrap())
        .collect();
    assert_eq!(classes, [0, 0, 0, 2, 2, 2]);
    assert_eq!(found["songs"][0]["votes"], serde_json::json!([3, 0, 3]));
    let shown = scene.predict(&model, &[both.to_str().unwrap(), "--segments", "0.6"]);
    assert!(text(&shown.stdout).contains("class0  "), "{}", text(&shown.stdout));
}

#[test]
fn what_is_no_whole_model_is_refused_with_the_reason() {
    let scene = Scene::new();
    let output = scene.fit("searched", "m", &["--json"]);
    expect(&output, 0);
    let header = json(&output);
    assert_eq!(header["learned_from"]["clips"], 18);
    assert!(header["notes"][0].as_str().unwrap().contains("won of 2 trials"), "{header}");
    let bytes = std::fs::read(scene.path("m")).unwrap();
    let song = scene.path("music/class0/clip0.wav");
    let refused = |bytes: &[u8], words: &[&str]| {
        std::fs::write(scene.path("spoiled"), bytes).unwrap();
        let output = scene.predict(&scene.path("spoiled"), &[song.to_str().unwrap()]);
        expect(&output, 1);
        says(&output, words);
    };
    refused(&bytes[..bytes.len() / 2], &["spoiled", "checksum does not hold"]);
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 4;
    refused(&flipped, &["checksum does not hold", "fit it again"]);
    refused(&[b"genrebench model 9", &bytes[18..]].concat(), &["its format is 9"]);
    refused(&std::fs::read(&song).unwrap(), &["no model that `genrebench fit` wrote"]);
    refused(b"", &["no model"]);
    expect(&scene.predict(&scene.path("nowhere"), &[song.to_str().unwrap()]), 1);
    let output = scene.fit("rl", "n", &[]);
    expect(&output, 2);
    says(&output, &["rl", "lr"]);
    expect(&scene.predict(&scene.path("m"), &[song.to_str().unwrap(), "--segments", "0"]), 2);
}
