//! Any song through a saved model: its class, probabilities, and how they change over time.
//!
//! Without windows a song is heard as the training clips were (same part, same length); a network that hears it in
//! segments of its own says how they go. With them it is cut into windows of `seconds`, one every `hop` (a last piece
//! shorter than half a window is left out, unless it is all there is); each window is classified, the song's
//! probabilities are their mean and its class the highest, or the class with the most windows where the model has no
//! probabilities. Ties go to the first class.

use std::borrow::Cow;

use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;

use super::clip_sound::Source;
use super::every_clip::{LeftOut, of_every_clip};
use super::frame_plan::FramePlan;
use super::hearing_plan::HearingPlan;
use super::model_file::{SavedFit, SavedModel};
use super::{ExperimentError, Observer};
use crate::audio::{Cut, LoadOptions, Waveform};
use crate::datasets::{Catalog, Clip};
use crate::guarded::guarded;
use crate::models::{Clips, Fitted, SegmentAnswer, Trained, answers, argmax};

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

/// Every clip of `catalog` in its order; clip and reason of those that could not be heard.
pub fn predict(
    model: &SavedModel,
    catalog: &Catalog,
    windows: Option<Windows>,
    observer: &dyn Observer,
) -> Result<(Vec<Heard>, LeftOut), ExperimentError> {
    let listener = Listener::new(model, windows)?;
    let (heard, unusable) = of_every_clip("listening", catalog, observer, |clip| {
        // A forged model file may hold what no fit gives.
        guarded(|| listener.hear(catalog, clip))
            .unwrap_or_else(|panic| Err(format!("the model broke off: {panic}")))
    });
    Ok((heard.into_iter().map(|(_, one)| one).collect(), unusable))
}

/// A model, and what it needs of a song.
struct Listener<'a> {
    model: &'a SavedModel,
    plan: HearingPlan,
    windows: Option<Windows>,
    /// Where the model's columns stand among the plan's.
    places: Vec<usize>,
}

/// What was answered about pieces of a song.
struct Answered {
    /// Begin and end in seconds; one piece is the song as the model hears it.
    pieces: Vec<(f64, f64)>,
    predicted: Vec<usize>,
    probabilities: Option<Vec<Vec<f64>>>,
    /// The song's, where that is not their mean.
    whole: Option<Vec<f64>>,
}

impl<'a> Listener<'a> {
    fn new(model: &'a SavedModel, windows: Option<Windows>) -> Result<Self, ExperimentError> {
        let plan = model.plan()?;
        let columns = plan.columns.as_ref().map(|plan| plan.features.columns()).unwrap_or_default();
        let places = model.header.columns.iter().map(|name| {
            columns.iter().position(|column| column == name).ok_or_else(|| ExperimentError::Choice {
                message: format!("the model asks for a column `{name}`, which its features do not give"),
            })
        });
        let places = places.collect::<Result<_, _>>()?;
        Ok(Self { model, plan, windows, places })
    }

    fn hear(&self, catalog: &Catalog, clip: &Clip) -> Result<Heard, String> {
        let source = Source::open(catalog, clip)?;
        let columns = self.plan.columns.as_ref().map(|plan| self.pieces(&source, &plan.load)).transpose()?;
        let frames = self.plan.frames.as_ref().map(|plan| self.pieces(&source, &plan.load)).transpose()?;
        let first = frames.as_ref().or(columns.as_ref()).ok_or("the model hears nothing")?;
        let rows = match &columns {
            Some(heard) => self.rows(heard)?,
            None => Array2::zeros((first.pieces.len(), 0)),
        };
        let x = match &self.model.prepare {
            Some(prepare) => prepare.apply(rows.view()),
            None => rows,
        };
        let answered = match (&self.model.model, &self.plan.frames) {
            (SavedFit::Rows(fitted), _) => of_rows(fitted.as_ref(), &x, first)?,
            (SavedFit::Clips(trained), Some(plan)) => self.of_clips(trained.as_ref(), plan, &x, first)?,
            (SavedFit::Clips(_), None) => {
                return Err("the network is fed with frames, and its file names none".into());
            }
        };
        self.said(clip, answered, first)
    }

    /// The song, or its windows.
    fn pieces(&self, source: &Source<'_>, load: &LoadOptions) -> Result<HeardPieces, String> {
        let load = match self.windows {
            Some(_) => LoadOptions { max_seconds: None, cut: Cut::Start, offset_seconds: 0.0, ..*load },
            None => *load,
        };
        let (wave, report) = source.load(&load)?;
        let pieces = match self.windows {
            None => vec![(0, wave.samples.len())],
            Some(windows) => cut(&wave, windows),
        };
        Ok(HeardPieces { wave, pieces, seconds: report.seconds, faults: report.faults })
    }

    /// A network's answer to each window, or to each of its own segments.
    fn of_clips(
        &self,
        trained: &dyn Trained,
        plan: &FramePlan,
        x: &Array2<f64>,
        heard: &HeardPieces,
    ) -> Result<Answered, String> {
        let matrix = |piece: &(usize, usize)| plan.matrix(&heard.piece(*piece));
        let matrices = heard.pieces.par_iter().map(matrix).collect::<Result<Vec<_>, _>>()?;
        let frames = matrices.iter().map(|matrix| matrix.view()).collect();
        let clips = Clips { frames, table: (x.ncols() > 0).then_some(x.view()) };
        let answer = trained.answer(&clips).map_err(|error| error.to_string())?;
        let whole: Vec<Vec<f64>> = answer.probabilities.outer_iter().map(|row| row.to_vec()).collect();
        let (pieces, probabilities, whole) = match (self.windows, answer.segments.as_slice()) {
            (None, [segments]) if segments.len() > 1 => {
                let (_, end) = heard.seconds_of(heard.pieces[0]);
                let second = |frame: usize| end * (frame as f64 / matrices[0].nrows() as f64).min(1.0);
                let pieces = segments
                    .iter()
                    .map(|part| (second(part.first_frame), second(part.first_frame + part.frames)))
                    .collect();
                let wide = |part: &SegmentAnswer| part.probabilities.iter().map(|p| f64::from(*p)).collect();
                (pieces, segments.iter().map(wide).collect::<Vec<Vec<f64>>>(), whole.into_iter().next())
            }
            _ => (heard.in_seconds(), whole, None),
        };
        let predicted = probabilities.iter().map(|row| argmax(row)).collect();
        Ok(Answered { pieces, predicted, probabilities: Some(probabilities), whole })
    }

    fn said(&self, clip: &Clip, answered: Answered, heard: &HeardPieces) -> Result<Heard, String> {
        let Answered { pieces, predicted, probabilities, whole } = answered;
        let classes = &self.model.header.classes;
        if predicted.iter().any(|class| *class >= classes.len())
            || probabilities.iter().flatten().chain(&whole).any(|row| row.len() != classes.len())
        {
            return Err("the model names a class that its file does not".to_string());
        }
        let mean = whole.or_else(|| {
            let parts = probabilities.as_ref()?;
            let sum = |class: usize| parts.iter().map(|row| row[class]).sum::<f64>() / parts.len() as f64;
            Some((0..classes.len()).map(sum).collect::<Vec<f64>>())
        });
        let votes: Vec<usize> = (0..classes.len())
            .map(|class| predicted.iter().filter(|predicted| **predicted == class).count())
            .collect();
        let class = match (&mean, predicted.as_slice()) {
            (_, [one]) => *one,
            (Some(mean), _) => argmax(mean),
            (None, _) => argmax(&votes),
        };
        let by_piece = self.windows.is_some() || pieces.len() > 1;
        let segments = pieces.iter().enumerate().filter(|_| by_piece).map(|(place, (start, end))| Segment {
            start_seconds: *start,
            end_seconds: *end,
            class: predicted[place],
            probabilities: probabilities.as_ref().map(|parts| parts[place].clone()),
        });
        Ok(Heard {
            file: clip.id.clone(),
            seconds: heard.seconds,
            label: classes[class].clone(),
            probabilities: mean,
            votes: if by_piece { votes } else { Vec::new() },
            segments: segments.collect(),
            faults: heard.faults.clone(),
        })
    }

    /// The model's columns of each piece.
    fn rows(&self, heard: &HeardPieces) -> Result<Array2<f64>, String> {
        let row = |piece: &(usize, usize)| self.row(&heard.piece(*piece));
        let rows = heard.pieces.par_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        Array2::from_shape_vec((rows.len(), self.places.len()), rows.concat())
            .map_err(|error| error.to_string())
    }

    fn row(&self, wave: &Waveform) -> Result<Vec<f64>, String> {
        let plan = self.plan.columns.as_ref().ok_or("the model has no columns")?;
        let values = plan.features.extract(wave)?;
        let row: Vec<f64> = self.places.iter().map(|place| values[*place]).collect();
        let imputes = self.model.header.prepare.iter().any(|step| step == "impute");
        let wrong = |value: &f64| if imputes { value.is_infinite() } else { !value.is_finite() };
        match row.iter().position(wrong) {
            None => Ok(row),
            Some(place) => Err(format!("its {} is {}", self.model.header.columns[place], row[place])),
        }
    }
}

/// A song and the pieces of it that are answered for. Each is copied when its turn comes: all windows of a long song,
/// which may overlap, need not fit the memory.
struct HeardPieces {
    wave: Waveform,
    /// First and last sample of each.
    pieces: Vec<(usize, usize)>,
    /// Of the whole file.
    seconds: f64,
    faults: Vec<String>,
}

impl HeardPieces {
    fn piece(&self, (start, end): (usize, usize)) -> Cow<'_, Waveform> {
        match end - start == self.wave.samples.len() {
            true => Cow::Borrowed(&self.wave),
            false => {
                let samples = self.wave.samples[start..end].to_vec();
                Cow::Owned(Waveform { samples, rate_hz: self.wave.rate_hz })
            }
        }
    }

    fn seconds_of(&self, (start, end): (usize, usize)) -> (f64, f64) {
        let rate = f64::from(self.wave.rate_hz);
        (start as f64 / rate, end as f64 / rate)
    }

    fn in_seconds(&self) -> Vec<(f64, f64)> {
        self.pieces.iter().map(|piece| self.seconds_of(*piece)).collect()
    }
}

fn of_rows(fitted: &dyn Fitted, x: &Array2<f64>, heard: &HeardPieces) -> Result<Answered, String> {
    let (predicted, parts) = answers(fitted, x.view()).map_err(|error| error.to_string())?;
    Ok(Answered {
        pieces: heard.in_seconds(),
        predicted,
        probabilities: parts.map(|table| table.outer_iter().map(|row| row.to_vec()).collect()),
        whole: None,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_a_stretch_of_the_song_and_the_whole_is_not_copied() {
        let wave = Waveform { samples: vec![1.0, 2.0, 3.0, 4.0], rate_hz: 2 };
        let heard = HeardPieces { wave, pieces: vec![(0, 4), (1, 3)], seconds: 2.0, faults: Vec::new() };
        assert!(matches!(heard.piece((0, 4)), Cow::Borrowed(_)));
        assert_eq!(heard.piece((1, 3)).samples, [2.0, 3.0]);
        assert_eq!(heard.in_seconds(), [(0.0, 2.0), (0.5, 1.5)]);
    }

    #[test]
    fn windows_cover_a_song_and_a_short_rest_is_left_out() {
        let wave = |samples: usize| Waveform { samples: vec![0.0; samples], rate_hz: 10 };
        let cut = |samples, seconds, hop| cut(&wave(samples), Windows { seconds, hop });
        assert_eq!(cut(100, 5.0, 5.0), [(0, 50), (50, 100)]);
        assert_eq!(cut(120, 5.0, 5.0), [(0, 50), (50, 100)]);
        assert_eq!(cut(130, 5.0, 5.0), [(0, 50), (50, 100), (100, 130)]);
        assert_eq!(cut(12, 5.0, 5.0), [(0, 12)]);
        assert_eq!(cut(100, 5.0, 2.5), [(0, 50), (25, 75), (50, 100)]);
    }
}
