//! Floor 8: one file a subcommand; the only room that prints. Results go to stdout, all else to stderr.

#![deny(clippy::print_stderr, clippy::print_stdout)]

mod audit;
mod cache;
mod completions;
mod data;
mod device;
mod embedding_arguments;
mod exit;
mod explain;
mod feature_source;
mod features;
mod fetch;
mod fit;
mod inspect;
mod leak;
mod list;
mod predict;
mod print;
mod progress;
mod report;
mod run;
mod show;
mod threads;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Benchmark music-genre classifiers: audio files in, an honest comparison table out.
#[derive(Debug, Parser)]
#[command(
    name = "genrebench",
    version,
    long_version = concat!(env!("CARGO_PKG_VERSION"), ", source ", env!("GENREBENCH_SOURCE")),
    about,
    long_about = None,
    arg_required_else_help = true,
    after_help = "Examples:
  genrebench run demo                          compare the classifiers on a synthetic corpus
  genrebench run my.toml --data ~/music        an experiment of your own
  genrebench fit demo --row \"random forest\" --out forest.genrebench
  genrebench predict forest.genrebench song.mp3
  genrebench features ~/music --set mipt --out features.parquet
  genrebench audit iaml-2018                   which figures of a paper are possible
  genrebench report runs/demo                  tables, a page with evidence, plots
  genrebench show song.mp3                     spectrogram, chroma, tempogram of one clip
  genrebench list models

Exit codes: 0 done, 1 something failed (the message says what), 2 the command line or the experiment file is wrong."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an experiment: extract, split, fit, predict, score, and print the comparison table
    Run(run::RunCommand),
    /// Fit one row of an experiment and keep it in a file
    Fit(fit::FitCommand),
    /// Classify audio files with a fitted model: label, probabilities, and how they change over time
    Predict(predict::PredictCommand),
    /// Show which columns and features a run's rows lived on
    Explain(explain::ExplainCommand),
    /// Extract features from audio files into a CSV, Parquet or NPZ table
    Features(features::FeaturesCommand),
    /// List what the suite knows: features, embeddings, sets, statistics, models, datasets, splits, prepare, metrics,
    /// experiments, papers
    List(list::ListCommand),
    /// Fetch a data set or weights, make the synthetic corpus, or look at a data set before running on it
    Data(data::DataCommand),
    /// Write the tables, the page and the plots of finished runs; or hold two runs against each other
    Report(report::ReportCommand),
    /// Audit the figures that a paper prints: which of them are possible?
    Audit(audit::AuditCommand),
    /// Draw one clip: spectrogram, harmonic and percussive parts, chroma, tempogram
    Show(show::ShowCommand),
    /// Check that a run still holds: files, configuration, results, inputs, and cells computed again
    Verify(verify::VerifyCommand),
    /// Measure what leaks between the sides of a split add to a score
    Leak(leak::LeakCommand),
    /// Print a completion script for your shell
    Completions(completions::CompletionsCommand),
}

/// Parses the command line, does what it asks, and tells how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nowhere is left to report a failure to print the help.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let every_core = || threads::ThreadsArgument::default().start();
    let outcome = match cli.command {
        Command::Run(command) => command.execute(),
        Command::Fit(command) => command.execute(),
        Command::Predict(command) => command.execute(),
        Command::Explain(command) => every_core().and_then(|()| command.execute()),
        Command::Features(command) => command.execute(),
        Command::List(command) => command.execute(),
        Command::Data(command) => every_core().and_then(|()| command.execute()),
        Command::Report(command) => every_core().and_then(|()| command.execute()),
        Command::Audit(command) => every_core().and_then(|()| command.execute()),
        Command::Show(command) => every_core().and_then(|()| command.execute()),
        Command::Verify(command) => command.execute(),
        Command::Leak(command) => command.execute(),
        Command::Completions(command) => command.execute(),
    };
    exit::code(outcome)
}
