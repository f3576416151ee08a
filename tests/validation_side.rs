//! A data set's validation side through the binary: what becomes of it is said, and what is only watched is not learned
//! from.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{expect, genrebench, says};

const NET: &str =
    "[[row]]\nname = \"net\"\nmodel = \"mlp\"\nhidden = [4]\ntrain = { epochs = 2, batch = 8 }\n";
const SEARCHED: &str = "[[row]]\nname = \"searched\"\nmodel = \"knn\"\nprepare = [\"standardize\"]\n\
                        search = { folds = \"validation\", space = { n_neighbors = [1, 3] } }\n";

/// Three genres of twelve clips, of which four artists are learned from, one validates and one is tested.
fn run(root: &Path, split: &str, rows: &str, out: &str) -> Output {
    let text = format!(
        "title = \"sides\"\nfeatures = {{ list = [\"mfcc\"], statistics = [\"mean\"] }}\nsplit = {split}\n\
         dataset = {{ name = \"synth\", genres = 3, clips_per_genre = 12, artists_per_genre = 6, seconds = 1, \
         official = \"sides\" }}\n{rows}"
    );
    let path = root.join("sides.toml");
    fs::write(&path, text).unwrap();
    let mut command = genrebench();
    command.arg("run").arg(&path).arg("--out").arg(root.join(out)).args(["--quiet", "--threads", "2"]);
    command.output().unwrap()
}

#[test]
fn it_is_learned_from_or_only_watched_and_the_record_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let rows = format!("[[row]]\nname = \"kNN\"\nmodel = \"knn\"\n{NET}{SEARCHED}");
    let mut answers = Vec::new();
    for (validation, words, note, learned) in [
        (
            "train",
            "the data set's official folds",
            "6 clips of the validation side learned from; what watches",
            30,
        ),
        (
            "watch",
            "the validation side is only watched by networks",
            "6 clips of the validation side: only watched by networks",
            24,
        ),
    ] {
        let split = format!("{{ kind = \"official\", validation = \"{validation}\" }}");
        expect(&run(root, &split, &rows, validation), 0);
        let out = root.join(validation);
        let record: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
        assert!(record["experiment"]["split"].as_str().unwrap().contains(words), "{}", record["experiment"]);
        let notes = record["dataset"]["notes"].as_array().unwrap();
        let told = notes.iter().filter_map(|told| told.as_str()).any(|told| told.starts_with(note));
        assert!(told, "{notes:?}");
        for cell in fs::read_dir(out.join("cells")).unwrap() {
            let cell = fs::read_to_string(cell.unwrap().path()).unwrap();
            let cell: serde_json::Value = serde_json::from_str(&cell).unwrap();
            assert_eq!(cell["times"]["train_rows"], learned, "{}", cell["key"]);
        }
        let trials = fs::read_to_string(out.join("trials.csv")).unwrap();
        assert_eq!(trials.lines().count(), 3, "{trials}");
        let mut verify = genrebench();
        expect(&verify.arg("verify").arg(&out).args(["--all", "--quiet"]).output().unwrap(), 0);
        let predictions = fs::read_to_string(out.join("predictions.csv")).unwrap();
        let of_net: Vec<String> =
            predictions.lines().filter(|line| line.starts_with("net,")).map(str::to_string).collect();
        answers.push((of_net, trials));
    }
    // A network learns from the same clips and watches the same, and a trial is of the same clips.
    assert_eq!(answers[0].0.len(), 6);
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_search_by_it_needs_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for split in ["{ kind = \"stratified\", test = 0.3 }", "{ kind = \"official\", validation = \"drop\" }"] {
        let output = run(root, split, SEARCHED, "refused");
        expect(&output, 2);
        says(&output, &["row `searched`: search: folds = \"validation\"", "the split has none"]);
    }
    let output = run(root, "{ kind = \"official\", validation = \"wach\" }", NET, "refused");
    expect(&output, 2);
    says(&output, &["wach"]);
}
