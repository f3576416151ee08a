//! Check 10: the sizes of a split's parts against the printed ratio.

use super::claims::{Paper, SplitClaim};
use super::finding::{Finding, Verdict, Witness, listed};
use super::power::{Power, redrawn_between};
use super::printed::Interval;

pub fn check(paper: &Paper) -> Vec<Finding> {
    paper.splits.iter().map(one).collect()
}

fn one(split: &SplitClaim) -> Finding {
    let mut finding = judge(split);
    if finding.verdict == Verdict::Consistent {
        // Each part of the ratio replaced by every other with as many digits.
        let parts: Vec<Power> = (0..split.ratio.len())
            .map(|part| {
                let printed = &split.ratio[part];
                let digits = printed.digits.max(1).ilog10() + 1;
                redrawn_between(printed, 1, 10i128.pow(digits) - 1, &mut |value| {
                    let mut other = split.clone();
                    other.ratio[part] = value.clone();
                    Some(judge(&other).verdict == Verdict::Consistent)
                })
            })
            .collect();
        Power::mean(&parts).of(&mut finding);
    }
    finding
}

/// Against the sum of the parts, or against 100 or 1 where rounding keeps the parts from summing to it.
fn judge(split: &SplitClaim) -> Finding {
    // Parts may have different decimals: all in units of the finest.
    let decimals = split.ratio.iter().map(|part| part.decimals).max().unwrap_or(0);
    let unit = 10i128.pow(decimals);
    let sum: i128 = split.ratio.iter().map(|part| part.digits * 10i128.pow(decimals - part.decimals)).sum();
    let slack: i128 = split.ratio.iter().map(|part| 10i128.pow(decimals - part.decimals)).sum();
    let near = |whole: i128| whole != sum && (whole - sum).abs() < slack && 2 * slack <= whole;
    let first = judge_parts(split, unit, sum);
    if first.verdict != Verdict::Inconsistent {
        return first;
    }
    [100 * unit, unit]
        .into_iter()
        .filter(|&whole| near(whole))
        .map(|whole| judge_parts(split, unit, whole))
        .find(|finding| finding.verdict == Verdict::Consistent)
        .unwrap_or(first)
}

/// The parts of `whole`, in units of the finest decimals.
fn judge_parts(split: &SplitClaim, unit: i128, whole: i128) -> Finding {
    // size / total · whole lies in the interval of the printed part.
    let intervals: Vec<Interval> = split
        .ratio
        .iter()
        .map(|part| {
            let interval = part.interval(split.rounding);
            Interval {
                low: interval.low * unit,
                high: interval.high * unit,
                denominator: interval.denominator * whole,
                ..interval
            }
        })
        .collect();
    let ratio = split.ratio.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(" : ");
    let share =
        |size: u64| format!("{size}/{} = {:.2} %", split.total, 100.0 * size as f64 / split.total as f64);
    let (total, parts) = (i128::from(split.total), split.ratio.len());
    let finding = match &split.sizes {
        Some(sizes) if sizes.iter().sum::<u64>() != split.total => {
            let sum: u64 = sizes.iter().sum();
            let reason =
                format!("{} sum to {sum}, not to {}", listed(sizes.iter().map(u64::to_string)), split.total);
            Finding::new("split", Verdict::Inconsistent, reason)
                .with_repair(Some(format!("a total of {sum}")))
        }
        Some(sizes) => {
            let wrong = (0..parts).find(|&part| !intervals[part].holds(sizes[part].into(), total));
            match wrong {
                Some(part) => {
                    let printed = &split.ratio[part].text;
                    let reason = format!("{} is not {printed} of {ratio}", share(sizes[part]));
                    let counts = intervals[part].counts(split.total, split.total);
                    let repair = (!counts.is_empty())
                        .then(|| format!("{} to {} clips in that part", counts.start(), counts.end()));
                    Finding::new("split", Verdict::Inconsistent, reason).with_repair(repair)
                }
                None => {
                    let words = listed(sizes.iter().map(|&size| share(size)));
                    Finding::consistent("split", words, None)
                }
            }
        }
        None => {
            let ranges: Vec<_> =
                intervals.iter().map(|interval| interval.counts(split.total, split.total)).collect();
            let low: u64 = ranges.iter().map(|range| *range.start()).sum();
            let high: u64 = ranges.iter().map(|range| if range.is_empty() { 0 } else { *range.end() }).sum();
            if ranges.iter().any(|range| range.is_empty()) || low > split.total || high < split.total {
                let reason = format!("no whole parts of {} are printed as {ratio}", split.total);
                Finding::new("split", Verdict::Inconsistent, reason)
            } else {
                let mut left = split.total - low;
                let sizes: Vec<u64> = ranges
                    .iter()
                    .map(|range| {
                        let more = left.min(range.end() - range.start());
                        left -= more;
                        range.start() + more
                    })
                    .collect();
                let words = listed(sizes.iter().map(|&size| share(size)));
                let mut finding = Finding::new("split", Verdict::Consistent, format!("for example {words}"));
                finding.witness = Some(Witness { words, matrix: None });
                finding
            }
        }
    };
    let mut finding = finding;
    finding.of = split.name.clone();
    finding.figure = format!("{ratio} of {}", split.total);
    finding.line = split.line;
    finding.source = split.source.clone();
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::printed::{Printed, Rounding, Unit};

    fn verdict(total: u64, ratio: &[&str], sizes: Option<Vec<u64>>) -> Verdict {
        let ratio = ratio.iter().map(|part| Printed::parse(part, Unit::Fraction).unwrap()).collect();
        let (name, rounding) = (String::new(), Rounding::Nearest);
        judge(&SplitClaim { line: 1, name, total, ratio, sizes, rounding, source: None }).verdict
    }

    #[test]
    fn rounded_percent_need_not_sum_to_a_hundred() {
        assert_eq!(verdict(800, &["13", "13", "75"], Some(vec![100, 100, 600])), Verdict::Consistent);
        assert_eq!(verdict(800, &["0.13", "0.13", "0.75"], Some(vec![100, 100, 600])), Verdict::Consistent);
        assert_eq!(verdict(800, &["13", "13", "75"], None), Verdict::Consistent);
        assert_eq!(verdict(800, &["13", "13", "75"], Some(vec![90, 110, 600])), Verdict::Inconsistent);
        assert_eq!(verdict(800, &["1", "1", "6"], Some(vec![100, 100, 600])), Verdict::Consistent);
        assert_eq!(verdict(800, &["8", "1", "1"], Some(vec![500, 200, 100])), Verdict::Inconsistent);
    }
}
