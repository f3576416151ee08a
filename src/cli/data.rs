//! `genrebench data synth|inspect|fetch`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::Usage;
use super::fetch::FetchArguments;
use super::print;
use super::progress::Bars;
use crate::datasets::synth::{self, SynthSpec};
use crate::datasets::{Catalog, DatasetSpec, Opened};
use crate::disk::write_atomically;
use crate::experiment::{ClipReport, Experiment, Observer, decode_clips};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench data synth --out corpus
  genrebench data inspect ~/music
  genrebench data fetch gtzan --out ~/data")]
pub struct DataCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the synthetic corpus as wav files, one folder a genre
    Synth(SynthArguments),
    /// Count a data set's clips, classes and artists, and decode every clip to find the broken ones
    Inspect(InspectArguments),
    /// Fetch a data set from its publisher, verify and unpack it
    Fetch(FetchArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench data synth --out corpus
  genrebench data synth --out corpus --clips 100 --seconds 30 --seed 7

A run on it: dataset = { name = \"folder\", path = \"corpus\", groups = \"corpus/groups.csv\" }")]
struct SynthArguments {
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Clips a genre
    #[arg(long, value_name = "N", default_value_t = SynthSpec::default().clips_per_genre)]
    clips: usize,
    /// Length of a clip
    #[arg(long, value_name = "SECONDS", default_value_t = SynthSpec::default().seconds)]
    seconds: f64,
    /// Sample rate
    #[arg(long, value_name = "HZ", default_value_t = SynthSpec::default().rate_hz)]
    rate: u32,
    /// Genres, at most eight
    #[arg(long, value_name = "N", default_value_t = SynthSpec::default().genres)]
    genres: usize,
    /// Artists a genre
    #[arg(long, value_name = "N", default_value_t = SynthSpec::default().artists_per_genre)]
    artists: usize,
    #[arg(long, default_value_t = SynthSpec::default().seed)]
    seed: u64,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench data inspect ~/music                       one folder a class
  genrebench data inspect ~/data/ESC-10 --dataset esc10
  genrebench data inspect experiments/demo.toml --no-decode --json")]
struct InspectArguments {
    /// A folder with one folder a class, or an experiment file
    #[arg(value_name = "DIR|EXPERIMENT")]
    target: PathBuf,
    /// What the folder holds (genrebench list datasets)
    #[arg(long, default_value = "folder")]
    dataset: String,
    /// Where the experiment's data set lies
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Only look at names, decode nothing
    #[arg(long)]
    no_decode: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

impl DataCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        match self.verb {
            Verb::Synth(arguments) => arguments.execute(),
            Verb::Inspect(arguments) => arguments.execute(),
            Verb::Fetch(arguments) => arguments.execute(),
        }
    }
}

impl SynthArguments {
    fn execute(self) -> anyhow::Result<()> {
        let spec = SynthSpec {
            clips_per_genre: self.clips,
            seconds: self.seconds,
            rate_hz: self.rate,
            genres: self.genres,
            artists_per_genre: self.artists,
            seed: self.seed,
            ..SynthSpec::default()
        };
        spec.validate().map_err(|error| Usage(error.to_string()))?;
        let bars = Bars::new(self.quiet);
        bars.begin("rendering", spec.clips_per_genre * spec.genres);
        let outcome = synth::write_wavs(&spec, &self.out, &|_| bars.step());
        bars.end();
        outcome?;
        if !self.quiet {
            eprintln!(
                "{} invented clips in {} genres written to {}; try genrebench data inspect {}",
                spec.clips_per_genre * spec.genres,
                spec.genres,
                self.out.display(),
                self.out.display()
            );
        }
        Ok(())
    }
}

impl InspectArguments {
    fn execute(self) -> anyhow::Result<()> {
        let catalog = self.catalog()?;
        let (reports, unusable) = if self.no_decode {
            (Vec::new(), Vec::new())
        } else {
            decode_clips(&catalog, &Bars::new(self.quiet))
        };
        if self.json {
            return print::json(&summary(&catalog, &reports, &unusable));
        }
        Ok(print::text(&describe(&catalog, &reports, &unusable))?)
    }

    fn catalog(&self) -> anyhow::Result<Catalog> {
        let dataset = if self.target.is_dir() {
            let mut options = toml::Table::new();
            options.insert("path".into(), self.target.display().to_string().into());
            DatasetSpec::new(&self.dataset, options).map_err(|error| Usage(error.to_string()))?
        } else {
            let mut dataset = Experiment::load(&self.target)?.dataset;
            if let Some(data) = &self.data {
                dataset.set_path(data);
            }
            dataset
        };
        match dataset.open()? {
            Opened::Clips(catalog) => Ok(catalog),
            Opened::Table(source) => {
                let path = source.path.display();
                Err(Usage(format!("{path} is a table of features; there is no sound in it to inspect"))
                    .into())
            }
        }
    }
}

fn summary(catalog: &Catalog, reports: &[ClipReport], unusable: &[(String, String)]) -> serde_json::Value {
    serde_json::json!({
        "dataset": catalog.name,
        "synthetic": catalog.is_synthetic(),
        "clips": catalog.clips.len(),
        "classes": catalog.class_counts(),
        "groups": groups(catalog),
        "notes": catalog.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "decoded": reports,
        "unusable": unusable,
    })
}

fn groups(catalog: &Catalog) -> usize {
    catalog
        .clips
        .iter()
        .filter_map(|clip| clip.group.as_deref())
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

fn describe(catalog: &Catalog, reports: &[ClipReport], unusable: &[(String, String)]) -> String {
    let mut text = format!("{}: {} clips", catalog.name, catalog.clips.len());
    if catalog.is_synthetic() {
        text += " (synthetic: invented music, no real genres)";
    }
    match groups(catalog) {
        0 => text += ", artists or sources unknown",
        count => text += &format!(", {count} artists or sources"),
    }
    text += "\n\nclass\n";
    let counts: Vec<[String; 2]> = catalog
        .class_counts()
        .into_iter()
        .map(|(class, count)| [format!("  {class}"), count.to_string()])
        .collect();
    text += &print::columns(&counts);
    if !reports.is_empty() {
        text += &format!("\ndecoded {} of {}\n", reports.len(), catalog.clips.len());
        text += &print::columns(&formats(reports));
    }
    let faults =
        reports.iter().flat_map(|r| r.faults.iter().map(move |fault| format!("  {}: {fault}\n", r.clip_id)));
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text += &format!("\n{title}: {}\n{}", lines.len(), lines.concat());
        }
    };
    section("notes", catalog.notes.iter().map(|note| format!("  {note}\n")).collect());
    section("damage worked around", faults.collect());
    section(
        "unusable clips",
        unusable.iter().map(|(clip, reason)| format!("  {clip}: {reason}\n")).collect(),
    );
    text
}

/// How many clips of each format, rate and number of channels, and how long they are.
fn formats(reports: &[ClipReport]) -> Vec<[String; 2]> {
    let mut kinds: std::collections::BTreeMap<String, Vec<f64>> = std::collections::BTreeMap::new();
    for report in reports {
        let kind = format!("  {} {} Hz, {} channels", report.format, report.rate_hz, report.channels);
        kinds.entry(kind).or_default().push(report.seconds);
    }
    kinds
        .into_iter()
        .map(|(kind, mut seconds)| {
            seconds.sort_by(f64::total_cmp);
            let (low, high) = (seconds[0], seconds[seconds.len() - 1]);
            [kind, format!("{} clips of {low:.2} to {high:.2} s", seconds.len())]
        })
        .collect()
}

/// `OUT.left-out.csv` beside `OUT`: clip and reason; removed when nothing was left out.
pub fn write_left_out(out: &Path, unusable: &[(String, String)]) -> anyhow::Result<()> {
    let path = out.with_extension("left-out.csv");
    if unusable.is_empty() {
        // Most often there is none to remove.
        let _ = std::fs::remove_file(&path);
        return Ok(());
    }
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    write_atomically(&path, |file| {
        writeln!(file, "clip_id,reason")?;
        unusable.iter().try_for_each(|(clip, reason)| writeln!(file, "{},{}", quote(clip), quote(reason)))
    })?;
    Ok(())
}
