//! What a clip sounds like in four parts: rhythm, harmony, sound, production. Levels are in dB.

use super::drums::Kit;
use super::grooves::Groove;
use super::harmony::{BassLine, Comping, Mode, Progression};
use super::voice::Voice;

#[derive(Debug, Clone)]
pub struct Style {
    pub rhythm: Rhythm,
    pub harmony: Harmony,
    pub sound: Sound,
    pub production: Production,
}

#[derive(Debug, Clone)]
pub struct Rhythm {
    pub tempo_bpm: f64,
    pub swing: f64,
    pub groove: Groove,
    pub bass_line: BassLine,
    pub kit: Kit,
    pub drum_level: f64,
    pub unevenness_seconds: f64,
}

#[derive(Debug, Clone)]
pub struct Harmony {
    pub mode: Mode,
    pub progression: Progression,
    /// Half bars a chord stays.
    pub chord_halves: usize,
    pub comping: Comping,
    pub keys: [f64; 2],
    pub lead_density: f64,
    pub lead_centre: f64,
}

#[derive(Debug, Clone)]
pub struct Sound {
    pub lead: Voice,
    pub chords: Voice,
    pub bass: Voice,
    pub lead_level: f64,
    pub chord_level: f64,
    pub bass_level: f64,
}

#[derive(Debug, Clone)]
pub struct Production {
    pub tuning_cents: f64,
    pub reverb_share: f64,
    pub reverb_seconds: f64,
    pub room_size: f64,
    pub damping: f64,
    pub lowpass_octave: f64,
    pub hiss_level: f64,
    pub drive: f64,
    pub loudness: f64,
}

/// What one clip plays.
#[derive(Debug, Clone)]
pub struct Take {
    pub style: Style,
    /// MIDI note of the key, around 48.
    pub key: f64,
    pub lead_plays: bool,
    pub chords_play: bool,
    pub bass_plays: bool,
    pub drums_play: bool,
    /// Step of the bar at which the clip was cut from its piece.
    pub first_step: usize,
}
