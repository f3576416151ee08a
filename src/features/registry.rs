//! The registry of features: one ordered slice that the command line, the docs and the contract tests read.
//! Adding a feature is one file and one row here.

use ndarray::Array2;

use super::analysis::{Analysis, Spectrum};
use super::error::FeatureError;
use super::{
    chroma_cens, chroma_cqt, chroma_stft, log_mel, mel, mfcc, onset_strength, power, power_rms,
    power_spectral, rms, rms_y, spectral_bandwidth, spectral_centroid, spectral_contrast, spectral_flatness,
    spectral_rolloff, tempo, tonnetz, zcr,
};
use crate::spelling::nearest;

type FramesFn = fn(&Analysis) -> Result<Array2<f32>, FeatureError>;
type ScalarsFn = fn(&Analysis) -> Result<Vec<f64>, FeatureError>;

/// What a feature gives for one clip, and the function that computes it.
#[derive(Debug, Clone, Copy)]
pub enum Output {
    /// A matrix (frames, rows); its columns are moments over the frames.
    Frames { rows: usize, compute: FramesFn },
    /// One number a clip under each name; statistics do not apply.
    Scalars { names: &'static [&'static str], compute: ScalarsFn },
}

/// One row of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Also its file's name and its columns' prefix.
    pub name: &'static str,
    pub summary: &'static str,
    /// Raised whenever the numbers change; part of every cache key.
    pub version: u32,
    pub spectrum: Spectrum,
    pub output: Output,
}

impl Feature {
    const fn frames(
        name: &'static str,
        rows: usize,
        spectrum: Spectrum,
        compute: FramesFn,
        summary: &'static str,
    ) -> Self {
        Self { name, summary, version: 1, spectrum, output: Output::Frames { rows, compute } }
    }

    const fn scalars(
        name: &'static str,
        names: &'static [&'static str],
        spectrum: Spectrum,
        compute: ScalarsFn,
        summary: &'static str,
    ) -> Self {
        Self { name, summary, version: 1, spectrum, output: Output::Scalars { names, compute } }
    }

    const fn version(self, version: u32) -> Self {
        Self { version, ..self }
    }
}

use Spectrum::{Complex, Magnitude, Mel, Unused};

/// Every feature, in the order they are listed.
#[rustfmt::skip]
pub const FEATURES: &[Feature] = &[
    Feature::frames("mel", 128, Mel, mel::mel, "mel power spectrogram, 128 Slaney bands up to half the rate"),
    Feature::frames("log_mel", 128, Mel, log_mel::log_mel, "mel spectrogram in dB, floored 80 dB below the clip's peak"),
    Feature::frames("mfcc", 20, Mel, mfcc::mfcc, "20 mel-frequency cepstral coefficients"),
    Feature::frames("onset_strength", 1, Mel, onset_strength::onset_strength, "mean rise of the log-mel bands from frame to frame"),
    Feature::scalars("tempo", &["tempo"], Mel, tempo::tempo, "beats a minute, from the mean autocorrelation of the onset strength"),
    Feature::scalars("power", &["power.harmonic", "power.percussive"], Complex, power::power, "mean square of the harmonic and of the percussive part"),
    Feature::scalars("power_rms", &["power_rms.harmonic", "power_rms.percussive"], Complex, power_rms::power_rms, "mean frame RMS of the harmonic and of the percussive part"),
    Feature::scalars("power_spectral", &["power_spectral.harmonic", "power_spectral.percussive"], Complex, power_spectral::power_spectral, "mean squared magnitude of the harmonic and of the percussive spectrogram"),
    Feature::frames("chroma_stft", 12, Magnitude, chroma_stft::chroma_stft, "power of the twelve pitch classes, from the STFT"),
    Feature::frames("chroma_cqt", 12, Magnitude, chroma_cqt::chroma_cqt, "magnitude of the twelve pitch classes, from a constant-Q transform of 36 bins an octave").version(2),
    Feature::frames("chroma_cens", 12, Magnitude, chroma_cens::chroma_cens, "chroma_cqt in steps, smoothed over 41 frames").version(2),
    Feature::frames("tonnetz", 6, Magnitude, tonnetz::tonnetz, "tonal centroids of the signal: fifths, minor and major thirds").version(2),
    Feature::frames("tonnetz_harmonic", 6, Unused, tonnetz::tonnetz_harmonic, "tonal centroids of the harmonic part").version(2),
    Feature::frames("fma_chroma_cqt", 12, Magnitude, chroma_cqt::fma_chroma_cqt, "chroma_cqt of 12 bins an octave, as the FMA data set has it").version(2),
    Feature::frames("fma_chroma_cens", 12, Magnitude, chroma_cens::fma_chroma_cens, "chroma_cens of 12 bins an octave, as the FMA data set has it").version(2),
    Feature::frames("fma_tonnetz", 6, Magnitude, tonnetz::fma_tonnetz, "tonal centroids of fma_chroma_cens, as the FMA data set has them").version(2),
    Feature::frames("spectral_centroid", 1, Magnitude, spectral_centroid::spectral_centroid, "centre of mass of the magnitude spectrum, Hz"),
    Feature::frames("spectral_bandwidth", 1, Magnitude, spectral_bandwidth::spectral_bandwidth, "standard deviation of the magnitude spectrum, Hz"),
    Feature::frames("spectral_contrast", 7, Magnitude, spectral_contrast::spectral_contrast, "peak against valley in seven octave bands, dB"),
    Feature::frames("spectral_rolloff", 1, Magnitude, spectral_rolloff::spectral_rolloff, "frequency below which 85 % of the magnitude lies, Hz"),
    Feature::frames("spectral_flatness", 1, Magnitude, spectral_flatness::spectral_flatness, "geometric over arithmetic mean of the power spectrum"),
    Feature::frames("rms", 1, Magnitude, rms::rms, "root mean square of each Hann-windowed frame, from the spectrum (FMA's rmse)"),
    Feature::frames("rms_y", 1, Unused, rms_y::rms_y, "root mean square of each frame's samples, no window"),
    Feature::frames("zcr", 1, Unused, zcr::zcr, "share of sample pairs that change sign"),
];

/// The feature of that name.
pub fn find(name: &str) -> Result<&'static Feature, FeatureError> {
    FEATURES.iter().find(|feature| feature.name == name).ok_or_else(|| FeatureError::UnknownFeature {
        name: name.to_owned(),
        suggestion: nearest(name, FEATURES.iter().map(|feature| feature.name)),
    })
}
