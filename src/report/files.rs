//! The files of a report: the tables, the page, and `plots/` with every picture as SVG and PNG, and a list of them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use super::drawing::{DrawError, Sheet, png, svg};
use super::formats::{FORMATS, Report, comparison_file};
use super::plots::{
    CRITICAL_DIFFERENCE, PLOTS, Subject, comparison, critical_difference, marked, marked_with, pictures,
};
use super::{Comparison, Contrast};
use crate::disk::{WriteError, write_atomically};
use crate::experiment::Run;
use crate::spelling::counted;

/// In a folder of pictures: the names of those that the last report drew.
const DRAWN: &str = ".drawn.json";

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
    for (_, compared) in report.pairs() {
        let name = comparison_file(compared, several);
        write(&folder.join(&name), svg(&marked(comparison(compared), compared), true).as_bytes())?;
        written.push(name);
    }
    if formats.contains(&"plots") {
        let plots = folder.join("plots");
        let mut without_png = 0;
        for (run, compared) in report.pairs() {
            let place = if several { plots.join(&compared.experiment) } else { plots.clone() };
            let mut drawn = BTreeSet::new();
            for plot in PLOTS {
                for sheet in pictures(plot, Subject { run, comparison: compared }) {
                    drawn.insert(format!("{}.svg", sheet.name));
                    if write_picture(&sheet, &place)? {
                        drawn.insert(format!("{}.png", sheet.name));
                    } else {
                        without_png += 1;
                    }
                }
            }
            remove_old_pictures(&place, &drawn)?;
        }
        if several {
            let mut drawn = BTreeSet::new();
            if let Some(sheet) = ranks_sheet(report) {
                drawn.insert(format!("{}.svg", sheet.name));
                match write_picture(&sheet, &plots)? {
                    true => drop(drawn.insert(format!("{}.png", sheet.name))),
                    false => without_png += 1,
                }
            }
            remove_old_pictures(&plots, &drawn)?;
        }
        written.push(match without_png {
            0 => "plots/".to_string(),
            some => format!("plots/ ({} as SVG only, too large for a PNG)", counted(some, "picture")),
        });
    }
    Ok(written)
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

/// Removes what an earlier report drew there and this one did not, which would pass as its own, and lists what was drawn
/// for the next one. A file that no list names may be somebody's, whatever it is called; without a list nothing is removed.
fn remove_old_pictures(folder: &Path, drawn: &BTreeSet<String>) -> Result<(), WriteError> {
    let list = folder.join(DRAWN);
    let listed = std::fs::read(&list).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let listed: BTreeSet<String> = listed.unwrap_or_default();
    for name in listed.difference(drawn).filter(|name| is_a_picture(name)) {
        // One that cannot be removed lies there as before.
        let _ = std::fs::remove_file(folder.join(name));
    }
    write(&list, format!("{}\n", serde_json::json!(drawn)).as_bytes())
}

/// Whether a file of this name can be one of a plot's: a list that was changed by hand removes nothing else.
fn is_a_picture(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png")) else { return false };
    let of_plot =
        |plot: &str| stem.strip_prefix(plot).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let names = PLOTS.iter().map(|plot| plot.name).chain([CRITICAL_DIFFERENCE]);
    !stem.contains(['/', '\\']) && names.into_iter().any(of_plot)
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_atomically(path, |out| out.write_all(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_that_a_list_names_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let place = root.join("plots");
        std::fs::create_dir(&place).unwrap();
        let names = ["map-01.svg", "map-of-our-town.svg", "confusion-1.png", "notes.txt", "../map-0.svg"];
        names.iter().for_each(|name| std::fs::write(place.join(name), "").unwrap());
        let left = || names.map(|name| place.join(name).exists());
        let drawn = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>();
        // A folder of a version without a list.
        remove_old_pictures(&place, &drawn(&["map-01.svg"])).unwrap();
        assert_eq!(left(), [true; 5]);
        remove_old_pictures(&place, &drawn(&["comparison.svg"])).unwrap();
        assert_eq!(left(), [false, true, true, true, true]);
        let by_hand = serde_json::json!(["notes.txt", "../map-0.svg", "confusion-1.png"]);
        std::fs::write(place.join(DRAWN), by_hand.to_string()).unwrap();
        remove_old_pictures(&place, &drawn(&[])).unwrap();
        assert_eq!(left(), [false, true, false, true, true]);
        std::fs::write(place.join(DRAWN), "no list").unwrap();
        remove_old_pictures(&place, &drawn(&[])).unwrap();
        assert_eq!(left(), [false, true, false, true, true]);
    }
}
