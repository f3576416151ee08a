//! Whether what `run.json` says of its experiment follows from the experiment's text, which stands in it too: titles,
//! published figures, parameters, searches, notes. The data are not asked.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::{RowRecord, Run};
use super::runner::recipe_record;
use super::split_words::{earlier_words, split_in_words};
use super::{Experiment, ExperimentError, ExplainSpec, Row};

/// Characters of a value that a message quotes.
const MOST_QUOTED: usize = 80;

/// The experiment as the run had it.
pub fn recorded_experiment(run: &Run) -> Result<Experiment, ExperimentError> {
    let recorded = &run.experiment;
    Experiment::parse(&recorded.path, &recorded.text)?.otherwise(recorded.otherwise)
}

/// What may be to blame where a record is not as this build would write it.
pub fn another_build(run: &Run) -> String {
    format!(
        "another build of genrebench wrote it (version {}, source {}; this is {}, {}): run the experiment again",
        run.genrebench_version,
        run.source,
        env!("CARGO_PKG_VERSION"),
        crate::SOURCE
    )
}

/// What the record says otherwise than its text, one line each.
pub fn not_of_the_text(run: &Run) -> Vec<String> {
    let wrote = format!("unless it was changed, {}", another_build(run));
    let experiment = match recorded_experiment(run) {
        Ok(experiment) => experiment,
        Err(error) => return vec![format!("the experiment's text in run.json is refused: {error}; {wrote}")],
    };
    let mut wrong = titles(run, &experiment);
    if run.rows.len() != experiment.rows.len() {
        let (has, gives) = (run.rows.len(), experiment.rows.len());
        wrong.push(format!("run.json has {has} rows, the experiment's text gives {gives}"));
    }
    for (recorded, row) in run.rows.iter().zip(&experiment.rows) {
        let place = format!("row \"{}\": ", row.name);
        match expected(recorded, row) {
            Ok(given) => differences(&place, &without_cells(recorded), &without_cells(&given), &mut wrong),
            Err(error) => wrong.push(format!("{place}{error}")),
        }
    }
    if !wrong.is_empty() {
        wrong.push(format!("the record does not follow from its text; {wrote}"));
    }
    wrong
}

/// What the run says of the whole.
fn titles(run: &Run, experiment: &Experiment) -> Vec<String> {
    let recorded = &run.experiment;
    let has = serde_json::json!({
        "name": recorded.name,
        "title": recorded.title,
        "paper": recorded.paper,
        "question": recorded.question,
        "note": recorded.note,
        "seed": recorded.seed,
        "split": recorded.split,
        "watermarks": recorded.watermarks,
    });
    let mut gives = serde_json::json!({
        "name": experiment.name,
        "title": experiment.title,
        "paper": experiment.paper,
        "question": experiment.question,
        "note": experiment.note,
        "seed": experiment.seed,
        "split": split_in_words(&experiment.split),
        "watermarks": experiment.watermarks,
    });
    if recorded.path.as_os_str().is_empty() {
        // Early records did not keep where the file lay, which it is named by.
        gives["name"] = has["name"].clone();
    }
    if earlier_words(&experiment.split) == has["split"].as_str() {
        gives["split"] = has["split"].clone();
    }
    let mut wrong = Vec::new();
    differences("", &has, &gives, &mut wrong);
    wrong
}

/// The row's record as its text gives it.
fn expected(recorded: &RowRecord, row: &Row) -> Result<RowRecord, ExperimentError> {
    let mut given = recipe_record(row, recorded.table)?;
    // `run --explain` asks where the file does not.
    if given.explain.is_none() && row.ensemble.is_none() {
        given.explain = recorded.explain.clone().filter(|explain| *explain == ExplainSpec::default());
    }
    Ok(given)
}

/// The names of cells follow from the data too.
fn without_cells(record: &RowRecord) -> Value {
    serde_json::json!(RowRecord { cells: Vec::new(), ..record.clone() })
}

/// A value that differs is told by itself, not with all that stands around it.
fn differences(place: &str, has: &Value, gives: &Value, wrong: &mut Vec<String>) {
    match (has, gives) {
        (Value::Object(here), Value::Object(there)) => {
            let names: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
            for name in names {
                let part = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                let dot = if place.is_empty() || place.ends_with(' ') { "" } else { "." };
                differences(&format!("{place}{dot}{name}"), &part(here), &part(there), wrong);
            }
        }
        (has, gives) if has != gives => {
            wrong.push(format!("{place} is {}, the experiment's text gives {}", quoted(has), quoted(gives)));
        }
        _ => {}
    }
}

fn quoted(value: &Value) -> String {
    let text = if value.is_null() { "nothing".to_string() } else { value.to_string() };
    match text.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_where_it_is() {
        let has =
            serde_json::json!({ "published": { "accuracy": "50" }, "note": null, "parameters": { "C": 3 } });
        let gives =
            serde_json::json!({ "published": { "accuracy": "60" }, "parameters": { "C": 3, "tol": 0.1 } });
        let mut wrong = Vec::new();
        differences("row \"a\": ", &has, &gives, &mut wrong);
        assert_eq!(
            wrong,
            [
                "row \"a\": parameters.tol is nothing, the experiment's text gives 0.1",
                "row \"a\": published.accuracy is \"50\", the experiment's text gives \"60\"",
            ]
        );
        assert_eq!(quoted(&Value::from("é".repeat(100))).chars().count(), MOST_QUOTED + 1);
    }
}
