//! Floor 2: numbers by clip. FeatureTable (one row a clip), FrameTable (one matrix a clip), Split, Prepare.

mod columns;
mod csv;
mod error;
mod feature_table;
mod fma_header;
mod frame_table;
mod groups;
mod growing_table;
mod npy;
mod npz;
mod parquet;
mod prepare;
mod read;
mod row_sink;
mod split;
#[cfg(test)]
mod tests;

pub use crate::datasets::{TableColumns, TableSource};
pub use columns::ReadTable;
pub use error::{Place, TableError};
pub use feature_table::{Cell, FeatureTable};
pub use frame_table::{ClipFrames, FrameSink, FrameTable, check_frames_path, write_frames};
pub use groups::{group_of, groups};
pub use growing_table::{GrowingTable, TableRow};
pub use prepare::{FittedPrepare, PREPARE_STEPS, Prepare, PrepareStep};
pub use read::{read_table, write_table};
pub use row_sink::{RowSink, check_table_path, write_rows};
pub use split::{
    ClipRows, HoldOut, KFold, ListFiles, Official, SPLIT_KINDS, Split, SplitKind, SplitSpec, Unknown,
    ValidationSide, split_notes,
};
