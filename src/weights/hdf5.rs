//! HDF5 as Keras and h5py write it: superblock 0 or 1, object headers of version 1, groups as symbol tables, datasets
//! of floats or whole numbers, contiguous, compact or in chunks. Links and attributes are passed over.
//! HDF5 File Format Specification 3.0, <https://docs.hdfgroup.org/hdf5/v1_14/_f_m_t3.html>
//!
//! A dataset's name is its path without the first slash.

use std::collections::{BTreeMap, HashSet};

use super::bytes::{size, slice, unsigned};
use super::hdf5_chunks::Chunks;
use super::hdf5_messages::{Kind, Layout, Message, filters, layout, messages, number, shape};
use super::stored::{Number, Place, Stored};

const DEEPEST: usize = 32;
const ENTRY_BYTES: usize = 40;
const LEAST_PART_BYTES: usize = 8;
/// All paths together may take so many bytes whatever the file's length.
const NAMES_ALWAYS: usize = 1 << 22;

pub(super) fn read(file: &[u8]) -> Result<BTreeMap<String, Stored>, String> {
    let version = unsigned(file, 8, 1)?;
    if version > 1 {
        return Err(format!(
            "superblock {version} is not read; write the file with h5py's usual settings (not libver=\"latest\")"
        ));
    }
    if unsigned(file, 13, 2)? != 0x0808 {
        return Err("its addresses are not of 8 bytes".to_string());
    }
    let entry = if version == 0 { 56 } else { 60 };
    let mut walk = Walk { file, seen: HashSet::new(), found: BTreeMap::new(), parts: 0, name_bytes: 0 };
    walk.object(size(file, entry + 8, 8)?, "", 0)?;
    Ok(walk.found)
}

struct Walk<'a> {
    file: &'a [u8],
    /// Objects and tree nodes met: none is met twice, whatever the file links to what.
    seen: HashSet<usize>,
    found: BTreeMap<String, Stored>,
    /// Messages, and entries of trees and their leaves, each of which takes eight bytes at least; those of a damaged
    /// file may overlap.
    parts: usize,
    name_bytes: usize,
}

impl Walk<'_> {
    fn object(&mut self, at: usize, name: &str, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("its groups go deeper than {DEEPEST}: {name}"));
        }
        // A second name of the same object, or a group inside itself.
        if !self.seen.insert(at) {
            return Ok(());
        }
        let messages = messages(self.file, at).map_err(|message| format!("object `{name}`: {message}"))?;
        self.count(messages.len(), name)?;
        if let Some(table) = messages.iter().find(|message| message.kind == Kind::SymbolTable) {
            let (tree, heap) = (size(self.file, table.at, 8)?, size(self.file, table.at + 8, 8)?);
            let names = size(self.file, heap + 24, 8)?;
            if slice(self.file, heap, 4)? != b"HEAP" {
                return Err(format!("the names of group `{name}` are not where they should be"));
            }
            return self.group(tree, names, name, depth);
        }
        if messages.iter().any(|message| message.kind == Kind::Layout)
            && let Some(stored) =
                dataset(self.file, &messages).map_err(|message| format!("tensor `{name}`: {message}"))?
        {
            self.found.insert(name.to_string(), stored);
        }
        Ok(())
    }

    /// A node of a group's B-tree, or one of its leaves of names.
    fn group(&mut self, node: usize, names: usize, prefix: &str, depth: usize) -> Result<(), String> {
        let mut nodes = vec![node];
        while let Some(node) = nodes.pop() {
            if !self.seen.insert(node) {
                return Err(format!("the tree of group `{prefix}` leads back to itself"));
            }
            match slice(self.file, node, 4)? {
                b"TREE" => {
                    let used = size(self.file, node + 6, 2)?;
                    self.count(used, prefix)?;
                    // key, child, key, child, …, key
                    for child in (0..used).rev() {
                        nodes.push(size(self.file, node + 24 + 16 * child + 8, 8)?);
                    }
                }
                b"SNOD" => {
                    let used = size(self.file, node + 6, 2)?;
                    self.count(used, prefix)?;
                    for entry in (0..used).map(|entry| node + 8 + ENTRY_BYTES * entry) {
                        let name_at = names.saturating_add(size(self.file, entry, 8)?);
                        let header = size(self.file, entry + 8, 8)?;
                        let is_link = unsigned(self.file, entry + 16, 4)? == 2;
                        if !is_link {
                            let slash = if prefix.is_empty() { "" } else { "/" };
                            let name = format!("{prefix}{slash}{}", self.name(name_at)?);
                            self.name_bytes += name.len();
                            if self.name_bytes > NAMES_ALWAYS.max(self.file.len()) {
                                return Err(format!("its names take more room than it has: {prefix}"));
                            }
                            self.object(header, &name, depth + 1)?;
                        }
                    }
                }
                _ => return Err(format!("the tree of group `{prefix}` is damaged at byte {node}")),
            }
        }
        Ok(())
    }

    fn count(&mut self, parts: usize, of: &str) -> Result<(), String> {
        self.parts += parts;
        match self.parts > self.file.len() / LEAST_PART_BYTES {
            true => Err(format!("parts of it lie over one another, as those of `{of}`")),
            false => Ok(()),
        }
    }

    /// A text that ends with a zero.
    fn name(&self, at: usize) -> Result<String, String> {
        let rest = self.file.get(at..).unwrap_or_default();
        let rest = &rest[..rest.len().min(1024)];
        let length = rest.iter().position(|&byte| byte == 0).ok_or("a name in it does not end")?;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }
}

/// `None` where the items are no numbers (Keras keeps texts too).
fn dataset(file: &[u8], messages: &[Message]) -> Result<Option<Stored>, String> {
    let find = |kind: Kind| {
        messages
            .iter()
            .find(|message| message.kind == kind)
            .ok_or_else(|| format!("its header lacks the {}", kind.name()))
    };
    let Some((number, big_endian)) = number(file, find(Kind::Datatype)?)? else { return Ok(None) };
    let shape = shape(file, find(Kind::Dataspace)?)?;
    let contiguous = |number: Number, at: usize, length: usize| {
        // Where there is nothing to keep, h5py writes no place.
        let at = if length == 0 { 0 } else { at };
        slice(file, at, length)?;
        Stored::contiguous(number, shape.clone(), at..at + length)
    };
    let stored = match layout(file, find(Kind::Layout)?)? {
        Layout::Bytes { at, length } => contiguous(number, at, length)?,
        Layout::Chunks { tree, sides } => {
            let filters = match messages.iter().find(|message| message.kind == Kind::Filters) {
                Some(message) => filters(file, message)?,
                None => Vec::new(),
            };
            let place = Place::Chunked(Chunks::new(tree, sides, filters, &shape, number.bytes())?);
            Stored { number, big_endian, shape, place }
        }
    };
    Ok(Some(Stored { big_endian, ..stored }))
}
