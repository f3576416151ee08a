//! From clips to what a network is fed: normalised, cut into segments, and back from segments to one answer a clip.
//!
//! Clips are cut after the split, so that no two segments of a clip stand on two sides.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::blueprint::Shape;
use super::spec_augment::SpecAugment;
use crate::models::{argmax, parameters};

/// `input = { … }`: what of a clip a network sees.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputSpec {
    /// Frames of a segment; whole clips, as long as the shortest training clip, where silent.
    #[serde(
        deserialize_with = "parameters::from_to_or_none::<_, 1, 100_000>",
        skip_serializing_if = "Option::is_none"
    )]
    pub frames: Option<usize>,
    /// Frames from one segment's start to the next; without overlap where silent.
    #[serde(deserialize_with = "parameters::count_or_none", skip_serializing_if = "Option::is_none")]
    pub hop: Option<usize>,
    /// At most so many segments of a clip, from its start.
    #[serde(deserialize_with = "parameters::count_or_none", skip_serializing_if = "Option::is_none")]
    pub most: Option<usize>,
    pub normalise: Normalise,
    pub aggregate: Aggregate,
    /// SpecAugment on the training segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec_augment: Option<SpecAugment>,
}

impl InputSpec {
    /// What serde cannot see key by key.
    pub fn check(&self) -> Result<(), String> {
        let of_segments = [("hop", self.hop), ("most", self.most)];
        match of_segments.iter().find(|(_, said)| said.is_some()) {
            Some((key, _)) if self.frames.is_none() => Err(format!(
                "input.{key} is of segments, and without input.frames a clip goes in whole; say both or neither"
            )),
            _ if self.spec_augment.is_some() && self.normalise == Normalise::None => Err(
                "input.spec_augment masks with 0, which is the mean of normalised input alone; leave normalise = \"none\" out"
                    .to_string(),
            ),
            _ => Ok(()),
        }
    }
}

/// Learned on the training clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalise {
    /// One mean and deviation over everything.
    #[default]
    Global,
    /// One of each a band.
    Band,
    None,
}

/// From the segments' probabilities to the clip's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    #[default]
    Mean,
    /// The largest of each class, made to sum to 1.
    Max,
    /// The share of segments that name the class.
    Vote,
}

/// (x − shift)/scale by band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normaliser {
    pub shift: Vec<f32>,
    pub scale: Vec<f32>,
}

impl Normaliser {
    /// Over the first `frames` frames of each clip, or all.
    pub fn learn(kind: Normalise, clips: &[ArrayView2<'_, f32>], frames: Option<usize>) -> Self {
        let bands = clips.first().map_or(0, |clip| clip.ncols());
        let mut sums = vec![[0.0f64; 3]; bands];
        for clip in clips {
            for row in clip.rows().into_iter().take(frames.unwrap_or(usize::MAX)) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    let value = f64::from(*value);
                    *sum = [sum[0] + 1.0, sum[1] + value, sum[2] + value * value];
                }
            }
        }
        if kind == Normalise::Global {
            let total = sums.iter().fold([0.0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
            sums.fill(total);
        }
        let moments = |[count, sum, squares]: [f64; 3]| {
            let mean = sum / count.max(1.0);
            let deviation = (squares / count.max(1.0) - mean * mean).max(0.0).sqrt();
            // Of a band that never changes only rounding is left, which is no scale.
            let varies = deviation > (1e-6 * mean.abs()).max(f64::MIN_POSITIVE);
            (mean as f32, if varies { deviation as f32 } else { 1.0 })
        };
        let (shift, scale) = match kind {
            Normalise::None => (vec![0.0; bands], vec![1.0; bands]),
            _ => sums.into_iter().map(moments).unzip(),
        };
        Self { shift, scale }
    }
}

/// One clip, normalised, bands × frames.
#[derive(Debug, Clone)]
pub struct Prepared {
    values: Vec<f32>,
    bands: usize,
    frames: usize,
}

impl Prepared {
    pub fn new(clip: ArrayView2<'_, f32>, normaliser: &Normaliser) -> Self {
        let (frames, bands) = clip.dim();
        let mut values = vec![0.0; frames * bands];
        for (frame, row) in clip.rows().into_iter().enumerate() {
            for (band, value) in row.iter().enumerate() {
                values[band * frames + frame] = (value - normaliser.shift[band]) / normaliser.scale[band];
            }
        }
        Self { values, bands, frames }
    }

    /// Where segments of `frames` begin. A clip too short for one is repeated to that length.
    pub fn starts(&self, input: &InputSpec, frames: usize) -> Vec<usize> {
        if self.frames <= frames || input.frames.is_none() {
            return vec![0];
        }
        let hop = input.hop.unwrap_or(frames);
        (0..=self.frames - frames).step_by(hop).take(input.most.unwrap_or(usize::MAX)).collect()
    }

    /// The segment from `start`, bands × frames, into `out`.
    pub fn segment(&self, start: usize, out: &mut [f32]) {
        let frames = out.len() / self.bands.max(1);
        for (row, out) in self.values.chunks(self.frames.max(1)).zip(out.chunks_mut(frames.max(1))) {
            if start + frames <= self.frames {
                out.copy_from_slice(&row[start..start + frames]);
            } else {
                out.iter_mut().enumerate().for_each(|(at, value)| *value = row[(start + at) % row.len()]);
            }
        }
    }
}

/// What a network for these clips is fed: bands × 1 × frames.
pub fn shape_of(input: &InputSpec, clips: &[ArrayView2<'_, f32>]) -> Shape {
    let bands = clips.first().map_or(0, |clip| clip.ncols());
    let shortest = clips.iter().map(|clip| clip.nrows()).min().unwrap_or(0);
    Shape::new(bands, 1, input.frames.unwrap_or(shortest))
}

/// A clip's probabilities from those of its segments; ties of a vote are broken by the argmax's lowest class.
pub fn aggregate(kind: Aggregate, segments: &[Vec<f32>]) -> Vec<f64> {
    let classes = segments.first().map_or(0, Vec::len);
    let mut total = vec![0.0f64; classes];
    for segment in segments {
        match kind {
            Aggregate::Mean => total.iter_mut().zip(segment).for_each(|(sum, p)| *sum += f64::from(*p)),
            Aggregate::Max => {
                total.iter_mut().zip(segment).for_each(|(most, p)| *most = most.max(f64::from(*p)))
            }
            Aggregate::Vote => {
                total[argmax(segment)] += 1.0;
            }
        }
    }
    let sum: f64 = total.iter().sum();
    total.iter_mut().for_each(|value| *value /= sum);
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn a_band_that_never_changes_is_left_at_its_scale() {
        let silent = (1e-5f32).ln();
        let clip =
            Array2::from_shape_fn(
                (10_000, 2),
                |(frame, band)| {
                    if band == 0 { silent } else { silent + (frame % 7) as f32 }
                },
            );
        let normaliser = Normaliser::learn(Normalise::Band, &[clip.view()], None);
        assert_eq!(normaliser.scale[0], 1.0);
        assert!((normaliser.scale[1] - 2.0).abs() < 1e-3);
    }

    #[test]
    fn clips_are_cut_and_short_ones_repeated() {
        let clip = Array2::from_shape_fn((10, 2), |(frame, band)| (frame + 100 * band) as f32);
        let normaliser = Normaliser::learn(Normalise::None, &[clip.view()], None);
        let prepared = Prepared::new(clip.view(), &normaliser);
        let input = InputSpec { frames: Some(4), hop: Some(3), ..InputSpec::default() };
        assert_eq!(prepared.starts(&input, 4), [0, 3, 6]);
        let mut out = [0.0; 8];
        prepared.segment(6, &mut out);
        assert_eq!(out, [6.0, 7.0, 8.0, 9.0, 106.0, 107.0, 108.0, 109.0]);
        let mut long = [0.0; 24];
        prepared.segment(0, &mut long);
        assert_eq!(long[9..13], [9.0, 0.0, 1.0, 100.0]);
    }

    #[test]
    fn segments_become_one_answer() {
        let segments = [vec![0.6, 0.4], vec![0.6, 0.4], vec![0.0, 1.0]];
        let close = |kind, wanted: [f64; 2]| {
            let found = aggregate(kind, &segments);
            assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{kind:?} {found:?}");
        };
        close(Aggregate::Mean, [0.4, 0.6]);
        close(Aggregate::Max, [0.6 / 1.6, 1.0 / 1.6]);
        close(Aggregate::Vote, [2.0 / 3.0, 1.0 / 3.0]);
    }

    #[test]
    fn normalising_learns_mean_and_deviation() {
        let clip = Array2::from_shape_fn((4, 2), |(frame, band)| frame as f32 * (1.0 + band as f32));
        let band = Normaliser::learn(Normalise::Band, &[clip.view()], None);
        assert!((band.shift[1] - 3.0).abs() < 1e-6 && (band.scale[1] - 5f32.sqrt()).abs() < 1e-6);
        let global = Normaliser::learn(Normalise::Global, &[clip.view()], None);
        assert!((global.shift[0] - 2.25).abs() < 1e-6 && global.scale[0] == global.scale[1]);
    }
}
