//! LSTM and GRU over whole sequences, PyTorch's equations, gate order (i f g o; r z n) and weight layout.
//!
//! One product gives W x of all steps at once; each step adds W h. Backwards the steps give the gradients before the
//! gates, and three products over all steps the gradients of both matrices and of x. Inside, a sequence lies
//! time-major: time × clips × values.

use super::gates::{gru_step, gru_step_back, lstm_step, lstm_step_back};
use super::matmul::{Matrix, MatrixMut, multiply};
use super::products::{Product, places, row_step, transpose};
use super::scratch::Scratch;
use crate::models::neural::blueprint::Cell;

/// W_ih, W_hh, b_ih, b_hh of one layer and way.
pub type Four<'a> = [&'a [f32]; 4];

/// One layer, one way.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    pub scratch: &'a Scratch,
    pub cell: Cell,
    pub inputs: usize,
    pub hidden: usize,
    pub steps: usize,
    pub clips: usize,
    pub reverse: bool,
}

/// What one way keeps for its way back.
#[derive(Debug, Default)]
pub struct Kept {
    gates: Vec<f32>,
    /// LSTM: the cells. GRU: W h + b of each step.
    cells: Vec<f32>,
}

/// A matrix with rows as far apart as the processor's cache likes them, or its transpose.
struct Spread {
    values: Vec<f32>,
    step: usize,
}

impl Spread {
    fn new(matrix: &[f32], columns: usize, scratch: &Scratch) -> Self {
        let step = row_step(columns);
        let mut values = scratch.stale(matrix.len() / columns.max(1) * step);
        for (to, from) in values.chunks_mut(step).zip(matrix.chunks(columns)) {
            to[..columns].copy_from_slice(from);
        }
        Self { values, step }
    }

    fn transposed(matrix: &[f32], columns: usize, scratch: &Scratch) -> Self {
        let rows = matrix.len() / columns.max(1);
        let step = row_step(rows);
        let mut values = scratch.stale(columns * step);
        transpose(matrix, &places(0, columns, rows), columns, &mut values, step);
        Self { values, step }
    }

    /// c += a · this, for rows of `a` at `rows`, each as long as this has rows.
    fn add_product(&self, a: &[f32], rows: &[usize], c: &mut [f32], columns: usize, add: bool) {
        let depth = places(0, self.step, self.values.len() / self.step);
        Product { a, rows, b: &self.values, depth: &depth, columns, c, c_step: columns, add }.run();
    }
}

impl Way<'_> {
    fn order(&self) -> Box<dyn DoubleEndedIterator<Item = usize>> {
        if self.reverse { Box::new((0..self.steps).rev()) } else { Box::new(0..self.steps) }
    }

    fn before(&self, step: usize) -> Option<usize> {
        match self.reverse {
            true => (step + 1 < self.steps).then_some(step + 1),
            false => step.checked_sub(1),
        }
    }

    fn tall(&self) -> usize {
        self.cell.gates() * self.hidden
    }

    /// `h` is time × clips × `h_step`; this way writes `hidden` values at `h_offset`.
    pub fn forward(
        &self,
        x: &[f32],
        [w_ih, w_hh, b_ih, b_hh]: Four,
        h: &mut [f32],
        h_step: usize,
        h_offset: usize,
    ) -> Kept {
        let (tall, hidden, clips) = (self.tall(), self.hidden, self.clips);
        let rows = self.steps * clips;
        let mut gates = self.scratch.stale(rows * tall);
        for row in gates.chunks_mut(tall) {
            row.copy_from_slice(b_ih);
            if self.cell == Cell::Lstm {
                row.iter_mut().zip(b_hh).for_each(|(value, bias)| *value += bias);
            }
        }
        let w_x = Spread::transposed(w_ih, self.inputs, self.scratch);
        w_x.add_product(x, &places(0, self.inputs, rows), &mut gates, tall, true);
        self.scratch.give(w_x.values);
        let w_h = Spread::transposed(w_hh, hidden, self.scratch);
        let wide = if self.cell == Cell::Lstm { hidden } else { tall };
        let mut cells = self.scratch.stale(rows * wide);
        for step in self.order() {
            let gates = &mut gates[step * clips * tall..][..clips * tall];
            let before = self.before(step);
            let h_at = |step: usize| step * clips * h_step + h_offset;
            match self.cell {
                Cell::Lstm => {
                    if let Some(before) = before {
                        w_h.add_product(h, &places(h_at(before), h_step, clips), gates, tall, true);
                    }
                    let (now, old) = two(&mut cells, step, before, clips * hidden);
                    lstm_step(gates, old, now, &mut h[h_at(step)..], hidden, h_step);
                }
                Cell::Gru => {
                    let from_h = &mut cells[step * clips * tall..][..clips * tall];
                    from_h.chunks_mut(tall).for_each(|row| row.copy_from_slice(b_hh));
                    if let Some(before) = before {
                        w_h.add_product(h, &places(h_at(before), h_step, clips), from_h, tall, true);
                    }
                    let old: Option<Vec<f32>> =
                        before.map(|before| gather(h, h_at(before), clips, hidden, h_step));
                    let old = old.as_deref().map(|old| (old, hidden));
                    gru_step(gates, from_h, old, &mut h[h_at(step)..], hidden, h_step);
                }
            }
        }
        self.scratch.give(w_h.values);
        Kept { gates, cells }
    }

    /// Adds to `dx`, gives the four gradients; `dh` is time × clips × `h_step`, this way's values at `h_offset`.
    #[allow(clippy::too_many_arguments)]
    pub fn backward(
        &self,
        kept: Kept,
        x: &[f32],
        h: &[f32],
        dh: &[f32],
        (h_step, h_offset): (usize, usize),
        [w_ih, w_hh, ..]: Four,
        gradients: [&mut [f32]; 4],
        dx: Option<&mut [f32]>,
    ) {
        let (tall, hidden, clips) = (self.tall(), self.hidden, self.clips);
        let rows = self.steps * clips;
        let Kept { mut gates, cells } = kept;
        let mut d_h_side = self.scratch.stale(if self.cell == Cell::Gru { rows * tall } else { 0 });
        let mut carried = self.scratch.zeros(clips * hidden);
        let mut d_cell = self.scratch.zeros(clips * hidden);
        let w_h = Spread::new(w_hh, hidden, self.scratch);
        let gate_rows = places(0, tall, clips);
        for step in self.order().rev() {
            let at = step * clips * h_step + h_offset;
            for (clip, carried) in carried.chunks_mut(hidden).enumerate() {
                let dh = &dh[at + clip * h_step..][..hidden];
                carried.iter_mut().zip(dh).for_each(|(total, value)| *total += value);
            }
            let before = self.before(step);
            let gates = &mut gates[step * clips * tall..][..clips * tall];
            match self.cell {
                Cell::Lstm => {
                    let size = clips * hidden;
                    let old = before.map(|before| &cells[before * size..][..size]);
                    lstm_step_back(gates, old, &cells[step * size..][..size], &carried, &mut d_cell, hidden);
                    w_h.add_product(gates, &gate_rows, &mut carried, hidden, false);
                }
                Cell::Gru => {
                    let from_h = &cells[step * clips * tall..][..clips * tall];
                    let side = &mut d_h_side[step * clips * tall..][..clips * tall];
                    let old = before.map(|before| (&h[before * clips * h_step + h_offset..], h_step));
                    gru_step_back(gates, from_h, old, &mut carried, side, hidden);
                    w_h.add_product(side, &gate_rows, &mut carried, hidden, true);
                }
            }
        }
        let [d_w_ih, d_w_hh, d_b_ih, d_b_hh] = gradients;
        let all = Matrix::new(&gates, rows, tall);
        multiply(
            MatrixMut::new(d_w_ih, tall, self.inputs),
            all.t(),
            Matrix::new(x, rows, self.inputs),
            false,
        );
        if let Some(dx) = dx {
            let w_x = Spread::new(w_ih, self.inputs, self.scratch);
            w_x.add_product(&gates, &places(0, tall, rows), dx, self.inputs, true);
            self.scratch.give(w_x.values);
        }
        let h_side = if self.cell == Cell::Gru { &d_h_side } else { &gates };
        if self.steps > 1 {
            let count = rows - clips;
            let (later, earlier) = if self.reverse { (0, clips) } else { (clips, 0) };
            let d = Matrix::new(&h_side[later * tall..], count, tall);
            let old = Matrix::strided(&h[earlier * h_step + h_offset..], count, hidden, h_step);
            multiply(MatrixMut::new(d_w_hh, tall, hidden), d.t(), old, false);
        } else {
            d_w_hh.fill(0.0);
        }
        sum_rows(d_b_ih, &gates);
        sum_rows(d_b_hh, h_side);
        for buffer in [gates, cells, d_h_side, carried, d_cell, w_h.values] {
            self.scratch.give(buffer);
        }
    }
}

fn sum_rows(total: &mut [f32], rows: &[f32]) {
    total.fill(0.0);
    for row in rows.chunks(total.len()) {
        total.iter_mut().zip(row).for_each(|(total, value)| *total += value);
    }
}

fn gather(h: &[f32], at: usize, clips: usize, hidden: usize, h_step: usize) -> Vec<f32> {
    (0..clips).flat_map(|clip| h[at + clip * h_step..][..hidden].iter().copied()).collect()
}

/// The block of this step, to be written, and that of the step before.
fn two(blocks: &mut [f32], step: usize, before: Option<usize>, size: usize) -> (&mut [f32], Option<&[f32]>) {
    match before {
        None => (&mut blocks[step * size..][..size], None),
        Some(before) if before < step => {
            let (low, high) = blocks.split_at_mut(step * size);
            (&mut high[..size], Some(&low[before * size..][..size]))
        }
        Some(before) => {
            let (low, high) = blocks.split_at_mut(before * size);
            (&mut low[step * size..][..size], Some(&high[..size]))
        }
    }
}

/// clips × features × time to time × clips × features.
pub fn to_time_major(x: &[f32], features: usize, steps: usize, scratch: &Scratch) -> Vec<f32> {
    let clips = x.len() / (features * steps).max(1);
    let mut turned = scratch.stale(x.len());
    for (clip, x) in x.chunks(features * steps).enumerate() {
        let rows = places(0, steps, features);
        transpose(x, &rows, steps, &mut turned[clip * features..], clips * features);
    }
    turned
}

/// And back, into `x`.
pub fn from_time_major(turned: &[f32], features: usize, steps: usize, x: &mut [f32]) {
    let clips = x.len() / (features * steps).max(1);
    for (clip, x) in x.chunks_mut(features * steps).enumerate() {
        transpose(turned, &places(clip * features, clips * features, steps), features, x, steps);
    }
}
