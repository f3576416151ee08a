//! A tensor as it lies in its file: kind of number, shape, place; decoded to f32 in C order on demand.

use std::ops::Range;

use super::bytes::{count, slice};
use super::hdf5_chunks::Chunks;

/// A kind of stored number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    F16,
    Bf16,
    F32,
    F64,
    Signed(usize),
    Unsigned(usize),
}

impl Number {
    pub fn bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Signed(bytes) | Self::Unsigned(bytes) => bytes,
        }
    }

    /// One little-endian item of as many bytes.
    fn value(self, item: &[u8]) -> f32 {
        let mut wide = [0u8; 8];
        wide[..item.len()].copy_from_slice(item);
        let bits = u64::from_le_bytes(wide);
        match self {
            Self::F16 => half(bits as u16),
            Self::Bf16 => f32::from_bits((bits as u32) << 16),
            Self::F32 => f32::from_bits(bits as u32),
            Self::F64 => f64::from_bits(bits) as f32,
            Self::Signed(bytes) => {
                let shift = 64 - 8 * bytes;
                ((bits << shift) as i64 >> shift) as f32
            }
            Self::Unsigned(_) => bits as f32,
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match (exponent, fraction == 0.0) {
        (31, true) => sign * f32::INFINITY,
        (31, false) => f32::NAN,
        (0, _) => sign * fraction * 2f32.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// Where a tensor's items lie.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// These bytes of the file, in C order.
    Contiguous(Range<usize>),
    /// A view into these bytes, offset and strides in items.
    Strided {
        data: Range<usize>,
        offset: usize,
        strides: Vec<usize>,
    },
    /// Not in the file as such: it was compressed.
    Owned(Vec<u8>),
    Chunked(Chunks),
}

#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub number: Number,
    pub big_endian: bool,
    pub shape: Vec<usize>,
    pub place: Place,
}

impl Stored {
    /// A tensor in C order over `data`, which must be exactly as long.
    pub fn contiguous(number: Number, shape: Vec<usize>, data: Range<usize>) -> Result<Self, String> {
        let wanted = count(&shape)?.checked_mul(number.bytes());
        if wanted != Some(data.len()) {
            return Err(format!("the shape {shape:?} does not fit its {} bytes", data.len()));
        }
        Ok(Self { number, big_endian: false, shape, place: Place::Contiguous(data) })
    }

    /// The items as f32 in C order.
    pub fn values(&self, file: &[u8]) -> Result<Vec<f32>, String> {
        let bytes = |range: &Range<usize>| slice(file, range.start, range.len());
        match &self.place {
            Place::Contiguous(range) => self.in_order(bytes(range)?),
            Place::Owned(data) => self.in_order(data),
            Place::Chunked(chunks) => {
                self.in_order(&chunks.assemble(file, &self.shape, self.number.bytes())?)
            }
            Place::Strided { data, offset, strides } => self.strided(bytes(data)?, *offset, strides),
        }
    }

    fn in_order(&self, data: &[u8]) -> Result<Vec<f32>, String> {
        let width = self.number.bytes();
        if count(&self.shape)?.checked_mul(width) != Some(data.len()) {
            return Err(format!("the shape {:?} does not fit its {} bytes", self.shape, data.len()));
        }
        Ok(data.chunks_exact(width).map(|item| self.item(item)).collect())
    }

    fn item(&self, item: &[u8]) -> f32 {
        if !self.big_endian {
            return self.number.value(item);
        }
        let mut little = [0u8; 8];
        for (slot, byte) in little.iter_mut().zip(item.iter().rev()) {
            *slot = *byte;
        }
        self.number.value(&little[..item.len()])
    }

    fn strided(&self, data: &[u8], offset: usize, strides: &[usize]) -> Result<Vec<f32>, String> {
        let width = self.number.bytes();
        let available = data.len() / width;
        let items = count(&self.shape)?;
        if items == 0 {
            return Ok(Vec::new());
        }
        // A view may repeat items (stride 0) without end; a file of weights has no use for that.
        let beyond = || format!("the shape {:?} promises more numbers than its storage holds", self.shape);
        if items > available || self.shape.len() != strides.len() {
            return Err(beyond());
        }
        let reach = self.shape.iter().zip(strides).try_fold(offset, |reach, (side, stride)| {
            stride.checked_mul(side - 1).and_then(|step| reach.checked_add(step))
        });
        if reach.is_none_or(|reach| reach >= available) {
            return Err(beyond());
        }
        let mut values = Vec::with_capacity(items);
        let mut place = vec![0usize; self.shape.len()];
        let mut at = offset;
        for _ in 0..items {
            values.push(self.item(&data[at * width..][..width]));
            for axis in (0..place.len()).rev() {
                place[axis] += 1;
                at += strides[axis];
                if place[axis] < self.shape[axis] {
                    break;
                }
                at -= strides[axis] * self.shape[axis];
                place[axis] = 0;
            }
        }
        Ok(values)
    }
}
