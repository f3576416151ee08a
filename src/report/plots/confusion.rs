//! Confusion matrices: clips on the left, shares of the true class on the right. Repeats are added up, and what is counted
//! is then predictions.

use super::super::drawing::{Align, Ink, Sheet, readable_on, sequential};
use super::super::reading::counted_in;
use super::Subject;
use super::labels::{fitting, slug, titled, widest};
use crate::experiment::{CellRecord, Run};
use crate::metrics::Confusion;

/// Of more classes than this only cells that hold clips are drawn: a thousand would be a million marks.
const EVERY_CELL: usize = 60;

/// All of a row's cells together; `None` where none was predicted.
pub fn confusion_of(run: &Run, row: &str) -> Option<Confusion> {
    let mut sum: Option<Confusion> = None;
    for predictions in run.cells_of(row).filter_map(CellRecord::predictions) {
        let sum = sum.get_or_insert_with(|| Confusion::new(predictions.classes.len()));
        if sum.classes() != predictions.classes.len() {
            return None;
        }
        for (truth, predicted) in predictions.truth.iter().zip(&predictions.predicted) {
            sum.add(*truth, *predicted, 1);
        }
    }
    sum
}

pub fn confusions(of: Subject) -> Vec<Sheet> {
    let rows = of.run.rows.iter().enumerate();
    rows.filter_map(|(index, row)| {
        let confusion = confusion_of(of.run, &row.name)?;
        let title = titled(&format!("{}: which class is taken for which", row.name), of.comparison.synthetic);
        let classes = classes_of(of.run, &row.name);
        let counted = counted_in(&of.run.cells_of(&row.name).collect::<Vec<_>>());
        let name = confusion_name(index, &row.name);
        Some(confusion_sheet((&name, &title), &classes, &confusion, &format!("{counted}s")))
    })
    .collect()
}

/// The picture's name, which is its file's.
pub fn confusion_name(index: usize, row: &str) -> String {
    format!("confusion-{}", slug(index, row))
}

fn classes_of(run: &Run, row: &str) -> Vec<String> {
    let mut found = run.cells_of(row).filter_map(CellRecord::predictions);
    found.next().map(|found| found.classes.clone()).unwrap_or_default()
}

/// Two matrices side by side, or one below the other where there are many classes; `counted` says of what.
fn confusion_sheet(
    (name, title): (&str, &str),
    classes: &[String],
    confusion: &Confusion,
    counted: &str,
) -> Sheet {
    let count = classes.len().max(1);
    let cell = (430.0 / count as f64).clamp(9.0, 46.0);
    let size = (cell * 0.32).clamp(6.0, 12.5);
    let names = widest(classes.iter().map(String::as_str), 12.0f64.min(cell), 130.0);
    let side = cell * count as f64;
    let block = (names + side + 54.0, side + names + 70.0);
    let below = block.0 > 620.0;
    let (width, height) =
        if below { (block.0, 40.0 + 2.0 * block.1) } else { (2.0 * block.0, 40.0 + block.1) };
    let hits: u64 = (0..confusion.classes()).map(|class| confusion.hits(class)).sum();
    let mut sheet =
        Sheet::new(name, &fitting(title, 15.0, width.max(460.0) - 28.0), width.max(460.0), height)
            .described(format!("{hits} of {} {counted} on the diagonal", confusion.clips()));
    for half in 0..2 {
        let x = 38.0 + names + if below || half == 0 { 0.0 } else { block.0 };
        let y = 66.0 + if below && half == 1 { block.1 } else { 0.0 };
        let heading = [counted, "% of the true class"][half];
        sheet.words(heading, (x, y - 14.0), 12.5, Align::Left, Ink::Faint);
        sheet.upright("true class", (x - names - 22.0, y + side / 2.0), 12.0, Ink::Faint);
        half_of(&mut sheet, (x, y), (cell, size, names), classes, confusion, half == 1);
        let foot = (x + side / 2.0, y + side + names + 18.0);
        sheet.words("taken for", foot, 12.0, Align::Middle, Ink::Faint);
    }
    sheet
}

fn half_of(
    sheet: &mut Sheet,
    (x, y): (f64, f64),
    (cell, size, names): (f64, f64, f64),
    classes: &[String],
    confusion: &Confusion,
    shares: bool,
) {
    let side = cell * classes.len() as f64;
    let most = confusion.counts().iter().flatten().copied().max().unwrap_or(1).max(1) as f64;
    let empty_drawn = classes.len() <= EVERY_CELL;
    if !empty_drawn {
        let (r, g, b) = sequential(0.0);
        sheet.bar((x, y), (side, side), Ink::Fixed(r, g, b), 1.0, "");
    }
    for (truth, row) in confusion.counts().iter().enumerate() {
        let support = confusion.support(truth);
        let label = 12.0f64.min(cell);
        let top = y + cell * truth as f64;
        let name = fitting(&classes[truth], label, names);
        sheet.words(&name, (x - 6.0, top + cell / 2.0), label, Align::Right, Ink::Text);
        let middle = x + cell * (truth as f64 + 0.5);
        let width = super::super::drawing::text_width(&name, label);
        sheet.upright(&name, (middle, y + side + 6.0 + width / 2.0), label, Ink::Text);
        for (taken, clips) in row.iter().enumerate().filter(|(_, clips)| empty_drawn || **clips > 0) {
            let share = if support > 0 { *clips as f64 / support as f64 } else { 0.0 };
            let (r, g, b) = sequential(if shares { share } else { *clips as f64 / most });
            let left = x + cell * taken as f64;
            let tip = format!("{} taken for {}: {clips} of {support}", classes[truth], classes[taken]);
            sheet.bar((left, top), (cell - 1.0, cell - 1.0), Ink::Fixed(r, g, b), 1.0, &tip);
            let text = match (shares, *clips) {
                (_, 0) => String::new(),
                (true, _) => format!("{:.0}", 100.0 * share),
                (false, clips) => clips.to_string(),
            };
            if cell >= 16.0 && !text.is_empty() {
                let at = (left + cell / 2.0 - 0.5, top + cell / 2.0);
                sheet.words(&text, at, size, Align::Middle, readable_on((r, g, b)));
            }
        }
    }
}
