//! Two small filters: a one-pole low-pass, and a state-variable filter (trapezoidal; Zavalishin, The Art of
//! VA Filter Design, 2012, ch. 4) that gives low, band and high at once.

use super::portable::{decay_factor, sine};

/// y ← y + c·(x − y), with c = 1 − e^(−2π·f/rate).
pub struct OnePole {
    coefficient: f32,
    state: f32,
}

impl OnePole {
    pub fn new(cutoff_hz: f64, rate_hz: f64) -> Self {
        let time_constant = 1.0 / (std::f64::consts::TAU * cutoff_hz.max(1.0));
        Self { coefficient: (1.0 - decay_factor(time_constant, rate_hz)) as f32, state: 0.0 }
    }

    pub fn low(&mut self, input: f32) -> f32 {
        self.state += self.coefficient * (input - self.state);
        self.state
    }

    pub fn high(&mut self, input: f32) -> f32 {
        input - self.low(input)
    }
}

/// Low, band and high outputs of one second-order section.
pub struct StateVariable {
    g: f32,
    damping: f32,
    scale: f32,
    first: f32,
    second: f32,
}

impl StateVariable {
    pub fn new(cutoff_hz: f64, resonance: f64, rate_hz: f64) -> Self {
        let damping = (1.0 / resonance.max(0.5)) as f32;
        let mut filter = Self { g: 0.0, damping, scale: 0.0, first: 0.0, second: 0.0 };
        filter.tune(cutoff_hz, rate_hz);
        filter
    }

    pub fn tune(&mut self, cutoff_hz: f64, rate_hz: f64) {
        // Half a turn is the Nyquist frequency; the tangent is finite below 0.49 of the rate.
        let turns = (cutoff_hz / rate_hz).clamp(1e-4, 0.49) * 0.5;
        self.g = (sine(turns) / sine(turns + 0.25)) as f32;
        self.scale = 1.0 / (1.0 + self.g * (self.g + self.damping));
    }

    /// (low, band, high).
    pub fn outputs(&mut self, input: f32) -> (f32, f32, f32) {
        let high = (input - (self.g + self.damping) * self.first - self.second) * self.scale;
        let band = self.g * high + self.first;
        let low = self.g * band + self.second;
        self.first = self.g * high + band;
        self.second = self.g * band + low;
        (low, band, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_pass_low_and_stop_high_and_alternation_does_the_reverse() {
        let mut filter = StateVariable::new(1000.0, 0.7, 22050.0);
        let mut pole = OnePole::new(1000.0, 22050.0);
        let (mut steady, mut through) = ((0.0, 0.0, 0.0), 0.0);
        for _ in 0..2000 {
            steady = filter.outputs(1.0);
            through = pole.low(1.0);
        }
        assert!((steady.0 - 1.0).abs() < 1e-3 && steady.2.abs() < 1e-3 && (through - 1.0).abs() < 1e-3);
        let mut filter = StateVariable::new(1000.0, 0.7, 22050.0);
        let mut fast = (0.0, 0.0, 0.0);
        for step in 0..2001 {
            fast = filter.outputs(if step % 2 == 0 { 1.0 } else { -1.0 });
        }
        assert!(fast.0.abs() < 1e-3 && (fast.2 - 1.0).abs() < 1e-3);
    }
}
