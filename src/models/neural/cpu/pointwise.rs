//! Passes over whole activations, value by value, in pieces that threads share.

use rayon::prelude::*;

const PIECE: usize = 1 << 15;

/// A negative value becomes 0; what is no number stays so, for the loss to tell.
#[inline(always)]
pub fn rectified(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// y = relu(a + b).
pub fn add_relu(a: &[f32], b: &[f32], y: &mut [f32]) {
    y.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE).zip(b.par_chunks(PIECE))).for_each(|(y, (a, b))| {
        y.iter_mut().zip(a.iter().zip(b)).for_each(|(y, (a, b))| *y = rectified(a + b));
    });
}

/// y = relu(x).
pub fn relu(x: &[f32], y: &mut [f32]) {
    y.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).for_each(|(y, x)| {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = rectified(*x));
    });
}

/// What a ReLU with the output `y` lets back through.
pub fn relu_back(y: &[f32], dy: &mut [f32]) {
    dy.par_chunks_mut(PIECE).zip(y.par_chunks(PIECE)).for_each(|(dy, y)| {
        dy.iter_mut().zip(y).for_each(|(d, y)| *d = if *y > 0.0 { *d } else { 0.0 });
    });
}

/// total += values.
pub fn add(total: &mut [f32], values: &[f32]) {
    total.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE)).for_each(|(total, values)| {
        total.iter_mut().zip(values).for_each(|(total, value)| *total += value);
    });
}
