//! The cellar: one seed, one named generator (ChaCha8), and the few draws the suite needs.
//!
//! A stream is named by its seed and a label, so that adding a draw in one place never shifts the
//! draws of another, and a cell computed alone draws what it draws in a whole run.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A reproducible stream of draws.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream called `label` under `seed`.
    pub fn new(seed: u64, label: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(label.as_bytes());
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// A seed for a part of the work that keeps streams of its own.
    pub fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), with all 53 bits of an f64.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..bound, without modulo bias (rejection). `bound` must not be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.throw(Die::new(bound))
    }

    /// As [`Self::below`], for a bound that is asked for often.
    pub fn throw(&mut self, die: Die) -> usize {
        loop {
            let draw = self.0.next_u64();
            if draw < die.fair {
                // Too small by two at the most.
                let quotient = ((u128::from(draw) * u128::from(die.inverse)) >> 64) as u64;
                let mut rest = draw - quotient * die.sides;
                while rest >= die.sides {
                    rest -= die.sides;
                }
                return rest as usize;
            }
        }
    }

    /// Standard normal (Box–Muller; the second value is dropped so that a stream has no memory).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A bound whose divisions are done once.
#[derive(Debug, Clone, Copy)]
pub struct Die {
    sides: u64,
    fair: u64,
    /// 2⁶⁴ − 1 divided by the sides.
    inverse: u64,
}

impl Die {
    pub fn new(sides: usize) -> Self {
        let sides = sides.max(1) as u64;
        Self { sides, fair: u64::MAX - u64::MAX % sides, inverse: u64::MAX / sides }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_die_gives_the_remainder_of_a_division() {
        for sides in [1, 2, 3, 7, 10, 1 << 20, 7993, u32::MAX as usize, usize::MAX / 2 + 1, usize::MAX] {
            let (mut thrown, mut plain) = (Draws::new(1, "die"), Draws::new(1, "die"));
            let die = Die::new(sides);
            for _ in 0..1000 {
                let draw = loop {
                    let draw = plain.seed();
                    if draw < die.fair {
                        break draw;
                    }
                };
                assert_eq!(thrown.throw(die), draw as usize % sides);
            }
        }
    }

    #[test]
    fn same_seed_and_label_same_stream_and_any_other_differs() {
        let stream = |seed, label| {
            let mut draws = Draws::new(seed, label);
            (0..8).map(|_| draws.seed()).collect::<Vec<_>>()
        };
        assert_eq!(stream(1, "a"), stream(1, "a"));
        assert_ne!(stream(1, "a"), stream(1, "b"));
        assert_ne!(stream(1, "a"), stream(2, "a"));
    }

    #[test]
    fn draws_have_the_moments_theory_gives_them() {
        let mut draws = Draws::new(7, "moments");
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let z = draws.normal();
            sum += z;
            squares += z * z;
        }
        assert!((sum / f64::from(n)).abs() < 0.01);
        assert!((squares / f64::from(n) - 1.0).abs() < 0.02);
        let mean = (0..n).map(|_| draws.below(10) as f64).sum::<f64>() / f64::from(n);
        assert!((mean - 4.5).abs() < 0.05, "{mean}");
    }

    #[test]
    fn shuffle_keeps_every_item() {
        let mut items: Vec<usize> = (0..50).collect();
        Draws::new(3, "shuffle").shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
