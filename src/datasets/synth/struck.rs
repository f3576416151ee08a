//! Struck instruments by frequency modulation (Chowning 1973): y = e(t) · sin(ω·t + I(t)·sin(r·ω·t)), the index
//! I falling faster than the level e. Bells have an inharmonic ratio r, electric pianos 1 and a tine at 14,
//! mallets 4 with an index that is gone after the stroke.

use super::portable::{decay_factor, log2};
use super::voice::{Instrument, Note, Voice};
use super::wavetable::{phase_step, sines};

/// Adds the note to `out`, whose first sample is the note's start.
pub fn add(note: &Note, voice: &Voice, rate_hz: f64, out: &mut [f32]) {
    let bright = (0.3 + voice.brightness) * (0.4 + 0.6 * note.velocity);
    let (ratio, index_turns, level_seconds, index_seconds, tine) = match voice.instrument {
        Instrument::Bell => {
            let ratio = [1.4, 2.76, 3.5][((voice.character * 3.0) as usize).min(2)];
            (ratio, 0.35 * bright, 0.5 + 1.6 * voice.ring, 0.35 + 0.8 * voice.ring, 0.0)
        }
        Instrument::Mallet => {
            (3.98, 0.22 * bright, 0.09 + 0.35 * voice.ring, 0.02 + 0.05 * voice.character, 0.0)
        }
        _ => (1.0, 0.28 * bright, 0.4 + 0.9 * voice.ring, 0.25, 0.12 * bright * (0.3 + voice.character)),
    };
    // High notes die sooner on everything that is struck.
    let level_seconds = level_seconds / (1.0 + 0.25 * log2(note.hertz / 220.0).max(0.0));
    // Keep the outer sidebands below the Nyquist frequency.
    let room = (0.45 * rate_hz - note.hertz) / (ratio * note.hertz);
    let mut index = (index_turns.min(room.max(0.0) / 8.0) * 4_294_967_296.0) as f32;
    let index_fall = decay_factor(index_seconds, rate_hz) as f32;
    let fall = decay_factor(level_seconds, rate_hz) as f32;
    let damp = decay_factor(0.08, rate_hz) as f32;
    let attack = (1.0 / ((0.001 + 0.012 * voice.softness) * rate_hz)) as f32;
    let tine_level = if note.hertz * 14.0 < 0.45 * rate_hz { tine as f32 } else { 0.0 };
    let tine_fall = decay_factor(0.06, rate_hz) as f32;

    let held = (note.hold_seconds * rate_hz) as usize;
    let (step, modulator_step) = (phase_step(note.hertz, rate_hz), phase_step(note.hertz * ratio, rate_hz));
    let tine_step = step.wrapping_mul(14);
    let (mut phase, mut modulator, mut tine_phase) = (0u32, 0u32, 0u32);
    let (mut level, mut onset, mut tine_level) = (0.8 * note.velocity as f32, 0.0f32, tine_level);
    let sines = sines();
    for (position, sample) in out.iter_mut().enumerate() {
        let bend = (index * sines.at(modulator)) as i64 as u32;
        let tone = sines.at(phase.wrapping_add(bend)) + tine_level * sines.at(tine_phase);
        *sample += onset * level * tone;
        onset = (onset + attack).min(1.0);
        phase = phase.wrapping_add(step);
        modulator = modulator.wrapping_add(modulator_step);
        tine_phase = tine_phase.wrapping_add(tine_step);
        index *= index_fall;
        tine_level *= tine_fall;
        // Bells ring on; the others are damped when the key is let go.
        level *= if position < held || voice.instrument == Instrument::Bell { fall } else { damp };
        if level < 1e-4 {
            break;
        }
    }
}
