//! `genrebench report RUN…`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::Usage;
use super::print::{self, tell};
use crate::experiment::Run;
use crate::metrics::{METRICS, find};
use crate::report::{
    CONTRAST_FORMATS, FORMATS, Reading, Report, TieTest, contrast, terminal, write_contrast, write_report,
};
use crate::spelling::hint;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench report runs/demo                             tables, page and plots, into the run's own folder
  genrebench report runs/demo --json
  genrebench report runs/demo runs/esc10 --out both       two experiments on one page
  genrebench report runs/demo --out demo --format html,tex
  genrebench report --compare runs/before runs/after      what changed, and whether it matters
  genrebench report --compare runs/mfcc runs/vggish --pair \"SVC=SVC on VGGish\" --metric accuracy")]
pub struct ReportCommand {
    /// Folders that `genrebench run` left
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Where the files go [default: into the run's own folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only these, beside comparison.svg: html, md, tex, csv, classes, confusion, mistakes, pairs (every two rows' difference and p values),
    /// json, txt, plots (with --compare, which writes only where --out says: md, json)
    #[arg(long, value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<String>,
    /// Hold two runs against each other, rows of one name
    #[arg(long)]
    compare: bool,
    /// Hold row A of the first run against row B of the second, too
    #[arg(long, value_name = "A=B", requires = "compare")]
    pair: Vec<String>,
    /// Compare rows by this metric (genrebench list metrics) [default: the one with most published figures, else f1_macro]
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Differences up to so many points do not matter in practice
    #[arg(long, value_name = "POINTS", default_value_t = 1.0, allow_negative_numbers = true)]
    region: f64,
    /// The test that tells rows apart in the tie groups
    #[arg(long, value_enum, default_value = "bootstrap", conflicts_with = "compare")]
    ties: Ties,
    /// Print the whole table, however wide the terminal is (memory is in table.md)
    #[arg(long)]
    wide: bool,
    /// Print the comparisons as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ties {
    /// Clips or their artists redrawn, for both rows alike
    Bootstrap,
    /// The corrected resampled t-test over folds
    NadeauBengio,
    /// McNemar's exact test on the clips of the first repeat
    Mcnemar,
}

impl ReportCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        if !(0.0..=100.0).contains(&self.region) {
            return Err(
                Usage(format!("--region is {}: it must lie between 0 and 100 points", self.region)).into()
            );
        }
        let ties = match self.ties {
            Ties::Bootstrap => TieTest::Bootstrap,
            Ties::NadeauBengio => TieTest::NadeauBengio,
            Ties::Mcnemar => TieTest::Mcnemar,
        };
        let metric = self.metric.as_deref().map(metric_called).transpose()?;
        let reading = Reading { region: self.region / 100.0, ties, metric };
        let formats = formats(&self.format)?;
        if self.compare {
            return self.contrast(&reading, &formats);
        }
        let runs = self.runs.iter().map(|folder| Run::load(folder)).collect::<Result<Vec<_>, _>>()?;
        let out = match (&self.out, self.runs.as_slice()) {
            (Some(out), _) => out,
            (None, [one]) => one,
            (None, _) => {
                return Err(Usage("several runs: say where their report goes with --out DIR".into()).into());
            }
        };
        let report = Report::of(&runs, &reading);
        let written = write_report(&report, out, &formats)?;
        if self.json {
            print::json(&report.comparisons)?;
        } else {
            let width = if self.wide { None } else { print::width() };
            for comparison in &report.comparisons {
                print::coloured(|colour| terminal(comparison, colour, width))?;
            }
            if let Some(said) = report.ranks_in_words() {
                print::text(&format!("\n{said}"))?;
            }
        }
        tell!("written to {}: {}", out.display(), written.join(", "));
        Ok(())
    }

    fn contrast(&self, reading: &Reading, formats: &[&str]) -> anyhow::Result<()> {
        if let Some(other) = self.format.iter().find(|name| !CONTRAST_FORMATS.contains(&name.as_str())) {
            let known = CONTRAST_FORMATS.join(" and ");
            return Err(Usage(format!("--compare writes {known}, no {other}")).into());
        }
        if self.out.is_none() && !self.format.is_empty() {
            let asked = self.format.join(",");
            let message =
                format!("--compare only prints: say with --out DIR where the files of --format {asked} go");
            return Err(Usage(message).into());
        }
        let [a, b] = self.runs.as_slice() else {
            return Err(Usage(format!(
                "--compare holds two runs against each other, not {}",
                self.runs.len()
            ))
            .into());
        };
        let (run_a, run_b) = (Run::load(a)?, Run::load(b)?);
        let matched = self.pair.iter().map(|pair| matched_rows(pair, [(a, &run_a), (b, &run_b)]));
        let matched = matched.collect::<Result<Vec<_>, _>>()?;
        let contrast = contrast((&name(a), &run_a), (&name(b), &run_b), &matched, reading);
        if self.json {
            print::json(&contrast)?;
        } else {
            let width = if self.wide { None } else { print::width() };
            print::coloured(|colour| contrast.text(colour, width))?;
        }
        if let Some(out) = &self.out {
            let written = write_contrast(&contrast, out, formats)?;
            tell!("written to {}: {}", out.display(), written.join(", "));
        }
        Ok(())
    }
}

fn metric_called(name: &str) -> Result<&'static str, Usage> {
    let unknown = || {
        let hint = hint(name, METRICS.iter().map(|metric| metric.name));
        Usage(format!("no metric `{name}`{hint}; `genrebench list metrics` shows them"))
    };
    Ok(find(name).ok_or_else(unknown)?.name)
}

/// `A=B`, which are rows of the two runs; a name may hold an equals sign itself.
fn matched_rows(pair: &str, runs: [(&PathBuf, &Run); 2]) -> Result<(String, String), Usage> {
    let has = |(_, run): (&PathBuf, &Run), name: &str| run.rows.iter().any(|row| row.name == name);
    let ways = || pair.match_indices('=').map(|(at, _)| (&pair[..at], &pair[at + 1..]));
    if let Some((a, b)) = ways().find(|(a, b)| has(runs[0], a) && has(runs[1], b)) {
        return Ok((a.to_string(), b.to_string()));
    }
    let Some((a, b)) = ways().next() else {
        return Err(Usage(format!("--pair \"{pair}\": write \"row of the first run=row of the second\"")));
    };
    let (side, name) = if has(runs[0], a) { (runs[1], b) } else { (runs[0], a) };
    let names: Vec<&str> = side.1.rows.iter().map(|row| row.name.as_str()).collect();
    let hint = hint(name, names.iter().copied());
    let (folder, rows) = (side.0.display(), names.join(", "));
    Err(Usage(format!("--pair: {folder} has no row \"{name}\"{hint}; its rows: {rows}")))
}

fn name(folder: &Path) -> String {
    folder.to_string_lossy().into_owned()
}

/// Names of formats, all where none is asked for.
fn formats(asked: &[String]) -> anyhow::Result<Vec<&str>> {
    let known: Vec<&str> = FORMATS.iter().map(|format| format.name).chain(["plots"]).collect();
    if asked.is_empty() {
        return Ok(known);
    }
    for name in asked {
        if !known.contains(&name.as_str()) {
            let hint = hint(name, known.iter().copied());
            return Err(Usage(format!(
                "no format is called `{name}`{hint}; there are: {}",
                known.join(", ")
            ))
            .into());
        }
    }
    Ok(asked.iter().map(String::as_str).collect())
}
