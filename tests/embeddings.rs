//! Embeddings through the binary: beside PyTorch's numbers, in an experiment, from a table, and with broken weights.

use std::f64::consts::TAU;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{TWO_ROWS, expect, genrebench, says, text, write_corpus, write_tone, write_wav};

/// Both golden files are made by tests/golden/make_embeddings.py.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/embeddings");

/// The script's 2.2 s from 50 Hz upwards.
fn write_sweep(path: &Path) {
    let sample = |n: usize| {
        let t = n as f64 / 16_000.0;
        let value = 0.5 * (TAU * (50.0 * t + 7450.0 / 12.0 * t * t)).sin();
        (32_767.0 * value + 0.5).floor() as i16
    };
    write_wav(path, 16_000, 1, &(0..35_200).map(sample).collect::<Vec<_>>());
}

fn features(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = genrebench();
    command.current_dir(folder).env_remove("GENREBENCH_WEIGHTS").args(["features", "sweep.wav", "--quiet"]);
    command.args(arguments).output().unwrap()
}

/// VGGish's shape at a sixteenth of its width, exported by PyTorch.
#[test]
fn a_network_of_the_users_own_gives_pytorchs_numbers() {
    let folder = tempfile::tempdir().unwrap();
    write_sweep(&folder.path().join("sweep.wav"));
    let front = "power = 1\nlow_hz = 125.0\nhigh_hz = 7500.0\nstraight_in_mel = true\nshape = [1, 1, 96, 64]\n\
                 output_name = \"embedding\"\n";
    std::fs::write(folder.path().join("front.toml"), front).unwrap();
    let network = format!("{GOLDEN}/narrow.onnx");
    let onnx = ["--embedding", "onnx", "--weights", &network, "--front-end", "front.toml", "--json"];
    let output = features(folder.path(), &onnx);
    expect(&output, 0);
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let golden: Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{GOLDEN}/embeddings.json")).unwrap()).unwrap();
    for n in 0..8 {
        let wanted = (0..2).map(|patch| golden["narrow"][patch][n].as_f64().unwrap()).sum::<f64>() / 2.0;
        let found = rows[0]["features"][format!("onnx.output.{n:03}")].as_f64().unwrap();
        assert!((found - wanted).abs() < 1e-4, "{n}: {found} {wanted}");
    }

    for (wrong, part) in [
        (front.replace("[1, 1, 96, 64]", "[1, 96, 64]"), "takes an input of"),
        (front.replace("96, 64]", "96, 65]"), "does not hold the 6144 numbers"),
        (front.replace("embedding", "embeding"), "has no output `embeding`; it has embedding"),
        (front.replace("power = 1", "power = 3"), "power is 1 (magnitude) or 2"),
        (front.replace("power", "powr"), "powr"),
    ] {
        std::fs::write(folder.path().join("front.toml"), wrong).unwrap();
        let output = features(folder.path(), &onnx);
        expect(&output, 1);
        says(&output, &[part]);
    }
    std::fs::write(folder.path().join("front.toml"), front).unwrap();
    let whole = std::fs::read(&network).unwrap();
    for spoiled in [&whole[..whole.len() / 2], &whole[7..], b"", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f"]
    {
        std::fs::write(folder.path().join("spoiled.onnx"), spoiled).unwrap();
        let arguments =
            ["--embedding", "onnx", "--weights", "spoiled.onnx", "--front-end", "front.toml", "--json"];
        let output = features(folder.path(), &arguments);
        expect(&output, 1);
        says(&output, &["spoiled.onnx"]);
    }
}

/// A safetensors file that says so much and has so many bytes of it.
fn write_safetensors(path: &Path, header: &Value, bytes: usize) {
    let header = header.to_string();
    let whole = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; bytes]].concat();
    std::fs::write(path, whole).unwrap();
}

#[test]
fn broken_weights_are_told_by_the_tensor_and_missing_ones_with_their_address() {
    let folder = tempfile::tempdir().unwrap();
    write_sweep(&folder.path().join("sweep.wav"));
    let tensor = |shape: &[usize]| {
        let bytes = 4 * shape.iter().product::<usize>();
        (json!({ "dtype": "F32", "shape": shape, "data_offsets": [0, bytes] }), bytes)
    };
    let (right, wrong) = (tensor(&[64, 1, 3, 3]), tensor(&[64, 1, 5, 5]));
    let vggish = ["--embedding", "vggish", "--weights", "v.safetensors", "--json"];
    for (header, bytes, parts) in [
        (
            json!({ "features.0.weight": wrong.0 }),
            wrong.1,
            &["features.0.weight", "[64, 1, 5, 5]", "[64, 1, 3, 3]"][..],
        ),
        (json!({ "features.0.weight": right.0 }), right.1, &["features.0.bias"]),
        (json!({ "features.0.weight": right.0 }), right.1 - 4, &["features.0.weight"]),
        (json!({ "other": right.0 }), right.1, &["features.0.weight"]),
    ] {
        write_safetensors(&folder.path().join("v.safetensors"), &header, bytes);
        let output = features(folder.path(), &vggish);
        expect(&output, 1);
        says(&output, parts);
        says(&output, &["v.safetensors"]);
    }
    std::fs::write(folder.path().join("v.pth"), b"PK\x03\x04nothing").unwrap();
    let output = features(folder.path(), &["--embedding", "vggish", "--weights", "v.pth", "--json"]);
    expect(&output, 1);
    says(&output, &["v.pth"]);

    let output = features(folder.path(), &["--embedding", "musicnn-msd", "--json"]);
    expect(&output, 1);
    says(&output, &["genrebench data fetch musicnn", "https://", "3319120 bytes", "ISC", "412a832c"]);
    let output = features(folder.path(), &["--embedding", "musicn-msd", "--json"]);
    expect(&output, 2);
    says(&output, &["did you mean `musicnn-msd`"]);
    let output = features(folder.path(), &["--embedding", "vggish", "--legacy", "--json"]);
    expect(&output, 2);
    says(&output, &["`legacy` means nothing"]);
    expect(&features(folder.path(), &["--per", "patch", "--out", "x.npz"]), 2);
}

/// The table of a run on `music` with these features.
fn run_table(folder: &Path, features: &str) -> (String, Output) {
    let experiment = format!(
        "title = \"t\"\ndataset = {{ name = \"folder\", path = \"music\" }}\nfeatures = {features}\n\
         prepare = [\"standardize\"]\nsplit = {{ kind = \"stratified_kfold\", folds = 2 }}\n{TWO_ROWS}"
    );
    std::fs::write(folder.join("e.toml"), experiment).unwrap();
    let _ = std::fs::remove_dir_all(folder.join("run"));
    let run = ["run", "e.toml", "--out", "run", "--no-cache"];
    let output = genrebench().current_dir(folder).args(run).output().unwrap();
    expect(&output, 0);
    (std::fs::read_to_string(folder.join("run/predictions.csv")).unwrap(), output)
}

#[test]
fn an_experiment_takes_an_embedding_computed_or_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_corpus(&folder.join("music"), 2, 4);
    let (computed, output) =
        run_table(folder, "{ embedding = \"random-conv\", short = \"repeat\", pool = \"mean_std\" }");
    says(&output, &["random-conv was trained on nothing"]);
    assert!(text(&output.stdout).contains("two"));
    let extract = |more: &[&str]| {
        let mut command = genrebench();
        command.current_dir(folder).args(["features", "music", "--quiet", "--embedding", "random-conv"]);
        expect(&command.args(["--short", "repeat"]).args(more).output().unwrap(), 0);
    };
    extract(&["--per", "patch", "--out", "patches.npz"]);
    extract(&["--pool", "mean-std", "--no-cache", "--out", "clips.csv"]);
    extract(&["--pool", "mean-std", "--no-cache", "--out", "clips.parquet"]);
    for file in ["patches.npz", "clips.csv", "clips.parquet"] {
        let pool = if file == "patches.npz" { ", pool = \"mean_std\"" } else { "" };
        let (read, output) =
            run_table(folder, &format!("{{ embedding = \"table\", weights = \"{file}\"{pool} }}"));
        assert_eq!(read, computed, "{file}");
        says(&output, &["table: what its network was trained on is not known"]);
    }
}

#[test]
fn every_embedding_is_listed_with_what_it_heard() {
    let output = genrebench().args(["list", "embeddings", "-v"]).output().unwrap();
    expect(&output, 0);
    let listed = text(&output.stdout);
    for part in
        ["musicnn-msd", "Million Song Dataset", "vggish", "onnx", "table", "random-conv", "288567937 bytes"]
    {
        assert!(listed.contains(part), "{part} in\n{listed}");
    }
    let output = genrebench().args(["data", "fetch"]).output().unwrap();
    assert!(text(&output.stdout).contains("vggish") && text(&output.stdout).contains("musicnn"));
}

/// Files of the same name in two folders are two clips.
#[test]
fn a_table_without_a_clips_row_lends_it_no_other_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_corpus(&folder.join("music"), 2, 4);
    let rows = (0..7).map(|n| format!("deep/music/class{}/clip{}.wav,{},1.5\n", n / 4, n % 4, n * n));
    std::fs::write(folder.join("t.csv"), format!("clip_id,a,b\n{}", rows.collect::<String>())).unwrap();
    let (_, output) = run_table(folder, "{ embedding = \"table\", weights = \"t.csv\" }");
    says(&output, &["clip class1/clip3.wav left out: t.csv has no row for it"]);
    let clips: Value =
        serde_json::from_slice(&std::fs::read(folder.join("run/clips.json")).unwrap()).unwrap();
    let clips = clips.as_array().unwrap();
    assert_eq!(clips.len(), 7);
    assert!(
        clips.iter().all(|clip| clip["audio"].as_str().unwrap().len() > 20),
        "every clip's sound is hashed"
    );
}

#[test]
fn options_that_would_mean_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_sweep(&folder.path().join("sweep.wav"));
    let random = ["--embedding", "random-conv"];
    for (more, words) in [
        (vec!["--per", "patch", "--json"], "leave out --json"),
        (vec!["--per", "patch"], "--out"),
        (vec!["--per", "patch", "--pool", "max", "--out", "a.npz"], "--pool"),
        (vec!["--weights", "sweep.wav", "--json"], "`weights` mean nothing to the embedding `random-conv`"),
    ] {
        let output = features(folder.path(), &[&random[..], &more].concat());
        expect(&output, 2);
        says(&output, &[words]);
    }
    let output = features(folder.path(), &["--set", "mfcc", "--per", "patch", "--out", "a.npz"]);
    expect(&output, 2);
}

/// A clip that ends early is told of, whatever is computed of it.
#[test]
fn matrices_tell_of_damage_as_rows_do() {
    let folder = tempfile::tempdir().unwrap();
    write_sweep(&folder.path().join("sweep.wav"));
    let whole = std::fs::read(folder.path().join("sweep.wav")).unwrap();
    std::fs::write(folder.path().join("sweep.wav"), &whole[..whole.len() - 20_000]).unwrap();
    for what in [["--features", "zcr", "--out", "a.csv"], ["--frames", "zcr", "--out", "b.npz"]] {
        let mut command = genrebench();
        let output = command.current_dir(folder.path()).args(["features", "sweep.wav"]).args(what).output();
        let output = output.unwrap();
        expect(&output, 0);
        says(&output, &["sweep.wav: ", "ends early"]);
    }
}

/// GTZAN's ids are the stems of its files, and a file of frames has their paths.
#[test]
fn frames_that_the_program_wrote_are_found_again_and_damage_is_told_of_either() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (class, genre) in ["blues", "jazz"].into_iter().enumerate() {
        for clip in 0..4 {
            let path = folder.join(format!("gt/{genre}/{genre}.{clip:05}.wav"));
            write_tone(&path, 0.6, 200.0 * (class + 1) as f64 + 11.0 * f64::from(clip));
        }
    }
    let cut_off = folder.join("gt/blues/blues.00002.wav");
    let whole = std::fs::read(&cut_off).unwrap();
    std::fs::write(&cut_off, &whole[..whole.len() - 5000]).unwrap();
    let mut command = genrebench();
    command.current_dir(folder).args(["features", "gt", "--quiet", "--frames", "zcr", "--out", "gt.npz"]);
    expect(&command.output().unwrap(), 0);
    let run = |frames: &str| {
        let experiment = format!(
            "title = \"t\"\ndataset = {{ name = \"gtzan\", path = \"gt\" }}\nfeatures = {{ frames = \"{frames}\" }}\n\
             split = {{ kind = \"stratified_kfold\", folds = 2 }}\n[[row]]\nname = \"n\"\nmodel = \"conv1d\"\n\
             channels = [4]\nkernel = 3\npool = 2\ntrain = {{ epochs = 1, validation = 0 }}\n"
        );
        std::fs::write(folder.join("e.toml"), experiment).unwrap();
        let _ = std::fs::remove_dir_all(folder.join("run"));
        let run = ["run", "e.toml", "--out", "run", "--no-cache"];
        let output = genrebench().current_dir(folder).args(run).output().unwrap();
        expect(&output, 0);
        says(&output, &["clip blues.00002: ends early"]);
        std::fs::read_to_string(folder.join("run/predictions.csv")).unwrap()
    };
    let computed = run("zcr");
    assert_eq!(computed.lines().count(), 1 + 8, "{computed}");
    assert_eq!(run("gt.npz"), computed);
}
