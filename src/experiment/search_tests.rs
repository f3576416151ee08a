//! Searches held to what they must find: by a loss, by inner folds, by the validation side, by halving; and what choosing by
//! the test side adds.

use ndarray::Array2;

use super::bench::Bench;
use super::fitting::{FittedRow, ready};
use super::inner_search::SearchRecord;
use super::network_search::NetworkSearch;
use super::optimistic::by_test_side;
use super::rows_for_tests::row;
use super::teaching::Classroom;
use super::training_side::TrainingSide;
use super::{CellKey, ExperimentError, Row, Silent};
use crate::random::Draws;
use crate::table::FeatureTable;

/// Two classes in turn, far apart in the one column that is no noise.
fn table() -> FeatureTable {
    let mut draws = Draws::new(4, "searches");
    let rows = 120;
    let labels = (0..rows).map(|row| ["x", "y"][row % 2].to_string()).collect();
    let values = Array2::from_shape_fn((rows, 2), |(row, column)| {
        draws.normal() * 0.1 + if column == 0 { 4.0 * (row % 2) as f64 } else { 0.0 }
    });
    let ids = (0..rows).map(|row| format!("{row:03}")).collect();
    let columns = vec!["a".to_string(), "b".to_string()];
    FeatureTable::new(ids, labels, vec![None; rows], vec![None; rows], columns, values).unwrap()
}

fn fitted(row: &Row, rows: &[usize], watched: &[usize]) -> Result<FittedRow, ExperimentError> {
    let side = TrainingSide { table: &table(), rows, grouped: false, watched };
    ready(row, &side, 3)?.fit(row, 3)
}

#[test]
fn of_a_loss_the_least_is_chosen() {
    let row = row(
        "model = \"logistic_regression\"\nsearch = { metric = \"log_loss\", space = { C = [1e-6, 1.0] } }",
    );
    let fitted = fitted(&row, &(0..120).collect::<Vec<_>>(), &[]).unwrap();
    let record = fitted.search.unwrap();
    assert!(record.trials[1].score < record.trials[0].score, "{record:?}");
    assert_eq!((record.chosen, fitted.parameters["C"].as_float()), (1, Some(1.0)));
}

/// Of 60 rows, half of each class, 60 neighbours tell nothing apart; of 90 they would.
#[test]
fn trials_are_scored_on_the_validation_side_by_what_is_not_of_it() {
    let row = row("model = \"knn\"\nsearch = { folds = \"validation\", space = { n_neighbors = [60, 1] } }");
    let (learned, watched): (Vec<usize>, Vec<usize>) = (0..90).partition(|row| *row < 60);
    let all: Vec<usize> = (0..90).collect();
    for rows in [&all, &learned] {
        let fitted = fitted(&row, rows, &watched).unwrap();
        let record = fitted.search.unwrap();
        assert!(record.trials[0].score.unwrap() < 0.4, "{record:?}");
        assert_eq!((record.trials[1].score, record.chosen, record.trials[1].folds.len()), (Some(1.0), 1, 1));
        assert!(record.note().contains("on the validation side"), "{}", record.note());
    }
    let said =
        |rows: &[usize], watched: &[usize]| fitted(&row, rows, watched).map(drop).unwrap_err().to_string();
    assert!(said(&all, &[]).contains("the split has none"), "{}", said(&all, &[]));
    assert!(said(&watched, &watched).contains("no other clip is left"));
}

/// As networks are searched clip by clip.
#[test]
fn a_network_is_scored_alike_whether_the_validation_side_is_learned_from_in_the_end_or_not() {
    let text = "model = \"mlp\"\nhidden = [4]\ntrain = { epochs = 2, batch = 16, validation = 0 }\n\
                search = { folds = \"validation\", space = { \"train.learning_rate\" = [1e-3, 1e-2] } }";
    let (row, table) = (row(text), table());
    let (learned, watched): (Vec<usize>, Vec<usize>) = (0..90).partition(|row| *row < 60);
    let trials = |rows: &[usize]| searched(&row, &table, rows, &watched).trials;
    let beside = trials(&learned);
    assert!(beside.iter().all(|trial| trial.score.is_some() && trial.folds.len() == 1), "{beside:?}");
    assert_eq!(beside, trials(&(0..90).collect::<Vec<_>>()));
}

fn searched(row: &Row, table: &FeatureTable, rows: &[usize], watched: &[usize]) -> SearchRecord {
    let key = CellKey {
        row: row.name.clone(),
        repeat: 0,
        fold: 0,
        seed: 7,
        id: "searched".to_string(),
        training: None,
    };
    let search = NetworkSearch {
        classroom: Classroom { row, table, frames: None },
        spec: row.search.as_ref().unwrap(),
        rows,
        watched,
        grouped: false,
        key: &key,
        bench: Bench::without_checkpoints(&Silent),
    };
    search.run().unwrap().1
}

#[test]
fn choosing_by_the_test_side_shows_the_best_of_all_trials() {
    let (table, rows): (_, Vec<usize>) = (table(), (0..80).collect());
    let test: Vec<usize> = (80..120).collect();
    let of = |text: &str| {
        let row = row(text);
        let side = TrainingSide { table: &table, rows: &rows, grouped: false, watched: &[] };
        by_test_side(&row, row.search.as_ref().unwrap(), &side, &test, 0, 3).unwrap().unwrap()
    };
    // All 80 rows as neighbours tell nothing apart; one and three do equally well, and the first wins.
    let higher = of("model = \"knn\"\nsearch = { space = { n_neighbors = [80, 1, 3] } }");
    assert!(higher.nested < 0.4 && higher.best == 1.0, "{higher:?}");
    assert_eq!((higher.trial, higher.looks), (1, 3));
    let lower = of(
        "model = \"logistic_regression\"\nsearch = { metric = \"log_loss\", space = { C = [1e-6, 1.0, 1e-5] } }",
    );
    assert!(lower.best < lower.nested && lower.trial == 1, "{lower:?}");
}

#[test]
fn halving_drops_the_worse_half_of_every_rung() {
    let (table, rows): (_, Vec<usize>) = (table(), (0..96).collect());
    for (metric, sign) in [("validation_loss", -1.0), ("validation_accuracy", 1.0)] {
        let row = row(&format!(
            "model = \"mlp\"\nhidden = [4]\ntrain = {{ epochs = 4, batch = 16, validation = 0.25 }}\n\
             search = {{ method = \"halving\", trials = 8, metric = \"{metric}\", \
             space = {{ \"train.learning_rate\" = {{ log_uniform = [1e-5, 0.1] }} }} }}"
        ));
        let record = searched(&row, &table, &rows, &[]);
        // After one epoch, two and four.
        for (rung, left) in [(0, 4), (1, 2)] {
            let there: Vec<&[f64]> = record.trials.iter().map(|trial| trial.folds.as_slice()).collect();
            let (stayed, dropped): (Vec<&[f64]>, Vec<&[f64]>) = there
                .into_iter()
                .filter(|folds| folds.len() > rung)
                .partition(|folds| folds.len() > rung + 1);
            assert_eq!((stayed.len(), dropped.len()), (left, left), "{record:?}");
            let worst = stayed.iter().map(|folds| sign * folds[rung]).fold(f64::INFINITY, f64::min);
            let best = dropped.iter().map(|folds| sign * folds[rung]).fold(f64::NEG_INFINITY, f64::max);
            assert!(worst >= best, "{metric}, rung {rung}: {record:?}");
        }
        let finals = record.trials.iter().filter_map(|trial| trial.score).map(|score| sign * score);
        let winner = sign * record.trials[record.chosen].score.unwrap();
        assert_eq!(winner, finals.fold(f64::NEG_INFINITY, f64::max), "{record:?}");
    }
}

/// Clips that are only to be watched are given to a network alone, and the preparation does not see them.
#[test]
fn what_is_only_watched_is_for_networks_and_not_learned_from() {
    let mut table = table();
    let (rows, watched): (Vec<usize>, Vec<usize>) = (0..90).partition(|row| *row < 60);
    watched.iter().for_each(|&row| table.values.row_mut(row).fill(1e6));
    let prepared = |text: &str, rows: &[usize]| {
        let side = TrainingSide { table: &table, rows, grouped: false, watched: &watched };
        let found = side.prepared(&row(&format!("{text}\nprepare = [\"standardize\"]"))).unwrap();
        (found.x, found.y.len(), found.aside.watched, found.aside.watched_only)
    };
    let (svc, network) = (prepared("model = \"svc\"", &rows), prepared("model = \"mlp\"", &rows));
    assert_eq!((svc.0.nrows(), svc.1, svc.2, svc.3), (60, 60, vec![], false));
    assert_eq!((network.0.nrows(), network.1, network.3), (90, 90, true));
    assert_eq!(network.2, (60..90).collect::<Vec<_>>());
    assert_eq!(network.0.slice(ndarray::s![..60, ..]), svc.0);
    let all: Vec<usize> = (0..90).collect();
    let (x, classes, own, only) = prepared("model = \"svc\"", &all);
    assert_eq!(
        (x.nrows(), classes, own.len(), only),
        (90, 90, 30, false),
        "learned from, and watched where asked"
    );
}
