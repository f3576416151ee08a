//! Floor 3: Predictions in, scores out. One file a metric family.
//!
//! Macro averages run over the classes that occur in truth or predictions, as scikit-learn's do; a division
//! by zero counts as 0 (a class never predicted has precision 0, a class without clips recall 0, an MCC whose one side
//! names a single class is 0). What is not defined at all has no value: kappa where one class is everywhere, an area
//! under a curve where a class has no clip.

mod accuracy;
mod agreement;
mod bootstrap;
mod brier;
mod calibration;
mod confusion;
mod distributions;
mod equivalence;
mod f1;
mod intervals;
mod log_loss;
mod mcnemar;
mod metric;
mod predictions;
mod ranking;
mod ranks;
mod registry;
mod roc_auc;
mod tests_of_difference;
mod tie_groups;
mod top_k;

pub use bootstrap::{DRAWS, Units, bootstrap, central_95, resampled, units_redrawn};
pub use calibration::{CalibrationBin, calibration_curve};
pub use confusion::Confusion;
pub use distributions::chi_square_above;
pub use equivalence::{Judgement, Verdict, judge, resampled_p};
pub use f1::of_class;
pub use intervals::{MeanSd, mean_sd, wilson};
pub use mcnemar::mcnemar;
pub use metric::{Metric, Statistic, Unit, compute_all};
pub use predictions::{MetricsError, Predictions};
pub use ranks::{FEWEST_DATA_SETS, Ranks, friedman};
pub use registry::{METRICS, find};
pub use tests_of_difference::{TTest, corrected_t_test, holm};
pub use tie_groups::tie_groups;
