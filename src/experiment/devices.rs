//! `--device`: the same experiment with its networks trained on a graphics card, and whether that card is there.
//!
//! It is written into each network's `train.device`, the nets among the members of a `voting` or a `stacking` too: so
//! it is in the parameters that a record keeps and in the hash that names a cell, and a card's cells are never taken for
//! those of the processor or of another card.

use super::quick::is_network;
use super::{Experiment, ExperimentError, Observer, Row};
use crate::models::neural::look_for;
use crate::models::{Device, DeviceError, Driver};

impl Experiment {
    /// With every network trained on `device`.
    pub(super) fn on_device(mut self, device: Device) -> Self {
        for row in &mut self.rows {
            put(&row.model, &mut row.parameters, device);
            if let Some(search) = &mut row.search {
                *search =
                    search.with_tables("train", |train| drop(train.insert(KEY.into(), written(device))));
            }
        }
        self
    }
}

const KEY: &str = "device";
/// Where models are named inside a model's parameters.
const MODELS_INSIDE: [&str; 2] = ["members", "final_model"];

fn written(device: Device) -> toml::Value {
    device.to_string().into()
}

fn put(model: &str, parameters: &mut toml::Table, device: Device) {
    if is_network(model) {
        let mut train = parameters.get("train").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        train.insert(KEY.to_string(), written(device));
        parameters.insert("train".to_string(), train.into());
    }
    for key in MODELS_INSIDE {
        match parameters.get_mut(key) {
            Some(toml::Value::Array(models)) => models.iter_mut().for_each(|model| put_inside(model, device)),
            Some(model) => put_inside(model, device),
            None => {}
        }
    }
}

/// In a model written as a name or a table.
fn put_inside(value: &mut toml::Value, device: Device) {
    let (name, mut table) = match &*value {
        toml::Value::String(name) if is_network(name) => (name.clone(), toml::Table::new()),
        toml::Value::Table(table) => match table.get("model").and_then(toml::Value::as_str) {
            Some(name) => (name.to_string(), table.clone()),
            None => return,
        },
        _ => return,
    };
    put(&name, &mut table, device);
    table.insert("model".to_string(), name.into());
    *value = table.into();
}

/// Every device that is named in these parameters.
fn named(value: &toml::Value, found: &mut Vec<Device>) {
    match value {
        toml::Value::Array(values) => values.iter().for_each(|value| named(value, found)),
        toml::Value::Table(table) => table.iter().for_each(|(key, value)| match (key.as_str(), value) {
            ("train", toml::Value::Table(train)) => {
                let device = train.get(KEY).and_then(toml::Value::as_str);
                found.extend(device.and_then(|device| device.parse::<Device>().ok()));
            }
            _ => named(value, found),
        }),
        _ => {}
    }
}

/// The devices that a row's networks are trained on, if not on the processor.
pub fn cards_of(row: &Row) -> Vec<Device> {
    let mut found = Vec::new();
    named(&row.parameters.clone().into(), &mut found);
    found.retain(|device| device.driver != Driver::Cpu);
    found
}

/// What the cards are called that the rows' networks are trained on. Tells at once, not after an hour, when one is not
/// there.
pub fn check_devices<'a>(
    experiment: &Experiment,
    rows: impl Iterator<Item = &'a Row>,
    observer: &dyn Observer,
) -> Result<Vec<String>, ExperimentError> {
    let asked = experiment.otherwise.device;
    if let Some(device) = asked.filter(|device| !device.driver.is_built_in()) {
        return Err(DeviceError::NotBuilt(device.driver.name()).into());
    }
    let mut cards: Vec<Device> = rows.flat_map(cards_of).collect();
    cards.sort_unstable();
    cards.dedup();
    let names = cards.into_iter().map(look_for).collect::<Result<Vec<_>, _>>()?;
    names.iter().for_each(|name| observer.note(&format!("networks are trained on {name}")));
    if let (Some(device), true) = (asked.filter(|device| device.driver != Driver::Cpu), names.is_empty()) {
        observer.note(&format!("no row trains a network: --device {device} changes nothing"));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::experiment::{Otherwise, Silent};

    const TEXT: &str = r#"
title = "t"
dataset = { name = "synth" }
features = { set = "mipt" }
split = { kind = "stratified", test = 0.2 }
[[row]]
name = "forest"
model = "random_forest"
[[row]]
name = "net"
model = "mlp"
train = { epochs = 3 }
[[row]]
name = "searched net"
model = "mlp"
[row.search]
space = { train = [{ epochs = 1 }, { epochs = 2 }] }
[[row]]
name = "vote"
model = "voting"
members = ["mlp", "knn", { model = "mlp", hidden = [4] }]
"#;

    fn on(device: &str) -> Experiment {
        let device = device.parse().unwrap();
        let experiment = Experiment::parse(Path::new("t.toml"), TEXT).unwrap();
        experiment.otherwise(Otherwise { device: Some(device), ..Otherwise::default() }).unwrap()
    }

    #[test]
    fn every_network_gets_the_device_and_nothing_else_does() {
        let experiment = on("vulkan:1");
        let [forest, net, searched, vote] = experiment.rows.as_slice() else { panic!("four rows") };
        assert!(forest.parameters.is_empty());
        let wanted: toml::Table = "train = { epochs = 3, device = \"vulkan:1\" }".parse().unwrap();
        assert_eq!(net.parameters, wanted);
        let trials = searched.search.as_ref().unwrap().candidates(1);
        assert!(
            trials.iter().all(|trial| trial["train"]["device"].as_str() == Some("vulkan:1")),
            "{trials:?}"
        );
        let wanted: toml::Table =
            "members = [{ model = \"mlp\", train = { device = \"vulkan:1\" } }, \"knn\", \
             { model = \"mlp\", hidden = [4], train = { device = \"vulkan:1\" } }]"
                .parse()
                .unwrap();
        assert_eq!(vote.parameters, wanted);
        let card: Device = "vulkan:1".parse().unwrap();
        assert_eq!(cards_of(vote), [card; 2]);
    }

    #[test]
    fn the_processor_leaves_the_parameters_in_force_as_they_are() {
        let parameters = |experiment: &Experiment| {
            let of =
                |row: &Row| crate::models::build(&row.model, row.parameters.clone()).unwrap().parameters();
            experiment.rows.iter().map(of).collect::<Vec<_>>()
        };
        let written = Experiment::parse(Path::new("t.toml"), TEXT).unwrap();
        assert_eq!(parameters(&on("cpu")), parameters(&written));
        assert_ne!(parameters(&on("vulkan")), parameters(&written));
        assert_ne!(parameters(&on("vulkan")), parameters(&on("vulkan:1")));
        let experiment = on("cpu");
        check_devices(&experiment, experiment.rows.iter(), &Silent).unwrap();
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_built_in_is_refused_with_the_way_to_build_it() {
        let experiment = on("cuda");
        let error = check_devices(&experiment, experiment.rows.iter(), &Silent).unwrap_err();
        assert!(error.is_usage());
        assert!(error.to_string().contains("cargo build --release --features cuda"), "{error}");
    }
}
