//! Natural numbers of any size: just the arithmetic that exact comparisons of scores need (add, subtract, multiply,
//! compare). A sum of a hundred class scores has a denominator of hundreds of digits, and a verdict must not round.

use std::cmp::Ordering;

/// Little-endian 32-bit digits without leading zeros; zero is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Natural(Vec<u32>);

impl From<u128> for Natural {
    fn from(mut value: u128) -> Self {
        let mut digits = Vec::new();
        while value > 0 {
            digits.push(value as u32);
            value >>= 32;
        }
        Self(digits)
    }
}

impl Natural {
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn plus(&self, other: &Self) -> Self {
        let mut carry = 0u64;
        let digits = (0..self.0.len().max(other.0.len())).map(|place| {
            let sum = carry + u64::from(self.digit(place)) + u64::from(other.digit(place));
            carry = sum >> 32;
            sum as u32
        });
        let mut digits: Vec<u32> = digits.collect();
        if carry > 0 {
            digits.push(carry as u32);
        }
        Self(digits)
    }

    /// `self − other`; `other` must not be larger.
    pub fn minus(&self, other: &Self) -> Self {
        let mut borrow = 0i64;
        let digits = (0..self.0.len()).map(|place| {
            let difference = i64::from(self.digit(place)) - i64::from(other.digit(place)) - borrow;
            borrow = i64::from(difference < 0);
            (difference + (borrow << 32)) as u32
        });
        Self(digits.collect()).trimmed()
    }

    pub fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0u32; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0u64;
            for (j, &b) in other.0.iter().enumerate() {
                let sum = u64::from(a) * u64::from(b) + u64::from(digits[i + j]) + carry;
                digits[i + j] = sum as u32;
                carry = sum >> 32;
            }
            digits[i + other.0.len()] = carry as u32;
        }
        Self(digits).trimmed()
    }

    /// The nearest float, near enough for showing.
    pub fn ratio(&self, other: &Self) -> f64 {
        let (a, ea) = self.leading();
        let (b, eb) = other.leading();
        if b == 0.0 { f64::NAN } else { a / b * 2f64.powi(32 * (ea - eb)) }
    }

    /// The number as (leading digits, power of 2³²).
    fn leading(&self) -> (f64, i32) {
        let kept = self.0.len().min(4);
        let start = self.0.len() - kept;
        let value =
            self.0[start..].iter().rev().fold(0.0, |sum, &digit| sum * 4_294_967_296.0 + f64::from(digit));
        (value, start as i32)
    }

    fn digit(&self, place: usize) -> u32 {
        self.0.get(place).copied().unwrap_or(0)
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn arithmetic_is_that_of_the_machine(a: u64, b: u64) {
            let (a, b) = (u128::from(a), u128::from(b));
            let natural = Natural::from;
            prop_assert_eq!(natural(a).plus(&natural(b)), natural(a + b));
            prop_assert_eq!(natural(a).times(&natural(b)), natural(a * b));
            prop_assert_eq!(natural(a.max(b)).minus(&natural(a.min(b))), natural(a.abs_diff(b)));
            prop_assert_eq!(natural(a).cmp(&natural(b)), a.cmp(&b));
            if b > 0 {
                let ratio = a as f64 / b as f64;
                prop_assert!((natural(a).ratio(&natural(b)) - ratio).abs() <= 1e-12 * ratio);
            }
        }
    }
}
