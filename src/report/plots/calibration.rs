//! Reliability diagrams: how often clips that were given their class with probability p are right, with p beside it.

use super::super::drawing::{Align, Ink, Scale, Sheet};
use super::super::reading::{pool, predictions};
use super::Subject;
use super::labels::titled;
use super::panels::panels;
use crate::metrics::{CalibrationBin, Predictions, calibration_curve, find};
use crate::spelling::counted;

const BINS: usize = 10;

pub fn calibration(of: Subject) -> Vec<Sheet> {
    let curves: Vec<(String, Vec<CalibrationBin>, Option<f64>)> = of
        .run
        .rows
        .iter()
        .filter_map(|row| {
            let cells: Vec<_> =
                of.run.cells_of(&row.name).filter(|cell| predictions(cell).is_some()).collect();
            let mut repeats = pool(&cells).into_iter();
            let mut all: Predictions = repeats.next()?;
            repeats.for_each(|repeat| all.append(&repeat));
            let curve = calibration_curve(&all, BINS)?;
            Some((row.name.clone(), curve, find("ece").and_then(|metric| metric.compute(&all))))
        })
        .collect();
    if curves.is_empty() {
        return Vec::new();
    }
    let titles: Vec<String> = curves.iter().map(|(name, ..)| name.clone()).collect();
    let title = titled("Calibration: does a probability mean what it says?", of.comparison.synthetic);
    let scale = Scale::linear(0.0, 100.0);
    let sheet = panels(
        (
            "calibration",
            &title,
            "For each row with probabilities: clips by the probability of the class they were given, and how often \
             that class was right. On the dashed line the two agree; below it the model is too sure",
        ),
        &titles,
        (scale, scale),
        ("probability given, %", "right, %"),
        |sheet, frame, index| {
            let (name, curve, error) = &curves[index];
            sheet.dashes(&[frame.at(0.0, 0.0), frame.at(100.0, 100.0)], Ink::Faint, 1.2);
            let most = curve.iter().map(|bin| bin.clips).max().unwrap_or(1) as f64;
            let points: Vec<(f64, f64)> =
                curve.iter().map(|bin| frame.at(100.0 * bin.confidence, 100.0 * bin.accuracy)).collect();
            for bin in curve {
                let height = 26.0 * bin.clips as f64 / most;
                let (left, right) = (frame.x_at(100.0 * bin.low), frame.x_at(100.0 * bin.high));
                let place = (left + 1.0, frame.bottom() - height);
                sheet.bar(place, (right - left - 2.0, height), Ink::Faint, 0.3, &counted(bin.clips, "clip"));
            }
            sheet.line(&points, Ink::Series(0), 1.8);
            for (point, bin) in points.iter().zip(curve) {
                let tip = format!(
                    "{name}: given {:.0} %, right {:.0} %, {}",
                    100.0 * bin.confidence,
                    100.0 * bin.accuracy,
                    counted(bin.clips, "clip")
                );
                sheet.dot(*point, 3.5, 0, 1.0, &tip);
            }
            if let Some(error) = error {
                let text = format!("ECE {:.1} %", 100.0 * error);
                sheet.words(&text, (frame.left + 6.0, frame.top + 10.0), 11.5, Align::Left, Ink::Text);
            }
        },
    );
    vec![sheet]
}
