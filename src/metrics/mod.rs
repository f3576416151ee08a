//! Floor 3: Predictions in, Scores out. One file a metric family.
//!
//! Macro averages run over the classes that occur in truth or predictions, as scikit-learn's do; a division
//! by zero counts as 0 (a class never predicted has precision 0, a class without clips recall 0).

mod accuracy;
mod bootstrap;
mod confusion;
mod f1;
mod intervals;
mod log_loss;
mod metric;
mod predictions;
mod registry;
mod scores;

pub use bootstrap::bootstrap;
pub use confusion::Confusion;
pub use intervals::{MeanSd, mean_sd, wilson};
pub use metric::{Metric, Statistic};
pub use predictions::{MetricsError, Predictions};
pub use registry::{METRICS, find};
pub use scores::{ClassScores, Score, Scores};
