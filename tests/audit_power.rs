//! Every "consistent" says how often it would have come about by chance, and the share it says is the share that passes;
//! and a published figure is held against the interval of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::audit_support::{HEAD, audited, claim, findings, is};
use crate::support::{expect, genrebench, says, text};

/// One claim of each kind of check that can say "consistent".
const EVERY_CHECK: &str = r#"
[test]
support = [10, 20, 10]
labels = ["a", "b", "c"]
[set.two]
positives = 20
negatives = 40
[set.even]
support = [20, 20, 20]
[set.matrix]
support = [10, 12]
[set.bare]
[[claim]]
of = "grid"
metric = "accuracy"
value = "50.0"
unit = "percent"
[[claim]]
of = "kappa"
set = "even"
metric = "kappa"
value = "0.500"
unit = "fraction"
[[claim]]
of = "identity"
metric = "accuracy"
value = "50.0"
unit = "percent"
[[claim]]
of = "identity"
metric = "f1"
average = "micro"
value = "0.50"
unit = "fraction"
[[claim]]
of = "class"
metric = "recall"
class = "a"
value = "0.60"
unit = "fraction"
[[claim]]
of = "class"
metric = "precision"
class = "a"
value = "0.55"
unit = "fraction"
[[claim]]
of = "joint"
metric = "accuracy"
value = "0.50"
unit = "fraction"
[[claim]]
of = "joint"
metric = "f1"
average = "macro"
value = "0.48"
unit = "fraction"
[[claim]]
of = "unbounded"
metric = "f1"
average = "macro"
value = "0.48"
unit = "fraction"
[[claim]]
of = "recalls"
metric = "recall"
average = "macro"
value = "0.48"
unit = "fraction"
[[claim]]
of = "spread"
metric = "accuracy"
value = "50.0"
sd = "2.5"
runs = 3
unit = "percent"
[[claim]]
of = "binary"
set = "two"
metric = "sens"
value = "0.55"
unit = "fraction"
[[claim]]
of = "binary"
set = "two"
metric = "ppv"
value = "0.50"
unit = "fraction"
[[claim]]
of = "infinite"
set = "two"
metric = "lrp"
value = "1.50"
[[claim]]
of = "folds"
set = "two"
metric = "sens"
value = "0.55"
unit = "fraction"
fold_sizes = [20, 19, 21]
fold_positives = [6, 7, 7]
aggregate = "mean_of_scores"
fold_min = "0.50"
fold_max = "0.57"
[[claim]]
of = "pooled"
set = "two"
metric = "sens"
value = "0.55"
unit = "fraction"
folds = 3
aggregate = "score_of_means"
[[claim]]
of = "b"
metric = "accuracy"
value = "72.5"
unit = "percent"
[[matrix]]
of = "matrix"
set = "matrix"
cells = [[7, 3], [2, 10]]
[[matrix]]
of = "bare"
set = "bare"
cells = [[7, 3], [2, 10]]
[[claim]]
of = "matrix"
set = "matrix"
metric = "accuracy"
value = "77.3"
unit = "percent"
[[matrix]]
of = "averaged"
set = "matrix"
runs = 3
cells = [["7.3", "2.7"], ["2.0", "10.0"]]
[[split]]
total = 730
ratio = ["93", "7"]
[[split]]
name = "sized"
total = 730
ratio = ["93", "7"]
sizes = [679, 51]
[[compare]]
a = "grid"
b = "b"
asserted = "p<0.05"
"#;

fn states_its_power(finding: &Value) -> bool {
    finding["would_pass"].is_number() || finding["power"].is_string()
}

#[test]
fn every_consistent_verdict_states_its_power_or_says_why_there_is_none() {
    let output = audited(&format!("{HEAD}{EVERY_CHECK}"), &["--json"]);
    let all = findings(&output);
    let mut checks: Vec<&str> = Vec::new();
    for finding in all.iter().filter(|finding| is(finding, "consistent")) {
        assert!(states_its_power(finding), "{finding:#}");
        checks.push(finding["check"].as_str().unwrap());
    }
    for check in [
        "grid",
        "identity",
        "by class",
        "joint",
        "spread",
        "binary",
        "folds",
        "fold range",
        "matrix",
        "averaged matrix",
        "recount",
        "split",
        "comparison",
    ] {
        assert!(checks.contains(&check), "no consistent {check} in {checks:?}: {all:#?}");
    }
    for paper in ["iaml-2018", "gtzan8-2020", "mipt-2020", "cntk-2020", "tuiasi-2018", "esc-2015"] {
        let output = genrebench().args(["audit", paper, "--json"]).output().unwrap();
        let consistent = findings(&output);
        for finding in consistent.iter().filter(|finding| is(finding, "consistent")) {
            assert!(states_its_power(finding), "{paper}: {finding:#}");
        }
    }
    let words = text(&audited(&format!("{HEAD}{EVERY_CHECK}"), &[]).stdout);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["such values would pass", "no power is defined", "has no largest value"] {
        assert!(words.contains(part), "no {part:?} in {words}");
    }
}

/// A claims file in which the value at each place of `template` is every value of two decimals in turn; the mean share
/// that passes, and the power that the file as it stands states.
fn share_and_power(head: &str, template: &str, printed: &[&str], check: &str) -> (f64, f64) {
    let filled = |of: &str, values: &[String]| {
        let mut text = template.replace("NAME", of);
        for (place, value) in values.iter().enumerate() {
            text = text.replace(&format!("V{place}"), value);
        }
        text
    };
    let as_printed: Vec<String> = printed.iter().map(ToString::to_string).collect();
    let mut claims = format!("{HEAD}{head}{}", filled("stated", &as_printed));
    for place in 0..printed.len() {
        for digits in 0..=100 {
            let mut values = as_printed.clone();
            values[place] = format!("{:.2}", f64::from(digits) / 100.0);
            claims += &filled(&format!("{place} {digits}"), &values);
        }
    }
    let all = findings(&audited(&claims, &["--json"]));
    let of = |name: &str| {
        let found = all.iter().find(|finding| finding["of"] == name && finding["check"] == check);
        found.unwrap_or_else(|| panic!("no {check} of {name}"))
    };
    let stated = of("stated");
    assert!(is(stated, "consistent"), "{stated:#}");
    let passing = (0..printed.len())
        .flat_map(|place| (0..=100).map(move |digits| format!("{place} {digits}")))
        .filter(|name| is(of(name), "consistent"))
        .count();
    let power = stated["would_pass"].as_f64().unwrap_or_else(|| panic!("{stated:#}"));
    (passing as f64 / (101 * printed.len()) as f64, power)
}

#[test]
fn the_stated_power_is_the_share_of_values_that_pass_in_the_figures_place() {
    let two = "[set.s]\npositives = 13\nnegatives = 29\n";
    let classes = "[set.s]\nsupport = [7, 11, 5]\n";
    let claim = |metric: &str, place: usize, more: &str| {
        format!(
            "[[claim]]\nof = \"NAME\"\nset = \"s\"\nmetric = {metric}\nvalue = \"V{place}\"\nunit = \"fraction\"\nrounding = \"half_up\"\n{more}"
        )
    };
    let known = "fold_sizes = [12, 15, 15]\nfold_positives = [4, 4, 5]\naggregate = \"mean_of_scores\"\n";
    let highest = "fold_sizes = [12, 15, 15]\naggregate = \"mean_of_scores\"\nfold_max = \"V1\"\n";
    let pooled = "folds = 3\naggregate = \"score_of_means\"\n";
    let unknown = "folds = 2\naggregate = \"mean_of_scores\"\n";
    let macro_recall = "\"recall\"\naverage = \"macro\"";
    let by_fold = "fold_support = [[3, 5, 2], [4, 6, 3]]\naggregate = \"mean_of_scores\"\n";
    for (head, template, printed, check) in [
        (two, claim("\"ppv\"", 0, ""), &["0.50"][..], "binary"),
        (two, claim("\"sens\"", 0, "") + &claim("\"ppv\"", 1, ""), &["0.54", "0.47"], "binary"),
        (two, claim("\"f1p\"", 0, "") + &claim("\"mcc\"", 1, ""), &["0.52", "0.29"], "binary"),
        (two, claim("\"sens\"", 0, known), &["0.55"], "folds"),
        (two, claim("\"sens\"", 0, known) + &claim("\"acc\"", 1, known), &["0.55", "0.60"], "folds"),
        (two, claim("\"acc\"", 0, highest), &["0.59", "0.67"], "fold range"),
        (two, claim("\"sens\"", 0, unknown) + &claim("\"spec\"", 1, unknown), &["0.55", "0.60"], "folds"),
        (two, claim("\"sens\"", 0, pooled) + &claim("\"acc\"", 1, pooled), &["0.54", "0.60"], "binary"),
        (classes, claim(macro_recall, 0, ""), &["0.49"], "joint"),
        (classes, claim(macro_recall, 0, by_fold), &["0.49"], "folds"),
        (
            classes,
            claim("\"accuracy\"", 0, "") + &claim("\"f1\"\naverage = \"micro\"", 1, ""),
            &["0.48", "0.48"],
            "identity",
        ),
    ] {
        let (share, power) = share_and_power(head, &template, printed, check);
        // MCC lies between −1 and 1, of which the values put in are the upper half.
        if template.contains("mcc") {
            assert!(power < share, "{power} {share}");
        } else {
            assert!((share - power).abs() < 1e-9, "{template}: {share} pass, {power} stated");
        }
    }
}

#[test]
fn a_figure_is_held_against_the_interval_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let (experiment, out) = (folder.path().join("e.toml"), folder.path().join("run"));
    std::fs::write(
        &experiment,
        "title = \"e\"\ndataset = { name = \"synth\", clips_per_genre = 6, seconds = 2 }\n\
         features = { list = [\"mfcc\"], statistics = [\"mean\"] }\nsplit = { kind = \"stratified_kfold\", folds = 3 }\n\
         [[row]]\nname = \"Bayes\"\nmodel = \"gaussian_nb\"\n",
    )
    .unwrap();
    let output =
        genrebench().arg("run").arg(&experiment).arg("--out").arg(&out).args(["--quiet", "--json"]).output();
    let output = output.unwrap();
    expect(&output, 0);
    let comparison: Value = serde_json::from_slice(&output.stdout).unwrap();
    let scores = comparison["rows"][0]["scores"].as_array().unwrap();
    let accuracy = scores.iter().find(|score| score["metric"] == "accuracy").unwrap();
    let (low, high) = (accuracy["low"].as_f64().unwrap(), accuracy["high"].as_f64().unwrap());

    let claims = folder.path().join("claims.toml");
    let held = |of: &str, value: f64, more: &[&str]| {
        let claim = |more: &str| {
            format!(
                "[[claim]]\nof = \"{of}\"\nmetric = \"accuracy\"\nvalue = \"{:.2}\"\nunit = \"percent\"\n{more}",
                100.0 * value
            )
        };
        let (train, folds) = (claim("set = \"train\"\n"), claim("folds = 5\n"));
        let sets = "[set.train]\n";
        std::fs::write(&claims, format!("{HEAD}{sets}{}{train}{folds}", claim(""))).unwrap();
        genrebench().arg("audit").arg(&claims).arg("--run").arg(&out).args(more).output().unwrap()
    };
    for (value, words) in [
        ((low + high) / 2.0, "is inside our interval"),
        (low - 0.05, "is below our interval"),
        (high + 0.05, "is above our interval"),
    ] {
        // The row is the system of the same name, whatever its capitals.
        let output = held("bayes", value, &["--json"]);
        expect(&output, 0);
        let audits: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(audits[0]["notes"][0]["text"].as_str().unwrap().contains("SYNTHETIC DATA"));
        let note = audits[0]["notes"][1]["text"].as_str().unwrap();
        assert!(note.contains(words) && note.contains("95 % interval"), "{note}");
        // The same interval as the run's own table.
        assert!(
            note.contains(&format!("{:.2} % … {:.2} %", 100.0 * low, 100.0 * high)),
            "{note} {low} {high}"
        );
        // What is of another set or over folds has no counterpart in the run.
        let notes: Vec<&str> = audits[0]["notes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["text"].as_str().unwrap())
            .collect();
        assert_eq!(notes.iter().filter(|note| note.contains("our interval")).count(), 1, "{notes:#?}");
        for other in ["1 figure is of the set train, and not held", "1 figure is over 5 folds, and not held"]
        {
            assert!(notes.iter().any(|note| note.contains(other)), "no {other:?} in {notes:#?}");
        }
    }
    let output = held("somebody else", 0.5, &[]);
    expect(&output, 2);
    says(&output, &["somebody else", "Bayes"]);
    // Beside a paper that the run is of it is worth a note.
    let other = folder.path().join("other.toml");
    let head = "[paper]\nid = \"y\"\ntitle = \"y\"\n";
    std::fs::write(&other, format!("{head}{}", claim("Bayes", "accuracy", "0.5", ""))).unwrap();
    let mut both = genrebench();
    both.arg("audit").args([&claims, &other]).arg("--run").arg(&out).arg("--json");
    let output = both.output().unwrap();
    expect(&output, 0);
    let audits: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(audits[0]["notes"].to_string().contains("no row of the run is called as a system of x"));
    assert!(audits[1]["notes"].to_string().contains("our interval"));
    // An unfinished run says of how much its figures are.
    let cells: Vec<_> =
        std::fs::read_dir(out.join("cells")).unwrap().map(|cell| cell.unwrap().path()).collect();
    for (gone, words) in [(&cells[..1], "of 2 of 3 cells only"), (&cells[1..], "none is there")] {
        gone.iter().for_each(|cell| std::fs::remove_file(cell).unwrap());
        let output = held("bayes", 0.5, &["--json"]);
        expect(&output, 0);
        assert!(text(&output.stdout).contains(words), "no {words:?} in {}", text(&output.stdout));
    }
}

/// Runs one row on classes of 49, 28 and 15 clips that columns tell apart badly; its scores.
fn scores_of_unequal_classes(root: &Path, split: &str, out: &str) -> Vec<Value> {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24)
    };
    let classes = [("a", 49), ("b", 28), ("c", 15)].into_iter().enumerate();
    let labels = classes.flat_map(|(place, (label, clips))| vec![(place as f64, label); clips]);
    let rows = labels
        .enumerate()
        .map(|(clip, (place, label))| format!("c{clip},{label},{},{}\n", noise() + 0.4 * place, noise()));
    let table = format!("clip_id,label,x,y\n{}", rows.collect::<String>());
    std::fs::write(root.join("t.csv"), table).unwrap();
    // Whatever is published is in the run's table too.
    std::fs::write(
        root.join("e.toml"),
        format!(
            "title = \"e\"\ndataset = {{ name = \"table\", path = \"t.csv\" }}\nsplit = {split}\n\
             [[row]]\nname = \"Bayes\"\nmodel = \"gaussian_nb\"\npublished = {{ f1_weighted = \"50\", \
             precision_macro = \"50\", precision_weighted = \"50\", recall_macro = \"50\", recall_weighted = \"50\" }}\n"
        ),
    )
    .unwrap();
    let mut command = genrebench();
    command.current_dir(root).args(["run", "e.toml", "--quiet", "--json", "--out", out]);
    let output = command.output().unwrap();
    expect(&output, 0);
    let comparison: Value = serde_json::from_slice(&output.stdout).unwrap();
    comparison["rows"][0]["scores"].as_array().unwrap().clone()
}

/// The notes of an audit of these claims beside a run.
fn notes_beside(root: &Path, claims: &str, run: &str) -> Vec<String> {
    std::fs::write(root.join("claims.toml"), format!("{HEAD}{claims}")).unwrap();
    let mut command = genrebench();
    command.current_dir(root).args(["audit", "claims.toml", "--json", "--run", run]);
    let output = command.output().unwrap();
    expect(&output, 0);
    let audits: Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes = audits[0]["notes"].as_array().unwrap();
    notes.iter().map(|note| note["text"].as_str().unwrap().to_string()).collect()
}

const THREE_FOLDS: &str = "{ kind = \"stratified_kfold\", folds = 3 }";

#[test]
fn each_average_is_held_against_its_own_interval_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let scores = scores_of_unequal_classes(root, THREE_FOLDS, "run");
    let mut seen = BTreeSet::new();
    for (metric, title) in [("f1", "F1"), ("precision", "precision"), ("recall", "recall")] {
        for average in ["macro", "weighted"] {
            let published = claim("Bayes", metric, "0.500000", &format!("average = \"{average}\""));
            let notes = notes_beside(root, &published, "run");
            let name = format!("{metric}_{average}");
            let of_run = scores.iter().find(|score| score["metric"] == name.as_str());
            let of_run = of_run.unwrap_or_else(|| panic!("no {name} in {scores:#?}"));
            let shown = |key: &str| format!("{:.6}", of_run[key].as_f64().unwrap());
            let interval = format!("{}, 95 % interval {} … {} (", shown("mean"), shown("low"), shown("high"));
            let is_it = |note: &&String| note.starts_with(&format!("{average} {title} 0.500000 is"));
            let note = notes.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {notes:#?}"));
            assert!(note.contains(&interval), "no {interval:?} in {note}");
            seen.insert(interval);
        }
    }
    assert_eq!(seen.len(), 6, "scores that are alike could stand for one another: {seen:#?}");
}

/// The mean over the folds of their macro F1, from the predictions of a run.
fn mean_macro_f1(run: &Path) -> f64 {
    let text = std::fs::read_to_string(run.join("predictions.csv")).unwrap();
    let mut folds: BTreeMap<String, Vec<[String; 2]>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        folds.entry(fields[2].into()).or_default().push([fields[4].into(), fields[5].into()]);
    }
    let f1 = |clips: &Vec<[String; 2]>| {
        let classes: BTreeSet<&String> = clips.iter().flatten().collect();
        let of_class = |class: &&String| {
            let count = |is: fn(bool, bool) -> bool| {
                clips.iter().filter(|clip| is(clip[0] == **class, clip[1] == **class)).count() as f64
            };
            2.0 * count(|truth, taken| truth && taken) / (count(|truth, _| truth) + count(|_, taken| taken))
        };
        classes.iter().map(of_class).sum::<f64>() / classes.len() as f64
    };
    folds.values().map(f1).sum::<f64>() / folds.len() as f64
}

#[test]
fn a_mean_of_scores_is_held_against_the_mean_of_the_folds_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let scores = scores_of_unequal_classes(root, THREE_FOLDS, "run");
    let of_folds = |aggregate: &str| {
        let more = format!("average = \"macro\"\nfolds = 3\naggregate = \"{aggregate}\"");
        claim("Bayes", "f1", "0.500000", &more)
    };
    let notes = notes_beside(root, &of_folds("mean_of_scores"), "run");
    let mean = mean_macro_f1(&root.join("run"));
    let words = format!("ours, the mean of the scores of 3 folds, is {mean:.6}, 95 % interval");
    assert!(notes.iter().any(|note| note.contains(&words)), "no {words:?} in {notes:#?}");
    let notes = notes_beside(root, &of_folds("score_of_means"), "run");
    let pooled = scores.iter().find(|score| score["metric"] == "f1_macro").unwrap()["mean"].as_f64().unwrap();
    let words = format!("ours, pooled over 3 folds, is {pooled:.6}, 95 % interval");
    assert!(notes.iter().any(|note| note.contains(&words)), "no {words:?} in {notes:#?}");
    assert!((mean - pooled).abs() > 2e-6, "{mean} {pooled}: the two cannot be told apart");
    // A run of one split has no folds to take a mean of.
    scores_of_unequal_classes(root, "{ kind = \"stratified\", test = 0.3 }", "once");
    let notes = notes_beside(root, &of_folds("mean_of_scores"), "once");
    let words = "1 figure is over 3 folds, and not held against the run, which has no folds";
    assert!(notes.iter().any(|note| note == words), "no {words:?} in {notes:#?}");
}
