//! `genrebench features PATH…`: a feature table, or frame matrices, from any audio files or an experiment's data set.

use std::path::{Path, PathBuf};

use clap::Args;

use super::cache::CacheArguments;
use super::embedding_arguments::EmbeddingArguments;
use super::exit::{Incomplete, Usage};
use super::feature_source::FeatureSource;
use super::print::{self, tell};
use super::progress::Bars;
use super::threads::ThreadsArgument;
use crate::audio::Cut;
use crate::datasets::Catalog;
use crate::experiment::{
    ClipReport, ExtractionPlan, FeatureSpec, Inspecting, Observer, Recipe, WrittenRows, extract_clips,
    extract_frames, extract_patches, extract_to_file,
};
use crate::features::{self, Output};
use crate::spelling::{agreeing, counted};
use crate::table::{check_frames_path, check_table_path, write_table};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench features ~/music --set mipt --out features.parquet
  genrebench features a.mp3 b.flac --features mfcc,tempo --statistics mean,std --out two.csv
  genrebench features song.wav --set fma518 --json
  genrebench features ~/music --frames log_mel --seconds 30 --out mel.npz
  genrebench features ~/music --embedding musicnn-msd --weights MSD_musicnn.h5 --out embedded.npz
  genrebench features ~/music --embedding vggish --weights vggish.pth --per patch --out patches.npz
  genrebench features my.toml --data fma_small --set fma518 --out fma.parquet

A folder is searched through; a file's label is the first folder below the one you name, and group and fold are empty. \
An experiment (a file, or a built-in one's name) gives its data set's labels, groups and folds, and the features of its \
rows where none are named. Clips that cannot be \
read are listed on stderr and, beside OUT (x.csv), in x.left-out.csv; the others are written. Rows that were computed \
once are kept in the cache, so that a killed extraction goes on when the same command is run again (matrices of \
--frames and --per patch are not).")]
pub struct FeaturesCommand {
    /// Audio files, folders to search for them, or one experiment
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where the experiment's data set lies, if not where the experiment says
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The row whose features are meant, where the experiment's rows have different ones
    #[arg(long, value_name = "NAME")]
    row: Option<String>,
    /// A named set (genrebench list sets)
    #[arg(long, value_name = "SET", conflicts_with = "features")]
    set: Option<String>,
    /// Features by name, with commas between (genrebench list features)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Statistics over the frames: mean,std,skew,kurtosis,median,min,max [default: all seven]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "features")]
    statistics: Option<Vec<String>>,
    /// Instead of statistics keep this feature's whole matrix a clip (OUT is .npz or .parquet)
    #[arg(long, value_name = "FEATURE", conflicts_with_all = ["set", "features", "statistics", "json", "cache"])]
    frames: Option<String>,
    #[command(flatten)]
    embedding: EmbeddingArguments,
    /// The table to write: .csv, .parquet or .npz by its ending
    #[arg(long, value_name = "FILE", required_unless_present = "json")]
    out: Option<PathBuf>,
    /// Resample to this rate (an embedding has its own)
    #[arg(long, value_name = "HZ", default_value_t = 22_050, value_parser = clap::value_parser!(u32).range(1000..=768_000))]
    rate: u32,
    /// Leave out the first seconds of every clip
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, allow_negative_numbers = true)]
    offset: f64,
    /// Cut longer clips to this length; shorter ones are used as they are
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// Which part of a longer clip is kept
    #[arg(long, value_enum, default_value = "start")]
    cut: CutArgument,
    #[command(flatten)]
    cache: CacheArguments,
    #[command(flatten)]
    threads: ThreadsArgument,
    /// Print the rows as JSON on stdout
    #[arg(long)]
    json: bool,
    /// No progress and no notes on stderr
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CutArgument {
    Start,
    Middle,
}

fn tell_faults(reports: &[ClipReport], observer: &Bars) {
    for report in reports {
        for fault in &report.faults {
            observer.note(&format!("{}: {fault}", report.clip_id));
        }
    }
}

/// The rows are written all the same.
fn tell_cache_trouble(trouble: Option<&str>, observer: &Bars) {
    if let Some(trouble) = trouble {
        observer.note(&format!("features are not kept for the next time: {trouble}"));
    }
}

impl FeaturesCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        self.threads.start()?;
        let observer = Bars::new(self.quiet);
        let source = FeatureSource::of(&self.paths, self.data.as_deref())?;
        let spec = self.chosen(&source)?;
        let goes_with_rows = self.json || self.embedding.pools() || self.cache.is_named();
        if self.embedding.per_patch() && (self.out.is_none() || goes_with_rows) {
            let message = "--per patch writes a matrix a clip: name a file with --out, and leave out --json, --pool \
                           and --cache";
            return Err(Usage(message.into()).into());
        }
        match (&self.frames, &self.out) {
            (Some(feature), Some(out)) => self.write_frames(feature, out, &spec, &source, &observer),
            (_, Some(out)) if self.embedding.per_patch() => {
                self.write_patches(out, &spec, &source, &observer)
            }
            _ => self.write_rows(&spec, &source, &observer),
        }
    }

    /// The features that are named here, or else the experiment's.
    fn chosen(&self, source: &FeatureSource) -> anyhow::Result<FeatureSpec> {
        let spec = self.spec();
        if spec.set.is_some() || spec.list.is_some() || spec.embedding.is_some() {
            return match &self.row {
                None => Ok(spec),
                Some(_) => {
                    Err(Usage("--row and features named here are two recipes; leave one out".into()).into())
                }
            };
        }
        let Some(recipe) = source.recipe(self.row.as_deref())? else {
            let message =
                "say which features: --set SET, --features a,b, --frames FEATURE or --embedding NAME";
            return Err(Usage(message.into()).into());
        };
        match spec.said().first() {
            None => Ok(recipe),
            Some(key) => {
                let message = format!(
                    "{key} is part of the experiment's recipe; name the features here too, or leave it out"
                );
                Err(Usage(message).into())
            }
        }
    }

    fn spec(&self) -> FeatureSpec {
        FeatureSpec {
            set: self.set.clone(),
            list: self.features.clone().or_else(|| self.frames.clone().map(|name| vec![name])),
            statistics: self.statistics.clone(),
            rate_hz: self.rate,
            offset_seconds: self.offset,
            seconds: self.seconds,
            cut: match self.cut {
                CutArgument::Start => Cut::Start,
                CutArgument::Middle => Cut::Middle,
            },
            ..self.embedding.spec()
        }
    }

    fn write_rows(&self, spec: &FeatureSpec, source: &FeatureSource, observer: &Bars) -> anyhow::Result<()> {
        self.out.as_deref().map(check_table_path).transpose().map_err(|error| Usage(error.to_string()))?;
        let plan = ExtractionPlan::from_spec(spec)?;
        let catalog = source.catalog(observer)?;
        match &self.out {
            Some(out) if !self.json => {
                let written = extract_to_file(&catalog, &plan, out, self.cache.open().as_ref(), observer)?;
                tell_cache_trouble(written.cache_trouble.as_deref(), observer);
                tell_faults(&written.faulty, observer);
                let (rows, columns) = (written.rows, plan.features.columns().len());
                self.finish(
                    &written.unusable,
                    rows,
                    &format!("{} × {}", counted(rows, "clip"), counted(columns, "column")),
                )
            }
            _ => self.print_rows(&catalog, &plan, observer),
        }
    }

    /// The rows and what was left out as JSON, and the rows as a table too where a file is named.
    fn print_rows(&self, catalog: &Catalog, plan: &ExtractionPlan, observer: &Bars) -> anyhow::Result<()> {
        let cache = self.cache.open();
        let extraction = extract_clips(catalog, plan, cache.as_ref(), Inspecting::No, observer)?;
        tell_cache_trouble(extraction.cache_trouble.as_deref(), observer);
        tell_faults(&extraction.reports, observer);
        let table = &extraction.table;
        let written = self.out.as_deref().map(|out| write_table(table, out)).transpose();
        let used = (0..table.len()).map(|row| {
            let features: serde_json::Map<String, serde_json::Value> =
                table.columns.iter().cloned().zip(table.row(row).iter().map(|&v| v.into())).collect();
            serde_json::json!({
                "clip_id": table.clip_ids[row],
                "label": table.labels[row],
                "group": table.groups[row],
                "fold": table.folds[row],
                "features": features,
            })
        });
        let nothing =
            |(id, reason): &(String, String)| serde_json::json!({ "clip_id": id, "left_out": reason });
        print::json(&used.chain(extraction.unusable.iter().map(nothing)).collect::<Vec<_>>())?;
        // What could not be written can still be read.
        written?;
        let (rows, columns) = table.values.dim();
        self.finish(
            &extraction.unusable,
            rows,
            &format!("{} × {}", counted(rows, "clip"), counted(columns, "column")),
        )
    }

    fn write_frames(
        &self,
        feature: &str,
        out: &Path,
        spec: &FeatureSpec,
        source: &FeatureSource,
        observer: &Bars,
    ) -> anyhow::Result<()> {
        check_frames_path(out).map_err(|error| Usage(error.to_string()))?;
        let Output::Frames { rows, .. } = features::find(feature)?.output else {
            return Err(Usage(format!("`{feature}` is one number a clip; it has no frames")).into());
        };
        let plan = ExtractionPlan::from_spec(spec)?;
        let catalog = source.catalog(observer)?;
        let written = extract_frames(&catalog, &plan.load, feature, rows, out, observer)?;
        self.finish_matrices(&written, feature, observer)
    }

    fn write_patches(
        &self,
        out: &Path,
        spec: &FeatureSpec,
        source: &FeatureSource,
        observer: &Bars,
    ) -> anyhow::Result<()> {
        check_frames_path(out).map_err(|error| Usage(error.to_string()))?;
        let plan = ExtractionPlan::from_spec(spec)?;
        let Recipe::Embedding(embedder) = &plan.features else {
            return Err(Usage("--per patch goes with --embedding".into()).into());
        };
        let catalog = source.catalog(observer)?;
        let written = extract_patches(&catalog, &plan.load, embedder, out, observer)?;
        self.finish_matrices(&written, embedder.entry().name, observer)
    }

    fn finish_matrices(&self, written: &WrittenRows, of: &str, observer: &Bars) -> anyhow::Result<()> {
        tell_faults(&written.faulty, observer);
        self.finish(&written.unusable, written.rows, &format!("{} matrices of {of}", written.rows))
    }

    /// Tells what was written and lists what was not.
    fn finish(&self, unusable: &[(String, String)], written: usize, what: &str) -> anyhow::Result<()> {
        for (clip, reason) in unusable {
            tell!("left out: {clip}: {reason}");
        }
        if let Some(out) = &self.out {
            super::data::write_left_out(out, unusable)?;
            if !self.quiet {
                tell!("{what} written to {}", out.display());
            }
        }
        if unusable.is_empty() {
            return Ok(());
        }
        let all = written + unusable.len();
        Err(Incomplete(format!(
            "{} of {} could not be used; the other {written} {}",
            unusable.len(),
            counted(all, "clip"),
            agreeing(&written, "was", "were")
        ))
        .into())
    }
}
