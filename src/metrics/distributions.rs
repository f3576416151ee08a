//! Tail probabilities that the tests need: normal, Student's t, χ², F, and the studentised range of many degrees of
//! freedom. Incomplete beta and gamma by series and continued fraction (Abramowitz and Stegun 6.5, 26.5; Lentz's
//! method), ln Γ by Lanczos (g = 7, nine terms).

use std::f64::consts::{PI, SQRT_2};

const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];
const TINY: f64 = 1e-300;

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let sum: f64 =
        LANCZOS.iter().enumerate().skip(1).map(|(i, term)| term / (x + i as f64)).sum::<f64>() + LANCZOS[0];
    let t = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// Lentz's continued fraction of the terms (a, b) that `term` gives for 1, 2, …, after the first denominator.
fn lentz(first: f64, term: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut value = if first == 0.0 { TINY } else { first };
    let (mut c, mut d) = (value, 0.0);
    for step in 1..10_000 {
        let (a, b) = term(f64::from(step));
        d = b + a * d;
        c = b + a / c;
        d = 1.0 / if d == 0.0 { TINY } else { d };
        c = if c == 0.0 { TINY } else { c };
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The regularised incomplete beta function I_x(a, b).
pub fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let fraction = lentz(1.0, |n| {
        let m = (n / 2.0).floor();
        let numerator = if n % 2.0 == 0.0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (numerator, 1.0)
    });
    front / fraction
}

/// The upper regularised incomplete gamma function Q(a, x).
pub fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..10_000 {
            term *= x / (a + f64::from(n));
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    front / lentz(x + 1.0 - a, |n| (n * (a - n), x + 2.0 * n + 1.0 - a))
}

/// P(|Z| > z), standard normal.
pub fn normal_two_sided(z: f64) -> f64 {
    upper_gamma(0.5, z * z / 2.0)
}

/// P(Z ≤ z), standard normal.
pub fn normal_below(z: f64) -> f64 {
    let tail = normal_two_sided(z) / 2.0;
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// P(|T| > t), Student's t with `degrees` degrees of freedom.
pub fn student_two_sided(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5)
}

/// The t with P(|T| > t) = `tail`.
pub fn student_quantile(tail: f64, degrees: f64) -> f64 {
    decreasing_root(|t| student_two_sided(t, degrees) - tail)
}

/// P(χ² > x).
pub fn chi_square_above(x: f64, degrees: f64) -> f64 {
    upper_gamma(degrees / 2.0, x / 2.0)
}

/// P(F > f).
pub fn f_above(f: f64, above: f64, below: f64) -> f64 {
    if f <= 0.0 { 1.0 } else { incomplete_beta(below / (below + above * f), below / 2.0, above / 2.0) }
}

/// The q with P(range of `k` standard normal values > q) = `tail`.
pub fn studentised_range_quantile(tail: f64, k: usize) -> f64 {
    decreasing_root(|q| 1.0 - range_below(q, k) - tail)
}

/// k ∫ φ(z) (Φ(z) − Φ(z − q))^(k−1) dz by Simpson's rule.
fn range_below(q: f64, k: usize) -> f64 {
    const STEPS: usize = 800;
    let (low, high) = (-8.0, 8.0 + q.min(8.0));
    let width = (high - low) / STEPS as f64;
    let at = |z: f64| {
        let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
        k as f64 * density * (normal_below(z) - normal_below(z - q)).max(0.0).powi(k as i32 - 1)
    };
    let sum: f64 = (0..=STEPS)
        .map(|step| {
            let weight = match step {
                0 | STEPS => 1.0,
                odd if odd % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * at(low + step as f64 * width)
        })
        .sum();
    (sum * width / 3.0).min(1.0)
}

/// The positive root of a falling function, by doubling and halving.
fn decreasing_root(of: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, SQRT_2);
    while of(high) > 0.0 && high < 1e9 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if of(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}
