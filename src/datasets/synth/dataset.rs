//! `synth`'s line in the registry of data sets.

use super::super::dataset::{Dataset, DatasetOption, Opened, parse};
use super::super::{Catalog, DatasetError};
use super::{SynthSpec, clips};

pub const DATASET: Dataset = Dataset {
    name: "synth",
    summary: "invented music of eight invented genres, made by this program: no download, says nothing about real music",
    options: &[
        DatasetOption::new("clips_per_genre", "25 unless told"),
        DatasetOption::new("seconds", "length of a clip; 6 unless told"),
        DatasetOption::new("rate_hz", "sample rate; 22050 unless told"),
        DatasetOption::new("genres", "2 to 8; 8 unless told"),
        DatasetOption::new("artists_per_genre", "10 unless told"),
        DatasetOption::new("seed", "another seed is another corpus; 1 unless told"),
        DatasetOption::new(
            "official",
            "a division by artists as its own: \"folds\" (five) or \"sides\" (train, validation, test); none unless told",
        ),
    ],
    check: |options| read(options).map(drop),
    open: |options| {
        let spec = read(options)?;
        let catalog = Catalog::new("synth", clips(&spec), Vec::new())?;
        Ok(Opened::Clips(Catalog { synth: Some(spec), ..catalog }))
    },
};

fn read(options: toml::Table) -> Result<SynthSpec, DatasetError> {
    let spec: SynthSpec = parse("synth", options)?;
    spec.validate()
        .map_err(|error| DatasetError::BadOption { dataset: "synth".into(), message: error.to_string() })?;
    Ok(spec)
}
