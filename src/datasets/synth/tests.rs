//! What the corpus promises: the same bits always, clips that do not depend on each other, sane sound, and genres
//! and artists that can be told apart.

use std::collections::BTreeSet;

use super::*;
use crate::disk::digest;

fn short() -> SynthSpec {
    SynthSpec { clips_per_genre: 12, seconds: 2.0, ..SynthSpec::default() }
}

fn fingerprint(sound: &Waveform) -> String {
    let bytes: Vec<u8> = sound.samples.iter().flat_map(|x| ((x * 32768.0) as i16).to_le_bytes()).collect();
    digest(&bytes)
}

#[test]
fn a_clip_is_the_same_bits_always() {
    let spec = SynthSpec { seconds: 1.0, ..short() };
    let here = fingerprint(&render(&spec, 5));
    let there = std::thread::spawn(move || fingerprint(&render(&spec, 5))).join().unwrap();
    assert_eq!(here, there);
    assert_ne!(here, fingerprint(&render(&SynthSpec { seed: 2, seconds: 1.0, ..short() }, 5)));
}

#[test]
fn the_sound_of_this_version_is_pinned() {
    // When this fails on purpose, raise SYNTH_VERSION and take the new value.
    let spec = SynthSpec { clips_per_genre: 1, seconds: 1.0, rate_hz: 8000, ..SynthSpec::default() };
    let all: String = (0..8).map(|index| fingerprint(&render(&spec, index))).collect();
    assert_eq!(digest(all.as_bytes()), "PIN");
}

#[test]
fn a_clip_does_not_depend_on_how_many_there_are() {
    let few = SynthSpec { clips_per_genre: 3, genres: 4, ..short() };
    let many = SynthSpec { clips_per_genre: 40, ..short() };
    let index = |spec: &SynthSpec, id: &str| clips(spec).iter().position(|clip| clip.id == id).unwrap();
    for id in ["dustfolk/dustfolk.00002", "lowtide/lowtide.00000"] {
        let (a, b) = (index(&few, id), index(&many, id));
        assert_ne!(a, b);
        assert_eq!(render(&few, a), render(&many, b));
        assert_eq!(clip_definition(&few, a), clip_definition(&many, b));
    }
}

#[test]
fn sound_is_finite_audible_and_of_many_levels() {
    let spec = short();
    let mut levels = Vec::new();
    for index in (0..spec.clip_count()).step_by(3) {
        let sound = render(&spec, index);
        assert_eq!(sound.samples.len(), 44100);
        let peak = sound.samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
        assert!(sound.samples.iter().all(|x| x.is_finite()), "clip {index}");
        assert!(peak > 0.05 && peak <= 1.0, "clip {index}: peak {peak}");
        levels.push(level_db(&sound));
    }
    let (low, high) = levels.iter().fold((0.0f64, -200.0f64), |(low, high), &x| (low.min(x), high.max(x)));
    assert!(high - low > 10.0, "{low} to {high} dB");
    assert!(low > -40.0 && high < -5.0, "{low} to {high} dB");
}

#[test]
fn other_rates_and_lengths_work() {
    for (rate_hz, seconds) in [(8000, 0.5), (44100, 1.0), (48000, 0.7)] {
        let spec = SynthSpec { rate_hz, seconds, ..short() };
        for genre in 0..8 {
            let sound = render(&spec, genre * spec.clips_per_genre + 1);
            assert_eq!(sound.samples.len(), (seconds * f64::from(rate_hz)).round() as usize);
            assert!(sound.samples.iter().any(|x| x.abs() > 0.001));
        }
    }
}

#[test]
fn clips_carry_unique_ids_labels_and_artists() {
    let spec = short();
    let clips = clips(&spec);
    let count = |of: fn(&Clip) -> String| clips.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(clips.len(), 96);
    assert_eq!(count(|clip| clip.id.clone()), 96);
    assert_eq!(count(|clip| clip.label.clone()), 8);
    assert_eq!(count(|clip| clip.group.clone().unwrap()), 80);
    assert_eq!(clips[13].id, "dustfolk/dustfolk.00001");
    assert_eq!(clips[11].group.as_deref(), Some("glassbell-artist-01"));
    assert_eq!(genres(&spec).count(), 8);
}

/// Mean square of the difference over that of the signal: a crude spectral centroid.
fn roughness(sound: &Waveform) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let steps: f64 = sound.samples.windows(2).map(|pair| square(pair[1] - pair[0])).sum();
    steps / sound.samples.iter().map(|&x| square(x)).sum::<f64>()
}

fn level_db(sound: &Waveform) -> f64 {
    let energy: f64 = sound.samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    10.0 * (energy / sound.samples.len() as f64).log10()
}

#[test]
fn genres_differ_on_average_in_level_or_roughness() {
    let spec = short();
    let means: Vec<(f64, f64)> = (0..8)
        .map(|genre| {
            let sounds = (0..10).map(|number| render(&spec, genre * spec.clips_per_genre + number));
            let pairs: Vec<(f64, f64)> = sounds.map(|s| (level_db(&s), roughness(&s).ln())).collect();
            let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
            (mean(|pair| pair.0), mean(|pair| pair.1))
        })
        .collect();
    for (a, first) in means.iter().enumerate() {
        for (b, second) in means.iter().enumerate().skip(a + 1) {
            let apart = (first.0 - second.0).abs() / 5.0 + (first.1 - second.1).abs();
            assert!(apart > 0.15, "genres {a} and {b} are alike: {means:?}");
        }
    }
}
