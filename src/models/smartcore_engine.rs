//! Models of smartcore 0.7 (<https://docs.rs/smartcore>), run as they are, their other settings at smartcore's defaults.
//!
//! Its penalty is alpha = 1 / C. Its SVC makes `epoch` = 2 passes, not a fit to a tolerance.

use ndarray::Array2;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::metrics::distance::euclidian::Euclidian;
use smartcore::naive_bayes::gaussian::{GaussianNB, GaussianNBParameters};
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};
use smartcore::svm::Kernels;
use smartcore::svm::svc::{MultiClassSVC, SVCParameters};
use smartcore::tree::decision_tree_classifier::{DecisionTreeClassifier, DecisionTreeClassifierParameters};

use super::engine_settings::{Kernel, Settings};
use super::engine_worker::{Answer, Lesson, Serve};

type X = DenseMatrix<f64>;
type Y = Vec<i32>;

fn matrix(x: &Array2<f64>) -> Result<X, String> {
    DenseMatrix::new(x.nrows(), x.ncols(), x.iter().copied().collect(), false).map_err(words)
}

fn labels(lesson: &Lesson) -> Y {
    lesson.y.iter().map(|class| *class as i32).collect()
}

fn words(failed: Failed) -> String {
    failed.to_string()
}

fn classes(predicted: Y) -> Answer {
    // A class below 0 becomes one that there is not, which the caller refuses.
    let classes = predicted.into_iter().map(|class| usize::try_from(class).unwrap_or(usize::MAX)).collect();
    Answer { classes, probabilities: None }
}

fn depth(settings: &Settings) -> Option<u16> {
    settings.max_depth.map(|depth| u16::try_from(depth).unwrap_or(u16::MAX))
}

pub fn knn(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let parameters: KNNClassifierParameters<f64, Euclidian<f64>> =
        KNNClassifierParameters::default().with_k(settings.n_neighbors);
    let (x, y) = (matrix(&lesson.x)?, labels(lesson));
    let model: KNNClassifier<f64, i32, X, Y, _> = KNNClassifier::fit(&x, &y, parameters).map_err(words)?;
    serve(&|x| Ok(classes(model.predict(&matrix(x)?).map_err(words)?)));
    Ok(())
}

pub fn gaussian_nb(_: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let (x, y) = (matrix(&lesson.x)?, lesson.y.iter().map(|class| *class as u32).collect::<Vec<u32>>());
    let model: GaussianNB<f64, u32, X, Vec<u32>> =
        GaussianNB::fit(&x, &y, GaussianNBParameters::default()).map_err(words)?;
    serve(&|x| {
        let predicted = model.predict(&matrix(x)?).map_err(words)?;
        let classes = predicted.into_iter().map(|class| class as usize).collect();
        Ok(Answer { classes, probabilities: None })
    });
    Ok(())
}

pub fn logistic_regression(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let parameters = LogisticRegressionParameters::default().with_alpha(1.0 / settings.C);
    let (x, y) = (matrix(&lesson.x)?, labels(lesson));
    let model: LogisticRegression<f64, i32, X, Y> =
        LogisticRegression::fit(&x, &y, parameters).map_err(words)?;
    serve(&|x| Ok(classes(model.predict(&matrix(x)?).map_err(words)?)));
    Ok(())
}

pub fn decision_tree(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let parameters = DecisionTreeClassifierParameters {
        max_depth: depth(settings),
        min_samples_split: settings.min_samples_split,
        min_samples_leaf: settings.min_samples_leaf,
        seed: Some(lesson.seed),
        ..Default::default()
    };
    let (x, y) = (matrix(&lesson.x)?, labels(lesson));
    let model: DecisionTreeClassifier<f64, i32, X, Y> =
        DecisionTreeClassifier::fit(&x, &y, parameters).map_err(words)?;
    serve(&|x| Ok(classes(model.predict(&matrix(x)?).map_err(words)?)));
    Ok(())
}

pub fn random_forest(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let trees = u16::try_from(settings.n_estimators);
    let parameters = RandomForestClassifierParameters {
        n_trees: trees.map_err(|_| "it takes 65535 trees at most".to_string())?,
        max_depth: depth(settings),
        min_samples_split: settings.min_samples_split,
        min_samples_leaf: settings.min_samples_leaf,
        seed: lesson.seed,
        ..Default::default()
    };
    let (x, y) = (matrix(&lesson.x)?, labels(lesson));
    let model: RandomForestClassifier<f64, i32, X, Y> =
        RandomForestClassifier::fit(&x, &y, parameters).map_err(words)?;
    serve(&|x| Ok(classes(model.predict(&matrix(x)?).map_err(words)?)));
    Ok(())
}

pub fn svc(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let kernel = match settings.kernel {
        Kernel::Linear => Kernels::linear(),
        Kernel::Rbf => Kernels::rbf().with_gamma(settings.gamma(&lesson.x)),
    };
    let parameters: SVCParameters<f64, i32, X, Y> =
        SVCParameters::default().with_c(settings.C).with_kernel(kernel).with_seed(Some(lesson.seed));
    let (x, y) = (matrix(&lesson.x)?, labels(lesson));
    let model = MultiClassSVC::fit(&x, &y, &parameters).map_err(words)?;
    serve(&|x| {
        let predicted = model.predict(&matrix(x)?).map_err(words)?;
        Ok(classes(predicted.into_iter().map(|class| class as i32).collect()))
    });
    Ok(())
}
