//! The ways a report is written down. One file a format; [`FORMATS`] is the registry.

mod class_tables;
mod columns;
mod csv;
mod html;
mod html_table;
mod json;
mod latex;
mod markdown;
mod pair_table;
mod reading_guide;
mod terminal;

use super::comparison::Comparison;
use super::drawing::DrawError;
use super::plots::ranks_over;
use super::reading::Reading;
use super::words::p_sentence;
use crate::experiment::Run;
use crate::metrics::Ranks;
use crate::spelling::plain;

use markdown::page;
pub use markdown::{comparison_file, markdown};
pub use terminal::{aligned, fitted, terminal, width_of, wrapped};

/// One run, or several side by side.
pub struct Report<'a> {
    pub runs: &'a [Run],
    pub comparisons: Vec<Comparison>,
    /// Rows and their ranks where the runs are of several data sets; else why not.
    pub ranks: Result<(Vec<String>, Ranks), String>,
}

impl<'a> Report<'a> {
    pub fn of(runs: &'a [Run], reading: &Reading) -> Self {
        let mut comparisons: Vec<Comparison> = Vec::with_capacity(runs.len());
        for run in runs {
            let read = Comparison::read(run, reading);
            let experiment = free_name(&read.experiment, &comparisons);
            comparisons.push(Comparison { experiment, ..read });
        }
        let ranks = ranks_over(runs, &comparisons);
        Self { runs, comparisons, ranks }
    }

    /// The rows' mean ranks over several data sets, or why there are none; nothing of one run.
    pub fn ranks_in_words(&self) -> Option<String> {
        if self.runs.len() < 2 {
            return None;
        }
        Some(match &self.ranks {
            Err(reason) => format!("No ranks: {reason}."),
            Ok((rows, ranks)) => {
                let mut order: Vec<usize> = (0..rows.len()).collect();
                order.sort_by(|&a, &b| ranks.mean_ranks[a].total_cmp(&ranks.mean_ranks[b]));
                let row = |&row: &usize| format!("{} {:.2}", rows[row], ranks.mean_ranks[row]);
                let said = order.iter().map(row).collect::<Vec<_>>().join(", ");
                format!("Mean ranks over the data sets: {said}. Friedman: {}.", p_sentence(ranks.p))
            }
        })
    }

    /// Each run with its comparison, which has a name of its own: of two runs of one experiment the second is `NAME-2`.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a Run, &Comparison)> {
        self.runs.iter().zip(&self.comparisons)
    }
}

fn free_name(name: &str, taken: &[Comparison]) -> String {
    let is_free = |name: &String| taken.iter().all(|other| other.experiment != *name);
    let others = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_string()).chain(others).find(is_free).unwrap_or_default()
}

/// One item of the registry.
pub struct Format {
    /// As `--format` takes it.
    pub name: &'static str,
    pub file: &'static str,
    pub summary: &'static str,
    pub write: fn(&Report) -> Result<String, DrawError>,
}

pub const FORMATS: &[Format] = &[
    Format {
        name: "html",
        file: "report.html",
        summary: "one page with tables, evidence and plots, read from disk",
        write: html::html,
    },
    Format {
        name: "md",
        file: "table.md",
        summary: "Markdown",
        write: |report| {
            let several = report.runs.len() > 1;
            let pages: Vec<String> =
                report.pairs().map(|(run, comparison)| page(run, comparison, several)).collect();
            Ok(pages.join("\n"))
        },
    },
    Format {
        name: "tex",
        file: "table.tex",
        summary: "LaTeX, for the booktabs package",
        write: latex::latex,
    },
    Format {
        name: "csv",
        file: "table.csv",
        summary: "one line a row and metric, fractions in full precision",
        write: |report| Ok(csv::csv(&report.comparisons)),
    },
    Format {
        name: "classes",
        file: "by_class.csv",
        summary: "precision, recall and F1 of each class of each row",
        write: |report| Ok(class_tables::by_class(report)),
    },
    Format {
        name: "confusion",
        file: "confusion.csv",
        summary: "how many clips of each class each row takes for each other",
        write: |report| Ok(class_tables::confusion(report)),
    },
    Format {
        name: "mistakes",
        file: "mistakes.csv",
        summary: "every clip that a row gets wrong, and what it takes it for, the surest first",
        write: |report| Ok(class_tables::mistakes(report)),
    },
    Format {
        name: "pairs",
        file: "pairs.csv",
        summary: "every two rows: the difference with its interval, the p value of each test, the verdict",
        write: |report| Ok(pair_table::pair_table(&report.comparisons)),
    },
    Format {
        name: "json",
        file: "table.json",
        summary: "rows, scores, verdicts and pairwise tests",
        write: json::json,
    },
    Format {
        name: "txt",
        file: "table.txt",
        summary: "what the terminal shows",
        write: |report| {
            let tables: Vec<String> =
                report.comparisons.iter().map(|one| plain(&terminal(one, false, None))).collect();
            Ok(tables.join("\n"))
        },
    },
];
