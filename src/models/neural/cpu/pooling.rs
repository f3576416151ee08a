//! Pooling: the largest or the mean value of each window, of a whole plane, or of nearly equal parts of it.
//!
//! A window's maximum is its first largest value; margins never win. Averages count the margin's zeros, as PyTorch's
//! AvgPool2d does.

use rayon::prelude::*;

use super::convolution::lanes_sum;
use super::patches::Windows;
use crate::models::neural::blueprint::Shape;

/// Rows and columns of the image that output position `at` of one axis sees.
fn seen(at: usize, kernel: usize, stride: usize, padding: usize, size: usize) -> std::ops::Range<usize> {
    let start = at * stride;
    start.saturating_sub(padding)..(start + kernel).saturating_sub(padding).min(size)
}

/// The largest value of each window; `places` gets its index in its plane.
pub fn max_forward(windows: &Windows, x: &[f32], y: &mut [f32], places: &mut [u32]) {
    let (input, output) = (windows.input, windows.output);
    let planes = y.par_chunks_mut(output.plane()).zip(places.par_chunks_mut(output.plane()));
    planes.zip(x.par_chunks(input.plane())).for_each(|((y, places), x)| {
        for row in 0..output.rows {
            let rows = seen(row, windows.kernel[0], windows.stride[0], windows.padding[0], input.rows);
            for column in 0..output.columns {
                let columns =
                    seen(column, windows.kernel[1], windows.stride[1], windows.padding[1], input.columns);
                let (mut best, mut at) = (f32::NEG_INFINITY, rows.start * input.columns + columns.start);
                for image_row in rows.clone() {
                    let start = image_row * input.columns;
                    for (place, value) in x[start + columns.start..start + columns.end].iter().enumerate() {
                        // NaN wins, so that it is not hidden.
                        if *value > best || value.is_nan() {
                            (best, at) = (*value, start + columns.start + place);
                        }
                    }
                }
                y[row * output.columns + column] = best;
                places[row * output.columns + column] = at as u32;
            }
        }
    });
}

pub fn max_backward(input: Shape, output: Shape, dy: &[f32], places: &[u32], dx: &mut [f32]) {
    let planes = dx.par_chunks_mut(input.plane()).zip(dy.par_chunks(output.plane()));
    planes.zip(places.par_chunks(output.plane())).for_each(|((dx, dy), places)| {
        dx.fill(0.0);
        for (value, place) in dy.iter().zip(places) {
            dx[*place as usize] += value;
        }
    });
}

pub fn average_forward(windows: &Windows, x: &[f32], y: &mut [f32]) {
    let (input, output) = (windows.input, windows.output);
    let share = 1.0 / (windows.kernel[0] * windows.kernel[1]) as f32;
    y.par_chunks_mut(output.plane()).zip(x.par_chunks(input.plane())).for_each(|(y, x)| {
        for row in 0..output.rows {
            for column in 0..output.columns {
                let columns =
                    seen(column, windows.kernel[1], windows.stride[1], windows.padding[1], input.columns);
                let mut sum = 0.0;
                for image_row in
                    seen(row, windows.kernel[0], windows.stride[0], windows.padding[0], input.rows)
                {
                    sum += x[image_row * input.columns..][columns.clone()].iter().sum::<f32>();
                }
                y[row * output.columns + column] = sum * share;
            }
        }
    });
}

pub fn average_backward(windows: &Windows, dy: &[f32], dx: &mut [f32]) {
    let (input, output) = (windows.input, windows.output);
    let share = 1.0 / (windows.kernel[0] * windows.kernel[1]) as f32;
    dx.par_chunks_mut(input.plane()).zip(dy.par_chunks(output.plane())).for_each(|(dx, dy)| {
        dx.fill(0.0);
        for row in 0..output.rows {
            for column in 0..output.columns {
                let columns =
                    seen(column, windows.kernel[1], windows.stride[1], windows.padding[1], input.columns);
                let value = dy[row * output.columns + column] * share;
                for image_row in
                    seen(row, windows.kernel[0], windows.stride[0], windows.padding[0], input.rows)
                {
                    dx[image_row * input.columns..][columns.clone()]
                        .iter_mut()
                        .for_each(|slot| *slot += value);
                }
            }
        }
    });
}

/// Part `at` of `parts` nearly equal ones: from ⌊at · size / parts⌋ to ⌈(at + 1) · size / parts⌉.
fn part(at: usize, parts: usize, size: usize) -> std::ops::Range<usize> {
    at * size / parts..((at + 1) * size).div_ceil(parts)
}

pub fn adaptive_forward(input: Shape, output: Shape, x: &[f32], y: &mut [f32]) {
    y.par_chunks_mut(output.plane()).zip(x.par_chunks(input.plane())).for_each(|(y, x)| {
        if output.plane() == 1 {
            y[0] = lanes_sum(x) / x.len() as f32;
            return;
        }
        for row in 0..output.rows {
            for column in 0..output.columns {
                let (rows, columns) =
                    (part(row, output.rows, input.rows), part(column, output.columns, input.columns));
                let count = (rows.len() * columns.len()) as f32;
                let sum: f32 =
                    rows.map(|row| x[row * input.columns..][columns.clone()].iter().sum::<f32>()).sum();
                y[row * output.columns + column] = sum / count;
            }
        }
    });
}

pub fn adaptive_backward(input: Shape, output: Shape, dy: &[f32], dx: &mut [f32]) {
    dx.par_chunks_mut(input.plane()).zip(dy.par_chunks(output.plane())).for_each(|(dx, dy)| {
        if output.plane() == 1 {
            let share = dy[0] / dx.len() as f32;
            return dx.fill(share);
        }
        dx.fill(0.0);
        for row in 0..output.rows {
            for column in 0..output.columns {
                let (rows, columns) =
                    (part(row, output.rows, input.rows), part(column, output.columns, input.columns));
                let value = dy[row * output.columns + column] / (rows.len() * columns.len()) as f32;
                for row in rows {
                    dx[row * input.columns..][columns.clone()].iter_mut().for_each(|slot| *slot += value);
                }
            }
        }
    });
}
