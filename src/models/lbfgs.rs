//! Preconditioned L-BFGS: minimises a smooth convex function of many variables.
//!
//! Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", Mathematical
//! Programming 45 (1989), with a line search for the weak Wolfe conditions by bracketing (Lewis and
//! Overton, 2013). The first Hessian of every two-loop recursion is the objective's own preconditioner.

use std::collections::VecDeque;

/// A function with a gradient and an approximate inverse Hessian.
pub trait Objective {
    /// The value at `at`; `gradient` is overwritten.
    fn evaluate(&self, at: &[f64], gradient: &mut [f64]) -> f64;

    /// v ← P⁻¹ v for a symmetric positive definite P near the Hessian.
    fn precondition(&self, v: &mut [f64]);

    /// Takes the preconditioner anew from the curvature at `at`.
    fn refresh(&mut self, at: &[f64]);
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub iterations: usize,
    /// Largest absolute gradient component.
    pub gradient: f64,
    /// Decrease that a further Newton step would bring, as a part of the value.
    pub decrease: f64,
}

/// Where the search ended.
#[derive(Debug, Clone)]
pub struct Minimum {
    pub at: Vec<f64>,
    pub value: f64,
    pub converged: bool,
}

const MEMORY: usize = 10;
/// A search that lasts this long has left the curvature it started from.
const REFRESH: usize = 12;
const SUFFICIENT_DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
/// Near the minimum values differ by the rounding of their sum only; the slope then decides.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

pub fn minimise(objective: &mut impl Objective, start: Vec<f64>, limits: Limits) -> Minimum {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let mut value = objective.evaluate(&at, &mut gradient);
    let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(MEMORY);
    for iterations in 0..=limits.iterations {
        if iterations > 0 && iterations % REFRESH == 0 {
            objective.refresh(&at);
        }
        let direction = descent(objective, &gradient, &pairs);
        let slope = dot(&direction, &gradient);
        let largest = gradient.iter().fold(0.0, |largest: f64, part| largest.max(part.abs()));
        // −slope / 2 is what the quadratic model says is left to gain.
        let settled = largest <= limits.gradient && -0.5 * slope <= limits.decrease * value.abs();
        if settled || slope >= 0.0 || slope.is_nan() {
            return Minimum { at, value, converged: settled || slope == 0.0 };
        }
        if iterations == limits.iterations {
            break;
        }
        let Some(next) = line_search(objective, &at, value, slope, &direction) else {
            // Nothing along the direction is lower: the value has reached the rounding of its sum.
            return Minimum { at, value, converged: largest <= limits.gradient };
        };
        let step: Vec<f64> = next.at.iter().zip(&at).map(|(new, old)| new - old).collect();
        let change: Vec<f64> = next.gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        let product = dot(&step, &change);
        if product > 0.0 {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back(Pair { step, change, product });
        }
        (at, value, gradient) = (next.at, next.value, next.gradient);
    }
    Minimum { at, value, converged: false }
}

/// −H g by the two-loop recursion.
fn descent(objective: &impl Objective, gradient: &[f64], pairs: &VecDeque<Pair>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|part| -part).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = dot(&pair.step, &direction) / pair.product;
        add(&mut direction, -share, &pair.change);
        shares.push(share);
    }
    objective.precondition(&mut direction);
    if let Some(pair) = pairs.back() {
        // The preconditioner's scale is that of the start; the newest pair knows the scale here.
        let mut change = pair.change.clone();
        objective.precondition(&mut change);
        let scale = pair.product / dot(&pair.change, &change);
        direction.iter_mut().for_each(|part| *part *= scale);
    }
    for (pair, share) in pairs.iter().zip(shares.iter().rev()) {
        let back = dot(&pair.change, &direction) / pair.product;
        add(&mut direction, share - back, &pair.step);
    }
    direction
}

pub struct Point {
    pub at: Vec<f64>,
    pub value: f64,
    pub gradient: Vec<f64>,
}

/// A point along `direction` for the weak Wolfe conditions; `None` where nothing is lower.
pub fn line_search(
    objective: &impl Objective,
    at: &[f64],
    value: f64,
    slope: f64,
    direction: &[f64],
) -> Option<Point> {
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, 1.0);
    let mut best: Option<Point> = None;
    for _ in 0..50 {
        let there: Vec<f64> = at.iter().zip(direction).map(|(at, part)| at + length * part).collect();
        let mut gradient = vec![0.0; at.len()];
        let reached = objective.evaluate(&there, &mut gradient);
        let point_slope = dot(&gradient, direction);
        let enough = value + SUFFICIENT_DECREASE * length * slope + ROUNDING * value.abs();
        if reached > enough || reached.is_nan() {
            high = length;
        } else {
            let steep = point_slope < CURVATURE * slope;
            best = Some(Point { at: there, value: reached, gradient });
            if !steep {
                return best;
            }
            low = length;
        }
        length = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * low };
    }
    best
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bowl;

    impl Objective for Bowl {
        fn evaluate(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
            // Σ cosh(cᵢ (xᵢ − i/2)) has its minimum, the number of variables, at xᵢ = i/2.
            let mut value = 0.0;
            for (place, (x, slope)) in at.iter().zip(gradient).enumerate() {
                let steep = 1.0 + 0.1 * place as f64;
                let gap = steep * (x - 0.5 * place as f64);
                value += gap.cosh();
                *slope = steep * gap.sinh();
            }
            value
        }

        fn precondition(&self, _v: &mut [f64]) {}

        fn refresh(&mut self, _at: &[f64]) {}
    }

    #[test]
    fn it_finds_the_bottom_of_a_bowl() {
        let limits = Limits { iterations: 200, gradient: 1e-9, decrease: 1e-12 };
        let found = minimise(&mut Bowl, vec![0.5; 8], limits);
        assert!(found.converged);
        assert!((found.value - 8.0).abs() < 1e-12);
        assert!(found.at.iter().enumerate().all(|(place, x)| (x - 0.5 * place as f64).abs() < 1e-9));
    }

    #[test]
    fn it_says_when_it_was_stopped() {
        let limits = Limits { iterations: 2, gradient: 1e-9, decrease: 1e-12 };
        assert!(!minimise(&mut Bowl, vec![0.5; 8], limits).converged);
    }
}
