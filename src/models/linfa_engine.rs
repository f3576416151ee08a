//! Models of linfa 0.8 (<https://docs.rs/linfa>), run as they are, their other settings at linfa's defaults.
//!
//! Its penalty is alpha = 1 / C, its Gaussian kernel exp(−d² / eps) with eps = 1 / γ. It has no several-class SVC of
//! its own, so every pair of classes is fitted by it and votes here (a tie goes to the lowest class). Its forest draws
//! columns a tree, not a split, and breaks ties of votes by the order of a hash map, which differs from call to call.

use linfa::dataset::DatasetBase;
use linfa::prelude::{Fit, Predict};
use linfa_bayes::GaussianNb;
use linfa_ensemble::EnsembleLearnerParams;
use linfa_logistic::MultiLogisticRegression;
use linfa_ndarray::{Array1, Array2 as Matrix};
use linfa_rand::SeedableRng;
use linfa_rand::rngs::SmallRng;
use linfa_svm::Svm;
use linfa_trees::{DecisionTree, DecisionTreeParams};
use ndarray::Array2;

use super::engine_settings::{Kernel, Settings};
use super::engine_worker::{Answer, Lesson, Serve};

fn matrix(x: &Array2<f64>) -> Result<Matrix<f64>, String> {
    Matrix::from_shape_vec(x.dim(), x.iter().copied().collect()).map_err(|error| error.to_string())
}

fn dataset(lesson: &Lesson) -> Result<DatasetBase<Matrix<f64>, Array1<usize>>, String> {
    Ok(DatasetBase::new(matrix(&lesson.x)?, Array1::from(lesson.y.clone())))
}

fn classes(predicted: Array1<usize>) -> Answer {
    Answer { classes: predicted.to_vec(), probabilities: None }
}

pub fn gaussian_nb(_: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let model =
        GaussianNb::<f64, usize>::params().fit(&dataset(lesson)?).map_err(|error| error.to_string())?;
    serve(&|x| {
        let predicted: Array1<usize> = model.predict(&matrix(x)?);
        Ok(classes(predicted))
    });
    Ok(())
}

pub fn logistic_regression(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let model = MultiLogisticRegression::<f64>::default()
        .alpha(1.0 / settings.C)
        .max_iterations(settings.max_iter as u64)
        .fit(&dataset(lesson)?)
        .map_err(|error| error.to_string())?;
    serve(&|x| {
        let x = matrix(x)?;
        let predicted: Array1<usize> = model.predict(&x);
        let parts = model.predict_probabilities(&x);
        let parts = Array2::from_shape_vec(parts.dim(), parts.iter().copied().collect());
        Ok(Answer { classes: predicted.to_vec(), probabilities: parts.ok() })
    });
    Ok(())
}

fn tree(settings: &Settings) -> DecisionTreeParams<f64, usize> {
    DecisionTree::params()
        .max_depth(settings.max_depth)
        .min_weight_split(settings.min_samples_split as f32)
        .min_weight_leaf(settings.min_samples_leaf as f32)
}

pub fn decision_tree(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let model = tree(settings).fit(&dataset(lesson)?).map_err(|error| error.to_string())?;
    serve(&|x| {
        let predicted: Array1<usize> = model.predict(&matrix(x)?);
        Ok(classes(predicted))
    });
    Ok(())
}

pub fn random_forest(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let columns = lesson.x.ncols() as f64;
    let model = EnsembleLearnerParams::new_fixed_rng(tree(settings), SmallRng::seed_from_u64(lesson.seed))
        .ensemble_size(settings.n_estimators)
        .bootstrap_proportion(1.0)
        .feature_proportion(columns.sqrt() / columns)
        .fit(&dataset(lesson)?)
        .map_err(|error| error.to_string())?;
    serve(&|x| {
        let predicted: Array1<usize> = model.predict(&matrix(x)?);
        Ok(classes(predicted))
    });
    Ok(())
}

pub fn svc(settings: &Settings, lesson: &Lesson, serve: Serve<'_>) -> Result<(), String> {
    let gamma = settings.gamma(&lesson.x);
    let mut pairs = Vec::new();
    for low in 0..lesson.classes {
        for high in low + 1..lesson.classes {
            let rows: Vec<usize> =
                (0..lesson.y.len()).filter(|&row| [low, high].contains(&lesson.y[row])).collect();
            let x = matrix(&lesson.x.select(ndarray::Axis(0), &rows))?;
            let y = Array1::from_iter(rows.iter().map(|&row| lesson.y[row] == low));
            let parameters = Svm::<f64, bool>::params().pos_neg_weights(settings.C, settings.C);
            let parameters = match settings.kernel {
                Kernel::Rbf => parameters.gaussian_kernel(1.0 / gamma),
                Kernel::Linear => parameters.linear_kernel(),
            };
            let model = parameters.fit(&DatasetBase::new(x, y)).map_err(|error| error.to_string())?;
            pairs.push((low, high, model));
        }
    }
    serve(&|x| {
        let x = matrix(x)?;
        let mut votes = vec![vec![0usize; lesson.classes]; x.nrows()];
        for (low, high, model) in &pairs {
            let predicted: Array1<bool> = model.predict(&x);
            for (votes, is_low) in votes.iter_mut().zip(predicted) {
                votes[if is_low { *low } else { *high }] += 1;
            }
        }
        let most = |votes: &Vec<usize>| (0..votes.len()).rev().max_by_key(|&class| votes[class]).unwrap_or(0);
        Ok(Answer { classes: votes.iter().map(most).collect(), probabilities: None })
    });
    Ok(())
}
