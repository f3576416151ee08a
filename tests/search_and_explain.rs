//! Searched and explained rows and other crates' engines through the binary: what is recorded, continued, checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{expect, genrebench, says, text, write_corpus, write_experiment};

const ROWS: &str = "[[row]]\nname = \"grid\"\nmodel = \"knn\"\n[row.search]\nfolds = 2\nspace = { n_neighbors = [1, 400, 2] }\n\
    [[row]]\nname = \"random\"\nmodel = \"logistic_regression\"\nexplain = { repeats = 2 }\n[row.search]\nmethod = \"random\"\n\
    trials = 4\nfolds = 2\nmetric = \"log_loss\"\nspace = { C = { log_uniform = [1e-4, 10] } }\n";

fn run(root: &Path, out: &str) -> Command {
    let mut command = genrebench();
    command.arg("run").arg(root.join("experiment.toml")).args(["--quiet", "--data"]).arg(root.join("music"));
    command.arg("--out").arg(root.join(out)).arg("--cache").arg(root.join("cache"));
    command
}

fn cells(folder: &Path) -> Vec<PathBuf> {
    let mut cells: Vec<PathBuf> =
        std::fs::read_dir(folder.join("cells")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cells.sort();
    cells
}

#[test]
fn every_trial_and_importance_is_kept_continued_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 8);
    write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", ROWS);
    expect(&run(root, "run").args(["--threads", "1"]).output().unwrap(), 0);
    let read = |name: &str| std::fs::read_to_string(root.join("run").join(name)).unwrap();
    let trials = read("trials.csv");
    assert_eq!(trials.lines().count(), 1 + 2 * (3 + 4), "{trials}");
    assert_eq!(trials.matches(",true,").count(), 4, "one winner a cell");
    assert!(
        trials.lines().filter(|line| line.contains("400")).all(|line| line.contains(",false,f1_macro,,"))
    );
    let importances = read("importances.csv");
    assert!(importances.contains("random,0,0,group,mfcc,f1_macro,"), "{importances}");

    // Half of the cells are lost: the same bytes again, with other threads.
    for cell in cells(&root.join("run")).iter().step_by(2) {
        std::fs::remove_file(cell).unwrap();
    }
    expect(&run(root, "run").args(["--threads", "2"]).output().unwrap(), 0);
    assert_eq!((read("trials.csv"), read("importances.csv")), (trials.clone(), importances));
    let mut verify = genrebench();
    verify.arg("verify").arg(root.join("run")).args(["--all", "--quiet"]);
    let verified = verify.output().unwrap();
    expect(&verified, 0);

    let mut explain = genrebench();
    let shown = explain.arg("explain").arg(root.join("run")).output().unwrap();
    expect(&shown, 0);
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("random: macro F1 lost when a column is shuffled") && shown.contains("mfcc.mean."),
        "{shown}"
    );

    // An edited trial does not hold.
    std::fs::write(root.join("run/trials.csv"), trials.replacen("true", "false", 1)).unwrap();
    let spoiled = verify.output().unwrap();
    expect(&spoiled, 1);
    assert!(text(&spoiled.stdout).contains("trials.csv does not follow from the cells"));
}

#[test]
fn the_command_line_can_ask_for_importances_and_verify_knows() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 4);
    let row = "[[row]]\nname = \"nb\"\nmodel = \"gaussian_nb\"\n";
    write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", row);
    expect(&run(root, "plain").output().unwrap(), 0);
    let none = genrebench().arg("explain").arg(root.join("plain")).output().unwrap();
    expect(&none, 2);
    says(&none, &["no explanation", "--explain"]);
    expect(&run(root, "asked").arg("--explain").output().unwrap(), 0);
    expect(&genrebench().arg("explain").arg(root.join("asked")).arg("--json").output().unwrap(), 0);
    expect(
        &genrebench().arg("verify").arg(root.join("asked")).args(["--all", "--quiet"]).output().unwrap(),
        0,
    );
}

#[test]
fn a_search_that_cannot_be_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 4);
    for (search, words) in [
        ("space = { k = [1] }", "`k`"),
        ("space = { n_neighbors = [] }", "n_neighbors"),
        ("space = { n_neighbors = [0, 1] }", "n_neighbors"),
        ("folds = 1, space = { n_neighbors = [1] }", "2 folds or more"),
        ("metric = \"f1\", space = { n_neighbors = [1] }", "no metric `f1`"),
        ("space = { p = { uniform = [1, 3] } }", "only method = \"random\""),
        ("space = {}", "names no parameter"),
    ] {
        let row = format!("[[row]]\nname = \"r\"\nmodel = \"knn\"\nsearch = {{ {search} }}\n");
        write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", &row);
        let output = run(root, "out").output().unwrap();
        expect(&output, 2);
        says(&output, &["experiment.toml:9: row \"r\": search: ", words]);
    }
}

#[test]
fn an_engine_that_fails_fails_its_row_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_corpus(&root.join("music"), 2, 6);
    let row = |name: &str, model: &str, more: &str| {
        format!("[[row]]\nname = \"{name}\"\nmodel = \"{model}\"\n{more}\n")
    };
    let rows = row("ours", "svc", "engine = \"native\"\nC = 3")
        + &row("theirs", "svc", "engine = \"linfa\"\nC = 3")
        + &row("theirs too", "knn", "engine = \"smartcore\"\nn_neighbors = 1")
        + &row(
            "hasty",
            "random_forest",
            "engine = \"smartcore\"\nn_estimators = 60000\nengine_seconds = 0.001",
        );
    write_experiment(root, "{ kind = \"stratified_kfold\", folds = 2 }", &rows);
    let output = run(root, "run").output().unwrap();
    expect(&output, 1);
    says(
        &output,
        &["2 of 8 cells failed", "hasty (repeat 0, fold 0): ", "did not fit within engine_seconds"],
    );
    let predictions = std::fs::read_to_string(root.join("run/predictions.csv")).unwrap();
    for name in ["ours", "theirs", "theirs too"] {
        assert_eq!(predictions.lines().filter(|line| line.starts_with(&format!("{name},"))).count(), 12);
    }
    let mut fit = genrebench();
    fit.arg("fit").arg(root.join("experiment.toml")).args(["--row", "theirs", "--quiet", "--data"]);
    let output = fit.arg(root.join("music")).arg("--out").arg(root.join("m")).output().unwrap();
    expect(&output, 2);
    says(&output, &["fit the native one"]);
    write_experiment(
        root,
        "{ kind = \"stratified_kfold\", folds = 2 }",
        &row("r", "lda", "engine = \"linfa\""),
    );
    let output = run(root, "none").output().unwrap();
    expect(&output, 2);
    says(&output, &["experiment.toml:9", "no engine \"linfa\" has this model"]);
}

/// Three artists a class, and columns that tell the classes apart with some noise.
fn write_table(root: &Path) {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24)
    };
    let rows = (0..60).map(|n| {
        let (class, artist) = (n % 2, n / 2 % 5);
        format!("c{n},{class},a{class}{artist},{},{}\n", noise() + 0.5 * f64::from(class), noise())
    });
    std::fs::write(root.join("t.csv"), format!("clip_id,label,group,x,y\n{}", rows.collect::<String>()))
        .unwrap();
}

fn run_rows(root: &Path, rows: &str, out: &str) {
    let text = format!(
        "title = \"t\"\ndataset = {{ name = \"table\", path = \"t.csv\" }}\nprepare = [\"standardize\"]\n\
         split = {{ kind = \"group_kfold\", folds = 2 }}\n{rows}"
    );
    std::fs::write(root.join("e.toml"), text).unwrap();
    let mut command = genrebench();
    command.current_dir(root).args(["run", "e.toml", "--quiet", "--out", out]);
    expect(&command.output().unwrap(), 0);
}

#[test]
fn being_asked_what_mattered_changes_nothing_that_a_network_learns() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    let row = "[[row]]\nname = \"n\"\nmodel = \"mlp\"\nhidden = [8]\n\
               train = { epochs = 12, validation = 0.3, patience = 3 }\n";
    run_rows(root, row, "plain");
    run_rows(root, &format!("{row}explain = true\n"), "explained");
    let read = |out: &str| std::fs::read_to_string(root.join(out).join("predictions.csv")).unwrap();
    assert_eq!(read("plain"), read("explained"));
}

#[test]
fn what_the_test_side_would_have_chosen_is_known_of_nested_parameters_too() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    let row = "[[row]]\nname = \"n\"\nmodel = \"mlp\"\nhidden = [4]\ntrain = { epochs = 3, validation = 0 }\n[row.search]\nfolds = 2\n\
               optimistic = true\nspace = { \"train.learning_rate\" = [0.001, 0.01] }\n";
    run_rows(root, row, "out");
    let read = |name: &str| std::fs::read_to_string(root.join("out").join(name)).unwrap();
    assert!(read("table.md").contains("chosen by the test side itself it would have shown"));
    // The model's own look, and one of each trial.
    assert_eq!(read("ledger.jsonl").lines().count(), 2 * (1 + 2));
    for cell in cells(&root.join("out")) {
        let record: serde_json::Value = serde_json::from_slice(&std::fs::read(cell).unwrap()).unwrap();
        assert_eq!(record["search"]["optimistic"]["looks"], 2, "{}", record["search"]);
    }
}

/// Of each clip the fold that tested it, and whether it was told rightly.
type Tested = BTreeMap<String, (String, bool)>;

fn tested(run: &Path) -> Tested {
    let predictions = std::fs::read_to_string(run.join("predictions.csv")).unwrap();
    let of_line = |line: &str| {
        let fields: Vec<String> = line.split(',').map(String::from).collect();
        (fields[3].clone(), (fields[2].clone(), fields[4] == fields[5]))
    };
    predictions.lines().skip(1).map(of_line).collect()
}

/// The same clips in other folds are the same clips.
#[test]
fn runs_of_other_folds_are_compared_clip_by_clip() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    let row = "[[row]]\nname = \"m\"\nmodel = \"majority\"\n";
    run_rows(root, row, "a");
    // A split without a seed of its own draws by the experiment's.
    run_rows(root, &format!("seed = 5\n{row}"), "b");
    let [a, b] = ["a", "b"].map(|run| tested(&root.join(run)));
    assert!(a.len() == 60 && a.keys().eq(b.keys()), "the same clips");
    let beside_c0 = |run: &Tested| run.values().map(|(fold, _)| *fold == run["c0"].0).collect::<Vec<_>>();
    assert_ne!(beside_c0(&a), beside_c0(&b), "in other folds, whatever their numbers");
    let output =
        genrebench().current_dir(root).args(["report", "--compare", "a", "b", "--json"]).output().unwrap();
    expect(&output, 0);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["rows"][0]["paired"], true, "{found}");
    let right_only = |here: &Tested, there: &Tested| {
        here.values().zip(there.values()).filter(|(here, there)| here.1 && !there.1).count()
    };
    let pair = &found["rows"][0]["pair"];
    assert_eq!(pair["mcnemar"][0], right_only(&b, &a), "{found}");
    assert_eq!(pair["mcnemar"][1], right_only(&a, &b), "{found}");
    assert!(pair["t_test"].is_null(), "folds of one number tested other clips: {found}");
}

/// The second run's paper printed figures of another metric: it is read by the first one's all the same.
#[test]
fn two_runs_are_compared_by_the_metric_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    let row = "[[row]]\nname = \"m\"\nmodel = \"nearest_centroid\"\n";
    run_rows(root, &format!("{row}published = {{ f1_weighted = \"81.2\" }}\n"), "a");
    run_rows(root, row, "b");
    for runs in [["a", "b"], ["b", "a"]] {
        let mut command = genrebench();
        let output =
            command.current_dir(root).args(["report", "--compare"]).args(runs).arg("--json").output();
        let found: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
        let row = &found["rows"][0];
        assert!(row["score_a"].is_f64() && row["score_a"] == row["score_b"], "{runs:?}: {found}");
    }
}

/// Of runs on other clips nothing is paired: the second, of noise, is worse all the same.
#[test]
fn runs_of_other_clips_are_compared_as_independent() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let row = "[[row]]\nname = \"m\"\nmodel = \"nearest_centroid\"\n";
    write_table(root);
    let table = std::fs::read_to_string(root.join("t.csv")).unwrap();
    // Of the first run's clips one column tells the classes apart, of the second's none does.
    for (run, prefix, apart) in [("a", "c", 9), ("b", "d", 0)] {
        let lines = table.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let [id, class, group, _, noise] = cells[..] else { panic!("{line}") };
            let shift = apart * class.parse::<i32>().unwrap();
            let x = f64::from(shift) + noise.parse::<f64>().unwrap();
            format!("{prefix}{},{class},{group},{x},{noise}\n", &id[1..])
        });
        let text = format!("clip_id,label,group,x,y\n{}", lines.collect::<String>());
        std::fs::write(root.join("t.csv"), text).unwrap();
        run_rows(root, row, run);
    }
    let output =
        genrebench().current_dir(root).args(["report", "--compare", "a", "b", "--json"]).output().unwrap();
    expect(&output, 0);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let (row, pair) = (&found["rows"][0], &found["rows"][0]["pair"]);
    assert!(row["paired"] == false && row["identical"] == false, "{found}");
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    assert_eq!(number(&row["score_a"]), 1.0, "{found}");
    assert_eq!(number(&pair["difference"]), number(&row["score_b"]) - 1.0, "{found}");
    let judged = &pair["judgement"];
    assert!(judged["verdict"] == "worse" && number(&judged["high"]) < 0.0, "{found}");
    assert!(pair["t_test"].is_null() && pair["mcnemar"].is_null() && pair["agreement"].is_null(), "{found}");
    assert!(number(&pair["p_bootstrap"]) < 0.05 && pair["p_holm"] == pair["p_bootstrap"], "{found}");
}

/// Whoever explains a cell looks at its test side once more.
#[test]
fn an_explanation_is_a_look_and_one_that_cannot_be_costs_no_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    let row = "[[row]]\nname = \"c\"\nmodel = \"nearest_centroid\"\n";
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    run_rows(root, row, "plain");
    assert!(read("plain/table.md").contains("looked at once a cell (2 looks"), "{}", read("plain/table.md"));
    run_rows(root, &format!("{row}explain = {{ repeats = 1 }}\n"), "explained");
    assert_eq!(read("explained/ledger.jsonl").lines().count(), 2 * 2);
    assert!(read("explained/table.md").contains("looked at 4 times at 2 cells"));
    // It gives no probabilities.
    run_rows(root, &format!("{row}explain = {{ metric = \"log_loss\" }}\n"), "refused");
    assert_eq!(read("refused/predictions.csv"), read("plain/predictions.csv"));
    assert_eq!(read("refused/ledger.jsonl").lines().count(), 2);
    let cell = std::fs::read_to_string(&cells(&root.join("refused"))[0]).unwrap();
    assert!(cell.contains("not explained: `log_loss` has no value here"), "{cell}");
}

#[test]
fn a_row_that_is_not_there_is_answered_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    run_rows(root, "[[row]]\nname = \"naive\"\nmodel = \"gaussian_nb\"\nexplain = { repeats = 1 }\n", "run");
    let output = genrebench().current_dir(root).args(["explain", "run", "--row", "naiv"]).output().unwrap();
    expect(&output, 2);
    says(&output, &["no row called `naiv`", "\"naive\"", "did you mean `naive`"]);
}

/// Members that end on the way to a whole training are trained again on inner folds, and leave nothing behind.
#[test]
fn stacked_checkpoints_are_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write_table(root);
    let row = "[[row]]\nname = \"n\"\nmodel = \"mlp\"\nhidden = [4]\ntrain = { epochs = 2, validation = 0 }\n\
               ensemble = { checkpoints = [1, 2], combine = \"stacking\" }\n";
    run_rows(root, row, "out");
    assert!(std::fs::read_to_string(root.join("out/predictions.csv")).unwrap().contains("all 2 together"));
    assert!(!root.join("out/training").exists());
}

/// Whatever the test rows hold, the same trials score the same and the same of them win.
#[test]
fn tuning_sees_training_rows_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let learned = |n: usize| !n.is_multiple_of(3);
    let list = |learns: bool| -> String {
        (0..90).filter(|n| learned(*n) == learns).map(|n| format!("c{n:02}\n")).collect()
    };
    std::fs::write(root.join("train.txt"), list(true)).unwrap();
    std::fs::write(root.join("test.txt"), list(false)).unwrap();
    let rows = "[[row]]\nname = \"grid\"\nmodel = \"knn\"\n[row.search]\nfolds = 3\nspace = { n_neighbors = [1, 3, 9] }\n\
                [[row]]\nname = \"random\"\nmodel = \"logistic_regression\"\n[row.search]\nmethod = \"random\"\ntrials = 4\n\
                folds = 3\nspace = { C = { log_uniform = [1e-4, 10] } }\n";
    let text = format!(
        "title = \"t\"\ndataset = {{ name = \"table\", path = \"t.csv\" }}\nprepare = [\"impute\", \"standardize\"]\n\
         split = {{ kind = \"list\", train = \"train.txt\", test = \"test.txt\" }}\n{rows}"
    );
    std::fs::write(root.join("e.toml"), text).unwrap();
    let run = |out: &str, other: bool| {
        let mut state = 7u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1u32 << 24)
        };
        let line = |n: usize| {
            let (class, x, y) = (n / 3 % 2, noise() + 0.4 * (n / 3 % 2) as f64, noise());
            match other && !learned(n) {
                true => format!("c{n:02},{},{},{}\n", 1 - class, 50.0 - 9.0 * x, 1e3 * y),
                false => format!("c{n:02},{class},{x},{y}\n"),
            }
        };
        let table = (0..90).map(line).collect::<String>();
        std::fs::write(root.join("t.csv"), format!("clip_id,label,x,y\n{table}")).unwrap();
        let mut command = genrebench();
        command.current_dir(root).args(["run", "e.toml", "--quiet", "--out", out]);
        expect(&command.output().unwrap(), 0);
        let read = |name: &str| std::fs::read_to_string(root.join(out).join(name)).unwrap();
        (read("trials.csv"), read("predictions.csv"))
    };
    let (as_it_is, otherwise) = (run("as-it-is", false), run("otherwise", true));
    assert_eq!(as_it_is.0.lines().count(), 1 + 3 + 4, "{}", as_it_is.0);
    assert_eq!(as_it_is.0, otherwise.0);
    assert_ne!(as_it_is.1, otherwise.1);
}
