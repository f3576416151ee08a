//! The one integration binary: each module says what it holds the house to.

/// Chroma, tonnetz and resampling are librosa's.
mod chroma_parity;
/// What every registered feature must do.
mod feature_contract;
/// The features' numbers are librosa's.
mod librosa_parity;
