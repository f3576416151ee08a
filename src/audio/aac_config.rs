//! What the index of an MP4 file says of its AAC (ISO/IEC 14496-3 §1.6.2.1, AudioSpecificConfig), as far as it tells whether
//! the upper half of the spectrum is coded apart (SBR, which makes AAC HE-AAC): only the lower half would be decoded.

const LOW_COMPLEXITY: u32 = 2;
const SBR: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;
/// What stands before an extension that old decoders pass over.
const EXTENSION: u32 = 0x2b7;

/// Whether the sound has a part that is not decoded here.
pub(super) fn has_sbr(config: &[u8]) -> bool {
    let mut bits = Bits::of(config);
    let kind = bits.object_type();
    if matches!(kind, SBR | PARAMETRIC_STEREO) {
        return true;
    }
    // A rate is written out where it has no number, and four bits of channels follow it.
    if bits.take(4) == 15 {
        bits.take(24);
    }
    bits.take(4);
    // One bit for the length of the frames, one for a delay of 14 bits, one for one more bit.
    bits.take(1);
    if bits.take(1) == 1 {
        bits.take(14);
    }
    if bits.take(1) == 1 {
        bits.take(1);
    }
    kind == LOW_COMPLEXITY && bits.take(11) == EXTENSION && bits.object_type() == SBR && bits.take(1) == 1
}

/// The bits of the first bytes, the next one foremost; zeros behind the end.
struct Bits(u128);

impl Bits {
    fn of(bytes: &[u8]) -> Self {
        let mut front = [0; 16];
        for (slot, byte) in front.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Self(u128::from_be_bytes(front))
    }

    /// The next 1 to 32 bits.
    fn take(&mut self, count: u32) -> u32 {
        let taken = (self.0 >> (u128::BITS - count)) as u32;
        self.0 <<= count;
        taken
    }

    fn object_type(&mut self) -> u32 {
        match self.take(5) {
            31 => 32 + self.take(6),
            kind => kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sbr_is_told_from_what_only_mentions_it() {
        for plain in
            [&[0x12, 0x10][..], &[0x13, 0x90, 0x56, 0xe5, 0x00], &[0x13, 0x90, 0x56], &[0xff; 40], b""]
        {
            assert!(!has_sbr(plain), "{plain:x?}");
        }
        for sbr in [
            // In front, behind the rest as an extension, with parametric stereo, and behind a rate that is written out.
            &[0x2b, 0x92, 0x08, 0x00][..],
            &[0x13, 0x88, 0x56, 0xe5, 0xa5, 0x48, 0x80],
            &[0xeb, 0x8a, 0x08, 0x00],
            &[0x17, 0x80, 0x2b, 0x11, 0x10, 0x56, 0xe5, 0x80],
        ] {
            assert!(has_sbr(sbr), "{sbr:x?}");
        }
    }
}
