//! What a deviation and a comparison are held against: only what the score, or the test that was meant, cannot have.

use serde_json::Value;

use crate::audit_support::{all, claim, holds, is};

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
