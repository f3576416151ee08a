//! Which column of someone's table is the label, id, group and fold, and which are features.
//!
//! Named columns must exist. Unnamed ones are looked for under the usual names, and what was taken is said
//! in a note, so that nothing is guessed in silence.

use std::path::Path;

use super::error::{TableError, first_few, listed};
use super::feature_table::FeatureTable;
use crate::datasets::TableColumns;
use crate::spelling::nearest;

const LABEL_NAMES: [&str; 6] = ["label", "labels", "genre", "class", "target", "y"];
const ID_NAMES: [&str; 5] = ["clip_id", "filename", "file", "track_id", "id"];
const GROUP_NAMES: [&str; 2] = ["group", "artist"];
const FOLD_NAMES: [&str; 2] = ["fold", "split"];
/// What pandas calls an index that was written along.
const INDEX_NAMES: [&str; 3] = ["", "Unnamed: 0", "__index_level_0__"];

/// A table that someone else made, and what its user should know about how it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadTable {
    pub table: FeatureTable,
    pub notes: Vec<String>,
}

/// Places of the columns by what they mean.
#[derive(Debug)]
pub(super) struct Roles {
    /// None only where labels need not be there.
    pub label: Option<usize>,
    pub id: Option<usize>,
    pub group: Option<usize>,
    pub fold: Option<usize>,
    pub features: Vec<usize>,
    pub notes: Vec<String>,
}

/// Whether a label, an id, a group or a fold is usually called so.
fn of_a_role(name: &str) -> bool {
    let usual = LABEL_NAMES.iter().chain(&ID_NAMES).chain(&GROUP_NAMES).chain(&FOLD_NAMES);
    // One letter may be a coordinate.
    usual
        .into_iter()
        .any(|known| if known.len() > 1 { known.eq_ignore_ascii_case(name) } else { *known == name })
}

impl Roles {
    pub fn of(path: &Path, names: &[String], wanted: &TableColumns) -> Result<Self, TableError> {
        let find = |role, asked: &Option<String>, usual: &[&str]| match asked {
            Some(name) => names.iter().position(|known| known == name).map(Some).ok_or_else(|| {
                let known = names.iter().map(String::as_str);
                TableError::MissingColumn {
                    path: path.to_path_buf(),
                    role,
                    column: name.clone(),
                    suggestion: nearest(name, known).map(str::to_string),
                    known: listed(names),
                }
            }),
            None => Ok(usual.iter().find_map(|usual| names.iter().position(|known| known == usual))),
        };
        let label = find("label", &wanted.label, &LABEL_NAMES)?;
        if label.is_none() && !wanted.unlabelled {
            return Err(TableError::NoLabelColumn { path: path.to_path_buf(), known: listed(names) });
        }
        let id = find("id", &wanted.id, &ID_NAMES)?;
        let group = find("group", &wanted.group, &GROUP_NAMES)?;
        let fold = find("fold", &wanted.fold, &FOLD_NAMES)?;
        for dropped in &wanted.drop {
            find("drop", &Some(dropped.clone()), &[])?;
        }

        let taken = [label, id, group, fold];
        let mut features = Vec::new();
        let (mut left_out, mut second) = (Vec::new(), Vec::new());
        for (place, name) in names.iter().enumerate() {
            match name.as_str() {
                _ if taken.contains(&Some(place)) || wanted.drop.contains(name) => {}
                index if INDEX_NAMES.contains(&index) => left_out.push(format!("'{name}'")),
                // A second name of the class, or of the artist, would give away what is to be learned.
                usual if of_a_role(usual) => second.push(format!("'{name}'")),
                _ => features.push(place),
            }
        }
        if features.is_empty() {
            let message = format!("no feature column is left beside {}", first_few(names));
            return Err(TableError::File { path: path.to_path_buf(), message });
        }
        let mut notes = Vec::new();
        let asked = [&wanted.label, &wanted.id, &wanted.group, &wanted.fold];
        let guessed: Vec<_> = ["label", "id", "group", "fold"]
            .into_iter()
            .zip(taken)
            .zip(asked)
            .filter_map(|((role, place), asked)| Some((role, &names[place?], asked.is_none())))
            .filter(|(role, name, guessed)| *guessed && name != role && *name != "clip_id")
            .map(|(role, name, _)| format!("{role} from column '{name}'"))
            .collect();
        if !guessed.is_empty() {
            notes.push(format!("not told otherwise: {}", guessed.join(", ")));
        }
        if !left_out.is_empty() {
            notes.push(format!("left out as a written index: column {}", left_out.join(", ")));
        }
        if !second.is_empty() {
            notes.push(format!(
                "left out, since labels, ids, groups and folds are called so: column {}; rename what is a feature",
                second.join(", ")
            ));
        }
        if id.is_none() {
            notes.push("no id column: clips are named by their row, row.1 onwards".to_string());
        }
        Ok(Self { label, id, group, fold, features, notes })
    }
}

impl Roles {
    /// The same roles where only the columns at `places` (sorted) are left.
    pub fn among(self, places: &[usize]) -> Self {
        let moved = |place: usize| places.partition_point(|&left| left < place);
        Self {
            label: self.label.map(moved),
            id: self.id.map(moved),
            group: self.group.map(moved),
            fold: self.fold.map(moved),
            features: self.features.into_iter().map(moved).collect(),
            notes: self.notes,
        }
    }
}

/// The id of a row in a table without ids.
pub(super) fn row_id(row: usize) -> String {
    format!("row.{}", row + 1)
}

/// Column names for a matrix without any: `x.00`, `x.01`, …
pub(super) fn numbered_columns(count: usize) -> Vec<String> {
    let width = count.saturating_sub(1).to_string().len().max(2);
    (0..count).map(|column| format!("x.{column:0width$}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(names: &[&str], wanted: &TableColumns) -> Result<Roles, String> {
        let names: Vec<_> = names.iter().map(|name| name.to_string()).collect();
        Roles::of(Path::new("t.csv"), &names, wanted).map_err(|error| error.to_string())
    }

    #[test]
    fn usual_names_are_found_and_told() {
        let found = roles(&["", "filename", "mfcc1", "genre", "split"], &TableColumns::default()).unwrap();
        assert_eq!((found.label, found.id, found.group, found.fold), (Some(3), Some(1), None, Some(4)));
        assert_eq!(found.features, [2]);
        let told = found.notes.join("; ");
        assert!(
            told.contains("label from column 'genre', id from column 'filename', fold from column 'split'"),
            "{told}"
        );
        assert!(told.contains("written index: column ''"), "{told}");
    }

    #[test]
    fn a_second_name_of_the_class_is_no_feature() {
        let wanted = TableColumns { label: Some("category".into()), ..TableColumns::default() };
        let found = roles(&["filename", "fold", "target", "category", "id", "f0"], &wanted).unwrap();
        assert_eq!((found.label, found.features), (Some(3), vec![5]));
        let told = found.notes.join("; ");
        assert!(told.contains("are called so: column 'target', 'id'; rename what is a feature"), "{told}");
    }

    #[test]
    fn a_named_column_that_is_not_there_is_suggested() {
        let wanted = TableColumns { label: Some("gener".into()), ..TableColumns::default() };
        let error = roles(&["a", "genre"], &wanted).unwrap_err();
        assert_eq!(
            error,
            "t.csv has no label column 'gener' (did you mean `genre`?); its columns are: a, genre"
        );
        let dropped = TableColumns { drop: vec!["b".into()], ..TableColumns::default() };
        assert!(roles(&["a", "label"], &dropped).unwrap_err().contains("no drop column 'b'"));
        assert!(roles(&["a", "b"], &TableColumns::default()).unwrap_err().contains("name theirs with label"));
        assert!(
            roles(&["label", "clip_id"], &TableColumns::default()).unwrap_err().contains("no feature column")
        );
    }
}
