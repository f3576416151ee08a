//! One support vector machine for each pair of classes, trained side by side over shared kernel entries.
//!
//! Rows are sorted by class. Where it fits in the cache, each pair's kernel matrix is filled whole, the block of
//! a class with itself being computed once for all pairs; else rows are computed when they are needed and the
//! cache keeps the latest. Support vectors of all pairs are stored once, and a prediction evaluates the kernel
//! against each of them once.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::checks::PresentClasses;
use super::kernel::{Kernel, KernelRows, KernelSpace, transpose};
use super::kernel_store::{KernelStore, Source};
use super::platt::Sigmoid;
use super::smo::{Limits, Machine, solve};
use super::stored;
use crate::random::Draws;

/// What all pairs share.
pub struct Settings {
    /// One a present class.
    pub c: Vec<f64>,
    pub limits: Limits,
    pub cache_bytes: usize,
    /// The seed of the folds that probabilities are calibrated on; `None` leaves them out.
    pub calibration: Option<u64>,
    /// Instead of drawn folds: one a row, the fold that holds it out.
    pub folds: Option<Vec<usize>>,
}

/// The machines of every pair.
#[derive(Serialize, Deserialize)]
pub struct OneVsOne {
    space: KernelSpace,
    #[serde(deserialize_with = "stored::classes")]
    classes: usize,
    support: KernelRows,
    /// One a class: its rows of `support`.
    support_of: Vec<Range<usize>>,
    /// One a class: support vectors × opponents in ascending order, yᵢ αᵢ with y = 1 for the lower class.
    coefficients: Vec<Array2<f64>>,
    /// In the order (0, 1), (0, 2), … (1, 2), …
    biases: Vec<f64>,
    pub sigmoids: Option<Vec<Sigmoid>>,
    /// How many machines stopped at the limit of iterations.
    pub unfinished: usize,
}

/// On which probabilities are calibrated.
pub const FOLDS: usize = 5;

const ROWS_A_TILE: usize = 128;

/// Fewer rows a tile where pairs are more than 32 768: of a thousand classes they are half a million.
const DECISIONS_A_TILE: usize = 1 << 22;

struct Training<'a> {
    space: &'a KernelSpace,
    rows: &'a KernelRows,
    of: &'a [Range<usize>],
    settings: &'a Settings,
    /// As the settings have them, sorted as the rows are.
    folds: Option<Vec<usize>>,
}

/// (0, 1), (0, 2), … (1, 2), …
pub fn pairs(classes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..classes).flat_map(move |a| (a + 1..classes).map(move |b| (a, b)))
}

/// The place of a pair in that order, whichever of the two is named first.
fn place_of(class: usize, other: usize, classes: usize) -> usize {
    let (a, b) = (class.min(other), class.max(other));
    a * (2 * classes - a - 1) / 2 + (b - a - 1)
}

impl OneVsOne {
    /// `None` where numbers overflow.
    pub fn fit(
        kernel: Kernel,
        x: ArrayView2<'_, f64>,
        present: &PresentClasses,
        settings: &Settings,
    ) -> Option<Self> {
        let classes = present.classes.len();
        let mut order: Vec<usize> = (0..present.dense.len()).collect();
        order.sort_by_key(|row| present.dense[*row]);
        let (space, rows) = KernelSpace::new(kernel, x.select(ndarray::Axis(0), &order).view())?;
        let mut end = 0;
        let of: Vec<Range<usize>> = present
            .counts
            .iter()
            .map(|count| {
                end += count;
                end - count..end
            })
            .collect();
        let folds = settings.folds.as_ref().map(|folds| order.iter().map(|row| folds[*row]).collect());
        let training = Training { space: &space, rows: &rows, of: &of, settings, folds };
        let fitted = training.every_pair();
        if fitted.iter().any(|(machine, _)| !machine.bias.is_finite()) {
            return None;
        }
        let mut dense: Vec<Array2<f64>> =
            of.iter().map(|range| Array2::zeros((range.len(), classes - 1))).collect();
        for ((a, b), (machine, _)) in pairs(classes).zip(&fitted) {
            let (left, right) = machine.coefficients.split_at(of[a].len());
            dense[a].column_mut(b - 1).assign(&ArrayView2::from_shape((1, left.len()), left).ok()?.row(0));
            dense[b].column_mut(a).assign(&ArrayView2::from_shape((1, right.len()), right).ok()?.row(0));
        }
        let (mut support, mut support_of, mut coefficients) = (Vec::new(), Vec::new(), Vec::new());
        for (range, dense) in of.iter().zip(&dense) {
            let used: Vec<usize> =
                (0..range.len()).filter(|row| dense.row(*row).iter().any(|value| *value != 0.0)).collect();
            support_of.push(support.len()..support.len() + used.len());
            support.extend(used.iter().map(|row| range.start + row));
            coefficients.push(dense.select(ndarray::Axis(0), &used));
        }
        Some(Self {
            classes,
            support: rows.select(&support),
            support_of,
            coefficients,
            biases: fitted.iter().map(|(machine, _)| machine.bias).collect(),
            unfinished: fitted.iter().filter(|(machine, _)| !machine.converged).count(),
            sigmoids: fitted.into_iter().map(|(_, sigmoid)| sigmoid).collect(),
            space,
        })
    }

    #[cfg(test)]
    pub fn support_vectors(&self) -> usize {
        self.support.len()
    }

    /// What `of_row` makes of each row's decisions, one a pair, where above 0 is the lower class of the pair. They are
    /// never kept for all rows: there are as many as half the square of the classes.
    pub fn each_row<T: Send>(
        &self,
        x: ArrayView2<'_, f64>,
        of_row: impl Fn(ArrayView1<'_, f64>) -> T + Sync,
    ) -> Vec<T> {
        let rows_a_tile = (DECISIONS_A_TILE / self.biases.len().max(1)).clamp(1, ROWS_A_TILE);
        let starts = (0..x.nrows()).into_par_iter().step_by(rows_a_tile);
        let tiles: Vec<Vec<T>> = starts
            .map(|start| {
                let end = x.nrows().min(start + rows_a_tile);
                let decisions = self.decide(x.slice(s![start..end, ..]));
                decisions.rows().into_iter().map(&of_row).collect()
            })
            .collect();
        tiles.into_iter().flatten().collect()
    }

    /// Rows × pairs.
    fn decide(&self, x: ArrayView2<'_, f64>) -> Array2<f64> {
        let rows = self.space.rows(x);
        let mut decisions =
            Array2::from_shape_fn((rows.len(), self.biases.len()), |(_, pair)| self.biases[pair]);
        for (class, support) in self.support_of.iter().enumerate() {
            let mut block = Array2::zeros((rows.len(), support.len()));
            self.space.block((&rows, 0..rows.len()), (&self.support, support.clone()), block.view_mut());
            let sums = block.mapv(f64::from).dot(&self.coefficients[class]);
            let opponents = (0..self.classes).filter(|opponent| *opponent != class);
            let places: Vec<usize> =
                opponents.map(|opponent| place_of(class, opponent, self.classes)).collect();
            for (mut decisions, sums) in decisions.rows_mut().into_iter().zip(sums.rows()) {
                for (place, sum) in places.iter().zip(sums) {
                    decisions[*place] += sum;
                }
            }
        }
        decisions
    }
}

type Fitted = (Machine, Option<Sigmoid>);

impl Training<'_> {
    fn every_pair(&self) -> Vec<Fitted> {
        let pairs: Vec<(usize, usize)> = pairs(self.of.len()).collect();
        let largest = pairs.iter().map(|(a, b)| self.of[*a].len() + self.of[*b].len()).max().unwrap_or(0);
        let budget = self.settings.cache_bytes;
        // A pair's matrix and the copies of its rows that shrinking and folds make.
        let whole = 4 * largest * largest + self.copies(largest);
        let shared = match pairs.len() {
            1 => 0,
            _ => self.of.iter().map(|range| 4 * range.len() * range.len()).sum(),
        };
        let threads = rayon::current_num_threads().min(pairs.len()).max(1);
        if shared + whole > budget {
            return self.spread(&pairs, threads, |_, pair| self.computed(pair, budget / threads));
        }
        let same: Vec<Array2<f32>> = match pairs.len() {
            1 => Vec::new(),
            _ => self.of.par_iter().map(|range| self.class_with_itself(range)).collect(),
        };
        let workers = threads.min((budget - shared) / whole.max(1)).max(1);
        self.spread(&pairs, workers, |buffer, pair| self.whole(pair, &same, buffer))
    }

    fn copies(&self, rows: usize) -> usize {
        rows * rows * if self.settings.calibration.is_some() { 4 } else { 1 }
    }

    /// Every pair by `work`, which `workers` of them do at a time with a buffer each.
    fn spread<F>(&self, pairs: &[(usize, usize)], workers: usize, work: F) -> Vec<Fitted>
    where
        F: Fn(&mut Vec<f32>, (usize, usize)) -> Fitted + Sync,
    {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(pairs.len())));
        (0..workers).into_par_iter().with_max_len(1).for_each(|_| {
            let mut buffer = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(pair) = pairs.get(number) else { break };
                let fitted = work(&mut buffer, *pair);
                done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((number, fitted));
            }
        });
        let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, fitted)| fitted).collect()
    }

    fn class_with_itself(&self, range: &Range<usize>) -> Array2<f32> {
        let mut block = Array2::zeros((range.len(), range.len()));
        self.space.symmetric_block(self.rows, range.clone(), block.view_mut());
        block
    }

    fn whole(&self, (a, b): (usize, usize), same: &[Array2<f32>], buffer: &mut Vec<f32>) -> Fitted {
        let (left, right) = (self.of[a].clone(), self.of[b].clone());
        let (firsts, rows) = (left.len(), left.len() + right.len());
        if buffer.len() < rows * rows {
            buffer.resize(rows * rows, 0.0);
        }
        let Ok(mut matrix) = ArrayViewMut2::from_shape((rows, rows), &mut buffer[..rows * rows]) else {
            return self.computed((a, b), self.settings.cache_bytes);
        };
        let (mut upper, mut lower) = matrix.view_mut().split_at(ndarray::Axis(0), firsts);
        match (same.get(a), same.get(b)) {
            (Some(same_a), Some(same_b)) => {
                upper.slice_mut(s![.., ..firsts]).assign(same_a);
                lower.slice_mut(s![.., firsts..]).assign(same_b);
            }
            _ => {
                self.space.symmetric_block(self.rows, left.clone(), upper.slice_mut(s![.., ..firsts]));
                self.space.symmetric_block(self.rows, right.clone(), lower.slice_mut(s![.., firsts..]));
            }
        }
        let mut across = upper.slice_mut(s![.., firsts..]);
        self.space.block((self.rows, left), (self.rows, right), across.view_mut());
        transpose(across.view(), lower.slice_mut(s![.., ..firsts]));
        self.machine((a, b), Source::Matrix(matrix.view()), self.copies(rows), self.settings.limits)
    }

    fn computed(&self, (a, b): (usize, usize), bytes: usize) -> Fitted {
        let chosen: Vec<usize> = self.of[a].clone().chain(self.of[b].clone()).collect();
        let rows = self.rows.select(&chosen);
        // Rows that are left out for a while must be computed again afterwards, which pays only where few of
        // them could have been kept; the number of threads has no say in it, for the last bits depend on it.
        let mut limits = self.settings.limits;
        limits.shrinking &= 2 * rows.len() * rows.len() > self.settings.cache_bytes;
        self.machine((a, b), Source::Computed(self.space, &rows), bytes, limits)
    }

    fn machine(&self, (a, b): (usize, usize), source: Source<'_>, bytes: usize, limits: Limits) -> Fitted {
        let firsts = self.of[a].len();
        let rows = firsts + self.of[b].len();
        let solve = |places: &[usize]| {
            let first: Vec<bool> = places.iter().map(|place| *place < firsts).collect();
            let c = (self.settings.c[a], self.settings.c[b]);
            solve(KernelStore::new(source, places.to_vec(), bytes), &first, c, limits)
        };
        let sigmoid = self.settings.calibration.map(|seed| {
            let folds = match &self.folds {
                Some(folds) => [&folds[self.of[a].clone()], &folds[self.of[b].clone()]].concat(),
                None => folds(firsts, rows, seed, &format!("svc.folds.{a}.{b}")),
            };
            let (mut decisions, mut first) = (Vec::new(), Vec::new());
            for fold in 0..FOLDS {
                let (held, used): (Vec<usize>, Vec<usize>) = (0..rows).partition(|row| folds[*row] == fold);
                // Whole groups need not leave something of each pair to every fold.
                if held.is_empty() {
                    continue;
                }
                let both = used.iter().any(|row| *row < firsts) && used.iter().any(|row| *row >= firsts);
                if both {
                    let machine = solve(&used);
                    let support = used.iter().zip(&machine.coefficients).filter(|(_, value)| **value != 0.0);
                    let (sources, weights): (Vec<usize>, Vec<f64>) = support.unzip();
                    let sums = source.combine(&held, &sources, &weights);
                    decisions.extend(sums.into_iter().map(|sum| sum + machine.bias));
                } else {
                    let only = if used.first().is_some_and(|row| *row < firsts) { 1.0 } else { -1.0 };
                    decisions.extend(held.iter().map(|_| only));
                }
                first.extend(held.iter().map(|row| *row < firsts));
            }
            Sigmoid::fit(&decisions, &first)
        });
        (solve(&(0..rows).collect::<Vec<_>>()), sigmoid)
    }
}

/// One a row: the fold that holds it out; each class is shuffled and dealt out by itself.
fn folds(firsts: usize, rows: usize, seed: u64, label: &str) -> Vec<usize> {
    let mut draws = Draws::new(seed, label);
    let mut folds = vec![0; rows];
    for class in [0..firsts, firsts..rows] {
        let mut order: Vec<usize> = class.collect();
        draws.shuffle(&mut order);
        order.iter().enumerate().for_each(|(turn, row)| folds[*row] = turn % FOLDS);
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_found_by_either_of_its_classes() {
        for classes in [2, 3, 7, 40] {
            for (place, (a, b)) in pairs(classes).enumerate() {
                assert_eq!([place_of(a, b, classes), place_of(b, a, classes)], [place, place]);
            }
        }
    }
}
