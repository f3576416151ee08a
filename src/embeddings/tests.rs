//! What every embedding must do, and what is refused.

use std::path::PathBuf;

use super::choice::{Activation, Choice, Pool, Short};
use super::embedder::{Embedder, check, pooled, pooled_columns};
use super::registry::{Build, EMBEDDINGS};
use crate::audio::Waveform;

fn noise(samples: usize) -> Waveform {
    let mut state = 7u32;
    let value = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / 8_388_608.0 - 1.0) as f32 * 0.3
    };
    Waveform { samples: (0..samples).map(value).collect(), rate_hz: 16_000 }
}

fn named(name: &str) -> Choice {
    Choice { name: name.to_string(), ..Choice::default() }
}

#[test]
fn random_filters_give_the_same_finite_rows_every_time_and_tell_sounds_apart() {
    let embedder = Embedder::open(&named("random-conv")).unwrap();
    let columns = embedder.columns();
    assert_eq!((columns.len(), columns[0].as_str()), (288, "random-conv.max.000"));
    let silence = Waveform { samples: vec![0.0; 48_000], rate_hz: 16_000 };
    let rows = [noise(96_000), silence].map(|wave| embedder.clip(&wave).unwrap());
    assert!(rows.iter().all(|row| row.len() == 288 && row.iter().all(|value| value.is_finite())));
    assert_ne!(rows[0], rows[1]);
    assert_eq!(rows[0], Embedder::open(&named("random-conv")).unwrap().clip(&noise(96_000)).unwrap());
    assert_eq!(embedder.patches(&noise(96_000)).unwrap().nrows(), 2);
}

#[test]
fn a_short_clip_another_rate_and_broken_samples_are_refused() {
    let embedder = Embedder::open(&named("random-conv")).unwrap();
    let said = |wave: &Waveform| embedder.clip(wave).unwrap_err().to_string();
    assert!(said(&noise(1)).contains("short = \"repeat\""));
    assert!(said(&Waveform { rate_hz: 22_050, ..noise(96_000) }).contains("22050 Hz"));
    for broken in [f32::NAN, f32::INFINITY, 1e30] {
        let mut wave = noise(96_000);
        wave.samples[70_000] = broken;
        assert!(said(&wave).contains("sample 70000"));
    }
    let repeating = Embedder::open(&Choice { short: Short::Repeat, ..named("random-conv") }).unwrap();
    assert!(repeating.clip(&noise(1)).unwrap().iter().all(|value| value.is_finite()));
    assert_ne!(repeating.definition(), embedder.definition());
}

#[test]
fn choices_that_mean_nothing_are_told_by_key_with_what_would() {
    let said = |choice: Choice| check(&choice).unwrap_err().to_string();
    assert!(said(named("musicn-msd")).contains("did you mean `musicnn-msd`"));
    let layer = Some("penultimat".to_string());
    assert!(said(Choice { layer, ..named("musicnn-msd") }).contains("did you mean `penultimate`"));
    assert!(said(Choice { legacy: true, ..named("musicnn-msd") }).contains("layer = \"penultimate\""));
    assert!(said(Choice { activation: Activation::Relu, ..named("musicnn-mtt") }).contains("`activation`"));
    assert!(said(Choice { pca: Some(PathBuf::from("x")), ..named("vggish") }).contains("postprocess"));
}

#[test]
fn missing_weights_are_told_with_address_size_licence_and_checksum() {
    for entry in EMBEDDINGS.iter().filter(|entry| matches!(entry.build, Build::Weights(_))) {
        let choice = Choice { weights: Some(PathBuf::from("no/such.file")), ..named(entry.name) };
        let said = Embedder::open(&choice).unwrap_err().to_string();
        let source = entry.weights.unwrap();
        for part in [&source.file().url, &*source.size(), source.publication.licence, &*source.checksum()] {
            assert!(!part.is_empty() && said.contains(part), "{part} in {said}");
        }
        assert!(said.contains("no/such.file") && said.contains("genrebench data fetch"), "{said}");
    }
}

#[test]
fn patches_are_pooled_by_mean_largest_or_mean_and_deviation() {
    let patches = ndarray::array![[1.0f32, 5.0], [3.0, -1.0]];
    assert_eq!(pooled(&patches, Pool::Mean), [2.0, 2.0]);
    assert_eq!(pooled(&patches, Pool::Max), [3.0, 5.0]);
    assert_eq!(pooled(&patches, Pool::MeanStd), [2.0, 2.0, 1.0, 3.0]);
    let columns = pooled_columns(&["a".to_string(), "b".to_string()], Pool::MeanStd);
    assert_eq!(columns, ["a.mean", "b.mean", "a.std", "b.std"]);
}
