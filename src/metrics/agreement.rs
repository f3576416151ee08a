//! Agreement beyond chance: Cohen's kappa and the multiclass Matthews correlation.
//!
//! With n clips, h hits, support sᵢ and predictions tᵢ of class i:
//! κ = (h/n − e)/(1 − e), e = Σ sᵢtᵢ/n² (J. Cohen, Educational and Psychological Measurement 20, 1960), without value
//! where e = 1, one class being everywhere;
//! MCC = (hn − Σsᵢtᵢ)/√((n² − Σsᵢ²)(n² − Σtᵢ²)) (J. Gorodkin, Computational Biology and Chemistry 28, 2004), 0 where
//! a side names one class only, as scikit-learn's.

use super::confusion::Confusion;
use super::metric::{Metric, Statistic, Unit};

pub const KAPPA: Metric = Metric {
    name: "kappa",
    summary: "Cohen's kappa: agreement beyond what the two sides' class shares give by chance",
    statistic: Statistic::Counts(kappa),
    higher_is_better: true,
    unit: Unit::Coefficient,
};

pub const MCC: Metric = Metric {
    name: "mcc",
    summary: "Matthews correlation for any number of classes (Gorodkin's R_K)",
    statistic: Statistic::Counts(mcc),
    higher_is_better: true,
    unit: Unit::Coefficient,
};

/// Σ over classes of `of(support, taken)`.
fn sum(confusion: &Confusion, of: fn(f64, f64) -> f64) -> f64 {
    (0..confusion.classes())
        .map(|class| of(confusion.support(class) as f64, confusion.taken(class) as f64))
        .sum()
}

fn hits_and_clips(confusion: &Confusion) -> Option<(f64, f64)> {
    let clips = confusion.clips();
    let hits: u64 = (0..confusion.classes()).map(|class| confusion.hits(class)).sum();
    (clips > 0).then_some((hits as f64, clips as f64))
}

fn kappa(confusion: &Confusion) -> Option<f64> {
    let (hits, clips) = hits_and_clips(confusion)?;
    let by_chance = sum(confusion, |support, taken| support * taken);
    let room = clips * clips - by_chance;
    (room > 0.0).then(|| (hits * clips - by_chance) / room)
}

fn mcc(confusion: &Confusion) -> Option<f64> {
    let (hits, clips) = hits_and_clips(confusion)?;
    let covariance = hits * clips - sum(confusion, |support, taken| support * taken);
    let of_truth = clips * clips - sum(confusion, |support, _| support * support);
    let of_predictions = clips * clips - sum(confusion, |_, taken| taken * taken);
    let scale = of_truth.sqrt() * of_predictions.sqrt();
    Some(if scale == 0.0 { 0.0 } else { covariance / scale })
}
