//! The scores of two classes beside those of many: which figure of a class a score is, and what one class against the
//! rest has in a confusion matrix.

use super::binary_score::Counts;
use super::claims::{Claim, Metric, TestSet};

/// Positives and negatives of a claim on two classes, or on one class against the rest.
pub fn sides(claim: &Claim, set: &TestSet) -> Option<(u64, u64)> {
    match (claim.class, &set.support) {
        (Some(class), Some(support)) => {
            let p = support[class];
            Some((p, set.n?.saturating_sub(p)))
        }
        (None, _) => set.binary,
        _ => None,
    }
}

/// The same figure as one of the matrix: of the whole, or of a class.
pub fn as_of_classes(claim: &Claim, positive: usize) -> Option<Claim> {
    let Metric::Binary(score) = claim.metric else { return None };
    let (own, other) = (claim.class.unwrap_or(positive), 1 - positive.min(1));
    let alone = claim.class.is_some();
    let (metric, class) = match score.name {
        "sens" => (Metric::Recall, Some(own)),
        "ppv" => (Metric::Precision, Some(own)),
        "f1p" => (Metric::F1, Some(own)),
        "spec" if !alone => (Metric::Recall, Some(other)),
        "npv" if !alone => (Metric::Precision, Some(other)),
        "f1n" if !alone => (Metric::F1, Some(other)),
        "acc" if !alone => (Metric::Accuracy, None),
        "bacc" if !alone => (Metric::BalancedAccuracy, None),
        "mcc" if !alone => (Metric::Mcc, None),
        "kappa" if !alone => (Metric::Kappa, None),
        _ => return None,
    };
    Some(Claim { metric, class, ..claim.clone() })
}

/// One class of a matrix against the rest.
pub fn against_the_rest(counts: &[Vec<u64>], class: usize) -> Counts {
    let all: u64 = counts.iter().flatten().sum();
    let p: u64 = counts[class].iter().sum();
    let taken: u64 = counts.iter().map(|row| row[class]).sum();
    let tp = counts[class][class];
    Counts { tp, tn: all - p - (taken - tp), p, n: all - p }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_held_against_the_sum_of_the_others() {
        let counts = vec![vec![5, 1, 0], vec![2, 7, 1], vec![0, 3, 4]];
        assert_eq!(against_the_rest(&counts, 1), Counts { tp: 7, tn: 9, p: 10, n: 13 });
    }
}
