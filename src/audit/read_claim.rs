//! Reads one claim: its metric, its figure as printed, how it was averaged over runs and folds.

use toml::Spanned;

use super::binary_score::{BINARY_SCORES, find_binary};
use super::claims::{Claim, Ddof, Folding, Metric, TestSet};
use super::error::AuditError;
use super::file::{FoldSizes, Located, MOST_CLIPS, RawClaim};
use super::printed::{Printed, Rounding, Unit};
use super::read_set::find_set;
use crate::spelling::hint;

const METRIC_NAMES: &[(&str, Metric)] = &[
    ("accuracy", Metric::Accuracy),
    ("balanced_accuracy", Metric::BalancedAccuracy),
    ("precision", Metric::Precision),
    ("recall", Metric::Recall),
    ("f1", Metric::F1),
    ("kappa", Metric::Kappa),
    ("mcc", Metric::Mcc),
    ("auc", Metric::Auc),
    ("log_loss", Metric::LogLoss),
    ("share", Metric::Share),
];

pub fn read_claim(at: &Located, start: usize, raw: RawClaim, sets: &[TestSet]) -> Result<Claim, AuditError> {
    let set_index = find_set(at, &raw.set, sets)?;
    let set = &sets[set_index];
    let binary = set.binary.is_some() && raw.average.is_none() && raw.class.is_none();
    let metric = find_metric(at, &raw.metric, binary)?;
    let metric_at = raw.metric.span().start;
    let averaged = matches!(metric, Metric::Precision | Metric::Recall | Metric::F1);
    let class = raw.class.as_ref().map(|class| {
        let labels = set.labels.as_deref().unwrap_or_default();
        labels.iter().position(|label| label == class.get_ref()).ok_or_else(|| {
            let name = class.get_ref();
            let hint = hint(name, labels.iter().map(String::as_str));
            let message = match labels.is_empty() {
                true => {
                    format!("class `{name}`: the set has no labels; say labels = [\"{name}\", …] in [test]")
                }
                false => format!("`{name}` is none of the set's labels{hint}"),
            };
            at.wrong(class.span().start, message)
        })
    });
    let class = class.transpose()?;
    let name = raw.metric.get_ref();
    match (averaged, &raw.average, class) {
        (true, None, None) => {
            let message = format!(
                "{name}: say average = \"macro\", \"micro\" or \"weighted\" (\"any\" where the paper does not say), or class = \"…\""
            );
            return Err(at.wrong(metric_at, message));
        }
        (true, Some(average), Some(_)) => {
            return Err(at.wrong(average.span().start, "average or class, not both"));
        }
        (false, Some(average), _) => {
            return Err(at.wrong(average.span().start, format!("{name} has no average")));
        }
        (false, None, Some(_)) if !matches!(metric, Metric::Binary(_)) => {
            return Err(at.wrong(
                metric_at,
                format!("{name} is not of one class; the recall of a class is its hits over its clips"),
            ));
        }
        _ => {}
    }
    if let Metric::Binary(score) = metric {
        let known = set.binary.is_some() || class.is_some() && set.support.is_some();
        if !known && class.is_none() && set.classes().is_some_and(|classes| classes > 2) {
            let message = format!(
                "{} is a score of two classes: say class = \"…\" for one class against the rest",
                score.name
            );
            return Err(at.wrong(metric_at, message));
        }
        if score.wants_beta != raw.beta.is_some() {
            return Err(at.wrong(
                metric_at,
                format!("{} {} beta", score.name, if score.wants_beta { "needs" } else { "takes no" }),
            ));
        }
    }
    let unbounded = metric.range().1.is_none();
    let unit = match (raw.unit, unbounded) {
        (Some(unit), _) => unit,
        (None, true) => Unit::Fraction,
        (None, false) => return Err(at.wrong(start, "say unit = \"percent\" or unit = \"fraction\"")),
    };
    let value_at = raw.value.span().start;
    let value = Printed::parse(at.figure(&raw.value, "value")?, unit)
        .map_err(|message| at.wrong(value_at, message))?;
    check_range(at, value_at, &value, metric)?;
    let sd = raw.sd.as_ref().map(|sd| {
        let printed = Printed::parse(at.figure(sd, "sd")?, unit)
            .map_err(|message| at.wrong(sd.span().start, message))?;
        if printed.digits < 0 {
            Err(at.wrong(sd.span().start, "a standard deviation is not negative"))
        } else {
            Ok(printed)
        }
    });
    let beta = raw.beta.as_ref().map(|beta| {
        let printed = Printed::parse(at.figure(beta, "beta")?, Unit::Fraction)
            .map_err(|message| at.wrong(beta.span().start, message))?;
        if printed.digits <= 0 || printed.digits > 1_000_000 {
            Err(at.wrong(beta.span().start, "beta is positive and has at most six digits"))
        } else {
            Ok(printed)
        }
    });
    let ddof = match raw.ddof.as_ref().map(|ddof| (ddof.get_ref(), ddof.span().start)) {
        None => Ddof::Any,
        Some((toml::Value::Integer(value @ 0..=1), _)) => Ddof::Of(*value as u64),
        Some((toml::Value::String(text), _)) if text == "any" => Ddof::Any,
        Some((other, start)) => return Err(at.wrong(start, format!("ddof is 0, 1 or \"any\", not {other}"))),
    };
    let runs = raw.runs.as_ref().map_or(Ok(1), |runs| at.count(runs, "runs", 1, 10_000))?;
    let folding = read_folding(at, &raw, set)?;
    Ok(Claim {
        place: 0,
        line: at.line(start),
        of: raw.of.into_inner(),
        set: set_index,
        metric,
        average: raw.average.as_ref().and_then(|average| average.get_ref().one()),
        open_average: raw.average.is_some_and(|average| average.into_inner().one().is_none()),
        class,
        value,
        sd: sd.transpose()?,
        ddof,
        runs,
        folding,
        beta: beta.transpose()?,
        rounding: raw.rounding.unwrap_or(Rounding::Any),
        source: raw.source,
    })
}

fn find_metric(at: &Located, name: &Spanned<String>, binary: bool) -> Result<Metric, AuditError> {
    let text = name.get_ref().as_str();
    let metric = METRIC_NAMES.iter().find(|(known, _)| *known == text).map(|(_, metric)| *metric);
    let twin = |metric: Metric| match metric {
        Metric::Accuracy => Some("acc"),
        Metric::BalancedAccuracy => Some("bacc"),
        Metric::Precision => Some("ppv"),
        Metric::Recall => Some("sens"),
        Metric::F1 => Some("f1p"),
        Metric::Kappa => Some("kappa"),
        Metric::Mcc => Some("mcc"),
        _ => None,
    };
    if binary && let Some(score) = metric.and_then(twin).and_then(find_binary) {
        return Ok(Metric::Binary(score));
    }
    metric.or_else(|| find_binary(text).map(Metric::Binary)).ok_or_else(|| {
        let names = METRIC_NAMES.iter().map(|(name, _)| *name);
        let scores = BINARY_SCORES.iter().flat_map(|score| std::iter::once(score.name).chain(score.aliases.iter().copied()));
        let hint = as_average(text).unwrap_or_else(|| hint(text, names.clone().chain(scores)));
        let known = names.collect::<Vec<_>>().join(", ");
        at.wrong(name.span().start, format!("unknown metric `{text}`{hint}; known are {known}, and the scores of two classes (acc, sens, ppv, …)"))
    })
}

/// How a claim says what experiments, scikit-learn and papers call `f1_macro` or "macro F1".
fn as_average(text: &str) -> Option<String> {
    let words = text.to_lowercase().replace(['-', ' '], "_");
    let both = |metric: &str, average: &str| {
        [format!("{metric}_{average}"), format!("{average}_{metric}")].contains(&words)
    };
    let metrics = ["precision", "recall", "f1"];
    let mut pairs =
        metrics.iter().flat_map(|metric| ["macro", "micro", "weighted"].map(|average| (metric, average)));
    let (metric, average) = pairs.find(|(metric, average)| both(metric, average))?;
    Some(format!(": write metric = \"{metric}\", average = \"{average}\""))
}

fn check_range(at: &Located, start: usize, value: &Printed, metric: Metric) -> Result<(), AuditError> {
    let (least, largest) = metric.range();
    let (low, high) =
        (i128::from(least) * value.scale(), largest.map(|largest| i128::from(largest) * value.scale()));
    if value.digits < low || high.is_some_and(|high| value.digits > high) {
        let percent = value.unit == Unit::Fraction && value.digits <= 100 * value.scale() && value.digits > 0;
        let hint = if percent { "; is the unit percent?" } else { "" };
        let message = format!("{} is outside the metric's range{hint}", value.shown());
        return Err(at.wrong(start, message));
    }
    Ok(())
}

fn read_folding(at: &Located, raw: &RawClaim, set: &TestSet) -> Result<Option<Folding>, AuditError> {
    let said = raw.fold_sizes.as_ref().map(|sizes| (sizes.get_ref(), sizes.span().start));
    let equal = matches!(said, Some((FoldSizes::Word(_), _)));
    let sizes = match said {
        Some((FoldSizes::Said(sizes), start)) => Some(at.counts_at(sizes, start, "a fold's size", 1)?),
        _ => None,
    };
    let positives =
        raw.fold_positives.as_ref().map(|counts| at.counts(counts, "a fold's positives", 0)).transpose()?;
    let support = read_fold_support(at, raw, set)?;
    // Of several labels a clip the classes' clips are more than the fold's.
    let of_support = support
        .as_ref()
        .filter(|_| set.single_label)
        .map(|folds| folds.iter().map(|fold| fold.iter().sum()).collect::<Vec<u64>>());
    if let (Some(sizes), Some(of_support), Some(said)) = (&sizes, &of_support, &raw.fold_sizes)
        && sizes != of_support
    {
        return Err(at.wrong(said.span().start, "fold_sizes are not what fold_support sums to"));
    }
    let sizes = sizes.or(of_support);
    let folds = raw.folds.as_ref().map(|folds| at.count(folds, "folds", 1, 1000)).transpose()?;
    let (Some(folds), span) = (folds.or(sizes.as_ref().map(|sizes| sizes.len() as u64)), raw.metric.span())
    else {
        return Ok(None);
    };
    let of_sizes = raw.fold_sizes.as_ref().map(|list| list.span().start);
    let of_sizes = of_sizes.or(raw.fold_support.as_ref().map(|list| list.span().start));
    let of_positives = raw.fold_positives.as_ref().map(|list| list.span().start);
    for (what, list, start, total) in [
        ("fold_sizes", &sizes, of_sizes, set.n),
        ("fold_positives", &positives, of_positives, set.binary.map(|(p, _)| p)),
    ] {
        let Some(list) = list else { continue };
        let start = start.unwrap_or(span.start);
        if list.len() as u64 != folds {
            return Err(at.wrong(start, format!("{what} has {} entries for {folds} folds", list.len())));
        }
        let sum: u64 = list.iter().sum();
        if total.is_some_and(|total| total != sum) {
            return Err(
                at.wrong(start, format!("{what} sums to {sum}, not to {}", total.unwrap_or_default()))
            );
        }
    }
    if set.n.is_some_and(|n| n < folds) {
        return Err(at.wrong(span.start, format!("{folds} folds of {} clips", set.n.unwrap_or_default())));
    }
    if let (Some(sizes), Some(positives)) = (&sizes, &positives)
        && let Some(fold) = (0..sizes.len()).find(|&fold| positives[fold] > sizes[fold])
    {
        let message =
            format!("fold {} has {} clips and {} positives", fold + 1, sizes[fold], positives[fold]);
        return Err(at.wrong(span.start, message));
    }
    Ok(Some(Folding {
        folds,
        sizes,
        positives,
        support,
        stratified: raw.stratified,
        equal,
        aggregate: raw.aggregate,
    }))
}

/// Clips of each class in each fold, which sum to those of the set.
fn read_fold_support(
    at: &Located,
    raw: &RawClaim,
    set: &TestSet,
) -> Result<Option<Vec<Vec<u64>>>, AuditError> {
    let Some(said) = &raw.fold_support else { return Ok(None) };
    let start = said.span().start;
    let Some(support) = &set.support else {
        return Err(at.wrong(start, "fold_support needs the set's support"));
    };
    let mut sums = vec![0u64; support.len()];
    let mut folds = Vec::with_capacity(said.get_ref().len());
    for (number, fold) in said.get_ref().iter().enumerate() {
        if fold.len() != support.len() {
            let message = format!("fold {} has {} classes of {}", number + 1, fold.len(), support.len());
            return Err(at.wrong(start, message));
        }
        let counts: Vec<u64> = fold
            .iter()
            .map(|&clips| at.count_at(clips, start, "a fold's clips of a class", 0, MOST_CLIPS))
            .collect::<Result<_, _>>()?;
        sums.iter_mut().zip(&counts).for_each(|(sum, clips)| *sum += clips);
        folds.push(counts);
    }
    if sums != *support {
        return Err(at.wrong(start, format!("fold_support sums to {sums:?} by class, not to {support:?}")));
    }
    Ok(Some(folds))
}
