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
//!
//! # From Rust
//!
//! What the command line does is a few calls. The features of a file, and an experiment with its table; nothing is printed,
//! and an [`Observer`](experiment::Observer) hears of the progress:
//!
//! ```no_run
//! use std::path::Path;
//!
//! use genrebench::audio::{LoadOptions, load};
//! use genrebench::experiment::{Experiment, RunRequest, Silent, run};
//! use genrebench::features::{FeaturePlan, extract};
//! use genrebench::report::{Comparison, Reading};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan = FeaturePlan::from_set("mipt")?;
//! let options = LoadOptions { rate_hz: Some(plan.rate_hz), max_seconds: Some(30.0), ..LoadOptions::default() };
//! let song = load(Path::new("song.mp3"), &options)?;
//! for (column, value) in plan.columns().iter().zip(extract(&song.wave, &plan)?) {
//!     println!("{column} {value}");
//! }
//!
//! let request = RunRequest::new(Experiment::load(Path::new("demo"))?, "runs/demo");
//! let record = run(&request, &Silent)?;
//! for row in &Comparison::read(&record, &Reading::default()).rows {
//!     if let Some(f1) = row.score("f1_macro") {
//!         println!("{}: macro F1 {:.3} ({:.3} to {:.3})", row.name, f1.mean, f1.low, f1.high);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A model on numbers of your own, and how far its score can be trusted:
//!
//! ```
//! use genrebench::metrics::{Predictions, bootstrap, find};
//! use genrebench::models::{TrainingSet, build};
//! use ndarray::array;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let x = array![[0.0, 0.1], [0.2, 0.0], [0.1, 0.3], [5.0, 5.2], [5.1, 4.9], [4.8, 5.1]];
//! let model = build("knn", toml::toml! { n_neighbors = 3 })?;
//! let fitted = model.fit(TrainingSet { x: x.view(), y: &[0, 0, 0, 1, 1, 1], classes: 2 }, 1)?;
//!
//! let test = array![[0.3, 0.2], [4.9, 5.0], [0.0, 0.4], [4.7, 5.3]];
//! let told = Predictions {
//!     clip_ids: ["a.mp3", "b.mp3", "c.mp3", "d.mp3"].map(String::from).to_vec(),
//!     classes: ["jazz", "metal"].map(String::from).to_vec(),
//!     truth: vec![0, 1, 0, 0],
//!     predicted: fitted.predict(test.view())?,
//!     probabilities: None,
//! };
//! assert_eq!(told.predicted, [0, 1, 0, 1]);
//! told.check()?;
//!
//! let f1 = find("f1_macro").ok_or("no metric of that name")?;
//! let score = f1.compute(&told).ok_or("no clips")?;
//! let (low, high) = bootstrap(&[&told], None, f1, 1000, 1)?;
//! assert!((score - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
//! assert!(low <= score && score <= high);
//! # Ok(())
//! # }
//! ```
//!
//! [`models::Estimator`] is every model through linfa's traits, and [`audit`] holds a paper's figures against themselves.

pub(crate) mod algebra;
pub mod audio;
pub mod audit;
pub mod datasets;
#[doc(hidden)]
pub mod disk;
pub mod download;
pub mod embeddings;
pub mod experiment;
pub mod features;
#[doc(hidden)]
pub mod guarded;
pub mod inspection;
pub mod metrics;
pub mod models;
#[doc(hidden)]
pub mod random;
pub mod report;
pub(crate) mod spelling;
pub mod table;
pub mod weights;

#[doc(hidden)]
pub mod cli;

/// What `git rev-parse COMMIT:src` says of the commit that this program was built from (`build.rs`).
pub const SOURCE: &str = env!("GENREBENCH_SOURCE");
