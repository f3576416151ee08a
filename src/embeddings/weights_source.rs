//! Where published weights can be had, under which licence, and how to know that they arrived whole. None of them is part
//! of this program.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::download::{Checksum, Packing, Publication, RemoteFile};
use crate::weights::{FOLDER_VARIABLE, in_weights_folder};

/// musicnn's networks as the Keras port has them; the numbers are the original's.
pub const MUSICNN: Publication = Publication {
    name: "musicnn",
    summary: "musicnn, trained on the Million Song Dataset (MSD) and on MagnaTagATune (MTT)",
    licence: "ISC",
    files: &[
        RemoteFile::published(
            "https://github.com/Quint-e/musicnn_keras/raw/master/musicnn_keras/keras_checkpoints/MSD_musicnn.h5",
            "MSD_musicnn.h5",
            Packing::Plain,
            Some(3_319_120),
            Checksum::sha256("412a832c8527a813e084ba6f2cc7d068ecbbf1b68bda8c1de2e7de0d1f5fe7d1"),
        ),
        RemoteFile::published(
            "https://github.com/Quint-e/musicnn_keras/raw/master/musicnn_keras/keras_checkpoints/MTT_musicnn.h5",
            "MTT_musicnn.h5",
            Packing::Plain,
            Some(3_319_120),
            Checksum::sha256("1a66a2e58e862e894c088bd7789b05874becf994f275c54d9575dab83fab4ebe"),
        ),
    ],
    use_as: "features = { embedding = \"musicnn-msd\", weights = \"{}/MSD_musicnn.h5\" }",
};

pub const VGGISH: Publication = Publication {
    name: "vggish",
    summary: "VGGish as torchvggish has it, and its PCA",
    licence: "Apache-2.0",
    files: &[
        RemoteFile::published(
            "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth",
            "vggish-10086976.pth",
            Packing::Plain,
            Some(288_567_937),
            Checksum::sha256("10086976245803799d9194e9a73d9b6c1549c71d1b80106f5cade5608a561f4b"),
        ),
        // The first eight digits of its SHA-256 are in its name; the rest is not published.
        RemoteFile {
            url: Cow::Borrowed(
                "https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish_pca_params-970ea276.pth",
            ),
            file_name: Cow::Borrowed("vggish_pca_params-970ea276.pth"),
            bytes: Some(181_358),
            checksum: None,
            packing: Packing::Plain,
        },
    ],
    use_as: "features = { embedding = \"vggish\", weights = \"{}/vggish-10086976.pth\" }",
};

/// What `genrebench data fetch` brings of weights.
pub const PUBLICATIONS: &[Publication] = &[MUSICNN, VGGISH];

/// The file of a publication that an embedding is read from.
#[derive(Debug, Clone, Copy)]
pub struct WeightsSource {
    pub publication: &'static Publication,
    /// Which of its files.
    pub place: usize,
}

pub(super) const MSD_MUSICNN: WeightsSource = WeightsSource { publication: &PUBLICATIONS[0], place: 0 };
pub(super) const MTT_MUSICNN: WeightsSource = WeightsSource { publication: &PUBLICATIONS[0], place: 1 };
pub(super) const TORCHVGGISH: WeightsSource = WeightsSource { publication: &PUBLICATIONS[1], place: 0 };

impl WeightsSource {
    pub fn file(&self) -> &'static RemoteFile {
        &self.publication.files[self.place]
    }

    pub fn size(&self) -> String {
        self.file().bytes.map_or("of no fixed size".to_string(), |bytes| format!("{bytes} bytes"))
    }

    /// Its checksum with the kind of it.
    pub fn checksum(&self) -> String {
        self.file().checksum.as_ref().map(Checksum::to_string).unwrap_or_default()
    }

    /// What to fetch, and what to do with it.
    pub fn advice(&self) -> String {
        let Publication { name, licence, .. } = self.publication;
        format!(
            "`genrebench data fetch {name} --out weights` brings {} ({}, licence {licence}, {}); give the file as weights (--weights FILE), or keep it in a folder `weights` here or in the one that {FOLDER_VARIABLE} names",
            self.file().url,
            self.size(),
            self.checksum()
        )
    }

    /// The file in the folder of weights, if it is there; a safetensors copy will do.
    pub fn found(&self) -> Option<PathBuf> {
        let file = Path::new(&*self.file().file_name);
        in_weights_folder(file).or_else(|| in_weights_folder(&file.with_extension("safetensors")))
    }
}
