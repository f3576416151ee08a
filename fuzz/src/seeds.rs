//! Writes every entry's seeds and regressions to `FOLDER/ENTRY/`: what a fuzzer begins with.

use std::path::Path;

#[allow(dead_code)]
#[path = "../../tests/fuzzing/entries.rs"]
mod entries;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "corpus".to_string());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for entry in entries::ENTRIES {
        let into = Path::new(&folder).join(entry.name);
        std::fs::create_dir_all(&into)?;
        for seed in entry.seeds {
            let name = seed.rsplit('/').next().unwrap_or(seed);
            std::fs::copy(root.join(seed), into.join(name))?;
        }
        let found = root.join("tests/fuzzing/regressions").join(entry.name);
        for file in std::fs::read_dir(found).into_iter().flatten() {
            let file = file?;
            std::fs::copy(file.path(), into.join(file.file_name()))?;
        }
    }
    Ok(())
}
