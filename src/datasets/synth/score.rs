//! A take becomes notes and strokes: a grid of sixteenths with swing, chords that go round, a melody that walks.

use super::drums::Drum;
use super::harmony::{BassLine, Comping};
use super::portable::hertz;
use super::style::Take;
use super::voice::Note;
use crate::random::Draws;

const STEPS_A_BAR: usize = 16;

/// A note and where it starts.
pub struct Event {
    pub start_seconds: f64,
    pub note: Note,
}

/// A stroke of a drum and where it starts.
pub struct Stroke {
    pub start_seconds: f64,
    pub drum: Drum,
    pub velocity: f64,
}

/// The grid of a clip.
pub struct Grid<'a> {
    take: &'a Take,
    step_seconds: f64,
    steps: usize,
}

impl<'a> Grid<'a> {
    pub fn new(take: &'a Take, seconds: f64) -> Self {
        let step_seconds = 15.0 / take.style.rhythm.tempo_bpm;
        Self { take, step_seconds, steps: (seconds / step_seconds) as usize + 1 }
    }

    /// (number in the clip, number in the piece).
    fn steps(&self) -> impl Iterator<Item = (usize, usize)> {
        let first = self.take.first_step;
        (0..self.steps).map(move |step| (step, step + first))
    }

    /// Swing of 1 makes triplets: the off-beat eighth falls on two thirds of the beat.
    fn start(&self, step: usize, in_piece: usize, draws: &mut Draws) -> f64 {
        let late = [0.0, 1.0, 2.0, 1.0][in_piece % 4] / 3.0 * self.take.style.rhythm.swing;
        let uneven = draws.unit() * self.take.style.rhythm.unevenness_seconds;
        (step as f64 + late) * self.step_seconds + uneven
    }

    fn chord(&self, in_piece: usize) -> i32 {
        let harmony = &self.take.style.harmony;
        let turn = in_piece / (STEPS_A_BAR / 2 * harmony.chord_halves);
        harmony.progression[turn % 4]
    }

    /// A degree above the key at the artist's tuning.
    fn pitch(&self, degree: i32, octave: i32) -> f64 {
        let style = &self.take.style;
        let note = self.take.key + f64::from(style.harmony.mode.pitch(degree) + 12 * octave);
        hertz(note + style.production.tuning_cents / 100.0)
    }

    fn event(&self, start_seconds: f64, hertz: f64, steps: f64, velocity: f64) -> Event {
        let hold_seconds = steps * self.step_seconds;
        Event { start_seconds, note: Note { hertz, hold_seconds, velocity: velocity.clamp(0.05, 1.0) } }
    }

    /// A walk over the mode's degrees that leans towards its centre and towards chord tones on the beat.
    pub fn lead(&self, draws: &mut Draws) -> Vec<Event> {
        let harmony = &self.take.style.harmony;
        let centre = ((harmony.lead_centre - self.take.key) * 7.0 / 12.0) as i32;
        let mut degree = centre + draws.below(5) as i32 - 2;
        let mut events: Vec<Event> = Vec::new();
        for (step, in_piece) in self.steps() {
            let weight = [1.25, 0.12, 0.8, 0.12][in_piece % 4];
            if draws.unit() >= harmony.lead_density * weight {
                continue;
            }
            let pull = (centre - degree).clamp(-4, 4);
            degree += draws.below(5) as i32 - 2 + if draws.unit() < 0.15 * f64::from(pull.abs()) { pull.signum() } else { 0 };
            let above_chord = (degree - self.chord(in_piece)).rem_euclid(7);
            let played = if in_piece % 4 == 0 && above_chord % 2 == 1 { degree - 1 } else { degree };
            let steps = [2.0, 3.0, 4.0, 6.0][draws.below(4)] * (1.3 - 0.6 * harmony.lead_density);
            let velocity = 0.6 + 0.15 * f64::from(in_piece % 4 == 0) + 0.2 * draws.unit();
            let start = self.start(step, in_piece, draws);
            if let Some(last) = events.last_mut() {
                // One melody plays one note at a time.
                last.note.hold_seconds = last.note.hold_seconds.min(start - last.start_seconds);
            }
            events.push(self.event(start, self.pitch(played, 0), steps, velocity));
        }
        events
    }

    pub fn chords(&self, draws: &mut Draws) -> Vec<Event> {
        let harmony = &self.take.style.harmony;
        let change = STEPS_A_BAR / 2 * harmony.chord_halves;
        let mut events = Vec::new();
        let mut arpeggio = 0usize;
        for (step, in_piece) in self.steps() {
            let starts_chord = step == 0 || in_piece % change == 0;
            let strokes = harmony.comping.strokes();
            let plays = match harmony.comping {
                Comping::Held | Comping::Drone => starts_chord,
                _ => stroke(strokes, in_piece, draws),
            };
            if !plays {
                continue;
            }
            let root = if harmony.comping == Comping::Drone { 0 } else { self.chord(in_piece) };
            // Chords are turned so that they stay around one octave.
            let tones = [root, root + 2, root + 4].map(|degree| (degree + 1).rem_euclid(7) - 1 + 7);
            let velocity = 0.55 + 0.25 * draws.unit();
            let start = self.start(step, in_piece, draws);
            match harmony.comping {
                Comping::Arpeggio => {
                    let tone = [tones[0], tones[1], tones[2], tones[0] + 7][arpeggio % 4];
                    arpeggio += 1;
                    events.push(self.event(start, self.pitch(tone, 0), 3.0, velocity + 0.15));
                }
                comping => {
                    let steps = match comping {
                        Comping::Held | Comping::Drone => (change - in_piece % change) as f64,
                        Comping::Strummed => 3.0,
                        _ => 1.4,
                    };
                    let strum = if comping == Comping::Strummed { 0.014 } else { 0.002 };
                    for (order, tone) in tones.into_iter().enumerate() {
                        let late = start + strum * order as f64;
                        events.push(self.event(late, self.pitch(tone, 0), steps, velocity));
                    }
                }
            }
        }
        events
    }

    pub fn bass(&self, draws: &mut Draws) -> Vec<Event> {
        let line = self.take.style.rhythm.bass_line;
        let mut events = Vec::new();
        for (step, in_piece) in self.steps() {
            if !stroke(line.strokes(), in_piece, draws) {
                continue;
            }
            let root = self.chord(in_piece);
            let degree = match line {
                BassLine::RootFifth if in_piece % STEPS_A_BAR >= 8 => root + 4,
                BassLine::Walking if in_piece % 8 == 4 => root + [1, 2, 4, -1][draws.below(4)],
                BassLine::Syncopated if draws.unit() < 0.2 => root + 7,
                _ => root,
            };
            let steps = match line {
                BassLine::Roots => 9.0,
                BassLine::RootFifth => 6.0,
                BassLine::Walking => 3.6,
                _ => 1.7,
            };
            let start = self.start(step, in_piece, draws);
            // Within the octave below the chords, never under a double bass's low E or so.
            let hertz = self.pitch(degree.rem_euclid(7), -1);
            let hertz = if hertz > 110.0 { hertz * 0.5 } else { hertz };
            events.push(self.event(start, hertz, steps, 0.7 + 0.2 * draws.unit()));
        }
        events
    }

    pub fn drums(&self, draws: &mut Draws) -> Vec<Stroke> {
        let mut strokes = Vec::new();
        for (step, in_piece) in self.steps() {
            for (drum, pattern) in self.take.style.rhythm.groove.strokes() {
                if stroke(pattern, in_piece, draws) {
                    let accent = if in_piece % 4 == 0 { 0.12 } else { 0.0 };
                    let velocity = (0.6 + accent + 0.28 * draws.unit()).min(1.0);
                    let start_seconds = self.start(step, in_piece, draws);
                    strokes.push(Stroke { start_seconds, drum: *drum, velocity });
                }
            }
        }
        strokes
    }
}

fn stroke(pattern: &[u8; 16], in_piece: usize, draws: &mut Draws) -> bool {
    let mark = pattern[in_piece % STEPS_A_BAR];
    // In ninths: 9 always sounds.
    mark.is_ascii_digit() && draws.below(9) < usize::from(mark - b'0')
}
