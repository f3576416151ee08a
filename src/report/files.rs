//! The files of a report: the tables, the page, and `plots/` with every picture as SVG and PNG.

use std::io::Write;
use std::path::Path;

use super::Comparison;
use super::drawing::{DrawError, Sheet, png, svg};
use super::formats::{FORMATS, Report};
use super::plots::{PLOTS, Subject, comparison, critical_difference};
use crate::disk::{WriteError, write_atomically};

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// Writes the report into `folder` in these formats (`plots` among them), and `comparison.svg`; gives the files'
/// names.
pub fn write_report(report: &Report, folder: &Path, formats: &[&str]) -> Result<Vec<String>, ReportError> {
    let mut written = Vec::new();
    for format in FORMATS.iter().filter(|format| formats.contains(&format.name)) {
        write(&folder.join(format.file), (format.write)(report)?.as_bytes())?;
        written.push(format.file.to_string());
    }
    let several = report.runs.len() > 1;
    for (run, compared) in report.pairs() {
        let suffix = if several { format!("-{}", run.experiment.name) } else { String::new() };
        let name = format!("comparison{suffix}.svg");
        write(&folder.join(&name), svg(&comparison(compared), true).as_bytes())?;
        written.push(name);
    }
    if formats.contains(&"plots") {
        let plots = folder.join("plots");
        for (run, compared) in report.pairs() {
            let place = if several { plots.join(&run.experiment.name) } else { plots.clone() };
            for plot in PLOTS {
                for sheet in (plot.draw)(Subject { run, comparison: compared }) {
                    write_picture(&sheet, &place)?;
                }
            }
        }
        if let Some(sheet) = ranks_sheet(report) {
            write_picture(&sheet, &plots)?;
        }
        written.push("plots/".to_string());
    }
    Ok(written)
}

/// The critical-difference diagram, where the runs are of several data sets.
pub fn ranks_sheet(report: &Report) -> Option<Sheet> {
    let (rows, ranks) = report.ranks.as_ref().ok()?;
    let metric = report.comparisons.first().map_or("f1_macro", |first: &Comparison| first.chief.as_str());
    Some(critical_difference(rows, ranks, metric))
}

/// `NAME.svg` and `NAME.png`.
pub fn write_picture(sheet: &Sheet, folder: &Path) -> Result<(), ReportError> {
    write(&folder.join(format!("{}.svg", sheet.name)), svg(sheet, true).as_bytes())?;
    Ok(write(&folder.join(format!("{}.png", sheet.name)), &png(sheet)?)?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_atomically(path, |out| out.write_all(bytes))
}
