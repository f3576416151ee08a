//! `--quick`: the same experiment with less of everything, for a rehearsal: few clips, one repeat, few trees and epochs,
//! narrow networks. It says so wherever its figures go, and has another name.

use super::Experiment;
use super::search::REHEARSED_TRIALS;
use super::weightless::weightless;
use crate::models::{MODELS, NETWORKS};
use crate::table::{SplitSpec, Unknown};

const QUICK_CLIPS: usize = 10;
/// What a quick run does at most of what costs most.
const QUICK_AT_MOST: [(&str, i64); 6] = [
    ("n_estimators", TREES),
    ("iterations", ITERATIONS),
    ("epochs", EPOCHS),
    ("max_epochs", EPOCHS),
    ("n_iter", 3),
    ("configurations", 3),
];
const TREES: i64 = 20;
const ITERATIONS: i64 = 50;
const EPOCHS: i64 = 2;
/// Of a clip that a network hears in pieces.
const SEGMENTS: i64 = 2;
const BATCH: i64 = 16;
/// Sizes of a network's layers: the layers themselves all stay.
const NARROW: [(&str, i64); 4] = [("channels", 8), ("width", 8), ("hidden", 16), ("dense", 16)];

impl Experiment {
    /// With little work in it.
    pub(super) fn quickly(mut self) -> Self {
        self.clips_a_class = Some(QUICK_CLIPS);
        match &mut self.split {
            SplitSpec::Stratified(split) | SplitSpec::Group(split) => {
                split.repeats = 1;
                split.test = split.test.max(1.0 / QUICK_CLIPS as f64);
            }
            SplitSpec::StratifiedKfold(split) | SplitSpec::GroupKfold(split) => split.repeats = 1,
            SplitSpec::List(files) => files.unknown = Unknown::Skip,
            SplitSpec::Official(_) => {}
        }
        let mut networks = false;
        for row in &mut self.rows {
            lower(&row.model, &mut row.parameters, true);
            networks |= is_network(&row.model);
            weightless(row);
            if let Some(augment) = row.features.as_mut().and_then(|features| features.augment.as_mut()) {
                augment.copies = augment.copies.min(1);
            }
            if let Some(search) = &mut row.search {
                *search = search.rehearsed(&row.parameters, |table| lower(&row.model, table, true));
            }
        }
        self.name += "-quick";
        self.title = format!("QUICK REHEARSAL: {}", self.title);
        let of_networks = if networks { ", and narrow networks without anybody's weights" } else { "" };
        self.watermarks.push(format!(
            "QUICK REHEARSAL, NO RESULT: at most {QUICK_CLIPS} clips a class, one repeat, {TREES} trees, {ITERATIONS} \
             boosting iterations, {EPOCHS} epochs and {REHEARSED_TRIALS} trials of a search{of_networks}. The figures only show that the line works."
        ));
        self
    }
}

pub fn is_network(model: &str) -> bool {
    model == "mlp" || NETWORKS.iter().any(|entry| entry.name == model)
}

/// Lowers what `model` would do more of, said or silent, and so in every model named inside its parameters. One that is
/// not `trained` by itself is part of another network.
fn lower(model: &str, parameters: &mut toml::Table, trained: bool) {
    let known = MODELS.iter().chain(NETWORKS).find(|entry| entry.name == model).map(|entry| entry.parameters);
    let silent = |key: &str| known.into_iter().flatten().find(|parameter| parameter.name == key);
    for (key, most) in QUICK_AT_MOST {
        let said = parameters.get(key).and_then(toml::Value::as_integer);
        let Some(would) =
            said.or_else(|| silent(key).map(|parameter| parameter.default.parse().unwrap_or(i64::MAX)))
        else {
            continue;
        };
        if would > most {
            parameters.insert(key.to_string(), most.into());
        }
    }
    if is_network(model) {
        for (key, most) in NARROW.iter().filter(|(key, _)| silent(key).is_some()) {
            let usual = silent(key).and_then(|parameter| value_of(parameter.default));
            if let Some(value) = parameters.get(*key).cloned().or(usual) {
                parameters.insert((*key).to_string(), narrowed(value, *most));
            }
        }
        if trained {
            rehearse(parameters);
        }
    }
    for (key, value) in parameters.iter_mut() {
        lower_inside(value, key != "network");
    }
}

/// Few epochs and small batches of few segments.
fn rehearse(parameters: &mut toml::Table) {
    let mut train = table_at(parameters, "train");
    let at_most = |table: &mut toml::Table, key: &str, most: i64| {
        let said = table.get(key).and_then(toml::Value::as_integer);
        table.insert(key.to_string(), said.map_or(most, |said| said.min(most)).into());
    };
    at_most(&mut train, "epochs", EPOCHS);
    at_most(&mut train, "batch", BATCH);
    train.remove("until");
    // A number of clips would be most of the few there are.
    if train.get("validation").and_then(toml::Value::as_integer).is_some_and(|clips| clips > 0) {
        train.insert("validation".to_string(), 0.2.into());
    }
    parameters.insert("train".to_string(), train.into());
    let mut input = table_at(parameters, "input");
    if input.contains_key("frames") {
        at_most(&mut input, "most", SEGMENTS);
        parameters.insert("input".to_string(), input.into());
    }
}

fn table_at(parameters: &toml::Table, key: &str) -> toml::Table {
    parameters.get(key).and_then(toml::Value::as_table).cloned().unwrap_or_default()
}

/// A default as the help writes it.
fn value_of(written: &str) -> Option<toml::Value> {
    format!("x = {written}").parse::<toml::Table>().ok()?.remove("x")
}

fn narrowed(value: toml::Value, most: i64) -> toml::Value {
    match value {
        toml::Value::Integer(size) => size.min(most).into(),
        toml::Value::Array(sizes) => {
            toml::Value::Array(sizes.into_iter().map(|size| narrowed(size, most)).collect())
        }
        other => other,
    }
}

fn lower_inside(value: &mut toml::Value, trained: bool) {
    match value {
        toml::Value::Array(items) => items.iter_mut().for_each(|item| lower_inside(item, trained)),
        toml::Value::Table(table) => {
            if let Some(model) = table.get("model").and_then(toml::Value::as_str).map(String::from) {
                lower(&model, table, trained);
            }
        }
        _ => {}
    }
}

/// The places of at most `most` entries of each class, spread evenly over it; in order.
pub fn thinned(labels: &[&str], most: usize) -> Vec<usize> {
    let mut members = std::collections::BTreeMap::<&str, Vec<usize>>::new();
    for (place, label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(place);
    }
    let mut kept: Vec<usize> = members
        .into_values()
        .flat_map(|places| {
            let count = places.len().min(most);
            (0..count).map(move |at| places[at * places.len() / count]).collect::<Vec<_>>()
        })
        .collect();
    kept.sort_unstable();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_takes_from_the_whole_of_each_class() {
        assert_eq!(thinned(&["a", "a", "a", "a", "b", "a", "a"], 2), [0, 3, 4]);
    }

    #[test]
    fn networks_are_narrowed_and_keep_their_layers() {
        let mut parameters = toml::from_str(
            "channels = [64, 4]\ninput = { frames = 9, most = 7 }\ntrain = { validation = 40, epochs = 100 }",
        )
        .unwrap();
        lower("conv2d", &mut parameters, true);
        let wanted: toml::Table = toml::from_str(
            "channels = [8, 4]\ndense = []\ninput = { frames = 9, most = 2 }\n\
             train = { validation = 0.2, epochs = 2, batch = 16 }",
        )
        .unwrap();
        assert_eq!(parameters, wanted);
        let mut two = toml::from_str("network = { model = \"resnet\" }").unwrap();
        lower("two_branch", &mut two, true);
        assert_eq!(
            two["network"],
            toml::Value::Table(toml::from_str("model = \"resnet\"\nwidth = 8").unwrap())
        );
    }
}
