//! `synth`: the embedded data set, a deterministic corpus of eight invented genres, made by synthesis.
//!
//! Every clip is a pure function of (seed, genre, artist, clip number, seconds, rate): notes and strokes are drawn
//! from named streams, played by small physical models, and brought to a production's sound. `docs/SYNTH.md` says
//! what it can and cannot show.

mod artists;
mod bass;
mod dataset;
mod drums;
mod files;
mod filters;
mod grooves;
mod harmony;
mod mastering;
mod noise;
mod plucked;
mod portable;
mod recipes;
mod render;
mod room;
mod score;
mod spec;
mod struck;
mod style;
mod sustained;
mod taste;
mod voice;
mod wavetable;

pub use dataset::DATASET;
pub use files::{Written, write_wavs};
pub use spec::{Official, SYNTH_VERSION, SynthError, SynthSpec};

use super::{Clip, ClipSource};
use crate::audio::Waveform;

/// The genres of this corpus with one line on each.
pub fn genres(spec: &SynthSpec) -> impl Iterator<Item = (&'static str, &'static str)> {
    recipes::RECIPES.iter().take(spec.genres).map(|recipe| (recipe.name, recipe.summary))
}

/// Every clip, genre by genre; a clip's place in the list is its index for `render`.
pub fn clips(spec: &SynthSpec) -> Vec<Clip> {
    (0..spec.clip_count())
        .map(|index| {
            let place = Place::of(spec, index);
            let genre = recipes::RECIPES[place.genre].name;
            Clip {
                id: format!("{genre}/{genre}.{:05}", place.number),
                label: genre.to_string(),
                group: Some(format!("{genre}-artist-{:02}", place.artist)),
                fold: spec.fold(place.artist),
                source: ClipSource::Synthetic(index),
            }
        })
        .collect()
}

/// The clip's sound; its samples are 16-bit values, the same as in the wav that `write_wavs` makes.
///
/// An index past the end goes round: `clips` gives the indices that exist.
pub fn render(spec: &SynthSpec, index: usize) -> Waveform {
    let place = Place::of(spec, index);
    let samples =
        render::clip(spec.seed, place.genre, place.artist, place.number, spec.seconds, spec.rate_hz);
    Waveform { samples, rate_hz: spec.rate_hz }
}

/// All that one clip's sound depends on: for caches of what was computed from it.
pub fn clip_definition(spec: &SynthSpec, index: usize) -> String {
    let place = Place::of(spec, index);
    format!("{} {} {}", spec.definition(), recipes::RECIPES[place.genre].name, place.number)
}

struct Place {
    genre: usize,
    number: usize,
    artist: usize,
}

impl Place {
    fn of(spec: &SynthSpec, index: usize) -> Self {
        let number = index % spec.clips_per_genre.max(1);
        let genre = index / spec.clips_per_genre.max(1) % recipes::GENRES;
        Self { genre, number, artist: number % spec.artists_per_genre.max(1) }
    }
}

#[cfg(test)]
mod tests;
