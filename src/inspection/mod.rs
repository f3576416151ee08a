//! Floor 1: what a clip sounds like, in few enough numbers to compare every clip of a data set with every other:
//! the digest of its samples, its levels, and an acoustic fingerprint that outlives codecs, levels and cuts.

mod copies;
mod fingerprint;
mod sound;

pub use copies::{Copy, SHORTEST_OVERLAP_SECONDS, find_copies, largest_bit_error_rate};
pub use fingerprint::{FRAME_SECONDS, Fingerprint};
pub use sound::Sound;

/// Raised whenever the same samples give another [`Sound`]: a part of every cache key.
pub const INSPECTION_VERSION: u32 = 3;
