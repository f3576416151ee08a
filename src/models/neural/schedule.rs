//! The learning rate at each step.
//!
//! * `step`: base · factor^⌊epoch / every⌋
//! * `cosine`: low + (base − low)(1 + cos(π s/S))/2 over all S steps
//! * `one_cycle` (Smith 2018, as PyTorch's OneCycleLR, the momentum staying as it is): from base/25 up to base by a cosine over 30 % of the steps, then
//!   down to base/250000
//! * `triangular`, `triangular2` (Smith 2017): between `low` and base, up and down over 2 · `half` epochs;
//!   `triangular2` halves the height after each cycle

use serde::{Deserialize, Serialize};

use crate::models::parameters;

#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    #[default]
    Constant,
    Step {
        #[serde(deserialize_with = "parameters::count")]
        every: usize,
        #[serde(deserialize_with = "parameters::positive")]
        factor: f64,
    },
    Cosine {
        #[serde(default, deserialize_with = "parameters::not_negative")]
        low: f64,
    },
    OneCycle {
        #[serde(default = "rise", deserialize_with = "parameters::part")]
        rise: f64,
    },
    Triangular {
        #[serde(deserialize_with = "parameters::not_negative")]
        low: f64,
        /// Epochs from low to high.
        #[serde(deserialize_with = "parameters::positive")]
        half: f64,
    },
    Triangular2 {
        #[serde(deserialize_with = "parameters::not_negative")]
        low: f64,
        #[serde(deserialize_with = "parameters::positive")]
        half: f64,
    },
}

fn rise() -> f64 {
    0.3
}

const START: f64 = 25.0;
const END: f64 = 1e4;

impl Schedule {
    /// The rate of step `step` (from 0) of `all`, `an_epoch` of them an epoch.
    pub fn rate(&self, base: f64, step: usize, an_epoch: usize, all: usize) -> f64 {
        let (step, an_epoch) = (step as f64, an_epoch.max(1) as f64);
        let between = |from: f64, to: f64, share: f64| {
            to + (from - to) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0
        };
        match *self {
            Self::Constant => base,
            Self::Step { every, factor } => {
                base * factor.powi(((step / an_epoch) as usize / every).min(i32::MAX as usize) as i32)
            }
            Self::Cosine { low } => between(base, low, step / all.max(1) as f64),
            Self::OneCycle { rise } => {
                let last = all.saturating_sub(1).max(1) as f64;
                let top = (rise * all as f64 - 1.0).max(1.0);
                let start = base / START;
                if step <= top {
                    between(start, base, step / top)
                } else {
                    between(base, start / END, (step - top) / (last - top).max(1.0))
                }
            }
            Self::Triangular { low, half } => low + (base - low) * triangle(step, half * an_epoch).0,
            Self::Triangular2 { low, half } => {
                let (height, cycle) = triangle(step, half * an_epoch);
                low + (base - low) * height / 2f64.powf(cycle - 1.0)
            }
        }
    }
}

/// Height in [0, 1] and the cycle, from 1.
fn triangle(step: f64, half: f64) -> (f64, f64) {
    let cycle = (1.0 + step / (2.0 * half)).floor();
    let x = (step / half - 2.0 * cycle + 1.0).abs();
    ((1.0 - x).max(0.0), cycle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schedule_passes_through_the_points_its_definition_names() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1e-6), "{a} {b}");
        let step = Schedule::Step { every: 2, factor: 0.1 };
        close(step.rate(1.0, 39, 10, 100), 0.1);
        close(step.rate(1.0, 40, 10, 100), 0.01);
        // Whatever an experiment says.
        close(Schedule::Step { every: 1_000_000_000, factor: 0.5 }.rate(1.0, 999, 10, 1000), 1.0);
        close(Schedule::Cosine { low: 0.2 }.rate(1.0, 50, 10, 100), 0.6);
        // PyTorch 2.8's OneCycleLR(max_lr=1, total_steps=100), after 0, 29, 60 and 99 steps.
        let cycle = Schedule::OneCycle { rise: 0.3 };
        for (at, wanted) in [(0, 0.04), (29, 1.0), (60, 0.589_280_1), (99, 4e-6)] {
            assert!(
                (cycle.rate(1.0, at, 10, 100) - wanted).abs() < 1e-6,
                "{at}: {}",
                cycle.rate(1.0, at, 10, 100)
            );
        }
        // cntk-2020: 250 steps up; peak, base, half the peak.
        let clr = Schedule::Triangular2 { low: 1e-5, half: 10.0 };
        close(clr.rate(1e-3, 250, 25, 1250), 1e-3);
        close(clr.rate(1e-3, 500, 25, 1250), 1e-5);
        close(clr.rate(1e-3, 750, 25, 1250), 1e-5 + 0.99e-3 / 2.0);
        close(Schedule::Triangular { low: 1e-5, half: 10.0 }.rate(1e-3, 750, 25, 1250), 1e-3);
    }
}
