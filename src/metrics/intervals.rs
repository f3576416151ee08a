//! How far a score can be trusted: Wilson's interval for a proportion, and the spread over repeats.

use serde::Serialize;

/// The two-sided 95 % quantile of the standard normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval for `hits` out of `clips`: E. B. Wilson, "Probable inference, the law of
/// succession, and statistical inference", JASA 22 (1927). `None` without clips or with more hits than clips.
pub fn wilson(hits: u64, clips: u64) -> Option<(f64, f64)> {
    if clips == 0 || hits > clips {
        return None;
    }
    let (n, p, square) = (clips as f64, hits as f64 / clips as f64, Z_95 * Z_95);
    let centre = (p + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z_95 / (1.0 + square / n) * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let low = if hits == 0 { 0.0 } else { centre - half };
    let high = if hits == clips { 1.0 } else { centre + half };
    Some((low, high))
}

/// Mean and standard deviation over repeats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanSd {
    pub mean: f64,
    /// Divided by n − 1 (ddof = 1); `None` for a single value.
    pub sd: Option<f64>,
    pub count: usize,
}

/// `None` without values.
pub fn mean_sd(values: &[f64]) -> Option<MeanSd> {
    let count = values.len();
    if count == 0 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let sd = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
    Some(MeanSd { mean, sd, count })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_gives_the_published_figures() {
        // Newcombe, Statistics in Medicine 17 (1998), table I: 81/263, 15/148, 0/20 and 1/29 by method 3.
        for (hits, clips, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(hits, clips).unwrap();
            assert!(
                (found.0 - low).abs() < 5e-5 && (found.1 - high).abs() < 5e-5,
                "{hits}/{clips}: {found:?}"
            );
        }
        assert_eq!(wilson(20, 20).unwrap().1, 1.0);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn the_deviation_divides_by_one_less() {
        let found = mean_sd(&[1.0, 2.0, 4.0]).unwrap();
        assert!((found.sd.unwrap() - (7.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(mean_sd(&[3.0]), Some(MeanSd { mean: 3.0, sd: None, count: 1 }));
        assert_eq!(mean_sd(&[]), None);
    }
}
