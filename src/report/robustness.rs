//! The robustness view: the scores of models that were fitted on clean clips, on altered test clips, by kind and strength
//! of the alteration. Pooling and intervals are those of the comparison, and the same draws of clips for every condition.

use super::markdown_text::{escape, linked};
use super::reading::pooled_score;
use crate::audio::PERTURBATIONS;
use crate::experiment::{CellRecord, Run, groups_of, pool, pool_sides};
use crate::metrics::{Metric, Predictions, find};

/// One kind of alteration.
pub struct Robustness {
    pub kind: &'static str,
    pub title: &'static str,
    pub metric: &'static Metric,
    pub rows: Vec<RobustRow>,
}

/// One row under it.
pub struct RobustRow {
    pub name: String,
    pub clean: RobustScore,
    /// Strength and score, by rising strength.
    pub points: Vec<(f64, RobustScore)>,
}

/// A score with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustScore {
    pub score: f64,
    pub low: f64,
    pub high: f64,
}

/// What the run's rows were tried on; nothing where no row was, or cells are missing.
pub fn robustness(run: &Run) -> Vec<Robustness> {
    let Some(metric) = find("f1_macro") else { return Vec::new() };
    let groups = groups_of(run);
    let score = |sides: &[Predictions]| {
        let sides: Vec<&Predictions> = sides.iter().collect();
        let found = pooled_score(&sides, &groups, metric, run.experiment.seed)?;
        Some(RobustScore { score: found.mean, low: found.low, high: found.high })
    };
    let of_kind = |kind: &'static crate::audio::PerturbationKind| {
        let rows = run.rows.iter().filter_map(|row| {
            let strengths: Vec<_> =
                row.perturb.iter().filter(|condition| condition.parts().0 == kind.name).collect();
            if strengths.is_empty() {
                return None;
            }
            let cells: Vec<&CellRecord> = run.cells_of(&row.name).collect();
            if cells.len() < row.cells.len() || cells.iter().any(|cell| cell.predictions().is_none()) {
                return None;
            }
            let mut points: Vec<(f64, RobustScore)> = strengths
                .into_iter()
                .filter_map(|condition| {
                    let worse = cells.iter().map(|cell| {
                        let found = cell.perturbed.iter().find(|found| found.condition == *condition)?;
                        Some((cell.key.repeat, &found.predictions))
                    });
                    let pooled = pool_sides(worse.collect::<Option<Vec<_>>>()?);
                    Some((condition.parts().1, score(&pooled)?))
                })
                .collect();
            if points.is_empty() {
                return None;
            }
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            Some(RobustRow { name: row.name.clone(), clean: score(&pool(&cells))?, points })
        });
        Robustness { kind: kind.name, title: kind.title, metric, rows: rows.collect() }
    };
    PERTURBATIONS.iter().map(of_kind).filter(|found| !found.rows.is_empty()).collect()
}

/// As a section of the run's Markdown page; nothing where there is nothing.
pub fn robustness_markdown(found: &[Robustness], plots: &str) -> String {
    let Some(first) = found.first() else { return String::new() };
    let mut text = format!(
        "## Robustness\n\nMacro F1 in % of the models as fitted on clean clips, on altered test clips, with its 95 % \
         interval; `perturbations.csv` has every score of every cell ({}).\n\n",
        first.metric.name
    );
    for kind in found {
        let mut strengths: Vec<f64> =
            kind.rows.iter().flat_map(|row| row.points.iter().map(|(strength, _)| *strength)).collect();
        strengths.sort_by(f64::total_cmp);
        strengths.dedup();
        let titles: Vec<String> = strengths.iter().map(f64::to_string).collect();
        text += &format!("| {} | clean | {} |\n", kind.title, titles.join(" | "));
        text += &format!("| --- |{}\n", " ---: |".repeat(strengths.len() + 1));
        for row in &kind.rows {
            let cells: Vec<String> = strengths
                .iter()
                .map(|strength| {
                    let point = row.points.iter().find(|(known, _)| known == strength);
                    point.map_or_else(|| "–".to_string(), |(_, score)| in_percent(score))
                })
                .collect();
            text +=
                &format!("| {} | {} | {} |\n", escape(&row.name), in_percent(&row.clean), cells.join(" | "));
        }
        let picture = linked(&format!("{plots}/robustness-{}.svg", kind.kind.replace('_', "-")));
        text += &format!("\n![{}]({picture})\n\n", kind.title);
    }
    text
}

fn in_percent(score: &RobustScore) -> String {
    format!("{:.1} ({:.1} … {:.1})", 100.0 * score.score, 100.0 * score.low, 100.0 * score.high)
}
