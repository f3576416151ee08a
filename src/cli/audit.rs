//! `genrebench audit CLAIMS…` and `genrebench audit --matrix FILE`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::exit::{Inconsistent, Usage};
use super::print;
use crate::audit::{
    Audit, Finding, MatrixScores, Note, PAPERS, Paper, TEMPLATE, Verdict, against_run, audit, percent,
};
use crate::experiment::Run;
use crate::spelling;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench audit iaml-2018                   a paper the binary carries
  genrebench audit --template > claims.toml    a claims file to fill in (docs/AUDIT.md has every key)
  genrebench audit claims.toml                 a paper of yours
  genrebench audit claims.toml --json
  genrebench audit mipt-2020 --run runs/mipt   are the printed figures inside the intervals of a run of yours?
  genrebench audit --matrix confusion.csv      every score of a bare confusion matrix

A figure is inconsistent when no whole numbers of clips give it under the declared assumptions and any allowed \
rounding; consistent when an outcome that gives it is at hand; not checkable when something is missing.

Exit codes: 0 nothing is inconsistent, 1 something is, 2 the input is wrong.")]
pub struct AuditCommand {
    /// Claims files, or names of built-in papers
    #[arg(required_unless_present_any = ["matrix", "list", "template"], value_name = "CLAIMS")]
    papers: Vec<PathBuf>,
    /// Print every score of a confusion matrix (CSV, true classes in rows)
    #[arg(long, value_name = "FILE", conflicts_with = "papers")]
    matrix: Option<PathBuf>,
    /// The matrix has the predicted classes in rows
    #[arg(long, requires = "matrix", conflicts_with_all = ["papers", "list"])]
    transposed: bool,
    /// List the built-in papers
    #[arg(long, conflicts_with_all = ["papers", "matrix"])]
    list: bool,
    /// Print a claims file to fill in
    #[arg(long, conflicts_with_all = ["papers", "matrix", "list", "run", "json"])]
    template: bool,
    /// A run of yours whose rows are named as the paper's systems: is each printed figure inside its interval?
    #[arg(long, value_name = "RUN", conflicts_with_all = ["matrix", "list"])]
    run: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// A built-in paper.
#[derive(Debug, Serialize)]
struct Listed {
    paper: String,
    title: String,
}

impl AuditCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        if self.template {
            return Ok(print::text(TEMPLATE)?);
        }
        if self.list {
            let papers =
                PAPERS.iter().map(|paper| Paper::load(paper.name.as_ref())).collect::<Result<Vec<_>, _>>()?;
            if self.json {
                let listed: Vec<Listed> =
                    papers.into_iter().map(|paper| Listed { paper: paper.id, title: paper.title }).collect();
                return print::json(&listed);
            }
            let rows: Vec<[String; 2]> = papers.into_iter().map(|paper| [paper.id, paper.title]).collect();
            return Ok(print::text(&print::columns(&rows))?);
        }
        if let Some(path) = &self.matrix {
            let scores = MatrixScores::read(path, self.transposed)?;
            return if self.json { print::json(&scores) } else { Ok(print::text(&scores.text())?) };
        }
        let papers = self.papers.iter().map(|path| Paper::load(path)).collect::<Result<Vec<_>, _>>()?;
        for (place, paper) in papers.iter().enumerate() {
            if let Some(known) = papers[..place].iter().find(|known| known.id == paper.id) {
                let message = format!(
                    "{} and {} have the same id, \"{}\"",
                    known.path.display(),
                    paper.path.display(),
                    paper.id
                );
                return Err(Usage(message).into());
            }
        }
        let run = self.run.as_deref().map(Run::load).transpose();
        let run = run.map_err(|error| Usage(error.to_string()))?;
        let mut audits: Vec<Audit> = Vec::new();
        let mut strangers = Vec::new();
        for paper in &papers {
            let mut found = audit(paper);
            if let Some(run) = &run {
                match against_run(paper, run) {
                    Ok(notes) => found.notes.extend(notes),
                    Err(error) => {
                        let about = run.experiment.name.clone();
                        let source = format!("run {about}");
                        found.notes.push(Note { about, text: error.to_string(), source });
                        strangers.push(error);
                    }
                }
            }
            audits.push(found);
        }
        // Beside papers that the run is of, another is worth a note; a run of none of them was given by mistake.
        if strangers.len() == papers.len()
            && let Some(error) = strangers.pop()
        {
            return Err(error.into());
        }
        if self.json {
            print::json(&audits)?;
        } else {
            let width = print::width().map_or(WIDTH, |width| width.clamp(NARROWEST, WIDTH));
            let all =
                |colour| audits.iter().map(|audit| text(audit, colour, width)).collect::<Vec<_>>().join("\n");
            print::coloured(all)?;
        }
        if audits.iter().any(|audit| audit.inconsistent > 0) { Err(Inconsistent.into()) } else { Ok(()) }
    }
}

/// Where reasons begin.
const INDENT: usize = 15;
/// Of a line, where the terminal is no narrower.
const WIDTH: usize = 100;
/// No line is shorter than this.
const NARROWEST: usize = 40;

fn text(audit: &Audit, colour: bool, width: usize) -> String {
    let mut out = format!("{}: {}\n\n", audit.paper, audit.title);
    for verdict in [Verdict::Inconsistent, Verdict::Consistent, Verdict::NotCheckable] {
        let mut shown: Vec<Finding> = Vec::new();
        for finding in audit.findings.iter().filter(|finding| finding.verdict == verdict) {
            gather(&mut shown, finding);
        }
        shown.iter().for_each(|finding| out += &one(finding, colour, width));
    }
    for note in &audit.notes {
        out += &entry("note", &format!("{}: {} [{}]", note.about, note.text, note.source), None, width);
    }
    out += &format!(
        "\n{} inconsistent, {} consistent, {} not checkable\n",
        audit.inconsistent, audit.consistent, audit.not_checkable
    );
    out += &format!(
        "genrebench {}, source {}; {}, hash {}\n",
        audit.genrebench, audit.source, audit.file, audit.claims_hash
    );
    out
}

/// Figures that cannot be checked for one and the same reason are listed together.
fn gather(shown: &mut Vec<Finding>, finding: &Finding) {
    let alike = |known: &&mut Finding| {
        known.verdict == Verdict::NotCheckable
            && finding.verdict == Verdict::NotCheckable
            && known.reason == finding.reason
            && known.set == finding.set
            && known.source == finding.source
            && known.notes == finding.notes
    };
    match shown.iter_mut().find(alike) {
        Some(known) => known.figure += &format!("; {}: {}", finding.of, finding.figure),
        None => shown.push(finding.clone()),
    }
}

fn one(finding: &Finding, colour: bool, width: usize) -> String {
    let set = finding.set.as_ref().map(|set| format!(" ({set})")).unwrap_or_default();
    let source = finding.source.as_ref().map(|source| format!(" [{source}]")).unwrap_or_default();
    let heading = format!("{}{set}: {}{source}", finding.of, finding.figure);
    let mut out = entry(finding.verdict.words(), &heading, colour.then_some(finding.verdict), width);
    let mut reason = finding.reason.clone();
    let mut asides = Vec::new();
    if finding.verdict == Verdict::Consistent && !finding.roundings.is_empty() && finding.roundings.len() < 4
    {
        let names: Vec<&str> = finding.roundings.iter().map(|mode| mode.name()).collect();
        asides.push(format!("rounding: {}", names.join(", ")));
    }
    if finding.verdict == Verdict::Consistent {
        asides.extend(power(finding));
    }
    if !asides.is_empty() {
        reason += &format!(" ({})", asides.join("; "));
    }
    out += &entry("", &reason, None, width);
    if let Some(repair) = &finding.repair {
        out += &entry("", &format!("would be possible if: {repair}"), None, width);
    }
    for note in &finding.notes {
        out += &entry("", &format!("note: {note}"), None, width);
    }
    out
}

/// How often the check would have passed by chance, or why that is not known.
fn power(finding: &Finding) -> Option<String> {
    let Some(share) = finding.would_pass else { return finding.power.clone() };
    let how = finding.power.as_ref().map(|how| format!(", {how}")).unwrap_or_default();
    Some(if share < 1.0 {
        format!("{} of such values would pass{how}", percent(share))
    } else {
        format!("any such value would pass{how}")
    })
}

/// A label, and text wrapped beside it.
fn entry(label: &str, text: &str, colour: Option<Verdict>, width: usize) -> String {
    let code = colour.map(|verdict| match verdict {
        Verdict::Inconsistent => "31",
        Verdict::Consistent => "32",
        Verdict::NotCheckable => "33",
    });
    let mut lines: Vec<String> = vec![String::new()];
    // A figure keeps its percent sign beside it.
    let text = text.replace(" %", "\u{a0}%");
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let line = lines.last().map_or(0, |line| spelling::width(line));
        if line > 0 && line + 1 + spelling::width(word) > width - INDENT {
            lines.push(word.to_string());
        } else if let Some(last) = lines.last_mut() {
            if line > 0 {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.iter_mut().for_each(|line| *line = line.replace('\u{a0}', " "));
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let label = if number == 0 { label } else { "" };
        let pad = " ".repeat(INDENT - label.len());
        match code.filter(|_| !label.is_empty()) {
            Some(code) => out += &format!("\x1b[{code}m{label}\x1b[0m{pad}{line}\n"),
            None => out += &format!("{label}{pad}{line}\n"),
        }
    }
    out
}
