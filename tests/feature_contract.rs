//! What every registered feature must do: finite numbers from silence, one sample, a constant and noise, under the
//! names that its plan lists; the same bits again; and named errors for what cannot be done.

use genrebench::audio::Waveform;
use genrebench::features::{FEATURES, FeatureError, FeaturePlan, Output, SETS, Statistic, extract, frames};
use genrebench::random::Draws;

const RATE_HZ: u32 = 22_050;

fn noise(samples: usize, level: f64) -> Vec<f32> {
    let mut draws = Draws::new(samples as u64, "feature contract");
    (0..samples).map(|_| (level * draws.between(-1.0, 1.0)) as f32).collect()
}

fn signals() -> Vec<(String, Waveform)> {
    let mut signals = vec![
        ("silence".to_owned(), vec![0.0; 30_000]),
        ("constant".to_owned(), vec![0.5; 30_000]),
        ("faint".to_owned(), noise(20_000, 1e-6)),
        ("vanishing".to_owned(), noise(20_000, 1e-40)),
        ("loud".to_owned(), noise(20_000, 1e6)),
        ("gaps".to_owned(), [noise(5000, 0.3), vec![0.0; 20_000], noise(5001, 0.3)].concat()),
    ];
    for samples in [1, 2, 3, 255, 511, 512, 513, 1024, 2047, 2048, 2049, 5000, 16_384] {
        signals.push((format!("noise of {samples}"), noise(samples, 0.5)));
    }
    signals.into_iter().map(|(name, samples)| (name, Waveform { samples, rate_hz: RATE_HZ })).collect()
}

#[test]
fn every_feature_is_finite_on_every_signal() -> Result<(), FeatureError> {
    for (name, waveform) in signals() {
        for feature in FEATURES {
            let plan = FeaturePlan::from_list(&[feature.name], Statistic::ALL)?;
            let row = extract(&waveform, &plan)?;
            assert_eq!(row.len(), plan.columns().len(), "{name} {}", feature.name);
            assert!(row.iter().all(|value| value.is_finite()), "{name} {}: {row:?}", feature.name);
            if let Output::Frames { rows, .. } = feature.output {
                let matrix = frames(&waveform, feature.name)?;
                assert_eq!(matrix.ncols(), rows, "{name} {}", feature.name);
                assert!(matrix.is_standard_layout() && matrix.iter().all(|value| value.is_finite()));
            }
        }
    }
    Ok(())
}

#[test]
fn a_set_gives_what_its_features_give_alone_twice() -> Result<(), FeatureError> {
    let waveform = Waveform { samples: noise(40_000, 0.4), rate_hz: RATE_HZ };
    for set in SETS {
        let plan = FeaturePlan::from_set(set.name)?;
        let row = extract(&waveform, &plan)?;
        assert_eq!(row, extract(&waveform, &plan)?, "{}", set.name);
        let mut at = 0;
        for entry in plan.entries() {
            let alone = FeaturePlan::from_list(&[entry.feature.name], &entry.statistics)?;
            for value in extract(&waveform, &alone)? {
                // Which form of the spectrum is at hand may round differently, in the last bits only.
                assert!(
                    (row[at] - value).abs() <= 1e-4 * (1.0 + value.abs()),
                    "{} {}",
                    set.name,
                    plan.columns()[at]
                );
                at += 1;
            }
        }
        assert_eq!(at, row.len());
    }
    Ok(())
}

#[test]
fn the_named_sets_have_their_columns() -> Result<(), FeatureError> {
    for (set, columns) in [("mipt", 185), ("fma518", 518), ("esc", 42), ("mfcc", 140)] {
        let names = FeaturePlan::from_set(set)?.columns();
        assert_eq!(names.len(), columns, "{set}");
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), columns, "{set}");
    }
    let mipt = FeaturePlan::from_set("mipt")?.columns();
    assert_eq!(
        [&mipt[0], &mipt[3], &mipt[20], &mipt[140]],
        ["mfcc.mean.00", "mfcc.mean.03", "mfcc.std.00", "tonnetz.mean.00"]
    );
    assert_eq!(mipt[182..], ["tempo", "power.harmonic", "power.percussive"]);
    Ok(())
}

#[test]
fn names_are_unique_and_definitions_differ() -> Result<(), FeatureError> {
    for (index, feature) in FEATURES.iter().enumerate() {
        assert!(!feature.summary.is_empty() && feature.version > 0);
        assert!(FEATURES[..index].iter().all(|earlier| earlier.name != feature.name), "{}", feature.name);
    }
    let plan = FeaturePlan::from_set("mfcc")?;
    let other = FeaturePlan::from_list(&["mfcc"], &[Statistic::Mean])?;
    assert_ne!(plan.definition(), other.definition());
    assert_ne!(plan.definition(), plan.clone().at_rate_hz(16_000).definition());
    Ok(())
}

#[test]
fn errors_say_what_is_wrong() -> Result<(), FeatureError> {
    let plan = FeaturePlan::from_set("mfcc")?;
    let waveform = |samples: Vec<f32>, rate_hz| Waveform { samples, rate_hz };
    assert_eq!(extract(&waveform(vec![], RATE_HZ), &plan), Err(FeatureError::Empty));
    for bad in [f32::INFINITY, f32::NEG_INFINITY] {
        let found = extract(&waveform(vec![0.0, 1.0, bad], RATE_HZ), &plan);
        assert_eq!(found, Err(FeatureError::NotFinite { sample: 2, value: bad }));
    }
    assert!(matches!(
        extract(&waveform(vec![0.0, f32::NAN], RATE_HZ), &plan),
        Err(FeatureError::NotFinite { sample: 1, .. })
    ));
    assert_eq!(
        extract(&waveform(vec![0.0], 8000), &plan),
        Err(FeatureError::WrongRate { found_hz: 8000, wanted_hz: RATE_HZ })
    );
    assert!(matches!(
        frames(&waveform(vec![0.1; 9000], 8000), "spectral_contrast"),
        Err(FeatureError::RateTooLow { needed_hz: 12_800, .. })
    ));
    assert!(matches!(frames(&waveform(vec![0.1], RATE_HZ), "tempo"), Err(FeatureError::NoFrames { .. })));
    assert!(matches!(
        extract(&waveform(noise(3000, 3e38), RATE_HZ), &FeaturePlan::from_list(&["mfcc"], Statistic::ALL)?),
        Err(FeatureError::TooLoud { .. })
    ));
    let message = |result: Result<FeaturePlan, FeatureError>| {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(message(FeaturePlan::from_list(&["mffc"], Statistic::ALL)).contains("did you mean `mfcc`?"));
    assert!(message(FeaturePlan::from_set("fma519")).contains("did you mean `fma518`?"));
    assert!(message(FeaturePlan::from_list(&["zcr", "zcr"], Statistic::ALL)).contains("twice"));
    assert!(message(FeaturePlan::from_list(&["zcr"], &[])).contains("at least one"));
    Ok(())
}
