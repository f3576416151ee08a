//! The Fourier transform of complex singles in single precision, with the bits of scipy's (pocketfft), for lengths
//! that are a power of two.
//!
//! `X[k] = Σ_m x[m]·e^(−2πikm/n)`, as passes of radix 8, one of 4 or 2 for what is left over (the 2 first), each sum
//! and product rounded to single in pocketfft's order; the turns `e^(−2πik/n)` are computed in double and rounded.
//! librosa makes its constant-Q filters with it, and where a signal is silent beside something loud, the rounding
//! noise of these filters is the loudest thing in their answer.

use std::f64::consts::PI;

use realfft::num_complex::Complex;

type Single = Complex<f32>;

const HALF_ROOT: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// A planned transform of one length.
pub struct SingleFft {
    passes: Vec<Pass>,
    length: usize,
}

/// One pass: `groups` interleaved transforms of length `radix`, `run` columns each.
struct Pass {
    radix: usize,
    groups: usize,
    run: usize,
    /// Branch after branch from the second on, the turn of each column.
    turns: Vec<Single>,
}

impl SingleFft {
    /// For `length` a power of two.
    pub fn new(length: usize) -> Self {
        assert!(length.is_power_of_two(), "a transform of {length} singles");
        let turn = Turns::new(length);
        let mut groups = 1;
        let passes = radices(length)
            .into_iter()
            .map(|radix| {
                let run = length / (groups * radix);
                let turns = (1..radix)
                    .flat_map(|branch| (0..run).map(move |column| branch * column))
                    .map(|steps| turn.at(groups * steps))
                    .collect();
                let pass = Pass { radix, groups, run, turns };
                groups *= radix;
                pass
            })
            .collect();
        Self { passes, length }
    }

    /// Transforms `values`, of which there are as many as the plan's length; `spare` is what it works in.
    pub fn forward(&self, values: &mut Vec<Single>, spare: &mut Vec<Single>) {
        assert_eq!(values.len(), self.length);
        spare.resize(self.length, Single::default());
        for pass in &self.passes {
            match pass.radix {
                8 => pass.run(values, spare, eight),
                4 => pass.run(values, spare, four),
                _ => pass.run(values, spare, two),
            }
            std::mem::swap(values, spare);
        }
    }
}

/// Eights as long as they go in, then a four or a two; a two stands first.
fn radices(length: usize) -> Vec<usize> {
    let bits = length.trailing_zeros() as usize;
    let mut radices = vec![8; bits / 3];
    match bits % 3 {
        2 => radices.push(4),
        1 if radices.is_empty() => radices.push(2),
        1 => {
            radices[0] = 2;
            radices.push(8);
        }
        _ => {}
    }
    radices
}

impl Pass {
    fn run<const R: usize>(
        &self,
        from: &[Single],
        to: &mut [Single],
        butterfly: impl Fn([Single; R]) -> [Single; R],
    ) {
        let Self { groups, run, turns, .. } = self;
        for group in 0..*groups {
            for column in 0..*run {
                let results =
                    butterfly(std::array::from_fn(|branch| from[column + run * (branch + R * group)]));
                to[column + run * group] = results[0];
                for branch in 1..R {
                    let turn = turns[(branch - 1) * run + column];
                    to[column + run * (group + groups * branch)] = turned(results[branch], turn);
                }
            }
        }
    }
}

/// `value·conj(turn)`, in this order of sums.
#[inline(always)]
fn turned(value: Single, turn: Single) -> Single {
    Single::new(value.re * turn.re + value.im * turn.im, value.im * turn.re - value.re * turn.im)
}

/// `−i·value`.
#[inline(always)]
fn quarter(value: Single) -> Single {
    Single::new(value.im, -value.re)
}

#[inline(always)]
fn eighth(value: Single) -> Single {
    Single::new(HALF_ROOT * (value.re + value.im), HALF_ROOT * (value.im - value.re))
}

#[inline(always)]
fn three_eighths(value: Single) -> Single {
    Single::new(HALF_ROOT * (value.im - value.re), HALF_ROOT * (-value.re - value.im))
}

#[inline(always)]
fn two([a, b]: [Single; 2]) -> [Single; 2] {
    [a + b, a - b]
}

#[inline(always)]
fn four([a, b, c, d]: [Single; 4]) -> [Single; 4] {
    let (even, odd) = (two([a, c]), two([b, d]));
    let turned = quarter(odd[1]);
    [even[0] + odd[0], even[1] + turned, even[0] - odd[0], even[1] - turned]
}

#[inline(always)]
fn eight([a, b, c, d, e, f, g, h]: [Single; 8]) -> [Single; 8] {
    let (bf, dh) = (two([b, f]), two([d, h]));
    let (odd_sum, odd_difference) = (bf[0] + dh[0], quarter(bf[0] - dh[0]));
    let turned = quarter(dh[1]);
    let (odd_first, odd_third) = (eighth(bf[1] + turned), three_eighths(bf[1] - turned));
    let (ae, cg) = (two([a, e]), two([c, g]));
    let (even_sum, even_difference) = (ae[0] + cg[0], ae[0] - cg[0]);
    let turned = quarter(cg[1]);
    let (even_first, even_third) = (ae[1] + turned, ae[1] - turned);
    [
        even_sum + odd_sum,
        even_first + odd_first,
        even_difference + odd_difference,
        even_third + odd_third,
        even_sum - odd_sum,
        even_first - odd_first,
        even_difference - odd_difference,
        even_third - odd_third,
    ]
}

/// `cos, sin 2πk/n`, as products of a coarse and a fine table in double, each rounded to single.
struct Turns {
    length: usize,
    fine_bits: u32,
    fine: Vec<Complex<f64>>,
    coarse: Vec<Complex<f64>>,
}

impl Turns {
    fn new(length: usize) -> Self {
        let half = (length + 2) / 2;
        let mut fine_bits = 1;
        while 1usize << (2 * fine_bits) < half {
            fine_bits += 1;
        }
        let fine_count = 1 << fine_bits;
        let table = |count: usize, step: usize| (0..count).map(|k| circle(k * step, length)).collect();
        Self {
            length,
            fine_bits,
            fine: table(fine_count, 1),
            coarse: table(half.div_ceil(fine_count), fine_count),
        }
    }

    fn at(&self, steps: usize) -> Single {
        let beyond = 2 * steps > self.length;
        let steps = if beyond { self.length - steps } else { steps };
        let (a, b) = (self.fine[steps & (self.fine.len() - 1)], self.coarse[steps >> self.fine_bits]);
        let sin = (a.re * b.im + a.im * b.re) as f32;
        Single::new((a.re * b.re - a.im * b.im) as f32, if beyond { -sin } else { sin })
    }
}

/// `cos, sin 2πk/n`, from an angle of at most π/4.
fn circle(k: usize, length: usize) -> Complex<f64> {
    let step = PI / 4.0 / length as f64;
    let eighths = 8 * k; // of a turn, n to each
    let octant = eighths / length;
    let rest =
        if octant.is_multiple_of(2) { eighths - octant * length } else { (octant + 1) * length - eighths };
    let (sin, cos) = (rest as f64 * step).sin_cos();
    match octant {
        0 => Complex::new(cos, sin),
        1 => Complex::new(sin, cos),
        2 => Complex::new(-sin, cos),
        3 => Complex::new(-cos, sin),
        4 => Complex::new(-cos, -sin),
        5 => Complex::new(-sin, -cos),
        6 => Complex::new(sin, -cos),
        _ => Complex::new(cos, -sin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn input(length: usize) -> Vec<Single> {
        let mut state = 12_345u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(state >> 8) / f64::from(1u32 << 23) - 1.0) as f32
        };
        (0..length).map(|_| Single::new(draw(), draw())).collect()
    }

    #[test]
    fn every_bit_is_scipys() {
        let golden: Value =
            serde_json::from_str(include_str!("../../tests/golden/audio/single_fft.json")).unwrap();
        let lengths = golden.as_object().unwrap();
        assert_eq!(lengths.len(), 12);
        for (length, bits) in lengths {
            let length: usize = length.parse().unwrap();
            let mut values = input(length);
            SingleFft::new(length).forward(&mut values, &mut Vec::new());
            // the whole, folded into one number, and the first bins themselves
            let got = |single: &Single| (u64::from(single.re.to_bits()), u64::from(single.im.to_bits()));
            let folded = values.iter().map(got).fold(0u64, |sum, (re, im)| {
                let mixed = sum.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(re);
                mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(im)
            });
            let first: Vec<u64> = values.iter().take(4).map(got).flat_map(|(re, im)| [re, im]).collect();
            let wanted: Vec<u64> =
                bits["first"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
            assert_eq!(first, wanted, "{length}");
            assert_eq!(format!("{folded:016x}"), bits["all"].as_str().unwrap(), "{length}");
        }
    }

    #[test]
    fn it_is_the_sum_it_is_defined_by() {
        for length in [1, 2, 4, 8, 16, 32, 64, 256] {
            let values = input(length);
            let mut spectrum = values.clone();
            SingleFft::new(length).forward(&mut spectrum, &mut Vec::new());
            for (k, bin) in spectrum.iter().enumerate() {
                let sum: Complex<f64> = (0..length)
                    .map(|m| {
                        let turn =
                            Complex::from_polar(1.0, -2.0 * PI * (k * m % length) as f64 / length as f64);
                        Complex::new(f64::from(values[m].re), f64::from(values[m].im)) * turn
                    })
                    .sum();
                let error = (f64::from(bin.re) - sum.re).hypot(f64::from(bin.im) - sum.im);
                assert!(error < 1e-5, "{length} {k}: {error:e}");
            }
        }
    }
}
