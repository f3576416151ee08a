//! The frames of an AAC stream in ADTS (ISO/IEC 13818-7 §6.2), counted without decoding: nothing else says how long it is.

/// Samples per channel that a frame holds.
pub(super) const FRAME_SAMPLES: u64 = 1024;
pub(super) const HEADER_BYTES: usize = 7;
/// The length has 13 bits.
const LONGEST_FRAME: usize = 1 << 13;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameCount {
    pub whole: u64,
    /// The stream ends inside a frame.
    pub is_cut: bool,
}

/// The length that a header at the front states, itself included.
pub(super) fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    let head: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
    let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
    is_sync_word(head).then_some(length)
}

/// Twelve ones, then layer 0.
fn is_sync_word(bytes: &[u8]) -> bool {
    bytes[0] == 0xff && bytes[1] & 0xf6 == 0xf0
}

/// Of a stream that was joined inside a frame, where the first whole one begins: at a header that two more follow, each
/// where the one before it says.
pub(super) fn first_of_three(bytes: &[u8]) -> Option<usize> {
    let next = |at: usize| {
        let length = frame_bytes(bytes.get(at..)?)?;
        (length > HEADER_BYTES).then_some(at + length)
    };
    (0..LONGEST_FRAME).find(|&at| next(at).and_then(next).and_then(next).is_some())
}

/// Counts frames as the decoder meets them: what lies between them is stepped over, and a header that cannot be ends the
/// stream.
pub(super) fn count(mut bytes: &[u8]) -> FrameCount {
    let mut count = FrameCount { whole: 0, is_cut: false };
    while let Some(at) = bytes.windows(2).position(is_sync_word) {
        bytes = &bytes[at..];
        match frame_bytes(bytes) {
            Some(length) if (HEADER_BYTES..=bytes.len()).contains(&length) => {
                count.whole += 1;
                bytes = &bytes[length..];
            }
            length => {
                count.is_cut = length.is_none_or(|length| length > bytes.len());
                break;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of so many bytes, with nothing in it.
    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0xff, 0xf1, 0x5c, 0x40 | (length >> 11) as u8, (length >> 3) as u8];
        frame.extend([(length << 5) as u8 | 0x1f, 0xfc]);
        frame.resize(length, 0);
        frame
    }

    #[test]
    fn frames_are_counted_up_to_the_one_that_is_cut() {
        let stream = [frame(7), frame(300), b"between".to_vec(), frame(8000), vec![0; 9]].concat();
        assert_eq!(count(&stream), FrameCount { whole: 3, is_cut: false });
        assert_eq!(count(&stream[..stream.len() - 10]), FrameCount { whole: 2, is_cut: true });
        assert_eq!(count(&stream[..10]), FrameCount { whole: 1, is_cut: true });
        assert_eq!(count(b""), FrameCount { whole: 0, is_cut: false });
        let mut impossible = frame(20);
        impossible[5] = 0;
        impossible[4] = 0;
        assert_eq!(count(&impossible), FrameCount { whole: 0, is_cut: false });
    }

    #[test]
    fn a_stream_that_was_joined_inside_a_frame_begins_at_the_next() {
        let joined = |before: usize| [vec![1; before], frame(20), frame(300), frame(30)].concat();
        assert_eq!(first_of_three(&joined(0)), Some(0));
        assert_eq!(first_of_three(&joined(8191)), Some(8191));
        assert_eq!(first_of_three(&joined(8192)), None, "no frame is that long");
        let stream = joined(100);
        assert_eq!(
            first_of_three(&stream[..stream.len() - 23]),
            Some(100),
            "of the third the header is enough"
        );
        assert_eq!(first_of_three(&stream[..stream.len() - 24]), None);
        assert_eq!(first_of_three(b""), None);
    }
}
