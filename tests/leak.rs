//! The leak meter finds a leak that is there, and none where there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use genrebench::audio::wav_write;
use genrebench::datasets::synth::{self, SynthSpec};

use crate::support::{expect, genrebench, says, text, write_corpus, write_experiment, write_tone};

fn measure(folder: &Path, more: &[&str]) -> serde_json::Value {
    let experiment = folder.join("leaky.toml");
    let content = "title = \"leaky <b> | #\"\ndataset = { name = \"synth\", clips_per_genre = 10, seconds = 2 }\n\
                   features = { list = [\"mfcc\"], statistics = [\"mean\", \"std\"] }\nprepare = [\"standardize\"]\n\
                   split = { kind = \"group_kfold\", folds = 5 }\n\
                   [[row]]\nname = \"neighbour | *one*\"\nmodel = \"knn\"\nn_neighbors = 1\n\
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
    let page = fs::read_to_string(folder.path().join("leak/leak.md")).unwrap();
    assert!(page.starts_with("# What leaks add: leaky \\<b> \\| \\#\n\n| row |"), "{page}");
    let table: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    assert!(table.len() == 8 && table[1].starts_with("| --- | --- |"), "{page}");
    assert!(table[2].starts_with("| neighbour \\| \\*one\\* | "), "{page}");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(table.iter().all(|line| cells(line) == cells(table[1])), "{page}");
    // Its cells are kept: the same command answers the same, and at once.
    assert_eq!(measure(folder.path(), &["--segment", "0.4"]), found);
}

/// Every file below a folder, with what tells whether it was written anew.
fn written(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(written(&path));
        } else {
            let when = fs::metadata(&path).unwrap().modified().unwrap();
            found.insert(path, when);
        }
    }
    found
}

#[test]
fn segments_from_the_cache_are_the_same_segments() {
    let folder = tempfile::tempdir().unwrap();
    let (root, cache) = (folder.path(), folder.path().join("cache"));
    let experiment = root.join("cached.toml");
    let content = "title = \"cached\"\ndataset = { name = \"synth\", clips_per_genre = 4, genres = 3, seconds = 1.3 }\n\
                   features = { list = [\"mfcc\", \"zcr\"], statistics = [\"mean\", \"std\"], without = [\"zcr\"] }\n\
                   split = { kind = \"group_kfold\", folds = 2 }\n\
                   [[row]]\nname = \"neighbour\"\nmodel = \"knn\"\nn_neighbors = 1\n";
    fs::write(&experiment, content).unwrap();
    let measure = |out: &str| {
        let mut command = genrebench();
        command.arg("leak").arg(&experiment).arg("--out").arg(root.join(out)).arg("--cache").arg(&cache);
        let output =
            command.args(["--segment", "0.4", "--folds", "2", "--json", "--quiet"]).output().unwrap();
        expect(&output, 0);
        (output.stdout, fs::read(root.join(out).join("leak.json")).unwrap(), written(&cache))
    };
    let first = measure("first");
    let found: serde_json::Value = serde_json::from_slice(&first.0).unwrap();
    assert_eq!(found["segments"], 36);
    // What is in the cache was not computed, and so not put there, again.
    assert!(!first.2.is_empty());
    assert!(measure("again") == first, "the same bytes, and the cache as it was");
}

/// Columns beside a matrix are chosen as in a run: by the row and by its `beside`.
#[test]
fn a_row_chooses_among_the_columns_beside_its_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let cells = |name: &str, features: &str| {
        let experiment = root.join(format!("{name}.toml"));
        let content = format!(
            "title = \"t\"\ndataset = {{ name = \"synth\", clips_per_genre = 6, genres = 2, artists_per_genre = 3, seconds = 2 }}\n\
             split = {{ kind = \"stratified_kfold\", folds = 2 }}\n[[row]]\nname = \"n\"\nmodel = \"two_branch\"\n\
             network = {{ model = \"conv1d\", channels = [4], kernel = 3, pool = 2 }}\ntrain = {{ epochs = 1 }}\n\
             features = {{ {features} }}\n"
        );
        fs::write(&experiment, content).unwrap();
        let mut command = genrebench();
        command.arg("leak").arg(&experiment).arg("--out").arg(root.join(name)).arg("--no-cache");
        let output =
            command.args(["--segment", "0.5", "--folds", "2", "--json", "--quiet"]).output().unwrap();
        expect(&output, 0);
        // A cell's name holds what it was fed with.
        let cells = fs::read_dir(root.join(name).join("cells")).unwrap();
        cells.map(|cell| cell.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    let list = "list = [\"zcr\", \"rms\"], statistics = [\"mean\"]";
    let of_the_row = cells("row", &format!("frames = \"mfcc\", beside = {{ {list} }}, without = [\"rms\"]"));
    let of_beside =
        cells("beside", &format!("frames = \"mfcc\", beside = {{ {list}, without = [\"rms\"] }}"));
    assert_eq!(of_the_row, of_beside);
    assert!(of_the_row.is_disjoint(&cells("all", &format!("frames = \"mfcc\", beside = {{ {list} }}"))));
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

/// Measures a nearest neighbour on `music`, whose artists are in `groups.csv`.
fn measure_artists(root: &Path, code: i32) -> serde_json::Value {
    let content = "title = \"t\"\ndataset = { name = \"folder\", path = \"music\", groups = \"groups.csv\" }\n\
                   features = { list = [\"mfcc\"], statistics = [\"mean\", \"std\"] }\nprepare = [\"standardize\"]\n\
                   split = { kind = \"group_kfold\", folds = 3 }\n\
                   [[row]]\nname = \"neighbour\"\nmodel = \"knn\"\nn_neighbors = 1\n";
    fs::write(root.join("artists.toml"), content).unwrap();
    let mut command = genrebench();
    command.args(["leak", "artists.toml", "--out", "leak", "--no-cache", "--json", "--quiet"]);
    let output = command.args(["--folds", "3"]).current_dir(root).output().unwrap();
    expect(&output, code);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every song is somebody else's, too, as it is or from later on, and by sound alone the classes cannot be told apart.
#[test]
fn copies_under_other_names_are_a_leak_that_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let spec = SynthSpec { clips_per_genre: 4, seconds: 6.0, genres: 3, ..SynthSpec::default() };
    let spec = SynthSpec { artists_per_genre: 2, ..spec };
    let mut groups = "clip_id,group\n".to_string();
    for number in 0..spec.clip_count() {
        let mut wave = synth::render(&spec, number);
        for copy in ["", "copy"] {
            // Of each artist one song is in either class.
            let name = format!("class{}/{copy}{number:02}.wav", number / 2 % 2);
            let path = root.join("music").join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, wav_write::pcm16(&wave)).unwrap();
            groups += &format!("{name},artist {copy}{number}\n");
            let later = if number % 3 == 0 { 0 } else { 15_000 };
            wave.samples.drain(..later);
        }
    }
    fs::write(root.join("groups.csv"), groups).unwrap();
    let found = measure_artists(root, 0);
    let views = found["rows"][0]["views"].as_array().unwrap();
    let names: Vec<&str> = views.iter().map(|view| view["view"].as_str().unwrap()).collect();
    assert_eq!(names[2..], ["artists or sources apart", "the same, copies removed"]);
    let accuracy = |view: usize| views[view]["scores"]["accuracy"].clone();
    assert!(accuracy(2)["inflation_points"].as_f64().unwrap() > 0.0, "{found}");
    assert!(accuracy(3)["inflation_points"].is_null(), "{found}");
}

#[test]
fn a_class_by_a_single_artist_fails_the_view_that_keeps_artists_apart_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 6);
    let mut groups = "clip_id,group\n".to_string();
    for clip in 0..6 {
        groups += &format!("class0/clip{clip}.wav,solo\nclass1/clip{clip}.wav,artist {clip}\n");
    }
    fs::write(root.join("groups.csv"), groups).unwrap();
    let found = measure_artists(root, 1);
    let view = |view: usize| found["rows"][0]["views"][view].clone();
    assert!(view(1)["scores"]["accuracy"]["score"].as_f64().is_some(), "{found}");
    assert!(view(0)["scores"]["accuracy"]["inflation_points"].as_f64().is_some(), "{found}");
    assert!(view(2)["failed"].as_str().unwrap().contains("'class0' are of one group"), "{found}");
}
