//! Networks through the binary: cut off and taken up again, one thread or two, losses that are no number, ensembles,
//! searches, rows without their weights, kept in a file and asked about songs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::{expect, genrebench, says, text};

const FRAMES: &str = "{ frames = \"mel\", mel = { bands = 16, fft = 1024, hop = 1024 } }";
const CNN: &str = "[[row]]\nname = \"cnn\"\nmodel = \"conv2d\"\nchannels = [6, 8]\nkernel = 3\npool = 3\ndropout = 0.2\ninput = { frames = 20, normalise = \"band\" }\n";

fn experiment(folder: &Path, rows: &str) -> PathBuf {
    let path = folder.join("networks.toml");
    let text = format!(
        "title = \"networks\"\ndataset = {{ name = \"synth\", clips_per_genre = 6, seconds = 2 }}\n\
         features = {FRAMES}\nsplit = {{ kind = \"stratified\", test = 0.34 }}\n{rows}"
    );
    fs::write(&path, text).unwrap();
    path
}

fn run(experiment: &Path, out: &Path, threads: &str) -> Command {
    let mut command = genrebench();
    command.arg("run").arg(experiment).arg("--out").arg(out).args(["--no-cache", "--quiet"]);
    command.args(["--threads", threads]);
    command
}

fn predictions(out: &Path) -> String {
    fs::read_to_string(out.join("predictions.csv")).unwrap()
}

#[test]
fn a_killed_training_goes_on_to_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let row = format!("{CNN}train = {{ epochs = 150, batch = 8, momentum = 0.9, optimizer = \"sgd\" }}\n");
    let path = experiment(root, &row);
    expect(&run(&path, &root.join("alone"), "1").output().unwrap(), 0);
    expect(&run(&path, &root.join("two"), "2").output().unwrap(), 0);
    let expected = predictions(&root.join("alone"));
    assert!(expected.len() > 100);
    assert_eq!(expected, predictions(&root.join("two")), "one thread and two");

    let out = root.join("killed");
    let mut cut_off = 0;
    for _ in 0..100 {
        let mut child = run(&path, &out, "2").args(["--checkpoint-seconds", "0"]).spawn().unwrap();
        // Until there is a checkpoint to go on from, or the run is over.
        let checkpoint = || {
            let files = fs::read_dir(out.join("training")).into_iter().flatten().flatten();
            files.filter(|file| file.path().extension().is_some_and(|end| end == "training")).count() > 0
        };
        let over = loop {
            if child.try_wait().unwrap().is_some() {
                break true;
            }
            if checkpoint() {
                std::thread::sleep(Duration::from_millis(20));
                break false;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let _ = child.kill();
        child.wait().unwrap();
        cut_off += usize::from(!over);
        if over || cut_off == 3 {
            break;
        }
    }
    assert!(cut_off > 0, "the training was over before it could be cut off");
    expect(&run(&path, &out, "1").output().unwrap(), 0);
    assert_eq!(expected, predictions(&out), "cut off {cut_off} times");
    assert!(!out.join("training").exists(), "checkpoints are cleared away");
}

#[test]
fn a_loss_that_is_no_number_fails_its_row_with_step_rate_and_hint() {
    let folder = tempfile::tempdir().unwrap();
    let rows = format!(
        "{CNN}train = {{ epochs = 3, optimizer = \"sgd\", learning_rate = 1e30 }}\n[[row]]\nname = \"fine\"\nlike = \"cnn\"\ntrain = {{ epochs = 1, learning_rate = 1e-3 }}\n"
    );
    let output = run(&experiment(folder.path(), &rows), &folder.path().join("out"), "2").output().unwrap();
    expect(&output, 1);
    says(&output, &["1 of 2 cells failed", "cnn", "at step ", "learning rate 1e30", "train.clip_norm"]);
    assert!(predictions(&folder.path().join("out")).contains("\nfine,"));
}

#[test]
fn ensembles_stand_beside_each_of_their_members() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let rows = format!(
        "{CNN}train = {{ epochs = 4, batch = 8 }}\nensemble = {{ checkpoints = [2, 4] }}\n\
         [[row]]\nname = \"seeds\"\nlike = \"cnn\"\ntrain = {{ epochs = 1 }}\nensemble = {{ seeds = 2, combine = \"vote\" }}\n\
         [[row]]\nname = \"nb\"\nmodel = \"gaussian_nb\"\nfeatures = {{ list = [\"mfcc\"] }}\n\
         [[row]]\nname = \"unlike\"\nmodel = \"ensemble\"\nof = [\"cnn: epoch 4\", \"nb\"]\n\
         [[row]]\nname = \"stacked\"\nmodel = \"ensemble\"\nof = [\"cnn: epoch 4\", \"nb\"]\ncombine = \"stacking\"\n\
         [[row]]\nname = \"turned\"\nmodel = \"ensemble\"\nof = [\"nb\", \"cnn: epoch 4\"]\ncombine = \"stacking\"\n"
    );
    let path = experiment(folder.path(), &rows);
    expect(&run(&path, &out, "2").output().unwrap(), 0);
    let table = fs::read_to_string(out.join("table.csv")).unwrap();
    for row in [
        "cnn: epoch 2",
        "cnn: epoch 4",
        "cnn: all 2 together",
        "seeds: seed 1",
        "seeds: seed 2",
        "seeds: all 2 together",
        "nb",
        "unlike",
        "stacked",
        "turned",
    ] {
        assert!(table.contains(row), "{row}: {table}");
    }
    // The mean of the members' probabilities, as they were stored.
    let rows: Vec<Vec<String>> =
        predictions(&out).lines().map(|line| line.split(',').map(String::from).collect()).collect();
    let of = |name: &str| rows.iter().filter(|row| row[0] == name).collect::<Vec<_>>();
    let (a, b, both) = (of("cnn: epoch 4"), of("nb"), of("unlike"));
    assert!(!both.is_empty() && a.len() == both.len());
    for (place, row) in both.iter().enumerate() {
        for column in 6..14 {
            let number = |row: &[String]| row[column].parse::<f64>().unwrap();
            assert!((number(row) - (number(a[place]) + number(b[place])) / 2.0).abs() < 1e-12);
        }
    }
    // Members in another order are another ensemble, whose regression has its columns the other way round.
    let record: serde_json::Value = serde_json::from_slice(&fs::read(out.join("run.json")).unwrap()).unwrap();
    let id = |name: &str| {
        let row = record["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        row["cells"][0]["id"].clone()
    };
    assert_ne!(id("stacked"), id("turned"));
    // The whole run, a checkpoint as a training of its own included, to the bit.
    let verified = genrebench().arg("verify").arg(&out).args(["--all", "--no-cache"]).output().unwrap();
    expect(&verified, 0);
    let again = folder.path().join("again");
    expect(&run(&path, &again, "1").args(["--only", "stacked"]).output().unwrap(), 0);
    let stacked = |text: String| {
        text.lines().filter(|line| line.starts_with("stacked,")).map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(stacked(predictions(&out)), stacked(predictions(&again)));
}

#[test]
fn networks_are_searched_by_folds_and_by_halving() {
    let folder = tempfile::tempdir().unwrap();
    let rows = format!(
        "{CNN}train = {{ epochs = 4, batch = 8, validation = 0.3, watch = \"accuracy\" }}\n\
         [row.search]\nmethod = \"halving\"\ntrials = 5\n\
         space = {{ dense = [[], [4]], \"train.learning_rate\" = {{ log_uniform = [1e-4, 1e-2] }} }}\n\
         [[row]]\nname = \"grid\"\nlike = \"cnn\"\ntrain = {{ epochs = 1 }}\n\
         search = {{ folds = 2, space = {{ \"train.batch\" = [4, 8] }} }}\n"
    );
    let path = experiment(folder.path(), &rows);
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    expect(&run(&path, &one, "1").output().unwrap(), 0);
    let mut child = run(&path, &two, "2").spawn().unwrap();
    // Cut off when a trial has its score and others have not.
    let scored = || {
        let files = fs::read_dir(two.join("training")).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|kind| kind == "found")).count()
    };
    while scored() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before a score was seen");
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert!(scored() > 0, "what was scored is kept");
    expect(&run(&path, &two, "2").output().unwrap(), 0);
    let trials = |out: &Path| fs::read_to_string(out.join("trials.csv")).unwrap();
    assert_eq!(trials(&one), trials(&two), "one thread, and two after a break");
    assert_eq!(predictions(&one), predictions(&two));
    assert_eq!(trials(&one).lines().count(), 1 + 5 + 2);
    assert!(!one.join("training").exists() && !two.join("training").exists());
    let refused = experiment(
        folder.path(),
        "[[row]]\nname = \"k\"\nmodel = \"knn\"\nfeatures = { set = \"mipt\" }\nsearch = { method = \"halving\", space = { n_neighbors = [1, 2] } }\n",
    );
    let output = run(&refused, &folder.path().join("three"), "1").output().unwrap();
    expect(&output, 2);
    says(&output, &["halving", "`knn` is none"]);
}

/// Halving is a network's, and what explains or tries a row is of its columns: they go together.
#[test]
fn a_halved_network_on_columns_is_explained_tried_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "[[row]]\nname = \"m\"\nmodel = \"mlp\"\nfeatures = { list = [\"mfcc\"], statistics = [\"mean\"] }\n\
                hidden = [8]\ntrain = { epochs = 4, validation = 0.3 }\nexplain = { repeats = 1 }\n\
                perturb = [{ gain_db = 6 }]\n[row.search]\nmethod = \"halving\"\ntrials = 3\n\
                space = { \"train.learning_rate\" = { log_uniform = [1e-3, 1e-1] } }\n";
    let path = experiment(folder.path(), rows);
    let out = folder.path().join("out");
    expect(&run(&path, &out, "2").output().unwrap(), 0);
    let count = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    assert_eq!(count("trials.csv"), 1 + 3);
    assert!(count("importances.csv") > 20);
    let kept = folder.path().join("m.genrebench");
    let mut fit = genrebench();
    fit.arg("fit").arg(&path).args(["--row", "m", "--no-cache", "--json", "--out"]).arg(&kept);
    let output = fit.output().unwrap();
    expect(&output, 0);
    says(&output, &["search: train.learning_rate = "]);
}

#[test]
fn a_row_without_its_weights_fails_alone_and_says_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let rows = "[[row]]\nname = \"embedded\"\nmodel = \"mlp\"\nfeatures = { embedding = \"vggish\" }\n\
                [[row]]\nname = \"patches\"\nmodel = \"lstm\"\nfeatures = { frames = \"patches\", embedding = \"musicnn-msd\" }\n\
                [[row]]\nname = \"started\"\nmodel = \"resnet\"\nwidth = 4\npretrained = \"resnet18-f37072fd.pth\"\n\
                [[row]]\nname = \"fine\"\nmodel = \"lstm\"\nhidden = 4\ntrain = { epochs = 1 }\n";
    let path = experiment(folder.path(), rows);
    let mut command = run(&path, &out, "2");
    command.env_remove("GENREBENCH_WEIGHTS").current_dir(folder.path());
    let output = command.output().unwrap();
    expect(&output, 1);
    says(
        &output,
        &[
            "3 of 4 cells failed",
            "vggish-10086976.pth",
            "genrebench data fetch musicnn",
            "https://download.pytorch.org/models/resnet18-f37072fd.pth",
        ],
    );
    assert!(predictions(&out).contains("\nfine,"));
    // Of rows that nobody asks for what failed stays told, and is no fault of this run.
    let mut command = run(&path, &out, "2");
    command.args(["--only", "fine"]).env_remove("GENREBENCH_WEIGHTS").current_dir(folder.path());
    expect(&command.output().unwrap(), 0);
    let page = fs::read_to_string(out.join("table.md")).unwrap();
    assert!(page.contains("failed") && !page.contains("not run"), "{page}");
    // A rehearsal needs none of them.
    let quick = folder.path().join("quick");
    let mut command = genrebench();
    command.arg("run").arg(&path).arg("--out").arg(&quick).args(["--no-cache", "--quick"]);
    let output = command.env_remove("GENREBENCH_WEIGHTS").output().unwrap();
    expect(&output, 0);
    let page = fs::read_to_string(quick.join("table.md")).unwrap();
    assert!(page.contains("QUICK REHEARSAL"));
    let record = fs::read_to_string(quick.join("run.json")).unwrap();
    for said in
        ["random filters (random-conv) instead of vggish", "from scratch instead of resnet18-f37072fd.pth"]
    {
        assert!(record.contains(said), "{said}");
    }
}

#[test]
fn a_kept_network_classifies_songs_with_its_segments() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let beside = format!(
        "{}, beside = {{ list = [\"zcr\"], statistics = [\"mean\"] }} }}",
        FRAMES.trim_end_matches('}').trim_end()
    );
    let beside = beside.replace("hop = 1024, beside", "hop = 1024 }, beside");
    let rows = format!(
        "{CNN}train = {{ epochs = 2 }}\n\
         [[row]]\nname = \"both\"\nmodel = \"two_branch\"\nprepare = [\"standardize\"]\nfeatures = {beside}\n\
         network = {{ model = \"conv1d\", channels = [4], kernel = 3, pool = 2 }}\ntrain = {{ epochs = 1 }}\n"
    );
    let path = experiment(root, &rows);
    let song = root.join("song.wav");
    crate::support::write_tone(&song, 3.0, 440.0);
    for (row, segments) in [("cnn", true), ("both", false)] {
        let model = root.join(format!("{row}.genrebench"));
        let mut fit = genrebench();
        fit.arg("fit").arg(&path).args(["--row", row, "--no-cache", "--quiet", "--out"]).arg(&model);
        expect(&fit.output().unwrap(), 0);
        let bytes = fs::read(&model).unwrap();
        expect(&fit.args(["--threads", "1"]).output().unwrap(), 0);
        assert!(bytes == fs::read(&model).unwrap(), "the same fit is the same bytes");

        let predict = |more: &[&str]| {
            let output =
                genrebench().arg("predict").arg(&model).arg(&song).args(more).arg("--json").output().unwrap();
            expect(&output, 0);
            let heard: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            heard["songs"][0].clone()
        };
        let whole = predict(&[]);
        let sum: f64 = whole["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{whole}");
        assert_eq!(whole["segments"].as_array().map_or(0, Vec::len) > 1, segments, "{whole}");
        let windows = predict(&["--segments", "1", "--hop", "1"]);
        assert_eq!(windows["segments"].as_array().unwrap().len(), 3, "{windows}");
        assert_eq!(windows["segments"][2]["end_seconds"].as_f64(), Some(3.0));
        let shown = genrebench().arg("predict").arg(&model).arg(&song).output().unwrap();
        assert!(text(&shown.stdout).contains("song.wav"), "{}", text(&shown.stdout));
    }
}

#[test]
fn segments_of_a_row_of_frames_leak_as_others_do() {
    let folder = tempfile::tempdir().unwrap();
    let path =
        experiment(folder.path(), &format!("{CNN}train = {{ epochs = 1 }}\n").replace("frames = 20, ", ""));
    let mut leak = genrebench();
    leak.arg("leak").arg(&path).args(["--segment", "0.9", "--json", "--no-cache", "--out"]);
    let output = leak.arg(folder.path().join("leak")).output().unwrap();
    expect(&output, 0);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let views = found["rows"][0]["views"].as_array().unwrap();
    assert_eq!(views.len(), 3, "{found}");
    assert!(views.iter().all(|view| view["failed"].is_null()), "{found}");
}
