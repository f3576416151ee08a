//! Newton's method with conjugate gradients inside: minimises a smooth convex function whose Hessian can be applied
//! to a vector but is too large to be written down.
//!
//! Dembo and Steihaug, "Truncated-Newton algorithms for large-scale unconstrained optimization", Mathematical
//! Programming 26 (1983): each step is solved only as far as the gradient's size deserves, and no further than the
//! search as a whole is to go, then a line search for the weak Wolfe conditions. The conjugate gradients are
//! preconditioned by the objective's own preconditioner P. Half of gᵀP⁻¹g would be left to gain if P were the Hessian;
//! the longest step that the conjugate gradients took along a direction says how far it is from that.

use super::lbfgs::{Limits, Minimum, Objective, add, dot, line_search};

/// An objective whose Hessian can be applied.
pub trait Curved: Objective {
    /// Takes `at` as the point whose Hessian is asked for.
    fn hold(&mut self, at: &[f64]);

    /// product ← H v; `product` is overwritten.
    fn hessian(&self, v: &[f64], product: &mut [f64]);
}

const INNER_STEPS: usize = 200;
/// After this many inner steps the preconditioner is worth taking anew.
const REFRESH: usize = 12;

pub fn minimise_by_newton(objective: &mut impl Curved, start: Vec<f64>, limits: Limits) -> Minimum {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let mut value = objective.evaluate(&at, &mut gradient);
    let mut stretch = 1.0;
    for iteration in 0..=limits.iterations {
        let largest = gradient.iter().fold(0.0, |largest: f64, part| largest.max(part.abs()));
        let residual: Vec<f64> = gradient.iter().map(|part| -part).collect();
        let mut ready = residual.clone();
        objective.precondition(&mut ready);
        let size = dot(&residual, &ready);
        let worth = 2.0 * limits.decrease * value.abs();
        let settled = largest <= limits.gradient && stretch * size <= worth;
        if settled || size <= 0.0 || size.is_nan() {
            return Minimum { at, value, converged: settled || size == 0.0 };
        }
        if iteration == limits.iterations {
            break;
        }
        objective.hold(&at);
        // Far from the minimum a step is solved coarsely; close to it no finer than what is still worth gaining, and
        // always so far that the next gradient is smaller.
        let coarse = size.sqrt().min(0.25).powi(2);
        let fine = (0.5 * worth / (stretch * size)).min(0.01);
        let step = newton_step(objective, residual, ready, size * coarse.max(fine));
        let slope = dot(&step.direction, &gradient);
        if slope >= 0.0 || slope.is_nan() {
            return Minimum { at, value, converged: slope == 0.0 };
        }
        let Some(next) = line_search(objective, &at, value, slope, &step.direction) else {
            return Minimum { at, value, converged: largest <= limits.gradient };
        };
        (at, value, gradient) = (next.at, next.value, next.gradient);
        stretch = step.stretch.max(1.0);
        if step.steps > REFRESH {
            objective.refresh(&at);
            stretch = 1.0;
        }
    }
    Minimum { at, value, converged: false }
}

struct NewtonStep {
    direction: Vec<f64>,
    steps: usize,
    /// The longest step along a direction: at most the largest eigenvalue of H⁻¹ P.
    stretch: f64,
}

/// An approximate H⁻¹ of `residual`, `ready` being P⁻¹ of it, solved until what is left is `enough` by P's measure.
fn newton_step(
    objective: &impl Curved,
    mut residual: Vec<f64>,
    mut ready: Vec<f64>,
    enough: f64,
) -> NewtonStep {
    let mut direction = vec![0.0; residual.len()];
    let mut along = ready.clone();
    let mut size = dot(&residual, &ready);
    let mut curved = vec![0.0; residual.len()];
    let (mut steps, mut stretch) = (0, 0.0f64);
    while steps < INNER_STEPS && size > enough {
        objective.hessian(&along, &mut curved);
        let bend = dot(&along, &curved);
        if bend <= 0.0 || !bend.is_finite() {
            // Flat: nothing below can be told apart. The first direction is downhill all the same.
            if steps == 0 {
                direction = along;
            }
            break;
        }
        let length = size / bend;
        (steps, stretch) = (steps + 1, stretch.max(length));
        add(&mut direction, length, &along);
        add(&mut residual, -length, &curved);
        ready.copy_from_slice(&residual);
        objective.precondition(&mut ready);
        let next = dot(&residual, &ready);
        let keep = next / size;
        size = next;
        along.iter_mut().zip(&ready).for_each(|(along, ready)| *along = ready + keep * *along);
    }
    NewtonStep { direction, steps, stretch }
}
