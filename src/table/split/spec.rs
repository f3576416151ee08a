//! SplitSpec: the `split = { kind = "…", … }` of an experiment, checked while it is deserialised.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::disk::starting_at;
use crate::spelling::hint;
use crate::table::error::TableError;

/// How the clips are divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Table", tag = "kind", rename_all = "snake_case")]
pub enum SplitSpec {
    Stratified(HoldOut),
    StratifiedKfold(KFold),
    Group(HoldOut),
    GroupKfold(KFold),
    Official(Official),
    List(ListFiles),
}

/// A kind of split and its keys, for lists and messages.
#[derive(Debug, Clone, Copy)]
pub struct SplitKind {
    pub name: &'static str,
    pub summary: &'static str,
    /// Name, and what it means.
    pub keys: &'static [[&'static str; 2]],
}

const REPEATS: [&str; 2] = ["repeats", "times that all is drawn anew (1)"];
const SEED: [&str; 2] = ["seed", "another seed draws other sides; the experiment's own unless told"];
const HOLD_OUT_KEYS: &[[&str; 2]] =
    &[["test", "share of the clips that is tested, as 0.2 (needed)"], REPEATS, SEED];
const K_FOLD_KEYS: &[[&str; 2]] = &[["folds", "2 or more, each tested once (needed)"], REPEATS, SEED];

/// Every kind, in the order in which they are listed.
pub const SPLIT_KINDS: &[SplitKind] = &[
    SplitKind {
        name: "stratified",
        summary: "hold-out: a share of each class is tested",
        keys: HOLD_OUT_KEYS,
    },
    SplitKind {
        name: "stratified_kfold",
        summary: "each clip is tested once a repeat; classes in equal shares",
        keys: K_FOLD_KEYS,
    },
    SplitKind {
        name: "group",
        summary: "hold-out with no artist or source on both sides, classes as equal as groups allow",
        keys: HOLD_OUT_KEYS,
    },
    SplitKind {
        name: "group_kfold",
        summary: "folds with no artist or source on both sides, classes as equal as groups allow",
        keys: K_FOLD_KEYS,
    },
    SplitKind {
        name: "official",
        summary: "the data set's own folds, or its own training, validation and test sides",
        keys: &[[
            "validation",
            "where a validation side goes: train (default), watch, test, instead or drop",
        ]],
    },
    SplitKind {
        name: "list",
        summary: "files that name the clips: train and test (and validation), or one CSV of id and side or fold",
        keys: &[
            ["train", "file with one clip id a line (needed, unless there is `file`)"],
            [
                "validation",
                "the same of clips that join the training side and that networks validate on; beside `file` where a validation side goes: train (default), watch, test, instead or drop",
            ],
            [
                "watch",
                "instead of `validation` a file of clips that networks validate on and nothing learns from",
            ],
            ["test", "the same of the clips that are tested (needed, unless there is `file`)"],
            [
                "file",
                "instead of these one CSV of clip id and side; with a header line (id, split) of other columns or of folds too",
            ],
            ["unknown", "of listed ids that no clip has: error (default) or skip"],
        ],
    },
];

/// A share is tested, the rest is learned from; `repeats` times over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldOut {
    /// Between 0 and 1.
    pub test: f64,
    #[serde(default = "one")]
    pub repeats: usize,
    #[serde(default)]
    pub seed: u64,
}

/// Each fold is tested once; `repeats` times over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KFold {
    pub folds: usize,
    #[serde(default = "one")]
    pub repeats: usize,
    #[serde(default)]
    pub seed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Official {
    #[serde(default)]
    pub validation: ValidationSide,
}

/// Where the clips of a validation side go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidationSide {
    /// Learned from; a network that validates looks at just these.
    #[default]
    Train,
    /// Only looked at by networks that validate: nothing learns from them, and they are not tested.
    Watch,
    /// Tested beside the test side.
    Test,
    /// Tested instead of the test side, which is left out.
    Instead,
    Drop,
}

impl ValidationSide {
    const NAMES: [(&'static str, Self); 5] = [
        ("train", Self::Train),
        ("watch", Self::Watch),
        ("test", Self::Test),
        ("instead", Self::Instead),
        ("drop", Self::Drop),
    ];

    fn named(name: &Path) -> Option<Self> {
        Self::NAMES.into_iter().find(|(known, _)| name.as_os_str() == *known).map(|(_, side)| side)
    }
}

/// Either `train` and `test` (one id a line), or `file` (CSV of id and side or fold).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListFiles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<PathBuf>,
    /// Joins the training side. Beside `file` no path but the name of a [`ValidationSide`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<PathBuf>,
    /// Watched, not learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    #[serde(default)]
    pub unknown: Unknown,
}

impl ListFiles {
    /// Where the clips of the validation side go.
    pub fn validation_side(&self) -> ValidationSide {
        match (&self.file, &self.watch) {
            (Some(_), _) => self.validation.as_deref().and_then(ValidationSide::named).unwrap_or_default(),
            (None, Some(_)) => ValidationSide::Watch,
            (None, None) => ValidationSide::Train,
        }
    }

    fn check(&self) -> Result<(), TableError> {
        let validation = self.validation.as_deref();
        match (&self.file, &self.train, validation.or(self.watch.as_deref()), &self.test) {
            (Some(_), None, None, None) => Ok(()),
            (Some(_), None, Some(side), None) if self.watch.is_none() => match ValidationSide::named(side) {
                Some(_) => Ok(()),
                None => {
                    let names = ValidationSide::NAMES.map(|(name, _)| name);
                    let (known, side) = (names.join(", "), side.to_string_lossy());
                    let hint = hint(&side, names);
                    refuse(format!("validation = \"{side}\"{hint}: beside `file` it is one of {known}"))
                }
            },
            (None, Some(_), Some(_), Some(_)) if self.validation.is_some() && self.watch.is_some() => {
                refuse("kind list: `validation` is learned from and `watch` is not; leave one out")
            }
            (None, Some(_), Some(side), Some(_)) if side.as_os_str() == "watch" => refuse(
                "kind list: validation = \"watch\" goes with `file`; of files of ids say watch = \"FILE\" instead of it",
            ),
            (None, Some(_), _, Some(_)) => Ok(()),
            _ => refuse("kind list needs train and test (and may have validation or watch), or file alone"),
        }
    }
}

/// What to do about a listed id that no clip has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    #[default]
    Error,
    Skip,
}

fn one() -> usize {
    1
}

const MOST_REPEATS: usize = 10_000;

impl TryFrom<toml::Table> for SplitSpec {
    type Error = TableError;

    fn try_from(mut options: toml::Table) -> Result<Self, TableError> {
        let names = || SPLIT_KINDS.iter().map(|kind| kind.name);
        let known = || names().collect::<Vec<_>>().join(", ");
        let kind = match options.remove("kind") {
            Some(toml::Value::String(kind)) => kind,
            _ => return refuse(format!("kind = \"…\" is missing; one of {}", known())),
        };
        let Some(found) = SPLIT_KINDS.iter().find(|known| known.name == kind) else {
            return refuse(format!("no kind is called '{kind}'{}; one of {}", hint(&kind, names()), known()));
        };
        let keys: Vec<&str> = found.keys.iter().map(|[key, _]| *key).collect();
        if let Some(unknown) = options.keys().find(|key| !keys.contains(&key.as_str())) {
            let meant = hint(unknown, keys.iter().copied());
            return refuse(format!("kind {kind} has no key '{unknown}'{meant}; it has: {}", keys.join(", ")));
        }
        let spec = match kind.as_str() {
            "stratified" => Self::Stratified(parse(&kind, options)?),
            "stratified_kfold" => Self::StratifiedKfold(parse(&kind, options)?),
            "group" => Self::Group(parse(&kind, options)?),
            "group_kfold" => Self::GroupKfold(parse(&kind, options)?),
            "official" => Self::Official(parse(&kind, options)?),
            _ => Self::List(parse(&kind, options)?),
        };
        spec.check()?;
        Ok(spec)
    }
}

impl SplitSpec {
    /// The kind's name in the registry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Stratified(_) => "stratified",
            Self::StratifiedKfold(_) => "stratified_kfold",
            Self::Group(_) => "group",
            Self::GroupKfold(_) => "group_kfold",
            Self::Official(_) => "official",
            Self::List(_) => "list",
        }
    }

    /// Reads the relative paths of list files as starting at `base`.
    pub fn resolve_paths(&mut self, base: &Path) {
        if let Self::List(files) = self {
            let is_file = files.file.is_none();
            let validation = Some(&mut files.validation).filter(|_| is_file);
            let others = [&mut files.train, &mut files.watch, &mut files.test, &mut files.file];
            for path in others.into_iter().chain(validation) {
                *path = path.as_ref().map(|path| starting_at(base, path));
            }
        }
    }

    fn check(&self) -> Result<(), TableError> {
        let repeats = |repeats: usize| match repeats {
            1..=MOST_REPEATS => Ok(()),
            _ => refuse(format!("repeats = {repeats} is outside 1 to {MOST_REPEATS}")),
        };
        match self {
            Self::Stratified(spec) | Self::Group(spec) => {
                if !(spec.test > 0.0 && spec.test < 1.0) {
                    return refuse(format!(
                        "test = {} is outside 0 to 1; test = 0.2 tests a fifth",
                        spec.test
                    ));
                }
                repeats(spec.repeats)
            }
            Self::StratifiedKfold(spec) | Self::GroupKfold(spec) => {
                if spec.folds < 2 {
                    return refuse(format!("folds = {} is fewer than two", spec.folds));
                }
                repeats(spec.repeats)
            }
            Self::Official(_) => Ok(()),
            Self::List(files) => files.check(),
        }
    }
}

fn parse<T: DeserializeOwned>(kind: &str, options: toml::Table) -> Result<T, TableError> {
    options.try_into().map_err(|error: toml::de::Error| TableError::SplitSpec {
        message: format!("kind {kind}: {}", error.message().trim()),
    })
}

fn refuse<T>(message: impl Into<String>) -> Result<T, TableError> {
    Err(TableError::SplitSpec { message: message.into() })
}
