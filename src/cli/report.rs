//! `genrebench report RUN…`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::exit::Usage;
use super::print::{self, tell};
use crate::experiment::Run;
use crate::report::{
    CONTRAST_FORMATS, FORMATS, Reading, Report, TieTest, contrast, terminal, write_contrast, write_report,
};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench report runs/demo                             tables, page and plots, into the run's own folder
  genrebench report runs/demo --json
  genrebench report runs/demo runs/esc10 --out both       two experiments on one page
  genrebench report runs/demo --out demo --format html,tex
  genrebench report --compare runs/before runs/after      what changed, and whether it matters")]
pub struct ReportCommand {
    /// Folders that `genrebench run` left
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Where the files go [default: into the run's own folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only these: html, md, tex, csv, json, txt, plots (with --compare, which writes only where --out says: md, json)
    #[arg(long, value_name = "FORMAT", value_delimiter = ',')]
    format: Vec<String>,
    /// Hold two runs against each other, row by row
    #[arg(long)]
    compare: bool,
    /// Differences up to so many points do not matter in practice
    #[arg(long, value_name = "POINTS", default_value_t = 1.0, allow_negative_numbers = true)]
    region: f64,
    /// The test that tells rows apart in the tie groups
    #[arg(long, value_enum, default_value = "bootstrap", conflicts_with = "compare")]
    ties: Ties,
    /// Print every column of the table, however wide the terminal is
    #[arg(long, conflicts_with = "compare")]
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
        let reading = Reading { region: self.region / 100.0, ties };
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
            for comparison in &report.comparisons {
                print::text(&terminal(
                    comparison,
                    print::colour(),
                    if self.wide { None } else { print::width() },
                ))?;
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
        let contrast = contrast((&name(a), &Run::load(a)?), (&name(b), &Run::load(b)?), reading);
        if self.json {
            print::json(&contrast)?;
        } else {
            print::text(&contrast.text(print::colour()))?;
        }
        if let Some(out) = &self.out {
            let written = write_contrast(&contrast, out, formats)?;
            tell!("written to {}: {}", out.display(), written.join(", "));
        }
        Ok(())
    }
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
            let hint = crate::spelling::hint(name, known.iter().copied());
            return Err(Usage(format!(
                "no format is called `{name}`{hint}; there are: {}",
                known.join(", ")
            ))
            .into());
        }
    }
    Ok(asked.iter().map(String::as_str).collect())
}
