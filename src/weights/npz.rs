//! NPZ: a zip of NumPy arrays (`numpy.savez`, `numpy.savez_compressed`), of numbers in C order.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::{CompressionMethod, ZipArchive};

use super::bytes::{count, size, slice};
use super::stored::{Number, Place, Stored};

/// Deflate makes nothing smaller than this.
const BEST_COMPRESSION: u64 = 1032;

pub(super) fn is_npz(file: &[u8]) -> bool {
    let named = |archive: &ZipArchive<_>| {
        archive.file_names().any(|name| name.is_ok_and(|name| name.ends_with(".npy")))
    };
    ZipArchive::new(Cursor::new(file)).is_ok_and(|archive| named(&archive))
}

pub(super) fn read(file: &[u8]) -> Result<BTreeMap<String, Stored>, String> {
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| error.to_string())?;
    let mut tensors = BTreeMap::new();
    let (mut stored, mut inflated) = (0u64, 0u64);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| error.to_string())?;
        let Some(name) = entry.name().ok().and_then(|name| name.strip_suffix(".npy").map(str::to_string))
        else {
            continue;
        };
        let named = |message: String| format!("tensor `{name}`: {message}");
        // Entries may overlap, so that together they promise more than each alone.
        let (promised, factor) = match entry.compression() {
            CompressionMethod::Stored => (&mut stored, 1),
            _ => (&mut inflated, BEST_COMPRESSION),
        };
        *promised = promised.saturating_add(entry.size());
        if *promised > (file.len() as u64).saturating_mul(factor).min(8 << 30) {
            return Err(named(format!("it promises {} bytes, which this file cannot hold", entry.size())));
        }
        let mut data = Vec::new();
        let size = entry.size();
        (&mut entry).take(size).read_to_end(&mut data).map_err(|error| named(error.to_string()))?;
        // Arrays of texts are no weights.
        if let Some(stored) = array(data).map_err(named)? {
            tensors.insert(name, stored);
        }
    }
    Ok(tensors)
}

/// NPY (NEP 1); `None` where the items are no numbers.
fn array(mut data: Vec<u8>) -> Result<Option<Stored>, String> {
    if !data.starts_with(b"\x93NUMPY") {
        return Err("this is not an array of NumPy".to_string());
    }
    let (length, start) =
        if slice(&data, 6, 1)? == [1] { (size(&data, 8, 2)?, 10) } else { (size(&data, 8, 4)?, 12) };
    let header = String::from_utf8_lossy(slice(&data, start, length)?).into_owned();
    let after = |key: &str| {
        let at = header.find(&format!("'{key}'")).map(|at| &header[at + key.len() + 2..]);
        at.and_then(|rest| rest.trim_start().strip_prefix(':')).map(str::trim_start)
    };
    let (Some(descr), Some(order), Some(shape)) = (after("descr"), after("fortran_order"), after("shape"))
    else {
        return Err("its header lacks descr, fortran_order or shape".to_string());
    };
    let descr = descr.trim_start_matches('\'').split('\'').next().unwrap_or_default();
    let Some(number) = number(descr.trim_start_matches(['<', '>', '|', '='])) else { return Ok(None) };
    let sides = shape.trim_start_matches('(').split(')').next().unwrap_or_default();
    let shape = sides
        .split(',')
        .map(str::trim)
        .filter(|side| !side.is_empty())
        .map(|side| side.parse::<usize>().map_err(|_| format!("its shape ({sides}) is none")))
        .collect::<Result<Vec<_>, _>>()?;
    if order.starts_with("True") && shape.len() > 1 {
        return Err("it lies in Fortran order; save numpy.ascontiguousarray of it".to_string());
    }
    data.drain(..start + length);
    let wanted = count(&shape)?.checked_mul(number.bytes());
    if wanted != Some(data.len()) {
        return Err(format!("the shape {shape:?} does not fit its {} bytes", data.len()));
    }
    Ok(Some(Stored { number, big_endian: descr.starts_with('>'), shape, place: Place::Owned(data) }))
}

fn number(descr: &str) -> Option<Number> {
    Some(match descr {
        "f2" => Number::F16,
        "f4" => Number::F32,
        "f8" => Number::F64,
        "i1" | "i2" | "i4" | "i8" => Number::Signed(descr[1..].parse().ok()?),
        "b1" => Number::Unsigned(1),
        "u1" | "u2" | "u4" | "u8" => Number::Unsigned(descr[1..].parse().ok()?),
        _ => return None,
    })
}
