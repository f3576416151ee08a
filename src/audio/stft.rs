//! The short-time Fourier transform and its inverse, as librosa 0.11.0 computes them.
//!
//! `X[t, k] = Σ_m w[m] · x[t·hop + m − n_fft/2] · e^(−2πikm/n_fft)`, x zero outside the signal, w the periodic
//! Hann window. `frames = 1 + (n + 2·⌊n_fft/2⌋ − n_fft)/hop`, `bins = 1 + ⌊n_fft/2⌋`; a matrix is (frames, bins).
//! Samples are f32 but the window and the Fourier transform are f64 and only the result is rounded to f32
//! (librosa/core/spectrum.py:241, 339–387): an f32 transform would leave 1e-7 of the peak as noise in every quiet bin.
//!
//! The inverse (spectrum.py:470) is the windowed overlap-add divided by the overlapped squared window.

use std::sync::{Arc, Mutex, OnceLock};

use ndarray::Array2;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::recycled;
use super::vectorised::vectorised;

/// A planned STFT of one window length and hop. Cheap to make: the FFT plans are shared by the process.
#[derive(Clone)]
pub struct Stft {
    fft_samples: usize,
    hop_samples: usize,
    window: Arc<[f64]>,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

/// The periodic Hann window `½ − ½·cos(2πm/n)`.
pub fn hann_periodic(samples: usize) -> Vec<f64> {
    let step = 2.0 * std::f64::consts::PI / samples as f64;
    (0..samples).map(|m| 0.5 - 0.5 * (step * m as f64).cos()).collect()
}

fn planner() -> std::sync::MutexGuard<'static, RealFftPlanner<f64>> {
    static PLANNER: OnceLock<Mutex<RealFftPlanner<f64>>> = OnceLock::new();
    // A poisoned planner is still a valid cache of plans.
    PLANNER
        .get_or_init(|| Mutex::new(RealFftPlanner::new()))
        .lock()
        .unwrap_or_else(|poison| poison.into_inner())
}

impl Stft {
    /// `fft_samples` and `hop_samples` of 0 are read as 1.
    pub fn new(fft_samples: usize, hop_samples: usize) -> Self {
        let fft_samples = fft_samples.max(1);
        let mut planner = planner();
        Self {
            fft_samples,
            hop_samples: hop_samples.max(1),
            window: hann_periodic(fft_samples).into(),
            forward: planner.plan_fft_forward(fft_samples),
            inverse: planner.plan_fft_inverse(fft_samples),
        }
    }

    /// The same with another window, of as many samples as the transform.
    pub fn with_window(self, window: Vec<f64>) -> Self {
        debug_assert_eq!(window.len(), self.fft_samples);
        Self { window: window.into(), ..self }
    }

    /// Frequencies of a frame, from 0 to half the rate.
    pub fn bins(&self) -> usize {
        self.fft_samples / 2 + 1
    }

    /// Frames of so many samples, the first centred on the first.
    pub fn frames(&self, samples: usize) -> usize {
        1 + (samples + 2 * (self.fft_samples / 2)).saturating_sub(self.fft_samples) / self.hop_samples
    }

    /// Calls `visit(frame, spectrum)` for every frame in order, the spectrum still in double precision.
    pub fn for_each_frame(&self, samples: &[f32], mut visit: impl FnMut(usize, &[Complex<f64>])) {
        let mut windowed = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let half = self.fft_samples / 2;
        for frame in 0..self.frames(samples.len()) {
            let start = frame * self.hop_samples; // position in the signal padded with `half` zeros
            let first = half.saturating_sub(start).min(self.fft_samples);
            let last = (samples.len() + half).saturating_sub(start).clamp(first, self.fft_samples);
            windowed[..first].fill(0.0);
            windowed[last..].fill(0.0);
            if first < last {
                let inside = &samples[start + first - half..start + last - half];
                windowed_piece(&mut windowed[first..last], &self.window[first..last], inside);
            }
            // The buffers come from the plan itself, so their lengths are right by construction.
            let done = self.forward.process_with_scratch(&mut windowed, &mut spectrum, &mut scratch);
            debug_assert!(done.is_ok());
            visit(frame, &spectrum);
        }
    }

    /// The complex spectrogram, rounded to f32 pairs.
    pub fn complex(&self, samples: &[f32]) -> Array2<Complex<f32>> {
        self.collect(samples, complex_row)
    }

    /// `|X|`.
    pub fn magnitude(&self, samples: &[f32]) -> Array2<f32> {
        self.collect(samples, magnitude_row)
    }

    /// `|X|²`.
    pub fn power(&self, samples: &[f32]) -> Array2<f32> {
        self.collect(samples, power_row)
    }

    /// The complex spectrogram and `|X|`, from one transform.
    pub fn complex_and_magnitude(&self, samples: &[f32]) -> (Array2<Complex<f32>>, Array2<f32>) {
        let mut magnitude = self.stale_rows(samples);
        let mut rows = magnitude.chunks_exact_mut(self.bins());
        let complex = self.collect(samples, |spectrum, row| {
            complex_row(spectrum, row);
            magnitude_row(spectrum, rows.next().unwrap_or_default());
        });
        (complex, self.rows_of(magnitude))
    }

    fn collect<T: Copy + Default + 'static>(
        &self,
        samples: &[f32],
        mut convert: impl for<'a> FnMut(&'a [Complex<f64>], &'a mut [T]),
    ) -> Array2<T> {
        let mut values = self.stale_rows(samples);
        let bins = self.bins();
        self.for_each_frame(samples, |frame, spectrum| {
            convert(spectrum, &mut values[frame * bins..][..bins])
        });
        self.rows_of(values)
    }

    /// Room for one row a frame, every one to be overwritten.
    fn stale_rows<T: Copy + Default + 'static>(&self, samples: &[f32]) -> Vec<T> {
        recycled::stale(self.frames(samples.len()) * self.bins())
    }

    fn rows_of<T>(&self, values: Vec<T>) -> Array2<T> {
        Array2::from_shape_vec((values.len() / self.bins(), self.bins()), values)
            .unwrap_or_else(|_| unreachable!("rows of `bins` values were collected"))
    }

    /// The signal of `samples` samples whose spectrogram has `frames` frames; `fill(frame, spectrum)` writes each
    /// frame's spectrum, in order. Samples that no window reaches are 0.
    pub fn inverse(
        &self,
        frames: usize,
        samples: usize,
        mut fill: impl FnMut(usize, &mut [Complex<f64>]),
    ) -> Vec<f32> {
        let (fft, half) = (self.fft_samples, self.fft_samples / 2);
        let hop = self.hop_samples.min(fft);
        let mut spectrum = self.inverse.make_input_vec();
        let mut block = self.inverse.make_output_vec();
        let mut scratch = self.inverse.make_scratch_vec();
        // realfft leaves out the 1/n of the inverse transform; the synthesis window carries it.
        let synthesis: Vec<f64> = self.window.iter().map(|weight| weight / fft as f64).collect();
        // The overlapped frames and squared windows from `at` on, where the current frame starts. Its first hop is
        // complete once the frame is added; after the last frame, all of it.
        let length = fft + HOPS_BETWEEN_MOVES * hop;
        let (mut sums, mut squares, mut at) = (vec![0.0f64; length], vec![0.0f64; length], 0);
        let mut signal = recycled::stale(samples.max(frames * self.hop_samples + fft) + half);
        signal.clear();
        for frame in 0..frames {
            fill(frame, &mut spectrum);
            spectrum[0].im = 0.0;
            if fft.is_multiple_of(2) {
                spectrum[half].im = 0.0;
            }
            let done = self.inverse.process_with_scratch(&mut spectrum, &mut block, &mut scratch);
            debug_assert!(done.is_ok());
            add_weighted(&mut sums[at..at + fft], &synthesis, &block);
            add_weighted(&mut squares[at..at + fft], &self.window, &self.window);
            let end = at + if frame + 1 == frames { fft } else { hop };
            push_means(&mut signal, &sums[at..end], &squares[at..end]);
            signal.extend((hop..self.hop_samples).map(|_| 0.0));
            at += hop;
            if at + fft > length {
                for overlap in [&mut sums, &mut squares] {
                    overlap.copy_within(at.., 0);
                    overlap[length - at..].fill(0.0);
                }
                at = 0;
            }
        }
        signal.resize(half + samples, 0.0);
        signal.drain(..half);
        signal
    }
}

/// How many hops the inverse writes before it moves what is left back to the start of its buffer.
const HOPS_BETWEEN_MOVES: usize = 16;

vectorised! {
    fn windowed_piece<'a>(piece: &'a mut [f64], weights: &'a [f64], samples: &'a [f32]) -> () {
        for ((slot, weight), sample) in piece.iter_mut().zip(weights).zip(samples) {
            *slot = f64::from(*sample) * weight;
        }
    }
}

vectorised! {
    fn add_weighted<'a>(sums: &'a mut [f64], weights: &'a [f64], values: &'a [f64]) -> () {
        for ((sum, weight), value) in sums.iter_mut().zip(weights).zip(values) {
            *sum += weight * value;
        }
    }
}

vectorised! {
    /// Sums over squared-window sums, where these are normal f32 numbers.
    fn push_means<'a>(signal: &'a mut Vec<f32>, sums: &'a [f64], squares: &'a [f64]) -> () {
        let first = signal.len();
        signal.resize(first + sums.len(), 0.0);
        for ((slot, sum), square) in signal[first..].iter_mut().zip(sums).zip(squares) {
            let divisor = if *square > f64::from(f32::MIN_POSITIVE) { *square } else { 1.0 };
            *slot = (sum / divisor) as f32;
        }
    }
}

vectorised! {
    fn complex_row<'a>(spectrum: &'a [Complex<f64>], row: &'a mut [Complex<f32>]) -> () {
        for (slot, bin) in row.iter_mut().zip(spectrum) {
            *slot = Complex::new(bin.re as f32, bin.im as f32);
        }
    }
}

vectorised! {
    fn magnitude_row<'a>(spectrum: &'a [Complex<f64>], row: &'a mut [f32]) -> () {
        for (slot, bin) in row.iter_mut().zip(spectrum) {
            *slot = (bin.re * bin.re + bin.im * bin.im).sqrt() as f32;
        }
    }
}

vectorised! {
    fn power_row<'a>(spectrum: &'a [Complex<f64>], row: &'a mut [f32]) -> () {
        for (slot, bin) in row.iter_mut().zip(spectrum) {
            *slot = (bin.re * bin.re + bin.im * bin.im) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(samples: usize) -> Vec<f32> {
        let mut draws = crate::random::Draws::new(7, "stft test");
        (0..samples).map(|_| draws.between(-1.0, 1.0) as f32).collect()
    }

    /// The definition, summed term by term.
    fn slow(samples: &[f32], fft: usize, hop: usize, frame: usize, bin: usize) -> Complex<f64> {
        let window = hann_periodic(fft);
        (0..fft)
            .filter_map(|m| {
                let at = (frame * hop + m).checked_sub(fft / 2)?;
                let turn = -2.0 * std::f64::consts::PI * ((bin * m) % fft) as f64 / fft as f64;
                samples.get(at).map(|x| Complex::from_polar(f64::from(*x) * window[m], turn))
            })
            .sum()
    }

    #[test]
    fn matches_the_sum_it_is_defined_by() {
        for (length, fft, hop) in
            [(0, 16, 4), (1, 16, 4), (5, 64, 16), (200, 64, 16), (203, 30, 7), (203, 31, 7)]
        {
            let samples = noise(length);
            let stft = Stft::new(fft, hop);
            let spectrogram = stft.complex(&samples);
            assert_eq!(spectrogram.dim(), (stft.frames(length), fft / 2 + 1));
            for ((frame, bin), value) in spectrogram.indexed_iter() {
                let expected = slow(&samples, fft, hop, frame, bin);
                let error = (f64::from(value.re) - expected.re).hypot(f64::from(value.im) - expected.im);
                assert!(error < 2e-6, "{length} {fft} {hop} [{frame},{bin}]: {value} is not {expected}");
            }
            for ((frame, bin), value) in stft.power(&samples).indexed_iter() {
                let expected = slow(&samples, fft, hop, frame, bin).norm_sqr();
                assert!((f64::from(*value) - expected).abs() < 1e-5 * (1.0 + expected));
            }
        }
    }

    #[test]
    fn the_inverse_gives_the_signal_back() {
        for length in [1, 2, 511, 2048, 5000] {
            let samples = noise(length);
            let stft = Stft::new(2048, 512);
            let spectrogram = stft.complex(&samples);
            let back = stft.inverse(spectrogram.nrows(), length, |frame, out| {
                for (slot, value) in out.iter_mut().zip(spectrogram.row(frame)) {
                    *slot = Complex::new(f64::from(value.re), f64::from(value.im));
                }
            });
            for (x, y) in samples.iter().zip(&back) {
                assert!((x - y).abs() < 1e-6, "{length}: {y} is not {x}");
            }
        }
    }
}
