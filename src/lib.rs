//! genrebench: audio files in, an honest comparison table of music-genre classifiers out.
//!
//! Data walks one straight line, and every room of the source tree is one step of it:
//!
//! ```text
//! audio file ─► Waveform ─► features ─► FeatureTable ─► Split ─► fit ─► predict ─► Scores ─► Run ─► report
//! ```
//!
//! A room uses lower floors only; `tests/architecture.rs` holds the house to it. Below `audio` lies a cellar of tools
//! that know nothing of sound: `disk`, `download`, `guarded`, `random`, `spelling`.

pub mod algebra;
pub mod audio;
pub mod audit;
pub mod datasets;
pub mod disk;
pub mod download;
pub mod embeddings;
pub mod experiment;
pub mod features;
pub mod guarded;
pub mod inspection;
pub mod metrics;
pub mod models;
pub mod random;
pub mod report;
pub mod spelling;
pub mod table;
pub mod weights;

pub mod cli;

/// What `git rev-parse COMMIT:src` says of the commit that this program was built from (`build.rs`).
pub const SOURCE: &str = env!("GENREBENCH_SOURCE");
