//! The clips on the first two principal components of their standardised features, one colour and shape a class.

use super::super::drawing::{Align, Frame, Ink, Scale, Sheet};
use super::Subject;
use super::labels::{features_of, fitting, slug, titled};
use crate::experiment::Overview;

/// More clips than this are thinned out evenly, so that a page stays small.
const MOST: usize = 1500;
/// Classes that there is room to name.
const MOST_NAMED: usize = 24;

pub fn map(of: Subject) -> Vec<Sheet> {
    let overviews = of.run.overviews.iter().enumerate();
    overviews
        .filter(|(_, overview)| {
            !overview.map.is_empty() && overview.map.len() == overview.class_of_clip.len()
        })
        .map(|(index, overview)| sheet(index, overview, of.comparison.synthetic))
        .collect()
}

fn sheet(index: usize, overview: &Overview, synthetic: bool) -> Sheet {
    let side = |axis: usize| Scale::around(overview.map.iter().map(move |at| f64::from(at[axis])));
    let frame = Frame { left: 66.0, top: 44.0, width: 560.0, height: 480.0, x: side(0), y: side(1) };
    let percent = overview.explained.map(|part| format!("{:.0} % of the variance", 100.0 * part));
    let title = titled(&format!("Map of the clips; {}", features_of(overview)), synthetic);
    let title = fitting(&title, 15.0, 800.0);
    let step = overview.map.len().div_ceil(MOST).max(1);
    let mut sheet = Sheet::new(&format!("map-{}", slug(index, "")), &title, 830.0, 586.0).described(format!(
        "{} clips of {} classes on two principal components, {} and {}",
        overview.map.len(),
        overview.classes.len(),
        percent[0],
        percent[1]
    ));
    frame.x_axis(&mut sheet, &format!("first principal component, {}", percent[0]), 8);
    frame.y_axis(&mut sheet, &format!("second, {}", percent[1]), 8);
    for (clip, at) in overview.map.iter().enumerate().step_by(step) {
        let class = overview.class_of_clip[clip];
        let name = overview.classes.get(class).map_or("", String::as_str);
        let tip = format!("{}, {name}", overview.clip_ids.get(clip).map_or("", String::as_str));
        sheet.dot(frame.at(f64::from(at[0]), f64::from(at[1])), 3.2, class, 0.75, &tip);
    }
    let all = overview.classes.len();
    let named = if all > MOST_NAMED { MOST_NAMED - 1 } else { all };
    for (class, name) in overview.classes.iter().enumerate().take(named) {
        let y = frame.top + 8.0 + 19.0 * class as f64;
        sheet.dot((frame.right() + 22.0, y), 5.0, class, 1.0, "");
        sheet.words(&fitting(name, 12.5, 160.0), (frame.right() + 34.0, y), 12.5, Align::Left, Ink::Text);
    }
    if named < all {
        let text = format!("and {} more, named where they are pointed at", all - named);
        let y = frame.top + 8.0 + 19.0 * named as f64;
        sheet.words(&text, (frame.right() + 16.0, y), 11.5, Align::Left, Ink::Faint);
    }
    if step > 1 {
        let text = format!("every {step}th clip is shown");
        sheet.words(&text, (frame.right() + 16.0, frame.bottom()), 11.5, Align::Left, Ink::Faint);
    }
    sheet
}
