//! `--threads`: what everything works with, started where a failure can be told.

use anyhow::anyhow;
use clap::Args;

#[derive(Debug, Default, Args)]
pub struct ThreadsArgument {
    /// Threads to work with [default: every core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ThreadsArgument {
    /// Asked for nothing, rayon would start them when they are first needed, and panic where the system has no memory
    /// or no number left for them.
    pub fn start(&self) -> anyhow::Result<()> {
        let wanted = self.threads.map_or(0, usize::from);
        rayon::ThreadPoolBuilder::new().num_threads(wanted).build_global().map_err(|error| {
            anyhow!(
                "cannot start the threads to work with ({error}); leave the program more memory or processes \
                 (`ulimit -v`, `ulimit -u`), or fewer threads with --threads or RAYON_NUM_THREADS"
            )
        })?;
        Ok(())
    }
}
