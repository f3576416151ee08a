//! Modes, chord progressions and how chords are played.

/// Seven steps of a mode in semitones above its root; five-tone scales repeat a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Major,
    Minor,
    Dorian,
    Mixolydian,
    Lydian,
    Phrygian,
    Pentatonic,
}

impl Mode {
    pub fn semitones(self) -> [i32; 7] {
        match self {
            Mode::Major => [0, 2, 4, 5, 7, 9, 11],
            Mode::Minor => [0, 2, 3, 5, 7, 8, 10],
            Mode::Dorian => [0, 2, 3, 5, 7, 9, 10],
            Mode::Mixolydian => [0, 2, 4, 5, 7, 9, 10],
            Mode::Lydian => [0, 2, 4, 6, 7, 9, 11],
            Mode::Phrygian => [0, 1, 3, 5, 7, 8, 10],
            Mode::Pentatonic => [0, 3, 3, 5, 7, 7, 10],
        }
    }

    /// Semitones above the root of a degree that may lie in any octave (0 is the root, 7 its octave).
    pub fn pitch(self, degree: i32) -> i32 {
        self.semitones()[degree.rem_euclid(7) as usize] + 12 * degree.div_euclid(7)
    }
}

/// Root degrees of four chords that go round.
pub type Progression = [i32; 4];

/// How chords are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comping {
    Held,
    Strummed,
    Arpeggio,
    OffBeat,
    Stabs,
    Drone,
    Pulse,
}

impl Comping {
    /// Strokes over a bar of sixteen steps, 1–9 ninths of probability.
    pub fn strokes(self) -> &'static [u8; 16] {
        match self {
            Comping::Held | Comping::Drone => b"9...............",
            Comping::Strummed => b"9...6.5...6.8.4.",
            Comping::Arpeggio => b"9.8.9.8.9.8.9.8.",
            Comping::OffBeat => b"..9...9...9...9.",
            Comping::Stabs => b"8..7..5...7..6..",
            Comping::Pulse => b"9.9.9.9.9.9.9.9.",
        }
    }
}

/// What the bass does; strokes as in `Comping::strokes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BassLine {
    Roots,
    RootFifth,
    Pulse,
    Walking,
    Syncopated,
    OffBeat,
    Silent,
}

impl BassLine {
    pub fn strokes(self) -> &'static [u8; 16] {
        match self {
            BassLine::Roots => b"9.........3.....",
            BassLine::RootFifth => b"9.......9.....2.",
            BassLine::Pulse => b"9.9.9.9.9.9.9.9.",
            BassLine::Walking => b"9...9...9...9..2",
            BassLine::Syncopated => b"9..7..5...6..4..",
            BassLine::OffBeat => b"..9...9...9...9.",
            BassLine::Silent => b"................",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_go_on_through_the_octaves() {
        assert_eq!(Mode::Major.pitch(0), 0);
        assert_eq!(Mode::Major.pitch(7), 12);
        assert_eq!(Mode::Minor.pitch(9), 15);
        assert_eq!(Mode::Minor.pitch(-1), -2);
    }
}
