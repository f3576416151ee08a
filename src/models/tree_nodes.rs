//! A grown tree, laid out to be asked fast.
//!
//! The children of a node stand side by side, and a leaf is its own child with a threshold of +∞: a step down
//! is `child + (value > threshold)` for every node alike, so several rows can step together without a branch.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::stored;

/// Rows that go down a tree together: their steps wait for memory at the same time.
const TOGETHER: usize = 8;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Node {
    threshold: f64,
    column: u32,
    /// The left child; the right one follows it. A leaf's own place in a leaf.
    child: u32,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "StoredTree", into = "StoredTree")]
pub struct Tree {
    nodes: Vec<Node>,
    /// One a node: the class of a leaf with one class, else classes + the place of its parts.
    outcomes: Vec<u32>,
    parts: Parts,
    classes: usize,
}

/// The parts of the classes in leaves that hold several. Of a thousand classes few are in a leaf: only those are kept.
#[derive(Debug, Clone, Default)]
struct Parts {
    /// Where each leaf's entries end.
    ends: Vec<usize>,
    /// Class and part.
    entries: Vec<(u32, f64)>,
}

impl Parts {
    fn push(&mut self, parts: impl Iterator<Item = f64>) {
        let entries = parts.enumerate().map(|(class, part)| (class as u32, part));
        self.entries.extend(entries.filter(|(_, part)| *part != 0.0));
        self.ends.push(self.entries.len());
    }

    #[inline]
    fn of(&self, leaf: usize) -> &[(u32, f64)] {
        let start = leaf.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start..self.ends[leaf]]
    }
}

/// A tree in a file, where the parts are one whole row a leaf.
#[derive(Serialize, Deserialize)]
struct StoredTree {
    #[serde(deserialize_with = "downwards")]
    nodes: Vec<Node>,
    outcomes: Vec<u32>,
    parts: Vec<f64>,
    #[serde(deserialize_with = "stored::classes")]
    classes: usize,
}

impl From<StoredTree> for Tree {
    fn from(StoredTree { nodes, outcomes, parts: rows, classes }: StoredTree) -> Self {
        let mut parts = Parts::default();
        rows.chunks_exact(classes.max(1)).for_each(|row| parts.push(row.iter().copied()));
        Self { nodes, outcomes, parts, classes }
    }
}

impl From<Tree> for StoredTree {
    fn from(Tree { nodes, outcomes, parts, classes }: Tree) -> Self {
        let mut rows = vec![0.0; parts.ends.len() * classes];
        for (leaf, row) in rows.chunks_exact_mut(classes.max(1)).enumerate() {
            parts.of(leaf).iter().for_each(|(class, part)| row[*class as usize] = *part);
        }
        Self { nodes, outcomes, parts: rows, classes }
    }
}

impl Tree {
    /// A tree of one leaf that knows nothing yet.
    pub fn root(classes: usize) -> Self {
        let mut tree = Self { classes, ..Self::default() };
        tree.add();
        tree
    }

    fn add(&mut self) -> usize {
        let place = self.nodes.len();
        self.nodes.push(Node { threshold: f64::INFINITY, column: 0, child: place as u32 });
        self.outcomes.push(0);
        place
    }

    /// Rows with `column` no larger than the threshold, which is yet to be set, go to the first of the two new nodes.
    pub fn split(&mut self, node: usize, column: usize) -> (usize, usize) {
        let (left, right) = (self.add(), self.add());
        self.nodes[node] = Node { column: column as u32, child: left as u32, ..self.nodes[node] };
        (left, right)
    }

    pub fn set_threshold(&mut self, node: usize, threshold: f64) {
        self.nodes[node].threshold = threshold;
    }

    /// What a leaf says: the weights of the classes, scaled to sum to 1.
    pub fn conclude(&mut self, leaf: usize, weights: &[f64]) {
        let mut present = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        self.outcomes[leaf] = match (present.next(), present.next()) {
            (Some((class, _)), None) => class as u32,
            _ => {
                let total: f64 = weights.iter().sum();
                let place = self.classes + self.parts.ends.len();
                self.parts.push(weights.iter().map(|weight| weight / total));
                place as u32
            }
        };
    }

    /// Adds the parts of the classes of every row of `x` (row after row, `columns` wide) to `sums`.
    pub fn add_parts(&self, x: &[f64], columns: usize, sums: &mut [f64]) {
        let mut rows = x.chunks_exact(TOGETHER * columns);
        let mut sums = sums.chunks_mut(TOGETHER * self.classes);
        for (x, sums) in rows.by_ref().zip(sums.by_ref()) {
            let rows: [&[f64]; TOGETHER] = std::array::from_fn(|row| &x[row * columns..][..columns]);
            let mut at = [0usize; TOGETHER];
            loop {
                let mut moved = 0;
                for (at, row) in at.iter_mut().zip(rows) {
                    let next = self.step(*at, row);
                    moved |= next ^ *at;
                    *at = next;
                }
                if moved == 0 {
                    break;
                }
            }
            for (at, sums) in at.into_iter().zip(sums.chunks_exact_mut(self.classes)) {
                self.add_outcome(at, sums);
            }
        }
        let left = sums.next().unwrap_or_default().chunks_exact_mut(self.classes);
        for (row, sums) in rows.remainder().chunks_exact(columns).zip(left) {
            self.add_outcome(self.leaf(row), sums);
        }
    }

    /// The leaf that `row` comes to.
    pub fn leaf(&self, row: &[f64]) -> usize {
        let mut at = 0;
        loop {
            let next = self.step(at, row);
            if next == at {
                return at;
            }
            at = next;
        }
    }

    /// Adds the parts of the classes in `leaf` to `sums`.
    #[inline]
    pub fn add_outcome(&self, leaf: usize, sums: &mut [f64]) {
        let outcome = self.outcomes[leaf] as usize;
        if let Some(sum) = sums.get_mut(outcome) {
            *sum += 1.0;
        } else {
            let parts = self.parts.of(outcome - self.classes);
            parts.iter().for_each(|(class, part)| sums[*class as usize] += part);
        }
    }

    #[inline(always)]
    fn step(&self, at: usize, row: &[f64]) -> usize {
        let node = &self.nodes[at];
        node.child as usize + usize::from(row[node.column as usize] > node.threshold)
    }
}

/// Nodes whose every step leads down, so that a row always comes to a leaf.
fn downwards<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Node>, D::Error> {
    let nodes = Vec::<Node>::deserialize(deserializer)?;
    let ends = |(place, node): (usize, &Node)| {
        let child = node.child as usize;
        let leaf = child == place && node.threshold == f64::INFINITY;
        leaf || (child > place && child + 1 < nodes.len())
    };
    match nodes.iter().enumerate().all(ends) {
        true => Ok(nodes),
        false => Err(D::Error::custom("a step of a tree leads nowhere")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_left_up_to_the_threshold_and_meet_their_leaf() {
        let mut tree = Tree::root(3);
        let (left, right) = tree.split(0, 1);
        let (middle, high) = tree.split(right, 0);
        tree.set_threshold(0, 0.5);
        tree.set_threshold(right, 2.0);
        tree.conclude(left, &[0.0, 4.0, 0.0]);
        tree.conclude(middle, &[1.0, 0.0, 3.0]);
        tree.conclude(high, &[2.0, 0.0, 0.0]);
        // Eleven rows: eight together and three alone.
        let x: Vec<f64> = (0..11).flat_map(|row| [f64::from(row), [0.5, 0.6][row as usize % 2]]).collect();
        let mut sums = vec![0.0; 33];
        tree.add_parts(&x, 2, &mut sums);
        for (row, sums) in sums.chunks(3).enumerate() {
            let known = match (row % 2, row) {
                (0, _) => [0.0, 1.0, 0.0],
                (_, 0..=2) => [0.25, 0.0, 0.75],
                _ => [1.0, 0.0, 0.0],
            };
            assert_eq!(sums, known, "{row}");
        }
        // A file holds whole rows of parts, as it did when trees did.
        let bytes = rmp_serde::to_vec(&tree).unwrap();
        type Node = (f64, u32, u32);
        type Stored = (Vec<Node>, Vec<u32>, Vec<f64>, usize);
        let stored: Stored = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!((stored.1[3], &*stored.2, stored.3), (3, &[0.25, 0.0, 0.75][..], 3));
        let mut again = vec![0.0; 33];
        rmp_serde::from_slice::<Tree>(&bytes).unwrap().add_parts(&x, 2, &mut again);
        assert_eq!(again, sums);
    }
}
