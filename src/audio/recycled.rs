//! Large buffers handed on from one clip to the next on the same thread.
//!
//! A spectrogram of half a minute is 5 to 10 MB. Asking the system for fresh pages for every clip costs more than
//! the Fourier transforms that fill them, so a thread keeps the few it used last.

use std::any::Any;
use std::cell::RefCell;

/// Buffers kept by a thread.
const KEPT: usize = 4;
/// Larger ones go back to the system: a long recording must not hold memory for all that follow.
const LARGEST_BYTES: usize = 32 << 20;
/// Smaller ones are cheap to allocate.
const SMALLEST_BYTES: usize = 128 << 10;

thread_local! {
    static SHELF: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// An empty vector with room for `length` values; its memory may be an earlier one's.
pub fn empty<T: 'static>(length: usize) -> Vec<T> {
    let found = SHELF.with_borrow_mut(|shelf| {
        let fits = |kept: &Box<dyn Any>| kept.downcast_ref::<Vec<T>>().is_some_and(|v| v.capacity() >= length);
        shelf.iter().position(fits).map(|at| shelf.swap_remove(at))
    });
    let mut buffer = found.and_then(|kept| kept.downcast::<Vec<T>>().ok()).map(|kept| *kept).unwrap_or_default();
    buffer.clear();
    buffer.reserve_exact(length);
    buffer
}

/// Leaves a vector for a later [`empty`] on this thread; the one kept longest makes room for it.
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
    fn memory_is_handed_on_but_its_contents_are_not() {
        let buffer = vec![7.0f32; 100_000];
        let place = buffer.as_ptr();
        give(buffer);
        assert!(empty::<f64>(90_000).is_empty(), "another type gets memory of its own");
        let again = empty::<f32>(90_000);
        assert_eq!(again.as_ptr(), place);
        assert!(again.is_empty() && again.capacity() >= 90_000);
    }

    #[test]
    fn huge_and_small_buffers_are_let_go() {
        give(vec![0u8; LARGEST_BYTES + 1]);
        give(vec![0u8; 10]);
        SHELF.with_borrow(|shelf| assert!(shelf.is_empty()));
    }
}
