//! A checked `features = { frames = … }`: the matrices of a feature, of a mel spectrogram of one's own sizes, of an
//! embedding's patches, or of a file that somebody else computed; with altered copies for training where asked for.

use std::path::Path;

use ndarray::Array2;

use super::feature_spec::{CHOOSING_KEYS, EMBEDDING_KEYS, HEARING_KEYS, is_file};
use super::{ExperimentError, FeatureSpec};
use crate::audio::{self, Augmentation, LoadOptions, Waveform};
use crate::embeddings::{self, Choice, Embedder};
use crate::features::{self, MEL_FRAMES_VERSION, MelFrames, Output};
use crate::table::FrameTable;

/// `frames = "patches"`.
const PATCHES: &str = "patches";

/// Where a clip's matrix comes from, checked.
pub enum FrameSource {
    Feature(&'static str),
    Mel(MelFrames),
    /// An embedding's patches, one after the other.
    Patches(Embedder),
    File(FrameTable),
}

/// A checked `features = { frames = … }`.
pub struct FramePlan {
    pub source: FrameSource,
    pub load: LoadOptions,
    pub augment: Option<Augmentation>,
    definition: String,
}

impl FramePlan {
    /// Everything but the reading of a file of frames.
    pub fn check(spec: &FeatureSpec) -> Result<(), ExperimentError> {
        if let Some(key) = spec.said_of(&["set", "list", "statistics"]) {
            return refuse(format!(
                "`frames` stands alone, without {key}; features of a table beside it go into `beside = {{ … }}`"
            ));
        }
        if spec.beside.is_none()
            && let Some(key) = spec.said_of(&CHOOSING_KEYS)
        {
            return refuse(format!(
                "{key} chooses among the columns of `beside = {{ … }}`, and there is none"
            ));
        }
        if spec.beside.as_ref().is_some_and(|beside| beside.frames.is_some()) {
            return refuse(
                "`beside` holds features of a table, such as beside = { list = [\"mfcc\"] }".into(),
            );
        }
        let problem = spec.mel.as_ref().and_then(|mel| mel.check().err());
        let problem = problem.or_else(|| spec.augment.as_ref().and_then(|augment| augment.check().err()));
        if let Some(message) = problem {
            return refuse(message);
        }
        let name = spec.frames.as_deref().unwrap_or_default();
        match (spec.embedding_choice(), name == PATCHES) {
            (Some(chosen), true) => check_patches(spec, &chosen),
            (None, true) => {
                refuse(format!("frames = \"{PATCHES}\" are an embedding's; name it: embedding = \"vggish\""))
            }
            (Some(_), false) => refuse(format!(
                "an embedding's frames are frames = \"{PATCHES}\"; one that is to be a row goes into `beside`"
            )),
            (None, false) => check_own(spec, name),
        }
    }

    /// What `spec` asks for, checked; files it names are read.
    pub fn new(spec: &FeatureSpec) -> Result<Self, ExperimentError> {
        Self::check(spec)?;
        let name = spec.frames.as_deref().unwrap_or_default();
        let mut load = spec.load_options()?;
        let (source, what) = if is_file(name) {
            (FrameSource::File(FrameTable::read(Path::new(name))?), format!("frames of {name}"))
        } else if let Some(chosen) = spec.embedding_choice() {
            let embedder = Embedder::open(&chosen)?;
            load.rate_hz = Some(embedder.rate_hz());
            let what = format!("patches of {}", embedder.definition());
            (FrameSource::Patches(embedder), what)
        } else {
            match &spec.mel {
                Some(mel) => {
                    (FrameSource::Mel(mel.clone()), format!("mel frames v{MEL_FRAMES_VERSION} {mel:?}"))
                }
                None => {
                    let feature = features::find(name)?;
                    (FrameSource::Feature(feature.name), format!("frames of {name} v{}", feature.version))
                }
            }
        };
        let augment = spec.augment.clone();
        let definition = format!("audio v{} {load:?}\n{what}\naugment {augment:?}", audio::AUDIO_VERSION);
        Ok(Self { source, load, augment, definition })
    }

    /// All that decides the matrices apart from the audio.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// frames × bands of a piece of sound.
    pub fn matrix(&self, wave: &Waveform) -> Result<Array2<f32>, String> {
        match &self.source {
            FrameSource::Mel(mel) => mel.compute(wave).map_err(|error| error.to_string()),
            FrameSource::Feature(name) => features::frames(wave, name).map_err(|error| error.to_string()),
            FrameSource::Patches(embedder) => embedder.patches(wave).map_err(|error| error.to_string()),
            FrameSource::File(_) => Err("a file of frames has no sound".to_string()),
        }
    }
}

fn refuse(message: String) -> Result<(), ExperimentError> {
    Err(ExperimentError::Choice { message })
}

fn check_patches(spec: &FeatureSpec, chosen: &Choice) -> Result<(), ExperimentError> {
    embeddings::check(chosen)?;
    if chosen.name == "table" {
        return refuse("the matrices of a file are frames = \"FILE.npz\", without an embedding".to_string());
    }
    if let Some(key) = spec.said_of(&["mel", "pool"]) {
        let why = match key {
            "mel" => "it goes with frames = \"mel\"",
            _ => "a network is given the patches one after the other, not one row of them",
        };
        return refuse(format!("{key} does not go with frames = \"{PATCHES}\": {why}"));
    }
    spec.load_options().map(drop)
}

/// Frames of a feature, or of a file.
fn check_own(spec: &FeatureSpec, name: &str) -> Result<(), ExperimentError> {
    if let Some(key) = spec.said_of(&EMBEDDING_KEYS) {
        return refuse(format!(
            "{key} goes with an embedding, whose frames are frames = \"{PATCHES}\" with embedding = \"vggish\""
        ));
    }
    if is_file(name) {
        let of_sound = spec.said_of(&HEARING_KEYS).or_else(|| spec.said_of(&["mel", "augment"]));
        return match of_sound {
            Some(key) => refuse(format!("`{name}` already holds frames; {key} goes with sound")),
            None => Ok(()),
        };
    }
    if spec.mel.is_some() && name != "mel" {
        return refuse("`mel = { … }` goes with frames = \"mel\"".to_string());
    }
    if let Output::Scalars { .. } = features::find(name)?.output {
        return refuse(format!("`{name}` has no frames; `genrebench list features -v` shows which have"));
    }
    spec.load_options().map(drop)
}
