//! Every score of a bare confusion matrix, read from a CSV of counts.
//!
//! The first row and the first column may hold the classes' names. Separators are commas, semicolons, tabs or spaces.

use std::path::Path;

use serde::Serialize;

use super::binary_score::{BINARY_SCORES, Counts};
use super::claims::{Average, Metric};
use super::error::AuditError;
use super::file::{MOST_CLASSES, MOST_CLIPS};
use super::tally::Tally;
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
    /// Of a two-class matrix, its second class the positive one.
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
        Self::parse(path, &text, transposed)
    }

    fn parse(path: &Path, text: &str, transposed: bool) -> Result<Self, AuditError> {
        let wrong = |line: usize, message: String| AuditError::Mistake {
            path: path.to_path_buf(),
            line: Some(line),
            message,
        };
        let separator = [',', ';', '\t'].into_iter().find(|separator| text.contains(*separator));
        let mut rows: Vec<(usize, Vec<&str>)> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                let fields: Vec<&str> = match separator {
                    Some(separator) => {
                        line.split(separator).map(|field| field.trim().trim_matches('"')).collect()
                    }
                    None => line.split_whitespace().collect(),
                };
                (number + 1, fields)
            })
            .collect();
        if rows.is_empty() {
            return Err(wrong(1, "the file is empty; it needs a square of counts".into()));
        }
        let count = |field: &str| field.parse::<i64>().is_ok();
        let header =
            rows[0].1.iter().skip(1).any(|field| !count(field)) && rows[0].1.len() > 1 && rows.len() > 1;
        let mut names: Option<Vec<String>> = None;
        if header {
            let fields = rows.remove(0).1;
            let width = rows.len();
            let skip = fields.len().saturating_sub(width);
            names =
                (fields.len() >= width).then(|| fields[skip..].iter().map(|name| name.to_string()).collect());
        }
        let size = rows.len();
        if size > MOST_CLASSES {
            return Err(wrong(1, format!("{size} rows; at most {MOST_CLASSES} classes")));
        }
        let labelled = rows.iter().all(|(_, fields)| fields.len() == size + 1);
        let mut counts = Vec::with_capacity(size);
        let mut row_names = Vec::new();
        for (line, fields) in &rows {
            let cells = if labelled { &fields[1..] } else { &fields[..] };
            if labelled {
                row_names.push(fields[0].to_string());
            }
            if cells.len() != size {
                return Err(wrong(*line, format!("{} cells, but the matrix has {size} rows", cells.len())));
            }
            let read = |field: &&str| match field.parse::<i64>() {
                Ok(value) if (0..=MOST_CLIPS as i64).contains(&value) => Ok(value as u64),
                Ok(value) => Err(wrong(*line, format!("a cell of a confusion matrix cannot be {value}"))),
                Err(_) => Err(wrong(*line, format!("\"{field}\" is no whole number of clips"))),
            };
            counts.push(cells.iter().map(read).collect::<Result<Vec<u64>, _>>()?);
        }
        if size < 2 {
            return Err(wrong(rows[0].0, "a confusion matrix needs two classes or more".into()));
        }
        if counts.iter().flatten().sum::<u64>() == 0 {
            return Err(wrong(rows[0].0, "the matrix holds no clip".into()));
        }
        if transposed {
            counts = (0..size).map(|column| counts.iter().map(|row| row[column]).collect()).collect();
        }
        if labelled {
            names = Some(row_names);
        }
        let names = names.unwrap_or_else(|| (1..=size).map(|class| format!("class {class}")).collect());
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
            "f1_of_macro_precision_and_recall".into(),
            tally.f1_of_averages().map(|score| score.to_f64()),
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
        let binary = match counts.as_slice() {
            [first, second] => {
                let (tn, tp) = (first[0], second[1]);
                let counts = Counts { tp, tn, p: second[0] + tp, n: tn + first[1] };
                let finite = |value: f64| value.is_finite().then_some(value);
                BINARY_SCORES
                    .iter()
                    .filter(|score| !score.wants_beta)
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
        let width = self.classes.iter().map(|row| row.class.chars().count()).max().unwrap_or(0).max(5);
        out += &format!("\n{:width$}  clips  predicted  hits  precision  recall    F1\n", "class");
        for row in &self.classes {
            out += &format!(
                "{:width$}  {:5}  {:9}  {:4}     {:.4}  {:.4}  {:.4}\n",
                row.class, row.clips, row.predicted, row.hits, row.precision, row.recall, row.f1
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<MatrixScores, String> {
        MatrixScores::parse(Path::new("m.csv"), text, false).map_err(|error| error.to_string())
    }

    #[test]
    fn names_and_separators_are_found() {
        for text in ["3,1\n2,4\n", "3 1\n2 4", ",a,b\na,3,1\nb,2,4", "a;b\n3;1\n2;4", "a\t3\t1\nb\t2\t4"] {
            let scores = parse(text).unwrap();
            assert_eq!((scores.hits, scores.clips), (7, 10), "{text}");
        }
        assert_eq!(parse(",a,b\na,3,1\nb,2,4").unwrap().classes[1].class, "b");
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, part) in [
            ("", "m.csv:1: the file is empty"),
            ("3,1\n2\n", "m.csv:2: 1 cells"),
            ("3,1\n2,-4\n", "m.csv:2: a cell of a confusion matrix cannot be -4"),
            ("3,1\n2,x\n", "m.csv:2: \"x\""),
            ("3", "two classes"),
            ("0,0\n0,0", "no clip"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
}
