//! A network by itself, without clips, segments or epochs: weights from a file, a batch, its logits, training steps.
//!
//! For holding a network against another program's: the same weights and batches must give the same numbers.

use super::architecture::{Recipe, blueprint};
use super::blueprint::{Blueprint, Shape};
use super::cpu::Batch;
use super::engine::{Engine, Step};
use super::engine_on::engine_on;
use super::pretrained;
use super::training::Training;
use crate::models::error::ModelError;
use crate::random::Draws;
use crate::weights::WeightFile;

/// What goes in and comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Bands and frames; both 0 where a table's row is all there is.
    pub bands: usize,
    pub frames: usize,
    /// Columns of the table's rows.
    pub columns: usize,
    pub classes: usize,
}

/// Rows one after the other: `frames` holds bands × frames for each, `table` its columns.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Empty where the network takes none.
    pub frames: &'a [f32],
    /// Likewise.
    pub table: &'a [f32],
}

/// A network on the device of its `train`, with its optimizer.
pub struct LoneNetwork {
    model: &'static str,
    plan: Blueprint,
    engine: Box<dyn Engine>,
    training: Training,
    decay: Vec<f32>,
    sizes: Sizes,
    names: Vec<(String, Vec<usize>)>,
    steps: usize,
    seed: u64,
}

impl LoneNetwork {
    /// With the weights that `seed` draws.
    pub(super) fn new(recipe: &Recipe, sizes: Sizes, seed: u64) -> Result<Self, ModelError> {
        let architecture = recipe.architecture.as_ref();
        let model = architecture.name();
        let refuse = |reason: String| ModelError::Network { model: model.to_string(), reason };
        let shape = Shape::new(sizes.bands, 1, sizes.frames);
        let shape = if shape.len() == 0 { Shape::flat(0) } else { shape };
        let plan = blueprint(architecture, shape, sizes.columns, sizes.classes)
            .map_err(|error| refuse(error.to_string()))?;
        let training = recipe.shared.train.clone();
        training.check_layers(&plan).map_err(refuse)?;
        let mut weights = training.initialisers().weights(&plan, seed);
        architecture.start_from(&plan, &mut weights, "").map_err(refuse)?;
        let parameters = plan.parameters.iter().map(|spec| (spec.name.clone(), spec.shape.clone()));
        let buffers = plan.buffers.iter().map(|spec| (spec.name.clone(), vec![spec.len]));
        let names = parameters.chain(buffers).collect();
        let decay = training.decays(&plan);
        let update = training.update(0, 1);
        let (engine, _) = engine_on(training.device, plan.clone(), weights, &update, training.precision)
            .map_err(|source| ModelError::Device { model: model.to_string(), source })?;
        Ok(Self { model, plan, engine, training, decay, sizes, names, steps: 0, seed })
    }

    /// Every parameter and running statistic from a file, by PyTorch's names; how many there are.
    pub fn load(&mut self, file: &WeightFile) -> Result<usize, ModelError> {
        let mut weights = self.engine.weights();
        let taken = pretrained::take(file, &self.plan, &mut weights, "", &[])
            .map_err(|reason| ModelError::Network { model: self.model.to_string(), reason })?;
        self.engine.set_weights(weights);
        Ok(taken)
    }

    /// Name and shape of every parameter, then of the running statistics.
    pub fn names(&self) -> &[(String, Vec<usize>)] {
        &self.names
    }

    /// Rows of logits, with the running statistics as they are.
    pub fn logits(&self, rows: Rows<'_>) -> Result<Vec<f32>, ModelError> {
        Ok(self.engine.logits(self.batch(rows)?))
    }

    /// One step of training: the mean loss before it.
    pub fn step(&mut self, rows: Rows<'_>, truth: &[usize]) -> Result<f64, ModelError> {
        let batch = self.batch(rows)?;
        if truth.len() != batch.clips || truth.iter().any(|class| *class >= self.sizes.classes) {
            return Err(self.refuse(format!(
                "{} rows need as many classes below {}; there are {}",
                batch.clips,
                self.sizes.classes,
                truth.len()
            )));
        }
        let update = self.training.update(self.steps, 1);
        let loss = self.engine.step(
            batch,
            truth,
            &Step {
                update,
                decay: &self.decay,
                class_weights: None,
                seed: Draws::new(self.seed, &format!("step/{}", self.steps)).seed(),
                clip_norm: self.training.clip_norm,
            },
        );
        self.steps += 1;
        if loss.sum.is_finite() {
            return Ok(loss.mean());
        }
        let (step, learning_rate) = (self.steps, update.learning_rate);
        Err(ModelError::Diverged { model: self.model, epoch: 1, step, learning_rate })
    }

    fn refuse(&self, reason: String) -> ModelError {
        ModelError::Network { model: self.model.to_string(), reason }
    }

    fn batch<'b>(&self, rows: Rows<'b>) -> Result<Batch<'b>, ModelError> {
        let Sizes { bands, frames, columns, .. } = self.sizes;
        let (of_frames, of_table) = (bands * frames, columns);
        // A table alone goes where frames otherwise go.
        let (values, each) = if of_frames > 0 { (rows.frames, of_frames) } else { (rows.table, of_table) };
        let clips = values.len() / each.max(1);
        let fits = |values: &[f32], each: usize| values.len() == clips * each;
        if clips == 0 || !fits(rows.frames, of_frames) || !fits(rows.table, of_table) {
            return Err(self.refuse(format!(
                "it takes rows of {bands} × {frames} frames and {columns} columns, not {} and {} values",
                rows.frames.len(),
                rows.table.len()
            )));
        }
        Ok(Batch { frames: values, table: rows.table, clips })
    }
}
