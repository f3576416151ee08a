//! How values and alternatives are chosen from a recipe: by the genre, its school, the artist, and the clip.
//!
//! value = middle of the genre's span + half its width · (shift·school + reach·artist + deviation·clip), each factor
//! uniform in [−1, 1); an alternative's weight is the genre's times the cube of the school's uniform favour.

use super::drums::Kit;
use super::recipes::{Choices, GENRES, RECIPES, Recipe, Span};
use super::style::{Harmony, Production, Rhythm, Sound, Style};
use super::voice::{Instrument, Voice};
use crate::random::Draws;

/// A school's middle lies up to this share of half a genre's span away from the genre's.
const SCHOOL_SHIFT: f64 = 1.2;
/// Artists lie up to this share of half a genre's span away from their school's middle.
const ARTIST_REACH: f64 = 0.25;
/// Share of an artist's choices that follow another genre's taste.
const STRAY_SHARE: f64 = 0.02;
/// Clips lie up to this share of half a genre's span away from their artist.
const CLIP_DEVIATION: f64 = 0.4;
/// Chance that a clip chooses a groove, a line or an instrument anew instead of its artist's.
const CLIP_FREEDOM: f64 = 0.35;
/// Share of clips that are worn copies: dull, and with more hiss than their artist has.
const WORN_COPIES: f64 = 0.12;
/// Clips were levelled by whoever copied them, by up to so many dB either way.
const LEVEL_WANDER: f64 = 4.0;
/// Artists tune to within so many cents of A4 = 440 Hz.
const TUNING_CENTS: f64 = 35.0;

/// One artist's or clip's way of choosing.
pub struct Taste {
    pub draws: Draws,
    pub genre: usize,
    pub school: usize,
}

/// Ranges that no genre prefers, but schools do.
const ANY: Span = Span(0.0, 1.0);
const LEAD_LEVEL: Span = Span(-8.0, 0.0);
const CHORD_LEVEL: Span = Span(-12.0, -4.0);

impl Taste {
    /// The recipe and the school followed for the next choice, now and then another genre's, and what that
    /// school draws about `property`: the same for every artist, clip and seed.
    fn follow(&mut self, property: &str) -> (&'static Recipe, Draws) {
        let strays = self.draws.unit() < STRAY_SHARE;
        let genre = if strays { self.draws.below(GENRES) } else { self.genre };
        let school = Draws::new(0, &format!("synth school {genre} {} {property}", self.school));
        (&RECIPES[genre], school)
    }

    fn choose<T: Copy>(&mut self, property: &str, of: fn(&Recipe) -> Choices<T>) -> T {
        let (recipe, mut school) = self.follow(property);
        let choices = of(recipe);
        // The cube makes a school favour one or two of a genre's alternatives clearly.
        let favour = |weight: f64, u: f64| weight * u * u * u;
        let weights: Vec<f64> = choices.iter().map(|choice| favour(choice.1, school.unit())).collect();
        let mut left = self.draws.unit() * weights.iter().sum::<f64>();
        for (choice, weight) in choices.iter().zip(&weights) {
            left -= weight;
            if left < 0.0 {
                return choice.0;
            }
        }
        choices[choices.len() - 1].0
    }

    fn value(&mut self, property: &str, of: fn(&Recipe) -> Span) -> f64 {
        let (recipe, mut school) = self.follow(property);
        let Span(low, high) = of(recipe);
        let away = SCHOOL_SHIFT * school.between(-1.0, 1.0) + ARTIST_REACH * self.draws.between(-1.0, 1.0);
        0.5 * (low + high) + 0.5 * (high - low) * away
    }

    fn share(&mut self, property: &str, of: fn(&Recipe) -> Span) -> f64 {
        self.value(property, of).clamp(0.0, 1.0)
    }

    fn voice(&mut self, part: &str, instrument: Instrument) -> Voice {
        Voice {
            instrument,
            brightness: self.share("brightness", |recipe| recipe.brightness),
            softness: self.share("softness", |recipe| recipe.softness),
            ring: self.share("ring", |recipe| recipe.ring),
            vibrato: self.share("vibrato", |_| ANY),
            character: self.share(part, |_| ANY),
        }
    }

    pub fn rhythm(&mut self) -> Rhythm {
        Rhythm {
            tempo_bpm: self.value("tempo", |recipe| recipe.tempo_bpm),
            swing: self.share("swing", |recipe| recipe.swing),
            groove: self.choose("groove", |recipe| recipe.grooves),
            bass_line: self.choose("bass line", |recipe| recipe.bass_lines),
            kit: Kit {
                pitch: self.share("kit pitch", |_| ANY),
                ring: self.share("kit ring", |_| ANY),
                brightness: self.share("brightness", |recipe| recipe.brightness),
                click: self.share("kit click", |_| ANY),
            },
            drum_level: self.value("drum level", |recipe| recipe.drum_level),
            unevenness_seconds: 0.014 * self.draws.unit(),
        }
    }

    pub fn harmony(&mut self) -> Harmony {
        Harmony {
            mode: self.choose("mode", |recipe| recipe.modes),
            progression: self.choose("progression", |recipe| recipe.progressions),
            chord_halves: 1 + self.draws.below(2),
            comping: self.choose("comping", |recipe| recipe.comping),
            keys: [43.0 + self.draws.below(12) as f64, 43.0 + self.draws.below(12) as f64],
            lead_density: self.share("lead density", |recipe| recipe.lead_density),
            lead_centre: self.value("lead centre", |recipe| recipe.lead_centre),
        }
    }

    pub fn sound(&mut self) -> Sound {
        let lead = self.choose("lead", |recipe| recipe.leads);
        let chords = self.choose("chords", |recipe| recipe.chords);
        let bass = self.choose("bass", |recipe| recipe.basses);
        Sound {
            lead: self.voice("lead character", lead),
            chords: self.voice("chord character", chords),
            bass: self.voice("bass character", bass),
            lead_level: self.value("lead level", |_| LEAD_LEVEL),
            chord_level: self.value("chord level", |_| CHORD_LEVEL),
            bass_level: self.value("bass level", |recipe| recipe.bass_level),
        }
    }

    pub fn production(&mut self) -> Production {
        Production {
            tuning_cents: self.draws.between(-TUNING_CENTS, TUNING_CENTS),
            reverb_share: self.share("reverb share", |recipe| recipe.reverb_share),
            reverb_seconds: self.value("reverb seconds", |recipe| recipe.reverb_seconds).max(0.15),
            room_size: 0.5 + self.share("room size", |_| ANY),
            damping: 0.1 + 0.5 * self.share("damping", |_| ANY),
            lowpass_octave: self.value("lowpass", |recipe| recipe.lowpass_octave).clamp(1.0, 3.4),
            hiss_level: self.value("hiss", |recipe| recipe.hiss_level),
            drive: self.share("drive", |recipe| recipe.drive),
            loudness: self.value("loudness", |recipe| recipe.loudness).min(-8.0),
        }
    }

    /// A value that differs a little from its artist's.
    fn near(&mut self, value: f64, of: fn(&Recipe) -> Span) -> f64 {
        let Span(low, high) = of(&RECIPES[self.genre]);
        value + 0.5 * (high - low) * CLIP_DEVIATION * self.draws.between(-1.0, 1.0)
    }

    fn freely<T: Copy>(&mut self, value: T, property: &str, of: fn(&Recipe) -> Choices<T>) -> T {
        if self.draws.unit() < CLIP_FREEDOM { self.choose(property, of) } else { value }
    }

    /// One clip's deviations from its artist.
    pub fn deviate(&mut self, style: &mut Style) {
        let Style { rhythm, harmony, sound, production } = style;
        rhythm.tempo_bpm = self.near(rhythm.tempo_bpm, |recipe| recipe.tempo_bpm).max(40.0);
        rhythm.groove = self.freely(rhythm.groove, "groove", |recipe| recipe.grooves);
        rhythm.bass_line = self.freely(rhythm.bass_line, "bass line", |recipe| recipe.bass_lines);
        rhythm.drum_level = self.near(rhythm.drum_level, |recipe| recipe.drum_level);
        harmony.mode = self.freely(harmony.mode, "mode", |recipe| recipe.modes);
        harmony.progression = self.freely(harmony.progression, "progression", |recipe| recipe.progressions);
        harmony.comping = self.freely(harmony.comping, "comping", |recipe| recipe.comping);
        harmony.lead_density = self.near(harmony.lead_density, |recipe| recipe.lead_density).clamp(0.05, 1.0);
        harmony.lead_centre = self.near(harmony.lead_centre, |recipe| recipe.lead_centre);
        sound.lead.instrument = self.freely(sound.lead.instrument, "lead", |recipe| recipe.leads);
        sound.chords.instrument = self.freely(sound.chords.instrument, "chords", |recipe| recipe.chords);
        for voice in [&mut sound.lead, &mut sound.chords, &mut sound.bass] {
            voice.brightness = self.near(voice.brightness, |recipe| recipe.brightness).clamp(0.0, 1.0);
            voice.ring = self.near(voice.ring, |recipe| recipe.ring).clamp(0.0, 1.0);
        }
        sound.lead_level = self.near(sound.lead_level, |_| LEAD_LEVEL);
        sound.chord_level = self.near(sound.chord_level, |_| CHORD_LEVEL);
        sound.bass_level = self.near(sound.bass_level, |recipe| recipe.bass_level);
        production.reverb_share =
            self.near(production.reverb_share, |recipe| recipe.reverb_share).clamp(0.0, 1.0);
        production.lowpass_octave =
            self.near(production.lowpass_octave, |recipe| recipe.lowpass_octave).clamp(1.0, 3.4);
        production.hiss_level = self.near(production.hiss_level, |recipe| recipe.hiss_level);
        let wandered = production.loudness + self.draws.between(-LEVEL_WANDER, LEVEL_WANDER);
        production.loudness = wandered.clamp(-28.0, -8.0);
        if self.draws.unit() < WORN_COPIES {
            production.lowpass_octave = production.lowpass_octave.min(self.draws.between(1.2, 2.4));
            production.hiss_level = production.hiss_level.max(self.draws.between(-56.0, -40.0));
        }
    }
}
