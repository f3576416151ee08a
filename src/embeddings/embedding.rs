//! What every embedding is: a signal becomes patches × numbers.

use ndarray::Array2;

use super::error::EmbeddingError;
use crate::audio::Waveform;

pub(super) trait Embedding: Send + Sync {
    /// The rate a signal must have.
    fn rate_hz(&self) -> u32;
    /// Names of a patch's numbers.
    fn columns(&self) -> Vec<String>;
    /// Patches × numbers; at least one patch. `name` is for messages.
    fn patches(&self, name: &str, wave: &Waveform) -> Result<Array2<f32>, EmbeddingError>;
}
