//! What a tree may do: how impurity is measured, how columns are cut, and when to stop.

use serde::{Deserialize, Serialize};

/// How mixed the classes of a node are.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    /// 1 − Σ pₖ²
    Gini,
    /// − Σ pₖ log₂ pₖ
    Entropy,
}

impl Criterion {
    /// The impurity of a node times its weight, from the weights of its classes.
    pub fn weighted(self, classes: impl Iterator<Item = f64> + Clone) -> f64 {
        let total: f64 = classes.clone().sum();
        if total <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Gini => total - classes.map(|weight| weight * weight).sum::<f64>() / total,
            Self::Entropy => -classes
                .filter(|weight| *weight > 0.0)
                .map(|weight| weight * (weight / total).log2())
                .sum::<f64>(),
        }
    }

    /// How much weighted impurity a cut removes, from the weights of the classes in the node and left of the cut.
    pub fn removed(self, whole: &[f64], left: &[f64]) -> f64 {
        let right = whole.iter().zip(left).map(|(whole, left)| (whole - left).max(0.0));
        self.weighted(whole.iter().copied()) - self.weighted(left.iter().copied()) - self.weighted(right)
    }
}

/// Where a column is cut.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Splitter {
    /// Where it removes the most impurity.
    Best,
    /// At a random value between the node's lowest and highest.
    Random,
}

/// The rules of one fit, for all its trees.
#[derive(Debug, Clone)]
pub struct Rules {
    pub criterion: Criterion,
    pub splitter: Splitter,
    /// Columns drawn a node.
    pub columns_to_try: usize,
    pub max_depth: usize,
    pub min_samples_split: usize,
    pub min_samples_leaf: usize,
    pub min_impurity_decrease: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impurity_is_nothing_in_a_pure_node_and_largest_in_a_fair_one() {
        for (criterion, fair) in [(Criterion::Gini, 0.75), (Criterion::Entropy, 2.0)] {
            assert_eq!(criterion.weighted([0.0, 6.0, 0.0].into_iter()), 0.0);
            assert_eq!(criterion.weighted(std::iter::empty()), 0.0);
            assert!((criterion.weighted([2.0; 4].into_iter()) - 8.0 * fair).abs() < 1e-12);
        }
    }
}
