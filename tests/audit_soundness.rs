//! True figures that are printed in an unusual way are not called impossible, and impossible ones do not pass because
//! nothing looked at them.

use serde_json::Value;

use crate::audit_support::{HEAD, all, audited, claim, holds, is, none_inconsistent};
use crate::support::{expect, genrebench, says, text};

#[test]
fn averaged_and_normalised_matrices_of_true_results_pass() {
    let averaged = |support: &str, runs: u64, cells: &str, accuracy: &str| {
        format!(
            "[test]\nsupport = {support}\n[[matrix]]\nof = \"m\"\nruns = {runs}\ncells = {cells}\n{}",
            claim("m", "accuracy", accuracy, &format!("runs = {runs}"))
        )
    };
    for (support, runs, cells, accuracy) in [
        ("[15, 15]", 3, r#"[["13", "1"], ["1", "13"]]"#, "0.889"),
        ("[2, 3]", 20, r#"[["1.8", "0.2"], ["0.6", "2.4"]]"#, "0.830"),
        ("[20, 20]", 1, r#"[["0.85", "0.15"], ["0.25", "0.75"]]"#, "0.800"),
        ("[20, 20]", 1, r#"[["85", "15"], ["25", "75"]]"#, "0.800"),
    ] {
        let found = all(&averaged(support, runs, cells, accuracy));
        assert!(found.iter().all(|finding| is(finding, "consistent")), "{found:#?}");
    }
    // What no solution gives is found all the same.
    holds(
        &averaged("[15, 15]", 3, r#"[["13", "1"], ["1", "13"]]"#, "0.500"),
        &[("m", "recount", "accuracy", "inconsistent", "all solutions of the averaged matrix")],
    );
}

#[test]
fn a_matrix_is_held_against_scores_of_two_classes_and_of_pooled_folds() {
    let two = "[test]\npositives = 40\nnegatives = 60\n[[matrix]]\nof = \"m\"\ncells = [[50, 10], [5, 35]]\n";
    let pooled = "folds = 10\naggregate = \"score_of_means\"";
    holds(
        &[
            two,
            &claim("m", "accuracy", "0.90", ""),
            &claim("m", "sens", "0.875", ""),
            &claim("m", "spec", "0.875", ""),
            &claim("m", "f1", "0.100", ""),
            &claim("m", "err", "0.25", ""),
            &claim("m", "accuracy", "0.75", pooled),
        ]
        .concat(),
        &[
            ("m", "recount", "accuracy 0.90", "inconsistent", "85 of 100"),
            ("m", "recount", "sensitivity", "consistent", "row 2 has the positives"),
            ("m", "recount", "specificity", "inconsistent", "50 of 60"),
            ("m", "recount", "F1 of the positives", "inconsistent", "0.8235"),
            ("m", "recount", "error rate", "inconsistent", "0.150"),
            ("m", "recount", "accuracy 0.75", "inconsistent", "85 of 100"),
        ],
    );
    let classes = "[test]\nsupport = [50, 50]\nlabels = [\"a\", \"b\"]\n[[matrix]]\nof = \"m\"\ncells = [[40, 10], [5, 45]]\n";
    let found = holds(
        &[
            classes,
            &claim("m", "spec", "0.123", "class = \"a\""),
            &claim("m", "npv", "0.818", "class = \"a\""),
            &claim("m", "accuracy", "0.842", "runs = 5"),
        ]
        .concat(),
        &[
            ("m", "recount", "specificity of a", "inconsistent", "0.9000"),
            ("m", "recount", "negative predictive value of a", "consistent", "0.8182"),
            // The mean of five runs is another thing than the one matrix.
            ("m", "grid", "accuracy", "consistent", "421 of 500"),
        ],
    );
    assert!(
        found.iter().any(|finding| text_of(finding, "notes").contains("not held against the printed matrix"))
    );
}

fn text_of(finding: &Value, key: &str) -> String {
    finding[key].to_string()
}

#[test]
fn every_claim_of_folds_has_a_finding() {
    let set = "[test]\nsupport = [20, 20, 20]\nlabels = [\"a\", \"b\", \"c\"]\n";
    let pooled = "folds = 10\naggregate = \"score_of_means\"";
    let mean = "folds = 10\naggregate = \"mean_of_scores\"";
    holds(
        &[
            set,
            &claim("m", "recall", "0.333", &format!("class = \"a\"\n{pooled}")),
            &claim("n", "auc", "0.333", pooled),
            &claim("n", "accuracy", "0.750", pooled),
            &claim("o", "accuracy", "0.850", &format!("sd = \"0.9\"\n{mean}")),
            &claim("o", "f1", "0.700", &format!("average = \"micro\"\n{mean}")),
            &claim("p", "accuracy", "0.850", mean),
            &claim("p", "f1", "0.700", &format!("average = \"macro\"\n{mean}")),
            &claim("q", "accuracy", "0.850", &format!("sd = \"0.09\"\n{pooled}")),
        ]
        .concat(),
        &[
            ("m", "grid", "recall of a", "inconsistent", "6 of 20"),
            ("n", "folds", "AUC", "not_checkable", "the scores of each fold are missing"),
            ("n", "grid", "accuracy", "consistent", "45 of 60"),
            ("o", "identity", "micro F1 0.700", "inconsistent", "one number"),
            ("o", "spread", "0.850 ± 0.9", "inconsistent", "at the most"),
            ("p", "folds", "accuracy", "consistent", "51 hits of 10 folds of 6"),
            ("p", "folds", "macro F1", "not_checkable", "the scores of each fold are missing"),
            ("q", "spread", "0.850 ± 0.09", "not_checkable", "pooled counts"),
        ],
    );
}

#[test]
fn folds_are_of_equal_size_only_where_that_is_said() {
    let of = |set: &str, more: &str| {
        let folds = format!("folds = 3\naggregate = \"mean_of_scores\"\n{more}");
        format!("[test]\n{set}\n{}", claim("m", "accuracy", "0.83568", &folds))
    };
    for (set, more, verdict, reason) in [
        ("n = 100", "", "not_checkable", "say fold_sizes"),
        ("n = 100", "fold_sizes = \"equal\"", "inconsistent", "in folds of"),
        // What sizes scikit-learn's stratified folds had before 0.22 follows from the classes.
        ("n = 100", "stratified = true", "not_checkable", "say support"),
        ("support = [50, 50]", "stratified = true", "inconsistent", "or of 2 × 34 and 1 × 32"),
        ("n = 100", "fold_sizes = [37, 41, 22]", "consistent", "folds of 37"),
    ] {
        holds(&of(set, more), &[("m", "folds", "accuracy", verdict, reason)]);
    }
    let output = audited(&format!("{HEAD}{}", of("n = 100", "fold_sizes = \"unequal\"")), &[]);
    expect(&output, 2);
    says(&output, &["fold_sizes is a list of clips, or \"equal\""]);
    // One positive cannot be in two folds.
    let one = "[test]\npositives = 1\nnegatives = 20\n";
    let mean = "folds = 2\naggregate = \"mean_of_scores\"\nfold_sizes = \"equal\"";
    holds(
        &format!("{one}{}", claim("m", "spec", "0.95", mean)),
        &[("m", "folds", "specificity", "not_checkable", "only folds of which one is trained without")],
    );
}

#[test]
fn stratified_folds_are_those_of_any_scikit_learn() {
    let mean = "folds = 3\nstratified = true\naggregate = \"mean_of_scores\"";
    let equal = format!("{mean}\nfold_sizes = \"equal\"");
    holds(
        &[
            "[test]\nsupport = [10, 10, 10, 10, 10, 10, 10, 10, 10, 10]\n",
            "[set.nine]\nsupport = [10, 10, 10, 10, 10, 10, 10, 10, 10]\n",
            // 33 of 40 and 43 of twice 30, as before 0.22; since then folds are of 34, 33 and 33.
            &claim("m", "accuracy", "0.75278", mean),
            &claim("e", "accuracy", "0.75278", &equal),
            // 18 of 36, 20 of 27 and 25 of 27; no three of 30 have this mean and this deviation.
            &claim("d", "accuracy", "0.7222", &format!("sd = \"0.2136\"\nset = \"nine\"\n{mean}")),
        ]
        .concat(),
        &[
            ("m", "folds", "accuracy", "consistent", "hits of 1 folds of 40"),
            ("e", "folds", "accuracy", "inconsistent", "in folds of 1 × 34 and 2 × 33"),
            ("d", "spread", "±", "not_checkable", "not all of one size"),
            ("d", "folds", "accuracy", "consistent", "hits of"),
        ],
    );
}

#[test]
fn a_fold_without_clips_of_a_class_is_counted_in_every_way() {
    let known = "fold_sizes = [3, 3]\nfold_positives = [2, 0]\naggregate = \"mean_of_scores\"";
    let equal = "folds = 2\nfold_sizes = \"equal\"\naggregate = \"mean_of_scores\"";
    holds(
        &[
            "[test]\npositives = 2\nnegatives = 4\n",
            &claim("perfect", "balanced_accuracy", "1.00", known),
            &claim("none", "balanced_accuracy", "0.550", known),
            // 1 of 2 positives in the one fold, 0 of 0 in the other.
            &claim("half", "sens", "0.25", equal),
            &claim("tenth", "sens", "0.10", equal),
        ]
        .concat(),
        &[
            (
                "perfect",
                "folds",
                "balanced accuracy",
                "not_checkable",
                "the recall of the class that is there",
            ),
            ("none", "folds", "balanced accuracy", "inconsistent", "however a fold without clips of a class"),
            ("half", "folds", "sensitivity", "not_checkable", "if the recall of no clips is 0"),
            ("tenth", "folds", "sensitivity", "inconsistent", "however a fold without clips of a class"),
        ],
    );
}

#[test]
fn macro_recall_and_balanced_accuracy_are_one_number_only_where_every_class_has_clips() {
    let both = |of: &str, more: &str| {
        claim(of, "recall", "0.533", &format!("average = \"macro\"\n{more}"))
            + &claim(of, "balanced_accuracy", "0.800", more)
    };
    // 8 of 10, 8 of 10 and a third class that is predicted and has no clips; over folds the same.
    let unsaid =
        ["[test]\nn = 20\n", &both("m", ""), &both("f", "folds = 2\naggregate = \"mean_of_scores\"")]
            .concat();
    none_inconsistent(&holds(
        &unsaid,
        &[
            ("m", "joint", "balanced accuracy", "not_checkable", "support"),
            ("f", "folds", "balanced accuracy", "not_checkable", "fold_support"),
        ],
    ));
    let said = [
        "[test]\nsupport = [8, 12]\n",
        &both("m", ""),
        &both("f", "fold_support = [[4, 6], [4, 6]]\naggregate = \"mean_of_scores\""),
    ]
    .concat();
    holds(
        &said,
        &[
            ("m", "identity", "balanced accuracy", "inconsistent", "one number"),
            ("f", "folds", "balanced accuracy", "inconsistent", "no number is printed as all of them"),
        ],
    );
    // The recall of the positives is one half of it.
    let folds = "fold_support = [[5, 5], [5, 5]]\nfold_positives = [5, 5]\naggregate = \"mean_of_scores\"";
    let two = [
        "[test]\npositives = 10\nnegatives = 10\n",
        &claim("b", "sens", "0.900", folds),
        &claim("b", "recall", "0.800", &format!("average = \"macro\"\n{folds}")),
        &claim("c", "sens", "0.200", folds),
        &claim("c", "recall", "0.950", &format!("average = \"macro\"\n{folds}")),
    ]
    .concat();
    holds(
        &two,
        &[
            (
                "b",
                "folds",
                "sensitivity 0.900 and macro",
                "consistent",
                "9 true positives and 7 true negatives",
            ),
            ("c", "folds", "sensitivity 0.200 and macro", "inconsistent", "no hits"),
        ],
    );
}

#[test]
fn hits_under_one_rounding_are_no_part_of_the_clips_under_another() {
    // Ten classes of 13 clips, of which 4.54 and nine times 0.94 are rounded up: to nearest, rows would be of 14.
    let row = |class: usize| {
        let cells: Vec<&str> = (0..10).map(|column| if column == class { "4.6" } else { "1.0" }).collect();
        format!("{cells:?}")
    };
    let rows: Vec<String> = (0..10).map(row).collect();
    let matrix = format!("[[matrix]]\nof = \"m\"\nruns = 100\ncells = [{}]\n", rows.join(", "));
    let found = holds(
        &(matrix + &claim("m", "accuracy", "0.3492", "runs = 100")),
        &[("m", "recount", "accuracy", "not_checkable", "several solutions")],
    );
    none_inconsistent(&found);
}

#[test]
fn what_cannot_be_is_held_against_nothing_and_a_hundred_million_clips_are_no_search() {
    let recall = |class: &str| claim("i", "recall", "0.80", &format!("class = \"{class}\""));
    holds(
        &[
            "[test]\nsupport = [20, 20, 20]\nlabels = [\"a\", \"b\", \"c\"]\n",
            "[set.many]\npositives = 3\nnegatives = 100000000\n",
            &recall("a"),
            &recall("b"),
            &recall("c"),
            &claim("i", "accuracy", "0.851", ""),
            &claim("s", "sens", "0", "set = \"many\""),
        ]
        .concat(),
        &[
            ("i", "grid", "accuracy", "inconsistent", "51 of 60"),
            (
                "i",
                "by class",
                "table",
                "not_checkable",
                "no number of hits gives all that is printed of the accuracy",
            ),
            ("s", "binary", "sensitivity", "consistent", "tp = 0 of 3"),
        ],
    );
}

#[test]
fn a_deviation_that_is_printed_is_not_nought() {
    let of = |sd: &str| {
        format!("[test]\nn = 100\n{}", claim("m", "accuracy", "0.8000", &format!("sd = \"{sd}\"\nruns = 3")))
    };
    holds(&of("0.0001"), &[("m", "spread", "±", "inconsistent", "no 3 whole numbers")]);
    let found = holds(&of("0.0000"), &[("m", "spread", "±", "consistent", "80, 80 and 80")]);
    assert!(found.iter().all(|finding| !text_of(finding, "notes").contains("times as much")), "{found:#?}");
}

#[test]
fn a_comparison_does_not_depend_on_the_order_and_knows_the_rounding() {
    let compared = |set: &str, metric: &str, more: &str, a: &str, b: &str| {
        [
            set,
            &claim("a", metric, a, more),
            &claim("b", metric, b, more),
            "[[compare]]\na = \"a\"\nb = \"b\"\nasserted = \"p>0.05\"\n",
        ]
        .concat()
    };
    for (set, metric, more, a, b, verdict) in [
        ("[test]\nn = 200\n", "accuracy", "", "0.9", "0.70", "consistent"),
        ("[test]\nn = 200\n", "accuracy", "", "0.9", "0.60", "inconsistent"),
        ("[test]\nn = 100\n", "accuracy", "folds = 5", "0.9", "1.0", "consistent"),
        (
            "[test]\nn = 100\n",
            "accuracy",
            "folds = 5\nfold_sizes = \"equal\"",
            "0.90",
            "0.60",
            "inconsistent",
        ),
        ("[test]\nn = 100\n", "accuracy", "folds = 5", "0.90", "0.60", "not_checkable"),
        ("[test]\nn = 100\n", "accuracy", "folds = 5\nstratified = true", "0.90", "0.60", "not_checkable"),
        (
            "[test]\nsupport = [50, 50]\n",
            "accuracy",
            "folds = 5\nstratified = true",
            "0.90",
            "0.60",
            "inconsistent",
        ),
        ("[test]\nn = 100\n", "f1", "average = \"macro\"", "0.9", "1.0", "consistent"),
    ] {
        for (a, b) in [(a, b), (b, a)] {
            let found = all(&compared(set, metric, more, a, b));
            let comparison = found.iter().find(|finding| finding["check"] == "comparison").unwrap();
            assert!(is(comparison, verdict), "{metric} {a} {b}: {comparison:#}");
        }
    }
}

#[test]
fn constant_predictors_and_empty_classes_are_possible() {
    let majority = [
        "[test]\nsupport = [7, 2]\n",
        &claim("m", "accuracy", "0.778", ""),
        &claim("m", "f1", "0.438", "average = \"macro\""),
        &claim("m", "mcc", "0.000", ""),
    ]
    .concat();
    holds(&majority, &[("m", "joint", "MCC", "consistent", "7 hits")]);
    let recall =
        |of: &str, class: &str, value: &str| claim(of, "recall", value, &format!("class = \"{class}\""));
    let empty = [
        "[test]\nsupport = [10, 10, 0]\nlabels = [\"a\", \"b\", \"c\"]\n",
        &claim("m", "recall", "0.533", "average = \"macro\""),
        &claim("m", "balanced_accuracy", "0.800", ""),
        &recall("t", "a", "0.800"),
        &recall("t", "b", "0.800"),
        &recall("t", "c", "0.000"),
        &claim("t", "recall", "0.800", "average = \"macro\""),
    ]
    .concat();
    none_inconsistent(&holds(&empty, &[("t", "by class", "table", "consistent", "16 hits")]));
    // Of several labels a clip neither averages nor sums agree.
    let labels = [
        "[test]\nsupport = [60, 60, 60]\nn = 100\nsingle_label = false\n",
        &claim("m", "accuracy", "0.80", ""),
        &claim("m", "recall", "0.50", "average = \"macro\""),
    ]
    .concat();
    none_inconsistent(&holds(&labels, &[("m", "grid", "accuracy", "consistent", "80 of 100")]));
}

#[test]
fn a_finding_says_what_it_checked_and_no_more() {
    let set = "[test]\nsupport = [20, 20, 20]\nlabels = [\"a\", \"b\", \"c\"]\n";
    let found = holds(
        &[
            set,
            &claim("m", "accuracy", "0.800", ""),
            &claim("m", "f1", "0.80", "average = \"macro\""),
            &claim("m", "auc", "0.91", ""),
            &claim("m", "f1", "0.123", "average = \"macro\"\nruns = 5"),
            &claim("t", "recall", "0.80", "class = \"a\""),
            &claim("t", "f1", "0.80", "average = \"macro\""),
            &claim("k", "kappa", "0.413", ""),
            &claim("c", "recall", "0.80", "class = \"a\""),
            &claim("c", "recall", "0.80", "class = \"b\""),
            &claim("c", "recall", "0.80", "class = \"c\""),
            &claim("c", "accuracy", "0.85", ""),
        ]
        .concat(),
        &[
            ("m", "none", "AUC", "not_checkable", "probabilities"),
            ("m", "none", "macro F1 0.123", "not_checkable", "the runs are missing"),
            ("t", "by class", "recall of a 0.80 and macro F1 0.80", "consistent", "hits"),
            ("k", "grid", "kappa", "inconsistent", "36 of 60 is kappa 0.4000 and 37 of 60 is kappa 0.4250"),
            (
                "c",
                "by class",
                "table",
                "inconsistent",
                "the figures by class leave 48 hits of 60, the accuracy 51",
            ),
        ],
    );
    assert!(!found.iter().any(|finding| finding["of"] == "t" && finding["check"] == "none"), "{found:#?}");
}

#[test]
fn figures_of_one_mean_over_folds_are_held_against_each_other() {
    let two = "[test]\npositives = 20\nnegatives = 30\n";
    let mean = "fold_sizes = [25, 25]\nfold_positives = [10, 10]\naggregate = \"mean_of_scores\"";
    holds(
        &[
            two,
            &claim("m", "sens", "0.55", mean),
            &claim("m", "sens", "0.550", mean),
            &claim("n", "sens", "0.55", mean),
            &claim("n", "sens", "0.600", mean),
        ]
        .concat(),
        &[
            ("m", "folds", "0.55 and sensitivity 0.550", "consistent", "11 true positives"),
            ("n", "folds", "0.55 and sensitivity 0.600", "inconsistent", "no number is printed as both"),
            ("n", "folds", "sensitivity 0.55", "consistent", "11 true positives"),
        ],
    );
}

#[test]
fn the_power_of_a_joint_finding_is_that_of_every_matrix_and_of_a_recount_that_of_its_range() {
    let found = all(&[
        "[test]\nsupport = [5, 5, 5]\n[set.two]\nsupport = [50, 50]\n",
        &claim("m", "accuracy", "0.8000", ""),
        &claim("m", "f1", "0.8028", "average = \"macro\""),
        "[[matrix]]\nof = \"k\"\nset = \"two\"\ncells = [[40, 10], [5, 45]]\n",
        &claim("k", "kappa", "0.70", "set = \"two\""),
    ]
    .concat());
    let share = |of: &str, check: &str| {
        let found = found.iter().find(|finding| finding["of"] == of && finding["check"] == check).unwrap();
        found["would_pass"].as_f64().unwrap_or_else(|| panic!("{found:#}"))
    };
    // 19 of 10001 values of the macro F1 are those of some matrix with 12 hits, by trying them in Python.
    assert!((share("m", "joint") - 19.0 / 10001.0).abs() < 1e-9, "{}", share("m", "joint"));
    assert!((share("k", "recount") - 2.0 / 201.0).abs() < 1e-9);
}

#[test]
fn what_the_documentation_names_is_read() {
    let two = "[test]\npositives = 40\nnegatives = 60\n";
    holds(
        &[
            two,
            &claim("b", "fbp", "0.800", "beta = \"2\""),
            &claim("b", "fbp", "0.800", "beta = \"0.5\""),
            &claim("r", "accuracy", "0.85", ""),
            &claim("r", "accuracy", "0.85", "runs = 3"),
            &claim("m", "f1", "0.80", "average = \"macro\""),
            &claim("m", "sens", "0.80", ""),
            &claim("s", "sens", "0.801", "runs = 3"),
            &claim("t", "sens", "0.800", "runs = 3\nsd = \"0.020\""),
        ]
        .concat(),
        &[
            ("b", "binary", "F-beta", "consistent", "tp ="),
            ("m", "by class", "macro F1 0.80", "consistent", "hits"),
            ("s", "grid", "sensitivity", "inconsistent", "96 of 120 over 3 runs"),
            ("t", "spread", "sensitivity", "consistent", "of 40"),
        ],
    );
    // The witness of two classes has the positives second, as `--matrix` reads it.
    let found = all(&[two, &claim("m", "sens", "0.80", ""), &claim("m", "spec", "0.95", "")].concat());
    let binary = found.iter().find(|finding| finding["check"] == "binary").unwrap();
    assert_eq!(binary["witness"]["matrix"], serde_json::json!([[57, 3], [8, 32]]));
}

#[test]
fn options_that_would_be_ignored_are_refused_and_the_list_is_json() {
    for arguments in [&["audit", "iaml-2018", "--transposed"][..], &["audit", "--list", "--transposed"]] {
        let output = genrebench().args(arguments).output().unwrap();
        expect(&output, 2);
        says(&output, &["--transposed"]);
    }
    let output = genrebench().args(["audit", "--list", "--json"]).output().unwrap();
    expect(&output, 0);
    let papers: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert!(papers.as_array().unwrap().iter().any(|paper| paper["paper"] == "iaml-2018"), "{papers}");
}
