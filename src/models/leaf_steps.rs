//! What the leaves of one boosted tree add to the scores of their rows.
//!
//! Newton: the step solves (H + λ I) δ = Σ g over a leaf's rows, g the residuals [y = c] − p and H the full
//! matrix Σ diag p − p pᵀ, λ being l2 but at least the largest diagonal element · 2⁻²³ (H is singular: moving all
//! scores of a row together changes nothing). Gradient: δ = Σ g / (rows + l2). With several steps each starts
//! where the last one ended, and a step that does not lower the loss is halved instead (CatBoost's
//! `AnyImprovement`).

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::boosted_scores::BoostedScores;
use crate::algebra::Cholesky;

/// Stands for an l2 of 0, as in CatBoost.
const LEAST_L2: f64 = 1e-20;

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub enum Estimation {
    Newton,
    Gradient,
}

#[derive(Debug, Clone, Copy)]
pub struct StepRules {
    pub estimation: Estimation,
    pub steps: usize,
    pub l2: f64,
}

/// Leaves × outputs; `places` has the leaf of every row.
pub fn leaf_steps(rows: &BoostedScores<'_>, places: &[u32], leaves: usize, rules: StepRules) -> Vec<f64> {
    let outputs = rows.outputs;
    let mut members = vec![Vec::new(); leaves];
    places.iter().enumerate().for_each(|(row, leaf)| members[*leaf as usize].push(row));
    let mut reached = vec![0.0; leaves * outputs];
    if rules.steps == 1 {
        return directions(rows, &members, &reached, rules);
    }
    let mut loss = total_loss(rows, &members, &reached);
    let mut step: Option<Vec<f64>> = None;
    for _ in 0..rules.steps {
        let direction = step.take().unwrap_or_else(|| directions(rows, &members, &reached, rules));
        let tried: Vec<f64> = reached.iter().zip(&direction).map(|(at, step)| at + step).collect();
        let after = total_loss(rows, &members, &tried);
        if after < loss {
            (reached, loss) = (tried, after);
        } else {
            step = Some(direction.iter().map(|step| step * 0.5).collect());
        }
    }
    reached
}

/// The next step of every leaf, from `reached`.
fn directions(
    rows: &BoostedScores<'_>,
    members: &[Vec<usize>],
    reached: &[f64],
    rules: StepRules,
) -> Vec<f64> {
    let outputs = rows.outputs;
    let steps: Vec<Vec<f64>> = members
        .par_iter()
        .zip(reached.par_chunks(outputs))
        .map(|(members, reached)| {
            let mut sums = vec![0.0; outputs];
            let step = reached.iter().any(|step| *step != 0.0).then_some(reached);
            let newton = rules.estimation == Estimation::Newton;
            let mut curvature = Array2::zeros(if newton { (outputs, outputs) } else { (0, 0) });
            let mut parts = vec![0.0; outputs];
            for row in members {
                rows.probabilities(*row, step, &mut parts);
                for (output, (sum, part)) in sums.iter_mut().zip(&parts).enumerate() {
                    *sum += rows.indicator(*row, output) - part;
                }
                for (output, (mut line, part)) in curvature.outer_iter_mut().zip(&parts).enumerate() {
                    line.iter_mut().zip(&parts[..=output]).for_each(|(cell, other)| *cell -= part * other);
                    line[output] += part;
                }
            }
            if newton {
                solve(curvature, &mut sums, rules.l2);
            } else {
                let below = members.len() as f64 + rules.l2;
                sums.iter_mut().for_each(|sum| *sum = if members.is_empty() { 0.0 } else { *sum / below });
            }
            sums
        })
        .collect();
    steps.concat()
}

/// `sums` becomes the solution; the lower triangle of `curvature` is read. A matrix that rounding has made
/// indefinite gives no step.
fn solve(mut curvature: Array2<f64>, sums: &mut [f64], l2: f64) {
    let largest = curvature.diag().fold(l2.max(LEAST_L2), |largest, element| largest.max(*element));
    // A single score has no direction without curvature.
    let rounding = if sums.len() == 1 { 0.0 } else { largest * f64::from(f32::EPSILON) };
    let added = l2.max(LEAST_L2).max(rounding);
    curvature.diag_mut().iter_mut().for_each(|element| *element += added);
    let mut solution: Vec<[f64; 1]> = sums.iter().map(|sum| [*sum]).collect();
    match Cholesky::new(curvature.view()) {
        Some(factor) => factor.solve(&mut solution),
        None => solution.fill([0.0]),
    }
    sums.iter_mut().zip(solution).for_each(|(sum, [solution])| *sum = solution);
}

fn total_loss(rows: &BoostedScores<'_>, members: &[Vec<usize>], reached: &[f64]) -> f64 {
    let losses: Vec<f64> = members
        .par_iter()
        .zip(reached.par_chunks(rows.outputs))
        .map(|(members, reached)| members.iter().map(|row| rows.loss(*row, Some(reached))).sum())
        .collect();
    losses.iter().sum()
}
