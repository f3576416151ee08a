//! Reliability diagrams: how often clips that were given their class with probability p are right, with p beside it.

use super::super::drawing::{Align, Ink, Scale, Sheet};
use super::super::reading::{counted_in, mean_over};
use super::Subject;
use super::labels::titled;
use super::panels::panels;
use crate::experiment::pool;
use crate::metrics::{CalibrationBin, Predictions, calibration_curve, find};
use crate::spelling::counted;

const BINS: usize = 10;

/// A row's curve, over all repeats together.
struct Reliability {
    row: String,
    bins: Vec<CalibrationBin>,
    /// The mean over the repeats of their calibration errors, as the row's evidence has it.
    error: Option<f64>,
    /// What the bins count.
    of: &'static str,
}

pub fn calibration(of: Subject) -> Vec<Sheet> {
    let curves: Vec<Reliability> = of
        .run
        .rows
        .iter()
        .filter_map(|row| {
            let cells: Vec<_> =
                of.run.cells_of(&row.name).filter(|cell| cell.predictions().is_some()).collect();
            let (bins, error) = reliability(&pool(&cells))?;
            Some(Reliability { row: row.name.clone(), bins, error, of: counted_in(&cells) })
        })
        .collect();
    if curves.is_empty() {
        return Vec::new();
    }
    let titles: Vec<String> = curves.iter().map(|curve| curve.row.clone()).collect();
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
            let Reliability { row: name, bins: curve, error, of } = &curves[index];
            sheet.dashes(&[frame.at(0.0, 0.0), frame.at(100.0, 100.0)], Ink::Faint, 1.2);
            let most = curve.iter().map(|bin| bin.clips).max().unwrap_or(1) as f64;
            let points: Vec<(f64, f64)> =
                curve.iter().map(|bin| frame.at(100.0 * bin.confidence, 100.0 * bin.accuracy)).collect();
            for bin in curve {
                let height = 26.0 * bin.clips as f64 / most;
                let (left, right) = (frame.x_at(100.0 * bin.low), frame.x_at(100.0 * bin.high));
                let place = (left + 1.0, frame.bottom() - height);
                sheet.bar(place, (right - left - 2.0, height), Ink::Faint, 0.3, &counted(bin.clips, of));
            }
            sheet.line(&points, Ink::Series(0), 1.8);
            for (point, bin) in points.iter().zip(curve) {
                let tip = format!(
                    "{name}: given {:.0} %, right {:.0} %, {}",
                    100.0 * bin.confidence,
                    100.0 * bin.accuracy,
                    counted(bin.clips, of)
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

/// The curve of the repeats together, and the mean of their calibration errors; none without probabilities.
fn reliability(repeats: &[Predictions]) -> Option<(Vec<CalibrationBin>, Option<f64>)> {
    let mut all = repeats.first()?.clone();
    repeats[1..].iter().for_each(|repeat| all.append(repeat));
    let bins = calibration_curve(&all, BINS)?;
    let sides: Vec<&Predictions> = repeats.iter().collect();
    Some((bins, find("ece").and_then(|metric| mean_over(&sides, metric))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One repeat is too sure by as much as the other is too little: together they would seem to have no error.
    #[test]
    fn the_error_is_the_mean_of_the_repeats() {
        let surely = |class: usize| if class == 0 { vec![0.75, 0.25] } else { vec![0.25, 0.75] };
        let repeat = |predicted: Vec<usize>| Predictions {
            clip_ids: vec!["1".to_string(), "2".to_string()],
            classes: vec!["a".to_string(), "b".to_string()],
            truth: vec![0, 0],
            probabilities: Some(predicted.iter().map(|class| surely(*class)).collect()),
            predicted,
        };
        let (bins, error) = reliability(&[repeat(vec![0, 0]), repeat(vec![0, 1])]).unwrap();
        assert_eq!((bins.len(), bins[0].clips, bins[0].accuracy), (1, 4, 0.75));
        assert_eq!(error, Some(0.25));
        assert!(reliability(&[]).is_none());
    }
}
