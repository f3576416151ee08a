//! The comparison as Markdown, with everything a number leads back to.

use super::super::comparison::Comparison;
use super::super::markdown_text::{code, escape, fenced, linked};
use super::super::robustness::{robustness, robustness_markdown};
use super::super::words::cpu_text;
use super::columns::{cells, has_ties, header, remarks_on_the_table};
use super::reading_guide::reading_guide;
use crate::experiment::Run;
use crate::spelling::counted;

/// The picture of a run's comparison, beside the tables.
pub fn comparison_file(comparison: &Comparison, several: bool) -> String {
    match several {
        true => format!("comparison-{}.svg", comparison.experiment),
        false => "comparison.svg".to_string(),
    }
}

/// The page of a run that stands alone.
pub fn markdown(run: &Run, comparison: &Comparison) -> String {
    page(run, comparison, false)
}

/// The page of one run, or of one of `several`, whose pictures have other names.
pub fn page(run: &Run, comparison: &Comparison, several: bool) -> String {
    let mut page = format!("# {}\n\n", escape(&run.experiment.title));
    if let Some(question) = &run.experiment.question {
        page += &format!("{}\n\n", escape(question));
    }
    for watermark in &comparison.watermarks {
        page += &format!("> **{}**\n\n", escape(watermark));
    }
    if comparison.synthetic {
        page += "> **Synthetic data.** The clips are invented music of invented genres, made by this program. \
                 The figures show that the line works and how methods differ; they say nothing about real music.\n\n";
    }
    page += &table(comparison);
    page.push('\n');
    for remark in remarks_on_the_table(comparison) {
        page += &format!("{}\n\n", escape(&remark));
    }
    page += &format!(
        "![Comparison]({})\n\nEvery number with what it rests on, and all plots: `report.html`.",
        linked(&comparison_file(comparison, several))
    );
    if has_ties(comparison) {
        page += " Every two rows with the p value of each test: `pairs.csv`.";
    }
    page += "\n\n";
    if let Some(note) = &run.experiment.note {
        page += &format!("{}\n\n", escape(note));
    }
    let notes: Vec<String> = comparison
        .rows
        .iter()
        .filter_map(|row| {
            row.note.as_ref().map(|note| format!("- **{}**: {}\n", escape(&row.name), escape(note)))
        })
        .collect();
    if !notes.is_empty() {
        page += &format!("{}\n", notes.concat());
    }
    page += "<details><summary>What the columns and tests mean</summary>\n\n";
    for (term, said) in reading_guide(comparison, false) {
        page += &format!("- **{}**: {}\n", escape(term), escape(&said));
    }
    page += "\n</details>\n\n";
    let plots = if several { format!("plots/{}", comparison.experiment) } else { "plots".to_string() };
    page += &robustness_markdown(&robustness(run), &plots);
    page += &clips(run);
    page += &origin(run);
    page
}

fn table(comparison: &Comparison) -> String {
    let titles: Vec<String> = header(comparison, true).iter().map(|title| escape(title)).collect();
    let rules: Vec<&str> =
        titles.iter().enumerate().map(|(c, _)| if c == 0 { "---" } else { "---:" }).collect();
    let mut text = format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | "));
    for row in &comparison.rows {
        let escaped: Vec<String> = cells(comparison, row, true).iter().map(|cell| escape(cell)).collect();
        text += &format!("| {} |\n", escaped.join(" | "));
    }
    text
}

fn clips(run: &Run) -> String {
    let data = &run.dataset;
    let classes: Vec<String> =
        data.classes.iter().map(|(name, count)| format!("{} {count}", escape(name))).collect();
    let mut text = format!(
        "## Data\n\n{}: {} of {} used. Classes: {}.\n\n",
        escape(&data.name),
        data.clips_used,
        counted(data.clips_found, "clip"),
        classes.join(", ")
    );
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text += &format!("{title} ({}):\n\n{}\n", lines.len(), lines.concat());
        }
    };
    list("Notes", data.notes.iter().map(|note| format!("- {}\n", escape(note))).collect());
    list(
        "Left out",
        data.unusable
            .iter()
            .map(|(clip, reason)| format!("- {}: {}\n", code(clip), escape(reason)))
            .collect(),
    );
    let faults = run.clips.iter().flat_map(|clip| {
        clip.report
            .faults
            .iter()
            .map(|fault| format!("- {}: {}\n", code(&clip.report.clip_id), escape(fault)))
    });
    list("Damaged but used", faults.collect());
    text
}

fn origin(run: &Run) -> String {
    let machine = &run.machine;
    let mut text = format!(
        "## Where the numbers come from\n\n\
         Experiment {} (hash {}), seed {}, genrebench {} (source {}, dependencies {}), started {}{}.\n\
         Machine: {}, {} cores, {} threads{}, {}.{}\n\n",
        code(&run.experiment.name),
        code(&run.experiment.hash),
        run.experiment.seed,
        escape(&run.genrebench_version),
        code(&run.source),
        code(&run.dependencies),
        escape(&run.started_utc),
        run.finished_utc.as_ref().map(|at| format!(", finished {}", escape(at))).unwrap_or_default(),
        escape(&machine.processor),
        machine.cores,
        machine.threads,
        machine.memory_gib.map(|gib| format!(", {gib} GiB")).unwrap_or_default(),
        escape(&machine.system),
        run.peak_memory_mib.map(|mib| format!(" Peak memory {mib:.0} MiB.")).unwrap_or_default(),
    );
    for table in &run.tables {
        text += &format!(
            "Features {}: {} × {} in {:.1} s ({}{} from the cache).\n\n",
            code(&table.hash),
            counted(table.rows, "clip"),
            counted(table.columns, "column"),
            table.wall_seconds,
            cpu_text(table.cpu_seconds).map(|seconds| format!("{seconds}; ")).unwrap_or_default(),
            table.from_cache
        );
    }
    text += "In the run's folder every prediction is in `predictions.csv`, every score in `scores.csv`, every clip's hash \
             in `clips.json`; each cell (parameters, seed, times, predictions) is a file of `cells/`.\n";
    text += "The command that was given:\n\n";
    text + &fenced("sh", &run.experiment.command)
}
