//! A network with the weights that predict: clips in, probabilities by segment and clip out; kept as a line of JSON and
//! its weights.

use std::io::Write;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::blueprint::Blueprint;
use super::cpu::{Scratch, logits, softmax};
use super::history::History;
use super::present_among::PresentAmong;
use super::samples::{BatchRoom, Samples};
use super::segments::{InputSpec, Normaliser, aggregate};
use super::weights::{Weights, each_piece, read_values, split_line};
use crate::models::checks::check_finite;
use crate::models::error::ModelError;
use crate::models::network::{Answer, Clips, SegmentAnswer, Trained};

/// What is asked of a network's input before it computes.
pub fn check_clips(model: &str, clips: &Clips<'_>, wants_frames: bool) -> Result<(), ModelError> {
    let refuse = |reason: String| Err(ModelError::Network { model: model.to_string(), reason });
    if wants_frames && clips.frames.is_empty() {
        return refuse("it is fed with frame matrices: features = { frames = \"log_mel\" }".to_string());
    }
    if let Some(table) = clips.table {
        check_finite(table)?;
    }
    let bands = clips.frames.first().map_or(0, |clip| clip.ncols());
    for (place, clip) in clips.frames.iter().enumerate() {
        if clip.ncols() != bands || clip.is_empty() {
            return refuse(format!("clip {place} has {} frames of {} bands", clip.nrows(), clip.ncols()));
        }
        if clip.iter().any(|value| !value.is_finite()) {
            return refuse(format!("clip {place} holds a value that is no finite number"));
        }
    }
    Ok(())
}

/// A network with the weights that predict.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainedNetwork {
    pub model: String,
    pub input: InputSpec,
    pub normaliser: Normaliser,
    pub takes_frames: bool,
    pub plan: Blueprint,
    #[serde(skip)]
    pub weights: Weights,
    pub history: History,
    /// What it started from, if not from chance.
    pub start: Option<String>,
    /// What it was trained on, if not on the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The classes that it answers about, where the training side lacked some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<PresentAmong>,
}

const BATCH: usize = 64;

#[derive(Serialize)]
struct Saved<'a> {
    #[serde(flatten)]
    network: &'a TrainedNetwork,
    lengths: [Vec<usize>; 2],
}

#[derive(Deserialize)]
struct Loaded {
    #[serde(flatten)]
    network: TrainedNetwork,
    /// Of the vectors that follow: parameters, buffers.
    lengths: [Vec<usize>; 2],
}

impl TrainedNetwork {
    /// What [`Trained::save`] gave: a line of JSON, then the weights.
    pub fn load(state: &[u8]) -> Result<Self, ModelError> {
        let broken = |reason: &str| ModelError::BrokenState {
            model: "network".to_string(),
            reason: reason.to_string(),
        };
        let (header, values) = split_line(state).ok_or_else(|| broken("it has no header"))?;
        let Loaded { mut network, lengths } =
            serde_json::from_slice(header).map_err(|error| broken(&error.to_string()))?;
        let wanted = [
            network.plan.parameters.iter().map(|spec| spec.len()).collect::<Vec<_>>(),
            network.plan.buffers.iter().map(|spec| spec.len).collect(),
        ];
        if wanted != lengths {
            return Err(broken("its weights are of another network"));
        }
        if network.present.as_ref().is_some_and(|present| !present.fits(network.plan.classes)) {
            return Err(broken("its classes are not those of its answers"));
        }
        let [parameters, buffers] =
            read_values(values, &lengths).ok_or_else(|| broken("it does not hold all of its weights"))?;
        network.weights = Weights { parameters, buffers };
        Ok(network)
    }
}

impl TrainedNetwork {
    /// Over all classes of the table.
    fn spread(&self, answers: &[f32]) -> Vec<f32> {
        self.present.as_ref().map_or_else(|| answers.to_vec(), |present| present.spread(answers))
    }
}

impl Trained for TrainedNetwork {
    fn answer(&self, clips: &Clips<'_>) -> Result<Answer, ModelError> {
        check_clips(&self.model, clips, self.takes_frames)?;
        let count = clips.len();
        let y = vec![0; count];
        if let Some(table) = clips.table.filter(|_| !self.takes_frames)
            && table.ncols() != self.plan.input.channels
        {
            return Err(ModelError::WrongColumns {
                expected: self.plan.input.channels,
                found: table.ncols(),
            });
        }
        let shape = self.plan.input;
        let samples = match self.takes_frames {
            true => {
                let found = clips.frames.first().map_or(shape.channels, |clip| clip.ncols());
                if found != shape.channels {
                    return Err(ModelError::WrongColumns { expected: shape.channels, found });
                }
                let all = clips.frames.iter().map(|clip| clip.view()).enumerate();
                Samples::of_frames(all, &y, &self.input, shape, &self.normaliser)
            }
            false => Samples::of_rows(0..count, &y),
        };
        let samples = match clips.table.filter(|_| !self.takes_frames || self.plan.side_columns > 0) {
            Some(table) => samples.with_table(table),
            None => samples,
        };
        let scratch = Scratch::default();
        let classes = self.plan.classes;
        let mut segments: Vec<Vec<SegmentAnswer>> = vec![Vec::new(); count];
        let mut room = BatchRoom::default();
        let places: Vec<usize> = (0..samples.samples.len()).collect();
        for places in places.chunks(BATCH) {
            samples.fill(places, &mut room);
            let logits = logits(&self.plan, &self.weights, &scratch, room.batch());
            let probabilities = softmax(&logits, classes);
            for (place, row) in places.iter().zip(probabilities.chunks(classes)) {
                let sample = samples.samples[*place];
                segments[sample.row].push(SegmentAnswer {
                    first_frame: sample.start,
                    frames: shape.columns,
                    probabilities: self.spread(row),
                });
            }
        }
        let of = self.present.as_ref().map_or(classes, |present| present.of);
        let mut probabilities = Array2::zeros((count, of));
        for (mut row, segments) in probabilities.rows_mut().into_iter().zip(&segments) {
            let each: Vec<Vec<f32>> = segments.iter().map(|segment| segment.probabilities.clone()).collect();
            row.iter_mut().zip(aggregate(self.input.aggregate, &each)).for_each(|(slot, p)| *slot = p);
        }
        let each = segments.iter().flatten().flat_map(|segment| &segment.probabilities);
        if each.into_iter().any(|p| !p.is_finite()) {
            let reason = "its answers are no numbers, for its training diverged: lower train.learning_rate or set \
                          train.clip_norm";
            return Err(ModelError::Network { model: self.model.clone(), reason: reason.to_string() });
        }
        Ok(Answer { probabilities, segments })
    }

    fn histories(&self) -> Vec<History> {
        vec![self.history.clone()]
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        let Weights { parameters, buffers } = &self.weights;
        let lengths = [parameters, buffers].map(|group| group.iter().map(Vec::len).collect());
        let not_packed = |error: std::io::Error| ModelError::NotPacked { reason: error.to_string() };
        let mut bytes = serde_json::to_vec(&Saved { network: self, lengths })
            .map_err(|error| not_packed(error.into()))?;
        bytes.push(b'\n');
        each_piece(parameters.iter().chain(buffers), |piece| bytes.write_all(piece)).map_err(not_packed)?;
        Ok(bytes)
    }

    fn notes(&self) -> Vec<String> {
        let history = &self.history;
        let mut notes = vec![match &self.start {
            Some(start) => format!("{} parameters, started from {start}", history.parameters),
            None => format!("{} parameters, trained from scratch", history.parameters),
        }];
        let stopped = if history.stopped_early { ", stopped by patience" } else { "" };
        notes.push(format!("weights of epoch {} of {}{stopped}", history.kept_epoch, history.epochs.len()));
        notes.extend(self.device.iter().map(|device| format!("trained on {device}")));
        notes
    }
}
