//! How metrics and small times are written for people.

/// `f1_macro` as "macro F1".
pub fn metric_title(name: &str) -> String {
    match name.split_once('_') {
        Some((score @ ("f1" | "precision" | "recall"), average)) => {
            format!("{average} {}", if score == "f1" { "F1" } else { score })
        }
        _ => name.replace('_', " "),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_readers() {
        assert_eq!(metric_title("f1_macro"), "macro F1");
        assert_eq!(metric_title("recall_weighted"), "weighted recall");
        assert_eq!(metric_title("log_loss"), "log loss");
        assert_eq!(metric_title("accuracy"), "accuracy");
        assert_eq!([small(0.0), small(0.0123), small(20.25)], ["< 0.001", "0.012", "20.2"]);
    }
}
