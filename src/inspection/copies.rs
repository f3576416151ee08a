//! Which clips are copies of each other: candidates by equal words, then the share of bits that differ.
//!
//! Every fourth word of every clip goes into a table sorted by word. Each word of each clip is looked up there; clips
//! that meet twice at one offset are laid over each other, and are copies where few enough bits of the overlap differ.
//!
//! How few that is ([`largest_bit_error_rate`]) lies between what was counted on both sides. Copies of synthetic clips of
//! 10 s that begin 1.3 s later, half a frame off, at 32 kbit/s: at most 6.4 % differ (154 clips, the codec imitated). Of a
//! real song, compressed 6 to 1, 11.8 % over 29 s; of the one baby that ESC-10 has in two clips, 9.6 % over 4 s. Different
//! songs by one invented artist, who repeats patterns, instruments and tempo: of 2000 clips the nearest pairs differ by
//! 10.2 % over 3.6 s, 11.9 % over 5 s and 16 % over 8.5 s, of 2000 of 30 s by 14.4 % over 14 s. Unrelated sound differs
//! by half, give or take 2.5 points over 3 s (ESC-10). The longer an overlap, the harder it is for a pattern to fit it by
//! chance, so that more wear is forgiven; over 3 s the two sides nearly meet.

use rayon::prelude::*;

use super::fingerprint::{FRAME_SECONDS, Fingerprint};

/// Clips that share less than this are not compared.
pub const SHORTEST_OVERLAP_SECONDS: f64 = 3.0;

const STORED_EVERY: usize = 4;
/// Of the clips before it that share a word, the nearest so many entries are looked at: a hundred copies of one
/// recording are linked in a chain, and a word that everybody has costs no more than a rare one.
const MOST_ENTRIES_A_WORD: usize = 24;
const FEWEST_MEETINGS: usize = 2;
/// Offsets tried on each side of the one that the words agree on.
const SLACK_FRAMES: isize = 2;

/// Of the bits of an overlap so long, this share may differ: 9.5 % at three seconds, half a point more a second, at
/// most 12 %.
pub fn largest_bit_error_rate(overlap_seconds: f64) -> f64 {
    (0.095 + 0.005 * (overlap_seconds - SHORTEST_OVERLAP_SECONDS)).clamp(0.095, 0.12)
}

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
                .filter_map(|offset| compare(prints[first], prints[clip], offset));
            let best = tried.min_by(|a, b| a.bit_error_rate.total_cmp(&b.bit_error_rate))?;
            (best.bit_error_rate <= largest_bit_error_rate(best.heard_seconds)).then_some(Copy {
                first,
                second: clip,
                offset_seconds: best.offset as f64 * FRAME_SECONDS,
                overlap_seconds: best.overlap_seconds,
                bit_error_rate: best.bit_error_rate,
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

/// Two clips laid over each other.
struct Overlap {
    /// Frames by which the second clip begins later.
    offset: isize,
    bit_error_rate: f64,
    overlap_seconds: f64,
    /// The part of it in which both have words.
    heard_seconds: f64,
}

/// `None` where too few words of both lie over each other.
fn compare(first: &Fingerprint, second: &Fingerprint, offset: isize) -> Option<Overlap> {
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
    let heard_seconds = words as f64 * FRAME_SECONDS;
    (heard_seconds >= SHORTEST_OVERLAP_SECONDS).then(|| Overlap {
        offset,
        bit_error_rate: wrong as f64 / (32 * words) as f64,
        overlap_seconds: first.len().min(second.len()) as f64 * FRAME_SECONDS,
        heard_seconds,
    })
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
    fn the_longer_the_overlap_the_more_wear_is_forgiven() {
        // Words with their own wear, over 3.5 s and over 12 s.
        for (words, share, expected) in [(150, 0.06, 1), (150, 0.105, 0), (517, 0.105, 1), (517, 0.14, 0)] {
            let original = print(1, words);
            let prints = [original.clone(), worn(&original, share)];
            assert_eq!(found(&prints).len(), expected, "{words} words, {share}");
        }
        assert_eq!(largest_bit_error_rate(300.0), 0.12);
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
