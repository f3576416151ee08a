//! One clip under analysis: the intermediates that several features share, each computed at most once and only
//! when asked for.
//!
//! All of them use librosa's defaults at any sample rate: window 2048, hop 512, so `frames = 1 + n/512` and 1025
//! bins. Matrices are (frames, rows). A feature with an intermediate of its own that others want too (a CQT, a
//! harmonic part) keeps it here with [`Analysis::shared`], keyed by its type.

use std::any::{Any, TypeId};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use ndarray::Array2;
use realfft::num_complex::Complex;

use super::decibel;
use super::error::FeatureError;
use super::mel_bands;
use crate::audio::stft::Stft;
use crate::audio::{Waveform, recycled};

/// Samples of a frame.
pub const FFT_SAMPLES: usize = 2048;
/// Samples from one frame to the next.
pub const HOP_SAMPLES: usize = 512;
/// Frequencies of a frame.
pub const BINS: usize = FFT_SAMPLES / 2 + 1;

/// The richest form of the spectrum that a feature reads. The poorer forms are derived from the richest one that
/// any feature of a plan wants, so that one Fourier transform serves all and nothing unwanted is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spectrum {
    Unused,
    Mel,
    Magnitude,
    Complex,
}

/// A clip and what several of its features are made from, each computed when it is first asked for.
pub struct Analysis<'a> {
    waveform: &'a Waveform,
    richest: Spectrum,
    spectra: OnceCell<(Array2<Complex<f32>>, Array2<f32>)>,
    magnitude: OnceCell<Array2<f32>>,
    mel: OnceCell<Array2<f32>>,
    log_mel: OnceCell<Array2<f32>>,
    kept: RefCell<Vec<(TypeId, Rc<dyn Any>)>>,
}

/// Refuses what gives no finite number: no samples, one that is not finite, or one whose power would not be.
pub(super) fn check_samples(waveform: &Waveform) -> Result<(), FeatureError> {
    if waveform.samples.is_empty() {
        return Err(FeatureError::Empty);
    }
    match waveform.samples.iter().position(|x| x.is_nan() || x.abs() > Waveform::LOUDEST) {
        None => Ok(()),
        Some(sample) => Err(match waveform.samples[sample] {
            value if value.is_finite() => FeatureError::TooLoud { sample, value },
            value => FeatureError::NotFinite { sample, value },
        }),
    }
}

impl<'a> Analysis<'a> {
    /// Refuses a signal that gives no finite numbers.
    pub fn new(waveform: &'a Waveform, richest: Spectrum) -> Result<Self, FeatureError> {
        check_samples(waveform)?;
        Ok(Self {
            waveform,
            richest,
            spectra: OnceCell::new(),
            magnitude: OnceCell::new(),
            mel: OnceCell::new(),
            log_mel: OnceCell::new(),
            kept: RefCell::new(Vec::new()),
        })
    }

    /// The clip's samples.
    pub fn samples(&self) -> &'a [f32] {
        &self.waveform.samples
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.waveform.rate_hz
    }

    /// The clip itself.
    pub fn waveform(&self) -> &'a Waveform {
        self.waveform
    }

    /// Frames of the clip, the first centred on its first sample.
    pub fn frames(&self) -> usize {
        1 + self.samples().len() / HOP_SAMPLES
    }

    /// The frequency of an FFT bin, rounded as numpy.fft.rfftfreq rounds it.
    pub fn bin_hz(&self, bin: usize) -> f64 {
        bin as f64 * (1.0 / (FFT_SAMPLES as f64 * (1.0 / f64::from(self.rate_hz()))))
    }

    /// The complex spectrogram, (frames, 1025).
    pub fn stft(&self) -> &Array2<Complex<f32>> {
        &self.spectra().0
    }

    fn spectra(&self) -> &(Array2<Complex<f32>>, Array2<f32>) {
        self.spectra.get_or_init(|| Stft::new(FFT_SAMPLES, HOP_SAMPLES).complex_and_magnitude(self.samples()))
    }

    /// `|S|`, (frames, 1025).
    pub fn magnitude(&self) -> &Array2<f32> {
        if self.richest == Spectrum::Complex {
            return &self.spectra().1;
        }
        self.magnitude.get_or_init(|| Stft::new(FFT_SAMPLES, HOP_SAMPLES).magnitude(self.samples()))
    }

    /// The mel spectrogram of `|S|²`, (frames, 128).
    pub fn mel(&self) -> &Array2<f32> {
        self.mel.get_or_init(|| {
            let bands = mel_bands::MelBands::shared(self.rate_hz());
            if self.richest > Spectrum::Mel {
                bands.of_magnitude(self.magnitude())
            } else {
                bands.of_signal(self.samples())
            }
        })
    }

    /// The mel spectrogram in decibels, floored 80 dB below the loudest cell of the clip, (frames, 128).
    pub fn log_mel(&self) -> &Array2<f32> {
        self.log_mel.get_or_init(|| decibel::power_to_db(self.mel()))
    }

    /// The clip's one value of type `T`, computed by `compute` on the first call.
    pub fn shared<T: Any>(
        &self,
        compute: impl FnOnce() -> Result<T, FeatureError>,
    ) -> Result<Rc<T>, FeatureError> {
        let key = TypeId::of::<T>();
        let found =
            self.kept.borrow().iter().find(|(kept, _)| *kept == key).map(|(_, value)| Rc::clone(value));
        if let Some(value) = found.and_then(|value| value.downcast::<T>().ok()) {
            return Ok(value);
        }
        // Not borrowed while computing: `compute` may ask for other shared values.
        let value = Rc::new(compute()?);
        self.kept.borrow_mut().push((key, value.clone()));
        Ok(value)
    }
}

impl Drop for Analysis<'_> {
    /// The next clip on this thread takes over the memory.
    fn drop(&mut self) {
        if let Some((stft, magnitude)) = self.spectra.take() {
            recycled::give(stft.into_raw_vec_and_offset().0);
            recycled::give(magnitude.into_raw_vec_and_offset().0);
        }
        for matrix in [self.magnitude.take(), self.mel.take(), self.log_mel.take()].into_iter().flatten() {
            recycled::give(matrix.into_raw_vec_and_offset().0);
        }
    }
}
