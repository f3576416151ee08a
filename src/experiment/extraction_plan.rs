//! A checked `features = { … }`, ready to be extracted.

use std::sync::Arc;

use super::{ExperimentError, FeatureSpec};
use crate::audio::{self, LoadOptions, Waveform};
use crate::embeddings::{self, Embedder};
use crate::features::{FeaturePlan, Statistic, extract};

/// Which features, of which part of each clip.
#[derive(Debug, Clone)]
pub struct ExtractionPlan {
    pub features: Recipe,
    pub load: LoadOptions,
}

/// How a clip's sound becomes one row.
#[derive(Debug, Clone)]
pub enum Recipe {
    Features(FeaturePlan),
    Embedding(Arc<Embedder>),
}

impl Recipe {
    pub fn columns(&self) -> Vec<String> {
        match self {
            Self::Features(plan) => plan.columns(),
            Self::Embedding(embedder) => embedder.columns(),
        }
    }

    /// One number a column, or why not.
    pub fn extract(&self, wave: &Waveform) -> Result<Vec<f64>, String> {
        match self {
            Self::Features(plan) => extract(wave, plan).map_err(|error| error.to_string()),
            Self::Embedding(embedder) => embedder.clip(wave).map_err(|error| error.to_string()),
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
        if spec.embedding.is_none() && spec.has_embedding_keys() {
            return Err(choice(
                "weights, layer, pool, short, legacy, activation, postprocess, pca and front_end go with an embedding; name one with embedding = \"…\"",
            ));
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
        let mut load = LoadOptions {
            rate_hz: Some(spec.rate_hz),
            offset_seconds: spec.offset_seconds,
            max_seconds: spec.seconds,
            cut: spec.cut,
        };
        if !(load.offset_seconds >= 0.0 && load.offset_seconds.is_finite()) {
            return Err(choice("the offset must be a number of seconds, 0 or more"));
        }
        if load.max_seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds.is_finite())) {
            return Err(choice("seconds must be a length above 0, such as 30"));
        }
        if !(1000..=768_000).contains(&spec.rate_hz) {
            return Err(choice("rate_hz must lie between 1000 and 768000"));
        }
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
        Ok(Some(Self { features, load }))
    }

    /// All that decides a row of the table apart from the audio; names cache entries.
    pub fn definition(&self) -> String {
        let LoadOptions { rate_hz, offset_seconds, max_seconds, cut } = &self.load;
        format!(
            "audio v{} rate={rate_hz:?} offset={offset_seconds} max={max_seconds:?} cut={cut:?}\n{}",
            audio::AUDIO_VERSION,
            self.features.definition()
        )
    }
}
