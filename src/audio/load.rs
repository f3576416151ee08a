//! A file becomes a mono [`Waveform`] at the wanted rate, as `librosa.load(path, sr, mono=True, offset,
//! duration, res_type="soxr_hq")` makes it: decode, cut on native samples, mean of channels, resample.

use std::io;
use std::path::Path;

use crate::disk::read_regular;
use crate::guarded::guarded;

use super::sniff::{self, Format};
use super::wanted::{Decoded, check_rate};
use super::{
    AudioError, AudioProblem, Fault, Levels, LoadOptions, Waveform, aiff, au, mp3, resample,
    symphonia_decode, wav,
};

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
    /// Of the wanted part, before its channels were mixed.
    pub levels: Levels,
    pub faults: Vec<Fault>,
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
    read_regular(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => AudioProblem::NotFound,
        _ => AudioProblem::Unreadable(error),
    })
}

/// Loads the bytes of a file whose name serves messages only.
pub fn load_bytes(bytes: &[u8], name: &Path, options: &LoadOptions) -> Result<Loaded, AudioError> {
    load_content(bytes, options).map_err(|problem| AudioError { path: name.to_path_buf(), problem })
}

fn load_content(bytes: &[u8], options: &LoadOptions) -> Result<Loaded, AudioProblem> {
    let (format, start) = sniff::sniff(bytes)?;
    let bytes = &bytes[start..];
    // Decoders made by others meet whatever a file holds: a panic of theirs is this file's error.
    let decoded = guarded(|| decode(bytes, format, options))
        .unwrap_or(Err(AudioProblem::DecoderGaveUp { format: format.name() }))?;
    let native_seconds = decoded.native_frames as f64 / f64::from(decoded.rate_hz);
    if decoded.native_frames == 0
        && let Some(Fault::Broken { what, .. }) = decoded.faults.last()
    {
        return Err(AudioProblem::Damaged { format: format.name(), what: what.clone() });
    }
    if decoded.native_frames == 0 {
        return Err(AudioProblem::NoSamples { format: format.name() });
    }
    if decoded.samples.is_empty() {
        return Err(AudioProblem::OffsetBeyondEnd { offset_seconds: options.offset_seconds, native_seconds });
    }
    let usable = |sample: &f32| sample.abs() <= Waveform::LOUDEST;
    if let Some(index) = decoded.samples.iter().position(|sample| !usable(sample)) {
        let frame = decoded.first_frame + index as u64;
        let seconds = frame as f64 / f64::from(decoded.rate_hz);
        return Err(match decoded.samples[index] {
            value if value.is_finite() => AudioProblem::TooLoud { frame, seconds, value },
            value => AudioProblem::NotFinite { frame, seconds, value },
        });
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
        levels: decoded.levels,
        faults: Fault::first_of(decoded.faults),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_and_a_folder_say_so() {
        let folder = tempfile::tempdir().unwrap();
        let say = |path: &Path| load(path, &LoadOptions::default()).unwrap_err().to_string();
        assert!(say(&folder.path().join("none.wav")).ends_with("none.wav: no such file"));
        assert!(say(folder.path()).ends_with("cannot be read: it is a folder, not a file"));
    }
}
