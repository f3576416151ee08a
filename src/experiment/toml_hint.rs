//! TOML mistakes in an experiment as `file:line: message`.

use std::path::Path;

use super::ExperimentError;
use crate::spelling::mistake;
pub use crate::spelling::{line_of, with_suggestion};

/// A TOML error as `file:line: message`, with a suggestion where a key or value is close to a known one.
pub fn explain(path: &Path, text: &str, error: &toml::de::Error) -> ExperimentError {
    let (line, message) = mistake(text, error);
    ExperimentError::Mistake { path: path.to_path_buf(), line, message }
}
