//! Matrices of shares: whose rows, columns or cells sum to 1 or to 100, as far as rounding lets them.

use super::claims::Matrix;
use super::printed::{Printed, Unit};

/// What a cell is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Class,
    Prediction,
    All,
}

impl Of {
    pub fn in_words(self, unit: Unit) -> String {
        let sum = if unit == Unit::Percent { "100" } else { "1" };
        match self {
            Self::Class => format!("each row sums to {sum}: the cells are shares of a class"),
            Self::Prediction => {
                format!("each column sums to {sum}: the cells are shares of what is predicted")
            }
            Self::All => format!("the cells sum to {sum}: they are shares of all clips"),
        }
    }
}

/// The shares and the unit in which they sum to 1, rounding included; a class without clips may have none.
pub fn shares(matrix: &Matrix, support: Option<&[u64]>) -> Option<(Of, Unit)> {
    let cells = &matrix.cells;
    let is_empty = |place: usize| {
        support.is_some_and(|support| support[place] == 0) && cells[place].iter().all(|cell| cell.digits == 0)
    };
    let column = |place: usize| cells.iter().map(|row| &row[place]).collect::<Vec<_>>();
    let fractions = cells.iter().flatten().any(|cell| cell.decimals > 0);
    [Unit::Percent, Unit::Fraction].into_iter().filter(|&unit| unit == Unit::Percent || fractions).find_map(
        |unit| {
            let whole = if unit == Unit::Percent { 100 } else { 1 };
            let of_row = |place: usize| sums_to(whole, &cells[place].iter().collect::<Vec<_>>());
            if (0..cells.len()).all(|place| is_empty(place) || of_row(place)) {
                Some((Of::Class, unit))
            } else if (0..cells.len()).all(|place| sums_to(whole, &column(place))) {
                Some((Of::Prediction, unit))
            } else {
                sums_to(whole, &cells.iter().flatten().collect::<Vec<_>>()).then_some((Of::All, unit))
            }
        },
    )
}

fn sums_to(whole: i128, cells: &[&Printed]) -> bool {
    let decimals = cells.iter().map(|cell| cell.decimals).max().unwrap_or(0);
    let unit = |cell: &Printed| 10i128.pow(decimals - cell.decimals);
    let sum: i128 = cells.iter().map(|cell| cell.digits * unit(cell)).sum();
    let slack: i128 = cells.iter().map(|cell| unit(cell)).sum();
    let off = (sum - whole * 10i128.pow(decimals)).abs();
    off <= slack && 10 * off <= whole * 10i128.pow(decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: [[&str; 2]; 2]) -> Option<(Of, Unit)> {
        let read = |text: &&str| Printed::parse(text, Unit::Fraction).unwrap();
        let cells = cells.iter().map(|row| row.iter().map(read).collect()).collect();
        shares(&Matrix { line: 1, of: "x".into(), set: 0, cells, runs: 1, source: None }, None)
    }

    #[test]
    fn sums_of_one_and_of_a_hundred_are_seen_through_the_rounding() {
        assert_eq!(of([["0.85", "0.15"], ["0.25", "0.75"]]), Some((Of::Class, Unit::Fraction)));
        assert_eq!(of([["0.67", "0.34"], ["0.3", "0.7"]]), Some((Of::Class, Unit::Fraction)));
        assert_eq!(of([["85", "15"], ["25.5", "74.5"]]), Some((Of::Class, Unit::Percent)));
        assert_eq!(of([["0.85", "0.25"], ["0.15", "0.75"]]), Some((Of::Prediction, Unit::Fraction)));
        assert_eq!(of([["40", "10"], ["5", "45"]]), Some((Of::All, Unit::Percent)));
        assert_eq!(of([["1", "0"], ["0", "1"]]), None);
        assert_eq!(of([["40", "10"], ["5", "58"]]), None);
        assert_eq!(of([["13.3", "0.7"], ["0.3", "4.7"]]), None);
    }
}
