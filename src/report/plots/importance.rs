//! What a row's score loses when a group of features is shuffled among the test clips (L. Breiman, Machine Learning
//! 45, 2001), as the run recorded it.

use super::super::drawing::{Align, Ink, Scale, Sheet, text_width};
use super::super::importances::{Importance, importances};
use super::Subject;
use super::labels::{fitting, slug, titled, widest};

const LINE: f64 = 24.0;
const MOST: usize = 24;

pub fn importance(of: Subject) -> Vec<Sheet> {
    let of_rows = importances(of.run);
    of_rows.iter().map(|importance| sheet(importance, of.comparison.synthetic)).collect()
}

fn sheet(importance: &Importance, synthetic: bool) -> Sheet {
    let mut groups: Vec<_> = importance.groups.iter().collect();
    groups.sort_by(|a, b| b.mean.total_cmp(&a.mean).then_with(|| a.name.cmp(&b.name)));
    let left_out = groups.len().saturating_sub(MOST);
    groups.truncate(MOST);
    let names = widest(groups.iter().map(|group| group.name.as_str()), 12.5, 240.0);
    let points = |value: f64| 100.0 * value;
    let ends = groups.iter().flat_map(|group| {
        let sd = group.sd.unwrap_or(0.0);
        [points(group.mean - sd), points(group.mean + sd), 0.0]
    });
    let scale = Scale::around(ends);
    let height = LINE * groups.len().max(1) as f64;
    let frame = super::super::drawing::Frame {
        left: names + 30.0,
        top: 46.0,
        width: 760.0 - names - 90.0,
        height,
        x: scale,
        y: Scale::linear(0.0, 1.0),
    };
    let title = titled(&format!("{}: what each group of features is worth", importance.row), synthetic);
    let title = fitting(&title, 15.0, 730.0);
    let first = groups.first().map(|group| format!("; most: {}", group.name)).unwrap_or_default();
    let name = format!("importance-{}", slug(importance.index, &importance.row));
    let mut sheet = Sheet::new(&name, &title, 760.0, height + 100.0)
        .described(format!("Points of {} lost when a group is shuffled{first}", importance.metric));
    frame.x_axis(&mut sheet, &format!("points of {} lost when shuffled", importance.metric), 7);
    let zero = frame.x_at(0.0);
    sheet.line(&[(zero, frame.top), (zero, frame.bottom())], Ink::Faint, 1.2);
    for (line, group) in groups.iter().enumerate() {
        let y = frame.top + LINE * (line as f64 + 0.5);
        let place = (frame.left - 10.0, y);
        sheet.words(&fitting(&group.name, 12.5, 240.0), place, 12.5, Align::Right, Ink::Text);
        let end = frame.x_at(points(group.mean));
        let tip = format!("{}: {:+.2} points", group.name, points(group.mean));
        let (start, width) = (zero.min(end), (end - zero).abs().max(1.0));
        sheet.bar((start, y - 7.0), (width, 14.0), Ink::Series(0), 0.85, &tip);
        let mut far = end.max(zero);
        if let Some(sd) = group.sd {
            let (low, high) = (frame.x_at(points(group.mean - sd)), frame.x_at(points(group.mean + sd)));
            sheet.line(&[(low, y), (high, y)], Ink::Text, 1.2);
            far = far.max(high);
        }
        let text = format!("{:+.1}", points(group.mean));
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
    use super::super::super::importances::GroupImportance;
    use super::*;

    #[test]
    fn the_group_that_matters_most_stands_first() {
        let group = |name: &str, mean: f64, sd| GroupImportance { name: name.to_string(), mean, sd };
        let groups = vec![
            group("zcr", -0.004, Some(0.01)),
            group("mfcc", 0.31, Some(0.03)),
            group("tempo", 0.02, None),
        ];
        let importance =
            Importance { row: "svc".to_string(), index: 0, metric: "accuracy".to_string(), groups };
        let drawn = sheet(&importance, false);
        assert!(drawn.description.ends_with("most: mfcc"), "{}", drawn.description);
        let text = super::super::super::drawing::svg(&drawn, true);
        let place = |name: &str| text.find(&format!(">{name}</text>")).unwrap();
        assert!(place("mfcc") < place("tempo") && place("tempo") < place("zcr") && text.contains("+31.0"));
    }
}
