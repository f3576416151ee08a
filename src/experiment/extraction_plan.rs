//! A checked `features = { … }`, ready to be extracted.

use super::{ExperimentError, FeatureSpec};
use crate::audio::{self, LoadOptions};
use crate::features::{FeaturePlan, Statistic};

/// Which features, of which part of each clip.
#[derive(Debug, Clone)]
pub struct ExtractionPlan {
    pub features: FeaturePlan,
    pub load: LoadOptions,
}

impl ExtractionPlan {
    pub fn from_spec(spec: &FeatureSpec) -> Result<Self, ExperimentError> {
        let choice = |message: &str| ExperimentError::Choice { message: message.to_string() };
        let features = match (&spec.set, &spec.list) {
            (Some(_), None) if spec.statistics.is_some() => {
                return Err(choice("a set has its own statistics; statistics go with single features only"));
            }
            (Some(set), None) => FeaturePlan::from_set(set)?,
            (None, Some(list)) => {
                let named = spec.statistics.iter().flatten().map(|name| name.parse::<Statistic>());
                let named = named.collect::<Result<Vec<_>, _>>()?;
                FeaturePlan::from_list(list, if spec.statistics.is_some() { &named } else { Statistic::ALL })?
            }
            _ => {
                return Err(choice(
                    "say which features: either set = \"mipt\" or list = [\"mfcc\", \"tempo\"]",
                ));
            }
        };
        let load = LoadOptions {
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
        Ok(Self { features: features.at_rate_hz(spec.rate_hz), load })
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
