//! What to run, and where.

use std::path::PathBuf;
use std::time::Duration;

use super::{Experiment, FeatureCache};

/// Between checkpoints, where nobody says otherwise.
pub const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(10);

/// An experiment with all that the command line adds to it.
#[derive(Debug, Clone)]
pub struct RunRequest {
    pub experiment: Experiment,
    /// Where the data set lies, if not where the experiment says.
    pub data: Option<PathBuf>,
    pub out: PathBuf,
    pub cache: Option<FeatureCache>,
    /// The command as it was given, for the record.
    pub command: String,
    /// Rows to run; all when empty.
    pub only: Vec<String>,
    /// A training that is under way is put on disk when so much time has gone by since the last.
    pub between_checkpoints: Duration,
}
