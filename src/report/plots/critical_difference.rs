//! Critical-difference diagram (J. Demšar, JMLR 7, 2006): rows on their mean ranks over several data sets; bars join
//! those whose ranks lie within Nemenyi's critical difference, or all of them where Friedman's test tells none apart.

use super::super::comparison::Comparison;
use super::super::drawing::{Align, Frame, Ink, Scale, Sheet};
use super::super::words::{metric_title, p_sentence};
use super::labels::fitting;
use crate::experiment::Run;
use crate::metrics::{FEWEST_DATA_SETS, Ranks, find, friedman};

/// The rows that every run has complete, and their ranks; or why there is no such comparison.
pub fn ranks_over(runs: &[Run], comparisons: &[Comparison]) -> Result<(Vec<String>, Ranks), String> {
    let metric = comparisons.first().map_or("f1_macro", |first| first.chief.as_str());
    let mut sets: Vec<&str> = runs.iter().map(|run| run.dataset.name.as_str()).collect();
    sets.sort_unstable();
    sets.dedup();
    if sets.len() < FEWEST_DATA_SETS || sets.len() < runs.len() {
        return Err(format!(
            "ranks are compared over {FEWEST_DATA_SETS} data sets or more, one run each; here are {} runs of {}",
            runs.len(),
            sets.len()
        ));
    }
    if let Some(other) = comparisons.iter().find(|other| !other.metrics.iter().any(|known| known == metric)) {
        return Err(format!(
            "the runs are not compared by one metric: {} by {metric}, {} by {}; name one with --metric",
            comparisons[0].experiment, other.experiment, other.chief
        ));
    }
    let complete = |comparison: &Comparison, name: &str| {
        comparison
            .rows
            .iter()
            .find(|row| row.name == name && row.is_complete())?
            .score(metric)
            .map(|s| s.mean)
    };
    let rows: Vec<String> = comparisons[0]
        .rows
        .iter()
        .map(|row| row.name.clone())
        .filter(|name| comparisons.iter().all(|comparison| complete(comparison, name).is_some()))
        .collect();
    let scores: Vec<Vec<f64>> = comparisons
        .iter()
        .map(|comparison| rows.iter().filter_map(|name| complete(comparison, name)).collect())
        .collect();
    let higher = find(metric).is_none_or(|metric| metric.higher_is_better);
    let ranks = friedman(&scores, higher)
        .ok_or_else(|| "the runs share fewer than two rows that are complete in all of them".to_string())?;
    Ok((rows, ranks))
}

/// Friedman's p below which single rows are compared.
const LEVEL: f64 = 0.05;

/// What its files are called.
pub const CRITICAL_DIFFERENCE: &str = "critical-difference";

pub fn critical_difference(rows: &[String], ranks: &Ranks, metric: &str) -> Sheet {
    let count = rows.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| ranks.mean_ranks[a].total_cmp(&ranks.mean_ranks[b]));
    let half = count.div_ceil(2);
    // Single rows are compared only where Friedman's test finds that some differ.
    let differ = ranks.p < LEVEL;
    let reach = if differ { ranks.critical_difference } else { f64::INFINITY };
    let cliques = cliques(&order.iter().map(|&row| ranks.mean_ranks[row]).collect::<Vec<_>>(), reach);
    let axis = 104.0;
    let first_name = axis + 26.0 + 9.0 * cliques.len() as f64;
    let height = first_name + 24.0 * half as f64 + 40.0;
    let frame = Frame {
        left: 250.0,
        top: axis,
        width: 400.0,
        height: 1.0,
        x: Scale::linear(1.0, count.max(2) as f64),
        y: Scale::linear(0.0, 1.0),
    };
    let title = format!("Mean ranks by {} over {} data sets", metric_title(metric), ranks.data_sets);
    let p = p_sentence(ranks.p);
    let (said, note) = if differ {
        (
            format!("{p}, the rows differ; ranks further apart than {:.2} differ", ranks.critical_difference),
            format!("Friedman {p}: the rows differ. Rows under one bar are not told apart (Nemenyi, 5 %)."),
        )
    } else {
        let none = "the rows are not told apart";
        (format!("{p}, {none}"), format!("Friedman {p}: {none}."))
    };
    let mut sheet =
        Sheet::new(CRITICAL_DIFFERENCE, &title, 900.0, height).described(format!("Friedman's test: {said}"));
    sheet.words(&note, (14.0, 42.0), 12.0, Align::Left, Ink::Faint);
    sheet.line(&[(frame.left, axis), (frame.right(), axis)], Ink::Text, 1.5);
    for rank in 1..=count.max(2) {
        let x = frame.x_at(rank as f64);
        sheet.line(&[(x, axis - 5.0), (x, axis)], Ink::Text, 1.2);
        sheet.words(&rank.to_string(), (x, axis - 14.0), 12.0, Align::Middle, Ink::Text);
    }
    if differ {
        let wide = (ranks.critical_difference / (count.max(2) - 1) as f64 * frame.width).min(frame.width);
        let (left, y) = (frame.left, axis - 34.0);
        sheet.line(&[(left, y), (left + wide, y)], Ink::Published, 2.5);
        let text = format!("critical difference {:.2}", ranks.critical_difference);
        sheet.words(&text, (left + wide + 8.0, y), 12.0, Align::Left, Ink::Published);
    }
    for (place, (from, to)) in cliques.iter().enumerate() {
        let y = axis + 12.0 + 9.0 * place as f64;
        let [from, to] = [from, to].map(|&at| frame.x_at(ranks.mean_ranks[order[at]]));
        sheet.line(&[(from - 4.0, y), (to + 4.0, y)], Ink::Series(0), 4.0);
    }
    for (place, &row) in order.iter().enumerate() {
        let x = frame.x_at(ranks.mean_ranks[row]);
        let best = place < half;
        let line = if best { place } else { count - 1 - place };
        let y = first_name + 24.0 * line as f64;
        let (end, align) =
            if best { (frame.left - 14.0, Align::Right) } else { (frame.right() + 14.0, Align::Left) };
        sheet.line(&[(x, axis), (x, y), (end, y)], Ink::Faint, 1.0);
        let name = format!("{} {:.2}", fitting(&rows[row], 12.5, 180.0), ranks.mean_ranks[row]);
        let at = if best { end - 4.0 } else { end + 4.0 };
        sheet.words(&name, (at, y), 12.5, align, Ink::Text);
    }
    sheet
}

/// Longest runs of sorted ranks that lie within `reach`, none within another.
fn cliques(ranks: &[f64], reach: f64) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for from in 0..ranks.len() {
        let to =
            (from..ranks.len()).take_while(|&to| ranks[to] - ranks[from] <= reach).last().unwrap_or(from);
        if to > from && found.last().is_none_or(|(_, end)| to > *end) {
            found.push((from, to));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_the_longest_runs() {
        assert_eq!(cliques(&[1.0, 1.5, 2.4, 4.0], 1.0), [(0, 1), (1, 2)]);
        assert_eq!(cliques(&[1.0, 2.0, 3.0], 5.0), [(0, 2)]);
        assert_eq!(cliques(&[1.0, 3.0], 1.0), []);
    }

    #[test]
    fn the_diagram_names_every_row() {
        let scores = [vec![0.9, 0.8, 0.7], vec![0.8, 0.7, 0.6], vec![0.9, 0.7, 0.8]];
        let ranks = friedman(&scores, true).unwrap();
        let rows = ["a", "b", "c"].map(String::from);
        let text = super::super::super::drawing::svg(&critical_difference(&rows, &ranks, "f1_macro"), true);
        assert!(text.contains("a 1.00") && text.contains("over 3 data sets"));
    }

    #[test]
    fn single_rows_are_compared_only_where_some_differ() {
        let rows = ["a", "b", "c"].map(String::from);
        let said = |scores: &[Vec<f64>]| {
            let ranks = friedman(scores, true).unwrap();
            let sheet = critical_difference(&rows, &ranks, "f1_macro");
            (sheet.description.clone(), super::super::super::drawing::svg(&sheet, true))
        };
        // Always in one order: twenty data sets leave no doubt, and their p is no 0.
        let (description, drawn) = said(&vec![vec![0.9, 0.8, 0.7]; 20]);
        assert!(description.contains("p < 0.001, the rows differ; ranks further apart"), "{description}");
        assert!(drawn.contains("critical difference"));
        let (description, drawn) = said(&[vec![0.9, 0.8, 0.7], vec![0.7, 0.9, 0.8], vec![0.8, 0.7, 0.9]]);
        assert!(description.ends_with("p = 1.000, the rows are not told apart"), "{description}");
        assert!(!drawn.contains("critical difference") && !drawn.contains("Nemenyi"));
    }
}
