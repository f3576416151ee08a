//! How metrics, scores and small times are written for people.

use crate::metrics::{Unit, find};
use crate::spelling::agreeing;

/// What stands beside every figure of the synthetic corpus.
pub const SYNTHETIC: &str =
    "SYNTHETIC DATA: invented music of invented genres; these figures say nothing about real music.";

/// `f1_macro` as "macro F1".
pub fn metric_title(name: &str) -> String {
    match name {
        "f1_of_averages" => return "F1 of macro averages".to_string(),
        "mcc" => return "MCC".to_string(),
        "ece" => return "calibration error".to_string(),
        "brier" => return "Brier score".to_string(),
        _ => {}
    }
    if let Some(way) = name.strip_prefix("roc_auc_") {
        return format!("ROC AUC {}", way.replace('_', ", "));
    }
    match name.split_once('_') {
        Some((score @ ("f1" | "precision" | "recall"), average)) => {
            format!("{average} {}", if score == "f1" { "F1" } else { score })
        }
        Some(("top", k)) => format!("top-{k} accuracy"),
        _ => name.replace('_', " "),
    }
}

/// The title with its unit: "macro F1 %".
pub fn metric_heading(name: &str) -> String {
    let percent = is_percent(name);
    format!("{}{}", metric_title(name), if percent { " %" } else { "" })
}

/// Whether a score is a share of 1, printed in percent.
pub fn is_percent(metric: &str) -> bool {
    match find(metric) {
        Some(metric) => metric.unit == Unit::Percent,
        // What halving goes by stands in no registry: of a network's validation clips the accuracy or the loss.
        None => metric != "validation_loss",
    }
}

/// A score as it is printed: percent with one decimal, anything else with three.
pub fn score_text(metric: &str, value: f64) -> String {
    if is_percent(metric) { format!("{:.1}", 100.0 * value) } else { format!("{value:.3}") }
}

/// A difference of scores, with its sign.
pub fn difference_text(metric: &str, value: f64) -> String {
    if is_percent(metric) { format!("{:+.1}", 100.0 * value) } else { format!("{value:+.3}") }
}

/// "macro F1 lost", "log loss added": what a metric does where it gets worse.
pub fn worsening(metric: &str) -> String {
    let falls = find(metric).is_none_or(|metric| metric.higher_is_better);
    format!("{} {}", metric_title(metric), if falls { "lost" } else { "added" })
}

/// The region of practical equivalence in the units of these metrics: points of a percentage, else the metric's own.
pub fn region_text<'a>(metrics: impl Iterator<Item = &'a str>, region: f64) -> String {
    let (percent, plain): (Vec<&str>, Vec<&str>) = metrics.partition(|metric| is_percent(metric));
    // Without what binary fractions leave: 7, not 7.000000000000001.
    let rounded = |value: f64| (1e9 * value).round() / 1e9;
    let points = rounded(100.0 * region);
    let points = format!("±{points} {}", agreeing(&points, "point", "points"));
    let plain_text = format!("±{}", rounded(region));
    match (percent.is_empty(), plain.is_empty()) {
        (_, true) => points,
        (true, false) => plain_text,
        (false, false) => {
            let names: Vec<String> = plain.iter().map(|metric| metric_title(metric)).collect();
            format!("{points} ({plain_text} of {})", names.join(", "))
        }
    }
}

/// Three decimals below one, one above; what is too small for that is said to be.
pub fn small(value: f64) -> String {
    match value {
        value if value < 0.0005 => "< 0.001".to_string(),
        value if value < 1.0 => format!("{value:.3}"),
        value => format!("{value:.1}"),
    }
}

/// "1.2 s CPU"; not every system tells it.
pub fn cpu_text(seconds: f64) -> Option<String> {
    seconds.is_finite().then(|| format!("{seconds:.1} s CPU"))
}

/// A p value.
pub fn p_text(p: f64) -> String {
    if p < 0.0005 { "< 0.001".to_string() } else { format!("{p:.3}") }
}

/// "p = 0.012", "p < 0.001".
pub fn p_sentence(p: f64) -> String {
    let text = p_text(p);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_readers() {
        assert_eq!(metric_title("f1_macro"), "macro F1");
        assert_eq!(metric_title("recall_weighted"), "weighted recall");
        assert_eq!(metric_title("log_loss"), "log loss");
        assert_eq!(metric_title("accuracy"), "accuracy");
        assert_eq!(metric_title("roc_auc_ovo_macro"), "ROC AUC ovo, macro");
        assert_eq!(metric_heading("top_3"), "top-3 accuracy %");
        assert_eq!([cpu_text(1.25), cpu_text(f64::NAN)], [Some("1.2 s CPU".to_string()), None]);
        assert_eq!([small(0.0), small(0.0123), small(20.25)], ["< 0.001", "0.012", "20.2"]);
        assert_eq!([score_text("accuracy", 0.5), score_text("log_loss", 1.25)], ["50.0", "1.250"]);
        let halved = [score_text("validation_accuracy", 0.7654), score_text("validation_loss", 0.7654)];
        assert_eq!(halved, ["76.5", "0.765"]);
        assert_eq!(difference_text("f1_macro", -0.0123), "-1.2");
        assert_eq!([p_sentence(0.0123), p_sentence(1e-9)], ["p = 0.012", "p < 0.001"]);
        assert_eq!([worsening("f1_macro"), worsening("log_loss")], ["macro F1 lost", "log loss added"]);
    }

    #[test]
    fn a_region_is_said_in_the_units_of_its_metrics() {
        let text = |metrics: &[&str], region| region_text(metrics.iter().copied(), region);
        assert_eq!(text(&["f1_macro"], 0.01), "±1 point");
        assert_eq!(text(&["accuracy", "f1_macro"], 7.0 / 100.0), "±7 points");
        assert_eq!(text(&["log_loss"], 0.01), "±0.01");
        let mixed = text(&["accuracy", "kappa", "brier"], 0.005);
        assert_eq!(mixed, "±0.5 points (±0.005 of kappa, Brier score)");
    }
}
