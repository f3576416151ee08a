//! What an instrument is to an arrangement: a kind, five properties between 0 and 1, and notes to play.

/// The instruments of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instrument {
    PluckedString,
    BowedString,
    Bell,
    ElectricPiano,
    Mallet,
    Brass,
    Flute,
    Reed,
    Organ,
    SawLead,
    Pad,
    Choir,
    SubBass,
    SawBass,
}

/// An instrument as one artist owns it; every property runs from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    pub instrument: Instrument,
    pub brightness: f64,
    /// How slowly a note starts.
    pub softness: f64,
    /// How long a struck or plucked note rings, or a held one fades.
    pub ring: f64,
    pub vibrato: f64,
    /// What else tells two instruments of a kind apart: FM ratio, vowel, drawbars.
    pub character: f64,
}

/// One note.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    pub hertz: f64,
    pub hold_seconds: f64,
    /// 0 to 1.
    pub velocity: f64,
}
