//! Sine, powers and logarithms from arithmetic and rounding alone.
//!
//! The standard library's `sin`, `exp` and `ln` come from the platform and differ in the last bit between
//! machines; IEEE 754 fixes `+ − × ÷ √` and rounding exactly, so a corpus made of these is the same everywhere.

use std::f64::consts::{LN_2, LOG2_10, SQRT_2, TAU};

/// sin(2π·turns), Taylor to the 17th power on a quarter turn (error < 1e-11).
pub fn sine(turns: f64) -> f64 {
    let around = turns - turns.round();
    // sin(π − x) = sin x folds the half turn onto the quarter where the series is short.
    let folded = if around.abs() > 0.25 { 0.5f64.copysign(around) - around } else { around };
    let x = TAU * folded;
    let square = x * x;
    let mut sum = 1.0;
    for k in (1..=8).rev() {
        let k = f64::from(k);
        sum = 1.0 - square / (2.0 * k * (2.0 * k + 1.0)) * sum;
    }
    x * sum
}

/// 2^x, Taylor to the 14th power on half an octave around the nearest integer; 0 or the largest power at the ends.
pub fn exp2(x: f64) -> f64 {
    let whole = x.round().clamp(-1022.0, 1023.0);
    let y = (x - whole).clamp(-0.5, 0.5) * LN_2;
    let mut sum = 1.0;
    for k in (1..=14).rev() {
        sum = 1.0 + y / f64::from(k) * sum;
    }
    sum * f64::from_bits(((whole as i64 + 1023) as u64) << 52)
}

/// log2 of a positive normal number: the exponent plus 2·atanh((m−1)/(m+1)) / ln 2.
pub fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    for k in (0..=12).rev() {
        sum = sum * square + 1.0 / f64::from(2 * k + 1);
    }
    exponent as f64 + 2.0 * ratio * sum / LN_2
}

/// base^power for a positive base.
pub fn power(base: f64, power: f64) -> f64 {
    exp2(power * log2(base))
}

/// The amplitude factor of so many decibels.
pub fn gain(decibels: f64) -> f64 {
    exp2(decibels * (LOG2_10 / 20.0))
}

/// The factor by which a level falls in each sample so that it falls to 1/e in `seconds`.
pub fn decay_factor(seconds: f64, rate_hz: f64) -> f64 {
    exp2(-1.0 / (LN_2 * seconds.max(1e-5) * rate_hz))
}

/// Equal temperament: MIDI note number (69 = A4) to hertz at A4 = 440.
pub fn hertz(note: f64) -> f64 {
    440.0 * exp2((note - 69.0) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library_to_ten_digits() {
        for step in -4000..4000 {
            let x = f64::from(step) / 371.0;
            assert!((sine(x) - (TAU * x).sin()).abs() < 1e-10, "sine {x}");
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-13, "exp2 {x}");
            let positive = x.abs() + 1e-3;
            assert!((log2(positive) - positive.log2()).abs() < 1e-11, "log2 {positive}");
        }
        assert_eq!(exp2(10.0), 1024.0);
        assert!((gain(-20.0) - 0.1).abs() < 1e-15);
        assert!((hertz(81.0) - 880.0).abs() < 1e-10);
        assert!((decay_factor(0.5, 1000.0) - (-1.0f64 / 500.0).exp()).abs() < 1e-15);
    }
}
