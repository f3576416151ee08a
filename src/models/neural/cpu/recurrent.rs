//! LSTM and GRU over whole sequences, PyTorch's equations, gate order (i f g o; r z n) and weight layout.
//!
//! One product gives W x of all steps at once; each step adds W h. Backwards the steps give the gradients before the
//! gates, and three products over all steps the gradients of both matrices and of x. Inside, a sequence lies
//! time-major: time × clips × values.

use super::gates::{gru_step, gru_step_back, lstm_step, lstm_step_back};
use super::matmul::{Matrix, MatrixMut, multiply};
use crate::models::neural::blueprint::Cell;

/// W_ih, W_hh, b_ih, b_hh of one layer and way.
pub type Four<'a> = [&'a [f32]; 4];

/// One layer, one way.
#[derive(Debug, Clone, Copy)]
pub struct Way {
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

impl Way {
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
        let mut gates = vec![0.0; rows * tall];
        for row in gates.chunks_mut(tall) {
            row.copy_from_slice(b_ih);
            if self.cell == Cell::Lstm {
                row.iter_mut().zip(b_hh).for_each(|(value, bias)| *value += bias);
            }
        }
        let w_x = Matrix::new(w_ih, tall, self.inputs).t();
        multiply(MatrixMut::new(&mut gates, rows, tall), Matrix::new(x, rows, self.inputs), w_x, true);
        let w_h = Matrix::new(w_hh, tall, hidden).t();
        let wide = if self.cell == Cell::Lstm { hidden } else { tall };
        let mut cells = vec![0.0; rows * wide];
        for step in self.order() {
            let gates = &mut gates[step * clips * tall..][..clips * tall];
            let before = self.before(step);
            let h_at = |step: usize| step * clips * h_step + h_offset;
            match self.cell {
                Cell::Lstm => {
                    if let Some(before) = before {
                        let h = Matrix::strided(&h[h_at(before)..], clips, hidden, h_step);
                        multiply(MatrixMut::new(gates, clips, tall), h, w_h, true);
                    }
                    let (now, old) = two(&mut cells, step, before, clips * hidden);
                    lstm_step(gates, old, now, &mut h[h_at(step)..], hidden, h_step);
                }
                Cell::Gru => {
                    let from_h = &mut cells[step * clips * tall..][..clips * tall];
                    from_h.chunks_mut(tall).for_each(|row| row.copy_from_slice(b_hh));
                    if let Some(before) = before {
                        let h = Matrix::strided(&h[h_at(before)..], clips, hidden, h_step);
                        multiply(MatrixMut::new(from_h, clips, tall), h, w_h, true);
                    }
                    let old: Option<Vec<f32>> =
                        before.map(|before| gather(h, h_at(before), clips, hidden, h_step));
                    let old = old.as_deref().map(|old| (old, hidden));
                    gru_step(gates, from_h, old, &mut h[h_at(step)..], hidden, h_step);
                }
            }
        }
        Kept { gates, cells }
    }

    /// Adds to `dx` and to the four gradients; `dh` is time × clips × `h_step`, this way's values at `h_offset`.
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
        let mut d_h_side = if self.cell == Cell::Gru { vec![0.0; rows * tall] } else { Vec::new() };
        let mut carried = vec![0.0; clips * hidden];
        let mut d_cell = vec![0.0; clips * hidden];
        let w_h = Matrix::new(w_hh, tall, hidden);
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
                    multiply(
                        MatrixMut::new(&mut carried, clips, hidden),
                        Matrix::new(gates, clips, tall),
                        w_h,
                        false,
                    );
                }
                Cell::Gru => {
                    let from_h = &cells[step * clips * tall..][..clips * tall];
                    let side = &mut d_h_side[step * clips * tall..][..clips * tall];
                    let old = before.map(|before| (&h[before * clips * h_step + h_offset..], h_step));
                    gru_step_back(gates, from_h, old, &mut carried, side, hidden);
                    multiply(
                        MatrixMut::new(&mut carried, clips, hidden),
                        Matrix::new(side, clips, tall),
                        w_h,
                        true,
                    );
                }
            }
        }
        let [d_w_ih, d_w_hh, d_b_ih, d_b_hh] = gradients;
        let all = Matrix::new(&gates, rows, tall);
        multiply(MatrixMut::new(d_w_ih, tall, self.inputs), all.t(), Matrix::new(x, rows, self.inputs), true);
        if let Some(dx) = dx {
            multiply(MatrixMut::new(dx, rows, self.inputs), all, Matrix::new(w_ih, tall, self.inputs), true);
        }
        let h_side = if self.cell == Cell::Gru { &d_h_side } else { &gates };
        if self.steps > 1 {
            let count = rows - clips;
            let (later, earlier) = if self.reverse { (0, clips) } else { (clips, 0) };
            let d = Matrix::new(&h_side[later * tall..], count, tall);
            let old = Matrix::strided(&h[earlier * h_step + h_offset..], count, hidden, h_step);
            multiply(MatrixMut::new(d_w_hh, tall, hidden), d.t(), old, true);
        }
        add_rows(d_b_ih, &gates);
        add_rows(d_b_hh, h_side);
    }
}

fn add_rows(total: &mut [f32], rows: &[f32]) {
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
pub fn to_time_major(x: &[f32], features: usize, steps: usize) -> Vec<f32> {
    let clips = x.len() / (features * steps).max(1);
    let mut turned = vec![0.0; x.len()];
    for (clip, x) in x.chunks(features * steps).enumerate() {
        for (feature, row) in x.chunks(steps).enumerate() {
            for (step, value) in row.iter().enumerate() {
                turned[(step * clips + clip) * features + feature] = *value;
            }
        }
    }
    turned
}

/// And back, into `x`.
pub fn from_time_major(turned: &[f32], features: usize, steps: usize, x: &mut [f32]) {
    let clips = x.len() / (features * steps).max(1);
    for (clip, x) in x.chunks_mut(features * steps).enumerate() {
        for (feature, row) in x.chunks_mut(steps).enumerate() {
            for (step, value) in row.iter_mut().enumerate() {
                *value = turned[(step * clips + clip) * features + feature];
            }
        }
    }
}
