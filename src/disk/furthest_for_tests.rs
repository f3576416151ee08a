//! How far numbers of ours lie from those of somebody else, for tests. The tests of the binary use the same file.

/// The largest distance; NaN where one is NaN, so that no bound holds.
pub fn furthest<A: Copy + Into<f64>, B: Copy + Into<f64>>(found: &[A], wanted: &[B]) -> f64 {
    assert_eq!(found.len(), wanted.len(), "as many numbers");
    let apart = found.iter().zip(wanted).map(|(found, wanted)| ((*found).into() - (*wanted).into()).abs());
    apart.fold(0.0, |most, one| if one > most || one.is_nan() { one } else { most })
}
