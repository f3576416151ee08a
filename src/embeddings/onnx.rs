//! Any network the user has: an ONNX file run in pure Rust (rten), and a TOML of its front end.
//!
//! ```toml
//! input = "log-mel"          # or "waveform": patches of samples, no spectrum
//! rate_hz = 16000
//! window = 400               # and fft, hop, padding, power, mels, scale, low_hz, high_hz, log, gain, offset, …
//! patch = 96                 # frames (samples of a waveform) that the network takes at once
//! patch_hop = 96
//! shape = [1, 1, 96, 64]     # of the network's input; [1, patch, mels] or [1, patch] when silent
//! mels_first = false         # true where bands come before time in that shape
//! input_name = "mel"         # the network's first input when silent
//! output_name = "embedding"  # its first output when silent
//! over = "mean"              # of an output such as [1, time, 768]: the mean over all axes but the last
//! ```
//!
//! A patch's numbers are the output's, which without `over` has one axis longer than 1. VGGish's and torchvggish's own
//! exports need no more than this.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::Array2;
use rten::{Dimension, Model, NodeId, RunOptions, ThreadPool, Value};
use serde::Deserialize;

use super::choice::{Choice, Short};
use super::embedding::Embedding;
use super::error::EmbeddingError;
use super::front_end::{FrontEnd, Input, Patches};
use super::onnx_depth::nests_too_deep;
use crate::audio::Waveform;
use crate::disk::{read_regular, read_regular_text};
use crate::guarded::guarded;

/// What the TOML says beside the front end itself.
#[derive(Debug, Deserialize, Default)]
#[serde(default)]
struct Ends {
    shape: Option<Vec<usize>>,
    mels_first: bool,
    input_name: Option<String>,
    output_name: Option<String>,
    over: Option<Over>,
}

/// How an output of several axes becomes one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Over {
    Mean,
}

const OWN_KEYS: [&str; 5] = ["shape", "mels_first", "input_name", "output_name", "over"];
/// Wider outputs are no embedding.
const WIDEST: usize = 1 << 20;

pub(super) struct Onnx {
    path: PathBuf,
    front: FrontEnd,
    model: Model,
    input: NodeId,
    output: NodeId,
    shape: Vec<usize>,
    mels_first: bool,
    over: Option<Over>,
    width: usize,
    repeat: bool,
}

impl Onnx {
    pub fn open(choice: &Choice) -> Result<Self, EmbeddingError> {
        let advice =
            |what: &str| EmbeddingError::Choice { message: format!("the embedding `onnx` needs {what}") };
        let path = choice.weights.clone().ok_or_else(|| advice("weights = \"network.onnx\""))?;
        let described = choice.front_end.clone().ok_or_else(|| {
            advice("front_end = \"front.toml\", which says what the network's input is made of")
        })?;
        let (front, ends) = read_front_end(&described)?;
        let wrong = |message: String| EmbeddingError::File { path: path.clone(), message };
        let bytes = read_regular(&path).map_err(|error| wrong(error.to_string()))?;
        if nests_too_deep(&bytes) {
            return Err(wrong("nests graphs deeper than any network does".to_string()));
        }
        // A damaged file meets a reader made by others.
        let model = guarded(|| Model::load(bytes))
            .map_err(|said| wrong(format!("is no ONNX network that can be read: {said}")))?
            .map_err(|error| wrong(format!("is no ONNX network that can be read: {error}")))?;
        let node = |name: Option<&String>, usual: &[NodeId], what: &str| {
            let found = match name {
                Some(name) => model.find_node(name),
                None => usual.first().copied(),
            };
            found.ok_or_else(|| match name {
                Some(name) => {
                    let known: Vec<&str> =
                        usual.iter().filter_map(|id| model.node_info(*id)?.name()).collect();
                    wrong(format!("has no {what} `{name}`; it has {}", known.join(", ")))
                }
                None => wrong(format!("has no {what}")),
            })
        };
        let input = node(ends.input_name.as_ref(), model.input_ids(), "input")?;
        let output = node(ends.output_name.as_ref(), model.output_ids(), "output")?;
        let size = patch_size(&front);
        let shape = ends.shape.unwrap_or_else(|| match front.input {
            Input::Waveform => vec![1, front.patch],
            Input::LogMel if ends.mels_first => vec![1, front.mels, front.patch],
            Input::LogMel => vec![1, front.patch, front.mels],
        });
        if shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side)) != Some(size) {
            let message = format!("shape = {shape:?} does not hold the {size} numbers of a patch");
            return Err(EmbeddingError::File { path: described, message });
        }
        let wanted = model.node_info(input).and_then(|node| node.shape());
        if let Some(wanted) = wanted.filter(|wanted| !fits(&shape, wanted)) {
            return Err(wrong(format!(
                "takes an input of {wanted:?}, and {} makes {shape:?}; say shape = […] there",
                described.display()
            )));
        }
        let repeat = choice.short == Short::Repeat;
        let Ends { mels_first, over, .. } = ends;
        let mut onnx = Self { path, front, model, input, output, shape, mels_first, over, width: 0, repeat };
        // Only running it tells how many numbers it gives.
        onnx.width = onnx.run(&vec![0.0; size])?.len();
        match onnx.width {
            1..=WIDEST => Ok(onnx),
            other => Err(onnx.broke(format!("it gives {other} numbers a patch"))),
        }
    }

    fn broke(&self, message: String) -> EmbeddingError {
        EmbeddingError::File { path: self.path.clone(), message }
    }

    fn run(&self, patch: &[f32]) -> Result<Vec<f32>, EmbeddingError> {
        thread_local! {
            // One thread a network: clips are what runs side by side, and a sum's order stays the same.
            static ALONE: OnceCell<Arc<ThreadPool>> = const { OnceCell::new() };
        }
        let pool = ALONE.with(|cell| cell.get_or_init(|| Arc::new(ThreadPool::with_num_threads(1))).clone());
        let numbers = match self.mels_first && self.front.input == Input::LogMel {
            true => {
                let (frames, mels) = (self.front.patch, self.front.mels);
                (0..mels).flat_map(|mel| (0..frames).map(move |frame| patch[frame * mels + mel])).collect()
            }
            false => patch.to_vec(),
        };
        let value = Value::from_shape(&self.shape, numbers).map_err(|error| self.broke(error.to_string()))?;
        let options = RunOptions::default().with_thread_pool(Some(pool));
        let outcome =
            guarded(|| self.model.run(vec![(self.input, value.into())], &[self.output], Some(options)));
        let values = outcome
            .map_err(|said| self.broke(format!("broke off: {said}")))?
            .map_err(|error| self.broke(format!("cannot be run: {error}")))?;
        let parts = values.into_iter().next().and_then(shape_and_numbers);
        let (shape, numbers) = parts.ok_or_else(|| {
            self.broke(format!(
                "its output is not of f32 numbers, or has more than {} axes",
                BY_AXES.len() - 1
            ))
        })?;
        let values = self.one_row(&shape, numbers)?;
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(values),
            Some(value) => Err(self.broke(format!("gives {value}, which is no finite number"))),
        }
    }

    /// The numbers of an output of this shape, in C order, as those of one patch.
    fn one_row(&self, shape: &[usize], values: Vec<f32>) -> Result<Vec<f32>, EmbeddingError> {
        let width = shape.last().copied().unwrap_or(1);
        match self.over {
            None if shape.iter().filter(|&&side| side > 1).count() > 1 => Err(self.broke(format!(
                "gives an output of the shape {shape:?}, which is no row of numbers; say over = \"mean\" in the front end for \
                 the mean over all axes but the last, or name another output with output_name"
            ))),
            Some(Over::Mean) if values.len() > width && width > 0 => Ok(mean_over_rows(&values, width)),
            _ => Ok(values),
        }
    }
}

/// Of an output with a number of axes: whether a value is one, and its shape and numbers.
type OfAxes = (fn(&Value) -> bool, fn(Value) -> Option<(Vec<usize>, Vec<f32>)>);

/// By the number of axes, which is part of a type.
const BY_AXES: [OfAxes; 7] = [
    (has_axes::<0>, parts::<0>),
    (has_axes::<1>, parts::<1>),
    (has_axes::<2>, parts::<2>),
    (has_axes::<3>, parts::<3>),
    (has_axes::<4>, parts::<4>),
    (has_axes::<5>, parts::<5>),
    (has_axes::<6>, parts::<6>),
];

fn has_axes<const N: usize>(value: &Value) -> bool {
    value.as_tensor_view::<f32>().is_some_and(|view| view.into_rank::<N>().is_ok())
}

fn parts<const N: usize>(value: Value) -> Option<(Vec<usize>, Vec<f32>)> {
    let (shape, numbers) = value.into_shape_vec::<f32, N>().ok()?;
    Some((shape.to_vec(), numbers))
}

fn shape_and_numbers(value: Value) -> Option<(Vec<usize>, Vec<f32>)> {
    let (_, parts) = BY_AXES.iter().find(|(has_axes, _)| has_axes(&value))?;
    parts(value)
}

/// Of rows of this width, summed in their order.
fn mean_over_rows(values: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64; width];
    for row in values.chunks_exact(width) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let rows = (values.len() / width) as f64;
    sums.into_iter().map(|sum| (sum / rows) as f32).collect()
}

fn patch_size(front: &FrontEnd) -> usize {
    match front.input {
        Input::Waveform => front.patch,
        Input::LogMel => front.patch * front.mels,
    }
}

/// Whether a shape is one that the network takes.
fn fits(shape: &[usize], wanted: &[Dimension]) -> bool {
    shape.len() == wanted.len()
        && shape.iter().zip(wanted).all(|(side, wanted)| match wanted {
            Dimension::Fixed(wanted) => side == wanted,
            Dimension::Symbolic(_) => true,
        })
}

fn read_front_end(path: &Path) -> Result<(FrontEnd, Ends), EmbeddingError> {
    let wrong = |message: String| EmbeddingError::File { path: path.to_path_buf(), message };
    let text = read_regular_text(path).map_err(|error| wrong(error.to_string()))?;
    let mut table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let own: toml::Table =
        OWN_KEYS.iter().filter_map(|key| Some((key.to_string(), table.remove(*key)?))).collect();
    let ends: Ends = own.try_into().map_err(|error: toml::de::Error| wrong(error.message().to_string()))?;
    let front: FrontEnd =
        table.try_into().map_err(|error: toml::de::Error| wrong(error.message().to_string()))?;
    front.check().map_err(wrong)?;
    Ok((front, ends))
}

impl Embedding for Onnx {
    fn rate_hz(&self) -> u32 {
        self.front.rate_hz
    }

    fn columns(&self) -> Vec<String> {
        (0..self.width).map(|n| format!("output.{n:03}")).collect()
    }

    fn patches(&self, name: &str, wave: &Waveform) -> Result<Array2<f32>, EmbeddingError> {
        let patches: Patches = self.front.patches(name, wave, self.repeat)?;
        let rows = patches.iter().map(|patch| self.run(patch)).collect::<Result<Vec<_>, _>>()?;
        let shape = (rows.len(), self.width);
        Array2::from_shape_vec(shape, rows.concat())
            .map_err(|_| self.broke("gives another number of values for another patch".to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_keeps_its_shape_and_its_order() {
        let numbers: Vec<f32> = (0..6).map(|n| n as f32).collect();
        for shape in [vec![6], vec![1, 3, 2], vec![1, 1, 1, 1, 6, 1]] {
            let value = Value::from_shape(&shape, numbers.clone()).unwrap();
            assert_eq!(shape_and_numbers(value), Some((shape, numbers.clone())));
        }
        assert_eq!(mean_over_rows(&numbers, 2), [2.0, 3.0]);
        assert_eq!(mean_over_rows(&numbers, 6), numbers);
        let deep = Value::from_shape([1; 7], vec![1.0f32]).unwrap();
        assert!(shape_and_numbers(deep).is_none());
    }
}
