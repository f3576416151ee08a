//! Kernel rows for SMO: read from a matrix where one fits in memory, else computed in batches and kept in a
//! cache of bounded size that gives up the rows used longest ago.
//!
//! What is kept never changes an answer: an entry has the same bits however it was come by.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::kernel::{KernelRows, KernelSpace};

/// Where kernel entries come from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// Every entry.
    Matrix(ArrayView2<'a, f32>),
    Computed(&'a KernelSpace, &'a KernelRows),
}

const TARGETS_A_TILE: usize = 256;

impl Source<'_> {
    pub fn diagonal(&self, row: usize) -> f32 {
        match self {
            Self::Matrix(matrix) => matrix[[row, row]],
            // By the same product as the rest of its row, so that twins have no distance at all.
            Self::Computed(space, rows) => {
                let mut entry = [0.0];
                let out = ArrayViewMut2::from_shape((1, 1), &mut entry);
                out.into_iter().for_each(|out| space.block((rows, row..row + 1), (rows, row..row + 1), out));
                entry[0]
            }
        }
    }

    /// Σs weights[s] K(t, sources[s]) for each t of `targets`.
    pub fn combine(&self, targets: &[usize], sources: &[usize], weights: &[f64]) -> Vec<f64> {
        match self {
            Self::Matrix(matrix) => {
                let mut sums = vec![0.0; targets.len()];
                for (source, weight) in sources.iter().zip(weights) {
                    let row = matrix.row(*source);
                    for (sum, target) in sums.iter_mut().zip(targets) {
                        *sum += weight * f64::from(row[*target]);
                    }
                }
                sums
            }
            Self::Computed(space, rows) => {
                let right = rows.select(sources);
                let mut sums = Vec::with_capacity(targets.len());
                for targets in targets.chunks(TARGETS_A_TILE) {
                    let left = rows.select(targets);
                    let mut block = Array2::zeros((left.len(), right.len()));
                    space.block((&left, 0..left.len()), (&right, 0..right.len()), block.view_mut());
                    sums.extend(block.rows().into_iter().map(|row| {
                        row.iter()
                            .zip(weights)
                            .fold(0.0, |sum, (entry, weight)| sum + weight * f64::from(*entry))
                    }));
                }
                sums
            }
        }
    }
}

/// Rows a batch, where there is room: a matrix product of this height runs near full speed.
const BATCH: usize = 32;

/// The least number of rows kept, whatever the memory allowed.
const LEAST_ROWS: usize = 8;

const ABSENT: u32 = u32::MAX;

/// Rows of the kernel among the places that are active now.
pub struct KernelStore<'a> {
    source: Source<'a>,
    /// Every place of the source that takes part.
    places: Vec<usize>,
    /// Those that are active now.
    active: Vec<usize>,
    /// The rows of `active`, where entries are computed.
    ready: Option<KernelRows>,
    /// Whether rows can be read from the matrix as they stand.
    direct: bool,
    bytes: usize,
    kept: Vec<f32>,
    /// One an active place: where in `kept` its row stands.
    slot_of: Vec<u32>,
    /// One a slot: the active place and when it was last used.
    slots: Vec<(u32, u64)>,
    capacity: usize,
    now: u64,
}

impl<'a> KernelStore<'a> {
    /// Rows among `places` of the source, `bytes` of memory for those that must be kept.
    pub fn new(source: Source<'a>, places: Vec<usize>, bytes: usize) -> Self {
        let mut store = Self {
            source,
            places,
            active: Vec::new(),
            ready: None,
            direct: false,
            bytes,
            kept: Vec::new(),
            slot_of: Vec::new(),
            slots: Vec::new(),
            capacity: 0,
            now: 0,
        };
        store.expand();
        store
    }

    pub fn source(&self) -> Source<'a> {
        self.source
    }

    /// The places of the source that take part, active or not.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// The largest share of the active rows with which `restrict` pays; rows of a matrix cost a copy.
    pub fn worth_keeping(&self) -> f64 {
        match self.source {
            Source::Matrix(_) => 0.5,
            Source::Computed(..) => 0.8,
        }
    }

    /// Makes every place active; what was kept is dropped, for its rows are too short.
    pub fn expand(&mut self) {
        self.active = self.places.clone();
        let all =
            |rows: usize| self.active.len() == rows && self.active.iter().enumerate().all(|(a, b)| a == *b);
        match self.source {
            Source::Matrix(matrix) => self.direct = all(matrix.nrows()),
            Source::Computed(_, rows) => self.ready = Some(rows.select(&self.active)),
        }
        self.forget();
    }

    fn forget(&mut self) {
        let length = self.active.len().max(1);
        self.capacity = (self.bytes / (4 * length)).max(LEAST_ROWS).min(length);
        self.slot_of = vec![ABSENT; self.active.len()];
        self.slots.clear();
        if self.direct {
            self.kept = Vec::new();
        } else if self.kept.len() < self.capacity * length {
            self.kept = vec![0.0; self.capacity * length];
        }
    }

    /// Leaves only the active places numbered in `keep`, ascending.
    pub fn restrict(&mut self, keep: &[usize]) {
        let (before, after) = (self.active.len(), keep.len());
        self.active = keep.iter().map(|place| self.active[*place]).collect();
        self.direct = false;
        let Some(ready) = &self.ready else { return self.forget() };
        self.ready = Some(ready.select(keep));
        let mut renumbered = vec![ABSENT; before];
        for (new, old) in keep.iter().enumerate() {
            renumbered[*old] = new as u32;
        }
        // Rows move towards the front and shrink, so none overwrites one that is still to be moved.
        let mut slots = Vec::new();
        let mut slot_of = vec![ABSENT; after];
        for (old_slot, (row, used)) in self.slots.iter().enumerate() {
            let row = renumbered[*row as usize];
            if row == ABSENT {
                continue;
            }
            let (from, to) = (old_slot * before, slots.len() * after);
            for (new, old) in keep.iter().enumerate() {
                self.kept[to + new] = self.kept[from + old];
            }
            slot_of[row as usize] = slots.len() as u32;
            slots.push((row, *used));
        }
        (self.slots, self.slot_of) = (slots, slot_of);
        self.capacity = (self.kept.len() / after.max(1)).min(after);
    }

    /// How many rows to ask for together with `row`: 0 where it is at hand.
    pub fn missing(&self, row: usize) -> usize {
        match self.source {
            _ if self.direct || self.slot_of[row] != ABSENT => 0,
            Source::Matrix(_) => 1,
            Source::Computed(..) => BATCH.min(self.capacity / 4).max(1),
        }
    }

    /// Gets `rows` (active places, none at hand, no more than `missing` said).
    pub fn fetch(&mut self, rows: &[usize]) {
        let slots = self.free_slots(rows.len());
        let length = self.active.len();
        match (self.source, &self.ready) {
            (Source::Computed(space, _), Some(ready)) => {
                let left = ready.select(rows);
                let mut block = Array2::zeros((rows.len(), length));
                space.block((&left, 0..rows.len()), (ready, 0..length), ArrayViewMut2::from(&mut block));
                for (row, slot) in block.rows().into_iter().zip(&slots) {
                    for (to, from) in self.kept[slot * length..][..length].iter_mut().zip(row) {
                        *to = *from;
                    }
                }
            }
            (Source::Matrix(matrix), _) => {
                for (row, slot) in rows.iter().zip(&slots) {
                    let entries = matrix.row(self.active[*row]);
                    for (to, place) in self.kept[slot * length..][..length].iter_mut().zip(&self.active) {
                        *to = entries[*place];
                    }
                }
            }
            (Source::Computed(..), None) => {}
        }
        for (row, slot) in rows.iter().zip(slots) {
            self.slots[slot] = (*row as u32, self.now);
            self.slot_of[*row] = slot as u32;
        }
    }

    /// Slots to write to; those used longest ago are given up.
    fn free_slots(&mut self, count: usize) -> Vec<usize> {
        let unused = (self.capacity - self.slots.len()).min(count);
        let mut free: Vec<usize> = (self.slots.len()..self.slots.len() + unused).collect();
        let wanted = count - unused;
        if wanted > 0 {
            let mut oldest: Vec<usize> = (0..self.slots.len()).collect();
            oldest.select_nth_unstable_by_key(wanted - 1, |slot| (self.slots[*slot].1, *slot));
            for slot in &oldest[..wanted] {
                self.slot_of[self.slots[*slot].0 as usize] = ABSENT;
            }
            free.extend(&oldest[..wanted]);
        }
        self.slots.resize(self.slots.len() + unused, (0, 0));
        free
    }

    /// Notes that `row`, which must be at hand, is in use.
    pub fn touch(&mut self, row: usize) {
        self.now += 1;
        if let Some(slot) = self.slots.get_mut(self.slot_of[row] as usize) {
            slot.1 = self.now;
        }
    }

    /// The row of an active place, which must be at hand.
    pub fn row(&self, row: usize) -> &[f32] {
        let length = self.active.len();
        match self.source {
            Source::Matrix(matrix) if self.direct => {
                matrix.to_slice().map_or(&[], |entries| &entries[row * length..][..length])
            }
            _ => &self.kept[self.slot_of[row] as usize * length..][..length],
        }
    }
}
