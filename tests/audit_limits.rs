//! What a deviation, the range of the folds and a comparison are held against: only what the score, or the test that was
//! meant, cannot have.

use serde_json::Value;

use crate::audit_support::{HEAD, all, audited, claim, holds, is, none_inconsistent};
use crate::support::{expect, says};

#[test]
fn a_deviation_is_bounded_by_the_range_of_its_score() {
    let of = |metric: &str, value: &str, sd: &str, more: &str| {
        claim(metric, metric, value, &format!("sd = \"{sd}\"\nruns = 5\n{more}"))
    };
    let two = "set = \"two\"";
    holds(
        &[
            "[test]\nn = 100\n[set.two]\npositives = 50\nnegatives = 50\n",
            &of("log_loss", "1.85", "0.12", ""),
            // Such as −0.28, −0.20, 0.05, 0.27 and 0.41.
            &of("kappa", "0.05", "0.30", ""),
            &of("mcc", "0.05", "0.30", ""),
            &of("bm", "0.05", "0.30", two),
            &of("lrp", "3.20", "0.40", two),
            &of("auc", "0.90", "0.60", ""),
            &claim("far", "kappa", "0.90", "sd = \"0.60\"\nruns = 5"),
        ]
        .concat(),
        &[
            ("log_loss", "spread", "log loss 1.85 ± 0.12", "not_checkable", "no proportion"),
            ("kappa", "spread", "0.05 ± 0.30", "not_checkable", "no proportion"),
            ("mcc", "spread", "0.05 ± 0.30", "not_checkable", "no proportion"),
            ("bm", "spread", "0.05 ± 0.30", "not_checkable", "no proportion"),
            ("lrp", "spread", "3.20 ± 0.40", "not_checkable", "no proportion"),
            ("auc", "spread", "0.90 ± 0.60", "inconsistent", "numbers between 0 and 1"),
            ("far", "spread", "0.90 ± 0.60", "inconsistent", "numbers between -1 and 1"),
        ],
    );
}

/// The finding on two systems of 100 clips, whose claims have `more`.
fn compared(metric: &str, more: &str, a: &str, b: &str, asserted: Option<&str>) -> Value {
    let asserted = asserted.map(|text| format!("asserted = \"{text}\"\n")).unwrap_or_default();
    let claims = [
        "[test]\nn = 100\n",
        &claim("a", metric, a, more),
        &claim("b", metric, b, more),
        "[[compare]]\na = \"a\"\nb = \"b\"\n",
        &asserted,
    ]
    .concat();
    let found = all(&claims);
    found.into_iter().find(|finding| finding["check"] == "comparison").unwrap()
}

#[test]
fn a_difference_is_impossible_only_if_no_form_of_mcnemars_test_has_it() {
    // Of 4 and 5 clips, none for the other, the exact p is 0.125 and 0.0625, that of χ² 0.0455 and 0.0253.
    for (a, b, asserted, verdict, reason) in [
        ("0.50", "0.53", "p<0.05", "inconsistent", "p = 0.250"),
        ("0.50", "0.54", "p<0.05", "not_checkable", "χ² without correction"),
        ("0.50", "0.55", "p<0.05", "not_checkable", "χ² without correction"),
        ("0.50", "0.56", "p<0.05", "consistent", "or fewer"),
        // Of 13 and 4 clips the exact p is 0.0490, that of χ² with correction 0.0523.
        ("0.87", "0.96", "p>0.05", "not_checkable", "χ² with correction"),
        ("0.87", "0.97", "p>0.05", "inconsistent", "as many as possible"),
    ] {
        let finding = compared("accuracy", "", a, b, Some(asserted));
        assert!(is(&finding, verdict), "{a} {b}: {finding:#}");
        assert!(finding["reason"].as_str().unwrap().contains(reason), "{a} {b}: {finding:#}");
    }
}

#[test]
fn what_stands_in_for_accuracies_decides_nothing() {
    let f1 = "average = \"macro\"";
    for (metric, more, a, b, asserted, verdict) in [
        ("f1", f1, "0.90", "0.60", Some("p>0.05"), "not_checkable"),
        ("f1", f1, "0.90", "0.90", Some("p<0.05"), "not_checkable"),
        ("f1", f1, "0.90", "0.60", None, "not_checkable"),
        ("f1", f1, "0.90", "0.90", None, "not_checkable"),
        ("accuracy", "folds = 5", "0.90", "0.60", None, "not_checkable"),
        ("accuracy", "folds = 5\nfold_sizes = \"equal\"", "0.90", "0.60", None, "consistent"),
        ("accuracy", "", "0.90", "0.60", None, "consistent"),
        ("accuracy", "", "0.90", "0.90", None, "consistent"),
    ] {
        let finding = compared(metric, more, a, b, asserted);
        assert!(is(&finding, verdict), "{metric} {a} {b}: {finding:#}");
        let whatever = finding["reason"].as_str().unwrap().contains("whatever the predictions");
        assert_eq!(whatever, verdict == "consistent", "{finding:#}");
    }
}

#[test]
fn the_lowest_and_the_highest_fold_are_held_against_the_mean() {
    let mean = "folds = 5\naggregate = \"mean_of_scores\"";
    let equal = format!("{mean}\nfold_sizes = \"equal\"");
    let range = |least: &str, most: &str, more: &str| {
        format!("fold_min = \"{least}\"\nfold_max = \"{most}\"\n{more}")
    };
    let two =
        "set = \"two\"\nfold_sizes = [25, 25]\nfold_positives = [10, 10]\naggregate = \"mean_of_scores\"";
    let accuracy = |of: &str, value: &str, more: &str| claim(of, "accuracy", value, more);
    let f1 = |of: &str, value: &str| {
        claim(of, "f1", value, &range("0.50", "0.92", &format!("{mean}\naverage = \"macro\"")))
    };
    holds(
        &[
            "[test]\nn = 100\n[set.two]\npositives = 20\nnegatives = 30\n",
            // Folds of 20: 16, 19 and three between them that make 85.
            &accuracy("fits", "0.85", &range("0.80", "0.95", &equal)),
            // No k of 20 is printed so.
            &accuracy("grid", "0.85", &range("0.83", "0.95", &equal)),
            &accuracy("unsaid", "0.85", &range("0.83", "0.95", mean)),
            &accuracy("either", "0.85", &range("0.80", "0.95", "folds = 5")),
            // Four folds of 0.92 and one of 0.50 have a mean of 0.836.
            &accuracy("far", "0.90", &range("0.50", "0.92", mean)),
            &f1("f1", "0.90"),
            &f1("f1 fits", "0.80"),
            &accuracy("turned", "0.85", &range("0.95", "0.80", &equal)),
            &claim("sens", "sens", "0.55", &range("0.50", "0.60", two)),
            &claim("sens off", "sens", "0.55", &range("0.50", "0.58", two)),
            &accuracy("repeats", "0.85", &range("0.80", "0.95", &format!("{equal}\nruns = 3"))),
        ]
        .concat(),
        &[
            ("fits", "fold range", "lowest fold 0.80 and highest fold 0.95", "consistent", "16 of 20"),
            ("grid", "fold range", "0.83", "inconsistent", "no whole numbers"),
            ("unsaid", "fold range", "0.83", "not_checkable", "say fold_sizes"),
            ("either", "fold range", "0.80", "not_checkable", "aggregate, is not said"),
            ("far", "fold range", "0.50", "inconsistent", "at the most"),
            ("f1", "fold range", "macro F1 0.90", "inconsistent", "at the most"),
            ("f1 fits", "fold range", "macro F1 0.80", "not_checkable", "no proportion"),
            ("turned", "fold range", "0.95", "inconsistent", "above the highest"),
            ("sens", "fold range", "sensitivity 0.55", "consistent", "5 of 10 and 6 of 10 by fold"),
            ("sens off", "fold range", "sensitivity 0.55", "inconsistent", "no whole numbers"),
            ("repeats", "fold range", "0.80", "not_checkable", "of all repeats or of the repeats' means"),
        ],
    );
    // Without folds they would be held against nothing, and the mean against the whole set.
    for (more, part) in [
        ("fold_min = \"0.80\"", "fold_min is of the folds of a cross-validation: say how many"),
        ("aggregate = \"mean_of_scores\"", "aggregate is of the folds of a cross-validation"),
        ("folds = 1\nfold_max = \"0.95\"", "neither a lowest nor a highest"),
    ] {
        let output = audited(&format!("{HEAD}[test]\nn = 100\n{}", accuracy("m", "0.85", more)), &[]);
        expect(&output, 2);
        says(&output, &[part]);
    }
}

#[test]
fn what_folds_and_repeats_may_also_mean_is_not_impossible() {
    let by_class = "fold_support = [[2, 6], [6, 6]]\nruns = 2\naverage = \"macro\"";
    let labels =
        "set = \"labels\"\nfolds = 2\nfold_support = [[30, 30], [30, 30]]\naggregate = \"mean_of_scores\"";
    let repeats = "set = \"two\"\nfolds = 3\nruns = 2\naggregate = \"score_of_means\"";
    holds(
        &[
            "[test]\nsupport = [8, 12]\n[set.two]\npositives = 3\nnegatives = 3\n\
             [set.labels]\nsupport = [60, 60]\nn = 100\nsingle_label = false\n",
            // 15 of twice 8 and 24 of twice 12, pooled; the folds' own means are 48ths.
            &claim("pooled", "recall", "0.96875", by_class),
            &claim("mean", "recall", "0.96875", &format!("{by_class}\naggregate = \"mean_of_scores\"")),
            // The hits of a label are not the clips all of whose labels are right.
            &claim("labels", "accuracy", "0.80", labels),
            &claim("labels", "recall", "0.50", &format!("{labels}\naverage = \"macro\"")),
            // 3 of 4 and 2 of 5; pooled it is 5 of 9.
            &claim("repeats", "ppv", "0.5750", repeats),
            &claim("repeats", "sens", "0.8333", repeats),
            &claim("linear", "sens", "0.8000", repeats),
        ]
        .concat(),
        &[
            ("pooled", "folds", "macro recall", "not_checkable", "say aggregate"),
            ("mean", "folds", "macro recall", "inconsistent", "no whole numbers"),
            ("labels", "folds", "accuracy", "not_checkable", "several labels"),
            ("repeats", "binary", "positive predictive", "not_checkable", "the mean over repeats may differ"),
            ("linear", "binary", "sensitivity", "inconsistent", "none of the"),
        ],
    );
}

#[test]
fn means_of_error_rates_over_folds_are_those_of_hits() {
    let folds = "fold_sizes = [25, 25]\nfold_positives = [10, 10]\naggregate = \"mean_of_scores\"";
    let of = |of: &str, metric: &str, value: &str| claim(of, metric, value, folds);
    holds(
        &[
            "[test]\npositives = 20\nnegatives = 30\n",
            &of("m", "fnr", "0.45"),
            &of("m", "fpr", "0.4333"),
            &of("n", "fnr", "0.45"),
            &of("n", "sens", "0.60"),
            &of("e", "err", "0.425"),
            &of("f", "err", "0.420"),
        ]
        .concat(),
        &[
            ("m", "folds", "false negative rate", "consistent", "11 true positives and 17 true negatives"),
            ("n", "folds", "sensitivity 0.60", "inconsistent", "no number is printed as both"),
            ("e", "folds", "error rate", "inconsistent", "no whole numbers"),
            ("f", "folds", "error rate", "consistent", "29"),
        ],
    );
}

#[test]
fn an_averaged_specificity_is_that_of_a_matrix() {
    let of = |of: &str, average: &str, value: &str| {
        claim(of, "specificity", value, &format!("average = \"{average}\""))
    };
    // Of [[4, 1, 0], [1, 3, 1], [0, 0, 5]]: of each class 9 of 10 others are rejected.
    let found = holds(
        &[
            "[test]\nsupport = [5, 5, 5]\n",
            &claim("m", "accuracy", "0.800", ""),
            &of("m", "macro", "0.900"),
            &of("m", "micro", "0.900"),
            &claim("n", "accuracy", "0.800", ""),
            &of("n", "macro", "0.930"),
            &claim("o", "accuracy", "0.800", ""),
            &of("o", "any", "0.900"),
        ]
        .concat(),
        &[
            ("m", "joint", "macro specificity 0.900", "consistent", "12 hits of 15"),
            ("n", "joint", "macro specificity 0.930", "inconsistent", "every one was tried"),
            ("o", "average", "specificity, average unsaid, 0.900", "consistent", "as macro"),
        ],
    );
    let others: Vec<Value> = found.into_iter().filter(|finding| finding["of"] != "n").collect();
    none_inconsistent(&others);
}
