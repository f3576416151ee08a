//! Runs a foreign reader that panics on some damaged files (polars on Parquet footers), without the panic's
//! message on the screen: to the user a damaged file is a damaged file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or `None` where it panicked. The work must stay on this thread.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if !SILENT.get() {
                usual(panic);
            }
        }));
    });
    let before = SILENT.replace(true);
    // What the work leaves half done is thrown away with it.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    SILENT.set(before);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none_and_all_else_passes() {
        assert_eq!(guarded(|| 3), Some(3));
        let nothing: Vec<u8> = Vec::new();
        assert_eq!(guarded(|| nothing[std::hint::black_box(1)]), None);
        assert!(!SILENT.get());
    }
}
