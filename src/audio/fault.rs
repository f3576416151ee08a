//! What is wrong with a file that is usable all the same: each fault says what and where.

use std::fmt;

/// A fault in a file that loads nevertheless. Times count from the start of the file's sound.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A stretch that could not be decoded; silence of the same length stands in its place.
    Silenced { at_seconds: f64, seconds: f64 },
    /// Bytes that belong to no frame, left out.
    Skipped { at_seconds: f64, bytes: usize },
    /// The file stops before the end it announces, or in the middle of a frame.
    EndsEarly { at_seconds: f64, promised_seconds: Option<f64> },
    /// The number of channels changes; the mono mix goes on with the new number.
    ChannelsChange { at_seconds: f64, from: u32, to: u32 },
    /// The sample rate changes; what follows is left out.
    RateChange { at_seconds: f64, from_hz: u32, to_hz: u32 },
    /// The container could not be read further; what follows is left out.
    Broken { at_seconds: f64, what: String },
}

impl Fault {
    /// Whether sound is missing at the file's end.
    pub fn cuts_short(&self) -> bool {
        matches!(self, Self::EndsEarly { .. } | Self::Broken { .. } | Self::RateChange { .. })
    }

    /// Where the fault lies, from the start of the file's sound.
    pub fn at_seconds(&self) -> f64 {
        match *self {
            Self::Silenced { at_seconds, .. }
            | Self::Skipped { at_seconds, .. }
            | Self::EndsEarly { at_seconds, .. }
            | Self::ChannelsChange { at_seconds, .. }
            | Self::RateChange { at_seconds, .. }
            | Self::Broken { at_seconds, .. } => at_seconds,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silenced { at_seconds, seconds } => {
                write!(f, "damaged at {at_seconds:.3} s: {seconds:.3} s replaced by silence")
            }
            Self::Skipped { at_seconds, bytes } => {
                write!(f, "{bytes} bytes that are no sound skipped at {at_seconds:.3} s")
            }
            Self::EndsEarly { at_seconds, promised_seconds: Some(promised) } => {
                write!(f, "ends early, at {at_seconds:.3} s of the {promised:.3} s it announces")
            }
            Self::EndsEarly { at_seconds, promised_seconds: None } => {
                write!(f, "ends early, at {at_seconds:.3} s, in the middle of a frame")
            }
            Self::ChannelsChange { at_seconds, from, to } => {
                write!(f, "changes from {from} to {to} channels at {at_seconds:.3} s")
            }
            Self::RateChange { at_seconds, from_hz, to_hz } => {
                write!(
                    f,
                    "changes from {from_hz} to {to_hz} Hz at {at_seconds:.3} s: what follows is left out"
                )
            }
            Self::Broken { at_seconds, what } => {
                write!(f, "cannot be read beyond {at_seconds:.3} s ({what}): what follows is left out")
            }
        }
    }
}
