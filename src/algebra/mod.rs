//! Floor 0: dense linear algebra of the sizes that tables of features have.

mod cholesky;
mod dot;
mod gram;
mod symmetric_eigen;

pub use cholesky::Cholesky;
pub use gram::{gram, weighted_gram_with_constant};
pub use symmetric_eigen::{SymmetricEigen, symmetric_eigen};
