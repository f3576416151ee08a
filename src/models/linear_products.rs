//! The two products that linear models spend their time on: X W and Xᵀ R, W and R being rows of `LANES` values.
//!
//! Four rows of X at a time, without fused multiply-add, so that every machine and any number of threads gives the
//! same bits. The last row of the narrow matrix belongs to the intercept.

/// scores = x weights, the last row of `weights` being the intercept.
pub fn multiply<const LANES: usize>(
    x: &[f64],
    columns: usize,
    weights: &[[f64; LANES]],
    scores: &mut [[f64; LANES]],
) {
    struct Multiply<'a, const LANES: usize>(&'a [f64], usize, &'a [[f64; LANES]], &'a mut [[f64; LANES]]);
    impl<const LANES: usize> pulp::NullaryFnOnce for Multiply<'_, LANES> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(x, columns, weights, scores) = self;
            let Some((intercept, weights)) = weights.split_last() else { return };
            let mut four_x = x.chunks_exact(4 * columns);
            let mut four_scores = scores.chunks_exact_mut(4);
            for (x, scores) in four_x.by_ref().zip(four_scores.by_ref()) {
                let (a, rest) = x.split_at(columns);
                let (b, rest) = rest.split_at(columns);
                let (c, d) = rest.split_at(columns);
                let (mut p, mut q, mut r, mut s) = (*intercept, *intercept, *intercept, *intercept);
                for ((((weights, a), b), c), d) in weights.iter().zip(a).zip(b).zip(c).zip(d) {
                    for lane in 0..LANES {
                        p[lane] += a * weights[lane];
                        q[lane] += b * weights[lane];
                        r[lane] += c * weights[lane];
                        s[lane] += d * weights[lane];
                    }
                }
                scores.copy_from_slice(&[p, q, r, s]);
            }
            let rest = four_x.remainder().chunks_exact(columns);
            for (x, score) in rest.zip(four_scores.into_remainder()) {
                *score = *intercept;
                for (weights, value) in weights.iter().zip(x) {
                    for lane in 0..LANES {
                        score[lane] += value * weights[lane];
                    }
                }
            }
        }
    }
    crate::audio::vectorised::arch().dispatch(Multiply(x, columns, weights, scores));
}

/// gradient += xᵀ residuals, the last row of `gradient` being the intercept's.
pub fn accumulate<const LANES: usize>(
    x: &[f64],
    columns: usize,
    residuals: &[[f64; LANES]],
    gradient: &mut [[f64; LANES]],
) {
    struct Accumulate<'a, const LANES: usize>(&'a [f64], usize, &'a [[f64; LANES]], &'a mut [[f64; LANES]]);
    impl<const LANES: usize> pulp::NullaryFnOnce for Accumulate<'_, LANES> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(x, columns, residuals, gradient) = self;
            let Some((intercept, gradient)) = gradient.split_last_mut() else { return };
            for residual in residuals {
                for lane in 0..LANES {
                    intercept[lane] += residual[lane];
                }
            }
            let four_x = x.chunks_exact(4 * columns);
            let four_residuals = residuals.chunks_exact(4);
            let rest = four_x.remainder().chunks_exact(columns).zip(four_residuals.remainder());
            for (x, residuals) in four_x.zip(four_residuals) {
                let (p, q, r, s) = (residuals[0], residuals[1], residuals[2], residuals[3]);
                let (a, others) = x.split_at(columns);
                let (b, others) = others.split_at(columns);
                let (c, d) = others.split_at(columns);
                for ((((gradient, a), b), c), d) in gradient.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    for lane in 0..LANES {
                        gradient[lane] += (a * p[lane] + b * q[lane]) + (c * r[lane] + d * s[lane]);
                    }
                }
            }
            for (x, residual) in rest {
                for (gradient, value) in gradient.iter_mut().zip(x) {
                    for lane in 0..LANES {
                        gradient[lane] += value * residual[lane];
                    }
                }
            }
        }
    }
    crate::audio::vectorised::arch().dispatch(Accumulate(x, columns, residuals, gradient));
}
