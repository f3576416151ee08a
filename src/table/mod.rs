//! Floor 2: numbers by clip. FeatureTable (one row a clip), FrameTable (one matrix a clip), Split, Prepare.

mod feature_table;

pub use feature_table::FeatureTable;
