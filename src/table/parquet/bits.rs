//! How Parquet packs whole numbers: runs and bits (`RLE`), and differences in blocks (`DELTA_BINARY_PACKED`).
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/>
//!
//! Nothing is made longer than what was asked for, whatever a run promises.

use super::rest::{CUT, Rest, zigzag};

/// `count` numbers of `width` bits (32 at most), in runs of one number and in groups of eight.
pub(super) fn runs(bytes: &[u8], width: usize, count: usize) -> Result<Vec<u32>, String> {
    if width > 32 {
        return Err(format!("numbers of {width} bits are no places in a dictionary"));
    }
    let (mut rest, mut numbers) = (Rest(bytes), Vec::new());
    while numbers.len() < count {
        let wanted = count - numbers.len();
        let head = rest.unsigned()?;
        let length = usize::try_from(head >> 1).unwrap_or(usize::MAX);
        if head & 1 == 0 {
            let value = rest.take(width.div_ceil(8))?;
            let value = value.iter().rev().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
            numbers.resize(numbers.len() + length.min(wanted), value);
        } else {
            // The last group may be cut where its numbers end.
            let packed = length.saturating_mul(width).min(rest.0.len());
            let packed = rest.take(packed)?;
            let here = length.saturating_mul(8).min(wanted);
            if packed.len() * 8 < here * width {
                return Err(CUT.to_string());
            }
            numbers.extend((0..here).map(|place| bits(packed, place * width, width) as u32));
        }
    }
    Ok(numbers)
}

/// `width` bits (64 at most) from the bit `start` on, the lowest first; 0 beyond the end.
fn bits(bytes: &[u8], start: usize, width: usize) -> u64 {
    let (mut value, mut done) = (0u64, 0);
    while done < width {
        let (byte, bit) = ((start + done) / 8, (start + done) % 8);
        let here = (8 - bit).min(width - done);
        let part = u64::from(*bytes.get(byte).unwrap_or(&0)) >> bit & ((1 << here) - 1);
        value |= part << done;
        done += here;
    }
    value
}

/// `count` numbers, each told by its difference from the one before; the rest begins after them.
pub(super) fn deltas(rest: &mut Rest<'_>, count: usize) -> Result<Vec<i64>, String> {
    let wrong = || "the differences in a page of it are damaged".to_string();
    let block = rest.unsigned()?;
    let parts = rest.unsigned()?;
    let stated = rest.unsigned()?;
    let first = zigzag(rest.unsigned()?);
    if stated != count as u64 || parts == 0 || block % parts != 0 || (block / parts) % 8 != 0 || block == 0 {
        return Err(wrong());
    }
    let (parts, part) = (usize::try_from(parts), usize::try_from(block / parts));
    let (Ok(parts), Ok(part)) = (parts, part) else { return Err(wrong()) };
    let mut numbers: Vec<i64> = Vec::new();
    if count > 0 {
        numbers.push(first);
    }
    while numbers.len() < count {
        let least = zigzag(rest.unsigned()?);
        let widths = rest.take(parts)?;
        for &width in widths {
            let here = part.min(count - numbers.len());
            if here == 0 {
                break;
            }
            let width = usize::from(width);
            let length = (part / 8).checked_mul(width).filter(|_| width <= 64).ok_or_else(wrong)?;
            // The last part of all may be cut where its numbers end.
            let packed = rest.take(length.min(rest.0.len()))?;
            if packed.len() < (here * width).div_ceil(8) {
                return Err(CUT.to_string());
            }
            for place in 0..here {
                let step = (bits(packed, place * width, width) as i64).wrapping_add(least);
                numbers.push(numbers[numbers.len() - 1].wrapping_add(step));
            }
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_groups_of_bits_are_numbers() {
        // The example of the format's own page: 0 to 7 in groups of three bits.
        let packed = [0x03, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(runs(&packed, 3, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(runs(&packed, 3, 5).unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(runs(&[6, 2, 4, 1], 3, 5).unwrap(), [2, 2, 2, 1, 1]);
        assert_eq!(runs(&[6, 0x34, 0x02], 12, 3).unwrap(), [0x234; 3]);
        assert_eq!(runs(&[20], 0, 10).unwrap(), [0; 10]);
        assert!(runs(&packed[..3], 3, 8).is_err());
        // Far more than is asked for.
        assert_eq!(runs(&[254, 255, 255, 255, 255, 255, 255, 255, 127, 1], 1, 2).unwrap(), [1, 1]);
        assert!(runs(&[], 1, 1).is_err() && runs(&[2, 0], 33, 1).is_err());
    }

    #[test]
    fn differences_add_up() {
        // The format's examples: 1, 2, 3, 4, 5, and 7, 5, 3, 1, 2, 3, 4, 5.
        let mut rest = Rest(&[128, 1, 4, 5, 2, 2, 0, 0, 0, 0, 9]);
        assert_eq!(deltas(&mut rest, 5).unwrap(), [1, 2, 3, 4, 5]);
        assert_eq!(rest.0, [9]);
        let mut bytes = vec![128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111];
        bytes.extend([0; 6]);
        assert_eq!(deltas(&mut Rest(&bytes), 8).unwrap(), [7, 5, 3, 1, 2, 3, 4, 5]);
        assert!(deltas(&mut Rest(&bytes), 7).is_err());
        assert!(deltas(&mut Rest(&bytes[..11]), 8).is_err());
    }
}
