//! The size of a corpus, its seed, and what is refused.

use serde::{Deserialize, Serialize};

use super::recipes::GENRES;

/// Raised whenever any sample of any clip changes: a part of every cache key.
pub const SYNTH_VERSION: u32 = 1;

/// How much of the corpus is wanted. A clip's sound depends on `seed`, `seconds`, `rate_hz` and
/// `artists_per_genre` (which says whose clip it is), never on how many clips or genres there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SynthSpec {
    pub clips_per_genre: usize,
    pub seconds: f64,
    pub rate_hz: u32,
    pub genres: usize,
    pub artists_per_genre: usize,
    pub seed: u64,
    /// What stands for a data set's own division, artist by artist.
    pub official: Official,
}

/// A division as real data sets bring one; no artist stands on two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Official {
    #[default]
    None,
    /// Five folds, "1" to "5".
    Folds,
    /// The last artist is tested, the one before validates, the others are learned from.
    Sides,
}

impl Default for SynthSpec {
    fn default() -> Self {
        Self {
            clips_per_genre: 25,
            seconds: 6.0,
            rate_hz: 22050,
            genres: GENRES,
            artists_per_genre: 10,
            seed: 1,
            official: Official::None,
        }
    }
}

impl SynthSpec {
    pub fn validate(&self) -> Result<(), SynthError> {
        within("clips_per_genre", self.clips_per_genre as f64, 1.0, 100_000.0)?;
        within("seconds", self.seconds, 0.5, 600.0)?;
        within("rate_hz", f64::from(self.rate_hz), 8000.0, 48_000.0)?;
        within("genres", self.genres as f64, 2.0, GENRES as f64)?;
        within("artists_per_genre", self.artists_per_genre as f64, 1.0, 1000.0)?;
        match self.official {
            Official::None => Ok(()),
            Official::Folds => within("artists with clips", self.artists() as f64, 2.0, 1000.0),
            Official::Sides => within("artists with clips", self.artists() as f64, 3.0, 1000.0),
        }
    }

    /// Artists of a genre that have a clip.
    fn artists(&self) -> usize {
        self.artists_per_genre.min(self.clips_per_genre)
    }

    /// The fold or side of an artist's clips.
    pub(super) fn fold(&self, artist: usize) -> Option<String> {
        match self.official {
            Official::None => None,
            Official::Folds => Some((artist % 5 + 1).to_string()),
            Official::Sides if artist + 1 == self.artists() => Some("test".to_string()),
            Official::Sides if artist + 2 == self.artists() => Some("validation".to_string()),
            Official::Sides => Some("train".to_string()),
        }
    }

    pub fn clip_count(&self) -> usize {
        self.genres * self.clips_per_genre
    }

    /// What a clip's samples depend on besides its place: for cache keys.
    pub fn definition(&self) -> String {
        format!(
            "synth-{SYNTH_VERSION} seed={} seconds={} rate_hz={} artists_per_genre={}",
            self.seed, self.seconds, self.rate_hz, self.artists_per_genre
        )
    }
}

fn within(key: &'static str, value: f64, low: f64, high: f64) -> Result<(), SynthError> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(SynthError::Range { key, value, low, high }) }
}

/// What can go wrong with the synthetic corpus.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    #[error("synth: {key} is {value}; give a number from {low} to {high}")]
    Range { key: &'static str, value: f64, low: f64, high: f64 },
    #[error(
        "{} holds another synthetic corpus ({found}; wanted {wanted}); choose an empty folder, or remove that one first",
        path.display()
    )]
    AnotherCorpus { path: std::path::PathBuf, found: String, wanted: String },
    #[error(
        "{} is not a clip of this corpus, and would be taken for one; choose an empty folder, or remove that file first",
        path.display()
    )]
    StrayFile { path: std::path::PathBuf },
    #[error("cannot read {}: {source}; check that the folder exists and that you may read it", path.display())]
    Read { path: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Write(#[from] crate::disk::WriteError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_typos_and_wild_numbers_are_refused() {
        let spec: SynthSpec = toml::from_str("clips_per_genre = 3").unwrap();
        assert_eq!(spec, SynthSpec { clips_per_genre: 3, ..SynthSpec::default() });
        spec.validate().unwrap();
        let typo = toml::from_str::<SynthSpec>("clip_per_genre = 3").unwrap_err().to_string();
        assert!(typo.contains("clip_per_genre") && typo.contains("clips_per_genre"), "{typo}");
        for seconds in [0.1, 601.0, f64::NAN] {
            let message = SynthSpec { seconds, ..spec.clone() }.validate().unwrap_err().to_string();
            assert!(message.contains("seconds") && message.contains("600"), "{message}");
        }
        assert!(SynthSpec { genres: 9, ..spec.clone() }.validate().is_err());
        assert!(SynthSpec { clips_per_genre: 0, ..spec }.validate().is_err());
    }
}
