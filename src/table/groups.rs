//! Columns that belong together: a column's group is the feature it comes from.
//!
//! `mfcc.mean.03` is of the group `mfcc`, `tempo` of `tempo`. In a table that somebody else made, where names have no
//! points, it is the name without the number at its end: `mfcc12` and `mfcc_12` are of `mfcc`.

/// The group of a column.
pub fn group_of(column: &str) -> &str {
    let group = match column.split_once('.') {
        Some((group, _)) => group,
        None => column.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['_', '-', ' ']),
    };
    if group.is_empty() { column } else { group }
}

/// Every group with the places of its columns, in the order in which they first appear.
pub fn groups(columns: &[String]) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let name = group_of(column);
        match groups.iter_mut().find(|(group, _)| group == name) {
            Some((_, places)) => places.push(place),
            None => groups.push((name.to_string(), vec![place])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_belongs_to_its_feature_whoever_named_it() {
        for (column, group) in [
            ("mfcc.mean.03", "mfcc"),
            ("tempo", "tempo"),
            ("power.harmonic", "power"),
            ("mfcc12", "mfcc"),
            ("spectral_contrast_01", "spectral_contrast"),
            ("17", "17"),
            (".x", ".x"),
        ] {
            assert_eq!(group_of(column), group);
        }
        let columns = ["a.1", "b", "a.2"].map(str::to_string);
        assert_eq!(groups(&columns), [("a".into(), vec![0, 2]), ("b".into(), vec![1])]);
    }
}
