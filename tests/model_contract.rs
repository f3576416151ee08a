//! What every model of the registry must do, whichever it is.

use genrebench::models::{MODELS, Model, ModelError, NETWORKS, ParameterHelp, TrainingSet, build, load};
use genrebench::random::Draws;
use ndarray::{Array2, Axis, concatenate};
use toml::Table;

struct Toy {
    x: Array2<f64>,
    y: Vec<usize>,
}

impl Toy {
    fn new(rows: usize, columns: usize, classes: usize, label: &str) -> Self {
        let mut draws = Draws::new(11, label);
        let y: Vec<usize> = (0..rows).map(|row| row % classes).collect();
        let x = Array2::from_shape_fn((rows, columns), |(row, column)| {
            draws.normal() + if column % classes == y[row] { 1.5 } else { 0.0 }
        });
        Self { x, y }
    }

    fn train(&self, classes: usize) -> TrainingSet<'_> {
        TrainingSet { x: self.x.view(), y: &self.y, classes }
    }
}

fn recipes() -> impl Iterator<Item = (&'static str, Box<dyn Model>)> {
    MODELS.iter().map(|entry| (entry.name, (entry.parse)(Table::new()).unwrap()))
}

fn accuracy(predicted: &[usize], truth: &[usize]) -> f64 {
    let right = predicted.iter().zip(truth).filter(|(a, b)| a == b).count();
    right as f64 / truth.len() as f64
}

#[test]
fn it_learns_a_toy_set_and_is_at_chance_on_shuffled_labels() {
    let (train, test) = (Toy::new(240, 9, 3, "train"), Toy::new(600, 9, 3, "test"));
    for (name, recipe) in recipes() {
        let fitted = recipe.fit(train.train(3), 1).unwrap();
        let reached = accuracy(&fitted.predict(test.x.view()).unwrap(), &test.y);
        if name == "majority" {
            assert!((reached - 1.0 / 3.0).abs() < 1e-12);
        } else {
            // One tree alone draws straight borders where the classes have none.
            let wanted = if name == "decision_tree" { 0.7 } else { 0.8 };
            assert!(reached > wanted, "{name}: {reached}");
        }
        let mut shuffled = Toy { x: train.x.clone(), y: train.y.clone() };
        Draws::new(3, "labels").shuffle(&mut shuffled.y);
        let fitted = recipe.fit(shuffled.train(3), 1).unwrap();
        let mut other_truth = test.y.clone();
        Draws::new(4, "truth").shuffle(&mut other_truth);
        let reached = accuracy(&fitted.predict(test.x.view()).unwrap(), &other_truth);
        // Four standard errors of 600 draws at 1/3.
        assert!((reached - 1.0 / 3.0).abs() < 0.077, "{name}: {reached}");
    }
}

/// Fewer trees and some members, where the usual number would take long or there is none.
fn short(model: &str) -> Table {
    let text = match model {
        "catboost" => "iterations = 30",
        "gradient_boosting" | "random_forest" | "extra_trees" => "n_estimators = 12",
        "voting" | "stacking" => {
            "members = [\"lda\", { model = \"random_forest\", n_estimators = 12 }, \"logistic_regression\"]"
        }
        _ => "",
    };
    text.parse().unwrap()
}

/// Cells computed before a change of the answers must not be taken for those after it.
#[test]
fn answers_change_with_the_version_of_cells() {
    let (train, test) = (Toy::new(400, 12, 5, "train"), Toy::new(70, 12, 5, "test"));
    let version = include_str!("../src/experiment/cell_key.rs").lines();
    let mut version = version.filter_map(|line| line.strip_prefix("const CELL_VERSION: u32 = "));
    let version = version.next().unwrap().trim_end_matches(';');
    let mut answers = format!("cells of version {version}\n");
    for entry in MODELS {
        let fitted = (entry.parse)(short(entry.name)).unwrap().fit(train.train(5), 7).unwrap();
        let labels = fitted.predict(test.x.view()).unwrap();
        answers += &format!("{:>19} ", entry.name);
        answers.extend(labels.iter().map(ToString::to_string));
        answers.push('\n');
    }
    assert!(
        answers == include_str!("golden/models/answers.txt"),
        "raise CELL_VERSION in src/experiment/cell_key.rs unless this change has done so, and keep this as \
         tests/golden/models/answers.txt:\n{answers}"
    );
}

#[test]
fn it_repeats_bit_for_bit_for_any_number_of_threads() {
    let (train, test) = (Toy::new(2500, 12, 5, "train"), Toy::new(300, 12, 5, "test"));
    for entry in MODELS {
        let name = entry.name;
        // Threads share out rows, columns and trees alike in a short fit and in a long one.
        let recipe = (entry.parse)(short(name)).unwrap();
        let answers = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let fitted = recipe.fit(train.train(5), 7).unwrap();
                (fitted.predict(test.x.view()).unwrap(), fitted.probabilities(test.x.view()).unwrap())
            })
        };
        let once = answers(1);
        for threads in [1, 2, 4] {
            assert_eq!(once, answers(threads), "{name} {threads}");
        }
    }
}

#[test]
fn a_saved_fit_comes_back_to_the_bit_and_a_damaged_one_is_refused() {
    let (mut train, test) = (Toy::new(150, 8, 3, "train"), Toy::new(80, 8, 3, "test"));
    train.y.iter_mut().for_each(|label| *label = [1, 2, 4][*label]);
    for (name, recipe) in recipes() {
        let fitted = recipe.fit(train.train(6), 5).unwrap();
        let state = fitted.save().unwrap();
        let back = load(name, &state).unwrap();
        assert_eq!(back.predict(test.x.view()).unwrap(), fitted.predict(test.x.view()).unwrap(), "{name}");
        let bits = |parts: Option<Array2<f64>>| parts.map(|parts| parts.mapv(f64::to_bits));
        assert_eq!(
            bits(back.probabilities(test.x.view()).unwrap()),
            bits(fitted.probabilities(test.x.view()).unwrap()),
            "{name}"
        );
        assert_eq!((back.notes(), back.importances()), (fitted.notes(), fitted.importances()), "{name}");
        assert_eq!(back.save().unwrap(), state, "{name}");
        let wrong = back.predict(Array2::zeros((1, 9)).view()).unwrap_err();
        assert_eq!(wrong, ModelError::WrongColumns { expected: 8, found: 9 }, "{name}");
        for cut in [0, 1, state.len() / 2, state.len() - 1] {
            let error = load(name, &state[..cut]).map(|_| ()).unwrap_err();
            assert!(matches!(error, ModelError::BrokenState { .. }), "{name} {cut}: {error}");
        }
        let longer = [state.as_slice(), &[0]].concat();
        assert!(load(name, &longer).is_err(), "{name}");
    }
}

#[test]
fn probabilities_sum_to_one_and_agree_with_the_prediction() {
    let (train, test) = (Toy::new(200, 8, 4, "train"), Toy::new(100, 8, 4, "test"));
    for (name, recipe) in recipes() {
        let fitted = recipe.fit(train.train(4), 1).unwrap();
        let classes = fitted.predict(test.x.view()).unwrap();
        let probabilities = fitted.probabilities(test.x.view()).unwrap();
        let at_once = fitted.answer(test.x.view()).unwrap();
        assert!(at_once.is_none_or(|both| both == (classes.clone(), probabilities.clone())), "{name}");
        let Some(probabilities) = probabilities else { continue };
        assert_eq!(probabilities.dim(), (100, 4));
        for (row, predicted) in probabilities.rows().into_iter().zip(classes) {
            assert!((row.sum() - 1.0).abs() < 1e-12, "{name}");
            assert!(row.iter().all(|part| (0.0..=1.0).contains(part)), "{name}");
            assert!(row.iter().all(|part| *part <= row[predicted]), "{name}");
        }
    }
}

#[test]
fn a_class_missing_from_the_training_rows_is_never_predicted() {
    let mut train = Toy::new(120, 6, 3, "train");
    train.y.iter_mut().for_each(|label| *label = [1, 2, 4][*label]);
    let test = Toy::new(60, 6, 3, "test");
    for (name, recipe) in recipes() {
        let fitted = recipe.fit(train.train(6), 1).unwrap();
        assert!(
            fitted.predict(test.x.view()).unwrap().iter().all(|class| [1, 2, 4].contains(class)),
            "{name}"
        );
        if let Some(probabilities) = fitted.probabilities(test.x.view()).unwrap() {
            assert_eq!(probabilities.ncols(), 6);
            assert!([0, 3, 5].iter().all(|class| probabilities.column(*class).sum() == 0.0), "{name}");
        }
    }
}

#[test]
fn constant_columns_and_copies_of_columns_change_no_prediction() {
    let (train, test) = (Toy::new(150, 6, 3, "train"), Toy::new(80, 6, 3, "test"));
    let widen = |x: &Array2<f64>| {
        let constant = Array2::from_elem((x.nrows(), 2), 0.1);
        concatenate![Axis(1), x.view(), constant.view()]
    };
    let wide = Toy { x: widen(&train.x), y: train.y.clone() };
    for (name, recipe) in recipes() {
        let plain = recipe.fit(train.train(3), 1).unwrap().predict(test.x.view()).unwrap();
        let same = recipe.fit(wide.train(3), 1).unwrap().predict(widen(&test.x).view()).unwrap();
        let differ = plain.iter().zip(&same).filter(|(a, b)| a != b).count();
        // A wider network starts from other random weights.
        assert!(differ == 0 || name == "mlp", "{name}");
        // Copies move the weight of a column in some methods; they must not break any.
        let copies = concatenate![Axis(1), train.x.view(), train.x.view(), train.x.view()];
        let copied = Toy { x: copies, y: train.y.clone() };
        let fitted = recipe.fit(copied.train(3), 1).unwrap();
        let copies = concatenate![Axis(1), test.x.view(), test.x.view(), test.x.view()];
        let reached = accuracy(&fitted.predict(copies.view()).unwrap(), &test.y);
        assert!(name == "majority" || reached > 0.7, "{name}: {reached}");
    }
}

#[test]
fn more_columns_than_rows_and_twins_with_different_labels_are_survived() {
    let (train, test) = (Toy::new(30, 90, 3, "train"), Toy::new(300, 90, 3, "test"));
    for (name, recipe) in recipes() {
        let fitted = recipe.fit(train.train(3), 1).unwrap();
        let reached = accuracy(&fitted.predict(test.x.view()).unwrap(), &test.y);
        assert!(name == "majority" || reached > 0.6, "{name}: {reached}");
        let mut twins = Toy::new(60, 4, 3, "twins");
        let (first, rest) = twins.x.view_mut().split_at(Axis(0), 30);
        { rest }.assign(&first);
        twins.y[30..].iter_mut().for_each(|label| *label = (*label + 1) % 3);
        let fitted = recipe.fit(twins.train(3), 1).unwrap();
        let probabilities = fitted.probabilities(twins.x.view()).unwrap();
        assert!(probabilities.is_none_or(|p| p.iter().all(|part| part.is_finite())), "{name}");
    }
}

/// Nothing to learn from: the answer is a clear refusal or, from a model that can, the most frequent class.
#[test]
fn rows_that_are_all_alike_give_the_most_frequent_class_or_a_refusal() {
    let x = Array2::from_elem((30, 4), 0.1);
    let y: Vec<usize> = (0..30).map(|row| usize::from(row % 3 == 0)).collect();
    for (name, recipe) in recipes() {
        match recipe.fit(TrainingSet { x: x.view(), y: &y, classes: 2 }, 1) {
            // Two in three rows are of class 0; knn asks the five lowest of equally near rows, three of them.
            Ok(fitted) => assert_eq!(fitted.predict(x.view()).unwrap(), [0; 30], "{name}"),
            Err(error) => assert!(matches!(error, ModelError::AllConstant { .. }), "{name}: {error}"),
        }
    }
}

/// Fewer rows of a class than there are folds, neighbours or degrees of freedom: an answer, or what is missing.
#[test]
fn classes_of_a_row_or_two_are_learned_or_the_lack_is_named() {
    let toy = Toy::new(24, 3, 2, "rare");
    for (rare, rows) in [(1, 24), (2, 24), (1, 2), (1, 3)] {
        let y: Vec<usize> = (0..rows).map(|row| usize::from(row < rare)).collect();
        let x = toy.x.slice(ndarray::s![..rows, ..]);
        for (name, recipe) in recipes() {
            match recipe.fit(TrainingSet { x, y: &y, classes: 2 }, 1) {
                Ok(fitted) => assert_eq!(fitted.predict(x).unwrap().len(), rows, "{name}"),
                Err(ModelError::Member { source, .. }) => {
                    assert!(
                        matches!(*source, ModelError::TooFewRows { .. } | ModelError::OneClass { .. }),
                        "{name}: {source}"
                    );
                }
                Err(error) => assert!(matches!(error, ModelError::TooFewRows { .. }), "{name}: {error}"),
            }
        }
    }
}

#[test]
fn bad_input_is_refused_by_name() {
    let toy = Toy::new(40, 3, 2, "bad");
    for (name, recipe) in recipes() {
        let refuse = |x: &Array2<f64>, y: &[usize], classes: usize| {
            recipe.fit(TrainingSet { x: x.view(), y, classes }, 1).map(|_| ()).unwrap_err()
        };
        for value in [f64::NAN, f64::NEG_INFINITY] {
            let mut broken = toy.x.clone();
            broken[[7, 2]] = value;
            let error = refuse(&broken, &toy.y, 2);
            assert!(matches!(error, ModelError::NotFinite { row: 7, column: 2, .. }), "{name}: {error}");
            assert!(error.to_string().contains("row 7, column 2"));
            let fitted = recipe.fit(toy.train(2), 1).unwrap();
            let asked = fitted.predict(broken.view()).unwrap_err();
            assert!(matches!(asked, ModelError::NotFinite { row: 7, column: 2, .. }), "{name}: {asked}");
        }
        assert_eq!(refuse(&Array2::zeros((0, 3)), &[], 2), ModelError::NoRows, "{name}");
        assert_eq!(refuse(&Array2::zeros((2, 0)), &[0, 1], 2), ModelError::NoColumns, "{name}");
        assert_eq!(refuse(&toy.x, &[0; 39], 2), ModelError::RowsAndLabels { rows: 40, labels: 39 });
        assert!(matches!(refuse(&toy.x, &toy.y, 1), ModelError::LabelOutOfRange { row: 1, .. }), "{name}");
        let fitted = recipe.fit(toy.train(2), 1).unwrap();
        let wrong = fitted.predict(Array2::zeros((1, 4)).view()).unwrap_err();
        assert_eq!(wrong, ModelError::WrongColumns { expected: 3, found: 4 }, "{name}");
        assert_eq!(fitted.predict(Array2::zeros((0, 3)).view()).unwrap(), Vec::<usize>::new());
        let one = recipe.fit(TrainingSet { x: toy.x.view(), y: &[1; 40], classes: 2 }, 1);
        match name {
            "majority" | "knn" | "gaussian_nb" => {
                assert_eq!(one.unwrap().predict(toy.x.view()).unwrap(), [1; 40], "{name}");
            }
            _ => assert!(
                matches!(one.map(|_| ()).unwrap_err(), ModelError::OneClass { class: 1, .. }),
                "{name}"
            ),
        }
    }
}

#[test]
fn numbers_of_any_size_give_an_answer_or_an_error_and_never_a_panic() {
    for scale in [1e-300, 1e-160, 1e160, 1e300] {
        let mut toy = Toy::new(60, 5, 3, "scale");
        toy.x *= scale;
        for (name, recipe) in recipes() {
            match recipe.fit(toy.train(3), 1) {
                Ok(fitted) => {
                    assert_eq!(fitted.predict(toy.x.view()).unwrap().len(), 60);
                    if let Some(probabilities) = fitted.probabilities(toy.x.view()).unwrap() {
                        assert!(
                            probabilities.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-9),
                            "{name} {scale}"
                        );
                    }
                }
                Err(ModelError::Member { source, .. }) => {
                    assert!(matches!(*source, ModelError::Overflow { .. }), "{name}: {source}");
                }
                Err(error) => assert!(
                    matches!(error, ModelError::Overflow { .. } | ModelError::Diverged { .. }),
                    "{name}: {error}"
                ),
            }
        }
    }
}

#[test]
fn help_names_every_parameter_with_the_default_in_effect() {
    for entry in MODELS.iter().chain(NETWORKS) {
        assert!(!entry.summary.is_empty());
        let recipe = (entry.parse)(Table::new()).unwrap();
        let effective = recipe.parameters();
        let effective = effective.as_object().unwrap();
        // A record may be silent about what is left out.
        let kept = |help: &&ParameterHelp| help.default != "none" || effective.contains_key(help.name);
        let mut helped: Vec<&str> = entry.parameters.iter().filter(kept).map(|help| help.name).collect();
        helped.sort_unstable();
        let mut keys: Vec<&str> = effective.keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, helped, "{}", entry.name);
        let mut written = Table::new();
        for help in entry.parameters {
            if help.default == "none" {
                let value = effective.get(help.name);
                assert!(value.is_none_or(|value| value.is_null()), "{} {}", entry.name, help.name);
                continue;
            }
            let line: Result<Table, _> = format!("{} = {}", help.name, help.default).parse();
            let line = line.unwrap_or_else(|error| panic!("{} {}: {error}", entry.name, help.name));
            written.extend(line);
        }
        assert_eq!((entry.parse)(written).unwrap().parameters(), recipe.parameters(), "{}", entry.name);
    }
}

#[test]
fn wrong_names_and_values_are_named_and_corrected() {
    let refuse = |name: &str, toml: &str| match build(name, toml.parse().unwrap()) {
        Ok(_) => panic!("{name} {toml} was taken"),
        Err(error) => error.to_string(),
    };
    for entry in MODELS.iter().chain(NETWORKS) {
        let error = refuse(entry.name, "no_such_key = 1");
        assert!(error.contains("no_such_key") && error.contains(entry.name), "{error}");
        for help in entry.parameters {
            let error = refuse(entry.name, &format!("{} = [[1]]", help.name));
            assert!(error.contains(&format!("`{}`", help.name)), "{error}");
        }
    }
    let error = refuse("logistic_regresion", "");
    assert!(error.contains("did you mean `logistic_regression`?") && error.contains("knn"), "{error}");
    assert!(refuse("knn", "n_neighbours = 3").contains("did you mean `n_neighbors`?"));
    for (name, toml, key) in [
        ("knn", "n_neighbors = 0", "n_neighbors"),
        ("knn", "n_neighbors = -2", "n_neighbors"),
        ("knn", "n_neighbors = 2.5", "n_neighbors"),
        ("knn", "metric = \"hamming\"", "metric"),
        ("knn", "metric = \"minkowski\"\np = 0.5", "p"),
        ("knn", "metric = \"cosine\"\np = 3", "p"),
        ("logistic_regression", "C = 0", "C"),
        ("logistic_regression", "C = inf", "C"),
        ("logistic_regression", "tol = nan", "tol"),
        ("logistic_regression", "C = [0.1, 0]", "C"),
        ("logistic_regression", "C = []", "C"),
        ("logistic_regression", "cv = 1", "cv"),
        ("logistic_regression", "C = 2\ncv = 3", "cv"),
        ("gradient_boosting", "validation_fraction = 0.3", "validation_fraction"),
        ("gradient_boosting", "tol = 0.1", "tol"),
        ("logistic_regression", "penalty = \"l3\"", "penalty"),
        ("logistic_regression", "penalty = \"l1\"\nsolver = \"lbfgs\"", "solver"),
        ("logistic_regression", "penalty = \"l1\"\nl1_ratio = 0.1", "l1_ratio"),
        ("logistic_regression", "penalty = \"elasticnet\"\nl1_ratio = 1.1", "l1_ratio"),
        ("linear_svc", "C = -1", "C"),
        ("svc", "C = 0", "C"),
        ("qda", "reg_param = 1.5", "reg_param"),
        ("qda", "reg_param = 0.5\nshrinkage = \"auto\"", "shrinkage"),
        ("adaboost", "n_estimators = 0", "n_estimators"),
        ("gradient_boosting", "n_estimators = 0", "n_estimators"),
        ("catboost", "iterations = 0", "iterations"),
        ("extra_trees", "n_estimators = 0", "n_estimators"),
        ("voting", "members = []", "members"),
        ("voting", "members = \"knn\"", "members"),
        ("voting", "members = [{ C = 3 }]", "members"),
        ("voting", "weights = [1, 2]", "weights"),
        ("voting", "weights = [0, 0, 0]", "weights"),
        ("voting", "voting = \"loud\"", "voting"),
        ("stacking", "cv = 1", "cv"),
        ("stacking", "final_model = \"knm\"", "final_model"),
        ("linear_svc", "loss = \"log\"", "loss"),
        ("logistic_regression", "class_weight = \"equal\"", "class_weight"),
        ("lda", "shrinkage = 0.5", "shrinkage"),
        ("lda", "solver = \"lsqr\"\nshrinkage = 1.5", "shrinkage"),
        ("gaussian_nb", "var_smoothing = -1e-9", "var_smoothing"),
        ("nearest_centroid", "shrink_threshold = -1", "shrink_threshold"),
        ("random_forest", "n_estimators = 0", "n_estimators"),
        ("random_forest", "max_features = 1.5", "max_features"),
        ("random_forest", "class_weight = \"equal\"", "class_weight"),
        ("random_forest", "bootstrap = false\noob_score = true", "oob_score"),
        ("extra_trees", "oob_score = true", "oob_score"),
        ("extra_trees", "max_depth = 0", "max_depth"),
        ("decision_tree", "min_samples_split = 1", "min_samples_split"),
        ("decision_tree", "criterion = \"mse\"", "criterion"),
    ] {
        assert!(refuse(name, toml).contains(&format!("`{key}`")), "{name} {toml}: {}", refuse(name, toml));
    }
    // Members are checked as rows of their own would be, at any depth.
    let error = refuse("voting", "members = [\"lda\", { model = \"kn\" }]");
    assert!(error.contains("member 2 of `members`") && error.contains("did you mean `knn`?"), "{error}");
    let error =
        refuse("stacking", "members = [{ model = \"voting\", members = [{ model = \"svc\", c = 1 }] }]");
    assert!(error.contains("model `voting`, member 1") && error.contains("did you mean `C`?"), "{error}");
    let error = refuse("stacking", "final_model = { model = \"knn\", n_neighbors = 0 }");
    assert!(error.contains("`final_model`") && error.contains("`n_neighbors`"), "{error}");
    let soft: Table = "members = [\"svc\", \"lda\"]\nvoting = \"soft\"".parse().unwrap();
    let silent = build("voting", soft).unwrap().fit(Toy::new(40, 3, 2, "soft").train(2), 1);
    let error = silent.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("member 1 (svc) has no probabilities"), "{error}");
    let few = Toy::new(4, 2, 2, "few");
    let error = build("knn", Table::new()).unwrap().fit(few.train(2), 1).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("n_neighbors = 5") && error.contains("4 training rows"), "{error}");
}
