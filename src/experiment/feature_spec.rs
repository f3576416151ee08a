//! `features = { … }` of an experiment: which features, of which part of a clip.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ExperimentError;
use crate::audio::{Augmentation, Cut, LoadOptions};
use crate::disk::starting_at;
use crate::embeddings::{Activation, Choice, Pool, Postprocess, Short};
use crate::features::MelFrames;

/// Keys that say how clips are heard.
pub const HEARING_KEYS: [&str; 4] = ["rate_hz", "offset_seconds", "seconds", "cut"];
/// Keys that go with an embedding.
pub const EMBEDDING_KEYS: [&str; 9] =
    ["weights", "layer", "pool", "short", "legacy", "activation", "postprocess", "pca", "front_end"];
/// Keys that choose among columns which are there anyway.
pub const CHOOSING_KEYS: [&str; 3] = ["columns", "groups", "without"];

/// Which features, of which part of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureSpec {
    /// A named set (`genrebench list sets`).
    pub set: Option<String>,
    /// Or features by name (`genrebench list features`).
    pub list: Option<Vec<String>>,
    /// Or an embedding by name (`genrebench list embeddings`); the last keys go with it.
    pub embedding: Option<String>,
    /// Statistics for `list`; all seven when silent.
    pub statistics: Option<Vec<String>>,
    /// Of these, the columns to use; all when silent. `mfcc*` takes every column that so begins.
    pub columns: Option<Vec<String>>,
    /// Of these, the columns of these features (`mfcc`, `tonnetz`) to use; all when silent.
    pub groups: Option<Vec<String>>,
    /// The columns of these features are left out.
    pub without: Option<Vec<String>>,
    /// Instead of numbers a clip, the matrix a clip that networks take: a feature's (`log_mel`), an embedding's
    /// `patches`, or a file of frames.
    pub frames: Option<String>,
    /// Sizes of one's own for `frames = "mel"`.
    pub mel: Option<MelFrames>,
    /// Altered copies of the training clips, made of the sound.
    pub augment: Option<Augmentation>,
    /// Numbers a clip beside its matrix, for networks that take both.
    pub beside: Option<Box<FeatureSpec>>,
    pub rate_hz: u32,
    pub offset_seconds: f64,
    /// Longer clips are cut to this length; shorter ones are used as they are.
    pub seconds: Option<f64>,
    /// Which part of a longer clip is kept.
    pub cut: Cut,
    /// An embedding's weights, or the file of the embedding `table`.
    pub weights: Option<PathBuf>,
    /// Which layer of it; the first one listed when silent.
    pub layer: Option<String>,
    /// How the patches of a clip become one row.
    pub pool: Pool,
    /// What becomes of a clip shorter than one patch.
    pub short: Short,
    /// musicnn: repeat the published package's fault.
    pub legacy: bool,
    /// VGGish: what follows its last layer.
    pub activation: Activation,
    pub postprocess: Postprocess,
    /// VGGish: the file of the PCA, where it is not part of the weights.
    pub pca: Option<PathBuf>,
    /// ONNX: the TOML of the network's front end.
    pub front_end: Option<PathBuf>,
}

impl Default for FeatureSpec {
    fn default() -> Self {
        Self {
            set: None,
            list: None,
            embedding: None,
            statistics: None,
            columns: None,
            groups: None,
            without: None,
            frames: None,
            mel: None,
            augment: None,
            beside: None,
            rate_hz: 22_050,
            offset_seconds: 0.0,
            seconds: None,
            cut: Cut::Start,
            weights: None,
            layer: None,
            pool: Pool::Mean,
            short: Short::Refuse,
            legacy: false,
            activation: Activation::None,
            postprocess: Postprocess::None,
            pca: None,
            front_end: None,
        }
    }
}

impl FeatureSpec {
    /// Whether it gives a matrix a clip.
    pub fn has_frames(&self) -> bool {
        self.frames.is_some()
    }

    /// Whether it gives numbers a clip, alone or beside a matrix.
    pub fn has_columns(&self) -> bool {
        self.frames.is_none() || self.beside.is_some()
    }

    /// The embedding that is asked for, if one is.
    pub fn embedding_choice(&self) -> Option<Choice> {
        let name = self.embedding.clone()?;
        Some(Choice {
            name,
            weights: self.weights.clone(),
            layer: self.layer.clone(),
            pool: self.pool,
            short: self.short,
            legacy: self.legacy,
            activation: self.activation,
            postprocess: self.postprocess,
            pca: self.pca.clone(),
            front_end: self.front_end.clone(),
        })
    }

    /// The keys that say anything else than silence would, in the order in which they stand above.
    pub fn said(&self) -> Vec<&'static str> {
        // Taken apart, so that the compiler asks for a key that is added above.
        let Self {
            set,
            list,
            embedding,
            statistics,
            columns,
            groups,
            without,
            frames,
            mel,
            augment,
            beside,
            rate_hz,
            offset_seconds,
            seconds,
            cut,
            weights,
            layer,
            pool,
            short,
            legacy,
            activation,
            postprocess,
            pca,
            front_end,
        } = self;
        let silent = Self::default();
        let keys = [
            ("set", *set != silent.set),
            ("list", *list != silent.list),
            ("embedding", *embedding != silent.embedding),
            ("statistics", *statistics != silent.statistics),
            ("columns", *columns != silent.columns),
            ("groups", *groups != silent.groups),
            ("without", *without != silent.without),
            ("frames", *frames != silent.frames),
            ("mel", *mel != silent.mel),
            ("augment", *augment != silent.augment),
            ("beside", *beside != silent.beside),
            ("rate_hz", *rate_hz != silent.rate_hz),
            ("offset_seconds", *offset_seconds != silent.offset_seconds),
            ("seconds", *seconds != silent.seconds),
            ("cut", *cut != silent.cut),
            ("weights", *weights != silent.weights),
            ("layer", *layer != silent.layer),
            ("pool", *pool != silent.pool),
            ("short", *short != silent.short),
            ("legacy", *legacy != silent.legacy),
            ("activation", *activation != silent.activation),
            ("postprocess", *postprocess != silent.postprocess),
            ("pca", *pca != silent.pca),
            ("front_end", *front_end != silent.front_end),
        ];
        keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }

    /// The first of these keys that does so.
    pub fn said_of(&self, keys: &[&str]) -> Option<&'static str> {
        self.said().into_iter().find(|said| keys.contains(said))
    }

    /// The part of a clip that is wanted, and its rate.
    pub fn load_options(&self) -> Result<LoadOptions, ExperimentError> {
        let refuse = |message: &str| Err(ExperimentError::Choice { message: message.to_string() });
        if !(self.offset_seconds >= 0.0 && self.offset_seconds.is_finite()) {
            return refuse("the offset must be a number of seconds, 0 or more");
        }
        if self.seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds.is_finite())) {
            return refuse("seconds must be a length above 0, such as 30");
        }
        if !(1000..=768_000).contains(&self.rate_hz) {
            return refuse("rate_hz must lie between 1000 and 768000");
        }
        Ok(LoadOptions {
            rate_hz: Some(self.rate_hz),
            offset_seconds: self.offset_seconds,
            max_seconds: self.seconds,
            cut: self.cut,
        })
    }

    /// Paths start at `base`.
    pub fn resolve_paths(&mut self, base: &Path) {
        for path in [&mut self.weights, &mut self.pca, &mut self.front_end].into_iter().flatten() {
            *path = starting_at(base, &*path);
        }
        if let Some(frames) = self.frames.as_mut().filter(|frames| is_file(frames)) {
            *frames = starting_at(base, &*frames).display().to_string();
        }
        if let Some(beside) = &mut self.beside {
            beside.resolve_paths(base);
        }
    }

    /// The same features with every column.
    pub fn whole(&self) -> Self {
        Self { columns: None, groups: None, without: None, ..self.clone() }
    }
}

/// Whether `frames = "…"` names a file rather than a feature.
pub fn is_file(name: &str) -> bool {
    name.ends_with(".npz") || name.ends_with(".parquet")
}
