//! `genrebench list …`: the registries, as they document themselves.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::exit::Usage;
use super::print;
use crate::audit::{PAPERS, Paper};
use crate::datasets::DATASETS;
use crate::embeddings::EMBEDDINGS;
use crate::experiment::{EXPERIMENTS, Experiment};
use crate::features::{FEATURES, Feature, Output, SETS, Statistic};
use crate::metrics::METRICS;
use crate::models::{MODELS, NETWORKS};
use crate::spelling::hint;
use crate::table::{PREPARE_STEPS, SPLIT_KINDS};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench list models
  genrebench list models --verbose
  genrebench list features --json
  genrebench list experiments --print demo > mine.toml     to start from
  genrebench list papers --print iaml-2018                  a paper's figures, as audit reads them")]
pub struct ListCommand {
    /// What to list
    #[arg(value_enum, value_name = "WHAT")]
    what: Registry,
    /// Options and parameters too
    #[arg(long, short)]
    verbose: bool,
    /// Print this experiment's or paper's own TOML
    #[arg(long, value_name = "NAME", conflicts_with_all = ["verbose", "json"])]
    print: Option<String>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Registry {
    /// Features a clip can be described by
    Features,
    /// Embeddings: what trained networks see in a clip
    Embeddings,
    /// Named sets of features
    Sets,
    /// Statistics over a feature's frames
    Statistics,
    /// Classifiers
    Models,
    /// Data sets
    Datasets,
    /// Experiments this binary carries
    Experiments,
    /// Papers whose figures this binary carries
    Papers,
    /// Scores
    Metrics,
    /// Steps of `prepare`
    Prepare,
    /// Kinds of `split`
    Splits,
}

#[derive(Debug, Serialize)]
struct Item {
    name: String,
    summary: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<[String; 2]>,
}

impl Item {
    fn new(name: &str, summary: &str) -> Self {
        Self { name: name.to_string(), summary: summary.to_string(), details: Vec::new() }
    }
}

impl ListCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        if let Some(name) = &self.print {
            return Ok(print::text(own_text(self.what, name)?)?);
        }
        let items = items(self.what)?;
        if self.json {
            return print::json(&items);
        }
        let width = items.iter().map(|item| item.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for item in &items {
            text += &format!("{:width$}  {}\n", item.name, item.summary);
            if self.verbose && !item.details.is_empty() {
                for line in print::columns(&item.details).lines() {
                    text += &format!("    {line}\n");
                }
            }
        }
        Ok(print::text(&text)?)
    }
}

/// The TOML that the binary carries.
fn own_text(what: Registry, name: &str) -> Result<&'static str, Usage> {
    let texts: Vec<(&str, &'static str)> = match what {
        Registry::Experiments => EXPERIMENTS.iter().map(|built_in| (built_in.name, built_in.text)).collect(),
        Registry::Papers => PAPERS.iter().map(|built_in| (built_in.name, built_in.text)).collect(),
        _ => return Err(Usage("--print goes with `list experiments` and `list papers`".to_string())),
    };
    let found = texts.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text).ok_or_else(|| {
        let meant = hint(name, texts.iter().map(|(known, _)| *known));
        Usage(format!("nothing of the name `{name}` is built in{meant}"))
    })
}

fn items(what: Registry) -> anyhow::Result<Vec<Item>> {
    Ok(match what {
        Registry::Features => FEATURES
            .iter()
            .map(|feature| Item {
                details: vec![columns_of(feature)],
                ..Item::new(feature.name, feature.summary)
            })
            .collect(),
        Registry::Embeddings => EMBEDDINGS.iter().map(embedding_item).collect(),
        Registry::Sets => SETS.iter().map(|set| Item::new(set.name, set.summary)).collect(),
        Registry::Statistics => Statistic::ALL.iter().map(|s| Item::new(s.name(), s.summary())).collect(),
        Registry::Models => MODELS
            .iter()
            .chain(NETWORKS)
            .map(|model| Item {
                details: model
                    .parameters
                    .iter()
                    .map(|parameter| {
                        [format!("{} = {}", parameter.name, parameter.default), parameter.meaning.to_string()]
                    })
                    .collect(),
                ..Item::new(model.name, model.summary)
            })
            .collect(),
        Registry::Datasets => DATASETS
            .iter()
            .map(|dataset| Item {
                details: dataset.options.iter().map(|o| [o.name.to_string(), o.help.to_string()]).collect(),
                ..Item::new(dataset.name, dataset.summary)
            })
            .collect(),
        Registry::Experiments => EXPERIMENTS
            .iter()
            .map(|built_in| {
                let experiment = Experiment::parse(std::path::Path::new(built_in.name), built_in.text)?;
                let rows = experiment.rows.iter().map(|row| [row.name.clone(), row.model.clone()]).collect();
                Ok(Item { details: rows, ..Item::new(built_in.name, &experiment.title) })
            })
            .collect::<anyhow::Result<_>>()?,
        Registry::Papers => PAPERS
            .iter()
            .map(|built_in| Ok(Item::new(built_in.name, &Paper::load(built_in.name.as_ref())?.title)))
            .collect::<anyhow::Result<_>>()?,
        Registry::Metrics => METRICS.iter().map(|metric| Item::new(metric.name, metric.summary)).collect(),
        Registry::Prepare => PREPARE_STEPS
            .iter()
            .map(|step| Item {
                details: step.options.iter().map(|option| option.map(str::to_string)).collect(),
                ..Item::new(step.name, step.summary)
            })
            .collect(),
        Registry::Splits => SPLIT_KINDS
            .iter()
            .map(|kind| Item {
                details: kind.keys.iter().map(|key| key.map(str::to_string)).collect(),
                ..Item::new(kind.name, kind.summary)
            })
            .collect(),
    })
}

fn embedding_item(entry: &crate::embeddings::EmbeddingEntry) -> Item {
    let mut details = Vec::new();
    let mut tell = |what: &str, text: String| {
        if !text.is_empty() {
            details.push([what.to_string(), text]);
        }
    };
    tell("trained on", entry.trained_on.to_string());
    tell("overlaps", entry.overlaps.iter().map(|overlap| overlap.dataset).collect::<Vec<_>>().join(", "));
    tell("layers", entry.layers.join(", "));
    tell("options", entry.options.join(", "));
    if let Some(source) = entry.weights {
        tell("weights", source.file().url.to_string());
        tell("size", source.size());
        tell("licence", source.publication.licence.to_string());
        tell("checksum", source.checksum());
    }
    Item { details, ..Item::new(entry.name, entry.summary) }
}

fn columns_of(feature: &Feature) -> [String; 2] {
    match feature.output {
        Output::Scalars { names, .. } => ["columns".into(), names.join(", ")],
        Output::Frames { rows: 1, .. } => ["columns".into(), format!("{}.STATISTIC.00", feature.name)],
        Output::Frames { rows, .. } => {
            ["columns".into(), format!("{0}.STATISTIC.00 … {0}.STATISTIC.{1:02}", feature.name, rows - 1)]
        }
    }
}
