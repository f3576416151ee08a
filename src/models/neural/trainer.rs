//! The training loop: epochs of shuffled batches, validation after each, the best weights kept, checkpoints.
//!
//! Every draw comes from a stream named by the seed and the epoch or step, so that a training taken up from a
//! checkpoint goes on as if it had never stopped.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::blueprint::Blueprint;
use super::checkpoint::Progress;
use super::cpu::{Loss, cross_entropy_of};
use super::engine::{Engine, Step};
use super::history::{Epoch, History};
use super::samples::{BatchRoom, Samples};
use super::spec_augment::SpecAugment;
use super::training::{Copies, Keep, Training, Watch};
use super::weights::Weights;
use crate::disk::digest;
use crate::models::error::ModelError;
use crate::models::network::Workshop;
use crate::random::Draws;

const EVALUATION_BATCH: usize = 64;
/// VGG's checkpoint with Adam is 2 GB: unless one is asked for after every epoch (0 seconds), writing them takes a
/// twentieth of the time at most.
const PAUSE_PER_WRITING: u32 = 20;

pub struct Trainer<'a> {
    pub model: &'static str,
    pub plan: &'a Blueprint,
    pub training: &'a Training,
    pub augment: Option<&'a SpecAugment>,
    pub learned_from: &'a Samples,
    pub validated_on: &'a Samples,
    pub class_weights: Option<Vec<f32>>,
    pub workshop: &'a Workshop<'a>,
    /// Which network of an ensemble; names its draws and files.
    pub member: &'a str,
}

impl Trainer<'_> {
    /// Trains to the end; gives the weights that predict.
    pub fn run(&self, engine: &mut dyn Engine) -> Result<(Weights, History), ModelError> {
        let training = self.training;
        let path = self.checkpoint_path();
        let recipe = self.recipe();
        let until = training.until.unwrap_or(training.epochs);
        let known = path.as_deref().and_then(|path| Progress::load(path, &recipe));
        let known = known.filter(|progress| progress.epochs_done <= until);
        let mut progress = match known {
            Some(progress) => {
                engine.set_weights(progress.weights.clone());
                engine.set_optimizer(progress.optimizer.clone());
                progress
            }
            None => Progress {
                best_score: f64::INFINITY,
                history: History {
                    member: self.member.to_string(),
                    parameters: self.plan.parameter_count(),
                    ..History::default()
                },
                ..Progress::default()
            },
        };
        let decay = training.decays(self.plan);
        let asked = self.workshop.between_checkpoints;
        let mut pause = asked;
        let mut saved = Instant::now();
        let mut warned = false;
        while progress.epochs_done < until && !progress.history.stopped_early {
            let epoch = self.epoch(engine, &mut progress, &decay)?;
            self.tell(&epoch);
            progress.history.epochs.push(epoch);
            if epoch.validation_loss.is_some_and(|loss| !loss.is_finite()) {
                return Err(self.diverged(&progress));
            }
            self.judge(engine, &mut progress, &epoch);
            if let Some(every) = training.checkpoint_every
                && progress.epochs_done.is_multiple_of(every)
            {
                self.keep_weights(engine, &mut progress, &recipe, &mut warned);
            }
            if let Some(path) = path.as_deref().filter(|_| saved.elapsed() >= pause) {
                let begun = Instant::now();
                self.keep(engine, &mut progress, path, &recipe, &mut warned);
                let at_least = if asked.is_zero() { asked } else { begun.elapsed() * PAUSE_PER_WRITING };
                pause = asked.max(at_least);
                saved = Instant::now();
            }
        }
        // Of a whole training the last checkpoint stays until whoever asked for it has kept what was learned.
        if let Some(path) = path.as_deref().filter(|_| until < training.epochs) {
            // Whoever trains on takes it up from here.
            self.keep(engine, &mut progress, path, &recipe, &mut warned);
        }
        let best = progress.best.take().filter(|_| training.keep == Keep::Best);
        let weights = best.unwrap_or_else(|| {
            progress.history.kept_epoch = progress.epochs_done;
            engine.weights()
        });
        // The last step's loss is of the weights before it.
        match weights.parameters.iter().chain(&weights.buffers).flatten().all(|value| value.is_finite()) {
            true => Ok((weights, progress.history)),
            false => Err(self.diverged(&progress)),
        }
    }

    /// In the last step that was taken.
    fn diverged(&self, progress: &Progress) -> ModelError {
        let learning_rate = progress.history.epochs.last().map_or(0.0, |epoch| epoch.learning_rate);
        let (epoch, step) = (progress.epochs_done, progress.steps_done);
        ModelError::Diverged { model: self.model, epoch, step, learning_rate }
    }

    fn epoch(
        &self,
        engine: &mut dyn Engine,
        progress: &mut Progress,
        decay: &[f32],
    ) -> Result<Epoch, ModelError> {
        let (training, seed) = (self.training, self.workshop.seed);
        let epoch = progress.epochs_done + 1;
        let mut order: Vec<usize> = match training.copies {
            Copies::All => (0..self.learned_from.samples.len()).collect(),
            Copies::OneAnEpoch => self.learned_from.one_version(|row, versions| {
                Draws::new(seed, &format!("{}copy/{epoch}/{row}", self.member)).below(versions)
            }),
        };
        if training.shuffle {
            Draws::new(seed, &format!("{}shuffle/{epoch}", self.member)).shuffle(&mut order);
        }
        // The schedule counts epochs of the clips as they are; altered copies may be longer or shorter.
        let (an_epoch, steps) = (self.steps_an_epoch(), self.steps(order.len()));
        let mut room = BatchRoom::default();
        let mut total = Loss::default();
        let mut rate = 0.0;
        for (place, places) in order.chunks(training.batch).take(steps).enumerate() {
            self.learned_from.fill(places, &mut room);
            if let Some(augment) = self.augment {
                let size = self.plan.input.len();
                for (place, segment) in places.iter().zip(room.frames.chunks_mut(size.max(1))) {
                    let mut draws = Draws::new(seed, &format!("{}stripes/{epoch}/{place}", self.member));
                    augment.apply(segment, self.plan.input.channels, &mut draws);
                }
            }
            let scheduled = (epoch - 1) * an_epoch + place * an_epoch / steps;
            let update = training.update(scheduled, an_epoch);
            rate = update.learning_rate;
            let step = Step {
                update,
                decay,
                class_weights: self.class_weights.as_deref(),
                seed: Draws::new(seed, &format!("{}step/{}", self.member, progress.steps_done)).seed(),
                clip_norm: training.clip_norm,
            };
            let loss = engine.step(room.batch(), &room.truth, &step);
            if !loss.sum.is_finite() {
                let (step, learning_rate) = (progress.steps_done + 1, rate);
                return Err(ModelError::Diverged { model: self.model, epoch, step, learning_rate });
            }
            progress.steps_done += 1;
            total.add(loss);
        }
        progress.epochs_done = epoch;
        let validation = (!self.validated_on.samples.is_empty()).then(|| self.validate(engine));
        Ok(Epoch {
            epoch,
            learning_rate: rate,
            train_loss: total.mean(),
            train_accuracy: total.accuracy(),
            validation_loss: validation.map(Loss::mean),
            validation_accuracy: validation.map(Loss::accuracy),
        })
    }

    fn validate(&self, engine: &dyn Engine) -> Loss {
        let places: Vec<usize> = (0..self.validated_on.samples.len()).collect();
        let mut room = BatchRoom::default();
        let mut total = Loss::default();
        for places in places.chunks(EVALUATION_BATCH) {
            self.validated_on.fill(places, &mut room);
            let logits = engine.logits(room.batch());
            total.add(cross_entropy_of(&logits, &room.truth, None, self.plan.classes));
        }
        total
    }

    /// Keeps the weights of a better epoch, and counts those that are not.
    fn judge(&self, engine: &dyn Engine, progress: &mut Progress, epoch: &Epoch) {
        let score = match (self.training.watch, epoch.validation_loss, epoch.validation_accuracy) {
            (Watch::Loss, Some(loss), _) => loss,
            (Watch::Accuracy, _, Some(accuracy)) => -accuracy,
            _ => return,
        };
        if score < progress.best_score || progress.best.is_none() {
            (progress.best_score, progress.waited) = (score, 0);
            progress.history.kept_epoch = epoch.epoch;
            progress.best = (self.training.keep == Keep::Best || self.training.patience.is_some())
                .then(|| engine.weights());
        } else {
            progress.waited += 1;
        }
        progress.history.stopped_early =
            self.training.patience.is_some_and(|patience| progress.waited >= patience);
    }

    fn keep_weights(&self, engine: &dyn Engine, progress: &mut Progress, recipe: &str, warned: &mut bool) {
        let Some((folder, name)) = self.workshop.checkpoints else { return };
        let file = format!("{name}{}.epoch-{:04}.training", self.member, progress.epochs_done);
        self.keep(engine, progress, &folder.join(file), recipe, warned);
    }

    /// Puts the progress on disk. Without it the training still ends, only it cannot be taken up from here.
    fn keep(
        &self,
        engine: &dyn Engine,
        progress: &mut Progress,
        path: &Path,
        recipe: &str,
        warned: &mut bool,
    ) {
        progress.weights = engine.weights();
        progress.optimizer = engine.optimizer();
        if let Err(error) = progress.save(path, recipe)
            && !std::mem::replace(warned, true)
        {
            (self.workshop.warn)(&error.to_string());
        }
    }

    fn tell(&self, epoch: &Epoch) {
        let validation = match (epoch.validation_loss, epoch.validation_accuracy) {
            (Some(loss), Some(accuracy)) => format!(", validation {loss:.3} {:.1} %", 100.0 * accuracy),
            _ => String::new(),
        };
        (self.workshop.tell)(&format!(
            "epoch {}/{}: loss {:.3} {:.1} %{validation}",
            epoch.epoch,
            self.training.until.unwrap_or(self.training.epochs),
            epoch.train_loss,
            100.0 * epoch.train_accuracy
        ));
    }

    fn steps_an_epoch(&self) -> usize {
        let samples = match self.training.copies {
            Copies::All => self.learned_from.samples.len(),
            Copies::OneAnEpoch => {
                self.learned_from.samples.iter().filter(|sample| sample.version == 0).count()
            }
        };
        self.steps(samples)
    }

    /// Of an epoch over so many samples.
    fn steps(&self, samples: usize) -> usize {
        let batch = self.training.batch;
        // A last batch of one clip would be normalised to nothing, and spoil the running variance.
        let lone = samples > batch && samples % batch == 1 && self.plan.normalises_vectors();
        let drops = lone || (self.training.drop_last && samples >= batch);
        if drops { samples / batch } else { samples.div_ceil(batch) }
    }

    fn checkpoint_path(&self) -> Option<PathBuf> {
        let (folder, name) = self.workshop.checkpoints?;
        Some(folder.join(format!("{name}{}.training", self.member)))
    }

    /// All that the weights of an epoch depend on, apart from the clips.
    fn recipe(&self) -> String {
        let training = Training { until: None, ..self.training.clone() };
        let text = format!("{:?} {:?} {:?} {}", self.plan, training, self.augment, self.workshop.seed);
        digest(text.as_bytes())
    }
}
