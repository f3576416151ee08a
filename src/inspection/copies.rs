//! Which clips are copies of each other: candidates by equal words, then the share of bits that differ.
//!
//! Every fourth word of every clip goes into a table sorted by word. Each word of each clip is looked up there; clips
//! that meet twice at one offset are laid over each other, and are copies where at most 22 % of the bits of the overlap
//! differ and the overlap holds at least three seconds of words.
//!
//! How often chance does that: over three seconds (129 words) of unrelated sound the share of differing bits was 0.498
//! with a standard deviation of 0.025 (ESC-10, 3000 pairs), so 0.22 is eleven deviations away, about 1e-28 a pair and
//! offset were it normal; longer overlaps are safer still. What remains is sound that does repeat: a loop.

use rayon::prelude::*;

use super::fingerprint::{FRAME_SECONDS, Fingerprint};

/// Of the bits of an overlap, so many may differ.
pub const LARGEST_BIT_ERROR_RATE: f64 = 0.22;
pub const SHORTEST_OVERLAP_SECONDS: f64 = 3.0;

const STORED_EVERY: usize = 4;
/// Of the clips before it that share a word, the nearest so many entries are looked at: a hundred copies of one
/// recording are linked in a chain, and a word that everybody has costs no more than a rare one.
const MOST_ENTRIES_A_WORD: usize = 24;
const FEWEST_MEETINGS: usize = 2;
/// Offsets tried on each side of the one that the words agree on.
const SLACK_FRAMES: isize = 2;

/// Two clips with one recording in both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Copy {
    /// Places in the list that was searched, `first < second`.
    pub first: usize,
    pub second: usize,
    /// Where the second clip begins in the first one's time.
    pub offset_seconds: f64,
    /// How long both sound at once.
    pub overlap_seconds: f64,
    pub bit_error_rate: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    word: u32,
    clip: u32,
    frame: u32,
}

/// Every pair that is found, ordered by first and second.
pub fn find_copies(prints: &[&Fingerprint]) -> Vec<Copy> {
    let mut entries: Vec<Entry> = prints
        .par_iter()
        .enumerate()
        .flat_map_iter(|(clip, print)| {
            let stored = print.words.iter().enumerate().step_by(STORED_EVERY);
            stored.filter(|(_, word)| **word != 0).map(move |(frame, word)| Entry {
                word: *word,
                clip: clip as u32,
                frame: frame as u32,
            })
        })
        .collect();
    entries.par_sort_unstable();
    let mut copies: Vec<Copy> =
        (0..prints.len()).into_par_iter().flat_map_iter(|clip| copies_of(clip, prints, &entries)).collect();
    copies.sort_by_key(|copy| (copy.first, copy.second));
    copies
}

/// The earlier clips that `clip` is a copy of.
fn copies_of(clip: usize, prints: &[&Fingerprint], entries: &[Entry]) -> Vec<Copy> {
    let mut meetings: Vec<(u32, isize)> = Vec::new();
    let mut before = 0;
    for (frame, &word) in prints[clip].words.iter().enumerate() {
        // A word that stands still says nothing new.
        if word == 0 || word == before {
            continue;
        }
        before = word;
        let own = Entry { word, clip: clip as u32, frame: 0 };
        let end = entries.partition_point(|entry| *entry < own);
        let earlier = entries[..end].iter().rev().take_while(|entry| entry.word == word);
        let met = earlier.take(MOST_ENTRIES_A_WORD);
        meetings.extend(met.map(|entry| (entry.clip, entry.frame as isize - frame as isize)));
    }
    meetings.sort_unstable();
    meetings
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|met| {
            let (offset, times) = most_met(met);
            if times < FEWEST_MEETINGS {
                return None;
            }
            let first = met[0].0 as usize;
            let tried = (offset - SLACK_FRAMES..=offset + SLACK_FRAMES)
                .filter_map(|offset| Some((offset, compare(prints[first], prints[clip], offset)?)));
            let (offset, (rate, frames)) = tried.min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
            (rate <= LARGEST_BIT_ERROR_RATE).then_some(Copy {
                first,
                second: clip,
                offset_seconds: offset as f64 * FRAME_SECONDS,
                overlap_seconds: frames as f64 * FRAME_SECONDS,
                bit_error_rate: rate,
            })
        })
        .collect()
}

/// The offset at which two clips meet most often, one frame more or less counted with it; the lowest of equals.
fn most_met(met: &[(u32, isize)]) -> (isize, usize) {
    let mut best = (0, 0);
    let mut from = 0;
    for (at, (_, offset)) in met.iter().enumerate() {
        while met[from].1 < offset - 2 {
            from += 1;
        }
        if at + 1 - from > best.1 {
            best = (met[from + (at - from) / 2].1, at + 1 - from);
        }
    }
    best
}

/// The share of differing bits with the second clip `offset` frames later, and the frames that both sound; `None`
/// where too few words of both lie over each other.
fn compare(first: &Fingerprint, second: &Fingerprint, offset: isize) -> Option<(f64, usize)> {
    let (first, second) = (&first.words, &second.words);
    let (first, second) = match usize::try_from(offset) {
        Ok(later) => (first.get(later..)?, second.as_slice()),
        Err(_) => (first.as_slice(), second.get(offset.unsigned_abs()..)?),
    };
    let (mut words, mut wrong) = (0usize, 0usize);
    for (a, b) in first.iter().zip(second) {
        if *a != 0 && *b != 0 {
            words += 1;
            wrong += (a ^ b).count_ones() as usize;
        }
    }
    let enough = words as f64 * FRAME_SECONDS >= SHORTEST_OVERLAP_SECONDS;
    enough.then(|| (wrong as f64 / (32 * words) as f64, first.len().min(second.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn print(seed: u64, words: usize) -> Fingerprint {
        let mut draws = Draws::new(seed, "words");
        Fingerprint { words: (0..words).map(|_| draws.between(1.0, f64::from(u32::MAX)) as u32).collect() }
    }

    /// `share` of the bits turned.
    fn worn(print: &Fingerprint, share: f64) -> Fingerprint {
        let mut draws = Draws::new(9, "wear");
        let words = print.words.iter().map(|word| {
            let turned = (0..32).filter(|_| draws.unit() < share).fold(0, |mask, bit| mask | 1 << bit);
            (word ^ turned).max(1)
        });
        Fingerprint { words: words.collect() }
    }

    fn found(prints: &[Fingerprint]) -> Vec<(usize, usize)> {
        let copies = find_copies(&prints.iter().collect::<Vec<_>>());
        copies.iter().map(|copy| (copy.first, copy.second)).collect()
    }

    #[test]
    fn a_worn_copy_with_another_beginning_is_found_where_it_begins() {
        let original = print(1, 600);
        let cut = Fingerprint { words: original.words[57..].to_vec() };
        let prints = [print(2, 600), worn(&cut, 0.06), print(3, 500), original.clone()];
        let copies = find_copies(&prints.iter().collect::<Vec<_>>());
        let [copy] = copies.as_slice() else { panic!("{copies:?}") };
        assert_eq!((copy.first, copy.second), (1, 3));
        assert!((copy.offset_seconds + 57.0 * FRAME_SECONDS).abs() < 1e-9, "{copy:?}");
        assert!((copy.bit_error_rate - 0.06).abs() < 0.02);
        assert!((copy.overlap_seconds - 543.0 * FRAME_SECONDS).abs() < 1e-9);
    }

    #[test]
    fn strangers_and_overlaps_too_short_are_not_copies() {
        let mut prints: Vec<Fingerprint> = (0..40).map(|seed| print(seed, 400)).collect();
        assert!(found(&prints).is_empty());
        // 2.5 s of another one.
        let borrowed = prints[0].words[300..].to_vec();
        prints.push(Fingerprint { words: [borrowed, print(99, 300).words].concat() });
        prints.push(Fingerprint { words: vec![0; 400] });
        prints.push(Fingerprint::default());
        assert!(found(&prints).is_empty());
    }

    #[test]
    fn a_hundred_copies_are_linked_in_a_chain() {
        let original = print(1, 300);
        let prints: Vec<Fingerprint> = (0..100).map(|_| original.clone()).collect();
        let found = found(&prints);
        for second in 1..100 {
            assert!(found.contains(&(second - 1, second)), "{second}");
        }
    }
}
