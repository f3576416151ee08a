//! What a neural network is among the models: fed with frame matrices, with rows of a table, or with both.
//!
//! A `Model` that is a network says so with `Model::network`; the runner then hands it clips instead of rows. Clips
//! are cut into segments inside, after the split.

use std::path::Path;
use std::time::Duration;

use ndarray::{Array2, ArrayView2};

use super::error::ModelError;
use super::neural::{History, LoneNetwork, Sizes};

/// What a network is fed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// Rows of a table, as every other model.
    Table,
    /// A matrix a clip: frames × bands.
    Frames,
    /// A matrix and a row a clip.
    Both,
    /// A matrix a clip or, where the features have none, a row.
    Either,
}

impl Wants {
    /// Whether matrices and whether rows are taken of clips, which may have matrices.
    pub fn of_clips(self, have_frames: bool) -> (bool, bool) {
        match self {
            Self::Table => (false, true),
            Self::Frames => (true, false),
            Self::Both => (true, true),
            Self::Either => (have_frames, !have_frames),
        }
    }
}

/// Clips in order. A matrix is frames × bands; all have the same bands.
#[derive(Debug, Clone, Default)]
pub struct Clips<'a> {
    /// A matrix a clip; empty where the network is fed with a table alone.
    pub frames: Vec<ArrayView2<'a, f32>>,
    /// A row a clip; none where it is fed with matrices alone.
    pub table: Option<ArrayView2<'a, f64>>,
}

impl Clips<'_> {
    /// How many clips there are.
    pub fn len(&self) -> usize {
        self.table.map_or(self.frames.len(), |table| table.nrows().max(self.frames.len()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The training side.
#[derive(Debug, Clone, Default)]
pub struct Lesson<'a> {
    pub clips: Clips<'a>,
    /// Each clip's class.
    pub y: &'a [usize],
    pub classes: usize,
    /// Artist or source of each clip, where known; empty where none is.
    pub groups: Vec<Option<&'a str>>,
    /// Altered copies of training clips (augmentation): the place of the clip, and its matrix.
    pub copies: Vec<(usize, ArrayView2<'a, f32>)>,
    /// Places of the clips that the data set itself sets aside for validation, ascending; drawn where empty.
    pub watched: Vec<usize>,
    /// Whether nothing is to be learned from those, watched or not.
    pub watched_only: bool,
}

/// Where and how the work is done; nothing in it but the seed decides the result.
pub struct Workshop<'a> {
    /// What every draw comes from.
    pub seed: u64,
    /// Where checkpoints lie, and what their names begin with.
    pub checkpoints: Option<(&'a Path, &'a str)>,
    /// Progress is put there when so much time has gone by since the last.
    pub between_checkpoints: Duration,
    /// Hears how far the training is.
    pub tell: &'a (dyn Fn(&str) + Sync),
    /// Hears why checkpoints cannot be written.
    pub warn: &'a (dyn Fn(&str) + Sync),
}

/// A network's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Clips × classes.
    pub probabilities: Array2<f64>,
    /// One a clip, its segments in order.
    pub segments: Vec<Vec<SegmentAnswer>>,
}

/// What is said of one segment of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentAnswer {
    /// Where it begins in the clip.
    pub first_frame: usize,
    /// How long it is.
    pub frames: usize,
    /// One a class.
    pub probabilities: Vec<f32>,
}

/// A network's recipe.
pub trait Network: Send + Sync {
    /// What it is to be fed with.
    fn wants(&self) -> Wants;

    /// The same lesson and seed give the same weights, bit for bit, for any number of threads of a processor.
    fn train(&self, lesson: &Lesson<'_>, workshop: &Workshop<'_>) -> Result<Box<dyn Trained>, ModelError>;

    /// The layers by themselves, to be held against another program's.
    fn alone(&self, sizes: Sizes, seed: u64) -> Result<LoneNetwork, ModelError>;
}

/// A trained network.
pub trait Trained: Send + Sync {
    /// Probabilities of clips, and of their segments.
    fn answer(&self, clips: &Clips<'_>) -> Result<Answer, ModelError>;

    /// All that answering needs, for `load_network`.
    fn save(&self) -> Result<Vec<u8>, ModelError>;

    /// One a network that was trained: ensembles have several.
    fn histories(&self) -> Vec<History>;

    /// What a reader of the scores should know of this training.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}
