//! Clips become matrices in memory, for rows whose features say `frames`: of a feature, of a mel spectrogram of one's
//! own sizes, or from a file that somebody else computed; with altered copies for training where asked for.

use std::path::Path;

use ndarray::Array2;
use rayon::prelude::*;

use super::clip_sound::{ClipSound, Source};
use super::extraction::Inspecting;
use super::{ClipReport, ExperimentError, FeatureSpec, Observer};
use crate::audio::{self, Augmentation, LoadOptions, Waveform};
use crate::datasets::{Catalog, Clip};
use crate::disk::Digester;
use crate::embeddings::{self, Embedder};
use crate::features::{self, MEL_FRAMES_VERSION, MelFrames, Output};
use crate::inspection::Sound;
use crate::random::Draws;
use crate::table::{FeatureTable, FrameTable};

/// The matrices of the clips of a table, in its order.
#[derive(Debug, Clone, Default)]
pub struct FrameSet {
    /// frames × bands.
    pub matrices: Vec<Array2<f32>>,
    /// Altered copies of each clip.
    pub copies: Vec<Vec<Array2<f32>>>,
}

impl FrameSet {
    /// These clips, in this order.
    pub fn rows(&self, rows: &[usize]) -> Self {
        let matrices = rows.iter().map(|&row| self.matrices[row].clone()).collect();
        Self { matrices, copies: rows.iter().map(|&row| self.copies[row].clone()).collect() }
    }

    /// All values, for the hash of a cell's inputs.
    pub fn digest(&self) -> String {
        let mut digester = Digester::default();
        for matrix in self.matrices.iter().chain(self.copies.iter().flatten()) {
            digester.add(format!("{:?}", matrix.dim()).as_bytes());
            let bytes: Vec<u8> = matrix.iter().flat_map(|value| value.to_le_bytes()).collect();
            digester.add(&bytes);
        }
        digester.digest()
    }
}

/// What became of the clips.
pub struct FrameExtraction {
    /// Places in the catalog of the clips that could be used.
    pub clips: Vec<usize>,
    pub set: FrameSet,
    pub reports: Vec<ClipReport>,
    /// Of the clips of `reports`, where they were asked for and were sound.
    pub sounds: Vec<ClipSound>,
    pub unusable: Vec<(String, String)>,
}

/// A clip's matrix, its altered copies, what was read, and what it sounds like.
struct OneClip {
    matrix: Array2<f32>,
    copies: Vec<Array2<f32>>,
    report: ClipReport,
    sound: Option<Sound>,
}

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
    source: FrameSource,
    load: LoadOptions,
    augment: Option<Augmentation>,
    definition: String,
}

impl FramePlan {
    /// Everything but the reading of a file of frames.
    pub fn check(spec: &FeatureSpec) -> Result<(), ExperimentError> {
        let choice = |message: String| Err(ExperimentError::Choice { message });
        if spec.set.is_some() || spec.list.is_some() || spec.statistics.is_some() || spec.columns.is_some() {
            return choice(
                "`frames` stands alone; features of a table beside it go into `beside = { … }`".into(),
            );
        }
        if spec.beside.as_ref().is_some_and(|beside| beside.frames.is_some()) {
            return choice(
                "`beside` holds features of a table, such as beside = { list = [\"mfcc\"] }".into(),
            );
        }
        let problem = spec.mel.as_ref().and_then(|mel| mel.check().err());
        let problem = problem.or_else(|| spec.augment.as_ref().and_then(|augment| augment.check().err()));
        if let Some(message) = problem {
            return choice(message);
        }
        let name = spec.frames.as_deref().unwrap_or_default();
        match (spec.embedding_choice(), name == PATCHES) {
            (Some(chosen), true) => {
                embeddings::check(&chosen)?;
                return Ok(());
            }
            (None, true) => {
                return choice(format!(
                    "frames = \"{PATCHES}\" are an embedding's; name it: embedding = \"vggish\""
                ));
            }
            (Some(_), false) => {
                return choice(format!(
                    "an embedding's frames are frames = \"{PATCHES}\"; one that is to be a row goes into `beside`"
                ));
            }
            (None, false) => {}
        }
        if is_file(name) {
            let of_sound = spec.heard_otherwise();
            let of_sound = of_sound.or(spec.mel.is_some().then_some("mel"));
            return match of_sound.or(spec.augment.is_some().then_some("augment")) {
                Some(key) => choice(format!("`{name}` already holds frames; {key} goes with sound")),
                None => Ok(()),
            };
        }
        if spec.mel.is_some() && name != "mel" {
            return choice("`mel = { … }` goes with frames = \"mel\"".to_string());
        }
        if let Output::Scalars { .. } = features::find(name)?.output {
            return choice(format!("`{name}` has no frames; `genrebench list features -v` shows which have"));
        }
        Ok(())
    }

    pub fn new(spec: &FeatureSpec) -> Result<Self, ExperimentError> {
        Self::check(spec)?;
        let name = spec.frames.as_deref().unwrap_or_default();
        let mut load = LoadOptions {
            rate_hz: Some(spec.rate_hz),
            offset_seconds: spec.offset_seconds,
            max_seconds: spec.seconds,
            cut: spec.cut,
        };
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

    pub fn definition(&self) -> &str {
        &self.definition
    }

    pub fn load(&self) -> &LoadOptions {
        &self.load
    }

    /// The matrices of every clip that can be used, in the catalog's order; `seed` is of the altered copies.
    pub fn extract(
        &self,
        catalog: &Catalog,
        seed: u64,
        inspecting: Inspecting,
        observer: &dyn Observer,
    ) -> Result<FrameExtraction, ExperimentError> {
        observer.begin("extracting frames", catalog.clips.len());
        let outcomes: Vec<Result<OneClip, String>> = catalog
            .clips
            .par_iter()
            .map(|clip| {
                let outcome = self.one(catalog, clip, seed, inspecting);
                observer.step();
                outcome
            })
            .collect();
        observer.end();
        let mut all = FrameExtraction {
            clips: Vec::new(),
            set: FrameSet::default(),
            reports: Vec::new(),
            sounds: Vec::new(),
            unusable: Vec::new(),
        };
        for (place, (clip, outcome)) in catalog.clips.iter().zip(outcomes).enumerate() {
            match outcome {
                Ok(OneClip { matrix, copies, report, sound }) => {
                    all.clips.push(place);
                    all.set.matrices.push(matrix);
                    all.set.copies.push(copies);
                    all.sounds.extend(sound.map(|sound| ClipSound { report: report.clone(), sound }));
                    all.reports.push(report);
                }
                Err(reason) => all.unusable.push((clip.id.clone(), reason)),
            }
        }
        match all.unusable.first() {
            Some((_, first)) if all.clips.is_empty() => {
                Err(ExperimentError::NothingUsable { clips: catalog.clips.len(), first: first.clone() })
            }
            _ => Ok(all),
        }
    }

    fn one(
        &self,
        catalog: &Catalog,
        clip: &Clip,
        seed: u64,
        inspecting: Inspecting,
    ) -> Result<OneClip, String> {
        if let FrameSource::File(table) = &self.source {
            let known = table.clips.iter().find(|known| known.clip_id == clip.id);
            let known = known.ok_or("the file of frames does not hold it")?;
            let report = ClipReport { clip_id: clip.id.clone(), ..ClipReport::default() };
            let matrix = known.frames.clone();
            return Ok(OneClip { matrix, copies: Vec::new(), report, sound: None });
        }
        let source = Source::open(catalog, clip)?;
        let digest = source.digest();
        let heard = source.listen(&self.load)?;
        let sound = (inspecting == Inspecting::Yes).then(|| source.sound(&self.load, &heard));
        let wave = heard.wave;
        let report = ClipReport { clip_id: clip.id.clone(), audio: digest, ..heard.report };
        let matrix = self.matrix(&wave)?;
        let augment = self.augment.as_ref();
        let copies = (0..augment.map_or(0, |augment| augment.copies)).map(|copy| {
            let mut draws = Draws::new(seed, &format!("copy {copy} of {}", clip.id));
            self.matrix(&augment.map_or(wave.clone(), |augment| augment.apply(&wave, &mut draws)))
        });
        Ok(OneClip { matrix, copies: copies.collect::<Result<_, _>>()?, report, sound })
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

/// The clips at these places of the catalog, without a column.
pub fn bare_table(catalog: &Catalog, clips: &[usize]) -> Result<FeatureTable, ExperimentError> {
    let of = |text: fn(&Clip) -> Option<String>| clips.iter().map(|&at| text(&catalog.clips[at])).collect();
    let named =
        |text: fn(&Clip) -> &String| clips.iter().map(|&at| text(&catalog.clips[at]).clone()).collect();
    Ok(FeatureTable::new(
        named(|clip| &clip.id),
        named(|clip| &clip.label),
        of(|clip| clip.group.clone()),
        of(|clip| clip.fold.clone()),
        Vec::new(),
        Array2::zeros((clips.len(), 0)),
    )?)
}

/// `frames = "patches"`.
const PATCHES: &str = "patches";

/// Whether `frames = "…"` names a file rather than a feature.
pub fn is_file(name: &str) -> bool {
    name.ends_with(".npz") || name.ends_with(".parquet")
}
