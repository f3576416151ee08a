//! `experiments/*.toml`: a question, a recipe, and the published numbers it is held against.
//!
//! Every key is known or refused. A row's own keys are `name`, `like`, `model`, `published`, `reference`, `features`,
//! `prepare`, `note`, `seed`, `ablation`, `ensemble`, `search`, `explain` and `perturb`; whatever else it holds are the
//! model's parameters, which the model checks.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::ablation;
use super::copied::{MOST_COPIED, MOST_ROWS, names_in, parts_of, values_in};
use super::ensemble_members;
use super::ensemble_spec::{self, EnsembleSpec};
use super::explain_spec::ExplainSpec;
use super::gate::check_allowed;
use super::library::{EXPERIMENTS, built_in};
use super::likeness;
use super::perturb_spec;
use super::row::{Row, parse_published, parse_reference};
use super::row_checks::{check_features, check_fed, check_own_explain, check_own_prepare, check_perturbed};
use super::search::SearchSpec;
use super::toml_hint::{explain, line_of, with_suggestion};
use super::{ExperimentError, FeatureSpec, Otherwise};
use crate::audio::Perturbation;
use crate::datasets::DatasetSpec;
use crate::disk::is_one_name;
use crate::spelling::nearest;
use crate::table::{Prepare, SplitSpec};

/// A parsed and checked experiment file.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The file's stem; names the output folder.
    pub name: String,
    pub path: PathBuf,
    /// The file as written, kept in the run's record.
    pub text: String,
    pub title: String,
    pub paper: Option<String>,
    pub question: Option<String>,
    pub note: Option<String>,
    /// Its paths, and the split's, start at the file's folder.
    pub dataset: DatasetSpec,
    pub split: SplitSpec,
    pub seed: u64,
    /// Findings by kind that may stand on both sides of the split.
    pub allow: Vec<String>,
    pub rows: Vec<Row>,
    /// A quick run's limit.
    pub clips_a_class: Option<usize>,
    /// What every output must say before its figures: that this is no run of the experiment as written.
    pub watermarks: Vec<String>,
    /// How it became another one than written.
    pub otherwise: Otherwise,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExperiment {
    title: String,
    paper: Option<String>,
    question: Option<String>,
    note: Option<String>,
    dataset: DatasetSpec,
    features: Option<FeatureSpec>,
    #[serde(default)]
    prepare: Prepare,
    /// For rows that say nothing of it.
    explain: Option<toml::Value>,
    /// For rows that say nothing of it.
    perturb: Option<toml::Value>,
    split: Spanned<toml::Table>,
    #[serde(default = "default_seed")]
    seed: u64,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    row: Vec<Spanned<toml::Table>>,
}

fn default_seed() -> u64 {
    1
}

const ROW_KEYS: [&str; 13] = [
    "name",
    "model",
    "published",
    "reference",
    "features",
    "prepare",
    "note",
    "seed",
    "ablation",
    "ensemble",
    "search",
    "explain",
    "perturb",
];

impl Experiment {
    /// Reads a file, or the built-in experiment of that name.
    pub fn load(path_or_name: &Path) -> Result<Self, ExperimentError> {
        let name = path_or_name.to_string_lossy();
        // A folder of that name is a data set, not an experiment.
        if !path_or_name.is_file()
            && let Some(experiment) = built_in(&name)
        {
            return Self::parse(&Path::new("experiments").join(format!("{name}.toml")), experiment.text);
        }
        if !path_or_name.exists()
            && path_or_name.extension().is_none()
            && path_or_name.components().count() == 1
        {
            let suggestion = nearest(&name, EXPERIMENTS.iter().map(|experiment| experiment.name));
            return Err(ExperimentError::UnknownExperiment {
                name: name.into_owned(),
                suggestion: suggestion
                    .and_then(|known| EXPERIMENTS.iter().find(|experiment| experiment.name == known))
                    .map(|experiment| experiment.name),
            });
        }
        let text = std::fs::read_to_string(path_or_name)
            .map_err(|source| ExperimentError::ReadExperiment { path: path_or_name.to_path_buf(), source })?;
        Self::parse(path_or_name, &text)
    }

    /// Parses and checks an experiment's text; `path` is for messages and the name.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ExperimentError> {
        let raw: RawExperiment = toml::from_str(text).map_err(|error| explain(path, text, &error))?;
        let mistake = |line, message| ExperimentError::Mistake { path: path.to_path_buf(), line, message };
        if raw.row.is_empty() {
            return Err(mistake(None, "no [[row]]: name at least one model to compare".to_string()));
        }
        check_allowed(&raw.allow).map_err(|message| {
            mistake(Some(line_of_key(text, 0, Some("allow"))), format!("allow: {message}"))
        })?;
        let explain = raw.explain.map(ExplainSpec::read).transpose().map_err(|message| {
            mistake(Some(line_of_key(text, 0, Some("explain"))), format!("explain: {message}"))
        })?;
        let perturb = raw.perturb.map(perturb_spec::read).transpose().map_err(|message| {
            mistake(Some(line_of_key(text, 0, Some("perturb"))), format!("perturb: {message}"))
        })?;
        if raw.row.len() > MOST_ROWS {
            return Err(mistake(None, format!("more than {MOST_ROWS} rows")));
        }
        let usual = Usual {
            features: raw.features,
            prepare: raw.prepare,
            explain: explain.flatten(),
            perturb: perturb.unwrap_or_default(),
        };
        let mut rows: Vec<Row> = Vec::with_capacity(raw.row.len());
        let mut written: Vec<toml::Table> = Vec::with_capacity(raw.row.len());
        let (mut copied, usual_names) = (0, names_in(usual.features.as_ref()));
        for table in raw.row {
            let start = table.span().start;
            let table = likeness::resolved(table.into_inner(), &written)
                .map_err(|message| mistake(Some(line_of_key(text, start, Some("like"))), message))?;
            // A row has the usual features or its own, and each part of it once more.
            let parts =
                ["ablation", "ensemble"].into_iter().find_map(|key| table.get(key)).map_or(1, parts_of);
            let own = table.get("features").and_then(toml::Value::as_table).map_or(usual_names, values_in);
            copied += values_in(&table) + parts.saturating_mul(own);
            if copied > MOST_COPIED {
                return Err(mistake(
                    Some(line_of(text, start)),
                    "the rows together have too many values, with what is said of all of them".to_string(),
                ));
            }
            written.push(table.clone());
            let parsed = parse_rows(table, &usual, &rows)
                .map_err(|(key, message)| mistake(Some(line_of_key(text, start, key.as_deref())), message))?;
            if rows.len() + parsed.len() > MOST_ROWS {
                return Err(mistake(Some(line_of(text, start)), format!("more than {MOST_ROWS} rows")));
            }
            for row in parsed {
                if rows.iter().any(|known| known.name == row.name) {
                    let message =
                        format!("two rows are called \"{}\"; give each a name of its own", row.name);
                    return Err(mistake(Some(line_of(text, start)), message));
                }
                rows.push(row);
            }
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        rows.iter_mut().filter_map(|row| row.features.as_mut()).for_each(|spec| spec.resolve_paths(folder));
        let from_table = raw.dataset.name() == "table";
        for row in &rows {
            let checked = check_features(row.features.as_ref(), from_table)
                .and_then(|()| check_fed(row))
                .and_then(|()| check_perturbed(row, &rows, from_table));
            if let Err(message) = checked {
                return Err(mistake(None, format!("row \"{}\": {message}", row.name)));
            }
        }
        let split_line = line_of(text, raw.split.span().start);
        let mut split = parse_split(raw.split.into_inner(), raw.seed)
            .map_err(|message| mistake(Some(split_line), message))?;
        let mut dataset = raw.dataset;
        dataset.resolve_paths(folder);
        split.resolve_paths(folder);
        Ok(Self {
            name: path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                // It becomes a folder's name; the stem of `...toml` is the way up.
                .filter(|stem| is_one_name(stem))
                .unwrap_or_else(|| "experiment".to_string()),
            path: path.to_path_buf(),
            text: text.to_string(),
            title: raw.title,
            paper: raw.paper,
            question: raw.question,
            note: raw.note,
            dataset,
            split,
            seed: raw.seed,
            allow: raw.allow,
            rows,
            clips_a_class: None,
            watermarks: Vec::new(),
            otherwise: Otherwise::default(),
        })
    }
}

/// A split without a seed of its own draws by the experiment's.
fn parse_split(mut table: toml::Table, seed: u64) -> Result<SplitSpec, String> {
    let kind = table.get("kind").and_then(toml::Value::as_str).unwrap_or_default();
    if matches!(kind, "stratified" | "stratified_kfold" | "group" | "group_kfold")
        && !table.contains_key("seed")
    {
        let seed = i64::try_from(seed).map_err(|_| format!("seed = {seed} is too large"))?;
        table.insert("seed".to_string(), seed.into());
    }
    table.try_into().map_err(|error: toml::de::Error| {
        let message = with_suggestion(error.message().trim());
        // What the split says of itself begins with its name; what TOML says does not.
        format!("split: {}", message.strip_prefix("split: ").unwrap_or(&message))
    })
}

/// The line of `key` inside the table that starts at `start`, or the table's own.
fn line_of_key(text: &str, start: usize, key: Option<&str>) -> usize {
    let first = line_of(text, start);
    let Some(key) = key else { return first };
    text.lines()
        .enumerate()
        .skip(first - 1)
        .find(|(_, line)| {
            line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
        })
        .map_or(first, |(index, _)| index + 1)
}

/// What rows have that say nothing of it.
struct Usual {
    features: Option<FeatureSpec>,
    prepare: Prepare,
    explain: Option<ExplainSpec>,
    perturb: Vec<Perturbation>,
}

type RowMistake = (Option<String>, String);

/// A mistake about `key` of the row called `name`.
fn of_row(key: &'static str, name: &str) -> impl Fn(String) -> RowMistake {
    move |message| (Some(key.to_string()), format!("row \"{name}\": {key}: {message}"))
}

/// What a row holds beside its own keys.
fn own_parameters(table: &toml::Table) -> toml::Table {
    table
        .iter()
        .filter(|(key, _)| !ROW_KEYS.contains(&key.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

/// One row, or those that its `ablation` makes of it.
fn parse_rows(mut table: toml::Table, usual: &Usual, above: &[Row]) -> Result<Vec<Row>, RowMistake> {
    let (ablation, ensemble) = (table.remove("ablation"), table.remove("ensemble"));
    let row = parse_row(table, usual, above)?;
    let parted = [("ablation", ablation.is_some()), ("ensemble", ensemble.is_some())];
    if let Some((key, _)) = parted.iter().find(|(_, said)| *said && row.ensemble.is_some()) {
        let message = "an ensemble puts answers together; say it of the rows that it names".to_string();
        return Err(of_row(key, &row.name)(message));
    }
    match (ablation, ensemble) {
        (None, None) => Ok(vec![row]),
        (Some(ablation), None) => ablation::expand(&row, ablation).map_err(of_row("ablation", &row.name)),
        (None, Some(members)) => {
            let rows = ensemble_members::expand(&row, members).map_err(of_row("ensemble", &row.name))?;
            rows.iter().filter(|row| row.ensemble.is_none()).try_for_each(check_model)?;
            Ok(rows)
        }
        (Some(_), Some(_)) => {
            Err(of_row("ensemble", &row.name)("`ablation` and `ensemble` do not go together".to_string()))
        }
    }
}

fn parse_row(mut table: toml::Table, usual: &Usual, above: &[Row]) -> Result<Row, RowMistake> {
    let name = take::<String>(&mut table, "name")?.ok_or((None, "a row needs a `name`".to_string()))?;
    let model = take::<String>(&mut table, "model")?
        .ok_or((None, format!("row \"{name}\" needs a `model`; `genrebench list models` shows them")))?;
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err((
            Some("name".to_string()),
            format!("a row cannot be called {name:?}; give it a name of one line"),
        ));
    }
    let published = take::<toml::Table>(&mut table, "published")?.unwrap_or_default();
    let reference = take::<toml::Table>(&mut table, "reference")?
        .map(parse_reference)
        .transpose()
        .map_err(|message| (Some("reference".to_string()), message))?;
    let ensemble = match model == ensemble_spec::MODEL {
        true => {
            let own = own_parameters(&table);
            own.keys().for_each(|key| drop(table.remove(key)));
            if let Some(key) =
                ["features", "prepare", "seed"].into_iter().find(|key| table.contains_key(*key))
            {
                let message = "an ensemble puts answers together; say it of the rows that it names";
                return Err((Some(key.to_string()), format!("row \"{name}\": {key}: {message}")));
            }
            let spec =
                EnsembleSpec::read(own).and_then(|spec| ensemble_members::check(&spec, above).map(|()| spec));
            Some(spec.map_err(of_row("of", &name))?)
        }
        false => None,
    };
    let (prepares, explains) = (table.contains_key("prepare"), table.contains_key("explain"));
    let features: Option<FeatureSpec> = match &ensemble {
        // It stands on the clips of its members.
        Some(spec) => {
            above.iter().find(|row| spec.of.contains(&row.name)).and_then(|row| row.features.clone())
        }
        None => take(&mut table, "features")?.or_else(|| usual.features.clone()),
    };
    // What is said of all rows is of those with columns.
    let has_columns = features.as_ref().is_none_or(FeatureSpec::has_columns);
    let has_frames = features.as_ref().is_some_and(FeatureSpec::has_frames);
    let row = Row {
        reference,
        prepare: match take(&mut table, "prepare")? {
            Some(own) => own,
            None if ensemble.is_none() && has_columns => usual.prepare.clone(),
            None => Prepare::default(),
        },
        note: take(&mut table, "note")?,
        seed: take(&mut table, "seed")?,
        explain: match table.remove("explain") {
            Some(value) => match ExplainSpec::read(value).map_err(of_row("explain", &name))? {
                Some(_) if ensemble.is_some() => {
                    let message =
                        "an ensemble puts answers together; explain the rows that it names".to_string();
                    return Err(of_row("explain", &name)(message));
                }
                explain => explain,
            },
            None => usual.explain.clone().filter(|_| ensemble.is_none() && !has_frames),
        },
        perturb: match table.remove("perturb") {
            Some(value) => perturb_spec::read(value).map_err(of_row("perturb", &name))?,
            None => usual.perturb.clone(),
        },
        search: table
            .remove("search")
            .map(|value| SearchSpec::read(value, &model, &own_parameters(&table)))
            .transpose()
            .map_err(of_row("search", &name))?,
        published: parse_published(published).map_err(|message| (Some("published".to_string()), message))?,
        parameters: table,
        features,
        ensemble,
        name,
        model,
    };
    if prepares {
        check_own_prepare(&row).map_err(of_row("prepare", &row.name))?;
    }
    if explains {
        check_own_explain(&row).map_err(of_row("explain", &row.name))?;
    }
    check_model(&row)?;
    Ok(row)
}

/// Builds it once, so that an unknown model or parameter is told before any work is done.
fn check_model(row: &Row) -> Result<(), RowMistake> {
    if row.ensemble.is_some() {
        return Ok(());
    }
    row.unsearched_model().map_err(|error| {
        let key = row.parameters.keys().find(|key| error.to_string().contains(&format!("`{key}`")));
        let near = key.and_then(|key| nearest(key, ROW_KEYS));
        let hint = near.map(|near| format!("; did you mean the row's own `{near}`?")).unwrap_or_default();
        (key.cloned().or(Some("model".to_string())), format!("row \"{}\": {error}{hint}", row.name))
    })?;
    Ok(())
}

fn take<T: serde::de::DeserializeOwned>(table: &mut toml::Table, key: &str) -> Result<Option<T>, RowMistake> {
    let Some(value) = table.remove(key) else { return Ok(None) };
    value.try_into().map(Some).map_err(|error| {
        (Some(key.to_string()), format!("`{key}`: {}", with_suggestion(error.message().trim())))
    })
}
