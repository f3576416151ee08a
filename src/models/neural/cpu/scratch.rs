//! Memory that is used again from step to step: fresh pages cost more than the arithmetic done in them.

use std::sync::{Arc, Mutex};

/// Buffers given back, for whoever asks next.
#[derive(Debug, Default)]
pub struct Scratch {
    free: Mutex<Vec<Vec<f32>>>,
}

const KEPT: usize = 256;

impl Scratch {
    /// `len` values of whatever was there before.
    pub fn stale(&self, len: usize) -> Vec<f32> {
        let mut free = self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fits = |buffer: &Vec<f32>| buffer.capacity() >= len && buffer.capacity() / 2 <= len + 1024;
        let best = (0..free.len()).filter(|&at| fits(&free[at])).min_by_key(|&at| free[at].capacity());
        let found = best.map(|at| free.swap_remove(at));
        drop(free);
        let mut buffer = found.unwrap_or_default();
        match buffer.len() >= len {
            true => buffer.truncate(len),
            false => buffer.resize(len, 0.0),
        }
        buffer
    }

    pub fn zeros(&self, len: usize) -> Vec<f32> {
        let mut buffer = self.stale(len);
        buffer.fill(0.0);
        buffer
    }

    pub fn give(&self, buffer: Vec<f32>) {
        let mut free = self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buffer.capacity() > 0 && free.len() < KEPT {
            free.push(buffer);
        }
    }

    /// Gives back what nobody else holds.
    pub fn give_shared(&self, buffer: Arc<Vec<f32>>) {
        if let Ok(buffer) = Arc::try_unwrap(buffer) {
            self.give(buffer);
        }
    }
}
