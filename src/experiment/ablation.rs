//! A row's `ablation`: the same model on some of its features at a time, each a row of its own.
//!
//! ```toml
//! ablation = "without"        # all columns, then without each group in turn
//! ablation = "only"           # all columns, then each group alone
//! ablation = "both"           # all of these
//! ablation = [                # or as a paper has it, each with what it printed
//!     { groups = ["mfcc"],            published = { f1_macro = "56.68" } },
//!     { groups = ["mfcc", "tonnetz"], published = { f1_macro = "57.75" } },
//!     { without = ["tempo"] },
//!     { name = "everything" },
//! ]
//! ```
//! A group is all columns of one feature (`mfcc`, `tonnetz`, …). The rows share the extraction and the splits.

use serde::Deserialize;

use super::row::parse_published;
use super::toml_hint::with_suggestion;
use super::{ExtractionPlan, FeatureSpec, Row};
use crate::table::groups;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    name: Option<String>,
    groups: Option<Vec<String>>,
    without: Option<Vec<String>>,
    columns: Option<Vec<String>>,
    #[serde(default)]
    published: toml::Table,
    note: Option<String>,
}

/// Each is a row of its own with all that its row says.
const MOST_PARTS: usize = 1000;

/// The rows that `ablation` makes of `row`.
pub fn expand(row: &Row, ablation: toml::Value) -> Result<Vec<Row>, String> {
    match ablation {
        toml::Value::String(kind) => by_groups(row, &kind),
        toml::Value::Array(parts) if !parts.is_empty() => {
            if !row.published.is_empty() {
                return Err("give `published` to each of its parts, not to the row".to_string());
            }
            if parts.len() > MOST_PARTS {
                return Err(format!("{} parts are more than the {MOST_PARTS} that are read", parts.len()));
            }
            parts.into_iter().map(|part| one_part(row, part)).collect()
        }
        _ => {
            Err("say \"without\", \"only\", \"both\", or a list such as [{ groups = [\"mfcc\"] }]"
                .to_string())
        }
    }
}

fn one_part(row: &Row, part: toml::Value) -> Result<Row, String> {
    let part: Part =
        part.try_into().map_err(|error: toml::de::Error| with_suggestion(error.message().trim()))?;
    let name = part.name.unwrap_or_else(|| {
        let plus = |names: &Vec<String>| names.join(" + ");
        let chosen = part.groups.as_ref().or(part.columns.as_ref()).map(plus);
        let left_out = part.without.as_ref().map(|names| format!("without {}", plus(names)));
        let words: Vec<String> = chosen.into_iter().chain(left_out).collect();
        if words.is_empty() { "all".to_string() } else { words.join(" ") }
    });
    let whole = row.features.clone().unwrap_or_default();
    Ok(Row {
        name: format!("{}: {name}", row.name),
        features: Some(FeatureSpec {
            groups: part.groups.or(whole.groups.clone()),
            without: part.without.or(whole.without.clone()),
            columns: part.columns.or(whole.columns.clone()),
            ..whole
        }),
        published: parse_published(part.published)?,
        reference: None,
        note: part.note.or_else(|| row.note.clone()),
        ..row.clone()
    })
}

fn by_groups(row: &Row, kind: &str) -> Result<Vec<Row>, String> {
    let (only, without) = match kind {
        "only" => (true, false),
        "without" => (false, true),
        "both" => (true, true),
        other => return Err(format!("`{other}` is neither \"without\", \"only\" nor \"both\"")),
    };
    let spec = row.features.clone().unwrap_or_default();
    if spec.set.is_none() && spec.list.is_none() {
        let example = "ablation = [{}, { groups = [\"mfcc\"] }, { without = [\"mfcc\"] }]";
        return Err(format!(
            "the columns of a table are known only when it is read; list the parts: {example}"
        ));
    }
    let plan = ExtractionPlan::from_spec(&spec).map_err(|error| error.to_string())?;
    let columns = plan.features.columns();
    let columns =
        super::column_choice::choose(&spec, &columns).map_err(|error| error.to_string())?.unwrap_or(columns);
    let names: Vec<String> = groups(&columns).into_iter().map(|(name, _)| name).collect();
    if let [one] = names.as_slice() {
        return Err(format!("there is one group of columns only, `{one}`"));
    }
    let part = |name: String, groups: Option<Vec<String>>, without: Option<Vec<String>>| Row {
        name: format!("{}: {name}", row.name),
        features: Some(FeatureSpec {
            groups: groups.or(spec.groups.clone()),
            without: without.or(spec.without.clone()),
            ..spec.clone()
        }),
        published: Default::default(),
        reference: None,
        ..row.clone()
    };
    let mut rows = vec![Row {
        published: row.published.clone(),
        reference: row.reference.clone(),
        ..part("all".to_string(), None, None)
    }];
    if only {
        rows.extend(names.iter().map(|name| part(format!("only {name}"), Some(vec![name.clone()]), None)));
    }
    if without {
        let others = |name: &String| {
            let all = spec.without.iter().flatten().cloned().chain([name.clone()]);
            part(format!("without {name}"), None, Some(all.collect()))
        };
        rows.extend(names.iter().map(others));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use crate::experiment::rows_for_tests::rows;

    fn parse(row: &str) -> Result<Vec<crate::experiment::Row>, String> {
        rows(&format!("[[row]]\nname = \"SVC\"\nmodel = \"svc\"\n{row}"))
    }

    #[test]
    fn words_make_a_row_of_each_group() {
        let names = |row: &str| parse(row).unwrap().iter().map(|row| row.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            names("ablation = \"without\""),
            [
                "SVC: all",
                "SVC: without mfcc",
                "SVC: without tonnetz",
                "SVC: without tempo",
                "SVC: without power"
            ]
        );
        assert_eq!(names("ablation = \"both\"").len(), 9);
        let rows = parse("ablation = \"only\"\npublished = { f1_macro = \"58.02\" }").unwrap();
        assert_eq!(rows[0].published.len(), 1);
        assert_eq!(rows[1].features.as_ref().unwrap().groups.as_deref(), Some(&["mfcc".to_string()][..]));
        assert!(rows[1].published.is_empty());
    }

    #[test]
    fn a_list_carries_what_the_paper_printed_and_mistakes_are_named() {
        let list = "ablation = [\n  { groups = [\"mfcc\"], published = { f1_macro = \"56.68\" } },\n  \
                    { groups = [\"mfcc\", \"tonnetz\"] },\n  { without = [\"tempo\"] },\n  { name = \"whole\" },\n]";
        let rows = parse(list).unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["SVC: mfcc", "SVC: mfcc + tonnetz", "SVC: without tempo", "SVC: whole"]);
        assert_eq!(rows[0].published["f1_macro"].0, "56.68");
        for (row, said) in [
            ("ablation = \"never\"", "neither"),
            ("ablation = 3", "say \"without\""),
            ("ablation = [{ group = [\"mfcc\"] }]", "did you mean `groups`?"),
            ("ablation = [{ groups = [\"mfc\"] }]", "did you mean `mfcc`?"),
            ("features = { list = [\"mfcc\"] }\nablation = \"only\"", "one group"),
            ("published = { f1_macro = 50 }\nablation = [{}]", "each of its parts"),
        ] {
            let error = parse(row).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
