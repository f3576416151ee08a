//! How the clips were dealt to the sides, as a run's record and its report say it.

use std::path::{Path, PathBuf};

use crate::table::{ListFiles, SplitSpec, ValidationSide};

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
        // Folds have no validation side; of sides, a note of the run says what is learned from.
        SplitSpec::Official(spec) => match spec.validation {
            ValidationSide::Train => "the data set's official folds".to_string(),
            to => format!("the data set's official sides; the validation side {}", goes(to)),
        },
        SplitSpec::List(files) => listed(files),
    }
}

/// What earlier records say of the same split.
pub fn earlier_words(split: &SplitSpec) -> Option<&'static str> {
    match split {
        SplitSpec::Official(_) => Some("the data set's official folds"),
        SplitSpec::List(_) => Some("as listed in files"),
        _ => None,
    }
}

fn goes(to: ValidationSide) -> &'static str {
    match to {
        ValidationSide::Train => "is learned from",
        ValidationSide::Watch => "is only watched by networks",
        ValidationSide::Test => "is tested too",
        ValidationSide::Instead => "is tested instead of the test side",
        ValidationSide::Drop => "is left out",
    }
}

/// Files by their names, wherever they lie.
fn listed(files: &ListFiles) -> String {
    let name = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let to = goes(files.validation_side());
    if let Some(file) = &files.file {
        return match files.validation_side() {
            ValidationSide::Train => format!("as listed in {}", name(file)),
            _ => format!("as listed in {}; the validation side {to}", name(file)),
        };
    }
    let of =
        |path: &Option<PathBuf>, what: &str| path.as_deref().map(|path| format!("{} {what}", name(path)));
    let validated = files.validation.as_ref().or(files.watch.as_ref()).cloned();
    let parts = [of(&files.train, "is learned from"), of(&validated, to), of(&files.test, "is tested")];
    format!("as listed: {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_split_tells_what_becomes_of_its_validation_side_and_which_files_list_it() {
        let words = |text: &str| split_in_words(&toml::from_str(text).unwrap());
        let official = |validation: &str| words(&format!("kind = \"official\"\n{validation}"));
        assert_eq!(official(""), "the data set's official folds");
        let earlier = |text: &str| earlier_words(&toml::from_str(text).unwrap());
        assert_eq!(earlier("kind = \"official\""), Some("the data set's official folds"));
        assert_eq!(earlier("kind = \"stratified\"\ntest = 0.1"), None);
        let all = ["train", "watch", "test", "instead", "drop"];
        let told: BTreeSet<String> =
            all.iter().map(|name| official(&format!("validation = \"{name}\""))).collect();
        assert_eq!(told.len(), 5, "{told:?}");
        assert_eq!(
            words("kind = \"list\"\ntrain = \"/a/b/train.txt\"\nwatch = \"v.txt\"\ntest = \"c/t.txt\""),
            "as listed: train.txt is learned from, v.txt is only watched by networks, t.txt is tested"
        );
        assert_eq!(
            words("kind = \"list\"\nfile = \"a/sides.csv\"\nvalidation = \"drop\""),
            "as listed in sides.csv; the validation side is left out"
        );
    }
}
