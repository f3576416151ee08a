//! What to run, and where.

use std::path::PathBuf;
use std::time::Duration;

use super::{Experiment, FeatureCache};

/// Between two checkpoints of a training, where nobody says otherwise.
pub const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(10);

/// An experiment with all that is said of a run beside it.
///
/// ```
/// # fn run(experiment: genrebench::experiment::Experiment) {
/// use genrebench::experiment::RunRequest;
///
/// let request = RunRequest { only: vec!["SVM, rbf".into()], ..RunRequest::new(experiment, "runs/mine") };
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// What is asked, and of what.
    pub experiment: Experiment,
    /// Where the data set lies, if not where the experiment says.
    pub data: Option<PathBuf>,
    /// The folder of the run; of `fit`, the model's file.
    pub out: PathBuf,
    /// Where features of clips are kept from run to run; none: they are computed each time.
    pub cache: Option<FeatureCache>,
    /// The command as it was given, for the record.
    pub command: String,
    /// Rows to run; all when empty.
    pub only: Vec<String>,
    /// A training that is under way is put on disk when so much time has gone by since the last.
    pub between_checkpoints: Duration,
}

impl RunRequest {
    /// All rows, on the data where the experiment says, without a cache.
    pub fn new(experiment: Experiment, out: impl Into<PathBuf>) -> Self {
        Self {
            experiment,
            data: None,
            out: out.into(),
            cache: None,
            command: String::new(),
            only: Vec::new(),
            between_checkpoints: BETWEEN_CHECKPOINTS,
        }
    }
}
