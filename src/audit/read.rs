//! From the raw claims file to the checked `Paper`: what must agree agrees, what is named exists.

use std::path::Path;

use toml::Spanned;

use super::claims::{Asserted, Claim, Compared, Matrix, Paper, SplitClaim, TestSet};
use super::error::AuditError;
use super::file::{Located, MOST_CLASSES, MOST_CLIPS, RawCompare, RawMatrix, RawSplit, Rows};
use super::papers::PAPERS;
use super::printed::{Printed, Rounding, Unit};
use super::read_claim::read_claim;
use super::read_set::{find_set, read_set};
use crate::disk::digest;
use crate::spelling::{hint, nearest};

impl Paper {
    /// Reads a claims file, or the built-in paper of that name.
    pub fn load(path_or_name: &Path) -> Result<Self, AuditError> {
        let name = path_or_name.to_string_lossy();
        // A folder of that name is a data set, not a paper.
        if !path_or_name.is_file()
            && path_or_name.extension().is_none()
            && path_or_name.components().count() == 1
        {
            let Some(paper) = PAPERS.iter().find(|paper| paper.name == name) else {
                let suggestion = nearest(&name, PAPERS.iter().map(|paper| paper.name))
                    .and_then(|known| PAPERS.iter().find(|paper| paper.name == known))
                    .map(|paper| paper.name);
                let known = PAPERS.iter().map(|paper| paper.name).collect::<Vec<_>>().join(", ");
                return Err(AuditError::UnknownPaper { name: name.into_owned(), suggestion, known });
            };
            return Self::parse(&Path::new("data/papers").join(format!("{name}.toml")), paper.text);
        }
        let text = std::fs::read_to_string(path_or_name)
            .map_err(|source| AuditError::Read { path: path_or_name.to_path_buf(), source })?;
        Self::parse(path_or_name, &text)
    }

    /// Parses and checks the text of a claims file; `path` is for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Self, AuditError> {
        let at = Located { path, text };
        if text.trim().is_empty() {
            return Err(at.wrong(0, "the file is empty; it needs [paper] with id and title, and [[claim]]s"));
        }
        let raw = at.parse()?;
        let paper = raw.paper.into_inner();
        if paper.id.get_ref().trim().is_empty() {
            return Err(at.wrong(paper.id.span().start, "the paper's id is empty"));
        }
        let mut sets =
            vec![raw.test.map_or(Ok(TestSet { single_label: true, ..TestSet::default() }), |set| {
                read_set(&at, String::new(), set)
            })?];
        for (name, set) in raw.set {
            sets.push(read_set(&at, name, set)?);
        }
        if raw.claim.is_empty() && raw.matrix.is_empty() && raw.split.is_empty() && raw.note.is_empty() {
            return Err(AuditError::Mistake {
                path: path.to_path_buf(),
                line: None,
                message: "nothing to audit: no [[claim]], [[matrix]] or [[split]]".into(),
            });
        }
        let mut ids: Vec<String> = Vec::new();
        let mut claims: Vec<Claim> = Vec::new();
        for raw in raw.claim {
            let start = raw.span().start;
            let raw = raw.into_inner();
            if let Some(id) = &raw.id {
                if ids.contains(id.get_ref()) {
                    return Err(
                        at.wrong(id.span().start, format!("two claims have the id \"{}\"", id.get_ref()))
                    );
                }
                ids.push(id.get_ref().clone());
            }
            let claim = Claim { place: claims.len(), ..read_claim(&at, start, raw, &sets)? };
            let same = |known: &&Claim| {
                known.of == claim.of
                    && known.set == claim.set
                    && known.metric == claim.metric
                    && (known.average, known.open_average) == (claim.average, claim.open_average)
                    && known.class == claim.class
                    && known.value == claim.value
                    && (&known.sd, &known.fold_min, &known.fold_max)
                        == (&claim.sd, &claim.fold_min, &claim.fold_max)
                    && known.runs == claim.runs
                    && known.beta == claim.beta
                    && known.folding == claim.folding
            };
            if let Some(known) = claims.iter().find(same) {
                return Err(at.wrong(start, format!("this claim is there already, at line {}", known.line)));
            }
            claims.push(claim);
        }
        let mut matrices: Vec<Matrix> = Vec::new();
        for raw in raw.matrix {
            let start = raw.span().start;
            let matrix = read_matrix(&at, start, raw.into_inner(), &sets)?;
            if let Some(known) =
                matrices.iter().find(|known| known.of == matrix.of && known.set == matrix.set)
            {
                return Err(
                    at.wrong(start, format!("\"{}\" has a matrix already, at line {}", known.of, known.line))
                );
            }
            matrices.push(matrix);
        }
        let comparisons = raw.compare.into_iter().map(|raw| read_compare(&at, raw, &sets, &claims));
        let comparisons = comparisons.collect::<Result<_, _>>()?;
        let splits = raw.split.into_iter().map(|raw| read_split(&at, raw)).collect::<Result<_, _>>()?;
        Ok(Self {
            path: path.to_path_buf(),
            hash: digest(text.as_bytes()),
            id: paper.id.into_inner(),
            title: paper.title,
            sets,
            claims,
            matrices,
            comparisons,
            splits,
            notes: raw.note,
        })
    }
}

fn read_matrix(at: &Located, start: usize, raw: RawMatrix, sets: &[TestSet]) -> Result<Matrix, AuditError> {
    let set = find_set(at, &raw.set, sets)?;
    let cells_at = raw.cells.span().start;
    let rows = raw.cells.into_inner();
    let width = rows.len();
    if !(2..=MOST_CLASSES).contains(&width) {
        return Err(at.wrong(cells_at, format!("a matrix of {width} rows; it needs 2 to {MOST_CLASSES}")));
    }
    let classes = sets[set].classes().unwrap_or(width);
    if classes != width {
        return Err(at.wrong(cells_at, format!("a matrix of {width} rows for {classes} classes")));
    }
    let mut cells = Vec::with_capacity(width);
    for (number, row) in rows.into_iter().enumerate() {
        let row_at = row.span().start;
        let row = row.into_inner();
        if row.len() != width {
            let message =
                format!("row {} of the matrix has {} cells, the matrix {width} rows", number + 1, row.len());
            return Err(at.wrong(row_at, message));
        }
        let read = |cell: &Spanned<toml::Value>| {
            let text = match cell.get_ref() {
                toml::Value::Integer(count) => count.to_string(),
                _ => at.figure(cell, "a cell")?.to_string(),
            };
            let printed = Printed::parse(&text, Unit::Fraction)
                .map_err(|message| at.wrong(cell.span().start, message))?;
            if printed.digits < 0 || printed.value() > MOST_CLIPS as f64 {
                return Err(at.wrong(cell.span().start, format!("a cell of a matrix cannot be {text}")));
            }
            Ok(printed)
        };
        cells.push(row.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    if raw.rows == Some(Rows::Predicted) {
        cells = (0..width).map(|column| cells.iter().map(|row| row[column].clone()).collect()).collect();
    }
    let runs = raw.runs.as_ref().map_or(Ok(1), |runs| at.count(runs, "runs", 1, 10_000))?;
    Ok(Matrix { line: at.line(start), of: raw.of.into_inner(), set, cells, runs, source: raw.source })
}

fn read_compare(
    at: &Located,
    raw: Spanned<RawCompare>,
    sets: &[TestSet],
    claims: &[Claim],
) -> Result<Compared, AuditError> {
    let line = at.line(raw.span().start);
    let raw = raw.into_inner();
    let set = find_set(at, &raw.set, sets)?;
    for side in [&raw.a, &raw.b] {
        if !claims.iter().any(|claim| claim.of == *side.get_ref()) {
            let hint = hint(side.get_ref(), claims.iter().map(|claim| claim.of.as_str()));
            return Err(at.wrong(side.span().start, format!("no claim is of \"{}\"{hint}", side.get_ref())));
        }
    }
    let asserted = raw.asserted.as_ref().map(|asserted| {
        let bare: String = asserted.get_ref().chars().filter(|c| !c.is_whitespace()).collect();
        let rest = bare.strip_prefix("p<").or_else(|| bare.strip_prefix("p>"));
        let level = rest.and_then(|rest| Printed::parse(rest, Unit::Fraction).ok());
        match level {
            Some(level) if level.digits > 0 && level.value() < 1.0 => {
                Ok(Asserted { text: asserted.get_ref().clone(), significant: bare.starts_with("p<"), level })
            }
            _ => Err(at.wrong(asserted.span().start, "asserted reads \"p<0.05\" or \"p>0.05\"")),
        }
    });
    Ok(Compared {
        line,
        a: raw.a.into_inner(),
        b: raw.b.into_inner(),
        set,
        paired: raw.paired,
        asserted: asserted.transpose()?,
        source: raw.source,
    })
}

fn read_split(at: &Located, raw: Spanned<RawSplit>) -> Result<SplitClaim, AuditError> {
    let line = at.line(raw.span().start);
    let raw = raw.into_inner();
    let total = at.count(&raw.total, "total", 1, MOST_CLIPS)?;
    let ratio_at = raw.ratio.span().start;
    let ratio: Vec<Printed> = raw
        .ratio
        .get_ref()
        .iter()
        .map(|text| Printed::parse(text, Unit::Fraction).map_err(|message| at.wrong(ratio_at, message)))
        .collect::<Result<_, _>>()?;
    if ratio.len() < 2 || ratio.iter().any(|part| part.digits <= 0) {
        return Err(at.wrong(ratio_at, "ratio needs two or more positive parts, such as [\"93\", \"7\"]"));
    }
    // Their products with the clips must stay exact.
    if let Some(long) = ratio.iter().find(|part| part.digits >= 1_000_000_000 || part.decimals > 9) {
        return Err(at.wrong(ratio_at, format!("{} has more digits than a ratio is read with, 9", long.text)));
    }
    let sizes = raw.sizes.as_ref().map(|sizes| at.counts(sizes, "a part's size", 0)).transpose()?;
    if let (Some(sizes), Some(span)) = (&sizes, raw.sizes.as_ref().map(Spanned::span))
        && sizes.len() != ratio.len()
    {
        return Err(at.wrong(span.start, format!("{} sizes for {} parts", sizes.len(), ratio.len())));
    }
    Ok(SplitClaim {
        line,
        name: raw.name.unwrap_or_else(|| "split".into()),
        total,
        ratio,
        sizes,
        rounding: raw.rounding.unwrap_or(Rounding::Nearest),
        source: raw.source,
    })
}
