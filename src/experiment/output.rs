//! The folder that results go to, looked at before any work is done: whether it can be written, and what lies there
//! already: nothing, an earlier run of the same experiment, or something else.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::run::{ClipRecord, Run, cell_path};
use super::{Experiment, ExperimentError};
use crate::disk::digest;
use crate::spelling::{agreeing, counted};

/// Results that a run leaves beside its record. Without one they are somebody else's.
const RESULTS: [&str; 7] = [
    "predictions.csv",
    "scores.csv",
    "trials.csv",
    "importances.csv",
    "perturbations.csv",
    "table.csv",
    "table.md",
];

/// Makes the folder, and tells at once, not after an hour, when nothing can be saved there.
pub fn check_writable(folder: &Path) -> Result<(), ExperimentError> {
    let of = |source| ExperimentError::Output { path: folder.to_path_buf(), source };
    std::fs::create_dir_all(folder).map_err(of)?;
    let probe = folder.join(format!(".probe.{}", std::process::id()));
    std::fs::write(&probe, b"").map_err(of)?;
    std::fs::remove_file(&probe).map_err(of)
}

/// The same of the folder of a single file.
pub fn check_writable_file(file: &Path) -> Result<(), ExperimentError> {
    if file.is_dir() {
        let message = format!("{} is a folder; name a file in it", file.display());
        return Err(ExperimentError::Choice { message });
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    check_writable(folder.unwrap_or(Path::new(".")))
}

/// Refuses to mix two experiments in one folder, and to write over what no run left there.
pub fn check_free(folder: &Path, experiment: &Experiment) -> Result<(), ExperimentError> {
    let occupied = |holds: String| Err(ExperimentError::Occupied { path: folder.to_path_buf(), holds });
    let Ok(bytes) = std::fs::read(folder.join("run.json")) else {
        // A run that is killed as it begins leaves its clips and no result.
        let begun = folder.join("clips.json").exists();
        let theirs = RESULTS.iter().find(|name| !begun && folder.join(name).exists());
        return theirs.map_or(Ok(()), |name| occupied(format!("{name}, which is of no run")));
    };
    let record: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let recorded = &record["experiment"];
    match recorded["name"].as_str() {
        Some(name) if name != experiment.name => occupied(format!("a run of `{name}`")),
        Some(_) => match another(recorded, experiment) {
            Some(file) => occupied(format!("a run of another experiment of that name ({file})")),
            None => Ok(()),
        },
        None => occupied("a run.json that is no run".to_string()),
    }
}

/// The recorded experiment's file, where neither it nor its title is that of this one.
fn another<'a>(recorded: &'a Value, experiment: &Experiment) -> Option<&'a str> {
    let (title, path) = (recorded["title"].as_str()?, recorded["path"].as_str()?);
    let place = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (was, is) = (place(Path::new(path)), place(&experiment.path));
    // A relative path starts where that run was begun, which is not recorded.
    let same = was == is || (was.is_relative() && is.ends_with(was.strip_prefix(".").unwrap_or(&was)));
    // Early records did not keep where the file lay.
    (title != experiment.title && !path.is_empty() && !same).then_some(path)
}

/// Said where the run that lies here is of the same file as it was before it was edited.
pub fn edited(folder: &Path, experiment: &Experiment) -> Option<String> {
    let record: Value = serde_json::from_slice(&std::fs::read(folder.join("run.json")).ok()?).ok()?;
    let recorded = record["experiment"]["hash"].as_str()?;
    (recorded != digest(experiment.text.as_bytes())).then(|| {
        format!(
            "the experiment was edited since the run in {}: its record and report are replaced by this one's, and its \
             cells that still apply are kept; with --out DIR both runs stay, for report --compare",
            folder.display()
        )
    })
}

/// Said where the run that lies here heard other clips than `run` does, so that its finished cells are of no use.
pub fn other_clips(folder: &Path, run: &Run) -> Option<String> {
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    let before: Run = serde_json::from_slice(&read("run.json")?).ok()?;
    let clips: Vec<ClipRecord> = serde_json::from_slice(&read("clips.json")?).ok()?;
    let heard = |clip: &ClipRecord| (clip.report.clip_id.clone(), clip.report.audio.clone());
    if clips.iter().map(heard).eq(run.clips.iter().map(heard)) {
        return None;
    }
    let wanted: BTreeSet<&str> =
        run.rows.iter().flat_map(|row| &row.cells).map(|key| key.id.as_str()).collect();
    let done = before.rows.iter().flat_map(|row| &row.cells).filter(|key| cell_path(folder, key).exists());
    let lost: BTreeSet<&str> = done.map(|key| key.id.as_str()).filter(|id| !wanted.contains(id)).collect();
    (!lost.is_empty()).then(|| {
        let count = lost.len();
        let (cells, apply) = (counted(count, "cell"), agreeing(&count, "does", "do"));
        format!("the clips differ from those of the run that lies here; its {cells} {apply} not apply")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(path: &Path, title: &str) -> Experiment {
        let text = format!(
            "title = \"{title}\"\ndataset = {{ name = \"synth\" }}\nfeatures = {{ set = \"mipt\" }}\n\
             split = {{ kind = \"stratified\", test = 0.5 }}\n[[row]]\nname = \"m\"\nmodel = \"majority\"\n"
        );
        Experiment::parse(path, &text).unwrap()
    }

    #[test]
    fn a_folder_takes_one_experiment_however_many_are_called_alike() {
        let folder = tempfile::tempdir().unwrap();
        let [out, mine, other] = ["out", "mine/e.toml", "other/e.toml"].map(|name| folder.path().join(name));
        for path in [&out.join("run.json"), &mine, &other] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let holds = |name: &str, title: &str, path: &Path| {
            let record = serde_json::json!({ "name": name, "title": title, "path": path });
            let record = serde_json::json!({ "experiment": record });
            std::fs::write(out.join("run.json"), record.to_string()).unwrap();
            check_free(&out, &experiment(&mine, "t")).map_err(|error| error.to_string())
        };
        holds("e", "t", &mine).unwrap();
        // Edited where it is, or moved as it was.
        holds("e", "before", &mine).unwrap();
        holds("e", "t", &other).unwrap();
        holds("e", "before", Path::new("")).unwrap();
        assert!(holds("e", "another", &other).unwrap_err().contains("another experiment of that name"));
        assert!(holds("f", "t", &mine).unwrap_err().contains("a run of `f`"));
        std::fs::write(out.join("run.json"), "{").unwrap();
        check_free(&out, &experiment(&mine, "t")).unwrap_err();
    }

    #[test]
    fn results_of_somebody_else_are_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (out, experiment) = (folder.path(), experiment(Path::new("e.toml"), "t"));
        std::fs::write(out.join("notes.txt"), "").unwrap();
        check_free(out, &experiment).unwrap();
        std::fs::write(out.join("trials.csv"), "").unwrap();
        let error = check_free(out, &experiment).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("already holds trials.csv"), "{error}");
        // Of a run that had no time to write its record.
        std::fs::write(out.join("clips.json"), "[]").unwrap();
        check_free(out, &experiment).unwrap();
    }
}
