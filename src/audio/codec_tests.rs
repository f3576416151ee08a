//! Where a container and what it holds disagree: rates, parts that are not decoded, packets that cannot be, and blocks that
//! are none of the sound's.

use std::path::Path;

use super::length_tests::{file, loaded};
use super::*;

/// Stereo AAC at 22 050 Hz, three packets; the last is stated to be 299 samples long.
const AAC: &str = "fuzzing/corpus/m4a/stereo";

/// Writes over what stands so far behind the first byte of a mark.
fn overwrite(file: &mut [u8], mark: &[u8], behind: usize, bytes: &[u8]) {
    let at = file.windows(mark.len()).position(|window| window == mark).unwrap() + behind;
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn problem(bytes: &[u8], options: &LoadOptions) -> AudioProblem {
    load_bytes(bytes, Path::new("file"), options).unwrap_err().problem
}

/// The rate beside the codec's name has 16 bits: 0 stands there for 88 200 Hz and more, and it may be the double of what is
/// decoded of HE-AAC.
#[test]
fn the_rate_is_the_codecs_own() {
    let whole = loaded(&file(AAC), &LoadOptions::default());
    assert_eq!((whole.native_rate_hz, whole.channels), (22_050, 2));
    for stated in [0, 44_100u32 << 16] {
        let mut m4a = file(AAC);
        overwrite(&mut m4a, b"mp4a", 28, &stated.to_be_bytes());
        assert_eq!(loaded(&m4a, &LoadOptions::default()), whole, "{stated}");
    }
}

#[test]
fn aac_whose_upper_half_would_be_lost_is_refused() {
    let mut m4a = file(AAC);
    overwrite(&mut m4a, b"\x56\xe5\0", 2, &[0x80]);
    let found = problem(&m4a, &LoadOptions::default());
    assert!(matches!(&found, AudioProblem::Unsupported { what, .. } if what.contains("SBR")), "{found}");
}

/// Of AAC the first three bits of a packet say what it begins with, and 5 is an element that is not decoded; of mp3 a frame
/// of ones has more lines than there are.
#[test]
fn a_file_of_which_nothing_can_be_decoded_is_not_silence() {
    let mut m4a = file(AAC);
    overwrite(&mut m4a, b"mdat", 4, &[0xa0; 1470]);
    let found = problem(&m4a, &LoadOptions::default());
    assert!(matches!(&found, AudioProblem::Damaged { format: "m4a", .. }), "{found}");
    let beyond = LoadOptions { offset_seconds: 9.0, ..LoadOptions::default() };
    assert!(matches!(problem(&m4a, &beyond), AudioProblem::OffsetBeyondEnd { .. }));
    let mut mp3 = file("golden/audio/untagged_vbr.mp3");
    for span in mpeg_frames::find_frames(&mp3).unwrap().spans {
        mp3[span.offset..][4..span.bytes].fill(0xff);
    }
    let found = problem(&mp3, &LoadOptions::default());
    assert!(matches!(&found, AudioProblem::Damaged { format: "mp3", .. }), "{found}");
    assert!(matches!(problem(&mp3, &beyond), AudioProblem::OffsetBeyondEnd { .. }));
}

/// Whatever the file says of its last packet, and in whatever unit it counts.
#[test]
fn a_lost_packet_of_aac_is_as_long_as_the_others() {
    let whole = loaded(&file(AAC), &LoadOptions::default());
    for ticks_a_second in [22_050u32, 1000] {
        let mut m4a = file(AAC);
        let sizes = m4a.windows(4).position(|name| name == b"stsz").unwrap() + 16;
        let size = |packet: usize| u32::from_be_bytes(*m4a[sizes + 4 * packet..].first_chunk().unwrap());
        let last = 4 + size(0) as usize + size(1) as usize;
        overwrite(&mut m4a, b"mdat", last, &[0xa0]);
        overwrite(&mut m4a, b"mdhd", 16, &ticks_a_second.to_be_bytes());
        let left = loaded(&m4a, &LoadOptions::default());
        assert_eq!(left.wave.samples[..2048], whole.wave.samples[..2048]);
        assert_eq!(left.wave.samples[2048..], [0.0; 1024]);
        assert!(matches!(left.faults[..], [Fault::Silenced { .. }]), "{:?}", left.faults);
    }
}

#[test]
fn an_aac_stream_that_was_joined_inside_a_frame_is_heard_from_the_next() {
    let stream = file("fuzzing/corpus/aac/stream");
    let whole = loaded(&stream, &LoadOptions::default());
    let joined = loaded(&stream[5..], &LoadOptions::default());
    assert_eq!((joined.format, joined.faults.len()), ("aac", 0));
    assert_eq!(joined.wave.samples.len() + 1024, whole.wave.samples.len());
}

/// The name of its kind is not text.
#[test]
fn a_picture_that_cannot_be_read_takes_no_sound_away() {
    let flac = file("golden/audio/s16.flac");
    let picture = [6, 0, 0, 12, 0, 0, 0, 3, 0, 0, 0, 4, 0x80, 0x80, 0x80, 0x80];
    let (sound, rest) = flac.split_at(4 + 4 + 34);
    let pictured = [sound, &picture, rest].concat();
    let middle = LoadOptions { cut: Cut::Middle, max_seconds: Some(0.04), ..LoadOptions::default() };
    for options in [LoadOptions::default(), middle] {
        assert_eq!(loaded(&pictured, &options), loaded(&flac, &options));
    }
}

#[test]
fn a_chain_is_heard_up_to_a_stream_of_an_unknown_codec() {
    let known = file("golden/audio/q1.ogg");
    let whole = loaded(&known, &LoadOptions::default());
    let chain = loaded(&[known, file("fuzzing/corpus/ogg/opus")].concat(), &LoadOptions::default());
    assert_eq!(chain.wave, whole.wave);
    assert!(matches!(chain.faults[..], [Fault::Broken { .. }]), "{:?}", chain.faults);
}
