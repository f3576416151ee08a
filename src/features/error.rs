//! What can go wrong between a Waveform and its numbers.

use crate::spelling::did_you_mean;

/// Why no features came out. Every message says what to change.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FeatureError {
    #[error("the signal has no samples")]
    Empty,
    #[error("sample {sample} is {value}, not a finite number: repair or re-encode the file")]
    NotFinite { sample: usize, value: f32 },
    #[error("sample {sample} is {value:e}: its power would overflow, scale the signal to ±1")]
    TooLoud { sample: usize, value: f32 },
    #[error(
        "the signal is at {found_hz} Hz but the features were asked at {wanted_hz} Hz: resample it first"
    )]
    WrongRate { found_hz: u32, wanted_hz: u32 },
    #[error(
        "`{feature}` needs a sample rate above {needed_hz} Hz, got {rate_hz} Hz: use a higher rate or leave it out"
    )]
    RateTooLow { feature: &'static str, rate_hz: u32, needed_hz: u32 },
    #[error(
        "`{feature}` needs a sample rate of {highest_hz} Hz or less, got {rate_hz} Hz: use a lower rate or leave it out"
    )]
    RateTooHigh { feature: &'static str, rate_hz: u32, highest_hz: u32 },
    #[error("no feature is called `{name}`{}; `genrebench list features` prints them", did_you_mean(.suggestion))]
    UnknownFeature { name: String, suggestion: Option<&'static str> },
    #[error("no feature set is called `{name}`{}; `genrebench list sets` prints them", did_you_mean(.suggestion))]
    UnknownSet { name: String, suggestion: Option<&'static str> },
    #[error(
        "no statistic is called `{name}`{}; known: mean, std, skew, kurtosis, median, min, max",
        did_you_mean(.suggestion)
    )]
    UnknownStatistic { name: String, suggestion: Option<&'static str> },
    #[error("`{feature}` is one number a clip, it has no matrix of frames")]
    NoFrames { feature: &'static str },
    #[error("no features were asked for: name at least one feature, and one statistic if it has frames")]
    NothingAsked,
    #[error("feature `{name}` is asked for twice")]
    AskedTwice { name: &'static str },
}
