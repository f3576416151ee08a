//! The low-pass filters of the resampling cascade: Kaiser-windowed sinc and equiripple half-band.
//!
//! `h[k] = fc·sinc(fc·z)·I0(β·sqrt(1 − (z/r)²))/I0(β)`, `z = k − (n−1)/2`, `r = (n−1)/2 + ρ`
//! (J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974).
//!
//! The constants are the design values of libsoxr's "HQ" quality (20 bits), checked against measured impulse
//! responses: the pass band ends at 0.91374 of the lower Nyquist frequency, the rejection is 126.43 dB for one
//! stage and grows with the number of stages.

use std::f64::consts::PI;

/// End of the pass band as a fraction of the lower Nyquist frequency.
pub const PASS_BAND_END: f64 = 0.913_743_653_273_306_6;

/// Rejection of a one-stage cascade in dB: 20 bits and one to spare.
pub const REJECTION_DB: f64 = 126.432_598_178_872_11;

/// Rejection lost when a second filter adds its ripple, in dB.
pub const SECOND_FILTER_DB: f64 = 6.020_599_913_279_624;

/// Kaiser's β and length constant of the interpolating stage (its transition band is wide).
pub const INTERPOLATOR_BETA: f64 = 14.058_638_741_903_037;
const INTERPOLATOR_LENGTH: f64 = 8.950_692_527_932_636;

/// How much the interpolator's transition band is widened so that its pass band falls by 0.01 dB only.
pub const INTERPOLATOR_WIDENING: f64 = 1.143_886_195_524_300_3;

/// Window radius beyond the outermost tap, for one phase and for many.
const RHO_SINGLE: f64 = 0.5;
const RHO_POLYPHASE: f64 = 0.75;

/// The half-band filter of 31 taps, pass band to an eighth of the input rate, minimax: 136.5 dB. Taps 1, 3, 5 … 15
/// away from the centre; the centre is ½ and the other even taps are 0.
const HALF_BAND_31: [f64; 8] = [
    3.115_465_502_803_147_5e-1,
    -8.734_498_539_935_762e-2,
    3.681_453_889_607_913e-2,
    -1.518_927_131_492_391e-2,
    5.454_126_525_819_347e-3,
    -1.564_404_611_941_236_3e-3,
    3.181_712_813_950_974e-4,
    -3.480_031_844_770_7e-5,
];

/// As above with 35 taps: 152.3 dB.
const HALF_BAND_35: [f64; 9] = [
    3.122_703_674_540_671e-1,
    -8.922_156_861_423_228e-2,
    3.913_976_745_554_384_5e-2,
    -1.725_061_429_575_533e-2,
    6.858_981_590_220_086e-3,
    -2.304_524_432_449_861_6e-3,
    6.096_449_016_694_852e-4,
    -1.132_399_948_182_039_5e-4,
    1.119_803_672_942_807e-5,
];

/// Modified Bessel function of the first kind, order 0, by its power series.
pub fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// `taps` values of the windowed sinc with cut-off `cutoff` (1 = Nyquist), unit gain at 0 Hz.
fn windowed_sinc(taps: usize, cutoff: f64, beta: f64, rho: f64) -> Vec<f64> {
    let middle = 0.5 * (taps as f64 - 1.0);
    let radius = middle + rho;
    let scale = 1.0 / bessel_i0(beta);
    let half: Vec<f64> = (0..taps.div_ceil(2))
        .map(|k| {
            let z = k as f64 - middle;
            let sinc = if z == 0.0 { cutoff } else { (cutoff * PI * z).sin() / (PI * z) };
            let inside = 1.0 - (z / radius) * (z / radius);
            sinc * bessel_i0(beta * inside.max(0.0).sqrt()) * scale
        })
        .collect();
    (0..taps).map(|k| half[k.min(taps - 1 - k)]).collect()
}

/// Kaiser's β for a rejection and a transition width in units of the cut-off: libsoxr's cubic fits (filter.c), between
/// which it goes linearly in the logarithm of the width. Only the two fits about the width of every sharp filter
/// here, 0.0225, are kept.
fn kaiser_beta(rejection_db: f64, width: f64) -> f64 {
    const AT_0_016: [f64; 4] = [9.519_571e-9, 7.272_678e-6, 0.109_006_8, -0.914_076_8 + 0.025];
    const AT_0_032: [f64; 4] = [-5.626_821e-9, 1.342_186e-5, 0.108_399_9, -0.906_545_2 + 0.05];
    let fit = |[a, b, c, d]: [f64; 4]| ((a * rejection_db + b) * rejection_db + c) * rejection_db + d;
    let between = (width / 0.000_5).ln() / 2f64.ln() - 5.0;
    fit(AT_0_016) + (fit(AT_0_032) - fit(AT_0_016)) * between
}

/// The sharp filter of the cascade: pass band to `pass`, stop band from `stop` (1 = Nyquist of the grid it runs
/// on), odd length ≡ 1 mod `modulo`.
pub fn sharp_low_pass(pass: f64, stop: f64, rejection_db: f64, modulo: usize) -> Vec<f64> {
    let width = 0.5 * (stop - pass);
    let beta = kaiser_beta(rejection_db, 0.5 * width / (stop - width));
    let length = ((7.528_358e-4 - 1.577_737e-5 * beta) * beta + 0.624_802_2) * beta + 0.061_869_02;
    let least = (length / width + 1.0).ceil() as usize;
    let taps = (least + modulo - 2) / modulo * modulo + 1;
    windowed_sinc(taps, stop - width, beta, RHO_SINGLE)
}

/// Taps a phase that the interpolator needs; `even` rounds up.
pub fn interpolator_taps(pass: f64, stop: f64, nyquist: f64, phases: usize, even: bool) -> usize {
    let phases = phases.max(19);
    let width = (0.5 * (stop - pass) / nyquist / phases as f64).min(0.5 * stop / nyquist / phases as f64);
    let least = (INTERPOLATOR_LENGTH / width + 1.0).ceil() as usize;
    let total = least / phases * phases + phases - 1;
    let taps = total / phases + 1;
    taps + usize::from(even) * (taps & 1)
}

/// The interpolator's `taps_per_phase·phases − 1` values at `phases` times the input rate, symmetric, gain 1 in every
/// phase. Its band edges are in units where `nyquist` is the input's.
pub fn interpolator(pass: f64, stop: f64, nyquist: f64, phases: usize, taps_per_phase: usize) -> Vec<f64> {
    let stop_edge = stop / nyquist / phases as f64;
    let width = (0.5 * (stop - pass) / nyquist / phases as f64).min(0.5 * stop_edge);
    let taps = taps_per_phase * phases - 1;
    let mut kernel = windowed_sinc(taps, stop_edge - width, INTERPOLATOR_BETA, RHO_POLYPHASE);
    kernel.iter_mut().for_each(|tap| *tap *= phases as f64);
    kernel
}

/// A half-band filter rejecting at least `rejection_db` (up to 152 dB).
pub fn half_band(rejection_db: f64) -> Vec<f64> {
    let side: &[f64] = if rejection_db <= 136.51 { &HALF_BAND_31 } else { &HALF_BAND_35 };
    let middle = 2 * side.len() - 1;
    let mut taps = vec![0.0; 2 * middle + 1];
    taps[middle] = 0.5;
    for (k, &value) in side.iter().enumerate() {
        taps[middle + 2 * k + 1] = value;
        taps[middle - 2 * k - 1] = value;
    }
    taps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(taps: &[f64], frequency: f64) -> f64 {
        let middle = (taps.len() / 2) as f64;
        taps.iter().enumerate().map(|(k, h)| h * (PI * frequency * (k as f64 - middle)).cos()).sum()
    }

    #[test]
    fn bessel_has_its_tabulated_values() {
        assert!((bessel_i0(1.0) - 1.266_065_877_752_008).abs() < 1e-14);
        assert!((bessel_i0(13.0) / 49_444.489_582_217_58 - 1.0).abs() < 1e-13);
    }

    #[test]
    fn the_two_to_one_filter_has_389_taps_and_rejects_126_db() {
        let taps = sharp_low_pass(PASS_BAND_END / 2.0, 0.5, REJECTION_DB, 4);
        assert_eq!(taps.len(), 389);
        assert!((gain(&taps, 0.0) - 1.0).abs() < 1e-6);
        for k in 0..200 {
            let frequency = 0.5 + 0.5 * f64::from(k) / 199.0;
            assert!(gain(&taps, frequency).abs() < 6e-7, "{frequency}");
        }
    }

    #[test]
    fn half_bands_pass_a_quarter_and_stop_the_mirror() {
        for (db, bound) in [(130.0, 1.6e-7), (150.0, 3e-8)] {
            let taps = half_band(db);
            for k in 0..100 {
                let frequency = 0.25 * f64::from(k) / 99.0;
                assert!((gain(&taps, frequency) - 1.0).abs() < bound);
                assert!(gain(&taps, 1.0 - frequency).abs() < bound);
            }
        }
    }
}
