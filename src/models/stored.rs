//! A fitted model as bytes, and back: MessagePack of its struct, every number to the bit.
//!
//! `pack` and `unpack` are all that most models need. The bytes carry no checksum and no name: whoever keeps them
//! (`experiment`'s model file, an ensemble of models) keeps both. Bytes that were tampered with give an error here,
//! or a panic when the model is asked, which its caller guards against; they cannot make it ask for ever.

use serde::de::{DeserializeOwned, Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};

use super::error::ModelError;
use super::model::Fitted;

/// An answer has room for each.
const MOST_CLASSES: usize = 1 << 17;

/// The number of classes of a table, of which a forged one would ask for more memory than there is.
pub fn classes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let classes = usize::deserialize(deserializer)?;
    let wrong = || D::Error::invalid_value(Unexpected::Unsigned(classes as u64), &"a number of classes");
    (classes <= MOST_CLASSES).then_some(classes).ok_or_else(wrong)
}

/// For `Fitted::save`.
pub fn pack<T: Serialize>(fitted: &T) -> Result<Vec<u8>, ModelError> {
    rmp_serde::to_vec(fitted).map_err(|error| ModelError::NotPacked { reason: error.to_string() })
}

/// For `ModelEntry::load`.
pub fn unpack<T: Fitted + DeserializeOwned + 'static>(
    model: &str,
    state: &[u8],
) -> Result<Box<dyn Fitted>, ModelError> {
    Ok(Box::new(unpack_as::<T>(model, state)?))
}

/// What `pack` made, for a model that has more to do with it.
pub fn unpack_as<T: DeserializeOwned>(model: &str, state: &[u8]) -> Result<T, ModelError> {
    let broken = |reason: String| ModelError::BrokenState { model: model.to_string(), reason };
    let mut rest = state;
    let kept: T = rmp_serde::from_read(&mut rest).map_err(|error| broken(error.to_string()))?;
    match rest.len() {
        0 => Ok(kept),
        left => Err(broken(format!("{left} bytes are left over"))),
    }
}
