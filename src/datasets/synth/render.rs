//! One clip's samples: layers are played, sent to the room, mixed and mastered.

use super::mastering::master;
use super::noise::Noise;
use super::portable::gain;
use super::score::{Event, Grid};
use super::style::take;
use super::voice::{Instrument, Voice};
use super::{bass, drums, plucked, room, struck, sustained};
use crate::random::Draws;

/// A pure function of its arguments.
pub fn clip(seed: u64, genre: usize, artist: usize, number: usize, seconds: f64, rate_hz: u32) -> Vec<f32> {
    let take = take(seed, genre, artist, number);
    let style = &take.style;
    let stream = |part: &str| format!("synth {part} {genre} {artist} {number}");
    let rate = f64::from(rate_hz);
    let length = (seconds * rate).round() as usize;
    let mut desk = Desk {
        dry: vec![0.0; length],
        send: vec![0.0; length],
        layer: vec![0.0; length],
        noise: Noise::new(seed, &stream("noise")),
        rate_hz: rate,
    };
    let grid = Grid::new(&take, seconds);
    let sound = &style.sound;
    if take.lead_plays {
        desk.play(&grid.lead(&mut Draws::new(seed, &stream("lead"))), &sound.lead);
        desk.mix(sound.lead_level, 1.0);
    }
    if take.chords_play {
        desk.play(&grid.chords(&mut Draws::new(seed, &stream("chords"))), &sound.chords);
        desk.mix(sound.chord_level, 1.0);
    }
    if take.bass_plays {
        desk.play(&grid.bass(&mut Draws::new(seed, &stream("bass"))), &sound.bass);
        desk.mix(sound.bass_level - 6.0, 0.15);
    }
    if take.drums_play {
        for stroke in grid.drums(&mut Draws::new(seed, &stream("drums"))) {
            if let Some(out) = desk.layer.get_mut((stroke.start_seconds * rate) as usize..) {
                drums::add(stroke.drum, &style.rhythm.kit, stroke.velocity, rate, &mut desk.noise, out);
            }
        }
        desk.mix(style.rhythm.drum_level, 0.4);
    }
    let production = &style.production;
    let (share, fall_seconds) = (production.reverb_share, production.reverb_seconds);
    room::add(&desk.send, &mut desk.dry, share, fall_seconds, production.room_size, production.damping, rate);
    master(&mut desk.dry, production, &mut desk.noise, rate);
    desk.dry
}

struct Desk {
    dry: Vec<f32>,
    send: Vec<f32>,
    layer: Vec<f32>,
    noise: Noise,
    rate_hz: f64,
}

impl Desk {
    fn play(&mut self, events: &[Event], voice: &Voice) {
        for event in events {
            let Some(out) = self.layer.get_mut((event.start_seconds * self.rate_hz) as usize..) else {
                continue;
            };
            let (note, noise, rate_hz) = (&event.note, &mut self.noise, self.rate_hz);
            match voice.instrument {
                Instrument::PluckedString => plucked::add(note, voice, rate_hz, noise, out),
                Instrument::Bell | Instrument::ElectricPiano | Instrument::Mallet => {
                    struck::add(note, voice, rate_hz, out);
                }
                Instrument::SubBass | Instrument::SawBass => bass::add(note, voice, rate_hz, out),
                _ => sustained::add(note, voice, rate_hz, noise, out),
            }
        }
    }

    /// Adds the layer to the mix and, by `send`, to the room, and empties it.
    fn mix(&mut self, decibels: f64, send: f32) {
        let level = gain(decibels) as f32;
        for ((dry, wet), sample) in self.dry.iter_mut().zip(&mut self.send).zip(&mut self.layer) {
            let played = level * *sample;
            *dry += played;
            *wet += send * played;
            *sample = 0.0;
        }
    }
}
