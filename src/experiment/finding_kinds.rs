//! What the inspection of a data set can find, by the names that `--allow` and `data inspect` use.

use serde::Serialize;

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingKind {
    pub name: &'static str,
    pub title: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    pub weight: Weight,
}

/// How much a kind of finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Stops a run where it stands on two sides of its split.
    StopsAcrossSplit,
    Fault,
    /// Worth knowing, and no fault.
    Note,
}

macro_rules! kinds {
    ($($konst:ident: $name:literal, $title:literal, $weight:ident, $advice:literal;)*) => {
        $(pub const $konst: FindingKind =
            FindingKind { name: $name, title: $title, advice: $advice, weight: Weight::$weight };)*
        /// Every kind, in the order in which they are told.
        pub const FINDING_KINDS: &[FindingKind] = &[$($konst),*];
    };
}

kinds! {
    UNREADABLE: "unreadable", "cannot be read", Fault,
        "fetch the file again; a run leaves it out by itself and says so";
    EXACT_DUPLICATE: "exact-duplicate", "the same sound under several names", StopsAcrossSplit,
        "keep one of each, or name them as one group and split with group or group_kfold";
    NEAR_DUPLICATE: "near-duplicate", "one recording in several clips (another offset, level, codec or bit rate)", StopsAcrossSplit,
        "keep one of each, or name them as one group and split with group or group_kfold";
    CONTRADICTING_LABELS: "contradicting-labels", "one recording under two labels", Fault,
        "find out which label is right and leave the other clip out: no classifier can get both right";
    SHARED_ARTIST: "shared-artist", "one artist or source on two sides of a split that promises to keep them apart", StopsAcrossSplit,
        "use group or group_kfold, or correct the lists";
    SILENT: "silent", "silent", Fault, "leave the clip out, or fetch it again";
    TOO_SHORT: "too-short", "much shorter than the others", Fault, "leave the clip out, or fetch it again";
    TRUNCATED: "truncated", "ends before its sound does", Fault, "fetch the file again; what is there is used";
    CLIPPED: "clipped", "driven into full scale", Fault,
        "nothing, if the music is mastered that way; otherwise copy the source again at a lower level";
    WRONG_COUNT: "wrong-count", "not the clips that the data set has", Fault, "fetch the data set again, or say so beside any figure";
    KNOWN_FAULT: "known-fault", "known to be faulty wherever this data set is", Fault,
        "nothing: they are used or left out as they decode, and listed";
    MONO_IN_STEREO: "mono-in-stereo", "two channels that are one", Note, "nothing: channels are mixed anyway";
}

/// The kinds that stop a run, and that `--allow` takes.
pub fn kinds_that_stop() -> impl Iterator<Item = &'static str> {
    let stopping = FINDING_KINDS.iter().filter(|kind| kind.weight == Weight::StopsAcrossSplit);
    stopping.map(|kind| kind.name)
}

impl Serialize for FindingKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
