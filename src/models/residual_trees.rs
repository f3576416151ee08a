//! One round of boosting: a regression tree on each class's residuals, all grown level by level side by side.
//!
//! A level is one pass over the columns, in parallel; each column fills and searches the histograms of every
//! open node of every class. While nodes are large, only the smaller child of a cut is counted and its sibling
//! is the difference to the parent; once they are small, counting both is cheaper than keeping the parents.
//! Nodes sit in blocks of one node a class (`L` classes, the lanes of `node_histograms`).

use rayon::prelude::*;

use super::column_bins::BinnedColumn;
pub use super::node_histograms::Gain;
use super::node_histograms::{Cut, NodeTotals, Packing, add_all, add_rows, best_cuts, subtract};

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max_depth: usize,
    pub min_samples_split: usize,
    /// Where rows are counted, `Gain::Residual`.
    pub min_samples_leaf: usize,
    pub gain: Gain,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// Bins up to `bin` of the binned column go to the node at `left`, others to the one after it.
    Cut { column: u32, bin: u8, left: u32 },
    /// Place among the tree's leaves.
    Leaf(u32),
}

/// A tree with the rows that it was grown on.
pub struct GrownTree {
    pub nodes: Vec<Node>,
    /// Positions in the sample, leaf by leaf.
    pub order: Vec<u32>,
    /// Where each leaf's rows end in `order`.
    pub leaf_ends: Vec<usize>,
    /// (binned column, improvement of the squares) of every cut.
    pub improvements: Vec<(u32, f64)>,
}

/// Bytes of the histograms that one level may keep for the next.
const MOST_KEPT: usize = 128 << 20;
/// Counting a row costs about as much as this many bins of subtracting and keeping.
const BINS_A_ROW: usize = 2;

/// A node that may be cut.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: usize,
    start: usize,
    end: usize,
    total: u64,
}

/// One node of one class within a block.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    start: usize,
    end: usize,
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Block<const L: usize> {
    /// Its first class.
    first: usize,
    lanes: [Lane; L],
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Origin {
    /// The whole sample in every lane.
    Root,
    Counted,
    /// The block before it, taken from this block of the level above.
    Sibling(usize),
}

/// A class's tree while it grows.
struct Growing {
    nodes: Vec<Node>,
    order: Vec<u32>,
    values: Vec<u64>,
    leaves: Vec<(u32, usize, usize)>,
    improvements: Vec<(u32, f64)>,
}

pub struct Grower<'a, const L: usize> {
    columns: &'a [BinnedColumn],
    limits: Limits,
    rows: usize,
    /// Bins of the sampled rows, by column; empty when the sample is every row.
    sampled: Vec<Vec<u8>>,
    kept: Vec<Vec<[u64; L]>>,
    parents: Vec<Vec<[u64; L]>>,
}

impl<'a, const L: usize> Grower<'a, L> {
    pub fn new(columns: &'a [BinnedColumn], rows: usize, limits: Limits) -> Self {
        let empty = || vec![Vec::new(); columns.len()];
        Self {
            columns,
            limits,
            rows,
            sampled: vec![Vec::new(); columns.len()],
            kept: empty(),
            parents: empty(),
        }
    }

    /// A tree for every class. `residuals` has one vector a class, one value in [−1, 1] a sampled row.
    pub fn grow(&mut self, sample: &[u32], residuals: &[Vec<f64>]) -> Vec<GrownTree> {
        let packing = Packing::new(sample.len(), self.limits.gain);
        if sample.len() < self.rows {
            self.sampled.par_iter_mut().zip(self.columns).for_each(|(sampled, column)| {
                sampled.clear();
                sampled.extend(sample.iter().map(|row| column.bins[*row as usize]));
            });
        }
        let mut trees: Vec<Growing> = residuals
            .par_iter()
            .map(|residuals| Growing {
                nodes: vec![Node::Leaf(0)],
                order: (0..sample.len() as u32).collect(),
                values: residuals.iter().map(|residual| packing.pack(*residual)).collect(),
                leaves: Vec::new(),
                improvements: Vec::new(),
            })
            .collect();
        let whole: Vec<Vec<[u64; L]>> = trees
            .chunks(L)
            .map(|group| {
                let lane = |at: usize, lane: usize| group.get(lane).map_or(0, |tree| tree.values[at]);
                (0..sample.len()).map(|at| std::array::from_fn(|each| lane(at, each))).collect()
            })
            .collect();
        let mut blocks = self.roots(&trees);
        for depth in 0..self.limits.max_depth {
            if blocks.is_empty() {
                break;
            }
            let keep = self.worth_keeping(&blocks, depth);
            let cuts = self.level(&blocks, &trees, &whole, packing, keep);
            blocks = self.cut(&blocks, &cuts, &mut trees, packing, keep, depth);
        }
        trees.into_iter().map(Growing::finish).collect()
    }

    fn roots(&self, trees: &[Growing]) -> Vec<Block<L>> {
        let root = |tree: &Growing| {
            let open = Open { node: 0, start: 0, end: tree.order.len(), total: sum(&tree.values) };
            Lane { start: 0, end: 0, open: self.may_be_cut(&open, 0).then_some(open) }
        };
        let block = |(place, group): (usize, &[Growing])| Block {
            first: place * L,
            lanes: std::array::from_fn(|lane| group.get(lane).map(root).unwrap_or_default()),
            origin: Origin::Root,
        };
        let blocks = trees.chunks(L).enumerate().map(block);
        blocks.filter(|block| block.lanes.iter().any(|lane| lane.open.is_some())).collect()
    }

    fn may_be_cut(&self, open: &Open, depth: usize) -> bool {
        let rows = open.end - open.start;
        depth < self.limits.max_depth
            && rows >= self.limits.min_samples_split.max(2)
            && rows >= 2 * self.limits.min_samples_leaf
    }

    fn most_bins(&self) -> usize {
        self.columns.iter().map(BinnedColumn::bin_count).max().unwrap_or(1)
    }

    /// Whether the level below should subtract from this level's histograms.
    fn worth_keeping(&self, blocks: &[Block<L>], depth: usize) -> bool {
        let open = blocks.iter().flat_map(|block| block.lanes.iter().filter_map(|lane| lane.open));
        let rows: usize = open.map(|open| open.end - open.start).sum();
        let bins = blocks.len() * self.most_bins() * L;
        depth + 1 < self.limits.max_depth
            && rows * BINS_A_ROW > bins
            && bins * 8 * self.columns.len() <= MOST_KEPT
    }

    /// The best cut of every lane of every block.
    fn level(
        &mut self,
        blocks: &[Block<L>],
        trees: &[Growing],
        whole: &[Vec<[u64; L]>],
        packing: Packing,
        keep: bool,
    ) -> Vec<[Cut; L]> {
        let totals: Vec<NodeTotals<L>> = blocks.iter().map(|block| self.totals(block, packing)).collect();
        std::mem::swap(&mut self.kept, &mut self.parents);
        let Self { columns, sampled, kept, parents, .. } = self;
        let none = || vec![[Cut::NONE; L]; blocks.len()];
        let scratch = || (vec![[0; L]; 512], none());
        (kept, &*parents, &*sampled, *columns)
            .into_par_iter()
            .enumerate()
            .with_min_len(4)
            .fold(scratch, |(mut scratch, mut best), (place, (kept, parents, sampled, column))| {
                let bins = if sampled.is_empty() { &column.bins } else { sampled };
                let count = column.bin_count();
                if keep {
                    kept.resize(blocks.len() * count, [0; L]);
                }
                let (spare, other) = scratch.split_at_mut(256);
                let (mut now, mut before) = (&mut spare[..count], &mut other[..count]);
                for (number, (block, totals)) in blocks.iter().zip(&totals).enumerate() {
                    if keep {
                        let (done, rest) = kept.split_at_mut(number * count);
                        now = &mut rest[..count];
                        before = match number {
                            0 => &mut [],
                            _ => &mut done[(number - 1) * count..],
                        };
                    } else {
                        std::mem::swap(&mut now, &mut before);
                    }
                    match block.origin {
                        Origin::Root => {
                            now.fill([0; L]);
                            add_all(now, bins, &whole[block.first / L]);
                        }
                        Origin::Counted => {
                            now.fill([0; L]);
                            for (lane, place) in block.lanes.iter().enumerate() {
                                let Some(tree) = trees.get(block.first + lane) else { break };
                                let rows = place.start..place.end;
                                add_rows(now, lane, bins, &tree.order[rows.clone()], &tree.values[rows]);
                            }
                        }
                        Origin::Sibling(parent) => {
                            subtract(&parents[parent * count..][..count], before, now);
                        }
                    }
                    if block.lanes.iter().any(|lane| lane.open.is_some()) {
                        let found = best_cuts(now, packing, totals, place as u32);
                        for (best, found) in best[number].iter_mut().zip(found) {
                            *best = best.better(found);
                        }
                    }
                }
                (scratch, best)
            })
            .map(|(_, best)| best)
            .reduce(none, |mut best, other| {
                for (best, other) in best.iter_mut().zip(other) {
                    for (best, other) in best.iter_mut().zip(other) {
                        *best = best.better(other);
                    }
                }
                best
            })
    }

    fn totals(&self, block: &Block<L>, packing: Packing) -> NodeTotals<L> {
        let mut totals = NodeTotals::EMPTY;
        for (lane, place) in block.lanes.iter().enumerate() {
            if let Some(open) = place.open {
                let (sum, weight) = packing.unpack(open.total);
                // A node without curvature is left with nothing to gain, and no side may be without.
                let least = self.limits.min_samples_leaf as f64;
                totals.mean[lane] = if weight > 0.0 { sum / weight } else { 0.0 };
                totals.weight[lane] = weight;
                totals.least[lane] = least;
                totals.most[lane] = weight - least;
            }
        }
        totals
    }

    /// Parts the rows of every node that has a cut; the rest become leaves. Gives the next level's blocks.
    fn cut(
        &self,
        blocks: &[Block<L>],
        cuts: &[[Cut; L]],
        trees: &mut [Growing],
        packing: Packing,
        kept: bool,
        depth: usize,
    ) -> Vec<Block<L>> {
        // One list a class, so that classes go in parallel: block, and its children.
        let children: Vec<Vec<(usize, [Open; 2])>> = trees
            .par_iter_mut()
            .enumerate()
            .map(|(class, tree)| {
                let mut children = Vec::new();
                let own = blocks.iter().zip(cuts).enumerate();
                for (number, (block, cuts)) in own.filter(|(_, (block, _))| block.first == class - class % L)
                {
                    let Some(open) = block.lanes[class % L].open else { continue };
                    let cut = cuts[class % L];
                    let rows = (open.end - open.start) as f64;
                    let gain = packing.gain(cut, packing.unpack(open.total).1);
                    // Equal residuals leave rounding alone, far below this.
                    if gain > rows * f64::EPSILON {
                        let column = cut.column as usize;
                        let bins = match self.sampled[column].as_slice() {
                            [] => &self.columns[column].bins,
                            sampled => sampled,
                        };
                        children.push((number, tree.part(open, cut, bins, gain)));
                    } else {
                        tree.close(open);
                    }
                }
                children
            })
            .collect();
        let mut next = Vec::new();
        if kept {
            // Lanes stay in their block: a pair of blocks, the smaller children and the larger, for each.
            let mut pairs: Vec<[[Lane; L]; 2]> = vec![[[Lane::default(); L]; 2]; blocks.len()];
            for (class, children) in children.iter().enumerate() {
                for (number, pair) in children {
                    let [left, right] = pair.map(|open| self.lane(open, depth + 1, &mut trees[class]));
                    let smaller = left.end - left.start <= right.end - right.start;
                    let (small, large) = if smaller { (left, right) } else { (right, left) };
                    pairs[*number][0][class % L] = small;
                    pairs[*number][1][class % L] = large;
                }
            }
            for (number, [small, large]) in pairs.into_iter().enumerate() {
                let is_open = |lanes: &[Lane; L]| lanes.iter().any(|lane| lane.open.is_some());
                if is_open(&small) || is_open(&large) {
                    let first = blocks[number].first;
                    next.push(Block { first, lanes: small, origin: Origin::Counted });
                    next.push(Block { first, lanes: large, origin: Origin::Sibling(number) });
                }
            }
        } else {
            for (group, children) in children.chunks(L).enumerate() {
                let first = group * L;
                let open: Vec<Vec<Lane>> = children
                    .iter()
                    .enumerate()
                    .map(|(lane, children)| {
                        let tree = &mut trees[first + lane];
                        let all = children.iter().flat_map(|(_, pair)| pair);
                        let lanes: Vec<Lane> = all.map(|open| self.lane(*open, depth + 1, tree)).collect();
                        lanes.into_iter().filter(|lane| lane.open.is_some()).collect()
                    })
                    .collect();
                for place in 0..open.iter().map(Vec::len).max().unwrap_or(0) {
                    let lane = |lane: usize| open.get(lane).and_then(|own| own.get(place)).copied();
                    let lanes = std::array::from_fn(|each| lane(each).unwrap_or_default());
                    next.push(Block { first, lanes, origin: Origin::Counted });
                }
            }
        }
        next
    }

    fn lane(&self, open: Open, depth: usize, tree: &mut Growing) -> Lane {
        let may = self.may_be_cut(&open, depth);
        if !may {
            tree.close(open);
        }
        Lane { start: open.start, end: open.end, open: may.then_some(open) }
    }
}

fn sum(values: &[u64]) -> u64 {
    values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
}

impl Growing {
    fn close(&mut self, open: Open) {
        self.leaves.push((open.node as u32, open.start, open.end));
    }

    /// Rows keep their order on each side.
    fn part(&mut self, open: Open, cut: Cut, bins: &[u8], gain: f64) -> [Open; 2] {
        let (mut order, mut values) = (Vec::new(), Vec::new());
        let (mut at, mut total) = (open.start, 0u64);
        for from in open.start..open.end {
            let (position, value) = (self.order[from], self.values[from]);
            if bins[position as usize] <= cut.bin {
                self.order[at] = position;
                self.values[at] = value;
                total = total.wrapping_add(value);
                at += 1;
            } else {
                order.push(position);
                values.push(value);
            }
        }
        self.order[at..open.end].copy_from_slice(&order);
        self.values[at..open.end].copy_from_slice(&values);
        let left = self.nodes.len();
        self.nodes[open.node] = Node::Cut { column: cut.column, bin: cut.bin, left: left as u32 };
        self.nodes.extend([Node::Leaf(0); 2]);
        self.improvements.push((cut.column, gain));
        [
            Open { node: left, start: open.start, end: at, total },
            Open { node: left + 1, start: at, end: open.end, total: open.total.wrapping_sub(total) },
        ]
    }

    fn finish(mut self) -> GrownTree {
        // A tree that never grew has one leaf of all rows.
        if self.leaves.is_empty() {
            self.leaves.push((0, 0, self.order.len()));
        }
        self.leaves.sort_unstable_by_key(|(_, start, _)| *start);
        for (place, (node, _, _)) in self.leaves.iter().enumerate() {
            self.nodes[*node as usize] = Node::Leaf(place as u32);
        }
        GrownTree {
            nodes: self.nodes,
            order: self.order,
            leaf_ends: self.leaves.iter().map(|(_, _, end)| *end).collect(),
            improvements: self.improvements,
        }
    }
}

#[cfg(test)]
mod tests;
