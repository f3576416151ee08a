//! The comparison as Markdown, with everything a number leads back to.

use super::comparison::Comparison;
use super::terminal::{cells, header, remarks};
use crate::experiment::Run;

/// The page of one run.
pub fn markdown(run: &Run, comparison: &Comparison) -> String {
    let mut page = format!("# {}\n\n", run.experiment.title);
    if let Some(question) = &run.experiment.question {
        page += &format!("{question}\n\n");
    }
    for watermark in &comparison.watermarks {
        page += &format!("> **{watermark}**\n\n");
    }
    if comparison.synthetic {
        page += "> **Synthetic data.** The clips are invented music of invented genres, made by this program. \
                 The figures show that the line works and how methods differ; they say nothing about real music.\n\n";
    }
    page += &table(comparison);
    page.push('\n');
    let said = comparison.watermarks.len() + usize::from(comparison.synthetic);
    for remark in remarks(comparison).iter().skip(said) {
        page += &format!("{remark}\n\n");
    }
    page += "![Comparison](comparison.svg)\n\n";
    if let Some(note) = &run.experiment.note {
        page += &format!("{note}\n\n");
    }
    let notes: Vec<String> = comparison
        .rows
        .iter()
        .filter_map(|row| row.note.as_ref().map(|note| format!("- **{}**: {note}\n", row.name)))
        .collect();
    if !notes.is_empty() {
        page += &format!("{}\n", notes.concat());
    }
    page += &clips(run);
    page += &origin(run);
    page
}

fn table(comparison: &Comparison) -> String {
    let titles = header(comparison);
    let rules: Vec<&str> =
        titles.iter().enumerate().map(|(c, _)| if c == 0 { "---" } else { "---:" }).collect();
    let mut text = format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | "));
    for row in &comparison.rows {
        let escaped: Vec<String> =
            cells(comparison, row).iter().map(|cell| cell.replace('|', "\\|")).collect();
        text += &format!("| {} |\n", escaped.join(" | "));
    }
    text
}

fn clips(run: &Run) -> String {
    let data = &run.dataset;
    let classes: Vec<String> = data.classes.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let mut text = format!(
        "## Data\n\n{}: {} of {} clips used. Classes: {}.\n\n",
        data.name,
        data.clips_used,
        data.clips_found,
        classes.join(", ")
    );
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text += &format!("{title} ({}):\n\n{}\n", lines.len(), lines.concat());
        }
    };
    list("Notes", data.notes.iter().map(|note| format!("- {note}\n")).collect());
    list("Left out", data.unusable.iter().map(|(clip, reason)| format!("- `{clip}`: {reason}\n")).collect());
    let faults = run.clips.iter().flat_map(|clip| {
        clip.report.faults.iter().map(|fault| format!("- `{}`: {fault}\n", clip.report.clip_id))
    });
    list("Damaged but used", faults.collect());
    text
}

fn origin(run: &Run) -> String {
    let machine = &run.machine;
    let mut text = format!(
        "## Where the numbers come from\n\n\
         Experiment `{}` (hash `{}`), seed {}, genrebench {} (dependencies `{}`), started {}{}.\n\
         Machine: {}, {} cores, {} threads{}, {}.{}\n\n",
        run.experiment.name,
        run.experiment.hash,
        run.experiment.seed,
        run.genrebench_version,
        run.dependencies,
        run.started_utc,
        run.finished_utc.as_ref().map(|at| format!(", finished {at}")).unwrap_or_default(),
        machine.processor,
        machine.cores,
        machine.threads,
        machine.memory_gib.map(|gib| format!(", {gib} GiB")).unwrap_or_default(),
        machine.system,
        run.peak_memory_mib.map(|mib| format!(" Peak memory {mib:.0} MiB.")).unwrap_or_default(),
    );
    for table in &run.tables {
        text += &format!(
            "Features `{}`: {} clips × {} columns in {:.1} s ({:.1} s CPU; {} from the cache).\n\n",
            table.hash, table.rows, table.columns, table.wall_seconds, table.cpu_seconds, table.from_cache
        );
    }
    text += "Every prediction is in `predictions.csv`, every score in `scores.csv`, every clip's hash in \
             `clips.json`; each cell (parameters, seed, times, predictions) is a file of `cells/`.\n";
    text += "The command that was given:\n\n```sh\n";
    text += &format!("{}\n```\n", run.experiment.command);
    text
}
