//! Tie groups, the compact letter display: rows that share a letter are not told apart (H.-P. Piepho, Journal of
//! Computational and Graphical Statistics 13, 2004, insert and absorb).

use std::collections::BTreeSet;

/// Each item's letters, given in the order of the items (best first, so that `a` stands for the best);
/// `differ(i, j)` with i < j. After `z` comes `a'`.
pub fn tie_groups(items: usize, differ: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let mut groups: Vec<BTreeSet<usize>> = vec![(0..items).collect()];
    for a in 0..items {
        for b in a + 1..items {
            if !differ(a, b) {
                continue;
            }
            // A group must not hold both: it becomes two, each without one of them.
            let (split, mut kept): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.contains(&a) && group.contains(&b));
            if split.is_empty() {
                groups = kept;
                continue;
            }
            for group in split {
                for gone in [a, b] {
                    let mut part = group.clone();
                    part.remove(&gone);
                    kept.push(part);
                }
            }
            groups = absorbed(kept);
        }
    }
    groups.retain(|group| !group.is_empty());
    groups.sort_by_key(|group| group.iter().copied().collect::<Vec<_>>());
    (0..items)
        .map(|item| {
            let holding = groups.iter().enumerate().filter(|(_, group)| group.contains(&item));
            holding.map(|(letter, _)| letter_of(letter)).collect()
        })
        .collect()
}

/// Without the groups that lie within another.
fn absorbed(groups: Vec<BTreeSet<usize>>) -> Vec<BTreeSet<usize>> {
    let mut kept: Vec<BTreeSet<usize>> = Vec::with_capacity(groups.len());
    for group in groups {
        if kept.iter().any(|other| group.is_subset(other)) {
            continue;
        }
        kept.retain(|other| !other.is_subset(&group));
        kept.push(group);
    }
    kept
}

fn letter_of(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    format!("{letter}{}", "'".repeat(index / 26))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_shared_exactly_where_rows_do_not_differ() {
        // Every graph on five items: two share a letter if and only if they do not differ.
        let pairs: Vec<(usize, usize)> = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b))).collect();
        for graph in 0u32..1 << pairs.len() {
            let differ = |a, b| {
                let place = pairs.iter().position(|pair| *pair == (a, b)).unwrap();
                graph >> place & 1 == 1
            };
            let letters = tie_groups(5, differ);
            for &(a, b) in &pairs {
                let share = letters[a].chars().any(|letter| letters[b].contains(letter));
                assert_eq!(share, !differ(a, b), "graph {graph}: {letters:?}");
            }
        }
    }

    #[test]
    fn the_best_is_called_a() {
        assert_eq!(tie_groups(3, |a, b| b - a == 2), ["a", "ab", "b"]);
        assert_eq!(tie_groups(2, |_, _| true), ["a", "b"]);
        assert_eq!(tie_groups(0, |_, _| true), Vec::<String>::new());
        assert_eq!(letter_of(27), "b'");
    }
}
