//! Does a run still hold? Its files against their seal, its results against its cells, its inputs against the data
//! set as it lies there now, and cells computed again, bit for bit.

use super::cell::Outcome;
use super::checked::{Check, VerifyRequest, is_there, place};
use super::ledger;
use super::recipe_check::not_of_the_text;
use super::recomputed::Inputs;
use super::run::{Run, surplus};
use super::seal::broken_seals;
use super::{ExperimentError, Observer};
use crate::disk::digest;

/// Looks at everything that can be looked at; what does not hold never stops the rest.
pub fn verify(request: &VerifyRequest, observer: &dyn Observer) -> Result<Vec<Check>, ExperimentError> {
    let run = Run::load(&request.folder)?;
    let mut checks = vec![files(request, &run), config(&run), results(request, &run), looks(request, &run)];
    match Inputs::gather(request, &run, observer) {
        Ok(inputs) => {
            checks.push(inputs.clips(&run));
            checks.push(inputs.tables(&run));
            checks.push(inputs.cache());
            checks.push(inputs.cells(request, &run, observer));
        }
        Err(error) => checks.push(Check {
            name: "inputs",
            holds: false,
            found: vec![format!("the data set cannot be read again, or its experiment: {error}; say where it lies with --data, and verify from the folder that the run was started in")],
        }),
    }
    Ok(checks)
}

fn files(request: &VerifyRequest, run: &Run) -> Check {
    let name = "files";
    let mut wrong = match broken_seals(&request.folder, run) {
        None => vec![
            "checksums.json is not there or cannot be read: the run did not finish, or was tampered with"
                .into(),
        ],
        Some(broken) => broken,
    };
    let all = run.rows.iter().flat_map(|row| &row.cells);
    let missing = all.filter(|key| !is_there(run, key) && !run.experiment.not_asked.contains(&key.row));
    wrong.extend(missing.map(|key| format!("no sound record of {}", place(key))));
    let mut right = format!("{} cells and their records are as they were sealed", run.cells.len());
    let absent = |name: &&String| run.cells_of(name).next().is_none();
    let absent: Vec<&str> = run.experiment.not_asked.iter().filter(absent).map(String::as_str).collect();
    if !absent.is_empty() {
        right += &format!("; not asked for and not run: {}", absent.join(", "));
    }
    Check::of(name, wrong, right)
}

fn config(run: &Run) -> Check {
    let recorded = &run.experiment;
    let mut wrong = not_of_the_text(run);
    if digest(recorded.text.as_bytes()) != recorded.hash {
        wrong.insert(0, "the experiment's text in run.json is not the one that was hashed".to_string());
    }
    let right =
        format!("the experiment's text has hash {}, and its rows are recorded as it says", recorded.hash);
    Check::of("config", wrong, right)
}

/// `predictions.csv`, `scores.csv` and what else the cells give, derived once more.
fn results(request: &VerifyRequest, run: &Run) -> Check {
    let mut wrong = Vec::new();
    let results = run.results();
    for (name, derived) in &results {
        match std::fs::read(request.folder.join(name)) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok(bytes) if bytes == *derived => {}
            Ok(bytes) => {
                let differs = |(a, b): &(&[u8], &[u8])| a != b;
                let lines = |bytes| <[u8]>::split(bytes, |byte| *byte == b'\n');
                let line = lines(&bytes).zip(lines(derived)).position(|pair| differs(&pair));
                let line = line.map_or("its end".to_string(), |line| format!("line {}", line + 1));
                wrong.push(format!("{name} does not follow from the cells: {line} differs"));
            }
        }
    }
    let surplus = surplus(&results, &request.folder);
    wrong.extend(surplus.map(|name| format!("{name} does not follow from the cells, which have none of it")));
    Check::of("results", wrong, "every prediction and score follows from the cells".to_string())
}

/// The ledger of the test side against itself and the cells.
fn looks(request: &VerifyRequest, run: &Run) -> Check {
    let scored = run.cells.iter().filter(|cell| matches!(cell.outcome, Outcome::Predicted(_)));
    let mut wrong = ledger::broken_lines(&request.folder, scored.map(|cell| &cell.key));
    wrong.extend(ledger::lost_looks(&request.folder, &run.looks));
    Check::of("ledger", wrong, ledger::looks(&request.folder).sentence())
}
