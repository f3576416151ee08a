//! Floor 7: Runs become tables, pages and pictures; never fits a model.

mod clip_pictures;
mod comparison;
mod contrast;
mod drawing;
mod evidence;
mod explained;
mod files;
mod formats;
mod history;
mod leaks;
mod markdown_text;
mod pairs;
mod plots;
mod reading;
mod robustness;
mod timeline;
mod words;

pub use clip_pictures::clip_pictures;
pub use comparison::{Comparison, ComparisonRow, MetricSummary};
pub use contrast::{Contrast, ContrastRow, contrast};
pub use drawing::{DrawError, Sheet, png, svg};
pub use explained::{Explained, explained, explained_text};
pub use files::{CONTRAST_FORMATS, ReportError, every_format, write_contrast, write_picture, write_report};
pub use formats::{FORMATS, Format, Report, markdown, terminal};
pub use leaks::{leaks_markdown, leaks_terminal, write_leaks};
pub use pairs::Pair;
pub use plots::{PLOTS, Plot};
pub use reading::{Over, Reading, TieTest};
pub use timeline::timeline;
