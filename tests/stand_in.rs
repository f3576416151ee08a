//! The built-in experiments run without their data, on a stand-in, and every output says that it is no reproduction.

use std::fs;

use crate::support::{expect, genrebench, says, text};

/// The others take more than a second or two even so, or need what a test has not.
const LIGHT: [&str; 3] = ["esc10", "fma-small-26", "mipt-2020-table-a"];

#[test]
fn papers_run_on_a_stand_in_and_say_so_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let listed = genrebench().args(["list", "experiments"]).output().unwrap();
    let listed = text(&listed.stdout);
    for name in LIGHT {
        let is_it = |line: &str| line.split_whitespace().next() == Some(name);
        assert!(listed.lines().any(is_it), "no {name} in\n{listed}");
        let out = folder.path().join(name);
        let mut command = genrebench();
        command.args(["run", name, "--stand-in", "synth:5:2", "--quick", "--out"]).arg(&out);
        let output = command.output().unwrap();
        expect(&output, 0);
        assert!(text(&output.stdout).contains("NO REPRODUCTION"), "{name}: {}", text(&output.stdout));
        says(&output, &["NO REPRODUCTION", "QUICK REHEARSAL"]);
        for file in ["table.md", "table.csv", "comparison.svg", "run.json"] {
            let written = fs::read_to_string(out.join(file)).unwrap();
            assert!(written.contains("NO REPRODUCTION"), "{name}: {file}");
        }
        let csv = fs::read_to_string(out.join("table.csv")).unwrap();
        let titles: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
        let difference = titles.iter().position(|title| *title == "difference").unwrap();
        for line in csv.lines().skip(1) {
            // Commas inside quotes separate nothing.
            let bare: String = line.split('"').step_by(2).collect();
            assert_eq!(bare.split(',').nth(difference), Some(""), "{name}: {line}");
        }
        // The run of the real thing does not go on in this folder.
        let real = genrebench().args(["run", name, "--data", "nowhere", "--out"]).arg(&out).output().unwrap();
        expect(&real, 2);
    }
}

#[test]
fn a_wrong_stand_in_is_refused() {
    for wrong in ["sinth", "synth:0", "synth:2", "synth:5:0.1"] {
        expect(&genrebench().args(["run", "esc10", "--stand-in", wrong]).output().unwrap(), 2);
    }
    let both = ["run", "esc10", "--stand-in", "synth", "--data", "."];
    expect(&genrebench().args(both).output().unwrap(), 2);
}

/// The six tables of networks: every row on invented music, with narrow layers and no weights of anybody's.
#[test]
fn the_papers_networks_run_on_a_stand_in() {
    let folder = tempfile::tempdir().unwrap();
    // As short as the longest chain of pools allows, and as the slices that begin at 15 s.
    for (name, rows, clips) in [
        ("iaml-2018", 22, "synth:4:13"),
        ("cntk-2020", 7, "synth:4:13"),
        ("tuiasi-2018", 5, "synth:4:18"),
        ("mipt-2020-table-b", 13, "synth:4:13"),
        ("gtzan8-2020-table-1", 33, "synth:4:13"),
        ("gtzan8-2020-table-2", 11, "synth:4:13"),
    ] {
        let out = folder.path().join(name);
        let mut command = genrebench();
        command.args(["run", name, "--stand-in", clips, "--quick", "--out"]).arg(&out);
        command.arg("--cache").arg(folder.path().join("cache"));
        let output = command.env_remove("GENREBENCH_WEIGHTS").output().unwrap();
        expect(&output, 0);
        says(&output, &["NO REPRODUCTION", "QUICK REHEARSAL", "narrow networks"]);
        let csv = fs::read_to_string(out.join("table.csv")).unwrap();
        let scored = csv.lines().filter(|line| line.contains(",accuracy,")).count();
        assert_eq!(scored, rows, "{name}: {csv}");
        assert!(fs::read_to_string(out.join("table.md")).unwrap().contains("NO REPRODUCTION"), "{name}");
    }
}
