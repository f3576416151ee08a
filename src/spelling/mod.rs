//! The cellar: the known name that a misspelt one was meant to be, and mistakes of TOML files in those words; how many
//! of a thing.

mod shown;
mod toml_message;

use std::fmt::Display;

pub use shown::{padded, plain, plain_in_colours, width};
pub use toml_message::{IN_TOML, line_of, mistake, with_suggestion};

/// In bytes: how far names are from each other takes the product of their lengths.
const LONGEST_NAME: usize = 400;

/// The known name nearest to `name` (Damerau–Levenshtein, whatever the case), if it is near enough to be a slip
/// or a part of it.
/// Of equally near names the first; of a text too long for a name none.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let is_name = |text: &str| text.len() <= LONGEST_NAME;
    if !is_name(name) {
        return None;
    }
    let lower = name.to_lowercase();
    let letters = lower.chars().count();
    // A name of one letter has nothing in common with another.
    let far = (1 + letters / 3).min(letters.saturating_sub(1));
    known
        .into_iter()
        .filter(|candidate| is_name(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| {
            distance <= far || (lower.len() > 2 && candidate.to_lowercase().contains(&lower))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean `x`?)`, or nothing.
pub fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(&nearest(name, known))
}

/// The same of a suggestion that an error holds.
pub fn did_you_mean(suggestion: &Option<impl Display>) -> String {
    suggestion.as_ref().map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default()
}

/// `1 clip`, `2 clips`.
pub fn counted(count: impl Display + PartialEq + From<u8>, noun: &str) -> String {
    let ending = agreeing(&count, "", "s");
    format!("{count} {noun}{ending}")
}

/// The word that goes with one, or with several.
pub fn agreeing<'a, N: PartialEq + From<u8>>(count: &N, one: &'a str, several: &'a str) -> &'a str {
    if *count == N::from(1) { one } else { several }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_several() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "clip")), ["0 clips", "1 clip", "2 clips"]);
        assert_eq!([0, 1, 2].map(|count| agreeing(&count, "is", "are")), ["are", "is", "are"]);
    }

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        assert_eq!(nearest("mfc", ["chroma_cqt", "mfcc", "zcr"]), Some("mfcc"));
        assert_eq!(nearest("MFCC", ["chroma_cqt", "mfcc"]), Some("mfcc"));
        assert_eq!(nearest("quality", ["chroma_cqt", "mfcc"]), None);
        assert_eq!((nearest("k", ["p", "n_neighbors"]), nearest("c", ["C"])), (None, Some("C")));
        assert_eq!(hint("spllit", ["split"]), " (did you mean `split`?)");
    }
}
