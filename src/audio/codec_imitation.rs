//! A lossy codec imitated: the loss of an mp3 at a bit rate, without its bit stream.
//!
//! Frames of 576 coefficients of the MDCT with mp3's sine window (ISO/IEC 11172-3, long blocks only), in 21 bands of
//! growing width. Each band is quantised with a step of `gain · (band level)^0.6`, louder bands more coarsely, as a
//! masking threshold would have it; a value costs `log2(1 + 2·|value/step|)` bits. The gain of each frame is the least
//! whose sum stays within the frame's share of the bit rate. Nothing above the band limit that LAME chooses at this
//! rate is kept. No window switching, no stereo, no reservoir: artefacts resemble those of an mp3, and are not its.

use realfft::num_complex::Complex;
use rustfft::FftPlanner;

const FRAME: usize = 576;
const BANDS: usize = 21;
const MASKING: f64 = 0.6;
/// A frame costs so many bits beside its values (header, side information, scale factors).
const OVERHEAD_BITS: f64 = 160.0;

/// The samples as they come back.
pub(super) fn imitate(samples: &[f32], rate_hz: u32, kbps: f64) -> Vec<f32> {
    let rate = f64::from(rate_hz);
    let bits = (kbps * 1000.0 * FRAME as f64 / rate - OVERHEAD_BITS).max(FRAME as f64 / 16.0);
    let kept = ((band_limit_hz(kbps) / (rate / 2.0) * FRAME as f64).round() as usize).min(FRAME);
    let transform = Mdct::new();
    let frames = samples.len().div_ceil(FRAME) + 1;
    let mut out = vec![0.0f64; (frames + 1) * FRAME];
    let mut block = vec![0.0f64; 2 * FRAME];
    for frame in 0..frames {
        for (place, slot) in block.iter_mut().enumerate() {
            let at = (frame * FRAME + place).checked_sub(FRAME);
            *slot = at.and_then(|at| samples.get(at)).map_or(0.0, |sample| f64::from(*sample));
        }
        let mut spectrum = transform.forward(&block);
        quantise(&mut spectrum, kept, bits);
        for (slot, value) in out[frame * FRAME..].iter_mut().zip(transform.inverse(&spectrum)) {
            *slot += value;
        }
    }
    out[FRAME..FRAME + samples.len()].iter().map(|sample| *sample as f32).collect()
}

/// The middle of the low-pass that `lame -m m -b N` (3.100) says it takes of 44.1 kHz, and straight between those.
fn band_limit_hz(kbps: f64) -> f64 {
    const LIMITS: [(f64, f64); 9] = [
        (8.0, 3048.0),
        (16.0, 5580.0),
        (24.0, 5838.0),
        (32.0, 8402.0),
        (40.0, 10_694.0),
        (48.0, 11_162.0),
        (56.0, 15_290.0),
        (64.0, 16_804.0),
        (80.0, 20_360.0),
    ];
    let after = LIMITS.iter().position(|(rate, _)| *rate >= kbps);
    match after {
        Some(0) => LIMITS[0].1 * kbps / LIMITS[0].0,
        None => LIMITS[LIMITS.len() - 1].1,
        Some(after) => {
            let ((r0, f0), (r1, f1)) = (LIMITS[after - 1], LIMITS[after]);
            f0 + (f1 - f0) * (kbps - r0) / (r1 - r0)
        }
    }
}

/// Where the bands begin, the last entry their end: four lines wide at first, ever wider.
fn edges() -> [usize; BANDS + 1] {
    std::array::from_fn(|band| {
        let share = band as f64 / BANDS as f64;
        let even = 4.0 * band as f64;
        let rest = FRAME as f64 - 4.0 * BANDS as f64;
        (even + rest * share.powf(2.6)).round() as usize
    })
}

fn quantise(spectrum: &mut [f64], kept: usize, bits: f64) {
    spectrum[kept..].fill(0.0);
    let edges = edges();
    let levels: [f64; BANDS] = std::array::from_fn(|band| {
        let lines = &spectrum[edges[band]..edges[band + 1]];
        let power: f64 = lines.iter().map(|line| line * line).sum();
        (power / lines.len().max(1) as f64).sqrt().powf(MASKING)
    });
    let cost = |gain: f64| -> f64 {
        let bands = edges.windows(2).zip(levels).filter(|(_, level)| *level > 0.0);
        bands
            .flat_map(|(edge, level)| {
                spectrum[edge[0]..edge[1]].iter().map(move |line| line.abs() / (gain * level))
            })
            .map(|steps| (1.0 + 2.0 * steps.round()).log2())
            .sum()
    };
    let (mut fine, mut coarse) = (1e-9f64, 1e3f64);
    if cost(coarse) > bits {
        spectrum.fill(0.0);
        return;
    }
    if cost(fine) > bits {
        for _ in 0..18 {
            let middle = (fine * coarse).sqrt();
            if cost(middle) > bits { fine = middle } else { coarse = middle }
        }
    } else {
        coarse = fine;
    }
    for (edge, level) in edges.windows(2).zip(levels) {
        let step = coarse * level;
        if step > 0.0 {
            spectrum[edge[0]..edge[1]].iter_mut().for_each(|line| *line = (*line / step).round() * step);
        }
    }
}

/// The MDCT of blocks of 1152 with a sine window, its own inverse after overlap-add; by one complex transform of the
/// block, which is slow and simple.
struct Mdct {
    window: Vec<f64>,
    transform: std::sync::Arc<dyn rustfft::Fft<f64>>,
}

impl Mdct {
    fn new() -> Self {
        let window = (0..2 * FRAME)
            .map(|n| (std::f64::consts::PI * (n as f64 + 0.5) / (2 * FRAME) as f64).sin())
            .collect();
        Self { window, transform: FftPlanner::new().plan_fft_forward(2 * FRAME) }
    }

    /// `X[k] = Σ w[n] x[n] cos(π/N (n + ½ + N/2)(k + ½))`, N = 576.
    fn forward(&self, block: &[f64]) -> Vec<f64> {
        let n_half = FRAME as f64;
        let mut turned: Vec<Complex<f64>> = block
            .iter()
            .zip(&self.window)
            .enumerate()
            .map(|(n, (x, w))| Complex::from_polar(x * w, -std::f64::consts::PI * n as f64 / (2.0 * n_half)))
            .collect();
        self.transform.process(&mut turned);
        let shift = 0.5 + n_half / 2.0;
        (0..FRAME)
            .map(|k| {
                let turn = -std::f64::consts::PI / n_half * shift * (k as f64 + 0.5);
                (turned[k] * Complex::from_polar(1.0, turn)).re
            })
            .collect()
    }

    /// `y[n] = 2/N w[n] Σ X[k] cos(π/N (n + ½ + N/2)(k + ½))`.
    fn inverse(&self, spectrum: &[f64]) -> Vec<f64> {
        let n_half = FRAME as f64;
        let shift = 0.5 + n_half / 2.0;
        let mut turned = vec![Complex::new(0.0, 0.0); 2 * FRAME];
        for (k, value) in spectrum.iter().enumerate() {
            turned[k] =
                Complex::from_polar(*value, -std::f64::consts::PI / n_half * shift * (k as f64 + 0.5));
        }
        self.transform.process(&mut turned);
        turned
            .iter()
            .zip(&self.window)
            .enumerate()
            .map(|(n, (value, w))| {
                let turn = -std::f64::consts::PI * n as f64 / (2.0 * n_half);
                2.0 / n_half * w * (value * Complex::from_polar(1.0, turn)).re
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn noise(samples: usize) -> Vec<f32> {
        let mut draws = Draws::new(3, "codec");
        (0..samples).map(|_| draws.between(-0.5, 0.5) as f32).collect()
    }

    fn loss_db(before: &[f32], after: &[f32]) -> f64 {
        let power = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>();
        let error = power(&mut before.iter().zip(after).map(|(a, b)| a - b));
        10.0 * (power(&mut before.iter().copied()) / error).log10()
    }

    #[test]
    fn the_transform_is_its_own_inverse() {
        let samples = noise(3000);
        let back = imitate(&samples, 8000, 512.0 * 1000.0);
        assert!(loss_db(&samples, &back) > 90.0, "{}", loss_db(&samples, &back));
        let transform = Mdct::new();
        let block: Vec<f64> = noise(2 * FRAME).into_iter().map(f64::from).collect();
        let spectrum = transform.forward(&block);
        for k in [0, 1, 100, 575] {
            let plain: f64 = (0..2 * FRAME)
                .map(|n| {
                    let place = (n as f64 + 0.5 + 288.0) * (k as f64 + 0.5);
                    transform.window[n] * block[n] * (std::f64::consts::PI / 576.0 * place).cos()
                })
                .sum();
            assert!((spectrum[k] - plain).abs() < 1e-9);
        }
    }

    #[test]
    fn fewer_bits_lose_more() {
        let samples = noise(20_000);
        let losses: Vec<f64> = [320.0, 128.0, 64.0, 32.0]
            .map(|kbps| loss_db(&samples, &imitate(&samples, 22_050, kbps)))
            .to_vec();
        assert!(losses.windows(2).all(|pair| pair[0] > pair[1] + 1.0), "{losses:?}");
        assert!(imitate(&[], 22_050, 64.0).is_empty());
        assert!(imitate(&[0.0; 1000], 22_050, 64.0).iter().all(|x| *x == 0.0));
    }
}
