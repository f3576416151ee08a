//! Whether there is room in memory: for the matrices of all clips, asked before an hour goes into computing them, and for
//! one long clip.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ExperimentError;
use super::clip_sound::Source;
use super::frame_plan::FramePlan;
use crate::datasets::{Catalog, Clip};

/// Fewer clips are soon computed, and are no matter of memory.
const LEAST_CLIPS: usize = 500;
/// Clips that stand for all.
const PROBES: usize = 5;
const GIB: f64 = (1u64 << 30) as f64;

/// Refuses a data set whose matrices would not find room in `free` bytes. Where the system does not tell them, or the
/// few clips asked cannot be read, nothing is refused.
pub fn check_room(catalog: &Catalog, plan: &FramePlan, free: Option<u64>) -> Result<(), ExperimentError> {
    let clips = catalog.clips.len();
    let Some(free) = free.filter(|_| clips >= LEAST_CLIPS) else { return Ok(()) };
    let probes = (0..PROBES).map(|probe| &catalog.clips[probe * clips / PROBES]);
    let mut sizes: Vec<usize> = probes.filter_map(|clip| bytes_of(catalog, clip, plan)).collect();
    sizes.sort_unstable();
    let Some(usual) = sizes.get(sizes.len() / 2) else { return Ok(()) };
    let copies = plan.augment.as_ref().map_or(0, |augment| augment.copies);
    // A network in training holds those of its side once more.
    let needed = 2.0 * *usual as f64 * (1 + copies) as f64 * clips as f64;
    if needed <= free as f64 {
        return Ok(());
    }
    let advice = match copies {
        0 => "take less of each clip (features = { …, seconds = 10 }) or fewer clips",
        _ => "take fewer altered copies (augment.copies), less of each clip (seconds = 10) or fewer clips",
    };
    let message = format!(
        "the matrices of {clips} clips{} take about {:.1} GiB of memory, and {:.1} GiB are free: {advice}",
        if copies > 0 { " and their altered copies" } else { "" },
        needed / GIB,
        free as f64 / GIB
    );
    Err(ExperimentError::Choice { message })
}

/// A clip whose spectrogram takes more is heard while no other such clip is.
const MUCH_BYTES: u64 = 1 << 30;
static ONE_LONG_CLIP: Mutex<()> = Mutex::new(());

/// Waits until no other long clip is computed, and refuses one that would not find room even then. What holds the turn
/// must not wait for other threads of the pool, which may be waiting for it.
pub fn turn(bytes: u64, free: impl Fn() -> Option<u64>) -> Result<Option<MutexGuard<'static, ()>>, String> {
    if bytes < MUCH_BYTES {
        return Ok(None);
    }
    let turn = ONE_LONG_CLIP.lock().unwrap_or_else(PoisonError::into_inner);
    match free() {
        Some(free) if free < bytes => Err(format!(
            "its spectrogram would take {:.1} GiB of memory, and {:.1} GiB are free: take less of each clip (features = \
             {{ …, seconds = 30 }})",
            bytes as f64 / GIB,
            free as f64 / GIB
        )),
        _ => Ok(Some(turn)),
    }
}

fn bytes_of(catalog: &Catalog, clip: &Clip, plan: &FramePlan) -> Option<usize> {
    let heard = Source::open(catalog, clip).ok()?.listen(&plan.load).ok()?;
    let matrix = plan.matrix(&heard.wave).ok()?;
    Some(matrix.len() * size_of::<f32>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::{DatasetSpec, Opened};
    use crate::experiment::FeatureSpec;

    #[test]
    fn what_finds_no_room_is_told_before_it_is_computed() {
        let dataset = "name = \"synth\"\nclips_per_genre = 250\ngenres = 2\nseconds = 1";
        let Opened::Clips(catalog) = toml::from_str::<DatasetSpec>(dataset).unwrap().open().unwrap() else {
            panic!("synth has clips")
        };
        let plan = |more: &str| {
            let spec: FeatureSpec = toml::from_str(&format!("frames = \"mfcc\"\n{more}")).unwrap();
            FramePlan::new(&spec).unwrap()
        };
        // 20 bands and 44 frames of four bytes, twice.
        let all = 500 * 20 * 44 * 4 * 2;
        let refused = |plan: &FramePlan, free| check_room(&catalog, plan, free).map_err(|e| e.to_string());
        assert_eq!(refused(&plan(""), Some(all)), Ok(()));
        assert_eq!(refused(&plan(""), None), Ok(()));
        let error = refused(&plan(""), Some(all - 1)).unwrap_err();
        assert!(error.contains("of 500 clips take") && error.contains("seconds = 10"), "{error}");
        let copied = plan("augment = { noise = 0.01, copies = 2 }");
        assert_eq!(refused(&copied, Some(3 * all)), Ok(()));
        assert!(refused(&copied, Some(3 * all - 1)).unwrap_err().contains("altered copies"));
    }

    #[test]
    fn a_long_clip_waits_its_turn_and_is_refused_where_it_has_no_room() {
        assert!(turn(MUCH_BYTES - 1, || Some(0)).unwrap().is_none());
        assert!(
            turn(MUCH_BYTES, || None).unwrap().is_some() && turn(MUCH_BYTES, || Some(MUCH_BYTES)).is_ok()
        );
        let error = turn(3 * MUCH_BYTES, || Some(MUCH_BYTES)).map(drop).unwrap_err();
        assert!(error.contains("3.0 GiB") && error.contains("1.0 GiB are free"), "{error}");
    }
}
