//! Audits through the binary: the five papers' findings, no false alarm on true results, the power that is claimed, and
//! claims files with mistakes.

use std::fmt::Write as _;

use crate::audit_support::{HEAD, all, audited, claim, findings, holds, is, none_inconsistent};
use crate::support::{expect, genrebench, says, text};

/// A small generator, so that the cases are the same on every machine.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 33)
    }

    /// One of `first ..= last`.
    fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.next() % (last - first + 1)
    }
}

#[test]
fn the_five_papers() {
    for (paper, code, parts) in [
        (
            "iaml-2018",
            1,
            &[
                "the matrix gives 432 of 800 = 54.000 %; 54.25 % is 434 of 800, 2 clips more",
                "48.80 % is 48.750 % rounded to 48.8 % and padded with a zero",
                "2 inconsistent, 7 consistent, 0 not checkable",
            ][..],
        ),
        (
            "gtzan8-2020",
            1,
            &[
                "n = 150, means of 3 runs explains 29 of 30",
                "81.0 % (Base2DCNN+MSD, segments) stands out",
                "truncated parts of 3 runs",
                "rows sum to 20, 23, 22, 18, 17, 20, 13 and 17; 387 hits of 450 (129 of 150 a run, 3 runs) = 86.00 %",
                "no rounding of either gives 77.92 %",
                "no rounding of either gives 92.08 %",
                "n = 80, means of 3 runs explains 16 of 16",
                "capped at 32 of 40",
                "4 inconsistent, 64 consistent",
            ][..],
        ),
        (
            "mipt-2020",
            0,
            &[
                "1202 of 1999 = 60.130 %",
                "p < 0.05 only if the two disagree on 37 clips (1.9 %) or fewer",
                "425 of 800 = 53.125 %",
                "441 of 800 = 0.551250",
                "441 hits of 800 leave macro F1 between 0.4141 and 0.6426",
                "339…345 of 600, such as 342 = 0.570",
                "± 0.0024 is the spread over runs; 800 clips alone leave a sampling error of about 0.0177",
                "600 of the 800 test clips",
            ][..],
        ),
        ("cntk-2020", 0, &["138 of 200 = 69.000 %", "95 % interval 62.3 … 75.0 % (Wilson)"][..]),
        ("tuiasi-2018", 1, &["0 of 5 is 0.00 and 1 of 5 is 0.20; no rounding of either gives 0.1"][..]),
    ] {
        let elsewhere = tempfile::tempdir().unwrap();
        let output = genrebench().args(["audit", paper]).current_dir(elsewhere.path()).output().unwrap();
        expect(&output, code);
        let words = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(words.contains(part), "{paper}: no {part:?} in {words}");
        }
    }
}

#[test]
fn a_folder_of_a_papers_name_is_no_claims_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("cntk-2020")).unwrap();
    expect(&genrebench().args(["audit", "cntk-2020"]).current_dir(folder.path()).output().unwrap(), 0);
}

/// `value` with `decimals` digits; what is a tie or a whole number but for the last bits is taken as one.
fn printed(value: f64, decimals: u32, rounding: &str) -> String {
    let scaled = value.abs() * 10f64.powi(decimals as i32);
    let halves = (2.0 * scaled).round();
    let scaled = if (2.0 * scaled - halves).abs() < 1e-6 { halves / 2.0 } else { scaled };
    let digits = match rounding {
        "half_up" => (scaled + 0.5).floor(),
        "half_even" => scaled.round_ties_even(),
        // Negative scores are rounded up towards zero.
        "ceil" if value < 0.0 => scaled.floor(),
        "ceil" => scaled.ceil(),
        _ => scaled.floor(),
    };
    let sign = if value < 0.0 && digits > 0.0 { "-" } else { "" };
    format!("{sign}{:.*}", decimals as usize, digits / 10f64.powi(decimals as i32))
}

/// (metric, average or class as TOML, value) of a confusion matrix, as scikit-learn defines them.
fn scores(cells: &[Vec<u64>]) -> Vec<(&'static str, String, f64)> {
    let classes = cells.len();
    let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.sum::<u64>() as f64;
    let n: f64 = cells.iter().flatten().sum::<u64>() as f64;
    let support: Vec<f64> = cells.iter().map(|row| sum(&mut row.iter().copied())).collect();
    let taken: Vec<f64> = (0..classes).map(|c| sum(&mut cells.iter().map(|row| row[c]))).collect();
    let hits: Vec<f64> = (0..classes).map(|c| cells[c][c] as f64).collect();
    let part = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
    let right: f64 = hits.iter().sum();
    let by_class: [(&str, Vec<f64>); 3] = [
        ("precision", (0..classes).map(|c| part(hits[c], taken[c])).collect()),
        ("recall", (0..classes).map(|c| part(hits[c], support[c])).collect()),
        ("f1", (0..classes).map(|c| part(2.0 * hits[c], taken[c] + support[c])).collect()),
    ];
    let mut all = vec![("accuracy", String::new(), right / n)];
    all.push(("balanced_accuracy", String::new(), by_class[1].1.iter().sum::<f64>() / classes as f64));
    for (name, values) in &by_class {
        let weighted = values.iter().zip(&support).map(|(value, clips)| value * clips).sum::<f64>() / n;
        for (average, value) in [
            ("macro", values.iter().sum::<f64>() / classes as f64),
            ("weighted", weighted),
            ("micro", right / n),
        ] {
            all.push((name, format!("average = \"{average}\"\n"), value));
        }
        all.extend(
            values.iter().enumerate().map(|(c, value)| (*name, format!("class = \"c{c}\"\n"), *value)),
        );
    }
    let chance: f64 = support.iter().zip(&taken).map(|(s, c)| s * c).sum::<f64>();
    all.push(("kappa", String::new(), (right * n - chance) / (n * n - chance)));
    let squares = |counts: &[f64]| n * n - counts.iter().map(|count| count * count).sum::<f64>();
    let below = (squares(&support) * squares(&taken)).sqrt();
    all.push(("mcc", String::new(), (right * n - chance) / below));
    all.retain(|score| score.2.is_finite());
    all
}

fn some_matrix(draws: &mut Draws) -> Vec<Vec<u64>> {
    let classes = draws.between(2, 6) as usize;
    let skill = draws.between(0, 9);
    (0..classes)
        .map(|truth| {
            let mut row = vec![0; classes];
            for _ in 0..draws.between(1, 40) {
                let right = draws.between(0, 9) < skill;
                let predicted = if right { truth } else { draws.between(0, classes as u64 - 1) as usize };
                row[predicted] += 1;
            }
            row
        })
        .collect()
}

/// `count` true results, as any subset of their scores at 1 to 4 decimals under any rounding.
fn true_results(count: usize) {
    let mut draws = Draws(5);
    let (mut inconsistent, mut consistent) = (Vec::new(), 0);
    for start in (0..count).step_by(500) {
        let mut claims = HEAD.to_string();
        for case in start..count.min(start + 500) {
            let cells = some_matrix(&mut draws);
            let support: Vec<u64> = cells.iter().map(|row| row.iter().sum()).collect();
            let labels: Vec<String> = (0..cells.len()).map(|class| format!("c{class}")).collect();
            writeln!(claims, "[set.s{case}]\nsupport = {support:?}\nlabels = {labels:?}").unwrap();
            let rounding = ["half_up", "half_even", "truncate", "ceil"][draws.between(0, 3) as usize];
            let said = if draws.between(0, 1) == 0 { "any" } else { rounding };
            let percent = draws.between(0, 1) == 0;
            let decimals = draws.between(1, 4) as u32;
            let kept = draws.between(1, 4);
            for (metric, more, value) in scores(&cells) {
                if draws.between(0, 9) >= 2 * kept {
                    continue;
                }
                let (scaled, unit) = if percent { (100.0 * value, "percent") } else { (value, "fraction") };
                let figure = printed(scaled, decimals, rounding);
                writeln!(
                    claims,
                    "[[claim]]\nof = \"{case}\"\nset = \"s{case}\"\nmetric = \"{metric}\"\n{more}value = \"{figure}\"\n\
                     unit = \"{unit}\"\nrounding = \"{said}\""
                )
                .unwrap();
            }
        }
        for finding in findings(&audited(&claims, &["--json"])) {
            consistent += usize::from(is(&finding, "consistent"));
            if is(&finding, "inconsistent") {
                inconsistent.push(finding);
            }
        }
    }
    assert!(inconsistent.is_empty(), "{} false alarms, such as {}", inconsistent.len(), inconsistent[0]);
    assert!(consistent > count, "{consistent} consistent findings on {count} true results");
}

#[test]
fn true_results_are_never_inconsistent() {
    true_results(300);
}

#[test]
#[ignore = "the full number takes minutes"]
fn ten_thousand_true_results_are_never_inconsistent() {
    true_results(10_000);
}

fn accuracy_claim(claims: &mut String, of: &str, set: usize, value: &str) {
    writeln!(
        claims,
        "[[claim]]\nof = \"{of}\"\nset = \"s{set}\"\nmetric = \"accuracy\"\nvalue = \"{value}\"\nunit = \"fraction\""
    )
    .unwrap();
}

#[test]
fn spoiled_figures_are_caught_as_often_as_the_power_says() {
    const CASES: usize = 1000;
    let mut draws = Draws(11);
    let mut claims = HEAD.to_string();
    let mut one_digit = Vec::new();
    for case in 0..CASES {
        let n = draws.between(20, 700);
        let decimals = draws.between(2, 4) as u32;
        let scale = 10u64.pow(decimals);
        let hits = draws.between(0, n);
        let digits = (hits * scale + n / 2) / n;
        let place = 10u64.pow(draws.between(0, u64::from(decimals) - 1) as u32);
        let old = digits / place % 10;
        let other = digits - old * place + (old + draws.between(1, 9)) % 10 * place;
        let figure = |digits: u64| format!("{:.*}", decimals as usize, digits as f64 / scale as f64);
        writeln!(claims, "[set.s{case}]\nn = {n}").unwrap();
        accuracy_claim(&mut claims, &format!("true {case}"), case, &figure(digits));
        let redrawn = draws.between(0, scale);
        if redrawn != digits {
            accuracy_claim(&mut claims, &format!("redrawn {case}"), case, &figure(redrawn));
        }
        if other <= scale && other != redrawn {
            let possible = (0..=n).any(|k| (k * scale).abs_diff(other * n) < n);
            one_digit.push((format!("digit {case}"), possible));
            accuracy_claim(&mut claims, &format!("digit {case}"), case, &figure(other));
        }
    }
    let output = audited(&claims, &["--json"]);
    expect(&output, 1);
    let all = findings(&output);
    let of = |name: &str| all.iter().find(|finding| finding["of"] == name && finding["check"] == "grid");
    // One digit: exactly those that no count gives.
    for (name, possible) in &one_digit {
        assert_eq!(is(of(name).unwrap(), "consistent"), *possible, "{name}");
    }
    // Any value: as many as the power of the true figure's check says, within 3.5 standard deviations.
    let (mut caught, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for case in 0..CASES {
        let passing = of(&format!("true {case}")).unwrap()["would_pass"].as_f64().unwrap();
        let Some(redrawn) = of(&format!("redrawn {case}")) else { continue };
        caught += f64::from(u8::from(is(redrawn, "inconsistent")));
        expected += 1.0 - passing;
        variance += passing * (1.0 - passing);
    }
    println!("caught {caught} of {CASES}, expected {expected:.1} ± {:.1}", variance.sqrt());
    assert!((caught - expected).abs() < 3.5 * variance.sqrt() + 1.0, "{caught} caught, {expected} expected");
}

#[test]
fn one_clip_beside_a_printed_matrix_is_caught_where_the_decimals_show_it() {
    let mut draws = Draws(3);
    let mut claims = HEAD.to_string();
    let mut expected = Vec::new();
    for case in 0..200 {
        let cells = some_matrix(&mut draws);
        let n: u64 = cells.iter().flatten().sum();
        let hits: u64 = (0..cells.len()).map(|class| cells[class][class]).sum();
        let wrong = if hits < n { hits + 1 } else { hits - 1 };
        let scale = 10u64.pow(draws.between(1, 3) as u32);
        let digits = (wrong * scale + n / 2) / n;
        let decimals = scale.ilog10() as usize;
        // Else a small one may be of shares.
        let support: Vec<u64> = cells.iter().map(|row| row.iter().sum()).collect();
        writeln!(
            claims,
            "[set.s{case}]\nsupport = {support:?}\n[[matrix]]\nof = \"{case}\"\nset = \"s{case}\"\ncells = {cells:?}"
        )
        .unwrap();
        accuracy_claim(
            &mut claims,
            &case.to_string(),
            case,
            &format!("{:.decimals$}", digits as f64 / scale as f64),
        );
        expected.push((hits * scale).abs_diff(digits * n) >= n);
    }
    let all = findings(&audited(&claims, &["--json"]));
    for (case, caught) in expected.iter().enumerate() {
        let name = case.to_string();
        let found = all
            .iter()
            .find(|finding| finding["of"] == name.as_str() && finding["check"] == "recount")
            .unwrap_or_else(|| panic!("no recount of {case}"));
        assert_eq!(is(found, "inconsistent"), *caught, "{found}");
    }
    assert!(expected.iter().filter(|caught| **caught).count() > 50);
}

#[test]
fn mistakes_name_their_line() {
    let claim = |more: &str| format!("{HEAD}[[claim]]\nof = \"a\"\nmetric = \"accuracy\"\n{more}\n");
    let value = |value: &str| claim(&format!("value = {value}\nunit = \"percent\""));
    let matrix = |cells: &str| format!("{HEAD}[[matrix]]\nof = \"a\"\ncells = {cells}\n");
    for (text, parts) in [
        (String::new(), &["claims.toml:1", "the file is empty"][..]),
        (HEAD.to_string(), &["nothing to audit"][..]),
        (value("\"54,25\""), &["claims.toml:7", "write \"54.25\""][..]),
        // The zero is evidence too.
        (value("48.80"), &["claims.toml:7", "write value = \"48.80\" in quotes"][..]),
        (value("54,25"), &["claims.toml:7", "decimals have a point"][..]),
        (value("\"71.3 ± 2.1\""), &["claims.toml:7", "\"71.3\", and sd = \"2.1\""][..]),
        (value("\"±2.1 %\""), &["claims.toml:7", "write \"2.1\""][..]),
        (format!("{HEAD}[claim]\nof = \"a\"\n"), &["claims.toml:4", "two brackets"][..]),
        (
            format!("{HEAD}[[claim]]\nof = \"a\"\nmetric = \"macro F1\"\nvalue = \"5\"\nunit = \"percent\""),
            &["claims.toml:6", "write metric = \"f1\", average = \"macro\""][..],
        ),
        (
            format!(
                "{HEAD}[[claim]]\nof = \"a\"\nmetric = \"f1\"\nclass = \"Rock\"\nvalue = \"5\"\nunit = \"percent\""
            ),
            &["claims.toml:7", "the set has no labels"][..],
        ),
        (value("\"154\""), &["claims.toml:7", "154 % is outside"][..]),
        (matrix("[[\"1\", \"2\"], [\"3\"]]"), &["claims.toml:6", "row 2 of the matrix has 1 cells"][..]),
        (matrix("[[1, -2], [3, 4]]"), &["claims.toml:6", "cannot be -2"][..]),
        (
            format!("{HEAD}[test]\nn = 9\nsupport = [5, 5]\n[[split]]\ntotal = 2\nratio = [\"1\", \"1\"]"),
            &["claims.toml:6", "sums to 10, but n = 9"][..],
        ),
        (
            format!("{HEAD}[[claim]]\nof = \"a\"\nmetric = \"acuracy\"\nvalue = \"5\"\nunit = \"percent\""),
            &["claims.toml:6", "unknown metric `acuracy`", "did you mean `accuracy`"][..],
        ),
        (
            claim("value = \"5\"\nunit = \"percent\"\nid = \"i\"")
                + "[[claim]]\nof = \"b\"\nid = \"i\"\nmetric = \"mcc\"\nvalue = \"0.1\"\nunit = \"fraction\"",
            &["claims.toml:12", "two claims have the id \"i\""][..],
        ),
        (value("\"5\"") + "metrik = 1", &["claims.toml:9", "metrik"][..]),
    ] {
        let output = audited(&text, &[]);
        expect(&output, 2);
        says(&output, parts);
        assert!(output.stdout.is_empty());
    }
    let output = genrebench().args(["audit", "iaml2018"]).output().unwrap();
    expect(&output, 2);
    says(&output, &["did you mean `iaml-2018`"]);
}

#[test]
fn the_claims_file_to_fill_in_can_be_audited() {
    let output = genrebench().args(["audit", "--template"]).output().unwrap();
    expect(&output, 0);
    let template = text(&output.stdout);
    let output = audited(&template, &["--json"]);
    expect(&output, 0);
    let audits: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let audit = &audits[0];
    assert!(audit["consistent"].as_u64() >= Some(1) && audit["sets"][0]["n"] == 800, "{audit:#}");
    assert_eq!(audit["source"].as_str().unwrap().len(), 40);
    // The keys that stand behind a # are keys too: what is wrong then is a matrix of too few classes.
    let lines = template.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    let keys = lines.filter(|line| (line.contains(" = ") || line.starts_with('[')) && !line.contains('…'));
    let output = audited(&keys.collect::<Vec<_>>().join("\n"), &[]);
    expect(&output, 2);
    says(&output, &["a matrix of 2 rows for 8 classes"]);
}

#[test]
fn an_average_that_is_not_said_may_be_any_of_three() {
    let claims = |f1: &str| {
        format!(
            "[test]\nsupport = [5, 5]\n{}{}",
            claim("a", "accuracy", "0.7", ""),
            claim("a", "f1", f1, "average = \"any\"")
        )
    };
    // Ten clips of which seven are right: as micro 0.7 to the last digit, as macro or weighted never.
    // 4/7 is that of a class with two hits, and of no average.
    let found = all(&claims("0.5714"));
    none_inconsistent(&found);
    assert!(
        found.iter().any(|finding| finding["check"] == "average" && is(finding, "consistent")),
        "{found:#?}"
    );
    let found = holds(&claims("0.7000"), &[("a", "average", "average unsaid", "consistent", "as micro:")]);
    none_inconsistent(&found);
    let average = found.iter().find(|finding| finding["check"] == "average").unwrap();
    assert!(average["notes"][0].as_str().unwrap().starts_with("excluded as macro:"), "{average:#}");
    holds(&claims("0.9500"), &[("a", "average", "", "inconsistent", "as weighted:")]);
    let apart = claim("a", "f1", "0.9", "average = \"macro\"");
    holds(
        &format!("{}{apart}", claims("0.7000")),
        &[("a", "average", "", "not_checkable", "other figures do not go together")],
    );
    holds(
        &claim("b", "f1", "0.61", "average = \"any\""),
        &[("b", "average", "", "not_checkable", "as macro:")],
    );
}

#[test]
fn rows_of_a_hundred_may_be_percent() {
    let matrix = "[[matrix]]\nof = \"a\"\ncells = [[\"60\", \"40\"], [\"20\", \"80\"]]\n";
    let claims = format!("{matrix}{}", claim("a", "accuracy", "0.75", ""));
    let found = holds(&claims, &[("a", "matrix", "", "not_checkable", "say support, and they")]);
    none_inconsistent(&found);
    // 30 of 50 and 120 of 150 clips, in percent of each class.
    none_inconsistent(&holds(&format!("[test]\nn = 200\n{claims}"), &[]));
    // Percent of each predicted class, of 135 + 15 and 10 + 40 clips.
    let of_columns = "[[matrix]]\nof = \"a\"\ncells = [[\"90\", \"20\"], [\"10\", \"80\"]]\n";
    none_inconsistent(&holds(&format!("{of_columns}{}", claim("a", "accuracy", "0.875", "")), &[]));
    holds(
        &format!("[test]\nsupport = [100, 100]\n{claims}"),
        &[("a", "recount", "accuracy", "inconsistent", "the matrix gives 140 of 200")],
    );
}

#[test]
fn two_hundred_classes_are_bounded() {
    let labels: Vec<String> = (0..200).map(|class| format!("c{class}")).collect();
    let mut claims = format!("{HEAD}[test]\nsupport = {:?}\nlabels = {labels:?}\n", vec![20; 200]);
    for (metric, more, value) in
        [("accuracy", "", "0.615"), ("f1", "average = \"macro\"\n", "0.6012"), ("mcc", "", "0.61")]
    {
        writeln!(
            claims,
            "[[claim]]\nof = \"a\"\nmetric = \"{metric}\"\n{more}value = \"{value}\"\nunit = \"fraction\""
        )
        .unwrap();
    }
    for class in 0..200 {
        writeln!(
            claims,
            "[[claim]]\nof = \"b\"\nmetric = \"f1\"\nclass = \"c{class}\"\nvalue = \"0.{}\"\nunit = \"fraction\"",
            10 + class % 80
        )
        .unwrap();
    }
    let start = std::time::Instant::now();
    let output = audited(&claims, &["--json"]);
    assert!(!findings(&output).is_empty());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_bare_matrix_gives_every_score() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.csv");
    std::fs::write(&path, ",rock,pop\nrock,40,10\npop,5,45\n").unwrap();
    let output = genrebench().args(["audit", "--matrix"]).arg(&path).output().unwrap();
    expect(&output, 0);
    let words = text(&output.stdout);
    for part in ["85 of 100 clips right", "0.850000", "rock", "mcc"] {
        assert!(words.contains(part), "{words}");
    }
    std::fs::write(&path, "1,2\n3\n").unwrap();
    let output = genrebench().args(["audit", "--matrix"]).arg(&path).output().unwrap();
    expect(&output, 2);
    says(&output, &["m.csv:2"]);
}
