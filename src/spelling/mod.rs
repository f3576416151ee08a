//! The cellar: the known name that a misspelt one was meant to be, and mistakes of TOML files in those words.

mod shown;
mod toml_message;

pub use shown::{padded, plain, width};
pub use toml_message::{line_of, with_suggestion};

/// The known name nearest to `name` (Damerau–Levenshtein, whatever the case), if it is near enough to be a slip
/// or a part of it.
/// Of equally near names the first.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let far = 1 + lower.chars().count() / 3;
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| {
            distance <= far || (lower.len() > 2 && candidate.to_lowercase().contains(&lower))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean `x`?)`, or nothing.
pub fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        assert_eq!(nearest("mfc", ["chroma_cqt", "mfcc", "zcr"]), Some("mfcc"));
        assert_eq!(nearest("MFCC", ["chroma_cqt", "mfcc"]), Some("mfcc"));
        assert_eq!(nearest("quality", ["chroma_cqt", "mfcc"]), None);
        assert_eq!(hint("spllit", ["split"]), " (did you mean `split`?)");
    }
}
