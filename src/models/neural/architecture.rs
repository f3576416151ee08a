//! What every architecture says of itself, and how it becomes a model: segments, validation, training, answers.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, BlueprintError, Node, Shape};
use super::cpu::{CpuNetwork, softmax};
use super::engine::CpuEngine;
use super::history::History;
use super::samples::{BatchRoom, Samples};
use super::segments::{InputSpec, Normaliser, aggregate, shape_of};
use super::trainer::Trainer;
use super::training::Training;
use super::validation::hold_out;
use super::weights::Weights;
use crate::models::checks::check_finite;
use crate::models::error::ModelError;
use crate::models::network::{Answer, Clips, Lesson, SegmentAnswer, Trained, Wants, Workshop};
use crate::models::parameters::ClassWeight;
use crate::models::stored;
use crate::random::Draws;

/// Nodes of the three parts of a blueprint.
#[derive(Debug, Default)]
pub struct Parts {
    pub main: Vec<Node>,
    pub side: Vec<Node>,
    pub head: Vec<Node>,
}

/// A family of networks with its parameters.
pub trait Architecture: Send + Sync + std::fmt::Debug {
    fn name(&self) -> &'static str;

    fn wants(&self) -> Wants {
        Wants::Frames
    }

    fn input(&self) -> &InputSpec;

    fn training(&self) -> &Training;

    /// Layers for clips of that shape (nothing where there are no frames), `columns` of a table, and the classes.
    fn parts(&self, input: Shape, columns: usize, classes: usize) -> Parts;

    /// Parameters that cannot go together.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Weights to start from instead of chance: says what was loaded. Names in the plan begin with `branch`.
    fn start_from(
        &self,
        _plan: &Blueprint,
        _weights: &mut Weights,
        _branch: &str,
    ) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn as_json(&self) -> serde_json::Value;
}

/// An architecture's parameters as the run record keeps them.
pub fn json_of<T: Serialize>(parameters: &T) -> serde_json::Value {
    serde_json::to_value(parameters).unwrap_or(serde_json::Value::Null)
}

/// What is asked of a network's input before it computes.
fn check_clips(model: &str, clips: &Clips<'_>, wants_frames: bool) -> Result<(), ModelError> {
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

/// Trains the network of `member`: its draws, files and history carry that name.
pub fn train(
    architecture: &dyn Architecture,
    lesson: &Lesson<'_>,
    workshop: &Workshop<'_>,
    member: &str,
) -> Result<TrainedNetwork, ModelError> {
    let model = architecture.name();
    let (input, training) = (architecture.input(), architecture.training());
    let takes_frames = match architecture.wants() {
        Wants::Table => false,
        Wants::Either => !lesson.clips.frames.is_empty(),
        Wants::Frames | Wants::Both => true,
    };
    let takes_table = match architecture.wants() {
        Wants::Frames => false,
        Wants::Either => !takes_frames,
        Wants::Table | Wants::Both => true,
    };
    let refuse = |reason: String| ModelError::Network { model: model.to_string(), reason };
    check_clips(model, &lesson.clips, takes_frames)?;
    let clips = if takes_frames { lesson.clips.frames.as_slice() } else { &[] };
    let table = lesson.clips.table.filter(|_| takes_table);
    if takes_table && table.is_none_or(|table| table.ncols() == 0) {
        return Err(refuse(
            "it is fed with rows of a table too: features = { frames = …, beside = { … } }".to_string(),
        ));
    }
    let shape = if takes_frames { shape_of(input, clips) } else { Shape::flat(0) };
    let columns = table.map_or(0, |table| table.ncols());

    let mut draws = Draws::new(workshop.seed, "validation");
    let (kept, held) = match training.validation > 0.0 {
        true => hold_out(lesson.y, &lesson.groups, training.validation, &mut draws),
        false => ((0..lesson.y.len()).collect(), Vec::new()),
    };
    if training.validation > 0.0 && held.is_empty() {
        return Err(ModelError::TooFewRows {
            model,
            needed: format!(
                "a clip for train.validation = {} (raise it, or set it to 0)",
                training.validation
            ),
            rows: lesson.y.len(),
        });
    }
    let of = |places: &[usize]| places.iter().map(|&place| clips[place]).collect::<Vec<_>>();
    let normaliser = Normaliser::learn(
        input.normalise,
        &if takes_frames { of(&kept) } else { Vec::new() },
        input.frames.is_none().then_some(shape.columns),
    );
    let gather = |places: &[usize], copies: &[(usize, ArrayView2<'_, f32>)]| {
        let samples = match takes_frames {
            true => {
                let own = places.iter().map(|&place| (place, clips[place]));
                let altered = copies.iter().filter(|(place, _)| places.binary_search(place).is_ok());
                let altered = altered.map(|(place, copy)| (*place, copy.reborrow()));
                Samples::of_frames(own.chain(altered), lesson.y, input, shape, &normaliser)
            }
            false => Samples::of_rows(places.iter().copied(), lesson.y),
        };
        match table {
            Some(table) => samples.with_table(table),
            None => samples,
        }
    };
    let learned_from = gather(&kept, &lesson.copies);
    let validated_on = gather(&held, &[]);

    let plan =
        blueprint(architecture, shape, columns, lesson.classes).map_err(|error| refuse(error.to_string()))?;
    let start_seed = Draws::new(workshop.seed, &format!("{member}weights")).seed();
    let mut weights = training.initialisers().weights(&plan, start_seed);
    let start = architecture.start_from(&plan, &mut weights, "").map_err(refuse)?;
    let mut engine = CpuEngine::new(CpuNetwork::new(plan.clone(), weights), &training.update(0, 1, 1.0));
    let trainer = Trainer {
        model,
        plan: &plan,
        training,
        augment: input.spec_augment.as_ref(),
        learned_from: &learned_from,
        validated_on: &validated_on,
        class_weights: training.class_weight.map(|ClassWeight::Balanced| balanced(lesson, &kept)),
        workshop,
        member,
    };
    let (weights, history) = trainer.run(&mut engine)?;
    Ok(TrainedNetwork {
        model: model.to_string(),
        input: input.clone(),
        normaliser,
        takes_frames,
        plan,
        weights,
        history,
        start,
    })
}

pub fn blueprint(
    architecture: &dyn Architecture,
    shape: Shape,
    columns: usize,
    classes: usize,
) -> Result<Blueprint, BlueprintError> {
    // A table alone goes straight in.
    let (input, side) = if shape.len() == 0 { (Shape::flat(columns), 0) } else { (shape, columns) };
    let Parts { main, side: beside, head } = architecture.parts(shape, columns, classes);
    Blueprint::new(main, beside, head, input, side)
}

/// rows / (classes present · rows of the class); 0 for classes that are not there.
fn balanced(lesson: &Lesson<'_>, kept: &[usize]) -> Vec<f32> {
    let mut counts = vec![0usize; lesson.classes];
    kept.iter().for_each(|&clip| counts[lesson.y[clip]] += 1);
    let present = counts.iter().filter(|count| **count > 0).count();
    let weight = |count: &usize| if *count == 0 { 0.0 } else { kept.len() as f32 / (present * count) as f32 };
    counts.iter().map(weight).collect()
}

/// A network with the weights that predict.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainedNetwork {
    pub model: String,
    pub input: InputSpec,
    pub normaliser: Normaliser,
    pub takes_frames: bool,
    pub plan: Blueprint,
    pub weights: Weights,
    pub history: History,
    /// What it started from, if not from chance.
    pub start: Option<String>,
}

const BATCH: usize = 64;

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
        let network = CpuNetwork::new(self.plan.clone(), self.weights.clone());
        let classes = self.plan.classes;
        let mut segments: Vec<Vec<SegmentAnswer>> = vec![Vec::new(); count];
        let mut room = BatchRoom::default();
        let places: Vec<usize> = (0..samples.samples.len()).collect();
        for places in places.chunks(BATCH) {
            samples.fill(places, &mut room);
            let probabilities = softmax(&network.logits(room.batch()), classes);
            for (place, row) in places.iter().zip(probabilities.chunks(classes)) {
                let sample = samples.samples[*place];
                segments[sample.row].push(SegmentAnswer {
                    first_frame: sample.start,
                    frames: shape.columns,
                    probabilities: row.to_vec(),
                });
            }
        }
        let mut probabilities = Array2::zeros((count, classes));
        for (mut row, segments) in probabilities.rows_mut().into_iter().zip(&segments) {
            let each: Vec<Vec<f32>> = segments.iter().map(|segment| segment.probabilities.clone()).collect();
            row.iter_mut().zip(aggregate(self.input.aggregate, &each)).for_each(|(slot, p)| *slot = p);
        }
        Ok(Answer { probabilities, segments })
    }

    fn histories(&self) -> Vec<History> {
        vec![self.history.clone()]
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }

    fn notes(&self) -> Vec<String> {
        let history = &self.history;
        let mut notes = vec![match &self.start {
            Some(start) => format!("{} parameters, started from {start}", history.parameters),
            None => format!("{} parameters, trained from scratch", history.parameters),
        }];
        let stopped = if history.stopped_early { ", stopped by patience" } else { "" };
        notes.push(format!("weights of epoch {} of {}{stopped}", history.kept_epoch, history.epochs.len()));
        notes
    }
}
