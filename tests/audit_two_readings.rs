//! Figures that have more than one reading, of which one may be true, and pairs that no reading lets stand together.

use crate::audit_support::{HEAD, all, audited, claim, holds, none_inconsistent};
use crate::support::{expect, says};

/// Where nothing is taken for a class without clips scikit-learn's macro recall leaves the class out; else it is 0.
#[test]
fn macro_recall_over_folds_that_lack_a_class_is_not_the_balanced_accuracy() {
    let folds = "fold_sizes = [2, 2, 5, 5]\nfold_positives = [1, 1, 0, 0]\naggregate = \"mean_of_scores\"";
    let set = "[test]\npositives = 2\nnegatives = 12\n";
    let recall = claim("m", "recall", "0.7750", &format!("{folds}\naverage = \"macro\""));
    for other in [("balanced_accuracy", "0.8000"), ("accuracy", "0.8000")] {
        let found = all(&[set, &claim("m", other.0, other.1, folds), &recall].concat());
        none_inconsistent(&found);
    }
    let folds = "fold_sizes = [5, 5]\nfold_positives = [2, 2]\naggregate = \"mean_of_scores\"";
    holds(
        &[
            "[test]\npositives = 4\nnegatives = 6\n",
            &claim("m", "balanced_accuracy", "0.8000", folds),
            &claim("m", "recall", "0.7750", &format!("{folds}\naverage = \"macro\"")),
        ]
        .concat(),
        &[("m", "folds", "macro recall", "inconsistent", "no number is printed as both")],
    );
}

#[test]
fn every_mean_recall_of_two_classes_is_one_number() {
    for set in ["positives = 40\nnegatives = 60", "positives = 50\nnegatives = 50"] {
        holds(
            &[
                format!("[test]\n{set}\n"),
                claim("m", "balanced_accuracy", "0.80", ""),
                claim("m", "recall", "0.70", "average = \"macro\""),
            ]
            .concat(),
            &[("m", "identity", "0.70", "inconsistent", "one number")],
        );
    }
}

#[test]
fn the_sharpest_of_several_figures_counts_wherever_it_stands() {
    let accuracies = [claim("m", "accuracy", "0.5", ""), claim("m", "accuracy", "0.45", "")];
    let balanced = claim("m", "balanced_accuracy", "0.75", "");
    for order in [[0, 1], [1, 0]] {
        let claims = order.map(|place| accuracies[place].as_str()).concat();
        holds(
            &format!("[test]\nsupport = [10, 90]\n{claims}{balanced}"),
            &[("m", "joint", "0.75", "inconsistent", "no hits of classes of 10 and 90")],
        );
    }
    let of = |metric: &str, value: &str| claim("h", metric, value, "average = \"macro\"");
    let (blunt, sharp) = (of("f1", "0.55"), of("f1", "0.5540"));
    for f1 in [[&blunt, &sharp], [&sharp, &blunt]] {
        holds(
            &["[test]\nn = 800\n", &of("precision", "0.540"), &of("recall", "0.539"), f1[0], f1[1]].concat(),
            &[("h", "harmonic mean", "0.5540", "inconsistent", "2·P·R/(P+R)")],
        );
    }
}

#[test]
fn averages_and_scores_of_two_classes_are_of_one_matrix() {
    let macro_f1 = claim("m", "f1", "0.50", "average = \"macro\"");
    for (set, metric) in [
        ("support = [60, 40]\npositives = 40\nnegatives = 60", "accuracy"),
        ("positives = 40\nnegatives = 60", "mcc"),
        ("support = [60, 40]\npositives = 40\nnegatives = 60", "kappa"),
    ] {
        let found =
            all(&[format!("[test]\n{set}\n"), claim("m", metric, "0.99", ""), macro_f1.clone()].concat());
        let is_it = |finding: &&serde_json::Value| {
            finding["check"] == "joint" && finding["verdict"] == "inconsistent"
        };
        assert!(found.iter().any(|finding| is_it(&finding)), "{metric}: {found:#?}");
    }
}

/// [[5, 0, 0], [0, 5, 0], [2, 1, 2]]: the F1 of the averaged precision and recall lies above every macro F1.
#[test]
fn an_f1_without_an_average_may_be_that_of_averages() {
    let set = "[test]\nsupport = [5, 5, 5]\n";
    let accuracy = claim("m", "accuracy", "0.8000", "");
    let of = |value: &str, average: &str| claim("m", "f1", value, &format!("average = \"{average}\""));
    holds(
        &[set, &accuracy, &of("0.8239", "any")].concat(),
        &[("m", "average", "0.8239", "not_checkable", "the averaged precision and recall")],
    );
    holds(
        &[set, &accuracy, &of("0.9900", "any")].concat(),
        &[("m", "average", "0.9900", "inconsistent", "the F1 of averages is at most 0.888")],
    );
    let found = all(&[set, &accuracy, &of("0.8239", "macro")].concat());
    let repair = |finding: &serde_json::Value| finding["repair"].as_str().unwrap_or_default().to_string();
    assert!(found.iter().any(|finding| repair(finding).contains("2·P·R/(P+R)")), "{found:#?}");
}

#[test]
fn the_f1_of_averages_is_that_of_the_printed_matrix() {
    let matrix =
        "[test]\nsupport = [50, 50]\n[[matrix]]\nof = \"m\"\ncells = [[\"40\", \"10\"], [\"5\", \"45\"]]\n";
    let of = |value: &str| [matrix, &claim("m", "f1", value, "average = \"any\"")].concat();
    holds(&of("0.700"), &[("m", "average", "0.700", "inconsistent", "the F1 of averages is 0.8518")]);
    holds(&of("0.8518"), &[("m", "average", "0.8518", "not_checkable", "is not excluded")]);
}

/// Of 5 folds of 1 + 9 clips and 5 of 9 + 1 the clip that a class has alone is half of a fold's macro recall.
#[test]
fn macro_recall_over_folds_counts_no_clips() {
    let folds = "folds = 10\nfold_sizes = \"equal\"\naggregate = \"mean_of_scores\"";
    let of = |name: &str, value: &str| claim(name, "balanced_accuracy", value, folds);
    let compared = "[[compare]]\na = \"a\"\nb = \"b\"\nasserted = \"p>0.05\"\n";
    none_inconsistent(&all(&[
        "[test]\nsupport = [50, 50]\n",
        &of("a", "0.750"),
        &of("b", "1.000"),
        compared,
    ]
    .concat()));
}

#[test]
fn folds_with_clips_of_both_classes_are_a_witness_for_macro_recall() {
    let folds = "average = \"macro\"\nfolds = 5\nfold_sizes = \"equal\"\naggregate = \"mean_of_scores\"";
    holds(
        &["[test]\npositives = 50\nnegatives = 50\n", &claim("m", "recall", "0.8000", folds)].concat(),
        &[("m", "folds", "macro recall", "consistent", "")],
    );
}

/// 5 of 5 and 14 of 15 positives, 9 of 15 and 15 of 15 negatives: the sensitivity as a mean over the folds, the accuracy
/// of pooled counts.
#[test]
fn one_figure_may_be_a_mean_over_folds_and_another_of_pooled_counts() {
    let set = "[test]\npositives = 20\nnegatives = 30\n";
    let folds = "fold_sizes = [20, 30]\nfold_positives = [5, 15]\n";
    let of = |metric: &str, value: &str, more: &str| claim("m", metric, value, &format!("{folds}{more}"));
    let unsaid = [set, &of("sens", "0.9667", ""), &of("accuracy", "0.8600", "")].concat();
    none_inconsistent(&holds(&unsaid, &[("m", "folds", "", "not_checkable", "say aggregate")]));
    let means = "aggregate = \"mean_of_scores\"";
    holds(
        &[set, &of("sens", "0.9667", means), &of("accuracy", "0.8600", means)].concat(),
        &[("m", "folds", "", "inconsistent", "")],
    );
}

/// The mean of a proportion over folds that are alike is the pooled one, whatever was meant.
#[test]
fn folds_that_are_alike_leave_one_reading() {
    let set = "[test]\npositives = 50\nnegatives = 50\n";
    let of = |metric: &str, value: &str| claim("m", metric, value, "folds = 10\nstratified = true");
    holds(
        &[set, &of("sens", "0.90"), &of("spec", "0.80"), &of("accuracy", "0.95")].concat(),
        &[("m", "folds", "", "inconsistent", "")],
    );
}

/// Folds of 9 + 1 and 1 + 9 clips, everything taken for the larger class: a mean precision beside pooled recall and F1.
#[test]
fn a_figure_that_cannot_be_by_itself_is_named_and_no_other_is() {
    let of = |metric: &str, value: &str, more: &str| {
        claim("m", metric, value, &format!("folds = 2\nfold_sizes = \"equal\"\n{more}"))
    };
    let average = "average = \"macro\"";
    let found = all(&[
        "[test]\nsupport = [10, 10]\n",
        &of("precision", "0.450", average),
        &of("recall", "0.900", average),
        &of("f1", "0.900", average),
        &of("accuracy", "0.512", ""),
    ]
    .concat());
    let wrong: Vec<&serde_json::Value> =
        found.iter().filter(|finding| finding["verdict"] == "inconsistent").collect();
    assert!(!wrong.is_empty(), "{found:#?}");
    assert!(wrong.iter().all(|finding| finding["figure"] == "accuracy 0.512"), "{wrong:#?}");
}

#[test]
fn counts_that_are_no_percent_of_the_clips_are_counts() {
    let matrix = "[test]\nn = 97\n[[matrix]]\nof = \"m\"\ncells = [[\"40\", \"10\"], [\"5\", \"42\"]]\n";
    holds(
        &[matrix, &claim("m", "accuracy", "0.9072", "")].concat(),
        &[("m", "recount", "accuracy", "inconsistent", "82 of 97")],
    );
}

#[test]
fn mean_recall_is_the_accuracy_where_every_fold_has_as_many_clips_of_each_class() {
    let folds = "folds = 10\nstratified = true\naggregate = \"mean_of_scores\"";
    let of = |name: &str, value: &str| claim(name, "balanced_accuracy", value, folds);
    let compared = "[[compare]]\na = \"a\"\nb = \"b\"\nasserted = \"p<0.05\"\n";
    let found =
        all(&["[test]\nsupport = [50, 50]\n", &of("a", "0.750"), &of("b", "0.760"), compared].concat());
    let is_it = |finding: &&serde_json::Value| {
        finding["check"] == "comparison" && finding["verdict"] == "inconsistent"
    };
    assert!(found.iter().any(|finding| is_it(&finding)), "{found:#?}");
}

#[test]
fn a_fold_has_no_more_positives_than_clips() {
    let folds = "folds = 2\nfold_positives = [15, 1]\naggregate = \"mean_of_scores\"";
    let set = "[test]\npositives = 16\nnegatives = 4\n";
    let of = |more: &str| {
        let folds = format!("{folds}\n{more}");
        [set, &claim("m", "sens", "1.0000", &folds), &claim("m", "accuracy", "0.6500", &folds)].concat()
    };
    holds(&of(""), &[("m", "folds", "", "not_checkable", "the size of each fold, fold_sizes, is not said")]);
    let output = audited(&format!("{HEAD}{}", of("fold_sizes = \"equal\"")), &[]);
    expect(&output, 2);
    says(&output, &["fold 1 has 10 clips and 15 positives"]);
}

#[test]
fn nothing_is_held_against_a_matrix_that_cannot_be() {
    let matrix = "[[matrix]]\nof = \"m\"\ncells = [[\"9\", \"2\"], [\"1\", \"9\"]]\n";
    holds(
        &["[test]\nsupport = [10, 10]\n", &claim("m", "accuracy", "0.90", ""), matrix].concat(),
        &[("m", "grid", "accuracy", "consistent", "18 of 20")],
    );
}

#[test]
fn the_markedness_of_a_constant_answer_may_take_the_empty_side_as_nought() {
    let set = "[test]\npositives = 40\nnegatives = 60\n";
    let none = [claim("m", "sens", "0.000", ""), claim("m", "spec", "1.000", "")].concat();
    none_inconsistent(&all(&[set, &none, &claim("m", "mk", "-0.400", "")].concat()));
    let every = [claim("m", "sens", "1.000", ""), claim("m", "spec", "0.000", "")].concat();
    // Or as 1.
    for value in ["-0.600", "0.400"] {
        none_inconsistent(&all(&[set, &every, &claim("m", "mk", value, "")].concat()));
    }
    holds(
        &[set, &every, &claim("m", "mk", "-0.400", "")].concat(),
        &[("m", "binary", "markedness", "inconsistent", "")],
    );
}

#[test]
fn what_would_not_be_looked_at_or_contradicts_itself_is_refused() {
    let of = |set: &str, more: &str| format!("{HEAD}[test]\n{set}\n{more}");
    for (claims, word) in [
        (
            of("support = [5, 5, 5]", &claim("m", "f1", "0.78", "average = \"macro\"\nbeta = \"2\"")),
            "takes no beta",
        ),
        (of("n = 10", &claim("m", "accuracy", "0.8", "ddof = 1")), "say sd"),
        (
            of("support = [50, 50]\npositives = 40\nnegatives = 60", &claim("m", "accuracy", "0.8", "")),
            "40 positives and 60 negatives are not the support 50 and 50",
        ),
        (
            of("n = 10", "[[split]]\ntotal = 100\nratio = [\"999999999999999\", \"0.00000000000001\"]\n"),
            "more digits than a ratio is read with",
        ),
    ] {
        let output = audited(&claims, &[]);
        expect(&output, 2);
        says(&output, &[word]);
    }
}

/// Of three classes positives and negatives say nothing of the averages over them.
#[test]
fn positives_beside_other_than_two_classes_are_refused() {
    let set = "[test]\nsupport = [40, 40, 40]\npositives = 40\nnegatives = 80\n";
    let output = audited(&format!("{HEAD}{set}{}", claim("m", "accuracy", "0.700", "")), &[]);
    expect(&output, 2);
    says(&output, &["positives and negatives are of two classes, and the set has 3"]);
}

/// Folds of 5, 5, 11 and 11 clips, the two small ones without negatives.
#[test]
fn sizes_of_folds_that_nobody_said_decide_nothing_of_a_macro_recall() {
    let folds = "folds = 4\nfold_positives = [5, 5, 1, 1]\naggregate = \"mean_of_scores\"";
    let claims = [
        "[test]\npositives = 12\nnegatives = 20\n",
        &claim("m", "balanced_accuracy", "0.80", folds),
        &claim("m", "recall", "0.65", &format!("{folds}\naverage = \"macro\"")),
    ];
    none_inconsistent(&all(&claims.concat()));
}

/// What contradicts itself is said of the two alone.
#[test]
fn a_third_figure_is_not_named_with_two_that_contradict_each_other() {
    let folds = "fold_sizes = [10, 10]\nfold_positives = [5, 5]\naggregate = \"mean_of_scores\"";
    let recall =
        |value: &str, more: &str| claim("m", "recall", value, &format!("{more}\naverage = \"macro\""));
    let over_folds = [
        "[test]\npositives = 10\nnegatives = 10\n",
        &claim("m", "accuracy", "0.80", folds),
        &claim("m", "balanced_accuracy", "0.80", folds),
        &recall("0.70", folds),
    ];
    let whole = [
        "[test]\nsupport = [10, 90]\n",
        &claim("m", "accuracy", "0.50", ""),
        &claim("m", "balanced_accuracy", "0.70", ""),
        &recall("0.60", ""),
    ];
    for claims in [over_folds, whole] {
        let found = all(&claims.concat());
        let blamed = found.iter().filter(|finding| finding["verdict"] == "inconsistent");
        let figures: Vec<&str> = blamed.map(|finding| finding["figure"].as_str().unwrap()).collect();
        assert!(!figures.is_empty() && figures.iter().all(|figure| !figure.contains("0.50")), "{found:#?}");
        assert!(figures.iter().all(|figure| !figure.starts_with("accuracy")), "{figures:?}");
    }
}
