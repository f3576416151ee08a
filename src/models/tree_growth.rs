//! Grows a classification tree on ranks (L. Breiman et al., "Classification and Regression Trees", 1984).
//!
//! At each node some columns are drawn, each is cut where it removes the most impurity (or, for extra-trees, at a
//! random place), and the best cut splits the node's rows in place, until a node is pure or a rule forbids to go
//! on. As in scikit-learn, columns that are constant in the node count as drawn, but drawing goes on until one is
//! found that is not. Ties go to the column drawn first and to the lowest cut; where every column is looked
//! at, none is drawn, and the lowest column wins.

use super::lane_sort::BLOCK;
use super::lane_split::{ClassTotals, MOST_CLASSES, cut_lanes};
use super::node_cut::{Candidates, Cut, Found, Ground, Member, Threshold};
use super::random_cut::cut_at_random;
use super::sorted_cut::cut_sorted;
use super::tree_nodes::Tree;
use super::tree_rules::{Criterion, Splitter};
use crate::random::Draws;

/// Memory that the trees grown on one thread use in turn.
#[derive(Default)]
pub struct Workspace {
    keys: Vec<u32>,
    right: Vec<Member>,
}

/// Grows one tree on `members`; `class_weights` is the weight of one count of each class. Also gives, one a
/// kept column, the weighted impurity that its cuts removed.
pub fn grow(
    ground: &Ground<'_>,
    members: &mut [Member],
    class_weights: &[f64],
    draws: Draws,
    workspace: &mut Workspace,
) -> (Tree, Vec<f64>) {
    if ground.rules.columns_to_try.min(ground.table.columns()) <= 8 {
        Growth::<8>::new(ground, members, class_weights, draws, workspace).run()
    } else {
        Growth::<16>::new(ground, members, class_weights, draws, workspace).run()
    }
}

struct Growth<'a, const LANES: usize> {
    ground: &'a Ground<'a>,
    members: &'a mut [Member],
    class_weights: &'a [f64],
    draws: Draws,
    tree: Tree,
    /// The splits of the tree.
    cuts: Vec<(usize, Cut)>,
    removed: Vec<f64>,
    /// Kept columns, those drawn for the node at hand in front.
    order: Vec<u32>,
    keys: &'a mut [[u32; LANES]],
    /// Members that go right, while a node is parted.
    right: &'a mut [Member],
    /// One a class: its weight in the node at hand, and on the left of its cut.
    whole: Vec<f64>,
    left: Vec<f64>,
    /// One a class: how often it counts in the node at hand, and its number among the node's classes.
    counts: Vec<u32>,
    numbers: Vec<u32>,
    /// One a class of the node at hand.
    present_counts: Vec<f32>,
    present_weights: Vec<f32>,
}

struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

impl<'a, const LANES: usize> Growth<'a, LANES> {
    fn new(
        ground: &'a Ground<'a>,
        members: &'a mut [Member],
        class_weights: &'a [f64],
        draws: Draws,
        workspace: &'a mut Workspace,
    ) -> Self {
        let Workspace { keys, right } = workspace;
        keys.resize(keys.len().max(members.len().next_multiple_of(BLOCK) * LANES), 0);
        right.resize(right.len().max(members.len()), Member { row: 0, payload: 0 });
        Self {
            tree: Tree::root(ground.classes),
            cuts: Vec::new(),
            removed: vec![0.0; ground.table.columns()],
            order: (0..ground.table.columns() as u32).collect(),
            keys: keys.as_chunks_mut().0,
            right,
            left: vec![0.0; ground.classes],
            whole: vec![0.0; ground.classes],
            counts: vec![0; ground.classes],
            numbers: vec![0; ground.classes],
            present_counts: Vec::new(),
            present_weights: Vec::new(),
            ground,
            members,
            class_weights,
            draws,
        }
    }

    fn run(mut self) -> (Tree, Vec<f64>) {
        self.count(0, self.members.len());
        let all = self.whole.iter().sum();
        let mut open = vec![Open { node: 0, start: 0, end: self.members.len(), depth: 0 }];
        while let Some(Open { node, start, end, depth }) = open.pop() {
            self.count(start, end);
            let Some((cut, middle)) = self.cut(start, end, depth, all) else {
                self.tree.conclude(node, &self.whole);
                continue;
            };
            let column = self.ground.table.index(cut.column);
            let (left, right) = self.tree.split(node, column);
            self.cuts.push((node, cut));
            open.push(Open { node: right, start: middle, end, depth: depth + 1 });
            open.push(Open { node: left, start, end: middle, depth: depth + 1 });
        }
        // All at the end: values lie far apart in memory, and these look-ups wait for it together.
        for (node, cut) in &self.cuts {
            self.tree.set_threshold(*node, cut.value(self.ground.table));
        }
        (self.tree, self.removed)
    }

    /// Counts the classes of the rows `start..end`.
    fn count(&mut self, start: usize, end: usize) {
        let layout = self.ground.layout;
        self.counts.fill(0);
        for member in &self.members[start..end] {
            self.counts[layout.class(member.payload) as usize] += layout.count(member.payload);
        }
        self.present_counts.clear();
        self.present_weights.clear();
        for (class, count) in self.counts.iter().enumerate() {
            if *count > 0 {
                self.numbers[class] = self.present_counts.len() as u32;
                self.present_counts.push(*count as f32);
                self.present_weights.push(self.class_weights[class] as f32);
            }
            self.whole[class] = f64::from(*count) * self.class_weights[class];
        }
    }

    /// Cuts the counted rows `start..end` and parts them: the cut, and where the right side begins.
    fn cut(&mut self, start: usize, end: usize, depth: usize, all: f64) -> Option<(Cut, usize)> {
        let rules = self.ground.rules;
        let rows = end - start;
        let stop = self.present_counts.len() < 2
            || depth >= rules.max_depth
            || rows < rules.min_samples_split
            || rows < 2 * rules.min_samples_leaf;
        if stop {
            return None;
        }
        let cut = if rows == 2 { self.cut_two(start) } else { self.search(start, end) }?;
        let table = self.ground.table;
        let ranks = table.column(cut.column);
        let middle = start
            + part(&mut self.members[start..end], self.right, |member| {
                ranks[member.row as usize] <= cut.highest_left
            });
        let layout = self.ground.layout;
        self.left.fill(0.0);
        for member in &self.members[start..middle] {
            let class = layout.class(member.payload) as usize;
            self.left[class] += f64::from(layout.count(member.payload)) * self.class_weights[class];
        }
        let removed = rules.criterion.removed(&self.whole, &self.left);
        if removed / all + f64::EPSILON < rules.min_impurity_decrease {
            return None;
        }
        self.removed[cut.column] += removed.max(0.0);
        Some((cut, middle))
    }

    /// Two rows of two classes: every column in which they differ parts them fully, so the first one drawn does.
    fn cut_two(&mut self, start: usize) -> Option<Cut> {
        let table = self.ground.table;
        let [first, second] = [0, 1].map(|place| table.row(self.members[start + place].row as usize));
        for place in 0..self.order.len() {
            self.draw(place);
            let column = self.order[place] as usize;
            let (low, high) = (first[column].min(second[column]), first[column].max(second[column]));
            if low < high {
                let (threshold, highest_left) = match self.ground.rules.splitter {
                    Splitter::Best => (Threshold::Below(high), low),
                    Splitter::Random => {
                        let (value, rank) = table.between(column, low, high, self.draws.unit());
                        (Threshold::At(value), rank)
                    }
                };
                return Some(Cut { score: 0.0, column, highest_left, threshold });
            }
        }
        None
    }

    /// Puts a column drawn from those at `place` and behind it to `place`.
    fn draw(&mut self, place: usize) {
        if self.ground.rules.columns_to_try < self.order.len() {
            let drawn = place + self.draws.below(self.order.len() - place);
            self.order.swap(place, drawn);
        }
    }

    /// The best cut of the columns that are drawn for this node.
    fn search(&mut self, start: usize, end: usize) -> Option<Cut> {
        let columns = self.order.len();
        let to_try = self.ground.rules.columns_to_try.min(columns);
        (0..to_try).for_each(|place| self.draw(place));
        let mut found = Found::default();
        let mut tried = 0;
        while tried < to_try {
            let batch = LANES.min(to_try - tried);
            self.look(start, end, tried, batch, &mut found);
            tried += batch;
        }
        while !found.varied && tried < columns {
            self.draw(tried);
            self.look(start, end, tried, 1, &mut found);
            tried += 1;
        }
        found.best
    }

    /// Looks at the `batch` columns from `place` on.
    fn look(&mut self, start: usize, end: usize, place: usize, batch: usize, found: &mut Found) {
        let Ground { table, layout, rules, arch, .. } = *self.ground;
        let columns = &self.order[place..place + batch];
        // Lanes without a column repeat the first one.
        let lanes: [usize; LANES] =
            std::array::from_fn(|lane| columns.get(lane).unwrap_or(&columns[0]).to_owned() as usize);
        let rows = end - start;
        let keys = &mut self.keys[..rows.next_multiple_of(BLOCK)];
        keys[rows..].fill([u32::MAX; LANES]);
        let payload = |member: &Member| {
            let class = self.numbers[layout.class(member.payload) as usize];
            layout.payload(class as usize, layout.count(member.payload))
        };
        let members = &self.members[start..end];
        if table.read_by_column(rows) {
            let ranks: [&[u16]; LANES] = lanes.map(|column| table.column(column));
            for (member, keys) in members.iter().zip(keys.iter_mut()) {
                let payload = payload(member);
                for (key, ranks) in keys.iter_mut().zip(ranks) {
                    *key = u32::from(ranks[member.row as usize]) << 16 | payload;
                }
            }
        } else {
            for (member, keys) in members.iter().zip(keys.iter_mut()) {
                let payload = payload(member);
                let ranks = table.row(member.row as usize);
                for (key, column) in keys.iter_mut().zip(lanes) {
                    *key = u32::from(ranks[column]) << 16 | payload;
                }
            }
        }
        let candidates =
            Candidates { columns, keys, rows, counts: &self.present_counts, weights: &self.present_weights };
        match rules.splitter {
            Splitter::Random => cut_at_random(self.ground, candidates, &mut self.draws, found),
            Splitter::Best
                if rules.criterion == Criterion::Gini && self.present_counts.len() <= MOST_CLASSES =>
            {
                let totals = ClassTotals { counts: candidates.counts, weights: candidates.weights };
                let keys = candidates.keys;
                let cuts = cut_lanes(arch, keys, rows, layout, &totals, rules.min_samples_leaf);
                for (lane, column) in columns.iter().enumerate() {
                    found.varied |= keys[0][lane] >> 16 != keys[rows - 1][lane] >> 16;
                    if cuts.score[lane] > f32::NEG_INFINITY {
                        let after = cuts.after[lane] as usize;
                        let ranks = [after, after + 1].map(|row| (keys[row][lane] >> 16) as u16);
                        found.offer(Cut {
                            score: f64::from(cuts.score[lane]),
                            column: *column as usize,
                            highest_left: ranks[0],
                            threshold: Threshold::Below(ranks[1]),
                        });
                    }
                }
            }
            Splitter::Best => cut_sorted(self.ground, candidates, found),
        }
    }
}

/// Moves the members that go left to the front, without a branch, all in their order; how many they are.
fn part(members: &mut [Member], right: &mut [Member], goes_left: impl Fn(&Member) -> bool) -> usize {
    let mut left = 0;
    for place in 0..members.len() {
        let member = members[place];
        members[left] = member;
        right[place - left] = member;
        left += usize::from(goes_left(&member));
    }
    let behind = members.len() - left;
    members[left..].copy_from_slice(&right[..behind]);
    left
}
