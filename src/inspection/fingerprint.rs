//! An acoustic fingerprint: 32 bits every 23 ms, after Haitsma and Kalker, "A Highly Robust Audio Fingerprinting
//! System" (ISMIR 2002).
//!
//! Of a signal at 22 050 Hz the power spectrum (window 2048, hop 512, the one that features are made of) is summed in
//! 33 bands, equally wide in log frequency from 300 to 4000 Hz. Bit m of frame n is the sign of
//! `Σ_k h[k]·(D[n+k, m] − D[n+k−8, m])` with `D[n, m] = E[n, m] − E[n, m+1]` and h a Hann window of 16 frames (372 ms):
//! how the balance of two neighbouring bands moves. A gain cancels, a codec moves few signs, and a copy that begins
//! elsewhere has the same bits that many frames later; it may lie 11.6 ms off the frames, 3 % of the window.
//!
//! A frame in which nothing moves (silence, a steady tone, the ends of the clip) has no bits: they would be rounding.

use ndarray::ArrayView2;

use crate::audio::stft::Stft;
use crate::audio::{Waveform, resample};

pub(super) const RATE_HZ: u32 = 22_050;
const FFT_SAMPLES: usize = 2048;
pub(super) const HOP_SAMPLES: usize = 512;
/// From one frame to the next.
pub const FRAME_SECONDS: f64 = HOP_SAMPLES as f64 / RATE_HZ as f64;

const BANDS: usize = 33;
const LOWEST_HZ: f64 = 300.0;
const HIGHEST_HZ: f64 = 4000.0;
const WINDOW_FRAMES: usize = 16;
const LAG_FRAMES: usize = 8;
const KERNEL_FRAMES: usize = WINDOW_FRAMES + LAG_FRAMES;
/// Where less than this share of the power moves, nothing does.
const LEAST_MOVEMENT: f32 = 1e-3;

/// One word of 32 bits a frame; 0 where nothing was heard to move.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint {
    pub words: Vec<u32>,
}

impl Fingerprint {
    /// So much of a clip has no words.
    pub const LOST_SECONDS: f64 = KERNEL_FRAMES as f64 * FRAME_SECONDS;

    /// For how long something moves; the kernel takes half a second off a clip's ends.
    pub fn heard_seconds(&self) -> f64 {
        self.words.iter().filter(|word| **word != 0).count() as f64 * FRAME_SECONDS
    }

    /// Of a signal at any rate.
    pub fn of(wave: &Waveform) -> Self {
        let resampled;
        let samples = if wave.rate_hz == RATE_HZ {
            &wave.samples
        } else {
            resampled = resample(&wave.samples, wave.rate_hz, RATE_HZ);
            &resampled
        };
        let bands = Bands::new();
        let mut energies = Vec::new();
        let mut power = vec![0.0f32; bands.end_bin];
        Stft::new(FFT_SAMPLES, HOP_SAMPLES).for_each_frame(samples, |_, spectrum| {
            for (slot, bin) in power.iter_mut().zip(spectrum).skip(bands.first_bin) {
                // Rounded as the spectrogram of the features is, so that both ways give the same bits.
                let magnitude = (bin.re * bin.re + bin.im * bin.im).sqrt() as f32;
                *slot = magnitude * magnitude;
            }
            energies.push(bands.sums(&power));
        });
        Self { words: words(&energies) }
    }

    /// Of the magnitude spectrogram (frames, 1025) of a signal at 22 050 Hz, window 2048, hop 512.
    pub fn of_magnitude(magnitude: ArrayView2<f32>) -> Self {
        let bands = Bands::new();
        let mut power = vec![0.0f32; bands.end_bin];
        let energies: Vec<[f32; BANDS]> = magnitude
            .outer_iter()
            .map(|row| {
                for (slot, value) in power.iter_mut().zip(row).skip(bands.first_bin) {
                    *slot = value * value;
                }
                bands.sums(&power)
            })
            .collect();
        Self { words: words(&energies) }
    }

    /// The rate and the transform that [`Self::of_magnitude`] expects.
    pub fn fits(rate_hz: u32, fft_samples: usize, hop_samples: usize) -> bool {
        (rate_hz, fft_samples, hop_samples) == (RATE_HZ, FFT_SAMPLES, HOP_SAMPLES)
    }
}

/// Where the bands' edges lie on the bins, each bin reaching half a bin to both sides.
struct Bands {
    first_bin: usize,
    end_bin: usize,
    /// Bin, and the share of it that lies below the edge.
    edges: [(usize, f32); BANDS + 1],
}

impl Bands {
    fn new() -> Self {
        let step = (HIGHEST_HZ / LOWEST_HZ).ln() / BANDS as f64;
        let edges = std::array::from_fn(|band| {
            let hz = LOWEST_HZ * (step * band as f64).exp();
            let place = hz * FFT_SAMPLES as f64 / f64::from(RATE_HZ) + 0.5;
            (place as usize, place.fract() as f32)
        });
        let (first_bin, _) = edges[0];
        let (last_bin, _) = edges[BANDS];
        Self { first_bin, end_bin: last_bin + 1, edges }
    }

    fn sums(&self, power: &[f32]) -> [f32; BANDS] {
        std::array::from_fn(|band| {
            let ((from, left), (to, taken)) = (self.edges[band], self.edges[band + 1]);
            let inside: f32 = power[from..to].iter().sum();
            inside - left * power[from] + taken * power[to]
        })
    }
}

fn kernel() -> [f32; KERNEL_FRAMES] {
    let hann = |place: usize| {
        let turn = std::f64::consts::TAU * (place + 1) as f64 / (WINDOW_FRAMES + 1) as f64;
        0.5 - 0.5 * turn.cos()
    };
    std::array::from_fn(|at| {
        let later = if at >= LAG_FRAMES { hann(at - LAG_FRAMES) } else { 0.0 };
        let earlier = if at < WINDOW_FRAMES { hann(at) } else { 0.0 };
        (later - earlier) as f32
    })
}

fn words(energies: &[[f32; BANDS]]) -> Vec<u32> {
    let kernel = kernel();
    let totals: Vec<f32> = energies.iter().map(|energy| energy.iter().sum()).collect();
    let mut words = vec![0; energies.len()];
    let windows = energies.windows(KERNEL_FRAMES).zip(totals.windows(KERNEL_FRAMES));
    // The word of a window stands at its middle.
    for (word, (window, totals)) in words.iter_mut().skip(KERNEL_FRAMES / 2).zip(windows) {
        let mut moved = [0.0f32; BANDS];
        let mut power = 0.0f32;
        for ((weight, energy), total) in kernel.iter().zip(window).zip(totals) {
            for (slot, value) in moved.iter_mut().zip(energy) {
                *slot += weight * value;
            }
            power += weight.abs() * total;
        }
        let movement: f32 = moved.iter().map(|value| value.abs()).sum();
        if movement.is_finite() && movement > LEAST_MOVEMENT * power {
            let bits = (0..BANDS - 1).filter(|&m| moved[m] > moved[m + 1]);
            // A word of no bits at all takes the lowest, so that 0 can mean that nothing moved.
            *word = bits.fold(0u32, |word, m| word | 1 << m).max(1);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn noise(seconds: f64, name: &str) -> Vec<f32> {
        let mut draws = Draws::new(5, name);
        (0..(seconds * f64::from(RATE_HZ)) as usize).map(|_| draws.between(-0.5, 0.5) as f32).collect()
    }

    fn print(samples: &[f32]) -> Vec<u32> {
        Fingerprint::of(&Waveform { samples: samples.to_vec(), rate_hz: RATE_HZ }).words
    }

    fn errors(a: &[u32], b: &[u32]) -> f64 {
        let pairs = a.iter().zip(b).filter(|(a, b)| **a != 0 && **b != 0);
        let (bits, wrong) =
            pairs.fold((0, 0), |(bits, wrong), (a, b)| (bits + 32, wrong + (a ^ b).count_ones()));
        f64::from(wrong) / f64::from(bits)
    }

    #[test]
    fn both_ways_to_it_give_the_same_bits() {
        let samples = noise(3.0, "ways");
        let magnitude = Stft::new(FFT_SAMPLES, HOP_SAMPLES).magnitude(&samples);
        assert_eq!(Fingerprint::of_magnitude(magnitude.view()).words, print(&samples));
    }

    #[test]
    fn a_gain_changes_nothing_and_an_offset_little() {
        let samples = noise(4.0, "gain");
        let whole = print(&samples);
        assert!(whole.iter().filter(|word| **word != 0).count() > 140);
        let louder: Vec<f32> = samples.iter().map(|x| 2.0 * x).collect();
        assert_eq!(print(&louder), whole);
        // The worst place: half a frame off.
        let later = print(&samples[10 * HOP_SAMPLES + HOP_SAMPLES / 2..]);
        assert!(errors(&whole[10..], &later) < 0.12, "{}", errors(&whole[10..], &later));
        let other = print(&noise(4.0, "other"));
        assert!((errors(&whole, &other) - 0.5).abs() < 0.1);
    }

    #[test]
    fn silence_steady_tones_and_short_clips_have_no_bits() {
        for samples in [vec![0.0; 50_000], vec![], vec![0.3; 700]] {
            assert!(print(&samples).iter().all(|word| *word == 0));
        }
        let turn = |n: u32| (f64::from(n) * 0.2).sin() as f32;
        let tone = print(&(0..5 * RATE_HZ).map(turn).collect::<Vec<f32>>());
        // Where it begins and ends it does move.
        assert!(tone[KERNEL_FRAMES..tone.len() - KERNEL_FRAMES].iter().all(|word| *word == 0));
    }

    #[test]
    fn another_rate_is_resampled_first() {
        let samples = noise(3.0, "rate");
        let faster = resample(&samples, RATE_HZ, 44_100);
        let back = Fingerprint::of(&Waveform { samples: faster, rate_hz: 44_100 }).words;
        assert!(errors(&print(&samples), &back) < 0.02);
    }
}
