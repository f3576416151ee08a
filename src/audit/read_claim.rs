//! Reads one claim: its metric, its figure as printed, how it was averaged over runs and folds.

use toml::Spanned;

use super::binary_score::{BINARY_SCORES, BinaryScore, find_binary};
use super::claims::{Claim, Ddof, Metric, TestSet};
use super::error::AuditError;
use super::file::{Located, RawClaim};
use super::printed::{Printed, Rounding, Unit};
use super::read_folding::read_folding;
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
    let metric = match (find_metric(at, &raw.metric, binary)?, &raw.average) {
        (Metric::Binary(score), Some(_)) if score.name == "spec" => Metric::Specificity,
        (metric, _) => metric,
    };
    let class = find_class(at, &raw, set)?;
    check_average(at, &raw, metric, class)?;
    if let Metric::Binary(score) = metric {
        check_two_classes(at, &raw, score, class, set)?;
    }
    check_idle(at, &raw, metric)?;
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
    let ddof = read_ddof(at, &raw)?;
    let runs = raw.runs.as_ref().map_or(Ok(1), |runs| at.count(runs, "runs", 1, 10_000))?;
    let folding = read_folding(at, &raw, set)?;
    let [fold_min, fold_max] = [("fold_min", &raw.fold_min), ("fold_max", &raw.fold_max)]
        .map(|(key, end)| end.as_ref().map(|end| read_fold_end(at, key, end, unit, metric)).transpose());
    let sd = raw.sd.as_ref().map(|sd| read_sd(at, sd, unit)).transpose()?;
    let beta = raw.beta.as_ref().map(|beta| read_beta(at, beta)).transpose()?;
    Ok(Claim {
        place: 0,
        line: at.line(start),
        of: raw.of.into_inner(),
        row: raw.row,
        set: set_index,
        metric,
        average: raw.average.as_ref().and_then(|average| average.get_ref().one()),
        open_average: raw.average.is_some_and(|average| average.into_inner().one().is_none()),
        class,
        value,
        sd,
        ddof,
        runs,
        folding,
        fold_min: fold_min?,
        fold_max: fold_max?,
        beta,
        rounding: raw.rounding.unwrap_or(Rounding::Any),
        source: raw.source,
    })
}

fn find_class(at: &Located, raw: &RawClaim, set: &TestSet) -> Result<Option<usize>, AuditError> {
    let Some(class) = &raw.class else { return Ok(None) };
    let labels = set.labels.as_deref().unwrap_or_default();
    let found = labels.iter().position(|label| label == class.get_ref());
    found.map(Some).ok_or_else(|| {
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
}

/// That there is an average or a class where the metric has one, and only there.
fn check_average(
    at: &Located,
    raw: &RawClaim,
    metric: Metric,
    class: Option<usize>,
) -> Result<(), AuditError> {
    let (name, metric_at) = (raw.metric.get_ref(), raw.metric.span().start);
    let averaged = matches!(metric, Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity);
    match (averaged, &raw.average, class) {
        (true, None, None) => {
            let message = format!(
                "{name}: say average = \"macro\", \"micro\" or \"weighted\" (\"any\" where the paper does not say), or class = \"…\""
            );
            Err(at.wrong(metric_at, message))
        }
        (true, Some(average), Some(_)) => Err(at.wrong(average.span().start, "average or class, not both")),
        (false, Some(average), _) => Err(at.wrong(average.span().start, format!("{name} has no average"))),
        (false, None, Some(_)) if !matches!(metric, Metric::Binary(_)) => Err(at.wrong(
            metric_at,
            format!("{name} is not of one class; the recall of a class is its hits over its clips"),
        )),
        _ => Ok(()),
    }
}

/// That a score of two classes is of two classes, and has a beta where it needs one.
fn check_two_classes(
    at: &Located,
    raw: &RawClaim,
    score: &BinaryScore,
    class: Option<usize>,
    set: &TestSet,
) -> Result<(), AuditError> {
    let metric_at = raw.metric.span().start;
    if set.binary.is_none() && class.is_none() && set.classes().is_some_and(|classes| classes > 2) {
        let message = format!(
            "{} is a score of two classes: say class = \"…\" for one class against the rest",
            score.name
        );
        return Err(at.wrong(metric_at, message));
    }
    if score.wants_beta != raw.beta.is_some() {
        let wants = if score.wants_beta { "needs" } else { "takes no" };
        return Err(at.wrong(metric_at, format!("{} {wants} beta", score.name)));
    }
    Ok(())
}

/// That nothing is said that would not be looked at.
fn check_idle(at: &Located, raw: &RawClaim, metric: Metric) -> Result<(), AuditError> {
    if let (Some(beta), false) = (&raw.beta, matches!(metric, Metric::Binary(_))) {
        let message = format!("{} takes no beta; fbp and fbn do, of two classes", raw.metric.get_ref());
        return Err(at.wrong(beta.span().start, message));
    }
    match (&raw.ddof, &raw.sd) {
        (Some(ddof), None) => Err(at.wrong(ddof.span().start, "ddof is of a standard deviation: say sd = …")),
        _ => Ok(()),
    }
}

fn read_sd(at: &Located, sd: &Spanned<toml::Value>, unit: Unit) -> Result<Printed, AuditError> {
    let wrong = |message: String| at.wrong(sd.span().start, message);
    let printed = Printed::parse(at.figure(sd, "sd")?, unit).map_err(wrong)?;
    match printed.digits {
        0.. => Ok(printed),
        _ => Err(wrong("a standard deviation is not negative".into())),
    }
}

/// The score of the lowest or the highest fold.
fn read_fold_end(
    at: &Located,
    key: &str,
    end: &Spanned<toml::Value>,
    unit: Unit,
    metric: Metric,
) -> Result<Printed, AuditError> {
    let start = end.span().start;
    let printed = Printed::parse(at.figure(end, key)?, unit).map_err(|message| at.wrong(start, message))?;
    check_range(at, start, &printed, metric)?;
    Ok(printed)
}

fn read_beta(at: &Located, beta: &Spanned<toml::Value>) -> Result<Printed, AuditError> {
    let wrong = |message: String| at.wrong(beta.span().start, message);
    let printed = Printed::parse(at.figure(beta, "beta")?, Unit::Fraction).map_err(wrong)?;
    match printed.digits {
        1..=1_000_000 => Ok(printed),
        _ => Err(wrong("beta is positive and has at most six digits".into())),
    }
}

fn read_ddof(at: &Located, raw: &RawClaim) -> Result<Ddof, AuditError> {
    match raw.ddof.as_ref().map(|ddof| (ddof.get_ref(), ddof.span().start)) {
        None => Ok(Ddof::Any),
        Some((toml::Value::Integer(value @ 0..=1), _)) => Ok(Ddof::Of(*value as u64)),
        Some((toml::Value::String(text), _)) if text == "any" => Ok(Ddof::Any),
        Some((other, start)) => Err(at.wrong(start, format!("ddof is 0, 1 or \"any\", not {other}"))),
    }
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
