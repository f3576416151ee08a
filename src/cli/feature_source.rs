//! Whose clips `genrebench features` hears: files and folders, or the data set of an experiment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::exit::Usage;
use crate::datasets::{Catalog, Opened, loose_files, side_of};
use crate::experiment::{EXPERIMENTS, Experiment, ExperimentError, FeatureSpec, Observer, Row, open_dataset};

/// Where the clips, and perhaps the recipe, come from.
pub(super) enum FeatureSource {
    Files(Vec<PathBuf>),
    Experiment(Box<Experiment>, Option<PathBuf>),
}

impl FeatureSource {
    /// An experiment stands alone, and only its data set can lie elsewhere.
    pub fn of(paths: &[PathBuf], data: Option<&Path>) -> anyhow::Result<Self> {
        match (paths, paths.iter().find(|path| is_experiment(path))) {
            ([one], Some(_)) => {
                let experiment = Box::new(Experiment::load(one)?);
                Ok(Self::Experiment(experiment, data.map(Path::to_path_buf)))
            }
            (_, Some(path)) => {
                let message =
                    format!("{} is an experiment; name it alone, without other files", path.display());
                Err(Usage(message).into())
            }
            (_, None) if data.is_some() => {
                let message = "--data says where an experiment's data set lies; name the folder itself, or an experiment";
                Err(Usage(message.to_string()).into())
            }
            (_, None) => Ok(Self::Files(paths.to_vec())),
        }
    }

    /// The features that the rows are fed with, or the row of this name; none where files are named.
    pub fn recipe(&self, row: Option<&str>) -> anyhow::Result<Option<FeatureSpec>> {
        match (self, row) {
            (Self::Experiment(experiment, _), row) => recipe_of(experiment, row).map(Some),
            (Self::Files(_), None) => Ok(None),
            (Self::Files(_), Some(_)) => {
                Err(Usage("--row names a row of an experiment, and there is none".to_string()).into())
            }
        }
    }

    /// Tells what there is to know of the clips.
    pub fn catalog(&self, observer: &dyn Observer) -> anyhow::Result<Catalog> {
        let catalog = match self {
            Self::Files(paths) => {
                let catalog = loose_files(paths)?;
                if paths.iter().any(|path| path.is_dir())
                    && let Some(doubt) = doubtful_labels(&catalog)
                {
                    observer.note(&doubt);
                }
                catalog
            }
            Self::Experiment(experiment, data) => match open_dataset(&experiment.dataset, data.as_deref())? {
                Opened::Clips(catalog) => catalog,
                Opened::Table(_) => return Err(ExperimentError::NeedsAudio { what: "features" }.into()),
            },
        };
        catalog.notes.iter().for_each(|note| observer.note(&note.to_string()));
        Ok(catalog)
    }
}

/// A file of that kind, or the name of a built-in one where nothing else is called so.
fn is_experiment(path: &Path) -> bool {
    let of_kind = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let built_in = || EXPERIMENTS.iter().any(|experiment| path == Path::new(experiment.name));
    of_kind && !path.is_dir() || !path.exists() && built_in()
}

fn recipe_of(experiment: &Experiment, row: Option<&str>) -> anyhow::Result<FeatureSpec> {
    let names = |rows: &[&Row]| rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ");
    let fed: Vec<&Row> = experiment.rows.iter().filter(|row| columns_of(row).is_some()).collect();
    let chosen: Vec<&Row> = match row {
        None => fed.clone(),
        Some(name) => fed.iter().copied().filter(|row| row.name == name).collect(),
    };
    let mut recipes: Vec<FeatureSpec> = Vec::new();
    for recipe in chosen.iter().filter_map(|row| columns_of(row)) {
        if !recipes.contains(&recipe) {
            recipes.push(recipe);
        }
    }
    let path = experiment.path.display();
    let message = match (recipes.len(), row) {
        (1, _) => return Ok(recipes.remove(0)),
        (0, None) => format!(
            "no row of {path} is fed with columns computed of sound; say which features: --set SET, …"
        ),
        (0, Some(name)) => format!(
            "no row of {path} is called `{name}` and fed with columns computed of sound; those that are: {}",
            names(&fed)
        ),
        (count, _) => format!(
            "the rows of {path} are fed with {count} different recipes of features; say which with --row NAME ({}), or name \
             features with --set SET, …",
            names(&fed)
        ),
    };
    Err(Usage(message).into())
}

/// All columns that a row's recipe makes of a clip's sound; a network's frames and somebody's table are none.
fn columns_of(row: &Row) -> Option<FeatureSpec> {
    let spec = row.features.as_ref().filter(|_| row.ensemble.is_none())?;
    let computed = spec.frames.is_none() && spec.embedding.as_deref() != Some("table");
    computed.then(|| spec.whole())
}

/// What to say where the folders can hardly be named after classes.
fn doubtful_labels(catalog: &Catalog) -> Option<String> {
    const SHOWN: usize = 3;
    let labels: BTreeSet<&str> =
        catalog.clips.iter().map(|clip| clip.label.as_str()).filter(|label| !label.is_empty()).collect();
    let numbers = labels.iter().all(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    let why = match labels.len() {
        0 => return None,
        1 => "there is only one",
        _ if numbers => "all of them are numbers",
        _ if labels.iter().all(|label| side_of(label).is_some()) => "they are sides of a split",
        _ => return None,
    };
    let shown = labels.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    let more = if labels.len() > SHOWN { ", …" } else { "" };
    Some(format!(
        "labels are the names of folders ({shown}{more}), and {why}: for a data set's own labels, groups and folds name an \
         experiment on it in place of the folder (genrebench features my.toml --data DIR)"
    ))
}
