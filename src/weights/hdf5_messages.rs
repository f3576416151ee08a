//! The messages of an HDF5 object header: what a dataset's numbers are, their shape, where they lie, how compressed.

use std::collections::HashSet;

use super::bytes::{size, slice, unsigned};
use super::hdf5_chunks::Filter;
use super::stored::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dataspace,
    Datatype,
    Layout,
    Filters,
    SymbolTable,
    Continuation,
    Other,
}

impl Kind {
    fn of(code: u64) -> Self {
        match code {
            0x01 => Self::Dataspace,
            0x03 => Self::Datatype,
            0x08 => Self::Layout,
            0x0b => Self::Filters,
            0x10 => Self::Continuation,
            0x11 => Self::SymbolTable,
            _ => Self::Other,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Dataspace => "shape",
            Self::Datatype => "kind of number",
            Self::Layout => "layout",
            Self::Filters => "filters",
            Self::SymbolTable => "list of members",
            Self::Continuation | Self::Other => "rest",
        }
    }
}

/// A message's place in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    pub kind: Kind,
    pub at: usize,
}

/// `H5Z_MAX_NFILTERS`
const MOST_FILTERS: usize = 32;

pub(super) enum Layout {
    Bytes { at: usize, length: usize },
    Chunks { tree: usize, sides: Vec<usize> },
}

/// The messages of the object header (version 1) at `at`, those in its continuations included.
pub(super) fn messages(file: &[u8], at: usize) -> Result<Vec<Message>, String> {
    if slice(file, at, 1)? != [1] {
        return Err("its header is not of version 1; write the file with h5py's usual settings".to_string());
    }
    let mut left = size(file, at + 2, 2)?;
    let mut blocks = vec![(at + 16, size(file, at + 8, 4)?)];
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    while let Some((start, length)) = blocks.pop() {
        if !seen.insert(start) {
            return Err("its header goes on where it began".to_string());
        }
        let end = start.saturating_add(length);
        let mut at = start;
        while left > 0 && at.saturating_add(8) <= end {
            left -= 1;
            let (kind, length) = (Kind::of(unsigned(file, at, 2)?), size(file, at + 2, 2)?);
            let body = at + 8;
            slice(file, body, length)?;
            if kind == Kind::Continuation {
                blocks.push((size(file, body, 8)?, size(file, body + 8, 8)?));
            }
            found.push(Message { kind, at: body });
            at = body + length;
        }
    }
    Ok(found)
}

pub(super) fn shape(file: &[u8], message: &Message) -> Result<Vec<usize>, String> {
    let rank = size(file, message.at + 1, 1)?;
    let start = match unsigned(file, message.at, 1)? {
        1 => message.at + 8,
        2 => message.at + 4,
        other => return Err(format!("a shape of version {other} is not read")),
    };
    (0..rank).map(|axis| size(file, start + 8 * axis, 8)).collect()
}

/// The kind of number, and whether its highest byte comes first; `None` for texts and records.
pub(super) fn number(file: &[u8], message: &Message) -> Result<Option<(Number, bool)>, String> {
    let class = unsigned(file, message.at, 1)? & 15;
    let bits = unsigned(file, message.at + 1, 1)?;
    let bytes = size(file, message.at + 4, 4)?;
    let number = match (class, bytes) {
        (0, 1 | 2 | 4 | 8) if bits & 8 != 0 => Number::Signed(bytes),
        (0, 1 | 2 | 4 | 8) => Number::Unsigned(bytes),
        (1, 2) => Number::F16,
        (1, 4) => Number::F32,
        (1, 8) => Number::F64,
        _ => return Ok(None),
    };
    Ok(Some((number, bits & 1 == 1)))
}

pub(super) fn layout(file: &[u8], message: &Message) -> Result<Layout, String> {
    let at = message.at;
    let version = unsigned(file, at, 1)?;
    if version != 3 {
        return Err(format!(
            "a layout of version {version} is not read; write the file with h5py's usual settings"
        ));
    }
    Ok(match unsigned(file, at + 1, 1)? {
        0 => Layout::Bytes { at: at + 4, length: size(file, at + 2, 2)? },
        1 => Layout::Bytes { at: size(file, at + 2, 8)?, length: size(file, at + 10, 8)? },
        2 => {
            // The last side is the width of an item.
            let rank = size(file, at + 2, 1)?.saturating_sub(1);
            let sides = (0..rank).map(|axis| size(file, at + 11 + 4 * axis, 4)).collect::<Result<_, _>>()?;
            Layout::Chunks { tree: size(file, at + 3, 8)?, sides }
        }
        other => return Err(format!("layout {other} is not read; keep the numbers in the file itself")),
    })
}

/// In the order in which they were applied.
pub(super) fn filters(file: &[u8], message: &Message) -> Result<Vec<Filter>, String> {
    let version = unsigned(file, message.at, 1)?;
    let count = size(file, message.at + 1, 1)?;
    if count > MOST_FILTERS {
        return Err(format!("{count} filters are more than HDF5 allows"));
    }
    let mut at = message.at + if version == 1 { 8 } else { 2 };
    let mut found = Vec::new();
    for _ in 0..count {
        let id = unsigned(file, at, 2)?;
        let named = version == 1 || id >= 256;
        let name = if named { size(file, at + 2, 2)? } else { 0 };
        let values = size(file, at + if named { 6 } else { 4 }, 2)?;
        let padded = version == 1;
        let name = if padded { name.next_multiple_of(8) } else { name };
        at += if named { 8 } else { 6 } + name + 4 * (values + usize::from(padded && values % 2 == 1));
        found.push(match id {
            1 => Filter::Deflate,
            2 => Filter::Shuffle,
            3 => Filter::Checksum,
            other => {
                return Err(format!(
                    "filter {other} is not undone here; write the file without compression, or with gzip"
                ));
            }
        });
    }
    Ok(found)
}
