//! The drum kit: pitched bodies that bend as they decay, and shaped noise.

use super::filters::StateVariable;
use super::noise::Noise;
use super::portable::decay_factor;
use super::wavetable::{phase_step, sines};

/// What can be hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drum {
    Kick,
    Snare,
    Hat,
    OpenHat,
    Clap,
    Shaker,
    LowHand,
    HighHand,
}

/// A kit as one artist owns it; properties run from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Kit {
    pub pitch: f64,
    pub ring: f64,
    pub brightness: f64,
    pub click: f64,
}

/// Adds one stroke to `out`, whose first sample is the stroke's start.
pub fn add(drum: Drum, kit: &Kit, velocity: f64, rate_hz: f64, noise: &mut Noise, out: &mut [f32]) {
    let loud = velocity as f32;
    let (pitch, ring, bright) = (kit.pitch, kit.ring, kit.brightness);
    match drum {
        Drum::Kick => {
            let body = Body { hertz: 42.0 + 26.0 * pitch, bend: 1.5 + 3.0 * kit.click, seconds: 0.09 + 0.22 * ring };
            body.add(0.95 * loud, 0.025, rate_hz, out);
            burst(0.25 * kit.click as f32 * loud, 3000.0, 0.004, (0.0005, Band::Low), rate_hz, noise, out);
        }
        Drum::Snare => {
            let body = Body { hertz: 165.0 + 70.0 * pitch, bend: 0.6, seconds: 0.05 + 0.06 * ring };
            body.add(0.45 * loud, 0.02, rate_hz, out);
            let centre = 1800.0 + 3000.0 * bright;
            burst(0.7 * loud, centre, 0.05 + 0.13 * ring, (0.0008, Band::Middle), rate_hz, noise, out);
        }
        Drum::Hat => {
            burst(0.22 * loud, 4500.0 + 3500.0 * bright, 0.012 + 0.03 * ring, (0.0005, Band::High), rate_hz, noise, out);
        }
        Drum::OpenHat => {
            burst(0.2 * loud, 4200.0 + 3200.0 * bright, 0.09 + 0.2 * ring, (0.0005, Band::High), rate_hz, noise, out);
        }
        Drum::Clap => {
            let gap = (0.011 * rate_hz) as usize;
            for turn in 0..3 {
                let tail = if turn == 2 { 0.06 + 0.1 * ring } else { 0.006 };
                if let Some(rest) = out.get_mut(turn * gap..) {
                    burst(0.6 * loud, 1000.0 + 1000.0 * bright, tail, (0.0005, Band::Middle), rate_hz, noise, rest);
                }
            }
        }
        Drum::Shaker => {
            let centre = 3800.0 + 3500.0 * bright;
            burst(0.28 * loud, centre, 0.03 + 0.03 * ring, (0.018, Band::Middle), rate_hz, noise, out);
        }
        Drum::LowHand => {
            let body = Body { hertz: 78.0 + 50.0 * pitch, bend: 0.35, seconds: 0.1 + 0.2 * ring };
            body.add(0.7 * loud, 0.05, rate_hz, out);
            burst(0.12 * loud, 900.0, 0.015, (0.001, Band::Middle), rate_hz, noise, out);
        }
        Drum::HighHand => {
            let hertz = 240.0 + 170.0 * pitch;
            Body { hertz, bend: 0.12, seconds: 0.04 + 0.07 * ring }.add(0.4 * loud, 0.02, rate_hz, out);
            Body { hertz: hertz * 1.59, bend: 0.1, seconds: 0.03 + 0.04 * ring }.add(0.25 * loud, 0.02, rate_hz, out);
            burst(0.3 * loud, 2200.0 + 1500.0 * bright, 0.012, (0.0008, Band::Middle), rate_hz, noise, out);
        }
    }
}

/// A sine that starts `1 + bend` times too high and falls to its pitch.
struct Body {
    hertz: f64,
    bend: f64,
    seconds: f64,
}

impl Body {
    fn add(&self, loud: f32, bend_seconds: f64, rate_hz: f64, out: &mut [f32]) {
        let fall = decay_factor(self.seconds, rate_hz) as f32;
        let bend_fall = decay_factor(bend_seconds, rate_hz / 8.0);
        let (mut level, mut bend, mut phase, mut step) = (loud, self.bend, 0u32, 0u32);
        for (position, sample) in out.iter_mut().enumerate() {
            if position % 8 == 0 {
                step = phase_step(self.hertz * (1.0 + bend), rate_hz);
                bend *= bend_fall;
            }
            *sample += level * sines().at(phase);
            phase = phase.wrapping_add(step);
            level *= fall;
            if level < 1e-4 {
                break;
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Band {
    Low,
    Middle,
    High,
}

/// Noise through a filter, rising in `shape.0` seconds and then falling by 1/e every `seconds`.
fn burst(
    loud: f32,
    centre_hz: f64,
    seconds: f64,
    shape: (f64, Band),
    rate_hz: f64,
    noise: &mut Noise,
    out: &mut [f32],
) {
    let mut filter = StateVariable::new(centre_hz.min(0.42 * rate_hz), 0.8, rate_hz);
    let fall = decay_factor(seconds, rate_hz) as f32;
    let attack = (1.0 / (shape.0 * rate_hz)).min(1.0) as f32;
    let (mut level, mut onset) = (loud, 0.0f32);
    for sample in out.iter_mut() {
        let (low, band, high) = filter.outputs(noise.sample());
        let chosen = match shape.1 {
            Band::Low => low,
            Band::Middle => band,
            Band::High => high,
        };
        onset = (onset + attack).min(1.0);
        *sample += onset * level * chosen;
        if onset >= 1.0 {
            level *= fall;
            if level < 1e-4 {
                break;
            }
        }
    }
}
