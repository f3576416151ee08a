//! The gate before a run: what was found in the data set, held against the splits. One recording, or an artist that the
//! split promises to keep apart, on two sides stops the run unless it is allowed by name; then the report says so.

use super::ExperimentError;
use super::data_findings::{DataFinding, Inspection};
use super::finding_kinds::{
    EXACT_DUPLICATE, FINDING_KINDS, FindingKind, NEAR_DUPLICATE, SHARED_ARTIST, UNREADABLE, Weight,
    kinds_that_stop,
};
use crate::spelling;
use crate::table::{ClipRows, Split, SplitSpec};

/// How the note begins that every report must carry.
pub const ALLOWED: &str = "ALLOWED by name";

/// Clips named in a message.
const NAMED: usize = 5;

/// What stands on both sides of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossing {
    pub kind: FindingKind,
    /// What stands on both sides, in how many of the splits, and in which first.
    pub what: String,
}

/// What of the findings stands on both sides of one of `splits`.
pub fn crossings(
    inspection: &Inspection,
    spec: &SplitSpec,
    rows: ClipRows<'_>,
    splits: &[Split],
) -> Vec<Crossing> {
    let mut found: Vec<Crossing> = [EXACT_DUPLICATE, NEAR_DUPLICATE]
        .into_iter()
        .flat_map(|kind| inspection.of_kind(kind))
        .filter_map(|recording| crossing(recording, rows, splits))
        .collect();
    let promised = matches!(spec, SplitSpec::Group(_) | SplitSpec::GroupKfold(_) | SplitSpec::Official(_));
    let shared =
        splits.iter().max_by_key(|split| split.shared_groups).filter(|split| split.shared_groups > 0);
    if let (true, Some(split)) = (promised, shared) {
        let what =
            format!("{} artists or sources stand on both sides in {}", split.shared_groups, place(split));
        found.push(Crossing { kind: SHARED_ARTIST, what });
    }
    found
}

fn crossing(recording: &DataFinding, rows: ClipRows<'_>, splits: &[Split]) -> Option<Crossing> {
    let places: Vec<usize> =
        (0..rows.ids.len()).filter(|&row| recording.clips.contains(&rows.ids[row])).collect();
    let on = |side: &[usize]| places.iter().any(|place| side.binary_search(place).is_ok());
    let crossed: Vec<&Split> =
        splits.iter().filter(|split| (on(&split.train) || on(&split.watched)) && on(&split.test)).collect();
    let first = crossed.first()?;
    let times = match crossed.len() {
        1 => String::new(),
        times => format!(" and {} other splits", times - 1),
    };
    Some(Crossing {
        kind: recording.kind,
        what: format!("{} on both sides in {}{times}", named(&recording.clips), place(first)),
    })
}

fn place(split: &Split) -> String {
    format!("repeat {}, fold {}", split.repeat, split.fold)
}

fn named(clips: &[String]) -> String {
    let shown = clips[..clips.len().min(NAMED)].join(", ");
    match clips.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Refuses a name that allows nothing.
pub fn check_allowed(allowed: &[String]) -> Result<(), String> {
    let Some(unknown) = allowed.iter().find(|name| !kinds_that_stop().any(|known| known == name.as_str()))
    else {
        return Ok(());
    };
    let known = kinds_that_stop().collect::<Vec<_>>().join(", ");
    let hint = spelling::hint(unknown, kinds_that_stop());
    Err(format!("`{unknown}` cannot be allowed; what can: {known}{hint}"))
}

/// Lets the run pass, with the notes that its report must carry, or stops it.
pub fn pass(
    inspection: &Inspection,
    crossings: &[Crossing],
    allowed: &[String],
) -> Result<Vec<String>, ExperimentError> {
    let refused: Vec<&Crossing> =
        crossings.iter().filter(|crossing| !allowed.iter().any(|name| name == crossing.kind.name)).collect();
    if !refused.is_empty() {
        return Err(stopped(&refused));
    }
    let mut notes = faults(inspection);
    notes.extend(inspection.uncompared());
    for name in kinds_that_stop() {
        let of_kind: Vec<&Crossing> = crossings.iter().filter(|found| found.kind.name == name).collect();
        if let Some(first) = of_kind.first() {
            let more = match of_kind.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more such"),
            };
            notes.push(format!(
                "{ALLOWED}, and flattering every classifier: {name}, {}: {}{more}",
                first.kind.title, first.what
            ));
        }
    }
    Ok(notes)
}

fn stopped(refused: &[&Crossing]) -> ExperimentError {
    const SHOWN: usize = 10;
    let mut lines: Vec<String> =
        refused.iter().take(SHOWN).map(|found| format!("\n  {}: {}", found.kind.name, found.what)).collect();
    if refused.len() > SHOWN {
        lines.push(format!("\n  and {} more", refused.len() - SHOWN));
    }
    let mut allow: Vec<String> = refused.iter().map(|found| format!("--allow {}", found.kind.name)).collect();
    allow.dedup();
    let mut advice: Vec<&str> = refused.iter().map(|found| found.kind.advice).collect();
    advice.dedup();
    ExperimentError::AcrossSplit { found: lines.concat(), advice: advice.join("; "), allow: allow.join(" ") }
}

/// One line a kind of fault that is there.
fn faults(inspection: &Inspection) -> Vec<String> {
    let kinds = FINDING_KINDS.iter().filter(|kind| kind.weight != Weight::Note && **kind != UNREADABLE);
    kinds
        .filter_map(|kind| {
            let found: Vec<&DataFinding> = inspection.of_kind(*kind).collect();
            let of_dataset = kind.name == "wrong-count" || kind.name == "known-fault";
            let first = found.first().filter(|_| !of_dataset)?;
            let clips: Vec<String> = found.iter().flat_map(|found| found.clips.clone()).collect();
            Some(match found.len() {
                1 => format!("{}, {}: {} ({})", kind.name, kind.title, named(&first.clips), first.what),
                several => format!("{}, {}: {several} times ({})", kind.name, kind.title, named(&clips)),
            })
        })
        .collect()
}
