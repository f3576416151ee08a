//! The members of an ensemble: rows that stand above it, or those that a row's `ensemble` makes of it.

use serde::Deserialize;

use super::Row;
use super::ensemble_spec::{Combine, EnsembleSpec, MODEL, MOST_MEMBERS, read};
use super::row::parse_published;
use crate::table::Prepare;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    seeds: Option<usize>,
    checkpoints: Option<Vec<usize>>,
    #[serde(default)]
    combine: Combine,
    #[serde(default)]
    members_published: Vec<toml::Table>,
}

/// Whether every member is a row above, and not made of others itself.
pub fn check(spec: &EnsembleSpec, above: &[Row]) -> Result<(), String> {
    for name in &spec.of {
        match above.iter().find(|row| row.name == *name) {
            None => return Err(format!("`of` names \"{name}\", and no row above is called so")),
            Some(row) if row.ensemble.is_some() => {
                return Err(format!("`of` names \"{name}\", which is an ensemble itself"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A row's members and what they are together.
pub fn expand(row: &Row, written: toml::Value) -> Result<Vec<Row>, String> {
    let Written { seeds, checkpoints, combine, members_published } = read(written)?;
    let mut members = match (seeds, checkpoints) {
        (Some(_), None) if row.seed.is_some() => {
            return Err("the members draw by seeds 1, 2, …: leave the row's own `seed` out".to_string());
        }
        (Some(seeds @ 2..=MOST_MEMBERS), None) => (1..=seeds as u64).map(|seed| of_seed(row, seed)).collect(),
        (None, Some(epochs)) if (2..=MOST_MEMBERS).contains(&epochs.len()) => checkpoints_of(row, &epochs)?,
        _ => return Err(format!("say seeds = 2 to {MOST_MEMBERS}, or checkpoints = [epoch, epoch, …]")),
    };
    if members_published.len() > members.len() {
        return Err(format!(
            "members_published has {} entries for {} members",
            members_published.len(),
            members.len()
        ));
    }
    for (member, published) in members.iter_mut().zip(members_published) {
        member.published = parse_published(published)?;
    }
    let of = members.iter().map(|member| member.name.clone()).collect();
    let together = Row {
        name: format!("{}: all {} together", row.name, members.len()),
        model: MODEL.to_string(),
        parameters: toml::Table::new(),
        ensemble: Some(EnsembleSpec { of, combine }),
        prepare: Prepare::default(),
        seed: None,
        search: None,
        explain: None,
        ..row.clone()
    };
    members.push(together);
    Ok(members)
}

fn of_seed(row: &Row, seed: u64) -> Row {
    let name = format!("{}: seed {seed}", row.name);
    Row { name, seed: Some(seed), published: Default::default(), reference: None, ..row.clone() }
}

/// What a search goes before.
const DECIDED: [&str; 4] = ["train", "train.until", "train.keep", "train.patience"];

/// In the order of the epochs, so that each goes on where the one before ended.
fn checkpoints_of(row: &Row, epochs: &[usize]) -> Result<Vec<Row>, String> {
    if !epochs.is_sorted_by(|a, b| a < b) {
        return Err("checkpoints are epochs in ascending order".to_string());
    }
    let searched = |key: &&str| row.search.as_ref().is_some_and(|search| search.space.contains_key(*key));
    if let Some(key) = DECIDED.into_iter().find(searched) {
        return Err(format!("checkpoints say how long is trained; leave `{key}` out of the search"));
    }
    let member = |epoch: &usize| {
        let mut parameters = row.parameters.clone();
        let train = parameters.entry("train").or_insert_with(|| toml::Table::new().into());
        let train = train.as_table_mut().ok_or("checkpoints are a network's; `train` is no table")?;
        train.insert("until".to_string(), (*epoch as i64).into());
        train.insert("keep".to_string(), "last".into());
        // One that ends before a checkpoint would stand for it. It may come from `like`, where it cannot be unsaid.
        train.remove("patience");
        let name = format!("{}: epoch {epoch}", row.name);
        Ok(Row { name, parameters, published: Default::default(), reference: None, ..row.clone() })
    };
    epochs.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use crate::experiment::rows_for_tests::rows;

    fn parse(more: &str) -> Result<Vec<crate::experiment::Row>, String> {
        let two = "[[row]]\nname = \"a\"\nmodel = \"mlp\"\n[[row]]\nname = \"b\"\nmodel = \"knn\"\n";
        rows(&format!("{two}{more}"))
    }

    #[test]
    fn seeds_and_checkpoints_become_rows_and_one_of_them_all() {
        let rows = parse(
            "[[row]]\nname = \"n\"\nmodel = \"mlp\"\ntrain = { epochs = 9, patience = 2 }\npublished = { accuracy = \"54.25\" }\n\
             ensemble = { checkpoints = [3, 9], members_published = [{ accuracy = \"50\" }] }\n\
             [[row]]\nname = \"s\"\nmodel = \"mlp\"\nensemble = { seeds = 2, combine = \"vote\" }\n",
        )
        .unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let wanted = [
            "a",
            "b",
            "n: epoch 3",
            "n: epoch 9",
            "n: all 2 together",
            "s: seed 1",
            "s: seed 2",
            "s: all 2 together",
        ];
        assert_eq!(names, wanted);
        assert_eq!(rows[2].published["accuracy"].0, "50");
        assert!(rows[3].published.is_empty() && rows[4].published["accuracy"].0 == "54.25");
        assert_eq!(rows[3].parameters["train"]["until"].as_integer(), Some(9));
        assert!(rows[3].parameters["train"].get("patience").is_none());
        assert_eq!(rows[7].ensemble.as_ref().unwrap().of, ["s: seed 1", "s: seed 2"]);
    }

    #[test]
    fn mistakes_are_named() {
        let row = "[[row]]\nname = \"e\"\nmodel = \"ensemble\"\n";
        for (text, said) in [
            (format!("{row}of = [\"a\"]"), "2 to 100 rows"),
            (format!("{row}of = [\"a\", \"c\"]"), "no row above is called so"),
            (format!("{row}of = [\"a\", \"b\", \"a\"]"), "names \"a\" twice"),
            (format!("{row}of = [\"a\", \"b\"]\ncombine = \"men\""), "did you mean `mean`?"),
            (format!("{row}of = [\"a\", \"b\"]\nC = 3"), "C"),
            (
                format!("{row}of = [\"a\", \"b\"]\nablation = \"without\""),
                "ablation: an ensemble puts answers",
            ),
            (format!("{row}of = [\"a\", \"b\"]\nensemble = {{ seeds = 2 }}"), "ensemble: an ensemble puts"),
            (row.replace("\"ensemble\"", "\"mlp\"\nensemble = { seeds = 1 }"), "seeds = 2"),
            (row.replace("\"ensemble\"", "\"mlp\"\nseed = 7\nensemble = { seeds = 2 }"), "own `seed`"),
            (row.replace("\"ensemble\"", "\"mlp\"\nensemble = { checkpoints = [2, 1] }"), "ascending"),
            (
                row.replace("\"ensemble\"", "\"mlp\"\nensemble = { checkpoints = [1, 4] }")
                    + "search = { space = { \"train.patience\" = [1, 2] } }\n",
                "leave `train.patience` out",
            ),
            (row.replace("\"ensemble\"", "\"knn\"\nensemble = { checkpoints = [1, 2] }"), "train"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
