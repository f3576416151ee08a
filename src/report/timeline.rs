//! What a model says of songs, for a terminal: the classes in front, and how they fare over time.
//!
//! A line a class, a character a window: its height is the class's probability there (or whether it won, where the
//! model has no probabilities). Songs of more windows than fit are averaged to fit.

use crate::experiment::Heard;
use crate::spelling;

const MOST_COLUMNS: usize = 64;
const MOST_CLASSES: usize = 4;
const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One block a song.
pub fn timeline(songs: &[Heard], classes: &[String], colour: bool) -> String {
    let width = classes.iter().map(|name| spelling::width(name)).max().unwrap_or(0);
    let widest = songs.iter().map(|song| spelling::width(&song.file)).max().unwrap_or(0).min(60);
    let mut text = String::new();
    for song in songs {
        let shares = shares(song, classes.len());
        let label = if colour { format!("\u{1b}[1m{}\u{1b}[0m", song.label) } else { song.label.clone() };
        let file = spelling::padded(&song.file, widest);
        text += &format!("{file}  {}  {label}", clock(song.seconds));
        let mut order: Vec<usize> = (0..classes.len()).filter(|class| shares[*class] > 0.0).collect();
        order.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
        order.truncate(MOST_CLASSES);
        if song.segments.is_empty() {
            if song.probabilities.is_some() {
                let words =
                    order.iter().map(|class| format!("{} {}", classes[*class], percent(shares[*class])));
                text += &format!("  ({})", words.collect::<Vec<_>>().join(", "));
            }
            text.push('\n');
            continue;
        }
        text.push('\n');
        for class in order {
            let share = percent(shares[class]);
            let name = spelling::padded(&classes[class], width);
            text += &format!("  {name}  {share:>5}  {}\n", heights(song, class));
        }
        let columns = song.segments.len().min(MOST_COLUMNS);
        let end = clock(song.segments.last().map_or(0.0, |segment| segment.end_seconds));
        let gap = columns.saturating_sub(4 + end.len()).max(1);
        text += &format!("  {:width$}         0:00{}{end}\n", "", " ".repeat(gap));
    }
    text
}

/// The song's probabilities, or the share of windows each class won.
fn shares(song: &Heard, classes: usize) -> Vec<f64> {
    match &song.probabilities {
        Some(parts) => parts.clone(),
        None if song.votes.is_empty() => vec![0.0; classes],
        None => song.votes.iter().map(|votes| *votes as f64 / song.segments.len() as f64).collect(),
    }
}

fn heights(song: &Heard, class: usize) -> String {
    let values: Vec<f64> = song
        .segments
        .iter()
        .map(|segment| match &segment.probabilities {
            Some(parts) => parts[class],
            None => f64::from(u8::from(segment.class == class)),
        })
        .collect();
    let columns = values.len().min(MOST_COLUMNS);
    (0..columns)
        .map(|column| {
            let part = &values[column * values.len() / columns..(column + 1) * values.len() / columns];
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            HEIGHTS[((mean * 8.0).round() as usize).min(8)]
        })
        .collect()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Segment;

    #[test]
    fn the_leading_classes_stand_over_time() {
        let segment = |start: f64, p: f64| Segment {
            start_seconds: start,
            end_seconds: start + 30.0,
            class: usize::from(p < 0.5),
            probabilities: Some(vec![p, 1.0 - p, 0.0]),
        };
        let song = Heard {
            file: "a.mp3".into(),
            seconds: 90.0,
            label: "rock".into(),
            probabilities: Some(vec![0.6, 0.4, 0.0]),
            votes: vec![2, 1, 0],
            segments: vec![segment(0.0, 1.0), segment(30.0, 0.5), segment(60.0, 0.25)],
            faults: vec![],
        };
        let classes = ["rock", "jazz", "folk"].map(str::to_string);
        let text = timeline(std::slice::from_ref(&song), &classes, false);
        assert!(text.starts_with("a.mp3  1:30  rock\n"), "{text}");
        assert!(text.contains("  rock   60 %  █▄▂\n  jazz   40 %   ▄▆\n"), "{text}");
        assert!(!text.contains("folk") && text.ends_with("0:00 1:30\n"), "{text}");
        let whole = Heard { segments: vec![], votes: vec![], ..song };
        let text = timeline(&[whole], &classes, false);
        assert_eq!(text, "a.mp3  1:30  rock  (rock 60 %, jazz 40 %)\n");
    }
}
