//! Equal, better, worse or undecided: a difference held against a region of practical equivalence.
//!
//! Of the resampled differences, the parts below −r, within ±r and above r are counted; what holds 95 % decides
//! (J. Kruschke, Advances in Methods and Practices in Psychological Science 1, 2018; A. Benavoli et al., JMLR 18,
//! 2017, who take r = 1 point of accuracy). A difference that is real but smaller than r is `equal`: it does not
//! matter. That neither part reaches 95 % is `undecided`, never `equal`.

use serde::Serialize;

use super::distributions::student_two_sided;
use super::intervals::mean_sd;

/// A spread below this part of a difference is what rounding leaves of none.
pub(super) const ROUNDING: f64 = 1e-9;

/// The part of the draws that decides.
pub const SURE: f64 = 0.95;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Equal,
    Better,
    Worse,
    Undecided,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Undecided => "undecided",
        }
    }
}

/// What resampled differences say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Parts of the draws: worse by more than r, within ±r, better by more than r.
    pub worse: f64,
    pub equal: f64,
    pub better: f64,
    /// Central 95 % of the draws.
    pub low: f64,
    pub high: f64,
}

/// Judges draws of `ours − other`, NaN draws left out; `None` if none is left.
pub fn judge(differences: &[f64], region: f64, higher_is_better: bool) -> Option<Judgement> {
    let mut draws: Vec<f64> = differences.iter().copied().filter(|draw| draw.is_finite()).collect();
    if draws.is_empty() {
        return None;
    }
    draws.sort_unstable_by(f64::total_cmp);
    let all = draws.len() as f64;
    let part = |of: &dyn Fn(f64) -> bool| draws.iter().filter(|draw| of(**draw)).count() as f64 / all;
    let (below, above) = (part(&|draw| draw < -region), part(&|draw| draw > region));
    let (worse, better) = if higher_is_better { (below, above) } else { (above, below) };
    let equal = part(&|draw| draw.abs() <= region);
    let verdict = match () {
        () if equal >= SURE => Verdict::Equal,
        () if better >= SURE => Verdict::Better,
        () if worse >= SURE => Verdict::Worse,
        () => Verdict::Undecided,
    };
    let (low, high) = (quantile(&draws, 0.025)?, quantile(&draws, 0.975)?);
    Some(Judgement { verdict, worse, equal, better, low, high })
}

/// The two-sided p value of a difference whose error is the spread of its resampled draws, so that it is not bounded by
/// the number of draws. G `units` were redrawn: a mean's redraws spread by √((G − 1)/G) of its error, which is widened by
/// as much, and that G − 1 differences from their mean make the error is in Student's t. Draws without spread: 1 for no
/// difference, else no answer, for so few test clips cannot say how sure they are.
pub fn resampled_p(difference: f64, draws: &[f64], units: usize) -> Option<f64> {
    let finite: Vec<f64> = draws.iter().copied().filter(|draw| draw.is_finite()).collect();
    let sd = mean_sd(&finite)?.sd?;
    match (sd > ROUNDING * difference.abs(), difference == 0.0) {
        (true, _) => {
            let degrees = units.checked_sub(1).filter(|degrees| *degrees > 0)? as f64;
            let error = sd * (units as f64 / degrees).sqrt();
            Some(student_two_sided(difference / error, degrees))
        }
        (false, true) => Some(1.0),
        (false, false) => None,
    }
}

/// Linear between order statistics, as numpy's default.
pub(super) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let place = part * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_five_in_a_hundred_decide() {
        let draws = |low: usize, within: usize, high: usize| {
            let of = |value: f64, count: usize| std::iter::repeat_n(value, count);
            of(-0.05, low).chain(of(0.001, within)).chain(of(0.05, high)).collect::<Vec<_>>()
        };
        let verdict = |low, within, high| judge(&draws(low, within, high), 0.01, true).unwrap().verdict;
        assert_eq!(verdict(2, 95, 3), Verdict::Equal);
        assert_eq!(verdict(0, 5, 95), Verdict::Better);
        assert_eq!(verdict(96, 4, 0), Verdict::Worse);
        assert_eq!(verdict(0, 50, 50), Verdict::Undecided);
        assert_eq!(judge(&draws(0, 0, 9), 0.01, false).unwrap().verdict, Verdict::Worse);
        assert_eq!(judge(&[f64::NAN], 0.01, true), None);
    }

    #[test]
    fn p_follows_students_distribution_over_what_was_redrawn() {
        // A spread of 1.
        let draws = [-1.0, 1.0, 0.0, 1.0, -1.0];
        let p = |difference: f64, units: usize| resampled_p(difference, &draws, units).unwrap();
        // t with 10 degrees of freedom is beyond 2.228 with 5 %; with 1 beyond 1 with 50 %; with many it is normal.
        let t = 2.228_138_851_964_938_5;
        assert!((p(t * 1.1f64.sqrt(), 11) - 0.05).abs() < 1e-9);
        assert!((p(2f64.sqrt(), 2) - 0.5).abs() < 1e-12);
        assert!((p(1.959_963_984_540_054, 10_001) - 0.05).abs() < 1e-4);
        assert_eq!(resampled_p(1.0, &draws, 1), None);
        assert_eq!(resampled_p(0.0, &[0.5, 0.5], 1), Some(1.0));
        assert_eq!(resampled_p(0.1, &[0.1, 0.1], 9), None);
        assert_eq!(resampled_p(0.1, &[0.1, 0.1 + 1e-17, 0.1 - 2e-17], 9), None);
    }
}
