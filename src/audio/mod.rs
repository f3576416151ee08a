//! Floor 0: sound files become samples. Decoding, mono mix, resampling, STFT; definitions are librosa 0.11.0's.

mod aac_config;
mod adts_frames;
mod aiff;
mod au;
mod augment;
mod codec_imitation;
mod error;
mod fault;
mod flac_blocks;
mod halving;
mod halving_lanes;
mod halving_passes;
mod in_memory;
mod levels;
mod load;
mod mono;
mod mp3;
mod mp3_side_info;
mod mp4_atoms;
mod mpeg_frames;
mod mpeg_header;
mod ogg_pages;
mod pcm;
mod perturbation;
pub mod recycled;
pub mod resample;
mod resample_design;
mod resample_filter;
mod resample_phases;
pub mod single_fft;
mod single_trig;
mod sniff;
pub mod stft;
mod symphonia_decode;
pub(crate) mod vectorised;
mod wanted;
mod wav;
pub mod wav_write;
mod waveform;

#[cfg(test)]
mod codec_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod length_tests;

pub use augment::Augmentation;
pub use error::{AudioError, AudioProblem};
pub use fault::Fault;
pub use in_memory::from_waveform;
pub use levels::Levels;
pub use load::{Loaded, load, load_bytes, read_file};
pub use perturbation::{PERTURBATION_VERSION, PERTURBATIONS, Perturbation, PerturbationKind};
pub use resample::resample;
pub use wanted::{Cut, LoadOptions};
pub use waveform::Waveform;

/// Raised whenever loading gives other samples, levels, lengths or faults: a part of every cache key.
pub const AUDIO_VERSION: u32 = 5;
