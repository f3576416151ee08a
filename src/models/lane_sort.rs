//! Sorts several columns of keys at once, one a vector lane.
//!
//! Batcher's odd-even merge sort (K. E. Batcher, "Sorting networks and their applications", 1968): which keys
//! are compared does not depend on the keys, so one comparator works on all lanes together and never branches.
//! The network is that of the next power of two; comparators that reach past the end would meet infinities
//! there, and are left out. Always inlined: the caller's vector unit is the one that is used.

/// Sorts each lane of `rows`, smallest first.
#[inline(always)]
pub fn sort_lanes<const LANES: usize>(rows: &mut [[u32; LANES]]) {
    let length = rows.len();
    // A run is merged as soon as its twin is sorted, while both are still in the first-level cache.
    for end in (BLOCK..=length).step_by(BLOCK) {
        sort_block(&mut rows[end - BLOCK..end]);
        let mut run = BLOCK;
        while end % (2 * run) == 0 {
            merge(&mut rows[end - 2 * run..end], run);
            run *= 2;
        }
    }
    insert_each(&mut rows[length - length % BLOCK..]);
    let mut run = BLOCK;
    while run < length {
        let unpaired = &mut rows[length - length % (2 * run)..];
        if unpaired.len() > run {
            merge(unpaired, run);
        }
        run *= 2;
    }
}

const BLOCK: usize = 8;

/// Batcher's 19 comparators of eight keys, in registers.
#[inline(always)]
fn sort_block<const LANES: usize>(rows: &mut [[u32; LANES]]) {
    let Some(rows) = rows.first_chunk_mut::<BLOCK>() else { return };
    const COMPARATORS: [(usize, usize); 19] = [
        (0, 1), (2, 3), (4, 5), (6, 7),
        (0, 2), (1, 3), (4, 6), (5, 7),
        (1, 2), (5, 6),
        (0, 4), (1, 5), (2, 6), (3, 7),
        (2, 4), (3, 5),
        (1, 2), (3, 4), (5, 6),
    ];
    let mut held = *rows;
    for (low, high) in COMPARATORS {
        let (a, b) = (held[low], held[high]);
        held[low] = smaller(a, b);
        held[high] = larger(a, b);
    }
    *rows = held;
}

/// Fewer than eight: the odd-even transposition of neighbours.
#[inline(always)]
fn insert_each<const LANES: usize>(rows: &mut [[u32; LANES]]) {
    for end in 1..rows.len() {
        for place in (0..end).rev() {
            let (a, b) = (rows[place], rows[place + 1]);
            rows[place] = smaller(a, b);
            rows[place + 1] = larger(a, b);
        }
    }
}

/// Merges the sorted `rows[..run]` and `rows[run..]`, the second being no longer than the first.
#[inline(always)]
fn merge<const LANES: usize>(rows: &mut [[u32; LANES]], run: usize) {
    let (low, high) = rows.split_at_mut(run);
    exchange(low, high);
    let mut step = run / 2;
    while step > 0 {
        // Blocks 1 and 2, 3 and 4, …: the first and the last have no partner.
        for pair in rows[step..].chunks_mut(2 * step) {
            if pair.len() > step {
                let (low, high) = pair.split_at_mut(step);
                exchange(low, high);
            }
        }
        step /= 2;
    }
}

#[inline(always)]
fn exchange<const LANES: usize>(low: &mut [[u32; LANES]], high: &mut [[u32; LANES]]) {
    for (low, high) in low.iter_mut().zip(high) {
        let (a, b) = (*low, *high);
        *low = smaller(a, b);
        *high = larger(a, b);
    }
}

#[inline(always)]
fn smaller<const LANES: usize>(mut a: [u32; LANES], b: [u32; LANES]) -> [u32; LANES] {
    for lane in 0..LANES {
        a[lane] = a[lane].min(b[lane]);
    }
    a
}

#[inline(always)]
fn larger<const LANES: usize>(mut a: [u32; LANES], b: [u32; LANES]) -> [u32; LANES] {
    for lane in 0..LANES {
        a[lane] = a[lane].max(b[lane]);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn every_length_is_sorted_in_every_lane() {
        let mut draws = Draws::new(5, "lanes");
        for length in (0..140).chain([255, 256, 257, 1000, 1025]) {
            let mut rows: Vec<[u32; 4]> =
                (0..length).map(|_| std::array::from_fn(|_| draws.below(length.max(2)) as u32)).collect();
            let mut known: Vec<Vec<u32>> = (0..4).map(|lane| rows.iter().map(|row| row[lane]).collect()).collect();
            sort_lanes(&mut rows);
            for (lane, known) in known.iter_mut().enumerate() {
                known.sort_unstable();
                assert!(rows.iter().map(|row| row[lane]).eq(known.iter().copied()), "{length}");
            }
        }
    }
}
