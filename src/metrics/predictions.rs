//! What a classifier said of a test side, and the checks that every score rests on.

use serde::{Deserialize, Serialize};

/// What a classifier said of a test side: parallel vectors, one entry a clip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predictions {
    pub clip_ids: Vec<String>,
    /// Class names in index order.
    pub classes: Vec<String>,
    pub truth: Vec<usize>,
    pub predicted: Vec<usize>,
    /// Clips × classes, where the model gives probabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<Vec<f64>>>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricsError {
    #[error("there are {clips} clips, but {what} has {found} entries; the record is damaged or was edited")]
    Lengths { clips: usize, what: &'static str, found: usize },

    #[error("clip {clip}: {what} is class {index}, but there are {classes} classes")]
    ClassOutOfRange { clip: String, what: &'static str, index: usize, classes: usize },

    #[error("clip {clip} has {found} probabilities for {classes} classes")]
    ProbabilityCount { clip: String, found: usize, classes: usize },

    #[error("clip {clip} has probability {value} for class {class}; a probability lies between 0 and 1")]
    NotAProbability { clip: String, class: usize, value: f64 },

    #[error("clip {clip}: its probabilities sum to {sum}, not 1")]
    ProbabilitySum { clip: String, sum: f64 },

    #[error("there are no clips to score")]
    NoClips,

    #[error("metric `{metric}` has no value here{}", if *.probabilities { ": it needs probabilities, and the model gives none" } else { "" })]
    NoValue { metric: &'static str, probabilities: bool },

    #[error("an interval needs one draw or more")]
    NoDraws,
}

impl Predictions {
    /// Adds the clips of another test side over the same classes; probabilities stay only if both have them.
    pub fn append(&mut self, other: &Self) {
        self.clip_ids.extend_from_slice(&other.clip_ids);
        self.truth.extend_from_slice(&other.truth);
        self.predicted.extend_from_slice(&other.predicted);
        self.probabilities = match (self.probabilities.take(), &other.probabilities) {
            (Some(mut ours), Some(theirs)) => {
                ours.extend_from_slice(theirs);
                Some(ours)
            }
            _ => None,
        };
    }

    /// Clips in the order of their ids.
    pub fn sort_by_clip(&mut self) {
        let mut order: Vec<usize> = (0..self.clip_ids.len()).collect();
        order.sort_by_key(|&clip| &self.clip_ids[clip]);
        self.truth = order.iter().map(|&clip| self.truth[clip]).collect();
        self.predicted = order.iter().map(|&clip| self.predicted[clip]).collect();
        self.probabilities =
            self.probabilities.as_ref().map(|rows| order.iter().map(|&clip| rows[clip].clone()).collect());
        self.clip_ids = order.iter().map(|&clip| self.clip_ids[clip].clone()).collect();
    }

    /// Lengths agree, indices are classes, probabilities are probabilities.
    pub fn check(&self) -> Result<(), MetricsError> {
        let clips = self.truth.len();
        let classes = self.classes.len();
        let rows = self.probabilities.as_ref().map_or(clips, Vec::len);
        for (what, found) in [
            ("`clip_ids`", self.clip_ids.len()),
            ("`predicted`", self.predicted.len()),
            ("`probabilities`", rows),
        ] {
            if found != clips {
                return Err(MetricsError::Lengths { clips, what, found });
            }
        }
        for (what, side) in [("the truth", &self.truth), ("the prediction", &self.predicted)] {
            if let Some(place) = side.iter().position(|index| *index >= classes) {
                let clip = self.clip_ids[place].clone();
                return Err(MetricsError::ClassOutOfRange { clip, what, index: side[place], classes });
            }
        }
        for (clip, row) in self.clip_ids.iter().zip(self.probabilities.iter().flatten()) {
            if row.len() != classes {
                return Err(MetricsError::ProbabilityCount { clip: clip.clone(), found: row.len(), classes });
            }
            if let Some(class) = row.iter().position(|value| !(0.0..=1.0).contains(value)) {
                return Err(MetricsError::NotAProbability { clip: clip.clone(), class, value: row[class] });
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > 1e-6 {
                return Err(MetricsError::ProbabilitySum { clip: clip.clone(), sum });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Predictions {
        Predictions {
            clip_ids: vec!["a".into(), "b".into()],
            classes: vec!["rock".into(), "jazz".into()],
            truth: vec![0, 1],
            predicted: vec![0, 0],
            probabilities: Some(vec![vec![0.75, 0.25], vec![0.5, 0.5]]),
        }
    }

    #[test]
    fn every_kind_of_damage_is_named() {
        assert_eq!(good().check(), Ok(()));
        let damaged = |damage: fn(&mut Predictions)| {
            let mut predictions = good();
            damage(&mut predictions);
            predictions.check().unwrap_err().to_string()
        };
        assert!(damaged(|p| p.predicted.truncate(1)).contains("`predicted` has 1"));
        assert!(damaged(|p| p.clip_ids.clear()).contains("`clip_ids` has 0"));
        assert!(damaged(|p| p.predicted[1] = 2).contains("clip b: the prediction is class 2"));
        assert!(damaged(|p| p.probabilities.as_mut().unwrap()[0].truncate(1)).contains("1 probabilities"));
        assert!(damaged(|p| p.probabilities.as_mut().unwrap()[0][1] = f64::NAN).contains("NaN"));
        assert!(damaged(|p| p.probabilities.as_mut().unwrap()[1][1] = 0.25).contains("sum to 0.75"));
    }

    #[test]
    fn the_record_comes_back_as_it_was() {
        let text = serde_json::to_string(&good()).unwrap();
        assert_eq!(serde_json::from_str::<Predictions>(&text).unwrap(), good());
    }
}
