//! Rows as an experiment's file makes them, for tests.

use std::path::Path;

use super::{Experiment, Row};

/// The rows of an experiment on columns, or what is wrong with it.
pub fn rows(text: &str) -> Result<Vec<Row>, String> {
    let text = format!(
        "title = \"t\"\ndataset = {{ name = \"synth\" }}\nfeatures = {{ set = \"mipt\" }}\n\
         split = {{ kind = \"stratified_kfold\", folds = 5 }}\n{text}"
    );
    let parsed = Experiment::parse(Path::new("x.toml"), &text);
    parsed.map(|experiment| experiment.rows).map_err(|error| error.to_string())
}

/// The row with these keys.
pub fn row(keys: &str) -> Row {
    rows(&format!("[[row]]\nname = \"r\"\n{keys}")).unwrap().remove(0)
}
