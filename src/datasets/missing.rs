//! What is not there, as texts say it.

/// As pandas, R and `astype(str)` write it.
pub const MISSING: [&str; 8] = ["", "NA", "N/A", "null", "None", "<NA>", "nan", "NaN"];

/// A label, group or fold, where it is there; blanks around one mean nothing.
pub fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!MISSING.contains(&text)).then(|| text.to_string())
}

/// Why there is no label in `text`.
pub fn no_label(text: &str) -> String {
    match text.trim() {
        "" => "the label is empty".to_string(),
        text => format!("'{text}' says that the label is missing"),
    }
}
