//! The files of a report: `table.md`, `table.csv`, `comparison.svg`.

use std::io::Write;
use std::path::Path;

use super::plot::PlotError;
use super::{Comparison, comparison_svg, csv, markdown};
use crate::disk::{WriteError, write_atomically};
use crate::experiment::Run;

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Plot(#[from] PlotError),
}

/// Writes the report of one run, or of several side by side, into `folder`.
pub fn write_report(runs: &[Run], folder: &Path) -> Result<(), ReportError> {
    let comparisons: Vec<Comparison> = runs.iter().map(Comparison::of).collect();
    let pages: Vec<String> =
        runs.iter().zip(&comparisons).map(|(run, comparison)| markdown(run, comparison)).collect();
    write(&folder.join("table.md"), &pages.join("\n"))?;
    write(&folder.join("table.csv"), &csv(&comparisons))?;
    for (run, comparison) in runs.iter().zip(&comparisons) {
        let name = match runs.len() {
            1 => "comparison.svg".to_string(),
            _ => format!("comparison-{}.svg", run.experiment.name),
        };
        write(&folder.join(name), &comparison_svg(comparison)?)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), WriteError> {
    write_atomically(path, |out| out.write_all(text.as_bytes()))
}
