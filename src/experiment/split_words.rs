//! How the clips were dealt to the sides, as a run's record and its report say it.

use crate::table::SplitSpec;

/// The split in words.
pub fn split_in_words(split: &SplitSpec) -> String {
    let times = |repeats: usize| if repeats == 1 { String::new() } else { format!(", {repeats} times") };
    match split {
        SplitSpec::Stratified(spec) => {
            format!(
                "stratified hold-out of {:.0} %{}, seed {}",
                100.0 * spec.test,
                times(spec.repeats),
                spec.seed
            )
        }
        SplitSpec::StratifiedKfold(spec) => {
            format!("{} stratified folds{}, seed {}", spec.folds, times(spec.repeats), spec.seed)
        }
        SplitSpec::Group(spec) => {
            let share = 100.0 * spec.test;
            format!(
                "hold-out of {share:.0} %, no artist or source on two sides{}, seed {}",
                times(spec.repeats),
                spec.seed
            )
        }
        SplitSpec::GroupKfold(spec) => {
            format!(
                "{} folds, no artist or source on two sides{}, seed {}",
                spec.folds,
                times(spec.repeats),
                spec.seed
            )
        }
        SplitSpec::Official(_) => "the data set's official folds".to_string(),
        SplitSpec::List(_) => "as listed in files".to_string(),
    }
}
