//! A row's `like = "another"`: every key of that row, which stands above, but for those the row gives itself.
//!
//! `train`, `input` and `network` are gone into, so that `like = "CNN", train = { batch = 32 }` changes the batch alone.
//! What was said of the other row (`published`, `reference`, `note`, `ensemble`, `ablation`) stays with it, and so does its
//! `seed` where the row is one of several seeds.

const ITS_OWN: [&str; 6] = ["name", "published", "reference", "note", "ensemble", "ablation"];
const GONE_INTO: [&str; 3] = ["train", "input", "network"];

/// The row with what it takes over; `above` are the rows so far, as they were written.
pub fn resolved(mut row: toml::Table, above: &[toml::Table]) -> Result<toml::Table, String> {
    let name = match row.remove("like") {
        None => return Ok(row),
        Some(toml::Value::String(name)) => name,
        Some(_) => return Err("`like` names a row that stands above".to_string()),
    };
    let known = above.iter().find(|other| other.get("name").and_then(toml::Value::as_str) == Some(&name));
    let Some(known) = known else {
        return Err(format!("`like` names \"{name}\", and no row above is called so"));
    };
    let of_seeds = row.get("ensemble").is_some_and(|ensemble| ensemble.get("seeds").is_some());
    let its_own = |key: &str| ITS_OWN.contains(&key) || key == "seed" && of_seeds;
    let taken = known.iter().filter(|(key, _)| !its_own(key));
    for (key, value) in taken {
        match (row.get_mut(key), value) {
            (None, _) => {
                row.insert(key.clone(), value.clone());
            }
            (Some(toml::Value::Table(own)), toml::Value::Table(theirs))
                if GONE_INTO.contains(&key.as_str()) =>
            {
                for (key, value) in theirs {
                    own.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
            _ => {}
        }
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_over_what_it_does_not_say_itself() {
        let row = |text: &str| text.parse::<toml::Table>().unwrap();
        let above = [row("name = \"a\"\nmodel = \"mlp\"\nnote = \"n\"\ntrain = { epochs = 3, batch = 8 }")];
        let found = resolved(row("name = \"b\"\nlike = \"a\"\ntrain = { batch = 4 }"), &above).unwrap();
        assert_eq!(found, row("name = \"b\"\nmodel = \"mlp\"\ntrain = { batch = 4, epochs = 3 }"));
        let above = [row("name = \"a\"\nmodel = \"mlp\"\nseed = 2")];
        let found = resolved(row("name = \"b\"\nlike = \"a\"\nensemble = { seeds = 5 }"), &above).unwrap();
        assert!(!found.contains_key("seed"));
        let error = resolved(row("name = \"b\"\nlike = \"c\""), &above).unwrap_err();
        assert!(error.contains("no row above"), "{error}");
    }
}
