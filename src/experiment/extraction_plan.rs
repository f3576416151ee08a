//! A checked `features = { … }`, ready to be extracted.

use std::sync::Arc;

use super::clip_sound::{DecodedClip, load_definition};
use super::feature_spec::{EMBEDDING_KEYS, HEARING_KEYS};
use super::{ExperimentError, FeatureSpec};
use crate::audio::{LoadOptions, PERTURBATION_VERSION, Perturbation, Waveform};
use crate::embeddings::{self, Embedder};
use crate::features::analysis::{Analysis, FFT_SAMPLES, HOP_SAMPLES, Spectrum};
use crate::features::{FeatureError, FeaturePlan, Statistic, extract, extract_from};
use crate::inspection::{Fingerprint, Sound};
use crate::random::Draws;

/// Which features, of which part of each clip.
#[derive(Debug, Clone)]
pub struct ExtractionPlan {
    pub features: Recipe,
    pub load: LoadOptions,
    /// What is done to the sound before, and the seed of its noise.
    pub perturb: Option<(Perturbation, u64)>,
}

/// How a clip's sound becomes one row.
#[derive(Debug, Clone)]
pub enum Recipe {
    Features(FeaturePlan),
    Embedding(Arc<Embedder>),
}

impl Recipe {
    /// The names of the numbers it gives, in order.
    pub fn columns(&self) -> Vec<String> {
        match self {
            Self::Features(plan) => plan.columns(),
            Self::Embedding(embedder) => embedder.columns(),
        }
    }

    /// What the spectrogram of so many samples takes of memory meanwhile.
    pub fn spectrogram_bytes(&self, samples: usize) -> u64 {
        let a_bin = match self {
            Self::Features(plan) if plan.spectrum() == Spectrum::Complex => 12,
            Self::Features(plan) if plan.spectrum() == Spectrum::Magnitude => 4,
            _ => 0,
        };
        ((1 + samples / HOP_SAMPLES) * (FFT_SAMPLES / 2 + 1) * a_bin) as u64
    }

    /// One number a column, or why not.
    pub fn extract(&self, wave: &Waveform) -> Result<Vec<f64>, String> {
        match self {
            Self::Features(plan) => extract(wave, plan).map_err(|error| error.to_string()),
            Self::Embedding(embedder) => embedder.clip(wave).map_err(|error| error.to_string()),
        }
    }

    /// The same, and what the clip sounds like, of one spectrum where the features have a fitting one.
    pub fn extract_and_inspect(&self, heard: &DecodedClip) -> Result<(Vec<f64>, Sound), String> {
        let wave = &heard.wave;
        match self {
            Self::Features(plan)
                if plan.spectrum() >= Spectrum::Magnitude && wave.rate_hz == plan.rate_hz =>
            {
                let of = |error: FeatureError| error.to_string();
                let analysis = Analysis::new(wave, plan.spectrum()).map_err(of)?;
                let fits = Fingerprint::fits(wave.rate_hz, FFT_SAMPLES, HOP_SAMPLES);
                let sound = heard.sound(fits.then(|| analysis.magnitude().view()));
                Ok((extract_from(&analysis, plan).map_err(of)?, sound))
            }
            _ => Ok((self.extract(wave)?, heard.sound(None))),
        }
    }

    fn definition(&self) -> String {
        match self {
            Self::Features(plan) => plan.definition(),
            Self::Embedding(embedder) => embedder.definition().to_string(),
        }
    }
}

impl ExtractionPlan {
    /// Opens the weights of an embedding too.
    pub fn from_spec(spec: &FeatureSpec) -> Result<Self, ExperimentError> {
        let choice = || ExperimentError::Choice { message: "no features are asked for".to_string() };
        Self::read(spec, false)?.ok_or_else(choice)
    }

    /// The plan where it needs no file; an embedding's choice is checked as far as it goes without its weights.
    pub fn check(spec: &FeatureSpec) -> Result<Option<Self>, ExperimentError> {
        Self::read(spec, true)
    }

    fn read(spec: &FeatureSpec, check_only: bool) -> Result<Option<Self>, ExperimentError> {
        let choice = |message: &str| ExperimentError::Choice { message: message.to_string() };
        if spec.embedding.is_none()
            && let Some(key) = spec.said_of(&EMBEDDING_KEYS)
        {
            let advice = "name one with embedding = \"…\" (--embedding)";
            return Err(choice(&format!("{key} goes with an embedding; {advice}")));
        }
        if spec.augment.is_some() || spec.mel.is_some() || spec.beside.is_some() {
            return Err(choice(
                "augment, mel and beside go with `frames`, of which networks are made; leave them out, or say e.g. frames = \"log_mel\"",
            ));
        }
        if spec.embedding.as_deref() == Some("table")
            && let Some(key) = spec.said_of(&HEARING_KEYS)
        {
            let why = "what it holds was computed of whole clips or of parts of its author's choice";
            return Err(choice(&format!("{key} does not go with the embedding `table`: {why}")));
        }
        let features = match (&spec.set, &spec.list) {
            (set, list) if spec.embedding.is_some() => {
                if set.is_some() || list.is_some() || spec.statistics.is_some() {
                    return Err(choice("an embedding stands alone, without set, list or statistics"));
                }
                None
            }
            (Some(_), None) if spec.statistics.is_some() => {
                return Err(choice("a set has its own statistics; statistics go with single features only"));
            }
            (Some(set), None) => Some(FeaturePlan::from_set(set)?),
            (None, Some(list)) => {
                let named = spec.statistics.iter().flatten().map(|name| name.parse::<Statistic>());
                let named = named.collect::<Result<Vec<_>, _>>()?;
                let statistics = if spec.statistics.is_some() { &named } else { Statistic::ALL };
                Some(FeaturePlan::from_list(list, statistics)?)
            }
            _ => {
                return Err(choice(
                    "say which features: set = \"mipt\", list = [\"mfcc\", \"tempo\"], or embedding = \"musicnn-msd\"",
                ));
            }
        };
        let mut load = spec.load_options()?;
        let features = match (features, spec.embedding_choice()) {
            (Some(plan), _) => Recipe::Features(plan.at_rate_hz(spec.rate_hz)),
            (None, Some(chosen)) if check_only => {
                embeddings::check(&chosen)?;
                return Ok(None);
            }
            (None, chosen) => {
                let embedder = Embedder::open(&chosen.unwrap_or_default())?;
                load.rate_hz = Some(embedder.rate_hz());
                Recipe::Embedding(Arc::new(embedder))
            }
        };
        Ok(Some(Self { features, load, perturb: None }))
    }

    /// All that decides a row of the table apart from the audio; names cache entries.
    pub fn definition(&self) -> String {
        let worse = self.perturb.map_or_else(String::new, |(perturbation, seed)| {
            format!("\nperturbed v{PERTURBATION_VERSION} {perturbation} seed={seed}")
        });
        format!("{}\n{}{worse}", load_definition(&self.load), self.features.definition())
    }

    /// The sound as the features are to hear it; noise is drawn by the file's hash, so that it is the clip's own.
    pub fn perturbed(&self, wave: Waveform, audio: &str) -> Result<Waveform, String> {
        match &self.perturb {
            Some((perturbation, seed)) => {
                perturbation.apply(&wave, &mut Draws::new(*seed, &format!("perturb {audio}")))
            }
            None => Ok(wave),
        }
    }
}
