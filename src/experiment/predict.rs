//! Any song through a saved model: its class, probabilities, and how they change over time.
//!
//! Without segments a song is heard as the training clips were (same part, same length). With them it is cut into
//! windows of `seconds`, one every `hop` (a last piece shorter than half a window is left out, unless it is all there
//! is); each window is classified, the song's probabilities are their mean and its class the highest, or the class
//! with the most windows where the model has no probabilities. Ties go to the first class.

use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;

use super::clip_sound::Source;
use super::model_file::SavedModel;
use super::{ExperimentError, ExtractionPlan, Observer};
use crate::audio::{Cut, LoadOptions, Waveform};
use crate::datasets::{Catalog, Clip};
use crate::guarded::guarded;

/// Windows over a song.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Windows {
    pub seconds: f64,
    pub hop: f64,
}

/// What the model says of a song.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heard {
    pub file: String,
    /// Length of the whole file.
    pub seconds: f64,
    pub label: String,
    /// One a class, in the order of the model's classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<f64>>,
    /// Windows won by each class; empty without windows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Segment>,
    /// Damage that was worked around.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Index among the classes.
    pub class: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<f64>>,
}

/// Clip and reason.
pub type LeftOut = Vec<(String, String)>;

/// Every clip of `catalog` in its order; clip and reason of those that could not be heard.
pub fn predict(
    model: &SavedModel,
    catalog: &Catalog,
    windows: Option<Windows>,
    observer: &dyn Observer,
) -> Result<(Vec<Heard>, LeftOut), ExperimentError> {
    let listener = Listener::new(model, windows)?;
    observer.begin("listening", catalog.clips.len());
    let outcomes: Vec<Result<Heard, (String, String)>> = catalog
        .clips
        .par_iter()
        .map(|clip| {
            // A forged model file may hold what no fit gives.
            let heard = guarded(|| listener.hear(catalog, clip))
                .unwrap_or_else(|panic| Err(format!("the model broke off: {panic}")));
            observer.step();
            heard.map_err(|reason| (clip.id.clone(), reason))
        })
        .collect();
    observer.end();
    let (mut heard, mut unusable) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(one) => heard.push(one),
            Err(left_out) => unusable.push(left_out),
        }
    }
    Ok((heard, unusable))
}

struct Listener<'a> {
    model: &'a SavedModel,
    plan: ExtractionPlan,
    load: LoadOptions,
    windows: Option<Windows>,
    /// Where the model's columns stand among the plan's.
    places: Vec<usize>,
}

impl<'a> Listener<'a> {
    fn new(model: &'a SavedModel, windows: Option<Windows>) -> Result<Self, ExperimentError> {
        let plan = model.plan()?;
        let columns = plan.features.columns();
        let places = model.header.columns.iter().map(|name| {
            columns.iter().position(|column| column == name).ok_or_else(|| ExperimentError::Choice {
                message: format!("the model asks for a column `{name}`, which its features do not give"),
            })
        });
        let places = places.collect::<Result<_, _>>()?;
        let load = match windows {
            Some(_) => LoadOptions { max_seconds: None, cut: Cut::Start, offset_seconds: 0.0, ..plan.load },
            None => plan.load,
        };
        Ok(Self { model, plan, load, windows, places })
    }

    fn hear(&self, catalog: &Catalog, clip: &Clip) -> Result<Heard, String> {
        let (wave, report) = Source::open(catalog, clip)?.load(&self.load)?;
        let pieces = self.windows.map(|windows| cut(&wave, windows));
        let rows: Vec<Vec<f64>> = match &pieces {
            None => vec![self.row(&wave)?],
            Some(pieces) => {
                let part = |piece: &(usize, usize)| Waveform {
                    samples: wave.samples[piece.0..piece.1].to_vec(),
                    rate_hz: wave.rate_hz,
                };
                pieces.par_iter().map(|piece| self.row(&part(piece))).collect::<Result<_, _>>()?
            }
        };
        let width = self.places.len();
        let x =
            Array2::from_shape_vec((rows.len(), width), rows.concat()).map_err(|error| error.to_string())?;
        let x = self.model.prepare.apply(x.view());
        let predicted = self.model.model.predict(x.view()).map_err(|error| error.to_string())?;
        let parts = self.model.model.probabilities(x.view()).map_err(|error| error.to_string())?;
        let parts: Option<Vec<Vec<f64>>> =
            parts.map(|table| table.outer_iter().map(|row| row.to_vec()).collect());
        let classes = &self.model.header.classes;
        if predicted.iter().any(|class| *class >= classes.len())
            || parts.iter().flatten().any(|row| row.len() != classes.len())
        {
            return Err("the model names a class that its file does not".to_string());
        }
        let mean = parts.as_ref().map(|parts| {
            let sum = |class: usize| parts.iter().map(|row| row[class]).sum::<f64>() / parts.len() as f64;
            (0..classes.len()).map(sum).collect::<Vec<f64>>()
        });
        let votes: Vec<usize> = (0..classes.len())
            .map(|class| predicted.iter().filter(|predicted| **predicted == class).count())
            .collect();
        let class = match (&mean, predicted.as_slice()) {
            (_, [one]) => *one,
            (Some(mean), _) => first_largest(mean),
            (None, _) => first_largest(&votes),
        };
        let rate = f64::from(wave.rate_hz);
        let segments = pieces.iter().flatten().enumerate().map(|(place, (start, end))| Segment {
            start_seconds: *start as f64 / rate,
            end_seconds: *end as f64 / rate,
            class: predicted[place],
            probabilities: parts.as_ref().map(|parts| parts[place].clone()),
        });
        Ok(Heard {
            file: clip.id.clone(),
            seconds: report.seconds,
            label: classes[class].clone(),
            probabilities: mean,
            votes: if pieces.is_some() { votes } else { Vec::new() },
            segments: segments.collect(),
            faults: report.faults,
        })
    }

    /// The model's columns of a piece of sound.
    fn row(&self, wave: &Waveform) -> Result<Vec<f64>, String> {
        let values = self.plan.features.extract(wave)?;
        let row: Vec<f64> = self.places.iter().map(|place| values[*place]).collect();
        let imputes = self.model.header.prepare.iter().any(|step| step == "impute");
        let wrong = |value: &f64| if imputes { value.is_infinite() } else { !value.is_finite() };
        match row.iter().position(wrong) {
            None => Ok(row),
            Some(place) => Err(format!("its {} is {}", self.model.header.columns[place], row[place])),
        }
    }
}

/// First and last sample of each window.
fn cut(wave: &Waveform, windows: Windows) -> Vec<(usize, usize)> {
    let samples = |seconds: f64| ((seconds * f64::from(wave.rate_hz)).round() as usize).max(1);
    let (length, hop, all) = (samples(windows.seconds), samples(windows.hop), wave.samples.len());
    let whole = (0..all).step_by(hop).map(|start| (start, all.min(start + length)));
    let mut pieces: Vec<(usize, usize)> = whole.filter(|(start, end)| 2 * (end - start) >= length).collect();
    if pieces.is_empty() {
        pieces.push((0, all));
    }
    // Windows that begin ever later in the same last piece say nothing new.
    let last_needed = pieces.iter().position(|(_, end)| *end == all);
    pieces.truncate(last_needed.map_or(pieces.len(), |place| place + 1));
    pieces
}

fn first_largest<T: PartialOrd + Copy>(values: &[T]) -> usize {
    let larger = |best: usize, place: usize| if values[place] > values[best] { place } else { best };
    (1..values.len()).fold(0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_a_song_and_a_short_rest_is_left_out() {
        let wave = |samples: usize| Waveform { samples: vec![0.0; samples], rate_hz: 10 };
        let cut = |samples, seconds, hop| cut(&wave(samples), Windows { seconds, hop });
        assert_eq!(cut(100, 5.0, 5.0), [(0, 50), (50, 100)]);
        assert_eq!(cut(120, 5.0, 5.0), [(0, 50), (50, 100)]);
        assert_eq!(cut(130, 5.0, 5.0), [(0, 50), (50, 100), (100, 130)]);
        assert_eq!(cut(12, 5.0, 5.0), [(0, 12)]);
        assert_eq!(cut(100, 5.0, 2.5), [(0, 50), (25, 75), (50, 100)]);
        assert_eq!(first_largest(&[1, 3, 3]), 1);
    }
}
