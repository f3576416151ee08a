//! Safetensors: a length (u64), a JSON table of names with `dtype`, `shape` and `data_offsets`, and the numbers.
//! <https://huggingface.co/docs/safetensors/index#format>

use std::collections::BTreeMap;

use serde::Deserialize;

use super::bytes::{size, slice};
use super::stored::{Number, Stored};

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

pub(super) fn read(file: &[u8]) -> Result<BTreeMap<String, Stored>, String> {
    let length = size(file, 0, 8)?;
    let header = slice(file, 8, length).map_err(|message| format!("its header: {message}"))?;
    let start = 8 + length;
    let entries: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(header).map_err(|error| format!("its header is no JSON table: {error}"))?;
    entries
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
        .map(|(name, entry)| {
            let stored =
                stored(entry, start, file.len()).map_err(|message| format!("tensor `{name}`: {message}"))?;
            Ok((name, stored))
        })
        .collect()
}

fn stored(entry: serde_json::Value, start: usize, end_of_file: usize) -> Result<Stored, String> {
    let Entry { dtype, shape, data_offsets: [begin, end] } =
        serde_json::from_value(entry).map_err(|error| error.to_string())?;
    let number = match dtype.as_str() {
        "F16" => Number::F16,
        "BF16" => Number::Bf16,
        "F32" => Number::F32,
        "F64" => Number::F64,
        "I8" => Number::Signed(1),
        "I16" => Number::Signed(2),
        "I32" => Number::Signed(4),
        "I64" => Number::Signed(8),
        "BOOL" | "U8" => Number::Unsigned(1),
        "U16" => Number::Unsigned(2),
        "U32" => Number::Unsigned(4),
        "U64" => Number::Unsigned(8),
        other => return Err(format!("numbers of the kind {other} are not read")),
    };
    let range = start.checked_add(begin).zip(start.checked_add(end)).filter(|(begin, end)| begin <= end);
    match range {
        Some((begin, end)) if end <= end_of_file => Stored::contiguous(number, shape, begin..end),
        _ => Err(format!(
            "its numbers should lie at {begin}..{end} after the header, and the file ends before that; it may be cut short"
        )),
    }
}
