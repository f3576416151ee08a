//! Floor 0: sound files become samples. Decoding, mono mix, resampling, STFT; definitions are librosa 0.11.0's.

<<<<<<< HEAD
pub mod stft;
=======
pub mod resample;
mod resample_design;
mod resample_filter;
mod resample_phases;
>>>>>>> chroma
mod waveform;
pub mod wav_write;

pub use waveform::Waveform;
