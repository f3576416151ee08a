//! What is wrong with a file that is usable all the same: each fault says what and where.

use std::fmt;

/// A fault in a file that loads nevertheless. Times count from the start of the file's sound.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A stretch that could not be decoded; silence of the same length stands in its place.
    Silenced { at_seconds: f64, seconds: f64 },
    /// Bytes that belong to no frame, left out.
    Skipped { at_seconds: f64, bytes: usize },
    /// The file stops before the end it announces, or in the middle of a frame.
    EndsEarly { at_seconds: f64, promised_seconds: Option<f64> },
    /// The number of channels changes; the mono mix goes on with the new number.
    ChannelsChange { at_seconds: f64, from: u32, to: u32 },
    /// The sample rate changes; what follows is left out.
    RateChange { at_seconds: f64, from_hz: u32, to_hz: u32 },
    /// The container could not be read further; what follows is left out.
    Broken { at_seconds: f64, what: String },
    /// More faults than anybody reads.
    Others { at_seconds: f64, number: usize, last_seconds: f64 },
}

/// A file is seldom damaged in so many places; one that is need not be described to the end.
const MOST_TOLD: usize = 20;

impl Fault {
    /// The first of many faults of a file, in its order, and those that say that its end is missing.
    pub(super) fn first_of(mut faults: Vec<Self>) -> Vec<Self> {
        let ends = faults.iter().position(Self::cuts_short).map_or(Vec::new(), |end| faults.split_off(end));
        if faults.len() > MOST_TOLD {
            let others = &faults[MOST_TOLD..];
            let [at_seconds, last_seconds] = [0, others.len() - 1].map(|place| others[place].at_seconds());
            let others = Self::Others { at_seconds, number: others.len(), last_seconds };
            faults.truncate(MOST_TOLD);
            faults.push(others);
        }
        faults.extend(ends.into_iter().take(MOST_TOLD));
        faults
    }

    /// Whether sound is missing at the file's end.
    pub fn cuts_short(&self) -> bool {
        matches!(self, Self::EndsEarly { .. } | Self::Broken { .. } | Self::RateChange { .. })
    }

    /// Where the fault lies, from the start of the file's sound.
    pub fn at_seconds(&self) -> f64 {
        match *self {
            Self::Silenced { at_seconds, .. }
            | Self::Skipped { at_seconds, .. }
            | Self::EndsEarly { at_seconds, .. }
            | Self::ChannelsChange { at_seconds, .. }
            | Self::RateChange { at_seconds, .. }
            | Self::Broken { at_seconds, .. }
            | Self::Others { at_seconds, .. } => at_seconds,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silenced { at_seconds, seconds } => {
                write!(f, "damaged at {at_seconds:.3} s: {seconds:.3} s replaced by silence")
            }
            Self::Skipped { at_seconds, bytes } => {
                write!(f, "{bytes} bytes that are no sound skipped at {at_seconds:.3} s")
            }
            Self::EndsEarly { at_seconds, promised_seconds: Some(promised) } => {
                write!(f, "ends early, at {at_seconds:.3} s of the {promised:.3} s it announces")
            }
            Self::EndsEarly { at_seconds, promised_seconds: None } => {
                write!(f, "ends early, at {at_seconds:.3} s, in the middle of a frame")
            }
            Self::ChannelsChange { at_seconds, from, to } => {
                write!(f, "changes from {from} to {to} channels at {at_seconds:.3} s")
            }
            Self::RateChange { at_seconds, from_hz, to_hz } => {
                write!(
                    f,
                    "changes from {from_hz} to {to_hz} Hz at {at_seconds:.3} s: what follows is left out"
                )
            }
            Self::Broken { at_seconds, what } => {
                write!(f, "cannot be read beyond {at_seconds:.3} s ({what}): what follows is left out")
            }
            Self::Others { at_seconds, number, last_seconds } => {
                write!(f, "{number} more faults from {at_seconds:.3} s to {last_seconds:.3} s")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_faults_the_first_are_told_and_the_missing_end() {
        let skipped = |place: usize| Fault::Skipped { at_seconds: place as f64, bytes: 1 };
        let end = Fault::EndsEarly { at_seconds: 100.0, promised_seconds: None };
        let few: Vec<Fault> = (0..MOST_TOLD).map(skipped).chain([end.clone()]).collect();
        assert_eq!(Fault::first_of(few.clone()), few);
        let many: Vec<Fault> = (0..100).map(skipped).chain([end.clone()]).collect();
        let told = Fault::first_of(many);
        assert_eq!(told[..MOST_TOLD], few[..MOST_TOLD]);
        assert_eq!(told[MOST_TOLD].to_string(), "80 more faults from 20.000 s to 99.000 s");
        assert_eq!(told[MOST_TOLD + 1..], [end]);
        assert!(Fault::first_of(Vec::new()).is_empty());
    }
}
