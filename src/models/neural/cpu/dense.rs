//! Linear layers: y = x Wᵀ + b; dx = dy W, dW = dyᵀ x, db = Σ dy.
//!
//! Large matrices are cut into pieces of a fixed size (rows of W, columns of x), which threads share.

use rayon::prelude::*;

use super::matmul::{Matrix, MatrixMut, multiply};
use super::pointwise::rectified;

/// Multiplications below which one call is made.
const SMALL: usize = 1 << 20;
const PIECE: usize = 64;
const WIDE_PIECE: usize = 8192;

/// `y` is clips × outputs. With `relu` negative values become 0.
pub fn forward(
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    clips: usize,
    outputs: usize,
    relu: bool,
) {
    let inputs = x.len() / clips.max(1);
    let x = Matrix::new(x, clips, inputs);
    if clips * inputs * outputs <= SMALL {
        multiply(MatrixMut::new(y, clips, outputs), x, Matrix::new(weight, outputs, inputs).t(), false);
    } else {
        let pieces: Vec<Vec<f32>> = weight
            .par_chunks(PIECE * inputs)
            .map(|rows| {
                let width = rows.len() / inputs;
                let mut piece = vec![0.0; clips * width];
                let w = Matrix::new(rows, width, inputs);
                multiply(MatrixMut::new(&mut piece, clips, width), x, w.t(), false);
                piece
            })
            .collect();
        put_columns(&pieces, y, clips, outputs);
    }
    for row in y.chunks_mut(outputs) {
        if let Some(bias) = bias {
            row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
        }
        if relu {
            row.iter_mut().for_each(|value| *value = rectified(*value));
        }
    }
}

fn put_columns(pieces: &[Vec<f32>], whole: &mut [f32], rows: usize, columns: usize) {
    let mut first = 0;
    for piece in pieces {
        let width = piece.len() / rows.max(1);
        for (row, values) in piece.chunks(width.max(1)).enumerate() {
            whole[row * columns + first..][..width].copy_from_slice(values);
        }
        first += width;
    }
}

/// dx, where it is wanted.
pub fn backward_input(dy: &[f32], weight: &[f32], dx: &mut [f32], clips: usize, outputs: usize) {
    let inputs = dx.len() / clips.max(1);
    let dy = Matrix::new(dy, clips, outputs);
    if clips * inputs * outputs <= SMALL || inputs <= WIDE_PIECE {
        multiply(MatrixMut::new(dx, clips, inputs), dy, Matrix::new(weight, outputs, inputs), false);
        return;
    }
    let starts: Vec<usize> = (0..inputs).step_by(WIDE_PIECE).collect();
    let pieces: Vec<Vec<f32>> = starts
        .par_iter()
        .map(|&start| {
            let width = WIDE_PIECE.min(inputs - start);
            let mut piece = vec![0.0; clips * width];
            let w = Matrix::strided(&weight[start..], outputs, width, inputs);
            multiply(MatrixMut::new(&mut piece, clips, width), dy, w, false);
            piece
        })
        .collect();
    put_columns(&pieces, dx, clips, inputs);
}

/// Gives dW and db.
pub fn backward_weight(
    x: &[f32],
    dy: &[f32],
    d_weight: &mut [f32],
    d_bias: Option<&mut [f32]>,
    clips: usize,
) {
    let (inputs, outputs) = (x.len() / clips.max(1), dy.len() / clips.max(1));
    let x = Matrix::new(x, clips, inputs);
    if clips * inputs * outputs <= SMALL {
        let dy = Matrix::new(dy, clips, outputs);
        multiply(MatrixMut::new(d_weight, outputs, inputs), dy.t(), x, false);
    } else {
        d_weight.par_chunks_mut(PIECE * inputs).enumerate().for_each(|(piece, rows)| {
            let width = rows.len() / inputs;
            let dy = Matrix::strided(&dy[piece * PIECE..], clips, width, outputs);
            multiply(MatrixMut::new(rows, width, inputs), dy.t(), x, false);
        });
    }
    if let Some(d_bias) = d_bias {
        d_bias.fill(0.0);
        for row in dy.chunks(outputs) {
            d_bias.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}
