//! The one integration binary: each module says what it holds the house to.

/// The features' numbers are librosa's.
mod librosa_parity;
/// What every registered feature must do.
mod feature_contract;
