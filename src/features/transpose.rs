//! Turning a block of frames on its side, so that the same bin of neighbouring frames lies in one vector.

/// `to[column·to_stride + row] = from[row·columns + column]` in square tiles.
#[inline(always)]
pub(super) fn transpose(from: &[f32], columns: usize, to: &mut [f32], to_stride: usize) {
    const TILE: usize = 8;
    let rows = from.len() / columns;
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            if top + TILE <= rows && left + TILE <= columns {
                let mut tile = [[0.0f32; TILE]; TILE];
                for (row, slot) in tile.iter_mut().enumerate() {
                    slot.copy_from_slice(&from[(top + row) * columns + left..][..TILE]);
                }
                for column in 0..TILE {
                    let turned: [f32; TILE] = std::array::from_fn(|row| tile[row][column]);
                    to[(left + column) * to_stride + top..][..TILE].copy_from_slice(&turned);
                }
                continue;
            }
            for row in top..(top + TILE).min(rows) {
                for column in left..(left + TILE).min(columns) {
                    to[column * to_stride + row] = from[row * columns + column];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        for (rows, columns, stride) in [(1, 1, 1), (8, 8, 8), (16, 33, 16), (5, 20, 8), (19, 9, 24)] {
            let from: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let mut to = vec![-1.0; columns * stride];
            transpose(&from, columns, &mut to, stride);
            for (at, value) in to.iter().enumerate() {
                let (column, row) = (at / stride, at % stride);
                let expected = if row < rows { from[row * columns + column] } else { -1.0 };
                assert_eq!(*value, expected);
            }
        }
    }
}
