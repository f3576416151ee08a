//! The ledger of the test side: `ledger.jsonl`, one line each time a model was scored on rows it was held out from.
//!
//! Who looks at the test side often enough finds a configuration that fits it by luck, so the looks are counted. A line
//! is never rewritten; each carries the digest of itself and of the line before, so that one taken out is missed.
//! A line comes before its cell's record: a run killed between the two has looked, and says so.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cell_key::CellKey;
use super::clock::utc_now;
use crate::disk::{WriteError, digest};
use crate::spelling::counted;

const LEDGER: &str = "ledger.jsonl";

/// One look at the test side of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub when_utc: String,
    pub row: String,
    pub repeat: usize,
    pub fold: usize,
    pub cell: String,
    /// Hash of the experiment file.
    pub configuration: String,
    /// Digest of the line before and of this one without its chain.
    pub chain: String,
}

/// How often the test side was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    pub looks: usize,
    /// Different experiment files that were run in this folder.
    pub configurations: usize,
    /// Cells that were scored, each once at least.
    pub cells: usize,
}

impl Looks {
    /// What a report says of them.
    pub fn sentence(&self) -> String {
        let looks = counted(self.looks, "look");
        match self.configurations {
            0 | 1 if self.looks > self.cells => format!(
                "The test side was looked at {} at {} (ledger.jsonl).",
                counted(self.looks, "time"),
                counted(self.cells, "cell")
            ),
            0 | 1 => format!("The test side was looked at once a cell ({looks}, ledger.jsonl)."),
            several => format!(
                "The test side was looked at under {several} versions of this experiment ({looks} at {}, \
                 ledger.jsonl): choosing among them by these scores flatters the best.",
                counted(self.cells, "cell")
            ),
        }
    }

    /// "6 looks at 4 cells under 2 configurations".
    fn counts(&self) -> String {
        let (looks, cells) = (counted(self.looks, "look"), counted(self.cells, "cell"));
        format!("{looks} at {cells} under {}", counted(self.configurations, "configuration"))
    }
}

impl Look {
    fn sealed(mut self, before: &str) -> Self {
        self.chain = String::new();
        // A struct of strings and numbers always becomes JSON.
        let content = serde_json::to_string(&self).unwrap_or_default();
        self.chain = digest(format!("{before}\n{content}").as_bytes());
        self
    }
}

/// Appends a look. Runs that share a folder take turns.
pub fn append(folder: &Path, key: &CellKey, configuration: &str) -> Result<(), WriteError> {
    let path = folder.join(LEDGER);
    let look = Look {
        when_utc: utc_now(),
        row: key.row.clone(),
        repeat: key.repeat,
        fold: key.fold,
        cell: key.id.clone(),
        configuration: configuration.to_string(),
        chain: String::new(),
    };
    append_line(&path, look).map_err(|source| WriteError { path, source })
}

fn append_line(path: &Path, look: Look) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    // A file system without locks is no reason to stop: only runs that share the folder could cross each other there.
    let _ = file.lock();
    let tail = tail(&mut file)?;
    let before = looks_in(&tail).last().map(|look| look.chain.clone()).unwrap_or_default();
    // A line that a full disk tore stays as it is, and the next begins on its own.
    let start = if tail.is_empty() || tail.ends_with('\n') { "" } else { "\n" };
    let line = serde_json::to_string(&look.sealed(&before))?;
    file.write_all(format!("{start}{line}\n").as_bytes())
}

/// The end of the file, long enough for its last whole lines.
fn tail(file: &mut File) -> io::Result<String> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(16 << 10)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn looks_in(text: &str) -> impl Iterator<Item = Look> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok())
}

fn read(folder: &Path) -> String {
    std::fs::read(folder.join(LEDGER))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// How often the test side of the run in `folder` was looked at.
pub fn looks(folder: &Path) -> Looks {
    let text = read(folder);
    let (mut configurations, mut cells, mut looks) = (BTreeSet::new(), BTreeSet::new(), 0);
    for look in looks_in(&text) {
        looks += 1;
        configurations.insert(look.configuration);
        cells.insert(look.cell);
    }
    Looks { looks, configurations: configurations.len(), cells: cells.len() }
}

/// What is wrong with the ledger of a run whose finished cells are `cells`: lines that were changed or taken out, and
/// cells that no line tells of.
pub fn broken_lines<'a>(folder: &Path, cells: impl Iterator<Item = &'a CellKey>) -> Vec<String> {
    let text = read(folder);
    let (mut wrong, mut before, mut known) = (Vec::new(), String::new(), BTreeSet::new());
    for (index, line) in text.lines().enumerate() {
        let Ok(look) = serde_json::from_str::<Look>(line) else { continue };
        if look.clone().sealed(&before).chain != look.chain {
            wrong.push(format!(
                "line {} does not follow from the one before: lines were changed or taken out",
                index + 1
            ));
        }
        before = look.chain;
        known.insert(look.cell);
    }
    let untold = cells.filter(|key| !known.contains(&key.id));
    wrong.extend(untold.map(|key| {
        format!("no line tells of {} (repeat {}, fold {}), which was scored", key.row, key.repeat, key.fold)
    }));
    wrong
}

/// What is missing of the looks that a finished run counted in its ledger, which only ever grows. Lines cut off at the
/// end leave the chain whole, and may be of cells that a later version of the experiment has no more.
pub fn lost_looks(folder: &Path, recorded: &Looks) -> Option<String> {
    let found = looks(folder);
    let fewer = found.looks < recorded.looks
        || found.configurations < recorded.configurations
        || found.cells < recorded.cells;
    fewer.then(|| {
        let (recorded, found) = (recorded.counts(), found.counts());
        format!(
            "the run counted {recorded}, and the ledger tells of {found}: lines were taken out at its end"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> CellKey {
        CellKey { row: "svc".into(), repeat: 0, fold: 0, seed: 1, id: id.into(), training: None }
    }

    #[test]
    fn looks_are_counted_and_a_line_taken_out_or_changed_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (cell, configuration) in [("a", "x"), ("b", "x"), ("a", "y")] {
            append(folder, &key(cell), configuration).unwrap();
        }
        assert_eq!(looks(folder), Looks { looks: 3, configurations: 2, cells: 2 });
        assert!(looks(folder).sentence().contains("2 versions"));
        let keys = [key("a"), key("b")];
        assert!(broken_lines(folder, keys.iter()).is_empty());
        assert_eq!(broken_lines(folder, [key("c")].iter()).len(), 1);
        let path = folder.join(LEDGER);
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        std::fs::write(&path, format!("{}\n{}\n", lines[0], lines[2])).unwrap();
        assert!(broken_lines(folder, keys.iter())[0].starts_with("line 2"));
        std::fs::write(&path, whole.replacen("\"b\"", "\"c\"", 1)).unwrap();
        assert!(broken_lines(folder, keys.iter())[0].starts_with("line 2"));
    }

    #[test]
    fn an_end_that_was_cut_off_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for (cell, configuration) in [("a", "x"), ("b", "y")] {
            append(folder, &key(cell), configuration).unwrap();
        }
        let recorded = looks(folder);
        assert_eq!(lost_looks(folder, &recorded), None);
        let path = folder.join(LEDGER);
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{}\n", whole.lines().next().unwrap())).unwrap();
        assert!(broken_lines(folder, [key("a")].iter()).is_empty());
        let said = lost_looks(folder, &recorded).unwrap();
        assert!(said.contains("counted 2 looks at 2 cells under 2 configurations"), "{said}");
        assert!(said.contains("tells of 1 look at 1 cell under 1 configuration:"), "{said}");
        // A run of before there was a ledger counted none.
        assert_eq!(lost_looks(folder, &Looks::default()), None);
    }

    #[test]
    fn a_torn_line_harms_no_other() {
        let folder = tempfile::tempdir().unwrap();
        append(folder.path(), &key("a"), "x").unwrap();
        let path = folder.path().join(LEDGER);
        let torn = std::fs::read_to_string(&path).unwrap() + "{\"when_utc\": \"20";
        std::fs::write(&path, torn).unwrap();
        append(folder.path(), &key("b"), "x").unwrap();
        assert_eq!(looks(folder.path()).looks, 2);
        assert!(broken_lines(folder.path(), [key("a"), key("b")].iter()).is_empty());
    }
}
