//! `genrebench leak EXPERIMENT`.

use std::path::PathBuf;

use clap::Args;

use super::cache::CacheArguments;
use super::device::DeviceArgument;
use super::exit::Incomplete;
use super::print::{self, tell};
use super::progress::Bars;
use super::threads::ThreadsArgument;
use crate::experiment::{Experiment, LeakRequest, Otherwise, RunRequest, measure_leaks, usual_folder};
use crate::report::{leaks_markdown, leaks_terminal, write_leaks};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench leak demo --only \"SVM, rbf\"
  genrebench leak experiments/esc10.toml --data ~/data/ESC-10
  genrebench leak my.toml --segment 3 --folds 10 --repeats 3 --json

Cuts every clip into segments and scores each row of the experiment on them several times: with the segments dealt at \
random (pieces of one song on both sides), with whole clips dealt at random (an artist on both sides), where the data \
name them with artists or sources kept apart, and where there are copies the same without them. What the others have \
over the last is inflation. A killed meter goes on where it was.")]
pub struct LeakCommand {
    /// An experiment file, or the name of a built-in one (genrebench list experiments)
    experiment: PathBuf,
    /// Where the data set lies, if not where the experiment says
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the findings are kept [default: runs/NAME-leak]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArguments,
    /// Measure only this row, or all of an ensemble or ablation of that name (may be given several times)
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// A segment's length [default: 3, or a fifth of a clip where clips are shorter than 15 s]
    #[arg(long, value_name = "SECONDS", value_parser = segment_seconds)]
    segment: Option<f64>,
    /// Segments of a clip, at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(2..=1000))]
    segments: u16,
    /// Folds of each view
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(2..=100))]
    folds: u16,
    /// Times the folds are drawn anew
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    repeats: u16,
    #[command(flatten)]
    device: DeviceArgument,
    #[command(flatten)]
    threads: ThreadsArgument,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// Print as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// No progress and no notes on stderr
    #[arg(long, short)]
    quiet: bool,
}

fn segment_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    match (0.05..=3600.0).contains(&seconds) {
        true => Ok(seconds),
        false => Err("a segment must last 0.05 to 3600 seconds".to_string()),
    }
}

impl LeakCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        self.threads.start()?;
        let experiment = Experiment::load(&self.experiment)?
            .otherwise(Otherwise { device: self.device.device, ..Otherwise::default() })?;
        let out = self.out.unwrap_or_else(|| usual_folder(&experiment.name));
        let request = LeakRequest {
            run: RunRequest {
                data: self.data,
                cache: self.cache.open(),
                command: super::run::command_line(),
                only: self.only,
                ..RunRequest::new(experiment, &out)
            },
            segment_seconds: self.segment,
            most_segments: self.segments.into(),
            folds: self.folds.into(),
            repeats: self.repeats.into(),
        };
        let report = measure_leaks(&request, &Bars::new(self.quiet))?;
        let has_png = write_leaks(&report, &out)?;
        if self.json {
            print::json(&report)?;
        } else if self.markdown {
            print::text(&leaks_markdown(&report))?;
        } else {
            print::coloured(|colour| leaks_terminal(&report, colour, print::width()))?;
        }
        if !self.quiet {
            let png = if has_png { ", leak.png" } else { "; it is too large for a PNG" };
            tell!("kept in {} (leak.md, leak.csv, leak.json, leak.svg{png})", out.display());
        }
        let failed: Vec<&str> = report.failed().map(|row| row.name.as_str()).collect();
        match failed.as_slice() {
            [] => Ok(()),
            names => {
                Err(Incomplete(format!("not every view could be scored for: {}", names.join(", "))).into())
            }
        }
    }
}
