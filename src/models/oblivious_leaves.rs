//! A fitted oblivious tree, asked for blocks of rows: a level is one comparison of a column with a number, for all of
//! them, and its answer one bit of each row's leaf.

use serde::{Deserialize, Serialize};

use super::row_blocks::ROWS_A_BLOCK;

#[derive(Serialize, Deserialize)]
pub struct ObliviousTree {
    /// (column, border) of each level, at most 16; above the border sets the level's bit of the leaf's place.
    pub cuts: Vec<(usize, f64)>,
    /// Leaves × outputs.
    pub steps: Vec<f64>,
}

/// Outputs that are added side by side.
const LANES: usize = 8;

impl ObliviousTree {
    /// Adds the steps of each row of `block` (columns × `ROWS_A_BLOCK`) to its `outputs` sums.
    pub fn add(&self, block: &[f64], sums: &mut [f64], outputs: usize) {
        crate::audio::vectorised::arch().dispatch(Add { tree: self, block, sums, outputs });
    }
}

struct Add<'a> {
    tree: &'a ObliviousTree,
    block: &'a [f64],
    sums: &'a mut [f64],
    outputs: usize,
}

impl pulp::NullaryFnOnce for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { tree, block, sums, outputs } = self;
        let mut leaves = [0u64; ROWS_A_BLOCK];
        for (level, (column, border)) in tree.cuts.iter().enumerate() {
            let values = &block[column * ROWS_A_BLOCK..][..ROWS_A_BLOCK];
            for (leaf, value) in leaves.iter_mut().zip(values) {
                *leaf |= u64::from(value > border) << level;
            }
        }
        for (leaf, sums) in leaves.iter().zip(sums.chunks_exact_mut(outputs)) {
            let steps = &tree.steps[*leaf as usize * outputs..][..outputs];
            let (whole, rest) = sums.as_chunks_mut::<LANES>();
            let (whole_steps, rest_steps) = steps.as_chunks::<LANES>();
            for (sums, steps) in whole.iter_mut().zip(whole_steps) {
                for lane in 0..LANES {
                    sums[lane] += steps[lane];
                }
            }
            rest.iter_mut().zip(rest_steps).for_each(|(sum, step)| *sum += step);
        }
    }
}
