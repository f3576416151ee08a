//! Learning curves that cells hold, one a network.

use crate::experiment::Run;
use crate::models::neural::Epoch;

/// One network's epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The row, with the member of an ensemble behind it.
    pub row: String,
    pub epochs: Vec<Epoch>,
}

/// The curves of each row's first cell that has any.
pub fn curves(run: &Run) -> Vec<Curve> {
    let of_rows = run.rows.iter().filter_map(|row| {
        let cell = run.cells_of(&row.name).find(|cell| !cell.histories.is_empty())?;
        let named = |member: &str| match member {
            "" => row.name.clone(),
            member => format!("{}, {member}", row.name),
        };
        let trained = cell.histories.iter().filter(|history| !history.epochs.is_empty());
        let curves =
            trained.map(|history| Curve { row: named(&history.member), epochs: history.epochs.clone() });
        Some(curves.collect::<Vec<_>>())
    });
    of_rows.flatten().collect()
}
