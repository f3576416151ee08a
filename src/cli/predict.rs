//! `genrebench predict MODEL AUDIO…`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::exit::{Incomplete, Usage};
use super::print::{self, tell};
use super::progress::Bars;
use super::threads::ThreadsArgument;
use crate::datasets::loose_files;
use crate::disk::write_atomically;
use crate::experiment::{Heard, Observer, SavedModel, Windows, check_writable_file, csv_field, predict};
use crate::report::timeline;
use crate::spelling::counted;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench predict forest.genrebench song.mp3
  genrebench predict forest.genrebench ~/music --csv labels.csv
  genrebench predict forest.genrebench song.mp3 --segments 6 --hop 3

Without --segments a song is heard as the training clips were (the same part, the same length). With them it is heard \
whole, window by window: probabilities are the mean over the windows, and the timeline shows who leads when.")]
pub struct PredictCommand {
    /// A model that `genrebench fit` wrote
    model: PathBuf,
    /// Audio files, or folders to search for them
    #[arg(required = true, value_name = "AUDIO")]
    paths: Vec<PathBuf>,
    /// Classify windows of this length over the whole song
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    segments: Option<f64>,
    /// A window begins every so many seconds [default: one after the other]
    #[arg(long, value_name = "SECONDS", requires = "segments", allow_negative_numbers = true)]
    hop: Option<f64>,
    #[command(flatten)]
    threads: ThreadsArgument,
    /// Write a line a song: its label and the probability of each class
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// No progress and no notes on stderr
    #[arg(long, short)]
    quiet: bool,
}

impl PredictCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        self.threads.start()?;
        let windows = self.windows()?;
        self.csv.as_deref().map(check_writable_file).transpose()?;
        let observer = Bars::new(self.quiet);
        let model = SavedModel::load(&self.model)?;
        let catalog = loose_files(&self.paths)?;
        catalog.notes.iter().for_each(|note| observer.note(&note.to_string()));
        if model.header.learned_from.synthetic {
            observer.note("the model was fitted on synthetic music: its genres are invented");
        }
        let (heard, unusable) = predict(&model, &catalog, windows, &observer)?;
        let length = model.header.learned_from.seconds;
        for one in &heard {
            for fault in &one.faults {
                observer.note(&format!("{}: {fault}", one.file));
            }
        }
        if let (Some(length), None) = (length, windows)
            && heard.iter().any(|one| one.seconds > 1.5 * length)
        {
            observer.note(&format!(
                "the model learned from clips of about {length:.0} s; --segments {length:.0} hears longer songs piece by piece"
            ));
        }
        let classes = &model.header.classes;
        if heard.iter().any(|one| one.probabilities.is_none()) {
            observer.note(
                "the model gives labels without probabilities; a row of svc with probability = true has them",
            );
        }
        if let Some(path) = &self.csv {
            write_atomically(path, |out| out.write_all(as_csv(&heard, classes).as_bytes()))?;
            if !self.quiet {
                tell!("written to {}: {}", path.display(), counted(heard.len(), "song"));
            }
        }
        if self.json {
            let left_out = unusable.iter().map(|(file, reason)| json!({ "file": file, "reason": reason }));
            let left_out: Vec<_> = left_out.collect();
            print::json(&json!({
                "model": model.header,
                "classes": classes,
                "songs": heard,
                "left_out": left_out,
            }))?;
        } else {
            print::coloured(|colour| timeline(&heard, classes, colour))?;
        }
        for (clip, reason) in &unusable {
            tell!("left out: {clip}: {reason}");
        }
        match unusable.len() {
            0 => Ok(()),
            count => Err(Incomplete(format!(
                "{count} of {} files could not be classified; the others were",
                count + heard.len()
            ))
            .into()),
        }
    }

    fn windows(&self) -> Result<Option<Windows>, Usage> {
        let Some(seconds) = self.segments else { return Ok(None) };
        let hop = self.hop.unwrap_or(seconds);
        let sound = |value: f64| value.is_finite() && value >= 0.05;
        if !sound(seconds) || !sound(hop) {
            return Err(Usage("--segments and --hop are lengths of 0.05 seconds or more".into()));
        }
        Ok(Some(Windows { seconds, hop }))
    }
}

/// A line a song.
fn as_csv(songs: &[Heard], classes: &[String]) -> String {
    let columns = classes.iter().map(|class| csv_field(&format!("p({class})")));
    let mut text = format!("file,seconds,label,{}\n", columns.collect::<Vec<_>>().join(","));
    for song in songs {
        let given = |class: usize| song.probabilities.as_ref().map(|parts| parts[class].to_string());
        let parts: Vec<String> = (0..classes.len()).map(|class| given(class).unwrap_or_default()).collect();
        let (file, label) = (csv_field(&song.file), csv_field(&song.label));
        text += &format!("{file},{:.3},{label},{}\n", song.seconds, parts.join(","));
    }
    text
}
