//! Readers of files that strangers made: their seeds, their regressions, and mutations of both. The long runs are the
//! same entries with more time: `fuzz/README.md`.

use std::cell::{Cell, RefCell};
use std::fs;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::path::PathBuf;
use std::sync::Once;
use std::time::{Duration, Instant};

mod entries;
mod mutations;

use entries::{ENTRIES, Entry, is_finding, let_guarded_set_its_hook};
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

thread_local! {
    /// An entry runs on this thread; what other tests panic with meanwhile is theirs.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static FINDING: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What the entry panics with: whatever comes out of it, and of our own code what `guarded` contains as well.
fn panic_of(entry: &Entry, input: &[u8]) -> Option<String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let_guarded_set_its_hook();
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            if WATCHED.get() && is_finding(panic) {
                FINDING.set(Some(panic.to_string()));
            }
            usual(panic);
        }));
    });
    FINDING.set(None);
    WATCHED.set(true);
    let outcome = catch_unwind(|| (entry.run)(input));
    WATCHED.set(false);
    let escaped = outcome.is_err().then(|| "a panic of another crate's code".to_string());
    FINDING.take().or(escaped)
}

/// Feeds mutations until the count or the time is used up; gives how many there were.
fn feed(entry: &Entry, first: u64, count: u64, time: Duration) -> u64 {
    let seeds = seeds(entry);
    for seed in seeds.iter().map(Vec::as_slice).chain([b"".as_slice()]) {
        assert_eq!(panic_of(entry, seed), None, "{}: a seed of {} bytes", entry.name, seed.len());
    }
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
        let panic = panic_of(entry, &input);
        if panic.is_some() || began.elapsed() > HANGS {
            let kept = std::env::temp_dir().join(format!("genrebench-found-{}-{number}", entry.name));
            fs::write(&kept, &input).unwrap();
            panic!(
                "{}: input {number} panics or hangs ({:?}); kept in {}\n{}",
                entry.name,
                began.elapsed(),
                kept.display(),
                panic.unwrap_or_default()
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
