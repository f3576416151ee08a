//! The same work on every clip: on all cores, told in the catalog's order, and what could not be used apart from the rest.

use rayon::prelude::*;

use super::{ExperimentError, Observer};
use crate::datasets::{Catalog, Clip};

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
