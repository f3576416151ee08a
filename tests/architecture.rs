//! Reads the `use` lines of `src/` and fails on an upward or sideways arrow between rooms, a file over the ceiling,
//! or a name that explains nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: &[(&str, i32)] = &[
    // The cellar: tools that know nothing of sound, for every room above.
    ("disk", -2),
    ("download", -1),
    ("guarded", -1),
    ("random", -1),
    ("spelling", -1),
    ("algebra", 0),
    ("audio", 0),
    ("weights", 0),
    ("datasets", 1),
    ("embeddings", 1),
    ("features", 1),
    ("inspection", 1),
    ("table", 2),
    ("metrics", 3),
    ("models", 4),
    ("experiment", 5),
    ("audit", 6),
    ("report", 7),
    ("cli", 8),
];

const CEILING: usize = 500;
const SAY_NOTHING: &[&str] = &["util", "utils", "common", "helper", "helpers", "base", "manager", "misc"];

fn sources() -> Vec<PathBuf> {
    fn descend(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                descend(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    descend(&root(), &mut found);
    found.sort();
    assert!(found.len() > 20, "the sources were not found");
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The room a file stands in; `None` for `main.rs` and `lib.rs`.
fn room(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root()).unwrap();
    (inside.components().count() > 1)
        .then(|| inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned())
}

fn floor(room: &str) -> i32 {
    FLOORS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("room {room} has no floor")).1
}

/// Every room named after `crate::` in a line of code.
fn rooms_used(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or("");
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| {
            let list = rest.strip_prefix('{').map(|list| list.split('}').next().unwrap_or(list));
            match list {
                Some(list) => list.split(',').map(first_word).collect(),
                None => vec![first_word(rest)],
            }
        })
        // Constants of the house itself stand in no room.
        .filter(|word| word.starts_with(char::is_lowercase))
        .collect()
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn rooms_use_lower_floors_only() {
    let mut wrong = Vec::new();
    for path in sources() {
        let Some(here) = room(&path) else { continue };
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            for other in rooms_used(line) {
                if other != here && floor(&other) >= floor(&here) {
                    wrong.push(format!("{}:{}: {here} uses {other}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows up or sideways:\n{}", wrong.join("\n"));
}

/// The part of a file before its tests; files of tests that it only names do not end it.
fn code_of(text: &str) -> &str {
    let begins = |at: &usize| {
        let mut lines = text[*at..].lines().skip_while(|line| line.starts_with("#["));
        lines.next().is_some_and(|line| line.contains("mod ") && line.ends_with('{'))
    };
    let tests = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(begins);
    tests.map_or(text, |at| &text[..at])
}

/// What stands between `use` and `;` in the part of a file that is not its tests.
fn use_statements(text: &str) -> Vec<String> {
    let code = code_of(text);
    let lines: String =
        code.lines().map(|line| line.split("//").next().unwrap_or("").to_string() + " ").collect();
    lines
        .split(';')
        .filter_map(|statement| {
            let start = statement.rfind("use ")?;
            let word_before = statement[..start].chars().next_back().is_none_or(|c| c.is_whitespace());
            word_before.then(|| statement[start + 4..].trim().to_string())
        })
        .collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(String::from)
        .collect()
}

/// What follows `super::` in code itself, as in `super::files::entries(…)`.
fn named_in_code(text: &str) -> Vec<String> {
    let code: String =
        code_of(text).lines().flat_map(|line| [line.split("//").next().unwrap_or(""), "\n"]).collect();
    let named = code.match_indices("super::").filter(|(at, _)| !code[..*at].ends_with("super::"));
    let names = named.map(|(at, word)| first_word(&code[at + word.len()..]));
    names.filter(|name| !name.is_empty() && name != "super").collect()
}

/// Edges between the files of one folder: by a file's own name, or by an item that `mod.rs` re-exports from it.
fn edges(folder: &Path, files: &[PathBuf]) -> BTreeMap<String, BTreeSet<String>> {
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let names: BTreeSet<String> = files.iter().map(stem).filter(|name| name != "mod").collect();
    let mut owner: BTreeMap<String, String> = BTreeMap::new();
    for statement in use_statements(&fs::read_to_string(folder.join("mod.rs")).unwrap_or_default()) {
        let words = words(&statement);
        if let Some((first, items)) = words.split_first().filter(|(first, _)| names.contains(*first)) {
            owner.extend(items.iter().map(|item| (item.clone(), first.clone())));
        }
    }
    let here =
        format!("crate::{}::", folder.strip_prefix(root()).unwrap().to_string_lossy().replace('/', "::"));
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files.iter().filter(|path| stem(path) != "mod") {
        let named = named_in_code(&fs::read_to_string(path).unwrap());
        let named = named.into_iter().filter(|name| names.contains(name) && *name != stem(path));
        edges.entry(stem(path)).or_default().extend(named);
        for statement in use_statements(&fs::read_to_string(path).unwrap()) {
            let inside = statement.strip_prefix("super::").or_else(|| statement.strip_prefix(&here));
            let Some(inside) = inside.filter(|rest| !rest.starts_with("super::")) else { continue };
            for word in words(inside) {
                let target = if names.contains(&word) { Some(&word) } else { owner.get(&word) };
                if let Some(target) = target.filter(|target| **target != stem(path)) {
                    edges.entry(stem(path)).or_default().insert(target.clone());
                }
            }
        }
    }
    edges
}

/// A way from `start` back to itself, if there is one.
fn cycle(edges: &BTreeMap<String, BTreeSet<String>>, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_string()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in edges.get(way.last().unwrap()).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}

#[test]
fn files_of_a_room_use_each_other_in_one_direction() {
    let mut folders: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in sources() {
        folders.entry(path.parent().unwrap().to_path_buf()).or_default().push(path);
    }
    let mut wrong = Vec::new();
    for (folder, files) in folders.iter().filter(|(folder, _)| **folder != root()) {
        let edges = edges(folder, files);
        if let Some(way) = edges.keys().find_map(|start| cycle(&edges, start)) {
            wrong.push(format!("{}: {}", folder.display(), way.join(" -> ")));
        }
    }
    assert!(wrong.is_empty(), "cycles:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let mut wrong = Vec::new();
    for path in sources() {
        let only_tests = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
        if only_tests || room(&path).is_none_or(|room| room == "cli") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = code_of(&text);
        if code.contains("println!") || code.contains("eprintln!") {
            wrong.push(path.display().to_string());
        }
    }
    assert!(wrong.is_empty(), "printing outside cli/: {wrong:?}");
}

#[test]
fn files_are_short_and_well_named() {
    let mut wrong = Vec::new();
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > CEILING {
            wrong.push(format!("{}: {lines} lines, over {CEILING}", path.display()));
        }
        let stem = path.file_stem().unwrap().to_string_lossy();
        if SAY_NOTHING.contains(&stem.as_ref()) {
            wrong.push(format!("{}: a name that explains nothing", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|path| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no opening `//!`: {silent:?}");
}

#[test]
fn main_is_short() {
    assert!(fs::read_to_string(root().join("main.rs")).unwrap().lines().count() <= 60);
}

#[test]
fn the_reader_of_use_lines_reads_them() {
    assert_eq!(rooms_used("use crate::audio::Waveform;"), ["audio"]);
    assert_eq!(rooms_used("use crate::{audio, table::Split};"), ["audio", "table"]);
    assert_eq!(rooms_used("let x = crate::models::build(name); // crate::cli"), ["models"]);
    assert_eq!(
        named_in_code("let x = super::files::entries(a, super::super::b::c()); // super::d::e"),
        ["files"]
    );
}
