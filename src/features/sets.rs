//! Named lists of features with their statistics, as papers and data sets use them.

use super::moments::Statistic;

/// A named list of features; a clip-level feature ignores the statistics beside it.
#[derive(Debug, Clone, Copy)]
pub struct FeatureSet {
    pub name: &'static str,
    pub summary: &'static str,
    pub entries: &'static [(&'static str, &'static [Statistic])],
}

const ALL: &[Statistic] = Statistic::ALL;
const MEAN_STD: &[Statistic] = &[Statistic::Mean, Statistic::Std];

/// Every set, in the order they are listed.
pub const SETS: &[FeatureSet] = &[
    FeatureSet {
        name: "mipt",
        summary: "185 columns: MFCC and tonnetz in seven moments, tempo, harmonic and percussive power",
        entries: &[("mfcc", ALL), ("tonnetz", ALL), ("tempo", &[]), ("power", &[])],
    },
    FeatureSet {
        name: "fma518",
        summary: "518 columns: the eleven features of the FMA data set in seven moments",
        entries: &[
            ("zcr", ALL),
            ("fma_chroma_cqt", ALL),
            ("fma_chroma_cens", ALL),
            ("fma_tonnetz", ALL),
            ("chroma_stft", ALL),
            ("rms", ALL),
            ("spectral_centroid", ALL),
            ("spectral_bandwidth", ALL),
            ("spectral_contrast", ALL),
            ("spectral_rolloff", ALL),
            ("mfcc", ALL),
        ],
    },
    FeatureSet {
        name: "esc",
        summary: "42 columns: mean and deviation of MFCC and zero-crossing rate, as for ESC-10",
        entries: &[("mfcc", MEAN_STD), ("zcr", MEAN_STD)],
    },
    FeatureSet { name: "mfcc", summary: "140 columns: MFCC in seven moments", entries: &[("mfcc", ALL)] },
    FeatureSet {
        name: "all",
        summary: "every feature in seven moments, but for the 256 mel bands and the chroma and tonnetz of `fma518`",
        entries: &[
            ("mfcc", ALL),
            ("chroma_stft", ALL),
            ("chroma_cqt", ALL),
            ("chroma_cens", ALL),
            ("tonnetz", ALL),
            ("tonnetz_harmonic", ALL),
            ("spectral_centroid", ALL),
            ("spectral_bandwidth", ALL),
            ("spectral_contrast", ALL),
            ("spectral_rolloff", ALL),
            ("spectral_flatness", ALL),
            ("zcr", ALL),
            ("rms", ALL),
            ("rms_y", ALL),
            ("onset_strength", ALL),
            ("tempo", &[]),
            ("power", &[]),
            ("power_rms", &[]),
            ("power_spectral", &[]),
        ],
    },
];
