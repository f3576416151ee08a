//! Convolutions held to their definition in f64, and to themselves on another number of threads.

use super::convolution::Convolution;
use super::patches::Windows;
use super::scratch::Scratch;
use super::winograd::Winograd;
use crate::models::neural::blueprint::Shape;
use crate::random::Draws;

struct Case {
    windows: Windows,
    clips: usize,
}

fn case(
    input: [usize; 3],
    outputs: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    clips: usize,
) -> Case {
    let [channels, rows, columns] = input;
    let size = |n: usize, axis: usize| (n + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1;
    let output = Shape::new(outputs, size(rows, 0), size(columns, 1));
    Case {
        windows: Windows { input: Shape::new(channels, rows, columns), output, kernel, stride, padding },
        clips,
    }
}

fn cases() -> Vec<Case> {
    vec![
        case([3, 9, 11], 5, [3, 3], [1, 1], [1, 1], 3),
        case([2, 20, 23], 4, [7, 7], [2, 2], [3, 3], 2),
        case([5, 8, 9], 7, [1, 1], [2, 2], [0, 0], 4),
        case([5, 17, 20], 7, [1, 1], [1, 1], [0, 0], 2),
        case([2, 6, 30], 3, [3, 5], [1, 2], [0, 3], 2),
        // Along one row: long, short, and many side by side.
        case([6, 1, 700], 5, [1, 7], [1, 1], [0, 3], 2),
        case([6, 1, 40], 5, [1, 4], [1, 1], [0, 2], 19),
        case([130, 1, 9], 3, [1, 3], [1, 1], [0, 0], 3),
        case([3, 1, 40], 5, [1, 5], [1, 3], [0, 1], 3),
        // Winograd's: whole and cut tiles, several clips a block, several blocks a clip.
        case([8, 8, 12], 9, [3, 3], [1, 1], [1, 1], 2),
        case([9, 7, 10], 8, [3, 3], [1, 1], [0, 0], 5),
        case([10, 5, 5], 11, [3, 3], [1, 1], [2, 2], 70),
        case([8, 70, 66], 8, [3, 3], [1, 1], [1, 1], 1),
        case([40, 4, 6], 33, [3, 3], [1, 1], [1, 0], 9),
    ]
}

/// y, dx, dW and db.
type Answer = [Vec<f32>; 4];

struct Numbers {
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
}

fn numbers(case: &Case) -> Numbers {
    let windows = case.windows;
    let mut draws = Draws::new(2, "convolution");
    let mut random = |count: usize| (0..count).map(|_| draws.normal() as f32).collect::<Vec<_>>();
    Numbers {
        x: random(case.clips * windows.input.len()),
        weight: random(windows.output.channels * windows.depth()),
        bias: random(windows.output.channels),
        dy: random(case.clips * windows.output.len()),
    }
}

fn ours(case: &Case, numbers: &Numbers) -> Answer {
    let scratch = Scratch::default();
    // What lies in the buffers must not matter.
    (0..8).for_each(|size| scratch.give(vec![f32::NAN; 1000 << size]));
    let convolution = Convolution { windows: case.windows, scratch: &scratch };
    let Numbers { x, weight, bias, dy } = numbers;
    let nothing = |like: &[f32]| vec![f32::NAN; like.len()];
    let [mut y, mut dx, mut d_weight, mut d_bias] = [dy, x, weight, bias].map(|like| nothing(like));
    convolution.forward(x, weight, Some(bias), &mut y, false);
    convolution.backward(x, weight, dy, Some(&mut dx), &mut d_weight, Some(&mut d_bias));
    [y, dx, d_weight, d_bias]
}

fn by_definition(case: &Case, numbers: &Numbers) -> [Vec<f64>; 4] {
    let Windows { input, output, kernel, stride, padding } = case.windows;
    let Numbers { x, weight, bias, dy } = numbers;
    let [mut y, mut dx, mut d_weight, mut d_bias] =
        [dy, x, weight, bias].map(|like| vec![0.0f64; like.len()]);
    for clip in 0..case.clips {
        for o in 0..output.channels {
            for row in 0..output.rows {
                for column in 0..output.columns {
                    let at = ((clip * output.channels + o) * output.rows + row) * output.columns + column;
                    let d = f64::from(dy[at]);
                    y[at] += f64::from(bias[o]);
                    d_bias[o] += d;
                    for c in 0..input.channels {
                        for i in 0..kernel[0] {
                            for j in 0..kernel[1] {
                                let seen_row = (row * stride[0] + i).wrapping_sub(padding[0]);
                                let seen_column = (column * stride[1] + j).wrapping_sub(padding[1]);
                                if seen_row >= input.rows || seen_column >= input.columns {
                                    continue;
                                }
                                let place = ((clip * input.channels + c) * input.rows + seen_row)
                                    * input.columns
                                    + seen_column;
                                let w = ((o * input.channels + c) * kernel[0] + i) * kernel[1] + j;
                                y[at] += f64::from(weight[w]) * f64::from(x[place]);
                                dx[place] += f64::from(weight[w]) * d;
                                d_weight[w] += f64::from(x[place]) * d;
                            }
                        }
                    }
                }
            }
        }
    }
    [y, dx, d_weight, d_bias]
}

#[test]
fn every_way_to_convolve_is_the_definition() {
    for (number, case) in cases().iter().enumerate() {
        let numbers = numbers(case);
        let wanted = by_definition(case, &numbers);
        for (what, (found, wanted)) in
            ["y", "dx", "dW", "db"].iter().zip(ours(case, &numbers).iter().zip(&wanted))
        {
            let largest = wanted.iter().fold(1.0f64, |most, value| most.max(value.abs()));
            for (found, wanted) in found.iter().zip(wanted) {
                let far = (f64::from(*found) - wanted).abs() / largest;
                assert!(far < 1e-5, "case {number}, {what}: {found} for {wanted}");
            }
        }
    }
}

#[test]
fn threads_change_no_bit_of_a_convolution() {
    for case in cases() {
        let numbers = numbers(&case);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| ours(&case, &numbers))
        };
        assert!(with(1) == with(3), "{:?}", case.windows);
    }
}

#[test]
fn winograd_is_taken_where_it_pays() {
    let scratch = Scratch::default();
    let taken: Vec<bool> =
        cases().iter().map(|case| Winograd::of(case.windows, &scratch).is_some()).collect();
    assert_eq!(taken, [[false; 9].as_slice(), &[true; 5]].concat());
}
