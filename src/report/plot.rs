//! The comparison as a picture: for each row a dot, its interval, and a mark where the paper's figure lies.

use plotters::prelude::*;

use super::comparison::Comparison;
use super::words::metric_title;

#[derive(Debug, thiserror::Error)]
#[error("cannot draw the comparison: {0}")]
pub struct PlotError(String);

const WIDTH: u32 = 900;
const ROW_HEIGHT: u32 = 34;
const OURS: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const PAPER: RGBColor = RGBColor(0xc0, 0x39, 0x2b);
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GRID: RGBColor = RGBColor(0xd9, 0xd9, 0xd9);

/// An SVG of the rows' macro-F1 (or accuracy, where that is what was published).
pub fn comparison_svg(comparison: &Comparison) -> Result<String, PlotError> {
    let mut svg = String::new();
    draw(comparison, &mut svg).map_err(|error| PlotError(error.to_string()))?;
    Ok(svg)
}

/// The metric a reader compares by: the one with most published figures, else macro-F1.
fn metric(comparison: &Comparison) -> &str {
    let published = |metric: &str| {
        comparison
            .rows
            .iter()
            .flat_map(|row| &row.scores)
            .filter(|s| s.metric == metric && s.published.is_some())
            .count()
    };
    let most = comparison.metrics.iter().map(|metric| published(metric)).max().unwrap_or(0);
    if published("f1_macro") == most {
        return "f1_macro";
    }
    comparison.metrics.iter().find(|metric| published(metric) == most).map_or("f1_macro", String::as_str)
}

fn draw(comparison: &Comparison, svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let metric = metric(comparison);
    let rows = comparison.rows.len();
    let height = 110 + ROW_HEIGHT * rows as u32;
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let chance = 100.0 / comparison.classes.max(1) as f64;
    let caption =
        format!("{}{}", comparison.title, if comparison.synthetic { " (synthetic data)" } else { "" });
    let longest = comparison.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0) as u32;
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 17).into_font().color(&INK))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(42)
        .y_label_area_size((longest * 8 + 16).min(WIDTH / 3))
        .build_cartesian_2d(0.0..100.0, -0.5..rows as f64 - 0.5)?;
    let names: Vec<String> = comparison.rows.iter().rev().map(|row| row.name.clone()).collect();
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_labels(11)
        .y_labels(rows.max(1) * 2)
        .x_label_formatter(&|at| format!("{at:.0}"))
        .y_label_formatter(&|at| label_at(&names, *at))
        .x_desc(format!(
            "{} in %, with 95 % interval{}",
            metric_title(metric),
            if has_published(comparison, metric) { "; red mark: as published" } else { "" }
        ))
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .axis_style(GRID)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .draw()?;
    chart.draw_series(std::iter::once(PathElement::new(
        vec![(chance, -0.5), (chance, rows as f64 - 0.5)],
        INK.mix(0.45).stroke_width(1),
    )))?;
    chart.draw_series(std::iter::once(Text::new(
        "chance",
        (chance + 0.6, rows as f64 - 0.55),
        ("sans-serif", 11).into_font().color(&INK.mix(0.6)),
    )))?;
    for (index, row) in comparison.rows.iter().enumerate() {
        let at = (rows - 1 - index) as f64;
        let Some(score) = row.scores.iter().find(|score| score.metric == metric) else {
            let text = if row.failure.is_some() { "failed" } else { "not run" };
            let style = ("sans-serif", 12).into_font().color(&PAPER);
            chart.draw_series(std::iter::once(Text::new(text, (chance + 2.0, at + 0.2), style)))?;
            continue;
        };
        let interval = vec![(100.0 * score.low, at), (100.0 * score.high, at)];
        chart.draw_series(std::iter::once(PathElement::new(interval, OURS.mix(0.55).stroke_width(4))))?;
        chart.draw_series(std::iter::once(Circle::new((100.0 * score.mean, at), 5, OURS.filled())))?;
        chart.draw_series(std::iter::once(Text::new(
            format!("{:.1}", 100.0 * score.mean),
            (100.0 * score.high + 0.8, at + 0.2),
            ("sans-serif", 12).into_font().color(&INK),
        )))?;
        if let Some(difference) = score.difference {
            let published = 100.0 * (score.mean - difference);
            let mark = vec![(published, at - 0.32), (published, at + 0.32)];
            chart.draw_series(std::iter::once(PathElement::new(mark, PAPER.stroke_width(3))))?;
        }
    }
    if !comparison.watermarks.is_empty() {
        let style = ("sans-serif", 58).into_font().color(&PAPER.mix(0.28));
        let place = (WIDTH as i32 / 2 - 250, (height / 2) as i32 - 40);
        root.draw(&Text::new("NO REPRODUCTION", place, style))?;
    }
    root.present()?;
    Ok(())
}

fn has_published(comparison: &Comparison, metric: &str) -> bool {
    comparison.rows.iter().flat_map(|row| &row.scores).any(|s| s.metric == metric && s.difference.is_some())
}

/// A row's name where the axis asks for a whole number, nothing between.
fn label_at(names: &[String], at: f64) -> String {
    let nearest = at.round();
    if (at - nearest).abs() > 1e-6 || nearest < 0.0 {
        return String::new();
    }
    names.get(nearest as usize).cloned().unwrap_or_default()
}
