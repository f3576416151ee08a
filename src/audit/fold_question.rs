//! What is asked of means over folds: are there hits that give them, in the folds that there are or could have been?
//!
//! Folds that every program counts alike are tried first. Only where these do not have the means are folds tried that
//! lack the clips of a class that a mean asks for, or that were trained without one: what these give in any of the ways
//! to count them (`fold_counting.rs`) is not impossible, and no more is known of it.

use super::finding::{Finding, Verdict, listed};
use super::fold_counting::Counting;
use super::fold_layouts::{every_layout, in_two_folds};
use super::fold_sums::{Fold, Means, Outcome, is_complete, kinds, solve, solve_classes, ways_to_count};

/// Layouts of unknown folds that are tried.
const MOST_LAYOUTS: usize = 20_000;
/// Layouts that are looked at for those.
const MOST_SEEN: usize = 50 * MOST_LAYOUTS;
/// What a layout costs beside its search.
const LAYOUT: u64 = 50;

/// A search for the hits of every fold, whatever the printed means are.
pub enum Question {
    /// The folds, in each way that they may be.
    Folds(Vec<Vec<Fold>>),
    /// Clips of each class in each fold.
    Classes(Vec<Vec<u64>>, u64),
    /// Folds in any of the ways that (p, n, folds) allow.
    Unknown(u64, u64, u64),
}

/// An answer, and how many layouts were tried for it.
pub struct Answered {
    pub outcome: Outcome,
    pub layouts: usize,
    /// Whether folds without clips of a class were counted in several ways.
    in_several_ways: bool,
    /// How they count in an outcome that fits.
    counting: Counting,
}

/// What the layouts tried one after another say together.
struct Tried {
    layouts: usize,
    in_several_ways: bool,
    cut_short: bool,
    even_in_fractions: bool,
    fits: Option<(Outcome, Counting)>,
}

impl Tried {
    fn nothing() -> Self {
        Self { layouts: 0, in_several_ways: false, cut_short: false, even_in_fractions: true, fits: None }
    }

    /// Tries one layout, counted in each of `ways`.
    fn one(&mut self, kinds: &[Fold], means: &Means, ways: &[Counting], steps: &mut u64) {
        self.layouts += 1;
        self.in_several_ways |= ways.len() > 1;
        for &counting in ways {
            match solve(kinds, means, counting, steps) {
                Outcome::Impossible { even_in_fractions } => self.even_in_fractions &= even_in_fractions,
                Outcome::CutShort => self.cut_short = true,
                outcome => {
                    self.fits = Some((outcome, counting));
                    return;
                }
            }
        }
    }

    /// `whole`: no layout was left out.
    fn answered(self, whole: bool) -> Answered {
        let (outcome, counting) = match self.fits {
            Some(fits) => fits,
            None if self.cut_short || !whole => (Outcome::CutShort, Counting::default()),
            None => (Outcome::Impossible { even_in_fractions: self.even_in_fractions }, Counting::default()),
        };
        Answered { outcome, layouts: self.layouts, in_several_ways: self.in_several_ways, counting }
    }
}

/// Folds that every program counts alike. `steps` is what the search may cost, in each way that known folds may be.
pub fn answer(question: &Question, means: &Means, mut steps: u64) -> Answered {
    let mut tried = Tried::nothing();
    let whole = match question {
        Question::Folds(ways) => {
            for kinds in ways.iter().filter(|kinds| is_complete(kinds, means)) {
                if tried.fits.is_none() {
                    let mut own = steps;
                    tried.one(kinds, means, &[Counting::default()], &mut own);
                }
            }
            true
        }
        Question::Classes(layout, runs) => {
            let outcome = solve_classes(layout, *runs, means, &mut steps).0;
            let counting = Counting::default();
            return Answered { outcome, layouts: 1, in_several_ways: false, counting };
        }
        Question::Unknown(p, n, folds) => every_layout(*p, *n, *folds, least(means), &mut |layout| {
            if in_two_folds(layout) {
                tried.one(&kinds(layout, 1), means, &[Counting::default()], &mut steps);
            }
            tried.fits.is_none() && tried.layouts < MOST_LAYOUTS && steps > 0
        }),
    };
    tried.answered(whole)
}

/// The positives and negatives that every fold needs for the means to be counted alike by every program.
fn least(means: &Means) -> (u64, u64) {
    let asked = |recall: bool| u64::from(recall || means.balanced.is_some());
    (asked(means.sensitivity.is_some()), asked(means.specificity.is_some()))
}

/// The other folds that there may be, counted in every way.
fn answer_of_others(question: &Question, means: &Means, mut steps: u64) -> Answered {
    let mut tried = Tried::nothing();
    let whole = match question {
        Question::Folds(ways) => {
            for kinds in ways.iter().filter(|kinds| !is_complete(kinds, means)) {
                if tried.fits.is_none() {
                    tried.one(kinds, means, &ways_to_count(kinds, means), &mut steps);
                }
            }
            true
        }
        Question::Classes(..) => true,
        Question::Unknown(p, n, folds) => {
            let mut seen = 0;
            every_layout(*p, *n, *folds, (0, 0), &mut |layout| {
                seen += 1;
                let kinds = kinds(layout, 1);
                if !is_complete(&kinds, means) || !in_two_folds(layout) {
                    tried.one(&kinds, means, &ways_to_count(&kinds, means), &mut steps);
                    steps = steps.saturating_sub(LAYOUT);
                }
                tried.fits.is_none() && tried.layouts < MOST_LAYOUTS && seen < MOST_SEEN && steps > 0
            })
        }
    };
    tried.answered(whole)
}

/// The verdict on the means, where all sizes of folds that there may be are in the question.
pub fn judge(question: &Question, means: &Means, steps: u64) -> Finding {
    let alike = answer(question, means, steps);
    let nowhere = alike.layouts == 0 && matches!(question, Question::Unknown(..));
    let Outcome::Impossible { even_in_fractions } = alike.outcome else { return conclude(&alike, question) };
    let others = answer_of_others(question, means, steps);
    if nowhere && others.layouts == 0 {
        let reason =
            "in no folds of equal size do two or more have clips of either class, so one has no score";
        return Finding::not_checkable("folds", reason);
    }
    let layouts = alike.layouts + others.layouts;
    match others.outcome {
        Outcome::Fits(hits) => {
            let words = hits_in_words(&hits, false);
            let counted = others.counting.in_words();
            let reason = if counted.is_empty() {
                format!("only folds of which one is trained without a class have these means: {words}")
            } else {
                format!(
                    "{words} have these means if {counted}; programs count a fold without clips of a class differently"
                )
            };
            Finding::not_checkable("folds", reason)
        }
        Outcome::CutShort => conclude(&Answered { outcome: Outcome::CutShort, layouts, ..others }, question),
        Outcome::Impossible { even_in_fractions: even } => {
            let outcome = Outcome::Impossible { even_in_fractions: even_in_fractions && even };
            let mut finding = conclude(&Answered { outcome, layouts, ..others }, question);
            if others.in_several_ways {
                finding.reason += ", however a fold without clips of a class is counted";
            }
            finding
        }
    }
}

fn in_words(kind: &Fold) -> String {
    match kind.n {
        0 => format!("{} × {}", kind.count, kind.p),
        n => format!("{} × ({} + {n})", kind.count, kind.p),
    }
}

fn conclude(answered: &Answered, question: &Question) -> Finding {
    match &answered.outcome {
        Outcome::CutShort if answered.layouts > 1 => Finding::not_checkable(
            "folds",
            format!("the search was cut short after {} layouts of folds", answered.layouts),
        ),
        Outcome::CutShort => {
            Finding::not_checkable("folds", "the search over hits of each fold was cut short")
        }
        Outcome::Impossible { even_in_fractions } => {
            let of = match question {
                Question::Unknown(..) => format!(
                    "in any of the {} ways the classes can fall into folds of equal size",
                    answered.layouts
                ),
                Question::Folds(ways) => {
                    let of = |kinds: &Vec<Fold>| format!("of {}", listed(kinds.iter().map(in_words)));
                    format!("in folds {}", ways.iter().map(of).collect::<Vec<_>>().join(", or "))
                }
                Question::Classes(layout, _) => format!(
                    "in folds whose classes have {}",
                    listed(
                        layout.iter().map(|fold| fold
                            .iter()
                            .map(u64::to_string)
                            .collect::<Vec<_>>()
                            .join(" + "))
                    )
                ),
            };
            let reason = if *even_in_fractions {
                format!("no hits {of} have these means, not even fractions of a clip")
            } else {
                format!("no whole numbers of hits {of} have these means; every one was tried or excluded")
            };
            Finding::new("folds", Verdict::Inconsistent, reason)
        }
        Outcome::Fits(hits) => {
            let words = hits_in_words(hits, matches!(question, Question::Classes(..)));
            Finding::consistent("folds", words, None)
        }
    }
}

fn hits_in_words(hits: &[(u64, u64, Fold)], classes: bool) -> String {
    listed(hits.iter().map(|(tp, tn, kind)| match (kind.n, classes) {
        (_, true) => {
            format!(
                "{tp} hits of {} × {} clips of a class in folds of {}",
                kind.count,
                kind.p,
                kind.p + kind.n
            )
        }
        (0, _) => format!("{tp} hits of {} folds of {}", kind.count, kind.p),
        _ => format!(
            "{tp} true positives and {tn} true negatives in {} folds of {} + {}",
            kind.count, kind.p, kind.n
        ),
    }))
}
