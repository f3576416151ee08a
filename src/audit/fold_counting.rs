//! Folds without clips of a class, and how programs count them in a mean of recalls over folds.
//!
//! scikit-learn's recall of no clips is 0, or 1 where `zero_division` says so, and its balanced accuracy leaves the class
//! out; where the recall is no number a mean of numbers leaves the fold out. No paper says which, so that a figure is
//! impossible only if none of them gives it.

/// How the recall of no clips counts in a mean over folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfRecall {
    LeftOut,
    Zero,
    One,
}

/// How a fold without clips of a class counts in a mean of balanced accuracies over folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfBalanced {
    /// As the recall of the class that it has.
    OtherClass,
    /// The recall of no clips is 0.
    Zero,
    /// The recall of no clips is 1.
    One,
    LeftOut,
    /// The mean is that of the two classes' means over the folds that have them.
    MeanOfMeans,
}

const OF_RECALL: [OfRecall; 3] = [OfRecall::LeftOut, OfRecall::Zero, OfRecall::One];
const OF_BALANCED: [OfBalanced; 5] =
    [OfBalanced::OtherClass, OfBalanced::Zero, OfBalanced::One, OfBalanced::LeftOut, OfBalanced::MeanOfMeans];

/// One way to count; `None` where no printed mean asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counting {
    pub recall: Option<OfRecall>,
    pub balanced: Option<OfBalanced>,
}

impl Counting {
    /// Every way, of the means that ask.
    pub fn every(recall_asks: bool, balanced_asks: bool) -> Vec<Self> {
        let recalls: Vec<Option<OfRecall>> =
            if recall_asks { OF_RECALL.map(Some).to_vec() } else { vec![None] };
        let balanced: Vec<Option<OfBalanced>> =
            if balanced_asks { OF_BALANCED.map(Some).to_vec() } else { vec![None] };
        let with = |recall: Option<OfRecall>| balanced.iter().map(move |&balanced| Self { recall, balanced });
        recalls.into_iter().flat_map(with).collect()
    }

    /// "the recall of no clips is 0 and …", empty where nothing asks.
    pub fn in_words(self) -> String {
        let recall = self.recall.map(|recall| match recall {
            OfRecall::LeftOut => "the recall of no clips is left out",
            OfRecall::Zero => "the recall of no clips is 0",
            OfRecall::One => "the recall of no clips is 1",
        });
        let balanced = self.balanced.map(|balanced| match balanced {
            OfBalanced::OtherClass => "balanced accuracy is the recall of the class that is there",
            OfBalanced::Zero => "balanced accuracy takes the recall of no clips as 0",
            OfBalanced::One => "balanced accuracy takes the recall of no clips as 1",
            OfBalanced::LeftOut => "the fold has no balanced accuracy",
            OfBalanced::MeanOfMeans => "balanced accuracy is that of the mean recalls",
        });
        recall.into_iter().chain(balanced).collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_there_once() {
        assert_eq!(Counting::every(false, false), [Counting::default()]);
        let every = Counting::every(true, true);
        assert_eq!(every.len(), 15);
        let words: std::collections::BTreeSet<String> = every.iter().map(|way| way.in_words()).collect();
        assert_eq!(words.len(), 15);
        assert!(Counting::default().in_words().is_empty());
    }
}
