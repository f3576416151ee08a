//! People's own data through the binary: labels in lists, folders of sides, numpy's files, tables of pieces, networks of theirs.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use zip::write::SimpleFileOptions;

use crate::support::{TWO_ROWS, expect, genrebench, says, text, write_corpus, write_tone};

fn command(folder: &Path, arguments: &[&str]) -> Output {
    genrebench().current_dir(folder).args(arguments).output().unwrap()
}

/// An experiment file with cheap features and two rows.
fn write_experiment(folder: &Path, dataset: &str, split: &str) {
    let text = format!(
        "title = \"t\"\ndataset = {{ {dataset} }}\nfeatures = {{ list = [\"zcr\"], statistics = [\"mean\"] }}\n\
         prepare = [\"standardize\"]\nsplit = {{ {split} }}\n{TWO_ROWS}"
    );
    fs::write(folder.join("e.toml"), text).unwrap();
}

/// Id, label, group and fold of every row that `genrebench features e.toml` writes.
fn clips_of(folder: &Path, more: &[&str]) -> (Vec<[String; 4]>, Output) {
    let output = command(folder, &[&["features", "e.toml", "--out", "clips.csv"], more].concat());
    expect(&output, 0);
    let written = fs::read_to_string(folder.join("clips.csv")).unwrap();
    assert!(written.starts_with("clip_id,label,group,fold,"), "{written}");
    let four = |line: &str| {
        let mut cells = line.split(',').map(str::to_string);
        [(); 4].map(|()| cells.next().unwrap_or_default())
    };
    (written.lines().skip(1).map(four).collect(), output)
}

const FOLDS: &str = "kind = \"stratified_kfold\", folds = 2";

#[test]
fn features_of_an_experiment_carry_its_data_sets_labels_artists_and_sides() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (clip, place) in ["000/000002", "000/000005", "001/001010"].iter().enumerate() {
        write_tone(&folder.join(format!("fma/{place}.wav")), 0.6, 300.0 + 90.0 * clip as f64);
    }
    let metadata = ",artist,set,set,track\n,id,split,subset,genre_top\ntrack_id,,,,\n2,1,training,small,Hip-Hop\n\
                    5,6,test,small,Rock\n1010,7,validation,medium,Pop\n";
    fs::write(folder.join("fma/tracks.csv"), metadata).unwrap();
    let dataset = "name = \"fma-small\", path = \"nowhere\"";
    write_experiment(folder, dataset, FOLDS);
    let (clips, output) = clips_of(folder, &["--data", "fma"]);
    let small = [["000002", "Hip-Hop", "1", "training"], ["000005", "Rock", "6", "test"]];
    assert_eq!(clips, small);
    says(
        &output,
        &["1 sound file is of other subsets of FMA (medium) and left out; subset = \"medium\" takes"],
    );

    write_experiment(folder, &format!("{dataset}, subset = \"medium\""), FOLDS);
    let (clips, output) = clips_of(folder, &["--data", "fma", "--features", "rms"]);
    assert_eq!(clips[2], ["001010", "Pop", "7", "validation"]);
    says(&output, &["lists 3 clips where FMA-medium has 25000"]);
    let written = fs::read_to_string(folder.join("clips.csv")).unwrap();
    assert!(written.lines().next().unwrap().contains("rms.mean"), "{written}");

    let output = command(folder, &["features", "fma", "--features", "zcr", "--out", "folders.csv"]);
    expect(&output, 0);
    says(
        &output,
        &["labels are the names of folders (000, 001), and all of them are numbers", "name an experiment"],
    );
}

#[test]
fn what_an_experiment_leaves_open_of_its_features_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_corpus(&folder.join("music"), 2, 2);
    write_experiment(folder, "name = \"folder\", path = \"music\"", FOLDS);
    let mut two = fs::read_to_string(folder.join("e.toml")).unwrap();
    two += "[[row]]\nname = \"loud\"\nmodel = \"knn\"\nfeatures = { list = [\"rms\"], statistics = [\"mean\", \"max\"] }\n";
    fs::write(folder.join("e.toml"), &two).unwrap();
    let features =
        |more: &[&str]| command(folder, &[&["features", "e.toml", "--out", "x.csv"], more].concat());
    for (more, part) in [
        (&[][..], "2 different recipes of features; say which with --row NAME (one, two, loud)"),
        (&["--row", "lout"], "no row of e.toml is called `lout`"),
        (&["--row", "loud", "--set", "mipt"], "--row and features named here are two recipes"),
        (&["--row", "loud", "--seconds", "1"], "seconds is part of the experiment's recipe"),
        (&["music"], "e.toml is an experiment; name it alone"),
    ] {
        let output = features(more);
        expect(&output, 2);
        says(&output, &[part]);
    }
    expect(&features(&["--row", "loud"]), 0);
    let written = fs::read_to_string(folder.join("x.csv")).unwrap();
    assert!(written.starts_with("clip_id,label,group,fold,rms.mean.00,rms.max.00\n"), "{written}");

    let output =
        command(folder, &["features", "music", "--features", "zcr", "--data", "music", "--out", "x.csv"]);
    expect(&output, 2);
    says(&output, &["--data says where an experiment's data set lies"]);
    let output = command(folder, &["features", "demo", "--out", "x.csv"]);
    expect(&output, 2);
    says(&output, &["different recipes of features"]);
}

#[test]
fn labels_in_a_list_stand_in_for_class_folders() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (clip, name) in ["a.wav", "b.wav", "deep/c.wav", "deep/d.wav", "e.wav"].iter().enumerate() {
        write_tone(&folder.join("music").join(name), 0.6, 300.0 + 90.0 * clip as f64);
    }
    write_experiment(folder, "name = \"folder\", path = \"music\"", FOLDS);
    let output = command(folder, &["features", "e.toml", "--out", "x.csv"]);
    expect(&output, 1);
    // There is one folder, and so one class.
    says(&output, &["one class only, 'deep'"]);

    write_experiment(folder, "name = \"folder\", path = \"music\", labels = \"lists/l.csv\"", FOLDS);
    let output = command(folder, &["features", "e.toml", "--out", "x.csv"]);
    expect(&output, 1);
    says(&output, &["l.csv is not there: labels = expects a CSV with the columns filename and label"]);

    // Beside the experiment, and then in the folder too, which goes before.
    let list = "filename,genre,artist,split\na.wav,rock,X,train\nb,rock,Y,test\nc.wav,pop,X,train\ndeep/d,pop,Z,test\nz.wav,pop,Z,test\n";
    let wanted = [
        ["a.wav", "rock", "X", "train"],
        ["b.wav", "rock", "Y", "test"],
        ["deep/c.wav", "pop", "X", "train"],
        ["deep/d.wav", "pop", "Z", "test"],
    ];
    fs::create_dir(folder.join("lists")).unwrap();
    fs::write(folder.join("lists/l.csv"), list).unwrap();
    let (clips, output) = clips_of(folder, &[]);
    assert_eq!(clips, wanted);
    says(
        &output,
        &["1 line of", "names no clip that is there: z.wav", "1 clip has no line in", "left out: e.wav"],
    );
    fs::create_dir(folder.join("music/lists")).unwrap();
    fs::write(folder.join("music/lists/l.csv"), list.replace("rock", "folk") + "e,folk,X,train\n").unwrap();
    let (clips, output) = clips_of(folder, &[]);
    assert_eq!((clips.len(), clips[0][1].as_str()), (5, "folk"));
    let told = text(&output.stderr);
    assert!(!told.contains("passed over") && !told.contains("no line in"), "{told}");

    let ruled = "name = \"folder\", path = \"music\", labels = \"lists/l.csv\", group = \"top\", classes = [\"folk\", \"pop\"]";
    write_experiment(folder, ruled, FOLDS);
    let groups: Vec<String> = clips_of(folder, &[]).0.into_iter().map(|[_, _, group, _]| group).collect();
    assert_eq!(groups, ["a.wav", "b.wav", "deep", "deep", "e.wav"]);

    fs::write(folder.join("music/lists/l.csv"), format!("{list}a,pop,X,train\n")).unwrap();
    let output = command(folder, &["features", "e.toml", "--out", "x.csv"]);
    expect(&output, 1);
    says(&output, &["l.csv, line 7: clip 'a' has label 'pop'", "and in line 2 label 'rock'"]);
}

#[test]
fn folders_of_sides_hold_the_classes_and_are_an_official_split() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (side, clips, higher) in [("train", 3, 0.0), ("Test", 2, 7.0)] {
        for (class, genre) in ["pop", "rock"].iter().enumerate() {
            for clip in 0..clips {
                let place = folder.join(format!("music/{side}/{genre}/{side}{clip}/s_{clip}.wav"));
                write_tone(&place, 0.6, 300.0 * (class + 1) as f64 + 17.0 * f64::from(clip) + higher);
            }
        }
    }
    // A folder without sound changes nothing, and what it holds is told as elsewhere.
    fs::create_dir_all(folder.join("music/artwork")).unwrap();
    fs::write(folder.join("music/artwork/song.wma"), "sound of another kind").unwrap();
    write_experiment(folder, "name = \"folder\", path = \"music\"", "kind = \"official\"");
    let (clips, output) = clips_of(folder, &[]);
    says(
        &output,
        &["taken for the sides of a split", ": Test, train", "1 sound file of kinds that are not read"],
    );
    assert_eq!(clips.len(), 10);
    assert_eq!(clips[0], ["Test/pop/Test0/s_0.wav", "pop", "", "Test"]);
    assert_eq!(clips[9], ["train/rock/train2/s_2.wav", "rock", "", "train"]);
    expect(&command(folder, &["run", "e.toml", "--out", "run", "--no-cache"]), 0);
    let predictions = fs::read_to_string(folder.join("run/predictions.csv")).unwrap();
    assert_eq!(predictions.lines().count(), 1 + 2 * 4, "{predictions}");
    assert!(!predictions.contains("train/rock"), "{predictions}");

    // An artist is one in whatever class and side, an album in one class alone.
    write_experiment(folder, "name = \"folder\", path = \"music\", group = \"top\"", FOLDS);
    let (clips, _) = clips_of(folder, &[]);
    assert_eq!((clips[0][2].as_str(), clips[9][2].as_str()), ("Test0", "train2"));
    write_experiment(folder, "name = \"folder\", path = \"music\", group = \"parent\"", FOLDS);
    let output = command(folder, &["features", "e.toml", "--out", "clips.csv"]);
    expect(&output, 1);
    says(&output, &["`group` finds no two of the 10 clips"]);

    // With sound of its own such a folder is a class like any other.
    write_tone(&folder.join("music/train/stray.wav"), 0.6, 500.0);
    write_experiment(folder, "name = \"folder\", path = \"music\"", FOLDS);
    let (clips, output) = clips_of(folder, &[]);
    assert_eq!(clips[0][1], "Test");
    says(&output, &["folders are called as the sides of a split are, and taken for classes"]);
}

/// A vector or matrix as numpy keeps it.
fn npy(shape: &str, values: &[f64]) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

fn write_npz(path: &Path, arrays: &[(String, Vec<u8>)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in arrays {
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_vector_a_clip_is_an_embedding_and_a_bare_matrix_is_told_to_name_its_clips() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_corpus(&folder.join("music"), 2, 4);
    let run = |weights: &str| {
        let text = format!(
            "title = \"t\"\ndataset = {{ name = \"folder\", path = \"music\" }}\n\
             features = {{ embedding = \"table\", weights = \"{weights}\" }}\nsplit = {{ {FOLDS} }}\n{TWO_ROWS}"
        );
        fs::write(folder.join("e.toml"), text).unwrap();
        let _ = fs::remove_dir_all(folder.join("run"));
        command(folder, &["run", "e.toml", "--out", "run", "--no-cache"])
    };
    let vector = |class: usize, clip: usize, length: usize| {
        let values: Vec<f64> = (0..length).map(|n| (10 * class + clip + n) as f64).collect();
        (format!("class{class}/clip{clip}"), npy(&format!("{length},"), &values))
    };
    let mut arrays: Vec<_> = (0..8).map(|place| vector(place / 4, place % 4, 3)).collect();
    write_npz(&folder.join("v.npz"), &arrays);
    let output = run("v.npz");
    expect(&output, 0);
    let predictions = fs::read_to_string(folder.join("run/predictions.csv")).unwrap();
    assert_eq!(predictions.lines().count(), 1 + 2 * 8, "{predictions}");

    arrays[5] = vector(1, 1, 4);
    write_npz(&folder.join("v.npz"), &arrays);
    let output = run("v.npz");
    expect(&output, 1);
    says(&output, &["one vector a clip", "'class1/clip1' has 4 numbers, 'class0/clip0' has 3"]);
    arrays[5].1 = npy("3, 2", &[0.0; 6]);
    write_npz(&folder.join("v.npz"), &arrays);
    let output = run("v.npz");
    expect(&output, 1);
    says(&output, &["'class1/clip1' is no vector of numbers, its shape is [3, 2]"]);
    fs::write(folder.join("X.npy"), npy("8, 2", &[0.5; 16])).unwrap();
    let output = run("X.npy");
    expect(&output, 1);
    says(&output, &["a bare matrix names no clips", "X=X, ids=ids"]);
}

#[test]
fn a_table_of_pieces_is_told_and_its_songs_can_be_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut table = "filename,a,b,label\n".to_string();
    for place in 0..24 {
        let (label, song, piece) = (["blues", "jazz"][place / 12], place / 3 % 4, place % 3);
        let noise = (place * 7 % 11) as f64 / 11.0;
        table += &format!("{label}.{song:05}.{piece}.wav,{},{},{label}\n", noise + (place / 12) as f64, song);
    }
    fs::write(folder.join("t.csv"), table).unwrap();
    let run = |more: &str, split: &str| {
        let text = format!(
            "title = \"t\"\ndataset = {{ name = \"table\", path = \"t.csv\"{more} }}\nsplit = {{ {split} }}\n{TWO_ROWS}"
        );
        fs::write(folder.join("e.toml"), text).unwrap();
        let _ = fs::remove_dir_all(folder.join("run"));
        command(folder, &["run", "e.toml", "--out", "run"])
    };
    let output = run("", FOLDS);
    expect(&output, 0);
    let note = "looks like pieces of clips: 24 ids of 8 names";
    says(&output, &[note, "group = \"before_last:.\""]);
    assert!(fs::read_to_string(folder.join("run/run.json")).unwrap().contains(note));

    let output = run(", group = \"before_last:.\"", "kind = \"group_kfold\", folds = 2");
    expect(&output, 0);
    says(&output, &["8 artists or sources found by `group`, the largest first: blues.00000 (3)"]);
    assert!(!text(&output.stderr).contains("looks like pieces"));
    let output = run(", group = \"before_last:+\"", "kind = \"group_kfold\", folds = 2");
    expect(&output, 1);
    says(&output, &["t.csv: `group` finds no two of the 24 ids to be of one artist or source"]);
}

/// An ONNX file of one Relu, from an input of the shape [1, 96, 64] to an output of the same.
fn write_relu(path: &Path) {
    let part = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).ok().filter(|length| *length < 128).unwrap();
        [&[number << 3 | 2, length][..], bytes].concat()
    };
    let size = |size: u8| part(1, &[1 << 3, size]);
    let shape = part(2, &[size(1), size(96), size(64)].concat());
    let of_floats = part(2, &part(1, &[vec![1 << 3, 1], shape].concat()));
    let node = [part(1, b"mel"), part(2, b"out"), part(4, b"Relu")].concat();
    let graph = [
        part(1, &node),
        part(2, b"g"),
        part(11, &[part(1, b"mel"), of_floats.clone()].concat()),
        part(12, &[part(1, b"out"), of_floats].concat()),
    ];
    let version = vec![1 << 3, 8];
    fs::write(path, [version, part(7, &graph.concat()), part(8, &[2 << 3, 17])].concat()).unwrap();
}

#[test]
fn an_output_of_several_axes_needs_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_tone(&folder.join("song.wav"), 1.5, 440.0);
    write_relu(&folder.join("relu.onnx"));
    let features = |over: &str| {
        fs::write(folder.join("front.toml"), format!("log = \"none\"\n{over}")).unwrap();
        let onnx = ["--embedding", "onnx", "--weights", "relu.onnx", "--front-end", "front.toml", "--json"];
        command(folder, &[&["features", "song.wav"][..], &onnx].concat())
    };
    let output = features("");
    expect(&output, 1);
    says(&output, &["gives an output of the shape [1, 96, 64]", "say over = \"mean\""]);
    let output = features("over = \"max\"\n");
    expect(&output, 1);
    says(&output, &["front.toml", "mean"]);
    let output = features("over = \"mean\"\n");
    expect(&output, 0);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = rows[0]["features"].as_object().unwrap();
    assert_eq!(row.len(), 64, "{row:?}");
    let values: Vec<f64> = row.values().map(|value| value.as_f64().unwrap()).collect();
    assert!(values.iter().all(|value| *value > 0.009), "{values:?}");
    let loudest = (0..64).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap();
    assert!((5..30).contains(&loudest), "the tone stands in band {loudest}");
}
