//! Exact fractions of any size. Verdicts compare these, never floats.

use std::cmp::Ordering;

use super::natural::Natural;

/// `± numerator / denominator`, not reduced.
#[derive(Debug, Clone)]
pub struct Exact {
    negative: bool,
    numerator: Natural,
    denominator: Natural,
}

impl Exact {
    /// `denominator` must not be 0.
    pub fn new(numerator: i128, denominator: i128) -> Self {
        Self {
            negative: (numerator < 0) != (denominator < 0),
            numerator: Natural::from(numerator.unsigned_abs()),
            denominator: Natural::from(denominator.unsigned_abs()),
        }
    }

    pub fn zero() -> Self {
        Self::new(0, 1)
    }

    /// `numerator / denominator`, or 0 where both are 0, as scores read a division by zero.
    pub fn part(numerator: u64, denominator: u64) -> Self {
        if denominator == 0 { Self::zero() } else { Self::new(numerator.into(), denominator.into()) }
    }

    pub fn plus(&self, other: &Self) -> Self {
        let left = self.numerator.times(&other.denominator);
        let right = other.numerator.times(&self.denominator);
        let denominator = self.denominator.times(&other.denominator);
        let (negative, numerator) = if self.negative == other.negative {
            (self.negative, left.plus(&right))
        } else if left >= right {
            (self.negative, left.minus(&right))
        } else {
            (other.negative, right.minus(&left))
        };
        Self { negative, numerator, denominator }
    }

    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { negative: !other.negative, ..other.clone() })
    }

    pub fn times(&self, other: &Self) -> Self {
        Self {
            negative: self.negative != other.negative,
            numerator: self.numerator.times(&other.numerator),
            denominator: self.denominator.times(&other.denominator),
        }
    }

    /// `None` for a division by 0.
    pub fn over(&self, other: &Self) -> Option<Self> {
        (!other.numerator.is_zero()).then(|| Self {
            negative: self.negative != other.negative,
            numerator: self.numerator.times(&other.denominator),
            denominator: self.denominator.times(&other.numerator),
        })
    }

    /// `sign(self) · self²`, which orders numbers as they were: how roots are compared without taking them.
    pub fn signed_square(&self) -> Self {
        Self { negative: self.negative, ..self.times(self) }
    }

    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::zero(), |sum, part| sum.plus(&part))
    }

    pub fn is_negative(&self) -> bool {
        self.negative && !self.numerator.is_zero()
    }

    /// For showing.
    pub fn to_f64(&self) -> f64 {
        let size = self.numerator.ratio(&self.denominator);
        if self.is_negative() { -size } else { size }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let sizes =
            || self.numerator.times(&other.denominator).cmp(&other.numerator.times(&self.denominator));
        match (self.is_negative(), other.is_negative()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => sizes(),
            (true, true) => sizes().reverse(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_add_up_exactly() {
        let third = Exact::new(1, 3);
        assert_eq!(third.plus(&third).plus(&third), Exact::new(7, 7));
        assert_eq!(Exact::new(-1, 6), third.minus(&Exact::new(1, 2)));
        assert!(Exact::new(-1, 2) < Exact::new(-1, 3) && Exact::new(1, -2) < Exact::zero());
        assert_eq!(third.over(&Exact::new(2, -3)), Some(Exact::new(-1, 2)));
        assert_eq!(third.over(&Exact::zero()), None);
        assert_eq!(Exact::new(-2, 3).signed_square(), Exact::new(-4, 9));
        assert_eq!(Exact::part(3, 0), Exact::zero());
        let many = Exact::sum((2..200).map(|n| Exact::new(1, n * (n - 1))));
        assert_eq!(many, Exact::new(198, 199));
        assert!((many.to_f64() - 198.0 / 199.0).abs() < 1e-15);
    }
}
