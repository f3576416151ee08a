//! From a genre to its artists, and from an artist to one clip.
//!
//! Each genre has schools, which favour different ends of the genre's ranges and different instruments; an artist
//! belongs to one and draws once: instruments, groove, keys, tuning, room, production. A clip is its artist with
//! small deviations, and sometimes a crossover: two of the four parts of its style come from another genre's artist.

use super::recipes::{GENRES, RECIPES};
use super::style::{Style, Take};
use super::taste::Taste;
use crate::random::Draws;

/// Share of clips that borrow half of their style from another genre.
const CROSSOVER_SHARE: f64 = 0.15;
/// Share of crossovers that go to a neighbour; the others go anywhere.
const NEIGHBOURLY: f64 = 0.7;
/// Schools of a genre; artists belong to them in turn.
const SCHOOLS: usize = 2;
/// Chance that a layer (melody, chords, bass, drums) is silent in a clip.
const SILENT_LAYER: f64 = 0.05;

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
        // Something with a pitch always plays, and a sparse melody is not left alone.
        chords_play: chords_play || !lead_plays || style.harmony.lead_density < 0.3,
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
