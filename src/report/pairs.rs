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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{CellKey, Outcome, Times, pool};
    use crate::metrics::{Verdict, find, resampled};

    const NAMES: [&str; 3] = ["bad", "good", "the same as good"];
    const FOLDS: usize = 4;
    const CLIPS: usize = 10;
    /// Right of each fold's ten clips; the good row has those of the bad one right too.
    const BAD: [usize; FOLDS] = [4, 5, 4, 5];
    const GOOD: [usize; FOLDS] = [9, 10, 10, 10];

    /// Clips by turns of two classes, each said with 80 % of the probability.
    fn cells(right: [usize; FOLDS]) -> Vec<CellRecord> {
        let said = |fold: usize, clip: usize| if clip < right[fold] { clip % 2 } else { 1 - clip % 2 };
        let cell = |fold: usize| {
            let predicted: Vec<usize> = (0..CLIPS).map(|clip| said(fold, clip)).collect();
            let probabilities = predicted.iter().map(|said| [vec![0.8, 0.2], vec![0.2, 0.8]][*said].clone());
            let key =
                CellKey { row: String::new(), repeat: 0, fold, seed: 0, id: String::new(), training: None };
            let said = Predictions {
                clip_ids: (0..CLIPS).map(|clip| format!("{fold}-{clip}")).collect(),
                classes: ["a", "b"].map(String::from).to_vec(),
                truth: (0..CLIPS).map(|clip| clip % 2).collect(),
                probabilities: Some(probabilities.collect()),
                predicted,
            };
            let times = Times { train_rows: (FOLDS - 1) * CLIPS, test_rows: CLIPS, ..Times::default() };
            CellRecord { times, ..CellRecord::bare(key, Outcome::Predicted(said)) }
        };
        (0..FOLDS).map(cell).collect()
    }

    fn scored<'a>(row: usize, cells: &'a [CellRecord], metric: &Metric) -> Scored<'a> {
        let cells: Vec<&CellRecord> = cells.iter().collect();
        let pooled = pool(&cells);
        let mean = metric.compute(&pooled[0]).unwrap();
        let draws = resampled(&[&pooled[0]], None, metric, 200, 1).unwrap();
        Scored::new((row, NAMES[row]), mean, draws, FOLDS * CLIPS, cells, pooled, metric)
    }

    fn read(metric: &str, ties: TieTest) -> (Vec<Pair>, Vec<(usize, String)>) {
        let metric = find(metric).unwrap();
        let rows = [BAD, GOOD, GOOD].map(cells);
        let scored: Vec<Scored> =
            rows.iter().enumerate().map(|(row, cells)| scored(row, cells, metric)).collect();
        pairs_and_groups(&scored, metric, &Reading { ties, ..Reading::default() })
    }

    #[test]
    fn the_best_row_is_held_against_the_others_and_rows_alike_share_a_letter() {
        // Of a Brier score less is better.
        for metric in ["accuracy", "brier"] {
            let (pairs, letters) = read(metric, TieTest::Bootstrap);
            let named: Vec<[&str; 2]> = pairs.iter().map(|pair| [pair.a.as_str(), &pair.b]).collect();
            assert_eq!(named, [[NAMES[1], NAMES[2]], [NAMES[1], NAMES[0]], [NAMES[2], NAMES[0]]], "{metric}");
            let verdicts: Vec<Verdict> = pairs.iter().map(|pair| pair.judgement.unwrap().verdict).collect();
            assert_eq!(verdicts, [Verdict::Equal, Verdict::Better, Verdict::Better], "{metric}");
            let letters: Vec<(usize, &str)> =
                letters.iter().map(|(row, letters)| (*row, letters.as_str())).collect();
            assert_eq!(letters, [(1, "a"), (2, "a"), (0, "b")], "{metric}");
        }
    }

    #[test]
    fn each_test_is_of_what_it_says() {
        let (pairs, _) = read("accuracy", TieTest::Bootstrap);
        let [same, apart, _] = pairs.as_slice() else { panic!("{pairs:?}") };
        let shares = |right: [usize; FOLDS]| right.map(|right| right as f64 / CLIPS as f64);
        let both = shares(GOOD).into_iter().zip(shares(BAD));
        let differences: Vec<f64> = both.map(|(good, bad)| good - bad).collect();
        assert_eq!(apart.t_test, corrected_t_test(&differences, 10.0 / 30.0));
        assert_eq!(apart.difference, 39.0 / 40.0 - 18.0 / 40.0);
        assert_eq!(apart.mcnemar, Some((21, 0, mcnemar(21, 0))));
        assert_eq!(apart.agreement, Some(19.0 / 40.0));
        let p = [same.p_bootstrap, same.t_test.map(|test| test.p), same.mcnemar.map(|(.., p)| p)];
        assert_eq!((same.difference, same.agreement, p), (0.0, Some(1.0), [Some(1.0); 3]));
    }

    #[test]
    fn the_corrected_p_is_that_of_the_test_that_ties() {
        type Raw = fn(&Pair) -> Option<f64>;
        let tests: [(TieTest, Raw); 3] = [
            (TieTest::Bootstrap, |pair| pair.p_bootstrap),
            (TieTest::NadeauBengio, |pair| pair.t_test.map(|test| test.p)),
            (TieTest::Mcnemar, |pair| pair.mcnemar.map(|(.., p)| p)),
        ];
        let mut least = BTreeSet::new();
        for (ties, raw) in tests {
            let (pairs, letters) = read("accuracy", ties);
            let p: Vec<f64> = pairs.iter().map(|pair| raw(pair).unwrap()).collect();
            let corrected: Vec<f64> = pairs.iter().map(|pair| pair.p_holm.unwrap()).collect();
            assert_eq!(corrected, holm(&p), "{ties:?}");
            assert_eq!(letters.last(), Some(&(0, "b".to_string())), "{ties:?}");
            least.insert(corrected[1].to_bits());
        }
        assert_eq!(least.len(), 3, "the tests give three answers");
    }
}
