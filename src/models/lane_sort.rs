//! Sorts several columns of keys at once, one a vector lane.
//!
//! A bitonic sorting network (K. E. Batcher, "Sorting networks and their applications", 1968), its first blocks of
//! eight by the 19 comparators of the odd-even merge sort: which keys are compared does not depend on the keys,
//! so one comparator works on all lanes together and never branches. In its mirrored form every comparator
//! puts the smaller key first; so comparators that reach past the end, where a longer list would hold
//! infinities, can be left out.

use pulp::{Simd, WithSimd};

use crate::audio::vectorised::Arch;

/// Rows that are sorted and merged in registers; `sort_lanes` takes a multiple of it.
pub const BLOCK: usize = 8;

/// Runs `work` on rows of `LANES` keys with this machine's vector unit, or with its narrower one where a vector
/// would be wider than a row.
pub fn on_lanes<const LANES: usize, W: WithSimd>(arch: Arch, work: W) -> W::Output {
    match arch {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(wide) if LANES < 16 => Simd::vectorize(*wide, work),
        arch => arch.dispatch(work),
    }
}

/// Sorts each lane of `rows`, smallest first. What lies behind the last whole block stays as it is.
#[inline(always)]
pub fn sort_lanes<S: Simd, const LANES: usize>(simd: S, rows: &mut [[u32; LANES]]) {
    let length = rows.len() - rows.len() % BLOCK;
    let width = LANES / S::U32_LANES;
    let rows = S::as_mut_simd_u32s(rows[..length].as_flattened_mut()).0;
    // A run is merged as soon as its twin is sorted, while both are still in the first-level cache.
    for end in (BLOCK..=length).step_by(BLOCK) {
        sort_block::<S, LANES>(simd, &mut rows[(end - BLOCK) * width..end * width]);
        let mut run = BLOCK;
        while end % (2 * run) == 0 {
            merge::<S, LANES>(simd, &mut rows[(end - 2 * run) * width..end * width], run);
            run *= 2;
        }
    }
    let mut run = BLOCK;
    while run < length {
        let unpaired = length % (2 * run);
        if unpaired > run {
            merge::<S, LANES>(simd, &mut rows[(length - unpaired) * width..], run);
        }
        run *= 2;
    }
}

/// Puts the rows of a block in order by the comparators given, each vector of the row in its turn.
macro_rules! compare_block {
    ($simd:ident, $rows:ident, [$($row:ident $place:literal)*], $($low:ident $high:ident),*) => {
        let width = LANES / S::U32_LANES;
        for block in $rows.chunks_exact_mut(BLOCK * width) {
            for vector in 0..width {
                $(let mut $row = block[$place * width + vector];)*
                $(($low, $high) = ($simd.min_u32s($low, $high), $simd.max_u32s($low, $high));)*
                $(block[$place * width + vector] = $row;)*
            }
        }
    };
}

#[inline(always)]
#[rustfmt::skip]
fn sort_block<S: Simd, const LANES: usize>(simd: S, rows: &mut [S::u32s]) {
    compare_block!(
        simd, rows, [a 0 b 1 c 2 d 3 e 4 f 5 g 6 h 7],
        a b, c d, e f, g h,
        a c, b d, e g, f h,
        b c, f g,
        a e, b f, c g, d h,
        c e, d f,
        b c, d e, f g
    );
}

/// The last three steps of a merge, for every block of it.
#[inline(always)]
#[rustfmt::skip]
fn merge_blocks<S: Simd, const LANES: usize>(simd: S, rows: &mut [S::u32s]) {
    compare_block!(
        simd, rows, [a 0 b 1 c 2 d 3 e 4 f 5 g 6 h 7],
        a e, b f, c g, d h,
        a c, b d, e g, f h,
        a b, c d, e f, g h
    );
}

/// Merges the first `run` sorted rows and the sorted rest, which is no longer.
#[inline(always)]
fn merge<S: Simd, const LANES: usize>(simd: S, rows: &mut [S::u32s], run: usize) {
    let width = LANES / S::U32_LANES;
    let (low, high) = rows.split_at_mut(run * width);
    // The row as far behind the middle as the other is before it.
    for (low, high) in low.chunks_exact_mut(width).rev().zip(high.chunks_exact_mut(width)) {
        order(simd, low, high);
    }
    let mut step = run / 2;
    while step >= BLOCK {
        for pair in rows.chunks_mut(2 * step * width) {
            let (low, high) = pair.split_at_mut(pair.len().min(step * width));
            order(simd, low, high);
        }
        step /= 2;
    }
    merge_blocks::<S, LANES>(simd, rows);
}

#[inline(always)]
fn order<S: Simd>(simd: S, low: &mut [S::u32s], high: &mut [S::u32s]) {
    for (low, high) in low.iter_mut().zip(high) {
        (*low, *high) = (simd.min_u32s(*low, *high), simd.max_u32s(*low, *high));
    }
}

#[cfg(test)]
mod tests {
    use pulp::{Scalar, Scalar128b};

    use super::*;
    use crate::random::Draws;

    struct Sort<'a, const LANES: usize>(&'a mut [[u32; LANES]]);

    impl<const LANES: usize> WithSimd for Sort<'_, LANES> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            sort_lanes(simd, self.0);
        }
    }

    fn every_length<const LANES: usize>(sort: impl Fn(Sort<'_, LANES>)) {
        let mut draws = Draws::new(5, "lanes");
        for length in (0..34).chain([63, 64, 65, 100, 129]).map(|blocks| blocks * BLOCK) {
            let mut rows: Vec<[u32; LANES]> =
                (0..length).map(|_| std::array::from_fn(|_| draws.below(length) as u32)).collect();
            let mut known: Vec<Vec<u32>> =
                (0..LANES).map(|lane| rows.iter().map(|row| row[lane]).collect()).collect();
            sort(Sort(&mut rows));
            for (lane, known) in known.iter_mut().enumerate() {
                known.sort_unstable();
                assert!(rows.iter().map(|row| row[lane]).eq(known.iter().copied()), "{length}");
            }
        }
    }

    #[test]
    fn every_length_is_sorted_in_every_lane_on_every_vector_unit() {
        every_length::<8>(|sort| on_lanes::<8, _>(Arch::new(), sort));
        every_length::<16>(|sort| on_lanes::<16, _>(Arch::new(), sort));
        every_length::<16>(|sort| sort.with_simd(Scalar));
        every_length::<8>(|sort| sort.with_simd(Scalar128b));
    }
}
