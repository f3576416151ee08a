//! Several blocks of a signal side by side, one to a lane, for arithmetic in a stated order.
//!
//! No operation here is fused or reordered, so a lane's bits do not depend on the vector unit or on its neighbours.

use std::ops::{Add, Mul, Neg, Sub};

/// Blocks that are worked on together.
pub(super) const LANES: usize = 8;

/// The same place of [`LANES`] blocks.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(32))]
pub(super) struct Lanes(pub [f32; LANES]);

/// Four neighbouring places of [`LANES`] blocks: one step of four interleaved transforms.
pub(super) type Row = [Lanes; 4];

/// Cosine and sine of an angle.
pub(super) type Turn = (f32, f32);

impl Add for Lanes {
    type Output = Self;
    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a += b;
        }
        self
    }
}

impl Sub for Lanes {
    type Output = Self;
    #[inline(always)]
    fn sub(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a -= b;
        }
        self
    }
}

impl Mul<f32> for Lanes {
    type Output = Self;
    #[inline(always)]
    fn mul(mut self, factor: f32) -> Self {
        for a in &mut self.0 {
            *a *= factor;
        }
        self
    }
}

impl Neg for Lanes {
    type Output = Self;
    #[inline(always)]
    fn neg(mut self) -> Self {
        for a in &mut self.0 {
            *a = -*a;
        }
        self
    }
}

/// A complex number in each lane.
pub(super) type Pair = (Lanes, Lanes);

/// Times `cos + i·sin`.
#[inline(always)]
pub(super) fn turned((re, im): Pair, (cos, sin): Turn) -> Pair {
    (re * cos - im * sin, im * cos + re * sin)
}

/// Times `cos − i·sin`.
#[inline(always)]
pub(super) fn turned_back((re, im): Pair, (cos, sin): Turn) -> Pair {
    (re * cos + im * sin, im * cos - re * sin)
}
