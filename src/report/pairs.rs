//! Two rows against each other on the same clips: the difference with its interval, a verdict, and the tests; and over
//! all pairs of a table, Holm-corrected, the tie groups.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use super::reading::{Reading, TieTest};
use crate::experiment::CellRecord;
use crate::metrics::{
    Judgement, Metric, Predictions, TTest, corrected_t_test, holm, judge, mcnemar, resampled_p, tie_groups,
};

/// Pairs whose corrected p is below it are told apart.
const LEVEL: f64 = 0.05;

/// A complete row with what its comparison needs.
pub struct Scored<'a> {
    /// Its place in the table.
    pub row: usize,
    /// What a pair calls it.
    pub name: &'a str,
    pub mean: f64,
    pub draws: Vec<f64>,
    /// How many clips, or artists of theirs, were redrawn for that.
    pub units: usize,
    pub cells: Vec<&'a CellRecord>,
    pub pooled: Vec<Predictions>,
    /// The metric of each cell.
    cell_scores: Vec<Option<f64>>,
}

impl<'a> Scored<'a> {
    pub fn new(
        (row, name): (usize, &'a str),
        mean: f64,
        draws: Vec<f64>,
        units: usize,
        cells: Vec<&'a CellRecord>,
        pooled: Vec<Predictions>,
        metric: &Metric,
    ) -> Self {
        let score = |cell: &&CellRecord| metric.compute(cell.predictions()?);
        let cell_scores = cells.iter().map(score).collect();
        Self { row, name, mean, draws, units, cells, pooled, cell_scores }
    }
}

/// `a − b`; what has no answer is left out: clips that differ, fewer than two cells.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    pub a: String,
    pub b: String,
    pub difference: f64,
    pub judgement: Option<Judgement>,
    pub p_bootstrap: Option<f64>,
    pub t_test: Option<TTest>,
    /// Clips that only `a`, only `b` got right in the first repeat, and McNemar's exact p, which takes them as independent,
    /// those of one artist too.
    pub mcnemar: Option<(u64, u64, f64)>,
    /// Share of the first repeat's clips of which both said the same, right or wrong.
    pub agreement: Option<f64>,
    /// Of the test that makes the tie groups, corrected over the table.
    pub p_holm: Option<f64>,
}

impl Pair {
    fn p(&self, test: TieTest) -> Option<f64> {
        match test {
            TieTest::Bootstrap => self.p_bootstrap,
            TieTest::NadeauBengio => self.t_test.map(|test| test.p),
            TieTest::Mcnemar => self.mcnemar.map(|(.., p)| p),
        }
    }
}

/// All pairs, best row first, and each row's letters by its place in the table.
pub fn pairs_and_groups(
    scored: &[Scored],
    metric: &Metric,
    reading: &Reading,
) -> (Vec<Pair>, Vec<(usize, String)>) {
    let mut order: Vec<&Scored> = scored.iter().collect();
    order.sort_by(|a, b| {
        let (a, b) = if metric.higher_is_better { (b, a) } else { (a, b) };
        a.mean.total_cmp(&b.mean)
    });
    let places: Vec<(usize, usize)> =
        (0..order.len()).flat_map(|a| (a + 1..order.len()).map(move |b| (a, b))).collect();
    let mut pairs: Vec<Pair> =
        places.par_iter().map(|&(a, b)| compare(order[a], order[b], metric, reading)).collect();
    let p_values: Vec<f64> = pairs.iter().filter_map(|pair| pair.p(reading.ties)).collect();
    if p_values.is_empty() {
        return (pairs, Vec::new());
    }
    // A pair without an answer is not told apart.
    let mut apart = BTreeMap::new();
    let answered = places.iter().zip(&mut pairs).filter(|(_, pair)| pair.p(reading.ties).is_some());
    for ((place, pair), p) in answered.zip(holm(&p_values)) {
        pair.p_holm = Some(p);
        apart.insert(*place, p < LEVEL);
    }
    let letters = tie_groups(order.len(), |a, b| apart.get(&(a, b)).copied().unwrap_or(false));
    (pairs, order.iter().map(|scored| scored.row).zip(letters).collect())
}

/// Two rows on the chief metric.
pub fn compare(a: &Scored, b: &Scored, metric: &Metric, reading: &Reading) -> Pair {
    let difference = a.mean - b.mean;
    let alike = a.pooled.len() == b.pooled.len()
        && a.pooled.iter().zip(&b.pooled).all(|(a, b)| a.clip_ids == b.clip_ids && a.truth == b.truth);
    let draws: Vec<f64> = if alike && a.draws.len() == b.draws.len() {
        a.draws.iter().zip(&b.draws).map(|(a, b)| a - b).collect()
    } else {
        Vec::new()
    };
    Pair {
        a: a.name.to_string(),
        b: b.name.to_string(),
        difference,
        judgement: judge(&draws, reading.region, metric.higher_is_better),
        p_bootstrap: resampled_p(difference, &draws, a.units.min(b.units)),
        t_test: t_test(a, b),
        mcnemar: if alike { on_first_repeat(a, b) } else { None },
        agreement: if alike { agreement(a, b) } else { None },
        p_holm: None,
    }
}

/// Over the cells that both have; none where those of the same number tested other clips.
fn t_test(a: &Scored, b: &Scored) -> Option<TTest> {
    let (mut differences, mut test, mut train) = (Vec::new(), 0, 0);
    for (cell, score) in a.cells.iter().zip(&a.cell_scores) {
        let same =
            |other: &&CellRecord| (other.key.repeat, other.key.fold) == (cell.key.repeat, cell.key.fold);
        let place = b.cells.iter().position(same)?;
        let other = b.cells[place];
        let (of_a, of_b) = (cell.predictions()?, other.predictions()?);
        if of_a.clip_ids != of_b.clip_ids && tested(of_a) != tested(of_b) {
            return None;
        }
        differences.push((*score)? - b.cell_scores[place]?);
        test += cell.times.test_rows;
        train += cell.times.train_rows;
    }
    corrected_t_test(&differences, test as f64 / train.max(1) as f64)
}

fn tested(predictions: &Predictions) -> BTreeSet<&str> {
    predictions.clip_ids.iter().map(String::as_str).collect()
}

fn agreement(a: &Scored, b: &Scored) -> Option<f64> {
    let (a, b) = (a.pooled.first()?, b.pooled.first()?);
    let same = a.predicted.iter().zip(&b.predicted).filter(|(a, b)| a == b).count();
    (!a.predicted.is_empty()).then(|| same as f64 / a.predicted.len() as f64)
}

fn on_first_repeat(a: &Scored, b: &Scored) -> Option<(u64, u64, f64)> {
    let (a, b) = (a.pooled.first()?, b.pooled.first()?);
    let (mut only_a, mut only_b) = (0, 0);
    for clip in 0..a.truth.len() {
        match (a.predicted[clip] == a.truth[clip], b.predicted[clip] == b.truth[clip]) {
            (true, false) => only_a += 1,
            (false, true) => only_b += 1,
            _ => {}
        }
    }
    Some((only_a, only_b, mcnemar(only_a, only_b)))
}
