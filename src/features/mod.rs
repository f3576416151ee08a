//! Floor 1: a Waveform becomes numbers. One file a feature; `FEATURES` is the registry, `SETS` the named lists.
//!
//! Definitions are librosa 0.11.0's; every file says which. [`extract`] gives one row of a table, [`frames`] one
//! feature's matrix.

pub mod analysis;

mod chroma_cens;
mod chroma_cqt;
mod chroma_scale;
mod chroma_stft;
mod cqt;
mod cqt_basis;
mod cqt_spectra;
mod decibel;
mod error;
mod extract;
mod harmonic_signal;
mod hpss;
mod log_mel;
mod mel;
mod mel_bands;
mod mel_frames;
mod mfcc;
pub mod moments;
mod onset_strength;
mod plan;
mod power;
mod power_rms;
mod power_spectral;
mod registry;
mod rms;
mod rms_y;
mod running_median;
mod sets;
mod spectral_bandwidth;
mod spectral_centroid;
mod spectral_contrast;
mod spectral_flatness;
mod spectral_rolloff;
mod spectral_sums;
mod tempo;
mod tempogram;
mod tonnetz;
mod transpose;
mod tuning;
mod views;
mod zcr;

pub use analysis::Analysis;
pub use error::FeatureError;
pub use extract::{extract, extract_from, frames};
pub use mel_frames::{MEL_FRAMES_VERSION, MelFrames, Scale, Window};
pub use moments::Statistic;
pub use plan::{FeaturePlan, PlanEntry};
pub use registry::{FEATURES, Feature, Output, find};
pub use sets::{FeatureSet, SETS};
pub use views::{ClipViews, clip_views};
