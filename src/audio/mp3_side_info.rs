//! Layer III side information (ISO/IEC 11172-3 §2.4.1.7): where a frame's main data begins, whether its
//! granules can be decoded at all, and frames made to be silent.

use super::mpeg_header::{HEADER_BYTES, Header};

/// The side information and the main data of a whole frame.
pub(super) fn split<'a>(frame: &'a [u8], header: &Header) -> Option<(&'a [u8], &'a [u8])> {
    let crc_bytes = if header.has_crc { 2 } else { 0 };
    frame.get(HEADER_BYTES + crc_bytes..)?.split_at_checked(header.side_bytes())
}

/// How many bytes before this frame's own its main data begins.
pub(super) fn main_data_begin(side: &[u8], header: &Header) -> usize {
    Bits { bytes: side, at: 0 }.take(if header.low_rate { 8 } else { 9 }) as usize
}

/// Whether the granules are ones a decoder accepts: no forbidden block type, no more than 576 lines, and no
/// more bits than there are.
pub(super) fn is_sound(side: &[u8], header: &Header, main_bytes: usize) -> bool {
    let mut bits = Bits { bytes: side, at: 0 };
    let channels = header.channels as usize;
    let begin = bits.take(if header.low_rate { 8 } else { 9 }) as usize;
    bits.at += match (header.low_rate, channels) {
        (false, 1) => 5 + 4,
        (false, _) => 3 + 8,
        (true, channels) => channels,
    };
    let granules = if header.low_rate { 1 } else { 2 };
    let mut used_bits = 0;
    for _ in 0..granules * channels {
        used_bits += bits.take(12) as usize;
        let big_values = bits.take(9);
        bits.at += 8 + if header.low_rate { 9 } else { 4 };
        let switches_window = bits.take(1) == 1;
        let block_type = if switches_window { bits.take(2) } else { 1 };
        if big_values > 288 || block_type == 0 {
            return false;
        }
        bits.at += if switches_window { 20 } else { 22 };
        bits.at += if header.low_rate { 2 } else { 3 };
    }
    used_bits <= (main_bytes + begin) * 8
}

/// A frame of empty granules of the same stream, as large as its frames come, whose last bytes are `carried`.
pub(super) fn silent_frame(header: &Header, free_bytes: usize, carried: &[u8]) -> Vec<u8> {
    let mut frame = header.longest().to_vec();
    let length = Header::parse(&frame).map_or(0, |longest| longest.bytes(free_bytes));
    frame.resize(length.max(HEADER_BYTES + header.side_bytes()), 0);
    let room = frame.len() - HEADER_BYTES - header.side_bytes();
    let carried = &carried[carried.len().saturating_sub(room)..];
    let start = frame.len() - carried.len();
    frame[start..].copy_from_slice(carried);
    frame
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next 1 to 24 bits; zeros behind the end.
    fn take(&mut self, count: usize) -> u32 {
        let byte = |index: usize| self.bytes.get(index).copied().map_or(0, u32::from);
        let word = (0..4).fold(0, |word, k| word << 8 | byte(self.at / 8 + k));
        let value = (word << (self.at % 8)) >> (32 - count);
        self.at += count;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_frame_is_sound_and_borrows_nothing() {
        let header = Header::parse(&[0xff, 0xfa, 0x92, 0x40]).unwrap();
        let frame = silent_frame(&header, 0, &[7; 511]);
        assert_eq!(frame.len(), 1044);
        let longest = Header::parse(&frame).unwrap();
        let (side, main_data) = split(&frame, &longest).unwrap();
        assert_eq!(main_data_begin(side, &longest), 0);
        assert!(is_sound(side, &longest, main_data.len()));
        assert_eq!(main_data[main_data.len() - 512..], [[0].as_slice(), &[7; 511]].concat());
    }

    #[test]
    fn granules_longer_than_their_data_and_forbidden_blocks_are_unsound() {
        let header = Header::parse(&[0xff, 0xfb, 0x90, 0xc0]).unwrap();
        // 9 bits of main_data_begin, 9 of flags, then 12 of length: 4095 bits.
        let mut side = [0u8; 17];
        side[2] = 0x3f;
        side[3] = 0xfc;
        assert!(is_sound(&side, &header, 512));
        assert!(!is_sound(&side, &header, 511));
        // The window-switching flag, 18 + 12 + 9 + 8 + 4 bits in, with block type 0.
        let mut side = [0u8; 17];
        side[6] = 0x10;
        assert!(!is_sound(&side, &header, 512));
        side[6] = 0x18;
        assert!(is_sound(&side, &header, 512));
    }
}
