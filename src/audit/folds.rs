//! Check 12: figures of a cross-validation, averaged over folds (mean of scores) or from the pooled counts (score of
//! means), with known folds or any that could have been.

use super::binary::BinaryFigure;
use super::binary_finding::{figure, pooled_pairs};
use super::claimed_score::is_linear;
use super::claims::{Aggregate, Claim, Folding, Metric, TestSet};
use super::finding::{Finding, Verdict};
use super::fold_layouts::{Layouts, class_layout, fold_sizes, layouts};
use super::fold_question::{Question, answer, judge};
use super::fold_range;
use super::fold_sums::{Means, Outcome, kinds};
use super::grid::{is_accuracy, is_balanced};
use super::identities::{harmonic, one_number};
use super::power::{Power, redrawn};
use super::predictions;
use super::printed::Interval;
use super::recount::Counted;
use super::spread;

/// What one search for hits may cost, all layouts together.
const MOST_STEPS: u64 = 4_000_000;
/// Figures of one system that are judged by themselves.
const MOST_ALONE: usize = 20;
/// What each value put in a figure's place may cost.
const POWER_STEPS: u64 = 12_000;

/// The findings for claims of one system that share a folding into two or more folds.
pub fn check(claims: &[&Claim], set: &TestSet, counted: Option<&Counted>) -> Vec<Finding> {
    let Some(folding) = claims.first().and_then(|first| first.folding.as_ref()) else { return Vec::new() };
    let mut findings = match folding.aggregate {
        Some(Aggregate::MeanOfScores) => mean_of_scores(claims, set, folding),
        Some(Aggregate::ScoreOfMeans) => score_of_means(claims, set, counted),
        None => of_either(claims, set, folding),
    };
    for claim in claims {
        if !findings.iter().any(|finding| finding.claims.contains(&claim.place)) {
            let reason = format!(
                "a mean over folds of {} has no common number of clips, the scores of each fold are missing",
                claim.measure(set)
            );
            findings.push(Finding::not_checkable("folds", reason).about(claim, set));
        }
    }
    findings.extend(claims.iter().filter_map(|claim| deviation(claim, set, folding)));
    let range = |claim: &&Claim| fold_range::check(claim, set, folding, &clips_of_folds(claim, set, folding));
    findings.extend(claims.iter().filter_map(range));
    findings
}

/// The clips of each fold that a claim is a proportion of.
fn clips_of_folds(claim: &Claim, set: &TestSet, folding: &Folding) -> fold_range::Clips {
    let side: fn((u64, u64)) -> u64 = match mean_of(claim, set) {
        Some(Mean::Accuracy) => |(p, n)| p + n,
        Some(Mean::Sensitivity) => |(p, _)| p,
        Some(Mean::Specificity) => |(_, n)| n,
        _ => return Err("the figure is no proportion of the clips of a fold"),
    };
    let of_two = mean_of(claim, set).is_some_and(Mean::is_of_two);
    let ways: Vec<Vec<u64>> = match layouts(set, folding, of_two) {
        _ if let (Some(positives), Some(Mean::Sensitivity)) = (&folding.positives, mean_of(claim, set)) => {
            vec![positives.clone()]
        }
        Layouts::Known(ways) => ways.into_iter().map(|folds| folds.into_iter().map(side).collect()).collect(),
        Layouts::Unknown { .. } | Layouts::Missing(_) if of_two && folding.positives.is_none() => {
            return Err("the positives of each fold, fold_positives, are not said");
        }
        Layouts::Unknown { .. } | Layouts::Missing(_) => {
            return Err("n, or the size of each fold, is not said");
        }
    };
    if ways.iter().flatten().any(|&clips| clips == 0) {
        Err("a fold has no clips of the class")
    } else {
        Ok(ways)
    }
}

/// The worst verdict that is certain: one inconsistency is enough.
fn verdict(findings: &[Finding]) -> Verdict {
    let any = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
    match (any(Verdict::Inconsistent), any(Verdict::Consistent)) {
        (true, _) => Verdict::Inconsistent,
        (_, true) => Verdict::Consistent,
        _ => Verdict::NotCheckable,
    }
}

/// Where it is not said which was meant, one figure may be a mean over the folds and another of pooled counts. Certain is
/// what is so of one figure by itself, and of proportions over folds that are alike, whose mean is the pooled score.
fn of_either(claims: &[&Claim], set: &TestSet, folding: &Folding) -> Vec<Finding> {
    let of =
        |claims: &[&Claim]| either(mean_of_scores(claims, set, folding), score_of_means(claims, set, None));
    let findings = of(claims);
    if claims.len() == 1 || verdict(&findings) != Verdict::Inconsistent {
        return findings;
    }
    let is_certain = |finding: &Finding| finding.verdict == Verdict::Inconsistent;
    let mut alone: Vec<Finding> =
        claims.iter().take(MOST_ALONE).flat_map(|claim| of(&[claim])).filter(is_certain).collect();
    let judged = |finding: Finding| {
        let own: Vec<&Claim> =
            claims.iter().copied().filter(|claim| finding.claims.contains(&claim.place)).collect();
        let holds_one =
            || alone.iter().any(|one| one.claims.iter().any(|place| finding.claims.contains(place)));
        if !is_certain(&finding) || alike(&own, set, folding) || holds_one() {
            return finding;
        }
        let reason = format!(
            "{}; but one may be a mean over folds and another of pooled counts, say aggregate",
            finding.reason
        );
        Finding { verdict: Verdict::NotCheckable, reason, witness: None, repair: None, ..finding }
    };
    let mut findings: Vec<Finding> = findings.into_iter().map(judged).collect();
    let is_named = |one: &Finding| {
        findings
            .iter()
            .filter(|finding| is_certain(finding))
            .any(|finding| finding.claims.contains(&one.claims[0]))
    };
    alone.retain(|one| !is_named(one));
    findings.extend(alone);
    findings
}

/// Whether all are proportions of clips, and all folds have as many.
fn alike(claims: &[&Claim], set: &TestSet, folding: &Folding) -> bool {
    let Some(means) = claims.iter().map(|claim| mean_of(claim, set)).collect::<Option<Vec<Mean>>>() else {
        return false;
    };
    let of_two = means.iter().any(|mean| mean.is_of_two());
    let one_layout = || match layouts(set, folding, of_two) {
        Layouts::Known(ways) => ways.iter().all(|folds| folds.iter().all(|fold| *fold == folds[0])),
        Layouts::Unknown { .. } | Layouts::Missing(_) => false,
    };
    !means.iter().any(|mean| mean.is_over_classes()) && folding.sizes_said(set) && one_layout()
}

/// It is not said which of the two was meant: what either allows is allowed.
fn either(mean: Vec<Finding>, pooled: Vec<Finding>) -> Vec<Finding> {
    match (verdict(&mean), verdict(&pooled)) {
        (Verdict::Consistent, _) | (Verdict::NotCheckable, Verdict::Inconsistent) => mean,
        (Verdict::Inconsistent, Verdict::Inconsistent) => {
            let certain = |finding: &&Finding| finding.verdict == Verdict::Inconsistent;
            let other = pooled.iter().find(certain).map(|finding| finding.reason.clone()).unwrap_or_default();
            let both = |finding: Finding| match finding.verdict {
                Verdict::Inconsistent => {
                    let reason = match finding.reason == other {
                        true => other.clone(),
                        false => {
                            format!("as a mean over folds: {}; of pooled counts: {other}", finding.reason)
                        }
                    };
                    Finding { reason, ..finding }
                }
                _ => finding,
            };
            mean.into_iter().map(both).collect()
        }
        // Nothing is known of it as a score of pooled counts.
        (Verdict::Inconsistent, Verdict::NotCheckable) if pooled.is_empty() => {
            mean.into_iter().map(uncertain_if_pooled).collect()
        }
        _ if pooled.is_empty() => mean,
        _ => pooled,
    }
}

fn uncertain_if_pooled(finding: Finding) -> Finding {
    match finding.verdict {
        Verdict::Inconsistent => {
            let reason = format!(
                "as a mean over folds: {}; but it may be of pooled counts, say aggregate",
                finding.reason
            );
            Finding { verdict: Verdict::NotCheckable, reason, repair: None, ..finding }
        }
        _ => finding,
    }
}

/// A standard deviation over folds that have as many clips each is one over runs of so many.
fn deviation(claim: &Claim, set: &TestSet, folding: &Folding) -> Option<Finding> {
    let sd = claim.sd.as_ref()?;
    let mut finding = if claim.runs > 1 {
        Finding::not_checkable("spread", "it is not said whether ± is over the folds or over the repeats")
            .about(claim, set)
    } else if folding.aggregate == Some(Aggregate::ScoreOfMeans) {
        Finding::not_checkable(
            "spread",
            "± is beside a score of pooled counts, the scores of the folds are missing",
        )
        .about(claim, set)
    } else {
        let ways = if folding.sizes_said(set) { fold_sizes(set, folding) } else { Vec::new() };
        let first = ways.first().and_then(|sizes| sizes.first()).copied();
        let sized = first.filter(|first| ways.iter().flatten().all(|size| size == first));
        let accuracy = mean_of(claim, set) == Some(Mean::Accuracy);
        // Only of folds of one size is the pooled score the mean over the folds too.
        let mean_known = folding.aggregate.is_some() || accuracy && sized.is_some();
        let over_folds = Claim { runs: folding.folds, folding: None, ..claim.clone() };
        let clips = match (accuracy, sized) {
            (false, _) => Err(spread::NO_PROPORTION),
            (true, Some(clips)) => Ok(clips),
            (true, None) if ways.is_empty() => {
                Err("how many clips a fold has is not said: say fold_sizes = \"equal\", or a list")
            }
            (true, None) => Err("the folds are not all of one size"),
        };
        spread::check(&over_folds, set, clips, mean_known)?
    };
    finding.figure = format!("{} ± {}", claim.figure(set), sd.text);
    Some(finding)
}

fn binary_name(claim: &Claim) -> Option<&'static str> {
    match claim.metric {
        Metric::Binary(score) if claim.class.is_none() => Some(score.name),
        _ => None,
    }
}

/// Which mean of a cross-validation a claim prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mean {
    Accuracy,
    Sensitivity,
    Specificity,
    Balanced,
    /// The macro recall of two classes: the same where every fold has clips of both. Of a fold without clips of a class it
    /// takes that recall as 0, but leaves the class out if nothing was taken for it.
    MacroRecall,
    /// The mean over the folds of the mean recall over the classes.
    ClassRecall,
    /// The same where every class has clips in every fold; else balanced accuracy leaves out those that have none.
    ClassBalanced,
}

impl Mean {
    /// Whether it is about positives and negatives.
    fn is_of_two(self) -> bool {
        matches!(self, Self::Sensitivity | Self::Specificity | Self::Balanced | Self::MacroRecall)
    }

    /// Where every fold has clips of both classes, which is seen to before, their macro recall is the balanced accuracy.
    fn as_one_number(self) -> Self {
        if self == Self::MacroRecall { Self::Balanced } else { self }
    }

    fn is_over_classes(self) -> bool {
        matches!(self, Self::ClassRecall | Self::ClassBalanced)
    }
}

fn mean_of(claim: &Claim, set: &TestSet) -> Option<Mean> {
    match binary_name(claim) {
        Some("acc" | "err") => Some(Mean::Accuracy),
        Some("sens" | "fnr") => Some(Mean::Sensitivity),
        Some("spec" | "fpr") => Some(Mean::Specificity),
        Some("bacc") => Some(Mean::Balanced),
        None if is_balanced(claim) && set.binary.is_some() => Some(Mean::MacroRecall),
        // As many clips in every class do not make as many in every class of a fold.
        None if is_balanced(claim) && claim.metric == Metric::BalancedAccuracy => Some(Mean::ClassBalanced),
        None if is_balanced(claim) => Some(Mean::ClassRecall),
        None if is_accuracy(claim, set) => Some(Mean::Accuracy),
        _ => None,
    }
}

/// The interval of the mean of hits, of which rates of errors are what is left to 1.
fn of_hits(claim: &Claim, interval: Interval) -> Interval {
    match binary_name(claim) {
        Some("err" | "fnr" | "fpr") => interval.complement(),
        _ => interval,
    }
}

fn mean_of_scores(claims: &[&Claim], set: &TestSet, folding: &Folding) -> Vec<Finding> {
    // What holds in every fold holds for the means.
    let mut findings: Vec<Finding> =
        one_number(claims, set).into_iter().filter(|found| found.verdict == Verdict::Inconsistent).collect();
    findings.extend(harmonic(claims, set));
    let mut figures: Vec<(Mean, &Claim)> = Vec::new();
    for claim in claims {
        let Some(mean) = mean_of(claim, set) else { continue };
        if mean == Mean::MacroRecall && !both_in_every_fold(set, folding) {
            // Folds that have clips of both are a witness all the same.
            let found = of_means(&[(mean, claim)], set, folding);
            let found = match found.verdict {
                Verdict::Consistent => found,
                _ => Finding::not_checkable(
                    "folds",
                    "a fold may have no clips of a class, and macro recall does not always count it there",
                ),
            };
            findings.push(found.about(claim, set));
            continue;
        }
        let apart = figures
            .iter()
            .find(|(known, other)| {
                let intervals = [*other, *claim].map(|claim| of_hits(claim, claim.interval()));
                known.as_one_number() == mean.as_one_number() && !intervals[0].meets(&intervals[1])
            })
            .map(|(_, other)| *other);
        match apart {
            None => figures.push((mean, claim)),
            Some(_) if findings.iter().any(|found| found.claims.contains(&claim.place)) => {}
            Some(other) => {
                let reason = "one mean over folds, but no number is printed as both";
                let finding = Finding::new("folds", Verdict::Inconsistent, reason);
                findings.push(finding.about_all(&[other, claim], set));
            }
        }
    }
    for group in searched_together(figures) {
        let checked: Vec<&Claim> = group.iter().map(|(_, claim)| *claim).collect();
        findings.push(of_means(&group, set, folding).about_all(&checked, set));
    }
    findings
}

/// Whether it is known that each fold has positives and negatives.
fn both_in_every_fold(set: &TestSet, folding: &Folding) -> bool {
    match layouts(set, folding, true) {
        // Sizes that nobody said are only taken to be equal.
        Layouts::Known(ways) if folding.sizes_said(set) => {
            ways.iter().flatten().all(|&(p, n)| p > 0 && n > 0)
        }
        Layouts::Known(_) | Layouts::Unknown { .. } | Layouts::Missing(_) => false,
    }
}

/// Recalls of two classes and means over classes are sums of their own; each is held against the accuracy.
fn searched_together(figures: Vec<(Mean, &Claim)>) -> Vec<Vec<(Mean, &Claim)>> {
    let any = |is: fn(Mean) -> bool| figures.iter().any(|(mean, _)| is(*mean));
    if figures.is_empty() {
        return Vec::new();
    }
    if !any(Mean::is_of_two) || !any(Mean::is_over_classes) {
        return vec![figures];
    }
    let without = |other: fn(Mean) -> bool| -> Vec<_> {
        figures.iter().copied().filter(|(mean, _)| !other(*mean)).collect()
    };
    vec![without(Mean::is_over_classes), without(Mean::is_of_two)]
}

fn of_means(figures: &[(Mean, &Claim)], set: &TestSet, folding: &Folding) -> Finding {
    let runs = figures[0].1.runs;
    let any = |is: fn(Mean) -> bool| figures.iter().any(|(mean, _)| is(*mean));
    let question = if any(Mean::is_over_classes) && any(|mean| mean == Mean::Accuracy) && !set.single_label {
        Err("clips have several labels, so that hits of the classes are not those of the accuracy".into())
    } else if any(Mean::is_over_classes) {
        match class_layout(set, folding) {
            Some(layout) if layout.iter().flatten().all(|&clips| clips > 0) => {
                Ok(Question::Classes(layout, runs))
            }
            Some(_) => {
                Err("a class has no clips in some fold, and averages differ in whether they count it".into())
            }
            None => Err("the clips of each class in each fold, fold_support, are not said".into()),
        }
    } else {
        match layouts(set, folding, any(Mean::is_of_two)) {
            Layouts::Missing(what) => Err(format!("{what} is not said")),
            Layouts::Known(ways) => {
                Ok(Question::Folds(ways.iter().map(|folds| kinds(folds, runs)).collect()))
            }
            Layouts::Unknown { .. } if runs > 1 => Err("the folds of each repeat are not said".into()),
            Layouts::Unknown { p, n, folds } => Ok(Question::Unknown(p, n, folds)),
        }
    };
    let question = match question {
        Err(missing) => return Finding::not_checkable("folds", missing),
        Ok(question) => question,
    };
    let Some(means) = means(figures, None) else {
        let reason = "one mean over folds, but no number is printed as all of them";
        return Finding::new("folds", Verdict::Inconsistent, reason);
    };
    let mut finding = judge(&question, &means, MOST_STEPS);
    match finding.verdict {
        Verdict::Consistent => power(&question, figures).of(&mut finding),
        // Folds by artist or source are seldom of one size.
        Verdict::Inconsistent if !folding.sizes_said(set) => {
            let say = match folding.stratified {
                true => {
                    "those of scikit-learn before 0.22 follow from the clips of each class (say support), where these \
                     are as many as the folds"
                }
                false => "say fold_sizes, or fold_sizes = \"equal\"",
            };
            let reason = format!("{}; folds of other sizes may have them: {say}", finding.reason);
            return Finding::not_checkable("folds", reason);
        }
        _ => {}
    }
    finding
}

/// The printed means, one of the figures replaced; `None` where two figures of one mean have no number in common.
fn means(figures: &[(Mean, &Claim)], other: Option<(usize, Interval)>) -> Option<Means> {
    let mut means = Means::default();
    for (place, (mean, claim)) in figures.iter().enumerate() {
        let interval =
            other.filter(|(known, _)| *known == place).map_or(claim.interval(), |(_, interval)| interval);
        let interval = of_hits(claim, interval);
        let known = match mean {
            Mean::Accuracy => &mut means.accuracy,
            Mean::Sensitivity | Mean::ClassRecall | Mean::ClassBalanced => &mut means.sensitivity,
            Mean::Specificity => &mut means.specificity,
            Mean::Balanced | Mean::MacroRecall => &mut means.balanced,
        };
        *known = Some(match known {
            Some(known) => known.common(&interval)?,
            None => interval,
        });
    }
    Some(means)
}

/// For each figure the share of values that pass with the others as they are; the mean over them.
fn power(question: &Question, figures: &[(Mean, &Claim)]) -> Power {
    let mut budget = MOST_STEPS;
    let parts: Vec<Power> = figures
        .iter()
        .enumerate()
        .map(|(place, (_, claim))| {
            redrawn(&claim.value, (0, Some(1)), |value| {
                let Some(replaced) = means(figures, Some((place, value.interval(claim.rounding)))) else {
                    return Some(false);
                };
                let steps = POWER_STEPS.min(budget);
                let answered = answer(question, &replaced, steps);
                budget = budget.saturating_sub(50 * answered.layouts as u64);
                match answered.outcome {
                    Outcome::Fits(_) => Some(true),
                    Outcome::Impossible { .. } => Some(false),
                    Outcome::CutShort => None,
                }
            })
        })
        .collect();
    Power::mean(&parts)
}

/// Pooled counts: the same as one test set, repeated.
fn score_of_means(claims: &[&Claim], set: &TestSet, counted: Option<&Counted>) -> Vec<Finding> {
    let runs = claims[0].runs;
    if let Some((p, n)) = set.binary.filter(|_| runs > 1) {
        let figures: Vec<BinaryFigure> = claims.iter().filter_map(|claim| figure(claim)).collect();
        if figures.len() == claims.len() && claims.iter().all(|claim| claim.class.is_none()) {
            let mut finding = pooled_pairs(p * runs, n * runs, &figures);
            if finding.verdict == Verdict::Inconsistent && !claims.iter().all(|claim| is_linear(claim)) {
                let reason =
                    format!("of all repeats pooled: {}; the mean over repeats may differ", finding.reason);
                finding = Finding::not_checkable("binary", reason);
            }
            return vec![finding.about_all(claims, set)];
        }
    }
    // Its ± is not one over runs.
    let pooled: Vec<Claim> =
        claims.iter().map(|claim| Claim { folding: None, sd: None, ..(*claim).clone() }).collect();
    predictions::check(&pooled.iter().collect::<Vec<_>>(), set, counted)
}
