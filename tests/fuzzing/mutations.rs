//! Deterministic mutations of a seed: what a broken download, a bad disk and a malicious author do to a file.

/// xorshift64*: the same inputs on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`, which may be 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end.max(1)
    }
}

/// Numbers at which sizes and signs go wrong.
const EDGES: [u64; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// The seed with one to six changes; `other` is a seed to take pieces from. Mostly near the start, where headers are.
pub fn mutated(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + dice.below(6) {
        let reach = match dice.below(3) {
            0 => bytes.len(),
            1 => bytes.len().min(512),
            _ => bytes.len().min(64),
        };
        let at = dice.below(reach);
        match dice.below(10) {
            0 => flip(&mut bytes, at, 1 << dice.below(8)),
            1 => flip(&mut bytes, at, dice.next() as u8),
            2 | 3 => {
                let width = 1 << dice.below(4);
                let edge = EDGES[dice.below(EDGES.len())].wrapping_add(dice.below(3) as u64).wrapping_sub(1);
                let number =
                    if dice.below(2) == 0 { edge.to_le_bytes() } else { edge.swap_bytes().to_le_bytes() };
                let number = if dice.below(2) == 0 { &number[..width] } else { &number[8 - width..] };
                for (slot, byte) in bytes.iter_mut().skip(at).zip(number) {
                    *slot = *byte;
                }
            }
            4 => bytes.truncate(dice.below(bytes.len() + 1)),
            5 => {
                let end = (at + 1 + dice.below(64)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            6 => {
                let end = (at + 1 + dice.below(64)).min(bytes.len());
                let piece = bytes[at.min(end)..end].to_vec();
                insert(&mut bytes, at, &piece);
            }
            7 => {
                let from = dice.below(other.len());
                let end = (from + 1 + dice.below(256)).min(other.len());
                insert(&mut bytes, at, &other[from.min(end)..end]);
            }
            8 => {
                let end = (at + 1 + dice.below(32)).min(bytes.len());
                bytes[at.min(end)..end].fill([0, 0xff, b'0', b' ', b'"'][dice.below(5)]);
            }
            _ => {
                let digit = b'0' + dice.below(10) as u8;
                let place = bytes.iter().skip(at).position(u8::is_ascii_digit);
                if let Some(place) = place {
                    bytes[at + place] = digit;
                }
            }
        }
    }
    bytes
}

fn flip(bytes: &mut [u8], at: usize, mask: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask;
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let at = at.min(bytes.len());
    bytes.splice(at..at, piece.iter().copied());
}
