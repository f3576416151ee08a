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
        name: "timbre",
        summary: "98 columns: mean and deviation of MFCC, spectral shape, level and onsets; tempo; powers; no chroma",
        entries: &[],
    },
];
