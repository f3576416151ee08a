//! The threads that everything works with, started where a failure can be told.

use anyhow::anyhow;

/// Starts `threads` of them, or one a core. Asked for nothing, rayon would start them when they are first needed, and
/// panic where the system has no memory or no number left for them.
pub fn start(threads: Option<u16>) -> anyhow::Result<()> {
    let wanted = threads.map_or(0, usize::from);
    rayon::ThreadPoolBuilder::new().num_threads(wanted).build_global().map_err(|error| {
        anyhow!(
            "cannot start the threads to work with ({error}); leave the program more memory or processes \
             (`ulimit -v`, `ulimit -u`) or ask for fewer threads with --threads"
        )
    })?;
    Ok(())
}
