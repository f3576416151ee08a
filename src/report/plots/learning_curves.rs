//! Loss and accuracy by epoch, training and validation, for each row whose model tells them; the first cell of a row.

use super::super::drawing::{Align, Frame, Ink, Scale, Sheet};
use super::super::history::{Curve, curves};
use super::Subject;
use super::labels::titled;
use super::panels::panels;
use crate::models::neural::Epoch;

type Reads = fn(&Epoch) -> Option<f64>;

pub fn learning_curves(of: Subject) -> Vec<Sheet> {
    let curves = curves(of.run);
    if curves.is_empty() {
        return Vec::new();
    }
    let synthetic = of.comparison.synthetic;
    let kinds: [(&str, &str, &str, [Reads; 2], f64); 2] = [
        (
            "learning-curves-loss",
            "Loss by epoch",
            "loss",
            [|at| Some(at.train_loss), |at| at.validation_loss],
            1.0,
        ),
        (
            "learning-curves-accuracy",
            "Accuracy by epoch",
            "accuracy, %",
            [|at| Some(at.train_accuracy), |at| at.validation_accuracy],
            100.0,
        ),
    ];
    kinds
        .iter()
        .filter_map(|(name, title, y_title, reads, factor)| {
            sheet(&curves, (name, &titled(title, synthetic), y_title), reads, *factor)
        })
        .collect()
}

fn sheet(
    curves: &[Curve],
    (name, title, y_title): (&str, &str, &str),
    reads: &[Reads; 2],
    factor: f64,
) -> Option<Sheet> {
    let epochs = || curves.iter().flat_map(|curve| &curve.epochs);
    let values: Vec<f64> =
        epochs().flat_map(|at| reads.map(|read| read(at))).flatten().map(|value| factor * value).collect();
    if values.is_empty() {
        return None;
    }
    let last = epochs().map(|at| at.epoch).max().unwrap_or(1) as f64;
    let x = Scale::linear(0.0, last);
    let y =
        if factor > 1.0 { Scale::linear(0.0, 100.0) } else { Scale::around(values.into_iter().chain([0.0])) };
    let titles: Vec<String> = curves.iter().map(|curve| curve.row.clone()).collect();
    let about =
        "For each row with epochs: training (first colour) and validation (second colour), first cell";
    Some(panels((name, title, about), &titles, (x, y), ("epoch", y_title), |sheet, frame, index| {
        for (series, read) in reads.iter().enumerate() {
            trace(sheet, frame, &curves[index], *read, factor, series);
        }
    }))
}

fn trace(sheet: &mut Sheet, frame: Frame, curve: &Curve, read: Reads, factor: f64, series: usize) {
    let label = ["training", "validation"][series];
    let points: Vec<(f64, f64)> = curve
        .epochs
        .iter()
        .filter_map(|at| {
            Some(frame.at(at.epoch as f64, factor * read(at).filter(|value| value.is_finite())?))
        })
        .collect();
    let Some(end) = points.last().copied() else { return };
    sheet.line(&points, Ink::Series(series), 1.8);
    sheet.dot(end, 3.0, series, 1.0, &format!("{}, {label}", curve.row));
    let place = (frame.right() - 4.0, frame.top + 10.0 + 14.0 * series as f64);
    sheet.words(label, place, 11.5, Align::Right, Ink::Series(series));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_learned_is_drawn() {
        let trained = |epoch: usize| Epoch {
            epoch,
            learning_rate: 0.01,
            train_loss: 2.0 / epoch as f64,
            train_accuracy: 0.5,
            validation_loss: epoch.is_multiple_of(2).then_some(2.2 / epoch as f64),
            validation_accuracy: None,
        };
        let curve = Curve { row: "net".to_string(), epochs: (1..=20).map(trained).collect() };
        let reads: [Reads; 2] = [|at| Some(at.train_loss), |at| at.validation_loss];
        let drawn = sheet(&[curve.clone(), curve.clone()], ("loss", "Loss", "loss"), &reads, 1.0).unwrap();
        let text = super::super::super::drawing::svg(&drawn, true);
        assert!(text.contains("net, validation") && text.matches("<polyline").count() > 4, "{text}");
        let reads: [Reads; 2] = [|at| at.validation_accuracy, |at| at.validation_accuracy];
        assert!(sheet(&[curve], ("accuracy", "Accuracy", "%"), &reads, 100.0).is_none());
    }
}
