//! The steps against scikit-learn's numbers.

use super::*;
use ndarray::array;

fn prepare(names: &[&str]) -> Prepare {
    Prepare::new(names.iter().map(|name| name.to_string()).collect()).unwrap()
}

fn close(a: &Array2<f64>, b: &Array2<f64>) {
    assert_eq!(a.dim(), b.dim());
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12), "{a} {b}");
}

/// Expected values from scikit-learn 1.9.1: `StandardScaler().fit(train).transform(test)` and so on.
#[test]
fn the_scalers_are_those_of_scikit_learn() {
    let train = array![[1.0, 5.0, 0.1], [2.0, 5.0, 0.1], [4.0, 5.0, 0.1], [9.0, 5.0, 0.1], [3.5, 5.0, 0.1]];
    let test = array![[3.0, 7.0, 0.3]];
    let of = |name| prepare(&[name]).fit(train.view(), &[]).unwrap().apply(test.view());
    close(&of("standardize"), &array![[-0.32560857238158974, 2.0, 0.19999999999999998]]);
    close(&of("minmax"), &array![[0.25, 2.0, 0.19999999999999998]]);
    close(&of("robust"), &array![[-0.25, 2.0, 0.19999999999999998]]);
    close(&of("normalize"), &array![[0.39361402676449425, 0.9184327291171533, 0.03936140267644943]]);
}

/// Expected values from scikit-learn 1.9.1: `SimpleImputer(strategy="median")` and StandardScaler.
#[test]
fn missing_values_are_left_aside_and_filled_with_the_median() {
    let nan = f64::NAN;
    let x = array![[1.0, nan, nan], [nan, 5.0, nan], [4.0, 2.0, nan], [2.0, 7.0, nan]];
    let fitted = prepare(&["impute"]).fit(x.view(), &[]).unwrap();
    let filled = fitted.apply(array![[nan, nan, nan]].view());
    close(&filled, &array![[2.0, 5.0, 0.0]]);
    let names: Vec<String> = ["a", "b", "c"].map(str::to_string).to_vec();
    assert_eq!(fitted.notes(&names), ["no value among the training rows, imputed as 0: c"]);
    close(&fitted.apply(array![[1.0, 1.0, 4000.0]].view()), &array![[1.0, 1.0, 0.0]]);
    let scaled = prepare(&["standardize"]).fit(x.view(), &[]).unwrap().apply(x.view());
    assert!((scaled[[0, 0]] + 1.0690449676496978).abs() < 1e-12 && scaled[[1, 0]].is_nan());
    assert!((scaled[[1, 1]] - 0.16222142113076238).abs() < 1e-12);
}

#[test]
fn later_steps_learn_from_what_earlier_ones_leave_and_from_training_rows_only() {
    let train = array![[1.0], [f64::NAN], [3.0]];
    let fitted = prepare(&["impute", "standardize"]).fit(train.view(), &[]).unwrap();
    let prepared = fitted.apply(train.view());
    assert_eq!(prepared[[1, 0]], 0.0);
    assert!((prepared[[2, 0]] - 1.5f64.sqrt()).abs() < 1e-12);
    assert!(fitted.apply(array![[1e9]].view())[[0, 0]] > 1e8);
}

#[test]
fn an_unknown_step_is_named_with_the_nearest() {
    let error = toml::from_str::<toml::Table>("prepare = [\"standardise\"]")
        .map(|table| table["prepare"].clone().try_into::<Prepare>().unwrap_err().to_string())
        .unwrap();
    assert!(error.contains("no step is called 'standardise' (did you mean `standardize`?)"), "{error}");
}

/// The mean of a constant 0.1 is off by one rounding, which must not pass for a difference between classes.
#[test]
fn a_constant_column_is_chosen_last() {
    let labels: Vec<usize> = (0..30).map(|row| row % 3).collect();
    let x = Array2::from_shape_fn((30, 3), |(row, column)| match column {
        0 => 0.1,
        1 => (row * 7 % 11) as f64,
        _ => 0.3,
    });
    let chosen = |text: &str| {
        let steps: Prepare = toml::from_str::<BTreeMap<String, Prepare>>(text).unwrap()["prepare"].clone();
        let names = ["a", "b", "c"].map(str::to_string);
        steps.fit(x.view(), &labels).unwrap().columns(&names)
    };
    assert_eq!(chosen("prepare = [{ select = { best = 1 } }]"), ["b"]);
}

#[test]
fn rows_with_a_missing_value_have_no_length() {
    let x = ndarray::array![[3.0, 4.0], [f64::NAN, 1.0]];
    let error = prepare(&["normalize", "impute"]).fit(x.view(), &[0, 1]).unwrap_err().to_string();
    assert!(error.contains("put \"impute\" before it"), "{error}");
}
