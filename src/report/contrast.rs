//! Two runs, row by row: what changed in the recipe, what changed in the figures, and whether it matters.
//!
//! Rows are matched by name, or as the caller says. Where both runs test the same clips, repeat by repeat, the difference
//! is paired: both are redrawn alike, and McNemar's test counts the clips on which just one is right. Else the two are
//! taken as independent: draws of each are subtracted, which widens the interval.

use serde::Serialize;

use super::comparison::Comparison;
use super::formats::{aligned, fitted, wrapped};
use super::markdown_text::{escape, fenced};
use super::pairs::{Pair, Scored, compare};
use super::reading::{Reading, sides_of};
use super::words::{difference_text, metric_heading, p_text, region_text, score_text, small};
use crate::experiment::{CellRecord, RowRecord, Run, groups_of, pool};
use crate::metrics::{
    DRAWS, METRICS, Metric, Predictions, find, holm, judge, resampled, resampled_p, units_redrawn,
};
use crate::spelling::counted;

/// What two runs have and have not in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    pub a: String,
    pub b: String,
    pub metric: String,
    /// Where one is none of its experiment as written, or of invented music: which, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watermarks: Vec<String>,
    /// What differs in data, split, seed, versions, machine: name, in a, in b.
    pub changes: Vec<[String; 3]>,
    pub rows: Vec<ContrastRow>,
    pub only_a: Vec<String>,
    pub only_b: Vec<String>,
    pub region: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContrastRow {
    pub name: String,
    pub score_a: Option<f64>,
    pub score_b: Option<f64>,
    /// Every prediction is the same.
    pub identical: bool,
    /// `b − a`, so that better means that b is. The p values are as they are; `p_holm` is that of the bootstrap,
    /// corrected over the rows.
    pub pair: Option<Pair>,
    /// McNemar's p, corrected over the rows.
    pub mcnemar_holm: Option<f64>,
    pub paired: bool,
    pub fit_seconds_a: Option<f64>,
    pub fit_seconds_b: Option<f64>,
    /// Parameters and steps that differ: name, in a, in b.
    pub changes: Vec<[String; 3]>,
}

/// Two runs, each with what it is called here; `matched` names rows of a and of b that are held against each other besides
/// those of one name.
pub fn contrast(
    (name_a, a): (&str, &Run),
    (name_b, b): (&str, &Run),
    matched: &[(String, String)],
    reading: &Reading,
) -> Contrast {
    let of_a = Comparison::read(a, reading);
    let metric = find(&of_a.chief).unwrap_or(&METRICS[0]);
    // By what the first is compared by, whatever figures the second's paper printed.
    let reading = &Reading { metric: Some(metric.name), ..*reading };
    let of = [of_a, Comparison::read(b, reading)];
    let goes_with = |row: &&RowRecord, other: &&RowRecord| {
        row.name == other.name || matched.iter().any(|(of_a, of_b)| *of_a == row.name && *of_b == other.name)
    };
    let pairs = a.rows.iter().flat_map(|row| b.rows.iter().map(move |other| (row, other)));
    let together: Vec<(&RowRecord, &RowRecord)> =
        pairs.filter(|(row, other)| goes_with(row, other)).collect();
    let only = |of: &Run, held: Vec<&str>| {
        let names = of.rows.iter().map(|row| row.name.clone());
        names.filter(|name| !held.contains(&name.as_str())).collect::<Vec<_>>()
    };
    let held_a = together.iter().map(|(row, _)| row.name.as_str()).collect();
    let held_b = together.iter().map(|(_, other)| other.name.as_str()).collect();
    let mut rows: Vec<ContrastRow> = together
        .iter()
        .map(|&(row, other)| contrast_row((a, row, &of[0]), (b, other, &of[1]), metric, reading))
        .collect();
    correct(&mut rows);
    Contrast {
        a: name_a.to_string(),
        b: name_b.to_string(),
        metric: metric.name.to_string(),
        watermarks: [("a", a), ("b", b)]
            .iter()
            .flat_map(|(side, run)| run.marks().map(move |mark| format!("{side}: {mark}")))
            .collect(),
        changes: changes(a, b),
        rows,
        only_a: only(a, held_a),
        only_b: only(b, held_b),
        region: reading.region,
    }
}

/// Holm's correction over the rows of the table, of either test.
fn correct(rows: &mut [ContrastRow]) {
    let mut corrected = |raw: &dyn Fn(&Pair) -> Option<f64>, place: &dyn Fn(&mut ContrastRow, f64)| {
        let found: Vec<(usize, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(index, row)| Some((index, raw(row.pair.as_ref()?)?)))
            .collect();
        let p_values: Vec<f64> = found.iter().map(|(_, p)| *p).collect();
        for ((index, _), p) in found.iter().zip(holm(&p_values)) {
            place(&mut rows[*index], p);
        }
    };
    corrected(&|pair| pair.p_bootstrap, &|row, p| {
        if let Some(pair) = &mut row.pair {
            pair.p_holm = Some(p);
        }
    });
    corrected(&|pair| pair.mcnemar.map(|(.., p)| p), &|row, p| row.mcnemar_holm = Some(p));
}

fn changes(a: &Run, b: &Run) -> Vec<[String; 3]> {
    let facts = |run: &Run| {
        let machine = &run.machine;
        vec![
            ("experiment file", run.experiment.hash.clone()),
            ("seed", run.experiment.seed.to_string()),
            ("split", run.experiment.split.clone()),
            (
                "data",
                format!(
                    "{}, {} clips of {} classes",
                    run.dataset.name,
                    run.dataset.clips_used,
                    run.dataset.classes.len()
                ),
            ),
            ("features", run.tables.iter().map(|table| table.hash.clone()).collect::<Vec<_>>().join(" ")),
            ("genrebench", run.genrebench_version.clone()),
            ("source", run.source.clone()),
            ("dependencies", run.dependencies.clone()),
            ("machine", format!("{}, {} threads", machine.processor, machine.threads)),
        ]
    };
    let pairs = facts(a).into_iter().zip(facts(b));
    pairs.filter(|(a, b)| a.1 != b.1).map(|(a, b)| [a.0.to_string(), a.1, b.1]).collect()
}

type Side<'a> = (&'a Run, &'a RowRecord, &'a Comparison);

fn contrast_row(a: Side, b: Side, metric: &Metric, reading: &Reading) -> ContrastRow {
    let cells: [Vec<&CellRecord>; 2] = [a, b].map(|(run, row, _)| run.cells_of(&row.name).collect());
    let scores = [a, b].map(|(_, row, comparison)| {
        let found = comparison.rows.iter().find(|known| known.name == row.name)?;
        Some((found.score(metric.name)?.mean, found.fit_cpu_seconds))
    });
    // The same stream and the same units for both, so that the same clips are redrawn.
    let mut groups = groups_of(b.0);
    groups.extend(groups_of(a.0));
    let names = [a, b].map(|(run, ..)| run.experiment.name.as_str());
    let scored: Vec<Scored> = cells
        .iter()
        .zip(&scores)
        .zip(names)
        .filter_map(|((cells, score), name)| {
            let mut pooled = pool(cells);
            // Other folds test the same clips in another order.
            pooled.iter_mut().for_each(Predictions::sort_by_clip);
            let (sides, _) = sides_of(metric, cells, &pooled);
            let draws = resampled(&sides, Some(&groups), metric, DRAWS, a.0.experiment.seed).ok()?;
            let units = units_redrawn(&sides, Some(&groups)).count();
            Some(Scored::new((0, name), (*score)?.0, draws, units, cells.clone(), pooled, metric))
        })
        .collect();
    let pair = match scored.as_slice() {
        [of_a, of_b] => Some(compare(of_b, of_a, metric, reading)),
        _ => None,
    };
    let paired = pair.as_ref().is_some_and(|pair| pair.mcnemar.is_some());
    let pair = pair.map(|pair| if paired { pair } else { independent(pair, &scored, metric, reading) });
    let said = |side: usize| cells[side].iter().filter_map(|cell| cell.predictions());
    let identical = said(0).next().is_some() && said(0).eq(said(1));
    ContrastRow {
        name: match a.1.name == b.1.name {
            true => a.1.name.clone(),
            false => format!("{} → {}", a.1.name, b.1.name),
        },
        score_a: scores[0].map(|score| score.0),
        score_b: scores[1].map(|score| score.0),
        identical,
        pair,
        mcnemar_holm: None,
        paired,
        fit_seconds_a: scores[0].and_then(|score| score.1),
        fit_seconds_b: scores[1].and_then(|score| score.1),
        changes: recipe_changes((a.0, a.1), (b.0, b.1)),
    }
}

/// Draws of two runs on different clips belong to no common draw: one side is shifted by half the draws. The fewer units of
/// the two are what is known of the error.
fn independent(pair: Pair, scored: &[Scored], metric: &Metric, reading: &Reading) -> Pair {
    let (a, b) = (&scored[0].draws, &scored[1].draws);
    let shift = b.len() / 2;
    let draws: Vec<f64> = (0..a.len().min(b.len())).map(|n| b[(n + shift) % b.len()] - a[n]).collect();
    Pair {
        judgement: judge(&draws, reading.region, metric.higher_is_better),
        p_bootstrap: resampled_p(pair.difference, &draws, scored[0].units.min(scored[1].units)),
        t_test: None,
        ..pair
    }
}

fn recipe_changes((run_a, a): (&Run, &RowRecord), (run_b, b): (&Run, &RowRecord)) -> Vec<[String; 3]> {
    let text = |value: &serde_json::Value| value.to_string();
    let facts = |run: &Run, row: &RowRecord| {
        let json = |value: Option<serde_json::Value>| value.map_or("none".to_string(), |value| text(&value));
        let definition = run.tables.get(row.table).map(|table| table.definition.replace('\n', "; "));
        [
            ("model", row.model.clone()),
            ("features", definition.unwrap_or_default()),
            ("prepare", format!("{:?}", row.prepare)),
            ("seed", row.seed.map_or("the experiment's".to_string(), |seed| seed.to_string())),
            ("search", json(row.search.clone())),
            ("perturb", json((!row.perturb.is_empty()).then(|| serde_json::json!(row.perturb)))),
            ("explain", json(row.explain.as_ref().map(|explain| serde_json::json!(explain)))),
        ]
    };
    let pairs = facts(run_a, a).into_iter().zip(facts(run_b, b)).filter(|(a, b)| a.1 != b.1);
    let mut changes: Vec<[String; 3]> = pairs.map(|(a, b)| [a.0.to_string(), a.1, b.1]).collect();
    let empty = serde_json::Map::new();
    let [of_a, of_b] = [a, b].map(|row| row.parameters.as_object().unwrap_or(&empty));
    for (name, value) in of_a {
        let other = of_b.get(name);
        if other != Some(value) {
            changes.push([name.clone(), text(value), other.map_or("absent".to_string(), text)]);
        }
    }
    for (name, value) in of_b.iter().filter(|(name, _)| !of_a.contains_key(*name)) {
        changes.push([name.clone(), "absent".to_string(), text(value)]);
    }
    changes
}

impl Contrast {
    /// For a terminal of this width, where it is known.
    pub fn text(&self, colour: bool, width: Option<usize>) -> String {
        let metric = self.metric.as_str();
        let none = || "–".to_string();
        let mut lines = vec![
            [
                "row",
                "a",
                "b",
                "b − a",
                "95 % interval",
                "verdict",
                "p",
                "McNemar p",
                "fit CPU s a",
                "fit CPU s b",
            ]
            .map(String::from)
            .to_vec(),
        ];
        for row in &self.rows {
            let pair = row.pair.as_ref();
            let judged = pair.and_then(|pair| pair.judgement);
            let verdict = match (row.identical, judged) {
                (true, _) => "identical".to_string(),
                (false, Some(judged)) => judged.verdict.word().to_string(),
                (false, None) => none(),
            };
            lines.push(vec![
                row.name.clone(),
                row.score_a.map_or_else(none, |score| score_text(metric, score)),
                row.score_b.map_or_else(none, |score| score_text(metric, score)),
                pair.map_or_else(none, |pair| difference_text(metric, pair.difference)),
                judged.map_or_else(none, |judged| {
                    format!(
                        "{} … {}",
                        difference_text(metric, judged.low),
                        difference_text(metric, judged.high)
                    )
                }),
                verdict,
                pair.and_then(|pair| pair.p_holm).map_or_else(none, p_text),
                row.mcnemar_holm.map_or_else(none, p_text),
                row.fit_seconds_a.map_or_else(none, small),
                row.fit_seconds_b.map_or_else(none, small),
            ]);
        }
        let mut text = format!(
            "{}: a = {}, b = {}\n\n{}\n",
            metric_heading(metric),
            self.a,
            self.b,
            aligned(&fitted(&lines, width), colour)
        );
        let words = self.words();
        match width {
            Some(width) => words.lines().for_each(|line| text += &format!("{}\n", wrapped(line, width))),
            None => text += &words,
        }
        text
    }

    fn words(&self) -> String {
        let mut text: String = self.watermarks.iter().map(|mark| format!("{mark}\n")).collect();
        for [what, a, b] in &self.changes {
            text += &format!("{what} differs: {a} | {b}\n");
        }
        for row in &self.rows {
            for [what, a, b] in &row.changes {
                text += &format!("{}: {what} {a} → {b}\n", row.name);
            }
            if row.pair.is_some() && !row.paired {
                text += &format!(
                    "{}: the two runs were not tested on the same clips repeat by repeat, so the difference is not paired\n",
                    row.name
                );
            }
        }
        for (side, names) in [("a", &self.only_a), ("b", &self.only_b)] {
            if !names.is_empty() {
                text += &format!("only in {side}: {}\n", names.join(", "));
            }
        }
        if self.rows.is_empty() {
            text += "no row has the same name in both; --pair \"A=B\" holds row A of the one against row B of the other\n";
        }
        text += &self.corrected_words();
        if self.rows.iter().any(|row| row.mcnemar_holm.is_some()) {
            text += "McNemar p: clips taken as independent, those of one artist too\n";
        }
        text += &format!(
            "equal: within {} with 95 % of the redraws; better or worse: b is, by more; else undecided\n",
            region_text(std::iter::once(self.metric.as_str()), self.region)
        );
        text
    }

    /// How many rows each test had an answer for: those alone were corrected together.
    fn corrected_words(&self) -> String {
        let with_p = |row: &&ContrastRow| row.pair.as_ref().is_some_and(|pair| pair.p_holm.is_some());
        let tested = self.rows.iter().filter(with_p).count();
        let by_mcnemar = self.rows.iter().filter(|row| row.mcnemar_holm.is_some()).count();
        if tested.max(by_mcnemar) < 2 {
            return String::new();
        }
        let mcnemar = match by_mcnemar == tested {
            true => String::new(),
            false => format!(", McNemar p over {}", counted(by_mcnemar, "row")),
        };
        let tested = counted(tested, "row");
        format!("p: Holm-corrected over {tested}{mcnemar} (--json has the raw ones)\n")
    }

    /// For a page or a pull request.
    pub fn markdown(&self) -> String {
        format!(
            "# {} and {}\n\n{}",
            escape(&self.a),
            escape(&self.b),
            fenced("text", &self.text(false, None))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, p_bootstrap: Option<f64>, mcnemar: Option<(u64, u64, f64)>) -> ContrastRow {
        let pair = Pair {
            a: "b".to_string(),
            b: "a".to_string(),
            difference: 0.01,
            judgement: None,
            p_bootstrap,
            t_test: None,
            mcnemar,
            agreement: None,
            p_holm: None,
        };
        ContrastRow {
            name: name.to_string(),
            score_a: Some(0.5),
            score_b: Some(0.51),
            identical: false,
            pair: Some(pair),
            mcnemar_holm: None,
            paired: mcnemar.is_some(),
            fit_seconds_a: None,
            fit_seconds_b: None,
            changes: Vec::new(),
        }
    }

    fn contrast(a: &str, mut rows: Vec<ContrastRow>) -> Contrast {
        correct(&mut rows);
        Contrast {
            a: a.to_string(),
            b: "runs/after".to_string(),
            metric: "f1_macro".to_string(),
            watermarks: Vec::new(),
            changes: Vec::new(),
            rows,
            only_a: Vec::new(),
            only_b: Vec::new(),
            region: 0.01,
        }
    }

    /// A pair without a p is none of those that are corrected together.
    #[test]
    fn only_rows_with_an_answer_are_counted() {
        let clips = Some((3, 1, 0.6));
        let all = [row("x", Some(0.01), clips), row("y", Some(0.2), clips), row("z", None, None)];
        let said = contrast("a", all.to_vec()).text(false, None);
        assert!(said.contains("p: Holm-corrected over 2 rows (--json"), "{said}");
        let unlike = [row("x", Some(0.01), clips), row("y", Some(0.2), None), row("z", Some(0.3), clips)];
        let said = contrast("a", unlike.to_vec()).text(false, None);
        assert!(said.contains("p: Holm-corrected over 3 rows, McNemar p over 2 rows"), "{said}");
        assert!(!contrast("a", all[1..].to_vec()).text(false, None).contains("Holm"));
    }

    /// The same clips in another number of repeats are no pair either, and no different clips.
    #[test]
    fn what_is_not_paired_and_what_is_equal_is_said_as_it_is() {
        let mut contrast = contrast("a", vec![row("x", None, None)]);
        let said = contrast.text(false, None);
        let unpaired = "x: the two runs were not tested on the same clips repeat by repeat";
        assert!(said.contains(unpaired), "{said}");
        assert!(said.contains("within ±1 point with") && !said.contains("McNemar p:"), "{said}");
        (contrast.metric, contrast.region) = ("log_loss".to_string(), 7.0 / 100.0);
        assert!(contrast.text(false, None).contains("within ±0.07 with"));
    }

    #[test]
    fn a_folder_of_any_name_leaves_the_page_whole() {
        let page = contrast("*runs*\n```\n# before", vec![row("one", None, None)]).markdown();
        assert!(page.starts_with("# \\*runs\\* \\`\\`\\` \\# before and runs/after\n\n````text\n"), "{page}");
        assert!(page.ends_with("\n````\n") && page.matches("````").count() == 2, "{page}");
    }
}
