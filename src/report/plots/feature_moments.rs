//! How far each class's mean of each feature lies from the mean of all clips, in standard deviations of all clips.

use super::super::drawing::{Align, Ink, Sheet, diverging, text_width};
use super::Subject;
use super::labels::{features_of, fitting, slug, titled, widest};
use crate::experiment::Overview;

/// Deviations at the ends of the ramp.
const REACH: f64 = 1.5;
const LINE: f64 = 30.0;

pub fn feature_moments(of: Subject) -> Vec<Sheet> {
    let overviews = of.run.overviews.iter().enumerate();
    overviews
        .filter(|(_, overview)| !overview.columns.is_empty() && overview.classes.len() > 1)
        .map(|(index, overview)| sheet(index, overview, of))
        .collect()
}

fn sheet(index: usize, overview: &Overview, of: Subject) -> Sheet {
    let (classes, columns) = (overview.classes.len(), overview.columns.len());
    let names = widest(overview.classes.iter().map(String::as_str), 12.5, 160.0);
    let cell = (900.0 / columns as f64).clamp(1.5, 22.0);
    let (left, top) = (names + 26.0, 46.0);
    let (width, height) = (cell * columns as f64, LINE * classes as f64);
    let named = features_of(overview);
    let title = titled(&format!("Where each class lies on each feature; {named}"), of.comparison.synthetic);
    let title = fitting(&title, 15.0, (left + width - 14.0).max(left + legend_width() - 16.0));
    let mut sheet = Sheet::new(
        &format!("feature-moments-{}", slug(index, "")),
        &title,
        (left + width + 64.0).max(left + legend_width() + 14.0),
        top + height + 156.0,
    )
    .described(format!("{classes} classes by {columns} columns; {}", strongest(overview)));
    let mut rgb = Vec::with_capacity(3 * classes * columns);
    for means in &overview.class_mean {
        for ((mean, all), sd) in means.iter().zip(&overview.mean).zip(&overview.sd) {
            let away = if *sd > 0.0 { f64::from((mean - all) / sd) } else { 0.0 };
            let (r, g, b) = diverging(away / REACH);
            rgb.extend([r, g, b]);
        }
    }
    sheet.image((left, top), (width, height), columns, classes, rgb);
    for (line, class) in overview.classes.iter().enumerate() {
        let y = top + LINE * (line as f64 + 0.5);
        sheet.words(&fitting(class, 12.5, 160.0), (left - 10.0, y), 12.5, Align::Right, Ink::Text);
    }
    let mut last = f64::NEG_INFINITY;
    for (start, end, name) in groups(&overview.columns) {
        let (from, to) = (left + cell * start as f64, left + cell * end as f64);
        sheet.line(&[(to, top), (to, top + height)], Ink::Ground, 1.0);
        let middle = (from + to) / 2.0;
        // Names of narrow groups move apart; where too many are narrow, some are left out.
        let place = middle.max(last + 13.0);
        if place - middle < 28.0 {
            let shown = fitting(&name, 11.0, 104.0);
            let long = text_width(&shown, 11.0);
            sheet.line(&[(middle, top + height), (place, top + height + 7.0)], Ink::Faint, 1.0);
            sheet.upright(&shown, (place, top + height + 11.0 + long / 2.0), 11.0, Ink::Text);
            last = place;
        }
    }
    legend(&mut sheet, (left, top + height + 130.0));
    sheet
}

fn legend(sheet: &mut Sheet, (x, y): (f64, f64)) {
    const STEPS: usize = 60;
    let rgb = (0..STEPS)
        .flat_map(|step| {
            let (r, g, b) = diverging(2.0 * step as f64 / (STEPS - 1) as f64 - 1.0);
            [r, g, b]
        })
        .collect();
    let [low, high] = ends();
    let start = x + text_width(&low, 11.5) + 8.0;
    sheet.words(&low, (x, y), 11.5, Align::Left, Ink::Text);
    sheet.image((start, y - 7.0), (BAR, 14.0), STEPS, 1, rgb);
    sheet.words(&high, (start + BAR + 8.0, y), 11.5, Align::Left, Ink::Text);
}

/// The colour bar's length.
const BAR: f64 = 180.0;

/// What stands at the ends of the colour bar.
fn ends() -> [String; 2] {
    [format!("−{REACH} sd or less"), format!("+{REACH} sd or more, from the mean of all clips")]
}

fn legend_width() -> f64 {
    ends().iter().map(|text| text_width(text, 11.5)).sum::<f64>() + BAR + 16.0
}

/// Runs of columns that share their name up to the index: `mfcc.mean`.
fn groups(columns: &[String]) -> Vec<(usize, usize, String)> {
    let stem = |name: &str| match name.rsplit_once('.') {
        Some((stem, index)) if index.chars().all(|c| c.is_ascii_digit()) => stem.to_string(),
        _ => name.to_string(),
    };
    let mut groups: Vec<(usize, usize, String)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let stem = stem(column);
        match groups.last_mut() {
            Some((_, end, name)) if *name == stem => *end = place + 1,
            _ => groups.push((place, place + 1, stem)),
        }
    }
    groups
}

/// The class and column that lie furthest out.
fn strongest(overview: &Overview) -> String {
    let mut best = (0.0f32, String::new());
    for (class, means) in overview.classes.iter().zip(&overview.class_mean) {
        for (place, mean) in means.iter().enumerate() {
            let sd = overview.sd[place];
            let away = if sd > 0.0 { (mean - overview.mean[place]) / sd } else { 0.0 };
            if away.abs() > best.0 {
                let text =
                    format!("furthest out: {class} on {}, {away:+.1} deviations", overview.columns[place]);
                best = (away.abs(), text);
            }
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_grouped_by_what_they_measure() {
        let columns = ["mfcc.mean.00", "mfcc.mean.01", "mfcc.std.00", "tempo"].map(String::from);
        let found = groups(&columns);
        let wanted = [(0, 2, "mfcc.mean"), (2, 3, "mfcc.std"), (3, 4, "tempo")];
        assert_eq!(found, wanted.map(|(a, b, name)| (a, b, name.to_string())));
    }
}
