#![no_main]

#[allow(dead_code)]
#[path = "../../tests/fuzzing/entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::run("matrix", bytes));
