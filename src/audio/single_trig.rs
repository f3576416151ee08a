//! Sine and cosine in single precision with the bits of the GNU C library (2.28 to 2.40).
//!
//! Its `sinf` and `cosf` evaluate minimax polynomials in double precision and round once; about one result in thirty
//! differs from the nearest single, and Fourier transforms set up with them carry that difference along. Angles here
//! are below 120 in magnitude.

use std::f64::consts::FRAC_PI_2;

const COSINE: [f64; 5] = [
    1.0,
    -0.499_999_997_251_082_24,
    0.041_666_623_324_344_516,
    -0.001_388_676_379_437_604,
    2.439_045_070_356_454_2e-5,
];
const SINE: [f64; 3] = [-0.166_666_549_437_010_84, 0.008_332_178_146_138_854, -0.000_195_172_989_813_857_25];

/// Cosine and sine of `angle`.
pub(super) fn turn_of(angle: f32) -> (f32, f32) {
    let angle = f64::from(angle);
    let quarter = (angle / FRAC_PI_2).round();
    let rest = angle - quarter * FRAC_PI_2;
    let (cos, sin) = (cosine(rest), sine(rest));
    match (quarter as i64).rem_euclid(4) {
        0 => (cos, sin),
        1 => (-sin, cos),
        2 => (-cos, -sin),
        _ => (sin, -cos),
    }
}

fn sine(x: f64) -> f32 {
    let square = x * x;
    let cube = x * square;
    ((x + cube * SINE[0]) + cube * square * (SINE[1] + square * SINE[2])) as f32
}

fn cosine(x: f64) -> f32 {
    let square = x * x;
    let fourth = square * square;
    let head = (COSINE[0] + square * COSINE[1]) + fourth * COSINE[2];
    (head + fourth * square * (COSINE[3] + square * COSINE[4])) as f32
}
