//! The files of a report: the tables, the page, and `plots/` with every picture as SVG and PNG.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use super::drawing::{DrawError, Sheet, png, svg};
use super::formats::{FORMATS, Report};
use super::plots::{PLOTS, Subject, comparison, critical_difference, marked, marked_with, pictures};
use super::{Comparison, Contrast};
use crate::disk::{WriteError, write_atomically};
use crate::experiment::Run;
use crate::spelling::counted;

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
    let labels = labels(report);
    for ((_, compared), label) in report.pairs().zip(&labels) {
        let suffix = if several { format!("-{label}") } else { String::new() };
        let name = format!("comparison{suffix}.svg");
        write(&folder.join(&name), svg(&marked(comparison(compared), compared), true).as_bytes())?;
        written.push(name);
    }
    if formats.contains(&"plots") {
        let plots = folder.join("plots");
        let mut without_png = 0;
        for ((run, compared), label) in report.pairs().zip(&labels) {
            let place = if several { plots.join(label) } else { plots.clone() };
            let mut drawn = Vec::new();
            for plot in PLOTS {
                for sheet in pictures(plot, Subject { run, comparison: compared }) {
                    without_png += usize::from(!write_picture(&sheet, &place)?);
                    drawn.push(sheet.name);
                }
            }
            remove_old_pictures(&place, &drawn);
        }
        if let Some(sheet) = ranks_sheet(report) {
            without_png += usize::from(!write_picture(&sheet, &plots)?);
        }
        written.push(match without_png {
            0 => "plots/".to_string(),
            some => format!("plots/ ({} as SVG only, too large for a PNG)", counted(some, "picture")),
        });
    }
    Ok(written)
}

/// The runs' names as files have them, each its own.
fn labels(report: &Report) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for run in report.runs {
        let name = run.experiment.name.as_str();
        let free = (2..).map(|n| format!("{name}-{n}")).find(|other| !labels.contains(other));
        let taken = labels.iter().any(|known| known == name);
        labels.push(free.filter(|_| taken).unwrap_or_else(|| name.to_string()));
    }
    labels
}

/// What a comparison of two runs can be written as.
pub const CONTRAST_FORMATS: [&str; 2] = ["md", "json"];

/// `compare.md` and `compare.json`, where `formats` has them; the names of those written.
pub fn write_contrast(
    contrast: &Contrast,
    folder: &Path,
    formats: &[&str],
) -> Result<Vec<&'static str>, ReportError> {
    let failed =
        |error: serde_json::Error| DrawError { picture: "compare.json".into(), reason: error.to_string() };
    let json = serde_json::to_string_pretty(contrast).map_err(failed)? + "\n";
    let texts = [("compare.md", contrast.markdown()), ("compare.json", json)];
    let mut written = Vec::new();
    for ((name, text), format) in texts.into_iter().zip(CONTRAST_FORMATS) {
        if formats.contains(&format) {
            write(&folder.join(name), text.as_bytes())?;
            written.push(name);
        }
    }
    Ok(written)
}

/// What [`write_report`] knows.
pub fn every_format() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).chain(["plots"]).collect()
}

/// The critical-difference diagram, where the runs are of several data sets.
pub fn ranks_sheet(report: &Report) -> Option<Sheet> {
    let (rows, ranks) = report.ranks.as_ref().ok()?;
    let metric = report.comparisons.first().map_or("f1_macro", |first: &Comparison| first.chief.as_str());
    let of_run = |(run, of): (&Run, &Comparison)| run.marks().chain(of.allowed.clone()).collect::<Vec<_>>();
    let marks: BTreeSet<String> = report.pairs().flat_map(of_run).collect();
    Some(marked_with(critical_difference(rows, ranks, metric), marks.iter()))
}

/// `NAME.svg`, and `NAME.png` unless the picture is too large for one: whether it is there.
pub fn write_picture(sheet: &Sheet, folder: &Path) -> Result<bool, ReportError> {
    write(&folder.join(format!("{}.svg", sheet.name)), svg(sheet, true).as_bytes())?;
    let path = folder.join(format!("{}.png", sheet.name));
    let Some(bytes) = png(sheet)? else {
        // That of an earlier report would pass as this one's; most often there is none.
        let _ = std::fs::remove_file(path);
        return Ok(false);
    };
    write(&path, &bytes)?;
    Ok(true)
}

/// Pictures of ours that an earlier report drew there and this one did not: they would pass as its own.
fn remove_old_pictures(folder: &Path, drawn: &[String]) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png")) else { continue };
        let ours =
            |plot: &str| stem.strip_prefix(plot).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        if PLOTS.iter().any(|plot| ours(plot.name)) && !drawn.iter().any(|drawn| drawn == stem) {
            // One that cannot be removed lies there as before.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_atomically(path, |out| out.write_all(bytes))
}
