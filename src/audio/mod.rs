//! Floor 0: sound files become samples. Decoding, mono mix, resampling, STFT; definitions are librosa 0.11.0's.

mod aiff;
mod au;
mod error;
mod fault;
mod load;
mod mono;
mod mp3;
mod mp3_side_info;
mod mpeg_frames;
mod mpeg_header;
mod pcm;
mod resample;
mod sniff;
mod symphonia_decode;
mod wav;
mod waveform;

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod hostile_tests;

pub use error::{AudioError, AudioProblem};
pub use fault::Fault;
pub use load::{Cut, LoadOptions, Loaded, load, load_bytes};
pub use resample::resample;
pub use waveform::Waveform;
