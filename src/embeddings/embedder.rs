//! Embedder: a chosen embedding, open and ready, and what its patches become.

use std::path::Path;

use ndarray::{Array2, Axis};

use super::choice::{Activation, Choice, Pool, Postprocess, Short};
use super::embedding::Embedding;
use super::error::EmbeddingError;
use super::registry::{Build, EMBEDDINGS, EmbeddingEntry};
use crate::audio::Waveform;
use crate::disk::{digest, read_regular};
use crate::spelling::{hint, nearest};
use crate::weights::WeightFile;

/// Raised whenever the numbers change; part of every cache key.
const VERSION: u32 = 2;

/// An embedding ready to be computed.
pub struct Embedder {
    entry: &'static EmbeddingEntry,
    embedding: Box<dyn Embedding>,
    pool: Pool,
    definition: String,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Embedder").field("definition", &self.definition).finish_non_exhaustive()
    }
}

/// The registry's row of that name.
pub fn find(name: &str) -> Result<&'static EmbeddingEntry, EmbeddingError> {
    EMBEDDINGS.iter().find(|entry| entry.name == name).ok_or_else(|| EmbeddingError::Unknown {
        name: name.to_string(),
        suggestion: nearest(name, EMBEDDINGS.iter().map(|entry| entry.name)),
    })
}

/// Checks a choice without looking at any file.
pub fn check(choice: &Choice) -> Result<&'static EmbeddingEntry, EmbeddingError> {
    let entry = find(&choice.name)?;
    let given = [
        ("layer", choice.layer.is_some()),
        ("legacy", choice.legacy),
        ("short", choice.short != Short::default()),
        ("activation", choice.activation != Activation::default()),
        ("postprocess", choice.postprocess != Postprocess::default()),
        ("pca", choice.pca.is_some()),
        ("front_end", choice.front_end.is_some()),
    ];
    let refuse = |message: String| Err(EmbeddingError::Choice { message });
    let takes_files = entry.options.contains(&"front_end") || !matches!(entry.build, Build::Whole(_));
    if choice.weights.is_some() && !takes_files {
        return refuse(format!("`weights` mean nothing to the embedding `{}`, which has none", entry.name));
    }
    if let Some((key, _)) = given.iter().find(|(key, given)| *given && !entry.options.contains(key)) {
        return refuse(format!("`{key}` means nothing to the embedding `{}`", entry.name));
    }
    if let Some(layer) = choice.layer.as_deref().filter(|layer| !entry.layers.contains(layer)) {
        let meant = hint(layer, entry.layers.iter().copied());
        return refuse(format!(
            "`{}` has no layer `{layer}`{meant}; its layers are {}",
            entry.name,
            entry.layers.join(", ")
        ));
    }
    if choice.legacy && choice.layer.as_deref() != Some("penultimate") {
        return refuse(
            "`legacy` repeats the first patch's penultimate vector; it goes with layer = \"penultimate\" only, the other layers are right in every version of the package".to_string(),
        );
    }
    if choice.pca.is_some() && choice.postprocess == Postprocess::None {
        return refuse("`pca` is used with postprocess = \"pca_u8\" or \"pca_round\" only".to_string());
    }
    Ok(entry)
}

impl Embedder {
    /// Opens the weights and builds the network.
    pub fn open(choice: &Choice) -> Result<Self, EmbeddingError> {
        let entry = check(choice)?;
        let mut files = Vec::new();
        let embedding = match entry.build {
            Build::Weights(build) => {
                let file = open_weights(entry, choice)?;
                files.push(file.digest());
                build(choice, &file)?
            }
            Build::Whole(build) => {
                let built = build(choice)?;
                for path in choice.weights.iter().chain(&choice.front_end) {
                    let bytes = read_regular(path).map_err(|error| EmbeddingError::File {
                        path: path.clone(),
                        message: error.to_string(),
                    })?;
                    files.push(digest(&bytes));
                }
                built
            }
            Build::Table => {
                let message =
                    "the embedding `table` is read, not computed: it goes with experiments".to_string();
                return Err(EmbeddingError::Choice { message });
            }
        };
        if let Some(path) = &choice.pca {
            files.push(WeightFile::open(path)?.digest());
        }
        let definition = format!(
            "embedding {} v{VERSION} layer={} pool={:?} short={:?} legacy={} activation={:?} postprocess={:?} files={}",
            entry.name,
            choice.layer.as_deref().or(entry.layers.first().copied()).unwrap_or("-"),
            choice.pool,
            choice.short,
            choice.legacy,
            choice.activation,
            choice.postprocess,
            files.join(",")
        );
        Ok(Self { entry, embedding, pool: choice.pool, definition })
    }

    pub fn entry(&self) -> &'static EmbeddingEntry {
        self.entry
    }

    pub fn rate_hz(&self) -> u32 {
        self.embedding.rate_hz()
    }

    /// All that decides the numbers apart from the audio, the hash of the weights included.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// Names of the numbers of one patch.
    pub fn patch_columns(&self) -> Vec<String> {
        self.embedding.columns().iter().map(|column| format!("{}.{column}", self.entry.name)).collect()
    }

    /// Names of the numbers of one clip.
    pub fn columns(&self) -> Vec<String> {
        pooled_columns(&self.patch_columns(), self.pool)
    }

    /// Patches × numbers; one patch at least.
    pub fn patches(&self, wave: &Waveform) -> Result<Array2<f32>, EmbeddingError> {
        let patches = self.embedding.patches(self.entry.name, wave)?;
        if patches.nrows() == 0 {
            let message = format!("it gives no patch of {} samples", wave.samples.len());
            return Err(EmbeddingError::Network { message });
        }
        match patches.iter().find(|value| !value.is_finite()) {
            None => Ok(patches),
            Some(value) => Err(EmbeddingError::Network { message: format!("it gives {value}") }),
        }
    }

    /// One row for the whole clip.
    pub fn clip(&self, wave: &Waveform) -> Result<Vec<f64>, EmbeddingError> {
        Ok(pooled(&self.patches(wave)?, self.pool))
    }
}

/// Names of the numbers that [`pooled`] gives.
pub fn pooled_columns(columns: &[String], pool: Pool) -> Vec<String> {
    match pool {
        Pool::Mean | Pool::Max => columns.to_vec(),
        Pool::MeanStd => {
            let of = |kind: &'static str| columns.iter().map(move |column| format!("{column}.{kind}"));
            of("mean").chain(of("std")).collect()
        }
    }
}

/// One row for all patches.
pub fn pooled(patches: &Array2<f32>, pool: Pool) -> Vec<f64> {
    let columns = || patches.axis_iter(Axis(1));
    let count = patches.nrows() as f64;
    let means = || columns().map(|column| column.iter().map(|&v| f64::from(v)).sum::<f64>() / count);
    match pool {
        Pool::Mean => means().collect(),
        Pool::Max => {
            columns().map(|c| c.iter().fold(f64::NEG_INFINITY, |a, &v| a.max(f64::from(v)))).collect()
        }
        Pool::MeanStd => {
            let means: Vec<f64> = means().collect();
            let deviations = columns().zip(&means).map(|(column, mean)| {
                (column.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / count).sqrt()
            });
            let deviations: Vec<f64> = deviations.collect();
            [means, deviations].concat()
        }
    }
}

fn open_weights(entry: &'static EmbeddingEntry, choice: &Choice) -> Result<WeightFile, EmbeddingError> {
    let advice = entry.weights.map(|source| source.advice()).unwrap_or_default();
    let path = match &choice.weights {
        Some(path) if !path.exists() => {
            return Err(EmbeddingError::WeightsNotThere { name: entry.name, path: path.clone(), advice });
        }
        Some(path) => path.clone(),
        None => entry
            .weights
            .and_then(|source| source.found())
            .ok_or(EmbeddingError::NoWeights { name: entry.name, advice })?,
    };
    refuse_anothers(entry, &path)?;
    Ok(WeightFile::open(&path)?)
}

/// Networks of one shape take each other's weights, and their numbers would go under the wrong names.
fn refuse_anothers(entry: &'static EmbeddingEntry, path: &Path) -> Result<(), EmbeddingError> {
    let bytes = std::fs::metadata(path).map(|about| about.len()).ok();
    let others = EMBEDDINGS.iter().filter(|other| other.name != entry.name);
    for (other, file) in others.filter_map(|other| Some((other, other.weights?.file()))) {
        let Some(published) = file.checksum.as_ref().filter(|_| file.bytes == bytes) else { continue };
        if published.of_file(path, &|_| ()).is_ok_and(|found| found == *published) {
            let path = path.display();
            let message = format!("{path} holds the weights of `{}`, not of `{}`", other.name, entry.name);
            return Err(EmbeddingError::Choice { message });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct GivesNothing;

    impl Embedding for GivesNothing {
        fn rate_hz(&self) -> u32 {
            16_000
        }

        fn columns(&self) -> Vec<String> {
            vec!["one".to_string()]
        }

        fn patches(&self, _: &str, _: &Waveform) -> Result<Array2<f32>, EmbeddingError> {
            Ok(Array2::zeros((0, 1)))
        }
    }

    /// The mean of no patch is no number.
    #[test]
    fn a_clip_without_a_patch_is_an_error() {
        let (entry, definition) = (&EMBEDDINGS[0], String::new());
        let embedder = Embedder { entry, embedding: Box::new(GivesNothing), pool: Pool::Mean, definition };
        let wave = Waveform { samples: vec![0.1; 7], rate_hz: 16_000 };
        assert!(embedder.clip(&wave).unwrap_err().to_string().contains("no patch of 7 samples"));
    }
}
