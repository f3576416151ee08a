//! Gradients and curvatures are slopes of the value.

use super::*;
use crate::random::Draws;

#[test]
fn gradient_and_hessian_are_the_slopes_of_the_value_and_of_the_gradient() {
    let mut draws = Draws::new(4, "gradient");
    let x = Array2::from_shape_fn((203, 5), |_| draws.normal());
    for (loss, classes) in [
        (Loss::Softmax, 2),
        (Loss::Softmax, 5),
        (Loss::Softmax, 11),
        (Loss::Logistic, 3),
        (Loss::SquaredHinge, 2),
        (Loss::SquaredHinge, 5),
    ] {
        let targets: Vec<usize> = (0..203).map(|_| draws.below(classes)).collect();
        let mut weights = || (0..classes).map(|_| draws.between(0.5, 2.0)).collect();
        let (own, rest) = (weights(), weights());
        let x = x.view();
        let intercept = Some(0.5);
        let task = Task { x, targets: &targets, classes, loss, own, rest, penalty: 3.0, intercept };
        let mut linear = LinearLoss::<4>::new(&task).unwrap();
        // Lanes beyond the last class stay at 0.
        let held = |place: usize| (place / (4 * 6)) * 4 + place % 4 < linear.outputs;
        let held: Vec<bool> = (0..linear.size()).map(held).collect();
        let mut point =
            || -> Vec<f64> { held.iter().map(|held| if *held { draws.normal() } else { 0.0 }).collect() };
        let (at, along) = (point(), point());
        let at_gap = |gap: f64| -> (f64, Vec<f64>) {
            let there: Vec<f64> = at.iter().zip(&along).map(|(at, along)| at + gap * along).collect();
            let mut gradient = vec![0.0; there.len()];
            (linear.evaluate(&there, &mut gradient), gradient)
        };
        let ((low, low_slope), (_, gradient), (high, high_slope)) =
            (at_gap(-1e-6), at_gap(0.0), at_gap(1e-6));
        assert!(held.iter().zip(&gradient).all(|(held, slope)| *held || *slope == 0.0));
        let dot: f64 = gradient.iter().zip(&along).map(|(a, b)| a * b).sum();
        assert!(((high - low) / 2e-6 - dot).abs() < 1e-6, "{loss:?} {classes}");
        linear.hold(&at);
        let mut product = vec![0.0; at.len()];
        linear.hessian(&along, &mut product);
        for ((low, high), product) in low_slope.iter().zip(&high_slope).zip(&product) {
            // A row may cross the hinge's kink between the two points.
            let allowed = if loss == Loss::SquaredHinge { 2e-1 } else { 1e-6 };
            assert!(((high - low) / 2e-6 - product).abs() < allowed, "{loss:?} {classes}");
        }
    }
}
