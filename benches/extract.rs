//! How long features take: every stage and every set on one thread, half a minute of invented sound.
//!
//! `cargo bench --bench extract` · the same work on librosa is `benches/peers/librosa.py`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use genrebench::audio::Waveform;
use genrebench::audio::stft::Stft;
use genrebench::features::{FEATURES, FeaturePlan, SETS, Statistic, extract};
use genrebench::random::Draws;

/// Thirty seconds with steady tones, beats and noise, so that no stage finds an easy case.
fn half_a_minute() -> Waveform {
    let mut draws = Draws::new(1, "bench");
    let samples = (0..661_500).map(|i| {
        let t = f64::from(i) / 22_050.0;
        let tones: f64 = [220.0, 277.2, 329.6].iter().map(|hz| (std::f64::consts::TAU * hz * t).sin()).sum();
        let beat = (-30.0 * (t % 0.5)).exp() * draws.between(-1.0, 1.0);
        (0.1 * tones + 0.5 * beat + 0.01 * draws.between(-1.0, 1.0)) as f32
    });
    Waveform { samples: samples.collect(), rate_hz: 22_050 }
}

fn stages(criterion: &mut Criterion) {
    let waveform = half_a_minute();
    let mut group = criterion.benchmark_group("feature");
    let stft = Stft::new(2048, 512);
    group.bench_function("stft", |bench| bench.iter(|| black_box(stft.magnitude(&waveform.samples))));
    for feature in FEATURES {
        if let Ok(plan) = FeaturePlan::from_list(&[feature.name], Statistic::ALL) {
            group.bench_function(feature.name, |bench| bench.iter(|| black_box(extract(&waveform, &plan))));
        }
    }
    group.finish();
}

fn sets(criterion: &mut Criterion) {
    let waveform = half_a_minute();
    let mut group = criterion.benchmark_group("set");
    for set in SETS {
        if let Ok(plan) = FeaturePlan::from_set(set.name) {
            group.bench_function(set.name, |bench| bench.iter(|| black_box(extract(&waveform, &plan))));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = stages, sets
}
criterion_main!(benches);
