//! What can go wrong between a Waveform and its embedding: every message says what to change.

use std::path::PathBuf;

use crate::weights::WeightsError;

#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    #[error("no embedding is called `{name}`{}; `genrebench list embeddings` prints them", suggestion.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default())]
    Unknown { name: String, suggestion: Option<&'static str> },

    #[error("{message}")]
    Choice { message: String },

    #[error("`{name}` needs weights, which are not part of this program. {advice}")]
    NoWeights { name: &'static str, advice: String },

    #[error("`{name}` finds no weights at {}. {advice}", path.display())]
    WeightsNotThere { name: &'static str, path: PathBuf, advice: String },

    #[error(transparent)]
    Weights(#[from] WeightsError),

    #[error("{}: {message}", path.display())]
    File { path: PathBuf, message: String },

    #[error("the signal has {found} samples at {rate_hz} Hz, and one patch of `{name}` takes {wanted} ({:.2} s); leave the clip out, or say short = \"repeat\"", *wanted as f64 / f64::from(*rate_hz))]
    TooShort { name: String, found: usize, wanted: usize, rate_hz: u32 },

    #[error("the signal is at {found_hz} Hz, and `{name}` takes {wanted_hz} Hz")]
    Rate { name: String, found_hz: u32, wanted_hz: u32 },

    #[error("sample {sample} is {value}, not a finite number within reason: repair or re-encode the file")]
    Sample { sample: usize, value: f32 },

    #[error("the network broke off: {message}")]
    Network { message: String },
}
