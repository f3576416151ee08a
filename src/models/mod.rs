//! Floor 4: the `Model` and `Fitted` traits and one file a model; `MODELS` is the registry.
//!
//! A model is a recipe (parameters), fitting it gives a `Fitted` that predicts. Rules that hold for all:
//! ties go to the lowest class or row index, a class that is missing from the training side is never
//! predicted and has probability 0, values that are not finite are refused with their row and column, and
//! a fit gives the same bits for any number of threads. Parameters carry scikit-learn's names and
//! defaults, and the results are held to scikit-learn's in `tests/golden/models`.

mod adaboost;
mod boosted_scores;
mod bootstrap_rows;
mod catboost;
mod checks;
mod class_scores;
mod column_bins;
mod cosine_scores;
mod decision_tree;
mod device;
mod elastic_net;
mod engine_settings;
mod engine_worker;
mod engines;
mod error;
mod extra_trees;
mod forest_parameters;
mod gaussian_nb;
mod gradient_boosting;
mod held_out;
mod hinge_dual;
mod inner_folds;
mod kernel;
mod kernel_store;
mod knn;
mod lane_sort;
mod lane_split;
mod lbfgs;
mod lda;
mod leaf_steps;
mod linear_loss;
mod linear_preconditioner;
mod linear_products;
mod linear_svc;
mod linfa_engine;
mod linfa_traits;
mod log_sum_borders;
mod logistic_path;
mod logistic_regression;
mod majority;
mod members;
mod model;
mod nearest_centroid;
mod neighbour_search;
mod network;
pub mod neural;
mod newton_cg;
mod node_cut;
mod node_histograms;
mod oblivious_leaves;
mod oblivious_tree;
mod one_vs_one;
mod ordered_scores;
mod parameters;
mod platt;
mod qda;
mod random_cut;
mod random_forest;
mod ranked_columns;
mod registry;
mod regression_tree;
mod residual_trees;
mod row_blocks;
mod shrunk_covariance;
mod smartcore_engine;
mod smo;
mod smo_steps;
mod sorted_cut;
mod stacking;
pub mod stored;
mod svc;
mod tree_ensemble;
mod tree_growth;
mod tree_nodes;
mod tree_parameters;
mod tree_rules;
mod value_changes;
mod voting;
mod weighted_tree;

pub(crate) use class_scores::{argmax, argmax_of_rows};
pub use device::{DRIVERS, Device, DeviceError, Driver};
pub use engines::{ENGINES, EngineEntry};
pub use error::ModelError;
pub use linfa_traits::{Estimator, EstimatorError, FittedEstimator};
pub use model::{
    Aside, ClassesAndProbabilities, Fitted, LoadFitted, Model, ModelEntry, ParameterHelp, TrainingSet,
    answers,
};
pub use network::{Answer, Clips, Lesson, Network, SegmentAnswer, Trained, Wants, Workshop};
pub use registry::{MODELS, NETWORKS, build, load};
