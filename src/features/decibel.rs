//! Power to decibels: `max(10·log10(max(1e-10, S)), top − 80)` with `top` the largest value of the whole clip
//! (librosa/core/spectrum.py:1698–1820), with a logarithm that vectorises.

use ndarray::Array2;

use crate::audio::recycled;
use crate::audio::vectorised::vectorised;

const SMALLEST_POWER: f64 = 1e-10;
const RANGE_DB: f64 = 80.0;

/// In decibels, held in f32.
pub(super) fn power_to_db(power: &Array2<f32>) -> Array2<f32> {
    let mut values = recycled::stale(power.len());
    values.iter_mut().zip(power).for_each(|(slot, power)| *slot = *power);
    let mut values = Array2::from_shape_vec(power.dim(), values).unwrap_or_else(|_| power.clone());
    if let Some(values) = values.as_slice_mut() {
        decibels(values);
        let floor = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) - RANGE_DB as f32;
        values.iter_mut().for_each(|db| *db = db.max(floor));
    }
    values
}

/// In place, in f64.
pub(super) fn power_to_db_f64(power: &mut [f64]) {
    decibels_f64(power);
    let floor = power.iter().copied().fold(f64::NEG_INFINITY, f64::max) - RANGE_DB;
    power.iter_mut().for_each(|db| *db = db.max(floor));
}

vectorised! {
    fn decibels<'a>(values: &'a mut [f32]) -> () {
        for value in values {
            *value = (10.0 * log10(f64::from(*value).max(SMALLEST_POWER))) as f32;
        }
    }
}

vectorised! {
    fn decibels_f64<'a>(values: &'a mut [f64]) -> () {
        for value in values {
            *value = 10.0 * log10(value.max(SMALLEST_POWER));
        }
    }
}

/// log10 of a normal positive number.
#[inline(always)]
pub(super) fn log10(x: f64) -> f64 {
    std::f64::consts::LOG10_E * ln(x)
}

/// ln of a normal positive number, to 1e-15 relative or 1e-16 absolute, in operations that every vector unit has:
/// `x = 2^e·m` with m in [√½, √2), `ln m = 2·artanh(t)` with `t = (m−1)/(m+1)` and the series up to t^17.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;
    const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
    // 2^52 with the exponent in its low bits, less 2^52 and the bias: an integer made a float without a conversion.
    const TWO_52_BITS: u64 = 0x4330_0000_0000_0000;
    const TWO_52_AND_BIAS: f64 = 4_503_599_627_370_496.0 + 1023.0;
    let shifted = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let exponent = f64::from_bits((shifted >> 52) | TWO_52_BITS) - TWO_52_AND_BIAS;
    let mantissa = f64::from_bits((shifted & MANTISSA) + SQRT_HALF_BITS);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let s = t * t;
    let series = 1.0 / 3.0
        + s * (1.0 / 5.0
            + s * (1.0 / 7.0
                + s * (1.0 / 9.0
                    + s * (1.0 / 11.0 + s * (1.0 / 13.0 + s * (1.0 / 15.0 + s * (1.0 / 17.0)))))));
    exponent * std::f64::consts::LN_2 + 2.0 * (t + t * s * series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_the_logarithm() {
        let mut x = 1e-12;
        while x < 1e12 {
            assert!((ln(x) - x.ln()).abs() <= 4e-16 * (1.0 + x.ln().abs()), "ln {x} = {}", x.ln());
            assert!((log10(x) - x.log10()).abs() <= 1e-15 * (1.0 + x.log10().abs()), "log10 {x}");
            x *= 1.000_37;
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn decibels_are_floored_below_the_top() {
        let db = power_to_db(&ndarray::arr2(&[[1.0, 1e-3], [1e-9, 0.0]]));
        for (got, expected) in db.iter().zip([0.0, -30.0, -80.0, -80.0]) {
            assert!((got - expected).abs() < 1e-5);
        }
        assert!(power_to_db(&Array2::zeros((2, 2))).iter().all(|db| (db + 100.0).abs() < 1e-5));
    }
}
