//! The rows that golden answers were made for, as tests/golden/golden_rows.py makes them.

use ndarray::Array2;

struct Lcg(u64);

impl Lcg {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 2f64.powi(53)
    }

    fn normal(&mut self) -> f64 {
        (0..12).fold(0.0, |total, _| total + self.unit()) - 6.0
    }
}

pub struct Data {
    pub train: Array2<f64>,
    pub labels: Vec<usize>,
    pub test: Array2<f64>,
    pub classes: usize,
}

/// `count` rows, every fourth of them for the test side.
pub fn rows(seed: u64, count: usize, columns: usize, by_turn: &[usize], carry: f64, grow: f64) -> Data {
    let mut draws = Lcg(seed);
    let (mut train, mut labels, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..count {
        let label = by_turn[row % by_turn.len()];
        let mut before = 0.0;
        let values: Vec<f64> = (0..columns)
            .map(|column| {
                before = carry * before + draws.normal();
                let centre = ((label * 7 + column * 3) % 5) as f64 * 0.6;
                (before + centre) * (1.0 + grow * column as f64)
            })
            .collect();
        if row % 4 == 3 {
            test.extend(values);
        } else {
            train.extend(values);
            labels.push(label);
        }
    }
    Data {
        train: Array2::from_shape_vec((labels.len(), columns), train).unwrap(),
        test: Array2::from_shape_vec((count - labels.len(), columns), test).unwrap(),
        labels,
        classes: by_turn.iter().max().unwrap() + 1,
    }
}
