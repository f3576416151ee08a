//! The power of figures of one confusion matrix held together: for each the share of its values that some matrix prints
//! which gives the others.

use super::claims::{Claim, Metric, TestSet};
use super::grid::is_accuracy;
use super::power::{Power, Printable};
use super::search::{every, gives, nearly, ways};

/// Matrices that are looked at; with more of them a bound on a figure stands for its share.
const MOST_TALLIES: f64 = 60_000.0;
/// Why figures without a bound on them have no power.
const NO_BOUND: &str = "no power is defined: no bound on these figures is known that could exclude them, a matrix can only be found";

/// `hits` are what the accuracies leave, `bounds` the shares that bounds leave where there are too many matrices.
pub fn power(
    claims: &[&Claim],
    support: &[u64],
    hits: (u64, u64),
    bounds: &[Option<f64>],
    set: &TestSet,
) -> Power {
    let all = (0, support.iter().sum());
    let bounded = || bounds.iter().map(|share| share.map_or(Power::none(NO_BOUND), Power::counted)).collect();
    let parts: Vec<Power> = if ways(support, all) <= MOST_TALLIES {
        counted(claims, support, all, &|_| true)
    } else if ways(support, hits) <= MOST_TALLIES {
        // Another accuracy would leave other hits.
        counted(claims, support, hits, &|claim| !is_accuracy(claim, set))
    } else {
        bounded()
    };
    Power::mean(&parts)
}

fn counted(
    claims: &[&Claim],
    support: &[u64],
    hits: (u64, u64),
    countable: &dyn Fn(&Claim) -> bool,
) -> Vec<Power> {
    let mut marked: Vec<Option<Printable>> = claims
        .iter()
        .map(|claim| {
            let least = if matches!(claim.metric, Metric::Kappa | Metric::Mcc) { -1 } else { 0 };
            let printable = || Printable::new(&claim.value, claim.rounding, (least, Some(1)));
            countable(claim).then(printable).flatten()
        })
        .collect();
    every(support, hits, &mut |tally| {
        let off = |claim: &&Claim| !gives(&[claim], tally);
        let mut apart = claims.iter().enumerate().filter(|(_, claim)| off(claim)).map(|(place, _)| place);
        // With one figure off, that figure's value is another that the rest allow.
        let (first, second) = (apart.next(), apart.next());
        if second.is_none() {
            for (place, printable) in marked.iter_mut().enumerate() {
                if let Some(printable) = printable
                    && first.is_none_or(|first| first == place)
                {
                    printable.mark(nearly(claims[place], tally));
                }
            }
        }
        true
    });
    let none = || Power::uncounted("too many outcomes");
    marked.iter().map(|part| part.as_ref().map_or_else(none, |part| Power::counted(part.share()))).collect()
}
