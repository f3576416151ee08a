//! `genrebench report RUN…`.

use std::path::PathBuf;

use clap::Args;

use super::exit::Usage;
use super::print;
use crate::experiment::Run;
use crate::report::{Comparison, terminal, write_report};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench report runs/demo
  genrebench report runs/demo --json
  genrebench report runs/demo runs/esc10-straight --out reports/both")]
pub struct ReportCommand {
    /// Folders that `genrebench run` left
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Where the tables are written [default: into the run's own folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the comparisons as JSON
    #[arg(long)]
    json: bool,
}

impl ReportCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        let runs = self.runs.iter().map(|folder| Run::load(folder)).collect::<Result<Vec<_>, _>>()?;
        let out = match (self.out, self.runs.as_slice()) {
            (Some(out), _) => out,
            (None, [one]) => one.clone(),
            (None, _) => {
                return Err(Usage("several runs: say where their report goes with --out DIR".into()).into());
            }
        };
        write_report(&runs, &out)?;
        let comparisons: Vec<Comparison> = runs.iter().map(Comparison::of).collect();
        if self.json {
            print::json(&comparisons)?;
        } else {
            for comparison in &comparisons {
                print::text(&terminal(comparison, print::colour()))?;
            }
        }
        eprintln!("written to {}", out.display());
        Ok(())
    }
}
