//! The inverse Fourier transform of many channels at once, one vector lane a channel.
//!
//! `y[n] = Σ_b Y[b]·e^(+2πibn/N)`, without the 1/N, for N of the factors 2, 3 and 5 (Stockham's self-sorting passes of
//! radix 4, 5, 3, 2). Every lane is computed by itself, so that the width of the vectors changes no bit.

use pulp::Simd;

/// A complex number a lane: real parts, imaginary parts.
pub(super) type Lanes<S> = [<S as Simd>::f32s; 2];

/// A planned transform.
#[derive(Debug, Clone)]
pub(super) struct LaneFft {
    length: usize,
    passes: Vec<Pass>,
}

#[derive(Debug, Clone)]
struct Pass {
    radix: usize,
    /// Transforms of the earlier passes that lie side by side.
    stride: usize,
    /// `e^(2πi·p·j/n)` for p from 0, j from 1 below the radix.
    twiddles: Vec<[f32; 2]>,
}

impl LaneFft {
    pub fn new(length: usize) -> Self {
        let mut passes = Vec::new();
        let (mut left, mut stride) = (length, 1);
        for radix in [4, 5, 3, 2] {
            while left > 1 && left % radix == 0 {
                let turns = (0..left / radix).flat_map(|p| (1..radix).map(move |j| p * j));
                let angle = |turn: usize| std::f64::consts::TAU * turn as f64 / left as f64;
                let twiddles =
                    turns.map(|turn| [angle(turn).cos() as f32, angle(turn).sin() as f32]).collect();
                passes.push(Pass { radix, stride, twiddles });
                (left, stride) = (left / radix, stride * radix);
            }
        }
        debug_assert_eq!(left, 1, "{length} has a factor other than 2, 3, 5");
        Self { length, passes }
    }

    pub fn length(&self) -> usize {
        self.length
    }

    /// Transforms `values`, using `spare` of the same length; gives back the one that holds the result.
    #[inline(always)]
    pub fn inverse<'a, S: Simd>(
        &self,
        simd: S,
        values: &'a mut [Lanes<S>],
        spare: &'a mut [Lanes<S>],
    ) -> &'a [Lanes<S>] {
        let (mut from, mut into) = (values, spare);
        for pass in &self.passes {
            match pass.radix {
                4 => pass.run::<S, 4>(simd, from, into, radix_4),
                5 => pass.run::<S, 5>(simd, from, into, radix_5),
                3 => pass.run::<S, 3>(simd, from, into, radix_3),
                _ => pass.run::<S, 2>(simd, from, into, radix_2),
            }
            std::mem::swap(&mut from, &mut into);
        }
        from
    }
}

impl Pass {
    #[inline(always)]
    fn run<S: Simd, const R: usize>(
        &self,
        simd: S,
        from: &[Lanes<S>],
        into: &mut [Lanes<S>],
        small: impl Fn(S, [Lanes<S>; R]) -> [Lanes<S>; R],
    ) {
        let stride = self.stride;
        let groups = from.len() / (R * stride);
        let columns: [&[Lanes<S>]; R] =
            std::array::from_fn(|j| &from[j * groups * stride..][..groups * stride]);
        for (p, target) in into.chunks_exact_mut(R * stride).enumerate() {
            let factors: [[S::f32s; 2]; R] = std::array::from_fn(|j| match j {
                0 => [simd.splat_f32s(1.0), simd.splat_f32s(0.0)],
                _ => self.twiddles[p * (R - 1) + j - 1].map(|part| simd.splat_f32s(part)),
            });
            let columns: [&[Lanes<S>]; R] = std::array::from_fn(|j| &columns[j][p * stride..][..stride]);
            for q in 0..stride {
                let turned = small(simd, std::array::from_fn(|j| columns[j][q]));
                for j in 0..R {
                    target[j * stride + q] =
                        if j == 0 || p == 0 { turned[j] } else { times(simd, turned[j], factors[j]) };
                }
            }
        }
    }
}

#[inline(always)]
fn times<S: Simd>(simd: S, [ar, ai]: Lanes<S>, [br, bi]: Lanes<S>) -> Lanes<S> {
    [
        simd.negate_mul_add_f32s(ai, bi, simd.mul_f32s(ar, br)),
        simd.mul_add_f32s(ar, bi, simd.mul_f32s(ai, br)),
    ]
}

#[inline(always)]
fn plus<S: Simd>(simd: S, a: Lanes<S>, b: Lanes<S>) -> Lanes<S> {
    [simd.add_f32s(a[0], b[0]), simd.add_f32s(a[1], b[1])]
}

#[inline(always)]
fn minus<S: Simd>(simd: S, a: Lanes<S>, b: Lanes<S>) -> Lanes<S> {
    [simd.sub_f32s(a[0], b[0]), simd.sub_f32s(a[1], b[1])]
}

/// `a + i·b`
#[inline(always)]
fn plus_turned<S: Simd>(simd: S, a: Lanes<S>, b: Lanes<S>) -> Lanes<S> {
    [simd.sub_f32s(a[0], b[1]), simd.add_f32s(a[1], b[0])]
}

/// `a − i·b`
#[inline(always)]
fn minus_turned<S: Simd>(simd: S, a: Lanes<S>, b: Lanes<S>) -> Lanes<S> {
    [simd.add_f32s(a[0], b[1]), simd.sub_f32s(a[1], b[0])]
}

/// `a + factor·b`
#[inline(always)]
fn plus_scaled<S: Simd>(simd: S, a: Lanes<S>, factor: f32, b: Lanes<S>) -> Lanes<S> {
    let factor = simd.splat_f32s(factor);
    [simd.mul_add_f32s(factor, b[0], a[0]), simd.mul_add_f32s(factor, b[1], a[1])]
}

#[inline(always)]
fn scaled<S: Simd>(simd: S, factor: f32, a: Lanes<S>) -> Lanes<S> {
    let factor = simd.splat_f32s(factor);
    [simd.mul_f32s(factor, a[0]), simd.mul_f32s(factor, a[1])]
}

#[inline(always)]
fn radix_2<S: Simd>(simd: S, [a, b]: [Lanes<S>; 2]) -> [Lanes<S>; 2] {
    [plus(simd, a, b), minus(simd, a, b)]
}

#[inline(always)]
fn radix_3<S: Simd>(simd: S, [a, b, c]: [Lanes<S>; 3]) -> [Lanes<S>; 3] {
    const SIN_60: f32 = 0.866_025_4;
    let sum = plus(simd, b, c);
    let middle = plus_scaled(simd, a, -0.5, sum);
    let side = scaled(simd, SIN_60, minus(simd, b, c));
    [plus(simd, a, sum), plus_turned(simd, middle, side), minus_turned(simd, middle, side)]
}

#[inline(always)]
fn radix_4<S: Simd>(simd: S, [a, b, c, d]: [Lanes<S>; 4]) -> [Lanes<S>; 4] {
    let (even_sum, even_difference) = (plus(simd, a, c), minus(simd, a, c));
    let (odd_sum, odd_difference) = (plus(simd, b, d), minus(simd, b, d));
    [
        plus(simd, even_sum, odd_sum),
        plus_turned(simd, even_difference, odd_difference),
        minus(simd, even_sum, odd_sum),
        minus_turned(simd, even_difference, odd_difference),
    ]
}

#[inline(always)]
fn radix_5<S: Simd>(simd: S, [a, b, c, d, e]: [Lanes<S>; 5]) -> [Lanes<S>; 5] {
    const COS_72: f32 = 0.309_017;
    const COS_144: f32 = -0.809_017;
    const SIN_72: f32 = 0.951_056_5;
    const SIN_144: f32 = 0.587_785_25;
    let (outer, inner) = (plus(simd, b, e), plus(simd, c, d));
    let (outer_gap, inner_gap) = (minus(simd, b, e), minus(simd, c, d));
    let first = plus_scaled(simd, plus_scaled(simd, a, COS_72, outer), COS_144, inner);
    let second = plus_scaled(simd, plus_scaled(simd, a, COS_144, outer), COS_72, inner);
    let first_side = plus_scaled(simd, scaled(simd, SIN_72, outer_gap), SIN_144, inner_gap);
    let second_side = plus_scaled(simd, scaled(simd, SIN_144, outer_gap), -SIN_72, inner_gap);
    [
        plus(simd, a, plus(simd, outer, inner)),
        plus_turned(simd, first, first_side),
        plus_turned(simd, second, second_side),
        minus_turned(simd, second, second_side),
        minus_turned(simd, first, first_side),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd;

    struct Transform(usize);

    impl WithSimd for Transform {
        type Output = f64;

        /// The largest difference from the sum that defines the transform.
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            let length = self.0;
            let input: Vec<[f64; 2]> =
                (0..length).map(|n| [(n as f64 * 0.7).sin(), (n as f64 * 1.3).cos()]).collect();
            let mut values: Vec<Lanes<S>> =
                input.iter().map(|z| z.map(|part| simd.splat_f32s(part as f32))).collect();
            let mut spare = values.clone();
            let fft = LaneFft::new(length);
            let result = fft.inverse(simd, &mut values, &mut spare);
            let mut worst = 0.0f64;
            for (n, value) in result.iter().enumerate() {
                let mut sum = [0.0; 2];
                for (b, [re, im]) in input.iter().enumerate() {
                    let (sin, cos) =
                        (std::f64::consts::TAU * (b * n % length) as f64 / length as f64).sin_cos();
                    sum = [sum[0] + re * cos - im * sin, sum[1] + re * sin + im * cos];
                }
                for part in 0..2 {
                    let lane = bytemuck_first::<S>(value[part]);
                    worst = worst.max((f64::from(lane) - sum[part]).abs());
                }
            }
            worst
        }
    }

    fn bytemuck_first<S: Simd>(value: S::f32s) -> f32 {
        let mut lanes = [0.0f32; 64];
        S::as_mut_simd_f32s(&mut lanes).0[0] = value;
        lanes[0]
    }

    #[test]
    fn it_is_the_sum_that_defines_it_at_every_width() {
        for length in [1, 2, 3, 4, 5, 30, 96, 320] {
            let wide = crate::audio::vectorised::arch().dispatch(Transform(length));
            let plain = Transform(length).with_simd(pulp::Scalar);
            assert!(wide < 2e-5 && plain < 2e-5, "{length}: {wide} {plain}");
        }
    }
}
