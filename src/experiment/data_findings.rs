//! The dataset gate's findings: what is wrong with the clips of a catalog, by what they sound like and what the data
//! set's own file knows of them.
//!
//! Thresholds: *silent* is a clip that stays below −60 dB of full scale for 99 % of its time; *too short* is less than
//! 2 s and less than half of the median clip; *truncated* is a file that ends before the sound it announces, or is
//! shorter than 95 % of the median where nine clips in ten lie within 1 % of it; *clipped* is 0.1 % of all samples in
//! runs of three or more at full scale; *near duplicates* are defined by `inspection/copies.rs`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clip_sound::ClipSound;
use super::finding_kinds::{
    CLIPPED, CONTRADICTING_LABELS, EXACT_DUPLICATE, FindingKind, KNOWN_FAULT, MONO_IN_STEREO, NEAR_DUPLICATE,
    SILENT, TOO_SHORT, TRUNCATED, UNREADABLE, WRONG_COUNT,
};
use crate::datasets::{About, Catalog};
use crate::inspection::{Copy, Fingerprint, SHORTEST_OVERLAP_SECONDS, find_copies};
use crate::spelling::counted;

const SILENT_SHARE: f64 = 0.99;
const SHORT_SECONDS: f64 = 2.0;
const CLIPPED_SHARE: f64 = 1e-3;

/// One finding: of one clip, or of the clips that are one recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataFinding {
    pub kind: FindingKind,
    /// Clip ids, or files.
    pub clips: Vec<String>,
    /// What was measured.
    pub what: String,
    pub advice: &'static str,
}

impl DataFinding {
    /// With the advice of its kind.
    pub fn new(kind: FindingKind, clips: Vec<String>, what: String) -> Self {
        Self { kind, clips, what, advice: kind.advice }
    }
}

/// What was found in a data set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Inspection {
    pub clips: usize,
    /// Clips in which too little moves to be held against others but sample by sample.
    pub too_short_to_compare: usize,
    pub findings: Vec<DataFinding>,
}

impl Inspection {
    /// What a reader of "no near duplicates" must know.
    pub fn uncompared(&self) -> Option<String> {
        (self.too_short_to_compare > 0).then(|| {
            format!(
                "{} with less than {:.1} s of sound that moves: copies of such clips are found only where every \
                 sample is the same",
                counted(self.too_short_to_compare, "clip"),
                SHORTEST_OVERLAP_SECONDS + Fingerprint::LOST_SECONDS
            )
        })
    }

    /// Of the clips that could be heard (in any order), and id and reason of the others.
    pub fn of(catalog: &Catalog, sounds: &[ClipSound], unreadable: &[(String, String)]) -> Self {
        let mut findings: Vec<DataFinding> = unreadable
            .iter()
            .map(|(clip, reason)| DataFinding::new(UNREADABLE, vec![clip.clone()], reason.clone()))
            .collect();
        findings.extend(recordings(catalog, sounds));
        findings.extend(single_clips(sounds));
        findings.extend(catalog.notes.iter().filter_map(|note| {
            let kind = match note.about_what {
                About::Anything => return None,
                About::Count => WRONG_COUNT,
                About::KnownFaults => KNOWN_FAULT,
            };
            Some(DataFinding::new(kind, note.about.clone(), note.message.clone()))
        }));
        let too_short = |clip: &&ClipSound| {
            !is_silent(clip) && clip.sound.fingerprint.heard_seconds() < SHORTEST_OVERLAP_SECONDS
        };
        let too_short_to_compare = sounds.iter().filter(too_short).count();
        Self { clips: catalog.clips.len(), too_short_to_compare, findings }
    }

    /// Sets of clips that are one recording, exact or near.
    pub fn recordings(&self) -> impl Iterator<Item = &DataFinding> {
        self.findings.iter().filter(|found| [EXACT_DUPLICATE, NEAR_DUPLICATE].contains(&found.kind))
    }

    /// The findings of a kind.
    pub fn of_kind(&self, kind: FindingKind) -> impl Iterator<Item = &DataFinding> {
        self.findings.iter().filter(move |found| found.kind == kind)
    }
}

/// Duplicates, exact and near, and labels that contradict.
fn recordings(catalog: &Catalog, sounds: &[ClipSound]) -> Vec<DataFinding> {
    let label: BTreeMap<&str, &str> =
        catalog.clips.iter().map(|clip| (clip.id.as_str(), clip.label.as_str())).collect();
    let mut same: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let heard = sounds.iter().filter(|clip| !is_silent(clip));
    for clip in heard.clone() {
        same.entry(&clip.sound.digest).or_default().push(&clip.report.clip_id);
    }
    same.values_mut().for_each(|clips| clips.sort_unstable());
    // One clip stands for all that are the same.
    let mut representatives: Vec<(&str, &Fingerprint)> = heard
        .filter(|clip| same[clip.sound.digest.as_str()][0] == clip.report.clip_id)
        .map(|clip| (clip.report.clip_id.as_str(), &clip.sound.fingerprint))
        .collect();
    representatives.sort_by_key(|(id, _)| *id);
    let copies = find_copies(&representatives.iter().map(|(_, print)| *print).collect::<Vec<_>>());
    let id = |place: usize| representatives[place].0;
    let all_of: BTreeMap<&str, &Vec<&str>> = same.values().map(|clips| (clips[0], clips)).collect();

    let mut findings: Vec<DataFinding> = all_of
        .values()
        .filter(|clips| clips.len() > 1)
        .map(|clips| {
            let what = format!("{} clips hold the same samples", clips.len());
            DataFinding::new(EXACT_DUPLICATE, owned(clips), what)
        })
        .collect();
    for linked in linked_sets(representatives.len(), &copies) {
        let clips: Vec<&str> = linked.iter().flat_map(|&place| all_of[id(place)]).copied().collect();
        let pairs: Vec<String> = copies
            .iter()
            .filter(|copy| linked.contains(&copy.first))
            .map(|copy| in_words(copy, id(copy.first), id(copy.second)))
            .collect();
        let more = pairs.len().saturating_sub(3);
        let mut what = pairs.into_iter().take(3).collect::<Vec<_>>().join("; ");
        if more > 0 {
            what += &format!("; and {more} pairs more");
        }
        findings.push(DataFinding::new(NEAR_DUPLICATE, owned(&clips), what));
    }
    let contradictions: Vec<DataFinding> = findings
        .iter()
        .filter_map(|found| {
            let mut labels: Vec<&str> =
                found.clips.iter().filter_map(|clip| label.get(clip.as_str()).copied()).collect();
            labels.sort_unstable();
            labels.dedup();
            let what = format!("one recording is called {}", labels.join(" and "));
            (labels.len() > 1).then(|| DataFinding::new(CONTRADICTING_LABELS, found.clips.clone(), what))
        })
        .collect();
    // The exact copies of a near copy contradict once.
    let within = |small: &DataFinding, large: &DataFinding| {
        small.clips.len() < large.clips.len() && small.clips.iter().all(|clip| large.clips.contains(clip))
    };
    let largest = contradictions.iter().filter(|one| !contradictions.iter().any(|other| within(one, other)));
    findings.extend(largest.cloned());
    findings
}

fn owned(clips: &[&str]) -> Vec<String> {
    clips.iter().map(ToString::to_string).collect()
}

fn in_words(copy: &Copy, first: &str, second: &str) -> String {
    let (whole, part, seconds) = match copy.offset_seconds < 0.0 {
        true => (second, first, -copy.offset_seconds),
        false => (first, second, copy.offset_seconds),
    };
    let bits = 100.0 * copy.bit_error_rate;
    let overlap = copy.overlap_seconds;
    if seconds < 0.1 {
        return format!("{first} and {second} sound alike for {overlap:.1} s ({bits:.1} % of bits differ)");
    }
    format!("{part} begins {seconds:.2} s into {whole} ({bits:.1} % of bits differ over {overlap:.1} s)")
}

/// The sets that `copies` link, each in ascending order.
fn linked_sets(count: usize, copies: &[Copy]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..count).collect();
    fn find(root: &mut [usize], mut of: usize) -> usize {
        while root[of] != of {
            root[of] = root[root[of]];
            of = root[of];
        }
        of
    }
    for copy in copies {
        let (a, b) = (find(&mut root, copy.first), find(&mut root, copy.second));
        root[a.max(b)] = a.min(b);
    }
    let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..count {
        let of = find(&mut root, place);
        sets.entry(of).or_default().push(place);
    }
    sets.into_values().filter(|set| set.len() > 1).collect()
}

fn is_silent(clip: &ClipSound) -> bool {
    clip.sound.quiet_share >= SILENT_SHARE
}

/// What can be said of a clip by itself and beside the lengths of the others.
fn single_clips(sounds: &[ClipSound]) -> Vec<DataFinding> {
    let mut lengths: Vec<f64> = sounds.iter().map(|clip| clip.report.seconds).collect();
    lengths.sort_by(f64::total_cmp);
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let usual = lengths.iter().filter(|seconds| (*seconds - median).abs() <= 0.01 * median).count();
    let equally_long = 10 * usual >= 9 * lengths.len() && lengths.len() >= 10;
    let mut findings = Vec::new();
    let mut tell = |kind, clip: &ClipSound, what| {
        findings.push(DataFinding::new(kind, vec![clip.report.clip_id.clone()], what));
    };
    for clip in sounds {
        let (sound, seconds) = (&clip.sound, clip.report.seconds);
        if is_silent(clip) {
            let level = match sound.peak > 0.0 {
                true => format!("peak {:.0} dB", 20.0 * sound.peak.log10()),
                false => "every sample is 0".to_string(),
            };
            tell(SILENT, clip, format!("{:.0} % of it is below -60 dB ({level})", 100.0 * sound.quiet_share));
        }
        let short = seconds < SHORT_SECONDS && seconds < 0.5 * median;
        if short {
            tell(
                TOO_SHORT,
                clip,
                format!("{seconds:.2} s, where half of the clips have {median:.2} s or more"),
            );
        }
        if sound.cut_short {
            let told = clip.report.faults.last().cloned();
            tell(TRUNCATED, clip, told.unwrap_or_else(|| "the file ends before its sound".to_string()));
        } else if equally_long && seconds < 0.95 * median && !short {
            tell(TRUNCATED, clip, format!("{seconds:.2} s, where the others have {median:.2} s"));
        }
        if sound.clipped_share >= CLIPPED_SHARE {
            let share = 100.0 * sound.clipped_share;
            tell(CLIPPED, clip, format!("{share:.2} % of its samples stand in runs at full scale"));
        }
        if sound.equal_channels {
            let channels = clip.report.channels;
            tell(MONO_IN_STEREO, clip, format!("{channels} channels with the same samples"));
        }
    }
    findings
        .sort_by_key(|found| super::finding_kinds::FINDING_KINDS.iter().position(|kind| *kind == found.kind));
    findings
}
