//! The blocks of a FLAC file before its frames (RFC 9639 §8): the first describes the sound, the others hold tags, pictures
//! and tables, none of which is needed to decode it.

const MARK: &[u8] = b"fLaC";
const HEAD_BYTES: usize = 4;
/// In a block's head: no other block follows.
const IS_LAST: u8 = 0x80;
/// The block that describes the sound has number 0.
const SOUND_HEAD: [u8; HEAD_BYTES] = [IS_LAST, 0, 0, SOUND_BYTES as u8];
const SOUND_BYTES: usize = 34;
/// Of samples in a block.
const LEAST_FRAMES: u16 = 16;

/// The file with no other block than the one that describes its sound, and that one with sizes that go with its frames;
/// `None` where that or the frames cannot be found.
pub(super) fn without_tags(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes.strip_prefix(MARK)?;
    let mut sound = None;
    loop {
        let &[kind, l0, l1, l2] = rest.first_chunk::<HEAD_BYTES>()?;
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let (block, behind) = rest[HEAD_BYTES..].split_at_checked(length)?;
        if kind & !IS_LAST == 0 {
            sound = sound.or(Some(block));
        }
        rest = behind;
        if kind & IS_LAST != 0 {
            break;
        }
    }
    let sound = sound.filter(|block| block.len() == SOUND_BYTES)?;
    Some([MARK, &SOUND_HEAD, &with_true_sizes(sound, rest), rest].concat())
}

/// Frames of one size are recognised by that size, and some encoders write the length of the last, shorter one for the
/// least, or nothing.
fn with_true_sizes(sound: &[u8], frames: &[u8]) -> Vec<u8> {
    let mut sound = sound.to_vec();
    let is_of_one_size = frames.get(1).is_some_and(|second| second & 1 == 0);
    if is_of_one_size {
        sound.copy_within(2..4, 0);
    } else if u16::from_be_bytes([sound[0], sound[1]]) < LEAST_FRAMES {
        sound[..2].copy_from_slice(&LEAST_FRAMES.to_be_bytes());
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_sound_stays_and_the_frames() {
        let (sound, frames) = ([7; SOUND_BYTES], b"\xff\xf8frames".as_slice());
        let bare = [MARK, &SOUND_HEAD, &sound, frames].concat();
        assert_eq!(without_tags(&bare).as_deref(), Some(&bare[..]));
        let tagged =
            [MARK, &[0, 0, 0, 34], &sound, &[4, 0, 0, 3, 1, 2, 3], &[0x86, 0, 0, 1, 9], frames].concat();
        assert_eq!(without_tags(&tagged).as_deref(), Some(&bare[..]));
        // Frames of one size with another least, and of many with too small a one.
        let of = |least: u8, second: u8| {
            let sound = [&[0, least, 16, 0], [7; SOUND_BYTES - 4].as_slice()].concat();
            let file = [MARK, &SOUND_HEAD, &sound, &[0xff, second, 0]].concat();
            without_tags(&file).unwrap()[8..12].to_vec()
        };
        assert_eq!(
            [of(9, 0xf8), of(9, 0xf9), of(32, 0xf9)],
            [[16, 0, 16, 0], [0, 16, 16, 0], [0, 32, 16, 0]]
        );
        for length in 0..tagged.len() - frames.len() {
            assert_eq!(without_tags(&tagged[..length]), None, "{length}");
        }
        assert_eq!(without_tags(&[MARK, &[0x84, 0, 0, 1, 9], frames].concat()), None);
        assert_eq!(without_tags(&[MARK, &[0x80, 0, 0, 2, 9, 9], frames].concat()), None);
    }
}
