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

/// More than any memory or file; a sum of a few such is still a number.
const BEYOND_ALL: usize = 1 << (usize::BITS - 8);

/// The same as a place or a length; one that is beyond any memory stays so, but is not too large to be added to.
pub(super) fn size(bytes: &[u8], at: usize, length: usize) -> Result<usize, String> {
    let value = unsigned(bytes, at, length)?;
    Ok(usize::try_from(value).map_or(BEYOND_ALL, |value| value.min(BEYOND_ALL)))
}

/// The number of items of a shape, if it can be counted.
pub(super) fn count(shape: &[usize]) -> Result<usize, String> {
    shape
        .iter()
        .try_fold(1usize, |count, &side| count.checked_mul(side))
        .ok_or_else(|| format!("no memory holds the shape {shape:?}"))
}
