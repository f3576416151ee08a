//! Check 8, and every other set of figures of one system's whole test set: a confusion matrix that gives all of them,
//! or a bound that no matrix passes.
//!
//! First the bounds (`envelope.rs`): macro or weighted F1, and balanced accuracy, against the hits that the accuracy
//! leaves. Then a witness by search. Where there is neither, the verdict is "not checkable".

use super::claims::{Average, Claim, Metric, SUPPORT_UNSAID, TestSet};
use super::class_hits::recalls;
use super::envelope::{End, Weighted};
use super::exact::Exact;
use super::finding::{Finding, Verdict, Witness, span};
use super::grid::{is_accuracy, is_balanced};
use super::joint_power::power;
use super::printed::{Unit, counts_in_all, show};
use super::search::{proportional, try_every, witness};
use super::tally::{ExactScore, Tally};

/// Steps of looking for the nearest accuracy: about a second.
const MOST_STEPS: u64 = 250_000_000;

/// The finding for figures that are functions of one confusion matrix, when they are more than an accuracy.
pub fn check(claims: &[&Claim], set: &TestSet) -> Option<Finding> {
    let of_matrix: Vec<&Claim> = claims
        .iter()
        .copied()
        .filter(|claim| claim.class.is_none())
        .filter(|claim| {
            matches!(
                claim.metric,
                Metric::Accuracy
                    | Metric::BalancedAccuracy
                    | Metric::Precision
                    | Metric::Recall
                    | Metric::F1
                    | Metric::Specificity
                    | Metric::Kappa
                    | Metric::Mcc
            )
        })
        .collect();
    if of_matrix.iter().all(|claim| is_accuracy(claim, set)) {
        return None;
    }
    Some(judge(&of_matrix, set).about_all(&of_matrix, set))
}

fn judge(claims: &[&Claim], set: &TestSet) -> Finding {
    let Some(support) = &set.support else {
        return Finding::not_checkable("joint", SUPPORT_UNSAID);
    };
    if !set.single_label {
        return Finding::not_checkable("joint", "clips have several labels");
    }
    if support.contains(&0) {
        return Finding::not_checkable(
            "joint",
            "a class has no clips, and averages differ in whether they count it",
        );
    }
    if support.len() == 1 && claims.iter().any(|claim| claim.metric == Metric::Specificity) {
        return Finding::not_checkable("joint", "all clips are of one class, so it has no specificity");
    }
    let n: u64 = support.iter().sum();
    let accuracies = claims.iter().filter(|claim| is_accuracy(claim, set));
    let hits = counts_in_all(accuracies.map(|claim| claim.interval()), n);
    if hits.0 > hits.1 {
        return Finding::not_checkable(
            "joint",
            "the accuracy is impossible by itself, so nothing can be held against it",
        );
    }
    if claims.iter().all(|claim| is_accuracy(claim, set) || is_balanced(claim)) {
        return recalls(claims, set, support);
    }
    let question = Question { claims, set, support, n, hits };
    let mut bounded = Bounded { notes: Vec::new(), shares: vec![None; claims.len()], ends: Vec::new() };
    match question.bound(&mut bounded) {
        Some(excluded) => excluded,
        None => question.search(bounded),
    }
}

/// Figures of one matrix with `hits`, the fewest and the most that the accuracies leave, of `n` clips.
struct Question<'a> {
    claims: &'a [&'a Claim],
    set: &'a TestSet,
    support: &'a [u64],
    n: u64,
    hits: (u64, u64),
}

/// What bounds say of figures that they do not exclude.
struct Bounded {
    notes: Vec<String>,
    /// The share of values of each figure that a bound leaves.
    shares: Vec<Option<f64>>,
    /// Outcomes at the bounds.
    ends: Vec<Tally>,
}

impl Question<'_> {
    /// The finding on a figure that the accuracies exclude; what the bounds say of the others goes to `bounded`.
    fn bound(&self, bounded: &mut Bounded) -> Option<Finding> {
        if !self.claims.iter().any(|claim| is_accuracy(claim, self.set)) {
            return None;
        }
        self.claims.iter().enumerate().find_map(|(place, claim)| match (claim.metric, claim.average) {
            (Metric::F1, Some(Average::Macro)) => {
                self.bound_f1(place, &Weighted::macro_of(self.support), bounded)
            }
            (Metric::F1, Some(Average::Weighted)) => {
                self.bound_f1(place, &Weighted::by_support(self.support), bounded)
            }
            _ if is_balanced(claim) && !is_accuracy(claim, self.set) => self.bound_recall(claim, bounded),
            _ => None,
        })
    }

    fn bound_f1(&self, place: usize, weighted: &Weighted, bounded: &mut Bounded) -> Option<Finding> {
        let claim = self.claims[place];
        let measure = claim.measure(self.set);
        let Some((low, high)) = envelope(weighted, self.hits) else {
            bounded.notes.push(format!("the range of {measure} was not computed: too many outcomes"));
            return None;
        };
        let decimals = claim.value.decimals.max(if claim.value.unit == Unit::Percent { 2 } else { 4 });
        let shown = |end: &End| show(end.bound, claim.value.unit, decimals);
        let interval = claim.interval();
        let below = weighted.is_below(&low, interval.high, interval.denominator);
        let above = weighted.is_above(&high, interval.low, interval.denominator);
        let words =
            format!("{} leave {measure} between {} and {}", self.hits_in_words(), shown(&low), shown(&high));
        if below || above {
            let side = if below { &low } else { &high };
            let mut finding = Finding::new("joint", Verdict::Inconsistent, words);
            finding.witness = side.reached.as_ref().map(|tally| Witness {
                words: format!(
                    "the {} that any outcome reaches, {}",
                    if below { "lowest" } else { "highest" },
                    shown(side)
                ),
                matrix: Some(tally.matrix()),
            });
            let nearest = repair(self.claims, claim, weighted, self.n, self.set);
            let of_averages = "it is 2·P·R/(P+R) of the macro precision and recall, which is never less";
            let possible = above && claim.average == Some(Average::Macro) && self.may_be_of_averages(claim);
            let of_averages = possible.then(|| of_averages.to_string());
            let both: Vec<String> = nearest.into_iter().chain(of_averages).collect();
            return Some(finding.with_repair((!both.is_empty()).then(|| both.join(", or "))));
        }
        let unit = claim.value.scale() as f64;
        bounded.shares[place] =
            Some((((high.bound - low.bound) * unit + 1.0) / (unit + 1.0)).clamp(0.0, 1.0));
        let said = format!("leave {measure} between");
        if !bounded.notes.iter().any(|known| known.contains(&said)) {
            bounded.notes.push(words);
        }
        bounded.ends.extend([low.reached, high.reached].into_iter().flatten());
        None
    }

    /// Whether an F1 of the averaged precision and recall may be so high.
    fn may_be_of_averages(&self, claim: &Claim) -> bool {
        let recall = highest_mean_recall(self.support, self.hits.1);
        let precision = self.highest_mean_precision();
        recall.is_some_and(|recall| claim.interval().low() <= f1_of_averages_at_most(&recall, &precision))
    }

    /// All errors taken for the largest class cost the mean precision least.
    fn highest_mean_precision(&self) -> Exact {
        let largest = self.support.iter().max().copied().unwrap_or_default();
        let errors = self.support.iter().sum::<u64>().saturating_sub(self.hits.1);
        let lost = Exact::part(errors, self.support.len() as u64 * (largest + errors).max(1));
        Exact::new(1, 1).minus(&lost)
    }

    fn bound_recall(&self, claim: &Claim, bounded: &mut Bounded) -> Option<Finding> {
        let (low, high) =
            (recall_end(self.support, self.hits.0, false), recall_end(self.support, self.hits.1, true));
        let mean = |tally: &Tally| tally.score(Metric::BalancedAccuracy, None, None);
        let (Some(ExactScore::Plain(least)), Some(ExactScore::Plain(most))) = (mean(&low), mean(&high))
        else {
            return None;
        };
        let interval = claim.interval();
        let decimals = claim.value.decimals + 1;
        let words = format!(
            "{} leave {} between {} and {}",
            self.hits_in_words(),
            claim.measure(self.set),
            claim.value.show(least.to_f64(), decimals),
            claim.value.show(most.to_f64(), decimals)
        );
        if interval.high() < least || interval.low() > most {
            let repair = "the two are of different predictions, or one is another average";
            let finding = Finding::new("joint", Verdict::Inconsistent, words);
            return Some(finding.with_repair(Some(repair.into())));
        }
        bounded.notes.push(words);
        None
    }

    fn hits_in_words(&self) -> String {
        format!("{} hits of {}", span(self.hits.0, self.hits.1), self.n)
    }

    /// A matrix that gives all figures, or what is known where none is found.
    fn search(&self, bounded: Bounded) -> Finding {
        let Self { claims, set, support, n, hits } = *self;
        let Bounded { notes, shares, ends } = bounded;
        // Hits that any figure of the whole suggests.
        let guess = claims.iter().find(|claim| is_accuracy(claim, set)).or(claims.first());
        let guess = guess.map_or(0.5, |claim| claim.value.value().clamp(0.0, 1.0));
        let near = ((guess * n as f64).round() as u64).clamp(hits.0, hits.1);
        let mut starts = vec![proportional(support, near)];
        starts.extend(ends);
        starts.extend([hits.0, hits.1].map(|end| proportional(support, end)));
        let found = witness(claims, &starts, hits);
        let every = if found.is_none() { try_every(claims, support, hits) } else { None };
        match found.or_else(|| every.clone().flatten()) {
            Some(tally) => {
                let words = format!("a matrix with {} hits of {n} gives all of them", tally.total_hits());
                let mut finding = Finding::consistent("joint", words, Some(tally.matrix()));
                power(claims, support, hits, &shares, set).of(&mut finding);
                finding.notes = notes;
                finding
            }
            None if every.is_some() => {
                let errors = if hits.0 == hits.1 {
                    (n - hits.0).to_string()
                } else {
                    format!("{} to {}", n - hits.1, n - hits.0)
                };
                let reason = format!(
                    "of all the ways in which {errors} errors of {n} can leave one class and enter another none gives them; every one was tried"
                );
                let repair = "the figures are of different predictions, or one is another average";
                let mut finding = Finding::new("joint", Verdict::Inconsistent, reason);
                finding.notes = notes;
                finding.with_repair(Some(repair.into()))
            }
            None => {
                let bounds = if notes.is_empty() { String::new() } else { format!("; {}", notes.join("; ")) };
                Finding::not_checkable(
                    "joint",
                    format!("no bound excludes it and the search for a matrix was cut short{bounds}"),
                )
            }
        }
    }
}

/// The lowest and highest mean F1 over all numbers of hits: an error that becomes a hit lowers no class's F1.
fn envelope(weighted: &Weighted, hits: (u64, u64)) -> Option<(End, End)> {
    weighted.lowest(hits.0).zip(weighted.highest(hits.1))
}

/// The largest mean recall that so many hits leave.
pub fn highest_mean_recall(support: &[u64], hits: u64) -> Option<Exact> {
    match recall_end(support, hits, true).score(Metric::BalancedAccuracy, None, None) {
        Some(ExactScore::Plain(recall)) => Some(recall),
        _ => None,
    }
}

/// The largest F1 of an averaged precision and an averaged recall that are at most these.
pub fn f1_of_averages_at_most(recall: &Exact, precision: &Exact) -> Exact {
    let product = Exact::new(2, 1).times(recall).times(precision);
    product.over(&precision.plus(recall)).unwrap_or_else(Exact::zero)
}

/// The least or largest mean recall: hits go to the largest or smallest classes first.
fn recall_end(support: &[u64], hits: u64, most: bool) -> Tally {
    let mut order: Vec<usize> = (0..support.len()).collect();
    order.sort_by_key(|&class| if most { support[class] as i128 } else { -i128::from(support[class]) });
    let mut own = vec![0; support.len()];
    let mut left = hits;
    for class in order {
        own[class] = left.min(support[class]);
        left -= own[class];
    }
    Tally { support: support.to_vec(), hits: own.clone(), taken: own }
}

/// The nearest accuracy, or another average, that the F1 fits.
fn repair(claims: &[&Claim], f1: &Claim, weighted: &Weighted, n: u64, set: &TestSet) -> Option<String> {
    let accuracy = claims.iter().find(|claim| is_accuracy(claim, set))?;
    let interval = f1.interval();
    if interval.meets(&accuracy.interval()) && f1.average != Some(Average::Micro) {
        return Some("it is the micro average, which is the accuracy".into());
    }
    let above = |hits: u64| {
        weighted.highest(hits).map(|end| weighted.is_above(&end, interval.low, interval.denominator))
    };
    let below = |hits: u64| {
        weighted.lowest(hits).map(|end| weighted.is_below(&end, interval.high, interval.denominator))
    };
    // Two bounds for each halving of the clips.
    if weighted.steps().saturating_mul(2 * u64::from(n.max(1).ilog2() + 2)) > MOST_STEPS {
        return None;
    }
    let from = ((accuracy.value.value() * n as f64).round() as u64).min(n);
    // Neither end falls while hits grow.
    let hits = if above(from)? { nearest(from, n, above)? } else { nearest(from, 0, below)? };
    if above(hits)? || below(hits)? {
        return None;
    }
    let value = accuracy.value.show(hits as f64 / n as f64, accuracy.value.decimals + 1);
    Some(format!("an accuracy of {hits} of {n} = {value}"))
}

/// The number nearest to `from` of which `fails`, true of all up to it, is not; it goes to `last`.
fn nearest(from: u64, last: u64, fails: impl Fn(u64) -> Option<bool>) -> Option<u64> {
    let (mut failing, mut fitting) = (from, last);
    if !fails(from)? || fails(last)? {
        return None;
    }
    while failing.abs_diff(fitting) > 1 {
        let middle = failing.midpoint(fitting);
        if fails(middle)? { failing = middle } else { fitting = middle }
    }
    Some(fitting)
}
