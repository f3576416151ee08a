//! Large buffers handed on from one clip to the next on the same thread.
//!
//! A spectrogram of half a minute is 5 to 10 MB. Asking the system for fresh pages for every clip costs more than
//! the Fourier transforms that fill them, so a thread keeps the few it used last.

use std::any::Any;
use std::cell::RefCell;

/// Buffers kept by a thread.
const KEPT: usize = 8;
/// Larger ones go back to the system: a long recording must not hold memory for all that follow.
const LARGEST_BYTES: usize = 32 << 20;
/// Smaller ones are cheap to allocate.
const SMALLEST_BYTES: usize = 128 << 10;

thread_local! {
    static SHELF: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// A vector of `length` values that may be an earlier one's: for a caller that overwrites every one of them.
pub fn stale<T: Copy + Default + 'static>(length: usize) -> Vec<T> {
    let found = SHELF.with_borrow_mut(|shelf| {
        let fits =
            |kept: &Box<dyn Any>| kept.downcast_ref::<Vec<T>>().is_some_and(|v| v.capacity() >= length);
        shelf.iter().position(fits).map(|at| shelf.swap_remove(at))
    });
    let mut buffer =
        found.and_then(|kept| kept.downcast::<Vec<T>>().ok()).map(|kept| *kept).unwrap_or_default();
    buffer.reserve_exact(length.saturating_sub(buffer.len()));
    buffer.resize(length, T::default());
    buffer
}

/// Leaves a vector for a later [`stale`] on this thread; the one kept longest makes room for it.
pub fn give<T: 'static>(buffer: Vec<T>) {
    let bytes = buffer.capacity() * size_of::<T>();
    if (SMALLEST_BYTES..=LARGEST_BYTES).contains(&bytes) {
        SHELF.with_borrow_mut(|shelf| {
            if shelf.len() == KEPT {
                shelf.remove(0);
            }
            shelf.push(Box::new(buffer));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_handed_on() {
        let buffer = vec![7.0f32; 100_000];
        let place = buffer.as_ptr();
        give(buffer);
        assert!(
            stale::<f64>(90_000).iter().all(|value| *value == 0.0),
            "another type gets memory of its own"
        );
        let again = stale::<f32>(90_000);
        assert_eq!((again.as_ptr(), again.len()), (place, 90_000));
    }

    #[test]
    fn huge_and_small_buffers_are_let_go() {
        give(vec![0u8; LARGEST_BYTES + 1]);
        give(vec![0u8; 10]);
        SHELF.with_borrow(|shelf| assert!(shelf.is_empty()));
    }
}
