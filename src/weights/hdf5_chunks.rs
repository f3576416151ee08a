//! A dataset in chunks: found through a B-tree, each inflated and unshuffled, and put in its place.

use std::collections::HashSet;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::bytes::{count, size, slice, unsigned};

/// Deflate makes nothing smaller than this.
const BEST_COMPRESSION: usize = 1032;
const LARGEST_BYTES: usize = 4 << 30;
/// A tree of one chunk may still be some nodes high.
const NODES_ABOVE: usize = 64;

/// What was done to each chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Deflate,
    /// The first bytes of all items, then the second ones, …
    Shuffle,
    /// Four bytes after the data.
    Checksum,
}

#[derive(Debug, Clone)]
pub(super) struct Chunks {
    tree: usize,
    sides: Vec<usize>,
    filters: Vec<Filter>,
    chunk_bytes: usize,
}

struct Chunk {
    corner: Vec<usize>,
    /// Filters that were left out, by bit.
    skipped: u64,
    at: usize,
    length: usize,
}

impl Chunks {
    pub fn new(
        tree: usize,
        sides: Vec<usize>,
        filters: Vec<Filter>,
        shape: &[usize],
        width: usize,
    ) -> Result<Self, String> {
        let chunk_bytes = count(&sides)?.checked_mul(width).filter(|&bytes| bytes <= LARGEST_BYTES);
        match chunk_bytes {
            Some(chunk_bytes) if sides.len() == shape.len() && !sides.contains(&0) => {
                Ok(Self { tree, sides, filters, chunk_bytes })
            }
            _ => Err(format!("chunks of {sides:?} do not fit the shape {shape:?}")),
        }
    }

    /// The bytes of the whole dataset in C order.
    pub fn assemble(&self, file: &[u8], shape: &[usize], width: usize) -> Result<Vec<u8>, String> {
        if shape.contains(&0) {
            return Ok(Vec::new());
        }
        let needed: Vec<usize> =
            shape.iter().zip(&self.sides).map(|(all, side)| all.div_ceil(*side)).collect();
        let needed = count(&needed)?;
        let chunks = self.find(file, shape.len(), needed)?;
        if chunks.len() != needed {
            return Err(format!("it has {} of its {needed} chunks", chunks.len()));
        }
        // Chunks may all be the same few bytes of the file.
        let stored = chunks.iter().fold(0usize, |sum, chunk| sum.saturating_add(chunk.length));
        let total = count(shape)?.checked_mul(width).filter(|&bytes| bytes <= LARGEST_BYTES);
        let total = match total {
            Some(total) if stored <= file.len() => total,
            _ => return Err("it promises more numbers than this file can hold".to_string()),
        };
        let mut whole = vec![0u8; total];
        for chunk in &chunks {
            let data = self.inflate(file, chunk, width)?;
            self.place(&mut whole, shape, width, &chunk.corner, &data)?;
        }
        Ok(whole)
    }

    /// `needed` chunks, and not many more nodes than that: those of a damaged file may overlap.
    fn find(&self, file: &[u8], rank: usize, needed: usize) -> Result<Vec<Chunk>, String> {
        let (mut nodes, mut seen, mut chunks) = (vec![self.tree], HashSet::new(), Vec::new());
        let key_bytes = 8 + 8 * (rank + 1);
        let most = needed.min(file.len() / (key_bytes + 8)).saturating_add(NODES_ABOVE);
        while let Some(node) = nodes.pop() {
            if !seen.insert(node) || slice(file, node, 4)? != b"TREE" {
                return Err("the tree of its chunks is damaged".to_string());
            }
            let (level, used) = (unsigned(file, node + 5, 1)?, size(file, node + 6, 2)?);
            if used + chunks.len().max(seen.len() + nodes.len()) > most {
                return Err("the tree of its chunks holds more of them than its shape needs".to_string());
            }
            for key in (0..used).rev().map(|entry| node + 24 + entry * (key_bytes + 8)) {
                let child = size(file, key + key_bytes, 8)?;
                if level > 0 {
                    nodes.push(child);
                    continue;
                }
                let corner =
                    (0..rank).map(|axis| size(file, key + 8 + 8 * axis, 8)).collect::<Result<_, _>>()?;
                chunks.push(Chunk {
                    corner,
                    skipped: unsigned(file, key + 4, 4)?,
                    at: child,
                    length: size(file, key, 4)?,
                });
            }
        }
        Ok(chunks)
    }

    fn inflate(&self, file: &[u8], chunk: &Chunk, width: usize) -> Result<Vec<u8>, String> {
        let mut data = slice(file, chunk.at, chunk.length)?.to_vec();
        if self.chunk_bytes > data.len().saturating_mul(BEST_COMPRESSION).saturating_add(64) {
            return Err("a chunk of it promises more than it can hold".to_string());
        }
        for (place, filter) in self.filters.iter().enumerate().rev() {
            if chunk.skipped >> place & 1 == 1 {
                continue;
            }
            match filter {
                Filter::Deflate => {
                    let mut inflated = Vec::new();
                    // A few bytes more for a checksum inside.
                    ZlibDecoder::new(data.as_slice())
                        .take(self.chunk_bytes as u64 + 64)
                        .read_to_end(&mut inflated)
                        .map_err(|error| format!("a chunk of it cannot be inflated: {error}"))?;
                    data = inflated;
                }
                Filter::Shuffle => data = unshuffled(&data, width),
                Filter::Checksum => data.truncate(data.len().saturating_sub(4)),
            }
        }
        match data.len() == self.chunk_bytes {
            true => Ok(data),
            false => {
                Err(format!("a chunk of it has {} bytes where {} are expected", data.len(), self.chunk_bytes))
            }
        }
    }

    /// Copies the part of a chunk that lies inside the dataset, a row at a time.
    fn place(
        &self,
        whole: &mut [u8],
        shape: &[usize],
        width: usize,
        corner: &[usize],
        data: &[u8],
    ) -> Result<(), String> {
        let outside =
            corner.iter().zip(shape).zip(&self.sides).any(|((at, all), side)| at >= all || at % side != 0);
        if outside {
            return Err(format!("a chunk of it lies at {corner:?}, outside the shape {shape:?}"));
        }
        let Some(last) = shape.len().checked_sub(1) else {
            whole.copy_from_slice(data);
            return Ok(());
        };
        let row_items = self.sides[last].min(shape[last] - corner[last]);
        let rows = count(&self.sides[..last])?;
        'rows: for row in 0..rows {
            let (mut rest, mut into, mut stride) = (row, corner[last], shape[last]);
            for axis in (0..last).rev() {
                let at = corner[axis] + rest % self.sides[axis];
                rest /= self.sides[axis];
                if at >= shape[axis] {
                    continue 'rows;
                }
                into += at * stride;
                stride *= shape[axis];
            }
            let from = row * self.sides[last] * width;
            whole[into * width..][..row_items * width].copy_from_slice(&data[from..][..row_items * width]);
        }
        Ok(())
    }
}

fn unshuffled(data: &[u8], width: usize) -> Vec<u8> {
    let items = data.len() / width;
    let mut plain = data.to_vec();
    for (byte, plane) in data.chunks_exact(items.max(1)).take(width).enumerate() {
        for (item, &value) in plane.iter().enumerate() {
            plain[item * width + byte] = value;
        }
    }
    plain
}
