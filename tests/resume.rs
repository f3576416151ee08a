//! `kill -9` at random moments, then the same command: the same bytes as a run left alone, for any number of threads.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{expect, genrebench, write_corpus};

fn experiment(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("experiment.toml");
    fs::write(
        &path,
        "title = \"resume\"\ndataset = { name = \"synth\", clips_per_genre = 6, seconds = 2 }\n\
         features = { set = \"mipt\" }\nprepare = [\"standardize\"]\n\
         split = { kind = \"stratified_kfold\", folds = 3, repeats = 2 }\n\
         [[row]]\nname = \"nb\"\nmodel = \"gaussian_nb\"\n[[row]]\nname = \"lr\"\nmodel = \"logistic_regression\"\n\
         [[row]]\nname = \"lda\"\nmodel = \"lda\"\n",
    )
    .unwrap();
    path
}

fn command(experiment: &Path, root: &Path, name: &str, threads: &str) -> std::process::Command {
    let mut command = genrebench();
    command.arg("run").arg(experiment).arg("--out").arg(root.join(name));
    command.arg("--cache").arg(root.join(format!("{name}-cache"))).args(["--threads", threads, "--quiet"]);
    command
}

fn results(root: &Path, name: &str) -> (Vec<u8>, Vec<u8>) {
    let read = |file: &str| fs::read(root.join(name).join(file)).unwrap();
    (read("predictions.csv"), read("scores.csv"))
}

#[test]
fn a_killed_run_continues_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let experiment = experiment(root);
    let started = std::time::Instant::now();
    expect(&command(&experiment, root, "alone", "1").output().unwrap(), 0);
    let whole = started.elapsed();
    expect(&command(&experiment, root, "two", "2").output().unwrap(), 0);
    assert_eq!(results(root, "alone"), results(root, "two"), "one thread and two");

    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    let mut share = f64::from(seed % 1000) / 1000.0;
    for _ in 0..3 {
        let mut child = command(&experiment, root, "killed", "2").spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share * 0.9));
        let _ = child.kill();
        child.wait().unwrap();
        share = (share + 0.618) % 1.0;
    }
    expect(&command(&experiment, root, "killed", "1").output().unwrap(), 0);
    assert_eq!(results(root, "alone"), results(root, "killed"), "killed three times (share {share})");
}

/// What a killed extraction has kept is not computed again, and the table is the same.
#[test]
fn a_killed_extraction_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 2);
    let extract = |what: &str, out: &str, more: &[&str]| {
        let mut command = genrebench();
        command.arg("features").arg(root.join(what)).args(["--features", "mfcc", "--quiet"]).args(more);
        command.arg("--out").arg(root.join(out)).current_dir(root).output().unwrap()
    };
    expect(&extract("music", "anew.csv", &["--no-cache"]), 0);
    // As many clips as a kill may have left.
    expect(&extract("music/class0", "part.csv", &["--cache", "kept"]), 0);
    let entries = || {
        let folders = fs::read_dir(root.join("kept")).unwrap();
        folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap()).count()
    };
    assert_eq!(entries(), 2);
    expect(&extract("music", "whole.csv", &["--cache", "kept"]), 0);
    assert_eq!(entries(), 4);
    let table = |name: &str| fs::read(root.join(name)).unwrap();
    assert!(table("anew.csv") == table("whole.csv"));
    // Matrices are not kept: a folder for them is refused, not passed over.
    let mut matrices = genrebench();
    matrices.arg("features").arg(root.join("music")).args(["--frames", "log_mel", "--cache", "kept"]);
    expect(&matrices.arg("--out").arg(root.join("x.npz")).output().unwrap(), 2);
}

#[test]
fn one_row_first_and_the_rest_later_is_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let experiment = experiment(root);
    expect(&command(&experiment, root, "whole", "2").output().unwrap(), 0);
    expect(&command(&experiment, root, "parts", "2").args(["--only", "lr"]).output().unwrap(), 0);
    let first = fs::read_to_string(root.join("parts/predictions.csv")).unwrap();
    assert!(first.contains("\nlr,") && !first.contains("\nlda,"));
    let table = fs::read_to_string(root.join("parts/table.md")).unwrap();
    let told = table.lines().find(|line| line.contains("computes them")).unwrap();
    assert!(told.contains("lda") && told.contains("without --only"), "{told}");
    expect(&command(&experiment, root, "parts", "2").output().unwrap(), 0);
    assert_eq!(results(root, "whole"), results(root, "parts"));
}

#[test]
fn a_spoiled_cell_record_is_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let experiment = experiment(root);
    expect(&command(&experiment, root, "run", "2").output().unwrap(), 0);
    let before = results(root, "run");
    for (index, entry) in fs::read_dir(root.join("run/cells")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if index % 3 == 0 {
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    expect(&command(&experiment, root, "run", "2").output().unwrap(), 0);
    assert_eq!(results(root, "run"), before);
}
