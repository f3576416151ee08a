//! The scores of a two-class confusion matrix, each compared with a bound exactly.
//!
//! Names and definitions are those of the Python package mlscorecheck 1.0.3 (A. Tharwat, "Classification assessment
//! methods", Applied Computing and Informatics 17, 2020, for most). For a fixed number of true positives every score
//! moves one way with the true negatives, which is what the search in `binary.rs` rests on. A score that is 0 / 0 for
//! some counts has no order to any bound; `binary.rs` says what it may be printed as.

use std::cmp::Ordering;

use super::exact::Exact;

/// A two-class confusion matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub tp: u64,
    pub tn: u64,
    pub p: u64,
    pub n: u64,
}

/// How the value follows from the fraction that `of` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// sign(f) √|f|
    SignedRoot,
    /// √f / (1 + √f)
    Threshold,
}

#[derive(Debug)]
pub struct BinaryScore {
    pub name: &'static str,
    pub title: &'static str,
    pub aliases: &'static [&'static str],
    /// Least and largest value; `None` where there is none.
    pub range: (i64, Option<i64>),
    pub wants_beta: bool,
    /// Grows with the true negatives (for a fixed number of true positives), or at least does not fall.
    pub grows_with_tn: bool,
    form: Form,
    /// The fraction (numerator, denominator ≥ 0) from tp, tn, fp, fn, p, n and β² = β₁ / β₂.
    of: fn(&Cells) -> (i128, i128),
}

struct Cells {
    tp: i128,
    tn: i128,
    fp: i128,
    fn_: i128,
    p: i128,
    n: i128,
    beta: (i128, i128),
}

impl PartialEq for BinaryScore {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const fn score(
    name: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    of: fn(&Cells) -> (i128, i128),
) -> BinaryScore {
    let (range, form) = ((0, Some(1)), Form::Plain);
    BinaryScore { name, title, aliases, range, wants_beta: false, grows_with_tn: true, form, of }
}

const fn falling(score: BinaryScore) -> BinaryScore {
    BinaryScore { grows_with_tn: false, ..score }
}

const fn rooted(score: BinaryScore) -> BinaryScore {
    BinaryScore { form: Form::SignedRoot, ..score }
}

const fn ranged(score: BinaryScore, least: i64, largest: Option<i64>) -> BinaryScore {
    BinaryScore { range: (least, largest), ..score }
}

const fn with_beta(score: BinaryScore) -> BinaryScore {
    BinaryScore { wants_beta: true, ..score }
}

/// In the order of mlscorecheck's documentation.
pub const BINARY_SCORES: &[BinaryScore] = &[
    score("acc", "accuracy", &[], |c| (c.tp + c.tn, c.p + c.n)),
    falling(score("err", "error rate", &["error_rate"], |c| (c.fp + c.fn_, c.p + c.n))),
    score("sens", "sensitivity", &["sensitivity", "tpr", "rec", "true_positive_rate"], |c| (c.tp, c.p)),
    falling(score("fnr", "false negative rate", &["false_negative_rate"], |c| (c.fn_, c.p))),
    score("spec", "specificity", &["specificity", "tnr", "true_negative_rate"], |c| (c.tn, c.n)),
    falling(score("fpr", "false positive rate", &["false_positive_rate"], |c| (c.fp, c.n))),
    score("ppv", "positive predictive value", &["prec", "positive_predictive_value"], |c| {
        (c.tp, c.tp + c.fp)
    }),
    falling(score("fdr", "false discovery rate", &["false_discovery_rate"], |c| (c.fp, c.tp + c.fp))),
    score("npv", "negative predictive value", &["negative_predictive_value"], |c| (c.tn, c.tn + c.fn_)),
    falling(score("for", "false omission rate", &["for_", "false_omission_rate"], |c| (c.fn_, c.tn + c.fn_))),
    score("bacc", "balanced accuracy", &[], |c| (c.tp * c.n + c.tn * c.p, 2 * c.p * c.n)),
    score("f1p", "F1 of the positives", &["f1_positive"], |c| (2 * c.tp, c.tp + c.p + c.fp)),
    score("f1n", "F1 of the negatives", &["f1_negative"], |c| (2 * c.tn, c.tn + c.n + c.fn_)),
    with_beta(score("fbp", "F-beta of the positives", &["f_beta_positive"], |c| {
        let (b, one) = c.beta;
        ((one + b) * c.tp, one * (c.tp + c.fp) + b * c.p)
    })),
    with_beta(score("fbn", "F-beta of the negatives", &["f_beta_negative"], |c| {
        let (b, one) = c.beta;
        ((one + b) * c.tn, one * (c.tn + c.fn_) + b * c.n)
    })),
    score("upm", "unified performance measure", &["unified_performance_measure"], |c| {
        (4 * c.tp * c.tn, c.tn * (c.n + c.p - c.tn + c.tp) + c.tp * (c.n + c.p + c.tn - c.tp))
    }),
    rooted(score("gm", "geometric mean", &["geometric_mean"], |c| (c.tp * c.tn, c.p * c.n))),
    rooted(score("fm", "Fowlkes-Mallows index", &["fowlkes_mallows_index"], |c| {
        (c.tp * c.tp, c.p * (c.tp + c.fp))
    })),
    ranged(
        score("mk", "markedness", &["markedness"], |c| {
            let (found, rest) = (c.tp + c.fp, c.tn + c.fn_);
            (c.tp * rest + c.tn * found - found * rest, found * rest)
        }),
        -1,
        Some(1),
    ),
    ranged(
        score("bm", "bookmaker informedness", &["bookmaker_informedness"], |c| {
            (c.tp * c.n + c.tn * c.p - c.p * c.n, c.p * c.n)
        }),
        -1,
        Some(1),
    ),
    ranged(
        score("lrp", "positive likelihood ratio", &["positive_likelihood_ratio"], |c| {
            (c.n * c.tp, c.fp * c.p)
        }),
        0,
        None,
    ),
    falling(ranged(
        score("lrn", "negative likelihood ratio", &["negative_likelihood_ratio"], |c| {
            (c.n * c.fn_, c.tn * c.p)
        }),
        0,
        None,
    )),
    falling(BinaryScore {
        form: Form::Threshold,
        ..score("pt", "prevalence threshold", &["prevalence_threshold"], |c| (c.fp * c.p, c.tp * c.n))
    }),
    ranged(
        score("dor", "diagnostic odds ratio", &["diagnostic_odds_ratio"], |c| (c.tp * c.tn, c.fp * c.fn_)),
        0,
        None,
    ),
    score("ji", "Jaccard index", &["jaccard_index"], |c| (c.tp, c.fp + c.p)),
    ranged(
        rooted(score("mcc", "MCC", &["matthews_correlation_coefficient"], |c| {
            let difference = c.tp * c.tn - c.fp * c.fn_;
            (difference * difference.abs(), c.p * c.n * (c.tp + c.fp) * (c.tn + c.fn_))
        })),
        -1,
        Some(1),
    ),
    ranged(
        score("kappa", "kappa", &["cohens_kappa"], |c| {
            (2 * (c.tn * c.tp - c.fp * c.fn_), c.n * (c.n - c.tn + c.tp) + c.p * (c.p + c.tn - c.tp))
        }),
        -1,
        Some(1),
    ),
];

/// The score of this name or alias.
pub fn find_binary(name: &str) -> Option<&'static BinaryScore> {
    BINARY_SCORES.iter().find(|score| score.name == name || score.aliases.contains(&name))
}

impl BinaryScore {
    /// The score against `numerator / denominator` > 0 or any sign; `None` where the score is 0 / 0.
    /// `beta` is β as a fraction.
    pub fn compare(&self, counts: Counts, beta: (i128, i128), bound: (i128, i128)) -> Option<Ordering> {
        let (top, bottom) = self.fraction(counts, beta);
        if bottom == 0 && top != 0 && self.form == Form::Threshold {
            return Some(bound.1.cmp(&bound.0)); // the limit, 1
        }
        if bottom == 0 {
            return (top != 0).then_some(if top > 0 { Ordering::Greater } else { Ordering::Less });
        }
        let (mut numerator, mut denominator) = bound;
        match self.form {
            Form::Plain => {}
            Form::SignedRoot => {
                (numerator, denominator) = (numerator * numerator.abs(), denominator * denominator);
            }
            Form::Threshold => {
                // v / (1 − v), squared; v ≥ 1 is above everything finite.
                if numerator >= denominator {
                    return Some(Ordering::Less);
                }
                if numerator < 0 {
                    return Some(Ordering::Greater);
                }
                let rest = denominator - numerator;
                (numerator, denominator) = (numerator * numerator, rest * rest);
            }
        }
        Some(match (top.checked_mul(denominator), numerator.checked_mul(bottom)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => Exact::new(top, bottom).cmp(&Exact::new(numerator, denominator)),
        })
    }

    /// For showing.
    pub fn value(&self, counts: Counts, beta: (i128, i128)) -> f64 {
        let (top, bottom) = self.fraction(counts, beta);
        let fraction = top as f64 / bottom as f64;
        match self.form {
            Form::Plain => fraction,
            Form::SignedRoot => fraction.signum() * fraction.abs().sqrt(),
            Form::Threshold if fraction.is_infinite() => 1.0,
            Form::Threshold => fraction.sqrt() / (1.0 + fraction.sqrt()),
        }
    }

    fn fraction(&self, counts: Counts, beta: (i128, i128)) -> (i128, i128) {
        let [tp, tn, p, n] = [counts.tp, counts.tn, counts.p, counts.n].map(i128::from);
        let beta = (beta.0 * beta.0, beta.1 * beta.1);
        (self.of)(&Cells { tp, tn, fp: n - tn, fn_: p - tp, p, n, beta })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mlscorecheck.scores.calculate_scores({p: 60, n: 90, tp: 40, tn: 70}, beta 2).
    const KNOWN: &[(&str, f64)] = &[
        ("acc", 0.7333333333333333),
        ("sens", 0.6666666666666666),
        ("spec", 0.7777777777777778),
        ("ppv", 0.6666666666666666),
        ("npv", 0.7777777777777778),
        ("bacc", 0.7222222222222222),
        ("f1p", 0.6666666666666666),
        ("f1n", 0.7777777777777778),
        ("fbp", 0.6666666666666666),
        ("fbn", 0.7777777777777778),
        ("upm", 0.717948717948718),
        ("gm", 0.7200822998230956),
        ("fm", 0.6666666666666667),
        ("mk", 0.4444444444444444),
        ("bm", 0.4444444444444444),
        ("lrp", 3.0),
        ("lrn", 0.42857142857142855),
        ("pt", 0.3660254037844386),
        ("dor", 7.0),
        ("ji", 0.5),
        ("mcc", 0.4444444444444444),
        ("kappa", 0.4444444444444444),
    ];

    #[test]
    fn scores_are_the_defined_ones() {
        let counts = Counts { tp: 40, tn: 70, p: 60, n: 90 };
        for (name, known) in KNOWN {
            let score = find_binary(name).unwrap();
            let ours = score.value(counts, (2, 1));
            assert!((ours - known).abs() < 1e-12, "{name}: {ours} {known}");
            let bound = |value: f64| ((value * 1e9).round() as i128, 1_000_000_000);
            assert_eq!(score.compare(counts, (2, 1), bound(known - 1e-6)), Some(Ordering::Greater), "{name}");
            assert_eq!(score.compare(counts, (2, 1), bound(known + 1e-6)), Some(Ordering::Less), "{name}");
        }
        for (score, complement) in
            [("acc", "err"), ("sens", "fnr"), ("spec", "fpr"), ("ppv", "fdr"), ("npv", "for")]
        {
            let value = |name: &str| find_binary(name).unwrap().value(counts, (1, 1));
            assert!((value(score) + value(complement) - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn every_score_moves_one_way_with_the_true_negatives() {
        for score in BINARY_SCORES {
            for (p, n) in [(3u64, 12u64), (12, 3), (7, 7)] {
                for tp in 0..=p {
                    let values: Vec<f64> =
                        (1..n).map(|tn| score.value(Counts { tp, tn, p, n }, (3, 2))).collect();
                    let grows = values.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12);
                    let falls = values.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12);
                    assert!(if score.grows_with_tn { grows } else { falls }, "{} {tp} {p} {n}", score.name);
                }
            }
        }
    }

    #[test]
    fn division_by_zero_contradicts_nothing_and_infinity_is_above_all() {
        let nothing_found = Counts { tp: 0, tn: 5, p: 4, n: 5 };
        assert_eq!(find_binary("ppv").unwrap().compare(nothing_found, (1, 1), (1, 2)), None);
        let no_false_alarm = Counts { tp: 3, tn: 5, p: 4, n: 5 };
        assert_eq!(
            find_binary("lrp").unwrap().compare(no_false_alarm, (1, 1), (99, 1)),
            Some(Ordering::Greater)
        );
        let pt = find_binary("pt").unwrap();
        let all_wrong = Counts { tp: 0, tn: 0, p: 1, n: 6 };
        assert_eq!(pt.value(all_wrong, (1, 1)), 1.0);
        assert_eq!(pt.compare(all_wrong, (1, 1), (199, 200)), Some(Ordering::Greater));
        assert_eq!(pt.compare(all_wrong, (1, 1), (201, 200)), Some(Ordering::Less));
    }
}
