//! PyTorch's `.pth` and `.pt`: the zip that `torch.save` has written since 1.6 (`…/data.pkl` and `…/data/KEY`), and
//! the stream of pickles of the years before, in which many published weights still lie.
//!
//! The tensors are those of the state dict, or of the `state_dict`, `model_state_dict` or `model` inside a checkpoint.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Cursor, Read};
use std::ops::Range;

use zip::{CompressionMethod, ZipArchive};

use super::bytes::{size, slice};
use super::pickle::{Id, Pickle, Value};
use super::stored::{Number, Place, Stored};

/// Longer descriptions than this are no state dict's.
const LONGEST_PICKLE: u64 = 256 << 20;
/// The whole number with which the old layout begins, little-endian.
const LEGACY_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
/// Of a storage's name, in bytes: it may be recalled for each of very many.
const LONGEST_KEY: usize = 1024;
const INSIDE_CHECKPOINTS: [&str; 3] = ["state_dict", "model_state_dict", "model"];
/// Tables inside tables.
const DEEPEST: usize = 8;
/// All names together, in bytes.
const LONGEST_NAMES: usize = 64 << 20;

type Found = Result<BTreeMap<String, Stored>, String>;
/// Bytes of each storage in the file.
type Storages = HashMap<String, Range<usize>>;

pub(super) fn read_zip(file: &[u8]) -> Found {
    let mut archive = ZipArchive::new(Cursor::new(file)).map_err(|error| error.to_string())?;
    let mut pickle = None;
    let mut storages = Storages::new();
    let mut big_endian = false;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| error.to_string())?;
        let Ok(name) = entry.name().map(|name| name.into_owned()) else { continue };
        let inner = name.split_once('/').map_or("", |(_, inner)| inner);
        if entry.compression() != CompressionMethod::Stored {
            return Err(format!("its part {name} is compressed, which torch.save never does"));
        }
        match inner {
            "data.pkl" => {
                let mut bytes = Vec::new();
                (&mut entry)
                    .take(LONGEST_PICKLE)
                    .read_to_end(&mut bytes)
                    .map_err(|error| error.to_string())?;
                if pickle.replace(Pickle::read(&bytes, 0)?).is_some() {
                    return Err("it holds a data.pkl twice".to_string());
                }
            }
            "byteorder" => {
                let mut text = String::new();
                (&mut entry).take(16).read_to_string(&mut text).map_err(|error| error.to_string())?;
                big_endian = text.trim() == "big";
            }
            _ => {
                let Some(key) = inner.strip_prefix("data/") else { continue };
                let start = entry.data_start().and_then(|start| usize::try_from(start).ok());
                let range = start.zip(usize::try_from(entry.size()).ok()).and_then(|(start, length)| {
                    start.checked_add(length).filter(|&end| end <= file.len()).map(|end| start..end)
                });
                let range = range.ok_or_else(|| format!("its part {name} is cut short"))?;
                storages.insert(key.to_string(), range);
            }
        }
    }
    let pickle = pickle.ok_or("the zip holds no data.pkl, so it is not of torch.save")?;
    tensors(&pickle, &storages, big_endian)
}

pub(super) fn is_legacy(file: &[u8]) -> bool {
    file.get(2) == Some(&0x8a) && file.get(4..14) == Some(LEGACY_MAGIC.as_slice())
}

/// Pickles of the magic number, the version, the machine, the state dict and the list of storages; then each storage:
/// its number of items (i64) and the items.
pub(super) fn read_legacy(file: &[u8]) -> Found {
    let mut at = 0;
    for _ in 0..3 {
        at = Pickle::read(file, at)?.end;
    }
    let pickle = Pickle::read(file, at)?;
    let keys = Pickle::read(file, pickle.end)?;
    let kinds = storage_kinds(&pickle);
    let mut at = keys.end;
    let mut storages = Storages::new();
    for &key in keys.items(keys.root).ok_or("its list of storages is none")? {
        let key = keys.text(key).ok_or("the name of a storage in it is no text")?;
        let number = *kinds.get(key).ok_or_else(|| format!("storage {key} belongs to no tensor"))?;
        let length =
            size(file, at, 8)?.checked_mul(number.bytes()).ok_or("a storage is larger than any memory")?;
        let start = at + 8;
        slice(file, start, length).map_err(|message| format!("storage {key}: {message}"))?;
        at = start + length;
        storages.insert(key.to_string(), start..at);
    }
    tensors(&pickle, &storages, false)
}

/// The kind of number of every storage that the pickle names.
fn storage_kinds(pickle: &Pickle) -> HashMap<String, Number> {
    let storages = pickle.values.iter().filter_map(|value| match value {
        Value::Persistent(what) => storage(pickle, *what).ok(),
        _ => None,
    });
    storages.map(|(key, number)| (key.to_string(), number)).collect()
}

/// `("storage", torch.FloatStorage, key, device, items, …)`.
fn storage(pickle: &Pickle, what: Id) -> Result<(&str, Number), String> {
    let wrong = || "a storage in it is not described as PyTorch does".to_string();
    let Some(&[_, kind, key, ..]) = pickle.items(what) else { return Err(wrong()) };
    let Value::Global(kind) = pickle.value(kind) else { return Err(wrong()) };
    let number = match kind.rsplit('.').next().unwrap_or_default() {
        "FloatStorage" => Number::F32,
        "DoubleStorage" => Number::F64,
        "HalfStorage" => Number::F16,
        "BFloat16Storage" => Number::Bf16,
        "LongStorage" => Number::Signed(8),
        "IntStorage" => Number::Signed(4),
        "ShortStorage" => Number::Signed(2),
        "CharStorage" => Number::Signed(1),
        "ByteStorage" | "BoolStorage" => Number::Unsigned(1),
        other => return Err(format!("storages of the kind {other} are not read")),
    };
    let key = pickle.text(key).filter(|key| key.len() <= LONGEST_KEY);
    Ok((key.ok_or_else(wrong)?, number))
}

fn tensors(pickle: &Pickle, storages: &Storages, big_endian: bool) -> Found {
    let mut root = pickle.root;
    if let Value::Dict(entries) = pickle.value(root) {
        let inner = |wanted: &str| {
            let mut found = entries.iter().filter(|(key, _)| pickle.text(*key) == Some(wanted));
            found.find(|(_, value)| matches!(pickle.value(*value), Value::Dict(_))).map(|(_, value)| *value)
        };
        root = INSIDE_CHECKPOINTS.iter().find_map(|name| inner(name)).unwrap_or(root);
    }
    if !matches!(pickle.value(root), Value::Dict(_)) {
        return Err(
            "it holds no state dict; save it again with torch.save(model.state_dict(), …)".to_string()
        );
    }
    let mut found = BTreeMap::new();
    let mut dicts = vec![(root, String::new(), 0)];
    let mut seen = HashSet::new();
    let mut name_bytes = 0;
    while let Some((dict, prefix, depth)) = dicts.pop() {
        if depth > DEEPEST || !seen.insert(dict) {
            return Err(format!("the table `{prefix}` lies inside itself"));
        }
        let Value::Dict(entries) = pickle.value(dict) else { continue };
        for &(key, value) in entries {
            let Some(key) = pickle.text(key) else { continue };
            // A long name may be recalled for every entry.
            name_bytes += prefix.len() + key.len();
            if name_bytes > LONGEST_NAMES {
                return Err("its names take more room than those of any network".to_string());
            }
            let name = format!("{prefix}{key}");
            match pickle.value(value) {
                Value::Dict(_) => dicts.push((value, name + ".", depth + 1)),
                Value::Tensor { .. } => {
                    let stored = tensor(pickle, pickle.value(value), storages, big_endian)
                        .map_err(|message| format!("tensor `{name}`: {message}"))?;
                    found.insert(name, stored);
                }
                _ => {}
            }
        }
    }
    // DataParallel puts its own name before every other.
    if !found.is_empty() && found.keys().all(|name| name.starts_with("module.")) {
        found =
            found.into_iter().map(|(name, stored)| (name["module.".len()..].to_string(), stored)).collect();
    }
    Ok(found)
}

fn tensor(pickle: &Pickle, value: &Value, storages: &Storages, big_endian: bool) -> Result<Stored, String> {
    let Value::Tensor { storage: place, offset, shape, strides } = value else {
        return Err("it is none".to_string());
    };
    let Value::Persistent(what) = pickle.value(*place) else {
        return Err("it has no storage".to_string());
    };
    let (key, number) = storage(pickle, *what)?;
    let data = storages.get(key).cloned().ok_or_else(|| format!("its storage {key} is missing"))?;
    let place = Place::Strided { data, offset: *offset, strides: strides.clone() };
    Ok(Stored { number, big_endian, shape: shape.clone(), place })
}
