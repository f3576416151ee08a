//! Files cut anywhere and with bytes changed: an answer or an error, never a panic, a hang or a huge buffer.

use std::path::{Path, PathBuf};

use super::*;
use crate::random::Draws;

const FILES: [&str; 9] = [
    "s24.wav",
    "s16.aiff",
    "s16.au",
    "ulaw.au",
    "s16.flac",
    "q1.ogg",
    "tagged.mp3",
    "untagged_vbr.mp3",
    "cut.mp3",
];

fn golden(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/audio");
    std::fs::read(folder.join(name)).unwrap()
}

/// Loads what may be anything and holds the answer to what every answer promises.
fn load_anything(bytes: &[u8], what: &str) -> Option<Loaded> {
    let options = LoadOptions { cut: Cut::Middle, max_seconds: Some(60.0), ..Default::default() };
    match load_bytes(bytes, Path::new("hostile"), &options) {
        Ok(loaded) => {
            assert!(loaded.wave.samples.iter().all(|sample| sample.is_finite()), "{what}");
            assert!(loaded.wave.samples.len() < 1 << 24, "{what}: {}", loaded.wave.samples.len());
            assert!(loaded.faults.iter().all(|fault| !fault.to_string().is_empty()));
            Some(loaded)
        }
        Err(error) => {
            assert!(error.to_string().starts_with("hostile: "), "{what}");
            if let AudioProblem::DecoderGaveUp { format } = error.problem {
                assert_others_panicked(format, bytes, what);
            }
            None
        }
    }
}

/// Giving up is a panic that was contained: right where symphonia or nanomp3 may be its cause, wrong where all of the
/// reading is ours. `tests/fuzzing` knows whose line it was, of the same files.
fn assert_others_panicked(format: &str, bytes: &[u8], what: &str) {
    assert!(!matches!(format, "wav" | "aiff" | "au"), "{what}: the {format} reader panics");
    if format == "mp3" {
        // Which bytes are frames is found by ours, here with nothing that contains it.
        drop(mpeg_frames::find_frames(bytes));
    }
}

#[test]
fn files_cut_anywhere_load_with_a_fault_or_say_why_not() {
    for name in FILES {
        let whole = golden(name);
        let full = load_anything(&whole, name).unwrap().native_seconds;
        for step in 0..80 {
            let length = if step < 40 { step * 3 } else { whole.len() * (step - 40) / 40 };
            let what = format!("{name} cut to {length} bytes");
            if let Some(loaded) = load_anything(&whole[..length], &what) {
                assert!(loaded.native_seconds <= full, "{what}");
                // A stream of frames without a stated length may well end between two.
                let states_length = !name.ends_with(".mp3") || name == "tagged.mp3";
                if states_length && loaded.native_seconds < full {
                    let noted = loaded.faults.iter().any(|fault| {
                        matches!(
                            fault,
                            Fault::EndsEarly { .. } | Fault::Broken { .. } | Fault::Silenced { .. }
                        )
                    });
                    assert!(noted, "{what}: {:?}", loaded.faults);
                }
            }
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut draws = Draws::new(1, "hostile audio");
    for name in FILES {
        let whole = golden(name);
        for turn in 0..120 {
            let mut bytes = whole.clone();
            // Headers decide most, so half of the turns stay there.
            let reach = if turn % 2 == 0 { bytes.len().min(200) } else { bytes.len() };
            for _ in 0..1 + draws.below(8) {
                let at = draws.below(reach);
                bytes[at] = draws.below(256) as u8;
            }
            load_anything(&bytes, &format!("{name}, turn {turn}"));
        }
    }
}

#[test]
fn noise_behind_every_magic_never_panics() {
    let mut draws = Draws::new(2, "hostile audio");
    let magics: [&[u8]; 9] = [
        b"RIFF\0\0\0\0WAVEfmt ",
        b"FORM\0\0\0\0AIFFCOMM",
        b".snd\0\0\0\x18",
        b"fLaC\0\0\0\x22",
        b"OggS\0\x02",
        b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0",
        b"\0\0\0\x20ftypM4A \0\0\0\0",
        b"\xff\xf1\x50\x80",
        b"\xff\xfb\x00\0",
    ];
    for magic in magics {
        for _ in 0..60 {
            let mut bytes = magic.to_vec();
            bytes.extend((0..draws.below(3000)).map(|_| draws.below(256) as u8));
            load_anything(&bytes, &format!("{magic:?}"));
        }
    }
}

fn wav(format: u16, channels: u16, rate_hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let frame = channels.wrapping_mul(bits / 8);
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0".to_vec();
    bytes.extend([format.to_le_bytes(), channels.to_le_bytes()].concat());
    bytes.extend([rate_hz.to_le_bytes(), 0u32.to_le_bytes()].concat());
    bytes.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

fn problem(bytes: &[u8]) -> AudioProblem {
    load_bytes(bytes, Path::new("x"), &LoadOptions::default()).unwrap_err().problem
}

#[test]
fn what_cannot_be_used_says_so_in_its_own_kind() {
    assert!(matches!(problem(b""), AudioProblem::Empty));
    assert!(matches!(problem(b"just some words"), AudioProblem::NotAudio { .. }));
    assert!(matches!(problem(&wav(1, 1, 44100, 16, &[])), AudioProblem::NoSamples { format: "wav" }));
    assert!(matches!(problem(&wav(1, 1, 1, 16, &[0; 4])), AudioProblem::Rate { rate_hz: 1, .. }));
    assert!(matches!(problem(&wav(1, 65535, 44100, 16, &[0; 4])), AudioProblem::NoSamples { .. }));
    let nan: Vec<u8> = [0.0f32, 0.5, f32::NAN, 1.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert!(matches!(problem(&wav(3, 1, 44100, 32, &nan)), AudioProblem::NotFinite { frame: 2, .. }));
    // Resampling would make infinities of them.
    let loud: Vec<u8> = [0.0f32, f32::MAX, f32::MAX].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert!(matches!(problem(&wav(3, 1, 44100, 32, &loud)), AudioProblem::TooLoud { frame: 1, .. }));
}

#[test]
fn unusual_but_sound_files_load() {
    let one = load_anything(&wav(1, 1, 8000, 16, &[0, 0x40]), "one sample").unwrap();
    assert_eq!((one.wave.samples.as_slice(), one.wave.rate_hz), ([0.5].as_slice(), 8000));
    let six = load_anything(&wav(1, 6, 192_000, 16, &[0; 1200]), "six channels").unwrap();
    assert_eq!((six.wave.samples.len(), six.channels, six.native_rate_hz), (100, 6, 192_000));
}

#[test]
fn garbage_inside_an_mp3_is_skipped_and_told() {
    let whole = golden("untagged_vbr.mp3");
    let frames = mpeg_frames::find_frames(&whole).unwrap().spans;
    let middle = frames[8].offset;
    let garbage = [0x55u8; 700];
    let bytes = [&whole[..middle], garbage.as_slice(), &whole[middle..]].concat();
    let loaded = load_bytes(&bytes, &PathBuf::from("x"), &LoadOptions::default()).unwrap();
    assert_eq!(loaded.wave.samples.len(), frames.len() * 576);
    let at_seconds = 8.0 * 576.0 / 22050.0;
    assert_eq!(loaded.faults[0], Fault::Skipped { at_seconds, bytes: 700 });
    assert_eq!(loaded.faults[0].to_string(), "700 bytes that are no sound skipped at 0.209 s");
}

/// Found by fuzzing: every damaged frame of a free-format stream was looked for in all that followed.
#[test]
fn a_long_damaged_free_format_stream_is_read_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzing/regressions/mp3");
    let piece = std::fs::read(folder.join("damaged_free_format")).unwrap();
    let start = std::time::Instant::now();
    // Whether a frame of it can be decoded is another matter.
    let loaded = load_bytes(&piece.repeat(80), Path::new("long"), &LoadOptions::default());
    assert!(start.elapsed().as_secs() < 20, "{:?}; it was minutes", start.elapsed());
    let faults = loaded.map_or(0, |loaded| loaded.faults.len());
    assert!(faults < 50, "{faults}");
}
