//! One clip's sound: opened, hashed, decoded, and what it sounds like kept in the cache beside its features.

use std::path::Path;

use ndarray::ArrayView2;

use super::cache::FeatureCache;
use super::every_clip::{LeftOut, of_every_clip};
use super::{ClipReport, Observer};
use crate::audio::{self, Cut, Fault, Levels, LoadOptions, Waveform};
use crate::datasets::{Catalog, Clip, ClipSource, synth};
use crate::disk::{WriteError, digest};
use crate::inspection::{INSPECTION_VERSION, Sound};

/// A clip that was decoded.
pub struct DecodedClip {
    pub wave: Waveform,
    pub levels: Levels,
    /// The file ends before its sound does.
    pub cut_short: bool,
    pub report: ClipReport,
}

impl DecodedClip {
    /// `magnitude` is its spectrogram, where one that the fingerprint takes is at hand.
    pub fn sound(&self, magnitude: Option<ArrayView2<f32>>) -> Sound {
        Sound::of(&self.wave, &self.levels, self.cut_short, magnitude)
    }
}

/// How clips are listened to when nothing says otherwise.
pub const WHOLE_CLIPS: LoadOptions =
    LoadOptions { rate_hz: Some(22_050), offset_seconds: 0.0, max_seconds: None, cut: Cut::Start };

/// Of a clip of which a recipe hears a small part the gate hears this much around it. A part of 3 s says little of what
/// else is on the recording, and whole songs would cost more than their features.
const LEAST_SECONDS: f64 = 30.0;
const ENOUGH_OF_IT: f64 = 0.95;

/// How much `load` takes of a clip.
fn heard_seconds(load: &LoadOptions, native_seconds: f64) -> f64 {
    let left = (native_seconds - load.offset_seconds).max(0.0);
    load.max_seconds.map_or(left, |most| most.min(left))
}

/// Whether the part of a clip that `load` takes is all of it, or half a minute.
pub fn hears_enough(load: &LoadOptions, native_seconds: f64) -> bool {
    heard_seconds(load, native_seconds) >= ENOUGH_OF_IT * native_seconds.min(LEAST_SECONDS)
}

/// Half a minute around the part that `load` takes of a clip.
fn around(load: &LoadOptions, native_seconds: f64) -> LoadOptions {
    let part = heard_seconds(load, native_seconds);
    let left = (native_seconds - load.offset_seconds).max(0.0);
    let begin = match load.cut {
        Cut::Start => load.offset_seconds,
        Cut::Middle => load.offset_seconds + (left - part) / 2.0,
    };
    let latest = (native_seconds - LEAST_SECONDS).max(0.0);
    let offset_seconds = (begin + (part - LEAST_SECONDS) / 2.0).clamp(0.0, latest);
    LoadOptions { offset_seconds, max_seconds: Some(LEAST_SECONDS), ..WHOLE_CLIPS }
}

/// How much is heard of the clip of median length; none where there is no clip.
pub fn median_heard_seconds(load: &LoadOptions, mut native_seconds: Vec<f64>) -> Option<f64> {
    native_seconds.sort_unstable_by(f64::total_cmp);
    let median = native_seconds.get(native_seconds.len() / 2)?;
    Some(heard_seconds(load, *median))
}

/// What a clip sounds like, and what was seen of it on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipSound {
    pub report: ClipReport,
    pub sound: Sound,
}

/// All that decides the samples apart from the file.
pub fn load_definition(load: &LoadOptions) -> String {
    let LoadOptions { rate_hz, offset_seconds, max_seconds, cut } = load;
    format!(
        "audio v{} rate={rate_hz:?} offset={offset_seconds} max={max_seconds:?} cut={cut:?}",
        audio::AUDIO_VERSION
    )
}

fn definition(load: &LoadOptions) -> String {
    format!("inspection v{INSPECTION_VERSION}\n{}", load_definition(load))
}

/// What the file with hash `audio` sounded like before.
pub fn cached_sound(cache: &FeatureCache, audio: &str, load: &LoadOptions) -> Option<ClipSound> {
    let (report, numbers) = cache.read(audio, &definition(load))?;
    Some(ClipSound { report, sound: Sound::from_numbers(&numbers)? })
}

pub fn keep_sound(
    cache: &FeatureCache,
    report: &ClipReport,
    load: &LoadOptions,
    sound: &Sound,
) -> Result<(), WriteError> {
    cache.put(&report.audio, &definition(load), report, &sound.numbers())
}

/// Listens to every clip of the catalog, features aside; clip and reason of those that cannot be read.
pub fn listen_to_all(
    catalog: &Catalog,
    load: &LoadOptions,
    cache: Option<&FeatureCache>,
    observer: &dyn Observer,
) -> (Vec<ClipSound>, LeftOut) {
    let listen = |clip: &Clip| listen_to(catalog, clip, load, cache);
    let (sounds, unreadable) = of_every_clip("listening", catalog, observer, listen);
    (sounds.into_iter().map(|(_, sound)| sound).collect(), unreadable)
}

fn listen_to(
    catalog: &Catalog,
    clip: &Clip,
    load: &LoadOptions,
    cache: Option<&FeatureCache>,
) -> Result<ClipSound, String> {
    let source = Source::open(catalog, clip)?;
    let audio = source.digest();
    let known = cache.and_then(|cache| cached_sound(cache, &audio, load));
    if let Some(ClipSound { report, sound }) = known {
        return Ok(ClipSound { report: ClipReport { clip_id: clip.id.clone(), ..report }, sound });
    }
    let heard = source.listen(load)?;
    let sound = source.sound(load, &heard);
    let report = ClipReport { clip_id: clip.id.clone(), audio, ..heard.report };
    if let Some(cache) = cache {
        // A cache that cannot be written only costs the next run its time.
        let _ = keep_sound(cache, &report, load, &sound);
    }
    Ok(ClipSound { report, sound })
}

/// A clip's sound before it is decoded, so that a cached one never is.
pub enum Source<'a> {
    File { path: &'a Path, bytes: Vec<u8> },
    Synthetic { spec: &'a synth::SynthSpec, index: usize },
}

impl<'a> Source<'a> {
    pub fn open(catalog: &'a Catalog, clip: &'a Clip) -> Result<Self, String> {
        match (&clip.source, &catalog.synth) {
            (ClipSource::File(path), _) => {
                let bytes = audio::read_file(path).map_err(|error| error.to_string())?;
                Ok(Self::File { path, bytes })
            }
            (ClipSource::Synthetic(index), Some(spec)) => Ok(Self::Synthetic { spec, index: *index }),
            (ClipSource::Synthetic(_), None) => Err("a synthetic clip without its recipe".to_string()),
        }
    }

    pub fn digest(&self) -> String {
        match self {
            Self::File { bytes, .. } => digest(bytes),
            Self::Synthetic { spec, index } => digest(synth::clip_definition(spec, *index).as_bytes()),
        }
    }

    pub fn load(&self, options: &LoadOptions) -> Result<(Waveform, ClipReport), String> {
        self.listen(options).map(|heard| (heard.wave, heard.report))
    }

    /// What the gate hears of a clip that was heard with `load`.
    pub fn sound(&self, load: &LoadOptions, heard: &DecodedClip) -> Sound {
        match hears_enough(load, heard.report.seconds) {
            true => heard.sound(None),
            // What can be decoded in part can be decoded.
            false => {
                let more = self.listen(&around(load, heard.report.seconds));
                more.as_ref().unwrap_or(heard).sound(None)
            }
        }
    }

    /// The same with the levels of the channels before they were mixed.
    pub fn listen(&self, options: &LoadOptions) -> Result<DecodedClip, String> {
        let loaded = match self {
            Self::File { path, bytes } => {
                audio::load_bytes(bytes, path, options).map_err(|error| error.to_string())?
            }
            Self::Synthetic { spec, index } => audio::from_waveform(synth::render(spec, *index), options)
                .map_err(|error| error.to_string())?,
        };
        let report = ClipReport {
            format: loaded.format.to_string(),
            rate_hz: loaded.native_rate_hz,
            channels: loaded.channels as usize,
            seconds: loaded.native_seconds,
            faults: loaded.faults.iter().map(ToString::to_string).collect(),
            ..ClipReport::default()
        };
        let cut_short = loaded.faults.iter().any(Fault::cuts_short);
        Ok(DecodedClip { wave: loaded.wave, levels: loaded.levels, cut_short, report })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_hears_the_part_that_is_used() {
        let heard = |offset_seconds: f64, seconds: f64, cut: Cut, length: f64| {
            let load = LoadOptions { offset_seconds, max_seconds: Some(seconds), cut, ..WHOLE_CLIPS };
            assert!(!hears_enough(&load, length));
            let LoadOptions { offset_seconds, max_seconds, cut, .. } = around(&load, length);
            assert_eq!((max_seconds, cut), (Some(30.0), Cut::Start));
            offset_seconds
        };
        assert_eq!(heard(60.0, 10.0, Cut::Start, 200.0), 50.0);
        assert_eq!(heard(0.0, 10.0, Cut::Middle, 200.0), 85.0);
        assert_eq!(heard(100.0, 10.0, Cut::Middle, 200.0), 135.0);
        // Not before the first second, nor beyond the last.
        assert_eq!(heard(2.0, 10.0, Cut::Start, 200.0), 0.0);
        assert_eq!(heard(190.0, 10.0, Cut::Start, 200.0), 170.0);
        assert_eq!(heard(12.0, 3.0, Cut::Start, 20.0), 0.0);
    }

    #[test]
    fn what_is_heard_of_a_clip_begins_at_the_offset() {
        let load = LoadOptions { offset_seconds: 30.0, ..WHOLE_CLIPS };
        assert_eq!(median_heard_seconds(&load, vec![40.0, 90.0, 31.0]), Some(10.0));
        let part = LoadOptions { max_seconds: Some(5.0), ..load };
        assert_eq!(median_heard_seconds(&part, vec![40.0]), Some(5.0));
        assert_eq!(median_heard_seconds(&load, Vec::new()), None);
        assert!(hears_enough(&WHOLE_CLIPS, 40.0) && !hears_enough(&load, 40.0));
    }
}
