//! One page that needs nothing but itself: style, script, figures and evidence are inside, and it forbids itself the
//! network. Whatever a user wrote is escaped; the evidence is JSON that the script shows as text only.

use super::super::comparison::ComparisonRow;
use super::super::drawing::{DrawError, SVG_STYLE, Sheet, escape, svg};
use super::super::evidence::evidence;
use super::super::files::ranks_sheet;
use super::super::plots::{PLOTS, Subject, confusion_name, pictures};
use super::super::words::{cpu_text, p_sentence};
use super::Report;
use super::html_table::{pairs, table};
use super::reading_guide::reading_guide;
use crate::experiment::Run;
use crate::metrics::Ranks;
use crate::spelling::counted;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Of plots with one picture a row no more are shown; all are in `plots/` and in each row's evidence.
const MOST_OF_A_KIND: usize = 3;

pub fn html(report: &Report) -> Result<String, DrawError> {
    let title = match report.comparisons.as_slice() {
        [one] => one.title.clone(),
        several => format!("{} experiments side by side", several.len()),
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{0}</title>\n<style>\n{STYLE}{1}\n</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#table-0\">To the table</a>\n<header><h1>{0}</h1></header>\n<main>\n",
        escape(&title),
        SVG_STYLE()
    );
    for (number, (run, comparison)) in report.pairs().enumerate() {
        page += &section(run, report, number);
        page += &figures(Subject { run, comparison }, number);
        page += &data(run);
        page += &origin(run);
        page += "</section>\n";
    }
    page += &ranks(report);
    page += "</main>\n<dialog id=\"evidence\" aria-labelledby=\"evidence-title\"><div class=\"top\"><h2 id=\"evidence-title\"></h2>\
             <button type=\"button\" class=\"close\" aria-label=\"Close\">×</button></div><div class=\"body\"></div></dialog>\n";
    page += "<noscript><p>Sorting, filtering and the evidence behind each number need JavaScript; the same figures are in predictions.csv, scores.csv and cells/ in the run's folder.</p></noscript>\n";
    page += &embedded(report)?;
    page += &format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    Ok(page)
}

fn section(run: &Run, report: &Report, number: usize) -> String {
    let comparison = &report.comparisons[number];
    let mut text = format!("<section id=\"experiment-{number}\">\n");
    if report.runs.len() > 1 {
        let named = if comparison.experiment == run.experiment.name {
            String::new()
        } else {
            format!(" ({})", comparison.experiment)
        };
        text += &format!("<h2>{}{}</h2>\n", escape(&run.experiment.title), escape(&named));
    }
    if let Some(question) = &run.experiment.question {
        text += &format!("<p class=\"question\">{}</p>\n", escape(question));
    }
    for watermark in &comparison.watermarks {
        text += &format!("<p class=\"warning\"><strong>{}</strong></p>\n", escape(watermark));
    }
    if comparison.synthetic {
        text += "<p class=\"warning\"><strong>Synthetic data.</strong> The clips are invented music of invented genres, made by this program. The figures show how methods differ; they say nothing about real music.</p>\n";
    }
    text += "<p class=\"hint\">A header sorts, a number opens what it rests on.</p>\n";
    text += &table(comparison, number);
    text += &pairs(comparison);
    let terms = reading_guide(comparison, true);
    let terms: Vec<String> = terms
        .iter()
        .map(|(term, said)| format!("<dt>{}</dt><dd>{}</dd>", escape(term), escape(said)))
        .collect();
    text += &format!(
        "<details><summary>What the columns and tests mean</summary><dl class=\"guide\">{}</dl></details>\n",
        terms.concat()
    );
    if let Some(note) = &run.experiment.note {
        text += &format!("<p>{}</p>\n", escape(note));
    }
    let notes: Vec<String> = run
        .rows
        .iter()
        .filter_map(|row| {
            Some(format!("<li><strong>{}</strong>: {}</li>", escape(&row.name), escape(row.note.as_ref()?)))
        })
        .collect();
    if !notes.is_empty() {
        text += &format!("<ul>{}</ul>\n", notes.concat());
    }
    text
}

fn figures(of: Subject, number: usize) -> String {
    let rows = &of.comparison.rows;
    let best = best_row(rows, &of.comparison.chief).map(|index| confusion_name(index, &rows[index].name));
    let mut text = String::from("<h3>Plots</h3>\n");
    for plot in PLOTS {
        let mut sheets = pictures(plot, of);
        let all = sheets.len();
        if plot.name == "confusion" {
            // One matrix a row: the best row's here, each other in its row's evidence.
            sheets.retain(|sheet| best.as_ref().is_some_and(|best| sheet.name == *best));
        }
        sheets.truncate(MOST_OF_A_KIND);
        for sheet in &sheets {
            text += &figure(sheet, number);
        }
        if all > sheets.len() && !sheets.is_empty() {
            text += &format!(
                "<p class=\"hint\">{} more of these: genrebench report writes them to plots/.</p>\n",
                all - sheets.len()
            );
        }
    }
    text
}

/// Of the run of this number, or of all where it is none of them.
fn figure(sheet: &Sheet, number: usize) -> String {
    format!(
        "<figure id=\"plot-{number}-{}\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div><figcaption>{}</figcaption></figure>\n",
        escape(&sheet.name),
        escape(&sheet.title),
        svg(sheet, false),
        escape(&sheet.description)
    )
}

/// The best row on a metric, the first of equals. One that lacks cells stands on fewer clips: it is asked only where no
/// row is complete.
fn best_row(rows: &[ComparisonRow], metric: &str) -> Option<usize> {
    let higher = crate::metrics::find(metric).is_none_or(|metric| metric.higher_is_better);
    let any_complete = rows.iter().any(ComparisonRow::is_complete);
    let mut best: Option<(usize, f64)> = None;
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.is_complete() || !any_complete) {
        let Some(score) = row.score(metric) else { continue };
        let value = if higher { score.mean } else { -score.mean };
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

fn data(run: &Run) -> String {
    let data = &run.dataset;
    let classes: Vec<String> =
        data.classes.iter().map(|(name, count)| format!("{} {count}", escape(name))).collect();
    let mut text = format!(
        "<h3>Data</h3>\n<p>{}: {} of {} used. Classes: {}.</p>\n",
        escape(&data.name),
        data.clips_used,
        counted(data.clips_found, "clip"),
        classes.join(", ")
    );
    let faults: Vec<(String, String)> = run
        .clips
        .iter()
        .flat_map(|clip| clip.report.faults.iter().map(|fault| (clip.report.clip_id.clone(), fault.clone())))
        .collect();
    for note in &data.notes {
        text += &format!("<p>{}</p>\n", escape(note));
    }
    for (title, list) in [("Left out", &data.unusable), ("Damaged but used", &faults)] {
        if !list.is_empty() {
            let lines: Vec<String> = list
                .iter()
                .map(|(clip, reason)| format!("<li><code>{}</code>: {}</li>", escape(clip), escape(reason)))
                .collect();
            text += &format!(
                "<details><summary>{title} ({})</summary><ul>{}</ul></details>\n",
                list.len(),
                lines.concat()
            );
        }
    }
    text
}

fn origin(run: &Run) -> String {
    let mut text = format!(
        "<h3>Repeat it</h3>\n<pre tabindex=\"0\"><code>{}</code></pre>\n<details><summary>The experiment file</summary><pre tabindex=\"0\"><code>{}</code></pre></details>\n<ul class=\"facts\">",
        escape(&run.experiment.command),
        escape(&run.experiment.text)
    );
    for table in &run.tables {
        let cpu = cpu_text(table.cpu_seconds).map(|seconds| format!(", {seconds}")).unwrap_or_default();
        text += &format!(
            "<li>Features <code>{}</code>: {} × {}, {} of them from the cache{cpu}. {}</li>",
            escape(&table.hash),
            counted(table.rows, "clip"),
            counted(table.columns, "column"),
            table.from_cache,
            escape(&table.definition)
        );
    }
    text + "</ul>\n"
}

fn ranks(report: &Report) -> String {
    let Some(sheet) = ranks_sheet(report) else {
        let several = report.runs.len() > 1;
        let reason = report.ranks.as_ref().err().filter(|_| several);
        return reason.map(|reason| format!("<p>No ranks: {}.</p>\n", escape(reason))).unwrap_or_default();
    };
    let said = report.ranks.as_ref().map(|(_, ranks): &(_, Ranks)| {
        format!(
            "<p>Friedman χ² = {:.2}, {}; Iman–Davenport F = {:.2}, {}.</p>",
            ranks.chi_square,
            escape(&p_sentence(ranks.p)),
            ranks.f,
            escape(&p_sentence(ranks.p_f))
        )
    });
    format!(
        "<section><h2>Ranks over the data sets</h2>\n{}{}</section>\n",
        figure(&sheet, report.runs.len()),
        said.unwrap_or_default()
    )
}

/// The evidence as JSON that no text in it can end.
fn embedded(report: &Report) -> Result<String, DrawError> {
    let all: Vec<serde_json::Value> =
        report.pairs().map(|(run, comparison)| evidence(run, comparison)).collect();
    let text = serde_json::to_string(&all)
        .map_err(|error| DrawError { picture: "report.html".to_string(), reason: error.to_string() })?;
    let safe = text
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    Ok(format!("<script type=\"application/json\" id=\"data\">{safe}</script>\n"))
}

#[cfg(test)]
mod tests {
    use super::super::super::comparison::MetricSummary;
    use super::super::super::reading::Over;
    use super::*;

    fn row(metric: &str, mean: f64, cells_done: usize) -> ComparisonRow {
        let score = MetricSummary {
            metric: metric.to_string(),
            mean,
            over: Over::Repeats,
            sd: None,
            low: mean,
            high: mean,
            draws: 1000,
            published: None,
            difference: None,
            judgement: None,
            reference: None,
            reference_difference: None,
            fold_mean: None,
        };
        ComparisonRow {
            name: "row".to_string(),
            model: "knn".to_string(),
            cells_done,
            cells_wanted: 5,
            failure: None,
            scores: vec![score],
            tie_group: None,
            fit_cpu_seconds: None,
            fit_wall_seconds: None,
            predict_milliseconds_per_clip: None,
            peak_memory_mib: None,
            published_fit_seconds: None,
            reference: None,
            note: None,
        }
    }

    #[test]
    fn the_first_of_the_best_complete_rows_is_shown() {
        let rows = |metric: &str| {
            [(0.4, 5), (0.7, 5), (0.7, 5), (0.9, 4)].map(|(mean, done)| row(metric, mean, done))
        };
        assert_eq!(best_row(&rows("f1_macro"), "f1_macro"), Some(1));
        assert_eq!(best_row(&rows("log_loss"), "log_loss"), Some(0));
        assert_eq!(best_row(&rows("f1_macro")[3..], "f1_macro"), Some(0), "none is complete");
        assert_eq!(best_row(&rows("f1_macro"), "accuracy"), None);
    }
}
