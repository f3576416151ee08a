//! What became of each class and each clip, as CSV for other programs: scores by class, who is taken for whom, and every
//! clip that a row got wrong. Repeats are added up.

use std::collections::BTreeMap;

use super::super::comparison::Comparison;
use super::super::plots::confusion_of;
use super::Report;
use crate::experiment::{CellRecord, Run, csv_field};
use crate::metrics::of_class;

pub fn by_class(report: &Report) -> String {
    let mut text = header("class,clips,predicted,hits,precision,recall,f1");
    for (run, comparison) in report.pairs() {
        for row in &run.rows {
            let Some(confusion) = confusion_of(run, &row.name) else { continue };
            for (class, name) in classes_of(run, &row.name).iter().enumerate() {
                let (precision, recall, f1) = of_class(&confusion, class);
                let counts = [confusion.support(class), confusion.taken(class), confusion.hits(class)];
                let counts = counts.map(|count| count.to_string()).join(",");
                let cells = format!("{},{counts},{precision},{recall},{f1}", csv_field(name));
                text += &line(comparison, &row.name, &cells);
            }
        }
    }
    text
}

/// Pairs of classes that hold a clip at least.
pub fn confusion(report: &Report) -> String {
    let mut text = header("truth,predicted,clips");
    for (run, comparison) in report.pairs() {
        for row in &run.rows {
            let Some(confusion) = confusion_of(run, &row.name) else { continue };
            let classes = classes_of(run, &row.name);
            for (truth, counts) in confusion.counts().iter().enumerate() {
                for (taken, clips) in counts.iter().enumerate().filter(|(_, clips)| **clips > 0) {
                    let (truth, taken) = (csv_field(&classes[truth]), csv_field(&classes[taken]));
                    text += &line(comparison, &row.name, &format!("{truth},{taken},{clips}"));
                }
            }
        }
    }
    text
}

/// How often a clip was tested, and what it was taken for when that was wrong.
#[derive(Default)]
struct Tested {
    times: usize,
    wrong: usize,
    /// By class: how often it was taken for it, and the sum of the probabilities that it was given.
    taken_for: BTreeMap<usize, (usize, Option<f64>)>,
}

/// Each row's wrong clips, those that it is surest of first.
pub fn mistakes(report: &Report) -> String {
    let mut text = header("clip_id,truth,taken_for,times_wrong,times_tested,probability");
    for (run, comparison) in report.pairs() {
        for row in &run.rows {
            // Cells of different numbers of classes have no common names.
            if confusion_of(run, &row.name).is_none() {
                continue;
            }
            let classes = classes_of(run, &row.name);
            let mut wrong: Vec<Mistake> = mistakes_of(run, &row.name);
            wrong.sort_by(|a, b| {
                let sure = |one: &Mistake| (one.share_wrong, one.probability.unwrap_or(0.0));
                let ((share_a, sure_a), (share_b, sure_b)) = (sure(a), sure(b));
                let order = share_b.total_cmp(&share_a).then(sure_b.total_cmp(&sure_a));
                order.then_with(|| a.clip.cmp(b.clip))
            });
            for one in wrong {
                let probability = one.probability.map(|given| format!("{given:.4}")).unwrap_or_default();
                let cells = format!(
                    "{},{},{},{},{},{probability}",
                    csv_field(one.clip),
                    csv_field(&classes[one.truth]),
                    csv_field(&classes[one.taken_for]),
                    one.wrong,
                    one.times
                );
                text += &line(comparison, &row.name, &cells);
            }
        }
    }
    text
}

struct Mistake<'a> {
    clip: &'a str,
    truth: usize,
    taken_for: usize,
    wrong: usize,
    times: usize,
    share_wrong: f64,
    probability: Option<f64>,
}

fn mistakes_of<'a>(run: &'a Run, row: &'a str) -> Vec<Mistake<'a>> {
    let mut clips: BTreeMap<(&str, usize), Tested> = BTreeMap::new();
    for found in run.cells_of(row).filter_map(CellRecord::predictions) {
        for (place, clip) in found.clip_ids.iter().enumerate() {
            let (truth, predicted) = (found.truth[place], found.predicted[place]);
            let tested = clips.entry((clip, truth)).or_default();
            tested.times += 1;
            if truth != predicted {
                tested.wrong += 1;
                let given = found.probabilities.as_ref().map(|table| table[place][predicted]);
                let (times, sum) = tested.taken_for.entry(predicted).or_default();
                *times += 1;
                *sum = given.map(|given| sum.unwrap_or(0.0) + given);
            }
        }
    }
    let worst = |((clip, truth), tested): ((&'a str, usize), Tested)| {
        // Of classes that it was taken for as often, the first.
        let often =
            |(class, (times, _)): &(&usize, &(usize, Option<f64>))| (*times, std::cmp::Reverse(**class));
        let (taken_for, (times, sum)) = tested.taken_for.iter().max_by_key(often)?;
        Some(Mistake {
            clip,
            truth,
            taken_for: *taken_for,
            wrong: tested.wrong,
            times: tested.times,
            share_wrong: tested.wrong as f64 / tested.times as f64,
            probability: sum.map(|sum| sum / *times as f64),
        })
    };
    clips.into_iter().filter_map(worst).collect()
}

fn classes_of<'a>(run: &'a Run, row: &'a str) -> &'a [String] {
    run.cells_of(row).find_map(CellRecord::predictions).map_or(&[], |found| &found.classes)
}

fn header(columns: &str) -> String {
    format!("experiment,row,{columns},synthetic,watermark\n")
}

fn line(comparison: &Comparison, row: &str, cells: &str) -> String {
    format!(
        "{},{},{cells},{},{}\n",
        csv_field(&comparison.experiment),
        csv_field(row),
        comparison.synthetic,
        csv_field(&comparison.marks())
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::reading::Reading;
    use super::*;
    use crate::experiment::{CellKey, Outcome};
    use crate::metrics::Predictions;

    /// Two rows without cells.
    fn run() -> Run {
        let row = |name: &str| {
            serde_json::json!({
                "name": name, "model": "majority", "parameters": {}, "published": {}, "note": null, "prepare": [],
                "table": 0, "cells": [],
            })
        };
        let record = serde_json::json!({
            "format": 1, "genrebench_version": "", "dependencies": "",
            "experiment": {
                "name": "e", "title": "e", "paper": null, "question": null, "note": null, "seed": 1, "split": "",
                "command": "", "text": "", "hash": "",
            },
            "dataset": {
                "name": "d", "synthetic": false, "clips_found": 2, "clips_used": 2, "classes": [["a", 1], ["b", 1]],
                "groups": 0, "notes": [], "unusable": [],
            },
            "machine": { "processor": "", "cores": 1, "threads": 1, "memory_gib": null, "system": "" },
            "started_utc": "", "finished_utc": null, "tables": [], "rows": [row("whole"), row("odd")],
            "peak_memory_mib": null,
        });
        serde_json::from_value(record).unwrap()
    }

    /// A clip of each class, taken for the last one.
    fn cell(row: &str, fold: usize, classes: usize) -> CellRecord {
        let key = CellKey { row: row.into(), repeat: 0, fold, seed: 0, id: String::new(), training: None };
        let said = Predictions {
            clip_ids: (0..classes).map(|clip| format!("{fold}-{clip}")).collect(),
            classes: ["a", "b"][..classes].iter().map(|class| class.to_string()).collect(),
            truth: (0..classes).collect(),
            predicted: vec![classes - 1; classes],
            probabilities: None,
        };
        CellRecord::bare(key, Outcome::Predicted(said))
    }

    /// Cells of different numbers of classes have no common names.
    #[test]
    fn a_row_whose_cells_are_of_other_classes_is_left_out() {
        let mut run = run();
        let comparisons = vec![Comparison::read(&run, &Reading::default())];
        for (row, classes) in [("whole", [2, 2]), ("odd", [2, 1])] {
            run.cells.extend(classes.iter().enumerate().map(|(fold, classes)| cell(row, fold, *classes)));
        }
        let runs = [run];
        let report = Report { runs: &runs, comparisons, ranks: Err(String::new()) };
        let lines = |table: String, row: &str| {
            let begins = format!("e,{row},");
            let found = table.lines().filter_map(|line| line.strip_prefix(&begins));
            found.map(String::from).collect::<Vec<_>>()
        };
        let of_classes = lines(by_class(&report), "whole");
        assert_eq!(of_classes, ["a,2,0,0,0,0,0,false,", "b,2,4,2,0.5,1,0.6666666666666666,false,"]);
        assert_eq!(lines(confusion(&report), "whole"), ["a,b,2,false,", "b,b,2,false,"]);
        assert_eq!(lines(mistakes(&report), "whole"), ["0-0,a,b,1,1,,false,", "1-0,a,b,1,1,,false,"]);
        for table in [by_class, confusion, mistakes] {
            assert_eq!(lines(table(&report), "odd"), [""; 0]);
        }
    }
}
