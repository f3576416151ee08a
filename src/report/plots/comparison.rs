//! For each row a dot, its interval, and a mark where the paper's figure lies.

use super::super::comparison::Comparison;
use super::super::drawing::{Align, Frame, Ink, Scale, Sheet, text_width};
use super::super::words::{metric_title, score_text};
use super::labels::{fitting, titled, widest};
use crate::metrics::{Unit, find};

const ROW: f64 = 32.0;

/// The rows on the metric that the table compares by.
pub fn comparison(comparison: &Comparison) -> Sheet {
    let metric = comparison.chief.as_str();
    let percent = find(metric).is_some_and(|metric| metric.unit == Unit::Percent);
    let factor = if percent { 100.0 } else { 1.0 };
    let rows = comparison.rows.len() as f64;
    let names = widest(comparison.rows.iter().map(|row| row.name.as_str()), 13.0, 300.0);
    let values = comparison.rows.iter().filter_map(|row| row.score(metric));
    let ends: Vec<f64> = values
        .flat_map(|s| [s.low, s.high, s.mean - s.difference.unwrap_or(0.0)])
        .map(|v| factor * v)
        .collect();
    let scale = if percent { Scale::linear(0.0, 100.0) } else { Scale::around(ends.into_iter()) };
    let frame = Frame {
        left: names + 26.0,
        top: 44.0,
        // A figure stands right of the widest interval.
        width: 900.0 - names - 84.0,
        height: ROW * rows.max(1.0),
        x: scale,
        y: Scale::linear(-0.5, rows.max(1.0) - 0.5),
    };
    let title = titled(&comparison.title, comparison.synthetic);
    let mut sheet = Sheet::new("comparison", &fitting(&title, 15.0, 870.0), 900.0, frame.bottom() + 54.0)
        .described(said(comparison, metric));
    let marked = comparison.rows.iter().any(|row| row.score(metric).is_some_and(|s| s.difference.is_some()));
    let marks = if marked { "; red mark: as published" } else { "" };
    let unit = if percent { " in %" } else { "" };
    frame.x_axis(&mut sheet, &format!("{}{unit}, with its 95 % interval{marks}", metric_title(metric)), 10);
    if percent && (metric == "accuracy" || metric == "balanced_accuracy") {
        let chance = frame.x_at(100.0 / comparison.classes.max(1) as f64);
        sheet.dashes(&[(chance, frame.top), (chance, frame.bottom())], Ink::Faint, 1.0);
        sheet.words("chance", (chance + 4.0, frame.top - 8.0), 11.0, Align::Left, Ink::Faint);
    }
    for (index, row) in comparison.rows.iter().enumerate() {
        let y = frame.top + ROW * (index as f64 + 0.5);
        sheet.words(&fitting(&row.name, 13.0, 300.0), (frame.left - 10.0, y), 13.0, Align::Right, Ink::Text);
        let Some(score) = row.score(metric) else {
            sheet.words(row.absence(), (frame.left + 8.0, y), 12.0, Align::Left, Ink::Published);
            continue;
        };
        let (low, high) = (frame.x_at(factor * score.low), frame.x_at(factor * score.high));
        let text = score_text(metric, score.mean);
        let tip = format!(
            "{}: {text}, 95 % interval {} to {}",
            row.name,
            score_text(metric, score.low),
            score_text(metric, score.high)
        );
        sheet.bar((low, y - 3.0), ((high - low).max(1.0), 6.0), Ink::Series(0), 0.45, &tip);
        sheet.dot((frame.x_at(factor * score.mean), y), 5.5, 0, 1.0, &tip);
        let published_at = score.difference.map(|difference| frame.x_at(factor * (score.mean - difference)));
        let beside = beside(high.max(frame.left), text_width(&text, 12.0), published_at);
        sheet.words(&text, (beside, y), 12.0, Align::Left, Ink::Text);
        if let (Some(x), Some(published)) = (published_at, &score.published) {
            let tip = format!("{}: published {published}", row.name);
            sheet.bar((x - 1.75, y - 11.0), (3.5, 22.0), Ink::Published, 1.0, &tip);
        }
    }
    sheet
}

/// Where a figure begins that stands right of `end`: behind the published mark where that would stand in it.
fn beside(end: f64, width: f64, mark: Option<f64>) -> f64 {
    let place = end + 8.0;
    let struck = mark.filter(|mark| (place - 4.0..place + width + 4.0).contains(mark));
    struck.map_or(place, |mark| mark + 7.0)
}

/// The picture in words: the best row and the span.
fn said(comparison: &Comparison, metric: &str) -> String {
    let lines: Vec<String> = comparison
        .rows
        .iter()
        .filter_map(|row| Some(format!("{} {}", row.name, score_text(metric, row.score(metric)?.mean))))
        .collect();
    format!("{} by row: {}", metric_title(metric), lines.join("; "))
}
