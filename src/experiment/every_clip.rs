//! The same work on every clip: on all cores, told in the catalog's order, and what could not be used apart from the rest.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::{ExperimentError, Observer};
use crate::audio::{AudioProblem, read_file};
use crate::datasets::{Catalog, Clip, ClipSource};
use crate::disk::open_regular;

/// Clip id and reason.
pub type LeftOut = Vec<(String, String)>;

/// What `work` makes of each of these clips, in their order; a step is told with each.
pub fn of_each<T: Send>(clips: &[Clip], observer: &dyn Observer, work: impl Fn(&Clip) -> T + Sync) -> Vec<T> {
    let step = |clip| {
        let made = work(clip);
        observer.step();
        made
    };
    clips.par_iter().map(step).collect()
}

/// The same of the whole catalog, as a stretch of work of its own: the places of the clips of which something was made.
pub fn of_every_clip<T: Send>(
    what: &str,
    catalog: &Catalog,
    observer: &dyn Observer,
    work: impl Fn(&Clip) -> Result<T, String> + Sync,
) -> (Vec<(usize, T)>, LeftOut) {
    observer.begin(what, catalog.clips.len());
    let outcomes = of_each(&catalog.clips, observer, work);
    observer.end();
    told_apart(catalog, outcomes)
}

/// What was made of clips, with their places in the catalog, and the clips of which nothing was.
pub fn told_apart<T>(
    catalog: &Catalog,
    outcomes: impl IntoIterator<Item = Result<T, String>>,
) -> (Vec<(usize, T)>, LeftOut) {
    let (mut made, mut left_out) = (Vec::new(), Vec::new());
    for (place, (clip, outcome)) in catalog.clips.iter().zip(outcomes).enumerate() {
        match outcome {
            Ok(one) => made.push((place, one)),
            Err(reason) => left_out.push((clip.id.clone(), reason)),
        }
    }
    (made, left_out)
}

/// Why there is nothing to go on with; the first reason stands for all.
pub fn nothing_usable(catalog: &Catalog, left_out: &[(String, String)]) -> ExperimentError {
    let first = left_out.first().map(|(_, reason)| reason.clone()).unwrap_or_default();
    ExperimentError::NothingUsable { clips: catalog.clips.len(), first }
}

/// Stops where clips of `left_out` cannot be read any more for want of their disk: that is no fault of theirs, and the
/// others alone would be another data set.
pub fn check_disk(catalog: &Catalog, left_out: &[(String, String)]) -> Result<(), ExperimentError> {
    let left_out: HashSet<&str> = left_out.iter().map(|(clip, _)| clip.as_str()).collect();
    let asked = catalog.clips.iter().filter(|clip| left_out.contains(clip.id.as_str()));
    let unread: Vec<String> = asked.filter_map(lost_with_its_disk).collect();
    match unread.first() {
        None => Ok(()),
        Some(first) => Err(ExperimentError::Unread {
            unread: unread.len(),
            clips: catalog.clips.len(),
            first: first.clone(),
        }),
    }
}

/// Why the clip's file cannot be read, where the disk is to blame. One that is forbidden, no regular file, on a bad place of
/// the disk or gone by itself is its own fault: its folder can still be read.
fn lost_with_its_disk(clip: &Clip) -> Option<String> {
    let ClipSource::File(path) = &clip.source else { return None };
    if open_regular(path).and_then(|mut file| file.read(&mut [0; 4096])).is_ok() {
        return None;
    }
    let error = read_file(path).err()?;
    let is_lost = match &error.problem {
        AudioProblem::NotFound => !path.parent().is_some_and(holds_anything),
        AudioProblem::Unreadable(source) => {
            source.raw_os_error().is_some()
                && source.kind() != io::ErrorKind::PermissionDenied
                && !path.parent().is_some_and(holds_anything)
        }
        _ => false,
    };
    is_lost.then(|| error.to_string())
}

/// The place where a disk was mounted stays, and is empty.
fn holds_anything(folder: &Path) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some_and(|entry| entry.is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_went_away_is_told_from_clips_that_are_gone_or_no_sound() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| root.path().join(name);
        std::fs::create_dir_all(folder("here")).unwrap();
        std::fs::create_dir_all(folder("unmounted")).unwrap();
        std::fs::write(folder("here/words.wav"), "words").unwrap();
        let left_out_of = |files: &[&str]| {
            let clip = |file: &&str| Clip {
                id: file.to_string(),
                label: "x".to_string(),
                group: None,
                fold: None,
                source: ClipSource::File(folder(file)),
            };
            let clips: Vec<Clip> = files.iter().map(clip).collect();
            let left_out: LeftOut = clips.iter().map(|clip| (clip.id.clone(), String::new())).collect();
            let catalog = Catalog { name: "folder".to_string(), clips, notes: Vec::new(), synth: None };
            check_disk(&catalog, &left_out).map_err(|error| error.to_string())
        };
        left_out_of(&["here/words.wav", "here/gone.wav", "here"]).unwrap();
        for gone in ["unmounted/a.wav", "nowhere/a.wav"] {
            let said = left_out_of(&["here/gone.wav", gone]).unwrap_err();
            assert!(said.starts_with("1 of 2 clips could not be read (first: "), "{said}");
            assert!(said.contains("a.wav: no such file); is the disk there?"), "{said}");
        }
    }
}
