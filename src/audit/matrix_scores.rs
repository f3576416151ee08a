//! Every score of a bare confusion matrix.

use std::path::Path;

use serde::Serialize;

use super::binary_score::BINARY_SCORES;
use super::claims::{Average, Metric};
use super::error::AuditError;
use super::matrix_file::{Named, parse};
use super::tally::Tally;
use super::two_classes::against_the_rest;
use crate::metrics::wilson;

#[derive(Debug, Clone, Serialize)]
pub struct MatrixScores {
    pub clips: u64,
    pub hits: u64,
    /// Wilson's 95 % interval of the accuracy.
    pub accuracy_interval: Option<(f64, f64)>,
    /// Name and value; 0 / 0 is no value.
    pub scores: Vec<(String, Option<f64>)>,
    pub classes: Vec<ClassRow>,
    /// The rest of a two-class matrix's scores, its second class the positive one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub binary: Vec<(&'static str, Option<f64>)>,
    pub counts: Vec<Vec<u64>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ClassRow {
    pub class: String,
    pub clips: u64,
    pub predicted: u64,
    pub hits: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl MatrixScores {
    pub fn read(path: &Path, transposed: bool) -> Result<Self, AuditError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| AuditError::Read { path: path.to_path_buf(), source })?;
        let Named { mut counts, names } = parse(path, &text)?;
        if transposed {
            counts = (0..names.len()).map(|column| counts.iter().map(|row| row[column]).collect()).collect();
        }
        Ok(Self::of(counts, names))
    }

    fn of(counts: Vec<Vec<u64>>, names: Vec<String>) -> Self {
        let tally = Tally::of(&counts);
        let value = |metric, average| tally.score(metric, average, None).map(|score| score.to_f64());
        let mut scores = vec![
            ("accuracy".to_string(), value(Metric::Accuracy, None)),
            ("balanced_accuracy".to_string(), value(Metric::BalancedAccuracy, None)),
        ];
        for (metric, name) in
            [(Metric::Precision, "precision"), (Metric::Recall, "recall"), (Metric::F1, "f1")]
        {
            for (average, suffix) in
                [(Average::Macro, "macro"), (Average::Weighted, "weighted"), (Average::Micro, "micro")]
            {
                scores.push((format!("{name}_{suffix}"), value(metric, Some(average))));
            }
        }
        scores.push((
            "f1_of_averages".into(),
            tally.f1_of_averages(Average::Macro).map(|score| score.to_f64()),
        ));
        scores.push(("kappa".into(), value(Metric::Kappa, None)));
        scores.push(("mcc".into(), value(Metric::Mcc, None)));
        let of_class =
            |metric, class| tally.score(metric, None, Some(class)).map_or(0.0, |score| score.to_f64());
        let classes = names
            .into_iter()
            .enumerate()
            .map(|(class, name)| ClassRow {
                class: name,
                clips: tally.support[class],
                predicted: tally.taken[class],
                hits: tally.hits[class],
                precision: of_class(Metric::Precision, class),
                recall: of_class(Metric::Recall, class),
                f1: of_class(Metric::F1, class),
            })
            .collect();
        let binary = match counts.len() {
            2 => {
                let counts = against_the_rest(&counts, 1);
                let finite = |value: f64| value.is_finite().then_some(value);
                // Some of them are scores of any matrix.
                let known = |name| scores.iter().any(|(known, _)| known == name);
                BINARY_SCORES
                    .iter()
                    .filter(|score| !score.wants_beta && !known(score.name))
                    .map(|score| (score.name, finite(score.value(counts, (1, 1)))))
                    .collect()
            }
            _ => Vec::new(),
        };
        Self {
            clips: tally.clips(),
            hits: tally.total_hits(),
            accuracy_interval: wilson(tally.total_hits(), tally.clips()),
            scores,
            classes,
            binary,
            counts,
        }
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut out = format!("{} of {} clips right", self.hits, self.clips);
        if let Some((low, high)) = self.accuracy_interval {
            out += &format!(
                ": {:.2} %, 95 % interval {:.2} … {:.2} (Wilson)",
                100.0 * self.hits as f64 / self.clips as f64,
                100.0 * low,
                100.0 * high
            );
        }
        out += "\n\n";
        let binary = self.binary.iter().map(|(name, value)| (name.to_string(), *value));
        let rows: Vec<(String, Option<f64>)> = self.scores.iter().cloned().chain(binary).collect();
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in rows {
            out += &match value {
                Some(value) => format!("{name:width$}  {value:.6}\n"),
                None => format!("{name:width$}  0/0\n"),
            };
        }
        // No wider than a terminal: a longer name stands out, and of one that is longer than 65535 the format panics.
        let width = self.classes.iter().map(|row| row.class.chars().count()).max().unwrap_or(0).clamp(5, 100);
        out += &format!("\n{:width$}  clips  predicted  hits  precision  recall    F1\n", "class");
        for row in &self.classes {
            out += &format!(
                "{:width$}  {:5}  {:9}  {:4}     {:.4}  {:.4}  {:.4}\n",
                row.class, row.clips, row.predicted, row.hits, row.precision, row.recall, row.f1
            );
        }
        if self.counts.iter().all(|row| row.iter().sum::<u64>() == 100) {
            out += "\nEvery row sums to 100. If that is percent and not clips, the interval and kappa are of other numbers, \
                    and the accuracy is right only where all classes have as many clips.\n";
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_predictor_has_the_mcc_that_the_metrics_room_gives_it() {
        let scores = MatrixScores::of(vec![vec![20, 0], vec![10, 0]], vec!["a".into(), "b".into()]);
        let mcc = scores.scores.iter().find(|(name, _)| name == "mcc").unwrap();
        assert_eq!(mcc.1, Some(0.0));
    }

    #[test]
    fn a_name_of_any_length_can_be_shown() {
        let scores = MatrixScores::of(vec![vec![20, 0], vec![10, 0]], vec!["a".repeat(70_000), "b".into()]);
        assert!(scores.text().contains(&"a".repeat(70_000)));
    }
}
