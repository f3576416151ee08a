//! Newton's method with conjugate gradients inside: minimises a smooth convex function whose Hessian can be applied
//! to a vector but is too large to be written down.
//!
//! Dembo and Steihaug, "Truncated-Newton algorithms for large-scale unconstrained optimization", Mathematical
//! Programming 26 (1983): each step is solved only as far as the gradient's size deserves, then a line search for
//! the weak Wolfe conditions. The conjugate gradients are preconditioned by the objective's own preconditioner.

use super::lbfgs::{Limits, Minimum, Objective, add, dot, line_search};

/// An objective whose Hessian can be applied.
pub trait Curved: Objective {
    /// Takes `at` as the point whose Hessian is asked for.
    fn hold(&mut self, at: &[f64]);

    /// product ← H v; `product` is overwritten.
    fn hessian(&self, v: &[f64], product: &mut [f64]);
}

const INNER_STEPS: usize = 200;

pub fn minimise_by_newton(objective: &mut impl Curved, start: Vec<f64>, limits: Limits) -> Minimum {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let mut value = objective.evaluate(&at, &mut gradient);
    for iteration in 0..=limits.iterations {
        objective.hold(&at);
        let direction = newton_step(objective, &gradient);
        let slope = dot(&direction, &gradient);
        let largest = gradient.iter().fold(0.0, |largest: f64, part| largest.max(part.abs()));
        let settled = largest <= limits.gradient && -0.5 * slope <= limits.decrease * value.abs();
        if settled || slope >= 0.0 || slope.is_nan() {
            return Minimum { at, value, converged: settled || slope == 0.0 };
        }
        if iteration == limits.iterations {
            break;
        }
        let Some(next) = line_search(objective, &at, value, slope, &direction) else {
            return Minimum { at, value, converged: largest <= limits.gradient };
        };
        (at, value, gradient) = (next.at, next.value, next.gradient);
    }
    Minimum { at, value, converged: false }
}

/// An approximate −H⁻¹ g.
fn newton_step(objective: &impl Curved, gradient: &[f64]) -> Vec<f64> {
    let mut step = vec![0.0; gradient.len()];
    let mut residual: Vec<f64> = gradient.iter().map(|part| -part).collect();
    let mut ready = residual.clone();
    objective.precondition(&mut ready);
    let mut along = ready.clone();
    let mut size = dot(&residual, &ready);
    let enough = size * (size.sqrt()).min(0.25).powi(2);
    let mut curved = vec![0.0; gradient.len()];
    for inner in 0..INNER_STEPS {
        if size <= enough || size == 0.0 {
            break;
        }
        objective.hessian(&along, &mut curved);
        let bend = dot(&along, &curved);
        if bend <= 0.0 || !bend.is_finite() {
            // Flat: nothing below can be told apart. The first direction is downhill all the same.
            if inner == 0 {
                step = along;
            }
            break;
        }
        let length = size / bend;
        add(&mut step, length, &along);
        add(&mut residual, -length, &curved);
        ready.copy_from_slice(&residual);
        objective.precondition(&mut ready);
        let next = dot(&residual, &ready);
        let keep = next / size;
        size = next;
        along.iter_mut().zip(&ready).for_each(|(along, ready)| *along = ready + keep * *along);
    }
    step
}
