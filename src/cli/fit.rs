//! `genrebench fit EXPERIMENT --row NAME --out MODEL`.

use std::path::PathBuf;

use clap::Args;

use super::cache::CacheArguments;
use super::device::DeviceArgument;
use super::print;
use super::progress::Bars;
use super::threads::ThreadsArgument;
use crate::experiment::{Experiment, FitOn, Otherwise, RunRequest, fit};
use crate::spelling::counted;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench fit demo --row \"random forest\" --out forest.genrebench
  genrebench fit my.toml --row SVC --data ~/music --out svc.genrebench
  genrebench predict forest.genrebench song.mp3

The file holds the feature definition, the preparation, the fitted model and the class names, with a checksum; its \
first lines are text. A row with [row.search] searches on the rows it learns from.")]
pub struct FitCommand {
    /// An experiment file, or the name of a built-in one (genrebench list experiments)
    experiment: PathBuf,
    /// The row to fit
    #[arg(long, value_name = "ROW")]
    row: String,
    /// Where the model goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Learn from all rows (a model for use; `run` says what it scores), or from the first split's training side
    #[arg(long, value_enum, default_value = "all")]
    on: OnArgument,
    /// Where the data set lies, if not where the experiment says
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArguments,
    #[command(flatten)]
    device: DeviceArgument,
    #[command(flatten)]
    threads: ThreadsArgument,
    /// Print what was fitted as JSON
    #[arg(long)]
    json: bool,
    /// No progress and no notes on stderr
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum OnArgument {
    All,
    Train,
}

impl FitCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        self.threads.start()?;
        let otherwise = Otherwise { device: self.device.device, ..Otherwise::default() };
        let experiment = Experiment::load(&self.experiment)?.otherwise(otherwise)?;
        let request = RunRequest {
            data: self.data,
            cache: self.cache.open(),
            only: vec![self.row],
            ..RunRequest::new(experiment, &self.out)
        };
        let on = match self.on {
            OnArgument::All => FitOn::All,
            OnArgument::Train => FitOn::Train,
        };
        let saved = fit(&request, on, &Bars::new(self.quiet))?;
        saved.save(&self.out)?;
        let header = &saved.header;
        if self.json {
            print::json(header)?;
        } else {
            print::text(&format!(
                "{} ({}), fitted on {} of {}: {}, {} classes, {}\nkept in {}",
                header.row,
                header.model,
                header.learned_from.side,
                header.learned_from.dataset,
                counted(header.learned_from.clips, "clip"),
                header.classes.len(),
                counted(header.columns.len(), "column"),
                self.out.display()
            ))?;
        }
        Ok(())
    }
}
