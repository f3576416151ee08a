//! How a run may differ from its experiment as written, as the command line says it and the record keeps it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::models::Device;

/// `synth`, `synth:CLIPS` or `synth:CLIPS:SECONDS`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StandIn {
    pub clips_per_genre: Option<usize>,
    pub seconds: Option<f64>,
}

/// How a run differs from its experiment as written; kept in the run's record.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Otherwise {
    pub stand_in: Option<StandIn>,
    #[serde(default)]
    pub quick: bool,
    /// What networks are trained on, whatever the experiment says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
}

impl Otherwise {
    /// Whether it does not differ.
    pub fn is_as_written(&self) -> bool {
        *self == Self::default()
    }
}

impl FromStr for StandIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        if parts.next() != Some("synth") {
            return Err(format!("`{text}` is no stand-in; it is synth, synth:CLIPS or synth:CLIPS:SECONDS"));
        }
        let clips = parts.next().map(|clips| {
            let count = clips.parse().ok().filter(|count| (1..=100_000).contains(count));
            count.ok_or_else(|| format!("`{clips}` is no number of clips a genre, such as synth:10"))
        });
        let seconds = parts.next().map(|seconds| {
            let length = seconds.parse().ok().filter(|length| (0.5..=600.0).contains(length));
            length.ok_or_else(|| format!("`{seconds}` is no clip length from 0.5 to 600 seconds"))
        });
        if parts.next().is_some() {
            return Err(format!("`{text}` has too many parts; synth:CLIPS:SECONDS is the longest form"));
        }
        Ok(Self { clips_per_genre: clips.transpose()?, seconds: seconds.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_read_or_refused() {
        let read = |text: &str| text.parse::<StandIn>();
        assert_eq!(read("synth"), Ok(StandIn::default()));
        assert_eq!(read("synth:4:2.5"), Ok(StandIn { clips_per_genre: Some(4), seconds: Some(2.5) }));
        for wrong in ["sinth", "synth:", "synth:0", "synth:4:0.1", "synth:4:2:1", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
