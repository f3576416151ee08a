//! `--only NAME`: the row of that name, or every row that one of the file was made into, such as an ensemble's members
//! ("NAME: seed 1") or an ablation's parts.

use super::{Experiment, ExperimentError, Row};
use crate::spelling;

/// Whether one of the names asks for `row`, which is one of `rows`. A row of just that name is meant alone, whatever else
/// begins so.
pub fn is_named(only: &[String], row: &str, rows: &[Row]) -> bool {
    only.iter().any(|name| match rows.iter().any(|row| row.name == *name) {
        true => row == name,
        false => row.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(": ")),
    })
}

/// Whether every name asks for a row.
pub fn check_only(experiment: &Experiment, only: &[String]) -> Result<(), ExperimentError> {
    let names = || experiment.rows.iter().map(|row| row.name.as_str());
    let asks_for_nothing =
        |name: &&String| !names().any(|row| is_named(std::slice::from_ref(*name), row, &experiment.rows));
    let Some(unknown) = only.iter().find(asks_for_nothing) else { return Ok(()) };
    let hint = spelling::hint(unknown, names());
    let rows = names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    Err(ExperimentError::UnknownRow { name: unknown.clone(), rows: rows + &hint })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn experiment(rows: &str) -> Experiment {
        let text = format!(
            "title = \"x\"\ndataset = {{ name = \"synth\" }}\nfeatures = {{ set = \"mipt\" }}\n\
             split = {{ kind = \"stratified\", test = 0.5 }}\n{rows}"
        );
        Experiment::parse(Path::new("x.toml"), &text).unwrap()
    }

    fn asked<'a>(experiment: &'a Experiment, only: &[&str]) -> Vec<&'a str> {
        let only: Vec<String> = only.iter().map(|name| name.to_string()).collect();
        let names = experiment.rows.iter().map(|row| row.name.as_str());
        names.filter(|row| is_named(&only, row, &experiment.rows)).collect()
    }

    #[test]
    fn a_row_of_the_name_is_meant_before_those_that_begin_so() {
        let names = ["SVC", "SVC: linear", "CNN: epoch 20", "CNN, five trainings: seed 1"];
        let row = |name: &str| format!("[[row]]\nname = \"{name}\"\nmodel = \"knn\"\n");
        let experiment = experiment(&names.map(row).concat());
        assert_eq!(asked(&experiment, &["SVC"]), ["SVC"]);
        assert_eq!(asked(&experiment, &["SVC: linear", "CNN"]), ["SVC: linear", "CNN: epoch 20"]);
        assert!(asked(&experiment, &[]).is_empty() && asked(&experiment, &["CNN: epoch"]).is_empty());
    }

    #[test]
    fn an_ensemble_of_seeds_is_asked_for_by_the_name_in_the_file() {
        let experiment = experiment("[[row]]\nname = \"net\"\nmodel = \"mlp\"\nensemble = { seeds = 2 }\n");
        let named = |name: &str| asked(&experiment, &[name]).len();
        assert_eq!((named("net"), named("net: seed 2"), named("ne")), (3, 1, 0));
        check_only(&experiment, &["net".to_string(), "net: seed 1".to_string()]).unwrap();
        let error = check_only(&experiment, &["ne".to_string()]).unwrap_err().to_string();
        assert!(error.contains("no row called `ne`") && error.contains("\"net: seed 1\""), "{error}");
    }
}
