//! Decoded files against libsndfile's samples: `tests/golden/audio` (made by `make_audio.py`) and, where it lies
//! beside the checkout, the shared reference.

use std::path::{Path, PathBuf};

use super::*;
use crate::disk::furthest_for_tests::furthest;
use crate::disk::shared_for_tests::shared;

const RATE_HZ: u32 = 22050;

/// The samples of a NumPy file of little-endian f32, in C order.
fn npy(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(bytes[..header_end].windows(3).any(|window| window == b"<f4"));
    bytes[header_end..].as_chunks::<4>().0.iter().map(|&raw| f32::from_le_bytes(raw)).collect()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/audio").join(name)
}

fn load_golden(name: &str, options: LoadOptions) -> Loaded {
    load(&golden(name), &options).unwrap()
}

fn assert_close(ours: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(ours.len(), expected.len(), "{what}");
    let worst = furthest(ours, expected);
    assert!(worst <= tolerance.into(), "{what}: {worst}");
}

/// The formula of `make_audio.py`, mixed to mono.
fn formula(frames: i32) -> Vec<f32> {
    let triangle = |p: i32| 60 * (p % 400 - 200).abs() - 6000;
    let scale = |value: i32| value as f32 / 32768.0;
    (0..frames)
        .map(|n| (scale(triangle(3 * n + n * n / 3000)) + scale(triangle(5 * n).div_euclid(2))) / 2.0)
        .collect()
}

#[test]
fn lossless_files_give_back_the_formula() {
    for (name, format) in [("s24.wav", "wav"), ("s16.aiff", "aiff"), ("s16.au", "au"), ("s16.flac", "flac")] {
        let loaded = load_golden(name, LoadOptions::default());
        assert_eq!(loaded.wave.samples, formula(3000), "{name}");
        assert_eq!((loaded.format, loaded.channels, loaded.native_rate_hz), (format, 2, RATE_HZ));
        assert_eq!(loaded.faults, []);
        assert_eq!(loaded.native_seconds, 3000.0 / f64::from(RATE_HZ));
    }
}

#[test]
fn tags_of_mp3s_habit_do_no_harm() {
    let options = LoadOptions::default();
    let load = |bytes: &[u8]| load_bytes(bytes, Path::new("tagged"), &options).unwrap();
    let flac = std::fs::read(golden("s16.flac")).unwrap();
    let behind = load(&[&flac, b"TAG".as_slice(), &[b' '; 125]].concat());
    assert_eq!((behind.wave.samples, behind.faults), (formula(3000), Vec::new()));
    for (name, format) in [("s24.wav", "wav"), ("s16.aiff", "aiff"), ("s16.au", "au"), ("s16.flac", "flac")] {
        let tag = b"ID3\x04\0\0\0\0\0\x05title".as_slice();
        let before = load(&[tag, &std::fs::read(golden(name)).unwrap()].concat());
        assert_eq!((before.wave.samples, before.format), (formula(3000), format));
    }
}

/// The index of an m4a in front of its sound, as players like it, and the file cut off.
#[test]
fn an_m4a_that_is_cut_off_gives_what_is_left() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzing/corpus/m4a/alac");
    let file = std::fs::read(path).unwrap();
    let (sound, index) = file[36..].split_at(22_093);
    let mut index = index.to_vec();
    let offset = index.windows(4).position(|name| name == b"stco").unwrap() + 12;
    let moved = u32::from_be_bytes(*index[offset..].first_chunk().unwrap()) + index.len() as u32;
    index[offset..offset + 4].copy_from_slice(&moved.to_be_bytes());
    let whole = [&file[..36], &index, sound].concat();
    let load = |bytes: &[u8]| load_bytes(bytes, Path::new("a.m4a"), &LoadOptions::default());
    let (all, left) = (load(&whole).unwrap(), load(&whole[..whole.len() - sound.len() / 3]).unwrap());
    assert_eq!(all.faults, []);
    assert!(matches!(left.faults.last(), Some(Fault::EndsEarly { .. })), "{:?}", left.faults);
    let count = left.wave.samples.len();
    assert!(count > all.wave.samples.len() / 4 && count < all.wave.samples.len(), "{count}");
    assert_eq!(left.wave.samples[..1000], all.wave.samples[..1000]);
    // Cut within the index there is nothing to be had.
    assert!(load(&whole[..200]).is_err());
}

#[test]
fn lossy_files_give_the_samples_of_libsndfile() {
    // libsndfile stops `cut.mp3` 15 samples short, at a wrong estimate of its length.
    for (name, tolerance, ending) in [
        ("ulaw.au", 0.0, 0),
        ("q1.ogg", 1e-6, 0),
        ("tagged.mp3", 1e-6, 0),
        ("untagged_vbr.mp3", 1e-6, 0),
        ("cut.mp3", 1e-6, 15),
    ] {
        let loaded = load_golden(name, LoadOptions::default());
        let expected = npy(&golden(&format!("{name}.npy")));
        let ours = &loaded.wave.samples[..loaded.wave.samples.len() - ending];
        assert_close(ours, &expected, tolerance, name);
        assert_eq!(loaded.faults, [], "{name}");
    }
}

#[test]
fn a_part_is_the_slice_of_the_whole() {
    for name in ["s24.wav", "s16.flac", "q1.ogg", "tagged.mp3", "untagged_vbr.mp3", "cut.mp3"] {
        let whole = load_golden(name, LoadOptions::default());
        for (cut, offset_seconds, max_seconds) in [
            (Cut::Start, 0.0, 0.05),
            (Cut::Start, 0.09, 0.02),
            (Cut::Middle, 0.0, 0.03),
            (Cut::Middle, 0.01, 9.0),
        ] {
            let options =
                LoadOptions { cut, offset_seconds, max_seconds: Some(max_seconds), ..Default::default() };
            let part = load_golden(name, options);
            let window = options.window(whole.wave.samples.len() as u64, RATE_HZ);
            let slice = &whole.wave.samples[window.start as usize..window.end as usize];
            assert_eq!(part.wave.samples, slice, "{name} {options:?}");
            assert_eq!(part.native_seconds, whole.native_seconds, "{name} {options:?}");
            // Levels are those of the part, whatever had to be decoded for it.
            let seen = slice.len() as u64 * u64::from(part.channels);
            assert_eq!(part.levels.samples, seen, "{name} {options:?}");
            if name == "s16.flac" {
                assert_eq!(part.levels, load_golden("s24.wav", options).levels, "{options:?}");
            }
        }
    }
}

#[test]
fn an_offset_beyond_the_end_says_so() {
    let options = LoadOptions { offset_seconds: 30.0, ..Default::default() };
    for name in ["s24.wav", "q1.ogg", "tagged.mp3"] {
        let error = load(&golden(name), &options).unwrap_err();
        assert!(matches!(error.problem, AudioProblem::OffsetBeyondEnd { .. }), "{error}");
    }
}

#[test]
fn the_wanted_rate_is_made() {
    let options = LoadOptions { rate_hz: Some(11025), ..Default::default() };
    let loaded = load_golden("s24.wav", options);
    assert_eq!((loaded.wave.rate_hz, loaded.wave.samples.len()), (11025, 1500));
    assert_eq!(loaded.native_rate_hz, RATE_HZ);
}

/// 3072 frames at the head and 2048 in the middle of each shared file, both channels, as libsndfile reads them.
#[test]
fn shared_mp3_files_give_the_samples_of_libsndfile() {
    let Some(folder) = shared("reference/librosa/mp3") else { return };
    for (name, frames, middle) in
        [("a", 352_800, 176_400), ("cut", 175_727, 87_863), ("notag", 354_816, 177_408)]
    {
        let ours = load(&folder.join(format!("{name}.mp3")), &LoadOptions::default()).unwrap();
        let whole = ours.wave.samples.len();
        // libsndfile's length of the cut file is an estimate; frames come whole.
        assert!(whole.abs_diff(frames) < 1152, "{name}: {whole}");
        for (segment, start) in [("head", 0), ("mid", middle)] {
            let stereo = npy(&folder.join(format!("{name}_pcm_{segment}.npy")));
            let mono: Vec<f32> = stereo.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
            assert_close(
                &ours.wave.samples[start..start + mono.len()],
                &mono,
                2e-6,
                &format!("{name} {segment}"),
            );
        }
    }
}
