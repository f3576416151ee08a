//! Writes every entry's seeds and regressions to `FOLDER/ENTRY/`: what a fuzzer begins with.

use std::path::Path;

// What code with coverage calls.
use libfuzzer_sys as _;

#[allow(dead_code)]
#[path = "../../tests/fuzzing/entries.rs"]
mod entries;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus".to_string());
    for entry in entries::ENTRIES {
        let into = Path::new(&folder).join(entry.name);
        std::fs::create_dir_all(&into)?;
        for (number, file) in entry.files().iter().enumerate() {
            std::fs::copy(file, into.join(format!("seed-{number}")))?;
        }
    }
    Ok(())
}
