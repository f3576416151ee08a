//! Every solver comes to the same minimum, with the default tolerance already.

use super::*;
use crate::random::Draws;

/// Rows of classes in turn; columns of very different size, except where there are more columns than rows.
fn drawn(rows: usize, columns: usize, classes: usize) -> (Array2<f64>, Vec<usize>) {
    let mut draws = Draws::new(6, "logistic");
    let y: Vec<usize> = (0..rows).map(|row| row % classes).collect();
    let scale = |column: usize| if columns < rows { 10f64.powi(column as i32 % 4) } else { 1.0 };
    let x = Array2::from_shape_fn((rows, columns), |(row, column)| {
        (draws.normal() + if column % classes == y[row] { 0.7 } else { 0.0 }) * scale(column)
    });
    (x, y)
}

fn value(model: &LogisticRegression, x: &Array2<f64>, y: &[usize], classes: usize) -> f64 {
    let present = check_two_classes(TrainingSet { x: x.view(), y, classes }, NAME).unwrap();
    let mut path = LogisticPath::new(model.recipe(), x.view(), &present);
    let OneOrMore::One(c) = model.c else { unreachable!() };
    let found = path.fit(c).unwrap();
    assert!(found.converged, "{model:?}");
    found.value
}

#[test]
fn the_default_tolerance_reaches_the_converged_value_by_every_solver() {
    for (rows, columns, classes) in [(300, 10, 2), (400, 30, 5), (60, 100, 9)] {
        let (x, y) = drawn(rows, columns, classes);
        for multi_class in [MultiClass::Multinomial, MultiClass::Ovr] {
            for c in [0.01, 1.0, 100.0] {
                let model = |solver, tol, max_iter| LogisticRegression {
                    c: OneOrMore::One(c),
                    solver: Some(solver),
                    multi_class,
                    tol,
                    max_iter,
                    ..Default::default()
                };
                let tight = value(&model(Solver::NewtonCg, 1e-9, 2000), &x, &y, classes);
                for solver in [Solver::Lbfgs, Solver::NewtonCg] {
                    let usual = value(&model(solver, 1e-4, 100), &x, &y, classes);
                    assert!((usual - tight).abs() <= 1e-6 * tight, "{rows} {c} {solver:?}: {usual} {tight}");
                }
                let usual = value(&model(Solver::Coordinate, 1e-4, 100_000), &x, &y, classes);
                assert!((usual - tight).abs() <= 1e-6 * tight, "{rows} {c} coordinate: {usual} {tight}");
            }
        }
    }
}

/// At the minimum of an L1 penalty no weight can move downhill: |slope| ≤ α at 0, slope = ∓α elsewhere.
#[test]
fn an_l1_penalty_zeroes_weights_and_meets_its_conditions() {
    let (x, y) = drawn(400, 30, 5);
    let x = x.mapv(|value| value / 10.0);
    let present = check_two_classes(TrainingSet { x: x.view(), y: &y, classes: 5 }, NAME).unwrap();
    let model =
        LogisticRegression { penalty: Penalty::L1, tol: 1e-9, max_iter: 10_000, ..Default::default() };
    let mut path = LogisticPath::new(model.recipe(), x.view(), &present);
    let mut zeros = Vec::new();
    for c in [0.003, 0.3] {
        let found = path.fit(c).unwrap().clone();
        let mut residuals = x.dot(&found.weights) + &Array1::from(found.intercepts.clone());
        softmax(&mut residuals);
        y.iter().enumerate().for_each(|(row, class)| residuals[[row, *class]] -= 1.0);
        let slopes = x.t().dot(&residuals) * c;
        for (slope, weight) in slopes.iter().zip(&found.weights) {
            let gap = if *weight == 0.0 { slope.abs() - 1.0 } else { (slope + weight.signum()).abs() };
            assert!(gap < 1e-3, "{c}: {weight} {slope}");
        }
        zeros.push(found.weights.iter().filter(|weight| **weight == 0.0).count());
    }
    assert!(zeros[0] > zeros[1] && zeros[1] > 0, "{zeros:?}");
}

#[test]
fn without_a_penalty_the_slope_of_the_loss_alone_is_zero() {
    let (x, y) = drawn(400, 6, 3);
    let present = check_two_classes(TrainingSet { x: x.view(), y: &y, classes: 3 }, NAME).unwrap();
    for solver in [Solver::Lbfgs, Solver::NewtonCg, Solver::Coordinate] {
        let model = LogisticRegression {
            penalty: Penalty::None,
            solver: Some(solver),
            tol: 1e-9,
            max_iter: 10_000,
            ..Default::default()
        };
        let mut path = LogisticPath::new(model.recipe(), x.view(), &present);
        let found = path.fit(1.0).unwrap();
        assert!(found.converged);
        let mut residuals = x.dot(&found.weights) + &Array1::from(found.intercepts.clone());
        softmax(&mut residuals);
        y.iter().enumerate().for_each(|(row, class)| residuals[[row, *class]] -= 1.0);
        assert!(residuals.sum_axis(ndarray::Axis(0)).iter().all(|sum| sum.abs() < 1e-3), "{solver:?}");
        let largest = x.fold(0.0, |largest: f64, value| largest.max(value.abs()));
        assert!(x.t().dot(&residuals).iter().all(|slope| slope.abs() < 1e-3 * largest), "{solver:?}");
    }
}

#[test]
fn stopping_early_is_noted() {
    let x = Array2::from_shape_fn((40, 3), |(row, column)| ((row * 5 + column * 7) % 11) as f64);
    let y: Vec<usize> = (0..40).map(|row| usize::from(x[[row, 0]] + x[[row, 1]] > 9.0)).collect();
    let train = TrainingSet { x: x.view(), y: &y, classes: 2 };
    let model = LogisticRegression { c: OneOrMore::One(1e6), max_iter: 2, ..Default::default() };
    assert!(model.fit(train, 0).unwrap().notes()[0].contains("max_iter = 2"));
}

#[test]
fn a_grid_of_c_is_searched_and_noted_and_a_fold_without_classes_is_refused() {
    let (x, y) = drawn(300, 10, 3);
    let train = TrainingSet { x: x.view(), y: &y, classes: 3 };
    let model = LogisticRegression { c: OneOrMore::More(vec![1.0, 1e-9]), ..Default::default() };
    let note = &model.fit(train, 0).unwrap().notes()[0];
    assert!(note.starts_with("C = 1 by accuracy on 5 inner folds: 0.000000001 0."), "{note}");
    let few = TrainingSet { x: x.slice(ndarray::s![..4, ..]), y: &y[..4], classes: 3 };
    assert!(model.fit(few, 0).map(|_| ()).unwrap_err().to_string().contains("5 inner folds"));
}
