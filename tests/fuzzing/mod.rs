//! Every reader of files that strangers made: its seeds, its regressions, and mutations of both. The long runs are the
//! same entries with more time: `fuzz/README.md`.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

mod entries;
mod mutations;

use entries::{ENTRIES, Entry};
use mutations::{Dice, mutated};

const MUTATIONS: u64 = 2000;
/// Of one entry, whatever the machine.
const LONGEST: Duration = Duration::from_secs(3);
/// One input that takes longer hangs.
const HANGS: Duration = Duration::from_secs(10);

fn seeds(entry: &Entry) -> Vec<Vec<u8>> {
    let read = |file: &PathBuf| fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    entry.files().iter().map(read).collect()
}

/// Feeds mutations until the count or the time is used up; gives how many there were.
fn feed(entry: &Entry, first: u64, count: u64, time: Duration) -> u64 {
    let seeds = seeds(entry);
    seeds.iter().for_each(|seed| (entry.run)(seed));
    (entry.run)(b"");
    let start = Instant::now();
    for number in first..first + count {
        if start.elapsed() > time {
            return number - first;
        }
        let mut dice = Dice::new(number);
        let seed = &seeds[dice.below(seeds.len())];
        let other = &seeds[dice.below(seeds.len())];
        let input = mutated(seed, other, &mut dice);
        let began = Instant::now();
        let outcome = std::panic::catch_unwind(|| (entry.run)(&input));
        if outcome.is_err() || began.elapsed() > HANGS {
            let kept = std::env::temp_dir().join(format!("genrebench-found-{}-{number}", entry.name));
            fs::write(&kept, &input).unwrap();
            panic!(
                "{}: input {number} panics or hangs ({:?}); kept in {}",
                entry.name,
                began.elapsed(),
                kept.display()
            );
        }
    }
    count
}

#[test]
fn no_reader_panics_or_hangs_on_a_mutated_file() {
    let counts: Vec<String> = ENTRIES
        .iter()
        .map(|entry| format!("{} {}", entry.name, feed(entry, 0, MUTATIONS, LONGEST)))
        .collect();
    println!("{}", counts.join(", "));
}

/// `GENREBENCH_FUZZ="mp3 600 5" cargo test --release -- --ignored --nocapture for_as_long_as_asked`: entry (or `all`),
/// seconds, and where to begin.
#[test]
#[ignore = "runs as long as it is told"]
fn for_as_long_as_asked() {
    let asked = std::env::var("GENREBENCH_FUZZ").unwrap_or_else(|_| "all 60 1".to_string());
    let mut words = asked.split_whitespace();
    let name = words.next().unwrap_or("all");
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(60);
    let begin: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(1);
    for entry in ENTRIES.iter().filter(|entry| name == "all" || entry.name == name) {
        let count = feed(entry, begin << 32, u64::MAX >> 1, Duration::from_secs(seconds));
        println!("{}: {count} inputs in {seconds} s", entry.name);
    }
}
