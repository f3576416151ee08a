//! The frames of an MPEG audio stream, found without decoding: tags between them, garbage, and the
//! Xing/Info tag.
//!
//! A stream starts where headers follow each other; from then on each frame is taken on its header's word,
//! and garbage is skipped up to the next header of the same stream that another one confirms.

use super::mpeg_header::{HEADER_BYTES, Header};

/// No frame is longer, of free format either.
const LONGEST_FRAME: usize = 2304;
const SHORTEST_FREE_FRAME: usize = 24;

/// Where a frame lies in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub offset: usize,
    pub bytes: usize,
}

/// A break in the chain of frames, before frame number `frame`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub frame: usize,
    pub bytes: usize,
}

/// The breaks of a stream as its frames go by.
pub(super) struct Breaks<'a> {
    ahead: &'a [Gap],
}

impl Breaks<'_> {
    /// Whether there is a break before this frame; each call must ask for a later one. A break is looked at once: a damaged
    /// file may have as many as frames.
    pub fn before(&mut self, frame: usize) -> bool {
        let passed = self.ahead.iter().take_while(|gap| gap.frame <= frame).count();
        self.ahead = &self.ahead[passed..];
        passed > 0
    }
}

/// Every frame of a stream but the Xing/Info tag.
#[derive(Debug)]
pub(super) struct Frames {
    pub first: Header,
    /// The length of an unpadded frame of free format, 0 otherwise.
    pub free_bytes: usize,
    pub spans: Vec<Span>,
    pub gaps: Vec<Gap>,
    pub tag: Option<nanomp3::VbrTag>,
    /// The last frame is cut off.
    pub partial_end: bool,
    /// The stream goes on at this rate, which is not followed.
    pub other_rate_hz: Option<u32>,
}

impl Frames {
    pub fn breaks(&self) -> Breaks<'_> {
        Breaks { ahead: &self.gaps }
    }
}

/// The length of the ID3v2 tags at the start.
pub(super) fn skip_id3v2(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(rest) = bytes.get(end..) {
        match nanomp3::id3v2_len(rest) {
            0 => return end,
            length => end += length,
        }
    }
    bytes.len()
}

/// Whether headers follow each other anywhere.
pub(super) fn starts_somewhere(bytes: &[u8]) -> bool {
    find_start(nanomp3::strip_trailing_tags(bytes), 0).is_some()
}

/// A stream's beginning: its offset, its header, and its free-format frame length (0 for others).
type Start = (usize, Header, usize);

fn find_start(bytes: &[u8], from: usize) -> Option<Start> {
    (from..bytes.len().saturating_sub(HEADER_BYTES)).filter(|&at| bytes[at] == 0xff).find_map(|at| {
        let header = Header::parse(&bytes[at..])?;
        let free_bytes = if header.is_free_format() { free_frame_bytes(&bytes[at..], &header)? } else { 0 };
        is_confirmed(bytes, at, &header, free_bytes, 2).then_some((at, header, free_bytes))
    })
}

/// Whether `links` headers of the same stream follow, or the file ends where a frame does. A file that is
/// cut inside a frame confirms what came before.
fn is_confirmed(bytes: &[u8], mut at: usize, first: &Header, free_bytes: usize, links: usize) -> bool {
    for link in 0..=links {
        match bytes.get(at..).and_then(Header::parse) {
            Some(header) if header.continues(first) => at += header.bytes(free_bytes),
            _ => return at == bytes.len() || (link > 1 && at + HEADER_BYTES > bytes.len()),
        }
    }
    true
}

/// The distance to the next header that a third one confirms.
fn free_frame_bytes(bytes: &[u8], first: &Header) -> Option<usize> {
    (SHORTEST_FREE_FRAME..LONGEST_FRAME).find_map(|length| {
        let next = Header::parse(bytes.get(length..)?)?;
        let unpadded = length.checked_sub(first.padding)?;
        let third = Header::parse(bytes.get(length + unpadded + next.padding..)?)?;
        (next.continues(first) && third.continues(first)).then_some(unpadded)
    })
}

/// Finds every frame; `None` where the file holds none.
pub(super) fn find_frames(file: &[u8]) -> Option<Frames> {
    let bytes = nanomp3::strip_trailing_tags(file);
    let tags_end = skip_id3v2(bytes);
    let (start, first, free_bytes) = find_start(bytes, tags_end)?;
    let mut frames = Frames {
        first,
        free_bytes,
        spans: Vec::new(),
        gaps: Vec::new(),
        tag: None,
        partial_end: false,
        other_rate_hz: None,
    };
    if start > tags_end && bytes[tags_end..start].iter().any(|&byte| byte != 0) {
        frames.gaps.push(Gap { frame: 0, bytes: start - tags_end });
    }
    let mut at = start;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(header) = Header::parse(rest).filter(|header| header.continues(&first)) {
            let length = header.bytes(free_bytes);
            if length > rest.len() {
                frames.partial_end = true;
                break;
            }
            let is_first = frames.spans.is_empty() && frames.tag.is_none();
            if is_first {
                frames.tag = read_tag(&rest[..length]);
            }
            if !is_first || frames.tag.is_none() {
                frames.spans.push(Span { offset: at, bytes: length });
            }
            at += length;
            continue;
        }
        let after_tag = skip_id3v2(rest);
        if after_tag > 0 {
            at += after_tag;
            continue;
        }
        match resume(bytes, at, &first, free_bytes) {
            Some((next, rate_hz)) if rate_hz == first.rate_hz => {
                frames.gaps.push(Gap { frame: frames.spans.len(), bytes: next - at });
                at = next;
            }
            Some((_, rate_hz)) => {
                frames.other_rate_hz = Some(rate_hz);
                break;
            }
            None => {
                if !is_harmless_end(rest) {
                    frames.gaps.push(Gap { frame: frames.spans.len(), bytes: rest.len() });
                }
                break;
            }
        }
    }
    Some(frames)
}

/// The Xing/Info tag. Encoders place it as if the frame had no checksum, also where it has one.
fn read_tag(frame: &[u8]) -> Option<nanomp3::VbrTag> {
    let mut unchecked = frame.to_vec();
    unchecked[1] |= 1;
    nanomp3::VbrTag::parse(&unchecked).or_else(|| nanomp3::VbrTag::parse(frame))
}

/// Where the stream goes on behind garbage, and at which rate.
fn resume(bytes: &[u8], from: usize, first: &Header, free_bytes: usize) -> Option<(usize, u32)> {
    (from..bytes.len().saturating_sub(HEADER_BYTES)).filter(|&at| bytes[at] == 0xff).find_map(|at| {
        let header = Header::parse(&bytes[at..])?;
        if header.continues(first) {
            return is_confirmed(bytes, at, first, free_bytes, 1).then_some((at, header.rate_hz));
        }
        let changes = header.rate_hz != first.rate_hz && !header.is_free_format();
        (changes && is_confirmed(bytes, at, &header, 0, 3)).then_some((at, header.rate_hz))
    })
}

/// Zero padding and tags that only stand at the end.
fn is_harmless_end(rest: &[u8]) -> bool {
    rest.iter().all(|&byte| byte == 0)
        || [b"APETAGEX".as_slice(), b"LYRICSBEGIN", b"TAG"].iter().any(|tag| rest.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo: 417 bytes, or 418 with padding.
    const HEADER: [u8; 4] = [0xff, 0xfb, 0x90, 0x00];

    fn frame() -> Vec<u8> {
        let mut frame = HEADER.to_vec();
        frame.resize(417, 0);
        frame
    }

    #[test]
    fn tags_and_garbage_are_stepped_over() {
        let id3 = [b"ID3\x04\0\0\0\0\0\x05".as_slice(), &[0xff; 5]].concat();
        let trailer = [b"TAG".as_slice(), &[32; 125]].concat();
        let garbage = [0xff, 0xfb, 0x90, 1, 2, 3, 0xff];
        let file = [
            id3.clone(),
            vec![frame(); 3].concat(),
            id3,
            frame(),
            garbage.to_vec(),
            frame(),
            frame(),
            trailer,
        ]
        .concat();
        let frames = find_frames(&file).unwrap();
        assert_eq!(frames.spans.len(), 6, "what looks like a header is taken at its word");
        assert_eq!(frames.gaps.len(), 1);
        assert!(!frames.partial_end);
    }

    #[test]
    fn every_break_is_met_once_by_the_frame_behind_it() {
        let pieces = 5000;
        let piece = [frame(), frame(), vec![7; 5]].concat();
        let frames = find_frames(&[frame(), piece.repeat(pieces)].concat()).unwrap();
        assert_eq!((frames.spans.len(), frames.gaps.len()), (2 * pieces + 1, pieces));
        let mut breaks = frames.breaks();
        for number in 0..frames.spans.len() {
            assert_eq!(breaks.before(number), number >= 3 && number % 2 == 1, "{number}");
        }
        assert_eq!(breaks.ahead, [Gap { frame: 2 * pieces + 1, bytes: 5 }]);
        // Two breaks with nothing but a tag between them, and a frame further on.
        let ahead = &[0, 0, 3].map(|frame| Gap { frame, bytes: 1 });
        let mut breaks = Breaks { ahead };
        assert_eq!([0, 2, 4, 5].map(|number| breaks.before(number)), [true, false, true, false]);
    }

    #[test]
    fn a_cut_frame_and_another_rate_end_the_stream() {
        let cut = [frame(), frame(), frame()[..100].to_vec()].concat();
        let frames = find_frames(&cut).unwrap();
        assert_eq!((frames.spans.len(), frames.partial_end), (2, true));
        let mut other = frame();
        other[2] = 0x94;
        other.truncate(384);
        let mixed = [vec![frame(); 4].concat(), vec![other; 5].concat()].concat();
        let frames = find_frames(&mixed).unwrap();
        assert_eq!((frames.spans.len(), frames.other_rate_hz), (4, Some(48000)));
    }
}
