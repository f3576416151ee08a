//! The one integration binary: each module says what it holds the house to.

mod metric_golden;
mod model_contract;
mod model_golden;
