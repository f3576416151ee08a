//! `genrebench data inspect DIR|EXPERIMENT`.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

use clap::Args;

use super::cache::CacheArguments;
use super::exit::Usage;
use super::print;
use super::progress::Bars;
use crate::datasets::{Catalog, DatasetSpec, Opened};
use crate::experiment::{
    ClipReport, Crossing, DataFinding, Experiment, ExperimentError, FINDING_KINDS, Inspection, WHOLE_CLIPS,
    crossings, listen_to_all,
};
use crate::spelling::counted;
use crate::table::{ClipRows, TableError};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench data inspect ~/music                       one folder a class
  genrebench data inspect ~/data/ESC-10 --dataset esc10
  genrebench data inspect experiments/demo.toml --no-decode --json

Finds exact duplicates, one recording in several clips (at another offset, level, codec or bit rate), silent, clipped, \
truncated and too-short clips, two channels that are one, one recording under two labels, missing and surplus files, \
and faults that a data set is known for. Of an experiment it also says what stands on both sides of its split: that \
stops a run, unless --allow names it.")]
pub struct InspectArguments {
    /// A folder with one folder a class, or an experiment file
    #[arg(value_name = "DIR|EXPERIMENT")]
    target: PathBuf,
    /// What the folder holds (genrebench list datasets) [default: folder]
    #[arg(long)]
    dataset: Option<String>,
    /// Where the experiment's data set lies
    #[arg(long, value_name = "DIR", conflicts_with = "dataset")]
    data: Option<PathBuf>,
    /// Only look at names, decode nothing
    #[arg(long)]
    no_decode: bool,
    #[command(flatten)]
    cache: CacheArguments,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

impl InspectArguments {
    pub fn execute(self) -> anyhow::Result<()> {
        let experiment = match self.target.is_dir() {
            true => None,
            false => Some(Experiment::load(&self.target).map_err(neither)?),
        };
        let catalog = self.catalog(experiment.as_ref())?;
        let cache = self.cache.open();
        let (sounds, unusable) = match self.no_decode {
            true => (Vec::new(), Vec::new()),
            false => listen_to_all(&catalog, &WHOLE_CLIPS, cache.as_ref(), &Bars::new(self.quiet)),
        };
        let inspection = Inspection::of(&catalog, &sounds, &unusable);
        let crossings = match &experiment {
            Some(experiment) if !self.no_decode => across(experiment, &catalog, &inspection, &unusable),
            _ => Ok(Vec::new()),
        };
        let reports: Vec<ClipReport> = sounds.into_iter().map(|sound| sound.report).collect();
        let allow = experiment.map(|experiment| experiment.allow).unwrap_or_default();
        let seen = Seen { catalog, reports, unusable, inspection, crossings, allow };
        match self.json {
            true => print::json(&seen.summary())?,
            false => print::text(&seen.describe())?,
        }
        match seen.crossings {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn catalog(&self, experiment: Option<&Experiment>) -> anyhow::Result<Catalog> {
        let dataset = match experiment {
            None => {
                if self.data.is_some() {
                    let message =
                        "--data says where an experiment's data set lies, and a folder is one itself";
                    return Err(Usage(format!("{message}: {}", self.target.display())).into());
                }
                let name = self.dataset.as_deref().unwrap_or("folder");
                let mut dataset =
                    DatasetSpec::new(name, toml::Table::new()).map_err(|error| Usage(error.to_string()))?;
                if !dataset.set_path(&self.target)? {
                    return Err(without_files(&dataset, "name an experiment on it instead"));
                }
                dataset
            }
            Some(experiment) => {
                if self.dataset.is_some() {
                    let message =
                        "--dataset says what a folder holds, and an experiment names its own data set";
                    return Err(Usage(format!("{message}: {}", experiment.dataset.name())).into());
                }
                let mut dataset = experiment.dataset.clone();
                if let Some(data) = &self.data
                    && !dataset.set_path(data)?
                {
                    return Err(without_files(&dataset, "leave --data out"));
                }
                dataset
            }
        };
        match dataset.open()? {
            Opened::Clips(catalog) => Ok(catalog),
            Opened::Table(source) => {
                let path = source.path.display();
                Err(Usage(format!("{path} is a table of features; there is no sound in it to inspect"))
                    .into())
            }
        }
    }
}

fn without_files(dataset: &DatasetSpec, advice: &str) -> anyhow::Error {
    Usage(format!("the data set {} has no files, so it lies in no folder; {advice}", dataset.name())).into()
}

/// A path that leads nowhere may have been meant as either.
fn neither(error: ExperimentError) -> anyhow::Error {
    match error {
        ExperimentError::ReadExperiment { path, source } if source.kind() == io::ErrorKind::NotFound => {
            let path = path.display();
            Usage(format!("{path}: there is neither a folder nor an experiment file of this name")).into()
        }
        other => other.into(),
    }
}

/// What stands on both sides of the experiment's split, with the clips that can be heard.
fn across(
    experiment: &Experiment,
    catalog: &Catalog,
    inspection: &Inspection,
    unusable: &[(String, String)],
) -> Result<Vec<Crossing>, TableError> {
    let gone: HashSet<&str> = unusable.iter().map(|(id, _)| id.as_str()).collect();
    let usable: Vec<_> = catalog.clips.iter().filter(|clip| !gone.contains(clip.id.as_str())).collect();
    let ids: Vec<String> = usable.iter().map(|clip| clip.id.clone()).collect();
    let labels: Vec<String> = usable.iter().map(|clip| clip.label.clone()).collect();
    let groups: Vec<Option<String>> = usable.iter().map(|clip| clip.group.clone()).collect();
    let folds: Vec<Option<String>> = usable.iter().map(|clip| clip.fold.clone()).collect();
    let rows = ClipRows { ids: &ids, labels: &labels, groups: &groups, folds: &folds, left_out: unusable };
    let splits = experiment.split.splits(rows)?;
    Ok(crossings(inspection, &experiment.split, rows, &splits))
}

/// All that is printed.
struct Seen {
    catalog: Catalog,
    reports: Vec<ClipReport>,
    unusable: Vec<(String, String)>,
    inspection: Inspection,
    /// Or why the experiment's split cannot be drawn.
    crossings: Result<Vec<Crossing>, TableError>,
    /// Kinds of findings that the experiment lets stand on both sides.
    allow: Vec<String>,
}

impl Seen {
    fn summary(&self) -> serde_json::Value {
        let crossings = self.crossings.iter().flatten();
        serde_json::json!({
            "dataset": self.catalog.name,
            "synthetic": self.catalog.is_synthetic(),
            "clips": self.catalog.clips.len(),
            "classes": self.catalog.class_counts(),
            "groups": self.groups(),
            "notes": self.catalog.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "decoded": self.reports,
            "unusable": self.unusable,
            "findings": self.inspection.findings,
            "split_error": self.crossings.as_ref().err().map(ToString::to_string),
            "too_short_to_compare": self.inspection.too_short_to_compare,
            "across_split": crossings
                .map(|found| {
                    serde_json::json!({ "kind": found.kind, "what": found.what, "stops": self.stops(found) })
                })
                .collect::<Vec<_>>(),
        })
    }

    fn stops(&self, found: &Crossing) -> bool {
        !self.allow.iter().any(|name| name == found.kind.name)
    }

    /// What stands on both sides of the split, with whether it stops a run.
    fn both_sides(&self) -> String {
        let (stopping, allowed): (Vec<&Crossing>, Vec<&Crossing>) =
            self.crossings.iter().flatten().partition(|found| self.stops(found));
        let mut text = String::new();
        for (found, so) in [(stopping, "which stops a run"), (allowed, "allowed: the report will say so")] {
            if !found.is_empty() {
                text += &format!("\non both sides of the split, {so}: {}\n", found.len());
                text.extend(found.iter().map(|found| format!("  {}: {}\n", found.kind.name, found.what)));
            }
        }
        text
    }

    fn groups(&self) -> usize {
        let groups = self.catalog.clips.iter().filter_map(|clip| clip.group.as_deref());
        groups.collect::<std::collections::BTreeSet<_>>().len()
    }

    fn describe(&self) -> String {
        let Self { catalog, reports, unusable, .. } = self;
        let mut text = format!("{}: {}", catalog.name, counted(catalog.clips.len(), "clip"));
        if catalog.is_synthetic() {
            text += " (synthetic: invented music, no real genres)";
        }
        match self.groups() {
            0 => text += ", artists or sources unknown",
            count => text += &format!(", {count} artists or sources"),
        }
        text += "\n\nclass\n";
        let counts: Vec<[String; 2]> = catalog
            .class_counts()
            .into_iter()
            .map(|(class, count)| [format!("  {class}"), count.to_string()])
            .collect();
        text += &print::columns(&counts);
        if !reports.is_empty() {
            text += &format!("\ndecoded {} of {}\n", reports.len(), catalog.clips.len());
            text += &print::columns(&formats(reports));
        }
        let faults = reports
            .iter()
            .flat_map(|r| r.faults.iter().map(move |fault| format!("  {}: {fault}\n", r.clip_id)));
        let mut section = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                text += &format!("\n{title}: {}\n{}", lines.len(), lines.concat());
            }
        };
        section("notes", catalog.notes.iter().map(|note| format!("  {note}\n")).collect());
        section("damage worked around", faults.collect());
        section(
            "unusable clips",
            unusable.iter().map(|(clip, reason)| format!("  {clip}: {reason}\n")).collect(),
        );
        text += &self.findings();
        text += &self.both_sides();
        text
    }

    /// By kind, each with what to do.
    fn findings(&self) -> String {
        let mut text = String::new();
        // Each of them stands in the sections above already.
        let told = ["unreadable", "wrong-count", "known-fault"];
        let mut heard_any = false;
        for kind in FINDING_KINDS {
            let found: Vec<&DataFinding> = self.inspection.of_kind(*kind).collect();
            if found.is_empty() {
                continue;
            }
            text += &format!("\n{}, {}: {}\n", kind.name, kind.title, found.len());
            if !told.contains(&kind.name) {
                heard_any = true;
                let line = |found: &&DataFinding| format!("  {}: {}\n", found.clips.join(", "), found.what);
                text.extend(found.iter().map(line));
            }
            text += &format!("  what to do: {}\n", kind.advice);
        }
        if !heard_any && !self.reports.is_empty() {
            text += "\nno duplicate, silent, clipped, truncated or contradicting clip was found\n";
        }
        if let Some(uncompared) = self.inspection.uncompared() {
            text += &format!("\n{uncompared}\n");
        }
        text
    }
}

/// How many clips of each format, rate and number of channels, and how long they are.
fn formats(reports: &[ClipReport]) -> Vec<[String; 2]> {
    let mut kinds: std::collections::BTreeMap<String, Vec<f64>> = std::collections::BTreeMap::new();
    for report in reports {
        let kind =
            format!("  {} {} Hz, {}", report.format, report.rate_hz, counted(report.channels, "channel"));
        kinds.entry(kind).or_default().push(report.seconds);
    }
    kinds
        .into_iter()
        .map(|(kind, mut seconds)| {
            seconds.sort_by(f64::total_cmp);
            let (low, high) = (seconds[0], seconds[seconds.len() - 1]);
            [kind, format!("{} of {low:.2} to {high:.2} s", counted(seconds.len(), "clip"))]
        })
        .collect()
}
