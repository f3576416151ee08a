//! A blueprint with its weights, on the processor.

use std::sync::Arc;

use super::backward::Backward;
use super::forward::{Forward, Mode};
use super::loss::{Loss, cross_entropy};
use super::scratch::Scratch;
use super::tape::{BufferUpdate, Entry, Values};
use crate::models::neural::blueprint::Blueprint;
use crate::models::neural::weights::Weights;

/// Some clips or segments, side by side.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// clips × the blueprint's input.
    pub frames: &'a [f32],
    /// clips × side columns; empty where there is no side branch.
    pub table: &'a [f32],
    pub clips: usize,
}

#[derive(Debug)]
pub struct CpuNetwork {
    pub plan: Blueprint,
    pub weights: Weights,
    pub gradients: Vec<Vec<f32>>,
    scratch: Scratch,
}

struct Tapes {
    main: Vec<Entry>,
    side: Vec<Entry>,
    head: Vec<Entry>,
}

impl CpuNetwork {
    pub fn new(plan: Blueprint, weights: Weights) -> Self {
        let gradients = weights.parameters.iter().map(|values| vec![0.0; values.len()]).collect();
        Self { plan, weights, gradients, scratch: Scratch::default() }
    }

    /// Rows of logits, with what is running as it is.
    pub fn logits(&self, batch: Batch<'_>) -> Vec<f32> {
        logits(&self.plan, &self.weights, &self.scratch, batch)
    }

    /// One pass forward and back: `gradients` hold the mean loss's. Running statistics move unless the loss is no
    /// number.
    pub fn learn(
        &mut self,
        batch: Batch<'_>,
        truth: &[usize],
        class_weights: Option<&[f32]>,
        seed: u64,
    ) -> Loss {
        let (logits, tapes, updates) =
            forward(&self.plan, &self.weights, &self.scratch, batch, Mode::Train { seed });
        let mut d_logits = Vec::new();
        let loss = cross_entropy(&logits, truth, class_weights, self.plan.classes, Some(&mut d_logits));
        if !loss.sum.is_finite() {
            return loss;
        }
        self.scratch.give_shared(logits);
        self.backward(tapes, d_logits, batch.clips);
        for BufferUpdate { buffer, values } in updates {
            self.weights.buffers[buffer] = values;
        }
        loss
    }

    fn backward(&mut self, tapes: Tapes, d_logits: Vec<f32>, clips: usize) {
        let (parameters, scratch) = (&self.weights.parameters, &self.scratch);
        let mut pass = Backward { parameters, gradients: &mut self.gradients, scratch, clips };
        let Some(dx) = pass.run(&self.plan.head, tapes.head, d_logits, true) else { return };
        if self.plan.side_columns == 0 {
            pass.run(&self.plan.main, tapes.main, dx, false);
            return;
        }
        let side = self.plan.side.last().map_or(self.plan.side_columns, |node| node.output.len());
        let main = dx.len() / clips.max(1) - side;
        let part = |range: std::ops::Range<usize>| -> Vec<f32> {
            dx.chunks(main + side).flat_map(|row| row[range.clone()].iter().copied()).collect()
        };
        pass.run(&self.plan.main, tapes.main, part(0..main), false);
        pass.run(&self.plan.side, tapes.side, part(main..main + side), false);
    }
}

/// Rows of logits of a network that only answers, with what is running as it is; its weights are not copied.
pub fn logits(plan: &Blueprint, weights: &Weights, scratch: &Scratch, batch: Batch<'_>) -> Vec<f32> {
    let (logits, ..) = forward(plan, weights, scratch, batch, Mode::Evaluate);
    Arc::unwrap_or_clone(logits)
}

fn forward(
    plan: &Blueprint,
    weights: &Weights,
    scratch: &Scratch,
    batch: Batch<'_>,
    mode: Mode,
) -> (Values, Tapes, Vec<BufferUpdate>) {
    let clips = batch.clips;
    assert_eq!(batch.frames.len(), clips * plan.input.len(), "a batch of another shape");
    let (parameters, buffers) = (&weights.parameters, &weights.buffers);
    let mut pass = Forward { parameters, buffers, scratch, clips, mode, updates: Vec::new() };
    let mut tapes = Tapes { main: Vec::new(), side: Vec::new(), head: Vec::new() };
    let copied = |values: &[f32]| {
        let mut copy = scratch.stale(values.len());
        copy.copy_from_slice(values);
        Arc::new(copy)
    };
    let mut x = pass.run(&plan.main, copied(batch.frames), &mut tapes.main);
    if plan.side_columns > 0 {
        let beside = pass.run(&plan.side, copied(batch.table), &mut tapes.side);
        let wide = [x.len() / clips, beside.len() / clips];
        let mut joined = Vec::with_capacity(x.len() + beside.len());
        for (a, b) in x.chunks(wide[0].max(1)).zip(beside.chunks(wide[1].max(1))) {
            joined.extend_from_slice(a);
            joined.extend_from_slice(b);
        }
        x = Arc::new(joined);
    }
    let logits = pass.run(&plan.head, x, &mut tapes.head);
    (logits, tapes, pass.updates)
}

/// Loss of given logits.
pub fn cross_entropy_of(
    logits: &[f32],
    truth: &[usize],
    class_weights: Option<&[f32]>,
    classes: usize,
) -> Loss {
    cross_entropy(logits, truth, class_weights, classes, None)
}
