//! What `genrebench report` leaves: every format, the mark of a run that is no reproduction, two runs held against
//! each other, pictures of a clip.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{expect, genrebench, says, text, write_tone};

/// Forty invented clips of eight genres, tested by two rows over two folds.
pub fn run(folder: &Path, name: &str, neighbours: usize) -> PathBuf {
    let experiment = folder.join(format!("{name}.toml"));
    fs::write(
        &experiment,
        format!(
            "title = \"50 % of a_b & more\"\ndataset = {{ name = \"synth\", clips_per_genre = 5, seconds = 2 }}\n\
             features = {{ list = [\"mfcc\"], statistics = [\"mean\"] }}\nprepare = [\"standardize\"]\n\
             split = {{ kind = \"stratified_kfold\", folds = 2 }}\n\
             [[row]]\nname = \"same\"\nmodel = \"gaussian_nb\"\npublished = {{ f1_macro = \"50.0\" }}\n\
             [[row]]\nname = \"other\"\nmodel = \"knn\"\nn_neighbors = {neighbours}\n"
        ),
    )
    .unwrap();
    let out = folder.join(name);
    let output = genrebench().arg("run").arg(experiment).arg("--out").arg(&out).arg("-q").output().unwrap();
    expect(&output, 0);
    out
}

#[test]
fn every_format_is_written_and_a_stand_in_is_marked_in_each() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), "a", 1);
    let files = [
        "report.html",
        "table.md",
        "table.tex",
        "table.csv",
        "table.json",
        "table.txt",
        "pairs.csv",
        "comparison.svg",
    ];
    let read = |folder: &Path, name: &str| fs::read_to_string(folder.join(name)).unwrap();
    for file in files {
        let content = read(&out, file);
        assert!(
            content.contains("same") && content.to_lowercase().contains("synthetic"),
            "{file}:\n{content}"
        );
        assert!(!content.contains("NO REPRODUCTION"), "{file}");
    }
    let tex = read(&out, "table.tex");
    assert!(tex.contains("\\toprule") && tex.contains("50 \\% of a\\_b \\& more"), "{tex}");
    assert!(read(&out, "table.csv").lines().all(|line| line.split(',').count() == 24));
    // Forty clips, each tested once by each of two rows.
    let counted = |file: &str, row: &str, column: usize| -> f64 {
        let text = read(&out, file);
        let lines = text.lines().filter(|line| line.split(',').nth(1) == Some(row));
        lines.map(|line| line.split(',').nth(column).unwrap().parse::<f64>().unwrap()).sum()
    };
    for row in ["same", "other"] {
        assert_eq!((counted("by_class.csv", row, 3), counted("confusion.csv", row, 4)), (40.0, 40.0));
        let hits = counted("by_class.csv", row, 5);
        assert_eq!(counted("mistakes.csv", row, 5), 40.0 - hits);
    }
    let lines = |file: &str| -> Vec<Vec<String>> {
        let cells = |line: &str| line.split(',').map(String::from).collect();
        read(&out, file).lines().skip(1).map(cells).collect()
    };
    // Five clips of each genre, and who is taken for whom as the predictions have it.
    let by_class = lines("by_class.csv");
    assert!(by_class.len() == 2 * 8 && by_class.iter().all(|cells| cells[3] == "5"), "{by_class:?}");
    let predictions = lines("predictions.csv");
    for cells in lines("confusion.csv") {
        let alike = |one: &&Vec<String>| [&one[0], &one[4], &one[5]] == [&cells[1], &cells[2], &cells[3]];
        assert_eq!(cells[4], predictions.iter().filter(alike).count().to_string(), "{cells:?}");
    }
    // The two rows against each other, the better one first, as table.json has them.
    let table: serde_json::Value = serde_json::from_str(&read(&out, "table.json")).unwrap();
    let (pairs, pair) = (lines("pairs.csv"), &table["comparisons"][0]["pairs"][0]);
    assert!(pairs.len() == 1 && pairs[0].len() == 14 && !pairs[0][4].starts_with('-'), "{pairs:?}");
    assert_eq!([&pairs[0][1], &pairs[0][2]], [pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap()]);
    let judged = &pair["judgement"];
    let known = [
        &pair["difference"],
        &judged["low"],
        &judged["high"],
        &pair["p_bootstrap"],
        &pair["t_test"]["p"],
        &pair["mcnemar"][2],
        &pair["p_holm"],
    ];
    for (cell, known) in pairs[0][4..].iter().zip(known) {
        assert_eq!(cell.parse::<f64>().ok(), known.as_f64(), "{pairs:?} {pair:#}");
    }
    assert_eq!((pairs[0][3].as_str(), &judged["verdict"]), ("f1_macro", &pairs[0][11].as_str().into()));
    // Terms are explained where they stand.
    assert!(
        read(&out, "report.html").contains("<dt>p McNemar</dt>") && !read(&out, "table.md").contains("**p ")
    );
    let mistakes = read(&out, "mistakes.csv");
    let taken: Vec<Vec<&str>> = mistakes.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert!(!taken.is_empty() && taken.iter().all(|cells| cells[3] != cells[4] && cells[6] == "1"));
    let sure: Vec<f64> =
        taken.iter().filter(|cells| cells[1] == "same").map(|cells| cells[7].parse().unwrap()).collect();
    assert!(sure.is_sorted_by(|a, b| a >= b) && sure.iter().all(|given| *given > 0.1), "{sure:?}");
    assert!(fs::read(out.join("plots/comparison.png")).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));

    let record = out.join("run.json");
    let mut run: serde_json::Value = serde_json::from_str(&read(&out, "run.json")).unwrap();
    run["experiment"]["watermarks"] = serde_json::json!(["NO REPRODUCTION: invented music."]);
    fs::write(record, run.to_string()).unwrap();
    let marked = folder.path().join("marked");
    let output = genrebench().arg("report").arg(&out).arg("--out").arg(&marked).output().unwrap();
    expect(&output, 0);
    assert!(text(&output.stdout).contains("NO REPRODUCTION") && !text(&output.stdout).contains("better"));
    for file in files.iter().copied().chain(["plots/f1-by-class.svg", "plots/map-01.svg"]) {
        assert!(read(&marked, file).contains("NO REPRODUCTION"), "{file}");
    }

    let only = folder.path().join("only");
    let output =
        genrebench().arg("report").arg(&out).arg("--out").arg(&only).args(["--format", "tex,csv"]).output();
    expect(&output.unwrap(), 0);
    assert!(
        only.join("table.tex").exists() && !only.join("report.html").exists() && !only.join("plots").exists()
    );
}

/// Names, notes and figures of somebody's stand in the page as they are, in a heading, a paragraph and a table's head too;
/// and what was allowed by name is said beside the mark of invented data.
#[test]
fn nothing_in_the_markdown_is_markup_that_a_user_wrote_and_no_remark_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = folder.path().join("odd.toml");
    fs::write(
        &experiment,
        "title = \"# a `b` | c\"\nquestion = \"1. is this a list?\"\nnote = \"> quoted\"\n\
         dataset = { name = \"synth\", clips_per_genre = 4, seconds = 2 }\n\
         features = { list = [\"zcr\"], statistics = [\"mean\"] }\n\
         split = { kind = \"stratified_kfold\", folds = 2 }\n\
         [[row]]\nname = \"- <b>one</b>\"\nmodel = \"majority\"\nreference = { name = \"peer | *x*\", f1_macro = \"0.4\" }\n",
    )
    .unwrap();
    let out = folder.path().join("out");
    let output = genrebench().arg("run").arg(experiment).arg("--out").arg(&out).arg("-q").output().unwrap();
    expect(&output, 0);
    let record = out.join("run.json");
    let mut run: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let allowed = "ALLOWED by name, and flattering every classifier: near-duplicate, 2 clips";
    run["dataset"]["notes"].as_array_mut().unwrap().push(allowed.into());
    fs::write(record, run.to_string()).unwrap();
    let output = genrebench().arg("report").arg(&out).args(["--format", "md"]).output().unwrap();
    expect(&output, 0);
    let page = fs::read_to_string(out.join("table.md")).unwrap();
    let has = |line: &str| page.lines().any(|found| found == line);
    assert!(has("# \\# a \\`b\\` \\| c") && has("1\\. is this a list?") && has("\\> quoted"), "{page}");
    assert!(has(allowed), "{page}");
    assert!(page.contains("> **Synthetic data.**") && !page.contains("SYNTHETIC DATA:"), "{page}");
    let table: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).take(3).collect();
    assert!(
        table[0].contains("| peer \\| \\*x\\* |") && table[2].starts_with("| \\- \\<b>one\\</b> |"),
        "{page}"
    );
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(table.iter().all(|line| cells(line) == cells(table[1])), "{page}");
}

#[test]
fn the_table_fits_the_terminal_and_says_what_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), "a", 1);
    let said = |columns: &str, more: &[&str]| {
        let mut command = genrebench();
        command.env("COLUMNS", columns).arg("report").arg(&out).args(["--format", "csv"]).args(more);
        text(&command.output().unwrap().stdout)
    };
    let longest = |said: &str| said.lines().map(|line| line.chars().count()).max().unwrap();
    for columns in [60, 80, 100] {
        let said = said(&columns.to_string(), &[]);
        assert!(longest(&said) <= columns, "{columns}:\n{said}");
        for part in ["same", "macro F1 %", "Left out for want of room", "predict ms/clip", "--wide"] {
            assert!(said.contains(part), "no {part} in {columns} columns:\n{said}");
        }
    }
    for said in [said("60", &["--wide"]), said("1000", &[])] {
        let header = said.lines().nth(2).unwrap();
        assert!(header.contains("predict ms/clip") && !said.contains("Left out"), "{said}");
    }
}

/// What LaTeX would stumble over: braces, environments or columns that do not add up, and bare special characters.
fn check_latex(tex: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut columns = 0;
    for line in tex.lines().filter(|line| !line.starts_with('%')) {
        let mut depth = 0i32;
        let mut characters = line.chars().peekable();
        let (mut bare, mut math) = (0, 0);
        while let Some(character) = characters.next() {
            match character {
                '\\' => {
                    characters.next();
                }
                '{' => depth += 1,
                '}' => depth -= 1,
                '&' => bare += 1,
                '$' => math += 1,
                '#' | '_' | '^' | '~' | '%' => panic!("bare {character} in {line}"),
                other => {
                    assert!(other.is_ascii() || other.is_alphabetic(), "{other:?} needs a package in {line}")
                }
            }
            assert!(depth >= 0, "{line}");
        }
        assert_eq!((depth, math % 2), (0, 0), "{line}");
        for part in line.split("\\begin{").skip(1) {
            open.push(part.split('}').next().unwrap().to_string());
        }
        if let Some(format) = line.strip_prefix("\\begin{tabular}{") {
            columns = format.trim_end_matches('}').len();
        }
        if line.ends_with("\\\\") && open.iter().any(|environment| environment == "tabular") {
            assert_eq!(bare + 1, columns, "{line}");
        } else {
            assert_eq!(bare, 0, "{line}");
        }
        for part in line.split("\\end{").skip(1) {
            assert_eq!(open.pop().as_deref(), part.split('}').next(), "{line}");
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_latex_table_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), "a", 1);
    let tex = fs::read_to_string(out.join("table.tex")).unwrap();
    check_latex(&tex);
    let page = folder.path().join("page.tex");
    let document = format!(
        "\\documentclass{{article}}\n\\usepackage{{booktabs}}\n\\begin{{document}}\n{tex}\n\\end{{document}}\n"
    );
    fs::write(&page, document).unwrap();
    let mut latex = std::process::Command::new("pdflatex");
    latex.args(["-halt-on-error", "-interaction=nonstopmode", "page.tex"]).current_dir(folder.path());
    match latex.output() {
        Err(_) => {
            eprintln!("skipped: no pdflatex on the path; braces, columns and special characters were checked")
        }
        Ok(output) => {
            let log = text(&output.stdout);
            assert!(output.status.success() && folder.path().join("page.pdf").exists(), "{log}");
            assert!(!log.contains("Missing character"), "{log}");
        }
    }
}

#[test]
fn two_runs_are_held_against_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (run(folder.path(), "a", 1), run(folder.path(), "b", 4));
    let compare = |more: &[&str]| {
        genrebench().args(["report", "--compare"]).arg(&a).arg(&b).args(more).output().unwrap()
    };
    let output = compare(&[]);
    expect(&output, 0);
    let said = text(&output.stdout);
    let line = |name: &str| said.lines().find(|line| line.starts_with(name)).unwrap().to_string();
    assert!(line("same").contains("identical") && !line("other").contains("identical"), "{said}");
    assert!(said.contains("other: n_neighbors 1 → 4") && said.contains("experiment file differs"), "{said}");
    let value: serde_json::Value = serde_json::from_slice(&compare(&["--json"]).stdout).unwrap();
    let (row, none) = (&value["rows"][1], serde_json::json!(null));
    let difference = row["score_b"].as_f64().unwrap() - row["score_a"].as_f64().unwrap();
    assert!(
        (row["pair"]["difference"].as_f64().unwrap() - difference).abs() < 1e-12 && row["paired"] == true
    );
    assert!(row["pair"]["mcnemar"] != none && row["pair"]["t_test"] != none, "{row}");
    // Raw p values beside those corrected over the two rows; the row that did not change has p = 1.
    let p = |value: &serde_json::Value| value.as_f64().unwrap();
    assert!(said.contains("p: Holm-corrected over 2 rows"), "{said}");
    assert_eq!(p(&row["pair"]["p_holm"]), (2.0 * p(&row["pair"]["p_bootstrap"])).min(1.0), "{row}");
    assert_eq!(p(&row["mcnemar_holm"]), (2.0 * p(&row["pair"]["mcnemar"][2])).min(1.0), "{row}");

    // Rows of two names, and another metric than the one with a published figure.
    let output = compare(&["--pair", "same=other", "--metric", "accuracy", "--json"]);
    expect(&output, 0);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> =
        value["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!((names, &value["metric"]), (vec!["same", "same → other", "other"], &"accuracy".into()));
    assert!(
        value["rows"][1]["changes"][0] == serde_json::json!(["model", "gaussian_nb", "knn"]),
        "{value:#}"
    );
    assert_eq!(value["only_b"], serde_json::json!([]));
    for (more, said) in [
        (&["--pair", "same=othr"][..], &["has no row \"othr\"", "did you mean", "other"][..]),
        (&["--pair", "same"], &["row of the first run=row of the second"]),
        (&["--metric", "acuracy"], &["no metric `acuracy`", "accuracy"]),
    ] {
        let output = compare(more);
        expect(&output, 2);
        says(&output, said);
    }
    let area =
        ["report", "--metric", "roc_auc_ovr_macro", "--json", "--format", "csv", "--out", "other-metric"];
    let output = genrebench().current_dir(folder.path()).args(area).arg(&a).output().unwrap();
    expect(&output, 0);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value[0]["chief"], "roc_auc_ovr_macro");
    assert!(value[0]["rows"][0]["tie_group"].is_string(), "{value:#}");
}

/// The folder is the edited experiment's own, so nothing stops it; but the earlier record is gone then.
#[test]
fn an_edited_experiment_says_that_it_replaces_its_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    let said = |neighbours: usize| {
        let out = run(folder.path(), "a", neighbours);
        let again = genrebench()
            .arg("run")
            .arg(folder.path().join("a.toml"))
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap();
        expect(&again, 0);
        text(&again.stderr).to_string()
    };
    assert!(!said(1).contains("was edited"));
    fs::write(
        folder.path().join("a.toml"),
        fs::read_to_string(folder.path().join("a.toml")).unwrap() + "# more\n",
    )
    .unwrap();
    let experiment = folder.path().join("a.toml");
    let output =
        genrebench().arg("run").arg(experiment).arg("--out").arg(folder.path().join("a")).output().unwrap();
    expect(&output, 0);
    says(&output, &["the experiment was edited since the run in", "--out DIR"]);
}

/// Clips of folds that different models scored are not ranked together; of how many redraws an interval is made, what two
/// repeats count, and what a region is of a metric that is no percentage, is said.
#[test]
fn an_area_is_of_single_folds_and_figures_are_said_in_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = folder.path().join("areas.toml");
    fs::write(
        &experiment,
        "title = \"areas\"\ndataset = { name = \"synth\", clips_per_genre = 6, genres = 3, artists_per_genre = 3, seconds = 2 }\n\
         features = { list = [\"mfcc\"], statistics = [\"mean\"] }\nprepare = [\"standardize\"]\n\
         split = { kind = \"stratified_kfold\", folds = 2, repeats = 2 }\n\
         [[row]]\nname = \"same\"\nmodel = \"gaussian_nb\"\n\
         published = { roc_auc_ovr_macro = \"0.9 %\", log_loss = \"1.2\" }\n\
         [[row]]\nname = \"other\"\nmodel = \"knn\"\nn_neighbors = 3\n",
    )
    .unwrap();
    let out = folder.path().join("out");
    let output = genrebench().arg("run").arg(experiment).arg("--out").arg(&out).arg("-q").output().unwrap();
    expect(&output, 0);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let table: serde_json::Value = serde_json::from_str(&read("table.json")).unwrap();
    let scores = table["comparisons"][0]["rows"][0]["scores"].as_array().unwrap();
    let area = scores.iter().find(|score| score["metric"] == "roc_auc_ovr_macro").unwrap();
    let cells = read("scores.csv");
    let of_row = |line: &&str| line.starts_with("same,") && line.contains(",roc_auc_ovr_macro,");
    let of_cells: Vec<f64> =
        cells.lines().filter(of_row).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(of_cells.len(), 4, "{cells}");
    let mean = of_cells.iter().sum::<f64>() / 4.0;
    let number = |key: &str| area[key].as_f64().unwrap();
    assert!(area["over"] == "folds" && (number("mean") - mean).abs() < 1e-12, "{area} {mean}");
    assert_eq!(area["judgement"]["verdict"], "better", "{area}");
    // The folds' own scores, whatever the pooled one is.
    for score in scores {
        let name = score["metric"].as_str().unwrap();
        let of_metric = |line: &&str| line.starts_with("same,") && line.split(',').nth(4) == Some(name);
        let own = cells.lines().filter(of_metric).map(|line| line.rsplit(',').next().unwrap());
        let own: Vec<f64> = own.map(|value| value.parse().unwrap()).collect();
        let known = own.iter().sum::<f64>() / 4.0;
        assert!(
            own.len() == 4 && (score["fold_mean"].as_f64().unwrap() - known).abs() < 1e-12,
            "{score} {known}"
        );
        let line = format!(",same,gaussian_nb,{name},");
        let line = read("table.csv").lines().find(|found| found.contains(&line)).unwrap().to_string();
        assert_eq!(line.rsplit(',').next().unwrap().parse::<f64>().unwrap(), score["fold_mean"], "{line}");
    }
    // Less than one in a hundred, not nine in ten.
    assert!((number("difference") - (mean - 0.009)).abs() < 1e-12, "{area}");
    // Nine artists, three a genre: one draw in thirteen loses a genre.
    let draws = area["draws"].as_u64().unwrap();
    assert!((800..990).contains(&draws), "{draws}");
    let page = read("table.md");
    for part in [
        "ROC AUC ovr, macro: the mean over single folds",
        &format!("ROC AUC ovr, macro: {draws} of 1000 redraws have a value"),
        "equal within ±1 point (±0.01 of log loss), better",
    ] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    let confusion = read("plots/confusion-01-same.svg");
    assert!(confusion.contains("of 36 predictions on the diagonal") && confusion.contains(">predictions<"));
    let page = read("report.html");
    for part in [
        "\"counted_in\":\"prediction\"",
        "than there are artists or sources, here 9)",
        "Clips are taken as independent, those of one artist too",
        "title=\"over single folds or repeats, whose own scores average ",
    ] {
        assert!(page.contains(part), "no {part:?} in the page");
    }
}

#[test]
fn a_clip_is_drawn_and_wrong_orders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("tone.wav");
    write_tone(&clip, 2.0, 440.0);
    let show = |more: &[&str]| {
        genrebench().arg("show").arg(&clip).args(more).current_dir(folder.path()).output().unwrap()
    };
    let output = show(&["--json"]);
    expect(&output, 0);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["pictures"].as_array().unwrap().len(), 8);
    assert!(folder.path().join("pictures/tone/spectrogram.png").exists());
    let output = show(&["--seconds", "-1"]);
    expect(&output, 2);
    says(&output, &["--seconds is -1", "above 0"]);

    let report = |arguments: &[&str]| {
        genrebench().arg("report").args(arguments).current_dir(folder.path()).output().unwrap()
    };
    for (arguments, code, parts) in [
        (&["nowhere"][..], 1, &["nowhere", "run.json"][..]),
        (&["a", "--format", "htlm"], 2, &["htlm", "did you mean `html`"]),
        (&["a", "--compare"], 2, &["two runs", "not 1"]),
        (&["a", "--region", "-2"], 2, &["--region is -2"]),
    ] {
        let output = report(arguments);
        expect(&output, code);
        says(&output, parts);
    }
}
