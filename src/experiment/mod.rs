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
mod error;
mod evidence_tables;
mod explain;
mod explain_spec;
mod extraction;
mod extraction_plan;
mod feature_spec;
mod file;
mod fit;
mod fitting;
mod frames;
mod gather;
mod inner_search;
mod ledger;
mod library;
mod machine;
mod model_file;
mod observer;
mod overview;
mod predict;
mod request;
mod row;
mod run;
mod runner;
mod seal;
mod search;
mod toml_hint;
mod training_side;
mod verify;

pub use cache::FeatureCache;
pub use cell::{CellKey, CellRecord, Outcome, Times};
pub use clip_report::ClipReport;
pub use error::ExperimentError;
pub use evidence_tables::csv_field;
pub use explain::{Explanation, Importance};
pub use explain_spec::ExplainSpec;
pub use extraction::{Extraction, extract_clips};
pub use extraction_plan::ExtractionPlan;
pub use feature_spec::FeatureSpec;
pub use file::Experiment;
pub use fit::{FitOn, fit};
pub use frames::{decode_clips, extract_frames};
pub use inner_search::{SearchRecord, Trial};
pub use ledger::Looks;
pub use library::{BuiltIn, EXPERIMENTS};
pub use machine::Machine;
pub use model_file::{LearnedFrom, ModelHeader, SavedModel};
pub use observer::{Observer, Silent};
pub use overview::Overview;
pub use predict::{Heard, Segment, Windows, predict};
pub use request::RunRequest;
pub use row::{Published, Row};
pub use run::{ClipRecord, RowRecord, Run};
pub use runner::run;
pub use search::SearchSpec;
pub use verify::{Check, VerifyRequest, verify};
