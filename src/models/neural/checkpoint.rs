//! A training in the middle, on disk: from here it goes on to the same weights as if it had never stopped.
//!
//! `checksum \n json header \n f32 values, little-endian`. A file that does not hold its checksum is worth nothing.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::history::History;
use super::optimizer::{OptimizerState, ScaleState};
use super::weights::{Weights, each_piece, read_values, split_line};
use crate::disk::{Digester, WriteError, digest, write_atomically};

/// All that the next epoch depends on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    pub epochs_done: usize,
    pub steps_done: usize,
    pub weights: Weights,
    pub optimizer: OptimizerState,
    pub best: Option<Weights>,
    pub best_score: f64,
    pub waited: usize,
    pub history: History,
}

#[derive(Serialize, Deserialize)]
struct Header {
    /// What the training was asked to be: another recipe's checkpoint is not this one's.
    recipe: String,
    epochs_done: usize,
    steps_done: usize,
    optimizer_steps: u64,
    #[serde(default)]
    scale: Option<ScaleState>,
    best_score: String,
    waited: usize,
    history: History,
    /// Lengths of the vectors that follow: parameters, buffers, first, second, best parameters, best buffers.
    lengths: [Vec<usize>; 6],
}

impl Progress {
    pub fn save(&self, path: &Path, recipe: &str) -> Result<(), WriteError> {
        let none = Weights::default();
        let best = self.best.as_ref().unwrap_or(&none);
        let groups = [
            &self.weights.parameters,
            &self.weights.buffers,
            &self.optimizer.first,
            &self.optimizer.second,
            &best.parameters,
            &best.buffers,
        ];
        let header = Header {
            recipe: recipe.to_string(),
            epochs_done: self.epochs_done,
            steps_done: self.steps_done,
            optimizer_steps: self.optimizer.steps,
            scale: self.optimizer.scale,
            best_score: self.best_score.to_bits().to_string(),
            waited: self.waited,
            history: self.history.clone(),
            lengths: groups.map(|group| group.iter().map(Vec::len).collect()),
        };
        write_atomically(path, |out| {
            let mut header = serde_json::to_vec(&header)?;
            header.push(b'\n');
            let values = || groups.into_iter().flatten();
            let mut digester = Digester::default();
            digester.add(&header);
            each_piece(values(), |piece| {
                digester.add(piece);
                Ok(())
            })?;
            writeln!(out, "{}", digester.digest())?;
            out.write_all(&header)?;
            each_piece(values(), |piece| out.write_all(piece))
        })
    }

    /// The progress kept there, if it is whole and of this recipe.
    pub fn load(path: &Path, recipe: &str) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let (checksum, content) = split_line(&bytes)?;
        if checksum != digest(content).as_bytes() {
            return None;
        }
        let (header, values) = split_line(content)?;
        let header: Header = serde_json::from_slice(header).ok()?;
        if header.recipe != recipe {
            return None;
        }
        let [parameters, buffers, first, second, best, best_buffers] = read_values(values, &header.lengths)?;
        let weights = Weights { parameters, buffers };
        let optimizer = OptimizerState { steps: header.optimizer_steps, first, second, scale: header.scale };
        let best = Weights { parameters: best, buffers: best_buffers };
        Some(Self {
            epochs_done: header.epochs_done,
            steps_done: header.steps_done,
            weights,
            optimizer,
            best: (!best.parameters.is_empty()).then_some(best),
            best_score: f64::from_bits(header.best_score.parse().ok()?),
            waited: header.waited,
            history: header.history,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back_whole_and_only_to_its_own_recipe() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.training");
        let weights = Weights { parameters: vec![vec![1.5, -0.0], vec![]], buffers: vec![vec![2.0]] };
        let (first, second) = (vec![vec![0.25; 2], vec![]], vec![vec![], vec![]]);
        let scale = Some(ScaleState { factor: 512.0, steady: 31 });
        let optimizer = OptimizerState { steps: 7, first, second, scale };
        let progress = Progress {
            epochs_done: 3,
            steps_done: 21,
            best: Some(weights.clone()),
            weights,
            optimizer,
            best_score: f64::INFINITY,
            ..Progress::default()
        };
        progress.save(&path, "recipe").unwrap();
        assert_eq!(Progress::load(&path, "recipe"), Some(progress));
        assert_eq!(Progress::load(&path, "another"), None);
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Progress::load(&path, "recipe"), None);
    }
}
