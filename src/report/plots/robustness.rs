//! Score against the strength of an alteration of the test clips, one picture a kind, each row with its intervals; the
//! faint line is the row's score on clean clips.

use super::super::drawing::{Align, Frame, Ink, Scale, Sheet};
use super::super::robustness::{Robustness, robustness};
use super::Subject;
use super::labels::{fitting, titled, widest};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;

pub fn robustness_plots(of: Subject) -> Vec<Sheet> {
    robustness(of.run).iter().map(|kind| sheet(kind, of.comparison.synthetic)).collect()
}

fn sheet(kind: &Robustness, synthetic: bool) -> Sheet {
    let names = widest(kind.rows.iter().map(|row| row.name.as_str()), 12.0, 220.0);
    let points = || kind.rows.iter().flat_map(|row| &row.points);
    let strengths = points().map(|(strength, _)| *strength);
    let (low, high) =
        strengths.clone().fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
    // Frequencies, bit rates and lengths that span far are told apart by their ratios.
    let x = if low > 0.0 && high / low >= 8.0 { Scale::decades(low, high) } else { Scale::around(strengths) };
    let frame = Frame {
        left: 66.0,
        top: 46.0,
        width: WIDTH - 66.0 - names - 44.0,
        height: HEIGHT,
        x,
        y: Scale::linear(0.0, 100.0),
    };
    let title = titled(&format!("Robustness: {}", kind.title), synthetic);
    let name = format!("robustness-{}", kind.kind.replace('_', "-"));
    // Names of many rows reach below the frame.
    let height = (HEIGHT + 100.0).max(frame.top + 26.0 + 18.0 * kind.rows.len() as f64);
    let mut sheet = Sheet::new(&name, &fitting(&title, 15.0, WIDTH - 30.0), WIDTH, height).described(
        "Macro F1 of each row on altered test clips with its 95 % interval; the faint line is its score on clean clips",
    );
    frame.x_axis(&mut sheet, kind.title, 6);
    frame.y_axis(&mut sheet, "macro F1, %", 5);
    let percent = |value: f64| 100.0 * value;
    for (series, row) in kind.rows.iter().enumerate() {
        let clean = frame.y_at(percent(row.clean.score));
        sheet.line(&[(frame.left, clean), (frame.right(), clean)], Ink::Faint, 1.0);
        let line: Vec<(f64, f64)> =
            row.points.iter().map(|(strength, score)| frame.at(*strength, percent(score.score))).collect();
        sheet.line(&line, Ink::Series(series), 1.8);
        for ((strength, score), place) in row.points.iter().zip(&line) {
            let ends = [percent(score.low), percent(score.high)].map(|end| (place.0, frame.y_at(end)));
            sheet.line(&ends, Ink::Series(series), 1.2);
            let tip = format!(
                "{}, {strength}: {:.1} %, 95 % interval {:.1} … {:.1}",
                row.name,
                percent(score.score),
                percent(score.low),
                percent(score.high)
            );
            sheet.dot(*place, 4.0, series, 1.0, &tip);
        }
        let label = (frame.right() + 12.0, frame.top + 8.0 + 18.0 * series as f64);
        sheet.words(&fitting(&row.name, 12.0, 220.0), label, 12.0, Align::Left, Ink::Series(series));
    }
    sheet
}
