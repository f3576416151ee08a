//! Instruments that hold a note: harmonics in two wavetables, a dark and a bright one, faded by the level.
//!
//! y(t) = e(t) · ((1 − m)·dark + m·bright), with m = brightness · velocity · e(t): the louder, the brighter, as
//! brass and bows are (Risset 1965). Vibrato sets in after the attack; ensembles are three detuned readers.

use super::filters::OnePole;
use super::noise::Noise;
use super::portable::{decay_factor, exp2, power};
use super::voice::{Instrument, Note, Voice};
use super::wavetable::{Wavetable, phase_step, sines};

/// What makes one held instrument differ from another.
struct Profile {
    attack_seconds: f64,
    release_seconds: f64,
    breath: f64,
    detune_cents: f64,
    dark: fn(&Voice, f64, f64) -> f64,
    bright: fn(&Voice, f64, f64) -> f64,
}

fn profile(voice: &Voice) -> Profile {
    let soft = voice.softness;
    let (attack_seconds, release_seconds, breath, detune_cents, dark, bright): (f64, f64, f64, f64, Law, Law) =
        match voice.instrument {
            Instrument::BowedString => (0.05 + 0.15 * soft, 0.12, 0.012, 5.0, bow_dark, bow_bright),
            Instrument::Brass => (0.025 + 0.06 * soft, 0.07, 0.004, 0.0, brass_dark, brass_bright),
            Instrument::Flute => (0.04 + 0.08 * soft, 0.09, 0.06, 0.0, flute, flute_bright),
            Instrument::Reed => (0.025 + 0.06 * soft, 0.06, 0.012, 0.0, reed_dark, reed_bright),
            Instrument::Organ => (0.01 + 0.03 * soft, 0.05, 0.0, 2.0, organ, organ),
            Instrument::Pad => (0.12 + 0.5 * soft, 0.5, 0.004, 12.0, pad_dark, saw),
            Instrument::Choir => (0.1 + 0.35 * soft, 0.35, 0.03, 14.0, vowel, vowel),
            _ => (0.006 + 0.03 * soft, 0.06, 0.0, 9.0, pad_dark, saw),
        };
    Profile { attack_seconds, release_seconds, breath, detune_cents, dark, bright }
}

/// Amplitude of a harmonic, from the voice, its number and its frequency in Hz.
type Law = fn(&Voice, f64, f64) -> f64;

fn bump(frequency: f64, centre: f64, width: f64) -> f64 {
    let offset = (frequency - centre) / width;
    1.0 / (1.0 + offset * offset)
}
fn body(voice: &Voice, frequency: f64) -> f64 {
    0.5 + bump(frequency, 420.0 + 160.0 * voice.character, 130.0) + 0.8 * bump(frequency, 2400.0, 900.0)
}
fn bow_dark(voice: &Voice, k: f64, frequency: f64) -> f64 {
    power(k, -1.8) * body(voice, frequency)
}
fn bow_bright(voice: &Voice, k: f64, frequency: f64) -> f64 {
    power(k, -0.9) * body(voice, frequency)
}
fn brass_dark(_: &Voice, k: f64, _: f64) -> f64 {
    power(k, -2.2)
}
fn brass_bright(voice: &Voice, k: f64, frequency: f64) -> f64 {
    power(k, -0.5) * (0.3 + bump(frequency, 1100.0 + 700.0 * voice.character, 900.0))
}
fn flute(_: &Voice, k: f64, _: f64) -> f64 {
    power(k, -2.8)
}
fn flute_bright(voice: &Voice, k: f64, _: f64) -> f64 {
    power(k, -1.5 - 0.5 * voice.character)
}
fn odd(voice: &Voice, k: f64) -> f64 {
    if k % 2.0 == 1.0 { 1.0 } else { 0.1 + 0.5 * voice.character }
}
fn reed_dark(voice: &Voice, k: f64, _: f64) -> f64 {
    power(k, -1.6) * odd(voice, k)
}
fn reed_bright(voice: &Voice, k: f64, frequency: f64) -> f64 {
    power(k, -0.8) * odd(voice, k) * (0.4 + bump(frequency, 1500.0, 700.0))
}
fn organ(voice: &Voice, k: f64, _: f64) -> f64 {
    let drawbars = [1.0, 0.8, 0.6, 0.5, 0.0, 0.35, 0.0, 0.3];
    let level = drawbars.get(k as usize - 1).copied().unwrap_or(0.0);
    if k < 3.0 { level } else { level * (0.2 + 0.5 * voice.character + 0.6 * voice.brightness) }
}
fn pad_dark(_: &Voice, k: f64, _: f64) -> f64 {
    power(k, -2.0)
}
fn saw(_: &Voice, k: f64, _: f64) -> f64 {
    1.0 / k
}
fn vowel(voice: &Voice, k: f64, frequency: f64) -> f64 {
    // Between "oo" and "ah".
    let open = voice.character;
    let first = bump(frequency, 330.0 + 400.0 * open, 90.0);
    let second = bump(frequency, 800.0 + 350.0 * open, 110.0);
    let third = bump(frequency, 2600.0, 220.0);
    power(k, -0.7) * (0.03 + first + (0.25 + 0.4 * open) * second + (0.05 + 0.35 * voice.brightness) * third)
}

/// Adds the note to `out`, whose first sample is the note's start.
pub fn add(note: &Note, voice: &Voice, rate_hz: f64, noise: &mut Noise, out: &mut [f32]) {
    let profile = profile(voice);
    let harmonics = ((0.45 * rate_hz / note.hertz) as usize).clamp(1, 36);
    let table = |law: Law| {
        let amplitudes: Vec<f64> =
            (1..=harmonics).map(|k| law(voice, k as f64, k as f64 * note.hertz)).collect();
        Wavetable::new(&amplitudes)
    };
    let (dark, bright) = (table(profile.dark), table(profile.bright));

    let spread = exp2(profile.detune_cents / 1200.0);
    let readers: &mut [(u32, f64)] = if profile.detune_cents > 0.0 {
        &mut [(0, 1.0), (1 << 30, spread), (3 << 29, 1.0 / spread)]
    } else {
        &mut [(0, 1.0)]
    };
    let reader_level = 0.5 / (readers.len() as f64).sqrt();
    let vibrato_step = phase_step(4.6 + 1.2 * voice.character, rate_hz);
    let vibrato_depth = 0.012 * voice.vibrato;
    let rise = (1.0 - decay_factor(profile.attack_seconds, rate_hz)) as f32;
    let fall = decay_factor(profile.release_seconds, rate_hz) as f32;
    let held = (note.hold_seconds * rate_hz) as usize;
    let length = out.len().min(held + (profile.release_seconds * 6.0 * rate_hz) as usize);
    let mut breath = OnePole::new((note.hertz * 3.0).min(0.4 * rate_hz), rate_hz);

    let (mut level, mut vibrato_phase, mut onset) = (0.0f32, 0u32, 0.0f64);
    let loud = (note.velocity * reader_level) as f32;
    let shine = (voice.brightness * (0.4 + 0.6 * note.velocity)) as f32;
    let mut steps = [0u32; 3];
    for (position, sample) in out[..length].iter_mut().enumerate() {
        if position % 32 == 0 {
            // The pitch bends slowly, so its step is renewed every 32 samples.
            vibrato_phase = vibrato_phase.wrapping_add(vibrato_step.wrapping_mul(32));
            onset = (onset + 32.0 / (0.4 * rate_hz)).min(1.0);
            let bend = 1.0 + vibrato_depth * onset * f64::from(sines().at(vibrato_phase));
            for (step, reader) in steps.iter_mut().zip(readers.iter()) {
                *step = phase_step(note.hertz * reader.1 * bend, rate_hz);
            }
        }
        level = if position < held { level + rise * (1.0 - level) } else { level * fall };
        let mix = shine * level;
        let mut sum = 0.0;
        for (reader, step) in readers.iter_mut().zip(&steps) {
            let low = dark.at(reader.0);
            sum += low + mix * (bright.at(reader.0) - low);
            reader.0 = reader.0.wrapping_add(*step);
        }
        if profile.breath > 0.0 {
            sum += profile.breath as f32 * 4.0 * breath.low(noise.sample());
        }
        *sample += loud * level * sum;
    }
}
