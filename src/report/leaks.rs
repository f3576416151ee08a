//! The leak meter's findings: one table (terminal, Markdown, CSV) and one picture.

use std::path::Path;

use super::drawing::{Align, DrawError, Frame, Ink, Scale, Sheet};
use super::files::{ReportError, write, write_picture};
use super::formats::{aligned, fitted, width_of, wrapped};
use super::markdown_text::escape;
use super::plots::{fitting, titled, widest};
use super::words::SYNTHETIC;
use crate::experiment::{Inflated, LeakReport, LeakRow, ViewScore, csv_field};

const LINE: f64 = 24.0;
/// Its name, and the heading of its column.
type Metric = (&'static str, &'static str);
const METRICS: [Metric; 2] = [("accuracy", "accuracy %"), ("f1_macro", "macro F1 %")];

/// `leak.md`, `leak.csv`, `leak.json`, `leak.svg`, and `leak.png` unless the picture is too large for one: whether it is
/// there.
pub fn write_leaks(report: &LeakReport, folder: &Path) -> Result<bool, ReportError> {
    let failed =
        |error: serde_json::Error| DrawError { picture: "leak.json".into(), reason: error.to_string() };
    let json = serde_json::to_string_pretty(report).map_err(failed)? + "\n";
    write(&folder.join("leak.md"), leaks_markdown(report).as_bytes())?;
    write(&folder.join("leak.csv"), csv(report).as_bytes())?;
    write(&folder.join("leak.json"), json.as_bytes())?;
    write_picture(&picture(report), folder)
}

/// Aligned text for a terminal of this width, where it is known: a table for each metric where there is no room for one
/// of both.
pub fn leaks_terminal(report: &LeakReport, colour: bool, width: Option<usize>) -> String {
    let lines = |metrics: &[Metric]| {
        let mut lines = vec![header(metrics)];
        for row in &report.rows {
            lines.extend(row.views.iter().enumerate().map(|(at, view)| cells(row, view, at == 0, metrics)));
        }
        lines
    };
    let room = width.unwrap_or(usize::MAX);
    let tables: Vec<String> = match width_of(&lines(&METRICS)) <= room {
        true => vec![aligned(&lines(&METRICS), colour)],
        false => METRICS.iter().map(|metric| aligned(&fitted(&lines(&[*metric]), width), colour)).collect(),
    };
    let remarks: Vec<String> = remarks(report).iter().map(|remark| wrapped(remark, room)).collect();
    format!("{}\n\n{}\n{}\n", report.title, tables.join("\n"), remarks.join("\n"))
}

/// The table as Markdown.
pub fn leaks_markdown(report: &LeakReport) -> String {
    let line = |cells: Vec<String>| {
        let escaped: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |\n", escaped.join(" | "))
    };
    let mut page = format!("# What leaks add: {}\n\n", escape(&report.title));
    let titles = header(&METRICS);
    let rule = vec!["---"; titles.len()].join(" | ");
    page += &line(titles);
    page += &format!("| {rule} |\n");
    for row in &report.rows {
        for (at, view) in row.views.iter().enumerate() {
            page += &line(cells(row, view, at == 0, &METRICS));
        }
    }
    for remark in remarks(report) {
        page += &format!("\n{}\n", escape(&remark));
    }
    page + "\n![Scores under each split](leak.svg)\n"
}

fn header(metrics: &[Metric]) -> Vec<String> {
    let mut cells = vec!["row".to_string(), "what is kept apart".to_string()];
    for (_, title) in metrics {
        cells.extend([*title, "95 % interval", "inflation", "95 % interval"].map(str::to_string));
    }
    cells
}

fn cells(row: &LeakRow, view: &ViewScore, first: bool, metrics: &[Metric]) -> Vec<String> {
    let name = if first { row.name.clone() } else { String::new() };
    let mut cells = vec![name, view.view.to_string()];
    for (metric, _) in metrics {
        match (view.scores.get(*metric), &view.failed) {
            (Some(score), _) => cells.extend(texts(score)),
            (None, Some(_)) => cells.extend(["failed", "–", "–", "–"].map(str::to_string)),
            (None, None) => cells.extend(["–"; 4].map(str::to_string)),
        }
    }
    cells
}

fn texts(score: &Inflated) -> [String; 4] {
    let span = |(low, high): (f64, f64)| format!("{low:.1} … {high:.1}");
    let signed = |(low, high): (f64, f64)| format!("{low:+.1} … {high:+.1}");
    let none = || "–".to_string();
    [
        format!("{:.1}", 100.0 * score.score),
        score.interval.map_or_else(none, |(low, high)| span((100.0 * low, 100.0 * high))),
        score.inflation_points.map_or_else(none, |points| format!("{points:+.1}")),
        score.inflation_interval.map_or_else(none, signed),
    ]
}

fn remarks(report: &LeakReport) -> Vec<String> {
    let apart = match report.groups {
        0 => "clips".to_string(),
        1 => "clips of no artist, or segments where all are of one".to_string(),
        groups => format!("{groups} artists or sources"),
    };
    let times = if report.repeats > 1 { format!(", {} times", report.repeats) } else { String::new() };
    let mut remarks = vec![format!(
        "{} segments of {} s from {} clips of {}; {} folds{times}, seed {}. Every line tests the same segments; \
         inflation is what a line has over the strictest one below it, in points; intervals redraw {apart}.",
        report.segments, report.segment_seconds, report.clips, report.dataset, report.folds, report.seed
    )];
    if report.synthetic {
        remarks.push(SYNTHETIC.to_string());
    }
    remarks.extend(report.notes.iter().cloned());
    for row in &report.rows {
        let failed = row.views.iter().filter_map(|view| Some((view.view, view.failed.as_ref()?)));
        remarks.extend(failed.map(|(view, reason)| format!("{}, {view}: {reason}", row.name)));
    }
    remarks
}

fn csv(report: &LeakReport) -> String {
    let mut text =
        "row,model,view,metric,score,low,high,inflation_points,inflation_low,inflation_high,synthetic,failure\n"
            .to_string();
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for row in &report.rows {
        for view in &row.views {
            for (metric, score) in &view.scores {
                text += &format!(
                    "{},{},{},{metric},{},{},{},{},{},{},{},\n",
                    csv_field(&row.name),
                    row.model,
                    csv_field(view.view),
                    score.score,
                    number(score.interval.map(|(low, _)| low)),
                    number(score.interval.map(|(_, high)| high)),
                    number(score.inflation_points),
                    number(score.inflation_interval.map(|(low, _)| low)),
                    number(score.inflation_interval.map(|(_, high)| high)),
                    report.synthetic,
                );
            }
            if let Some(reason) = &view.failed {
                let (name, view) = (csv_field(&row.name), csv_field(view.view));
                let (model, synthetic, reason) = (&row.model, report.synthetic, csv_field(reason));
                text += &format!("{name},{model},{view},,,,,,,,{synthetic},{reason}\n");
            }
        }
    }
    text
}

/// For each row one dot a view, with its interval and the inflation beside it.
fn picture(report: &LeakReport) -> Sheet {
    let lines: usize = report.rows.iter().map(|row| row.views.len() + 1).sum();
    let views = report.rows.iter().flat_map(|row| &row.views).map(|view| view.view);
    let names = widest(views, 12.5, 260.0) + 16.0;
    let frame = Frame {
        left: names + 26.0,
        top: 44.0,
        // The longest figure, with its inflation and that one's interval, stands right of the widest interval.
        width: 900.0 - names - 222.0,
        height: LINE * lines.max(1) as f64,
        x: Scale::linear(0.0, 100.0),
        y: Scale::linear(0.0, 1.0),
    };
    let title = titled(&format!("What leaks add: {}", report.title), report.synthetic);
    let mut sheet = Sheet::new("leak", &fitting(&title, 15.0, 870.0), 900.0, frame.bottom() + 54.0)
        .described(remarks(report).join(" "));
    frame.x_axis(
        &mut sheet,
        "accuracy in %, with its 95 % interval; beside it, the points over the strictest split",
        10,
    );
    let mut y = frame.top - LINE / 2.0;
    for row in &report.rows {
        y += LINE;
        sheet.words(&fitting(&row.name, 13.0, 860.0), (14.0, y), 13.0, Align::Left, Ink::Text);
        for (at, view) in row.views.iter().enumerate() {
            y += LINE;
            sheet.words(view.view, (frame.left - 10.0, y), 12.5, Align::Right, Ink::Text);
            let Some(score) = view.scores.get("accuracy") else { continue };
            let [value, interval, inflation, of_inflation] = texts(score);
            let tip = format!("{}, {}: {value} %, 95 % interval {interval}", row.name, view.view);
            let (low, high) = score.interval.unwrap_or((score.score, score.score));
            let (low, high) = (frame.x_at(100.0 * low), frame.x_at(100.0 * high));
            sheet.bar((low, y - 3.0), ((high - low).max(1.0), 6.0), Ink::Series(at), 0.45, &tip);
            sheet.dot((frame.x_at(100.0 * score.score), y), 5.0, at, 1.0, &tip);
            let text = match score.inflation_points {
                Some(_) => format!("{value}  ({inflation}: {of_inflation})"),
                None => value,
            };
            sheet.words(&text, (high + 8.0, y), 12.0, Align::Left, Ink::Text);
        }
    }
    sheet
}
