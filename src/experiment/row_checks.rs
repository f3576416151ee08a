//! Whether a row's features, its model and what else it asks for go together: told before any work is done.

use super::column_choice::choose;
use super::feature_spec::CHOOSING_KEYS;
use super::frame_plan::FramePlan;
use super::search::Method;
use super::{ExperimentError, ExtractionPlan, FeatureSpec, Row};
use crate::models::{Network, Wants};

/// Whether the features can be had of the data set, and every key of theirs does something.
pub fn check_features(spec: Option<&FeatureSpec>, from_table: bool) -> Result<(), String> {
    match spec {
        None if from_table => Ok(()),
        None => Err("no `features`; say e.g. features = { set = \"mipt\" }".into()),
        Some(spec) if from_table => check_choice(spec),
        Some(spec) => columns_of(spec).map(drop),
    }
}

/// A table's columns can be chosen, and nothing more.
fn check_choice(spec: &FeatureSpec) -> Result<(), String> {
    let mut idle = spec.said();
    idle.retain(|key| !CHOOSING_KEYS.contains(key));
    if idle.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the data set `table` brings its own columns, and nothing is extracted: leave out {}; use features = {{ columns = [...] }} (or groups, without) to choose among them",
        idle.join(", ")
    ))
}

/// The columns that a row is fed, where they are known without a file and there are any.
fn columns_of(spec: &FeatureSpec) -> Result<Option<Vec<String>>, String> {
    let in_words = |error: ExperimentError| error.to_string();
    let all = if spec.has_frames() {
        FramePlan::check(spec).map_err(in_words)?;
        let beside = spec.beside.as_deref().map(columns_of).transpose();
        beside.map_err(|message| format!("beside: {message}"))?.flatten()
    } else {
        ExtractionPlan::check(spec).map_err(in_words)?.map(|plan| plan.features.columns())
    };
    let Some(all) = all else { return Ok(None) };
    Ok(Some(choose(spec, &all).map_err(in_words)?.unwrap_or(all)))
}

/// Whether altered test clips can be had for the row.
pub fn check_perturbed(row: &Row, rows: &[Row], from_table: bool) -> Result<(), String> {
    let members = row.ensemble.iter().flat_map(|spec| &spec.of);
    for member in members.filter_map(|name| rows.iter().find(|row| row.name == *name)) {
        if let Some(condition) = row.perturb.iter().find(|condition| !member.perturb.contains(condition)) {
            return Err(format!(
                "`perturb`: its member \"{}\" is not asked about {condition}; let both say the same",
                member.name
            ));
        }
    }
    let features = row.features.as_ref();
    let ready_made = |spec: &FeatureSpec| spec.embedding.as_deref() == Some("table");
    if row.perturb.is_empty() {
        Ok(())
    } else if from_table || features.is_some_and(ready_made) {
        Err("`perturb` alters sound, and these features are already numbers".to_string())
    } else if row.has_frames() {
        Err("`perturb` goes with features that are numbers a clip, not with `frames`".to_string())
    } else {
        Ok(())
    }
}

/// Whether the row's model takes what its features give.
pub fn check_fed(row: &Row) -> Result<(), String> {
    if row.ensemble.is_some() {
        return match row.search.is_some() {
            true => Err("an ensemble has no parameters to search".to_string()),
            false => Ok(()),
        };
    }
    let features = row.features.as_ref();
    let frames = row.has_frames();
    let beside = features.is_some_and(|spec| spec.beside.is_some());
    let model = row.unsearched_model().map_err(|error| error.to_string())?;
    let name = &row.model;
    let halving = row.search.as_ref().is_some_and(|search| search.method == Method::Halving);
    if halving && model.network().is_none() {
        return Err(format!(
            "search: halving stops and goes on with networks; `{name}` is none, take \"random\""
        ));
    }
    if frames && row.search.as_ref().is_some_and(|search| search.optimistic) {
        return Err("search: `optimistic` is of rows of columns, and this row has frames".to_string());
    }
    let wants = model.network().map(Network::wants);
    if wants.is_some() {
        check_idle(row)?;
    }
    match wants {
        None | Some(Wants::Table) if frames => Err(format!(
            "`{name}` takes numbers a clip, and `frames` gives a matrix; `genrebench list models` shows the networks"
        )),
        Some(Wants::Frames | Wants::Both) if !frames => {
            Err(format!("`{name}` takes a matrix a clip; say e.g. features = {{ frames = \"log_mel\" }}"))
        }
        Some(Wants::Both) if !beside => Err(format!(
            "`{name}` takes numbers beside the matrix; say e.g. features = {{ frames = \"log_mel\", beside = {{ set = \"mipt\" }} }}"
        )),
        Some(Wants::Frames | Wants::Either) if beside => Err(format!(
            "`beside` is fed to two_branch alone; `{name}` takes the matrix and would not look at it: leave it out"
        )),
        _ => Ok(()),
    }
}

/// Refuses what a network's row says of frames or altered copies that it is not fed with.
fn check_idle(row: &Row) -> Result<(), String> {
    let features = row.features.as_ref();
    if row.parameters.contains_key("input") && features.is_none_or(|spec| spec.frames.is_none()) {
        return Err("`input` is of frames, and this row is fed with a table: leave it out".to_string());
    }
    if features.is_some_and(|spec| spec.augment.is_some()) {
        return Ok(());
    }
    let train = row.parameters.get("train").and_then(toml::Value::as_table);
    let idle = train.into_iter().flatten().find(|(key, value)| match key.as_str() {
        "copies" => value.as_str() != Some("all"),
        "validate_copies" => value.as_bool() != Some(false),
        _ => false,
    });
    match idle {
        Some((key, _)) => Err(format!(
            "train.{key} is of altered copies, and this row has none: leave it out, or say e.g. features = {{ frames = \
             \"log_mel\", augment = {{ noise = 0.01, copies = 4 }} }}"
        )),
        None => Ok(()),
    }
}

/// Whether what a row itself says of `prepare` has columns to work on.
pub fn check_own_prepare(row: &Row) -> Result<(), String> {
    let has_columns = row.features.as_ref().is_none_or(FeatureSpec::has_columns);
    match has_columns || row.prepare.names().is_empty() {
        true => Ok(()),
        false => Err("it is of columns, and this row has frames alone: leave it out".to_string()),
    }
}

/// Whether there are importances of what the row is fed with.
pub fn check_own_explain(row: &Row) -> Result<(), String> {
    match row.explain.is_some() && row.has_frames() {
        true => Err("importances are of columns, and this row has frames: leave it out".to_string()),
        false => Ok(()),
    }
}
