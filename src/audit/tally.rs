//! A confusion matrix reduced to what every score of it needs: clips, hits and predictions of each class.
//!
//! With sᵢ clips, tᵢ hits and cᵢ predictions of class i, n = Σs, T = Σt and E = n − T errors, a matrix of one label a
//! clip exists iff Σc = n, tᵢ ≤ sᵢ, tᵢ ≤ cᵢ and (sᵢ − tᵢ) + (cᵢ − tᵢ) ≤ E for every class: an error leaves one class
//! and enters another, so the errors that leave or enter a class are different errors.
//!
//! Scores here are exact fractions; `metrics/` has the same definitions in floats, and the tests hold them together.

use super::claims::{Average, Metric};
use super::exact::Exact;
use super::printed::Interval;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub support: Vec<u64>,
    pub hits: Vec<u64>,
    pub taken: Vec<u64>,
}

/// An exact score: itself, or (MCC) its square with its sign.
#[derive(Debug, Clone)]
pub enum ExactScore {
    Plain(Exact),
    Root(Exact),
}

impl ExactScore {
    pub fn fits(&self, interval: &Interval) -> bool {
        match self {
            Self::Plain(score) => interval.holds_exact(score),
            Self::Root(square) => {
                let (low, high) = (interval.low().signed_square(), interval.high().signed_square());
                (*square > low || interval.low_closed && *square == low)
                    && (*square < high || interval.high_closed && *square == high)
            }
        }
    }

    pub fn to_f64(&self) -> f64 {
        match self {
            Self::Plain(score) => score.to_f64(),
            Self::Root(square) => square.to_f64().abs().sqrt().copysign(square.to_f64()),
        }
    }
}

impl Tally {
    /// Of counts with true classes in rows.
    pub fn of(counts: &[Vec<u64>]) -> Self {
        Self {
            support: counts.iter().map(|row| row.iter().sum()).collect(),
            hits: (0..counts.len()).map(|class| counts[class][class]).collect(),
            taken: (0..counts.len()).map(|class| counts.iter().map(|row| row[class]).sum()).collect(),
        }
    }

    pub fn clips(&self) -> u64 {
        self.support.iter().sum()
    }

    pub fn total_hits(&self) -> u64 {
        self.hits.iter().sum()
    }

    pub fn classes(&self) -> usize {
        self.support.len()
    }

    /// Whether a confusion matrix has these counts.
    pub fn exists(&self) -> bool {
        let errors = self.clips().checked_sub(self.total_hits());
        let Some(errors) = errors else { return false };
        self.taken.iter().sum::<u64>() == self.clips()
            && (0..self.classes()).all(|class| {
                let (s, t, c) = (self.support[class], self.hits[class], self.taken[class]);
                t <= s && t <= c && (s - t) + (c - t) <= errors
            })
    }

    /// A confusion matrix with these counts, which must exist.
    pub fn matrix(&self) -> Vec<Vec<u64>> {
        let classes = self.classes();
        let mut cells = vec![vec![0u64; classes]; classes];
        let mut leaving: Vec<u64> = (0..classes).map(|i| self.support[i] - self.hits[i]).collect();
        let mut entering: Vec<u64> = (0..classes).map(|i| self.taken[i] - self.hits[i]).collect();
        let (mut row, mut column) = (0, 0);
        while row < classes && column < classes {
            let moved = leaving[row].min(entering[column]);
            cells[row][column] += moved;
            leaving[row] -= moved;
            entering[column] -= moved;
            if leaving[row] == 0 { row += 1 } else { column += 1 }
        }
        // Errors that came to lie on the diagonal change places with errors of other rows and columns.
        for own in 0..classes {
            for (other, taken) in (0..classes * classes).map(|place| (place / classes, place % classes)) {
                let swapped = cells[own][own].min(cells[other][taken]);
                if swapped > 0 && other != own && taken != own {
                    cells[own][own] -= swapped;
                    cells[other][taken] -= swapped;
                    cells[own][taken] += swapped;
                    cells[other][own] += swapped;
                }
            }
        }
        (0..classes).for_each(|class| cells[class][class] = self.hits[class]);
        cells
    }

    /// The exact score; `None` where the metric is no function of a tally, or is 0 / 0.
    pub fn score(
        &self,
        metric: Metric,
        average: Option<Average>,
        class: Option<usize>,
    ) -> Option<ExactScore> {
        let n = self.clips();
        if n == 0 {
            return None;
        }
        let accuracy = || Exact::part(self.total_hits(), n);
        let of_class = |class: usize| {
            let (s, t, c) = (self.support[class], self.hits[class], self.taken[class]);
            match metric {
                Metric::Precision => Exact::part(t, c),
                Metric::Recall => Exact::part(t, s),
                Metric::Specificity => Exact::part((n - s).saturating_sub(c - t), n - s),
                _ => Exact::part(2 * t, c + s),
            }
        };
        let occurs = |class: &usize| self.occurs(*class);
        let mean = |parts: &mut dyn Iterator<Item = Exact>, count: usize| {
            Exact::sum(parts).over(&Exact::new(count as i128, 1))
        };
        // With all clips of one class there are none to reject.
        if metric == Metric::Specificity && self.support.contains(&n) {
            return None;
        }
        Some(ExactScore::Plain(match (metric, average, class) {
            (Metric::Accuracy, ..) => accuracy(),
            (Metric::BalancedAccuracy, ..) => {
                let with_clips: Vec<usize> = (0..self.classes()).filter(|&i| self.support[i] > 0).collect();
                let mut recalls = with_clips.iter().map(|&i| Exact::part(self.hits[i], self.support[i]));
                mean(&mut recalls, with_clips.len())?
            }
            (Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity, _, Some(class)) => {
                of_class(class)
            }
            (
                Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity,
                Some(Average::Macro),
                _,
            ) => {
                let occurring: Vec<usize> = (0..self.classes()).filter(occurs).collect();
                mean(&mut occurring.iter().map(|&class| of_class(class)), occurring.len())?
            }
            (
                Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity,
                Some(Average::Weighted),
                _,
            ) => {
                let weighted = (0..self.classes())
                    .map(|class| of_class(class).times(&Exact::new(self.support[class].into(), 1)));
                Exact::sum(weighted).over(&Exact::new(n.into(), 1))?
            }
            (Metric::Precision | Metric::Recall | Metric::F1, Some(Average::Micro), _) => accuracy(),
            (Metric::Specificity, Some(Average::Micro), _) => self.micro_specificity(),
            (Metric::Kappa, ..) => self.kappa()?,
            (Metric::Mcc, ..) => return Some(ExactScore::Root(self.mcc_square())),
            _ => return None,
        }))
    }

    /// Whether a class has clips or is predicted.
    fn occurs(&self, class: usize) -> bool {
        self.support[class] + self.taken[class] > 0
    }

    /// Of every class the clips of others that are not taken for it, over the clips of others: n (K − 1) pairs of a clip
    /// and a class, of which each error spoils one.
    fn micro_specificity(&self) -> Exact {
        let classes = (0..self.classes()).filter(|&class| self.occurs(class)).count() as i128;
        let (n, hits) = (i128::from(self.clips()), i128::from(self.total_hits()));
        Exact::new(n * (classes - 2) + hits, n * (classes - 1))
    }

    /// The other macro F1 in use, and the same of weighted averages: F1 of the averaged precision and recall.
    pub fn f1_of_averages(&self, average: Average) -> Option<Exact> {
        let average = |metric| match self.score(metric, Some(average), None) {
            Some(ExactScore::Plain(score)) => Some(score),
            _ => None,
        };
        let (precision, recall) = (average(Metric::Precision)?, average(Metric::Recall)?);
        precision.times(&recall).times(&Exact::new(2, 1)).over(&precision.plus(&recall))
    }

    /// (accuracy − chance) / (1 − chance), chance = Σ sᵢ cᵢ / n².
    fn kappa(&self) -> Option<Exact> {
        let n = Exact::new(self.clips().into(), 1);
        let chance = Exact::sum((0..self.classes()).map(|i| product(self.support[i], self.taken[i])));
        let hits = Exact::new(self.total_hits().into(), 1).times(&n);
        hits.minus(&chance).over(&n.times(&n).minus(&chance))
    }

    /// (T n − Σ sᵢ cᵢ) / √((n² − Σ cᵢ²)(n² − Σ sᵢ²)) (J. Gorodkin 2004), squared with its sign; 0 where a side is of one
    /// class only, as scikit-learn's.
    fn mcc_square(&self) -> Exact {
        let square = product(self.clips(), self.clips());
        let sum = |a: &[u64], b: &[u64]| Exact::sum(a.iter().zip(b).map(|(a, b)| product(*a, *b)));
        let top = product(self.total_hits(), self.clips()).minus(&sum(&self.support, &self.taken));
        let below = square
            .minus(&sum(&self.taken, &self.taken))
            .times(&square.minus(&sum(&self.support, &self.support)));
        top.signed_square().over(&below).unwrap_or_else(Exact::zero)
    }
}

fn product(a: u64, b: u64) -> Exact {
    Exact::new(i128::from(a) * i128::from(b), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Confusion, Predictions, find, of_class};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scores_are_those_of_the_metrics_room_and_a_matrix_is_found_again(
            pairs in prop::collection::vec((0usize..4, 0usize..4), 1..50),
        ) {
            let mut cells = vec![vec![0u64; 4]; 4];
            pairs.iter().for_each(|&(truth, predicted)| cells[truth][predicted] += 1);
            let tally = Tally::of(&cells);
            let (truth, predicted) = pairs.iter().copied().unzip();
            let predictions = Predictions {
                clip_ids: pairs.iter().map(|_| String::new()).collect(),
                classes: (0..4).map(|class| class.to_string()).collect(),
                truth,
                predicted,
                probabilities: None,
            };
            let (macro_, weighted) = (Some(Average::Macro), Some(Average::Weighted));
            for (name, metric, average) in [
                ("accuracy", Metric::Accuracy, None),
                ("balanced_accuracy", Metric::BalancedAccuracy, None),
                ("precision_macro", Metric::Precision, macro_),
                ("recall_macro", Metric::Recall, macro_),
                ("f1_macro", Metric::F1, macro_),
                ("precision_weighted", Metric::Precision, weighted),
                ("recall_weighted", Metric::Recall, weighted),
                ("f1_weighted", Metric::F1, weighted),
                ("f1_micro", Metric::F1, Some(Average::Micro)),
                ("kappa", Metric::Kappa, None),
                ("mcc", Metric::Mcc, None),
            ] {
                let known = find(name).unwrap().compute(&predictions);
                let (Some(exact), Some(known)) = (tally.score(metric, average, None), known) else {
                    continue;
                };
                prop_assert!((exact.to_f64() - known).abs() < 1e-12, "{}: {} {}", name, exact.to_f64(), known);
            }
            let confusion = Confusion::of(&predictions);
            for class in 0..4 {
                let (precision, recall, f1) = of_class(&confusion, class);
                let of = |metric| tally.score(metric, None, Some(class)).unwrap().to_f64();
                prop_assert!((of(Metric::Precision) - precision).abs() < 1e-12);
                prop_assert!((of(Metric::Recall) - recall).abs() < 1e-12);
                prop_assert!((of(Metric::F1) - f1).abs() < 1e-12);
            }
            prop_assert!(tally.exists());
            prop_assert_eq!(Tally::of(&tally.matrix()), tally);
        }
    }

    #[test]
    fn specificity_is_that_of_each_class_against_the_rest() {
        let tally = Tally::of(&[vec![5, 1, 0], vec![2, 7, 1], vec![0, 3, 4]]);
        let of = |average| tally.score(Metric::Specificity, Some(average), None).unwrap().to_f64();
        let each = [15.0 / 17.0, 9.0 / 13.0, 15.0 / 16.0];
        assert!((of(Average::Macro) - each.iter().sum::<f64>() / 3.0).abs() < 1e-12);
        let weighted = (6.0 * each[0] + 10.0 * each[1] + 7.0 * each[2]) / 23.0;
        assert!((of(Average::Weighted) - weighted).abs() < 1e-12);
        assert!((of(Average::Micro) - 39.0 / 46.0).abs() < 1e-12);
        let one = Tally::of(&[vec![5, 1], vec![0, 0]]);
        assert!(one.score(Metric::Specificity, Some(Average::Macro), None).is_none());
    }

    #[test]
    fn a_class_that_every_error_would_have_to_leave_and_enter_does_not_exist() {
        let tally = Tally { support: vec![5, 5], hits: vec![3, 5], taken: vec![5, 5] };
        assert!(!tally.exists());
        let swapped = Tally { support: vec![5, 5], hits: vec![3, 3], taken: vec![5, 5] };
        assert!(swapped.exists());
        assert_eq!(swapped.matrix(), [[3, 2], [2, 3]]);
    }
}
