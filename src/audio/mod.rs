//! Floor 0: sound files become samples. Decoding, mono mix, resampling, STFT; definitions are librosa 0.11.0's.

pub mod recycled;
pub mod resample;
mod resample_design;
mod resample_filter;
mod resample_phases;
pub mod stft;
pub(crate) mod vectorised;
mod waveform;

pub use waveform::Waveform;
