//! Why a file gives no waveform: the path, and the one thing that is wrong with it.

use std::io;
use std::path::PathBuf;

/// A file that could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct AudioError {
    pub path: PathBuf,
    pub problem: AudioProblem,
}

/// What is wrong with a sound file. Faults that leave usable sound are [`Fault`](super::Fault)s instead.
#[derive(Debug, thiserror::Error)]
pub enum AudioProblem {
    #[error("no such file")]
    NotFound,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is empty (0 bytes)")]
    Empty,
    #[error(
        "is not a sound file: it looks like {looks_like} (known: mp3, flac, ogg vorbis, wav, aiff, au, m4a, aac)"
    )]
    NotAudio { looks_like: String },
    #[error("{format} file with {what}, which is not supported; convert it to wav, flac or mp3")]
    Unsupported { format: &'static str, what: String },
    #[error("damaged {format} file: {what}")]
    Damaged { format: &'static str, what: String },
    #[error("{format} file without a single sample")]
    NoSamples { format: &'static str },
    #[error("nothing is left after the offset of {offset_seconds} s: the file is {native_seconds:.3} s long")]
    OffsetBeyondEnd { offset_seconds: f64, native_seconds: f64 },
    #[error(
        "sample {frame} (at {seconds:.3} s) is {value}; a waveform must be finite: repair or remove the file"
    )]
    NotFinite { frame: u64, seconds: f64, value: f32 },
    #[error(
        "sample {frame} (at {seconds:.3} s) is {value:e}, where full scale is 1: repair or remove the file"
    )]
    TooLoud { frame: u64, seconds: f64, value: f32 },
    #[error("states a sample rate of {rate_hz} Hz; rates from {lowest_hz} to {highest_hz} Hz are supported")]
    Rate { rate_hz: u32, lowest_hz: u32, highest_hz: u32 },
    #[error("the {format} decoder gave up on this file; it is damaged in a way that is not understood")]
    DecoderGaveUp { format: &'static str },
}
