//! A box of whole numbers and the rows that cut it: what is left of it, row by row. In integers.

/// `low ≤ coefficients · x ≤ high`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub coefficients: Vec<i128>,
    pub low: i128,
    pub high: i128,
}

#[derive(Debug, Clone)]
pub struct Region {
    pub low: Vec<u64>,
    pub high: Vec<u64>,
}

impl Region {
    pub fn is_point(&self) -> bool {
        self.low == self.high
    }

    /// The least and the most of a row's part over some variables.
    pub fn span(&self, row: &Row, over: std::ops::Range<usize>) -> (i128, i128) {
        over.fold((0, 0), |(least, most), variable| {
            let coefficient = row.coefficients[variable];
            let ends = [self.low[variable], self.high[variable]].map(|end| coefficient * i128::from(end));
            (least + ends[0].min(ends[1]), most + ends[0].max(ends[1]))
        })
    }

    /// Narrows the box by each row alone; false where nothing is left.
    pub fn narrow(&mut self, rows: &[Row]) -> bool {
        for _ in 0..3 {
            let before = self.clone();
            for row in rows {
                let (least, most) = self.span(row, 0..self.low.len());
                for variable in 0..self.low.len() {
                    let coefficient = row.coefficients[variable];
                    let own = self.span(row, variable..variable + 1);
                    let room = (i128::from(self.low[variable]), i128::from(self.high[variable]));
                    // The others give between `least` and `most` less this one's own part.
                    let (low, high) = (row.low - (most - own.1), row.high - (least - own.0));
                    let room = narrowed(room, coefficient, low, high, 0);
                    if room.0 > room.1 {
                        return false;
                    }
                    (self.low[variable], self.high[variable]) = (room.0 as u64, room.1 as u64);
                }
                // Spans are of the box as it was when the row began: wider, so still right.
            }
            if before.low == self.low && before.high == self.high {
                break;
            }
        }
        true
    }
}

/// The part of `room` in which `low ≤ sum + coefficient · x ≤ high`.
pub fn narrowed(room: (i128, i128), coefficient: i128, low: i128, high: i128, sum: i128) -> (i128, i128) {
    let (low, high) = (low - sum, high - sum);
    let up = |value: i128, by: i128| -(-value).div_euclid(by);
    match coefficient {
        0 if low <= 0 && high >= 0 => room,
        0 => (1, 0),
        by if by > 0 => (room.0.max(up(low, by)), room.1.min(high.div_euclid(by))),
        by => (room.0.max(up(-high, -by)), room.1.min((-low).div_euclid(-by))),
    }
}
