//! Tables of pieces: ids such as `blues.00000.0.wav`, `blues.00000.1.wav`, which only their last number tells apart, and no
//! word of what belongs together. Pieces of one song then stand on both sides of any split.

use std::collections::{BTreeMap, BTreeSet};

use crate::datasets::without_extension;
use crate::spelling::counted;
use crate::table::FeatureTable;

const SEPARATORS: [char; 3] = ['.', '_', '-'];

/// An id without the number at its end, and what stands between them: `blues.00000.0.wav` → (`blues.00000`, `.`).
fn without_number(id: &str) -> Option<(&str, char)> {
    let name = without_extension(id);
    let before = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let separator = before.chars().next_back().filter(|last| SEPARATORS.contains(last))?;
    let stem = &before[..before.len() - separator.len_utf8()];
    (before.len() < name.len() && !stem.is_empty() && !stem.ends_with('/')).then_some((stem, separator))
}

/// What to say of a table without groups, most ids of which have the name of another of the same label but for its last
/// number. Numbers that count the clips of a class (`blues.00000`, `blues.00001`) are told from these by the names, of
/// which there is then one a class.
pub fn pieces_note(table: &FeatureTable) -> Option<String> {
    if table.groups.iter().any(Option::is_some) {
        return None;
    }
    let mut pieces: BTreeMap<(&str, &str, char), Vec<&str>> = BTreeMap::new();
    for (id, label) in table.clip_ids.iter().zip(&table.labels) {
        if let Some((stem, separator)) = without_number(id) {
            pieces.entry((label, stem, separator)).or_default().push(id);
        }
    }
    pieces.retain(|_, ids| ids.len() > 1);
    let count: usize = pieces.values().map(Vec::len).sum();
    let classes: BTreeSet<&str> = pieces.keys().map(|(label, _, _)| *label).collect();
    if 2 * count <= table.len() || pieces.len() < 2 * classes.len() {
        return None;
    }
    let ((_, _, separator), ids) = pieces.first_key_value()?;
    Some(format!(
        "looks like pieces of clips: {} of {} that differ in their last number alone, such as {} and {}. A random split \
         tests pieces of what was learned from; where they are of one song, say group = \"before_last:{separator}\" in the \
         data set, and split = {{ kind = \"group_kfold\", folds = 5 }}",
        counted(count, "id"),
        counted(pieces.len(), "name"),
        ids[0],
        ids[1]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn told(clips: &[(&str, &str)], group: Option<&str>) -> Option<String> {
        let (ids, labels): (Vec<String>, Vec<String>) =
            clips.iter().map(|(id, label)| (id.to_string(), label.to_string())).unzip();
        let none = vec![None; ids.len()];
        let groups = vec![group.map(str::to_string); ids.len()];
        let values = Array2::zeros((ids.len(), 1));
        pieces_note(&FeatureTable::new(ids, labels, groups, none, vec!["a".into()], values).unwrap())
    }

    #[test]
    fn pieces_of_songs_are_seen_and_numbers_of_songs_are_not() {
        let pieces = [
            ("blues.00000.0.wav", "blues"),
            ("blues.00000.1.wav", "blues"),
            ("blues.00001.0.wav", "blues"),
            ("blues.00001.1.wav", "blues"),
            ("jazz.00000.0.wav", "jazz"),
            ("jazz.00000.1.wav", "jazz"),
            ("jazz.00001.0.wav", "jazz"),
            ("jazz.00001.1.wav", "jazz"),
        ];
        let note = told(&pieces, None).unwrap();
        assert!(note.contains("8 ids of 4 names") && note.contains("before_last:."), "{note}");
        assert!(note.contains("blues.00000.0.wav and blues.00000.1.wav"), "{note}");
        assert!(told(&pieces, Some("one")).is_none());
        let songs: Vec<(&str, &str)> =
            pieces.iter().map(|(id, label)| (&id[..id.len() - 6], *label)).collect();
        assert!(songs[0].0 == "blues.00000");
        let songs: Vec<(&str, &str)> = songs.into_iter().step_by(2).collect();
        assert!(told(&songs, None).is_none(), "one name a class counts its songs");
        let rows: Vec<(String, &str)> = (0..6).map(|row| (format!("row.{row}"), "a")).collect();
        let rows: Vec<(&str, &str)> = rows.iter().map(|(id, label)| (id.as_str(), *label)).collect();
        assert!(told(&rows, None).is_none());
        assert!(told(&[("000002", "a"), ("000003", "b")], None).is_none());
    }

    #[test]
    fn a_number_is_what_follows_a_point_a_dash_or_a_stroke() {
        assert_eq!(without_number("x/one_12.mp3"), Some(("x/one", '_')));
        assert_eq!(without_number("one-2"), Some(("one", '-')));
        assert_eq!(
            (without_number("one2"), without_number("_2"), without_number("x/_2")),
            (None, None, None)
        );
        assert_eq!((without_number("one_"), without_number("one.wav")), (None, None));
    }
}
