//! Which columns of a table a row is fed: `columns`, `groups` and `without` of its `features = { … }`.

use super::{ExperimentError, FeatureSpec};
use crate::spelling::hint;
use crate::table::{group_of, groups};

/// The columns that `spec` chooses among `all`, in the table's order; `None` where it takes every one.
pub fn choose(spec: &FeatureSpec, all: &[String]) -> Result<Option<Vec<String>>, ExperimentError> {
    let refuse = |message: String| ExperimentError::Choice { message };
    if spec.columns.is_none() && spec.groups.is_none() && spec.without.is_none() {
        return Ok(None);
    }
    let known = groups(all);
    let names = || known.iter().map(|(name, _)| name.as_str());
    for wanted in spec.groups.iter().chain(&spec.without).flatten() {
        if !names().any(|name| name == wanted) {
            let hint = hint(wanted, names());
            let names = names().collect::<Vec<_>>().join(", ");
            return Err(refuse(format!("no columns of a group `{wanted}`{hint}; the groups are {names}")));
        }
    }
    for pattern in spec.columns.iter().flatten() {
        if !all.iter().any(|column| matches(pattern, column)) {
            let hint = hint(pattern, all.iter().map(String::as_str));
            return Err(refuse(format!("no column `{pattern}`{hint}; there are {}", in_short(all))));
        }
    }
    let by_name = |column: &String| {
        spec.columns.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, column)))
    };
    let in_groups = |list: &[String], column: &str| list.iter().any(|group| group == group_of(column));
    let chosen: Vec<String> = all
        .iter()
        .filter(|column| by_name(column))
        .filter(|column| spec.groups.as_ref().is_none_or(|list| in_groups(list, column)))
        .filter(|column| spec.without.as_ref().is_none_or(|list| !in_groups(list, column)))
        .cloned()
        .collect();
    if chosen.is_empty() {
        return Err(refuse("`columns`, `groups` and `without` together leave no column".to_string()));
    }
    Ok(Some(chosen))
}

/// `mfcc*` is every column that begins with `mfcc`, `mfcc.*.01` one of each statistic: `*` stands for any run of
/// characters.
fn matches(pattern: &str, column: &str) -> bool {
    let Some((head, parts)) = pattern.split_once('*') else { return pattern == column };
    let Some(mut rest) = column.strip_prefix(head) else { return false };
    let (middle, end) = parts.rsplit_once('*').unwrap_or(("", parts));
    // The first place where a part can stand leaves most for those behind it.
    for part in middle.split('*') {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(end)
}

fn in_short(all: &[String]) -> String {
    match all {
        [first, .., last] if all.len() > 8 => format!("{} columns from {first} to {last}", all.len()),
        few => few.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_chosen_by_name_by_group_and_by_what_is_left_out() {
        let all = ["mfcc.mean.00", "mfcc.std.00", "tonnetz.mean.00", "tempo"].map(str::to_string);
        let of = |toml: &str| choose(&toml::from_str(toml).unwrap(), &all);
        assert_eq!(of("").unwrap(), None);
        assert_eq!(of("groups = [\"tempo\", \"mfcc\"]").unwrap().unwrap(), [&all[..2], &all[3..]].concat());
        assert_eq!(of("without = [\"mfcc\"]").unwrap().unwrap(), all[2..]);
        assert_eq!(of("columns = [\"mfcc.mean*\", \"tempo\"]").unwrap().unwrap(), [&*all[0], &*all[3]]);
        assert_eq!(of("columns = [\"*.00\"]").unwrap().unwrap(), all[..3]);
        assert_eq!(of("columns = [\"*n*.*.00\"]").unwrap().unwrap(), all[2..3]);
        assert_eq!(of("columns = [\"tempo*\", \"t*o\"]").unwrap().unwrap(), all[3..]);
        assert!(of("columns = [\"temp*po\"]").is_err());
        assert!(of(&format!("columns = [\"{}!\"]", "*".repeat(60))).is_err());
        let error = |toml: &str| of(toml).unwrap_err().to_string();
        assert!(error("groups = [\"tonetz\"]").contains("did you mean `tonnetz`?"));
        assert!(error("columns = [\"mfcc.mena*\"]").contains("no column"));
        assert!(error("groups = [\"mfcc\"]\nwithout = [\"mfcc\"]").contains("leave no column"));
    }
}
