//! `--only NAME`: the row of that name, or every row that one of the file was made into, such as an ensemble's members
//! ("NAME: seed 1") or an ablation's parts.

use super::{Experiment, ExperimentError};
use crate::spelling;

/// Whether one of the names asks for this row.
pub fn is_named(only: &[String], row: &str) -> bool {
    only.iter().any(|name| row.strip_prefix(name.as_str()).is_some_and(is_end_or_part))
}

fn is_end_or_part(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(": ")
}

/// Whether every name asks for a row.
pub fn check_only(experiment: &Experiment, only: &[String]) -> Result<(), ExperimentError> {
    let names = || experiment.rows.iter().map(|row| row.name.as_str());
    let asks_for_nothing = |name: &&String| !names().any(|row| is_named(std::slice::from_ref(*name), row));
    let Some(unknown) = only.iter().find(asks_for_nothing) else { return Ok(()) };
    let hint = spelling::hint(unknown, names());
    let rows = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    Err(ExperimentError::UnknownRow { name: unknown.clone(), rows: rows + &hint })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_name_asks_for_its_row_or_for_all_that_were_made_of_it() {
        let only = |name: &str| [name.to_string()];
        assert!(is_named(&only("CNN"), "CNN") && is_named(&only("CNN"), "CNN: epoch 20"));
        assert!(
            !is_named(&only("CNN"), "CNN, five trainings: seed 1") && !is_named(&only("CNN: epoch"), "CNN")
        );
        assert!(!is_named(&[], "CNN"));
    }

    #[test]
    fn an_ensemble_of_seeds_is_asked_for_by_the_name_in_the_file() {
        let text = "title = \"x\"\ndataset = { name = \"synth\" }\nfeatures = { set = \"mipt\" }\n\
                    split = { kind = \"stratified\", test = 0.5 }\n\
                    [[row]]\nname = \"net\"\nmodel = \"mlp\"\nensemble = { seeds = 2 }\n";
        let experiment = Experiment::parse(Path::new("x.toml"), text).unwrap();
        let named = |name: &str| {
            experiment.rows.iter().filter(|row| is_named(&[name.to_string()], &row.name)).count()
        };
        assert_eq!((named("net"), named("net: seed 2"), named("ne")), (3, 1, 0));
        check_only(&experiment, &["net".to_string(), "net: seed 1".to_string()]).unwrap();
        let error = check_only(&experiment, &["ne".to_string()]).unwrap_err().to_string();
        assert!(error.contains("no row called `ne`") && error.contains("\"net: seed 1\""), "{error}");
    }
}
