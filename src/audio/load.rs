//! A file becomes a mono [`Waveform`] at the wanted rate, as `librosa.load(path, sr, mono=True, offset,
//! duration, res_type="soxr_hq")` makes it: decode, cut on native samples, mean of channels, resample.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::guarded::guarded;

use super::sniff::{self, Format};
use super::{AudioError, AudioProblem, Fault, Waveform, aiff, au, mp3, resample, symphonia_decode, wav};

/// Which part of a file is wanted, and at which rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoadOptions {
    /// `None` keeps the file's own rate.
    pub rate_hz: Option<u32>,
    /// Sound to leave out at the start.
    pub offset_seconds: f64,
    /// The longest wanted sound; a shorter file is used as it is.
    pub max_seconds: Option<f64>,
    /// Which part is kept of a file longer than that.
    pub cut: Cut,
}

/// Which part of a longer file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// The first `max_seconds` after the offset.
    #[default]
    Start,
    /// The `max_seconds` in the middle of what follows the offset.
    Middle,
}

/// A loaded file and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub wave: Waveform,
    pub native_rate_hz: u32,
    pub channels: u32,
    /// The length of the whole file's sound, also when only a part was wanted.
    pub native_seconds: f64,
    /// `mp3`, `flac`, `ogg`, `wav`, `aiff`, `au`, `m4a` or `aac`, told by the content.
    pub format: &'static str,
    pub faults: Vec<Fault>,
}

/// What a decoder hands over: the mono mix of the wanted part at the native rate.
#[derive(Debug)]
pub(super) struct Decoded {
    pub samples: Vec<f32>,
    /// The number of the first of `samples` in the file.
    pub first_frame: u64,
    pub rate_hz: u32,
    pub channels: u32,
    /// Frames in the whole file.
    pub native_frames: u64,
    pub faults: Vec<Fault>,
}

const LOWEST_RATE_HZ: u32 = 1_000;
const HIGHEST_RATE_HZ: u32 = 3_072_000;

impl LoadOptions {
    /// The wanted frames of a file of `frames` frames; librosa truncates both times to whole frames.
    pub(super) fn window(&self, frames: u64, rate_hz: u32) -> Range<u64> {
        let whole = |seconds: f64| (seconds * f64::from(rate_hz)) as u64;
        let start = whole(self.offset_seconds).min(frames);
        let left = frames - start;
        let length = self.max_seconds.map_or(left, |seconds| whole(seconds).min(left));
        let start = match self.cut {
            Cut::Start => start,
            Cut::Middle => start + (left - length) / 2,
        };
        start..start + length
    }
}

/// Loads a file. The format is told by its content, whatever its name says.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Loaded, AudioError> {
    load_bytes(&read_file(path)?, path, options)
}

/// A file's bytes, for callers who also need them for something else.
pub fn read_file(path: &Path) -> Result<Vec<u8>, AudioError> {
    read(path).map_err(|problem| AudioError { path: path.to_path_buf(), problem })
}

fn read(path: &Path) -> Result<Vec<u8>, AudioProblem> {
    let explain = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => AudioProblem::NotFound,
        _ => AudioProblem::Unreadable(error),
    };
    // A pipe or a device could be read for ever.
    if !fs::metadata(path).map_err(explain)?.is_file() {
        return Err(AudioProblem::Unreadable(io::Error::other("it is not a regular file")));
    }
    fs::read(path).map_err(explain)
}

/// Loads the bytes of a file whose name serves messages only.
pub fn load_bytes(bytes: &[u8], name: &Path, options: &LoadOptions) -> Result<Loaded, AudioError> {
    load_content(bytes, options).map_err(|problem| AudioError { path: name.to_path_buf(), problem })
}

fn load_content(bytes: &[u8], options: &LoadOptions) -> Result<Loaded, AudioProblem> {
    let format = sniff::sniff(bytes)?;
    // Decoders made by others meet whatever a file holds: a panic of theirs is this file's error.
    let decoded = guarded(|| decode(bytes, format, options))
        .unwrap_or(Err(AudioProblem::DecoderGaveUp { format: format.name() }))?;
    let native_seconds = decoded.native_frames as f64 / f64::from(decoded.rate_hz);
    if decoded.native_frames == 0 {
        return Err(AudioProblem::NoSamples { format: format.name() });
    }
    if decoded.samples.is_empty() {
        return Err(AudioProblem::OffsetBeyondEnd { offset_seconds: options.offset_seconds, native_seconds });
    }
    if let Some(index) = decoded.samples.iter().position(|sample| !sample.is_finite()) {
        let frame = decoded.first_frame + index as u64;
        let seconds = frame as f64 / f64::from(decoded.rate_hz);
        return Err(AudioProblem::NotFinite { frame, seconds, value: decoded.samples[index] });
    }
    let rate_hz = options.rate_hz.unwrap_or(decoded.rate_hz);
    check_rate(rate_hz)?;
    let samples = if rate_hz == decoded.rate_hz {
        decoded.samples
    } else {
        resample(&decoded.samples, decoded.rate_hz, rate_hz)
    };
    Ok(Loaded {
        wave: Waveform { samples, rate_hz },
        native_rate_hz: decoded.rate_hz,
        channels: decoded.channels,
        native_seconds,
        format: format.name(),
        faults: decoded.faults,
    })
}

fn decode(bytes: &[u8], format: Format, options: &LoadOptions) -> Result<Decoded, AudioProblem> {
    match format {
        Format::Mp3 => mp3::decode(bytes, options),
        Format::Wav => wav::decode(bytes, options),
        Format::Aiff => aiff::decode(bytes, options),
        Format::Au => au::decode(bytes, options),
        Format::Flac | Format::Ogg | Format::M4a | Format::Aac => {
            symphonia_decode::decode(bytes, format, options)
        }
    }
}

/// Refuses rates that only a damaged header states, before anything is allocated by them.
pub(super) fn check_rate(rate_hz: u32) -> Result<(), AudioProblem> {
    if (LOWEST_RATE_HZ..=HIGHEST_RATE_HZ).contains(&rate_hz) {
        return Ok(());
    }
    Err(AudioProblem::Rate { rate_hz, lowest_hz: LOWEST_RATE_HZ, highest_hz: HIGHEST_RATE_HZ })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_cut_in_whole_native_frames() {
        let options = LoadOptions { offset_seconds: 0.25, max_seconds: Some(0.5), ..Default::default() };
        assert_eq!(options.window(1000, 1000), 250..750);
        assert_eq!(options.window(300, 1000), 250..300);
        assert_eq!(options.window(100, 1000), 100..100);
        let middle = LoadOptions { cut: Cut::Middle, ..options };
        assert_eq!(middle.window(1001, 1000), 375..875);
        assert_eq!(middle.window(300, 1000), 250..300);
        assert_eq!(LoadOptions::default().window(7, 1000), 0..7);
        let absurd =
            LoadOptions { offset_seconds: f64::NAN, max_seconds: Some(f64::INFINITY), ..Default::default() };
        assert_eq!(absurd.window(7, 1000), 0..7);
    }

    #[test]
    fn a_missing_file_and_a_folder_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let say = |path: &Path| load(path, &LoadOptions::default()).unwrap_err().to_string();
        assert!(say(&folder.path().join("none.wav")).ends_with("none.wav: no such file"));
        assert!(say(folder.path()).ends_with("cannot be read: it is not a regular file"));
    }
}
