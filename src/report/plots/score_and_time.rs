//! Score against the CPU time of a fit. The line joins the rows that no other row beats on both (Pareto's front).

use super::super::comparison::ComparisonRow;
use super::super::drawing::{Align, Frame, Ink, Scale, Sheet, text_width};
use super::super::words::{metric_title, score_text};
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
    for value in frame.x.ticks(9) {
        let x = frame.x_at(value);
        sheet.line(&[(x, frame.top), (x, frame.bottom())], Ink::Grid, 1.0);
        sheet.words(&seconds_text(value), (x, frame.bottom() + 14.0), 12.0, Align::Middle, Ink::Text);
    }
    let middle = (frame.left + frame.width / 2.0, frame.bottom() + 34.0);
    sheet.words("CPU time of one fit (median over cells)", middle, 12.5, Align::Middle, Ink::Text);
    let unit = if factor > 1.0 { " in %" } else { "" };
    frame.y_axis(&mut sheet, &format!("{}{unit}", metric_title(metric)), 8);
    let mut line: Vec<usize> = front.clone();
    line.sort_by(|&a, &b| points[a].1.total_cmp(&points[b].1));
    let path: Vec<(f64, f64)> = line.iter().map(|&i| frame.at(points[i].1, points[i].2)).collect();
    for (row, seconds, _) in &points {
        let x = frame.x_at(*seconds);
        if let Some(summary) = row.score(metric) {
            let ends = [(x, frame.y_at(factor * summary.low)), (x, frame.y_at(factor * summary.high))];
            sheet.line(&ends, Ink::Grid, 3.0);
        }
    }
    sheet.line(&path, Ink::Faint, 1.5);
    let places: Vec<(f64, f64)> =
        points.iter().map(|(_, seconds, score)| frame.at(*seconds, *score)).collect();
    let names: Vec<String> = points.iter().map(|(row, ..)| fitting(&row.name, 12.0, 220.0)).collect();
    let widths: Vec<f64> = names.iter().map(|name| text_width(name, 12.0)).collect();
    let starts = placed(&places, &widths, &path, (frame.left, frame.right()));
    for (index, at) in starts.iter().enumerate() {
        let (x, y) = places[index];
        if (at.1 - y).abs() > 10.0 {
            let near = if at.0 > x { at.0 - 2.0 } else { at.0 + widths[index] + 2.0 };
            sheet.line(&[(x, y), (near, at.1)], Ink::Faint, 0.8);
        }
    }
    for (index, (row, seconds, score)) in points.iter().enumerate() {
        let (x, y) = places[index];
        let tip =
            format!("{}: {} after {}", row.name, score_text(metric, score / factor), seconds_text(*seconds));
        sheet.dot((x, y), 6.0, if front.contains(&index) { 0 } else { 7 }, 1.0, &tip);
    }
    for ((name, at), width) in names.iter().zip(starts).zip(widths) {
        // On its own ground, so that no line runs through it.
        sheet.bar((at.0 - 1.5, at.1 - 6.5), (width + 3.0, 13.0), Ink::Ground, 0.75, "");
        sheet.words(name, at, 12.0, Align::Left, Ink::Text);
    }
    vec![sheet]
}

/// Where each dot's name starts: beside its dot, at the height that covers least of names, dots and the line.
fn placed(
    dots: &[(f64, f64)],
    widths: &[f64],
    path: &[(f64, f64)],
    (left, right): (f64, f64),
) -> Vec<(f64, f64)> {
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    let mut places = Vec::new();
    for (&(x, y), &width) in dots.iter().zip(widths) {
        let candidates = (0..9i32).flat_map(|step| {
            let up = f64::from(if step % 2 == 1 { -(step / 2 + 1) } else { step / 2 });
            [(x + 11.0, y + 13.0 * up, step), (x - 11.0 - width, y + 13.0 * up, step)]
        });
        let cost = |&(start, middle, step): &(f64, f64, i32)| {
            let end = start + width;
            let covers = |at: &(f64, f64), reach: f64| {
                at.0 > start - reach && at.0 < end + reach && (at.1 - middle).abs() < 6.0 + reach
            };
            let names =
                taken.iter().filter(|(s, e, m)| start < *e && end > *s && (middle - m).abs() < 13.0).count();
            let hidden = dots.iter().filter(|dot| covers(dot, 6.0)).count();
            let crossed = path.windows(2).flat_map(between).filter(|at| covers(at, 0.0)).count();
            let outside = usize::from(start < left || end > right);
            40.0 * names as f64
                + 20.0 * hidden as f64
                + crossed.min(12) as f64
                + 100.0 * outside as f64
                + 1.5 * f64::from(step)
        };
        let best = candidates.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or((x + 11.0, y, 0));
        taken.push((best.0, best.0 + width, best.1));
        places.push((best.0, best.1));
    }
    places
}

/// Points along a stretch, eight pixels apart.
fn between(ends: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let [(x, y), (to_x, to_y)] = [ends[0], ends[1]];
    let steps = ((to_x - x).hypot(to_y - y) / 8.0).ceil().max(1.0) as usize;
    (0..=steps).map(|n| n as f64 / steps as f64).map(|p| (x + p * (to_x - x), y + p * (to_y - y))).collect()
}

/// "20 µs", "0.5 ms", "3 s".
fn seconds_text(seconds: f64) -> String {
    let (value, unit) = match seconds {
        below if below < 0.000_999 => (1e6 * below, "µs"),
        below if below < 0.999 => (1e3 * below, "ms"),
        other => (other, "s"),
    };
    let shown = if value < 10.0 { (value * 10.0).round() / 10.0 } else { value.round() };
    format!("{shown} {unit}")
}
