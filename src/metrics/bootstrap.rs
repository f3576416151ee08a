//! Percentile bootstrap interval of a metric, over clips or over groups of clips.
//!
//! Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979). What is drawn
//! with replacement is a group (artist or source) where the clip has one, else the clip; its clips come along
//! in every test side at once, so that repeats of a split, which test the same clips again, are not taken for
//! fresh evidence. A draw's score is the mean over test sides, a side that has no value in it (it is empty, or an area
//! lacks a class) being left out; a class whose clips a draw has lost is left out of that draw's means over classes.
//! Confusion counts are resampled, not labels. The interval says how the score would vary over other test
//! clips; that the model would also vary over other training clips is not in it.

use std::collections::{BTreeMap, BTreeSet};

use super::confusion::Confusion;
use super::equivalence::quantile;
use super::metric::{Metric, Statistic};
use super::predictions::{MetricsError, Predictions};
use super::ranking::Ranking;
use crate::random::{Die, Draws};

/// Redraws behind every interval of a report, an audit and the leak meter.
pub const DRAWS: usize = 1000;

/// One clip within one test side.
#[derive(Clone, Copy)]
struct Trial {
    /// What is drawn: its group, or itself.
    unit: usize,
    side: usize,
    /// Its place in the side.
    clip: usize,
    truth: usize,
    predicted: usize,
    /// The clip's own value, for a metric that is a mean over clips.
    value: f64,
}

/// What a redraw of test sides draws, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    Clips(usize),
    /// All clips are of one group, which alone says nothing of others: its clips are drawn.
    ClipsOfOneGroup(usize),
    /// Groups, and each clip that has none.
    Groups(usize),
}

impl Units {
    pub fn count(self) -> usize {
        match self {
            Self::Clips(count) | Self::ClipsOfOneGroup(count) | Self::Groups(count) => count,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Clips(_) | Self::ClipsOfOneGroup(_) => "clips",
            Self::Groups(_) => "artists or sources",
        }
    }
}

/// What [`resampled`] draws of these sides.
pub fn units_redrawn(sides: &[&Predictions], groups: Option<&BTreeMap<String, String>>) -> Units {
    let clips: BTreeSet<&str> =
        sides.iter().flat_map(|side| side.clip_ids.iter().map(String::as_str)).collect();
    let units: BTreeSet<(bool, &str)> = clips.iter().map(|id| unit_of(id, groups)).collect();
    match (units.iter().any(|(grouped, _)| *grouped), units.len()) {
        (false, count) => Units::Clips(count),
        (true, 1) => Units::ClipsOfOneGroup(clips.len()),
        (true, count) => Units::Groups(count),
    }
}

/// A clip's group; a clip without one is a unit of its own, whatever groups are called.
fn unit_of<'a>(id: &'a str, groups: Option<&'a BTreeMap<String, String>>) -> (bool, &'a str) {
    groups.and_then(|groups| groups.get(id)).map_or((false, id), |group| (true, group.as_str()))
}

/// The central 95 % of `draws` resampled scores: (low, high). `groups` gives a clip id's group.
pub fn bootstrap(
    sides: &[&Predictions],
    groups: Option<&BTreeMap<String, String>>,
    metric: &Metric,
    draws: usize,
    seed: u64,
) -> Result<(f64, f64), MetricsError> {
    let scores = resampled(sides, groups, metric, draws, seed)?;
    central_95(&scores).ok_or(MetricsError::NoValue { metric: metric.name, probabilities: false })
}

/// The central 95 % of resampled scores; `None` where no draw has one.
pub fn central_95(draws: &[f64]) -> Option<(f64, f64)> {
    let mut scores: Vec<f64> = draws.iter().copied().filter(|score| !score.is_nan()).collect();
    scores.sort_unstable_by(f64::total_cmp);
    Some((quantile(&scores, 0.025)?, quantile(&scores, 0.975)?))
}

/// The resampled scores in the order they were drawn, NaN where a draw has none. Two classifiers on the same clips
/// and seed are resampled alike, so that their scores pair draw by draw.
pub fn resampled(
    sides: &[&Predictions],
    groups: Option<&BTreeMap<String, String>>,
    metric: &Metric,
    draws: usize,
    seed: u64,
) -> Result<Vec<f64>, MetricsError> {
    if draws == 0 {
        return Err(MetricsError::NoDraws);
    }
    let groups = groups.filter(|_| matches!(units_redrawn(sides, groups), Units::Groups(_)));
    let (trials, units) = trials(sides, groups, metric)?;
    if units == 0 {
        return Err(MetricsError::NoClips);
    }
    let die = Die::new(units);
    let mut drawn = vec![0u32; units];
    let mut stream = Draws::new(seed, "metrics/bootstrap");
    let mut tallies: Vec<Tally> = sides.iter().map(|side| Tally::new(side, metric)).collect();
    let mut scores = Vec::with_capacity(draws);
    for _ in 0..draws {
        tallies.iter_mut().for_each(Tally::clear);
        drawn.fill(0);
        for _ in 0..units {
            drawn[stream.throw(die)] += 1;
        }
        for trial in trials.iter().filter(|trial| drawn[trial.unit] > 0) {
            tallies[trial.side].add(trial, drawn[trial.unit]);
        }
        let (mut sum, mut count) = (0.0, 0u32);
        for score in tallies.iter().filter_map(|tally| tally.score(metric)) {
            sum += score;
            count += 1;
        }
        scores.push(if count > 0 { sum / f64::from(count) } else { f64::NAN });
    }
    Ok(scores)
}

/// The trials, those of a unit together, and the number of units, which are in the order of their names.
fn trials(
    sides: &[&Predictions],
    groups: Option<&BTreeMap<String, String>>,
    metric: &Metric,
) -> Result<(Vec<Trial>, usize), MetricsError> {
    let mut units: BTreeMap<(bool, &str), Vec<Trial>> = BTreeMap::new();
    for (side, predictions) in sides.iter().enumerate() {
        predictions.check()?;
        for (clip, id) in predictions.clip_ids.iter().enumerate() {
            let value = match metric.statistic {
                Statistic::Counts(_) => 0.0,
                Statistic::Weighted(_) | Statistic::Ranking(_) if predictions.probabilities.is_none() => {
                    return Err(MetricsError::NoValue { metric: metric.name, probabilities: true });
                }
                Statistic::Weighted(_) | Statistic::Ranking(_) => 0.0,
                Statistic::ClipMean(of) => of(predictions, clip)
                    .ok_or(MetricsError::NoValue { metric: metric.name, probabilities: true })?,
            };
            let (truth, predicted) = (predictions.truth[clip], predictions.predicted[clip]);
            let trial = Trial { unit: 0, side, clip, truth, predicted, value };
            units.entry(unit_of(id, groups)).or_default().push(trial);
        }
    }
    let count = units.len();
    let numbered = units.into_values().enumerate();
    let trials =
        numbered.flat_map(|(unit, trials)| trials.into_iter().map(move |trial| Trial { unit, ..trial }));
    Ok((trials.collect(), count))
}

/// What one draw has gathered of one test side.
struct Tally<'a> {
    of: &'a Predictions,
    confusion: Confusion,
    /// For a metric that goes by it.
    ranking: Option<Ranking>,
    /// How often each clip was drawn.
    weights: Vec<u32>,
    sum: f64,
    clips: u64,
}

impl<'a> Tally<'a> {
    fn new(of: &'a Predictions, metric: &Metric) -> Self {
        let weights = vec![0; of.truth.len()];
        let ranking = metric.ranks_clips().then(|| Ranking::of(of)).flatten();
        Self { of, confusion: Confusion::redrawing(of), ranking, weights, sum: 0.0, clips: 0 }
    }

    fn clear(&mut self) {
        self.confusion.clear();
        self.weights.fill(0);
        (self.sum, self.clips) = (0.0, 0);
    }

    fn add(&mut self, trial: &Trial, times: u32) {
        self.confusion.add(trial.truth, trial.predicted, times.into());
        self.weights[trial.clip] += times;
        self.sum += f64::from(times) * trial.value;
        self.clips += u64::from(times);
    }

    fn score(&self, metric: &Metric) -> Option<f64> {
        match metric.statistic {
            Statistic::Counts(of) => of(&self.confusion),
            Statistic::ClipMean(_) => (self.clips > 0).then(|| self.sum / self.clips as f64),
            Statistic::Weighted(of) => of(self.of, &self.weights),
            Statistic::Ranking(of) => of(&self.ranking.as_ref()?.wins(self.of, &self.weights)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::{METRICS, find};
    use super::*;

    fn side(clips: usize, right: impl Fn(usize) -> bool) -> Predictions {
        Predictions {
            clip_ids: (0..clips).map(|clip| format!("clip-{clip:04}")).collect(),
            classes: vec!["a".into(), "b".into()],
            truth: (0..clips).map(|clip| clip % 2).collect(),
            predicted: (0..clips).map(|clip| if right(clip) { clip % 2 } else { 1 - clip % 2 }).collect(),
            probabilities: None,
        }
    }

    #[test]
    fn it_agrees_with_the_binomial_distribution() {
        let predictions = side(400, |clip| clip % 10 < 7);
        let found = bootstrap(&[&predictions], None, find("accuracy").unwrap(), 4000, 1).unwrap();
        // 0.7 ± 1.96 √(0.7 · 0.3 / 400)
        assert!((found.0 - 0.655).abs() < 0.006 && (found.1 - 0.745).abs() < 0.006, "{found:?}");
    }

    #[test]
    fn groups_widen_it_and_repeats_of_the_same_clips_do_not_narrow_it() {
        let predictions = side(400, |clip| (clip / 20) % 10 < 7);
        let accuracy = find("accuracy").unwrap();
        let width = |(low, high): (f64, f64)| high - low;
        let plain = width(bootstrap(&[&predictions], None, accuracy, 2000, 1).unwrap());
        let groups: BTreeMap<String, String> =
            (0..400).map(|clip| (format!("clip-{clip:04}"), format!("artist-{}", clip / 20))).collect();
        let grouped = width(bootstrap(&[&predictions], Some(&groups), accuracy, 2000, 1).unwrap());
        // Twenty groups alike within: √20 times as wide.
        assert!((grouped / plain - 20f64.sqrt()).abs() < 0.6, "{grouped} {plain}");
        let thrice = width(bootstrap(&[&predictions; 3], None, accuracy, 2000, 1).unwrap());
        assert!((thrice - plain).abs() < 1e-12);
    }

    /// Clip 0 of a is right, clip 1 is taken for b, clip 2 is of b. A draw without clip 2 says nothing of b: that a's recall is
    /// halved for want of it (1/3 to 1/6) must not happen.
    #[test]
    fn a_class_that_a_draw_loses_pulls_no_score_down() {
        let mut predictions = side(3, |_| true);
        (predictions.truth, predictions.predicted) = (vec![0, 0, 1], vec![0, 1, 1]);
        let recall = find("recall_macro").unwrap();
        let draws = resampled(&[&predictions], None, recall, 1000, 1).unwrap();
        assert!(draws.iter().all(|draw| *draw == 0.0 || *draw > 0.3), "{draws:?}");
        assert!(draws.iter().any(|draw| (draw - 1.0 / 3.0).abs() < 1e-12));
    }

    /// Three classes by turns, with probabilities that lean to the right one.
    fn repeat(clips: usize, other: usize) -> Predictions {
        let lean = |clip: usize, class: usize| if class == clip % 3 { 4 } else { 0 };
        let weight = |clip: usize, class: usize| 1 + (7 * clip + 5 * class + other) % 11 + lean(clip, class);
        let row = |clip: usize| {
            let weights = [0, 1, 2].map(|class| weight(clip, class) as f64);
            weights.map(|weight| weight / weights.iter().sum::<f64>()).to_vec()
        };
        let table: Vec<Vec<f64>> = (0..clips).map(row).collect();
        let likeliest = |row: &Vec<f64>| (0..3).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        Predictions {
            classes: ["a", "b", "c"].map(String::from).to_vec(),
            truth: (0..clips).map(|clip| clip % 3).collect(),
            predicted: table.iter().map(likeliest).collect(),
            probabilities: Some(table),
            ..side(clips, |_| true)
        }
    }

    /// The clips drawn as a test side of its own, as often as they were drawn.
    fn written_out(side: &Predictions, drawn: &[usize]) -> Predictions {
        let table = side.probabilities.as_ref().unwrap();
        Predictions {
            clip_ids: drawn.iter().map(|clip| side.clip_ids[*clip].clone()).collect(),
            classes: side.classes.clone(),
            truth: drawn.iter().map(|clip| side.truth[*clip]).collect(),
            predicted: drawn.iter().map(|clip| side.predicted[*clip]).collect(),
            probabilities: Some(drawn.iter().map(|clip| table[*clip].clone()).collect()),
        }
    }

    #[test]
    fn a_draw_scores_the_clips_that_it_drew_by_every_metric() {
        const CLIPS: usize = 24;
        const SEED: u64 = 3;
        let repeats = [repeat(CLIPS, 0), repeat(CLIPS, 4)];
        let sides: Vec<&Predictions> = repeats.iter().collect();
        let artists: BTreeMap<String, String> =
            (0..CLIPS).map(|clip| (format!("clip-{clip:04}"), format!("artist-{:02}", clip / 2))).collect();
        for (groups, of_unit) in [(None, 1), (Some(&artists), 2)] {
            let die = Die::new(CLIPS / of_unit);
            let mut stream = Draws::new(SEED, "metrics/bootstrap");
            let mut draw = || -> Vec<usize> {
                let units = (0..CLIPS / of_unit).map(|_| stream.throw(die));
                units.flat_map(|unit| of_unit * unit..of_unit * (unit + 1)).collect()
            };
            let draws: Vec<Vec<usize>> = (0..50).map(|_| draw()).collect();
            // What becomes of a class that a draw lost is told above.
            let holds_all = |draw: &[usize]| (0..3).all(|class| draw.iter().any(|clip| clip % 3 == class));
            assert!(draws.iter().filter(|draw| holds_all(draw)).count() > 40);
            for metric in METRICS {
                let scores = resampled(&sides, groups, metric, draws.len(), SEED).unwrap();
                for (score, draw) in scores.iter().zip(&draws).filter(|(_, draw)| holds_all(draw)) {
                    let of_side = |side: &&Predictions| metric.compute(&written_out(side, draw)).unwrap();
                    let known = sides.iter().map(of_side).sum::<f64>() / 2.0;
                    assert!((score - known).abs() < 1e-12, "{}: {score} {known}", metric.name);
                }
            }
        }
    }

    #[test]
    fn units_are_groups_where_there_are_several() {
        let predictions = side(6, |_| true);
        let of = |groups: &[(usize, &str)]| {
            let groups: BTreeMap<String, String> =
                groups.iter().map(|(clip, group)| (format!("clip-{clip:04}"), group.to_string())).collect();
            units_redrawn(&[&predictions; 2], Some(&groups))
        };
        assert_eq!(of(&[(0, "x"), (1, "x"), (2, "y")]), Units::Groups(5));
        assert_eq!(of(&[0, 1, 2, 3, 4, 5].map(|clip| (clip, "x"))), Units::ClipsOfOneGroup(6));
        assert_eq!(of(&[(9, "x")]), Units::Clips(6));
        assert_eq!(units_redrawn(&[&predictions], None), Units::Clips(6));
    }

    #[test]
    fn it_repeats_under_its_seed_and_refuses_what_it_cannot_score() {
        let predictions = side(50, |clip| clip % 3 > 0);
        let f1 = find("f1_macro").unwrap();
        let once = bootstrap(&[&predictions], None, f1, 300, 5).unwrap();
        assert_eq!(once, bootstrap(&[&predictions], None, f1, 300, 5).unwrap());
        assert_ne!(once, bootstrap(&[&predictions], None, f1, 300, 6).unwrap());
        let missing = bootstrap(&[&predictions], None, find("log_loss").unwrap(), 10, 1).unwrap_err();
        assert!(missing.to_string().contains("needs probabilities"));
        assert_eq!(bootstrap(&[], None, f1, 10, 1), Err(MetricsError::NoClips));
        assert_eq!(bootstrap(&[&predictions], None, f1, 0, 1), Err(MetricsError::NoDraws));
    }
}
