//! Reads a set of clips, and finds a set by its name.

use toml::Spanned;

use super::claims::TestSet;
use super::error::AuditError;
use super::file::{Located, MOST_CLASSES, MOST_CLIPS, RawSet};
use crate::spelling::hint;

pub fn read_set(at: &Located, name: String, raw: Spanned<RawSet>) -> Result<TestSet, AuditError> {
    let raw = raw.into_inner();
    let mut n = raw.n.as_ref().map(|n| at.count(n, "n", 1, MOST_CLIPS)).transpose()?;
    let mut support =
        raw.support.as_ref().map(|support| at.counts(support, "a class's support", 0)).transpose()?;
    if let (Some(support), Some(span)) = (&support, raw.support.as_ref().map(Spanned::span)) {
        let sum: u64 = support.iter().sum();
        if support.is_empty() || support.len() > MOST_CLASSES || sum == 0 || sum > MOST_CLIPS {
            let message = format!("support needs 1 to {MOST_CLASSES} classes and 1 to {MOST_CLIPS} clips");
            return Err(at.wrong(span.start, message));
        }
        // Of several labels a clip is counted in several classes, or in none.
        let most = support.iter().copied().max().unwrap_or(0);
        match n {
            Some(said) if raw.single_label && said != sum => {
                let message = format!("the support sums to {sum}, but n = {said}");
                return Err(at.wrong(span.start, message));
            }
            Some(said) if said < most => {
                return Err(at.wrong(span.start, format!("a class has {most} clips, but n = {said}")));
            }
            None if raw.single_label => n = Some(sum),
            _ => {}
        }
    }
    if let Some(labels) = &raw.labels {
        let names = labels.get_ref();
        if let Some(again) = (1..names.len()).find(|&place| names[..place].contains(&names[place])) {
            return Err(
                at.wrong(labels.span().start, format!("the label \"{}\" is there twice", names[again]))
            );
        }
        if support.as_ref().is_some_and(|support| support.len() != names.len()) || names.len() > MOST_CLASSES
        {
            let classes = support.as_ref().map_or(0, Vec::len);
            let message = format!("{} labels for the support of {classes} classes", names.len());
            return Err(at.wrong(labels.span().start, message));
        }
    }
    let positives =
        raw.positives.as_ref().map(|value| at.count(value, "positives", 1, MOST_CLIPS)).transpose()?;
    let negatives =
        raw.negatives.as_ref().map(|value| at.count(value, "negatives", 1, MOST_CLIPS)).transpose()?;
    let binary = match (positives, negatives, raw.positives.as_ref().or(raw.negatives.as_ref())) {
        (Some(p), Some(q), _) => Some((p, q)),
        (None, None, _) => None,
        (_, _, Some(one)) => {
            return Err(at.wrong(one.span().start, "positives and negatives go together"));
        }
        _ => None,
    };
    if let (Some((p, q)), Some(span)) = (binary, raw.positives.as_ref().map(Spanned::span)) {
        if n.is_some_and(|n| n != p + q) {
            let message = format!("{p} positives and {q} negatives are not n = {}", n.unwrap_or_default());
            return Err(at.wrong(span.start, message));
        }
        n = Some(p + q);
        let classes =
            support.as_ref().map(Vec::len).or(raw.labels.as_ref().map(|names| names.get_ref().len()));
        if let Some(classes) = classes.filter(|classes| *classes != 2) {
            let message = format!("positives and negatives are of two classes, and the set has {classes}");
            return Err(at.wrong(span.start, message));
        }
        if let (Some([first, second]), true) = (support.as_deref(), raw.single_label)
            && [p, q] != [*first, *second]
            && [q, p] != [*first, *second]
        {
            let message = format!("{p} positives and {q} negatives are not the support {first} and {second}");
            return Err(at.wrong(span.start, message));
        }
    }
    let order_open = binary.is_some() && support.is_none() && raw.labels.is_none();
    if let (Some((p, q)), true) = (binary, order_open) {
        support = Some(vec![q, p]);
    }
    Ok(TestSet {
        name,
        n,
        support,
        labels: raw.labels.map(Spanned::into_inner),
        single_label: raw.single_label,
        binary,
        order_open,
        tested: raw.tested,
    })
}

pub fn find_set(at: &Located, name: &Option<Spanned<String>>, sets: &[TestSet]) -> Result<usize, AuditError> {
    let Some(name) = name else { return Ok(0) };
    sets.iter().skip(1).position(|set| set.name == *name.get_ref()).map(|index| index + 1).ok_or_else(|| {
        let hint = hint(name.get_ref(), sets.iter().skip(1).map(|set| set.name.as_str()));
        at.wrong(name.span().start, format!("no [set.{}]{hint}", name.get_ref()))
    })
}
