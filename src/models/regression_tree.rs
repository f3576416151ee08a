//! A boosted regression tree on the table's own numbers, asked for blocks of rows.
//!
//! The rows of a block go down one level at a time, all of them, and those that have reached a leaf stay there: no step
//! has to wait for another row's.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::column_bins::BinnedColumn;
use super::residual_trees::{GrownTree, Node};
use super::row_blocks::ROWS_A_BLOCK;

#[derive(Serialize, Deserialize)]
pub struct RegressionTree {
    #[serde(deserialize_with = "downwards")]
    nodes: Vec<TreeNode>,
    depth: u32,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct TreeNode {
    /// The border of a cut, the step of a leaf.
    value: f64,
    column: u32,
    /// Where values up to the border go, and others; a leaf's own place, twice.
    below: [u32; 2],
}

/// Nodes whose every step leads down or stays at a leaf.
fn downwards<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TreeNode>, D::Error> {
    let nodes = Vec::<TreeNode>::deserialize(deserializer)?;
    let leads = |(place, node): (usize, &TreeNode)| {
        let [left, right] = node.below.map(|below| below as usize);
        (left == place && right == place) || (left > place && right > place && left.max(right) < nodes.len())
    };
    match !nodes.is_empty() && nodes.iter().enumerate().all(leads) {
        true => Ok(nodes),
        false => Err(D::Error::custom("a step of a tree leads nowhere")),
    }
}

impl RegressionTree {
    /// `steps` has one value a leaf.
    pub fn new(tree: &GrownTree, steps: &[f64], columns: &[BinnedColumn]) -> Self {
        let mut depths = vec![0; tree.nodes.len()];
        let mut nodes = Vec::with_capacity(tree.nodes.len());
        for (place, node) in tree.nodes.iter().enumerate() {
            nodes.push(match *node {
                Node::Leaf(leaf) => {
                    TreeNode { value: steps[leaf as usize], column: 0, below: [place as u32; 2] }
                }
                Node::Cut { column, bin, left } => {
                    depths[left as usize] = depths[place] + 1;
                    depths[left as usize + 1] = depths[place] + 1;
                    let BinnedColumn { column, borders, .. } = &columns[column as usize];
                    let value = borders[usize::from(bin)];
                    TreeNode { value, column: *column as u32, below: [left, left + 1] }
                }
            });
        }
        Self { nodes, depth: depths.into_iter().max().unwrap_or(0) }
    }

    pub fn value(&self, row: impl Fn(usize) -> f64) -> f64 {
        let mut at = 0;
        loop {
            let node = self.nodes[at];
            let next = node.below[usize::from(row(node.column as usize) > node.value)] as usize;
            if next == at {
                return node.value;
            }
            at = next;
        }
    }

    /// Adds the value of each row of `block` (columns × `ROWS_A_BLOCK`) to every `outputs`th of `sums`.
    pub fn add(&self, block: &[f64], sums: &mut [f64], outputs: usize) {
        let mut places = [0u32; ROWS_A_BLOCK];
        for _ in 0..self.depth {
            for (row, place) in places.iter_mut().enumerate() {
                let node = &self.nodes[*place as usize];
                let above = block[node.column as usize * ROWS_A_BLOCK + row] > node.value;
                *place = node.below[usize::from(above)];
            }
        }
        for (place, sum) in places.iter().zip(sums.iter_mut().step_by(outputs)) {
            *sum += self.nodes[*place as usize].value;
        }
    }
}
