//! Looks into a file's bytes that never reads beyond them.

/// `length` bytes at `at`.
pub(super) fn slice(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], String> {
    at.checked_add(length).and_then(|end| bytes.get(at..end)).ok_or_else(|| {
        format!(
            "it ends at byte {} where {length} bytes at {at} are needed; it may be cut short",
            bytes.len()
        )
    })
}

/// A little-endian whole number of 1 to 8 bytes.
pub(super) fn unsigned(bytes: &[u8], at: usize, length: usize) -> Result<u64, String> {
    let mut wide = [0u8; 8];
    wide[..length].copy_from_slice(slice(bytes, at, length)?);
    Ok(u64::from_le_bytes(wide))
}

/// The same as a place or a length in memory.
pub(super) fn size(bytes: &[u8], at: usize, length: usize) -> Result<usize, String> {
    let value = unsigned(bytes, at, length)?;
    usize::try_from(value).map_err(|_| format!("the length {value} at byte {at} is larger than any memory"))
}

/// The number of items of a shape, if it can be counted.
pub(super) fn count(shape: &[usize]) -> Result<usize, String> {
    shape
        .iter()
        .try_fold(1usize, |count, &side| count.checked_mul(side))
        .ok_or_else(|| format!("no memory holds the shape {shape:?}"))
}
