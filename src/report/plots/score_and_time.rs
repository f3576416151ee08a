//! Score against the CPU time of a fit. The line joins the rows that no other row beats on both (Pareto's front).

use super::super::comparison::ComparisonRow;
use super::super::drawing::{Align, Frame, Ink, Scale, Sheet, text_width};
use super::super::words::{metric_title, score_text, small};
use super::Subject;
use super::labels::{fitting, titled};
use crate::metrics::{Unit, find};

pub fn score_and_time(of: Subject) -> Vec<Sheet> {
    let metric = of.comparison.chief.as_str();
    let Some(known) = find(metric) else { return Vec::new() };
    let factor = if known.unit == Unit::Percent { 100.0 } else { 1.0 };
    // A clock reads no less than this; without a floor a fit of 0 s would have no place on decades.
    let points: Vec<(&ComparisonRow, f64, f64)> = of
        .comparison
        .rows
        .iter()
        .filter_map(|row| {
            let seconds = row.fit_cpu_seconds.filter(|seconds| seconds.is_finite())?.max(1e-5);
            Some((row, seconds, factor * row.score(metric)?.mean))
        })
        .collect();
    if points.len() < 2 {
        return Vec::new();
    }
    let span = |low: f64, high: f64, value: f64| (low.min(value), high.max(value));
    let (low, high) =
        points.iter().fold((f64::INFINITY, 0.0), |(low, high), (_, seconds, _)| span(low, high, *seconds));
    let ends = of.comparison.rows.iter().filter_map(|row| row.score(metric));
    let frame = Frame {
        left: 74.0,
        top: 44.0,
        width: 800.0,
        height: 400.0,
        x: Scale::decades(low, high * 1.001),
        y: Scale::around(ends.flat_map(|score| [factor * score.low, factor * score.high])),
    };
    let better = |a: f64, b: f64| if known.higher_is_better { a > b } else { a < b };
    let front: Vec<usize> = (0..points.len())
        .filter(|&i| {
            let (_, seconds, score) = points[i];
            !points
                .iter()
                .any(|(_, s, v)| (*s <= seconds && better(*v, score)) || (*s < seconds && *v == score))
        })
        .collect();
    let names: Vec<&str> = front.iter().map(|&i| points[i].0.name.as_str()).collect();
    let title = titled(&format!("{} against the time to fit", metric_title(metric)), of.comparison.synthetic);
    let mut sheet = Sheet::new("score-and-time", &title, 900.0, 502.0)
        .described(format!("No other row is both faster and better than: {}", names.join("; ")));
    frame.x_axis(&mut sheet, "CPU seconds of one fit (median over cells)", 8);
    let unit = if factor > 1.0 { " in %" } else { "" };
    frame.y_axis(&mut sheet, &format!("{}{unit}", metric_title(metric)), 8);
    let mut line: Vec<usize> = front.clone();
    line.sort_by(|&a, &b| points[a].1.total_cmp(&points[b].1));
    let path: Vec<(f64, f64)> = line.iter().map(|&i| frame.at(points[i].1, points[i].2)).collect();
    sheet.line(&path, Ink::Faint, 1.5);
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    for (index, (row, seconds, score)) in points.iter().enumerate() {
        let (x, y) = frame.at(*seconds, *score);
        let tip = format!("{}: {} after {} s", row.name, score_text(metric, score / factor), small(*seconds));
        if let Some(summary) = row.score(metric) {
            let ends = [(x, frame.y_at(factor * summary.low)), (x, frame.y_at(factor * summary.high))];
            sheet.line(&ends, Ink::Grid, 3.0);
        }
        sheet.dot((x, y), 6.0, if front.contains(&index) { 0 } else { 7 }, 1.0, &tip);
    }
    for (row, seconds, score) in &points {
        let (x, y) = frame.at(*seconds, *score);
        let name = fitting(&row.name, 12.0, 220.0);
        let width = text_width(&name, 12.0);
        let right = x + 10.0 + width < frame.right();
        let start = if right { x + 10.0 } else { x - 10.0 - width };
        // Moved down line by line until it covers no other name.
        let place = (0..12)
            .flat_map(|step| [y + 13.0 * f64::from(step), y - 13.0 * f64::from(step)])
            .find(|place| {
                taken
                    .iter()
                    .all(|(from, to, at)| start > *to || start + width < *from || (place - at).abs() >= 13.0)
            })
            .unwrap_or(y);
        taken.push((start, start + width, place));
        sheet.words(&name, (start, place), 12.0, Align::Left, Ink::Text);
    }
    vec![sheet]
}
