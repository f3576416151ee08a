//! Floor 7: Runs become tables and plots; never fits a model.

mod comparison;
mod csv;
mod files;
mod markdown;
mod plot;
mod terminal;
mod words;

pub use comparison::{Comparison, ComparisonRow, MetricSummary};
pub use csv::csv;
pub use files::{ReportError, write_report};
pub use markdown::markdown;
pub use plot::comparison_svg;
pub use terminal::terminal;
