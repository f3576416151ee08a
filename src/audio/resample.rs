//! Stand-in: a Hann-windowed sinc.

/// Samples at `from_hz` become samples at `to_hz`.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    if from_hz == to_hz {
        return samples.to_vec();
    }
    let ratio = f64::from(to_hz) / f64::from(from_hz);
    let cutoff = ratio.min(1.0);
    let reach = 16.0 / cutoff;
    let length = (samples.len() as f64 * ratio).ceil() as usize;
    (0..length)
        .map(|m| {
            let centre = m as f64 / ratio;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach).floor() as usize).min(samples.len().saturating_sub(1));
            (first..=last)
                .map(|n| {
                    let x = n as f64 - centre;
                    let angle = std::f64::consts::PI * x * cutoff;
                    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
                    let window = 0.5 + 0.5 * (std::f64::consts::PI * x / reach).cos();
                    f64::from(samples[n]) * sinc * window * cutoff
                })
                .sum::<f64>() as f32
        })
        .collect()
}
