//! A fitted row in one file: what it hears (the feature definition), how it prepares it, and the fitted model.
//!
//! ```text
//! genrebench model 1\n              what the file is, and the format's version
//! CHECKSUM\n                        BLAKE3 (128 bits, hex) of all that follows
//! HEADER PREPARE MODEL\n            three lengths in bytes
//! header                            JSON: features, columns, classes, parameters, seed, what it learned from
//! prepare                           MessagePack: what imputation, scaling, … learned
//! model                             what `Fitted::save` gave
//! ```
//! The same fit gives the same bytes. Anything else than a whole, unaltered file of this version is refused with the
//! reason before any of it is believed.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::hearing_plan::HearingPlan;
use super::{ExperimentError, FeatureSpec};
use crate::disk::{digest, write_atomically};
use crate::models::{self, Fitted, ModelError, Trained};
use crate::table::FittedPrepare;

const MAGIC: &str = "genrebench model ";
const FORMAT: u32 = 1;

/// A fitted row with all that is needed to classify a song.
pub struct SavedModel {
    pub header: ModelHeader,
    /// None for a network that is fed with frames alone.
    pub prepare: Option<FittedPrepare>,
    pub model: SavedFit,
}

/// What was fitted: on rows of a table, or a network on matrices.
pub enum SavedFit {
    Rows(Box<dyn Fitted>),
    Clips(Box<dyn Trained>),
}

impl SavedFit {
    fn save(&self) -> Result<Vec<u8>, ModelError> {
        match self {
            Self::Rows(fitted) => fitted.save(),
            Self::Clips(trained) => trained.save(),
        }
    }
}

/// The readable part of a model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelHeader {
    pub genrebench_version: String,
    pub experiment: String,
    pub row: String,
    /// The registry's name.
    pub model: String,
    /// Everything in effect, defaults and the search's winners included.
    pub parameters: serde_json::Value,
    pub features: FeatureSpec,
    /// The definition of the numbers, versions included; none where the columns came from a table.
    pub definition: Option<String>,
    /// The columns it was fed, before the preparation.
    pub columns: Vec<String>,
    pub prepare: Vec<String>,
    pub classes: Vec<String>,
    pub seed: u64,
    pub learned_from: LearnedFrom,
    pub notes: Vec<String>,
}

/// The training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnedFrom {
    pub dataset: String,
    pub synthetic: bool,
    /// "all rows", or which training side.
    pub side: String,
    pub clips: usize,
    /// Hash of the feature table.
    pub table: String,
    /// Median length of its clips as heard; none where no sound was read.
    pub seconds: Option<f64>,
}

impl SavedModel {
    /// Writes the file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), ExperimentError> {
        let refuse = |reason: String| ExperimentError::ModelFile { path: path.to_path_buf(), reason };
        let header = serde_json::to_vec_pretty(&self.header).map_err(|error| refuse(error.to_string()))?;
        let prepare = rmp_serde::to_vec(&self.prepare).map_err(|error| refuse(error.to_string()))?;
        let model = self.model.save().map_err(|error| refuse(error.to_string()))?;
        let mut rest = format!("{} {} {}\n", header.len(), prepare.len(), model.len()).into_bytes();
        rest.extend(header);
        rest.extend(prepare);
        rest.extend(model);
        write_atomically(path, |out| {
            writeln!(out, "{MAGIC}{FORMAT}\n{}", digest(&rest))?;
            out.write_all(&rest)
        })?;
        Ok(())
    }

    /// Reads what [`Self::save`] wrote, if its checksum holds.
    pub fn load(path: &Path) -> Result<Self, ExperimentError> {
        let bytes = std::fs::read(path)
            .map_err(|source| ExperimentError::Read { path: path.to_path_buf(), source })?;
        Self::parse(&bytes).map_err(|reason| ExperimentError::ModelFile { path: path.to_path_buf(), reason })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let damaged = || "it is damaged or cut short; fit it again".to_string();
        let version =
            bytes.strip_prefix(MAGIC.as_bytes()).ok_or("it is no model that `genrebench fit` wrote")?;
        let (version, rest) = line(version).ok_or_else(damaged)?;
        if version != FORMAT.to_string() {
            return Err(format!(
                "its format is {version}, and this genrebench {} reads format {FORMAT}; fit it again",
                env!("CARGO_PKG_VERSION")
            ));
        }
        let (checksum, rest) = line(rest).ok_or_else(damaged)?;
        if checksum != digest(rest) {
            return Err(
                "its checksum does not hold: it is damaged, cut short or was edited; fit it again".into()
            );
        }
        let (lengths, rest) = line(rest).ok_or_else(damaged)?;
        let lengths: Vec<usize> = lengths.split(' ').filter_map(|length| length.parse().ok()).collect();
        let [header, prepare, model] = lengths[..] else { return Err(damaged()) };
        if header.checked_add(prepare).and_then(|sum| sum.checked_add(model)) != Some(rest.len()) {
            return Err(damaged());
        }
        let (header, rest) = rest.split_at(header);
        let (prepare, model) = rest.split_at(prepare);
        let header: ModelHeader =
            serde_json::from_slice(header).map_err(|error| format!("its header cannot be read: {error}"))?;
        let prepare: Option<FittedPrepare> = rmp_serde::from_slice(prepare)
            .map_err(|error| format!("its preparation cannot be read: {error}"))?;
        let model = match header.features.has_frames() {
            true => models::neural::load_network(model).map(SavedFit::Clips),
            false => models::load(&header.model, model).map(SavedFit::Rows),
        };
        let model = model.map_err(|error| error.to_string())?;
        Ok(Self { header, prepare, model })
    }

    /// What to extract from sound; refuses where this version would compute other numbers than the model learned from.
    pub fn plan(&self) -> Result<HearingPlan, ExperimentError> {
        let refuse = |message: String| ExperimentError::Choice { message };
        let ModelHeader { row, definition, features, genrebench_version, .. } = &self.header;
        let Some(definition) = definition else {
            return Err(refuse(format!(
                "row `{row}` was fitted on a table that somebody else computed; how to get its columns from sound is not known"
            )));
        };
        let plan = HearingPlan::new(features)?;
        if plan.definition() != *definition {
            return Err(refuse(format!(
                "genrebench {genrebench_version}, which fitted this model, computed its features otherwise than {} does; fit it again",
                env!("CARGO_PKG_VERSION")
            )));
        }
        Ok(plan)
    }
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(200).position(|&byte| byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::table::Prepare;

    fn saved() -> SavedModel {
        let x = array![[1.0, 2.0], [2.0, f64::NAN], [8.0, 9.0], [9.0, 7.0]];
        let y = [0, 0, 1, 1];
        let prepare = Prepare::new(vec!["impute".into(), "standardize".into()]).unwrap();
        let prepare = prepare.fit(x.view(), &y).unwrap();
        let prepared = prepare.apply(x.view());
        let train = models::TrainingSet { x: prepared.view(), y: &y, classes: 2 };
        let model = models::build("gaussian_nb", toml::Table::new()).unwrap().fit(train, 1).unwrap();
        let header = ModelHeader {
            genrebench_version: "0".into(),
            experiment: "e".into(),
            row: "r".into(),
            model: "gaussian_nb".into(),
            parameters: serde_json::json!({}),
            features: FeatureSpec { set: Some("mipt".into()), ..FeatureSpec::default() },
            definition: Some("other".into()),
            columns: vec!["a".into(), "b".into()],
            prepare: vec![],
            classes: vec!["x".into(), "y".into()],
            seed: 1,
            learned_from: LearnedFrom {
                dataset: "d".into(),
                synthetic: false,
                side: "all rows".into(),
                clips: 4,
                table: "0".into(),
                seconds: None,
            },
            notes: vec![],
        };
        SavedModel { header, prepare: Some(prepare), model: SavedFit::Rows(model) }
    }

    fn refusal(bytes: &[u8]) -> String {
        SavedModel::parse(bytes).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_model_comes_back_whole_and_anything_less_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.genrebench");
        let model = saved();
        model.save(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let back = SavedModel::parse(&bytes).unwrap();
        assert_eq!((&back.header, &back.prepare), (&model.header, &model.prepare));
        back.save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same model is the same bytes");

        for cut in 0..bytes.len() {
            let said = refusal(&bytes[..cut]);
            assert!(said.contains("fit it again") || said.contains("no model"), "{cut}: {said}");
        }
        for place in [0, 17, 25, 60, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            refusal(&flipped);
        }
        let newer = [&b"genrebench model 2\n"[..], &bytes[19..]].concat();
        assert!(refusal(&newer).contains("format is 2"));
        assert!(refusal(b"RIFF....WAVE").contains("no model"));
        let error = back.plan().map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("fit it again"), "{error}");
    }

    #[test]
    fn a_forged_checksum_gives_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m");
        saved().save(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let (_, rest) = line(&bytes[MAGIC.len()..]).unwrap();
        let (_, body) = line(rest).unwrap();
        for lengths in ["1 2 3", "1 2", "x", "18446744073709551615 1 1", ""] {
            let (_, after) = line(body).unwrap();
            let forged = [lengths.as_bytes(), b"\n", after].concat();
            let forged = [format!("{MAGIC}1\n{}\n", digest(&forged)).as_bytes(), &forged].concat();
            refusal(&forged);
        }
        for place in (0..body.len()).step_by(3) {
            let mut forged = body.to_vec();
            forged[place] = forged[place].wrapping_add(101);
            let forged = [format!("{MAGIC}1\n{}\n", digest(&forged)).as_bytes(), &forged].concat();
            // Either refused, or a model that says something: never a panic.
            let _ = SavedModel::parse(&forged);
        }
    }
}
