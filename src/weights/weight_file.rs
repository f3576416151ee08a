//! WeightFile: the tensors of one file by name, each decoded when it is asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::WeightsError;
use super::stored::Stored;
use super::{hdf5, npz, safetensors, torch};
use crate::disk::{digest, read_regular};
use crate::spelling::nearest;

/// A decoded tensor; `values` in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// An open file of weights.
#[derive(Debug)]
pub struct WeightFile {
    path: PathBuf,
    bytes: Vec<u8>,
    format: &'static str,
    tensors: BTreeMap<String, Stored>,
}

type Found = Result<BTreeMap<String, Stored>, String>;
type Reader = fn(&[u8]) -> Found;

impl WeightFile {
    /// Opens a file and finds its tensors; its kind is told by its content.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let bytes =
            read_regular(path).map_err(|source| WeightsError::Read { path: path.to_path_buf(), source })?;
        Self::from_bytes(path, bytes)
    }

    /// The same for a file already in memory, whose name serves messages only.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, WeightsError> {
        let (format, reader) =
            kind(&bytes).ok_or_else(|| WeightsError::Unknown { path: path.to_path_buf() })?;
        let tensors = reader(&bytes).map_err(|message| WeightsError::Damaged {
            path: path.to_path_buf(),
            format,
            message,
        })?;
        Ok(Self { path: path.to_path_buf(), bytes, format, tensors })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of file it is, told by its content.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// BLAKE3 of the whole file, 32 hex digits.
    pub fn digest(&self) -> String {
        digest(&self.bytes)
    }

    /// Names in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape of a tensor; none where there is no such tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|stored| stored.shape.as_slice())
    }

    /// The numbers of a tensor that must be there in just this shape.
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let stored = self.stored(name)?;
        if stored.shape != shape {
            return Err(WeightsError::Shape {
                path: self.path.clone(),
                name: name.to_string(),
                found: stored.shape.clone(),
                wanted: shape.to_vec(),
            });
        }
        self.decode(name, stored)
    }

    /// A tensor of whatever shape it has.
    pub fn tensor(&self, name: &str) -> Result<Tensor, WeightsError> {
        let stored = self.stored(name)?;
        Ok(Tensor { shape: stored.shape.clone(), values: self.decode(name, stored)? })
    }

    fn stored(&self, name: &str) -> Result<&Stored, WeightsError> {
        self.tensors.get(name).ok_or_else(|| WeightsError::Missing {
            path: self.path.clone(),
            name: name.to_string(),
            suggestion: nearest(name, self.names()).map(str::to_string),
            holds: self.holds(),
        })
    }

    /// What is there instead, in a few words.
    fn holds(&self) -> String {
        let first: Vec<&str> = self.names().take(4).collect();
        let rest = if self.tensors.len() > first.len() { ", …" } else { "" };
        match self.tensors.len() {
            0 => "none".to_string(),
            count => format!("{count}: {}{rest}", first.join(", ")),
        }
    }

    fn decode(&self, name: &str, stored: &Stored) -> Result<Vec<f32>, WeightsError> {
        let wrong =
            |message| WeightsError::Tensor { path: self.path.clone(), name: name.to_string(), message };
        let values = stored.values(&self.bytes).map_err(wrong)?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(place) => Err(wrong(format!("number {place} is {}, not a finite one", values[place]))),
        }
    }
}

fn kind(bytes: &[u8]) -> Option<(&'static str, Reader)> {
    Some(match bytes {
        _ if bytes.starts_with(b"\x89HDF\r\n\x1a\n") => ("an HDF5 file", hdf5::read),
        _ if bytes.starts_with(b"PK") && npz::is_npz(bytes) => ("an NPZ file", npz::read),
        _ if bytes.starts_with(b"PK") => ("a PyTorch file", torch::read_zip),
        _ if bytes.starts_with(b"\x80") && torch::is_legacy(bytes) => ("a PyTorch file", torch::read_legacy),
        _ if bytes.get(8) == Some(&b'{') => ("a safetensors file", safetensors::read),
        _ => return None,
    })
}
