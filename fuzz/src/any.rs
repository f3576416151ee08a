//! Every target in one program, for `fuzz/run`: the entry that `GENREBENCH_ENTRY` names.

#![no_main]

use std::sync::LazyLock;

#[allow(dead_code)]
#[path = "../../tests/fuzzing/entries.rs"]
mod entries;

static NAME: LazyLock<String> =
    LazyLock::new(|| std::env::var("GENREBENCH_ENTRY").expect("GENREBENCH_ENTRY names an entry"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::run(&NAME, bytes));
