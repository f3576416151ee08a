//! Words that fit where they stand.

use super::super::drawing::text_width;
use crate::experiment::Overview;

/// `text`, cut with an ellipsis to be no wider than `room`.
pub fn fitting(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_string();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().collect::<String>().trim_end().to_string() + "…";
        if text_width(&cut, size) <= room {
            return cut;
        }
    }
    String::new()
}

/// The widest of `texts`, at most `most`.
pub fn widest<'a>(texts: impl Iterator<Item = &'a str>, size: f64, most: f64) -> f64 {
    texts.map(|text| text_width(text, size)).fold(0.0, f64::max).min(most)
}

/// A row's name as part of a file's: small letters, digits and hyphens, with its number so that two never meet.
pub fn slug(index: usize, name: &str) -> String {
    let mut slug = format!("{:02}", index + 1);
    for word in
        name.to_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
    {
        if slug.len() + word.len() < 60 {
            slug += "-";
            slug += word;
        }
    }
    slug
}

/// How many columns, and of which features.
pub fn features_of(overview: &Overview) -> String {
    let mut names: Vec<&str> =
        overview.columns.iter().map(|column| column.split('.').next().unwrap_or(column)).collect();
    names.dedup();
    format!("{} columns: {}", overview.columns.len(), names.join(", "))
}

/// The mark that every picture of invented data carries.
pub fn titled(title: &str, synthetic: bool) -> String {
    if synthetic { format!("{title} (synthetic data)") } else { title.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_file_names() {
        assert_eq!(slug(0, "SVM, rbf / C=3"), "01-svm-rbf-c-3");
        assert_eq!(slug(11, "../Жанр"), "12");
    }

    #[test]
    fn long_words_are_cut_to_their_room() {
        assert_eq!(fitting("jazz", 12.0, 100.0), "jazz");
        let cut = fitting("a very long name of a very long genre", 12.0, 100.0);
        assert!(cut.ends_with('…') && text_width(&cut, 12.0) <= 100.0, "{cut}");
    }
}
