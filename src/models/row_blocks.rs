//! Rows in blocks, column by column, so that a tree is asked for many rows while it is in the nearest cache.

use ndarray::ArrayView2;
use rayon::prelude::*;

pub const ROWS_A_BLOCK: usize = 128;

/// Rows × outputs, one vector a block: `score` gets a block as columns × `ROWS_A_BLOCK` (past the last row 0) and adds
/// to sums of `ROWS_A_BLOCK` × outputs, which begin at `start`.
pub fn score_blocks(
    x: ArrayView2<'_, f64>,
    start: &[f64],
    score: impl Fn(&[f64], &mut [f64]) + Sync,
) -> Vec<f64> {
    let blocks: Vec<Vec<f64>> = (0..x.nrows())
        .into_par_iter()
        .step_by(ROWS_A_BLOCK)
        .map(|first| {
            let rows = ROWS_A_BLOCK.min(x.nrows() - first);
            let mut block = vec![0.0; x.ncols() * ROWS_A_BLOCK];
            for place in 0..rows {
                let row = x.row(first + place);
                let column = block[place..].iter_mut().step_by(ROWS_A_BLOCK);
                column.zip(row).for_each(|(to, value)| *to = *value);
            }
            let mut sums = start.repeat(ROWS_A_BLOCK);
            score(&block, &mut sums);
            sums.truncate(rows * start.len());
            sums
        })
        .collect();
    blocks.concat()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn every_row_is_scored_once_wherever_its_block_ends() {
        for rows in [0, 1, 127, 128, 129, 300] {
            let x = Array2::from_shape_fn((rows, 3), |(row, column)| (row * 3 + column) as f64);
            let sums = score_blocks(x.view(), &[1.0, -1.0], |block, sums| {
                for (place, sums) in sums.chunks_exact_mut(2).enumerate() {
                    sums[0] += block[place];
                    sums[1] += block[2 * ROWS_A_BLOCK + place];
                }
            });
            let known: Vec<f64> = x.rows().into_iter().flat_map(|row| [1.0 + row[0], row[2] - 1.0]).collect();
            assert_eq!(sums, known);
        }
    }
}
