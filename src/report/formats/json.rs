//! The comparisons as JSON: rows, scores, verdicts, pairwise tests, and ranks over several data sets.

use serde_json::{Value, json};

use super::super::drawing::DrawError;
use super::Report;

pub fn json(report: &Report) -> Result<String, DrawError> {
    serde_json::to_string_pretty(&value(report))
        .map(|text| text + "\n")
        .map_err(|error| DrawError { picture: "table.json".to_string(), reason: error.to_string() })
}

fn value(report: &Report) -> Value {
    let ranks = match &report.ranks {
        Ok((rows, ranks)) => json!({ "rows": rows, "ranks": ranks }),
        Err(reason) => json!({ "none": reason }),
    };
    json!({ "comparisons": report.comparisons, "ranks": ranks })
}
