//! The score of a confusion matrix that a claim names: of all classes, or of two.

use super::binary::BinaryFigure;
use super::binary_finding::figure;
use super::binary_score::Counts;
use super::claims::{Average, Claim, Metric};
use super::printed::{Printed, Rounding};
use super::tally::{ExactScore, Tally};
use super::two_classes::against_the_rest;

/// A score of a matrix: of all classes, or of two.
pub enum Score {
    Whole(ExactScore),
    Two(Counts, BinaryFigure),
}

impl Score {
    pub fn of(claim: &Claim, counts: &[Vec<u64>], positive: usize) -> Option<Self> {
        match figure(claim) {
            Some(figure) => {
                Some(Self::Two(against_the_rest(counts, claim.class.unwrap_or(positive)), figure))
            }
            None => Tally::of(counts).score(claim.metric, claim.average, claim.class).map(Self::Whole),
        }
    }

    pub fn fits(&self, value: &Printed, rounding: Rounding) -> bool {
        let interval = value.interval(rounding);
        match self {
            Self::Whole(score) => score.fits(&interval),
            Self::Two(counts, figure) => BinaryFigure { interval, ..figure.clone() }.fits(*counts),
        }
    }

    pub fn to_f64(&self) -> f64 {
        match self {
            Self::Whole(score) => score.to_f64(),
            Self::Two(counts, figure) => figure.score.value(*counts, figure.beta),
        }
    }
}

/// Whether the mean over runs is the score of the summed matrix.
pub fn is_linear(claim: &Claim) -> bool {
    match (claim.metric, claim.average) {
        (Metric::Accuracy | Metric::Recall | Metric::BalancedAccuracy, _) => true,
        (Metric::Precision | Metric::F1, average) => average == Some(Average::Micro),
        (Metric::Binary(score), _) => {
            ["acc", "err", "sens", "fnr", "spec", "fpr", "bacc", "bm"].contains(&score.name)
        }
        _ => false,
    }
}
