//! How long a file says it is, and how long it is: streams that only estimate it, that state an end instead, or that are
//! wrong; and parts of them, which hang on it.

use std::ops::Range;
use std::path::Path;

use super::*;

pub(super) fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)).unwrap()
}

pub(super) fn loaded(bytes: &[u8], options: &LoadOptions) -> Loaded {
    load_bytes(bytes, Path::new("file"), options).unwrap()
}

/// A part from somewhere and one from the middle are slices of the whole, which keeps its length.
fn assert_parts_are_slices(bytes: &[u8], whole: &Loaded, what: &str) {
    for (cut, offset_seconds) in [(Cut::Start, 0.01), (Cut::Middle, 0.0), (Cut::Middle, 0.02)] {
        let options = LoadOptions { cut, offset_seconds, max_seconds: Some(0.04), ..Default::default() };
        let part = loaded(bytes, &options);
        let window = options.window(whole.wave.samples.len() as u64, whole.native_rate_hz);
        let slice = &whole.wave.samples[window.start as usize..window.end as usize];
        assert_eq!(part.wave.samples, slice, "{what} {options:?}");
        assert_eq!(part.native_seconds, whole.native_seconds, "{what} {options:?}");
        assert_eq!(part.levels.samples, part.wave.samples.len() as u64 * u64::from(part.channels), "{what}");
    }
}

/// Small frames at the front and large ones behind: an estimate by the first ones promises more than there is.
#[test]
fn an_aac_stream_is_as_long_as_it_has_frames() {
    let seed = file("fuzzing/corpus/aac/stream");
    let mut rest = &seed[..];
    let mut frames = Vec::new();
    while let Some(length) = adts_frames::frame_bytes(rest) {
        let (frame, behind) = rest.split_at(length);
        frames.push(frame);
        rest = behind;
    }
    frames.sort_by_key(|frame| frame.len());
    let (small, large) = (frames[0].repeat(50), frames[frames.len() - 1].repeat(200));
    for (stream, tag) in [
        ([&small[..], &large].concat(), Vec::new()),
        ([&large[..], &small].concat(), [b"TAG ".as_slice(), &b"\xff\xf1".repeat(62)].concat()),
    ] {
        let whole = loaded(&[&stream[..], &tag].concat(), &LoadOptions::default());
        assert_eq!((whole.wave.samples.len(), whole.format), (250 * 1024, "aac"));
        assert_eq!(whole.faults, []);
        assert_parts_are_slices(&stream, &whole, "aac");
        let cut = loaded(&stream[..stream.len() - 9], &LoadOptions::default());
        let at_seconds = 249.0 * 1024.0 / 22_050.0;
        assert_eq!(cut.native_seconds, at_seconds);
        assert_eq!(cut.faults, [Fault::EndsEarly { at_seconds, promised_seconds: None }]);
    }
}

/// The last packet is stated shorter than it is, for its end is padding.
#[test]
fn aac_in_an_m4a_is_as_long_as_its_packets() {
    let bytes = file("fuzzing/corpus/m4a/stereo");
    let whole = loaded(&bytes, &LoadOptions::default());
    assert_eq!((whole.wave.samples.len(), whole.faults.len()), (3 * 1024, 0));
    assert_parts_are_slices(&bytes, &whole, "m4a");
}

/// RFC 3533's checksum: the polynomial 0x04c11db7, nothing reflected, nothing added.
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| (sum << 1) ^ ((sum >> 31) * 0x04c1_1db7))
    })
}

/// `q1.ogg` with its packets of sound on pages of our own, each with its end and its packets.
fn ogg(first_number: u32, pages: &[(u64, Range<usize>)]) -> Vec<u8> {
    let bytes = file("golden/audio/q1.ogg");
    let sound = bytes.windows(5).rposition(|window| window == b"OggS\0").unwrap();
    let (mut made, page) = (bytes[..sound].to_vec(), &bytes[sound..]);
    // No packet is longer than 254 bytes: each has one entry.
    let (sizes, mut rest) = page[27..].split_at(page[26].into());
    let mut packets = Vec::new();
    for &size in sizes {
        let (packet, behind) = rest.split_at(size.into());
        packets.push(packet);
        rest = behind;
    }
    for (number, (end, held)) in (first_number..).zip(pages) {
        let last = u8::from(held.end == packets.len());
        let mut page = [b"OggS\0".as_slice(), &[4 * last], &end.to_le_bytes(), &page[14..18]].concat();
        page.extend([number.to_le_bytes(), [0; 4]].concat());
        page.push(held.len() as u8);
        page.extend(&sizes[held.clone()]);
        page.extend(packets[held.clone()].concat());
        let sum = checksum(&page);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        made.extend(page);
    }
    made
}

#[test]
fn an_ogg_stream_need_not_begin_at_0() {
    let whole = loaded(&file("golden/audio/q1.ogg"), &LoadOptions::default());
    assert_eq!(whole.wave.samples.len(), 3000);
    assert_eq!(ogg(2, &[(3000, 0..9)]), file("golden/audio/q1.ogg"));
    for begin in [0, 100_000] {
        let bytes = ogg(2, &[(begin + 1152, 0..4), (begin + 3000, 4..9)]);
        let again = loaded(&bytes, &LoadOptions::default());
        assert_eq!(again.wave.samples, whole.wave.samples, "{begin}");
        assert_eq!((again.faults.len(), again.native_seconds), (0, whole.native_seconds), "{begin}");
        assert_parts_are_slices(&bytes, &whole, "ogg");
    }
    // On a single page nothing says how much of the last packet is padding.
    let bytes = ogg(2, &[(103_000, 0..9)]);
    let padded = loaded(&bytes, &LoadOptions::default());
    assert_eq!((padded.wave.samples.len(), padded.faults.len()), (3072, 0));
    assert_eq!(padded.wave.samples[..3000], whole.wave.samples);
    assert_parts_are_slices(&bytes, &padded, "ogg of one page");
}

#[test]
fn an_ogg_stream_whose_first_page_is_lost_begins_with_silence() {
    let left = loaded(&ogg(3, &[(3000, 4..9)]), &LoadOptions::default());
    let silenced = 1592usize;
    assert_eq!(left.wave.samples.len(), 3000);
    assert!(left.wave.samples[..silenced].iter().all(|sample| *sample == 0.0));
    let seconds = silenced as f64 / 22_050.0;
    assert_eq!(left.faults, [Fault::Silenced { at_seconds: 0.0, seconds }]);
}

/// As a player writes what it hears of a station: the headers, and then the pages of the song from where it came in.
#[test]
fn an_ogg_stream_that_was_joined_late_is_heard_from_there() {
    let whole = loaded(&file("golden/audio/q1.ogg"), &LoadOptions::default());
    let begin = 120 * 22_050;
    let joined = loaded(&ogg(1043, &[(begin + 1152, 0..4), (begin + 3000, 4..9)]), &LoadOptions::default());
    assert_eq!((joined.wave, joined.faults.len()), (whole.wave, 0));
}

#[test]
fn chained_streams_are_as_long_as_both() {
    let bytes = file("fuzzing/corpus/ogg/two_streams");
    let whole = loaded(&bytes, &LoadOptions::default());
    assert_eq!((whole.wave.samples.len(), whole.faults.len()), (960, 0));
    assert_parts_are_slices(&bytes, &whole, "chain");
}

/// The last 36 bits before the checksum count the samples; 0 says that nobody knows.
#[test]
fn a_length_that_is_unknown_or_wrong_moves_no_middle() {
    let right = file("golden/audio/s16.flac");
    let options = LoadOptions { cut: Cut::Middle, max_seconds: Some(0.04), ..Default::default() };
    let middle = loaded(&right, &options);
    for (count, faults) in [(3000u32, 0), (0, 0), (2000, 0), (4000, 1)] {
        let mut bytes = right.clone();
        bytes[22..26].copy_from_slice(&count.to_be_bytes());
        let found = loaded(&bytes, &options);
        assert_eq!((found.wave, found.levels), (middle.wave.clone(), middle.levels), "{count}");
        assert_eq!((found.faults.len(), found.native_seconds), (faults, middle.native_seconds), "{count}");
    }
}
