//! `genrebench verify RUN`.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::json;

use super::cache::CacheArguments;
use super::exit::Incomplete;
use super::print;
use super::progress::Bars;
use super::threads::ThreadsArgument;
use crate::experiment::{VerifyRequest, verify};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench verify runs/demo                one cell at random is computed again
  genrebench verify runs/demo --all
  genrebench verify runs/esc10 --data ~/data/ESC-10 --json

Looks at the run's files (against their seal), its configuration (against the experiment's text), its predictions and \
scores (derived anew from the cells), its ledger of looks at the test side, its audio and features (hashed anew), the \
cache, the names of its cells, and one cell (computed anew, compared bit for bit). Exit code 1 if anything does not hold.")]
pub struct VerifyCommand {
    /// A folder that `genrebench run` left
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Where the data set lies, if not where the run found it
    #[arg(long, value_name = "DIR|FILE")]
    data: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArguments,
    /// Compute every cell again
    #[arg(long)]
    all: bool,
    /// Chooses the cell [default: another one every time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    threads: ThreadsArgument,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// No progress and no notes on stderr
    #[arg(long, short)]
    quiet: bool,
}

impl VerifyCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        self.threads.start()?;
        let clock =
            || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos().into());
        let request = VerifyRequest {
            folder: self.run,
            data: self.data,
            cache: self.cache.open(),
            all: self.all,
            seed: self.seed.unwrap_or_else(clock),
        };
        let checks = verify(&request, &Bars::new(self.quiet))?;
        let broken = checks.iter().filter(|check| !check.holds).count();
        if self.json {
            print::json(&json!({ "holds": broken == 0, "checks": checks }))?;
        } else {
            for check in &checks {
                let verdict = if check.holds { "holds" } else { "DOES NOT HOLD" };
                print::text(&format!("{:9} {verdict}", check.name))?;
                for line in &check.found {
                    print::text(&format!("          {line}"))?;
                }
            }
        }
        match broken {
            0 => Ok(()),
            _ => Err(Incomplete(format!("{broken} of {} checks do not hold", checks.len())).into()),
        }
    }
}
