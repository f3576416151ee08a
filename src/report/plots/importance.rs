//! What a row's score loses when a group of features is shuffled among the test clips (L. Breiman, Machine Learning
//! 45, 2001), as the run recorded it.

use super::super::drawing::{Align, Frame, Ink, Scale, Sheet, text_width};
use super::super::explained::{Explained, explained};
use super::super::words::{difference_text, is_percent, worsening};
use super::Subject;
use super::labels::{fitting, slug, titled, widest};

const LINE: f64 = 24.0;
const MOST: usize = 24;

pub fn importance(of: Subject) -> Vec<Sheet> {
    let of_rows = explained(of.run).into_iter().filter(|row| !row.groups.is_empty());
    let place = |name: &str| of.run.rows.iter().position(|row| row.name == name);
    of_rows
        .filter_map(|row| {
            let name = format!("importance-{}", slug(place(&row.row)?, &row.row));
            Some(sheet(&name, &row, of.comparison.synthetic))
        })
        .collect()
}

/// "points of macro F1 lost", "log loss added": what shuffling does to the score.
fn measure(metric: &str) -> String {
    let points = if is_percent(metric) { "points of " } else { "" };
    format!("{points}{}", worsening(metric))
}

fn sheet(name: &str, row: &Explained, synthetic: bool) -> Sheet {
    let groups = &row.groups[..row.groups.len().min(MOST)];
    let left_out = row.groups.len() - groups.len();
    let names = widest(groups.iter().map(|group| group.name.as_str()), 12.5, 240.0);
    let factor = if is_percent(&row.metric) { 100.0 } else { 1.0 };
    let shown = |value: f64| factor * value;
    let ends = groups.iter().flat_map(|group| {
        let sd = group.sd.unwrap_or(0.0);
        [shown(group.mean - sd), shown(group.mean + sd), 0.0]
    });
    let scale = Scale::around(ends);
    let height = LINE * groups.len().max(1) as f64;
    let frame = Frame {
        left: names + 30.0,
        top: 46.0,
        width: 760.0 - names - 90.0,
        height,
        x: scale,
        y: Scale::linear(0.0, 1.0),
    };
    let title = titled(&format!("{}: what each group of features is worth", row.row), synthetic);
    let title = fitting(&title, 15.0, 730.0);
    let measure = measure(&row.metric);
    let first = groups.first().map(|group| format!("; most: {}", group.name)).unwrap_or_default();
    let mut sheet = Sheet::new(name, &title, 760.0, height + 100.0)
        .described(format!("{measure} when a group is shuffled{first}"));
    frame.x_axis(&mut sheet, &format!("{measure} when shuffled"), 7);
    let zero = frame.x_at(0.0);
    sheet.line(&[(zero, frame.top), (zero, frame.bottom())], Ink::Faint, 1.2);
    for (line, group) in groups.iter().enumerate() {
        let y = frame.top + LINE * (line as f64 + 0.5);
        let place = (frame.left - 10.0, y);
        sheet.words(&fitting(&group.name, 12.5, 240.0), place, 12.5, Align::Right, Ink::Text);
        let end = frame.x_at(shown(group.mean));
        let text = difference_text(&row.metric, group.mean);
        let (start, width) = (zero.min(end), (end - zero).abs().max(1.0));
        let tip = format!("{}: {text}, {measure}", group.name);
        sheet.bar((start, y - 7.0), (width, 14.0), Ink::Series(0), 0.85, &tip);
        let mut far = end.max(zero);
        if let Some(sd) = group.sd {
            let (low, high) = (frame.x_at(shown(group.mean - sd)), frame.x_at(shown(group.mean + sd)));
            sheet.line(&[(low, y), (high, y)], Ink::Text, 1.2);
            far = far.max(high);
        }
        let x = (far + 6.0).min(frame.right() + 46.0 - text_width(&text, 11.5));
        sheet.words(&text, (x, y), 11.5, Align::Left, Ink::Text);
    }
    if left_out > 0 {
        let text = format!("{left_out} smaller groups are not shown");
        sheet.words(&text, (14.0, height + 88.0), 11.5, Align::Left, Ink::Faint);
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Importance;

    fn drawn(metric: &str) -> (Sheet, String) {
        let group = |name: &str, mean: f64, sd| Importance { name: name.to_string(), mean, sd };
        let row = Explained {
            row: "svc".to_string(),
            metric: metric.to_string(),
            score: 0.8,
            cells: 2,
            repeats: 5,
            groups: vec![
                group("mfcc", 0.31, Some(0.03)),
                group("tempo", 0.02, None),
                group("zcr", -0.004, Some(0.01)),
            ],
            columns: Vec::new(),
            model: Vec::new(),
            watermarks: Vec::new(),
        };
        let drawn = sheet("importance-01-svc", &row, false);
        let text = super::super::super::drawing::svg(&drawn, true);
        (drawn, text)
    }

    #[test]
    fn the_group_that_matters_most_stands_first() {
        let (sheet, text) = drawn("f1_macro");
        assert_eq!(sheet.description, "points of macro F1 lost when a group is shuffled; most: mfcc");
        let place = |name: &str| text.find(&format!(">{name}</text>")).unwrap();
        assert!(place("mfcc") < place("tempo") && place("tempo") < place("zcr") && text.contains("+31.0"));
    }

    #[test]
    fn a_loss_is_no_percentage() {
        let (sheet, text) = drawn("log_loss");
        assert_eq!(sheet.description, "log loss added when a group is shuffled; most: mfcc");
        assert!(text.contains("+0.310") && !text.contains("points of"), "{text}");
    }
}
