//! Floor 5: an Experiment (a TOML file) in, a Run (a record on disk) out, and the runner between.
//!
//! A run is a grid of cells (row × repeat × fold). A cell depends on nothing but the hashes of its inputs and
//! leaves one record; a killed run continues by skipping the cells whose records are there.

mod ablation;
mod cache;
mod cell;
mod clip_report;
mod clock;
mod column_choice;
mod contamination;
mod embedded_table;
mod error;
mod extraction;
mod extraction_plan;
mod feature_spec;
mod file;
mod frames;
mod gather;
mod ledger;
mod library;
mod machine;
mod observer;
mod overview;
mod request;
mod row;
mod run;
mod runner;
mod seal;
mod stand_in;
mod toml_hint;
mod verify;

pub use cache::FeatureCache;
pub use cell::{CellKey, CellRecord, Outcome, Times};
pub use clip_report::ClipReport;
pub use error::ExperimentError;
pub use extraction::{Extraction, extract_clips};
pub use extraction_plan::{ExtractionPlan, Recipe};
pub use feature_spec::FeatureSpec;
pub use file::Experiment;
pub use frames::{decode_clips, extract_frames, extract_patches};
pub use ledger::Looks;
pub use library::{BuiltIn, EXPERIMENTS};
pub use machine::Machine;
pub use observer::{Observer, Silent};
pub use overview::Overview;
pub use request::RunRequest;
pub use row::{Published, Reference, Row};
pub use run::{ClipRecord, RowRecord, Run, csv_field};
pub use runner::run;
pub use stand_in::{Otherwise, StandIn};
pub use verify::{Check, VerifyRequest, verify};
