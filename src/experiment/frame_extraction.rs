//! Clips become matrices in memory, for rows whose features say `frames`.
//!
//! In a file of frames a name means a clip as an entry of a list does: its id, or the end of its path where only one
//! clip's ends so. A copy that cannot be made of a clip that can costs the training that copy, not the clip.

use ndarray::Array2;

use super::clip_sound::{ClipSound, Source};
use super::every_clip::{LeftOut, check_disk, nothing_usable, of_every_clip, told_apart};
use super::extraction::Inspecting;
use super::frame_plan::{FramePlan, FrameSource};
use super::frame_sets::FrameSet;
use super::machine::free_memory_bytes;
use super::memory_room::check_room;
use super::{ClipReport, ExperimentError, Observer};
use crate::datasets::{Catalog, Clip, entries_of_clips};
use crate::inspection::Sound;
use crate::random::Draws;
use crate::table::FrameTable;

/// What became of the clips.
pub struct FrameExtraction {
    /// Places in the catalog of the clips that could be used.
    pub clips: Vec<usize>,
    pub set: FrameSet,
    pub reports: Vec<ClipReport>,
    /// Of the clips of `reports`, where they were asked for and were sound.
    pub sounds: Vec<ClipSound>,
    pub unusable: LeftOut,
    /// Of altered copies that could not be made: the clip, and which copy and why.
    pub lost_copies: LeftOut,
}

/// A clip's matrix, its altered copies and what became of the others, what was read, and what it sounds like.
struct OneClip {
    matrix: Array2<f32>,
    copies: Vec<Array2<f32>>,
    lost_copies: Vec<String>,
    report: ClipReport,
    sound: Option<Sound>,
}

/// The matrices of every clip that can be used, in the catalog's order; `seed` is of the altered copies.
pub fn extract_matrices(
    catalog: &Catalog,
    plan: &FramePlan,
    seed: u64,
    inspecting: Inspecting,
    observer: &dyn Observer,
) -> Result<FrameExtraction, ExperimentError> {
    let (used, unusable) = match &plan.source {
        FrameSource::File(table) => told_apart(catalog, of_file(catalog, table)),
        _ => {
            check_room(catalog, plan, free_memory_bytes())?;
            let (used, unusable) = of_every_clip("extracting frames", catalog, observer, |clip| {
                of_sound(catalog, clip, plan, seed, inspecting)
            });
            check_disk(catalog, &unusable)?;
            (used, unusable)
        }
    };
    if used.is_empty() {
        return Err(nothing_usable(catalog, &unusable));
    }
    let mut all = FrameExtraction {
        clips: Vec::new(),
        set: FrameSet::default(),
        reports: Vec::new(),
        sounds: Vec::new(),
        unusable,
        lost_copies: Vec::new(),
    };
    for (place, OneClip { matrix, copies, lost_copies, report, sound }) in used {
        let id = &catalog.clips[place].id;
        all.clips.push(place);
        all.set.matrices.push(matrix);
        all.set.copies.push(copies);
        all.lost_copies.extend(lost_copies.into_iter().map(|reason| (id.clone(), reason)));
        all.sounds.extend(sound.map(|sound| ClipSound { report: report.clone(), sound }));
        all.reports.push(report);
    }
    Ok(all)
}

/// Every clip's own matrix of the file.
fn of_file(catalog: &Catalog, table: &FrameTable) -> Vec<Result<OneClip, String>> {
    let ids = catalog.clips.iter().map(|clip| clip.id.as_str());
    let matrices_of_clips = entries_of_clips(ids, table.clips.iter().map(|known| known.clip_id.as_str()));
    let one = |(clip, found): (&Clip, Vec<usize>)| match found[..] {
        [place] => Ok(OneClip {
            matrix: table.clips[place].frames.clone(),
            copies: Vec::new(),
            lost_copies: Vec::new(),
            report: ClipReport { clip_id: clip.id.clone(), ..ClipReport::default() },
            sound: None,
        }),
        [] => Err("the file of frames does not hold it".to_string()),
        _ => Err("several matrices of the file of frames may be its".to_string()),
    };
    catalog.clips.iter().zip(matrices_of_clips).map(one).collect()
}

fn of_sound(
    catalog: &Catalog,
    clip: &Clip,
    plan: &FramePlan,
    seed: u64,
    inspecting: Inspecting,
) -> Result<OneClip, String> {
    let source = Source::open(catalog, clip)?;
    let digest = source.digest();
    let heard = source.listen(&plan.load)?;
    let sound = (inspecting == Inspecting::Yes).then(|| source.sound(&plan.load, &heard));
    let wave = heard.wave;
    let report = ClipReport { clip_id: clip.id.clone(), audio: digest, ..heard.report };
    let matrix = plan.matrix(&wave)?;
    let (mut copies, mut lost_copies) = (Vec::new(), Vec::new());
    if let Some(augment) = &plan.augment {
        for copy in 0..augment.copies {
            let mut draws = Draws::new(seed, &format!("copy {copy} of {}", clip.id));
            match plan.matrix(&augment.apply(&wave, &mut draws)) {
                Ok(altered) => copies.push(altered),
                Err(reason) => lost_copies.push(format!("copy {}: {reason}", copy + 1)),
            }
        }
    }
    Ok(OneClip { matrix, copies, lost_copies, report, sound })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::{ClipSource, DatasetSpec, Opened};
    use crate::experiment::{FeatureSpec, Silent};
    use crate::table::ClipFrames;

    #[test]
    fn a_file_of_frames_is_read_by_the_ends_of_its_paths() {
        let clip = |label: &str| Clip {
            id: format!("{label}.00000"),
            label: label.to_string(),
            group: None,
            fold: None,
            source: ClipSource::File("nowhere".into()),
        };
        let clips = ["blues", "jazz", "pop"].into_iter().map(clip).collect();
        let catalog = Catalog { name: "gtzan".to_string(), clips, notes: Vec::new(), synth: None };
        let named = |id: &str, value| ClipFrames {
            clip_id: id.to_string(),
            label: String::new(),
            frames: Array2::from_elem((2, 1), value),
        };
        let clips = vec![
            named("pop/pop.00000.wav", 3.0),
            named("blues/blues.00000.wav", 1.0),
            named("pop/pop.00000.au", 4.0),
        ];
        let table = FrameTable { rows: vec!["zcr.00".to_string()], clips };
        let (used, left_out) = told_apart(&catalog, of_file(&catalog, &table));
        assert_eq!(used.len(), 1);
        assert_eq!((used[0].0, used[0].1.matrix[[0, 0]]), (0, 1.0));
        let reasons: Vec<(&str, &str)> =
            left_out.iter().map(|(clip, reason)| (clip.as_str(), reason.as_str())).collect();
        let wanted = [
            ("jazz.00000", "the file of frames does not hold it"),
            ("pop.00000", "several matrices of the file of frames may be its"),
        ];
        assert_eq!(reasons, wanted);
    }

    #[test]
    fn a_copy_that_cannot_be_made_costs_no_clip() {
        let dataset = "name = \"synth\"\nclips_per_genre = 1\ngenres = 2\nartists_per_genre = 1\nseconds = 4";
        let Opened::Clips(catalog) = toml::from_str::<DatasetSpec>(dataset).unwrap().open().unwrap() else {
            panic!("synth has clips")
        };
        // A patch takes 3 s; of these copies one is as long as the clip, and the other lasts 1 s.
        let spec = "frames = \"patches\"\nembedding = \"random-conv\"\n\
                    augment = { stretch = [1.0, 4.0], copies = 12 }";
        let plan = FramePlan::new(&toml::from_str::<FeatureSpec>(spec).unwrap()).unwrap();
        let found = extract_matrices(&catalog, &plan, 1, Inspecting::No, &Silent).unwrap();
        assert_eq!((found.clips.len(), found.unusable.len()), (2, 0));
        let kept: usize = found.set.copies.iter().map(Vec::len).sum();
        assert!(kept > 0 && !found.lost_copies.is_empty());
        assert_eq!(kept + found.lost_copies.len(), 24);
        let (clip, reason) = &found.lost_copies[0];
        assert!(*clip == catalog.clips[0].id && reason.starts_with("copy "), "{clip}: {reason}");
        assert!(reason.contains("one patch of `random-conv`"), "{reason}");
    }
}
