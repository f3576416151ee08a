//! Learning curves that a cell's record may carry: `histories`, a list with one entry a network.

use serde::Deserialize;
use serde_json::Value;

use super::carried::carried;
use crate::experiment::Run;

/// One network's epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The row, with the member of an ensemble behind it.
    pub row: String,
    pub points: Vec<CurvePoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct CurvePoint {
    pub epoch: usize,
    #[serde(default)]
    pub train_loss: Option<f64>,
    #[serde(default)]
    pub train_accuracy: Option<f64>,
    #[serde(default)]
    pub validation_loss: Option<f64>,
    #[serde(default)]
    pub validation_accuracy: Option<f64>,
}

/// The curves of each row's first cell that has any.
pub fn curves(run: &Run) -> Vec<Curve> {
    let mut curves = Vec::new();
    for row in &run.rows {
        let first = run.cells_of(&row.name).find_map(|cell| carried(cell, &["histories", "history"]));
        let Some(found) = first else { continue };
        let networks = match found {
            Value::Array(networks) => networks,
            one => vec![one],
        };
        for network in networks {
            let points = network.get("epochs").cloned().unwrap_or_default();
            let points: Vec<CurvePoint> = serde_json::from_value(points).unwrap_or_default();
            let row = match network.get("member").and_then(Value::as_str).filter(|name| !name.is_empty()) {
                Some(member) => format!("{}, {member}", row.name),
                None => row.name.clone(),
            };
            if !points.is_empty() {
                curves.push(Curve { row, points });
            }
        }
    }
    curves
}
