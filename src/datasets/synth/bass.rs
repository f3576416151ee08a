//! Two synthetic basses: a sine with a little second and third harmonic, and a sawtooth through a resonant low-pass
//! whose cutoff falls after each stroke.

use super::filters::StateVariable;
use super::portable::decay_factor;
use super::voice::{Instrument, Note, Voice};
use super::wavetable::{Wavetable, phase_step};

/// Adds the note to `out`, whose first sample is the note's start.
pub fn add(note: &Note, voice: &Voice, rate_hz: f64, out: &mut [f32]) {
    let saw = voice.instrument == Instrument::SawBass;
    let harmonics = if saw { ((0.45 * rate_hz / note.hertz) as usize).clamp(1, 60) } else { 3 };
    let amplitude = |k: usize| match (saw, k) {
        (true, _) => 1.0 / k as f64,
        (false, 1) => 1.0,
        (false, 2) => 0.5 * voice.brightness,
        (false, _) => 0.3 * voice.brightness * voice.character,
    };
    let table = Wavetable::new(&(1..=harmonics).map(amplitude).collect::<Vec<_>>());
    let resonance = 0.7 + 3.0 * voice.character;
    let mut filter = StateVariable::new(200.0, resonance, rate_hz);
    let sweep_fall = decay_factor(0.06 + 0.3 * voice.ring, rate_hz / 16.0);
    let attack = (1.0 / ((0.003 + 0.02 * voice.softness) * rate_hz)) as f32;
    let fall = decay_factor(0.3 + 1.5 * voice.ring, rate_hz) as f32;
    let damp = decay_factor(0.03, rate_hz) as f32;
    let held = (note.hold_seconds * rate_hz) as usize;
    let length = out.len().min(held + (0.2 * rate_hz) as usize);
    let step = phase_step(note.hertz, rate_hz);
    let (mut phase, mut onset, mut level, mut sweep) = (0u32, 0.0f32, 0.9 * note.velocity as f32, 1.0f64);
    for (position, sample) in out[..length].iter_mut().enumerate() {
        let mut tone = table.at(phase);
        if saw {
            if position % 16 == 0 {
                let open = 150.0 + 500.0 * voice.brightness + 3000.0 * voice.brightness * sweep;
                filter.tune(open, rate_hz);
                sweep *= sweep_fall;
            }
            tone = filter.outputs(tone).0;
        }
        *sample += onset * level * tone;
        phase = phase.wrapping_add(step);
        onset = (onset + attack).min(1.0);
        level *= if position < held { fall } else { damp };
    }
}
