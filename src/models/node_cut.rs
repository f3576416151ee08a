//! What the ways of cutting a node are given and what they give back.

use super::lane_split::KeyLayout;
use super::ranked_columns::RankedColumns;
use super::tree_rules::Rules;

/// A training row of a tree: where it stands in the table, and its class and count as a key holds them.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub row: u32,
    pub payload: u32,
}

/// What all trees of a fit share.
pub struct Ground<'a> {
    pub table: &'a RankedColumns,
    pub layout: KeyLayout,
    pub classes: usize,
    pub rules: &'a Rules,
    pub arch: crate::audio::vectorised::Arch,
}

/// A cut of a node.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub score: f64,
    /// Among the kept columns.
    pub column: usize,
    /// Rows of this rank and below go left.
    pub highest_left: u16,
    pub threshold: Threshold,
}

/// The value of a cut, looked up only for the cut that is taken.
#[derive(Debug, Clone, Copy)]
pub enum Threshold {
    /// In the middle between the highest rank on the left and this one, the lowest on the right.
    Below(u16),
    At(f64),
}

impl Cut {
    pub fn value(&self, table: &RankedColumns) -> f64 {
        match self.threshold {
            Threshold::Below(lowest_right) => table.threshold(self.column, self.highest_left, lowest_right),
            Threshold::At(value) => value,
        }
    }
}

/// What a node's columns tell: its best cut, and whether any column varied.
#[derive(Debug, Clone, Copy, Default)]
pub struct Found {
    pub best: Option<Cut>,
    pub varied: bool,
}

impl Found {
    /// Keeps the better cut; the earlier one where they are equal.
    pub fn offer(&mut self, cut: Cut) {
        if self.best.is_none_or(|best| cut.score > best.score) {
            self.best = Some(cut);
        }
    }
}

/// The columns of one call to the search, their rows as keys, and the node's classes numbered without gaps.
pub struct Candidates<'a, const LANES: usize> {
    pub columns: &'a [u32],
    /// The node's rows, then such as pad them to whole blocks and come behind any other when sorted.
    pub keys: &'a mut [[u32; LANES]],
    pub rows: usize,
    pub counts: &'a [f32],
    pub weights: &'a [f32],
}
