//! What an audit says: a verdict with its reason, what backs it, and what would change it.

use serde::Serialize;

use super::claims::{Claim, Note, Paper, TestSet};
use super::printed::Rounding;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No integer outcome under the declared assumptions fits under any allowed rounding.
    Inconsistent,
    /// An outcome that fits is at hand.
    Consistent,
    /// Something is missing, or the search was cut short.
    NotCheckable,
}

impl Verdict {
    pub fn words(self) -> &'static str {
        match self {
            Self::Inconsistent => "inconsistent",
            Self::Consistent => "consistent",
            Self::NotCheckable => "not checkable",
        }
    }
}

/// An outcome that fits the figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Witness {
    pub words: String,
    /// A whole confusion matrix, true classes in rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Vec<Vec<u64>>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub of: String,
    /// The figure or figures it is about, as printed.
    pub figure: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    pub line: usize,
    /// Which of the paper's claims were checked.
    #[serde(skip)]
    pub claims: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub verdict: Verdict,
    /// In words that can be checked by hand; for an inconsistency the certificate.
    pub reason: String,
    /// The smallest change of assumption that repairs an inconsistency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// The single rounding modes that work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roundings: Vec<Rounding>,
    /// The share of values of the same precision that would have passed this check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_pass: Option<f64>,
    /// How that share was found where not every value was counted, or why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// Intervals and the like; never verdicts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Finding {
    pub fn new(check: &'static str, verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            check,
            of: String::new(),
            figure: String::new(),
            set: None,
            line: 0,
            claims: Vec::new(),
            source: None,
            verdict,
            reason: reason.into(),
            repair: None,
            witness: None,
            roundings: Vec::new(),
            would_pass: None,
            power: None,
            notes: Vec::new(),
        }
    }

    pub fn not_checkable(check: &'static str, reason: impl Into<String>) -> Self {
        Self::new(check, Verdict::NotCheckable, reason)
    }

    /// An outcome that fits is the reason and the witness.
    pub fn consistent(check: &'static str, words: String, matrix: Option<Vec<Vec<u64>>>) -> Self {
        let witness = Some(Witness { words: words.clone(), matrix });
        Self { witness, ..Self::new(check, Verdict::Consistent, words) }
    }

    /// What would repair it, where something is known to.
    pub fn with_repair(mut self, repair: Option<String>) -> Self {
        self.repair = repair;
        self
    }

    pub fn about(mut self, claim: &Claim, set: &TestSet) -> Self {
        self.of = claim.of.clone();
        self.figure = claim.figure(set);
        self.line = claim.line;
        self.claims = vec![claim.place];
        self.source = claim.source.clone();
        self.in_set(set)
    }

    /// About several claims of one system.
    pub fn about_all(mut self, claims: &[&Claim], set: &TestSet) -> Self {
        if let Some(first) = claims.first() {
            self = self.about(first, set);
            self.figure = listed(claims.iter().map(|claim| claim.figure(set)));
            self.claims = claims.iter().map(|claim| claim.place).collect();
        }
        self
    }

    pub fn in_set(mut self, set: &TestSet) -> Self {
        self.set = (!set.name.is_empty()).then(|| set.name.clone());
        self
    }
}

/// "a, b and c"; the middle of a long list is left out.
pub fn listed(items: impl IntoIterator<Item = String>) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    if items.len() > 12 {
        let left_out = items.len() - 10;
        items.splice(5..items.len() - 5, [format!("… ({left_out} more)")]);
    }
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// "3", or "3…5".
pub fn span(least: u64, most: u64) -> String {
    if least == most { least.to_string() } else { format!("{least}…{most}") }
}

/// A share as a percentage that says when it is 0 or 1 only by rounding.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        whole if whole >= 99.95 && share < 1.0 => "more than 99.9 %".into(),
        whole if whole < 0.05 && share > 0.0 => "less than 0.1 %".into(),
        whole => format!("{whole:.1} %"),
    }
}

/// All findings on one paper.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// Version and source of the program that says so.
    pub genrebench: &'static str,
    pub source: &'static str,
    /// Hash of the claims file's text.
    pub claims_hash: String,
    pub paper: String,
    pub title: String,
    pub file: String,
    pub inconsistent: usize,
    pub consistent: usize,
    pub not_checkable: usize,
    /// What was said of each set of clips; that of `[test]` has no name.
    pub sets: Vec<TestSet>,
    pub findings: Vec<Finding>,
    /// What is known from elsewhere, with its source.
    pub notes: Vec<Note>,
}

impl Audit {
    pub(super) fn new(paper: &Paper, findings: Vec<Finding>) -> Self {
        let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
        Self {
            genrebench: env!("CARGO_PKG_VERSION"),
            source: crate::SOURCE,
            claims_hash: paper.hash.clone(),
            sets: paper.sets.clone(),
            paper: paper.id.clone(),
            title: paper.title.clone(),
            file: paper.path.display().to_string(),
            inconsistent: count(Verdict::Inconsistent),
            consistent: count(Verdict::Consistent),
            not_checkable: count(Verdict::NotCheckable),
            notes: paper.notes.clone(),
            findings,
        }
    }
}
