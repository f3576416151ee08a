//! Floor 6: published Claims, alone or against Runs, become Findings.
//!
//! A claims file (`docs/AUDIT.md`) is read into a `Paper`, and `audit` gives every figure a verdict with its reason.
//! Verdicts rest on integers and exact fractions; every search has a bound and says when it hit it.

mod against_run;
mod any_average;
mod averaged;
mod binary;
mod binary_finding;
mod binary_score;
mod by_class;
mod candidates;
mod claimed_score;
mod claims;
mod class_hits;
mod comparison;
mod envelope;
mod error;
mod every_check;
mod exact;
mod file;
mod finding;
mod fold_counting;
mod fold_layouts;
mod fold_question;
mod fold_range;
mod fold_sums;
mod folds;
mod grid;
mod half_points;
mod identities;
mod joint;
mod joint_power;
mod matrix_file;
mod matrix_scores;
mod mismatch;
mod natural;
mod normalised;
mod papers;
mod power;
mod predictions;
mod printed;
mod read;
mod read_claim;
mod read_folding;
mod read_set;
mod recount;
mod region;
mod relaxation;
mod rows;
mod search;
mod sizes;
mod splits;
mod spread;
mod tally;
mod two_classes;
mod whole_point;

pub use against_run::against_run;
pub use binary_score::{BinaryScore, Counts};
pub use claims::{
    Aggregate, Asserted, Average, Claim, Compared, Ddof, Folding, Matrix, Metric, Note, Paper, SplitClaim,
    TestSet,
};
pub use error::AuditError;
pub use every_check::audit;
pub use exact::Exact;
pub use finding::{Audit, Finding, Verdict, Witness, percent};
pub use matrix_scores::{ClassRow, MatrixScores};
pub use papers::{BuiltInPaper, PAPERS, TEMPLATE};
pub use printed::{Interval, Printed, Rounding, Unit};
