//! The blocks of a FLAC file before its frames (RFC 9639 §8): the first describes the sound, the others hold tags, pictures
//! and tables, none of which is needed to decode it.

const MARK: &[u8] = b"fLaC";
const HEAD_BYTES: usize = 4;
/// In a block's head: no other block follows.
const IS_LAST: u8 = 0x80;
/// The block that describes the sound has number 0.
const SOUND_HEAD: [u8; HEAD_BYTES] = [IS_LAST, 0, 0, SOUND_BYTES as u8];
const SOUND_BYTES: usize = 34;

/// The file with no other block than the one that describes its sound; `None` where that or the frames cannot be found.
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
    Some([MARK, &SOUND_HEAD, sound, rest].concat())
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
        for length in 0..tagged.len() - frames.len() {
            assert_eq!(without_tags(&tagged[..length]), None, "{length}");
        }
        assert_eq!(without_tags(&[MARK, &[0x84, 0, 0, 1, 9], frames].concat()), None);
        assert_eq!(without_tags(&[MARK, &[0x80, 0, 0, 2, 9, 9], frames].concat()), None);
    }
}
