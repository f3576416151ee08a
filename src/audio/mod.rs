//! Floor 0: sound files become samples. Decoding, mono mix, resampling, STFT; definitions are librosa 0.11.0's.

pub mod recycled;
pub mod stft;
pub(crate) mod vectorised;
mod waveform;

pub use waveform::Waveform;
