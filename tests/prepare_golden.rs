//! `pca` and `select` against scikit-learn 1.9.1's answers, stored by tests/golden/make_prepare.py.

use genrebench::table::Prepare;
use serde_json::Value;

use crate::golden_rows::rows;

fn prepare(steps: &str) -> Result<Prepare, String> {
    let table: toml::Table = format!("prepare = [{steps}]").parse().unwrap();
    table["prepare"].clone().try_into::<Prepare>().map_err(|error| error.to_string())
}

#[test]
fn components_and_chosen_columns_are_scikit_learns() {
    let sets = [rows(5, 120, 9, &[0, 0, 0, 1, 1, 2], 0.8, 0.25), rows(6, 16, 30, &[0, 1, 2], 0.5, 0.1)];
    let path = format!("{}/tests/golden/models/prepare.json", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() >= 16);
    for case in cases {
        let data = &sets[usize::from(case["set"] == "wide")];
        let step = case["step"].as_str().unwrap();
        let fitted = prepare(step).unwrap().fit(data.train.view(), &data.labels).unwrap();
        let found = fitted.apply(data.test.view());
        let known: Vec<Vec<f64>> = serde_json::from_value(case["answer"].clone()).unwrap();
        let context = format!("{} {step}", case["set"]);
        assert_eq!(found.dim(), (known.len(), known[0].len()), "{context}");
        for (found, known) in found.iter().zip(known.iter().flatten()) {
            assert!((found - known).abs() <= 1e-9 * known.abs().max(1.0), "{context}: {found} {known}");
        }
        // What is kept of a fit gives the same rows.
        let kept: genrebench::table::FittedPrepare =
            serde_json::from_value(serde_json::to_value(&fitted).unwrap()).unwrap();
        assert_eq!(kept.apply(data.test.view()), found, "{context}");
        let names: Vec<String> = (0..data.train.ncols()).map(|column| format!("c{column}")).collect();
        assert_eq!(fitted.columns(&names).len(), found.ncols(), "{context}");
    }
}

#[test]
fn wrong_options_are_named_and_steps_that_cannot_be_learned_say_why() {
    for (steps, part) in [
        ("{ pca = { component = 3 } }", "did you mean `components`?"),
        ("{ pca = { components = 0 } }", "a count of 1 or more"),
        ("{ pca = { components = 1.5 } }", "below 1.0"),
        ("{ pca = 20 }", "stand in braces"),
        ("{ pca = {}, select = {} }", "braces of its own"),
        ("{ pcs = {} }", "did you mean `pca`?"),
        ("{ select = {} }", "give one of best"),
        ("{ select = { best = 2, percentile = 10 } }", "give one of best"),
        ("{ select = { best = 0 } }", "1 or more"),
        ("{ select = { percentile = 120 } }", "up to 100"),
        ("{ select = { best = 3, by = \"chi2\" } }", "mutual_information"),
        ("{ impute = { strategy = \"mean\" } }", "it has none"),
    ] {
        let error = prepare(steps).unwrap_err();
        assert!(error.contains(part), "{steps}: {error}");
    }
    let data = rows(5, 40, 4, &[0, 1], 0.0, 0.0);
    let learn = |steps: &str, labels: &[usize]| {
        let fitted = prepare(steps).unwrap().fit(data.train.view(), labels);
        fitted.map(|_| ()).map_err(|error| error.to_string())
    };
    let labels = &data.labels;
    assert!(learn("{ pca = { components = 5 } }", labels).unwrap_err().contains("no more than 4"));
    assert!(learn("{ select = { best = 5 } }", labels).unwrap_err().contains("there are 4 columns"));
    assert!(learn("{ select = { variance_above = 1e9 } }", labels).unwrap_err().contains("no column varies"));
    assert!(learn("{ select = { best = 2 } }", &vec![1; labels.len()]).unwrap_err().contains("one class"));
    let mut holed = data.train.clone();
    holed[[3, 1]] = f64::NAN;
    let error = prepare("\"pca\"").unwrap().fit(holed.view(), labels).unwrap_err().to_string();
    assert!(error.contains("put \"impute\" before it"), "{error}");
    assert!(prepare("\"impute\", \"pca\"").unwrap().fit(holed.view(), labels).is_ok());
    let written = prepare("\"impute\", { pca = { components = 2, whiten = true } }").unwrap();
    assert_eq!(written.names(), ["impute", "pca components=2 whiten=true"]);
    assert_eq!(
        serde_json::to_string(&written).unwrap(),
        "[\"impute\",{\"pca\":{\"components\":2,\"whiten\":true}}]"
    );
}
