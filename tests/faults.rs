//! Bad sound, bad folders and bad tables through the binary: a clear message, the right exit code, and the rest
//! of the run unharmed.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{
    TWO_ROWS, expect, genrebench, says, text, write_corpus, write_experiment, write_tone, write_wav,
    write_wav_bytes,
};

const HOLD_OUT: &str = "{ kind = \"stratified\", test = 0.5, seed = 3 }";

fn run(root: &Path, split: &str) -> Output {
    let experiment = write_experiment(root, split, TWO_ROWS);
    genrebench()
        .arg("run")
        .arg(experiment)
        .arg("--data")
        .arg(root.join("music"))
        .arg("--out")
        .arg(root.join("out"))
        .arg("--no-cache")
        .output()
        .unwrap()
}

fn corpus() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_corpus(&folder.path().join("music"), 2, 4);
    folder
}

fn features(paths: &[&Path], out: &Path) -> Output {
    genrebench()
        .arg("features")
        .args(paths)
        .args(["--features", "mfcc,zcr", "--out"])
        .arg(out)
        .output()
        .unwrap()
}

#[test]
fn broken_clips_are_listed_and_counted_and_the_run_goes_on() {
    let folder = corpus();
    let music = folder.path().join("music");
    fs::write(music.join("class0/empty.wav"), b"").unwrap();
    fs::write(music.join("class0/text.mp3"), "these are words, not sound\n".repeat(40)).unwrap();
    write_wav(&music.join("class1/nothing.wav"), 22_050, 1, &[]);
    let bits: Vec<u8> = [0.5f32, f32::NAN, 0.1].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    write_wav_bytes(&music.join("class1/nan.wav"), 22_050, 1, 3, 32, &bits);
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 0);
    says(&output, &["class0/empty.wav", "class0/text.mp3", "class1/nothing.wav", "class1/nan.wav"]);
    assert!(text(&output.stdout).contains("4 clips could not be used"), "{}", text(&output.stdout));
    let page = fs::read_to_string(folder.path().join("out/table.md")).unwrap();
    assert!(page.contains("Left out (4)"), "{page}");
    assert!(page.contains("8 of 12 clips used"), "{page}");
}

#[test]
fn a_file_that_is_no_sound_alone_exits_with_one_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.csv");
    for (name, bytes) in [
        ("empty.mp3", &b""[..]),
        ("words.mp3", &b"hello, this is a letter to a friend and not a song at all, sorry about that"[..]),
        ("stub.wav", &b"RIFF"[..]),
        ("zeros.flac", &[0u8; 512][..]),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let output = features(&[&path], &out);
        expect(&output, 1);
        says(&output, &[name]);
        assert!(!out.exists());
    }
    let missing = folder.path().join("missing.wav");
    let output = features(&[&missing], &out);
    expect(&output, 1);
    says(&output, &["missing.wav"]);
}

#[test]
fn the_good_ones_of_a_mixed_list_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad, out) =
        (folder.path().join("good.wav"), folder.path().join("bad.wav"), folder.path().join("t.csv"));
    write_tone(&good, 1.0, 440.0);
    fs::write(&bad, b"no").unwrap();
    let output = features(&[&good, &bad], &out);
    expect(&output, 1);
    says(&output, &["bad.wav", "1 of 2 clips could not be used"]);
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 2);
    assert!(fs::read_to_string(folder.path().join("t.left-out.csv")).unwrap().contains("bad.wav"));
}

/// Whoever reads the JSON learns of every file, and learns it also where no table could be written beside it.
#[test]
fn the_json_of_features_names_what_was_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    write_tone(&music.join("rock/good.wav"), 1.0, 440.0);
    fs::write(music.join("rock/bad.wav"), b"no").unwrap();
    fs::write(folder.path().join("file"), b"where a folder should be").unwrap();
    let mut command = genrebench();
    command.arg("features").arg(&music).args(["--features", "zcr", "--json"]);
    let rows = |output: &Output| -> serde_json::Value { serde_json::from_slice(&output.stdout).unwrap() };
    let output = command.output().unwrap();
    expect(&output, 1);
    let found = rows(&output);
    assert_eq!(found[0]["clip_id"], "rock/good.wav");
    assert_eq!(found[0]["label"], "rock");
    assert!(found[0]["group"].is_null() && found[0]["features"]["zcr.mean.00"].is_number(), "{found}");
    assert_eq!(found[1]["clip_id"], "rock/bad.wav");
    assert!(!found[1]["left_out"].as_str().unwrap().is_empty(), "{found}");
    let output = command.arg("--out").arg(folder.path().join("file/x.csv")).output().unwrap();
    expect(&output, 1);
    says(&output, &["cannot write", "x.csv"]);
    assert_eq!(rows(&output), found);
}

#[test]
fn odd_but_sound_files_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("t.csv");
    let tone: Vec<i16> = (0..8000).map(|n| ((n as f64 * 0.2).sin() * 9000.0) as i16).collect();
    let six: Vec<i16> = tone.iter().flat_map(|&sample| [sample; 6]).cycle().take(192_000 * 6 / 2).collect();
    let paths = ["one.wav", "eight.wav", "six.wav", "silence.wav"].map(|name| folder.path().join(name));
    write_wav(&paths[0], 22_050, 1, &[1234]);
    write_wav(&paths[1], 8_000, 1, &tone);
    write_wav(&paths[2], 192_000, 6, &six);
    write_wav(&paths[3], 22_050, 1, &vec![0; 30_000]);
    let output = features(&paths.iter().map(AsRef::as_ref).collect::<Vec<_>>(), &out);
    expect(&output, 0);
    let table = fs::read_to_string(&out).unwrap();
    assert_eq!(table.lines().count(), 5);
    for line in table.lines().skip(1) {
        assert!(
            line.split(',').skip(4).all(|field| field.parse::<f64>().is_ok_and(f64::is_finite)),
            "{line}"
        );
    }
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = corpus();
    let path = folder.path().join("music/class0/locked.wav");
    write_tone(&path, 0.5, 300.0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // The superuser reads everything, so a folder of a sound file's name stands in for it.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let out = folder.path().join("t.csv");
        let output = features(&[&path], &out);
        expect(&output, 1);
        says(&output, &["locked.wav"]);
        return;
    }
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 0);
    says(&output, &["locked.wav"]);
}

#[test]
fn a_class_with_one_clip_cannot_be_held_out() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    write_corpus(&music, 1, 4);
    write_tone(&music.join("lonely/only.wav"), 0.6, 900.0);
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 1);
    says(&output, &["lonely"]);
}

#[test]
fn more_folds_than_the_smallest_class_is_refused() {
    let folder = corpus();
    let output = run(folder.path(), "{ kind = \"stratified_kfold\", folds = 5 }");
    expect(&output, 1);
    says(&output, &["class0", "4", "5"]);
}

#[test]
fn an_empty_class_folder_is_told_and_left_out() {
    let folder = corpus();
    fs::create_dir(folder.path().join("music/hollow")).unwrap();
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 0);
    says(&output, &["hollow"]);
}

#[test]
fn a_missing_or_empty_data_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 1);
    says(&output, &["music"]);
    fs::create_dir(folder.path().join("music")).unwrap();
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 1);
    says(&output, &["music"]);
}

#[test]
fn duplicate_clip_ids_and_bad_cells_of_a_table_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = folder.path().join("experiment.toml");
    fs::write(
        &experiment,
        format!(
            "title = \"t\"\ndataset = {{ name = \"table\", path = \"table.csv\", id = \"id\", label = \"genre\" }}\n\
             split = {HOLD_OUT}\n{TWO_ROWS}"
        ),
    )
    .unwrap();
    let attempt = |table: &str, code: i32, parts: &[&str]| {
        fs::write(folder.path().join("table.csv"), table).unwrap();
        let output = genrebench()
            .arg("run")
            .arg(&experiment)
            .arg("--out")
            .arg(folder.path().join("out"))
            .output()
            .unwrap();
        expect(&output, code);
        says(&output, parts);
    };
    let good = "id,genre,a,b\n1,x,1,2\n2,x,2,1\n3,y,7,8\n4,y,8,9\n";
    attempt(good, 0, &[]);
    attempt(&good.replace("\n2,", "\n1,"), 1, &["table.csv", "1"]);
    attempt(&good.replace("genre", "gerne"), 1, &["gerne", "genre"]);
    attempt(&good.replace("7,8", "7"), 1, &["table.csv", "4"]);
    attempt("", 1, &["table.csv"]);
    attempt("id,genre,a,b\n", 1, &["table.csv"]);
    attempt(&good.replace(",y,", ",x,"), 1, &["one class"]);
    attempt(&good.replace("7,8", ",8"), 1, &["3", "impute"]);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_told_at_once() {
    let folder = corpus();
    fs::write(folder.path().join("out"), b"a file where the folder should be").unwrap();
    let output = run(folder.path(), HOLD_OUT);
    expect(&output, 1);
    says(&output, &["out", "--out"]);
}

#[test]
fn a_model_that_refuses_its_data_fails_its_row_alone() {
    let folder = corpus();
    let more = "[[row]]\nname = \"fine\"\nmodel = \"majority\"\n[[row]]\nname = \"greedy\"\nmodel = \"knn\"\nn_neighbors = 500\n";
    let experiment = write_experiment(folder.path(), HOLD_OUT, more);
    let out = folder.path().join("out");
    let output = genrebench()
        .arg("run")
        .arg(experiment)
        .arg("--data")
        .arg(folder.path().join("music"))
        .arg("--out")
        .arg(&out)
        .arg("--no-cache")
        .output()
        .unwrap();
    expect(&output, 1);
    says(&output, &["greedy", "500"]);
    assert!(text(&output.stdout).contains("fine"));
    assert!(fs::read_to_string(out.join("predictions.csv")).unwrap().contains("fine,0,0,"));
}

#[test]
fn a_run_with_a_broken_cell_is_not_called_complete() {
    let folder = corpus();
    expect(&run(folder.path(), "{ kind = \"stratified_kfold\", folds = 2 }"), 0);
    let out = folder.path().join("out");
    let cell = fs::read_dir(out.join("cells")).unwrap().next().unwrap().unwrap().path();
    fs::write(cell, b"garbage").unwrap();
    let output = genrebench().arg("report").arg(&out).output().unwrap();
    expect(&output, 0);
    assert!(
        text(&output.stdout).contains("1 of 2 cells are missing or unreadable"),
        "{}",
        text(&output.stdout)
    );
    let output = genrebench().arg("report").arg(&out).arg("--json").output().unwrap();
    assert!(text(&output.stdout).contains("\"complete\": false"));
}

#[test]
fn two_experiments_do_not_share_a_folder() {
    let folder = corpus();
    expect(&run(folder.path(), HOLD_OUT), 0);
    let other = folder.path().join("other.toml");
    fs::copy(folder.path().join("experiment.toml"), &other).unwrap();
    let output = genrebench()
        .arg("run")
        .arg(&other)
        .arg("--data")
        .arg(folder.path().join("music"))
        .arg("--out")
        .arg(folder.path().join("out"))
        .output()
        .unwrap();
    expect(&output, 2);
    says(&output, &["already holds a run of `experiment`", "--out"]);
}

#[test]
fn what_a_folder_holds_beside_sound_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("music");
    write_tone(&music.join("a.wav"), 0.5, 440.0);
    fs::write(music.join("notes.txt"), b"x").unwrap();
    let output = features(&[&music], &folder.path().join("t.csv"));
    expect(&output, 0);
    says(&output, &["notes.txt"]);
}

/// A stranger's folders and files may be called anything: what is printed of them is no command to a terminal, and what is
/// kept has the very names.
#[cfg(unix)]
#[test]
fn names_that_a_terminal_would_obey_are_printed_harmlessly() {
    let folder = corpus();
    let music = folder.path().join("music");
    fs::rename(music.join("class1"), music.join("loud\u{1b}[31m")).unwrap();
    fs::write(music.join("class0/torn\u{1b}]0;mine\u{7}.wav"), b"no sound").unwrap();
    let harmless = |output: &Output| {
        expect(output, 0);
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(!all.contains(['\u{1b}', '\u{7}']), "{all:?}");
        assert!(all.contains("torn\u{fffd}]0;mine\u{fffd}.wav"), "{all}");
        all
    };
    harmless(&run(folder.path(), HOLD_OUT));
    let predictions = fs::read_to_string(folder.path().join("out/predictions.csv")).unwrap();
    assert!(predictions.contains(",loud\u{1b}[31m,"), "{predictions}");
    let inspected = genrebench().args(["data", "inspect", "--no-cache"]).arg(&music).output().unwrap();
    assert!(harmless(&inspected).contains("loud\u{fffd}[31m"));
}
