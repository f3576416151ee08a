//! F1 of each class as bars: a line for each row, a column for each class.

use super::super::drawing::{Align, Ink, Sheet};
use super::super::reading::counted_in;
use super::Subject;
use super::confusion::confusion_of;
use super::labels::{fitting, titled, widest};
use crate::metrics::of_class;
use crate::spelling::counted;

const LINE: f64 = 26.0;

pub fn f1_by_class(of: Subject) -> Vec<Sheet> {
    let classes: Vec<&str> = of.run.dataset.classes.iter().map(|(name, _)| name.as_str()).collect();
    let rows: Vec<(&str, _, _)> = of
        .run
        .rows
        .iter()
        .filter_map(|row| {
            let cells: Vec<_> = of.run.cells_of(&row.name).collect();
            Some((row.name.as_str(), confusion_of(of.run, &row.name)?, counted_in(&cells)))
        })
        .filter(|(_, confusion, _)| confusion.classes() == classes.len())
        .collect();
    if rows.is_empty() || classes.is_empty() {
        return Vec::new();
    }
    let names = widest(rows.iter().map(|(name, ..)| *name), 12.5, 260.0);
    let column = (widest(classes.iter().copied(), 12.0, 120.0) + 12.0).max(76.0);
    let (left, top) = (names + 26.0, 74.0);
    let width = left + column * classes.len() as f64 + 14.0;
    let height = top + LINE * rows.len() as f64 + 16.0;
    let title = titled("F1 of each class in %", of.comparison.synthetic);
    let mut sheet = Sheet::new("f1-by-class", &title, width.max(420.0), height)
        .described("A line for each row of the table and a bar for each class; all repeats together");
    for (place, class) in classes.iter().enumerate() {
        let x = left + column * place as f64;
        sheet.words(&fitting(class, 12.0, column - 6.0), (x, top - 14.0), 12.0, Align::Left, Ink::Text);
    }
    for (line, (name, confusion, of)) in rows.iter().enumerate() {
        let y = top + LINE * line as f64;
        let place = (left - 12.0, y + LINE / 2.0);
        sheet.words(&fitting(name, 12.5, 260.0), place, 12.5, Align::Right, Ink::Text);
        for (place, class) in classes.iter().enumerate() {
            let (precision, recall, f1) = of_class(confusion, place);
            let x = left + column * place as f64;
            let room = column - 44.0;
            let tip = format!(
                "{name}, {class}: F1 {:.1}, precision {:.1}, recall {:.1}, {}",
                100.0 * f1,
                100.0 * precision,
                100.0 * recall,
                counted(confusion.support(place), of)
            );
            sheet.bar((x, y + 5.0), (room, LINE - 10.0), Ink::Grid, 0.55, "");
            sheet.bar((x, y + 5.0), (room * f1, LINE - 10.0), Ink::Series(0), 1.0, &tip);
            let figure = format!("{:.0}", 100.0 * f1);
            sheet.words(&figure, (x + room + 5.0, y + LINE / 2.0), 11.5, Align::Left, Ink::Text);
        }
    }
    vec![sheet]
}
