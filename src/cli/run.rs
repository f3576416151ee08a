//! `genrebench run EXPERIMENT`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::cache::CacheArguments;
use super::device::DeviceArgument;
use super::exit::Incomplete;
use super::print::{self, tell};
use super::progress::Bars;
use super::threads::ThreadsArgument;
use crate::experiment::{
    BETWEEN_CHECKPOINTS, CellKey, Experiment, Otherwise, RunRequest, StandIn, check_allowed, run,
};
use crate::report::{Reading, Report, every_format, markdown, terminal, write_report};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench run experiments/demo.toml
  genrebench run demo --threads 1 --json
  genrebench run experiments/esc10-straight.toml --data ~/data/ESC-10
  genrebench run my.toml --only \"logistic regression\"
  genrebench run mipt-2020-table-a --stand-in synth         the line without the data, on invented music
  genrebench run mipt-2020-table-a --data fma_small --quick  a rehearsal on ten clips a class
  genrebench run demo --only perceptron --device vulkan      its network trained on a graphics card

A killed run continues where it was: run the same command again. Everything it leaves is in the output folder; \
genrebench report FOLDER writes the tables again.")]
pub struct RunCommand {
    /// An experiment file, or the name of a built-in one (genrebench list experiments)
    experiment: PathBuf,
    /// Where the data set lies, if not where the experiment says
    #[arg(long, value_name = "DIR|FILE")]
    data: Option<PathBuf>,
    /// Run on invented music instead of the data set: synth, synth:CLIPS (a genre) or synth:CLIPS:SECONDS.
    /// Embeddings become random filters. No reproduction, and every output says so
    #[arg(long, value_name = "CORPUS", conflicts_with = "data")]
    stand_in: Option<StandIn>,
    /// A rehearsal: ten clips a class, one repeat, few trees, iterations and epochs, narrow networks, random filters for
    /// trained embeddings; every output says so
    #[arg(long)]
    quick: bool,
    /// Where the run is kept [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArguments,
    #[command(flatten)]
    device: DeviceArgument,
    #[command(flatten)]
    threads: ThreadsArgument,
    /// Run only this row, or all of an ensemble or ablation of that name (may be given several times)
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// Run although findings of this kind stand on both sides of the split (exact-duplicate, near-duplicate,
    /// shared-artist; may be given several times): every report says so
    #[arg(long, value_name = "NAME", value_parser = allowed)]
    allow: Vec<String>,
    /// Also shuffle each column of the test clips to see what it gave (genrebench explain shows it)
    #[arg(long)]
    explain: bool,
    /// A network's training is put on disk every so many seconds, to go on from there when the run is killed
    #[arg(long, value_name = "SECONDS", default_value_t = BETWEEN_CHECKPOINTS.as_secs())]
    checkpoint_seconds: u64,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
    /// Print the comparison as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print the whole table, however wide the terminal is (memory is in table.md)
    #[arg(long)]
    wide: bool,
    /// No progress and no notes on stderr
    #[arg(long, short)]
    quiet: bool,
}

impl RunCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        self.threads.start()?;
        let otherwise = Otherwise { stand_in: self.stand_in, quick: self.quick, device: self.device.device };
        let mut experiment = Experiment::load(&self.experiment)?.otherwise(otherwise)?;
        experiment.allow.extend(self.allow);
        if self.explain {
            for row in &mut experiment.rows {
                if row.ensemble.is_none() && !row.has_frames() {
                    row.explain.get_or_insert_default();
                }
            }
        }
        let out = self.out.unwrap_or_else(|| Path::new("runs").join(&experiment.name));
        let request = RunRequest {
            data: self.data,
            cache: self.cache.open(),
            command: command_line(),
            only: self.only,
            between_checkpoints: Duration::from_secs(self.checkpoint_seconds),
            ..RunRequest::new(experiment, &out)
        };
        let record = run(&request, &Bars::new(self.quiet))?;
        let report = Report::of(std::slice::from_ref(&record), &Reading::default());
        let written = write_report(&report, &out, &every_format())?;
        let comparison = &report.comparisons[0];
        if self.json {
            print::json(comparison)?;
        } else if self.markdown {
            print::text(&markdown(&record, comparison))?;
        } else {
            let width = if self.wide { None } else { print::width() };
            print::coloured(|colour| terminal(comparison, colour, width))?;
        }
        if !self.quiet {
            tell!("kept in {}: run.json, cells/, predictions.csv, {}", out.display(), written.join(", "));
        }
        let asked = |key: &CellKey| !record.experiment.not_asked.contains(&key.row);
        let failures: Vec<String> = record
            .failures()
            .filter(|(key, _)| asked(key))
            .map(|(key, reason)| {
                format!("\n  {} (repeat {}, fold {}): {reason}", key.row, key.repeat, key.fold)
            })
            .collect();
        if failures.is_empty() {
            return Ok(());
        }
        let count = failures.len();
        Err(Incomplete(format!(
            "{count} of {} cells failed; the others are kept:{}",
            record.cells.len(),
            failures.concat()
        ))
        .into())
    }
}

fn allowed(name: &str) -> Result<String, String> {
    check_allowed(&[name.to_string()]).map(|()| name.to_string())
}

/// The command as it was typed, in a form that a shell reads back; a report need not say whose home it was.
pub(super) fn command_line() -> String {
    let home = std::env::home_dir();
    let home = home.as_deref().and_then(Path::to_str);
    let words = std::env::args_os().skip(1).map(|word| typed(&word.to_string_lossy(), home));
    std::iter::once("genrebench".to_string()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word of a command, quoted where a shell would take it for more. `~` is read as the home only where a word begins.
fn typed(word: &str, home: Option<&str>) -> String {
    let below =
        |path: &str| Some(home.and_then(|home| path.strip_prefix(home))?.strip_prefix('/')?.to_string());
    if let Some((option, path)) = word.split_once('=').filter(|(option, _)| option.starts_with("--"))
        && below(path).is_some()
    {
        return format!("{option} {}", typed(path, home));
    }
    match below(word) {
        Some(path) if path.is_empty() => "~/".to_string(),
        Some(path) => format!("~/{}", quoted(&path)),
        None => quoted(word),
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    match word.chars().all(plain) && !word.is_empty() {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_back_and_names_no_home() {
        let typed = |word: &str| typed(word, Some("/home/me"));
        assert_eq!(typed("it's"), "'it'\\''s'");
        assert_eq!(typed(""), "''");
        assert_eq!(typed("/home/me/music"), "~/music");
        assert_eq!(typed("/home/me/my music"), "~/'my music'");
        assert_eq!(typed("/home/me/"), "~/");
        assert_eq!(typed("--data=/home/me/music"), "--data ~/music");
        assert_eq!(typed("--only=a=/home/me/b"), "--only=a=/home/me/b");
        assert_eq!(typed("/home/melanie/music"), "/home/melanie/music");
        assert_eq!(super::typed("/home/me/music", None), "/home/me/music");
    }
}
