//! Floor 5: an Experiment (a TOML file) in, a Run (a record on disk) out, and the runner between.
//!
//! A run is a grid of cells (row × repeat × fold). A cell depends on nothing but the hashes of its inputs and
//! leaves one record; a killed run continues by skipping the cells whose records are there.

mod cache;
mod cell;
mod clip_report;
mod clock;
mod column_choice;
mod error;
mod extraction;
mod extraction_plan;
mod feature_spec;
mod file;
mod frames;
mod gather;
mod library;
mod machine;
mod observer;
mod request;
mod run;
mod runner;
mod stand_in;
mod toml_hint;

pub use cache::FeatureCache;
pub use cell::{CellKey, CellRecord, Outcome, Times};
pub use clip_report::ClipReport;
pub use error::ExperimentError;
pub use extraction::{Extraction, extract_clips};
pub use extraction_plan::ExtractionPlan;
pub use feature_spec::FeatureSpec;
pub use file::{Experiment, Published, Reference, Row};
pub use frames::{decode_clips, extract_frames};
pub use library::{BuiltIn, EXPERIMENTS};
pub use machine::Machine;
pub use observer::{Observer, Silent};
pub use request::RunRequest;
pub use run::{ClipRecord, RowRecord, Run, csv_field};
pub use runner::run;
pub use stand_in::StandIn;
