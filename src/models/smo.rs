//! Sequential minimal optimisation of the two-class support vector machine.
//!
//! Minimises ½ Σ αᵢ αⱼ yᵢ yⱼ K(i, j) − Σ αᵢ with Σ αᵢ yᵢ = 0 and 0 ≤ αᵢ ≤ C of i's class. Kept is the slack
//! sᵢ = yᵢ − Σⱼ αⱼ yⱼ K(i, j): the solution is reached when no yᵢ αᵢ that may rise has a slack larger by `tol`
//! than one that may fall. Pairs are chosen by second-order gain (Fan, Chen & Lin, "Working Set Selection Using
//! Second Order Information for Training Support Vector Machines", JMLR 6, 2005); stopping, shrinking and
//! the bias are libsvm's (Chang & Lin, ACM TIST 2(3), 2011). Ties go to the lowest row.

use super::kernel::vector_unit;
use super::kernel_store::KernelStore;
use super::smo_steps::{Extremes, LEAST_CURVATURE, Partner, Update};

/// When to stop, and how to get there.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub tol: f64,
    pub max_iter: usize,
    pub shrinking: bool,
}

/// f(x) = Σ coefficients[i] K(x, i) + bias; above 0 is the first class.
#[derive(Debug, Clone)]
pub struct Machine {
    /// yᵢ αᵢ, one a place of the store.
    pub coefficients: Vec<f64>,
    pub bias: f64,
    pub converged: bool,
}

/// One a row, of all rows or of those that are active.
#[derive(Default)]
struct Rows {
    alpha: Vec<f64>,
    slack: Vec<f64>,
    may_rise: Vec<f32>,
    may_fall: Vec<f32>,
    diagonal: Vec<f32>,
    first: Vec<bool>,
}

/// Rows that were left out, and the coefficients for which their slack held.
struct Dropped {
    rows: Vec<usize>,
    coefficients: Vec<f64>,
}

struct Solver<'a> {
    store: KernelStore<'a>,
    /// C of the first class and of the second.
    c: (f64, f64),
    limits: Limits,
    /// Up to date only where a row is not active.
    all: Rows,
    active: Vec<usize>,
    now: Rows,
    dropped: Vec<Dropped>,
}

/// `first` says of each place of the store whether it is of the first class (y = 1) or the second (y = −1).
pub fn solve(store: KernelStore<'_>, first: &[bool], c: (f64, f64), limits: Limits) -> Machine {
    let rows = first.len();
    let source = store.source();
    let all = Rows {
        alpha: vec![0.0; rows],
        slack: first.iter().map(|first| if *first { 1.0 } else { -1.0 }).collect(),
        may_rise: vec![0.0; rows],
        may_fall: vec![0.0; rows],
        diagonal: store.places().iter().map(|place| source.diagonal(*place)).collect(),
        first: first.to_vec(),
    };
    let mut solver =
        Solver { store, c, limits, all, active: Vec::new(), now: Rows::default(), dropped: Vec::new() };
    solver.activate((0..rows).collect());
    solver.run()
}

impl Solver<'_> {
    fn run(mut self) -> Machine {
        let every = self.active.len().clamp(1, 1000);
        let (mut until_shrinking, mut expanded) = (every, false);
        let mut extremes = self.extremes();
        let (mut iterations, mut converged) = (0, false);
        loop {
            // Also where a slack is not a number.
            let gap = extremes.highest - extremes.lowest;
            if gap.is_nan() || gap < self.limits.tol {
                if self.dropped.is_empty() {
                    converged = true;
                    break;
                }
                self.expand();
                extremes = self.extremes();
                until_shrinking = 1;
                continue;
            }
            if iterations == self.limits.max_iter {
                break;
            }
            until_shrinking -= 1;
            if until_shrinking == 0 {
                until_shrinking = every;
                if self.limits.shrinking {
                    if !expanded && gap <= 10.0 * self.limits.tol {
                        expanded = true;
                        if !self.dropped.is_empty() {
                            self.expand();
                            extremes = self.extremes();
                        }
                    }
                    if self.shrink(extremes) {
                        extremes = self.extremes();
                    }
                }
                if extremes.highest - extremes.lowest < self.limits.tol {
                    continue;
                }
            }
            let Some(next) = self.step(extremes) else { break };
            extremes = next;
            iterations += 1;
        }
        if !self.dropped.is_empty() {
            self.expand();
        }
        let coefficients = self.coefficients();
        Machine { bias: self.bias(), coefficients, converged }
    }

    /// One pair moved as far as it gains; `None` where no pair gains.
    fn step(&mut self, extremes: Extremes) -> Option<Extremes> {
        let top = extremes.top;
        self.need(top);
        let now = &mut self.now;
        let partner = vector_unit().dispatch(Partner {
            slack: &now.slack,
            may_fall: &now.may_fall,
            highest: extremes.highest,
            row: self.store.row(top),
            diagonal: &now.diagonal,
            diagonal_of_top: now.diagonal[top],
        })?;
        self.need(partner);
        let (left, right) = (self.store.row(top), self.store.row(partner));
        let now = &mut self.now;
        let curvature =
            f64::from(now.diagonal[top]) + f64::from(now.diagonal[partner]) - 2.0 * f64::from(left[partner]);
        let (rising, falling) = (bound(self.c, now.first[top]), bound(self.c, now.first[partner]));
        let room_above = if now.first[top] { rising - now.alpha[top] } else { now.alpha[top] };
        let room_below = if now.first[partner] { now.alpha[partner] } else { falling - now.alpha[partner] };
        let wanted = (now.slack[top] - now.slack[partner]) / curvature.max(LEAST_CURVATURE);
        let step = wanted.min(room_above).min(room_below);
        // At a bound exactly, so that no rounding leaves a row just inside it.
        now.alpha[top] = match now.first[top] {
            true if step == room_above => rising,
            true => now.alpha[top] + step,
            false if step == room_above => 0.0,
            false => now.alpha[top] - step,
        };
        now.alpha[partner] = match now.first[partner] {
            true if step == room_below => 0.0,
            true => now.alpha[partner] - step,
            false if step == room_below => falling,
            false => now.alpha[partner] + step,
        };
        now.mark(top, rising);
        now.mark(partner, falling);
        Some(vector_unit().dispatch(Update {
            slack: &mut now.slack,
            may_rise: &now.may_rise,
            may_fall: &now.may_fall,
            step,
            left,
            right,
        }))
    }

    /// Gets a row, and with it those likely to be asked for next: the most violating on both sides.
    fn need(&mut self, row: usize) {
        let batch = self.store.missing(row);
        if batch > 0 {
            let mut rows = vec![row];
            let half = batch / 2;
            if half > 0 {
                let now = &self.now;
                let absent = |place: &usize| *place != row && self.store.missing(*place) > 0;
                let up = |place: usize| -(now.slack[place] + f64::from(now.may_rise[place]));
                let down = |place: usize| now.slack[place] + f64::from(now.may_fall[place]);
                let mut absent: Vec<usize> = (0..now.slack.len()).filter(absent).collect();
                for (measure, count) in [(&up as &dyn Fn(usize) -> f64, half), (&down, batch - 1 - half)] {
                    let count = count.min(absent.len());
                    if count < absent.len() {
                        absent.select_nth_unstable_by(count, |a, b| {
                            measure(*a).total_cmp(&measure(*b)).then(a.cmp(b))
                        });
                    }
                    rows.extend(absent.drain(..count));
                }
            }
            self.store.fetch(&rows);
        }
        self.store.touch(row);
    }

    fn extremes(&mut self) -> Extremes {
        let now = &mut self.now;
        vector_unit().dispatch(Update {
            slack: &mut now.slack,
            may_rise: &now.may_rise,
            may_fall: &now.may_fall,
            step: 0.0,
            left: &now.diagonal,
            right: &now.diagonal,
        })
    }

    /// Leaves out rows at a bound that nothing pulls away from it, where enough of them are found.
    fn shrink(&mut self, extremes: Extremes) -> bool {
        let now = &self.now;
        let stays = |row: &usize| match (now.may_rise[*row] == 0.0, now.may_fall[*row] == 0.0) {
            (true, false) => now.slack[*row] >= extremes.lowest,
            (false, true) => now.slack[*row] <= extremes.highest,
            _ => true,
        };
        let keep: Vec<usize> = (0..self.active.len()).filter(stays).collect();
        if keep.len() < 2 || keep.len() as f64 > self.store.worth_keeping() * self.active.len() as f64 {
            return false;
        }
        self.write_back();
        let mut stays = vec![false; self.active.len()];
        keep.iter().for_each(|row| stays[*row] = true);
        let rows = self.active.iter().zip(stays).filter(|(_, stays)| !stays).map(|(row, _)| *row).collect();
        let coefficients = self.coefficients();
        self.dropped.push(Dropped { rows, coefficients });
        self.store.restrict(&keep);
        self.activate(keep.iter().map(|row| self.active[*row]).collect());
        true
    }

    /// Makes every row active again, with its slack brought up to date.
    fn expand(&mut self) {
        self.write_back();
        let coefficients = self.coefficients();
        let (source, places) = (self.store.source(), self.store.places());
        for dropped in std::mem::take(&mut self.dropped) {
            let (mut moved, mut by) = (Vec::new(), Vec::new());
            for (row, (now, then)) in coefficients.iter().zip(&dropped.coefficients).enumerate() {
                if now != then {
                    moved.push(places[row]);
                    by.push(now - then);
                }
            }
            let targets: Vec<usize> = dropped.rows.iter().map(|row| places[*row]).collect();
            for (row, sum) in dropped.rows.iter().zip(source.combine(&targets, &moved, &by)) {
                self.all.slack[*row] -= sum;
            }
        }
        self.store.expand();
        self.activate((0..self.all.alpha.len()).collect());
    }

    fn activate(&mut self, active: Vec<usize>) {
        let all = &self.all;
        self.now = Rows {
            alpha: active.iter().map(|row| all.alpha[*row]).collect(),
            slack: active.iter().map(|row| all.slack[*row]).collect(),
            may_rise: vec![0.0; active.len()],
            may_fall: vec![0.0; active.len()],
            diagonal: active.iter().map(|row| all.diagonal[*row]).collect(),
            first: active.iter().map(|row| all.first[*row]).collect(),
        };
        for row in 0..active.len() {
            self.now.mark(row, bound(self.c, self.now.first[row]));
        }
        self.active = active;
    }

    fn write_back(&mut self) {
        for (place, row) in self.active.iter().enumerate() {
            self.all.alpha[*row] = self.now.alpha[place];
            self.all.slack[*row] = self.now.slack[place];
        }
    }

    fn coefficients(&mut self) -> Vec<f64> {
        self.write_back();
        let signed = |(alpha, first): (&f64, &bool)| if *first { *alpha } else { -*alpha };
        self.all.alpha.iter().zip(&self.all.first).map(signed).collect()
    }

    /// The mean slack of the rows inside their bounds; where there are none, the middle of what is allowed.
    fn bias(&mut self) -> f64 {
        let now = &self.now;
        let inside: Vec<f64> = (0..now.slack.len())
            .filter(|row| now.may_rise[*row] == 0.0 && now.may_fall[*row] == 0.0)
            .map(|row| now.slack[row])
            .collect();
        if inside.is_empty() {
            let extremes = self.extremes();
            (extremes.highest + extremes.lowest) / 2.0
        } else {
            inside.iter().sum::<f64>() / inside.len() as f64
        }
    }
}

fn bound(c: (f64, f64), first: bool) -> f64 {
    if first { c.0 } else { c.1 }
}

impl Rows {
    /// Notes whether yᵢ αᵢ may rise and fall.
    fn mark(&mut self, row: usize, c: f64) {
        let (grows, shrinks) = (self.alpha[row] < c, self.alpha[row] > 0.0);
        let (rises, falls) = if self.first[row] { (grows, shrinks) } else { (shrinks, grows) };
        self.may_rise[row] = if rises { 0.0 } else { f32::NEG_INFINITY };
        self.may_fall[row] = if falls { 0.0 } else { f32::INFINITY };
    }
}
