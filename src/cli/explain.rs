//! `genrebench explain RUN`.

use std::path::PathBuf;

use clap::Args;

use super::exit::Usage;
use super::print;
use crate::experiment::{ExperimentError, Run};
use crate::report::{Explained, explained, explained_text};
use crate::spelling::hint;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench run demo --explain && genrebench explain runs/demo
  genrebench explain runs/demo --row \"random forest\" --top 30
  genrebench explain runs/demo --json

An experiment asks for it with explain = true (or { repeats = 10, metric = \"accuracy\" }), for all rows or in a row. \
Each column, and all columns of each feature, are shuffled among the test clips; what the score loses is their \
importance. importances.csv in the run's folder has every figure.")]
pub struct ExplainCommand {
    /// A folder that `genrebench run` left
    run: PathBuf,
    /// Only this row
    #[arg(long, value_name = "ROW")]
    row: Option<String>,
    /// How many single columns to show
    #[arg(long, value_name = "N", default_value_t = 12)]
    top: usize,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

impl ExplainCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        let run = Run::load(&self.run)?;
        let mut rows: Vec<Explained> = explained(&run);
        if let Some(name) = &self.row {
            let names = || run.rows.iter().map(|row| row.name.as_str());
            if !names().any(|known| known == name) {
                let rows = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
                let (name, rows) = (name.clone(), rows + &hint(name, names()));
                return Err(ExperimentError::UnknownRow { name, rows }.into());
            }
            rows.retain(|row| row.row == *name);
        }
        if rows.is_empty() {
            let which = self.row.map(|row| format!(" of row `{row}`")).unwrap_or_default();
            return Err(Usage(format!(
                "{} holds no explanation{which}; run it with `genrebench run … --explain`, or put explain = true into the experiment \
                 (rows with frames and ensembles have no importances)",
                self.run.display()
            ))
            .into());
        }
        if self.json {
            print::json(&rows)?;
        } else {
            print::coloured(|colour| explained_text(&rows, self.top, colour))?;
        }
        Ok(())
    }
}
