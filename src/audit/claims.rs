//! A paper's figures as the audit works with them: read, checked, and with nothing guessed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::binary_score::BinaryScore;
use super::printed::{Interval, Printed, Rounding};

/// A checked claims file.
#[derive(Debug, Clone)]
pub struct Paper {
    pub path: PathBuf,
    /// Of the claims file's text.
    pub hash: String,
    pub id: String,
    pub title: String,
    pub(super) sets: Vec<TestSet>,
    pub(super) claims: Vec<Claim>,
    pub(super) matrices: Vec<Matrix>,
    pub(super) comparisons: Vec<Compared>,
    pub(super) splits: Vec<SplitClaim>,
    pub notes: Vec<Note>,
}

/// A set of clips that figures are about; what the paper does not say is `None`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TestSet {
    /// Empty for the one of `[test]`.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Clips of each class; of two classes known as negatives and positives, in that order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// One label a clip, true and predicted.
    pub single_label: bool,
    /// Positives and negatives of a two-class set.
    #[serde(rename = "positives_and_negatives", skip_serializing_if = "Option::is_none")]
    pub binary: Option<(u64, u64)>,
    /// Only positives and negatives are said: which of the two a matrix prints first is open.
    #[serde(skip)]
    pub order_open: bool,
    /// A run's test side stands for it, as it does for `[test]`.
    #[serde(skip)]
    pub tested: bool,
}

/// Why most of what is not an accuracy cannot be checked.
pub const SUPPORT_UNSAID: &str = "the clips of each class, support, are not said";

impl TestSet {
    pub fn class_name(&self, class: usize) -> String {
        match &self.labels {
            Some(labels) => labels[class].clone(),
            None if self.order_open => ["negatives", "positives"][class].into(),
            None => format!("class {}", class + 1),
        }
    }

    pub fn classes(&self) -> Option<usize> {
        self.support.as_ref().map(Vec::len).or(self.labels.as_ref().map(Vec::len))
    }

    /// The clips of each class where every clip is of one.
    pub fn clips_by_class(&self) -> Option<Vec<u64>> {
        let classes = self.support.clone().or(self.binary.map(|(p, n)| vec![n, p]))?;
        (self.n == Some(classes.iter().sum::<u64>())).then_some(classes)
    }

    /// The clips of each class where all classes have as many.
    pub fn equal_support(&self) -> Option<u64> {
        let support = self.support.as_ref()?;
        support.iter().all(|&clips| clips == support[0]).then_some(support[0])
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    Accuracy,
    BalancedAccuracy,
    Precision,
    Recall,
    F1,
    /// Averaged over the classes, each against the rest; of two classes it is a `Binary`.
    Specificity,
    Kappa,
    Mcc,
    Auc,
    LogLoss,
    /// Any other proportion of n things.
    Share,
    /// A score of a two-class confusion matrix.
    Binary(&'static BinaryScore),
}

impl Metric {
    /// Least and largest value; `None` where there is none.
    pub fn range(self) -> (i64, Option<i64>) {
        match self {
            Self::Kappa | Self::Mcc => (-1, Some(1)),
            Self::LogLoss => (0, None),
            Self::Binary(score) => score.range,
            _ => (0, Some(1)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    Macro,
    Micro,
    Weighted,
}

impl Average {
    pub fn word(self) -> &'static str {
        match self {
            Self::Macro => "macro",
            Self::Micro => "micro",
            Self::Weighted => "weighted",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    MeanOfScores,
    ScoreOfMeans,
}

/// The divisor of a standard deviation is runs − ddof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ddof {
    Of(u64),
    Any,
}

/// How a cross-validated figure was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Folding {
    pub folds: u64,
    /// Clips of each fold, where they are said.
    pub sizes: Option<Vec<u64>>,
    /// Positives of each fold, for scores of two classes.
    pub positives: Option<Vec<u64>>,
    /// Clips of each class in each fold.
    pub support: Option<Vec<Vec<u64>>>,
    /// Folds as scikit-learn's StratifiedKFold makes them.
    pub stratified: bool,
    /// Said to be of equal size, as far as the clips can be dealt out so.
    pub equal: bool,
    pub aggregate: Option<Aggregate>,
}

#[derive(Debug, Clone)]
pub struct Claim {
    /// Which of the paper's claims it is.
    pub place: usize,
    pub line: usize,
    pub of: String,
    /// What our own run calls the system, where that is another name.
    pub row: Option<String>,
    /// Index into the paper's sets.
    pub set: usize,
    pub metric: Metric,
    pub average: Option<Average>,
    /// It has an average, of which the paper does not say which.
    pub open_average: bool,
    /// Index of the class in the set's order.
    pub class: Option<usize>,
    pub value: Printed,
    pub sd: Option<Printed>,
    pub ddof: Ddof,
    /// The figure is a mean of so many runs.
    pub runs: u64,
    pub folding: Option<Folding>,
    /// The score of the lowest and of the highest fold.
    pub fold_min: Option<Printed>,
    pub fold_max: Option<Printed>,
    pub beta: Option<Printed>,
    pub rounding: Rounding,
    pub source: Option<String>,
}

impl Folding {
    /// Whether what the paper says leaves no other sizes of the folds than `fold_layouts.rs` tries. Those of stratified
    /// folds follow from the clips of each class alone; which folds have one of a class of fewer clips than folds was
    /// drawn before scikit-learn 0.22.
    pub fn sizes_said(&self, set: &TestSet) -> bool {
        let in_every_fold = |clips: &u64| *clips == 0 || *clips >= self.folds;
        let follow = || set.clips_by_class().is_some_and(|classes| classes.iter().all(in_every_fold));
        self.equal || self.sizes.is_some() || self.stratified && follow()
    }
}

impl Claim {
    pub fn interval(&self) -> Interval {
        self.value.interval(self.rounding)
    }

    /// "accuracy 54.25 %", "macro F1 59.92 %", "recall of Pop 0.21".
    pub fn figure(&self, set: &TestSet) -> String {
        format!("{} {}", self.measure(set), self.value.shown())
    }

    /// "accuracy", "macro F1", "recall of Pop".
    pub fn measure(&self, set: &TestSet) -> String {
        let name = match self.metric {
            Metric::Accuracy => "accuracy",
            Metric::BalancedAccuracy => "balanced accuracy",
            Metric::Precision => "precision",
            Metric::Recall => "recall",
            Metric::F1 => "F1",
            Metric::Specificity => "specificity",
            Metric::Kappa => "kappa",
            Metric::Mcc => "MCC",
            Metric::Auc => "AUC",
            Metric::LogLoss => "log loss",
            Metric::Share => "share",
            Metric::Binary(score) => score.title,
        };
        let average = self.average.map(|average| format!("{} ", average.word())).unwrap_or_default();
        let class = self.class.map(|class| format!(" of {}", set.class_name(class))).unwrap_or_default();
        let open = if self.open_average { ", average unsaid," } else { "" };
        format!("{average}{name}{class}{open}")
    }
}

/// A printed confusion matrix, true classes in rows, with cells as printed.
#[derive(Debug, Clone)]
pub struct Matrix {
    pub line: usize,
    pub of: String,
    pub set: usize,
    pub cells: Vec<Vec<Printed>>,
    /// An average of so many runs.
    pub runs: u64,
    pub source: Option<String>,
}

/// A comparison of two systems that the paper draws, or that a reader would.
#[derive(Debug, Clone)]
pub struct Compared {
    pub line: usize,
    pub a: String,
    pub b: String,
    pub set: usize,
    pub paired: bool,
    pub asserted: Option<Asserted>,
    pub source: Option<String>,
}

/// "p<0.05" or "p>0.05".
#[derive(Debug, Clone)]
pub struct Asserted {
    pub text: String,
    pub significant: bool,
    pub level: Printed,
}

#[derive(Debug, Clone)]
pub struct SplitClaim {
    pub line: usize,
    pub name: String,
    pub total: u64,
    pub ratio: Vec<Printed>,
    pub sizes: Option<Vec<u64>>,
    pub rounding: Rounding,
    pub source: Option<String>,
}

/// What is known of the paper from elsewhere, with where it is known from; never a verdict.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub about: String,
    pub text: String,
    pub source: String,
}
