//! Exact McNemar (Q. McNemar, Psychometrika 12, 1947): of the clips on which just one of two classifiers is right, how
//! likely is so uneven a share if either were right on each with probability one half?

use std::f64::consts::{LN_2, TAU};

/// The two-sided p for `only_a` and `only_b` such clips: twice the binomial tail of the fewer, at most 1.
pub fn mcnemar(only_a: u64, only_b: u64) -> f64 {
    let (n, fewer) = (only_a + only_b, only_a.min(only_b));
    if only_a.abs_diff(only_b) < 2 {
        return 1.0;
    }
    // From the largest term down: C(n, k − 1) = C(n, k) · k / (n − k + 1), until what is left no longer counts.
    let largest = at_one_half(n, fewer);
    let (mut term, mut tail) = (1.0f64, 1.0f64);
    for k in (1..=fewer).rev() {
        term *= k as f64 / (n - k + 1) as f64;
        tail += term;
        // The terms fall at least as fast as a geometric series from here on.
        let ratio = (k - 1) as f64 / (n - k + 2) as f64;
        if term * ratio < (1.0 - ratio) * tail * 1e-17 {
            break;
        }
    }
    (2.0 * largest * tail).min(1.0)
}

/// C(n, k) / 2ⁿ, by Loader's saddle point (C. Loader, "Fast and accurate computation of binomial probabilities", 2000):
/// no two large logarithms are subtracted.
fn at_one_half(n: u64, k: u64) -> f64 {
    if k == 0 {
        return (-(n as f64) * LN_2).exp();
    }
    let (n, k) = (n as f64, k as f64);
    let rest = n - k;
    let half = n / 2.0;
    // x ln(x / half) + half − x, with x = half (1 + e).
    let deviance = |x: f64| {
        let e = (x - half) / half;
        half * ((1.0 + e) * e.ln_1p() - e)
    };
    let exponent =
        stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k) - deviance(rest);
    (n / (TAU * k * rest)).sqrt() * exponent.exp()
}

/// ln n! − ln(√(2πn) (n/e)ⁿ).
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        let factorial: f64 = (1..=n as u64).map(|k| k as f64).product();
        return factorial.ln() - (0.5 * (TAU * n).ln() + n * n.ln() - n);
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemar_is_the_binomial_tail() {
        // scipy.stats.binomtest(min, n, 0.5).pvalue
        for (b, c, known) in [
            (10, 2, 0.03857421875),
            (21, 9, 0.04277394525706768),
            (22, 10, 0.050102459732443094),
            (5, 5, 1.0),
            (0, 0, 1.0),
            (1, 0, 1.0),
        ] {
            assert!((mcnemar(b, c) - known).abs() < 1e-10, "{b} {c}: {}", mcnemar(b, c));
        }
        assert!(mcnemar(400, 400) == 1.0 && mcnemar(900, 300) > 0.0);
        // The sum of all terms in logarithms.
        for (b, c) in [(17u64, 3u64), (60, 40), (1030, 970), (40_300, 39_700), (30_000, 29_000)] {
            let n = b + c;
            let mut term = -(n as f64) * LN_2;
            let mut tail = term.exp();
            for k in 0..c {
                term += ((n - k) as f64 / (k + 1) as f64).ln();
                tail += term.exp();
            }
            let p = mcnemar(b, c);
            assert!((p / (2.0 * tail) - 1.0).abs() < 1e-8, "{b} {c}: {p} {}", 2.0 * tail);
        }
    }
}
