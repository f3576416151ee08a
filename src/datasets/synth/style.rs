//! From a genre's recipe to an artist, and from an artist to one clip.
//!
//! Each genre has schools, which favour different ends of the genre's ranges and different instruments; an artist
//! belongs to one and draws once: instruments, groove, keys, tuning, room, production. A clip is its artist with
//! small deviations, and sometimes a crossover: two of the four parts of its style come from another genre's artist.

use super::drums::Kit;
use super::grooves::Groove;
use super::harmony::{BassLine, Comping, Mode, Progression};
use super::recipes::{Choices, GENRES, RECIPES, Recipe, Span};
use super::voice::{Instrument, Voice};
use crate::random::Draws;

/// Share of clips that borrow half of their style from another genre.
const CROSSOVER_SHARE: f64 = 0.17;
/// Share of crossovers that go to a neighbour; the others go anywhere.
const NEIGHBOURLY: f64 = 0.7;
/// Schools of a genre; artists belong to them in turn.
const SCHOOLS: usize = 2;
/// A school's middle lies up to this share of half a genre's span away from the genre's.
const SCHOOL_SHIFT: f64 = 1.2;
/// Artists lie up to this share of half a genre's span away from their school's middle.
const ARTIST_REACH: f64 = 0.35;
/// Share of an artist's choices that follow another genre's taste.
const STRAY_SHARE: f64 = 0.02;
/// Clips lie up to this share of half a genre's span away from their artist.
const CLIP_DEVIATION: f64 = 0.35;
/// Chance that a clip chooses a groove, a line or an instrument anew instead of its artist's.
const CLIP_FREEDOM: f64 = 0.25;
/// Chance that a layer (melody, chords, bass, drums) is silent in a clip.
const SILENT_LAYER: f64 = 0.06;
/// Share of clips that are worn copies: dull, and with more hiss than their artist has.
const WORN_COPIES: f64 = 0.12;
/// Clips were levelled by whoever copied them, by up to so many dB either way.
const LEVEL_WANDER: f64 = 4.0;
/// Artists tune to within so many cents of A4 = 440 Hz.
const TUNING_CENTS: f64 = 35.0;

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

/// The artist's own style.
pub fn artist(seed: u64, genre: usize, artist: usize) -> Style {
    let draws = Draws::new(seed, &format!("synth artist {genre} {artist}"));
    let mut taste = Taste { draws, genre, school: artist % SCHOOLS };
    Style {
        rhythm: taste.rhythm(),
        harmony: taste.harmony(),
        sound: taste.sound(),
        production: taste.production(),
    }
}

/// One clip: the artist's style with this clip's deviations.
pub fn take(seed: u64, genre: usize, artist_number: usize, clip: usize) -> Take {
    let mut style = artist(seed, genre, artist_number);
    let label = format!("synth clip {genre} {artist_number} {clip}");
    let mut draws = Draws::new(seed, &label);
    cross_over(&mut draws, seed, genre, &mut style);
    let mut taste = Taste { draws, genre, school: artist_number % SCHOOLS };
    taste.deviate(&mut style);
    let draws = &mut taste.draws;
    let key = style.harmony.keys[draws.below(2)];
    let mut plays = || draws.unit() >= SILENT_LAYER;
    let (lead_plays, chords_play, bass_plays, drums_play) = (plays(), plays(), plays(), plays());
    Take {
        key,
        lead_plays,
        // Something with a pitch always plays.
        chords_play: chords_play || !lead_plays,
        bass_plays,
        drums_play,
        first_step: draws.below(64),
        style,
    }
}

/// With some chance, replaces half of the style by that of an artist of another genre.
fn cross_over(draws: &mut Draws, seed: u64, genre: usize, style: &mut Style) {
    if draws.unit() >= CROSSOVER_SHARE {
        return;
    }
    let guest = if draws.unit() < NEIGHBOURLY {
        RECIPES[genre].neighbours[draws.below(2)]
    } else {
        (genre + 1 + draws.below(GENRES - 1)) % GENRES
    };
    let other = artist(seed, guest, draws.below(10));
    let mut parts = [0, 1, 2, 3];
    draws.shuffle(&mut parts);
    for part in &parts[..2] {
        match part {
            0 => style.rhythm = other.rhythm.clone(),
            1 => style.harmony = other.harmony.clone(),
            2 => style.sound = other.sound.clone(),
            _ => style.production = other.production.clone(),
        }
    }
}

struct Taste {
    draws: Draws,
    genre: usize,
    school: usize,
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

    fn rhythm(&mut self) -> Rhythm {
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

    fn harmony(&mut self) -> Harmony {
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

    fn sound(&mut self) -> Sound {
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

    fn production(&mut self) -> Production {
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

    fn deviate(&mut self, style: &mut Style) {
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
        production.reverb_share = self.near(production.reverb_share, |recipe| recipe.reverb_share).clamp(0.0, 1.0);
        production.lowpass_octave =
            self.near(production.lowpass_octave, |recipe| recipe.lowpass_octave).clamp(1.0, 3.4);
        production.hiss_level = self.near(production.hiss_level, |recipe| recipe.hiss_level);
        let wandered = production.loudness + self.draws.between(-LEVEL_WANDER, LEVEL_WANDER);
        production.loudness = wandered.clamp(-32.0, -8.0);
        if self.draws.unit() < WORN_COPIES {
            production.lowpass_octave = production.lowpass_octave.min(self.draws.between(1.2, 2.4));
            production.hiss_level = production.hiss_level.max(self.draws.between(-56.0, -40.0));
        }
    }
}
