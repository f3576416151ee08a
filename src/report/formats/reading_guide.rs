//! What the columns and tests of a comparison mean, in words, for whoever reads the table without the papers behind it.

use super::super::comparison::Comparison;
use super::super::reading::TieTest;
use super::super::words::metric_title;
use super::columns::{has_ties, region_of_the_published};
use crate::metrics::DRAWS;

/// Term and explanation; only what the table has, and of the tests of pairs only where those are printed beside it.
pub fn reading_guide(comparison: &Comparison, pairs_printed: bool) -> Vec<(&'static str, String)> {
    let of = comparison.interval_of;
    let chief = metric_title(&comparison.chief);
    let mut guide = vec![
        (
            "score ± sd",
            "A repeat's folds are pooled, so that every test clip counts once, and scored together; repeats are averaged. \
             ± is the standard deviation over single folds or repeats (ddof 1): how much one training set differs from \
             the next. A ROC AUC is the mean over the folds instead, each ranked by its own model, unless a fold lacks a \
             class. The mean of the single folds' own scores, which is what cross_val_score(…).mean() of scikit-learn \
             gives, is another number: fold_mean in table.csv and table.json."
                .to_string(),
        ),
        (
            "95 % interval",
            format!(
                "Cluster bootstrap, percentile: {of} of the test side are redrawn with replacement {DRAWS} times and the score \
                 computed anew; the central 95 % of those scores. Whole {of} are drawn because {why}. A class that a redraw \
                 happens to lose is left out of its means over classes; where there is no value without it (ROC AUC) the \
                 redraw is left out, and the remarks count those that remain. It says how far these \
                 test clips decide the score, not how far the training did. The evidence of a row gives Wilson's interval of \
                 its accuracy beside it, which takes clips as independent.",
                why = match (of, comparison.of_one_group) {
                    ("clips", true) => "all are of one artist or source; nothing follows for others",
                    ("clips", false) => {
                        "the data set names no artist; clips of one artist would make the true interval wider"
                    }
                    _ => "clips of one artist resemble each other, and one alone is less news than it seems",
                }
            ),
        ),
    ];
    if let Some(region) = region_of_the_published(comparison) {
        guide.push((
            "difference",
            format!(
                "Ours minus the published figure, and what it means in practice: equal if 95 % of the redraws lie within \
                 {region} of the paper's figure, better or worse if 95 % lie beyond, else undecided, which is not \
                 the same as equal (region of practical equivalence, Kruschke 2018; Benavoli and others 2017). The paper's \
                 own sampling error is not known and not in it."
            ),
        ));
    }
    if has_ties(comparison) {
        let test = match comparison.ties {
            TieTest::Bootstrap => "the difference beside the spread of its redraws",
            TieTest::NadeauBengio => "the corrected resampled t-test over the folds",
            TieTest::Mcnemar => "McNemar's exact test on the clips of the first repeat",
        };
        guide.push((
            "tie group",
            format!(
                "Rows that share a letter are not told apart on {chief}: every two rows are tested ({test}), the {} p values \
                 are corrected together, and pairs with p below 0.05 share no letter (compact letter display, Piepho 2004).",
                comparison.tested_pairs()
            ),
        ));
        if pairs_printed {
            guide.extend(pair_terms(comparison));
        }
    }
    guide.push((
        "times and memory",
        format!(
            "CPU seconds of one fit, median over folds and repeats; milliseconds of prediction a clip, features not counted; the \
             most memory that the process held up to then. Measured on {}.",
            comparison.machine
        ),
    ));
    guide
}

/// What the columns of the pairs mean.
fn pair_terms(comparison: &Comparison) -> [(&'static str, String); 4] {
    let of = comparison.interval_of;
    [
        (
            "p bootstrap",
            format!(
                "Both rows are redrawn alike, {of} by {of}, and the difference of their scores is held against the \
                 spread of its redraws: how often it would be as far from 0 by chance (two-sided, Student's t with one \
                 degree of freedom less than there are {of}, here {}).",
                comparison.interval_units
            ),
        ),
        (
            "p t-test, corrected",
            "Nadeau and Bengio's resampled t-test over folds. Folds share training clips, so their scores are not \
             independent: the variance is multiplied by 1/k + test/train in place of 1/k. Without that, differences that \
             are nothing look significant."
                .to_string(),
        ),
        (
            "p McNemar",
            format!(
                "Exact, from the clips of the first repeat that just one of the two rows got right; those on which both \
                 are right or both wrong say nothing of which is better. It is about accuracy, whatever the table \
                 compares by.{}",
                if of == "clips" {
                    ""
                } else {
                    " Clips are taken as independent, those of one artist too: it is surer than it should be."
                }
            ),
        ),
        (
            "p Holm",
            format!(
                "The tie test's p, corrected for {} comparisons at once (Holm 1979): among many pairs some differ by chance \
                 alone.",
                comparison.tested_pairs()
            ),
        ),
    ]
}
