//! Radix-4 and radix-2 passes of a real Fourier transform in single precision, four interleaved transforms at once.
//!
//! The half-complex order of FFTPACK (P. N. Swarztrauber, "Vectorizing the FFTs", 1982): `r0 r1 i1 r2 i2 … r(n/2)`.
//! The operations, their order and the single-precision twiddle angles are those of PFFFT as libsoxr 0.1.3 has it, so
//! that the rounding is the same in every bit.

use std::f32::consts::FRAC_1_SQRT_2;
use std::f32::consts::SQRT_2;

use super::halving_lanes::{Row, Turn, turned, turned_back};
use super::single_trig::turn_of;

/// A pass over `count` groups of `width` rows a branch.
pub(super) struct Pass {
    width: usize,
    count: usize,
    /// For each pair of a group's rows, the turns of branches 1 to 3.
    turns: Vec<[Turn; 3]>,
}

/// The passes of a transform of `length` = 2^k rows: a radix-2 pass first where k is odd, the rest radix 4.
pub(super) fn passes(length: usize) -> Vec<Pass> {
    let step = (std::f64::consts::TAU / length as f64) as f32;
    let mut passes = Vec::new();
    let (mut count, mut left) = (1, length);
    while left > 1 {
        let radix = if left.ilog2() % 2 == 1 { 2 } else { 4 };
        let width = left / radix;
        // the angle is rounded twice on its way, as a product of singles
        let turn = |branch: usize, pair: usize| turn_of(pair as f32 * ((branch * count) as f32 * step));
        let pairs = 1..width.div_ceil(2);
        let turns = pairs.map(|pair| [turn(1, pair), turn(2, pair), turn(3, pair)]).collect();
        passes.push(Pass { width, count, turns });
        (count, left) = (count * radix, width);
    }
    passes
}

impl Pass {
    /// A radix-4 pass of the forward transform.
    #[inline(always)]
    pub(super) fn split_four(&self, from: &[Row], to: &mut [Row]) {
        let (w, n) = (self.width, self.count * self.width);
        for k in (0..n).step_by(w) {
            let to = &mut to[4 * k..][..4 * w];
            for q in 0..4 {
                let a = |branch: usize, at: usize| from[branch * n + k + at][q];
                let (odd, even) = (a(1, 0) + a(3, 0), a(0, 0) + a(2, 0));
                to[0][q] = odd + even;
                to[4 * w - 1][q] = even - odd;
                to[2 * w - 1][q] = a(0, 0) - a(2, 0);
                to[2 * w][q] = a(3, 0) - a(1, 0);
            }
            for (pair, turns) in self.turns.iter().enumerate() {
                let i = 2 * pair + 2;
                for q in 0..4 {
                    let a = |branch: usize| (from[branch * n + k + i - 1][q], from[branch * n + k + i][q]);
                    let (re, im) = a(0);
                    let (re1, im1) = turned_back(a(1), turns[0]);
                    let (re2, im2) = turned_back(a(2), turns[1]);
                    let (re3, im3) = turned_back(a(3), turns[2]);
                    let (odd_re, turned_re) = (re1 + re3, re3 - re1);
                    let (odd_im, turned_im) = (im1 + im3, im1 - im3);
                    let (even_re, other_re) = (re + re2, re - re2);
                    let (even_im, other_im) = (im + im2, im - im2);
                    to[i - 1][q] = odd_re + even_re;
                    to[4 * w - i - 1][q] = even_re - odd_re;
                    to[2 * w + i - 1][q] = turned_im + other_re;
                    to[2 * w - i - 1][q] = other_re - turned_im;
                    to[i][q] = odd_im + even_im;
                    to[4 * w - i][q] = odd_im - even_im;
                    to[2 * w + i][q] = turned_re + other_im;
                    to[2 * w - i][q] = turned_re - other_im;
                }
            }
            if w > 1 {
                for q in 0..4 {
                    let a = |branch: usize| from[branch * n + k + w - 1][q];
                    let im = (a(1) + a(3)) * -FRAC_1_SQRT_2;
                    let re = (a(3) - a(1)) * -FRAC_1_SQRT_2;
                    to[w - 1][q] = re + a(0);
                    to[3 * w - 1][q] = a(0) - re;
                    to[w][q] = im - a(2);
                    to[3 * w][q] = im + a(2);
                }
            }
        }
    }

    /// The radix-2 pass that ends the forward transform of an odd power of two.
    #[inline(always)]
    pub(super) fn split_two(&self, from: &[Row], to: &mut [Row]) {
        let w = self.width;
        let (first, second) = from.split_at(w);
        for q in 0..4 {
            to[0][q] = first[0][q] + second[0][q];
            to[2 * w - 1][q] = first[0][q] - second[0][q];
            to[w][q] = -second[w - 1][q];
            to[w - 1][q] = first[w - 1][q];
        }
        for (pair, turns) in self.turns.iter().enumerate() {
            let i = 2 * pair + 2;
            for q in 0..4 {
                let (re, im) = turned_back((second[i - 1][q], second[i][q]), turns[0]);
                to[i][q] = first[i][q] + im;
                to[2 * w - i][q] = im - first[i][q];
                to[i - 1][q] = first[i - 1][q] + re;
                to[2 * w - i - 1][q] = first[i - 1][q] - re;
            }
        }
    }

    /// A radix-4 pass of the backward transform.
    #[inline(always)]
    pub(super) fn join_four(&self, from: &[Row], to: &mut [Row]) {
        let (w, n) = (self.width, self.count * self.width);
        for k in (0..n).step_by(w) {
            let from = &from[4 * k..][..4 * w];
            for q in 0..4 {
                let (sum, difference) = (from[0][q] + from[4 * w - 1][q], from[0][q] - from[4 * w - 1][q]);
                let (re, im) = (from[2 * w - 1][q] * 2.0, from[2 * w][q] * 2.0);
                to[k][q] = sum + re;
                to[2 * n + k][q] = sum - re;
                to[n + k][q] = difference - im;
                to[3 * n + k][q] = difference + im;
            }
            for (pair, turns) in self.turns.iter().enumerate() {
                let i = 2 * pair + 2;
                for q in 0..4 {
                    let (near_re, near_im) = (from[i - 1][q], from[i][q]);
                    let (far_re, far_im) = (from[4 * w - i - 1][q], from[4 * w - i][q]);
                    let (up_re, up_im) = (from[2 * w + i - 1][q], from[2 * w + i][q]);
                    let (down_re, down_im) = (from[2 * w - i - 1][q], from[2 * w - i][q]);
                    let (re1, re2) = (near_re - far_re, near_re + far_re);
                    let (im4, re3) = (up_re - down_re, up_re + down_re);
                    let (im3, re4) = (up_im - down_im, up_im + down_im);
                    let (im1, im2) = (near_im + far_im, near_im - far_im);
                    to[k + i - 1][q] = re2 + re3;
                    to[k + i][q] = im2 + im3;
                    let branches = [(re1 - re4, im1 + im4), (re2 - re3, im2 - im3), (re1 + re4, im1 - im4)];
                    for (branch, (pair, turn)) in branches.into_iter().zip(turns).enumerate() {
                        let (re, im) = turned(pair, *turn);
                        to[(branch + 1) * n + k + i - 1][q] = re;
                        to[(branch + 1) * n + k + i][q] = im;
                    }
                }
            }
            if w > 1 {
                for q in 0..4 {
                    let (near, far) = (from[w - 1][q], from[3 * w - 1][q]);
                    let im = from[3 * w][q] + from[w][q];
                    let difference = from[3 * w][q] - from[w][q];
                    let (re, sum) = (near - far, near + far);
                    to[k + w - 1][q] = sum + sum;
                    to[n + k + w - 1][q] = (im - re) * -SQRT_2;
                    to[2 * n + k + w - 1][q] = difference + difference;
                    to[3 * n + k + w - 1][q] = (im + re) * -SQRT_2;
                }
            }
        }
    }
}
