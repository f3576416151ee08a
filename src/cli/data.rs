//! `genrebench data synth|inspect|fetch`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::Usage;
use super::fetch::FetchArguments;
use super::inspect::InspectArguments;
use super::print::tell;
use super::progress::Bars;
use crate::datasets::synth::{self, SynthSpec};
use crate::disk::write_atomically;
use crate::experiment::Observer;

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
    /// Look at a data set before running on it: counts, duplicates, broken, silent and mislabelled clips
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
    /// Another seed is another corpus
    #[arg(long, value_name = "N", default_value_t = SynthSpec::default().seed)]
    seed: u64,
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
            tell!(
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
