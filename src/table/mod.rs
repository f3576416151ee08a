//! Floor 2: numbers by clip. FeatureTable (one row a clip), FrameTable (one matrix a clip), Split, Prepare.

mod columns;
mod csv;
mod error;
mod feature_table;
mod frame_table;
mod npy;
mod npz;
mod parquet;
mod prepare;
mod read;
mod split;
#[cfg(test)]
mod tests;

pub use crate::datasets::{TableColumns, TableSource};
pub use error::{Place, TableError};
pub use feature_table::{Cell, FeatureTable, GrowingTable, TableRow};
pub use frame_table::{check_frames_path, ClipFrames, FrameSink, FrameTable, write_frames};
pub use prepare::{FittedPrepare, PREPARE_STEPS, Prepare, PrepareStep};
pub use read::{ReadTable, check_table_path, read_table, write_table};
pub use split::{
    ClipRows, HoldOut, KFold, ListFiles, Official, SPLIT_KINDS, Split, SplitKind, SplitSpec, Unknown,
    ValidationSide, split_notes,
};
