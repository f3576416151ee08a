//! Which columns and features mattered, over all cells of a row: a mean of means, with the spread between cells.

use std::collections::BTreeMap;

use serde::Serialize;

use super::words::worsening;
use crate::experiment::{Explanation, Importance, Run};
use crate::metrics::mean_sd;
use crate::spelling;

/// A row's importances over its cells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    pub row: String,
    pub metric: String,
    /// Mean over the cells, nothing shuffled.
    pub score: f64,
    pub cells: usize,
    pub repeats: usize,
    /// Largest first, as the others.
    pub groups: Vec<Importance>,
    pub columns: Vec<Importance>,
    /// The model's own (impurity), summing to 1.
    pub model: Vec<Importance>,
    /// Why the run is none of the experiment as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watermarks: Vec<String>,
}

/// The rows of a run that were explained.
pub fn explained(run: &Run) -> Vec<Explained> {
    let rows = run.rows.iter().filter_map(|row| {
        let cells: Vec<&Explanation> =
            run.cells_of(&row.name).filter_map(|cell| cell.explanation.as_ref()).collect();
        let first = *cells.first()?;
        let over = |list: fn(&Explanation) -> &Vec<Importance>| {
            // A column that was not chosen in a fold gave nothing there.
            let mut named: BTreeMap<&str, &Importance> = BTreeMap::new();
            for one in cells.iter().flat_map(|cell| list(cell)) {
                named.entry(&one.name).or_insert(one);
            }
            let mut found: Vec<Importance> = named
                .into_values()
                .map(|one| {
                    let of_cell = |cell: &&Explanation| {
                        list(cell).iter().find(|other| other.name == one.name).map_or(0.0, |other| other.mean)
                    };
                    let means: Vec<f64> = cells.iter().map(of_cell).collect();
                    let spread = mean_sd(&means);
                    // A single cell's spread is that of its repeats.
                    let sd = if cells.len() == 1 { one.sd } else { spread.and_then(|spread| spread.sd) };
                    Importance { mean: spread.map_or(0.0, |spread| spread.mean), sd, name: one.name.clone() }
                })
                .collect();
            found.sort_by(|a, b| b.mean.total_cmp(&a.mean).then_with(|| a.name.cmp(&b.name)));
            found
        };
        Some(Explained {
            row: row.name.clone(),
            metric: first.metric.clone(),
            score: cells.iter().map(|cell| cell.score).sum::<f64>() / cells.len() as f64,
            cells: cells.len(),
            repeats: first.repeats,
            groups: over(|cell| &cell.groups),
            columns: over(|cell| &cell.columns),
            model: over(|cell| &cell.model),
            watermarks: run.marks().collect(),
        })
    });
    rows.collect()
}

/// As bars for a terminal, `top` of the columns.
pub fn explained_text(rows: &[Explained], top: usize, colour: bool) -> String {
    let mut text = String::new();
    for watermark in rows.first().iter().flat_map(|row| &row.watermarks) {
        text += &format!("{watermark}\n\n");
    }
    for row in rows {
        let title = format!("{}: {} when a column is shuffled", row.row, worsening(&row.metric));
        text += &if colour { format!("\u{1b}[1m{title}\u{1b}[0m\n") } else { format!("{title}\n") };
        let cells = if row.cells == 1 { "one cell".to_string() } else { format!("{} cells", row.cells) };
        text += &format!(
            "{} {:.4} on the test side, {cells}, {} repeats each\n",
            row.metric, row.score, row.repeats
        );
        text += &bars("all columns of a feature", &row.groups, row.groups.len());
        text += &bars("single columns", &row.columns, top);
        text += &bars("the model's own importance (share)", &row.model, top);
        text.push('\n');
    }
    text
}

fn bars(title: &str, list: &[Importance], top: usize) -> String {
    let shown = &list[..list.len().min(top)];
    let Some(largest) = shown.iter().map(|one| one.mean).reduce(f64::max) else { return String::new() };
    let width = shown.iter().map(|one| spelling::width(&one.name)).max().unwrap_or(0);
    let mut text = format!("\n  {title}\n");
    for one in shown {
        let length = if largest > 0.0 { (30.0 * one.mean.max(0.0) / largest).round() as usize } else { 0 };
        let sd = one.sd.map(|sd| format!(" ± {sd:.4}")).unwrap_or_default();
        let line = format!(
            "    {}  {:>7.4}{sd:9}  {}",
            spelling::padded(&one.name, width),
            one.mean,
            "█".repeat(length)
        );
        text += line.trim_end();
        text.push('\n');
    }
    if list.len() > shown.len() {
        text += &format!("    … and {} more\n", list.len() - shown.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_rises_when_a_column_is_shuffled() {
        let row = |metric: &str| Explained {
            row: "svc".to_string(),
            metric: metric.to_string(),
            score: 0.8,
            cells: 1,
            repeats: 5,
            groups: Vec::new(),
            columns: Vec::new(),
            model: Vec::new(),
            watermarks: Vec::new(),
        };
        let said = |metric| explained_text(&[row(metric)], 3, false);
        assert!(said("log_loss").starts_with("svc: log loss added when a column is shuffled\n"));
        assert!(said("f1_macro").starts_with("svc: macro F1 lost when a column is shuffled\n"));
    }

    #[test]
    fn bars_are_as_long_as_what_is_lost() {
        let one = |name: &str, mean: f64, sd| Importance { name: name.to_string(), mean, sd };
        let list = [one("mfcc", 0.3, Some(0.02)), one("tempo", 0.1, None), one("zcr", -0.01, None)];
        let text = bars("t", &list, 2);
        let lengths: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(lengths, [0, 0, 30, 10, 0]);
        assert!(text.contains("± 0.0200") && text.contains("… and 1 more"), "{text}");
        assert!(bars("t", &list[2..], 5).contains("-0.0100"));
    }
}
