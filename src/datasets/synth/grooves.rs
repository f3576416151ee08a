//! Drum patterns: for each drum, sixteen steps of a bar with 1–9 ninths of probability.

use super::drums::Drum::{self, Clap, Hat, HighHand, Kick, LowHand, OpenHat, Shaker, Snare};

/// A named pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Groove {
    FourFloor,
    Backbeat,
    HalfTime,
    Broken,
    Ride,
    HandCircle,
    HandSparse,
    ShakerOnly,
    Still,
}

impl Groove {
    pub fn strokes(self) -> &'static [(Drum, &'static [u8; 16])] {
        match self {
            Groove::FourFloor => &[
                (Kick, b"9...9...9...9..."),
                (Clap, b"....8.......8..."),
                (Hat, b"4.3.4.3.4.3.4.32"),
                (OpenHat, b"..8...8...8...8."),
            ],
            Groove::Backbeat => &[
                (Kick, b"9.....3.9.4....."),
                (Snare, b"....9.......9..1"),
                (Hat, b"9.8.9.8.9.8.9.82"),
            ],
            Groove::HalfTime => &[
                (Kick, b"9.....4....5..2."),
                (Snare, b"........9......1"),
                (Hat, b"7.6.7.637.6.7.65"),
            ],
            Groove::Broken => &[
                (Kick, b"9.2...6...9..3.."),
                (Snare, b"....9..4.3..9..3"),
                (Hat, b"8.8.8.8.8.8.8.8."),
                (Shaker, b"3333333333333333"),
            ],
            Groove::Ride => &[
                (Kick, b"6...3...6...3..."),
                (Snare, b"..2.5.2..2..5..3"),
                (OpenHat, b"5...3...5...3..."),
                (Hat, b"9...9.8.9...9.8."),
            ],
            Groove::HandCircle => &[
                (LowHand, b"9..4..8...7.3..."),
                (HighHand, b"..77.6..6.6..7.6"),
                (Shaker, b"7.5.7.5.7.5.7.5."),
            ],
            Groove::HandSparse => &[
                (LowHand, b"8.......6....3.."),
                (HighHand, b"....7..3..5.7..."),
            ],
            Groove::ShakerOnly => &[(Shaker, b"8.5.8.5.8.5.8.53")],
            Groove::Still => &[],
        }
    }
}
