//! Wrong commands and wrong experiment files: a message that names the mistake, exit 2, nothing begun.

use std::fs;
use std::process::Command;

use crate::support::{TWO_ROWS, expect, genrebench, says, text, write_corpus, write_experiment, write_tone};

fn run_text(body: &str) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("experiment.toml");
    fs::write(&path, body).unwrap();
    genrebench().arg("run").arg(&path).arg("--out").arg(folder.path().join("out")).output().unwrap()
}

const HEAD: &str = "title = \"t\"\ndataset = { name = \"synth\" }\nfeatures = { set = \"mipt\" }\n\
                    split = { kind = \"stratified\", test = 0.25, repeats = 1 }\n";

#[test]
fn a_typo_in_a_key_is_named_with_its_line_and_a_suggestion() {
    let output = run_text(&format!("{HEAD}prepair = [\"standardize\"]\n{TWO_ROWS}"));
    expect(&output, 2);
    says(&output, &["experiment.toml:5", "`prepair`", "did you mean `prepare`?"]);
}

#[test]
fn a_typo_in_a_rows_parameter_is_named() {
    let output = run_text(&format!("{HEAD}[[row]]\nname = \"a\"\nmodel = \"knn\"\nn_neighbours = 3\n"));
    expect(&output, 2);
    says(&output, &["experiment.toml:8", "n_neighbours", "n_neighbors"]);
}

#[test]
fn an_unknown_model_is_refused_with_the_nearest_name() {
    let output = run_text(&format!("{HEAD}[[row]]\nname = \"a\"\nmodel = \"logistic_regresion\"\n"));
    expect(&output, 2);
    says(&output, &["logistic_regresion", "did you mean", "logistic_regression"]);
}

#[test]
fn unknown_sets_features_datasets_and_figures_are_refused() {
    let row = "[[row]]\nname = \"a\"\nmodel = \"majority\"\n";
    for (body, part) in [
        (HEAD.replace("mipt", "mipd") + row, "mipt"),
        (HEAD.replace("set = \"mipt\"", "list = [\"mfc\"]") + row, "mfcc"),
        (HEAD.replace("\"synth\"", "\"sinth\"") + row, "synth"),
        (HEAD.replace("stratified", "startified") + row, "stratified"),
        (format!("{HEAD}{row}published = {{ f1_makro = \"50\" }}\n"), "f1_macro"),
        (format!("{HEAD}{row}published = {{ f1_macro = \"54,25\" }}\n"), "54,25"),
        (HEAD.to_string(), "[[row]]"),
        (format!("{HEAD}{row}{row}"), "two rows"),
        ("title = ".to_string(), "experiment.toml:1"),
    ] {
        let output = run_text(&body);
        expect(&output, 2);
        says(&output, &[part]);
    }
}

/// TOML takes a backslash in double quotes for an escape.
#[test]
fn a_path_of_windows_is_told_how_it_is_written() {
    for path in ["C:\\music", "C:\\Users\\me", "C:\\temp"] {
        let dataset = format!("{{ name = \"folder\", path = \"{path}\" }}");
        let output = run_text(&(HEAD.replace("{ name = \"synth\" }", &dataset) + TWO_ROWS));
        expect(&output, 2);
        says(&output, &["experiment.toml:2", "in TOML write 'C:\\Users\\…' in single quotes"]);
        let told = text(&output.stderr);
        assert_eq!(told.matches("single quotes").count(), 1, "{told}");
    }
}

#[test]
fn unknown_experiments_and_rows_are_refused() {
    let output = genrebench().args(["run", "demoo"]).output().unwrap();
    expect(&output, 2);
    says(&output, &["demoo", "did you mean `demo`"]);

    let folder = tempfile::tempdir().unwrap();
    write_corpus(&folder.path().join("music"), 2, 4);
    let path = write_experiment(folder.path(), "{ kind = \"stratified\", test = 0.5 }", TWO_ROWS);
    let output = genrebench().arg("run").arg(&path).args(["--only", "tow"]).output().unwrap();
    expect(&output, 2);
    says(&output, &["tow", "two"]);
}

#[test]
fn wrong_flags_exit_with_two() {
    for arguments in [&["run"][..], &["nonsense"], &["features", "x.wav"], &["run", "demo", "--threads", "0"]]
    {
        expect(&genrebench().args(arguments).output().unwrap(), 2);
    }
    let folder = tempfile::tempdir().unwrap();
    let song = folder.path().join("a.wav");
    write_tone(&song, 0.5, 440.0);
    let out = folder.path().join("x.xls");
    let output =
        genrebench().arg("features").arg(&song).args(["--set", "esc", "--out"]).arg(out).output().unwrap();
    expect(&output, 2);
    says(&output, &["x.xls", ".csv"]);
}

fn help(command: &[String]) -> String {
    let output = genrebench().args(command).arg("--help").output().unwrap();
    expect(&output, 0);
    text(&output.stdout)
}

/// The names that a help lists below `heading`, at the least indentation there: what is indented more goes on about them.
fn listed(help: &str, heading: &str, mark: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| line.trim() != heading).skip(1);
    let lines: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let least = lines.iter().map(|line| indent(line)).min().unwrap_or(0);
    let names = lines.iter().filter(|line| indent(line) == least);
    let names = names.filter_map(|line| line.trim_start().strip_prefix(mark)?.split([' ', ':']).next());
    names.map(str::to_string).collect()
}

/// Every command that the program itself lists, and every verb of those that have such.
#[test]
fn every_command_has_examples_in_its_help() {
    let mut commands: Vec<Vec<String>> = vec![Vec::new()];
    let mut tried = Vec::new();
    while let Some(command) = commands.pop() {
        let said = help(&command);
        assert!(said.contains("Examples:"), "{command:?}:\n{said}");
        for verb in listed(&said, "Commands:", "").into_iter().filter(|verb| verb != "help") {
            commands.push([command.clone(), vec![verb]].concat());
        }
        tried.push(command.join(" "));
    }
    assert!(tried.len() >= 17, "{tried:?}");
    for known in ["run", "predict", "verify", "leak", "data fetch", "data inspect"] {
        assert!(tried.iter().any(|command| command == known), "{known} is not among {tried:?}");
    }
}

#[test]
fn the_registries_list_themselves() {
    let registries = [
        ("features", "mfcc"),
        ("embeddings", "vggish"),
        ("sets", "mipt"),
        ("models", "lda"),
        ("datasets", "gtzan"),
        ("experiments", "demo"),
        ("metrics", "f1_macro"),
        ("prepare", "impute"),
        ("statistics", "kurtosis"),
        ("papers", "iaml-2018"),
        ("splits", "group_kfold"),
    ];
    let mut known = listed(&help(&["list".to_string()]), "Possible values:", "- ");
    known.sort_unstable();
    let mut tried = registries.map(|(what, _)| what);
    tried.sort_unstable();
    assert_eq!(known, tried);
    for (what, name) in registries {
        let output = genrebench().args(["list", what]).output().unwrap();
        expect(&output, 0);
        assert!(text(&output.stdout).lines().any(|line| line.starts_with(name)), "{what}");
        let output = genrebench().args(["list", what, "--json"]).output().unwrap();
        let items: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(items.as_array().unwrap().iter().any(|item| item["name"] == name), "{what}");
    }
}

/// What `list` says of a split is all that the file may say.
#[test]
fn the_keys_of_a_split_are_listed() {
    let output = genrebench().args(["list", "splits", "--verbose"]).output().unwrap();
    expect(&output, 0);
    let told = text(&output.stdout);
    for key in ["test ", "folds ", "repeats ", "seed ", "validation ", "file ", "unknown "] {
        assert!(told.lines().any(|line| line.trim_start().starts_with(key)), "no {key} in:\n{told}");
    }
    let output = run_text(&(HEAD.replace("repeats = 1", "repeat = 1") + TWO_ROWS));
    expect(&output, 2);
    says(&output, &["no key 'repeat' (did you mean `repeats`?)", "it has: test, repeats, seed"]);
}

/// An installed binary needs no folder of examples beside it.
#[test]
fn a_built_in_file_is_printed_to_start_from() {
    for (what, name, file) in [
        ("experiments", "demo", "experiments/demo.toml"),
        ("papers", "iaml-2018", "data/papers/iaml-2018.toml"),
    ] {
        let output = genrebench().args(["list", what, "--print", name]).output().unwrap();
        expect(&output, 0);
        let written = fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        assert_eq!(text(&output.stdout), text(&written));
    }
    for (arguments, words) in [
        (["list", "experiments", "--print", "dmeo"], "`dmeo` is built in (did you mean `demo`?)"),
        (["list", "models", "--print", "lda"], "--print goes with `list experiments`"),
    ] {
        let output = genrebench().args(arguments).output().unwrap();
        expect(&output, 2);
        says(&output, &[words]);
    }
}

/// A flag that would change nothing is refused, not passed over.
#[test]
fn flags_that_would_do_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 2);
    write_experiment(root, "{ kind = \"stratified\", test = 0.5 }", TWO_ROWS);
    for (arguments, words) in [
        (&["report", "--compare", "a", "b", "--ties", "mcnemar"][..], &["--ties", "--compare"][..]),
        (&["report", "--compare", "a", "b", "--format", "md"], &["--out DIR", "--format md"]),
        (&["data", "inspect", "music", "--data", "music"], &["--data", "a folder is one itself: music"]),
        (
            &["data", "inspect", "experiment.toml", "--dataset", "esc10"],
            &["--dataset", "its own data set: folder"],
        ),
        (&["data", "inspect", "music", "--dataset", "folder", "--data", "music"], &["--dataset", "--data"]),
        (&["data", "inspect", "demo", "--data", "music"], &["synth has no files", "leave --data out"]),
        (&["data", "inspect", "music", "--dataset", "synth"], &["synth has no files", "name an experiment"]),
    ] {
        let output = genrebench().args(arguments).current_dir(root).output().unwrap();
        expect(&output, 2);
        says(&output, words);
    }
    for arguments in [
        &["data", "inspect", "music"][..],
        &["data", "inspect", "music", "--dataset", "folder"],
        &["data", "inspect", "experiment.toml", "--data", "music"],
    ] {
        let output =
            genrebench().args(arguments).args(["--no-decode", "-q"]).current_dir(root).output().unwrap();
        expect(&output, 0);
    }
}

/// What a terminal would obey is escaped in JSON, so that a program reads the name as it is.
#[test]
fn json_gives_every_name_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "right\u{200f}to\u{202e}left\u{7f}";
    write_tone(&folder.path().join(odd).join("a.wav"), 0.5, 440.0);
    write_tone(&folder.path().join("plain/a.wav"), 0.5, 550.0);
    let mut command = genrebench();
    command.args(["data", "inspect"]).arg(folder.path()).args(["--no-decode", "--json", "--quiet"]);
    let output = command.output().unwrap();
    expect(&output, 0);
    let said = text(&output.stdout);
    assert!(said.contains("right\\u200fto\\u202eleft\\u007f") && !said.contains(odd), "{said}");
    let value: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(value["classes"][odd], 1, "{value}");
}

#[test]
fn completions_are_written_for_the_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let output = genrebench().args(["completions", shell]).output().unwrap();
        expect(&output, 0);
        assert!(text(&output.stdout).contains("genrebench"));
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    use std::process::Stdio;
    let mut child = genrebench()
        .args(["list", "features"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    expect(&output, 0);
}

/// Only the reading has ended, not what is wrong.
#[test]
fn a_reader_that_leaves_early_does_not_turn_failure_into_success() {
    use std::process::Stdio;
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.wav"), folder.path().join("bad.wav"));
    write_tone(&good, 0.5, 440.0);
    fs::write(&bad, b"no").unwrap();
    let mut command = genrebench();
    command.args(["features", "--features", "zcr", "--json"]).args([&good, &bad]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    expect(&output, 1);
    says(&output, &["1 of 2 clips could not be used"]);
}

/// Whoever reads the notes may have gone, and a path may hold any bytes.
#[cfg(target_os = "linux")]
#[test]
fn a_lost_stderr_and_odd_paths_break_nothing() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 4);
    let rows = TWO_ROWS;
    let experiment = write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", rows);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = genrebench();
    command.arg("run").arg(&experiment).arg("--data").arg(root.join("music")).arg("--no-cache");
    let out = root.join(std::ffi::OsStr::from_bytes(b"out\xff"));
    let output = command.arg("--out").arg(&out).stderr(full).output().unwrap();
    expect(&output, 0);
    assert!(out.join("table.md").exists());
    let odd = root.join(std::ffi::OsStr::from_bytes(b"d\xff"));
    std::fs::rename(root.join("music"), &odd).unwrap();
    let mut command = genrebench();
    let output =
        command.arg("run").arg(&experiment).arg("--data").arg(&odd).arg("--out").arg(root.join("o")).output();
    let output = output.unwrap();
    expect(&output, 2);
    says(&output, &["is not UTF-8"]);
}

/// Two files are two rows, also where their names differ in nothing that is text.
#[cfg(target_os = "linux")]
#[test]
fn files_whose_names_are_not_utf_8_are_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let paths = [&b"q\xe8.wav"[..], b"q\xe9.wav"].map(|name| folder.path().join(OsStr::from_bytes(name)));
    paths.iter().for_each(|path| write_tone(path, 0.5, 440.0));
    let output =
        genrebench().args(["features", "--features", "zcr", "--json"]).args(&paths).output().unwrap();
    expect(&output, 0);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = ["q%E8.wav", "q%E9.wav"];
    assert_eq!(rows.as_array().unwrap().len(), ids.len());
    for (row, id) in ids.iter().enumerate() {
        assert!(rows[row]["clip_id"].as_str().unwrap().ends_with(id), "{rows}");
    }
}

/// A record names the source that made it as Git does, so that it leads back to a commit.
#[test]
fn the_version_names_the_source() {
    let output = genrebench().arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let source = text.trim().split_once(", source ").unwrap().1;
    assert!(source.len() == 40 && source.chars().all(|digit| digit.is_ascii_hexdigit()), "{text}");
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output();
        output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
    };
    if git(&["status", "--porcelain", "--ignored", "src"]).is_none_or(|changed| !changed.is_empty()) {
        eprintln!("skipped: no Git here, or changes in src that no commit has yet");
        return;
    }
    assert_eq!(git(&["rev-parse", "HEAD:src"]).unwrap(), format!("{source}\n").into_bytes());
}
