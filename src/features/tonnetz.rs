//! Tonal centroids (Harte, Sandler & Gasser 2006; librosa/feature/spectral.py:1700). (frames, 6)
//!
//! Chroma divided by its sum, seen on the circles of fifths, minor thirds and major thirds:
//! `r·sin(π·s·l)` and `r·cos(π·s·l)` for pitch class l with `s = 7/6, 3/2, 2/3` and `r = 1, 1, ½`.
//! `tonnetz` takes the raw signal, as the function does by itself; `tonnetz_harmonic` the harmonic part, as its
//! documentation shows; `fma_tonnetz` the 12-bin CENS, as the FMA data set did.

use ndarray::Array2;

use super::analysis::Analysis;
use super::chroma_cens;
use super::chroma_cqt;
use super::chroma_scale::{Norm, PITCHES};
use super::error::FeatureError;

const SCALES: [f64; 6] = [7.0 / 6.0, 7.0 / 6.0, 1.5, 1.5, 2.0 / 3.0, 2.0 / 3.0];
const RADII: [f64; 6] = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5];

pub(super) fn tonnetz(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let mut chroma = chroma_cqt::raw(analysis, "tonnetz")?;
    Norm::Maximum.scale(&mut chroma);
    Ok(of_chroma(chroma))
}

pub(super) fn tonnetz_harmonic(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let mut chroma = chroma_cqt::harmonic_raw(analysis, "tonnetz_harmonic")?;
    Norm::Maximum.scale(&mut chroma);
    Ok(of_chroma(chroma))
}

pub(super) fn fma_tonnetz(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    Ok(of_chroma(chroma_cens::of_raw(chroma_cqt::fma_raw(analysis, "fma_tonnetz")?)))
}

fn of_chroma(mut chroma: Array2<f32>) -> Array2<f32> {
    Norm::Sum.scale(&mut chroma);
    let mut centroids = Array2::zeros((chroma.nrows(), 6));
    for row in 0..6 {
        let weights: Vec<f64> = (0..PITCHES)
            .map(|pitch| {
                // even rows are sines
                let turn = SCALES[row] * pitch as f64 - if row % 2 == 0 { 0.5 } else { 0.0 };
                RADII[row] * (std::f64::consts::PI * turn).cos()
            })
            .collect();
        for (frame, pitches) in chroma.rows().into_iter().enumerate() {
            let sum: f64 =
                pitches.iter().zip(&weights).map(|(value, weight)| f64::from(*value) * weight).sum();
            centroids[(frame, row)] = sum as f32;
        }
    }
    centroids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_pitches_lie_on_the_circles() {
        let mut chroma = Array2::zeros((12, PITCHES));
        (0..12).for_each(|pitch| chroma[(pitch, pitch)] = 0.7);
        for (pitch, row) in of_chroma(chroma).rows().into_iter().enumerate() {
            for (circle, radius) in [(0, 1.0), (2, 1.0), (4, 0.5)] {
                assert!((row[circle].hypot(row[circle + 1]) - radius).abs() < 1e-6);
            }
            // seven semitones are one twelfth of a turn on the circle of fifths
            let turn = (row[0].atan2(row[1]) / std::f32::consts::TAU * 12.0).rem_euclid(12.0);
            let wanted = (7 * pitch % 12) as f32;
            assert!((turn - wanted).abs() < 1e-4 || (turn - wanted).abs() > 11.999, "{pitch}: {turn}");
        }
    }

    #[test]
    fn all_pitches_alike_and_silence_are_the_centre() {
        for level in [0.0, 1.0] {
            let centroids = of_chroma(Array2::from_elem((3, PITCHES), level));
            assert!(centroids.iter().all(|value| value.abs() < 1e-6));
        }
    }
}
