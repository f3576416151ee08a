//! Check 14: the scores of the lowest and of the highest fold beside the mean over all F.
//!
//! With a and b the two, the mean lies between ((F − 1) a + b) / F and (a + (F − 1) b) / F, whatever the score. Of a
//! proportion of each fold's clips hits are looked for: one fold prints as the lowest, another as the highest, no fold
//! lies beyond their intervals, and the mean is the printed one. That is all that is asked: a fold still lower than the
//! one chosen lies between its interval's end and that one, and so prints as the lowest too.

use super::claims::{Aggregate, Claim, Folding, TestSet};
use super::exact::Exact;
use super::finding::{Finding, Verdict, listed};
use super::fold_sums::lcm;
use super::power::{Power, redrawn};
use super::printed::{Interval, Printed};
use super::region::Row;
use super::whole_point::{Answer, whole_point};

/// What the search may cost, and that for each value put in a figure's place.
const MOST_STEPS: u64 = 2_000_000;
const POWER_STEPS: u64 = 12_000;
/// What each part of a search costs beside its points.
const PART: u64 = 100;

/// Clips of every fold that the claim is a proportion of, in each way that the folds may be, or why they are not known.
pub type Clips = Result<Vec<Vec<u64>>, &'static str>;

/// The finding where the claim has a lowest or a highest fold.
pub fn check(claim: &Claim, set: &TestSet, folding: &Folding, clips: &Clips) -> Option<Finding> {
    if claim.fold_min.is_none() && claim.fold_max.is_none() {
        return None;
    }
    let ends = [("lowest", &claim.fold_min), ("highest", &claim.fold_max)];
    let shown = ends.iter().filter_map(|(name, end)| Some(format!("{name} fold {}", end.as_ref()?.shown())));
    let figure = listed(std::iter::once(claim.figure(set)).chain(shown));
    let said = folding.sizes_said(set);
    let mut finding = judge(claim, folding, clips, said, MOST_STEPS);
    if finding.verdict == Verdict::Consistent {
        power(claim, folding, clips, said).of(&mut finding);
    }
    let mut finding = finding.about(claim, set);
    finding.figure = figure;
    Some(finding)
}

/// For each of the figures the share of its values that pass with the others as they are; the mean over them.
fn power(claim: &Claim, folding: &Folding, clips: &Clips, said: bool) -> Power {
    let of = |figure: &Printed, with: &dyn Fn(Printed) -> Claim| {
        redrawn(figure, claim.metric.range(), |value| {
            match judge(&with(value.clone()), folding, clips, said, POWER_STEPS).verdict {
                Verdict::Consistent => Some(true),
                Verdict::Inconsistent => Some(false),
                // Where the sizes of the folds are not said, nothing that is looked for is impossible.
                Verdict::NotCheckable => (!said).then_some(true),
            }
        })
    };
    let mut parts = vec![of(&claim.value, &|value| Claim { value, ..claim.clone() })];
    parts.extend(
        claim.fold_min.as_ref().map(|min| of(min, &|v| Claim { fold_min: Some(v), ..claim.clone() })),
    );
    parts.extend(
        claim.fold_max.as_ref().map(|max| of(max, &|v| Claim { fold_max: Some(v), ..claim.clone() })),
    );
    Power::mean(&parts)
}

/// `said`: the paper leaves no other sizes of the folds.
fn judge(claim: &Claim, folding: &Folding, clips: &Clips, said: bool, mut steps: u64) -> Finding {
    let ends = Ends {
        lowest: claim.fold_min.as_ref().map(|end| end.interval(claim.rounding)),
        highest: claim.fold_max.as_ref().map(|end| end.interval(claim.rounding)),
        mean: claim.interval(),
    };
    if claim.runs > 1 {
        let reason = "it is not said whether they are of the folds of all repeats or of the repeats' means";
        return Finding::not_checkable("fold range", reason);
    }
    if let (Some(lowest), Some(highest)) = (ends.lowest, ends.highest)
        && lowest.low() > highest.high()
    {
        return Finding::new("fold range", Verdict::Inconsistent, "the lowest fold is above the highest")
            .with_repair(Some("the two are the other way round".into()));
    }
    // Only of folds of one size is the pooled score the mean over the folds too.
    let alike = |ways: &Vec<Vec<u64>>| ways.iter().flatten().all(|size| *size == ways[0][0]);
    let is_mean = match folding.aggregate {
        Some(aggregate) => aggregate == Aggregate::MeanOfScores,
        None => said && clips.as_ref().is_ok_and(alike),
    };
    if !is_mean {
        let reason = "that the figure is the mean of the folds' scores, aggregate, is not said";
        return Finding::not_checkable("fold range", reason);
    }
    if let Some(reason) = ends.beyond(claim, folding.folds) {
        return Finding::new("fold range", Verdict::Inconsistent, reason)
            .with_repair(Some("the figure is no mean of these folds".into()));
    }
    let ways = match clips {
        Ok(ways) => ways,
        Err(why) => return Finding::not_checkable("fold range", *why),
    };
    match ends.find(ways, &mut steps) {
        Found::Hits(hits) => {
            let by_fold = listed(hits.iter().map(|(hits, clips)| format!("{hits} of {clips}")));
            Finding::consistent("fold range", format!("{by_fold} by fold"), None)
        }
        Found::CutShort => {
            Finding::not_checkable("fold range", "the search over hits of each fold was cut short")
        }
        Found::Nothing => {
            let reason = "no whole numbers of hits of the folds have this mean and this range; every one was tried or excluded";
            match said {
                true => Finding::new("fold range", Verdict::Inconsistent, reason),
                false => Finding::not_checkable(
                    "fold range",
                    format!("{reason}; folds of other sizes may have them: say fold_sizes"),
                ),
            }
        }
    }
}

/// Where the lowest and the highest fold lie, as far as they are printed, and the mean.
struct Ends {
    lowest: Option<Interval>,
    highest: Option<Interval>,
    mean: Interval,
}

enum Found {
    /// (hits, clips) of every fold.
    Hits(Vec<(u64, u64)>),
    Nothing,
    CutShort,
}

/// So many folds of one size, each of whose hits lie between two counts.
struct Alike {
    clips: u64,
    count: u64,
    least: u64,
    most: u64,
}

impl Ends {
    /// Why the mean lies outside of what the lowest and the highest fold leave of it.
    fn beyond(&self, claim: &Claim, folds: u64) -> Option<String> {
        let whole = |value: i64| Exact::new(value.into(), 1);
        // All folds alike but for one.
        let mean = |rest: &Exact, one: &Exact| {
            let sum = rest.times(&Exact::new(i128::from(folds) - 1, 1)).plus(one);
            sum.times(&Exact::new(1, folds.into()))
        };
        let (least, largest) = claim.metric.range();
        let low = self.lowest.map_or(whole(least), |end| end.low());
        let high = self.highest.map(|end| end.high()).or(largest.map(whole));
        let lowest = mean(&low, &self.highest.map_or(low.clone(), |end| end.low()));
        let highest = high.map(|high| mean(&high, &self.lowest.map_or(high.clone(), |end| end.high())));
        let below = self.mean.high() < lowest;
        let above = highest.as_ref().is_some_and(|highest| self.mean.low() > *highest);
        let shown = |score: &Exact| claim.value.show(score.to_f64(), claim.value.decimals + 1);
        (below || above).then(|| {
            let most = highest.map(|highest| format!(" and {} at the most", shown(&highest)));
            format!(
                "the mean of {folds} folds in this range is {} at the least{}, rounding included",
                shown(&lowest),
                most.unwrap_or_default()
            )
        })
    }

    /// Looks for hits of every fold, whichever folds are the lowest and the highest.
    fn find(&self, ways: &[Vec<u64>], steps: &mut u64) -> Found {
        let mut cut_short = false;
        for way in ways {
            let mut kinds: Vec<(u64, u64)> = Vec::new();
            for &clips in way {
                match kinds.iter_mut().find(|kind| kind.0 == clips) {
                    Some(kind) => kind.1 += 1,
                    None => kinds.push((clips, 1)),
                }
            }
            let places = |printed: bool| match printed {
                true => (0..kinds.len()).map(Some).collect(),
                false => vec![None],
            };
            for lowest in places(self.lowest.is_some()) {
                for highest in places(self.highest.is_some()) {
                    let Some(parts) = self.parts(&kinds, lowest, highest) else { continue };
                    match self.hits(&parts, steps) {
                        Found::Hits(hits) => return Found::Hits(hits),
                        Found::CutShort => cut_short = true,
                        Found::Nothing => {}
                    }
                }
            }
        }
        if cut_short { Found::CutShort } else { Found::Nothing }
    }

    /// The folds, with one of a kind as the lowest and one as the highest; `None` where one has no hits.
    fn parts(
        &self,
        kinds: &[(u64, u64)],
        lowest: Option<usize>,
        highest: Option<usize>,
    ) -> Option<Vec<Alike>> {
        let mut parts = Vec::new();
        for (place, &(clips, count)) in kinds.iter().enumerate() {
            let mut left = count;
            for end in [
                self.lowest.filter(|_| lowest == Some(place)),
                self.highest.filter(|_| highest == Some(place)),
            ] {
                if end.is_some() {
                    left = left.checked_sub(1)?;
                    parts.push(self.alike(clips, 1, end)?);
                }
            }
            if left > 0 {
                parts.push(self.alike(clips, left, None)?);
            }
        }
        Some(parts)
    }

    /// Folds between the lowest and the highest, and in `own` where that is given.
    fn alike(&self, clips: u64, count: u64, own: Option<Interval>) -> Option<Alike> {
        let first = self.lowest.map_or(0, |end| end.integers(clips.into()).0.max(0));
        let last = self.highest.map_or(clips.into(), |end| end.integers(clips.into()).1.min(clips.into()));
        let own = own.map_or((first, last), |own| own.integers(clips.into()));
        let (least, most) = (first.max(own.0), last.min(own.1));
        (least <= most).then_some(Alike { clips, count, least: least as u64, most: most as u64 })
    }

    /// Hits of all folds with the printed mean.
    fn hits(&self, parts: &[Alike], steps: &mut u64) -> Found {
        let Some(row) = self.row(parts).filter(|_| *steps > 0) else { return Found::CutShort };
        *steps = steps.saturating_sub(PART * parts.len() as u64);
        let most: Vec<u64> = parts.iter().map(|part| part.count * (part.most - part.least)).collect();
        match whole_point(&most, &[row], parts.len() / 2, steps) {
            Answer::CutShort => Found::CutShort,
            Answer::Impossible { .. } => Found::Nothing,
            Answer::Point(more) => {
                let dealt = |(part, more): (&Alike, u64)| {
                    let (each, over) = (part.least + more / part.count, more % part.count);
                    let clips = part.clips;
                    (0..part.count).map(move |fold| (each + u64::from(fold < over), clips))
                };
                Found::Hits(parts.iter().zip(more).flat_map(dealt).collect())
            }
        }
    }

    /// The sum over the folds of hits beyond the least / clips; `None` where numbers grow too large.
    fn row(&self, parts: &[Alike]) -> Option<Row> {
        let common = parts.iter().try_fold(1i128, |common, part| lcm(common, part.clips.into()))?;
        let folds: u64 = parts.iter().map(|part| part.count).sum();
        let whole = common.checked_mul(folds.into())?;
        whole.checked_mul(4 * self.mean.high.abs().max(self.mean.denominator))?;
        let coefficients: Vec<i128> = parts.iter().map(|part| common / i128::from(part.clips)).collect();
        let fixed: i128 =
            parts.iter().zip(&coefficients).map(|(part, by)| by * i128::from(part.count * part.least)).sum();
        let (low, high) = self.mean.integers(whole);
        Some(Row { coefficients, low: low - fixed, high: high - fixed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::printed::{Rounding, Unit};
    use proptest::prelude::*;

    const ROUNDINGS: [Rounding; 4] = [Rounding::Any, Rounding::HalfUp, Rounding::Truncate, Rounding::Ceil];

    fn interval(digits: u32, rounding: usize) -> Interval {
        let text = format!("{}.{:02}", digits / 100, digits % 100);
        Printed::parse(&text, Unit::Fraction).unwrap().interval(ROUNDINGS[rounding])
    }

    /// Every choice of hits of every fold.
    fn by_trying(clips: &[u64], ends: &Ends) -> bool {
        let choices: u64 = clips.iter().map(|clips| clips + 1).product();
        (0..choices).any(|mut choice| {
            let scores: Vec<Exact> = clips
                .iter()
                .map(|&clips| {
                    let hits = choice % (clips + 1);
                    choice /= clips + 1;
                    Exact::part(hits, clips)
                })
                .collect();
            let holds = |end: Option<Interval>, score: Option<&Exact>| {
                end.is_none_or(|end| end.holds_exact(score.unwrap()))
            };
            let mean = Exact::sum(scores.clone()).times(&Exact::new(1, clips.len() as i128));
            holds(ends.lowest, scores.iter().min())
                && holds(ends.highest, scores.iter().max())
                && ends.mean.holds_exact(&mean)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]
        #[test]
        fn ranges_are_found_where_trying_everything_finds_them(
            clips in prop::collection::vec(1u64..6, 2..5),
            which in 1usize..4,
            rounding in 0usize..4,
            near in prop::array::uniform3(0u32..=100),
        ) {
            let end = |place: usize| (which >> place & 1 == 1).then(|| interval(near[place], rounding));
            let ends = Ends { lowest: end(0), highest: end(1), mean: interval(near[2], rounding) };
            let found = ends.find(std::slice::from_ref(&clips), &mut 1_000_000);
            prop_assert!(!matches!(found, Found::CutShort));
            prop_assert_eq!(matches!(found, Found::Hits(_)), by_trying(&clips, &ends), "{:?}", clips);
        }

        #[test]
        fn the_range_of_any_hits_is_found(
            folds in prop::collection::vec((1u64..20, 0u64..20), 2..6),
            rounding in 1usize..4,
        ) {
            let folds: Vec<(u64, u64)> = folds.into_iter().map(|(clips, hits)| (clips, hits.min(clips))).collect();
            let scores: Vec<Exact> = folds.iter().map(|&(clips, hits)| Exact::part(hits, clips)).collect();
            let mean = Exact::sum(scores.clone()).times(&Exact::new(1, folds.len() as i128));
            // As printed under this rounding: one of the values has an interval that holds the score.
            let printed = |score: &Exact| {
                (0..=100).map(|digits| interval(digits, rounding)).find(|interval| interval.holds_exact(score))
            };
            let ends = Ends {
                lowest: printed(scores.iter().min().unwrap()),
                highest: printed(scores.iter().max().unwrap()),
                mean: printed(&mean).unwrap(),
            };
            let clips: Vec<u64> = folds.iter().map(|fold| fold.0).collect();
            match ends.find(&[clips], &mut 200_000) {
                Found::Nothing => prop_assert!(false, "{:?}", folds),
                Found::CutShort => {}
                Found::Hits(found) => {
                    let scores: Vec<Exact> = found.iter().map(|&(hits, clips)| Exact::part(hits, clips)).collect();
                    let mean = Exact::sum(scores.clone()).times(&Exact::new(1, folds.len() as i128));
                    prop_assert!(ends.mean.holds_exact(&mean));
                    prop_assert!(ends.lowest.unwrap().holds_exact(scores.iter().min().unwrap()));
                    prop_assert!(ends.highest.unwrap().holds_exact(scores.iter().max().unwrap()));
                }
            }
        }
    }
}
