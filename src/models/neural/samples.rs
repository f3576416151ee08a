//! The segments a network learns from or is asked about, and batches of them.

use ndarray::ArrayView2;

use super::blueprint::Shape;
use super::cpu::Batch;
use super::segments::{InputSpec, Normaliser, Prepared};

/// One segment: which clip, from which frame, and the clip's row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub clip: usize,
    pub start: usize,
    pub row: usize,
    /// 0 is the clip itself, the others are its altered copies.
    pub version: usize,
    pub class: usize,
}

#[derive(Debug, Default)]
pub struct Samples {
    clips: Vec<Prepared>,
    /// Rows × columns.
    table: Vec<f32>,
    columns: usize,
    frame_values: usize,
    pub samples: Vec<Sample>,
}

/// Room for a batch.
#[derive(Debug, Default)]
pub struct BatchRoom {
    pub frames: Vec<f32>,
    pub table: Vec<f32>,
    pub truth: Vec<usize>,
}

impl BatchRoom {
    pub fn batch(&self) -> Batch<'_> {
        // A table alone goes where frames otherwise go.
        let frames = if self.frames.is_empty() { &self.table } else { &self.frames };
        Batch { frames, table: &self.table, clips: self.truth.len() }
    }
}

impl Samples {
    /// Segments of clips with matrices and their places in the table and in `y`; a place that comes again brings a copy.
    pub fn of_frames<'a>(
        clips: impl Iterator<Item = (usize, ArrayView2<'a, f32>)>,
        y: &[usize],
        input: &InputSpec,
        shape: Shape,
        normaliser: &Normaliser,
    ) -> Self {
        let mut all = Self { frame_values: shape.len(), ..Self::default() };
        let mut versions = vec![0; y.len()];
        for (row, matrix) in clips {
            let prepared = Prepared::new(matrix, normaliser);
            for start in prepared.starts(input, shape.columns) {
                let version = versions[row];
                all.samples.push(Sample { clip: all.clips.len(), start, row, version, class: y[row] });
            }
            versions[row] += 1;
            all.clips.push(prepared);
        }
        all
    }

    /// Rows of a table alone.
    pub fn of_rows(rows: impl Iterator<Item = usize>, y: &[usize]) -> Self {
        let samples = rows.map(|row| Sample { clip: 0, start: 0, row, version: 0, class: y[row] }).collect();
        Self { samples, ..Self::default() }
    }

    pub fn with_table(mut self, table: ArrayView2<'_, f64>) -> Self {
        self.columns = table.ncols();
        self.table = table.iter().map(|value| *value as f32).collect();
        self
    }

    /// The samples of one version of each clip.
    pub fn one_version(&self, draw: impl Fn(usize, usize) -> usize) -> Vec<usize> {
        let mut versions = std::collections::BTreeMap::new();
        for sample in &self.samples {
            let most = versions.entry(sample.row).or_insert(0);
            *most = sample.version.max(*most);
        }
        versions.iter_mut().for_each(|(row, version)| *version = draw(*row, *version + 1));
        let chosen = |place: &usize| {
            let sample = &self.samples[*place];
            versions.get(&sample.row) == Some(&sample.version)
        };
        (0..self.samples.len()).filter(chosen).collect()
    }

    /// Copies the samples at `places` side by side.
    pub fn fill(&self, places: &[usize], room: &mut BatchRoom) {
        room.frames.resize(places.len() * self.frame_values, 0.0);
        room.table.clear();
        room.truth.clear();
        for (slot, place) in places.iter().enumerate() {
            let sample = self.samples[*place];
            if self.frame_values > 0 {
                let out = &mut room.frames[slot * self.frame_values..][..self.frame_values];
                self.clips[sample.clip].segment(sample.start, out);
            }
            room.table.extend_from_slice(&self.table[sample.row * self.columns..][..self.columns]);
            room.truth.push(sample.class);
        }
    }
}
