//! The numbers of a network: what is learned, and the running statistics.

use std::io;

use serde::{Deserialize, Serialize};

/// In the order of the blueprint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Weights {
    pub parameters: Vec<Vec<f32>>,
    pub buffers: Vec<Vec<f32>>,
}

/// The values of some vectors, little-endian, a piece at a time: all of a large network's at once are gigabytes.
pub fn each_piece<'a>(
    vectors: impl Iterator<Item = &'a Vec<f32>>,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(4 * PIECE);
    for values in vectors.flat_map(|vector| vector.chunks(PIECE)) {
        piece.clear();
        piece.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        take(&piece)?;
    }
    Ok(())
}

/// Values.
const PIECE: usize = 16_384;

/// Groups of vectors of these lengths, if there are exactly so many values.
pub fn read_values<const GROUPS: usize>(
    bytes: &[u8],
    lengths: &[Vec<usize>; GROUPS],
) -> Option<[Vec<Vec<f32>>; GROUPS]> {
    let total = lengths.iter().flatten().try_fold(0usize, |sum, length| sum.checked_add(*length))?;
    if total.checked_mul(4)? != bytes.len() {
        return None;
    }
    let mut values = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let mut vector = |length: &usize| values.by_ref().take(*length).collect();
    Some(lengths.each_ref().map(|group| group.iter().map(&mut vector).collect()))
}

/// A first line, and what follows it.
pub fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
