//! Rows that are tried on altered test clips: fitted on clean ones, keyed by what was done, continued and verified.

use std::fs;
use std::path::Path;

use crate::support::{expect, genrebench, says, text};

const EXPERIMENT: &str = "title = \"worse\"\ndataset = { name = \"synth\", clips_per_genre = 6, genres = 3, artists_per_genre = 3, seconds = 2 }\n\
     features = { list = [\"mfcc\", \"rms\"], statistics = [\"mean\", \"std\"] }\nprepare = [\"standardize\"]\n\
     split = { kind = \"group_kfold\", folds = 3 }\n";
const ROWS: &str = "[[row]]\nname = \"tried\"\nmodel = \"nearest_centroid\"\n\
     perturb = [{ noise_snr_db = [30, -20] }, { gain_db = 0.0 }, { low_pass_hz = 1000 }, { codec_kbps = 24 }, { seconds = 1 }, { offset_seconds = 0.5 }]\n\
     [[row]]\nname = \"plain\"\nmodel = \"nearest_centroid\"\n";

fn run(root: &Path, out: &str, rows: &str) -> std::process::Output {
    let path = root.join("worse.toml");
    fs::write(&path, format!("{EXPERIMENT}{rows}")).unwrap();
    let mut command = genrebench();
    command.arg("run").arg(&path).arg("--out").arg(root.join(out)).arg("--cache").arg(root.join("cache"));
    command.output().unwrap()
}

/// perturbation, strength → mean accuracy over the cells.
fn scores(folder: &Path, row: &str, kind: &str, strength: &str) -> f64 {
    let table = fs::read_to_string(folder.join("perturbations.csv")).unwrap();
    let wanted = |line: &&str| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[0] == row && fields[3] == kind && fields[4] == strength && fields[5] == "accuracy"
    };
    let found: Vec<f64> =
        table.lines().filter(wanted).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(found.len(), 3, "{kind} {strength}: {table}");
    found.iter().sum::<f64>() / 3.0
}

#[test]
fn a_model_fitted_on_clean_clips_is_tried_on_worse_ones() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    expect(&run(root, "a", ROWS), 0);
    let out = root.join("a");
    let clean: f64 = {
        let table = fs::read_to_string(out.join("scores.csv")).unwrap();
        let of_row = table.lines().filter(|line| line.starts_with("tried,") && line.contains(",accuracy,"));
        of_row.map(|line| line.rsplit(',').next().unwrap().parse::<f64>().unwrap()).sum::<f64>() / 3.0
    };
    // Nothing done gives the clean score; noise far above the music does not.
    assert!((scores(&out, "tried", "gain_db", "0") - clean).abs() < 1e-12);
    assert!(scores(&out, "tried", "noise_snr_db", "-20") < clean - 0.2, "clean {clean}");
    for (kind, strength) in
        [("low_pass_hz", "1000"), ("codec_kbps", "24"), ("seconds", "1"), ("offset_seconds", "0.5")]
    {
        scores(&out, "tried", kind, strength);
    }
    let page = fs::read_to_string(out.join("table.md")).unwrap();
    assert!(page.contains("## Robustness") && page.contains("white noise, signal to noise in dB"), "{page}");
    // A table is one only where its second line has as many cells as the others, each of dashes.
    let lines: Vec<&str> = page.split("## Robustness").nth(1).unwrap().lines().collect();
    let heads: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains("| clean |")).collect();
    assert_eq!(heads.len(), 6, "{page}");
    for head in heads {
        let cells = |line: &str| line.split('|').count();
        assert!(lines[head..head + 3].iter().all(|line| cells(line) == cells(lines[head])), "{page}");
        let rules: Vec<&str> = lines[head + 1].split('|').map(str::trim).collect();
        let inside = &rules[1..rules.len() - 1];
        assert!(inside[0] == "---" && inside[1..].iter().all(|rule| *rule == "---:"), "{page}");
    }
    // Row, clean, and the strengths by size.
    let cells_of = |title: &str| -> Vec<&str> {
        let head = lines.iter().position(|line| line.starts_with(&format!("| {title} | clean |"))).unwrap();
        lines[head + 2].split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect()
    };
    let gain = cells_of("gain in dB");
    assert!(gain.len() == 3 && gain[0] == "tried" && gain[1] == gain[2], "{gain:?}");
    let noise = cells_of("white noise, signal to noise in dB");
    let percent = |cell: &str| cell.split(' ').next().unwrap().parse::<f64>().unwrap();
    let (clean, loud, faint) = (percent(noise[1]), percent(noise[2]), percent(noise[3]));
    assert!(loud < clean - 15.0 && loud < faint, "{noise:?}");
    // Nine artists in all.
    assert!(page.contains("Intervals over so few artists or sources (9)"), "{page}");
    assert!(out.join("plots/robustness-noise-snr-db.svg").exists());
    // The row that asks for nothing predicts the same and has a key of its own.
    let scores_csv = fs::read_to_string(out.join("scores.csv")).unwrap();
    let cells: std::collections::BTreeSet<&str> =
        scores_csv.lines().skip(1).map(|line| line.split(',').nth(3).unwrap()).collect();
    assert_eq!(cells.len(), 6);
    let predictions = fs::read_to_string(out.join("predictions.csv")).unwrap();
    let said_by =
        |row: &str| predictions.lines().filter_map(|line| line.strip_prefix(row)).collect::<Vec<_>>();
    assert_eq!(said_by("tried,").len(), 18, "{predictions}");
    assert_eq!(said_by("tried,"), said_by("plain,"));

    // The same again without the cache and with one thread, to the byte.
    let path = root.join("worse.toml");
    let again = genrebench()
        .arg("run")
        .arg(&path)
        .args(["--no-cache", "--threads", "1", "--out"])
        .arg(root.join("b"))
        .output()
        .unwrap();
    expect(&again, 0);
    for file in ["predictions.csv", "perturbations.csv", "scores.csv"] {
        assert_eq!(fs::read(out.join(file)).unwrap(), fs::read(root.join("b").join(file)).unwrap(), "{file}");
    }
    let verify =
        |folder: &str| genrebench().arg("verify").arg(root.join(folder)).arg("--all").output().unwrap();
    expect(&verify("a"), 0);
    // A cell of which a number was changed by hand is none; the run computes it again.
    let cell = fs::read_dir(out.join("cells"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| fs::read_to_string(path).unwrap().contains("\"perturbed\""));
    let cell = cell.unwrap();
    let whole = fs::read(&cell).unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&whole).unwrap();
    record["perturbed"][0]["predictions"]["truth"][0] = 99.into();
    fs::write(&cell, record.to_string()).unwrap();
    let output = verify("a");
    expect(&output, 1);
    assert!(text(&output.stdout).contains("no sound record of tried"), "{}", text(&output.stdout));
    expect(&genrebench().arg("report").arg(&out).output().unwrap(), 0);
    expect(&run(root, "a", ROWS), 0);
    expect(&verify("a"), 0);

    let table = out.join("perturbations.csv");
    fs::write(&table, fs::read_to_string(&table).unwrap().replacen("1\n", "2\n", 1)).unwrap();
    let output = verify("a");
    expect(&output, 1);
    assert!(text(&output.stdout).contains("perturbations.csv"), "{}", text(&output.stdout));
}

#[test]
fn an_ensemble_puts_together_what_its_members_say_of_worse_clips() {
    let folder = tempfile::tempdir().unwrap();
    let perturb = "perturb = [{ gain_db = 0.0 }, { noise_snr_db = -20 }]\n";
    let rows = |of: &str| {
        format!(
            "[[row]]\nname = \"a\"\nmodel = \"nearest_centroid\"\n{perturb}\
             [[row]]\nname = \"b\"\nmodel = \"lda\"\n{of}\
             [[row]]\nname = \"both\"\nmodel = \"ensemble\"\nof = [\"a\", \"b\"]\ncombine = \"stacking\"\n{perturb}"
        )
    };
    expect(&run(folder.path(), "e", &rows(perturb)), 0);
    let out = folder.path().join("e");
    let table = fs::read_to_string(out.join("scores.csv")).unwrap();
    let of_row = table.lines().filter(|line| line.starts_with("both,") && line.contains(",accuracy,"));
    let clean =
        of_row.map(|line| line.rsplit(',').next().unwrap().parse::<f64>().unwrap()).sum::<f64>() / 3.0;
    assert!((scores(&out, "both", "gain_db", "0") - clean).abs() < 1e-12);
    assert!(scores(&out, "both", "noise_snr_db", "-20") < clean);
    let output = run(folder.path(), "f", &rows(""));
    expect(&output, 2);
    says(&output, &["its member \"b\" is not asked about gain_db = 0"]);
}

#[test]
fn what_cannot_be_tried_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("perturb = [{ noise_snr = 3 }]", "noise_snr_db"),
        ("perturb = true", "perturb = [{"),
        ("perturb = [{ seconds = 0 }]", "does not lie between"),
    ];
    for (key, said) in wrong {
        let rows = format!("[[row]]\nname = \"a\"\nmodel = \"majority\"\n{key}\n");
        let output = run(folder.path(), "wrong", &rows);
        expect(&output, 2);
        says(&output, &[said, "worse.toml:9"]);
    }
    let frames = "[[row]]\nname = \"a\"\nmodel = \"conv2d\"\nfeatures = { frames = \"log_mel\" }\nperturb = [{ gain_db = 3 }]\n";
    let output = run(folder.path(), "wrong", frames);
    expect(&output, 2);
    says(&output, &["numbers a clip"]);
    // An offset that leaves nothing of the clips leaves no clip.
    let rows = "[[row]]\nname = \"a\"\nmodel = \"majority\"\nperturb = [{ offset_seconds = 5 }]\n";
    let output = run(folder.path(), "nothing", rows);
    expect(&output, 1);
    says(&output, &["not more than the offset"]);
}

/// A model that is tried on two kinds of altered clips has looked at its test side three times.
#[test]
fn every_kind_of_altered_clips_is_a_look_at_the_test_side() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "[[row]]\nname = \"tried\"\nmodel = \"nearest_centroid\"\nperturb = [{ gain_db = [0.0, 6.0] }]\n\
                [[row]]\nname = \"plain\"\nmodel = \"nearest_centroid\"\n";
    expect(&run(folder.path(), "looks", rows), 0);
    let ledger = fs::read_to_string(folder.path().join("looks/ledger.jsonl")).unwrap();
    let of = |row: &str| ledger.lines().filter(|line| line.contains(&format!("\"row\":\"{row}\""))).count();
    assert_eq!((of("tried"), of("plain")), (3 * (1 + 2), 3));
    let page = fs::read_to_string(folder.path().join("looks/table.md")).unwrap();
    assert!(page.contains("looked at 12 times at 6 cells"), "{page}");
}

/// Two cuts beyond the end of every clip change nothing, and are two answers all the same.
#[test]
fn another_condition_is_another_cell_even_if_it_alters_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let row = |name: &str, seconds: u32| {
        format!(
            "[[row]]\nname = \"{name}\"\nmodel = \"nearest_centroid\"\nperturb = [{{ seconds = {seconds} }}]\n"
        )
    };
    for rows in [row("a", 8), row("a", 10) + &row("b", 12)] {
        expect(&run(folder.path(), "run", &rows), 0);
    }
    let out = folder.path().join("run");
    assert!(scores(&out, "a", "seconds", "10") > 0.0 && scores(&out, "b", "seconds", "12") > 0.0);
    expect(&genrebench().args(["verify", "--all", "--no-cache"]).arg(&out).output().unwrap(), 0);
}

/// Members may be asked about more than what they are together.
#[test]
fn an_ensemble_says_nothing_of_what_it_was_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let asked = "perturb = [{ gain_db = [0.0, 6.0] }]\n";
    let rows = format!(
        "[[row]]\nname = \"a\"\nmodel = \"nearest_centroid\"\n{asked}\
         [[row]]\nname = \"b\"\nmodel = \"lda\"\n{asked}\
         [[row]]\nname = \"both\"\nmodel = \"ensemble\"\nof = [\"a\", \"b\"]\ncombine = \"vote\"\nperturb = [{{ gain_db = 6.0 }}]\n"
    );
    expect(&run(folder.path(), "run", &rows), 0);
    let table = fs::read_to_string(folder.path().join("run/perturbations.csv")).unwrap();
    let of = |row: &str| table.lines().filter(|line| line.starts_with(&format!("{row},"))).count();
    assert!(of("both") > 0 && of("a") == 2 * of("both"), "{table}");
}
