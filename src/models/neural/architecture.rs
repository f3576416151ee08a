//! What every architecture says of itself, and what every network has beside it: its input and its training.

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, BlueprintError, Node, Shape};
use super::segments::InputSpec;
use super::training::Training;
use super::weights::Weights;
use crate::models::network::Wants;

/// Nodes of the three parts of a blueprint.
#[derive(Debug, Default)]
pub struct Parts {
    pub main: Vec<Node>,
    pub side: Vec<Node>,
    pub head: Vec<Node>,
}

/// A family of networks with its parameters.
pub trait Architecture: Send + Sync + std::fmt::Debug {
    fn name(&self) -> &'static str;

    fn wants(&self) -> Wants {
        Wants::Frames
    }

    /// Layers for clips of that shape (nothing where there are no frames), `columns` of a table, and the classes.
    fn parts(&self, input: Shape, columns: usize, classes: usize) -> Parts;

    /// Parameters that cannot go together.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Weights to start from instead of chance: says what was loaded. Names in the plan begin with `branch`.
    fn start_from(
        &self,
        _plan: &Blueprint,
        _weights: &mut Weights,
        _branch: &str,
    ) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn as_json(&self) -> serde_json::Value;
}

/// The two parameters that every network has.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shared {
    pub input: InputSpec,
    pub train: Training,
}

/// A network as a row asks for it.
#[derive(Debug)]
pub struct Recipe {
    pub architecture: Box<dyn Architecture>,
    pub shared: Shared,
}

impl Recipe {
    /// Every parameter, as the run record keeps them.
    pub fn as_json(&self) -> serde_json::Value {
        let mut all = self.architecture.as_json();
        if let (Some(all), serde_json::Value::Object(shared)) = (all.as_object_mut(), json_of(&self.shared)) {
            all.extend(shared);
        }
        all
    }
}

/// An architecture's parameters as the run record keeps them.
pub fn json_of<T: Serialize>(parameters: &T) -> serde_json::Value {
    serde_json::to_value(parameters).unwrap_or(serde_json::Value::Null)
}

pub fn blueprint(
    architecture: &dyn Architecture,
    shape: Shape,
    columns: usize,
    classes: usize,
) -> Result<Blueprint, BlueprintError> {
    // A table alone goes straight in.
    let (input, side) = if shape.len() == 0 { (Shape::flat(columns), 0) } else { (shape, columns) };
    let Parts { main, side: beside, head } = architecture.parts(shape, columns, classes);
    Blueprint::new(main, beside, head, input, side)
}
