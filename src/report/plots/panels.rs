//! Small pictures side by side, each with its own frame and the same scales.

use super::super::drawing::{Align, Frame, Ink, Scale, Sheet};
use super::labels::fitting;

/// Panels in a line.
const ACROSS: usize = 3;
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 250.0;
const TOP: f64 = 44.0;

/// A sheet with one panel for each title, drawn by `draw(sheet, frame, index)`.
pub fn panels(
    (name, title, description): (&str, &str, &str),
    titles: &[String],
    scales: (Scale, Scale),
    (x_title, y_title): (&str, &str),
    mut draw: impl FnMut(&mut Sheet, Frame, usize),
) -> Sheet {
    let across = titles.len().clamp(1, ACROSS);
    let lines = titles.len().div_ceil(across).max(1);
    let size = (across as f64 * WIDTH + 20.0, TOP + lines as f64 * HEIGHT);
    let mut sheet = Sheet::new(name, title, size.0.max(460.0), size.1).described(description);
    for (index, title) in titles.iter().enumerate() {
        let (column, line) = ((index % across) as f64, (index / across) as f64);
        let frame = Frame {
            left: 66.0 + column * WIDTH,
            top: TOP + 24.0 + line * HEIGHT,
            width: WIDTH - 84.0,
            height: HEIGHT - 80.0,
            x: scales.0,
            y: scales.1,
        };
        let place = (frame.left, frame.top - 12.0);
        sheet.words(&fitting(title, 12.5, frame.width), place, 12.5, Align::Left, Ink::Text);
        frame.x_axis(&mut sheet, x_title, 5);
        frame.y_axis(&mut sheet, y_title, 5);
        draw(&mut sheet, frame, index);
    }
    sheet
}
