//! The cellar: runs work that may panic (a third party's decoder or model on damaged input) without the panic's message
//! on the screen: to the user a damaged file is a damaged file.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or what its panic said. The work must stay on this thread to be silent.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
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
    outcome.map_err(|panic| said(&*panic))
}

fn said(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it gave no reason".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_words_and_all_else_passes() {
        assert_eq!(guarded(|| 3), Ok(3));
        let nothing: Vec<u8> = Vec::new();
        let said = guarded(|| nothing[std::hint::black_box(1)]).unwrap_err();
        assert!(said.contains("out of bounds"), "{said}");
        assert!(!SILENT.get());
    }
}
